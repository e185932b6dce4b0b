//! Requests about what callers attach to cells: names, metadata, protection and filters.

use serde_json::{Map, Value, json};

use super::area::{Area, Dimension, bounded};
use super::dimensions::{no_sheet, show_marked};
use super::filters;
use super::state::{Marked, Metadata, NamedRange, Spreadsheet};
use super::tabs::{integer, mask, object};
use crate::google::failure::Failure;

fn text<'a>(object: &'a Map<String, Value>, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The range of `object`, which must be on a sheet that is there.
fn range(book: &Spreadsheet, given: &Map<String, Value>) -> Result<Area, Failure> {
    let area = Area::read(object(given, "range")?)?;
    area.wholly_within(book.sheet(area.sheet).ok_or_else(|| no_sheet(area.sheet))?)?;
    Ok(area)
}

pub(super) fn show_name(named: &NamedRange) -> Value {
    json!({"namedRangeId": named.id, "name": named.name, "range": named.area.show()})
}

fn checked_name(book: &Spreadsheet, name: &str, own: &str) -> Result<String, Failure> {
    let is_word = name.chars().all(|next| next.is_alphanumeric() || next == '_')
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && super::area::cells(name).is_none();
    if name.is_empty() || !is_word {
        return Err(Failure::invalid(format!("Invalid name for a named range: {name}")));
    }
    if book.named_ranges.iter().any(|range| range.id != own && range.name.eq_ignore_ascii_case(name)) {
        return Err(Failure::invalid(format!("A named range with the name {name} already exists.")));
    }
    Ok(name.to_owned())
}

pub(super) fn add_name(
    book: &mut Spreadsheet,
    request: &Map<String, Value>,
    fresh: i64,
) -> Result<Value, Failure> {
    let given = object(request, "namedRange")?;
    let id = Some(text(given, "namedRangeId")).filter(|id| !id.is_empty());
    let id = id.map_or_else(|| fresh.to_string(), str::to_owned);
    if book.named_ranges.iter().any(|range| range.id == id) {
        return Err(Failure::invalid(format!("A named range with id {id} already exists.")));
    }
    let named =
        NamedRange { name: checked_name(book, text(given, "name"), &id)?, area: range(book, given)?, id };
    let reply = json!({"addNamedRange": {"namedRange": show_name(&named)}});
    book.named_ranges.push(named);
    Ok(reply)
}

fn position(book: &Spreadsheet, id: &str) -> Result<usize, Failure> {
    let found = book.named_ranges.iter().position(|range| range.id == id);
    found.ok_or_else(|| Failure::invalid(format!("No named range with id: {id}")))
}

pub(super) fn update_name(book: &mut Spreadsheet, request: &Map<String, Value>) -> Result<Value, Failure> {
    let (mask, given) = (mask(request)?, object(request, "namedRange")?);
    let at = position(book, text(given, "namedRangeId"))?;
    let mut named = book.named_ranges[at].clone();
    if mask.wants(&["name"]) {
        named.name = checked_name(book, text(given, "name"), &named.id)?;
    }
    if mask.wants(&["range"]) {
        named.area = range(book, given)?;
    }
    book.named_ranges[at] = named;
    Ok(json!({}))
}

pub(super) fn delete_name(book: &mut Spreadsheet, request: &Map<String, Value>) -> Result<Value, Failure> {
    let at = position(book, text(request, "namedRangeId"))?;
    book.named_ranges.remove(at);
    Ok(json!({}))
}

/// `ROW`, `COLUMN`, `SHEET` or `SPREADSHEET`.
pub(super) fn location_type(area: Option<&Area>) -> &'static str {
    match area {
        None => "SPREADSHEET",
        Some(Area { top: Some(_), .. }) => "ROW",
        Some(Area { left: Some(_), .. }) => "COLUMN",
        Some(_) => "SHEET",
    }
}

pub(super) fn show_metadata(one: &Metadata) -> Value {
    let kind = location_type(one.area.as_ref());
    let mut location = json!({"locationType": kind});
    let dimension = |dimension: Dimension, start: Option<usize>, end: Option<usize>, sheet: i64| json!({"sheetId": sheet, "dimension": dimension.name(), "startIndex": start, "endIndex": end});
    match one.area {
        None => location["spreadsheet"] = json!(true),
        Some(area) if kind == "ROW" => {
            location["dimensionRange"] = dimension(Dimension::Rows, area.top, area.bottom, area.sheet);
        }
        Some(area) if kind == "COLUMN" => {
            location["dimensionRange"] = dimension(Dimension::Columns, area.left, area.right, area.sheet);
        }
        Some(area) => location["sheetId"] = json!(area.sheet),
    }
    let mut value = json!({
        "metadataId": one.id, "metadataKey": one.key, "location": location, "visibility": one.visibility,
    });
    if let Some(text) = &one.value {
        value["metadataValue"] = json!(text);
    }
    value
}

/// Where metadata of a body is; `None` for the whole spreadsheet.
pub(super) fn location(book: &Spreadsheet, given: &Map<String, Value>) -> Result<Option<Area>, Failure> {
    if let Some(range) = given.get("dimensionRange").and_then(Value::as_object) {
        let dimension = Dimension::of(range).ok_or_else(|| Failure::invalid("No dimension specified."))?;
        let (start, end) =
            (integer(range, "startIndex").unwrap_or(0), integer(range, "endIndex").unwrap_or(0));
        let (Ok(from), true) = (usize::try_from(start), end == start + 1) else {
            return Err(Failure::invalid("The dimension range must be a single row or column."));
        };
        let mut area = Area { sheet: integer(range, "sheetId").unwrap_or(0), ..Area::default() };
        match dimension {
            Dimension::Rows => (area.top, area.bottom) = (Some(from), Some(from + 1)),
            Dimension::Columns => (area.left, area.right) = (Some(from), Some(from + 1)),
        }
        bounded(book, &area)?;
        return Ok(Some(area));
    }
    if let Some(id) = integer(given, "sheetId") {
        let sheet = book.sheet(id).ok_or_else(|| no_sheet(id))?;
        return Ok(Some(sheet.area()));
    }
    if given.get("spreadsheet") == Some(&json!(true)) {
        return Ok(None);
    }
    Err(Failure::invalid("No location specified."))
}

pub(super) fn create_metadata(
    book: &mut Spreadsheet,
    request: &Map<String, Value>,
    fresh: i64,
) -> Result<Value, Failure> {
    let given = object(request, "developerMetadata")?;
    let id = integer(given, "metadataId").unwrap_or(fresh);
    let (key, visibility) = (text(given, "metadataKey"), text(given, "visibility"));
    if book.metadata.iter().any(|one| one.id == id) {
        return Err(Failure::invalid(format!("Developer metadata with id {id} already exists.")));
    }
    if key.is_empty() {
        return Err(Failure::invalid("No metadataKey specified."));
    }
    if !matches!(visibility, "DOCUMENT" | "PROJECT") {
        return Err(Failure::invalid("No visibility specified."));
    }
    let one = Metadata {
        id,
        key: key.to_owned(),
        value: given.get("metadataValue").and_then(Value::as_str).map(str::to_owned),
        visibility: visibility.to_owned(),
        area: location(book, object(given, "location")?)?,
    };
    let reply = json!({"createDeveloperMetadata": {"developerMetadata": show_metadata(&one)}});
    book.metadata.push(one);
    Ok(reply)
}

pub(super) fn update_metadata(
    book: &mut Spreadsheet,
    request: &Map<String, Value>,
) -> Result<Value, Failure> {
    let (mask, given) = (mask(request)?, object(request, "developerMetadata")?);
    let mut wanted = Vec::new();
    for filter in request.get("dataFilters").and_then(Value::as_array).into_iter().flatten() {
        let filter = filter.as_object().cloned().unwrap_or_default();
        wanted.extend(filters::metadata(book, &filter)?.into_iter().map(|one| one.id));
    }
    let place =
        if mask.wants(&["location"]) { Some(location(book, object(given, "location")?)?) } else { None };
    let mut changed = Vec::new();
    for one in book.metadata.iter_mut().filter(|one| wanted.contains(&one.id)) {
        if mask.wants(&["metadataKey"]) {
            text(given, "metadataKey").clone_into(&mut one.key);
        }
        if mask.wants(&["metadataValue"]) {
            one.value = given.get("metadataValue").and_then(Value::as_str).map(str::to_owned);
        }
        if mask.wants(&["visibility"]) {
            text(given, "visibility").clone_into(&mut one.visibility);
        }
        one.area = place.unwrap_or(one.area);
        changed.push(show_metadata(one));
    }
    Ok(json!({"updateDeveloperMetadata": {"developerMetadata": changed}}))
}

pub(super) fn delete_metadata(
    book: &mut Spreadsheet,
    request: &Map<String, Value>,
) -> Result<Value, Failure> {
    let gone: Vec<Metadata> =
        filters::metadata(book, object(request, "dataFilter")?)?.into_iter().cloned().collect();
    book.metadata.retain(|one| !gone.iter().any(|other| other.id == one.id));
    let shown: Vec<Value> = gone.iter().map(show_metadata).collect();
    Ok(json!({"deleteDeveloperMetadata": {"deletedDeveloperMetadata": shown}}))
}

pub(super) fn protect(
    book: &mut Spreadsheet,
    request: &Map<String, Value>,
    fresh: i64,
) -> Result<Value, Failure> {
    let given = object(request, "protectedRange")?;
    if given.contains_key("namedRangeId") || given.contains_key("tableId") {
        return Err(Failure::invalid("sandbox: the twin protects ranges only"));
    }
    let area = range(book, given)?;
    let mut fields = given.clone();
    fields.remove("range");
    fields.entry("protectedRangeId").or_insert(json!(fresh));
    fields.insert("requestingUserCanEdit".to_owned(), json!(true));
    let marked = Marked { area, fields };
    let reply = json!({"addProtectedRange": {"protectedRange": show_marked(&marked)}});
    let sheet = book.sheet_mut(area.sheet).ok_or_else(|| no_sheet(area.sheet))?;
    sheet.protected.push(marked);
    Ok(reply)
}

pub(super) fn unprotect(book: &mut Spreadsheet, request: &Map<String, Value>) -> Result<Value, Failure> {
    let id = integer(request, "protectedRangeId").unwrap_or(0);
    let is_meant = |marked: &Marked| marked.fields.get("protectedRangeId") == Some(&json!(id));
    let mut sheets = book.sheets.iter_mut();
    let sheet = sheets.find(|sheet| sheet.protected.iter().any(is_meant));
    let sheet = sheet.ok_or_else(|| Failure::invalid(format!("No protected range with id: {id}")))?;
    sheet.protected.retain(|marked| !is_meant(marked));
    Ok(json!({}))
}

pub(super) fn set_filter(book: &mut Spreadsheet, request: &Map<String, Value>) -> Result<Value, Failure> {
    let given = object(request, "filter")?;
    if given.contains_key("tableId") {
        return Err(Failure::invalid("sandbox: the twin has no tables"));
    }
    let area = range(book, given)?;
    let block = bounded(book, &area)?;
    for spec in given.get("filterSpecs").and_then(Value::as_array).into_iter().flatten() {
        let column = spec["columnIndex"].as_u64().and_then(|column| usize::try_from(column).ok());
        if !column.is_none_or(|column| (block.left..block.right).contains(&column)) {
            return Err(Failure::invalid("A filter spec is for a column outside of the filter's range"));
        }
    }
    let mut fields = given.clone();
    fields.remove("range");
    let sheet = book.sheet_mut(area.sheet).ok_or_else(|| no_sheet(area.sheet))?;
    sheet.filter = Some(Marked { area, fields });
    Ok(json!({}))
}

pub(super) fn clear_filter(book: &mut Spreadsheet, request: &Map<String, Value>) -> Result<Value, Failure> {
    let id = integer(request, "sheetId").unwrap_or(0);
    book.sheet_mut(id).ok_or_else(|| no_sheet(id))?.filter = None;
    Ok(json!({}))
}
