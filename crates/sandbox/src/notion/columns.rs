//! The properties of a data source: their types, what is configured of each, and how they change.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::failure::Failure;
use super::workspace::{Column, Columns, Item, Workspace};
use crate::stage::Stage;

pub(super) const COLORS: &[&str] =
    &["default", "gray", "brown", "orange", "yellow", "green", "blue", "purple", "pink", "red"];
/// The types that nobody can write.
pub(super) const COMPUTED: &[&str] = &[
    "created_time",
    "last_edited_time",
    "created_by",
    "last_edited_by",
    "unique_id",
    "rollup",
    "formula",
    "button",
];

/// What stays as it is in an id: what JavaScript leaves alone.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

impl Column {
    pub(super) fn title() -> Self {
        Self { id: "title".to_owned(), kind: "title".to_owned(), config: json!({}), description: None }
    }

    /// The id as answers have it, encoded for an address.
    pub(super) fn shown_id(&self) -> String {
        utf8_percent_encode(&self.id, PLAIN).to_string()
    }

    pub(super) fn show(&self, name: &str) -> Value {
        json!({
            "id": self.shown_id(),
            "name": name,
            "description": self.description,
            "type": self.kind,
            self.kind.as_str(): self.config,
        })
    }

    pub(super) fn options(&self) -> &[Value] {
        self.config["options"].as_array().map(Vec::as_slice).unwrap_or_default()
    }

    /// The option as a page has it.
    pub(super) fn option(&self, id: &Value) -> Option<Value> {
        let option = self.options().iter().find(|option| option["id"] == *id)?;
        Some(json!({"id": option["id"], "name": option["name"], "color": option["color"]}))
    }
}

/// The properties of a page: those of its data source, or a title.
pub(super) fn of_page(workspace: &Workspace, page: &Item) -> Columns {
    match workspace.source_of(page) {
        Some((_, source)) => source.columns.clone(),
        None => Columns::from([("title".to_owned(), Column::title())]),
    }
}

/// The name of the property that `key` names by name or by id.
pub(super) fn named(columns: &Columns, key: &str) -> Option<String> {
    if columns.contains_key(key) {
        return Some(key.to_owned());
    }
    let found = columns.iter().find(|(_, column)| column.id == key || column.shown_id() == key);
    found.map(|(name, _)| name.clone())
}

pub(super) fn new_id(stage: &mut Stage<'_>) -> String {
    stage.letters(4, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ:;=?@[]^`{|}<>")
}

/// The id of the option that a page is to have; a select gets one that is new.
pub(super) fn choose(
    stage: &mut Stage<'_>,
    column: &mut Column,
    option: &Value,
    at: &str,
) -> Result<String, Failure> {
    let (id, name) = (option["id"].as_str(), option["name"].as_str());
    let wanted = |other: &&Value| match (id, name) {
        (Some(id), _) => other["id"] == id,
        (None, name) => other["name"].as_str() == name,
    };
    if let Some(found) = column.options().iter().find(wanted) {
        return Ok(found["id"].as_str().unwrap_or_default().to_owned());
    }
    match (name, column.kind.as_str()) {
        (None, _) if id.is_none() => Err(Failure::missing(&format!("{at}.name"))),
        (Some(name), "status") => {
            let message = format!("Invalid status option. Status option \"{name}\" does not exist\".");
            Err(Failure::validation(message))
        }
        (Some(name), _) if id.is_none() => {
            if name.is_empty() || name.contains(',') {
                return Err(Failure::validation(format!(
                    "Invalid select option, commas not allowed: {name}"
                )));
            }
            let id = stage.uuid();
            let color = option["color"].as_str().unwrap_or("default");
            let made = json!({"id": id, "name": name, "color": color, "description": option["description"]});
            if let Value::Array(options) = &mut column.config["options"] {
                options.push(made);
            }
            Ok(id)
        }
        _ => Err(Failure::validation("sandbox: there is no option with this id")),
    }
}

/// Makes the other side of the two-way relations that have none yet.
pub(super) fn pair(stage: &mut Stage<'_>, own: &str) {
    let Some(source) = stage.world.notion.items.get(own).and_then(Item::source).cloned() else {
        return;
    };
    let (title, database) = (super::text::plain(&source.title), stage.world.notion.items.get(own));
    let database = database.and_then(|item| item.parent_id()).map(str::to_owned);
    for (name, column) in source.columns {
        let dual = &column.config["dual_property"];
        if !dual.is_object() || dual["synced_property_id"].is_string() {
            continue;
        }
        let default = format!("Related to {title} ({name})");
        let other_name = dual["synced_property_name"].as_str().unwrap_or(&default).to_owned();
        let other_id = new_id(stage);
        let config = json!({
            "data_source_id": own, "database_id": database, "type": "dual_property",
            "dual_property": {"synced_property_id": column.id, "synced_property_name": name},
        });
        let other = Column { id: other_id.clone(), kind: column.kind.clone(), config, description: None };
        let target = column.config["data_source_id"].as_str().unwrap_or_default().to_owned();
        if let Some(target) = stage.world.notion.source_mut(&target) {
            target.columns.insert(other_name.clone(), other);
        }
        if let Some(column) =
            stage.world.notion.source_mut(own).and_then(|source| source.columns.get_mut(&name))
        {
            column.config["dual_property"] =
                json!({"synced_property_id": other_id, "synced_property_name": other_name});
        }
    }
}
