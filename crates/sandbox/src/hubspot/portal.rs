//! The account's records: their values with all that these have been, and the links between records.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::definitions;
use super::failure::Failure;
use super::kinds::Kind;
use super::values;

/// One HubSpot account, of which all seed users are users.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Portal {
    records: BTreeMap<Kind, BTreeMap<u64, Record>>,
    /// Each link is here twice, once in each direction.
    pub(super) links: BTreeSet<Link>,
    last_id: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    pub(super) id: u64,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) archived_at: Option<Timestamp>,
    /// The newest value of a property comes first.
    values: BTreeMap<String, Vec<Past>>,
}

/// A value that a property has, or once had.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Past {
    value: String,
    at: Timestamp,
    user: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Link {
    pub(super) from_kind: Kind,
    pub(super) from: u64,
    pub(super) to_kind: Kind,
    pub(super) to: u64,
    pub(super) type_id: u32,
}

/// Names and values as they were sent.
pub(super) type Values = BTreeMap<String, String>;

/// Who writes, and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pen {
    user: u64,
    now: Timestamp,
}

impl Pen {
    pub(super) fn new(user: u64, now: Timestamp) -> Self {
        Self { user, now: in_milliseconds(now) }
    }
}

/// HubSpot's times have no smaller parts.
pub(super) fn in_milliseconds(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}

impl Record {
    fn new(id: u64, now: Timestamp) -> Self {
        Self { id, created_at: now, updated_at: now, archived_at: None, values: BTreeMap::new() }
    }

    /// The value of a property that has one; an empty text where it was cleared.
    pub(super) fn value(&self, kind: Kind, name: &str) -> Option<String> {
        let facts = kind.facts();
        if name == "hs_object_id" {
            return Some(self.id.to_string());
        }
        if name == facts.created {
            return Some(self.created_at.to_string());
        }
        if name == facts.modified {
            return Some(self.updated_at.to_string());
        }
        self.values.get(name)?.first().map(|past| past.value.clone())
    }

    /// Like [`value`](Self::value), but what was cleared counts as none.
    pub(super) fn filled(&self, kind: Kind, name: &str) -> Option<String> {
        self.value(kind, name).filter(|value| !value.is_empty())
    }

    /// The names of all properties that have a value.
    pub(super) fn names(&self) -> Vec<String> {
        self.values.keys().cloned().collect()
    }

    pub(super) fn history(&self, name: &str) -> Vec<Value> {
        let pasts = self.values.get(name).into_iter().flatten();
        let told = |past: &Past| {
            json!({
                "value": past.value,
                "timestamp": past.at.to_string(),
                "sourceType": "INTEGRATION",
                "updatedByUserId": past.user,
            })
        };
        pasts.map(told).collect()
    }

    fn set(&mut self, name: &str, value: String, pen: Pen) {
        let pasts = self.values.entry(name.to_owned()).or_default();
        if pasts.first().is_none_or(|past| past.value != value) {
            pasts.insert(0, Past { value, at: pen.now, user: pen.user });
        }
    }

    /// Sets what was accepted, but for steps back, which HubSpot leaves out without a word.
    fn write(&mut self, kind: Kind, accepted: &Values, pen: Pen) {
        for (name, value) in accepted {
            let old = self.value(kind, name).unwrap_or_default();
            if !values::is_step_back(kind, name, &old, value) {
                self.set(name, value.clone(), pen);
            }
        }
        self.updated_at = pen.now;
    }
}

/// The values as they are kept, or all that is wrong with them.
fn accept(kind: Kind, given: &Values) -> Result<Values, Failure> {
    let (mut accepted, mut problems) = (Values::new(), Vec::new());
    for (name, value) in given {
        match values::accept(kind, name, value) {
            Ok(value) => {
                accepted.insert(name.clone(), value);
            }
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(accepted) } else { Err(Failure::properties(&problems)) }
}

impl Portal {
    /// Records that are not archived, or those that are, in the order of their ids.
    pub(super) fn all(&self, kind: Kind, archived: bool) -> impl Iterator<Item = &Record> {
        let records = self.records.get(&kind).into_iter().flat_map(BTreeMap::values);
        records.filter(move |record| record.archived_at.is_some() == archived)
    }

    pub(super) fn find(&self, kind: Kind, id: u64) -> Option<&Record> {
        let record = self.records.get(&kind)?.get(&id)?;
        record.archived_at.is_none().then_some(record)
    }

    /// The record that has `value` as its id, or as that of a property by which records can be found.
    pub(super) fn seek(
        &self,
        kind: Kind,
        value: &str,
        property: Option<&str>,
        archived: bool,
    ) -> Result<Option<&Record>, Failure> {
        let property = property.unwrap_or("hs_object_id");
        let definition = definitions::find(kind, property);
        let finds = property == "hs_object_id"
            || definition.is_some_and(|property| property.is == definitions::Trait::Unique);
        if !finds {
            let message = format!("Property '{property}' is not a unique identifier property");
            return Err(Failure::invalid(message));
        }
        let fits = |record: &&Record| {
            record.value(kind, property).is_some_and(|own| own.eq_ignore_ascii_case(value))
        };
        Ok(self.all(kind, archived).find(fits))
    }

    fn holder_of(&self, email: &str) -> Option<u64> {
        let has = |record: &&Record| record.filled(Kind::Contacts, "email").as_deref() == Some(email);
        self.all(Kind::Contacts, false).find(has).map(|record| record.id)
    }

    /// An e-mail address belongs to one contact.
    fn refuse_taken(&self, kind: Kind, accepted: &Values, own: Option<u64>) -> Result<(), Failure> {
        let email = accepted.get("email").filter(|email| kind == Kind::Contacts && !email.is_empty());
        let holder = email.and_then(|email| self.holder_of(email)).filter(|holder| Some(*holder) != own);
        holder.map_or(Ok(()), |holder| Err(Failure::conflict(holder)))
    }

    pub(super) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    pub(super) fn create(&mut self, kind: Kind, given: &Values, pen: Pen) -> Result<u64, Failure> {
        let mut accepted = accept(kind, given)?;
        let facts = kind.facts();
        let lacks = |name: &str| accepted.get(name).is_none_or(String::is_empty);
        let missing: Vec<&str> = facts.required.iter().copied().filter(|name| lacks(name)).collect();
        if !missing.is_empty() {
            return Err(Failure::missing_properties(kind, &missing));
        }
        if !facts.one_of.is_empty() && facts.one_of.iter().all(|name| lacks(name)) {
            return Err(Failure::missing_properties(kind, facts.one_of));
        }
        self.refuse_taken(kind, &accepted, None)?;
        for (name, value) in facts.defaults {
            accepted.entry((*name).to_owned()).or_insert_with(|| (*value).to_owned());
        }
        let id = self.next_id();
        self.put(kind, id, &accepted, pen);
        Ok(id)
    }

    /// A record with values that are known to be good.
    pub(super) fn put(&mut self, kind: Kind, id: u64, accepted: &Values, pen: Pen) {
        let mut record = Record::new(id, pen.now);
        record.write(kind, accepted, pen);
        self.last_id = self.last_id.max(id);
        self.records.entry(kind).or_default().insert(id, record);
    }

    pub(super) fn change(&mut self, kind: Kind, id: u64, given: &Values, pen: Pen) -> Result<(), Failure> {
        let accepted = accept(kind, given)?;
        self.refuse_taken(kind, &accepted, Some(id))?;
        let record = self.records.get_mut(&kind).and_then(|records| records.get_mut(&id));
        record.ok_or_else(Failure::not_found)?.write(kind, &accepted, pen);
        Ok(())
    }

    /// Puts a record into the bin, and says whether there is such a record at all.
    pub(super) fn archive(&mut self, kind: Kind, id: u64, now: Timestamp) -> bool {
        let record = self.records.get_mut(&kind).and_then(|records| records.get_mut(&id));
        let Some(record) = record else {
            return false;
        };
        record.archived_at.get_or_insert(in_milliseconds(now));
        true
    }

    /// The links of a record to those of a kind that are there, in the order of their ids.
    pub(super) fn links_of(&self, kind: Kind, id: u64, to: Kind) -> impl Iterator<Item = &Link> {
        self.links.iter().filter(move |link| {
            link.from_kind == kind
                && link.from == id
                && link.to_kind == to
                && self.find(to, link.to).is_some()
        })
    }
}
