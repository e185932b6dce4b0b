//! What tools do: they keep records for a connected account and answer what is there. Whatever fails here is a provider
//! that says no, which the vendor passes on in an answer with status 200.

use std::fmt;

use serde_json::{Map, Value, json};

use super::project::Shelf;
use crate::people::Person;
use crate::stage::{Stage, stamp};

pub(super) type Sent = Map<String, Value>;

#[derive(Clone, Copy)]
pub(super) enum Effect {
    /// Keeps the arguments as a new record.
    Add,
    List,
    Get,
    Change,
    Remove,
    Count,
    /// Says whose account it is.
    Me(fn(&Person) -> Value),
    Run(fn(&mut Desk<'_, '_>, &Sent) -> Result<Value, String>),
    /// Nothing any more.
    Gone,
}

impl fmt::Debug for Effect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Add => "Add",
            Self::List => "List",
            Self::Get => "Get",
            Self::Change => "Change",
            Self::Remove => "Remove",
            Self::Count => "Count",
            Self::Me(_) => "Me",
            Self::Run(_) => "Run",
            Self::Gone => "Gone",
        })
    }
}

/// Where a tool works: the records of one account.
pub(super) struct Desk<'a, 's> {
    pub(super) stage: &'a mut Stage<'s>,
    pub(super) shelf: String,
    pub(super) person: &'static Person,
    pub(super) kind: &'a str,
    /// Which record is meant.
    pub(super) record: Option<String>,
}

const LIMITS: &[&str] =
    &["limit", "max_results", "maxResults", "page_size", "pageSize", "per_page", "top", "count", "size"];
const QUERIES: &[&str] = &["query", "q", "search_query"];

pub(super) fn run(effect: Effect, desk: &mut Desk<'_, '_>, sent: &Sent) -> Result<Value, String> {
    let kind = desk.kind;
    match effect {
        Effect::Add => Ok(Value::Object(desk.add(kind, sent.clone()))),
        Effect::List => Ok(list(desk, sent)),
        Effect::Get => desk.wanted().map(|record| Value::Object(record.clone())),
        Effect::Change => {
            let now = stamp(desk.stage.now);
            let record = desk.wanted()?;
            for (name, value) in sent.iter().filter(|(_, value)| !value.is_null()) {
                record.insert(name.clone(), value.clone());
            }
            record.insert("updated_at".to_owned(), now.into());
            Ok(Value::Object(record.clone()))
        }
        Effect::Remove => {
            let id = desk.wanted()?.get("id").cloned().unwrap_or_default();
            desk.records(kind).retain(|record| record.get("id") != Some(&id));
            Ok(json!({"id": id, "deleted": true}))
        }
        Effect::Count => Ok(json!({"count": desk.records(kind).len()})),
        Effect::Me(show) => Ok(show(desk.person)),
        Effect::Run(act) => act(desk, sent),
        Effect::Gone => Err("This tool is gone".to_owned()),
    }
}

/// The records that the query fits, the latest first.
fn list(desk: &mut Desk<'_, '_>, sent: &Sent) -> Value {
    let kind = desk.kind;
    let query = QUERIES.iter().find_map(|name| sent.get(*name)?.as_str()).unwrap_or_default().to_lowercase();
    let fits =
        |record: &&Sent| record.values().any(|value| value.to_string().to_lowercase().contains(&query));
    let found: Vec<Sent> = desk.records(kind).iter().rev().filter(fits).cloned().collect();
    let total = found.len();
    let limit = limit(sent, total);
    json!({format!("{kind}s"): found.into_iter().take(limit).collect::<Vec<_>>(), "total": total})
}

pub(super) fn limit(sent: &Sent, usual: usize) -> usize {
    let limit = LIMITS.iter().find_map(|name| sent.get(*name)?.as_u64());
    limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usual)
}

/// A text among the arguments; empty where there is none.
pub(super) fn text<'s>(sent: &'s Sent, name: &str) -> &'s str {
    sent.get(name).and_then(Value::as_str).unwrap_or_default()
}

impl Desk<'_, '_> {
    fn shelf(&mut self) -> &mut Shelf {
        self.stage.world.composio.shelves.entry(self.shelf.clone()).or_default()
    }

    /// Counts from 1 for each account.
    pub(super) fn number(&mut self) -> u64 {
        let shelf = self.shelf();
        shelf.last += 1;
        shelf.last
    }

    pub(super) fn records(&mut self, kind: &str) -> &mut Vec<Sent> {
        self.shelf().records.entry(kind.to_owned()).or_default()
    }

    /// A new record with an id that no other account has, unless the fields name one.
    pub(super) fn add(&mut self, kind: &str, fields: Sent) -> Sent {
        let mut record = Sent::new();
        record.insert("id".to_owned(), self.stage.hex(16).into());
        record.extend(fields.into_iter().filter(|(_, value)| !value.is_null()));
        record.insert("created_at".to_owned(), stamp(self.stage.now).into());
        self.records(kind).push(record.clone());
        record
    }

    /// The record with this id.
    pub(super) fn find(&mut self, kind: &str, id: &str) -> Result<&mut Sent, String> {
        let is_meant = |record: &&mut Sent| {
            record.get("id").is_some_and(|own| {
                own.as_str() == Some(id) || own.as_u64().is_some_and(|own| id.parse() == Ok(own))
            })
        };
        let found = self.records(kind).iter_mut().find(is_meant);
        found.ok_or_else(|| format!("404 Not Found: there is no {kind} `{id}`"))
    }

    /// The record that the arguments name.
    pub(super) fn wanted(&mut self) -> Result<&mut Sent, String> {
        let id = self.record.clone().unwrap_or_default();
        self.find(self.kind, &id)
    }
}
