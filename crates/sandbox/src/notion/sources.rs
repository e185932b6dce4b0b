//! Data sources: the tables of a database, with their properties.

use serde_json::{Value, json};

use super::Call;
use super::blocks;
use super::columns;
use super::databases::rich;
use super::drafts;
use super::failure::Failure;
use super::shapes::id_in;
use super::show;
use super::uploads;
use super::workspace::{Columns, DataSource, Kind, Parent, Place, add};
use crate::stage::Stage;
use crate::strict::Arguments;

fn database_of(stage: &Stage<'_>, call: &Call, parent: &Arguments) -> Result<String, Failure> {
    let id = id_in(parent.value("database_id").unwrap_or(&Value::Null));
    Ok(stage.world.notion.get_live(call, "database", &id)?.id.clone())
}

pub(super) fn create(stage: &mut Stage<'_>, call: &Call) -> Result<Value, Failure> {
    let properties = call.body.value("properties").unwrap_or(&Value::Null);
    let drafts = drafts::read_new(properties, "body.properties")?;
    let database = database_of(stage, call, &call.body.object("parent").unwrap_or_default())?;
    let mut columns = Columns::new();
    drafts::apply(stage, call, &mut columns, drafts)?;
    let source = DataSource {
        title: rich(stage, call, "title")?.unwrap_or_else(|| json!([])),
        icon: uploads::icon(stage, call, "icon")?.unwrap_or_default(),
        columns,
        numbered: 0,
    };
    let stamp = call.stamp(stage);
    let id = add(stage, Parent::Item(database), &Place::End, &stamp, Kind::DataSource(source));
    columns::pair(stage, &id);
    shown(stage, call, &id)
}

fn shown(stage: &Stage<'_>, call: &Call, id: &str) -> Result<Value, Failure> {
    let workspace = &stage.world.notion;
    Ok(show::source(workspace, workspace.get(call, "data_source", id)?))
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Value, Failure> {
    shown(stage, call, &call.id("data_source_id")?)
}

pub(super) fn update(stage: &mut Stage<'_>, call: &Call) -> Result<Value, Failure> {
    let id = call.id("data_source_id")?;
    let changes = call.body.value("properties");
    let changes = changes.map(|value| drafts::read_changes(value, "body.properties")).transpose()?;
    let trash = blocks::trash(call)?;
    let item = match trash {
        Some(_) => stage.world.notion.get(call, "data_source", &id)?,
        None => stage.world.notion.get_live(call, "data_source", &id)?,
    };
    let mut columns = item.source().map(|source| source.columns.clone()).unwrap_or_default();
    let parent = call.body.object("parent");
    let parent = parent.map(|parent| database_of(stage, call, &parent)).transpose()?;
    drafts::apply(stage, call, &mut columns, changes.unwrap_or_default())?;
    let (title, icon) = (rich(stage, call, "title")?, uploads::icon(stage, call, "icon")?);
    let stamp = call.stamp(stage);
    clear_changed(stage, &id, &columns);
    if let Some(source) = stage.world.notion.source_mut(&id) {
        source.columns = columns;
        source.title = title.unwrap_or_else(|| source.title.clone());
        source.icon = icon.unwrap_or_else(|| source.icon.clone());
    }
    if let (Some(trash), Some(item)) = (trash, stage.world.notion.items.get_mut(&id)) {
        item.in_trash = trash;
    }
    if let Some(parent) = parent {
        stage.world.notion.relocate(&id, Parent::Item(parent));
    }
    columns::pair(stage, &id);
    stage.world.notion.touch(&id, &stamp);
    shown(stage, call, &id)
}

/// Rows lose what they have in columns that are gone or of another type now.
fn clear_changed(stage: &mut Stage<'_>, id: &str, columns: &Columns) {
    let workspace = &mut stage.world.notion;
    let Some(item) = workspace.items.get(id) else {
        return;
    };
    let old = item.source().map(|source| source.columns.clone()).unwrap_or_default();
    let stays = |column: &super::workspace::Column| {
        columns.values().any(|new| new.id == column.id && new.kind == column.kind)
    };
    let lost: Vec<String> =
        old.values().filter(|column| !stays(column)).map(|column| column.id.clone()).collect();
    for row in item.children.clone() {
        if let Some(page) = workspace.page_mut(&row) {
            page.values.retain(|column, _| !lost.contains(column));
        }
    }
}

/// This workspace has no templates.
pub(super) fn templates(stage: &mut Stage<'_>, call: &Call) -> Result<Value, Failure> {
    stage.world.notion.get(call, "data_source", &call.id("data_source_id")?)?;
    let page = super::lists::page(&call.query, "query", "template", Vec::new())?;
    Ok(json!({"templates": page["results"], "has_more": false, "next_cursor": null}))
}
