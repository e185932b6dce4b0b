//! `users.threads`.

use serde_json::{Value, json};

use super::Call;
use super::failure::Failure;
use super::letter::Letter;
use super::mailbox::{Mailbox, Message};
use super::messages::{Format, brief, format_of, listed, mailbox, page, relabelling, select, show};
use crate::stage::Stage;
use crate::wire::Answer;

pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let now = stage.now;
    let mailbox = mailbox(stage, call);
    let mut ids: Vec<&str> = Vec::new();
    for message in select(mailbox, call, now)? {
        if !ids.contains(&message.thread_id.as_str()) {
            ids.push(&message.thread_id);
        }
    }
    let (page, next) = page(call, &ids)?;
    let items = page.iter().map(|id| {
        let newest = mailbox.thread(id).pop();
        json!({"id": id, "snippet": newest.map(snippet), "historyId": history_id(mailbox, id).to_string()})
    });
    Ok(listed("threads", items.collect(), next, ids.len()))
}

fn snippet(message: &Message) -> String {
    Letter::parse(&message.bytes()).map(|letter| letter.snippet()).unwrap_or_default()
}

fn history_id(mailbox: &Mailbox, id: &str) -> u64 {
    let messages = mailbox.thread(id);
    messages.iter().map(|message| message.history_id).max().unwrap_or_default()
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let format = format_of(call)?;
    let (mailbox, id) = (mailbox(stage, call), call.captured("id"));
    let messages = mailbox.thread(id);
    if messages.is_empty() {
        return Err(Failure::no_entity());
    }
    let shown: Vec<Value> = messages.iter().map(|message| show(message, &format)).collect();
    let mut body = json!({"id": id, "historyId": history_id(mailbox, id).to_string(), "messages": shown});
    if matches!(format, Format::Minimal) {
        body["snippet"] = json!(messages.last().map(|message| snippet(message)));
    }
    Ok(Answer::json(200, &body))
}

pub(super) fn modify(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (add, remove) = relabelling(mailbox(stage, call), &call.body)?;
    relabel(stage, call, &add, &remove)
}

pub(super) fn trash(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    relabel(stage, call, &["TRASH".to_owned()], &["INBOX".to_owned(), "SPAM".to_owned()])
}

pub(super) fn untrash(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    relabel(stage, call, &[], &["TRASH".to_owned()])
}

fn relabel(stage: &mut Stage<'_>, call: &Call, add: &[String], remove: &[String]) -> Result<Answer, Failure> {
    let (mailbox, id) = (mailbox(stage, call), call.captured("id"));
    let ids = mailbox.thread_ids(id);
    if ids.is_empty() {
        return Err(Failure::no_entity());
    }
    for message in &ids {
        mailbox.relabel(message, add, remove);
    }
    let messages: Vec<Value> = mailbox.thread(id).into_iter().map(brief).collect();
    let body = json!({"id": id, "historyId": history_id(mailbox, id).to_string(), "messages": messages});
    Ok(Answer::json(200, &body))
}

pub(super) fn delete(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let mailbox = mailbox(stage, call);
    let ids = mailbox.thread_ids(call.captured("id"));
    if ids.is_empty() {
        return Err(Failure::no_entity());
    }
    for id in &ids {
        mailbox.remove(id);
    }
    Ok(Answer::empty(204))
}
