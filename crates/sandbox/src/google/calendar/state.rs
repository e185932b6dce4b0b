//! Calendars with their events and access rules, and which of them an account keeps in its list.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::zone::{self, When};

/// What one account has there.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Calendars {
    /// The calendars that the account owns, by id. The primary one has the account's address.
    pub(super) own: BTreeMap<String, Calendar>,
    /// What the account keeps in its list, others' calendars too.
    pub(super) list: Vec<Entry>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Calendar {
    pub(super) id: String,
    pub(super) summary: String,
    pub(super) description: Option<String>,
    pub(super) location: Option<String>,
    pub(super) time_zone: String,
    /// The client that made it, for the scope of what an app has created.
    pub(super) client_id: Option<String>,
    pub(super) rules: Vec<Rule>,
    pub(super) events: BTreeMap<String, Event>,
    /// Counts changes of events, for sync tokens.
    pub(super) changes: u64,
}

/// Who may do what with a calendar.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    /// `default`, `user`, `group` or `domain`.
    pub(super) kind: String,
    pub(super) value: Option<String>,
    pub(super) role: Role,
}

impl Rule {
    pub(super) fn id(&self) -> String {
        match &self.value {
            Some(value) => format!("{}:{value}", self.kind),
            None => self.kind.clone(),
        }
    }

    fn covers(&self, account: &str) -> bool {
        let value = self.value.as_deref().unwrap_or_default();
        match self.kind.as_str() {
            "default" => true,
            "user" => value.eq_ignore_ascii_case(account),
            "domain" => {
                account.rsplit_once('@').is_some_and(|(_, domain)| domain.eq_ignore_ascii_case(value))
            }
            _ => false,
        }
    }
}

/// What somebody may do with a calendar; each includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Role {
    None,
    FreeBusyReader,
    Reader,
    WriterWithoutPrivateAccess,
    Writer,
    Owner,
}

impl Role {
    const ALL: [(&'static str, Self); 6] = [
        ("none", Self::None),
        ("freeBusyReader", Self::FreeBusyReader),
        ("reader", Self::Reader),
        ("writerWithoutPrivateAccess", Self::WriterWithoutPrivateAccess),
        ("writer", Self::Writer),
        ("owner", Self::Owner),
    ];

    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, role)| *role)
    }

    pub(super) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, role)| *role == self).map_or("none", |(name, _)| name)
    }
}

/// One line of an account's calendar list.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) id: String,
    /// What the account has set for itself: colour, name, whether it is hidden.
    pub(super) settings: Map<String, Value>,
}

/// An event as one calendar has it. Guests have copies under the same id.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Event {
    pub(super) id: String,
    /// The members of the description's event that are kept. Times are in UTC.
    pub(super) fields: Map<String, Value>,
    /// Which of the calendar's changes was the last to touch it.
    pub(super) change: u64,
}

impl Calendar {
    pub(super) fn zone(&self) -> TimeZone {
        zone::known(&self.time_zone)
    }

    /// What `account` may do here, by the rules alone.
    pub(super) fn role_of(&self, account: &str) -> Role {
        let roles = self.rules.iter().filter(|rule| rule.covers(account)).map(|rule| rule.role);
        roles.max().unwrap_or(Role::None)
    }

    pub(super) fn is_public(&self) -> bool {
        self.rules.iter().any(|rule| rule.kind == "default" && rule.role >= Role::Reader)
    }

    /// Keeps an event, new or changed.
    pub(super) fn put(&mut self, mut event: Event) {
        self.changes += 1;
        event.change = self.changes;
        self.events.insert(event.id.clone(), event);
    }
}

impl Event {
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name).and_then(Value::as_str)
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.text("status") == Some("cancelled")
    }

    pub(super) fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.fields.insert(name.to_owned(), value.into());
    }

    fn when(&self, name: &str) -> Option<When> {
        let value = self.fields.get(name)?.as_object()?;
        let text = |member: &str| value.get(member).and_then(Value::as_str);
        match text("date") {
            Some(date) => date.parse().ok().map(When::Day),
            None => text("dateTime")?.parse().ok().map(When::At),
        }
    }

    pub(super) fn start(&self) -> Option<When> {
        self.when("start")
    }

    pub(super) fn end(&self) -> Option<When> {
        self.when("end")
    }

    /// When the series had this occurrence before it was changed.
    pub(super) fn original_start(&self) -> Option<When> {
        self.when("originalStartTime")
    }

    /// The zone of its start, if it has one of its own.
    pub(super) fn zone_name(&self, name: &str) -> Option<&str> {
        self.fields.get(name)?.get("timeZone")?.as_str()
    }

    /// The lines by which it repeats.
    pub(super) fn recurrence(&self) -> Vec<String> {
        let lines = self.fields.get("recurrence").and_then(Value::as_array);
        lines.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    pub(super) fn attendees(&self) -> Vec<Map<String, Value>> {
        let all = self.fields.get("attendees").and_then(Value::as_array);
        all.into_iter().flatten().filter_map(Value::as_object).cloned().collect()
    }

    pub(super) fn organizer(&self) -> &str {
        let email = self.fields.get("organizer").and_then(|organizer| organizer.get("email"));
        email.and_then(Value::as_str).unwrap_or_default()
    }

    /// What the guest of that address has answered.
    pub(super) fn answer_of(&self, address: &str) -> Option<String> {
        let attendees = self.attendees();
        let own = attendees.iter().find(|attendee| is_address(attendee, address))?;
        own.get("responseStatus").and_then(Value::as_str).map(str::to_owned)
    }
}

pub(super) fn is_address(attendee: &Map<String, Value>, address: &str) -> bool {
    let email = attendee.get("email").and_then(Value::as_str).unwrap_or_default();
    email.eq_ignore_ascii_case(address)
}
