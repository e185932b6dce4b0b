//! Querying a data source: which rows, in which order.

use std::cmp::Ordering;

use serde_json::Value;

use super::Call;
use super::columns::named;
use super::computed::is_empty;
use super::failure::Failure;
use super::filter::{self, Row};
use super::lists;
use super::shapes::{Kind, list, variant};
use super::show;
use super::text;
use super::users::user_id;
use super::values;
use super::workspace::{Columns, Item, Workspace};
use crate::people;
use crate::provider::Provider;
use crate::stage::Stage;
use crate::strict::Shape;

const SORTS: &[Kind] =
    &[("property", Shape::Text), ("timestamp", Shape::OneOf(&["created_time", "last_edited_time"]))];
const DIRECTION: &[Kind] = &[("direction", Shape::OneOf(&["ascending", "descending"]))];

struct Sort {
    kind: &'static str,
    key: String,
    descends: bool,
}

fn sorts(call: &Call) -> Result<Vec<Sort>, Failure> {
    let Some(sorts) = call.body.value("sorts") else {
        return Ok(Vec::new());
    };
    let sorts = list(sorts, 100, "body.sorts")?.iter().enumerate();
    let read = sorts.map(|(index, sort)| {
        let at = format!("body.sorts[{index}]");
        let (kind, key) = variant(sort, SORTS, DIRECTION, &at)?;
        let direction = sort["direction"].as_str();
        let direction = direction.ok_or_else(|| Failure::missing(&format!("{at}.direction")))?;
        let key = key.as_str().unwrap_or_default().to_owned();
        Ok(Sort { kind, key, descends: direction == "descending" })
    });
    read.collect()
}

pub(super) fn query(stage: &mut Stage<'_>, call: &Call) -> Result<Value, Failure> {
    let id = call.id("data_source_id")?;
    let filter = call.body.value("filter").map(|value| filter::read(value, "body.filter", 0)).transpose()?;
    let sorts = sorts(call)?;
    let workspace = &stage.world.notion;
    let source = workspace.get(call, "data_source", &id)?;
    let columns = source.source().map(|source| source.columns.clone()).unwrap_or_default();
    if let Some(filter) = &filter {
        filter.check(&columns)?;
    }
    let lost = sorts.iter().find(|sort| sort.kind == "property" && named(&columns, &sort.key).is_none());
    if let Some(sort) = lost {
        let message = format!("Could not find sort property with name or id: {}", sort.key);
        return Err(Failure::validation(message));
    }
    let trashed = call.body.flag("in_trash").or_else(|| call.body.flag("archived")).unwrap_or_default();
    let me = user_id(people::of(Provider::Notion, &call.account));
    let mut rows: Vec<&Item> = source.children.iter().filter_map(|row| workspace.items.get(row)).collect();
    rows.retain(|row| {
        workspace.is_trashed(&row.id) == trashed && call.body.text("result_type") != Some("data_source")
    });
    rows.retain(|row| {
        let (created, edited) = (show::time(row.created.at), show::time(row.edited.at));
        let asked = Row {
            value: &|key| value(workspace, row, &columns, key),
            created: &created,
            edited: &edited,
            now: stage.now,
            me: &me,
        };
        filter.as_ref().is_none_or(|filter| filter.passes(&asked))
    });
    // Without a sort the newest row comes first.
    rows.sort_by_key(|row| std::cmp::Reverse(row.serial));
    rows.sort_by(|one, other| {
        let each = sorts.iter().map(|sort| compare(workspace, &columns, sort, one, other));
        each.fold(Ordering::Equal, Ordering::then)
    });
    let wanted = call.query.texts("filter_properties");
    let shown: Result<Vec<(String, Value)>, Failure> =
        rows.into_iter().map(|row| Ok((row.id.clone(), show::page(workspace, row, &wanted)?))).collect();
    lists::page(&call.body, "body", "page_or_data_source", shown?)
}

fn value(workspace: &Workspace, row: &Item, columns: &Columns, key: &str) -> Value {
    let column = named(columns, key).and_then(|name| columns.get(&name));
    match (row.page(), column) {
        (Some(page), Some(column)) => values::show(workspace, row, page, column),
        _ => Value::Null,
    }
}

/// What is empty comes last, whatever the direction.
fn compare(workspace: &Workspace, columns: &Columns, sort: &Sort, one: &Item, other: &Item) -> Ordering {
    let ordering = match (sort.kind, sort.key.as_str()) {
        ("timestamp", "created_time") => (one.created.at, one.serial).cmp(&(other.created.at, other.serial)),
        ("timestamp", _) => one.edited.at.cmp(&other.edited.at),
        (_, key) => {
            let (one, other) = (value(workspace, one, columns, key), value(workspace, other, columns, key));
            match (is_empty(&one), is_empty(&other)) {
                (false, false) => order(columns, key, &one, &other),
                (one, other) => return one.cmp(&other),
            }
        }
    };
    if sort.descends { ordering.reverse() } else { ordering }
}

fn order(columns: &Columns, key: &str, one: &Value, other: &Value) -> Ordering {
    let column = named(columns, key).and_then(|name| columns.get(&name));
    let Some(column) = column else {
        return Ordering::Equal;
    };
    let options = column.options();
    let place = |value: &Value| options.iter().position(|option| option["id"] == value["id"]);
    let words = |value: &Value| match column.kind.as_str() {
        "title" | "rich_text" => text::plain(value).to_lowercase(),
        "date" => value["start"].as_str().unwrap_or_default().to_owned(),
        "multi_select" | "people" | "files" => {
            let names = value.as_array().into_iter().flatten().filter_map(|one| one["name"].as_str());
            names.collect::<Vec<&str>>().join(", ").to_lowercase()
        }
        "created_by" | "last_edited_by" => value["name"].as_str().unwrap_or_default().to_lowercase(),
        _ => value.as_str().map_or_else(|| value.to_string(), str::to_lowercase),
    };
    let number = |value: &Value| value.as_f64().or_else(|| value["number"].as_f64());
    match column.kind.as_str() {
        "select" | "status" => place(one).cmp(&place(other)),
        "number" | "unique_id" | "rollup" => {
            number(one).partial_cmp(&number(other)).unwrap_or(Ordering::Equal)
        }
        "checkbox" => one.as_bool().cmp(&other.as_bool()),
        _ => words(one).cmp(&words(other)),
    }
}
