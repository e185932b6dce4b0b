//! `spreadsheets.values`: what stands in ranges, read, written, appended and cleared.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::area::{self, Block, Dimension};
use super::content::{self, Input, Rendering};
use super::dimensions;
use super::state::{Entered, Spreadsheet, readable, writable};
use crate::google::Call;
use crate::google::failure::Failure;
use crate::stage::Stage;
use crate::strict::Arguments;
use crate::wire::Answer;

/// Rows become columns and the other way round.
fn turned(rows: &[Vec<Value>], gap: &Value) -> Vec<Vec<Value>> {
    let width = rows.iter().map(Vec::len).max().unwrap_or_default();
    let column =
        |index: usize| rows.iter().map(|row| row.get(index).cloned().unwrap_or(gap.clone())).collect();
    (0..width).map(column).collect()
}

/// A `ValueRange` as it answers: without what is empty at the ends.
pub(super) fn range(book: &Spreadsheet, block: Block, columns: Dimension, rendering: Rendering) -> Value {
    let mut rows: Vec<Vec<Value>> = Vec::new();
    if let Some(sheet) = book.sheet(block.sheet) {
        for (row, column, cell) in sheet.filled(block) {
            let (row, column) = (row - block.top, column - block.left);
            rows.resize(rows.len().max(row + 1), Vec::new());
            let value = content::render(book, block.sheet, cell, rendering);
            let cells = &mut rows[row];
            cells.resize(cells.len().max(column + 1), json!(""));
            cells[column] = value;
        }
    }
    if columns == Dimension::Columns {
        rows = turned(&rows, &json!(""));
        for column in &mut rows {
            while column.last().is_some_and(|last| last == "") {
                column.pop();
            }
        }
    }
    let mut value = json!({"range": block.write(book), "majorDimension": columns.name()});
    if !rows.is_empty() {
        value["values"] = json!(rows);
    }
    value
}

pub(super) fn major(arguments: &Arguments) -> Dimension {
    match arguments.text("majorDimension") {
        Some("COLUMNS") => Dimension::Columns,
        _ => Dimension::Rows,
    }
}

pub(super) fn rendering(arguments: &Arguments) -> Rendering {
    Rendering::of(arguments.text("valueRenderOption"), arguments.text("dateTimeRenderOption"))
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let book = readable(stage, call)?;
    let block = area::block(book, call.captured("range"))?;
    Ok(Answer::json(200, &range(book, block, major(&call.query), rendering(&call.query))))
}

pub(super) fn batch_get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let book = readable(stage, call)?;
    let mut ranges = Vec::new();
    for text in call.query.texts("ranges") {
        let block = area::block(book, &text)?;
        ranges.push(range(book, block, major(&call.query), rendering(&call.query)));
    }
    let mut body = json!({"spreadsheetId": book.id});
    if !ranges.is_empty() {
        body["valueRanges"] = json!(ranges);
    }
    Ok(Answer::json(200, &body))
}

/// The rows of a `ValueRange`, or of one that is given column by column.
fn rows_of(given: &Arguments) -> Result<Vec<Vec<Value>>, Failure> {
    let lists = given.value("values").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut rows = Vec::new();
    for (index, list) in lists.into_iter().enumerate() {
        match list {
            Value::Array(list) => rows.push(list),
            _ => return Err(Failure::invalid(format!("Invalid data[{index}]: a row is a list of values"))),
        }
    }
    Ok(if major(given) == Dimension::Columns { turned(&rows, &Value::Null) } else { rows })
}

/// How a write comes in, and how it is shown again if that is asked for.
pub(super) struct Writing {
    input: Input,
    shown: Option<(Rendering, Dimension)>,
}

impl Writing {
    pub(super) fn of(options: &Arguments, dimension: Dimension) -> Result<Self, Failure> {
        let input = Input::of(options.text("valueInputOption"))?;
        let rendering = Rendering::of(
            options.text("responseValueRenderOption"),
            options.text("responseDateTimeRenderOption"),
        );
        let shows = options.flag("includeValuesInResponse") == Some(true);
        Ok(Self { input, shown: shows.then_some((rendering, dimension)) })
    }
}

/// Writes rows from the upper left corner of `block` on, and says what was written as an `UpdateValuesResponse`.
fn write(
    book: &mut Spreadsheet,
    block: Block,
    rows: &[Vec<Value>],
    writing: &Writing,
) -> Result<Value, Failure> {
    let mut cells = 0;
    let sheet = book.sheet_mut(block.sheet).ok_or_else(Failure::no_entity)?;
    for (down, row) in rows.iter().enumerate() {
        for (across, value) in row.iter().enumerate().filter(|(_, value)| !value.is_null()) {
            cells += 1;
            content::enter(sheet.cell_mut(block.top + down, block.left + across), value, writing.input)?;
        }
    }
    let width = rows.iter().map(Vec::len).max().unwrap_or_default();
    let written = Block { bottom: block.top + rows.len(), right: block.left + width, ..block };
    let mut answer = json!({"spreadsheetId": book.id, "updatedRange": written.write(book)});
    if cells > 0 {
        answer["updatedRows"] = json!(rows.len());
        answer["updatedColumns"] = json!(width);
        answer["updatedCells"] = json!(cells);
    }
    if let Some((rendering, dimension)) = writing.shown {
        answer["updatedData"] = range(book, written, dimension, rendering);
    }
    Ok(answer)
}

/// The same for a range that a caller names, which must hold all of it. A single cell is where it begins.
pub(super) fn write_into(
    book: &mut Spreadsheet,
    block: Block,
    given: &Arguments,
    writing: &Writing,
) -> Result<Value, Failure> {
    let rows = rows_of(given)?;
    let sheet = book.sheet(block.sheet).ok_or_else(Failure::no_entity)?;
    let width = rows.iter().map(Vec::len).max().unwrap_or_default();
    let is_cell = block.height() == 1 && block.width() == 1;
    let (bottom, right) = if is_cell { (sheet.rows, sheet.columns) } else { (block.bottom, block.right) };
    let refused = |what: String| {
        let range = block.write(book);
        Err(Failure::invalid(format!(
            "Requested writing within range [{range}], but tried writing to {what}"
        )))
    };
    if block.top + rows.len() > bottom {
        return refused(format!("row [{}]", bottom + 1));
    }
    if block.left + width > right {
        return refused(format!("column [{}]", area::letters(right)));
    }
    write(book, block, &rows, writing)
}

pub(super) fn update(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let book = writable(stage, call)?;
    let block = area::block(book, call.captured("range"))?;
    if let Some(range) = call.body.filled("range")
        && area::block(book, range)? != block
    {
        let named = call.captured("range");
        return Err(Failure::invalid(format!(
            "Requested updating range [{named}], but the body names [{range}]"
        )));
    }
    let writing = Writing::of(&call.query, major(&call.body))?;
    let mut changed = book.clone();
    let answer = write_into(&mut changed, block, &call.body, &writing)?;
    *book = changed;
    Ok(Answer::json(200, &answer))
}

/// What several writes come to.
pub(super) fn totals(book: &Spreadsheet, responses: &[Value]) -> Value {
    let sum = |name: &str| responses.iter().filter_map(|response| response[name].as_u64()).sum::<u64>();
    let sheet = |response: &Value| {
        let range = response["updatedRange"].as_str().unwrap_or_default();
        range.rsplit_once('!').map(|(sheet, _)| sheet.to_owned())
    };
    let (mut rows, mut columns) = (BTreeSet::new(), BTreeSet::new());
    for response in responses.iter().filter(|response| response["updatedCells"].is_u64()) {
        if let Ok(block) = area::block(book, response["updatedRange"].as_str().unwrap_or_default()) {
            rows.extend((block.top..block.bottom).map(|row| (block.sheet, row)));
            columns.extend((block.left..block.right).map(|column| (block.sheet, column)));
        }
    }
    let sheets: BTreeSet<String> = responses.iter().filter_map(sheet).collect();
    json!({
        "spreadsheetId": book.id,
        "totalUpdatedRows": rows.len(),
        "totalUpdatedColumns": columns.len(),
        "totalUpdatedCells": sum("updatedCells"),
        "totalUpdatedSheets": sheets.len(),
        "responses": responses,
    })
}

pub(super) fn batch_update(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let book = writable(stage, call)?;
    let mut changed = book.clone();
    let mut responses = Vec::new();
    Input::of(call.body.text("valueInputOption"))?;
    for (index, given) in objects(&call.body, "data").into_iter().enumerate() {
        let given = Arguments(given);
        let named = given.filled("range");
        let named = named.ok_or_else(|| Failure::invalid(format!("Invalid data[{index}]: Missing range")))?;
        let block = area::block(&changed, named)?;
        let writing = Writing::of(&call.body, major(&given))?;
        responses.push(write_into(&mut changed, block, &given, &writing)?);
    }
    *book = changed;
    Ok(Answer::json(200, &totals(book, &responses)))
}

/// The objects of a list in a body.
pub(super) fn objects(body: &Arguments, name: &str) -> Vec<Map<String, Value>> {
    let list = body.value(name).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_object).cloned().collect()
}

/// The table that the last filled cell of `block` belongs to: what surrounds it without a gap.
fn table(book: &Spreadsheet, block: Block) -> Option<Block> {
    let sheet = book.sheet(block.sheet)?;
    let (row, column, _) = sheet.filled(block).last()?;
    let mut table = Block { top: row, bottom: row + 1, left: column, right: column + 1, ..block };
    loop {
        let around = Block {
            top: table.top.saturating_sub(1),
            bottom: (table.bottom + 1).min(sheet.rows),
            left: table.left.saturating_sub(1),
            right: (table.right + 1).min(sheet.columns),
            ..table
        };
        let grown = sheet.filled(around).fold(table, |table, (row, column, _)| Block {
            top: table.top.min(row),
            bottom: table.bottom.max(row + 1),
            left: table.left.min(column),
            right: table.right.max(column + 1),
            ..table
        });
        if grown == table {
            return Some(table);
        }
        table = grown;
    }
}

pub(super) fn append(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let book = writable(stage, call)?;
    let block = area::block(book, call.captured("range"))?;
    let writing = Writing::of(&call.query, major(&call.body))?;
    let rows = rows_of(&call.body)?;
    let width = rows.iter().map(Vec::len).max().unwrap_or_default();
    let mut changed = book.clone();
    let found = table(&changed, block);
    let (top, left) = found.map_or((block.top, block.left), |table| (table.bottom, table.left));
    let sheet = changed.sheet_mut(block.sheet).ok_or_else(Failure::no_entity)?;
    if left + width > sheet.columns {
        sheet.columns = left + width;
    }
    let inserts = call.query.text("insertDataOption") == Some("INSERT_ROWS");
    if inserts && top < sheet.rows && found.is_some() {
        dimensions::insert(&mut changed, block.sheet, Dimension::Rows, top, rows.len())?;
    } else if top + rows.len() > sheet.rows {
        sheet.rows = top + rows.len();
    }
    dimensions::check_size(&changed)?;
    let target = Block { top, left, bottom: top + 1, right: left + 1, ..block };
    let mut answer = json!({"spreadsheetId": changed.id});
    if let Some(table) = found {
        answer["tableRange"] = json!(table.write(&changed));
    }
    answer["updates"] = write(&mut changed, target, &rows, &writing)?;
    *book = changed;
    Ok(Answer::json(200, &answer))
}

/// Takes the values out of the cells and leaves how they look.
pub(super) fn empty(book: &mut Spreadsheet, block: Block) -> String {
    if let Some(sheet) = book.sheet_mut(block.sheet) {
        let filled: BTreeMap<(usize, usize), ()> =
            sheet.filled(block).map(|(row, column, _)| ((row, column), ())).collect();
        for (row, column) in filled.into_keys() {
            sheet.cell_mut(row, column).entered = Entered::Nothing;
        }
    }
    block.write(book)
}

pub(super) fn clear(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let book = writable(stage, call)?;
    let block = area::block(book, call.captured("range"))?;
    let cleared = empty(book, block);
    Ok(Answer::json(200, &json!({"spreadsheetId": book.id, "clearedRange": cleared})))
}

pub(super) fn batch_clear(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let book = writable(stage, call)?;
    let blocks: Vec<Block> =
        call.body.texts("ranges").iter().map(|text| area::block(book, text)).collect::<Result<_, _>>()?;
    let cleared: Vec<String> = blocks.into_iter().map(|block| empty(book, block)).collect();
    Ok(Answer::json(200, &json!({"spreadsheetId": book.id, "clearedRanges": cleared})))
}
