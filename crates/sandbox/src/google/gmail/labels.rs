//! `users.labels`: the system's, which only show, and the user's own.

use serde_json::{Value, json};

use super::Call;
use super::failure::Failure;
use super::mailbox::{Label, Mailbox, SYSTEM_LABELS};
use super::messages::mailbox;
use crate::stage::Stage;
use crate::strict::Arguments;
use crate::wire::Answer;

const MAX_NAME: usize = 225;

fn show(label: &Label) -> Value {
    let mut value = json!({
        "id": label.id,
        "name": label.name,
        "messageListVisibility": label.message_list,
        "labelListVisibility": label.label_list,
        "type": "user",
    });
    if let Some(color) = &label.color {
        value["color"] = color.clone();
    }
    value
}

fn show_system(id: &str) -> Value {
    json!({"id": id, "name": id, "messageListVisibility": "hide", "labelListVisibility": "labelShow", "type": "system"})
}

/// What `get` adds to what `list` shows.
fn counted(mailbox: &Mailbox, id: &str, mut value: Value) -> Value {
    let own: Vec<_> = mailbox.newest().into_iter().filter(|message| message.has(id)).collect();
    let unread: Vec<_> = own.iter().filter(|message| message.has("UNREAD")).copied().collect();
    let threads = |messages: &[&super::mailbox::Message]| {
        let mut ids: Vec<&str> = messages.iter().map(|message| message.thread_id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.len()
    };
    value["messagesTotal"] = json!(own.len());
    value["messagesUnread"] = json!(unread.len());
    value["threadsTotal"] = json!(threads(&own));
    value["threadsUnread"] = json!(threads(&unread));
    value
}

pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let system = SYSTEM_LABELS.iter().map(|id| show_system(id));
    let own = mailbox(stage, call).labels.iter().map(show);
    let labels: Vec<Value> = system.chain(own).collect();
    Ok(Answer::json(200, &json!({"labels": labels})))
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (mailbox, id) = (mailbox(stage, call), call.captured("id"));
    let value = if SYSTEM_LABELS.contains(&id) {
        show_system(id)
    } else {
        show(mailbox.labels.iter().find(|label| label.id == id).ok_or_else(Failure::no_entity)?)
    };
    Ok(Answer::json(200, &counted(mailbox, id, value)))
}

/// The name of the body, which no other label may have.
fn free_name(mailbox: &Mailbox, body: &Arguments, own_id: &str) -> Result<String, Failure> {
    let name = body.text("name").unwrap_or_default().trim().to_owned();
    if name.is_empty() || name.len() > MAX_NAME || name.starts_with('/') || name.ends_with('/') {
        return Err(Failure::invalid("Invalid label name"));
    }
    let taken = |other: &str| other.eq_ignore_ascii_case(&name);
    if SYSTEM_LABELS.iter().any(|label| taken(label)) {
        return Err(Failure::invalid("Invalid label name"));
    }
    if mailbox.labels.iter().any(|label| label.id != own_id && taken(&label.name)) {
        return Err(Failure::conflict("Label name exists or conflicts"));
    }
    Ok(name)
}

pub(super) fn create(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let mailbox = mailbox(stage, call);
    let name = free_name(mailbox, &call.body, "")?;
    mailbox.last_label += 1;
    let mut label = Label {
        id: format!("Label_{}", mailbox.last_label),
        name,
        message_list: "show".to_owned(),
        label_list: "labelShow".to_owned(),
        color: None,
    };
    set(&mut label, &call.body)?;
    let shown = show(&label);
    mailbox.labels.push(label);
    Ok(Answer::json(200, &shown))
}

fn set(label: &mut Label, body: &Arguments) -> Result<(), Failure> {
    if let Some(visibility) = body.text("messageListVisibility") {
        visibility.clone_into(&mut label.message_list);
    }
    if let Some(visibility) = body.text("labelListVisibility") {
        visibility.clone_into(&mut label.label_list);
    }
    if let Some(color) = body.object("color") {
        let is_color = |name: &str| {
            let digits = color.text(name).and_then(|text| text.strip_prefix('#'));
            digits.is_some_and(|digits| {
                digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
            })
        };
        if !is_color("backgroundColor") || !is_color("textColor") {
            return Err(Failure::invalid("Label color is not on the allowed color palette"));
        }
        label.color = Some(Value::Object(color.0));
    }
    Ok(())
}

fn position(mailbox: &Mailbox, id: &str) -> Result<usize, Failure> {
    if SYSTEM_LABELS.contains(&id) {
        return Err(Failure::invalid("Invalid update request"));
    }
    let found = mailbox.labels.iter().position(|label| label.id == id);
    found.ok_or_else(Failure::no_entity)
}

pub(super) fn patch(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let mailbox = mailbox(stage, call);
    let position = position(mailbox, call.captured("id"))?;
    let mut label = mailbox.labels[position].clone();
    if call.body.names("name") {
        label.name = free_name(mailbox, &call.body, &label.id)?;
    }
    set(&mut label, &call.body)?;
    let shown = show(&label);
    mailbox.labels[position] = label;
    Ok(Answer::json(200, &shown))
}

/// A patch that must name the label: an update replaces the whole.
pub(super) fn update(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    if !call.body.names("name") {
        return Err(Failure::invalid("Invalid label name"));
    }
    patch(stage, call)
}

pub(super) fn delete(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (mailbox, id) = (mailbox(stage, call), call.captured("id"));
    if SYSTEM_LABELS.contains(&id) {
        return Err(Failure::invalid("Invalid delete request"));
    }
    position(mailbox, id)?;
    mailbox.drop_label(id);
    Ok(Answer::empty(204))
}
