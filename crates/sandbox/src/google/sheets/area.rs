//! Ranges of cells: A1 notation, the description's grid ranges, and what rows or columns come and go.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::state::{Sheet, Spreadsheet};
use crate::google::failure::Failure;

/// Cells of one sheet, from 0, ends excluded. What is absent is unbounded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Area {
    pub(super) sheet: i64,
    pub(super) top: Option<usize>,
    pub(super) bottom: Option<usize>,
    pub(super) left: Option<usize>,
    pub(super) right: Option<usize>,
}

/// An area within the bounds of its sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) sheet: i64,
    pub(super) top: usize,
    pub(super) bottom: usize,
    pub(super) left: usize,
    pub(super) right: usize,
}

/// Along which side rows or columns are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dimension {
    Rows,
    Columns,
}

impl Dimension {
    pub(super) fn of(object: &Map<String, Value>) -> Option<Self> {
        match object.get("dimension").and_then(Value::as_str) {
            Some("ROWS") => Some(Self::Rows),
            Some("COLUMNS") => Some(Self::Columns),
            _ => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Rows => "ROWS",
            Self::Columns => "COLUMNS",
        }
    }
}

impl Block {
    pub(super) fn height(&self) -> usize {
        self.bottom.saturating_sub(self.top)
    }

    pub(super) fn width(&self) -> usize {
        self.right.saturating_sub(self.left)
    }

    pub(super) fn area(self) -> Area {
        let Self { sheet, top, bottom, left, right } = self;
        Area { sheet, top: Some(top), bottom: Some(bottom), left: Some(left), right: Some(right) }
    }

    /// A1 notation with the sheet's name.
    pub(super) fn write(&self, book: &Spreadsheet) -> String {
        let title = book.sheet(self.sheet).map_or("", |sheet| sheet.title.as_str());
        let start = format!("{}{}", letters(self.left), self.top + 1);
        let end = format!("{}{}", letters(self.right.max(self.left + 1) - 1), self.bottom.max(self.top + 1));
        if start == end {
            format!("{}!{start}", quoted(title))
        } else {
            format!("{}!{start}:{end}", quoted(title))
        }
    }
}

impl Area {
    /// The area as far as the sheet goes. One that begins outside of it is refused.
    pub(super) fn within(&self, sheet: &Sheet) -> Result<Block, Failure> {
        let block = Block {
            sheet: self.sheet,
            top: self.top.unwrap_or(0),
            bottom: self.bottom.map_or(sheet.rows, |bottom| bottom.min(sheet.rows)),
            left: self.left.unwrap_or(0),
            right: self.right.map_or(sheet.columns, |right| right.min(sheet.columns)),
        };
        if block.top < sheet.rows && block.left < sheet.columns {
            return Ok(block);
        }
        let (rows, columns) = (sheet.rows, sheet.columns);
        let start = format!("{}!{}{}", quoted(&sheet.title), letters(block.left), block.top + 1);
        Err(Failure::invalid(format!(
            "Range ({start}) exceeds grid limits. Max rows: {rows}, max columns: {columns}"
        )))
    }

    /// The same for an area that must not end outside of its sheet either, as those of changes.
    pub(super) fn wholly_within(&self, sheet: &Sheet) -> Result<Block, Failure> {
        let too_far = |end: Option<usize>, length: usize| end.is_some_and(|end| end > length);
        if too_far(self.bottom, sheet.rows) || too_far(self.right, sheet.columns) {
            let (rows, columns) = (sheet.rows, sheet.columns);
            return Err(Failure::invalid(format!(
                "The range exceeds grid limits. Max rows: {rows}, max columns: {columns}"
            )));
        }
        self.within(sheet)
    }

    /// A `GridRange` of a body. Nothing is said of the sheet's size.
    pub(super) fn read(object: &Map<String, Value>) -> Result<Self, Failure> {
        let index = |name: &str| match object.get(name).and_then(Value::as_i64) {
            None => Ok(None),
            Some(index) => match usize::try_from(index) {
                Ok(index) => Ok(Some(index)),
                Err(_) => Err(Failure::invalid(format!("{name}[{index}] must not be negative"))),
            },
        };
        let area = Self {
            sheet: object.get("sheetId").and_then(Value::as_i64).unwrap_or(0),
            top: index("startRowIndex")?,
            bottom: index("endRowIndex")?,
            left: index("startColumnIndex")?,
            right: index("endColumnIndex")?,
        };
        let backwards =
            |start: Option<usize>, end: Option<usize>| end.is_some_and(|end| end <= start.unwrap_or(0));
        if backwards(area.top, area.bottom) || backwards(area.left, area.right) {
            return Err(Failure::invalid(
                "The range is empty: an end index is not greater than its start index",
            ));
        }
        Ok(area)
    }

    /// The `GridRange` of an answer, which leaves zero out where it is the id of the sheet.
    pub(super) fn show(&self) -> Value {
        let mut value = json!({});
        if self.sheet != 0 {
            value["sheetId"] = json!(self.sheet);
        }
        let indexes = [
            ("startRowIndex", self.top),
            ("endRowIndex", self.bottom),
            ("startColumnIndex", self.left),
            ("endColumnIndex", self.right),
        ];
        for (name, index) in indexes {
            if let Some(index) = index {
                value[name] = json!(index);
            }
        }
        value
    }

    fn side(&mut self, dimension: Dimension) -> (&mut Option<usize>, &mut Option<usize>) {
        match dimension {
            Dimension::Rows => (&mut self.top, &mut self.bottom),
            Dimension::Columns => (&mut self.left, &mut self.right),
        }
    }

    /// Makes room: what lies behind moves on, what lies around grows.
    pub(super) fn inserted(&mut self, dimension: Dimension, at: usize, count: usize) {
        let (start, end) = self.side(dimension);
        *start = start.map(|edge| if edge >= at { edge + count } else { edge });
        *end = end.map(|edge| if edge > at { edge + count } else { edge });
    }

    /// Closes the gap. Without anything left of the area it is gone.
    pub(super) fn deleted(&mut self, dimension: Dimension, from: usize, to: usize) -> bool {
        let moved = |edge: usize| if edge >= to { edge - (to - from) } else { edge.min(from) };
        let (start, end) = self.side(dimension);
        (*start, *end) = (start.map(moved), end.map(moved));
        !matches!((*start, *end), (Some(start), Some(end)) if start >= end)
    }

    /// Whether the two share a cell.
    pub(super) fn meets(&self, other: &Self) -> bool {
        let apart =
            |end: Option<usize>, start: Option<usize>| end.is_some_and(|end| end <= start.unwrap_or(0));
        self.sheet == other.sheet
            && !apart(self.bottom, other.top)
            && !apart(other.bottom, self.top)
            && !apart(self.right, other.left)
            && !apart(other.right, self.left)
    }
}

/// A column's name: A, Z, AA.
pub(super) fn letters(column: usize) -> String {
    let mut name = String::new();
    let mut rest = column + 1;
    while rest > 0 {
        let digit = u8::try_from((rest - 1) % 26).unwrap_or_default();
        name.insert(0, char::from(b'A' + digit));
        rest = (rest - 1) / 26;
    }
    name
}

/// A sheet's name as A1 notation writes it.
fn quoted(title: &str) -> String {
    let is_plain = title.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
        && !title.starts_with(|first: char| first.is_ascii_digit())
        && cells(title).is_none();
    if is_plain { title.to_owned() } else { format!("'{}'", title.replace('\'', "''")) }
}

/// Column and row of one end of a range; `None` where it is no such thing.
fn end(text: &str) -> Option<(Option<usize>, Option<usize>)> {
    let text = text.replace('$', "");
    let split = text.find(|character: char| character.is_ascii_digit()).unwrap_or(text.len());
    let (name, digits) = text.split_at(split);
    if text.is_empty()
        || name.len() > 3
        || digits.len() > 8
        || !name.bytes().all(|byte| byte.is_ascii_alphabetic())
    {
        return None;
    }
    let number = |letter: u8| usize::from(letter.to_ascii_uppercase() - b'A') + 1;
    let column = name.bytes().fold(0, |column, letter| column * 26 + number(letter));
    let row = if digits.is_empty() { None } else { Some(digits.parse::<usize>().ok()?.checked_sub(1)?) };
    Some((column.checked_sub(1), row))
}

/// `A1`, `A1:B2`, `A:B`, `1:2`, `A2:C`, without a sheet.
pub(super) fn cells(text: &str) -> Option<Area> {
    let Some((from, to)) = text.split_once(':') else {
        let (Some(column), Some(row)) = end(text)? else {
            return None;
        };
        return Some(Area {
            sheet: 0,
            top: Some(row),
            bottom: Some(row + 1),
            left: Some(column),
            right: Some(column + 1),
        });
    };
    let ((from_column, from_row), (to_column, to_row)) = (end(from)?, end(to)?);
    if (from_column.is_none() && to_column.is_some()) || (from_row.is_none() && to_row.is_some()) {
        return None;
    }
    let ordered = |from: Option<usize>, to: Option<usize>| match (from, to) {
        (Some(from), Some(to)) => (Some(from.min(to)), Some(from.max(to) + 1)),
        (from, _) => (from, None),
    };
    let ((left, right), (top, bottom)) = (ordered(from_column, to_column), ordered(from_row, to_row));
    Some(Area { sheet: 0, top, bottom, left, right })
}

/// A range in A1 notation, the name of a sheet, or a named range.
pub(super) fn parse(book: &Spreadsheet, text: &str) -> Result<Area, Failure> {
    let unknown = || Failure::invalid(format!("Unable to parse range: {text}"));
    let title = |quoted: &str| match quoted.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        Some(inner) => inner.replace("''", "'"),
        None => quoted.to_owned(),
    };
    if let Some((sheet, range)) = text.rsplit_once('!') {
        let sheet = book.titled(&title(sheet)).ok_or_else(unknown)?;
        let area = cells(range).ok_or_else(unknown)?;
        return Ok(Area { sheet: sheet.id, ..area });
    }
    let first = book.sheets.first().ok_or_else(unknown)?;
    if let Some(area) = cells(text) {
        return Ok(Area { sheet: first.id, ..area });
    }
    if let Some(sheet) = book.titled(&title(text)) {
        return Ok(sheet.area());
    }
    let named = book.named_ranges.iter().find(|range| range.name.eq_ignore_ascii_case(text));
    named.map(|range| range.area).ok_or_else(unknown)
}

/// The cells that `text` means, within the bounds of their sheet.
pub(super) fn block(book: &Spreadsheet, text: &str) -> Result<Block, Failure> {
    bounded(book, &parse(book, text)?)
}

pub(super) fn bounded(book: &Spreadsheet, area: &Area) -> Result<Block, Failure> {
    let sheet = book.sheet(area.sheet);
    let sheet = sheet.ok_or_else(|| Failure::invalid(format!("No grid with id: {}", area.sheet)))?;
    area.within(sheet)
}
