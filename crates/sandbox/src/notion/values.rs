//! The values of properties: what may be written into each type, and what is read from it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Call;
use super::columns;
use super::computed;
use super::dates;
use super::failure::Failure;
use super::shapes::{DATE, FILES, ID, Kind, RICH_TEXT, id_in, link, list, variant};
use super::text;
use super::uploads;
use super::workspace::{Column, Columns, Item, Page, Workspace};
use crate::stage::Stage;
use crate::strict::{Shape, may, must};

const OPTION: Shape = Shape::Object(&[
    may("id", Shape::Text),
    may("name", Shape::Text),
    may("color", Shape::OneOf(columns::COLORS)),
    may("description", Shape::Nullable(&Shape::Text)),
]);
const SOMEBODY: Shape = Shape::Object(&[
    must("id", ID),
    may("object", Shape::OneOf(&["user", "group"])),
    may("name", Shape::Nullable(&Shape::Text)),
]);

/// The types that can be written. Null empties those that take it.
const WRITABLE: &[Kind] = &[
    ("title", RICH_TEXT),
    ("rich_text", RICH_TEXT),
    ("number", Shape::Any),
    ("url", Shape::Nullable(&Shape::Text)),
    ("select", Shape::Nullable(&OPTION)),
    ("multi_select", Shape::List(&OPTION)),
    ("people", Shape::List(&SOMEBODY)),
    ("email", Shape::Nullable(&Shape::Text)),
    ("phone_number", Shape::Nullable(&Shape::Text)),
    ("date", Shape::Nullable(&Shape::Object(DATE))),
    ("checkbox", Shape::Boolean),
    ("relation", Shape::List(&Shape::Object(&[must("id", ID)]))),
    ("files", Shape::List(&Shape::Any)),
    ("status", Shape::Nullable(&OPTION)),
    (
        "place",
        Shape::Nullable(&Shape::Object(&[
            must("lat", Shape::Any),
            must("lon", Shape::Any),
            may("name", Shape::Nullable(&Shape::Text)),
            may("address", Shape::Nullable(&Shape::Text)),
            may("aws_place_id", Shape::Nullable(&Shape::Text)),
            may("google_place_id", Shape::Nullable(&Shape::Text)),
        ])),
    ),
    (
        "verification",
        Shape::Object(&[
            must("state", Shape::OneOf(&["verified", "unverified"])),
            may("date", Shape::Object(DATE)),
        ]),
    ),
];

/// A file that Notion has already.
const INTERNAL: Kind = ("file", Shape::Object(&[must("url", Shape::Text), may("expiry_time", Shape::Text)]));

const MAX_ITEMS: usize = 100;
/// Of a relation a page shows no more.
const SHOWN_RELATIONS: usize = 25;

/// Property values that have the shape of some type, before it is known what they are for.
pub(super) struct Outline(Vec<(String, &'static str, Value)>);

/// Reads the `properties` of a body, as far as they can be read without their data source.
pub(super) fn outline(properties: Option<&Value>) -> Result<Outline, Failure> {
    let properties = properties.and_then(Value::as_object).into_iter().flatten();
    let read = properties.map(|(name, value)| {
        let at = format!("body.properties.{name}");
        let (kind, member) = variant(value, WRITABLE, &[], &at)?;
        if kind == "number" && !(member.is_null() || member.is_number()) {
            return Err(Failure::body_wrong(&format!("{at}.number"), "a number or `null`", member));
        }
        Ok((name.clone(), kind, member.clone()))
    });
    Ok(Outline(read.collect::<Result<_, Failure>>()?))
}

impl Outline {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Fits values to their columns, which get the options that are new. The result is by the column's id.
pub(super) fn read(
    stage: &mut Stage<'_>,
    call: &Call,
    columns: &mut Columns,
    outline: &Outline,
) -> Result<BTreeMap<String, Value>, Failure> {
    let mut values = BTreeMap::new();
    for (key, kind, value) in &outline.0 {
        let name = columns::named(columns, key);
        let name =
            name.ok_or_else(|| Failure::validation(format!("{key} is not a property that exists.")))?;
        let Some(column) = columns.get_mut(&name) else {
            continue;
        };
        if column.kind != *kind {
            return Err(Failure::validation(format!("{name} is expected to be {}.", column.kind)));
        }
        let at = format!("body.properties.{key}.{kind}");
        let read = read_one(stage, call, column, value, &at)?;
        values.insert(column.id.clone(), read);
    }
    Ok(values)
}

fn read_one(
    stage: &mut Stage<'_>,
    call: &Call,
    column: &mut Column,
    value: &Value,
    at: &str,
) -> Result<Value, Failure> {
    match column.kind.as_str() {
        "title" | "rich_text" => text::read(&stage.world.notion, call, value, at),
        "url" | "email" | "phone_number" if value == "" => {
            Err(Failure::body_wrong(at, "populated or `null`", value))
        }
        "select" | "status" if !value.is_null() => columns::choose(stage, column, value, at).map(Value::from),
        "multi_select" => {
            let mut chosen: Vec<Value> = Vec::new();
            for option in list(value, MAX_ITEMS, at)? {
                chosen.push(columns::choose(stage, column, option, at)?.into());
            }
            chosen.dedup();
            Ok(Value::from(chosen))
        }
        "date" if !value.is_null() => dates::read(value, at),
        "people" => {
            let ids: Vec<String> = list(value, MAX_ITEMS, at)?.iter().map(|one| id_in(&one["id"])).collect();
            let unknown = ids.iter().find(|id| stage.world.notion.user(id).is_none());
            match unknown {
                Some(id) => Err(Failure::not_found("user", id, &call.app)),
                None => Ok(json!(ids)),
            }
        }
        "relation" => related(&stage.world.notion, call, column, list(value, MAX_ITEMS, at)?),
        "files" => {
            let files = list(value, MAX_ITEMS, at)?.iter().enumerate();
            files.map(|(index, file)| read_file(stage, call, file, &format!("{at}[{index}]"))).collect()
        }
        "place" if ["lat", "lon"].iter().any(|name| !(value.is_null() || value[name].is_number())) => {
            Err(Failure::body_wrong(at, "a place with numbers for lat and lon", value))
        }
        _ => Ok(value.clone()),
    }
}

fn related(workspace: &Workspace, call: &Call, column: &Column, pages: &[Value]) -> Result<Value, Failure> {
    let source = column.config["data_source_id"].as_str();
    let mut ids: Vec<Value> = Vec::new();
    for page in pages {
        let id = id_in(&page["id"]);
        let fits = workspace.get(call, "page", &id)?.parent_id() == source;
        if !fits {
            return Err(Failure::not_found("page", &id, &call.app));
        }
        ids.push(json!({"id": id}));
    }
    ids.dedup();
    Ok(Value::from(ids))
}

fn read_file(stage: &mut Stage<'_>, call: &Call, file: &Value, at: &str) -> Result<Value, Failure> {
    let kinds = [FILES, &[INTERNAL]].concat();
    let (kind, member) = variant(file, &kinds, &[("name", Shape::Text)], at)?;
    let name = file["name"].as_str();
    match (kind, name) {
        ("file_upload", name) => {
            let (file, own) = uploads::attach(stage, call, &id_in(&member["id"]))?;
            Ok(json!({"type": "file", "name": name.unwrap_or(&own), "file": file}))
        }
        (_, None) => Err(Failure::missing(&format!("{at}.name"))),
        (_, Some(name)) if name.is_empty() || name.len() > 100 => {
            Err(Failure::body_wrong(&format!("{at}.name"), "a text of 1 to 100 characters", &json!(name)))
        }
        (kind, Some(name)) => {
            link(&member["url"])?;
            Ok(json!({"type": kind, "name": name, kind: member}))
        }
    }
}

/// All properties of a page by name, or those whose ids or names are wanted.
pub(super) fn show_all(
    workspace: &Workspace,
    item: &Item,
    page: &Page,
    wanted: &[String],
) -> Result<Map<String, Value>, Failure> {
    let columns = columns::of_page(workspace, item);
    let mut names = Vec::new();
    for key in wanted {
        let name = columns::named(&columns, key);
        names.push(name.ok_or_else(|| Failure::validation(format!("{key} is not a property that exists.")))?);
    }
    let kept = columns.iter().filter(|(name, _)| wanted.is_empty() || names.contains(name));
    let shown = kept.map(|(name, column)| {
        let mut inner = show(workspace, item, page, column);
        let mut value = json!({"id": column.shown_id(), "type": column.kind});
        if column.kind == "relation"
            && let Value::Array(related) = &mut inner
        {
            value["has_more"] = json!(related.len() > SHOWN_RELATIONS);
            related.truncate(SHOWN_RELATIONS);
        }
        value[column.kind.as_str()] = inner;
        (name.clone(), value)
    });
    Ok(shown.collect())
}

/// What a page has in one column, without its type and id.
pub(super) fn show(workspace: &Workspace, item: &Item, page: &Page, column: &Column) -> Value {
    let stored = page.values.get(&column.id).unwrap_or(&Value::Null);
    let listed = |stored: &Value, show: &dyn Fn(&Value) -> Option<Value>| -> Value {
        stored.as_array().into_iter().flatten().filter_map(show).collect()
    };
    match column.kind.as_str() {
        "select" | "status" => column.option(stored).unwrap_or(Value::Null),
        "multi_select" => listed(stored, &|id| column.option(id)),
        "people" => listed(stored, &|id| Some(workspace.user_or_id(id.as_str()?))),
        "relation" => {
            let live = |page: &Value| !workspace.is_trashed(page["id"].as_str().unwrap_or_default());
            listed(stored, &|page| Some(page.clone()).filter(live))
        }
        "title" | "rich_text" | "files" if stored.is_null() => json!([]),
        "checkbox" if stored.is_null() => json!(false),
        kind if columns::COMPUTED.contains(&kind) => computed::show(workspace, item, page, column),
        _ => stored.clone(),
    }
}

/// Keeps both sides of a relation alike: the pages that `page` now names, name it.
pub(super) fn mirror(workspace: &mut Workspace, page: &str, column: &Column, related: &Value) {
    let (Some(source), Some(other)) = (
        column.config["data_source_id"].as_str(),
        column.config["dual_property"]["synced_property_id"].as_str(),
    ) else {
        return;
    };
    let own = json!({"id": page});
    let rows = workspace.items.get(source).map(|source| source.children.clone()).unwrap_or_default();
    for row in rows {
        let is_named = related.as_array().is_some_and(|pages| pages.iter().any(|page| page["id"] == row));
        let Some(row) = workspace.page_mut(&row) else {
            continue;
        };
        let value = row.values.entry(other.to_owned()).or_insert_with(|| json!([]));
        if let Value::Array(pages) = value {
            pages.retain(|page| *page != own);
            if is_named {
                pages.push(own.clone());
            }
        }
    }
}
