//! `events`: those that change something.

use serde_json::{Value, json};

use super::access::{self, Place, Purpose, not_found};
use super::body::{self, Change};
use super::list::view;
use super::state::{Event, Role};
use super::{guests, occurrences, quick, show};
use crate::google::Call;
use crate::google::failure::Failure;
use crate::stage::{Stage, stamp};
use crate::strict::Arguments;
use crate::wire::Answer;

/// What survives when an event is replaced as a whole.
const LASTING: &[&str] = &[
    "created",
    "creator",
    "organizer",
    "iCalUID",
    "sequence",
    "eventType",
    "recurringEventId",
    "originalStartTime",
    "conferenceData",
    "hangoutLink",
    "attachments",
];

fn writable(stage: &mut Stage<'_>, call: &Call) -> Result<Place, Failure> {
    let place = access::of_path(stage, call, Purpose::WriteEvents)?;
    place.need(Role::Writer)?;
    Ok(place)
}

fn answer(stage: &mut Stage<'_>, call: &Call, place: &Place, id: &str) -> Result<Answer, Failure> {
    let calendar = place.calendar(stage);
    let view = view(call, place, calendar)?;
    let event = occurrences::find(calendar, id).ok_or_else(not_found)?;
    Ok(Answer::json(200, &show::event(calendar, &event, &view)))
}

/// Keeps an event of this calendar, lets the guests know, and answers it.
fn keep(stage: &mut Stage<'_>, call: &Call, place: &Place, mut event: Event) -> Result<Answer, Failure> {
    event.set("updated", stamp(stage.now));
    let id = event.id.clone();
    guests::notify(stage, call, &event);
    place.calendar(stage).put(event);
    guests::spread(stage, &place.id, &id);
    answer(stage, call, place, &id)
}

/// An event that nobody has yet.
fn new_event(stage: &mut Stage<'_>, call: &Call, place: &Place) -> Event {
    let mut event = Event { id: stage.letters(26, "0123456789abcdefghijklmnopqrstuv"), ..Event::default() };
    event.set("status", "confirmed");
    event.set("created", stamp(stage.now));
    event.set("creator", json!({"email": call.address()}));
    event.set("sequence", 0);
    event.set("eventType", "default");
    let mut organizer = json!({"email": place.id});
    // A group's calendar goes by its name, a person's by the address.
    if place.id != place.owner {
        organizer["displayName"] = json!(place.calendar(stage).summary);
    }
    event.set("organizer", organizer);
    event
}

pub(super) fn insert(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = writable(stage, call)?;
    let mut event = new_event(stage, call, &place);
    if let Some(id) = call.body.filled("id") {
        let alphabet = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'v');
        if !(5..=1024).contains(&id.len()) || !id.bytes().all(alphabet) {
            return Err(body::invalid("Invalid resource id value."));
        }
        if place.calendar(stage).events.contains_key(id) {
            let message = "The requested identifier already exists.";
            return Err(Failure::new(409, "duplicate", "ALREADY_EXISTS", message));
        }
        id.clone_into(&mut event.id);
    }
    let uid = call.body.filled("iCalUID").map_or_else(|| format!("{}@google.com", event.id), str::to_owned);
    event.set("iCalUID", uid);
    let calendar = place.calendar(stage).clone();
    body::apply(stage, &mut event, &calendar, (&call.query, &call.body), Change::Whole)?;
    keep(stage, call, &place, event)
}

/// A private copy of an event from elsewhere, known by its iCalendar id.
pub(super) fn import(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = writable(stage, call)?;
    let uid = call.body.filled("iCalUID").ok_or_else(|| body::required("Missing iCalUID."))?.to_owned();
    let calendar = place.calendar(stage).clone();
    let mut known = calendar.events.values().filter(|event| event.text("iCalUID") == Some(uid.as_str()));
    let mut event = match known.next().cloned() {
        Some(event) => event,
        None => new_event(stage, call, &place),
    };
    if call.body.text("eventType").is_some_and(|kind| kind != "default") {
        return Err(body::invalid("Only events of type default may be imported."));
    }
    event.set("iCalUID", uid);
    if let Some(organizer) = call.body.object("organizer") {
        event.set("organizer", Value::Object(organizer.0));
    }
    body::apply(stage, &mut event, &calendar, (&call.query, &call.body), Change::Whole)?;
    event.set("updated", stamp(stage.now));
    let id = event.id.clone();
    place.calendar(stage).put(event);
    answer(stage, call, &place, &id)
}

pub(super) fn quick_add(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = writable(stage, call)?;
    let mut event = new_event(stage, call, &place);
    let calendar = place.calendar(stage).clone();
    let text = call.query.filled("text").ok_or_else(|| body::required("Missing text."))?;
    let read = quick::read(text, stage.now, &calendar);
    event.set("iCalUID", format!("{}@google.com", event.id));
    let (query, read) = (Arguments::default(), Arguments(read));
    body::apply(stage, &mut event, &calendar, (&query, &read), Change::Whole)?;
    keep(stage, call, &place, event)
}

pub(super) fn patch(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    change(stage, call, Change::Patch)
}

pub(super) fn update(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    change(stage, call, Change::Whole)
}

fn change(stage: &mut Stage<'_>, call: &Call, change: Change) -> Result<Answer, Failure> {
    let place = writable(stage, call)?;
    let calendar = place.calendar(stage).clone();
    let old = occurrences::find(&calendar, call.captured("eventId")).ok_or_else(not_found)?;
    if call.body.text("id").is_some_and(|id| id != old.id) {
        return Err(body::invalid("sandbox: the id in the body is not the one in the path"));
    }
    if guests::is_copy(stage, &place.id, &old) {
        return change_copy(stage, call, &place, old);
    }
    let mut given = call.body.clone();
    // With guests left out only the caller's own answer is meant.
    if call.body.flag("attendeesOmitted") == Some(true)
        && let Some(attendees) = call.body.value("attendees")
    {
        given.0.insert("attendees".to_owned(), guests::answered(&old, call.address(), attendees)?);
    }
    let mut event = old.clone();
    if change == Change::Whole {
        event.fields.retain(|name, _| LASTING.contains(&name.as_str()));
        event.set("status", "confirmed");
        given.0.entry("status").or_insert(json!("confirmed"));
    }
    if given.text("eventType").is_some_and(|kind| kind != old.text("eventType").unwrap_or("default")) {
        let message = "The type of an event cannot be changed.";
        return Err(Failure::new(400, "eventTypeRestriction", "INVALID_ARGUMENT", message));
    }
    body::apply(stage, &mut event, &calendar, (&call.query, &given), change)?;
    let moved =
        ["start", "end", "recurrence"].iter().any(|name| event.fields.get(*name) != old.fields.get(*name));
    if moved {
        let sequence = old.fields.get("sequence").and_then(Value::as_i64).unwrap_or_default();
        event.set("sequence", sequence + 1);
    }
    keep(stage, call, &place, event)
}

/// A guest changes their copy: their answer goes to the organizer, what is personal stays.
fn change_copy(stage: &mut Stage<'_>, call: &Call, place: &Place, old: Event) -> Result<Answer, Failure> {
    let own = Arguments(guests::as_guest(call, &place.id, &old)?);
    let calendar = place.calendar(stage).clone();
    let mut copy = old;
    body::apply(stage, &mut copy, &calendar, (&call.query, &own), Change::Patch)?;
    copy.set("updated", stamp(stage.now));
    let id = copy.id.clone();
    place.calendar(stage).put(copy.clone());
    if own.names("attendees") || copy.fields.get("guestsCanModify") == Some(&json!(true)) {
        guests::answer(stage, &place.id, &copy)?;
    }
    answer(stage, call, place, &id)
}

pub(super) fn delete(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = writable(stage, call)?;
    let calendar = place.calendar(stage);
    let mut event = occurrences::find(calendar, call.captured("eventId")).ok_or_else(not_found)?;
    if event.is_cancelled() {
        return Err(Failure::new(410, "deleted", "FAILED_PRECONDITION", "Resource has been deleted"));
    }
    let changed_ones: Vec<String> = calendar
        .events
        .values()
        .filter(|other| other.text("recurringEventId") == Some(event.id.as_str()))
        .map(|other| other.id.clone())
        .collect();
    for id in changed_ones {
        calendar.events.remove(&id);
    }
    if guests::is_copy(stage, &place.id, &event) {
        let declined = json!([{"email": place.id, "responseStatus": "declined"}]);
        event.set("attendees", guests::answered(&event, &place.id, &declined)?);
        guests::answer(stage, &place.id, &event)?;
    }
    guests::notify(stage, call, &event);
    event.set("status", "cancelled");
    event.set("updated", stamp(stage.now));
    let id = event.id.clone();
    place.calendar(stage).put(event);
    guests::spread(stage, &place.id, &id);
    Ok(Answer::empty(204))
}

/// Gives an event another organizer, by moving it to their calendar.
pub(super) fn move_(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = writable(stage, call)?;
    let destination = call.query.filled("destination").unwrap_or_default();
    let mut event =
        place.calendar(stage).events.get(call.captured("eventId")).cloned().ok_or_else(not_found)?;
    let target = access::find(stage, call, destination, Purpose::WriteEvents)?;
    target.need(Role::Writer)?;
    let refused =
        |reason, message: &str| Err(Failure::new(400, reason, "INVALID_ARGUMENT", message.to_owned()));
    if event.is_cancelled() {
        return Err(not_found());
    }
    if event.fields.contains_key("recurringEventId") {
        return refused("cannotChangeOrganizerOfInstance", "Cannot change the organizer of an instance.");
    }
    if event.text("eventType").unwrap_or("default") != "default" {
        return refused("eventTypeRestriction", "Only events of type default can be moved.");
    }
    if guests::is_copy(stage, &place.id, &event) {
        let message = "The operation can only be performed by the organizer of the event.";
        return Err(Failure::new(403, "forbiddenForNonOrganizer", "PERMISSION_DENIED", message));
    }
    if target.id == place.id {
        return answer(stage, call, &place, &event.id);
    }
    let mut gone = event.clone();
    gone.set("status", "cancelled");
    place.calendar(stage).put(gone);
    let mut organizer = json!({"email": target.id});
    if target.id != target.owner {
        organizer["displayName"] = json!(target.calendar(stage).summary);
    }
    event.set("organizer", organizer);
    keep(stage, call, &target, event)
}
