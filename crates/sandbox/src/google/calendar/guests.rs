//! Invitations: an event stands in the organizer's calendar, and in each guest's as a copy under the same id. What the
//! organizer changes reaches the copies; what a guest answers reaches the organizer.

use serde_json::{Map, Value, json};

use super::access::owner_of;
use super::body;
use super::state::{Event, is_address};
use crate::google::Call;
use crate::google::failure::Failure;
use crate::people::PEOPLE;
use crate::stage::Stage;

/// What every calendar has of its own about an event.
const PERSONAL: &[&str] = &["reminders", "colorId", "transparency", "visibility"];

/// Brings the copies up to what the organizer's calendar says. Without effect on a copy.
pub(super) fn spread(stage: &mut Stage<'_>, calendar_id: &str, event_id: &str) {
    let Some(owner) = owner_of(stage, calendar_id) else {
        return;
    };
    let account = stage.world.calendars.entry(owner).or_default();
    let Some(event) = account.own.get(calendar_id).and_then(|calendar| calendar.events.get(event_id)) else {
        return;
    };
    if !event.organizer().eq_ignore_ascii_case(calendar_id) {
        return;
    }
    let (event, guests) = (event.clone(), event.attendees());
    for person in PEOPLE.iter().filter(|person| person.email != calendar_id) {
        let account = stage.world.calendars.entry(person.email.to_owned()).or_default();
        let Some(calendar) = account.own.get_mut(person.email) else {
            continue;
        };
        let old = calendar.events.get(event_id);
        let invited = guests.iter().any(|guest| is_address(guest, person.email));
        let mut copy = match (old, invited) {
            (None, false) => continue,
            (Some(old), false) if old.is_cancelled() => continue,
            _ => event.clone(),
        };
        for name in PERSONAL {
            match old.and_then(|old| old.fields.get(*name)) {
                Some(own) => copy.set(name, own.clone()),
                None if *name == "visibility" => {}
                None => drop(copy.fields.remove(*name)),
            }
        }
        if let Some(properties) = copy.fields.get_mut("extendedProperties").and_then(Value::as_object_mut) {
            properties.remove("private");
        }
        if !invited {
            copy.set("status", "cancelled");
        }
        calendar.put(copy);
    }
}

/// Who would get an e-mail about it, by the ledger.
pub(super) fn notify(stage: &mut Stage<'_>, call: &Call, event: &Event) {
    let everybody = match (call.query.text("sendUpdates"), call.query.flag("sendNotifications")) {
        (Some(updates), _) => updates,
        (None, Some(true)) => "all",
        (None, _) => "none",
    };
    let guests = event.attendees();
    let address = |guest: &Map<String, Value>| guest.get("email").and_then(Value::as_str).map(str::to_owned);
    let known = |address: &String| PEOPLE.iter().any(|person| person.email == address);
    let told: Vec<String> = match everybody {
        "all" => guests.iter().filter_map(address).filter(|guest| guest != call.address()).collect(),
        "externalOnly" => guests.iter().filter_map(address).filter(|guest| !known(guest)).collect(),
        _ => Vec::new(),
    };
    if !told.is_empty() {
        stage.note.detail("notified", told);
    }
}

/// Whether the calendar only has a copy of the event, whose organizer is somewhere else in this world.
pub(super) fn is_copy(stage: &Stage<'_>, calendar_id: &str, event: &Event) -> bool {
    let organizer = event.organizer();
    !organizer.eq_ignore_ascii_case(calendar_id) && owner_of(stage, organizer).is_some()
}

/// A guest's own part of what the body says: the answer, and what is personal.
pub(super) fn as_guest(call: &Call, calendar_id: &str, copy: &Event) -> Result<Map<String, Value>, Failure> {
    let mut own = Map::new();
    let may_modify = copy.fields.get("guestsCanModify") == Some(&json!(true));
    for (name, value) in &call.body.0 {
        let is_personal = PERSONAL.contains(&name.as_str());
        let is_same = copy.fields.get(name) == Some(value);
        match name.as_str() {
            "attendees" => {
                let guests = answered(copy, calendar_id, value)?;
                own.insert(name.clone(), guests);
            }
            "attendeesOmitted" | "extendedProperties" => {}
            _ if is_personal || may_modify => drop(own.insert(name.clone(), value.clone())),
            _ if is_same => {}
            _ => {
                let message = "Shared properties can only be changed by the organizer of the event.";
                return Err(Failure::new(403, "forbiddenForNonOrganizer", "PERMISSION_DENIED", message));
            }
        }
    }
    Ok(own)
}

/// The guests of `event` with the answer that `given` has for `address`.
pub(super) fn answered(event: &Event, address: &str, given: &Value) -> Result<Value, Failure> {
    let mut guests = event.attendees();
    let given = given.as_array().into_iter().flatten().filter_map(Value::as_object);
    let own = given.into_iter().find(|guest| is_address(guest, address));
    let own = own.ok_or_else(|| body::invalid("The attendee is not among those of the event."))?;
    match guests.iter_mut().find(|guest| is_address(guest, address)) {
        Some(guest) => {
            for name in ["responseStatus", "comment", "additionalGuests"] {
                if let Some(value) = own.get(name) {
                    guest.insert(name.to_owned(), value.clone());
                }
            }
        }
        None => guests.push(own.clone()),
    }
    Ok(guests.into_iter().map(Value::Object).collect())
}

/// Tells the organizer what the guest of `calendar_id` has answered in their copy, and through them all others.
pub(super) fn answer(stage: &mut Stage<'_>, calendar_id: &str, copy: &Event) -> Result<(), Failure> {
    let organizer = copy.organizer().to_owned();
    let Some(owner) = owner_of(stage, &organizer) else {
        return Ok(());
    };
    let account = stage.world.calendars.entry(owner).or_default();
    let Some(calendar) = account.own.get_mut(&organizer) else {
        return Ok(());
    };
    let Some(mut original) = super::occurrences::find(calendar, &copy.id) else {
        return Ok(());
    };
    let given = copy.fields.get("attendees").cloned().unwrap_or_default();
    original.set("attendees", answered(&original, calendar_id, &given)?);
    if copy.fields.get("guestsCanModify") == Some(&json!(true)) {
        for name in ["summary", "description", "location", "start", "end"] {
            if let Some(value) = copy.fields.get(name) {
                original.set(name, value.clone());
            }
        }
    }
    calendar.put(original);
    spread(stage, &organizer, &copy.id);
    Ok(())
}
