//! The event in a body: what of it is kept, and whether it makes sense.

use serde_json::{Map, Value, json};

use super::occurrences::kept;
use super::recurrence;
use super::state::{Calendar, Event, is_address};
use super::zone::{self, When};
use crate::google::failure::Failure;
use crate::stage::Stage;
use crate::strict::Arguments;

/// What a caller may set. The rest of an event is Google's own, which it ignores on the way in.
const KEPT: &[&str] = &[
    "summary",
    "description",
    "location",
    "status",
    "colorId",
    "start",
    "end",
    "recurrence",
    "transparency",
    "visibility",
    "attendees",
    "guestsCanInviteOthers",
    "guestsCanModify",
    "guestsCanSeeOtherGuests",
    "anyoneCanAddSelf",
    "reminders",
    "extendedProperties",
    "source",
    "sequence",
    "eventType",
    "focusTimeProperties",
    "outOfOfficeProperties",
    "workingLocationProperties",
    "birthdayProperties",
];
const MAX_OVERRIDES: usize = 5;
const MAX_MINUTES: i64 = 40_320;
const MAX_ATTACHMENTS: usize = 25;
const MAX_EVENT_COLOR: i64 = 11;

pub(super) fn invalid(message: impl Into<String>) -> Failure {
    Failure::new(400, "invalid", "INVALID_ARGUMENT", message)
}

pub(super) fn required(message: impl Into<String>) -> Failure {
    Failure::new(400, "required", "INVALID_ARGUMENT", message)
}

/// Whether what the body says replaces what is there, or is merged into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Whole,
    Patch,
}

/// Puts what the body says into `event`, and checks the outcome.
pub(super) fn apply(
    stage: &mut Stage<'_>,
    event: &mut Event,
    calendar: &Calendar,
    (query, body): (&Arguments, &Arguments),
    change: Change,
) -> Result<(), Failure> {
    if body.names("eventLabelId") || query.names("eventLabelVersion") {
        return Err(invalid("sandbox: the twin has no event labels"));
    }
    for name in KEPT {
        if change == Change::Whole && *name != "sequence" && *name != "eventType" {
            event.fields.remove(*name);
        }
        // Null takes a field away in a patch, and means nothing elsewhere.
        if change == Change::Patch && body.names(name) && body.value(name).is_none() {
            event.fields.remove(*name);
        }
        if let Some(value) = body.value(name) {
            let slot = event.fields.entry((*name).to_owned()).or_insert(Value::Null);
            if change == Change::Patch { merge(slot, value) } else { slot.clone_from(value) }
        }
    }
    attach(event, query, body)?;
    meet(stage, event, query, body)?;
    // An empty text or list is how a caller takes something away.
    event
        .fields
        .retain(|_, value| !matches!(value, Value::Null) && *value != json!("") && *value != json!([]));
    check(event, calendar)
}

/// Objects member by member, all else as a whole.
fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                merge(into.entry(name.clone()).or_insert(Value::Null), value);
            }
            into.retain(|_, value| !value.is_null());
        }
        (into, from) => into.clone_from(from),
    }
}

fn attach(event: &mut Event, query: &Arguments, body: &Arguments) -> Result<(), Failure> {
    let Some(given) = body.value("attachments").and_then(Value::as_array) else {
        return Ok(());
    };
    if query.flag("supportsAttachments") != Some(true) {
        return Err(invalid("sandbox: without supportsAttachments=true Google ignores `attachments`"));
    }
    if given.len() > MAX_ATTACHMENTS {
        return Err(invalid("There can be at most 25 attachments per event."));
    }
    let mut attachments = given.clone();
    for attachment in attachments.iter_mut().filter_map(Value::as_object_mut) {
        let url = attachment.get("fileUrl").and_then(Value::as_str).unwrap_or_default();
        if !url.starts_with("https://") && !url.starts_with("http://") {
            return Err(invalid("Invalid attachment URL."));
        }
        let url = url.to_owned();
        attachment.entry("title").or_insert(json!(url));
    }
    event.set("attachments", attachments);
    Ok(())
}

/// Makes the Meet link that the body asks for.
fn meet(
    stage: &mut Stage<'_>,
    event: &mut Event,
    query: &Arguments,
    body: &Arguments,
) -> Result<(), Failure> {
    let version = query.integer("conferenceDataVersion").unwrap_or(0);
    if !(0..=1).contains(&version) {
        return Err(invalid("Invalid value for conferenceDataVersion"));
    }
    let Some(data) = body.object("conferenceData") else {
        return Ok(());
    };
    if version == 0 {
        return Err(invalid("sandbox: without conferenceDataVersion=1 Google ignores `conferenceData`"));
    }
    let Some(request) = data.object("createRequest") else {
        // What an event had before comes back unchanged.
        event.set("conferenceData", Value::Object(data.0));
        return Ok(());
    };
    let kind = request.object("conferenceSolutionKey");
    let kind = kind.as_ref().and_then(|key| key.text("type")).unwrap_or_default();
    let (Some(id), "hangoutsMeet") = (request.filled("requestId"), kind) else {
        return Err(invalid("Invalid conference type value."));
    };
    let same = event.fields.get("conferenceData").is_some_and(|old| old["createRequest"]["requestId"] == id);
    if same {
        return Ok(());
    }
    let letters = stage.letters(10, "abcdefghijklmnopqrstuvwxyz");
    let code = format!("{}-{}-{}", &letters[..3], &letters[3..7], &letters[7..]);
    let url = format!("https://meet.google.com/{code}");
    event.set("hangoutLink", url.clone());
    event.set(
        "conferenceData",
        json!({
            "createRequest": {
                "requestId": id,
                "conferenceSolutionKey": {"type": "hangoutsMeet"},
                "status": {"statusCode": "success"},
            },
            "entryPoints": [{"entryPointType": "video", "uri": url, "label": &url[8..]}],
            "conferenceSolution": {"key": {"type": "hangoutsMeet"}, "name": "Google Meet"},
            "conferenceId": code,
        }),
    );
    Ok(())
}

fn check(event: &mut Event, calendar: &Calendar) -> Result<(), Failure> {
    times(event)?;
    guests(event)?;
    reminders(event)?;
    if let Some(color) = event.text("colorId") {
        let color: i64 = color.parse().unwrap_or_default();
        if !(1..=MAX_EVENT_COLOR).contains(&color) {
            return Err(invalid("Invalid color id."));
        }
    }
    kind(event, calendar)
}

fn times(event: &mut Event) -> Result<(), Failure> {
    let mut read = |name: &str| {
        let value = event.fields.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
        let (when, zone_name) = zone::read(&value, name)?;
        event.set(name, kept(when, zone_name.as_deref()));
        Ok::<_, Failure>((when, zone_name))
    };
    let ((start, start_zone), (end, _)) = (read("start")?, read("end")?);
    if start.is_day() != end.is_day() {
        return Err(invalid("The start and end times must either both be date or both be dateTime."));
    }
    let backwards = match (start, end) {
        (When::Day(start), When::Day(end)) => end <= start,
        (When::At(start), When::At(end)) => end < start,
        _ => false,
    };
    if backwards {
        let message = "The specified time range is empty.";
        return Err(Failure::new(400, "timeRangeEmpty", "INVALID_ARGUMENT", message));
    }
    let lines = event.recurrence();
    if lines.is_empty() {
        return Ok(());
    }
    if event.fields.contains_key("recurringEventId") {
        return Err(invalid("A recurring event instance cannot have a recurrence."));
    }
    if !start.is_day() && start_zone.is_none() {
        return Err(required("Missing time zone definition for start time."));
    }
    recurrence::parse(&lines).map(drop)
}

fn guests(event: &mut Event) -> Result<(), Failure> {
    let organizer = event.organizer().to_owned();
    let mut guests: Vec<Map<String, Value>> = Vec::new();
    for mut guest in event.attendees() {
        let email = guest.get("email").and_then(Value::as_str).unwrap_or_default().to_owned();
        let looks_real =
            email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
        match email.as_str() {
            "" => return Err(required("Missing attendee email.")),
            email if !looks_real || email.contains(char::is_whitespace) => {
                return Err(invalid("Invalid attendee email."));
            }
            _ => {}
        }
        for name in ["self", "organizer", "id", "asyncOperation"] {
            guest.remove(name);
        }
        let usual = if is_address(&guest, &organizer) { "accepted" } else { "needsAction" };
        guest.entry("responseStatus").or_insert(json!(usual));
        if !guests.iter().any(|other| is_address(other, &email)) {
            guests.push(guest);
        }
    }
    if event.fields.contains_key("attendees") {
        event.set("attendees", guests.into_iter().map(Value::Object).collect::<Vec<_>>());
    }
    Ok(())
}

fn reminders(event: &Event) -> Result<(), Failure> {
    let Some(reminders) = event.fields.get("reminders") else {
        return Ok(());
    };
    let overrides = reminders["overrides"].as_array().map_or(&[][..], Vec::as_slice);
    if reminders["useDefault"] == true && !overrides.is_empty() {
        let message = "Cannot specify both default reminders and overrides at the same time.";
        return Err(Failure::new(
            400,
            "cannotUseDefaultRemindersAndSpecifyOverride",
            "INVALID_ARGUMENT",
            message,
        ));
    }
    if overrides.len() > MAX_OVERRIDES {
        return Err(invalid("There can be at most 5 reminder overrides per event."));
    }
    let fits = |minutes: i64| (0..=MAX_MINUTES).contains(&minutes);
    if !overrides.iter().all(|one| one["minutes"].as_i64().is_some_and(fits) && one["method"].is_string()) {
        return Err(invalid("Invalid reminder override."));
    }
    Ok(())
}

/// What the kinds of event ask for that are more than entries in a calendar.
fn kind(event: &Event, calendar: &Calendar) -> Result<(), Failure> {
    let kind = event.text("eventType").unwrap_or("default").to_owned();
    let properties = [
        ("focusTime", "focusTimeProperties"),
        ("outOfOffice", "outOfOfficeProperties"),
        ("workingLocation", "workingLocationProperties"),
        ("birthday", "birthdayProperties"),
    ];
    for (owner, name) in properties {
        if owner != kind && event.fields.contains_key(name) {
            return Err(invalid(format!("The property {name} is not allowed for event type {kind}.")));
        }
    }
    let refused = |message: &str| {
        Err(Failure::new(400, "eventTypeRestriction", "INVALID_ARGUMENT", message.to_owned()))
    };
    if kind != "default" && !calendar.id.contains('@') | calendar.id.contains("@group.") {
        return refused("An event of this type can only be on a primary calendar.");
    }
    let all_day = event.start().is_some_and(When::is_day);
    match kind.as_str() {
        "focusTime" | "outOfOffice" if all_day => {
            refused("An event of this type cannot be an all-day event.")
        }
        "workingLocation" if !event.fields.contains_key("workingLocationProperties") => {
            refused("A working location event must have workingLocationProperties.")
        }
        "workingLocation"
            if event.text("visibility") != Some("public")
                || event.text("transparency") != Some("transparent") =>
        {
            refused("A working location event must have visibility public and transparency transparent.")
        }
        "fromGmail" => refused("Events of this type cannot be created."),
        _ => Ok(()),
    }
}
