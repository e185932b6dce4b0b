//! Changes of a data source's properties: read for their shape first, then carried out.

use serde_json::{Value, json};

use super::Call;
use super::columns::{COLORS, named, new_id};
use super::failure::Failure;
use super::shapes::{ID, Kind, id_in, object, variant};
use super::workspace::{Column, Columns, Workspace};
use crate::stage::Stage;
use crate::strict::{Shape, may, must};

const EMPTY: Shape = Shape::Object(&[]);
const OPTIONS: Shape = Shape::Object(&[may(
    "options",
    Shape::List(&Shape::Object(&[
        may("id", Shape::Text),
        may("name", Shape::Text),
        may("color", Shape::OneOf(COLORS)),
        may("description", Shape::Nullable(&Shape::Text)),
    ])),
)]);
const FUNCTIONS: &[&str] = &[
    "count",
    "count_values",
    "empty",
    "not_empty",
    "unique",
    "show_unique",
    "percent_empty",
    "percent_not_empty",
    "sum",
    "average",
    "median",
    "min",
    "max",
    "range",
    "earliest_date",
    "latest_date",
    "date_range",
    "checked",
    "unchecked",
    "percent_checked",
    "percent_unchecked",
    "count_per_group",
    "percent_per_group",
    "show_original",
];

/// What is configured of each type.
const TYPES: &[Kind] = &[
    ("number", Shape::Object(&[may("format", Shape::Text)])),
    ("formula", Shape::Object(&[may("expression", Shape::Text)])),
    ("select", OPTIONS),
    ("multi_select", OPTIONS),
    ("status", OPTIONS),
    (
        "relation",
        Shape::Object(&[
            must("data_source_id", ID),
            may("type", Shape::OneOf(&["single_property", "dual_property"])),
            may("single_property", EMPTY),
            may(
                "dual_property",
                Shape::Object(&[
                    may("synced_property_id", Shape::Text),
                    may("synced_property_name", Shape::Text),
                ]),
            ),
        ]),
    ),
    (
        "rollup",
        Shape::Object(&[
            may("relation_property_name", Shape::Text),
            may("relation_property_id", Shape::Text),
            may("rollup_property_name", Shape::Text),
            may("rollup_property_id", Shape::Text),
            must("function", Shape::OneOf(FUNCTIONS)),
        ]),
    ),
    ("unique_id", Shape::Object(&[may("prefix", Shape::Nullable(&Shape::Text))])),
    ("title", EMPTY),
    ("rich_text", EMPTY),
    ("url", EMPTY),
    ("people", EMPTY),
    ("files", EMPTY),
    ("email", EMPTY),
    ("phone_number", EMPTY),
    ("date", EMPTY),
    ("checkbox", EMPTY),
    ("created_by", EMPTY),
    ("created_time", EMPTY),
    ("last_edited_by", EMPTY),
    ("last_edited_time", EMPTY),
    ("button", EMPTY),
    ("verification", EMPTY),
    ("place", EMPTY),
];
const DESCRIPTION: Kind = ("description", Shape::Nullable(&Shape::Text));
const NAME: Kind = ("name", Shape::Text);

/// Properties that have the shape of some type, before it is known what they change.
pub(super) struct Draft {
    key: String,
    name: Option<String>,
    description: Option<Value>,
    /// The type and what is configured of it.
    kind: Option<(&'static str, Value)>,
    removes: bool,
}

/// Reads the `properties` of a new data source.
pub(super) fn read_new(properties: &Value, at: &str) -> Result<Vec<Draft>, Failure> {
    let drafts: Result<Vec<Draft>, Failure> = object(properties, at)?
        .iter()
        .map(|(key, value)| {
            let place = format!("{at}.{key}");
            let (kind, config) = variant(value, TYPES, &[DESCRIPTION], &place)?;
            complete(kind, config, &place)?;
            Ok(Draft {
                key: key.clone(),
                name: None,
                description: value.get("description").cloned(),
                kind: Some((kind, config.clone())),
                removes: false,
            })
        })
        .collect();
    drafts
}

/// Reads the `properties` of a change: null removes, and a name alone renames.
pub(super) fn read_changes(properties: &Value, at: &str) -> Result<Vec<Draft>, Failure> {
    let mut drafts = Vec::new();
    for (key, value) in object(properties, at)? {
        let place = format!("{at}.{key}");
        let mut draft =
            Draft { key: key.clone(), name: None, description: None, kind: None, removes: value.is_null() };
        if !draft.removes {
            let members = object(value, &place)?;
            let only_name = members.len() == 1 && members.get("name").is_some_and(Value::is_string);
            if !only_name {
                let (kind, config) = variant(value, TYPES, &[DESCRIPTION, NAME], &place)?;
                complete(kind, config, &place)?;
                draft.kind = Some((kind, config.clone()));
            }
            draft.name = members.get("name").and_then(Value::as_str).map(str::to_owned);
            draft.description = members.get("description").cloned();
        }
        drafts.push(draft);
    }
    Ok(drafts)
}

/// What a type needs beyond its shape.
fn complete(kind: &str, config: &Value, at: &str) -> Result<(), Failure> {
    let has = |name: &str| !config[name].is_null();
    let problem = match kind {
        "relation" if !(has("single_property") || has("dual_property")) => "relation.single_property",
        "relation" if has("single_property") && has("dual_property") => {
            let at = format!("{at}.relation.dual_property");
            return Err(Failure::body_wrong(&at, "not present", &config["dual_property"]));
        }
        "rollup" if !(has("relation_property_name") || has("relation_property_id")) => {
            "rollup.relation_property_name"
        }
        "rollup" if !(has("rollup_property_name") || has("rollup_property_id")) => {
            "rollup.rollup_property_name"
        }
        "select" | "multi_select" | "status" => {
            let options = config["options"].as_array().into_iter().flatten();
            match options.filter(|option| option["name"].is_null() && option["id"].is_null()).count() {
                0 => return Ok(()),
                _ => "options.name",
            }
        }
        _ => return Ok(()),
    };
    Err(Failure::missing(&format!("{at}.{problem}")))
}

/// Carries out drafts on `columns`, roll-ups last, because they name relations.
pub(super) fn apply(
    stage: &mut Stage<'_>,
    call: &Call,
    columns: &mut Columns,
    mut drafts: Vec<Draft>,
) -> Result<(), Failure> {
    drafts.sort_by_key(|draft| draft.kind.as_ref().is_some_and(|(kind, _)| *kind == "rollup"));
    for draft in drafts {
        let existing =
            named(columns, &draft.key).and_then(|name| Some((name.clone(), columns.remove(&name)?)));
        if draft.removes {
            match existing {
                Some((_, column)) if column.kind == "title" => {
                    return Err(Failure::validation("Cannot delete title property."));
                }
                Some(_) => continue,
                None => {
                    return Err(Failure::validation(format!("{} is not a property that exists.", draft.key)));
                }
            }
        }
        let (old_name, old) = existing.map_or((None, None), |(name, column)| (Some(name), Some(column)));
        let name = draft.name.or(old_name).unwrap_or(draft.key);
        if name.is_empty() || columns.contains_key(&name) {
            return Err(Failure::validation(format!("Property name \"{name}\" is empty or already in use.")));
        }
        let mut column = match (&draft.kind, old) {
            (Some((kind, config)), old) => configured(stage, call, columns, kind, config, old)?,
            (None, Some(old)) => old,
            (None, None) => {
                return Err(Failure::validation(format!("{name} is not a property that exists.")));
            }
        };
        if let Some(description) = draft.description {
            column.description = description.as_str().map(str::to_owned);
        }
        columns.insert(name, column);
    }
    let titles = columns.values().filter(|column| column.kind == "title").count();
    match titles {
        1 => Ok(()),
        0 => Err(Failure::validation("Title is not provided")),
        _ => Err(Failure::validation("Cannot create new title property")),
    }
}

fn configured(
    stage: &mut Stage<'_>,
    call: &Call,
    columns: &Columns,
    kind: &str,
    config: &Value,
    old: Option<Column>,
) -> Result<Column, Failure> {
    let id = match (&old, kind) {
        (Some(old), _) => old.id.clone(),
        (None, "title") => "title".to_owned(),
        (None, _) => new_id(stage),
    };
    let description = old.as_ref().and_then(|old| old.description.clone());
    let old = old.filter(|old| old.kind == kind);
    let config = match kind {
        "number" => json!({"format": config["format"].as_str().unwrap_or("number")}),
        "formula" => json!({"expression": config["expression"].as_str().unwrap_or_default()}),
        "unique_id" => json!({"prefix": config["prefix"]}),
        "select" | "multi_select" | "status" => options(stage, kind, config, old.as_ref())?,
        "relation" => related(&stage.world.notion, call, config)?,
        "rollup" => rolled(&stage.world.notion, columns, config)?,
        _ => json!({}),
    };
    Ok(Column { id, kind: kind.to_owned(), config, description })
}

fn options(
    stage: &mut Stage<'_>,
    kind: &str,
    config: &Value,
    old: Option<&Column>,
) -> Result<Value, Failure> {
    let Some(given) = config["options"].as_array() else {
        return Ok(match (old, kind) {
            (Some(old), _) => old.config.clone(),
            (None, "status") => statuses(stage),
            (None, _) => json!({"options": []}),
        });
    };
    let known = old.map(Column::options).unwrap_or_default();
    let mut options: Vec<Value> = Vec::new();
    for option in given {
        let same = |other: &&Value| other["id"] == option["id"] || other["name"] == option["name"];
        let mut made = known
            .iter()
            .find(same)
            .cloned()
            .unwrap_or_else(|| json!({"color": "default", "description": null}));
        for (name, value) in option.as_object().into_iter().flatten() {
            made[name] = value.clone();
        }
        let name = made["name"].as_str().unwrap_or_default();
        if name.is_empty() || name.contains(',') {
            return Err(Failure::validation(format!("Invalid select option, commas not allowed: {name}")));
        }
        if options.iter().any(|other| other["name"] == made["name"]) {
            return Err(Failure::validation(format!("sandbox: the option {name} is there twice")));
        }
        if made["id"].is_null() {
            made["id"] = json!(stage.uuid());
        }
        options.push(made);
    }
    Ok(match kind {
        "status" => grouped(stage, options),
        _ => json!({"options": options}),
    })
}

/// What a status begins with.
fn statuses(stage: &mut Stage<'_>) -> Value {
    let names = [("Not started", "default"), ("In progress", "blue"), ("Done", "green")];
    let options = names
        .map(|(name, color)| json!({"id": stage.uuid(), "name": name, "color": color, "description": null}));
    grouped(stage, options.to_vec())
}

/// The first option is to do, the last is done, and what is between is in progress.
fn grouped(stage: &mut Stage<'_>, options: Vec<Value>) -> Value {
    let ids: Vec<&Value> = options.iter().map(|option| &option["id"]).collect();
    let last = ids.len().saturating_sub(1).max(1).min(ids.len());
    let parts = [&ids[..ids.len().min(1)], &ids[ids.len().min(1)..last], &ids[last..]];
    let names = [("To-do", "gray"), ("In progress", "blue"), ("Complete", "green")];
    let groups: Vec<Value> = names
        .iter()
        .zip(parts)
        .map(|((name, color), ids)| {
            json!({"id": stage.uuid(), "name": name, "color": color, "option_ids": ids})
        })
        .collect();
    json!({"options": options, "groups": groups})
}

fn related(workspace: &Workspace, call: &Call, config: &Value) -> Result<Value, Failure> {
    let id = id_in(&config["data_source_id"]);
    let source = workspace.get(call, "data_source", &id)?;
    let mut made = json!({"data_source_id": id, "database_id": source.parent_id()});
    let kind = if config["dual_property"].is_null() { "single_property" } else { "dual_property" };
    made["type"] = json!(kind);
    made[kind] = config[kind].clone();
    Ok(made)
}

fn rolled(workspace: &Workspace, columns: &Columns, config: &Value) -> Result<Value, Failure> {
    let key = |name: &str| config[name].as_str().unwrap_or_default().to_owned();
    let find = |columns: &Columns, of: &str| -> Option<(String, Column)> {
        let name = named(columns, &key(&format!("{of}_property_name")))
            .or_else(|| named(columns, &key(&format!("{of}_property_id"))))?;
        let column = columns.get(&name)?.clone();
        Some((name, column))
    };
    let (relation_name, relation) = find(columns, "relation")
        .filter(|(_, column)| column.kind == "relation")
        .ok_or_else(|| Failure::validation("The relation of the rollup does not exist."))?;
    let target = relation.config["data_source_id"].as_str().and_then(|id| workspace.items.get(id)?.source());
    let (rollup_name, rollup) = target
        .and_then(|target| find(&target.columns, "rollup"))
        .ok_or_else(|| Failure::validation("The rolled up property does not exist."))?;
    Ok(json!({
        "relation_property_name": relation_name, "relation_property_id": relation.id,
        "rollup_property_name": rollup_name, "rollup_property_id": rollup.id, "function": config["function"],
    }))
}
