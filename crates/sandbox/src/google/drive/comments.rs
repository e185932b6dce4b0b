//! `comments`: what people say about a file. A deleted comment stays, without its text.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::access::{self, Need};
use super::failure::Failure;
use super::list::{self, Limits};
use super::store::{Comment, File};
use super::{Ask, Reply, refusal, replies, show, update};
use crate::stage::{Stage, stamp};

const LIMITS: Limits = Limits { default: 20, most: 100 };

fn shown(ask: &Ask, comment: &Comment) -> Value {
    let with_deleted = ask.flag("includeDeleted");
    let replies = comment.replies.iter().filter(|reply| with_deleted || !reply.deleted);
    let replies: Vec<Value> = replies.map(|reply| replies::shown(ask, reply)).collect();
    let there = !comment.deleted;
    show::without_nulls(json!({
        "kind": "drive#comment",
        "id": comment.id,
        "createdTime": stamp(comment.created),
        "modifiedTime": stamp(comment.modified),
        "author": author(ask, &comment.author),
        "deleted": comment.deleted,
        "content": there.then_some(&comment.content),
        "htmlContent": there.then(|| show::escaped(&comment.content)),
        "resolved": (there && !comment.replies.is_empty()).then_some(comment.resolved),
        "anchor": comment.anchor,
        "quotedFileContent": comment.quoted.as_ref()
            .map(|(value, kind)| json!({"mimeType": kind, "value": value})),
        "mentionedEmailAddresses": mentioned(&comment.content),
        "replies": replies,
    }))
}

/// Comments name their authors without an address.
pub(super) fn author(ask: &Ask, address: &str) -> Value {
    let mut person = show::person(ask, address);
    if let Value::Object(members) = &mut person {
        members.remove("emailAddress");
        members.remove("permissionId");
    }
    person
}

/// The addresses that stand in the text behind `@` or `+`.
pub(super) fn mentioned(content: &str) -> Option<Vec<&str>> {
    let names = content.split_whitespace().filter_map(|word| word.strip_prefix(['@', '+']));
    let found: Vec<&str> =
        names.map(|name| name.trim_end_matches(['.', ',', ':'])).filter(|name| name.contains('@')).collect();
    (!found.is_empty()).then_some(found)
}

/// What is said, which is more than nothing.
pub(super) fn content_of(ask: &Ask) -> Result<String, Failure> {
    let content = ask.body.filled("content").filter(|content| !content.trim().is_empty());
    content
        .map(str::to_owned)
        .ok_or_else(|| Failure::older(400, "required", "Comment content is required.").at("other", "content"))
}

pub(super) fn find<'f>(file: &'f File, ask: &Ask) -> Result<&'f Comment, Failure> {
    let id = ask.captured("commentId");
    let found = file.comments.iter().find(|comment| comment.id == id);
    let found = found.filter(|comment| !comment.deleted || ask.flag("includeDeleted"));
    found.ok_or_else(|| refusal::no_part("Comment", id, "commentId"))
}

/// The comment to change, once the file and the comment are known to be there.
pub(super) fn find_mut<'s>(
    stage: &'s mut Stage<'_>,
    ask: &Ask,
    file: &str,
) -> Result<&'s mut Comment, Failure> {
    let id = ask.captured("commentId");
    let file = stage.world.drive.files.get_mut(file).ok_or_else(|| refusal::no_file(file))?;
    let found = file.comments.iter_mut().find(|comment| comment.id == id);
    found.ok_or_else(|| refusal::no_part("Comment", id, "commentId"))
}

pub(super) fn list(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    let file = access::reach(stage, ask, ask.file_id(), Need::Read)?;
    let since: Option<Timestamp> = match ask.query.filled("startModifiedTime") {
        Some(text) => Some(text.parse().map_err(|_| refusal::invalid("startModifiedTime"))?),
        None => None,
    };
    let wanted = |comment: &&Comment| {
        (ask.flag("includeDeleted") || !comment.deleted)
            && since.is_none_or(|since| comment.modified >= since)
    };
    let mut found: Vec<&Comment> = file.comments.iter().filter(wanted).collect();
    found.sort_by_key(|comment| std::cmp::Reverse(comment.modified));
    let (page, next) = list::page(ask, found, &LIMITS)?;
    let comments: Vec<Value> = page.into_iter().map(|comment| shown(ask, comment)).collect();
    let body = json!({"kind": "drive#commentList", "comments": comments, "nextPageToken": next});
    Ok(Reply::Json(show::without_nulls(body)))
}

pub(super) fn get(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    let file = access::reach(stage, ask, ask.file_id(), Need::Read)?;
    Ok(Reply::Json(shown(ask, find(file, ask)?)))
}

pub(super) fn create(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    let file = access::reach(stage, ask, ask.file_id(), Need::Comment)?;
    if file.is_folder() {
        return Err(refusal::bad_request("sandbox: folders have no comments"));
    }
    let id = file.id.clone();
    let quoted = ask.body.object("quotedFileContent").and_then(|quoted| {
        let kind = quoted.filled("mimeType").unwrap_or("text/plain").to_owned();
        Some((quoted.filled("value")?.to_owned(), kind))
    });
    let comment = Comment {
        id: format!("AAAA{}", stage.word(7)),
        author: ask.address().to_owned(),
        content: content_of(ask)?,
        created: stage.now,
        modified: stage.now,
        deleted: false,
        resolved: false,
        anchor: ask.body.filled("anchor").map(str::to_owned),
        quoted,
        replies: Vec::new(),
    };
    let body = shown(ask, &comment);
    if let Some(file) = stage.world.drive.files.get_mut(&id) {
        file.comments.push(comment);
    }
    update::note_change(stage, &id);
    Ok(Reply::Json(body))
}

/// Only who wrote a comment changes it.
pub(super) fn update(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    let file = access::reach(stage, ask, ask.file_id(), Need::Comment)?;
    let id = file.id.clone();
    if find(file, ask)?.author != ask.address() {
        return Err(refusal::insufficient_role());
    }
    let (content, now) = (content_of(ask)?, stage.now);
    let comment = find_mut(stage, ask, &id)?;
    comment.content = content;
    comment.modified = now;
    let body = shown(ask, comment);
    update::note_change(stage, &id);
    Ok(Reply::Json(body))
}

/// Who wrote a comment or owns the file deletes it.
pub(super) fn delete(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    let file = access::reach(stage, ask, ask.file_id(), Need::Comment)?;
    let id = file.id.clone();
    if find(file, ask)?.author != ask.address() && file.owner() != Some(ask.address()) {
        return Err(refusal::insufficient_role());
    }
    let now = stage.now;
    let comment = find_mut(stage, ask, &id)?;
    comment.deleted = true;
    comment.modified = now;
    comment.content.clear();
    update::note_change(stage, &id);
    Ok(Reply::Nothing)
}
