//! Requests about sheets as such, and about the spreadsheet's own properties.

use serde_json::{Map, Value, json};

use super::area::Area;
use super::dimensions::{check_size, no_sheet};
use super::shapes::NAMES;
use super::state::{Sheet, Spreadsheet};
use super::{area, content};
use crate::google::failure::Failure;
use crate::google::partial::Mask;

const MAX_TITLE: usize = 100;
/// What a sheet's grid has beside its size.
const GRID: &[&str] = &[
    "frozenRowCount",
    "frozenColumnCount",
    "hideGridlines",
    "rowGroupControlAfter",
    "columnGroupControlAfter",
];

/// The mask that a request must have.
pub(super) fn mask(request: &Map<String, Value>) -> Result<Mask, Failure> {
    match request.get("fields").and_then(Value::as_str) {
        Some(text) if !text.is_empty() => Mask::parse(text, NAMES),
        _ => Err(Failure::invalid(
            "At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)",
        )),
    }
}

pub(super) fn object<'a>(
    request: &'a Map<String, Value>,
    name: &str,
) -> Result<&'a Map<String, Value>, Failure> {
    request
        .get(name)
        .and_then(Value::as_object)
        .ok_or_else(|| Failure::invalid(format!("No {name} specified.")))
}

pub(super) fn integer(request: &Map<String, Value>, name: &str) -> Option<i64> {
    request.get(name).and_then(Value::as_i64)
}

/// The description's `SheetProperties`.
pub(super) fn show(book: &Spreadsheet, sheet: &Sheet) -> Value {
    let index = book.sheets.iter().position(|other| other.id == sheet.id).unwrap_or(book.sheets.len());
    let mut value = json!({"sheetId": sheet.id, "title": sheet.title, "index": index, "sheetType": "GRID"});
    for (name, property) in &sheet.properties {
        value[name] = property.clone();
    }
    value["gridProperties"]["rowCount"] = json!(sheet.rows);
    value["gridProperties"]["columnCount"] = json!(sheet.columns);
    value
}

/// Makes the sheet what `properties` say, all of them.
fn set(sheet: &mut Sheet, properties: &Map<String, Value>) -> Result<(), Failure> {
    if properties.get("sheetType").is_some_and(|kind| kind != "GRID") {
        return Err(Failure::invalid("sandbox: the twin has sheets of type GRID only"));
    }
    if let Some(title) = properties.get("title").and_then(Value::as_str) {
        if title.trim().is_empty() || title.chars().count() > MAX_TITLE {
            return Err(Failure::invalid("The name of a sheet has between 1 and 100 characters."));
        }
        title.clone_into(&mut sheet.title);
    }
    let grid = properties.get("gridProperties").and_then(Value::as_object).cloned().unwrap_or_default();
    let size = |name: &str, old: usize| match integer(&grid, name) {
        None => Ok(old),
        Some(size) => match usize::try_from(size) {
            Ok(size) if size > 0 => Ok(size),
            _ => Err(Failure::invalid(format!("gridProperties.{name}[{size}] must be greater than zero"))),
        },
    };
    (sheet.rows, sheet.columns) = (size("rowCount", sheet.rows)?, size("columnCount", sheet.columns)?);
    sheet.cells.truncate(sheet.rows);
    for row in &mut sheet.cells {
        row.truncate(sheet.columns);
    }
    for (name, length) in [("frozenRowCount", sheet.rows), ("frozenColumnCount", sheet.columns)] {
        let frozen = integer(&grid, name).unwrap_or(0);
        if usize::try_from(frozen).map_or(true, |frozen| frozen >= length) {
            return Err(Failure::invalid(format!(
                "You can't freeze all visible rows or columns: {name}[{frozen}]"
            )));
        }
    }
    let mut kept: Map<String, Value> = Map::new();
    for name in ["hidden", "rightToLeft", "tabColor", "tabColorStyle"] {
        if let Some(value) = properties.get(name).filter(|value| **value != json!(false)) {
            kept.insert(name.to_owned(), value.clone());
        }
    }
    let own: Map<String, Value> = GRID
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), grid.get(*name)?.clone())))
        .filter(|(_, value)| *value != json!(0) && *value != json!(false))
        .collect();
    if !own.is_empty() {
        kept.insert("gridProperties".to_owned(), Value::Object(own));
    }
    sheet.properties = kept;
    Ok(())
}

fn free_title(book: &Spreadsheet, sheet: &Sheet) -> Result<(), Failure> {
    let mut others = book.sheets.iter().filter(|other| other.id != sheet.id);
    if others.any(|other| other.title.eq_ignore_ascii_case(&sheet.title)) {
        let title = &sheet.title;
        let message = format!("A sheet with the name \"{title}\" already exists. Please enter another name.");
        return Err(Failure::invalid(message));
    }
    Ok(())
}

/// A title that no sheet has yet.
fn unused(book: &Spreadsheet, base: &str) -> String {
    let mut title = base.to_owned();
    let mut number = 1;
    while book.titled(&title).is_some() {
        number += 1;
        title = format!("{base} {number}");
    }
    title
}

/// Puts the sheet where `index` says, or at the end.
fn place(book: &mut Spreadsheet, sheet: Sheet, index: Option<i64>) -> Result<(), Failure> {
    let count = book.sheets.len();
    let index = match index.map(usize::try_from) {
        None => count,
        Some(Ok(index)) if index <= count => index,
        Some(_) => return Err(Failure::invalid(format!("Sheet index must be between 0 and {count}"))),
    };
    book.sheets.insert(index, sheet);
    Ok(())
}

pub(super) fn add(
    book: &mut Spreadsheet,
    request: &Map<String, Value>,
    fresh: i64,
) -> Result<Value, Failure> {
    let none = Map::new();
    let properties = request.get("properties").and_then(Value::as_object).unwrap_or(&none);
    let id = match integer(properties, "sheetId") {
        Some(id) if id < 0 => return Err(Failure::invalid("sheetId must not be negative")),
        Some(id) if book.sheet(id).is_some() => {
            return Err(Failure::invalid(format!("A sheet with id {id} already exists.")));
        }
        id => id.unwrap_or(fresh),
    };
    let mut number = book.sheets.len() + 1;
    while book.titled(&format!("Sheet{number}")).is_some() {
        number += 1;
    }
    let mut sheet = Sheet::new(id, &format!("Sheet{number}"));
    set(&mut sheet, properties)?;
    free_title(book, &sheet)?;
    place(book, sheet, integer(properties, "index"))?;
    check_size(book)?;
    let sheet = book.sheet(id).ok_or_else(|| no_sheet(id))?;
    Ok(json!({"addSheet": {"properties": show(book, sheet)}}))
}

pub(super) fn delete(book: &mut Spreadsheet, request: &Map<String, Value>) -> Result<Value, Failure> {
    let id = integer(request, "sheetId").unwrap_or(0);
    book.sheet(id).ok_or_else(|| no_sheet(id))?;
    if book.sheets.len() == 1 {
        return Err(Failure::invalid("You can't remove all the sheets in a document."));
    }
    book.sheets.retain(|sheet| sheet.id != id);
    book.named_ranges.retain(|range| range.area.sheet != id);
    book.metadata.retain(|one| one.area.is_none_or(|area| area.sheet != id));
    Ok(json!({}))
}

pub(super) fn duplicate(
    book: &mut Spreadsheet,
    request: &Map<String, Value>,
    fresh: i64,
) -> Result<Value, Failure> {
    let source = integer(request, "sourceSheetId").unwrap_or(0);
    let mut copy = book.sheet(source).cloned().ok_or_else(|| no_sheet(source))?;
    copy.id = integer(request, "newSheetId").unwrap_or(fresh);
    if book.sheet(copy.id).is_some() {
        return Err(Failure::invalid(format!("A sheet with id {} already exists.", copy.id)));
    }
    copy.title = match request.get("newSheetName").and_then(Value::as_str) {
        Some(title) => title.to_owned(),
        None => unused(book, &format!("Copy of {}", copy.title)),
    };
    free_title(book, &copy)?;
    let id = copy.id;
    resettle(&mut copy);
    // Without a place of its own the copy goes first.
    place(book, copy, Some(integer(request, "insertSheetIndex").unwrap_or(0)))?;
    check_size(book)?;
    let copy = book.sheet(id).ok_or_else(|| no_sheet(id))?;
    Ok(json!({"duplicateSheet": {"properties": show(book, copy)}}))
}

/// Takes ranges along to the sheet's new id.
fn resettle(sheet: &mut Sheet) {
    let id = sheet.id;
    let marked = sheet.protected.iter_mut().chain(&mut sheet.filter).map(|marked| &mut marked.area);
    for area in sheet.merges.iter_mut().chain(marked) {
        *area = Area { sheet: id, ..*area };
    }
}

/// A sheet of another spreadsheet comes in at the end.
pub(super) fn copy_in(book: &mut Spreadsheet, mut sheet: Sheet, fresh: i64) -> Result<Value, Failure> {
    sheet.id = fresh;
    sheet.title = unused(book, &format!("Copy of {}", sheet.title));
    resettle(&mut sheet);
    book.sheets.push(sheet);
    check_size(book)?;
    let copy = book.sheet(fresh).ok_or_else(|| no_sheet(fresh))?;
    Ok(show(book, copy))
}

pub(super) fn update(book: &mut Spreadsheet, request: &Map<String, Value>) -> Result<Value, Failure> {
    let (mask, given) = (mask(request)?, object(request, "properties")?);
    let id = integer(given, "sheetId").unwrap_or(0);
    let mut sheet = book.sheet(id).cloned().ok_or_else(|| no_sheet(id))?;
    if mask.paths().iter().any(|path| path == &["sheetId"]) {
        return Err(Failure::invalid("The sheetId of a sheet cannot be changed."));
    }
    let Value::Object(mut properties) = show(book, &sheet) else {
        return Ok(json!({}));
    };
    mask.update(&mut properties, given);
    if !properties.contains_key("title") {
        return Err(Failure::invalid("The name of a sheet has between 1 and 100 characters."));
    }
    set(&mut sheet, &properties)?;
    free_title(book, &sheet)?;
    let old = book.sheets.iter().position(|other| other.id == id).unwrap_or_default();
    // An index counts the places before the sheet moves.
    let index = integer(&properties, "index").and_then(|index| usize::try_from(index).ok()).unwrap_or(old);
    if index > book.sheets.len() {
        return Err(Failure::invalid(format!("Sheet index must be between 0 and {}", book.sheets.len())));
    }
    book.sheets.remove(old);
    let index = if index > old { index - 1 } else { index };
    book.sheets.insert(index, sheet);
    check_size(book)?;
    Ok(json!({}))
}

/// Title, locale and time zone of the spreadsheet.
pub(super) fn update_spreadsheet(
    book: &mut Spreadsheet,
    request: &Map<String, Value>,
) -> Result<Value, Failure> {
    let (mask, given) = (mask(request)?, object(request, "properties")?);
    mask.update(&mut book.properties, given);
    let title = book.properties.get("title").and_then(Value::as_str).unwrap_or_default();
    if title.is_empty() {
        return Err(Failure::invalid("The title of a spreadsheet must not be empty."));
    }
    Ok(json!({}))
}

/// A sheet as it comes with a new spreadsheet.
pub(super) fn from_body(
    book: &mut Spreadsheet,
    given: &Map<String, Value>,
    fresh: i64,
) -> Result<(), Failure> {
    let added = add(book, given, fresh)?;
    let id = added["addSheet"]["properties"]["sheetId"].as_i64().unwrap_or(fresh);
    let Some(sheet) = book.sheet_mut(id) else {
        return Ok(());
    };
    let data = given.get("data").and_then(Value::as_array);
    for grid in data.into_iter().flatten().filter_map(Value::as_object) {
        let start = |name: &str| integer(grid, name).and_then(|at| usize::try_from(at).ok()).unwrap_or(0);
        let (top, left) = (start("startRow"), start("startColumn"));
        for (down, cells) in rows(grid).into_iter().enumerate() {
            for (across, cell) in cells.into_iter().enumerate() {
                let (row, column) = (top + down, left + across);
                if row >= sheet.rows || column >= sheet.columns {
                    return Err(Failure::invalid(format!(
                        "{}{} exceeds grid limits.",
                        area::letters(column),
                        row + 1
                    )));
                }
                *sheet.cell_mut(row, column) = content::read(&cell)?;
            }
        }
    }
    Ok(())
}

/// The cells of `rows` or `rowData`.
pub(super) fn rows(object: &Map<String, Value>) -> Vec<Vec<Map<String, Value>>> {
    let rows = object.get("rows").or_else(|| object.get("rowData")).and_then(Value::as_array);
    let cells = |row: &Value| {
        let cells = row["values"].as_array().cloned().unwrap_or_default();
        cells.into_iter().map(|cell| cell.as_object().cloned().unwrap_or_default()).collect()
    };
    rows.into_iter().flatten().map(cells).collect()
}
