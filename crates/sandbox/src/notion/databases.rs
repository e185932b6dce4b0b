//! Databases: where data sources are. What a database's rows have is the business of its data sources.

use serde_json::{Value, json};

use super::Call;
use super::blocks;
use super::drafts;
use super::failure::Failure;
use super::shapes::{ID, Kind as Member, id_in, variant};
use super::show;
use super::text;
use super::uploads;
use super::workspace::{Column, Columns, DataSource, Database, Kind, Parent, Place, Workspace, add};
use crate::stage::Stage;
use crate::strict::Shape;

const PARENTS: &[Member] = &[("page_id", ID), ("workspace", Shape::Boolean)];

fn parent_of(workspace: &Workspace, call: &Call, parent: &Value) -> Result<Parent, Failure> {
    if parent["type"].is_null() {
        return Err(Failure::missing("body.parent.type"));
    }
    match variant(parent, PARENTS, &[], "body.parent")? {
        ("page_id", id) => Ok(Parent::Item(workspace.get_live(call, "page", &id_in(id))?.id.clone())),
        (_, Value::Bool(true)) => Ok(Parent::Workspace(Some(call.account.clone()))),
        (_, other) => Err(Failure::body_wrong("body.parent.workspace", "`true`", other)),
    }
}

/// A list of rich text that the body may have.
pub(super) fn rich(stage: &Stage<'_>, call: &Call, name: &str) -> Result<Option<Value>, Failure> {
    let value = call.body.value(name);
    value.map(|value| text::read(&stage.world.notion, call, value, &format!("body.{name}"))).transpose()
}

pub(super) fn create(stage: &mut Stage<'_>, call: &Call) -> Result<Value, Failure> {
    let initial = call.body.object("initial_data_source").unwrap_or_default();
    let at = "body.initial_data_source.properties";
    let drafts =
        initial.value("properties").map(|properties| drafts::read_new(properties, at)).transpose()?;
    let parent = parent_of(&stage.world.notion, call, call.body.value("parent").unwrap_or(&Value::Null))?;
    let mut columns = Columns::new();
    match drafts {
        Some(drafts) => drafts::apply(stage, call, &mut columns, drafts)?,
        None => {
            columns.insert("Name".to_owned(), Column::title());
        }
    }
    let title = rich(stage, call, "title")?.unwrap_or_else(|| json!([]));
    let database = Database {
        title: title.clone(),
        description: rich(stage, call, "description")?.unwrap_or_else(|| json!([])),
        icon: uploads::icon(stage, call, "icon")?.unwrap_or_default(),
        cover: uploads::cover(stage, call, "cover")?.unwrap_or_default(),
        is_inline: call.body.flag("is_inline").unwrap_or_default(),
        is_locked: false,
    };
    let stamp = call.stamp(stage);
    let icon = database.icon.clone();
    let id = add(stage, parent, &Place::End, &stamp, Kind::Database(database));
    let source = DataSource { title, icon, columns, numbered: 0 };
    let source = add(stage, Parent::Item(id.clone()), &Place::End, &stamp, Kind::DataSource(source));
    super::columns::pair(stage, &source);
    shown(stage, call, &id)
}

fn shown(stage: &Stage<'_>, call: &Call, id: &str) -> Result<Value, Failure> {
    let workspace = &stage.world.notion;
    Ok(show::database(workspace, workspace.get(call, "database", id)?))
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Value, Failure> {
    shown(stage, call, &call.id("database_id")?)
}

pub(super) fn update(stage: &mut Stage<'_>, call: &Call) -> Result<Value, Failure> {
    let id = call.id("database_id")?;
    let trash = blocks::trash(call)?;
    match trash {
        Some(_) => stage.world.notion.get(call, "database", &id)?,
        None => stage.world.notion.get_live(call, "database", &id)?,
    };
    let parent = call.body.value("parent");
    let parent = parent.map(|parent| parent_of(&stage.world.notion, call, parent)).transpose()?;
    let (title, description) = (rich(stage, call, "title")?, rich(stage, call, "description")?);
    let (icon, cover) = (uploads::icon(stage, call, "icon")?, uploads::cover(stage, call, "cover")?);
    let stamp = call.stamp(stage);
    if let Some(item) = stage.world.notion.items.get_mut(&id) {
        item.in_trash = trash.unwrap_or(item.in_trash);
        if let Kind::Database(database) = &mut item.kind {
            database.title = title.unwrap_or_else(|| database.title.clone());
            database.description = description.unwrap_or_else(|| database.description.clone());
            database.icon = icon.unwrap_or_else(|| database.icon.clone());
            database.cover = cover.unwrap_or_else(|| database.cover.clone());
            database.is_inline = call.body.flag("is_inline").unwrap_or(database.is_inline);
            database.is_locked = call.body.flag("is_locked").unwrap_or(database.is_locked);
        }
    }
    if let Some(parent) = parent {
        if let Parent::Item(target) = &parent
            && stage.world.notion.line(target).iter().any(|item| item.id == id)
        {
            return Err(Failure::validation("sandbox: a database cannot be moved into itself"));
        }
        stage.world.notion.relocate(&id, parent);
    }
    stage.world.notion.touch(&id, &stamp);
    shown(stage, call, &id)
}
