//! `users.messages`, `users.messages.attachments` and the profile.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::Call;
use super::compose;
use super::failure::Failure;
use super::letter::{Headers, Letter, part_of_attachment};
use super::mailbox::{Mailbox, Message};
use super::query::{self, Facts};
use crate::stage::Stage;
use crate::strict::Arguments;
use crate::wire::Answer;

const DEFAULT_PAGE: i64 = 100;
const MAX_PAGE: i64 = 500;
const MAX_BATCH: usize = 1000;
const MAX_LABELS: usize = 100;

/// How much of a message to show.
#[derive(Debug, Clone)]
pub(super) enum Format {
    Minimal,
    Full,
    Raw,
    Metadata(Vec<String>),
}

/// The format that the call asks for. The metadata scope shows no more than headers.
pub(super) fn format_of(call: &Call) -> Result<Format, Failure> {
    let scopes: Vec<&str> = call.caller.scopes.iter().map(String::as_str).collect();
    let reads_bodies = |scope: &&str| {
        matches!(
            *scope,
            "https://mail.google.com/"
                | "https://www.googleapis.com/auth/gmail.modify"
                | "https://www.googleapis.com/auth/gmail.readonly"
                | "https://www.googleapis.com/auth/gmail.compose"
        )
    };
    let format = match call.query.text("format") {
        Some("minimal") => Format::Minimal,
        Some("raw") => Format::Raw,
        Some("metadata") => Format::Metadata(call.query.texts("metadataHeaders")),
        _ => Format::Full,
    };
    if matches!(format, Format::Full | Format::Raw) && !scopes.iter().any(reads_bodies) {
        return Err(Failure::forbidden("Metadata scope doesn't allow format FULL or RAW"));
    }
    Ok(format)
}

/// A message as Gmail answers it.
pub(super) fn show(message: &Message, format: &Format) -> Value {
    let raw = message.bytes();
    let letter = Letter::parse(&raw);
    let mut value = json!({
        "id": message.id,
        "threadId": message.thread_id,
        "labelIds": message.labels,
        "snippet": letter.as_ref().map(Letter::snippet).unwrap_or_default(),
        "historyId": message.history_id.to_string(),
        "internalDate": message.date.to_string(),
        "sizeEstimate": raw.len(),
    });
    let headers = match format {
        Format::Minimal => return value,
        Format::Raw => {
            value["raw"] = Value::from(message.raw.clone());
            return value;
        }
        Format::Full => Headers::All,
        Format::Metadata(names) => Headers::Named(names.clone()),
    };
    if let Some(letter) = letter {
        value["payload"] = letter.payload(&message.id, &headers);
    }
    value
}

/// The answer of every write: ids and labels.
pub(super) fn brief(message: &Message) -> Value {
    json!({"id": message.id, "threadId": message.thread_id, "labelIds": message.labels})
}

pub(super) fn mailbox<'a>(stage: &'a mut Stage<'_>, call: &Call) -> &'a mut Mailbox {
    stage.world.mailboxes.entry(call.address().to_owned()).or_default()
}

pub(super) fn profile(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let mailbox = mailbox(stage, call);
    Ok(Answer::json(
        200,
        &json!({
            "emailAddress": call.address(),
            "messagesTotal": mailbox.messages_total(),
            "threadsTotal": mailbox.threads_total(),
            "historyId": mailbox.history_id.to_string(),
        }),
    ))
}

/// The messages that a list call asks for, the newest first.
pub(super) fn select<'a>(
    mailbox: &'a Mailbox,
    call: &Call,
    now: jiff::Timestamp,
) -> Result<Vec<&'a Message>, Failure> {
    let query = call.query.filled("q").map(query::parse);
    let reads =
        call.caller.scopes.iter().any(|scope| !scope.ends_with("gmail.metadata") && scope.contains("mail"));
    if query.is_some() && !reads {
        return Err(Failure::forbidden("Metadata scope does not support 'q' parameter"));
    }
    let labels = call.query.texts("labelIds");
    if let Some(unknown) = labels.iter().find(|label| !mailbox.has_label(label)) {
        return Err(Failure::invalid(format!("Invalid label: {unknown}")));
    }
    let names_hidden = labels.iter().any(|label| matches!(label.as_str(), "TRASH" | "SPAM"));
    let everywhere = call.query.flag("includeSpamTrash").unwrap_or_default()
        || names_hidden
        || query.as_ref().is_some_and(query::Query::looks_everywhere);
    let wanted = |message: &&Message| {
        (everywhere || !message.is_hidden())
            && labels.iter().all(|label| message.has(label))
            && query.as_ref().is_none_or(|query| query.matches(&Facts::of(mailbox, message), now))
    };
    Ok(mailbox.newest().into_iter().filter(wanted).collect())
}

/// One page of `all`, with the token of the next. Tokens are opaque to callers; a foreign one is refused.
pub(super) fn page<'a, T>(call: &Call, all: &'a [T]) -> Result<(&'a [T], Option<String>), Failure> {
    let size = match call.query.integer("maxResults").unwrap_or(DEFAULT_PAGE) {
        size if size < 1 => return Err(Failure::invalid("Invalid value for maxResults")),
        size => usize::try_from(size.min(MAX_PAGE)).unwrap_or_default(),
    };
    let start = match call.query.filled("pageToken") {
        None => 0,
        Some(token) => {
            let digits = token.strip_prefix('0').and_then(|rest| rest.strip_suffix('7'));
            let start: Option<usize> = digits.and_then(|digits| digits.parse().ok());
            start.filter(|start| *start < all.len()).ok_or_else(|| Failure::invalid("Invalid page token"))?
        }
    };
    let end = all.len().min(start + size);
    let next = (end < all.len()).then(|| format!("0{end}7"));
    Ok((&all[start..end], next))
}

/// A list answer: Google leaves an empty list out.
pub(super) fn listed(name: &str, items: Vec<Value>, next: Option<String>, total: usize) -> Answer {
    let mut body = json!({});
    if !items.is_empty() {
        body[name] = Value::Array(items);
    }
    if let Some(next) = next {
        body["nextPageToken"] = Value::from(next);
    }
    body["resultSizeEstimate"] = Value::from(total);
    Answer::json(200, &body)
}

pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let now = stage.now;
    let found = select(mailbox(stage, call), call, now)?;
    let (page, next) = page(call, &found)?;
    let item = |message: &&Message| json!({"id": message.id, "threadId": message.thread_id});
    Ok(listed("messages", page.iter().map(item).collect(), next, found.len()))
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let format = format_of(call)?;
    let message = mailbox(stage, call).find(call.captured("id"));
    let message = message.ok_or_else(Failure::no_entity)?;
    Ok(Answer::json(200, &show(message, &format)))
}

pub(super) fn send(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let raw = compose::read_raw(stage, call.address(), &call.body)?;
    let thread = compose::named_thread(stage, call.address(), &call.body)?;
    let id = compose::send(stage, call.address(), &raw, thread)?;
    let message = mailbox(stage, call).find(&id).ok_or_else(Failure::no_entity)?;
    Ok(Answer::json(200, &brief(message)))
}

/// Labels to add and to remove, checked: all are there, and SENT and DRAFT are for Gmail to give.
pub(super) fn relabelling(
    mailbox: &Mailbox,
    body: &Arguments,
) -> Result<(Vec<String>, Vec<String>), Failure> {
    let (add, remove) = (body.texts("addLabelIds"), body.texts("removeLabelIds"));
    if add.is_empty() && remove.is_empty() {
        return Err(Failure::invalid("No label add or removes specified"));
    }
    if add.len() > MAX_LABELS || remove.len() > MAX_LABELS {
        return Err(Failure::invalid("Too many labels in one request"));
    }
    if let Some(both) = add.iter().find(|label| remove.contains(label)) {
        return Err(Failure::invalid(format!("Cannot both add and remove the same label: {both}")));
    }
    let fixed = |label: &&String| matches!(label.as_str(), "SENT" | "DRAFT") || !mailbox.has_label(label);
    if let Some(label) = add.iter().chain(&remove).find(fixed) {
        return Err(Failure::invalid(format!("Invalid label: {label}")));
    }
    Ok((add, remove))
}

pub(super) fn modify(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let mailbox = mailbox(stage, call);
    let id = call.captured("id");
    mailbox.find(id).ok_or_else(Failure::no_entity)?;
    let (add, remove) = relabelling(mailbox, &call.body)?;
    mailbox.relabel(id, &add, &remove);
    written(mailbox, id)
}

pub(super) fn batch_modify(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let mailbox = mailbox(stage, call);
    let ids = batch(&call.body)?;
    let (add, remove) = relabelling(mailbox, &call.body)?;
    if ids.iter().any(|id| mailbox.find(id).is_none()) {
        return Err(Failure::no_entity());
    }
    for id in &ids {
        mailbox.relabel(id, &add, &remove);
    }
    Ok(Answer::empty(204))
}

pub(super) fn batch_delete(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let ids = batch(&call.body)?;
    let mailbox = mailbox(stage, call);
    // The description gives no guarantee that the messages existed.
    for id in &ids {
        mailbox.remove(id);
    }
    Ok(Answer::empty(204))
}

fn batch(body: &Arguments) -> Result<Vec<String>, Failure> {
    let ids = body.texts("ids");
    match ids.len() {
        0 => Err(Failure::invalid("No message ids specified")),
        length if length > MAX_BATCH => Err(Failure::invalid("Too many message ids: at most 1000")),
        _ => Ok(ids),
    }
}

pub(super) fn trash(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (mailbox, id) = (mailbox(stage, call), call.captured("id"));
    mailbox.find(id).ok_or_else(Failure::no_entity)?;
    mailbox.relabel(id, &["TRASH".to_owned()], &["INBOX".to_owned(), "SPAM".to_owned()]);
    written(mailbox, id)
}

pub(super) fn untrash(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (mailbox, id) = (mailbox(stage, call), call.captured("id"));
    mailbox.find(id).ok_or_else(Failure::no_entity)?;
    mailbox.relabel(id, &[], &["TRASH".to_owned()]);
    written(mailbox, id)
}

fn written(mailbox: &Mailbox, id: &str) -> Result<Answer, Failure> {
    let message = mailbox.find(id).ok_or_else(Failure::no_entity)?;
    Ok(Answer::json(200, &brief(message)))
}

pub(super) fn delete(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    if mailbox(stage, call).remove(call.captured("id")) {
        Ok(Answer::empty(204))
    } else {
        Err(Failure::no_entity())
    }
}

pub(super) fn attachment(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let message_id = call.captured("messageId");
    let message = mailbox(stage, call).find(message_id).ok_or_else(Failure::no_entity)?;
    let part_id = part_of_attachment(message_id, call.captured("id"));
    let part_id = part_id.ok_or_else(|| Failure::invalid("Invalid attachment token"))?;
    let raw = message.bytes();
    let letter = Letter::parse(&raw).ok_or_else(Failure::no_entity)?;
    let contents = letter.part(&part_id).ok_or_else(Failure::no_entity)?;
    let body = json!({"size": contents.len(), "data": URL_SAFE_NO_PAD.encode(contents)});
    Ok(Answer::json(200, &body))
}
