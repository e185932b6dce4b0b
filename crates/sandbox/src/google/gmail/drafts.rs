//! `users.drafts`. A draft keeps its id while its message is replaced, and loses both when it is sent.

use serde_json::{Value, json};

use super::Call;
use super::compose;
use super::failure::Failure;
use super::messages::{brief, format_of, listed, mailbox, page, select, show};
use crate::stage::Stage;
use crate::strict::Arguments;
use crate::wire::Answer;

fn message_of(call: &Call) -> Result<Arguments, Failure> {
    let message = call.body.object("message");
    message.ok_or_else(|| Failure::invalid("Missing draft message"))
}

/// Stores the message of the body as a draft's and returns its id.
fn store(stage: &mut Stage<'_>, call: &Call) -> Result<String, Failure> {
    let message = message_of(call)?;
    let raw = compose::read_raw(stage, call.address(), &message)?;
    let thread = compose::named_thread(stage, call.address(), &message)?;
    Ok(compose::store(stage, call.address(), &raw, &["DRAFT"], thread))
}

fn answer(stage: &mut Stage<'_>, call: &Call, draft: &str) -> Result<Answer, Failure> {
    let mailbox = mailbox(stage, call);
    let message = mailbox.drafts.get(draft).and_then(|id| mailbox.find(id));
    let message = message.ok_or_else(Failure::no_entity)?;
    Ok(Answer::json(200, &json!({"id": draft, "message": brief(message)})))
}

pub(super) fn create(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    if call.body.names("id") {
        return Err(Failure::invalid("sandbox: a new draft has no id yet"));
    }
    let message_id = store(stage, call)?;
    let draft = format!("r{}", stage.digits(19));
    mailbox(stage, call).drafts.insert(draft.clone(), message_id);
    answer(stage, call, &draft)
}

pub(super) fn update(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let draft = call.captured("id");
    let old = mailbox(stage, call).drafts.get(draft).cloned().ok_or_else(Failure::no_entity)?;
    if call.body.text("id").is_some_and(|id| id != draft) {
        return Err(Failure::invalid("sandbox: the id in the body is not the one in the path"));
    }
    let message_id = store(stage, call)?;
    let mailbox = mailbox(stage, call);
    mailbox.remove(&old);
    mailbox.drafts.insert(draft.to_owned(), message_id);
    answer(stage, call, draft)
}

pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let now = stage.now;
    let mailbox = mailbox(stage, call);
    let mut found: Vec<Value> = Vec::new();
    for message in select(mailbox, call, now)? {
        let draft = mailbox.drafts.iter().find(|(_, id)| **id == message.id);
        found.extend(
            draft.map(
                |(draft, id)| json!({"id": draft, "message": {"id": id, "threadId": message.thread_id}}),
            ),
        );
    }
    let (page, next) = page(call, &found)?;
    Ok(listed("drafts", page.to_vec(), next, found.len()))
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let format = format_of(call)?;
    let draft = call.captured("id");
    let mailbox = mailbox(stage, call);
    let message = mailbox.drafts.get(draft).and_then(|id| mailbox.find(id));
    let message = message.ok_or_else(Failure::no_entity)?;
    Ok(Answer::json(200, &json!({"id": draft, "message": show(message, &format)})))
}

pub(super) fn send(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let draft = call.body.filled("id").ok_or_else(|| Failure::invalid("Missing draft id"))?;
    let mailbox = mailbox(stage, call);
    let message = mailbox.drafts.get(draft).and_then(|id| mailbox.find(id));
    let message = message.ok_or_else(Failure::no_entity)?.clone();
    // A message in the body replaces the draft's before it goes out.
    let raw = match call.body.object("message") {
        Some(replacement) => compose::read_raw(stage, call.address(), &replacement)?,
        None => message.bytes(),
    };
    let thread = Some(message.thread_id.clone());
    let id = compose::send(stage, call.address(), &raw, thread)?;
    let mailbox = super::messages::mailbox(stage, call);
    mailbox.remove(&message.id);
    let sent = mailbox.find(&id).ok_or_else(Failure::no_entity)?;
    Ok(Answer::json(200, &brief(sent)))
}

pub(super) fn delete(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let mailbox = mailbox(stage, call);
    let message = mailbox.drafts.get(call.captured("id")).cloned().ok_or_else(Failure::no_entity)?;
    mailbox.remove(&message);
    Ok(Answer::empty(204))
}
