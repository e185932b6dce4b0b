//! A mailbox: messages with labels, drafts, labels of the user's own, and the history of changes.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// Labels that are there without anybody having made them.
pub(super) const SYSTEM_LABELS: [&str; 14] = [
    "CHAT",
    "SENT",
    "INBOX",
    "IMPORTANT",
    "TRASH",
    "DRAFT",
    "SPAM",
    "CATEGORY_FORUMS",
    "CATEGORY_UPDATES",
    "CATEGORY_PERSONAL",
    "CATEGORY_PROMOTIONS",
    "CATEGORY_SOCIAL",
    "STARRED",
    "UNREAD",
];

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mailbox {
    messages: BTreeMap<String, Message>,
    /// Message ids by draft id.
    pub(super) drafts: BTreeMap<String, String>,
    pub(super) labels: Vec<Label>,
    pub(super) history: Vec<Record>,
    pub(super) history_id: u64,
    pub(super) last_label: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) thread_id: String,
    pub(super) labels: Vec<String>,
    /// The RFC 5322 message in base64url.
    pub(super) raw: String,
    /// Milliseconds since the epoch.
    pub(super) date: i64,
    /// Which came first of those with one date.
    #[serde(default)]
    pub(super) arrival: u64,
    pub(super) history_id: u64,
    /// `Message-ID` without its angle brackets.
    pub(super) rfc_id: String,
    pub(super) subject: String,
}

impl Message {
    pub(super) fn bytes(&self) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(&self.raw).unwrap_or_default()
    }

    pub(super) fn has(&self, label: &str) -> bool {
        self.labels.iter().any(|own| own == label)
    }

    pub(super) fn is_hidden(&self) -> bool {
        self.has("TRASH") || self.has("SPAM")
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Label {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) message_list: String,
    pub(super) label_list: String,
    pub(super) color: Option<serde_json::Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    pub(super) id: u64,
    pub(super) message_id: String,
    pub(super) thread_id: String,
    /// The message's labels after the change.
    pub(super) labels: Vec<String>,
    pub(super) change: Change,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Change {
    Added,
    Deleted,
    LabelsAdded(Vec<String>),
    LabelsRemoved(Vec<String>),
}

impl Mailbox {
    pub(super) fn find(&self, id: &str) -> Option<&Message> {
        self.messages.get(id)
    }

    /// The newest first.
    pub(super) fn newest(&self) -> Vec<&Message> {
        let mut all: Vec<&Message> = self.messages.values().collect();
        all.sort_by(|a, b| b.date.cmp(&a.date).then_with(|| b.arrival.cmp(&a.arrival)));
        all
    }

    /// The messages of a thread, the oldest first.
    pub(super) fn thread(&self, id: &str) -> Vec<&Message> {
        let mut found: Vec<&Message> =
            self.messages.values().filter(|message| message.thread_id == id).collect();
        found.sort_by(|a, b| a.date.cmp(&b.date).then_with(|| a.arrival.cmp(&b.arrival)));
        found
    }

    pub(super) fn thread_ids(&self, id: &str) -> Vec<String> {
        self.thread(id).into_iter().map(|message| message.id.clone()).collect()
    }

    /// The thread that an answer to one of `rfc_ids` about `subject` belongs to.
    pub(super) fn thread_of_answer(&self, rfc_ids: &[String], subject: &str) -> Option<&str> {
        let answered = |message: &&Message| {
            rfc_ids.contains(&message.rfc_id) && base_subject(&message.subject) == base_subject(subject)
        };
        let found = self.messages.values().find(answered);
        found.map(|message| message.thread_id.as_str())
    }

    pub(super) fn add(&mut self, mut message: Message) {
        message.history_id = self.record(&message, Change::Added);
        message.arrival = message.history_id;
        self.messages.insert(message.id.clone(), message);
    }

    pub(super) fn remove(&mut self, id: &str) -> bool {
        let Some(message) = self.messages.remove(id) else {
            return false;
        };
        self.drafts.retain(|_, draft| draft != id);
        self.record(&message, Change::Deleted);
        true
    }

    /// Adds and removes labels, and records what really changed.
    pub(super) fn relabel(&mut self, id: &str, add: &[String], remove: &[String]) {
        let Some(mut message) = self.messages.remove(id) else {
            return;
        };
        let added: Vec<String> = add.iter().filter(|label| !message.has(label)).cloned().collect();
        let removed: Vec<String> = remove.iter().filter(|label| message.has(label)).cloned().collect();
        message.labels.extend(added.iter().cloned());
        message.labels.retain(|label| !removed.contains(label));
        if !added.is_empty() {
            message.history_id = self.record(&message, Change::LabelsAdded(added));
        }
        if !removed.is_empty() {
            message.history_id = self.record(&message, Change::LabelsRemoved(removed));
        }
        self.messages.insert(id.to_owned(), message);
    }

    fn record(&mut self, message: &Message, change: Change) -> u64 {
        self.history_id += 1;
        self.history.push(Record {
            id: self.history_id,
            message_id: message.id.clone(),
            thread_id: message.thread_id.clone(),
            labels: message.labels.clone(),
            change,
        });
        self.history_id
    }

    /// Takes a label of the user's own from all messages.
    pub(super) fn drop_label(&mut self, id: &str) {
        self.labels.retain(|label| label.id != id);
        for message in self.messages.values_mut() {
            message.labels.retain(|label| label != id);
        }
    }

    pub(super) fn has_label(&self, id: &str) -> bool {
        SYSTEM_LABELS.contains(&id) || self.labels.iter().any(|label| label.id == id)
    }

    pub(super) fn threads_total(&self) -> usize {
        let mut ids: Vec<&str> = self.messages.values().map(|message| message.thread_id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.len()
    }

    pub(super) fn messages_total(&self) -> usize {
        self.messages.len()
    }
}

/// A subject without the prefixes of answers and forwards.
pub(super) fn base_subject(subject: &str) -> String {
    let mut rest = subject.trim();
    loop {
        let lower = rest.to_ascii_lowercase();
        match ["re:", "fwd:", "fw:"].into_iter().find(|prefix| lower.starts_with(prefix)) {
            Some(prefix) => rest = rest[prefix.len()..].trim_start(),
            None => return lower,
        }
    }
}
