//! Comments on pages and blocks, each in a discussion.

use serde_json::{Value, json};

use super::Call;
use super::failure::Failure;
use super::inline;
use super::lists;
use super::shapes::{ID, Kind, id_in, list, variant};
use super::show;
use super::text;
use super::uploads;
use super::users::partial;
use super::workspace::{Comment, Workspace};
use crate::stage::Stage;
use crate::strict::Shape;

const PARENTS: &[Kind] = &[("page_id", ID), ("block_id", ID)];
const ATTACHMENTS: &[Kind] = &[("file_upload_id", ID)];
const MAX_ATTACHMENTS: usize = 3;

fn show_one(workspace: &Workspace, comment: &Comment) -> Value {
    let page = workspace.items.get(&comment.on).is_some_and(|item| item.page().is_some());
    let parent = if page { "page_id" } else { "block_id" };
    let mut shown = json!({
        "object": "comment",
        "id": comment.id,
        "parent": {"type": parent, parent: comment.on},
        "discussion_id": comment.discussion,
        "created_time": show::time(comment.created.at),
        "last_edited_time": show::time(comment.edited),
        "created_by": partial(&comment.created.by),
        "rich_text": comment.text,
        "display_name": comment.display_name,
    });
    if !comment.attachments.is_empty() {
        shown["attachments"] = json!(comment.attachments);
    }
    shown
}

/// The text, in one of its two forms.
fn words(stage: &Stage<'_>, call: &Call) -> Result<Value, Failure> {
    match (call.body.value("rich_text"), call.body.text("markdown")) {
        (Some(rich), None) => text::read(&stage.world.notion, call, rich, "body.rich_text"),
        (None, Some(markdown)) => Ok(inline::parse(markdown)),
        (Some(_), Some(markdown)) => {
            Err(Failure::body_wrong("body.markdown", "not present", &json!(markdown)))
        }
        (None, None) => Err(Failure::missing("body.rich_text")),
    }
}

/// What the comment is on, and in which discussion.
fn place(stage: &mut Stage<'_>, call: &Call) -> Result<(String, String), Failure> {
    match (call.body.value("parent"), call.body.value("discussion_id")) {
        (Some(parent), None) => {
            let (kind, id) = variant(parent, PARENTS, &[], "body.parent")?;
            let what = kind.trim_end_matches("_id");
            let on = stage.world.notion.get_live(call, what, &id_in(id))?.id.clone();
            Ok((on, stage.uuid()))
        }
        (None, Some(discussion)) => {
            let id = id_in(discussion);
            let comments = stage.world.notion.comments.iter();
            let known =
                comments.filter(|comment| comment.discussion == id).map(|comment| comment.on.clone()).next();
            let on = known.filter(|on| stage.world.notion.find(call, on).is_some());
            Ok((on.ok_or_else(|| Failure::not_found("discussion", &id, &call.app))?, id))
        }
        (Some(_), Some(discussion)) => {
            Err(Failure::body_wrong("body.discussion_id", "not present", discussion))
        }
        (None, None) => Err(Failure::missing("body.parent")),
    }
}

fn display_name(call: &Call) -> Result<Value, Failure> {
    let given = call.body.object("display_name").unwrap_or_default();
    let custom = given.object("custom");
    let name = custom.as_ref().and_then(|custom| custom.text("name"));
    match (given.text("type"), name) {
        (None | Some("integration"), None) => Ok(json!({"type": "integration", "resolved_name": call.app})),
        (Some("user"), None) => {
            let user = super::person(&call.account);
            Ok(json!({"type": "user", "resolved_name": user["name"]}))
        }
        (Some("custom"), Some(name)) => Ok(json!({"type": "custom", "resolved_name": name})),
        (Some("custom"), None) => Err(Failure::missing("body.display_name.custom")),
        (_, Some(_)) => Err(Failure::body_wrong("body.display_name.custom", "not present", &json!({}))),
        (Some(_), None) => Err(Failure::missing("body.display_name.type")),
    }
}

pub(super) fn create(stage: &mut Stage<'_>, call: &Call) -> Result<Value, Failure> {
    let display_name = display_name(call)?;
    let at = "body.attachments";
    let attachments =
        call.body.value("attachments").map(|value| list(value, MAX_ATTACHMENTS, at)).transpose()?;
    let mut uploaded = Vec::new();
    for (index, attachment) in attachments.unwrap_or_default().iter().enumerate() {
        let at = format!("{at}[{index}]");
        let given = attachment.get("type").filter(|given| *given != "file_upload");
        if let Some(given) = given {
            return Err(Failure::body_wrong(
                &format!("{at}.type"),
                "`\"file_upload\"` or `undefined`",
                given,
            ));
        }
        // The type is not the name of the member here.
        let mut bare = attachment.clone();
        if let Some(bare) = bare.as_object_mut() {
            bare.remove("type");
        }
        let (_, id) = variant(&bare, ATTACHMENTS, &[], &at)?;
        uploaded.push(id_in(id));
    }
    let (on, discussion) = place(stage, call)?;
    let text = words(stage, call)?;
    if text::plain(&text).is_empty() && uploaded.is_empty() {
        return Err(Failure::validation("Comment text cannot be empty."));
    }
    let mut attachments = Vec::new();
    for id in uploaded {
        attachments.push(uploads::attachment(stage, call, &id)?);
    }
    let created = call.stamp(stage);
    let comment = Comment {
        id: stage.uuid(),
        discussion,
        on,
        edited: created.at,
        created,
        text,
        attachments,
        display_name,
    };
    let shown = show_one(&stage.world.notion, &comment);
    stage.world.notion.comments.push(comment);
    Ok(shown)
}

pub(super) fn list_all(stage: &mut Stage<'_>, call: &Call) -> Result<Value, Failure> {
    let id = id_in(call.query.value("block_id").unwrap_or(&Value::Null));
    let workspace = &stage.world.notion;
    workspace.get(call, "block", &id)?;
    let comments = workspace.comments.iter().filter(|comment| comment.on == id);
    let shown = comments.map(|comment| (comment.id.clone(), show_one(workspace, comment)));
    lists::page(&call.query, "query", "comment", shown.collect())
}

fn find(workspace: &Workspace, call: &Call) -> Result<usize, Failure> {
    let id = call.id("comment_id")?;
    let found = workspace.comments.iter().position(|comment| comment.id == id);
    let found = found.filter(|at| workspace.find(call, &workspace.comments[*at].on).is_some());
    found.ok_or_else(|| Failure::not_found("comment", &id, &call.app))
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Value, Failure> {
    let workspace = &stage.world.notion;
    Ok(show_one(workspace, &workspace.comments[find(workspace, call)?]))
}

/// A connection changes its own comments only.
fn find_own(workspace: &Workspace, call: &Call) -> Result<usize, Failure> {
    let found = find(workspace, call)?;
    if workspace.comments[found].created.by == call.bot {
        return Ok(found);
    }
    Err(Failure::restricted("Insufficient permissions for this endpoint: this comment is somebody else's."))
}

pub(super) fn update(stage: &mut Stage<'_>, call: &Call) -> Result<Value, Failure> {
    let text = words(stage, call)?;
    let now = stage.now;
    let workspace = &mut stage.world.notion;
    let found = find_own(workspace, call)?;
    workspace.comments[found].text = text;
    workspace.comments[found].edited = now;
    Ok(show_one(workspace, &workspace.comments[found]))
}

pub(super) fn delete(stage: &mut Stage<'_>, call: &Call) -> Result<Value, Failure> {
    let workspace = &mut stage.world.notion;
    let found = find_own(workspace, call)?;
    let comment = workspace.comments.remove(found);
    Ok(show_one(workspace, &comment))
}

/// A list of attachments, of which [`create`] looks at each.
pub(super) const ATTACHED: Shape = Shape::List(&Shape::Any);
