//! `replies`: answers to a comment, some of which resolve it or open it again.

use serde_json::{Value, json};

use super::access::{self, Need};
use super::comments::{author, content_of, find, find_mut, mentioned};
use super::failure::Failure;
use super::list::{self, Limits};
use super::store::{Comment, Reply as Answer};
use super::{Ask, Reply, refusal, show, update};
use crate::stage::{Stage, stamp};

const LIMITS: Limits = Limits { default: 20, most: 100 };

pub(super) fn shown(ask: &Ask, reply: &Answer) -> Value {
    let there = !reply.deleted;
    let has_text = there && !reply.content.is_empty();
    show::without_nulls(json!({
        "kind": "drive#reply",
        "id": reply.id,
        "createdTime": stamp(reply.created),
        "modifiedTime": stamp(reply.modified),
        "author": author(ask, &reply.author),
        "deleted": reply.deleted,
        "content": has_text.then_some(&reply.content),
        "htmlContent": has_text.then(|| show::escaped(&reply.content)),
        "action": reply.action,
        "mentionedEmailAddresses": mentioned(&reply.content),
    }))
}

fn find_reply<'c>(comment: &'c Comment, ask: &Ask) -> Result<&'c Answer, Failure> {
    let id = ask.captured("replyId");
    let found = comment.replies.iter().find(|reply| reply.id == id);
    let found = found.filter(|reply| !reply.deleted || ask.flag("includeDeleted"));
    found.ok_or_else(|| refusal::no_part("Reply", id, "replyId"))
}

pub(super) fn list(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    let file = access::reach(stage, ask, ask.file_id(), Need::Read)?;
    let replies = find(file, ask)?.replies.iter();
    let wanted = replies.filter(|reply| ask.flag("includeDeleted") || !reply.deleted);
    let (page, next) = list::page(ask, wanted.collect(), &LIMITS)?;
    let replies: Vec<Value> = page.into_iter().map(|reply| shown(ask, reply)).collect();
    let body = json!({"kind": "drive#replyList", "replies": replies, "nextPageToken": next});
    Ok(Reply::Json(show::without_nulls(body)))
}

pub(super) fn get(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    let file = access::reach(stage, ask, ask.file_id(), Need::Read)?;
    Ok(Reply::Json(shown(ask, find_reply(find(file, ask)?, ask)?)))
}

pub(super) fn create(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    let file = access::reach(stage, ask, ask.file_id(), Need::Comment)?;
    let id = file.id.clone();
    find(file, ask)?;
    let action = ask.body.text("action").map(str::to_owned);
    let content = match &action {
        Some(_) => ask.body.text("content").unwrap_or_default().to_owned(),
        None => content_of(ask)?,
    };
    let reply = Answer {
        id: format!("AAAA{}", stage.word(7)),
        author: ask.address().to_owned(),
        content,
        action: action.clone(),
        created: stage.now,
        modified: stage.now,
        deleted: false,
    };
    let (body, now) = (shown(ask, &reply), stage.now);
    let comment = find_mut(stage, ask, &id)?;
    if let Some(action) = action {
        comment.resolved = action == "resolve";
    }
    comment.modified = now;
    comment.replies.push(reply);
    update::note_change(stage, &id);
    Ok(Reply::Json(body))
}

/// Changes the reply that the path names, which only its author may.
fn change(stage: &mut Stage<'_>, ask: &Ask, change: impl FnOnce(&mut Answer)) -> Result<Value, Failure> {
    let file = access::reach(stage, ask, ask.file_id(), Need::Comment)?;
    let id = file.id.clone();
    if find_reply(find(file, ask)?, ask)?.author != ask.address() {
        return Err(refusal::insufficient_role());
    }
    let (now, wanted) = (stage.now, ask.captured("replyId"));
    let comment = find_mut(stage, ask, &id)?;
    comment.modified = now;
    let reply = comment.replies.iter_mut().find(|reply| reply.id == wanted);
    let reply = reply.ok_or_else(|| refusal::no_part("Reply", wanted, "replyId"))?;
    change(reply);
    reply.modified = now;
    let body = shown(ask, reply);
    update::note_change(stage, &id);
    Ok(body)
}

pub(super) fn update(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    let content = content_of(ask)?;
    change(stage, ask, |reply| reply.content = content).map(Reply::Json)
}

pub(super) fn delete(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    change(stage, ask, |reply| {
        reply.deleted = true;
        reply.content.clear();
    })?;
    Ok(Reply::Nothing)
}
