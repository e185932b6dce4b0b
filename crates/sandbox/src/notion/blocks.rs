//! Blocks: read from a request with all that is in them, added, listed, changed and thrown away.

use serde_json::{Map, Value, json};

use super::Call;
use super::failure::Failure;
use super::kinds::{self, BlockKind, Children, KINDS};
use super::lists;
use super::shapes::{self, BY_ID, id_in, list, variant};
use super::show;
use super::workspace::{Block, Item, Kind, Parent, Place, Stamp, add};
use crate::stage::Stage;
use crate::strict::{self, Shape};

/// How many blocks a list may have, and how deep lists may lie in each other in one request.
const MAX_BLOCKS: usize = 100;
const MAX_DEPTH: usize = 2;

/// A block that is not in the workspace yet.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Draft {
    pub(super) kind: String,
    pub(super) content: Value,
    pub(super) children: Vec<Draft>,
}

/// Reads a list of new blocks.
pub(super) fn read_list(
    stage: &mut Stage<'_>,
    call: &Call,
    value: &Value,
    at: &str,
    depth: usize,
) -> Result<Vec<Draft>, Failure> {
    let blocks = list(value, MAX_BLOCKS, at)?.iter().enumerate();
    blocks.map(|(index, block)| read(stage, call, block, &format!("{at}[{index}]"), depth)).collect()
}

fn read(stage: &mut Stage<'_>, call: &Call, block: &Value, at: &str, depth: usize) -> Result<Draft, Failure> {
    let known: Vec<shapes::Kind> = KINDS.iter().map(|kind| (kind.name, Shape::Any)).collect();
    let (name, member) = variant(block, &known, &[("object", Shape::OneOf(&["block"]))], at)?;
    let at = format!("{at}.{name}");
    let mut given = shapes::object(member, &at)?.clone();
    let children = given.remove("children");
    let Some(kind) = kinds::find(name) else {
        return Err(Failure::body_wrong(&at, "a known block", block));
    };
    let place = format!("{at}.children");
    let children = match (children, kind.children) {
        (None, Children::Must) => return Err(Failure::missing(&place)),
        (None, _) => Vec::new(),
        (Some(children), Children::Never) => {
            return Err(Failure::body_wrong(&place, "not present", &children));
        }
        (Some(children), _) if depth >= MAX_DEPTH => {
            return Err(Failure::body_wrong(&place, "not present", &children));
        }
        (Some(children), _) => read_list(stage, call, &children, &place, depth + 1)?,
    };
    let content = kind.new_content(stage, call, &given, &at)?;
    let draft = Draft { kind: name.to_owned(), content, children };
    check_children(&draft, &place)?;
    Ok(draft)
}

/// Tables take rows of their width, lists of columns take columns, and a heading needs to be a toggle.
fn check_children(draft: &Draft, at: &str) -> Result<(), Failure> {
    let only = |kind: &str| match draft.children.iter().position(|child| child.kind != kind) {
        Some(index) => Err(Failure::missing(&format!("{at}[{index}].{kind}"))),
        None => Ok(()),
    };
    match draft.kind.as_str() {
        "table" => {
            only("table_row")?;
            let width = draft.content["table_width"].as_u64();
            draft.children.iter().try_for_each(|row| check_row(&row.content, width))
        }
        "column_list" if draft.children.len() < 2 => Err(Failure::should_be(
            "body",
            &format!("{at}.length"),
            "≥ `2`",
            &draft.children.len().to_string(),
        )),
        "column_list" => only("column"),
        heading if heading.starts_with("heading_") && !draft.children.is_empty() => {
            match draft.content["is_toggleable"] == true {
                true => Ok(()),
                false => Err(Failure::validation("sandbox: only a toggleable heading has children")),
            }
        }
        _ => Ok(()),
    }
}

fn check_row(row: &Value, width: Option<u64>) -> Result<(), Failure> {
    let cells = row["cells"].as_array().map(|cells| cells.len() as u64);
    if cells == width {
        return Ok(());
    }
    Err(Failure::validation("Number of cells in table row must match the table width of the parent table"))
}

/// Adds what was read, and says the ids of the outermost blocks.
pub(super) fn build(
    stage: &mut Stage<'_>,
    parent: &str,
    place: &Place,
    drafts: Vec<Draft>,
    stamp: &Stamp,
) -> Vec<String> {
    let mut place = place.clone();
    let mut ids = Vec::new();
    for draft in drafts {
        let block = Kind::Block(Block { kind: draft.kind, content: draft.content });
        let id = add(stage, Parent::Item(parent.to_owned()), &place, stamp, block);
        build(stage, &id, &Place::End, draft.children, stamp);
        place = Place::After(id.clone());
        ids.push(id);
    }
    ids
}

/// What a body says of the trash, by either of its names.
pub(super) fn trash(call: &Call) -> Result<Option<bool>, Failure> {
    match (call.body.flag("in_trash"), call.body.flag("archived")) {
        (Some(one), Some(other)) if one != other => {
            Err(Failure::validation("sandbox: `in_trash` and `archived` say different things"))
        }
        (one, other) => Ok(one.or(other)),
    }
}

pub(super) fn discard(stage: &mut Stage<'_>, id: &str, stamp: &Stamp) {
    stage.world.notion.touch(id, stamp);
    if let Some(item) = stage.world.notion.items.get_mut(id) {
        item.in_trash = true;
    }
}

fn shown(stage: &Stage<'_>, call: &Call, id: &str) -> Result<Value, Failure> {
    let workspace = &stage.world.notion;
    Ok(show::block(workspace, workspace.get(call, "block", id)?))
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Value, Failure> {
    shown(stage, call, &call.id("block_id")?)
}

pub(super) fn children(stage: &mut Stage<'_>, call: &Call) -> Result<Value, Failure> {
    let id = call.id("block_id")?;
    let workspace = &stage.world.notion;
    let parent = workspace.get(call, "block", &id)?;
    let children = if parent.database().is_some() { Vec::new() } else { workspace.children(&id) };
    let shown = children.into_iter().map(|child| (child.id.clone(), show::block(workspace, child)));
    lists::page(&call.query, "query", "block", shown.collect())
}

fn place(call: &Call) -> Result<Place, Failure> {
    let after = call.body.value("after").map(id_in);
    let Some(position) = call.body.value("position") else {
        return Ok(after.map_or(Place::End, Place::After));
    };
    match (after, position["type"].as_str()) {
        (Some(_), _) => Err(Failure::body_wrong("body.position", "not present", position)),
        (None, Some("start")) => Ok(Place::Start),
        (None, Some("end")) => Ok(Place::End),
        (None, _) => {
            let at = "body.position.after_block";
            strict::check(&position["after_block"], BY_ID, at)?;
            Ok(Place::After(id_in(&position["after_block"]["id"])))
        }
    }
}

/// What of an item's own kind stands against new blocks in it.
fn check_room(item: &Item, drafts: &[Draft]) -> Result<(), Failure> {
    let refused = || Err(Failure::validation("Block does not support children."));
    match &item.kind {
        Kind::Page(_) => Ok(()),
        Kind::Database(_) | Kind::DataSource(_) => refused(),
        Kind::Block(block) => match kinds::find(&block.kind).map(|kind| kind.children) {
            None | Some(Children::Never) => refused(),
            Some(_) if block.kind.starts_with("heading_") && block.content["is_toggleable"] != true => {
                refused()
            }
            Some(_) if block.kind == "table" => {
                let width = block.content["table_width"].as_u64();
                drafts.iter().try_for_each(|row| check_row(&row.content, width))
            }
            Some(_) => Ok(()),
        },
    }
}

pub(super) fn append(stage: &mut Stage<'_>, call: &Call) -> Result<Value, Failure> {
    let id = call.id("block_id")?;
    let place = place(call)?;
    let value = call.body.value("children").unwrap_or(&Value::Null);
    let drafts = read_list(stage, call, value, "body.children", 0)?;
    let item = stage.world.notion.get_live(call, "block", &id)?;
    check_room(item, &drafts)?;
    if let Place::After(other) = &place
        && !item.children.contains(other)
    {
        return Err(Failure::not_found("block", other, &call.app));
    }
    let stamp = call.stamp(stage);
    let ids = build(stage, &id, &place, drafts, &stamp);
    stage.world.notion.touch(&id, &stamp);
    let workspace = &stage.world.notion;
    let items = ids.iter().filter_map(|id| workspace.items.get(id));
    let shown: Vec<Value> = items.map(|item| show::block(workspace, item)).collect();
    Ok(json!({
        "object": "list", "results": shown, "has_more": false, "next_cursor": null, "type": "block", "block": {},
    }))
}

pub(super) fn update(stage: &mut Stage<'_>, call: &Call) -> Result<Value, Failure> {
    let id = call.id("block_id")?;
    let trash = trash(call)?;
    let change = change(call)?;
    let item = stage.world.notion.get(call, "block", &id)?;
    if trash.is_none() && stage.world.notion.is_trashed(&id) {
        return Err(Failure::archived("block"));
    }
    let mut block = match (&item.kind, &change) {
        (Kind::Block(block), _) => Some(block.clone()),
        (_, None) => None,
        (_, Some(_)) => {
            return Err(Failure::validation("sandbox: pages and databases are changed as what they are"));
        }
    };
    if let (Some((kind, given)), Some(block)) = (change, &mut block) {
        if block.kind != kind.name {
            let value = Value::Object(given);
            return Err(Failure::body_wrong(&format!("body.{}", kind.name), "not present", &value));
        }
        kind.change(stage, call, &mut block.content, &given)?;
    }
    let stamp = call.stamp(stage);
    stage.world.notion.touch(&id, &stamp);
    if let Some(item) = stage.world.notion.items.get_mut(&id) {
        item.in_trash = trash.unwrap_or(item.in_trash);
        if let Some(block) = block {
            item.kind = Kind::Block(block);
        }
    }
    shown(stage, call, &id)
}

type Change = (&'static BlockKind, Map<String, Value>);

/// The one type that the body says something of.
fn change(call: &Call) -> Result<Option<Change>, Failure> {
    let mut kinds = KINDS.iter().filter(|kind| call.body.names(kind.name));
    let Some(kind) = kinds.next() else {
        return match call.body.text("type") {
            Some(given) => Err(Failure::missing(&format!("body.{given}"))),
            None => Ok(None),
        };
    };
    let value = call.body.value(kind.name).unwrap_or(&Value::Null);
    if let Some(other) = kinds.next() {
        let value = call.body.value(other.name).unwrap_or(&Value::Null);
        return Err(Failure::body_wrong(&format!("body.{}", other.name), "not present", value));
    }
    if let Some(given) = call.body.text("type").filter(|given| *given != kind.name) {
        let expected = format!("`\"{}\"` or `undefined`", kind.name);
        return Err(Failure::body_wrong("body.type", &expected, &json!(given)));
    }
    Ok(Some((kind, shapes::object(value, &format!("body.{}", kind.name))?.clone())))
}

pub(super) fn delete(stage: &mut Stage<'_>, call: &Call) -> Result<Value, Failure> {
    let id = call.id("block_id")?;
    stage.world.notion.get_live(call, "block", &id)?;
    let stamp = call.stamp(stage);
    discard(stage, &id, &stamp);
    shown(stage, call, &id)
}
