//! Pages, databases, data sources and blocks as Notion answers them.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::failure::Failure;
use super::text;
use super::users::partial;
use super::values;
use super::workspace::{Block, Item, Kind, Parent, Workspace};

/// To the minute, which is as exactly as Notion tells.
pub(super) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:00.000Z").to_string()
}

pub(super) fn parent(workspace: &Workspace, item: &Item) -> Value {
    let Parent::Item(id) = &item.parent else {
        return json!({"type": "workspace", "workspace": true});
    };
    match workspace.items.get(id).map(|parent| (&parent.kind, parent.parent_id())) {
        Some((Kind::Page(_), _)) => json!({"type": "page_id", "page_id": id}),
        Some((Kind::Database(_), _)) => json!({"type": "database_id", "database_id": id}),
        Some((Kind::DataSource(_), database)) => {
            json!({"type": "data_source_id", "data_source_id": id, "database_id": database})
        }
        _ => json!({"type": "block_id", "block_id": id}),
    }
}

/// The title without its looks.
pub(super) fn title(item: &Item) -> String {
    match &item.kind {
        Kind::Page(page) => text::plain(page.values.get("title").unwrap_or(&Value::Null)),
        Kind::Database(database) => text::plain(&database.title),
        Kind::DataSource(source) => text::plain(&source.title),
        Kind::Block(block) => text::plain(&block.content["rich_text"]),
    }
}

pub(super) fn url(item: &Item) -> String {
    let hex = item.id.replace('-', "");
    let name: String = match item.page() {
        Some(_) => title(item),
        None => String::new(),
    };
    let words: Vec<&str> =
        name.split(|at: char| !at.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    match words.is_empty() {
        true => format!("https://www.notion.so/{hex}"),
        false => format!("https://www.notion.so/{}-{hex}", words.join("-")),
    }
}

/// What all of them have.
fn common(workspace: &Workspace, item: &Item) -> Map<String, Value> {
    let trashed = workspace.is_trashed(&item.id);
    let mut common = Map::new();
    for (name, value) in [
        ("id", json!(item.id)),
        ("parent", parent(workspace, item)),
        ("created_time", json!(time(item.created.at))),
        ("last_edited_time", json!(time(item.edited.at))),
        ("created_by", partial(&item.created.by)),
        ("last_edited_by", partial(&item.edited.by)),
        ("in_trash", json!(trashed)),
        ("archived", json!(trashed)),
    ] {
        common.insert(name.to_owned(), value);
    }
    common
}

fn with(mut common: Map<String, Value>, more: Value) -> Value {
    if let Value::Object(more) = more {
        common.extend(more);
    }
    Value::Object(common)
}

/// A page, with the properties whose ids are wanted; none wanted means all.
pub(super) fn page(workspace: &Workspace, item: &Item, wanted: &[String]) -> Result<Value, Failure> {
    let Some(page) = item.page() else {
        return Err(Failure::validation("sandbox: this is not a page"));
    };
    let more = json!({
        "object": "page",
        "url": url(item),
        "public_url": null,
        "icon": page.icon,
        "cover": page.cover,
        "is_locked": page.is_locked,
        "is_archived": page.is_archived,
        "properties": values::show_all(workspace, item, page, wanted)?,
    });
    Ok(with(common(workspace, item), more))
}

pub(super) fn database(workspace: &Workspace, item: &Item) -> Value {
    let Some(database) = item.database() else {
        return Value::Null;
    };
    let sources: Vec<Value> = workspace
        .children(&item.id)
        .into_iter()
        .map(|source| json!({"id": source.id, "name": title(source)}))
        .collect();
    let more = json!({
        "object": "database",
        "title": database.title,
        "description": database.description,
        "icon": database.icon,
        "cover": database.cover,
        "is_inline": database.is_inline,
        "is_locked": database.is_locked,
        "data_sources": sources,
        "url": url(item),
        "public_url": null,
    });
    let mut common = common(workspace, item);
    common.remove("created_by");
    common.remove("last_edited_by");
    with(common, more)
}

pub(super) fn source(workspace: &Workspace, item: &Item) -> Value {
    let Some(source) = item.source() else {
        return Value::Null;
    };
    let database = item.parent_id().and_then(|id| workspace.items.get(id));
    let columns: Map<String, Value> =
        source.columns.iter().map(|(name, column)| (name.clone(), column.show(name))).collect();
    let more = json!({
        "object": "data_source",
        "title": source.title,
        "description": [],
        "icon": source.icon,
        "cover": null,
        "database_parent": database.map(|database| parent(workspace, database)),
        "is_inline": database.and_then(Item::database).is_some_and(|database| database.is_inline),
        "properties": columns,
        "url": url(item),
        "public_url": null,
    });
    with(common(workspace, item), more)
}

/// Anything but a data source as a block: a page is the `child_page` in its parent.
pub(super) fn block(workspace: &Workspace, item: &Item) -> Value {
    let child = json!({"title": title(item)});
    let (kind, content) = match &item.kind {
        Kind::Block(Block { kind, content }) => (kind.as_str(), content.clone()),
        Kind::Page(_) => ("child_page", child),
        Kind::Database(_) | Kind::DataSource(_) => ("child_database", child),
    };
    let has_children = item.database().is_none() && !workspace.children(&item.id).is_empty();
    let more = json!({"object": "block", "type": kind, "has_children": has_children, kind: content});
    with(common(workspace, item), more)
}
