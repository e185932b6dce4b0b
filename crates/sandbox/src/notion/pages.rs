//! Pages: made under a page, in a data source or at the top; read, changed, moved, and their properties one by one.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Call;
use super::blocks::{self, Draft};
use super::columns;
use super::failure::Failure;
use super::kinds;
use super::lists;
use super::markdown;
use super::shapes::{BY_ID, ID, Kind as Member, id_in, variant};
use super::show;
use super::uploads;
use super::values::{self, Outline};
use super::workspace::{Kind, Page, Parent, Place, Workspace, add};
use crate::stage::Stage;
use crate::strict::{self, Shape};

const PARENTS: &[Member] =
    &[("page_id", ID), ("database_id", ID), ("data_source_id", ID), ("workspace", Shape::Boolean)];
const DESTINATIONS: &[Member] = &[("page_id", ID), ("data_source_id", ID)];

/// The one data source of a database, which is what a page's parent may name instead.
fn only_source(workspace: &Workspace, call: &Call, database: &str) -> Result<String, Failure> {
    workspace.get_live(call, "database", database)?;
    match workspace.children(database).as_slice() {
        [source] => Ok(source.id.clone()),
        _ => Err(Failure::validation(
            "Databases with multiple data sources are not supported in this API version.",
        )),
    }
}

fn parent_of(workspace: &Workspace, call: &Call, kind: &str, member: &Value) -> Result<Parent, Failure> {
    let id = id_in(member);
    match kind {
        "workspace" if *member == true => Ok(Parent::Workspace(Some(call.account.clone()))),
        "workspace" => Err(Failure::body_wrong("body.parent.workspace", "`true`", member)),
        "page_id" => Ok(Parent::Item(workspace.get_live(call, "page", &id)?.id.clone())),
        "database_id" => Ok(Parent::Item(only_source(workspace, call, &id)?)),
        _ => Ok(Parent::Item(workspace.get_live(call, "data_source", &id)?.id.clone())),
    }
}

/// Where in its parent a new page goes.
fn place(call: &Call) -> Result<Place, Failure> {
    let Some(position) = call.body.value("position") else {
        return Ok(Place::End);
    };
    match position["type"].as_str() {
        Some("page_start") => Ok(Place::Start),
        Some("page_end") => Ok(Place::End),
        Some("after_block") => {
            let at = "body.position.after_block";
            strict::check(&position["after_block"], BY_ID, at)?;
            Ok(Place::After(id_in(&position["after_block"]["id"])))
        }
        _ => Err(Failure::missing("body.position.type")),
    }
}

fn check_place(workspace: &Workspace, call: &Call, parent: &Parent, place: &Place) -> Result<(), Failure> {
    if let Place::After(other) = place {
        let inside = workspace.items.get(other).map(|item| &item.parent) == Some(parent);
        if !inside {
            return Err(Failure::not_found("block", other, &call.app));
        }
    }
    Ok(())
}

/// What a body says of the page's contents, in one of three ways.
fn contents(stage: &mut Stage<'_>, call: &Call) -> Result<Vec<Draft>, Failure> {
    let given: Vec<&str> =
        ["content", "children", "markdown"].into_iter().filter(|name| call.body.names(name)).collect();
    match given.as_slice() {
        [] => Ok(Vec::new()),
        ["markdown"] => Ok(markdown::parse(call.body.text("markdown").unwrap_or_default())),
        [name] => {
            let value = call.body.value(name).unwrap_or(&Value::Null);
            blocks::read_list(stage, call, value, &format!("body.{name}"), 0)
        }
        [_, second, ..] => {
            let value = call.body.value(second).unwrap_or(&Value::Null);
            Err(Failure::body_wrong(&format!("body.{second}"), "not present", value))
        }
    }
}

/// There are no templates in this workspace.
fn refuse_template(call: &Call) -> Result<(), Failure> {
    let Some(template) = call.body.value("template") else {
        return Ok(());
    };
    match template["type"].as_str() {
        Some("none") if template["template_id"].is_null() => Ok(()),
        Some("default") if template["template_id"].is_null() => {
            Err(Failure::validation("The data source has no default template."))
        }
        Some("template_id") if kinds::is_id(&template["template_id"]) => {
            Err(Failure::not_found("template", &id_in(&template["template_id"]), &call.app))
        }
        _ => Err(Failure::body_wrong(
            "body.template.type",
            "`\"none\"`, `\"default\"` or `\"template_id\"`",
            template,
        )),
    }
}

pub(super) fn create(stage: &mut Stage<'_>, call: &Call) -> Result<Value, Failure> {
    let default = json!({"workspace": true});
    let parent = call.body.value("parent").unwrap_or(&default);
    let (kind, member) = variant(parent, PARENTS, &[], "body.parent")?;
    let outline = values::outline(call.body.value("properties"))?;
    let place = place(call)?;
    refuse_template(call)?;
    let parent = parent_of(&stage.world.notion, call, kind, member)?;
    check_place(&stage.world.notion, call, &parent, &place)?;
    let drafts = contents(stage, call)?;
    let (icon, cover) = (uploads::icon(stage, call, "icon")?, uploads::cover(stage, call, "cover")?);
    let page = Page { icon: icon.unwrap_or_default(), cover: cover.unwrap_or_default(), ..Page::default() };
    let stamp = call.stamp(stage);
    let (columns, written) = fitted(stage, call, &parent, &outline)?;
    let id = add(stage, parent.clone(), &place, &stamp, Kind::Page(page));
    begin(stage, &id, &parent);
    keep(stage, &id, columns, written);
    blocks::build(stage, &id, &Place::End, drafts, &stamp);
    if let Parent::Item(parent) = &parent {
        stage.world.notion.touch(parent, &stamp);
    }
    shown(stage, call, &id)
}

type Fitted = (Option<super::workspace::Columns>, BTreeMap<String, Value>);

/// The values for the columns of `parent`, and these columns with their new options.
fn fitted(stage: &mut Stage<'_>, call: &Call, parent: &Parent, outline: &Outline) -> Result<Fitted, Failure> {
    let source = match parent {
        Parent::Item(id) => stage.world.notion.items.get(id).and_then(|item| item.source()),
        Parent::Workspace(_) => None,
    };
    let columns = source.map(|source| source.columns.clone());
    let is_row = columns.is_some();
    let mut columns = columns.unwrap_or_else(|| {
        super::workspace::Columns::from([("title".to_owned(), super::workspace::Column::title())])
    });
    let written = values::read(stage, call, &mut columns, outline)?;
    Ok((is_row.then_some(columns), written))
}

/// What a row has from the start: its number and the first status.
fn begin(stage: &mut Stage<'_>, id: &str, parent: &Parent) {
    let Parent::Item(parent) = parent else {
        return;
    };
    let Some(source) = stage.world.notion.source_mut(parent) else {
        return;
    };
    source.numbered += 1;
    let mut first = BTreeMap::new();
    for column in source.columns.values() {
        match column.kind.as_str() {
            "unique_id" => first.insert(column.id.clone(), json!(source.numbered)),
            "status" => column
                .options()
                .first()
                .and_then(|option| first.insert(column.id.clone(), option["id"].clone())),
            _ => None,
        };
    }
    if let Some(page) = stage.world.notion.page_mut(id) {
        page.values.extend(first);
    }
}

/// Writes the values and what follows from them.
fn keep(
    stage: &mut Stage<'_>,
    id: &str,
    columns: Option<super::workspace::Columns>,
    written: BTreeMap<String, Value>,
) {
    let workspace = &mut stage.world.notion;
    if let Some(columns) = columns {
        for column in columns.values().filter(|column| column.kind == "relation") {
            if let Some(related) = written.get(&column.id) {
                values::mirror(workspace, id, column, related);
            }
        }
        let source = workspace.items.get(id).and_then(|item| item.parent_id().map(str::to_owned));
        if let Some(source) = source.and_then(|source| workspace.source_mut(&source)) {
            source.columns = columns;
        }
    }
    if let Some(page) = workspace.page_mut(id) {
        page.values.extend(written);
    }
}

fn shown(stage: &Stage<'_>, call: &Call, id: &str) -> Result<Value, Failure> {
    let workspace = &stage.world.notion;
    show::page(workspace, workspace.get(call, "page", id)?, &call.query.texts("filter_properties"))
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Value, Failure> {
    shown(stage, call, &call.id("page_id")?)
}

pub(super) fn update(stage: &mut Stage<'_>, call: &Call) -> Result<Value, Failure> {
    let id = call.id("page_id")?;
    let outline = values::outline(call.body.value("properties"))?;
    refuse_template(call)?;
    let trash = blocks::trash(call)?;
    let item = stage.world.notion.get(call, "page", &id)?;
    if trash.is_none() && stage.world.notion.is_trashed(&id) {
        return Err(Failure::archived("page"));
    }
    let parent = item.parent.clone();
    let (columns, written) = fitted(stage, call, &parent, &outline)?;
    let (icon, cover) = (uploads::icon(stage, call, "icon")?, uploads::cover(stage, call, "cover")?);
    let stamp = call.stamp(stage);
    if !outline.is_empty() {
        keep(stage, &id, columns, written);
    }
    if call.body.flag("erase_content") == Some(true) {
        let blocks: Vec<String> =
            stage.world.notion.children(&id).iter().map(|block| block.id.clone()).collect();
        blocks.iter().for_each(|block| blocks::discard(stage, block, &stamp));
    }
    if let Some(page) = stage.world.notion.page_mut(&id) {
        page.icon = icon.unwrap_or_else(|| page.icon.clone());
        page.cover = cover.unwrap_or_else(|| page.cover.clone());
        page.is_locked = call.body.flag("is_locked").unwrap_or(page.is_locked);
        page.is_archived = call.body.flag("is_archived").unwrap_or(page.is_archived);
    }
    if let (Some(trash), Some(item)) = (trash, stage.world.notion.items.get_mut(&id)) {
        item.in_trash = trash;
    }
    stage.world.notion.touch(&id, &stamp);
    shown(stage, call, &id)
}

pub(super) fn relocate(stage: &mut Stage<'_>, call: &Call) -> Result<Value, Failure> {
    let id = call.id("page_id")?;
    let parent = call.body.value("parent").unwrap_or(&Value::Null);
    let (kind, member) = variant(parent, DESTINATIONS, &[], "body.parent")?;
    stage.world.notion.get_live(call, "page", &id)?;
    let parent = parent_of(&stage.world.notion, call, kind, member)?;
    if let Parent::Item(target) = &parent
        && stage.world.notion.line(target).iter().any(|item| item.id == id)
    {
        return Err(Failure::validation("sandbox: a page cannot be moved into itself"));
    }
    let stamp = call.stamp(stage);
    let old = stage.world.notion.items.get(&id).map(|item| item.parent.clone());
    if old != Some(parent.clone()) {
        // Of what the page had in the columns of another data source, its title goes along.
        if let Some(page) = stage.world.notion.page_mut(&id) {
            page.values.retain(|column, _| column == "title");
        }
        stage.world.notion.relocate(&id, parent.clone());
        begin(stage, &id, &parent);
    }
    stage.world.notion.touch(&id, &stamp);
    shown(stage, call, &id)
}

/// The types of which a property is a list of its own, a page at a time.
const LISTED: &[&str] = &["title", "rich_text", "people", "relation"];

pub(super) fn property(stage: &mut Stage<'_>, call: &Call) -> Result<Value, Failure> {
    let id = call.id("page_id")?;
    let key = call.captured("property_id");
    let workspace = &stage.world.notion;
    let item = workspace.get(call, "page", &id)?;
    let columns = columns::of_page(workspace, item);
    let column = columns.values().find(|column| column.id == key);
    let column = column.ok_or_else(|| Failure::not_found("property", key, &call.app))?;
    let (kind, own) = (column.kind.as_str(), column.shown_id());
    let Some(page) = item.page() else {
        return Err(Failure::not_found("page", &id, &call.app));
    };
    let value = values::show(workspace, item, page, column);
    let one =
        |value: &Value, kind: &str| json!({"object": "property_item", "id": own, "type": kind, kind: value});
    let (items, summary): (Vec<Value>, Value) = match kind {
        _ if LISTED.contains(&kind) => {
            (value.as_array().into_iter().flatten().map(|value| one(value, kind)).collect(), json!({}))
        }
        "rollup" => {
            let array = value["array"].as_array().cloned().unwrap_or_default();
            let items = array.into_iter().map(|mut item| {
                item["object"] = json!("property_item");
                item["id"] = json!(own);
                item
            });
            let mut summary = value.clone();
            if summary["array"].is_array() {
                summary["array"] = json!([]);
            }
            (items.collect(), summary)
        }
        _ => return Ok(one(&value, kind)),
    };
    let keyed = items.into_iter().enumerate().map(|(index, item)| (format!("{index:08x}"), item));
    let mut listed = lists::page(&call.query, "query", "property_item", keyed.collect())?;
    let next = listed["next_cursor"].as_str().map(|cursor| {
        stage.link("api.notion.com", &format!("/v1/pages/{id}/properties/{own}?start_cursor={cursor}"))
    });
    listed["property_item"] = json!({"id": own, "type": kind, "next_url": next, kind: summary});
    Ok(listed)
}
