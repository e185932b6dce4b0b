//! An event as the API answers it.

use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::access::Sight;
use super::state::{Calendar, Event, Role, is_address};
use super::zone;

/// Who looks, and how they want it shown.
#[derive(Debug, Clone)]
pub(super) struct View {
    pub(super) sight: Sight,
    pub(super) role: Role,
    pub(super) zone: TimeZone,
    pub(super) max_attendees: Option<usize>,
}

impl View {
    /// Of an event with a visibility of its own: only writers see what is private.
    fn sees(&self, event: &Event) -> bool {
        let is_private = matches!(event.text("visibility"), Some("private" | "confidential"));
        self.sight == Sight::Full && (!is_private || self.role >= Role::Writer)
    }
}

fn etag(change: u64, id: &str) -> String {
    format!("\"{}{:04}\"", id.len(), change)
}

pub(super) fn event(calendar: &Calendar, event: &Event, view: &View) -> Value {
    let time = |name: &str, when| {
        let own = event.zone_name(name).unwrap_or(&calendar.time_zone);
        zone::show(when, own, &view.zone)
    };
    let mut value = json!({
        "kind": "calendar#event",
        "etag": etag(event.change, &event.id),
        "id": event.id,
        "status": event.text("status").unwrap_or("confirmed"),
    });
    if let Some(start) = event.original_start() {
        value["originalStartTime"] = time("originalStartTime", start);
        value["recurringEventId"] = json!(event.text("recurringEventId"));
    }
    if let (Some(start), Some(end)) = (event.start(), event.end()) {
        value["start"] = time("start", start);
        value["end"] = time("end", end);
    }
    if !view.sees(event) {
        value["visibility"] = json!("private");
        value["eventType"] = json!(event.text("eventType").unwrap_or("default"));
        return value;
    }
    value["htmlLink"] = json!(format!("https://www.google.com/calendar/event?eid={}", event.id));
    for (name, kept) in &event.fields {
        if value.get(name).is_none() {
            value[name] = kept.clone();
        }
    }
    value["eventType"] = json!(event.text("eventType").unwrap_or("default"));
    if value.get("reminders").is_none() {
        value["reminders"] = json!({"useDefault": true});
    }
    for name in ["creator", "organizer"] {
        if let Some(person) = value[name].as_object_mut() {
            mark_self(person, &calendar.id);
        }
    }
    attendees(&mut value, &calendar.id, view.max_attendees);
    value
}

fn mark_self(person: &mut Map<String, Value>, calendar: &str) {
    if is_address(person, calendar) {
        person.insert("self".to_owned(), json!(true));
    }
}

/// Marks who is who among the guests, and leaves all out but the viewer if there are too many.
fn attendees(event: &mut Value, calendar: &str, max: Option<usize>) {
    let organizer = event["organizer"]["email"].as_str().unwrap_or_default().to_owned();
    let Some(all) = event.get_mut("attendees").and_then(Value::as_array_mut) else {
        return;
    };
    for attendee in all.iter_mut().filter_map(Value::as_object_mut) {
        mark_self(attendee, calendar);
        if is_address(attendee, &organizer) {
            attendee.insert("organizer".to_owned(), json!(true));
        }
    }
    if max.is_some_and(|max| all.len() > max) {
        all.retain(|attendee| attendee["self"] == true);
        event["attendeesOmitted"] = json!(true);
    }
}

pub(super) fn calendar(calendar: &Calendar, owner: &str) -> Value {
    let mut value = json!({
        "kind": "calendar#calendar",
        "etag": etag(calendar.changes, &calendar.id),
        "id": calendar.id,
        "summary": calendar.summary,
        "timeZone": calendar.time_zone,
        "conferenceProperties": {"allowedConferenceSolutionTypes": ["hangoutsMeet"]},
    });
    // Only secondary calendars have a data owner beside their id.
    if calendar.id != owner {
        value["dataOwner"] = json!(owner);
    }
    for (name, text) in [("description", &calendar.description), ("location", &calendar.location)] {
        if let Some(text) = text {
            value[name] = json!(text);
        }
    }
    value
}
