//! Contacts.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::mailbox::{Contact, missing, new_id};
use super::properties::CONTACT;
use super::{Call, Failure, entity, mailbox, odata};
use crate::stage::Stage;
use crate::strict::Arguments;
use crate::wire::Answer;

const USUAL_PAGE: i64 = 10;
const LISTS: [&str; 6] =
    ["businessPhones", "categories", "children", "emailAddresses", "homePhones", "imAddresses"];
const ADDRESSES: [&str; 3] = ["businessAddress", "homeAddress", "otherAddress"];

pub(super) fn is_birthday(text: &str) -> bool {
    text.parse::<Timestamp>().is_ok()
}

fn show(contact: &Contact) -> Value {
    let mut shown = entity::head(&contact.id, &contact.item);
    for (name, _) in CONTACT.properties {
        shown.entry(*name).or_insert(Value::Null);
    }
    Value::Object(shown)
}

pub(super) fn write(stage: &mut Stage<'_>, item: &mut Map<String, Value>, sent: &Arguments) {
    for (name, value) in sent.0.iter().filter(|(name, _)| *name != "@odata.type") {
        let mut value = value.clone();
        if name == "emailAddresses" {
            for email in value.as_array_mut().into_iter().flatten() {
                if email["name"].is_null() {
                    email["name"] = email["address"].clone();
                }
            }
        }
        item.insert(name.clone(), value);
    }
    entity::touched(stage, item);
    for list in LISTS {
        item.entry(list).or_insert_with(|| Value::Array(Vec::new()));
    }
    for address in ADDRESSES {
        item.entry(address).or_insert_with(|| Value::Object(Map::new()));
    }
    item.entry("personalNotes").or_insert_with(|| Value::from(""));
    let text = |name: &str| {
        item.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let names = [text("givenName"), text("surname")].map(Option::unwrap_or_default);
    let name = text("displayName").unwrap_or_else(|| names.join(" ").trim().to_owned());
    let filed = match (text("givenName"), text("surname")) {
        (Some(given), Some(family)) => format!("{family}, {given}"),
        _ => name.clone(),
    };
    let file_as = text("fileAs").unwrap_or(filed);
    item.insert("displayName".to_owned(), Value::from(name));
    item.insert("fileAs".to_owned(), Value::from(file_as));
}

/// A contact made from properties.
pub(super) fn made(stage: &mut Stage<'_>, sent: &Arguments) -> Contact {
    let mut item = Map::new();
    entity::created(stage, &mut item);
    item.insert("parentFolderId".to_owned(), Value::from("AAMkADContactsAAA="));
    write(stage, &mut item, sent);
    Contact { id: new_id(stage), item }
}

pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let mut shown: Vec<Value> = mailbox(stage, call).contacts.iter().map(show).collect();
    shown.sort_by_key(|contact| contact["displayName"].as_str().unwrap_or_default().to_lowercase());
    odata::list(stage, call, &CONTACT, shown, USUAL_PAGE)
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let id = call.captured("contact");
    let contact = mailbox(stage, call).contacts.iter().find(|contact| contact.id == id);
    let shown = show(contact.ok_or_else(|| missing(id))?);
    odata::one(stage, call, &CONTACT, 200, &shown)
}

pub(super) fn create(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let contact = made(stage, &call.body);
    let shown = show(&contact);
    mailbox(stage, call).contacts.push(contact);
    odata::one(stage, call, &CONTACT, 201, &shown)
}

pub(super) fn update(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let id = call.captured("contact");
    let position = mailbox(stage, call).contacts.iter().position(|contact| contact.id == id);
    let position = position.ok_or_else(|| missing(id))?;
    let mut contact = mailbox(stage, call).contacts[position].clone();
    write(stage, &mut contact.item, &call.body);
    let shown = show(&contact);
    mailbox(stage, call).contacts[position] = contact;
    odata::one(stage, call, &CONTACT, 200, &shown)
}

pub(super) fn delete(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (id, mailbox) = (call.captured("contact"), mailbox(stage, call));
    let before = mailbox.contacts.len();
    mailbox.contacts.retain(|contact| contact.id != id);
    if mailbox.contacts.len() == before { Err(missing(id)) } else { Ok(Answer::empty(204)) }
}
