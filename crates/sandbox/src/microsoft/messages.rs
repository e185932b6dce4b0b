//! Messages: reading, drafting, changing, moving and deleting them.

use serde_json::{Map, Value, json};

use super::mailbox::{Mailbox, Message, new_id};
use super::properties::MESSAGE;
use super::{Call, Failure, attachments, entity, mailbox, odata, search, writing};
use crate::people::Person;
use crate::stage::{Stage, written};
use crate::strict::Arguments;
use crate::wire::Answer;

const USUAL_PAGE: i64 = 10;
const USUAL_SEARCH_PAGE: i64 = 25;
/// Of these a received message has nothing to say to the one who only may see basics.
const BEYOND_BASICS: &[&str] = &["body", "bodyPreview", "uniqueBody", "internetMessageHeaders"];
const MAX_SUBJECT: usize = 255;

pub(super) fn recipient(person: &Person) -> Value {
    json!({"emailAddress": {"name": person.name(), "address": person.email}})
}

/// A message as its owner sees it.
pub(super) fn show(message: &Message, call: &Call) -> Value {
    let mut shown = entity::head(&message.id, &message.item);
    let mut set = |name: &str, value: Value| shown.insert(name.to_owned(), value);
    let text = &message.item["body"];
    set("body", call.prefer.body(text));
    set("uniqueBody", call.prefer.body(text));
    set("bodyPreview", Value::from(writing::preview(text)));
    set("parentFolderId", Value::from(message.folder.clone()));
    set("conversationId", Value::from(conversation(call, &message.thread)));
    set("conversationIndex", Value::from(format!("AQHa{}", &message.thread)));
    set("hasAttachments", Value::Bool(message.attachments.iter().any(|one| one["isInline"] != true)));
    set("webLink", entity::web_link(&message.id));
    if !call.has_any(&["Mail.Read", "Mail.ReadWrite"]) {
        shown.retain(|name, _| !BEYOND_BASICS.contains(&name.as_str()));
    }
    Value::Object(shown)
}

/// Each mailbox has its own id of a conversation.
fn conversation(call: &Call, thread: &str) -> String {
    format!("AAQkAD{}AAA=", entity::digest(&format!("{} {thread}", call.account()), 40))
}

/// The entity, with its attachments where the call expands them.
fn shown(message: &Message, call: &Call) -> Result<Value, Failure> {
    let mut shown = show(message, call);
    match call.query.filled("$expand") {
        None => {}
        Some("attachments") if call.has_any(&["Mail.Read", "Mail.ReadWrite"]) => {
            shown["attachments"] = message.attachments.clone().into();
        }
        Some("attachments") => return Err(Failure::denied()),
        Some(other) => {
            return Err(Failure::uri(format!(
                "sandbox: of a message only attachments expand, not '{other}'"
            )));
        }
    }
    Ok(shown)
}

pub(super) fn answer(
    stage: &Stage<'_>,
    call: &Call,
    status: u16,
    message: &Message,
) -> Result<Answer, Failure> {
    odata::one(stage, call, &MESSAGE, status, &shown(message, call)?)
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let message = mailbox(stage, call).message(call.captured("message"))?.clone();
    answer(stage, call, 200, &message)
}

pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    listed(stage, call, None)
}

pub(super) fn list_in_folder(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let folder = mailbox(stage, call).folder(call.captured("folder"))?.id.clone();
    listed(stage, call, Some(&folder))
}

fn listed(stage: &mut Stage<'_>, call: &Call, folder: Option<&str>) -> Result<Answer, Failure> {
    let query = call.query.filled("$search").map(search::parse).transpose()?;
    if query.is_some() {
        for option in ["$filter", "$orderby"] {
            if call.query.filled(option).is_some() {
                return Err(Failure::search_with(option));
            }
        }
        if call.query.names("$skip") || call.query.names("$count") {
            return Err(Failure::uri(
                "The query parameters '$skip' and '$count' are not supported with '$search'.",
            ));
        }
        if !call.has_any(&["Mail.Read", "Mail.ReadWrite"]) {
            stage.note.detail("lacks_scope", true);
            return Err(Failure::denied());
        }
    } else if call.query.names("$skiptoken") {
        return Err(Failure::uri("sandbox: only a search is paged by $skiptoken"));
    }
    let messages = &mailbox(stage, call).messages;
    let mut found: Vec<Value> = Vec::new();
    for message in messages.iter().filter(|message| folder.is_none_or(|folder| message.folder == folder)) {
        let shown = shown(message, call)?;
        if query.as_ref().is_none_or(|query| query.matches(&shown)) {
            found.push(shown);
        }
    }
    // The newest first, and of those of one second the last to come.
    found.reverse();
    let time = |message: &Value| message["receivedDateTime"].as_str().unwrap_or_default().to_owned();
    found.sort_by_key(|message| std::cmp::Reverse(time(message)));
    let page = if query.is_some() { USUAL_SEARCH_PAGE } else { USUAL_PAGE };
    odata::list(stage, call, &MESSAGE, found, page)
}

/// A message of nobody's yet, as one that is being written.
pub(super) fn blank(stage: &mut Stage<'_>, person: &Person) -> Message {
    let now = Value::from(written(stage.now));
    let mut item = Map::new();
    let mut set = |name: &str, value: Value| item.insert(name.to_owned(), value);
    set("receivedDateTime", now.clone());
    set("sentDateTime", now);
    set("internetMessageId", Value::from(format!("<{}@example.com>", stage.upper(32))));
    set("subject", Value::from(""));
    set("importance", Value::from("normal"));
    set("inferenceClassification", Value::from("focused"));
    set("isDeliveryReceiptRequested", Value::Bool(false));
    set("isReadReceiptRequested", Value::Bool(false));
    set("isRead", Value::Bool(true));
    set("isDraft", Value::Bool(true));
    set("body", json!({"contentType": "text", "content": ""}));
    set("from", recipient(person));
    set("sender", recipient(person));
    for list in ["toRecipients", "ccRecipients", "bccRecipients", "replyTo"] {
        set(list, Value::Array(Vec::new()));
    }
    set("flag", json!({"flagStatus": "notFlagged"}));
    entity::created(stage, &mut item);
    Message { id: new_id(stage), folder: String::new(), thread: stage.hex(22), item, attachments: Vec::new() }
}

/// Takes over what the caller sets.
pub(super) fn write(stage: &mut Stage<'_>, message: &mut Message, sent: &Arguments) -> Result<(), Failure> {
    for (name, value) in &sent.0 {
        let value = match (name.as_str(), value) {
            ("@odata.type", _) => continue,
            ("attachments", Value::Array(files)) => {
                for file in files {
                    attachments::attach(stage, message, file)?;
                }
                continue;
            }
            ("body", body) => writing::body(body),
            ("subject", Value::String(subject)) if subject.chars().count() > MAX_SUBJECT => {
                return Err(Failure::property("The subject is longer than 255 characters."));
            }
            ("flag", Value::Null) => json!({"flagStatus": "notFlagged"}),
            ("toRecipients" | "ccRecipients" | "bccRecipients" | "replyTo", Value::Array(list)) => {
                list.iter().map(named).collect::<Result<Vec<Value>, Failure>>()?.into()
            }
            (name, Value::Null) => match emptied(name) {
                Some(value) => value,
                None => return Err(Failure::property(format!("The property '{name}' cannot be null."))),
            },
            (_, value) => value.clone(),
        };
        message.item.insert(name.clone(), value);
    }
    entity::touched(stage, &mut message.item);
    Ok(())
}

/// What a property is when nobody has set it.
fn emptied(name: &str) -> Option<Value> {
    match name {
        "subject" => Some(Value::from("")),
        "importance" => Some(Value::from("normal")),
        "inferenceClassification" => Some(Value::from("focused")),
        "isRead" | "isReadReceiptRequested" | "isDeliveryReceiptRequested" => Some(Value::Bool(false)),
        _ => None,
    }
}

/// A recipient with the name that people see: without one it is the address.
fn named(recipient: &Value) -> Result<Value, Failure> {
    let email = &recipient["emailAddress"];
    let address = email["address"].as_str().unwrap_or_default();
    let has_shape = address.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    if !has_shape || address.contains(char::is_whitespace) {
        return Err(Failure::recipients(&format!("Recipient '{address}' is not resolved.")));
    }
    let name = email["name"].as_str().unwrap_or(address);
    Ok(json!({"emailAddress": {"name": name, "address": address}}))
}

pub(super) fn create(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    drafted(stage, call, "drafts")
}

pub(super) fn create_in_folder(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    drafted(stage, call, call.captured("folder"))
}

fn drafted(stage: &mut Stage<'_>, call: &Call, folder: &str) -> Result<Answer, Failure> {
    let mut message = blank(stage, call.person());
    message.folder = mailbox(stage, call).folder(folder)?.id.clone();
    write(stage, &mut message, &call.body)?;
    mailbox(stage, call).messages.push(message.clone());
    answer(stage, call, 201, &message)
}

pub(super) fn update(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let id = call.captured("message");
    let mut message = mailbox(stage, call).message(id)?.clone();
    let anytime = ["@odata.type", "categories", "flag", "importance", "inferenceClassification", "isRead"];
    let fixed = call.body.0.keys().find(|name| !anytime.contains(&name.as_str()));
    if let (Some(name), false) = (fixed, message.item["isDraft"] == true) {
        return Err(Failure::read_only(name));
    }
    write(stage, &mut message, &call.body)?;
    *mailbox(stage, call).message_mut(id)? = message.clone();
    answer(stage, call, 200, &message)
}

/// Deleted messages are out of the user's reach at once.
pub(super) fn delete(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (id, mailbox) = (call.captured("message"), mailbox(stage, call));
    mailbox.message(id)?;
    mailbox.messages.retain(|message| message.id != id);
    Ok(Answer::empty(204))
}

/// A copy under an id of its own, in the folder that the call names.
fn copied(stage: &mut Stage<'_>, call: &Call) -> Result<Message, Failure> {
    let id = new_id(stage);
    let mailbox = mailbox(stage, call);
    let destination = call.body.text("destinationId").unwrap_or_default();
    let mut message = mailbox.message(call.captured("message"))?.clone();
    message.folder = mailbox.folder(destination)?.id.clone();
    message.id = id;
    entity::touched(stage, &mut message.item);
    Ok(message)
}

pub(super) fn copy(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let message = copied(stage, call)?;
    mailbox(stage, call).messages.push(message.clone());
    answer(stage, call, 201, &message)
}

/// What is moved gets a new id.
pub(super) fn move_to(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let message = copied(stage, call)?;
    *mailbox(stage, call).message_mut(call.captured("message"))? = message.clone();
    answer(stage, call, 201, &message)
}

impl Mailbox {
    /// How many messages a folder holds, and how many of them are unread.
    pub(super) fn counts(&self, folder: &str) -> (usize, usize) {
        let inside = self.messages.iter().filter(|message| message.folder == folder);
        let unread = inside.clone().filter(|message| message.item["isRead"] == false).count();
        (inside.count(), unread)
    }
}
