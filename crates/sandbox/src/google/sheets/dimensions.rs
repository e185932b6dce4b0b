//! Rows and columns that come, go and are counted, with everything that moves along.

use serde_json::{Map, Value, json};

use super::area::{Area, Dimension};
use super::state::{Cell, Marked, Sheet, Spreadsheet};
use crate::google::failure::Failure;

const MAX_CELLS: usize = 10_000_000;

pub(super) fn no_sheet(id: i64) -> Failure {
    Failure::invalid(format!("No sheet with id: {id}"))
}

pub(super) fn check_size(book: &Spreadsheet) -> Result<(), Failure> {
    if book.cell_count() <= MAX_CELLS {
        return Ok(());
    }
    let message =
        "This action would increase the number of cells in the workbook above the limit of 10000000 cells.";
    Err(Failure::invalid(message))
}

fn length(sheet: &mut Sheet, dimension: Dimension) -> &mut usize {
    match dimension {
        Dimension::Rows => &mut sheet.rows,
        Dimension::Columns => &mut sheet.columns,
    }
}

/// All ranges that are kept anywhere, each to be changed by `act`, which says whether something is left.
fn each_area(book: &mut Spreadsheet, sheet: i64, act: impl Fn(&mut Area) -> bool) {
    book.named_ranges.retain_mut(|range| range.area.sheet != sheet || act(&mut range.area));
    book.metadata.retain_mut(|one| match &mut one.area {
        Some(area) if area.sheet == sheet => act(area),
        _ => true,
    });
    if let Some(sheet) = book.sheet_mut(sheet) {
        sheet.merges.retain_mut(&act);
        sheet.protected.retain_mut(|marked| act(&mut marked.area));
        if let Some(filter) = &mut sheet.filter
            && !act(&mut filter.area)
        {
            sheet.filter = None;
        }
    }
}

/// Inserts `count` rows or columns before the one at `at`.
pub(super) fn insert(
    book: &mut Spreadsheet,
    id: i64,
    dimension: Dimension,
    at: usize,
    count: usize,
) -> Result<(), Failure> {
    let sheet = book.sheet_mut(id).ok_or_else(|| no_sheet(id))?;
    let length = length(sheet, dimension);
    if at > *length {
        return Err(Failure::invalid(format!("range.startIndex[{at}] is too large")));
    }
    *length = length.saturating_add(count);
    // Before the cells move, so that a refused size leaves no memory behind.
    check_size(book)?;
    let sheet = book.sheet_mut(id).ok_or_else(|| no_sheet(id))?;
    match dimension {
        Dimension::Rows if at < sheet.cells.len() => {
            sheet.cells.splice(at..at, std::iter::repeat_n(Vec::new(), count));
        }
        Dimension::Rows => {}
        Dimension::Columns => {
            for row in sheet.cells.iter_mut().filter(|row| at < row.len()) {
                row.splice(at..at, std::iter::repeat_n(Cell::default(), count));
            }
        }
    }
    each_area(book, id, |area| {
        area.inserted(dimension, at, count);
        true
    });
    Ok(())
}

/// The `DimensionRange` of a request, within its sheet.
fn span(book: &Spreadsheet, range: &Map<String, Value>) -> Result<(i64, Dimension, usize, usize), Failure> {
    let id = range.get("sheetId").and_then(Value::as_i64).unwrap_or(0);
    let sheet = book.sheet(id).ok_or_else(|| no_sheet(id))?;
    let dimension = Dimension::of(range).ok_or_else(|| Failure::invalid("No dimension specified."))?;
    let index = |name: &str| match range.get(name).and_then(Value::as_i64).map(usize::try_from) {
        None => Ok(None),
        Some(Ok(index)) => Ok(Some(index)),
        Some(Err(_)) => Err(Failure::invalid(format!("range.{name} must not be negative"))),
    };
    let length = if dimension == Dimension::Rows { sheet.rows } else { sheet.columns };
    let (from, to) = (index("startIndex")?.unwrap_or(0), index("endIndex")?.unwrap_or(length));
    if from >= to {
        return Err(Failure::invalid(format!("range.endIndex[{to}] must be after startIndex[{from}]")));
    }
    Ok((id, dimension, from, to))
}

fn range_of(request: &Map<String, Value>) -> Result<&Map<String, Value>, Failure> {
    request.get("range").and_then(Value::as_object).ok_or_else(|| Failure::invalid("No range specified."))
}

pub(super) fn append_dimension(
    book: &mut Spreadsheet,
    request: &Map<String, Value>,
) -> Result<Value, Failure> {
    let id = request.get("sheetId").and_then(Value::as_i64).unwrap_or(0);
    let sheet = book.sheet_mut(id).ok_or_else(|| no_sheet(id))?;
    let dimension = Dimension::of(request).ok_or_else(|| Failure::invalid("No dimension specified."))?;
    let added = request.get("length").and_then(Value::as_i64).and_then(|length| usize::try_from(length).ok());
    let added = added.filter(|added| *added > 0);
    let added = added.ok_or_else(|| Failure::invalid("length must be greater than zero"))?;
    let length = length(sheet, dimension);
    *length = length.saturating_add(added);
    check_size(book)?;
    Ok(json!({}))
}

pub(super) fn insert_dimension(
    book: &mut Spreadsheet,
    request: &Map<String, Value>,
) -> Result<Value, Failure> {
    let (id, dimension, from, to) = span(book, range_of(request)?)?;
    if from == 0 && request.get("inheritFromBefore") == Some(&json!(true)) {
        return Err(Failure::invalid("inheritFromBefore cannot be true when inserting at index 0"));
    }
    insert(book, id, dimension, from, to - from)?;
    Ok(json!({}))
}

pub(super) fn delete_dimension(
    book: &mut Spreadsheet,
    request: &Map<String, Value>,
) -> Result<Value, Failure> {
    let (id, dimension, from, to) = span(book, range_of(request)?)?;
    let sheet = book.sheet_mut(id).ok_or_else(|| no_sheet(id))?;
    let length = length(sheet, dimension);
    if to > *length {
        return Err(Failure::invalid(format!(
            "Cannot delete past the end: range.endIndex[{to}] is too large"
        )));
    }
    if to - from == *length {
        let what = dimension.name().to_lowercase();
        return Err(Failure::invalid(format!("You can't delete all the {what} on the sheet.")));
    }
    *length -= to - from;
    match dimension {
        Dimension::Rows => {
            let end = to.min(sheet.cells.len());
            drop(sheet.cells.drain(from.min(end)..end));
        }
        Dimension::Columns => {
            for row in &mut sheet.cells {
                let end = to.min(row.len());
                drop(row.drain(from.min(end)..end));
            }
        }
    }
    each_area(book, id, |area| area.deleted(dimension, from, to));
    Ok(json!({}))
}

/// Widths and what is hidden, which the twin checks and does not keep.
pub(super) fn update_dimension_properties(
    book: &mut Spreadsheet,
    request: &Map<String, Value>,
) -> Result<Value, Failure> {
    span(book, range_of(request)?)?;
    if !request.get("fields").is_some_and(Value::is_string) {
        return Err(Failure::invalid(
            "At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)",
        ));
    }
    Ok(json!({}))
}

pub(super) fn auto_resize(book: &mut Spreadsheet, request: &Map<String, Value>) -> Result<Value, Failure> {
    let range = request.get("dimensions").and_then(Value::as_object);
    span(book, range.ok_or_else(|| Failure::invalid("No dimensions specified."))?)?;
    Ok(json!({}))
}

/// What `Marked` cells say, with their range.
pub(super) fn show_marked(marked: &Marked) -> Value {
    let mut fields = marked.fields.clone();
    fields.insert("range".to_owned(), marked.area.show());
    Value::Object(fields)
}
