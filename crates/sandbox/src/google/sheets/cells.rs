//! Requests about what is in cells and how it looks.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};

use super::area::{Area, Block, bounded};
use super::content::{self, Input};
use super::dimensions::no_sheet;
use super::formula::{self, Scalar, plain};
use super::state::{Cell, Entered, Spreadsheet};
use super::tabs::{integer, mask, object, rows};
use crate::google::failure::Failure;

fn block(book: &Spreadsheet, request: &Map<String, Value>, name: &str) -> Result<Block, Failure> {
    let area = Area::read(object(request, name)?)?;
    area.wholly_within(book.sheet(area.sheet).ok_or_else(|| no_sheet(area.sheet))?)
}

/// Runs `act` on every cell of `block`, also those that hold nothing yet.
fn each(
    book: &mut Spreadsheet,
    block: Block,
    mut act: impl FnMut(usize, usize, &mut Cell) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let sheet = book.sheet_mut(block.sheet).ok_or_else(|| no_sheet(block.sheet))?;
    for row in block.top..block.bottom {
        for column in block.left..block.right {
            act(row, column, sheet.cell_mut(row, column))?;
        }
    }
    Ok(())
}

pub(super) fn repeat(book: &mut Spreadsheet, request: &Map<String, Value>) -> Result<Value, Failure> {
    let (mask, block) = (mask(request)?, block(book, request, "range")?);
    let given = object(request, "cell")?;
    each(book, block, |_, _, cell| {
        let mut data = content::entered(cell);
        mask.update(&mut data, given);
        *cell = content::read(&data)?;
        Ok(())
    })?;
    Ok(json!({}))
}

pub(super) fn update(book: &mut Spreadsheet, request: &Map<String, Value>) -> Result<Value, Failure> {
    let (mask, rows) = (mask(request)?, rows(request));
    let width = rows.iter().map(Vec::len).max().unwrap_or_default();
    let block = match (request.get("start").and_then(Value::as_object), request.contains_key("range")) {
        (Some(start), false) => {
            let at = |name: &str| integer(start, name).and_then(|at| usize::try_from(at).ok()).unwrap_or(0);
            let (top, left) = (at("rowIndex"), at("columnIndex"));
            let sheet = integer(start, "sheetId").unwrap_or(0);
            book.sheet(sheet).ok_or_else(|| no_sheet(sheet))?;
            bounded(book, &Block { sheet, top, bottom: top + rows.len(), left, right: left + width }.area())?
        }
        (None, true) => block(book, request, "range")?,
        _ => return Err(Failure::invalid("Either start or range must be set.")),
    };
    if rows.len() > block.height() || width > block.width() {
        return Err(Failure::invalid("There are more rows or values than the range has cells."));
    }
    let none = Map::new();
    each(book, block, |row, column, cell| {
        let given = rows.get(row - block.top).and_then(|cells| cells.get(column - block.left));
        let mut data = content::entered(cell);
        mask.update(&mut data, given.unwrap_or(&none));
        *cell = content::read(&data)?;
        Ok(())
    })?;
    Ok(json!({}))
}

pub(super) fn append(book: &mut Spreadsheet, request: &Map<String, Value>) -> Result<Value, Failure> {
    let (mask, rows) = (mask(request)?, rows(request));
    let id = integer(request, "sheetId").unwrap_or(0);
    let sheet = book.sheet_mut(id).ok_or_else(|| no_sheet(id))?;
    let has_data = |row: &Vec<Cell>| row.iter().any(|cell| !cell.is_blank());
    let top = sheet.cells.iter().rposition(has_data).map_or(0, |last| last + 1);
    let width = rows.iter().map(Vec::len).max().unwrap_or_default();
    sheet.rows = sheet.rows.max(top + rows.len());
    sheet.columns = sheet.columns.max(width);
    for (down, row) in rows.iter().enumerate() {
        for (across, given) in row.iter().enumerate() {
            let cell = sheet.cell_mut(top + down, across);
            let mut data = content::entered(cell);
            mask.update(&mut data, given);
            *cell = content::read(&data)?;
        }
    }
    super::dimensions::check_size(book)?;
    Ok(json!({}))
}

/// Numbers before texts before booleans, what is blank last, whatever the direction.
fn order(a: &Scalar, b: &Scalar, descending: bool) -> Ordering {
    let rank = |scalar: &Scalar| match scalar {
        Scalar::Number(_) => 0,
        Scalar::Text(_) => 1,
        Scalar::Boolean(_) => 2,
        Scalar::Error(_) => 3,
        Scalar::Nothing => 4,
    };
    if *a == Scalar::Nothing || *b == Scalar::Nothing {
        return rank(a).cmp(&rank(b));
    }
    let ascending = match (a, b) {
        (Scalar::Number(a), Scalar::Number(b)) => a.total_cmp(b),
        (Scalar::Text(a), Scalar::Text(b)) => a.to_lowercase().cmp(&b.to_lowercase()),
        (Scalar::Boolean(a), Scalar::Boolean(b)) => a.cmp(b),
        _ => rank(a).cmp(&rank(b)),
    };
    if descending { ascending.reverse() } else { ascending }
}

pub(super) fn sort(book: &mut Spreadsheet, request: &Map<String, Value>) -> Result<Value, Failure> {
    let block = block(book, request, "range")?;
    let mut specs: Vec<(usize, bool)> = Vec::new();
    for spec in request.get("sortSpecs").and_then(Value::as_array).into_iter().flatten() {
        let column = spec["dimensionIndex"].as_u64().unwrap_or(0);
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        if column < block.left || column >= block.right {
            return Err(Failure::invalid(format!("dimensionIndex[{column}] is outside of the range")));
        }
        specs.push((column, spec["sortOrder"] == "DESCENDING"));
    }
    if specs.is_empty() {
        return Err(Failure::invalid("At least one sort spec must be set."));
    }
    let sheet = book.sheet(block.sheet).ok_or_else(|| no_sheet(block.sheet))?;
    // Below the last row with anything all is blank, and stays last.
    let bottom = block.bottom.min(sheet.cells.len());
    let mut rows: Vec<(Vec<Scalar>, Vec<Cell>)> = Vec::new();
    for row in block.top..bottom {
        let cell = |column: usize| sheet.cell(row, column).cloned().unwrap_or_default();
        let keys = specs.iter().map(|(column, _)| formula::value(book, block.sheet, &cell(*column)));
        rows.push((keys.collect(), (block.left..block.right).map(cell).collect()));
    }
    rows.sort_by(|(a, _), (b, _)| {
        let pairs = a.iter().zip(b).zip(&specs);
        let mut orders = pairs.map(|((a, b), (_, descending))| order(a, b, *descending));
        orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    });
    let sheet = book.sheet_mut(block.sheet).ok_or_else(|| no_sheet(block.sheet))?;
    for (down, (_, cells)) in rows.into_iter().enumerate() {
        for (across, cell) in cells.into_iter().enumerate() {
            *sheet.cell_mut(block.top + down, block.left + across) = cell;
        }
    }
    Ok(json!({}))
}

/// What a search looks for in a text.
struct Search<'a> {
    find: &'a str,
    replacement: &'a str,
    matches_case: bool,
    matches_cell: bool,
}

impl Search<'_> {
    /// The text after the replacement, and how often it was found.
    fn replace(&self, text: &str) -> (String, usize) {
        let same =
            |a: &str, b: &str| if self.matches_case { a == b } else { a.to_lowercase() == b.to_lowercase() };
        if self.matches_cell {
            return if same(text, self.find) {
                (self.replacement.to_owned(), 1)
            } else {
                (text.to_owned(), 0)
            };
        }
        let (mut done, mut rest, mut count) = (String::new(), text, 0);
        while let Some(next) = rest.chars().next() {
            let end = rest.char_indices().nth(self.find.chars().count()).map_or(rest.len(), |(at, _)| at);
            if same(&rest[..end], self.find) {
                done.push_str(self.replacement);
                rest = &rest[end..];
                count += 1;
            } else {
                done.push(next);
                rest = &rest[next.len_utf8()..];
            }
        }
        (done, count)
    }
}

pub(super) fn find_replace(book: &mut Spreadsheet, request: &Map<String, Value>) -> Result<Value, Failure> {
    let text = |name: &str| request.get(name).and_then(Value::as_str).unwrap_or_default();
    let flag = |name: &str| request.get(name) == Some(&json!(true));
    if flag("searchByRegex") {
        return Err(Failure::invalid("sandbox: the twin does not search by regular expressions"));
    }
    let find = text("find");
    if find.is_empty() {
        return Err(Failure::invalid("No search string specified."));
    }
    let scopes = [request.contains_key("range"), request.contains_key("sheetId"), flag("allSheets")];
    if scopes.iter().filter(|is_set| **is_set).count() != 1 {
        return Err(Failure::invalid("Exactly one of range, sheetId and allSheets must be set."));
    }
    let blocks = if scopes[0] {
        vec![block(book, request, "range")?]
    } else {
        let id = integer(request, "sheetId");
        if let Some(id) = id {
            book.sheet(id).ok_or_else(|| no_sheet(id))?;
        }
        let wanted = book.sheets.iter().filter(|sheet| id.is_none_or(|id| sheet.id == id));
        wanted.map(|sheet| sheet.area().within(sheet)).collect::<Result<_, _>>()?
    };
    let search = Search {
        find,
        replacement: text("replacement"),
        matches_case: flag("matchCase"),
        matches_cell: flag("matchEntireCell"),
    };
    let counts = replace_all(book, &blocks, &search, flag("includeFormulas"))?;
    let names = ["occurrencesChanged", "valuesChanged", "formulasChanged", "rowsChanged", "sheetsChanged"];
    let named = names.iter().zip(counts).filter(|(_, count)| *count > 0);
    let reply: Map<String, Value> = named.map(|(name, count)| ((*name).to_owned(), json!(count))).collect();
    Ok(json!({"findReplace": reply}))
}

/// Occurrences, values, formulas, rows and sheets that changed.
fn replace_all(
    book: &mut Spreadsheet,
    blocks: &[Block],
    search: &Search<'_>,
    in_formulas: bool,
) -> Result<[usize; 5], Failure> {
    let mut counts = [0; 5];
    for block in blocks {
        let sheet = book.sheet_mut(block.sheet).ok_or_else(|| no_sheet(block.sheet))?;
        let places: Vec<(usize, usize)> =
            sheet.filled(*block).map(|(row, column, _)| (row, column)).collect();
        let mut last_row = None;
        for (row, column) in places {
            let cell = sheet.cell_mut(row, column);
            let (text, is_formula) = match &cell.entered {
                Entered::Text(text) => (text.clone(), false),
                Entered::Number(number) => (plain(*number), false),
                Entered::Formula(formula) if in_formulas => (formula.clone(), true),
                _ => continue,
            };
            let (text, found) = search.replace(&text);
            if found == 0 {
                continue;
            }
            content::enter(cell, &json!(text), Input::UserEntered)?;
            counts[0] += found;
            counts[if is_formula { 2 } else { 1 }] += 1;
            counts[3] += usize::from(last_row != Some(row));
            last_row = Some(row);
        }
        counts[4] += usize::from(last_row.is_some());
    }
    Ok(counts)
}

pub(super) fn merge(book: &mut Spreadsheet, request: &Map<String, Value>) -> Result<Value, Failure> {
    let block = block(book, request, "range")?;
    let areas: Vec<Area> = match request.get("mergeType").and_then(Value::as_str) {
        Some("MERGE_ROWS") => {
            (block.top..block.bottom).map(|row| Block { top: row, bottom: row + 1, ..block }.area()).collect()
        }
        Some("MERGE_COLUMNS") => (block.left..block.right)
            .map(|column| Block { left: column, right: column + 1, ..block }.area())
            .collect(),
        _ => vec![block.area()],
    };
    let sheet = book.sheet_mut(block.sheet).ok_or_else(|| no_sheet(block.sheet))?;
    sheet.merges.retain(|old| !old.meets(&block.area()));
    sheet.merges.extend(areas);
    Ok(json!({}))
}

pub(super) fn unmerge(book: &mut Spreadsheet, request: &Map<String, Value>) -> Result<Value, Failure> {
    let block = block(book, request, "range")?;
    let sheet = book.sheet_mut(block.sheet).ok_or_else(|| no_sheet(block.sheet))?;
    sheet.merges.retain(|old| !old.meets(&block.area()));
    Ok(json!({}))
}

pub(super) fn copy_paste(book: &mut Spreadsheet, request: &Map<String, Value>) -> Result<Value, Failure> {
    let (from, to) = (block(book, request, "source")?, block(book, request, "destination")?);
    if request.get("pasteOrientation").is_some_and(|orientation| orientation != "NORMAL") {
        return Err(Failure::invalid("sandbox: the twin pastes without turning rows into columns"));
    }
    let kind = request.get("pasteType").and_then(Value::as_str).unwrap_or("PASTE_NORMAL");
    if !matches!(kind, "PASTE_NORMAL" | "PASTE_VALUES" | "PASTE_FORMAT" | "PASTE_FORMULA") {
        return Err(Failure::invalid(format!("sandbox: the twin does not know {kind}")));
    }
    let source = book.sheet(from.sheet).cloned().ok_or_else(|| no_sheet(from.sheet))?;
    let original = book.clone();
    // A larger destination is filled again and again, a smaller one overflows.
    let fitted = |from: usize, to: usize| if to >= from { to / from * from } else { from };
    let (height, width) = (fitted(from.height(), to.height()), fitted(from.width(), to.width()));
    let target = Block { bottom: to.top + height, right: to.left + width, ..to };
    let target = bounded(book, &target.area())?;
    each(book, target, |row, column, cell| {
        let at = (from.top + (row - to.top) % from.height(), from.left + (column - to.left) % from.width());
        let copied = source.cell(at.0, at.1).cloned().unwrap_or_default();
        match kind {
            "PASTE_FORMAT" => cell.more = copied.more,
            "PASTE_FORMULA" => cell.entered = copied.entered,
            "PASTE_VALUES" => {
                cell.entered = match formula::value(&original, from.sheet, &copied) {
                    Scalar::Nothing => Entered::Nothing,
                    Scalar::Number(number) => Entered::Number(number),
                    Scalar::Boolean(boolean) => Entered::Boolean(boolean),
                    other => Entered::Text(other.text()),
                };
            }
            _ => *cell = copied,
        }
        Ok(())
    })?;
    Ok(json!({}))
}
