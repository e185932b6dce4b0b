//! What goes into cells and how it shows: typed text becomes numbers, days and formulas, and numbers become text.

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::formula::{self, Scalar, plain};
use super::state::{Cell, Entered, Spreadsheet};
use crate::google::failure::Failure;

/// How values come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Input {
    /// As they are.
    Raw,
    /// As if somebody had typed them.
    UserEntered,
}

impl Input {
    pub(super) fn of(name: Option<&str>) -> Result<Self, Failure> {
        match name {
            Some("RAW") => Ok(Self::Raw),
            Some("USER_ENTERED") => Ok(Self::UserEntered),
            _ => Err(Failure::invalid("'valueInputOption' is required but not specified")),
        }
    }
}

/// How values go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Output {
    Formatted,
    Unformatted,
    Formula,
}

/// How values go out, and whether days do as texts where they would be numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rendering {
    pub(super) output: Output,
    pub(super) days_as_text: bool,
}

impl Rendering {
    pub(super) fn of(value: Option<&str>, day: Option<&str>) -> Self {
        let output = match value {
            Some("UNFORMATTED_VALUE") => Output::Unformatted,
            Some("FORMULA") => Output::Formula,
            _ => Output::Formatted,
        };
        Self { output, days_as_text: day == Some("FORMATTED_STRING") }
    }
}

/// Puts `value` into the cell. Null leaves it as it is.
pub(super) fn enter(cell: &mut Cell, value: &Value, input: Input) -> Result<(), Failure> {
    cell.entered = match value {
        Value::Null => return Ok(()),
        Value::Bool(boolean) => Entered::Boolean(*boolean),
        Value::Number(number) => Entered::Number(number.as_f64().unwrap_or_default()),
        Value::String(text) if text.is_empty() => Entered::Nothing,
        Value::String(text) if input == Input::Raw => Entered::Text(text.clone()),
        Value::String(text) => return typed(cell, text),
        Value::Array(_) | Value::Object(_) => {
            return Err(Failure::invalid("Invalid values: a cell takes a text, a number or a boolean"));
        }
    };
    Ok(())
}

fn typed(cell: &mut Cell, text: &str) -> Result<(), Failure> {
    let trimmed = text.trim();
    let number = |text: &str| {
        let is_number =
            text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E'))
                && text.bytes().any(|byte| byte.is_ascii_digit());
        let number = text.parse::<f64>().ok().filter(|number| is_number && number.is_finite());
        number.map(Entered::Number)
    };
    let percent = trimmed.strip_suffix('%').and_then(number);
    cell.entered = if trimmed.len() > 1 && trimmed.starts_with('=') {
        Entered::Formula(trimmed.to_owned())
    } else if let Some(forced) = text.strip_prefix('\'') {
        Entered::Text(forced.to_owned())
    } else if let Some(number) = number(&trimmed.replace(',', "")).filter(|_| has_groups(trimmed)) {
        number
    } else if let Some(Entered::Number(number)) = percent {
        cell.format_number("PERCENT", if trimmed.contains('.') { "0.00%" } else { "0%" });
        Entered::Number(number / 100.0)
    } else if trimmed.eq_ignore_ascii_case("true") || trimmed.eq_ignore_ascii_case("false") {
        Entered::Boolean(trimmed.eq_ignore_ascii_case("true"))
    } else if let Some(serial) = serial(trimmed) {
        cell.format_number("DATE", "yyyy-mm-dd");
        Entered::Number(serial)
    } else {
        Entered::Text(text.to_owned())
    };
    Ok(())
}

/// Whether commas, if there are any, stand between groups of three digits.
fn has_groups(text: &str) -> bool {
    let whole = text.split('.').next().unwrap_or_default();
    whole.split(',').skip(1).all(|group| group.len() == 3)
}

const DAY_ZERO: Date = jiff::civil::date(1899, 12, 30);

/// The number of a day, counted as spreadsheets do.
fn serial(text: &str) -> Option<f64> {
    let day: Date = Some(text).filter(|text| text.len() == 10 && text.is_ascii())?.parse().ok()?;
    DAY_ZERO.until(day).ok().map(|span| f64::from(span.get_days()))
}

fn day(serial: f64) -> Option<String> {
    if !(-600_000.0..2_900_000.0).contains(&serial) {
        return None;
    }
    #[allow(clippy::cast_possible_truncation, reason = "the range was checked above")]
    let days = serial.floor() as i64;
    let span = jiff::Span::new().try_days(days).ok()?;
    DAY_ZERO.checked_add(span).ok().map(|day| day.to_string())
}

fn formatted(cell: &Cell, scalar: &Scalar) -> String {
    let Scalar::Number(number) = scalar else {
        return scalar.text();
    };
    match cell.number_format() {
        Some(("PERCENT", pattern)) => {
            let places = if pattern.unwrap_or("0.00%").contains('.') { 2 } else { 0 };
            format!("{:.places$}%", number * 100.0)
        }
        Some(("CURRENCY", _)) => format!("${number:.2}"),
        Some(("NUMBER", Some(pattern))) if pattern.contains('.') => {
            let places = pattern.rsplit_once('.').map_or(0, |(_, digits)| digits.len());
            format!("{number:.places$}")
        }
        Some(("DATE", _)) => day(*number).unwrap_or_else(|| plain(*number)),
        _ => plain(*number),
    }
}

fn number(number: f64) -> Value {
    #[allow(clippy::cast_possible_truncation, reason = "whole and small enough, as was just checked")]
    let whole = number as i64;
    if number.fract() == 0.0 && number.abs() < 9.0e15 { json!(whole) } else { json!(number) }
}

/// The value of a cell as the caller wants it.
pub(super) fn render(book: &Spreadsheet, sheet: i64, cell: &Cell, rendering: Rendering) -> Value {
    if let (Entered::Formula(formula), Output::Formula) = (&cell.entered, rendering.output) {
        return json!(formula);
    }
    let scalar = formula::value(book, sheet, cell);
    let is_day = cell.number_format().is_some_and(|(kind, _)| kind == "DATE");
    match (&scalar, rendering.output) {
        (Scalar::Nothing, _) => json!(""),
        (Scalar::Number(_), Output::Unformatted | Output::Formula) if is_day && rendering.days_as_text => {
            json!(formatted(cell, &scalar))
        }
        (Scalar::Number(value), Output::Unformatted | Output::Formula) => number(*value),
        (Scalar::Boolean(value), Output::Unformatted | Output::Formula) => json!(value),
        _ => json!(formatted(cell, &scalar)),
    }
}

fn extended(scalar: &Scalar) -> Option<Value> {
    Some(match scalar {
        Scalar::Nothing => return None,
        Scalar::Number(value) => json!({"numberValue": number(*value)}),
        Scalar::Text(text) => json!({"stringValue": text}),
        Scalar::Boolean(value) => json!({"boolValue": value}),
        Scalar::Error(error) => {
            json!({"errorValue": {"type": kind_of(error), "message": "The formula fails."}})
        }
    })
}

fn kind_of(error: &str) -> &'static str {
    match error {
        "#DIV/0!" => "DIVIDE_BY_ZERO",
        "#VALUE!" => "VALUE",
        "#REF!" => "REF",
        "#NAME?" => "NAME",
        "#NUM!" => "NUM",
        "#N/A" => "N_A",
        _ => "ERROR",
    }
}

/// The members of a cell that callers set.
pub(super) fn entered(cell: &Cell) -> Map<String, Value> {
    let mut data = cell.more.clone();
    let value = match &cell.entered {
        Entered::Nothing => None,
        Entered::Number(value) => Some(json!({"numberValue": number(*value)})),
        Entered::Text(text) => Some(json!({"stringValue": text})),
        Entered::Boolean(value) => Some(json!({"boolValue": value})),
        Entered::Formula(formula) => Some(json!({"formulaValue": formula})),
    };
    if let Some(value) = value {
        data.insert("userEnteredValue".to_owned(), value);
    }
    data
}

/// The description's `CellData`.
pub(super) fn show(book: &Spreadsheet, sheet: i64, cell: &Cell) -> Value {
    let mut data = entered(cell);
    let scalar = formula::value(book, sheet, cell);
    if let Some(value) = extended(&scalar) {
        data.insert("effectiveValue".to_owned(), value);
        data.insert("formattedValue".to_owned(), json!(formatted(cell, &scalar)));
    }
    if let Some(format) = cell.more.get("userEnteredFormat") {
        data.insert("effectiveFormat".to_owned(), format.clone());
    }
    Value::Object(data)
}

/// The cell that a `CellData` of a body describes.
pub(super) fn read(data: &Map<String, Value>) -> Result<Cell, Failure> {
    let mut cell = Cell::default();
    if let Some(value) = data.get("userEnteredValue").and_then(Value::as_object) {
        let mut members = value.iter();
        cell.entered = match (members.next(), members.next()) {
            (None, _) => Entered::Nothing,
            (Some(_), Some(_)) => {
                return Err(Failure::invalid("Invalid value: only one kind of value may be set"));
            }
            (Some((name, value)), None) => match (name.as_str(), value) {
                ("numberValue", Value::Number(number)) => {
                    Entered::Number(number.as_f64().unwrap_or_default())
                }
                ("stringValue", Value::String(text)) if text.is_empty() => Entered::Nothing,
                ("stringValue", Value::String(text)) => Entered::Text(text.clone()),
                ("boolValue", Value::Bool(boolean)) => Entered::Boolean(*boolean),
                ("formulaValue", Value::String(formula)) if formula.starts_with('=') => {
                    Entered::Formula(formula.clone())
                }
                _ => return Err(Failure::invalid(format!("Invalid value: {name} cannot be set so"))),
            },
        };
    }
    for name in ["userEnteredFormat", "note", "dataValidation", "textFormatRuns"] {
        if let Some(value) = data.get(name).filter(|value| !matches!(value.as_str(), Some(""))) {
            cell.more.insert(name.to_owned(), value.clone());
        }
    }
    Ok(cell)
}
