//! Sending: into the sender's sent items, and into the inbox of whoever lives here.

use serde_json::{Value, json};

use super::mailbox::{Message, new_id};
use super::messages::{blank, write};
use super::{Call, Failure, entity, mailbox, writing};
use crate::people::{self, Person};
use crate::provider::Provider;
use crate::stage::{Stage, written};
use crate::wire::Answer;

/// What becomes of the sender's copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SentCopy {
    Saved,
    Dropped,
}

pub(super) fn send_mail(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let mut message = blank(stage, call.person());
    let sent = call.body.object("message").unwrap_or_default();
    write(stage, &mut message, &sent)?;
    let copy =
        if call.body.flag("saveToSentItems") == Some(false) { SentCopy::Dropped } else { SentCopy::Saved };
    send(stage, call.person(), message, copy)?;
    Ok(Answer::empty(202))
}

/// Sends a draft, which is gone under its id then.
pub(super) fn send_draft(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let id = call.captured("message");
    let message = mailbox(stage, call).message(id)?.clone();
    if message.item["isDraft"] != true {
        return Err(Failure::request("Your request can't be completed. Only drafts are sent."));
    }
    send(stage, call.person(), message, SentCopy::Saved)?;
    mailbox(stage, call).messages.retain(|message| message.id != id);
    Ok(Answer::empty(202))
}

fn addresses(message: &Message) -> Vec<String> {
    let lists = ["toRecipients", "ccRecipients", "bccRecipients"];
    let each = lists.iter().filter_map(|list| message.item[*list].as_array()).flatten();
    let mut found: Vec<String> = Vec::new();
    for address in each.filter_map(|one| one["emailAddress"]["address"].as_str()) {
        let address = address.to_ascii_lowercase();
        if !found.contains(&address) {
            found.push(address);
        }
    }
    found
}

pub(super) fn send(
    stage: &mut Stage<'_>,
    sender: &Person,
    mut message: Message,
    copy: SentCopy,
) -> Result<(), Failure> {
    let to = addresses(&message);
    if to.is_empty() {
        return Err(Failure::recipients("A message can't be sent because it contains no recipients."));
    }
    for role in ["from", "sender"] {
        let address = message.item[role]["emailAddress"]["address"].as_str().unwrap_or_default();
        if !address.eq_ignore_ascii_case(sender.email) {
            return Err(Failure::send_as_denied());
        }
    }
    let now = Value::from(written(stage.now));
    message.item.insert("isDraft".to_owned(), Value::Bool(false));
    message.item.insert("sentDateTime".to_owned(), now.clone());
    message.item.insert("receivedDateTime".to_owned(), now);
    entity::touched(stage, &mut message.item);
    if copy == SentCopy::Saved {
        let id = new_id(stage);
        let mailbox = stage.world.microsoft.mailbox(sender.email);
        let folder = mailbox.folder("sentitems")?.id.clone();
        mailbox.messages.push(Message { id, folder, ..message.clone() });
    }
    for address in to.iter().filter(|address| people::find(Provider::Microsoft, address).is_some()) {
        let id = new_id(stage);
        let mut received = Message { id, ..message.clone() };
        received.item.insert("isRead".to_owned(), Value::Bool(false));
        received.item.insert("bccRecipients".to_owned(), json!([]));
        received.item.insert("flag".to_owned(), json!({"flagStatus": "notFlagged"}));
        received.item.insert("categories".to_owned(), json!([]));
        let mailbox = stage.world.microsoft.mailbox(address);
        received.folder = mailbox.folder("inbox")?.id.clone();
        mailbox.messages.push(received);
    }
    Ok(())
}

/// A mail that Exchange writes in somebody's name: an invitation, an answer to one, a cancellation.
pub(super) fn notify(
    stage: &mut Stage<'_>,
    sender: &Person,
    to: &[String],
    subject: &str,
    text: &str,
) -> Result<(), Failure> {
    if to.is_empty() {
        return Ok(());
    }
    let mut message = blank(stage, sender);
    let each = |address: &String| json!({"emailAddress": {"name": address, "address": address}});
    message.item.insert("toRecipients".to_owned(), to.iter().map(each).collect());
    message.item.insert("subject".to_owned(), Value::from(subject));
    message.item.insert("body".to_owned(), writing::body(&json!({"contentType": "text", "content": text})));
    send(stage, sender, message, SentCopy::Dropped)
}
