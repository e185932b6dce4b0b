//! Spreadsheets: sheets of cells, with what callers have named, marked and protected in them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::area::{Area, Block};
use crate::google::Call;
use crate::google::failure::Failure;
use crate::stage::Stage;

/// What one account has there.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spreadsheets {
    /// By id.
    pub(super) files: BTreeMap<String, Spreadsheet>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Spreadsheet {
    pub(super) id: String,
    /// Title, locale and time zone, as the description has them.
    pub(super) properties: Map<String, Value>,
    /// The client that made it, for the scope of an app's own files.
    pub(super) client_id: Option<String>,
    pub(super) sheets: Vec<Sheet>,
    pub(super) named_ranges: Vec<NamedRange>,
    pub(super) metadata: Vec<Metadata>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sheet {
    pub(super) id: i64,
    pub(super) title: String,
    /// The description's properties beside id, title, index and size.
    pub(super) properties: Map<String, Value>,
    pub(super) rows: usize,
    pub(super) columns: usize,
    /// Only as far as something is there.
    pub(super) cells: Vec<Vec<Cell>>,
    pub(super) merges: Vec<Area>,
    pub(super) filter: Option<Marked>,
    pub(super) protected: Vec<Marked>,
}

/// Cells with what is said about them, without the range, which moves with the cells.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Marked {
    pub(super) area: Area,
    pub(super) fields: Map<String, Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NamedRange {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) area: Area,
}

/// Developer metadata: at the whole spreadsheet if there is no area.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Metadata {
    pub(super) id: i64,
    pub(super) key: String,
    pub(super) value: Option<String>,
    pub(super) visibility: String,
    pub(super) area: Option<Area>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cell {
    pub(super) entered: Entered,
    /// `userEnteredFormat`, `note`, `dataValidation` and `textFormatRuns`.
    pub(super) more: Map<String, Value>,
}

/// What somebody has put into a cell.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Entered {
    #[default]
    Nothing,
    Number(f64),
    Text(String),
    Boolean(bool),
    /// With its equals sign.
    Formula(String),
}

impl Cell {
    pub(super) fn is_blank(&self) -> bool {
        self.entered == Entered::Nothing
    }

    /// The kind of number that the format says, such as `DATE`.
    pub(super) fn number_format(&self) -> Option<(&str, Option<&str>)> {
        let format = self.more.get("userEnteredFormat")?.get("numberFormat")?;
        Some((format.get("type")?.as_str()?, format.get("pattern").and_then(Value::as_str)))
    }

    pub(super) fn format_number(&mut self, kind: &str, pattern: &str) {
        let format = self.more.entry("userEnteredFormat").or_insert_with(|| json!({}));
        format["numberFormat"] = json!({"type": kind, "pattern": pattern});
    }
}

impl Sheet {
    pub(super) fn new(id: i64, title: &str) -> Self {
        Self { id, title: title.to_owned(), rows: 1000, columns: 26, ..Self::default() }
    }

    pub(super) fn cell(&self, row: usize, column: usize) -> Option<&Cell> {
        self.cells.get(row)?.get(column)
    }

    /// The cell to change, which is made if nothing was there.
    pub(super) fn cell_mut(&mut self, row: usize, column: usize) -> &mut Cell {
        if self.cells.len() <= row {
            self.cells.resize(row + 1, Vec::new());
        }
        let cells = &mut self.cells[row];
        if cells.len() <= column {
            cells.resize(column + 1, Cell::default());
        }
        &mut cells[column]
    }

    /// The cells of `block` that hold something, with where they are.
    pub(super) fn filled(&self, block: Block) -> impl Iterator<Item = (usize, usize, &Cell)> {
        let rows = self.cells.iter().enumerate().take(block.bottom).skip(block.top);
        rows.flat_map(move |(row, cells)| {
            let cells = cells.iter().enumerate().take(block.right).skip(block.left);
            cells.filter(|(_, cell)| !cell.is_blank()).map(move |(column, cell)| (row, column, cell))
        })
    }

    /// The whole of it.
    pub(super) fn area(&self) -> Area {
        Area { sheet: self.id, ..Area::default() }
    }
}

impl Spreadsheet {
    pub(super) fn sheet(&self, id: i64) -> Option<&Sheet> {
        self.sheets.iter().find(|sheet| sheet.id == id)
    }

    pub(super) fn sheet_mut(&mut self, id: i64) -> Option<&mut Sheet> {
        self.sheets.iter_mut().find(|sheet| sheet.id == id)
    }

    pub(super) fn titled(&self, title: &str) -> Option<&Sheet> {
        self.sheets.iter().find(|sheet| sheet.title.eq_ignore_ascii_case(title))
    }

    pub(super) fn cell_count(&self) -> usize {
        let counts = self.sheets.iter().map(|sheet| sheet.rows.saturating_mul(sheet.columns));
        counts.fold(0, usize::saturating_add)
    }
}

const ALL_READ: &[&str] = &[
    "https://www.googleapis.com/auth/drive",
    "https://www.googleapis.com/auth/drive.readonly",
    "https://www.googleapis.com/auth/spreadsheets",
    "https://www.googleapis.com/auth/spreadsheets.readonly",
];
const ALL_WRITE: &[&str] =
    &["https://www.googleapis.com/auth/drive", "https://www.googleapis.com/auth/spreadsheets"];

/// The spreadsheet that the path names, to read.
pub(super) fn readable<'a>(stage: &'a mut Stage<'_>, call: &Call) -> Result<&'a mut Spreadsheet, Failure> {
    find(stage, call, call.captured("spreadsheetId"), ALL_READ)
}

/// The spreadsheet that the path names, to change.
pub(super) fn writable<'a>(stage: &'a mut Stage<'_>, call: &Call) -> Result<&'a mut Spreadsheet, Failure> {
    find(stage, call, call.captured("spreadsheetId"), ALL_WRITE)
}

/// The spreadsheet of that id, to change.
pub(super) fn named<'a>(
    stage: &'a mut Stage<'_>,
    call: &Call,
    id: &str,
) -> Result<&'a mut Spreadsheet, Failure> {
    find(stage, call, id, ALL_WRITE)
}

fn find<'a>(
    stage: &'a mut Stage<'_>,
    call: &Call,
    id: &str,
    wide: &[&str],
) -> Result<&'a mut Spreadsheet, Failure> {
    let found = stage.world.spreadsheets.iter_mut().find_map(|(owner, account)| {
        let file = account.files.get_mut(id)?;
        Some((owner == call.address(), file))
    });
    match found {
        None => Err(Failure::no_entity()),
        Some((false, _)) => Err(Failure::forbidden("The caller does not have permission")),
        // With the scope of an app's own files the others are not there.
        Some((true, file))
            if !call.caller.has_any(wide) && file.client_id.as_ref() != Some(&call.caller.client_id) =>
        {
            Err(Failure::no_entity())
        }
        Some((true, file)) => Ok(file),
    }
}
