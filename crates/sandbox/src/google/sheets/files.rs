//! `spreadsheets`: made, shown as a whole or in parts, and sheets copied from one to another.

use serde_json::{Map, Value, json};

use super::area::{self, Block, bounded};
use super::dimensions::show_marked;
use super::marks::{show_metadata, show_name};
use super::shapes::NAMES;
use super::state::{Sheet, Spreadsheet, named, readable, writable};
use super::values::objects;
use super::{content, filters, tabs};
use crate::google::Call;
use crate::google::failure::Failure;
use crate::google::partial::Mask;
use crate::stage::Stage;
use crate::wire::Answer;

/// What a new spreadsheet may come with.
const SERVED: &[&str] = &["properties", "sheets", "spreadsheetId", "spreadsheetUrl"];

/// An id for whatever is new in a spreadsheet.
pub(super) fn fresh(stage: &mut Stage<'_>) -> i64 {
    stage.digits(9).parse().unwrap_or(1)
}

/// The cells of `block`, as far as something is there.
fn grid(book: &Spreadsheet, sheet: &Sheet, block: Block) -> Value {
    let mut data = json!({});
    for (name, start) in [("startRow", block.top), ("startColumn", block.left)] {
        if start > 0 {
            data[name] = json!(start);
        }
    }
    let mut rows: Vec<Value> = Vec::new();
    for cells in sheet.cells.iter().take(block.bottom).skip(block.top) {
        let is_something = |cell: &super::state::Cell| !cell.is_blank() || !cell.more.is_empty();
        let end = cells.iter().take(block.right).rposition(is_something).map_or(0, |last| last + 1);
        let shown: Vec<Value> =
            cells.iter().take(end).skip(block.left).map(|cell| content::show(book, sheet.id, cell)).collect();
        rows.push(if shown.is_empty() { json!({}) } else { json!({"values": shown}) });
    }
    while rows.last().is_some_and(|row| row == &json!({})) {
        rows.pop();
    }
    if !rows.is_empty() {
        data["rowData"] = json!(rows);
    }
    data
}

fn show_sheet(book: &Spreadsheet, sheet: &Sheet, data: &[Block]) -> Value {
    let mut value = json!({"properties": tabs::show(book, sheet)});
    if !data.is_empty() {
        value["data"] = data.iter().map(|block| grid(book, sheet, *block)).collect();
    }
    if !sheet.merges.is_empty() {
        value["merges"] = sheet.merges.iter().map(area::Area::show).collect();
    }
    if let Some(filter) = &sheet.filter {
        value["basicFilter"] = show_marked(filter);
    }
    if !sheet.protected.is_empty() {
        value["protectedRanges"] = sheet.protected.iter().map(show_marked).collect();
    }
    let own = book.metadata.iter().filter(|one| one.area.is_some_and(|area| area.sheet == sheet.id));
    let own: Vec<Value> = own.map(show_metadata).collect();
    if !own.is_empty() {
        value["developerMetadata"] = json!(own);
    }
    value
}

/// What of a spreadsheet is to be shown.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// Only the sheets with these cells; all without any.
    pub(super) blocks: Option<Vec<Block>>,
    pub(super) with_data: bool,
}

pub(super) fn show(book: &Spreadsheet, part: &Part) -> Value {
    let mut sheets = Vec::new();
    for sheet in &book.sheets {
        let mut blocks: Vec<Block> = match &part.blocks {
            Some(blocks) => blocks.iter().filter(|block| block.sheet == sheet.id).copied().collect(),
            None => sheet.area().within(sheet).into_iter().collect(),
        };
        if blocks.is_empty() {
            continue;
        }
        if !part.with_data {
            blocks.clear();
        }
        sheets.push(show_sheet(book, sheet, &blocks));
    }
    let mut value = json!({
        "spreadsheetId": book.id,
        "properties": book.properties,
        "sheets": sheets,
        "spreadsheetUrl": format!("https://docs.google.com/spreadsheets/d/{}/edit", book.id),
    });
    if !book.named_ranges.is_empty() {
        value["namedRanges"] = book.named_ranges.iter().map(show_name).collect();
    }
    let general: Vec<Value> =
        book.metadata.iter().filter(|one| one.area.is_none()).map(show_metadata).collect();
    if !general.is_empty() {
        value["developerMetadata"] = json!(general);
    }
    value
}

/// Whether cells are wanted. A mask says so by itself, and `includeGridData` beside it is ignored.
fn with_data(call: &Call, asked: Option<bool>) -> Result<bool, Failure> {
    match call.query.filled("fields") {
        Some(text) => Ok(Mask::parse(text, NAMES)?.wants(&["sheets", "data"])),
        None => Ok(asked == Some(true)),
    }
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let with_data = with_data(call, call.query.flag("includeGridData"))?;
    let book = readable(stage, call)?;
    let ranges = call.query.texts("ranges");
    let blocks: Vec<Block> = ranges.iter().map(|text| area::block(book, text)).collect::<Result<_, _>>()?;
    let blocks = Some(blocks).filter(|blocks| !blocks.is_empty());
    Ok(Answer::json(200, &show(book, &Part { blocks, with_data })))
}

pub(super) fn get_by_filter(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let with_data = with_data(call, call.body.flag("includeGridData"))?;
    let book = writable(stage, call)?;
    let mut blocks = Vec::new();
    let given = objects(&call.body, "dataFilters");
    for filter in &given {
        blocks.extend(filters::blocks(book, filter)?);
    }
    let blocks = Some(blocks).filter(|_| !given.is_empty());
    Ok(Answer::json(200, &show(book, &Part { blocks, with_data })))
}

pub(super) fn create(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    if let Some(name) = call.body.0.keys().find(|name| !SERVED.contains(&name.as_str())) {
        return Err(Failure::invalid(format!("sandbox: the twin makes spreadsheets without `{name}`")));
    }
    let with_data = with_data(call, None)?;
    let id = format!("1{}", stage.word(43));
    let mut book = new(&id);
    if let Some(given) = call.body.object("properties") {
        book.properties.extend(given.0);
    }
    book.client_id = Some(call.caller.client_id.clone());
    let sheets = objects(&call.body, "sheets");
    for (index, given) in sheets.iter().enumerate() {
        if let Some(name) = given.keys().find(|name| !matches!(name.as_str(), "properties" | "data")) {
            return Err(Failure::invalid(format!("sandbox: the twin makes sheets without `{name}`")));
        }
        let own = if index == 0 { 0 } else { fresh(stage) };
        tabs::from_body(&mut book, given, own)
            .map_err(|failure| failure.within(&format!("sheets[{index}]")))?;
    }
    if sheets.is_empty() {
        book.sheets.push(Sheet::new(0, "Sheet1"));
    }
    let body = show(&book, &Part { with_data, ..Part::default() });
    let account = stage.world.spreadsheets.entry(call.address().to_owned()).or_default();
    account.files.insert(id, book);
    Ok(Answer::json(200, &body))
}

/// A spreadsheet without sheets.
pub(super) fn new(id: &str) -> Spreadsheet {
    let mut properties = Map::new();
    for (name, value) in [
        ("title", "Untitled spreadsheet"),
        ("locale", "en_US"),
        ("autoRecalc", "ON_CHANGE"),
        ("timeZone", "Europe/London"),
    ] {
        properties.insert(name.to_owned(), json!(value));
    }
    Spreadsheet { id: id.to_owned(), properties, ..Spreadsheet::default() }
}

pub(super) fn copy_to(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let own = fresh(stage);
    let id = call.captured("sheetId").parse::<i64>().map_err(|_| Failure::invalid("Invalid sheetId"))?;
    let source = writable(stage, call)?;
    let sheet =
        source.sheet(id).cloned().ok_or_else(|| Failure::invalid(format!("No sheet with id: {id}")))?;
    bounded(source, &sheet.area())?;
    let destination = call.body.filled("destinationSpreadsheetId");
    let destination =
        destination.ok_or_else(|| Failure::invalid("Missing destinationSpreadsheetId"))?.to_owned();
    let book = named(stage, call, &destination)?;
    let mut changed = book.clone();
    let properties = tabs::copy_in(&mut changed, sheet, own)?;
    *book = changed;
    Ok(Answer::json(200, &properties))
}
