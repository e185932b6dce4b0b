//! Data filters: ranges that are named by what is attached to them, and the methods that take them.

use serde_json::{Map, Value, json};

use super::area::{self, Area, Block, bounded};
use super::marks::{location, location_type, show_metadata};
use super::state::{Metadata, Spreadsheet, readable, writable};
use super::values::{self, Writing, major, objects, rendering};
use crate::google::Call;
use crate::google::failure::Failure;
use crate::stage::Stage;
use crate::strict::Arguments;
use crate::wire::Answer;

fn kind_missing() -> Failure {
    Failure::invalid("Invalid data filter: exactly one kind of filter must be set")
}

/// The metadata that a lookup finds.
fn looked_up<'a>(book: &'a Spreadsheet, lookup: &Map<String, Value>) -> Result<Vec<&'a Metadata>, Failure> {
    let place = lookup.get("metadataLocation").and_then(Value::as_object);
    let place = place.map(|given| location(book, given)).transpose()?;
    let exact = lookup.get("locationMatchingStrategy") == Some(&json!("EXACT_LOCATION"));
    let fits_place = |one: &Metadata| match (&place, &one.area) {
        (None | Some(None), _) if !exact => true,
        (None, _) => true,
        (Some(wanted), own) if exact => wanted == own,
        (Some(Some(wanted)), Some(own)) => wanted.meets(own),
        _ => false,
    };
    let text = |name: &str, own: Option<&str>| lookup.get(name).is_none_or(|wanted| wanted.as_str() == own);
    let fits = |one: &&Metadata| {
        lookup.get("metadataId").is_none_or(|id| id.as_i64() == Some(one.id))
            && text("metadataKey", Some(&one.key))
            && text("metadataValue", one.value.as_deref())
            && text("visibility", Some(&one.visibility))
            && text("locationType", Some(location_type(one.area.as_ref())))
            && fits_place(one)
    };
    Ok(book.metadata.iter().filter(fits).collect())
}

enum Filter {
    Range(Area),
    Lookup(Map<String, Value>),
}

fn read(book: &Spreadsheet, filter: &Map<String, Value>) -> Result<Filter, Failure> {
    let mut members = filter.iter();
    match (members.next(), members.next()) {
        (Some((name, value)), None) => match (name.as_str(), value) {
            ("a1Range", Value::String(text)) => area::parse(book, text).map(Filter::Range),
            ("gridRange", Value::Object(range)) => Area::read(range).map(Filter::Range),
            ("developerMetadataLookup", Value::Object(lookup)) => Ok(Filter::Lookup(lookup.clone())),
            _ => Err(kind_missing()),
        },
        _ => Err(kind_missing()),
    }
}

/// The metadata that a filter finds: by lookup, or within a range.
pub(super) fn metadata<'a>(
    book: &'a Spreadsheet,
    filter: &Map<String, Value>,
) -> Result<Vec<&'a Metadata>, Failure> {
    match read(book, filter)? {
        Filter::Lookup(lookup) => looked_up(book, &lookup),
        Filter::Range(range) => {
            bounded(book, &range)?;
            let meets = |one: &&Metadata| one.area.is_some_and(|area| area.meets(&range));
            Ok(book.metadata.iter().filter(meets).collect())
        }
    }
}

/// The cells that a filter finds.
pub(super) fn blocks(book: &Spreadsheet, filter: &Map<String, Value>) -> Result<Vec<Block>, Failure> {
    match read(book, filter)? {
        Filter::Range(range) => Ok(vec![bounded(book, &range)?]),
        Filter::Lookup(lookup) => {
            let mut blocks = Vec::new();
            for one in looked_up(book, &lookup)? {
                match one.area {
                    Some(area) => blocks.push(bounded(book, &area)?),
                    None => {
                        for sheet in &book.sheets {
                            blocks.push(bounded(book, &sheet.area())?);
                        }
                    }
                }
            }
            Ok(blocks)
        }
    }
}

fn some_filters(body: &Arguments, name: &str) -> Result<Vec<Map<String, Value>>, Failure> {
    let filters = objects(body, name);
    if filters.is_empty() {
        return Err(Failure::invalid(format!("Must specify at least one of {name}")));
    }
    Ok(filters)
}

pub(super) fn get_values(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let book = writable(stage, call)?;
    let mut ranges = Vec::new();
    for filter in some_filters(&call.body, "dataFilters")? {
        for block in blocks(book, &filter)? {
            let range = values::range(book, block, major(&call.body), rendering(&call.body));
            ranges.push(json!({"valueRange": range, "dataFilters": [filter]}));
        }
    }
    let mut body = json!({"spreadsheetId": book.id});
    if !ranges.is_empty() {
        body["valueRanges"] = json!(ranges);
    }
    Ok(Answer::json(200, &body))
}

pub(super) fn update_values(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let book = writable(stage, call)?;
    let mut changed = book.clone();
    let mut responses = Vec::new();
    for given in some_filters(&call.body, "data")? {
        let given = Arguments(given);
        let writing = Writing::of(&call.body, major(&given))?;
        let filter = given.object("dataFilter").ok_or_else(kind_missing)?.0;
        for block in blocks(&changed, &filter)? {
            let mut response = values::write_into(&mut changed, block, &given, &writing)?;
            if let Some(response) = response.as_object_mut() {
                response.remove("spreadsheetId");
            }
            response["dataFilter"] = json!(filter);
            responses.push(response);
        }
    }
    *book = changed;
    Ok(Answer::json(200, &values::totals(book, &responses)))
}

pub(super) fn clear_values(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let book = writable(stage, call)?;
    let mut found = Vec::new();
    for filter in some_filters(&call.body, "dataFilters")? {
        found.extend(blocks(book, &filter)?);
    }
    let cleared: Vec<String> = found.into_iter().map(|block| values::empty(book, block)).collect();
    Ok(Answer::json(200, &json!({"spreadsheetId": book.id, "clearedRanges": cleared})))
}

pub(super) fn search(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let book = writable(stage, call)?;
    let filters = some_filters(&call.body, "dataFilters")?;
    let mut matched: Vec<(i64, Value, Vec<Value>)> = Vec::new();
    for filter in filters {
        for one in metadata(book, &filter)? {
            match matched.iter_mut().find(|(id, ..)| *id == one.id) {
                Some((_, _, by)) => by.push(json!(filter)),
                None => matched.push((one.id, show_metadata(one), vec![json!(filter)])),
            }
        }
    }
    let mut body = json!({});
    if !matched.is_empty() {
        let shown =
            matched.into_iter().map(|(_, one, by)| json!({"developerMetadata": one, "dataFilters": by}));
        body["matchedDeveloperMetadata"] = shown.collect();
    }
    Ok(Answer::json(200, &body))
}

pub(super) fn get_metadata(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let book = readable(stage, call)?;
    let id = call.captured("metadataId").parse::<i64>();
    let id = id.map_err(|_| Failure::invalid("Invalid metadataId"))?;
    let found = book.metadata.iter().find(|one| one.id == id);
    Ok(Answer::json(200, &show_metadata(found.ok_or_else(Failure::no_entity)?)))
}
