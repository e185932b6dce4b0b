//! What the tenant holds: a mailbox a person, with folders, messages, calendars, events and contacts.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Failure;
use crate::stage::Stage;

/// Everything that is there.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tenant {
    /// By address.
    mailboxes: BTreeMap<String, Mailbox>,
}

impl Tenant {
    pub(super) fn mailbox(&mut self, address: &str) -> &mut Mailbox {
        self.mailboxes.entry(address.to_ascii_lowercase()).or_default()
    }

    pub(super) fn find(&self, address: &str) -> Option<&Mailbox> {
        self.mailboxes.get(&address.to_ascii_lowercase())
    }

    pub(super) fn addresses(&self) -> Vec<String> {
        self.mailboxes.keys().cloned().collect()
    }
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mailbox {
    pub(super) folders: Vec<Folder>,
    /// In the order in which they came here.
    pub(super) messages: Vec<Message>,
    /// The first is the default one.
    pub(super) calendars: Vec<Calendar>,
    pub(super) events: Vec<Event>,
    pub(super) contacts: Vec<Contact>,
    /// Graph's `mailboxSettings`.
    pub(super) settings: Value,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Folder {
    pub(super) id: String,
    pub(super) name: String,
    /// Empty for the root.
    pub(super) parent: String,
    /// `inbox` and so on; empty for the user's own.
    pub(super) well_known: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) folder: String,
    /// The conversation, under the same name in all mailboxes.
    pub(super) thread: String,
    /// Graph's properties, but for those that follow from the others.
    pub(super) item: Map<String, Value>,
    /// Graph's file attachments.
    pub(super) attachments: Vec<Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Calendar {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) color: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) calendar: String,
    /// The same for all who were invited.
    pub(super) uid: String,
    pub(super) organizer: String,
    /// In UTC; for all-day events the bare dates.
    pub(super) start: DateTime,
    pub(super) end: DateTime,
    /// The zone that the times were given in.
    pub(super) zone: String,
    pub(super) item: Map<String, Value>,
    /// Dates on which a series does not happen.
    pub(super) cancelled: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Contact {
    pub(super) id: String,
    pub(super) item: Map<String, Value>,
}

/// An id as Exchange gives them.
pub(super) fn new_id(stage: &mut Stage<'_>) -> String {
    format!("AAMkAD{}AAA=", stage.word(58))
}

/// Whether a text could be an id at all.
fn is_id(id: &str) -> bool {
    id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_=".contains(&byte))
}

/// Why something is not found under an id.
pub(super) fn missing(id: &str) -> Failure {
    if is_id(id) { Failure::not_found() } else { Failure::malformed_id() }
}

impl Mailbox {
    pub(super) fn message(&self, id: &str) -> Result<&Message, Failure> {
        self.messages.iter().find(|message| message.id == id).ok_or_else(|| missing(id))
    }

    pub(super) fn message_mut(&mut self, id: &str) -> Result<&mut Message, Failure> {
        self.messages.iter_mut().find(|message| message.id == id).ok_or_else(|| missing(id))
    }

    /// A folder by its id or its well-known name.
    pub(super) fn folder(&self, id: &str) -> Result<&Folder, Failure> {
        let known = |folder: &&Folder| folder.id == id || is_well_known(folder, id);
        self.folders.iter().find(known).ok_or_else(|| missing(id))
    }

    pub(super) fn folder_mut(&mut self, id: &str) -> Result<&mut Folder, Failure> {
        let known = |folder: &&mut Folder| folder.id == id || is_well_known(folder, id);
        self.folders.iter_mut().find(known).ok_or_else(|| missing(id))
    }

    pub(super) fn event(&self, id: &str) -> Result<&Event, Failure> {
        self.events.iter().find(|event| event.id == id).ok_or_else(|| missing(id))
    }

    pub(super) fn event_mut(&mut self, id: &str) -> Result<&mut Event, Failure> {
        self.events.iter_mut().find(|event| event.id == id).ok_or_else(|| missing(id))
    }

    pub(super) fn calendar(&self, id: &str) -> Result<&Calendar, Failure> {
        self.calendars.iter().find(|calendar| calendar.id == id).ok_or_else(|| missing(id))
    }

    pub(super) fn default_calendar(&self) -> Result<&Calendar, Failure> {
        self.calendars.first().ok_or_else(Failure::not_found)
    }
}

fn is_well_known(folder: &Folder, name: &str) -> bool {
    !folder.well_known.is_empty() && folder.well_known.eq_ignore_ascii_case(name)
}
