//! Answers and forwards, sent at once or left as drafts.

use serde_json::Value;

use super::mailbox::Message;
use super::messages::{answer, blank, write};
use super::outgoing::{SentCopy, send};
use super::{Call, Failure, attachments, mailbox, writing};
use crate::stage::Stage;
use crate::wire::Answer;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Reply,
    ReplyAll,
    Forward,
}

pub(super) fn reply(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    sent(stage, call, Way::Reply)
}

pub(super) fn reply_all(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    sent(stage, call, Way::ReplyAll)
}

pub(super) fn forward(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    sent(stage, call, Way::Forward)
}

pub(super) fn create_reply(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    drafted(stage, call, Way::Reply)
}

pub(super) fn create_reply_all(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    drafted(stage, call, Way::ReplyAll)
}

pub(super) fn create_forward(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    drafted(stage, call, Way::Forward)
}

fn sent(stage: &mut Stage<'_>, call: &Call, way: Way) -> Result<Answer, Failure> {
    let message = composed(stage, call, way)?;
    send(stage, call.person(), message, SentCopy::Saved)?;
    Ok(Answer::empty(202))
}

fn drafted(stage: &mut Stage<'_>, call: &Call, way: Way) -> Result<Answer, Failure> {
    let mut message = composed(stage, call, way)?;
    message.folder = mailbox(stage, call).folder("drafts")?.id.clone();
    mailbox(stage, call).messages.push(message.clone());
    answer(stage, call, 201, &message)
}

fn composed(stage: &mut Stage<'_>, call: &Call, way: Way) -> Result<Message, Failure> {
    let original = mailbox(stage, call).message(call.captured("message"))?.clone();
    let changes = call.body.object("message").unwrap_or_default();
    let comment = call.body.filled("comment");
    if comment.is_some() && changes.value("body").is_some() {
        return Err(Failure::parameter("Specify either a comment or the body of the message, not both."));
    }
    if call.body.value("toRecipients").is_some() && changes.value("toRecipients").is_some() {
        return Err(Failure::parameter(
            "Specify toRecipients either as a parameter or in the message, not both.",
        ));
    }
    let mut message = blank(stage, call.person());
    message.thread.clone_from(&original.thread);
    let subject = original.item["subject"].as_str().unwrap_or_default();
    let prefix = if way == Way::Forward { "FW: " } else { "Re: " };
    let starts = subject.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    let subject = if starts { subject.to_owned() } else { format!("{prefix}{subject}") };
    message.item.insert("subject".to_owned(), Value::from(subject));
    let item = Value::Object(original.item.clone());
    let body = writing::quoting(comment.unwrap_or_default(), &item, &heading(&item));
    message.item.insert("body".to_owned(), body);
    address(&mut message, &item, call.account(), way);
    if way == Way::Forward {
        for file in &original.attachments {
            attachments::attach(stage, &mut message, file)?;
        }
    }
    if let Some(to) = call.body.value("toRecipients") {
        let to = serde_json::Map::from_iter([("toRecipients".to_owned(), to.clone())]);
        write(stage, &mut message, &crate::strict::Arguments(to))?;
    }
    write(stage, &mut message, &changes)?;
    Ok(message)
}

/// What stands above the quoted original.
fn heading(original: &Value) -> String {
    let shown = |one: &Value| {
        let email = &one["emailAddress"];
        let text = |name: &str| email[name].as_str().unwrap_or_default().to_owned();
        format!("{} <{}>", text("name"), text("address"))
    };
    let to: Vec<String> = original["toRecipients"].as_array().into_iter().flatten().map(shown).collect();
    format!(
        "From: {}\nSent: {}\nTo: {}\nSubject: {}\n",
        shown(&original["from"]),
        original["sentDateTime"].as_str().unwrap_or_default(),
        to.join("; "),
        original["subject"].as_str().unwrap_or_default(),
    )
}

/// An answer goes to where answers are wanted, and to all others who got the original where all are meant.
fn address(message: &mut Message, original: &Value, own: &str, way: Way) {
    if way == Way::Forward {
        return;
    }
    let list = |name: &str| original[name].as_array().cloned().unwrap_or_default();
    let is_own = |one: &Value| {
        one["emailAddress"]["address"].as_str().is_some_and(|address| address.eq_ignore_ascii_case(own))
    };
    let mut to = list("replyTo");
    if to.is_empty() {
        to.push(original["from"].clone());
    }
    if way == Way::ReplyAll {
        to.extend(list("toRecipients"));
        if to.iter().any(|one| !is_own(one)) {
            to.retain(|one| !is_own(one));
        }
        let mut copies = list("ccRecipients");
        copies.retain(|one| !is_own(one));
        message.item.insert("ccRecipients".to_owned(), copies.into());
    }
    message.item.insert("toRecipients".to_owned(), to.into());
}
