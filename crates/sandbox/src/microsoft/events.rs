//! Events: making, reading, changing and deleting them, alone and in series.

use jiff::civil::DateTime;
use serde_json::{Map, Value, json};

use super::mailbox::{Event, new_id};
use super::properties::EVENT;
use super::zones;
use super::{Call, Failure, entity, invitations, mailbox, odata, recurrence, series, writing};
use crate::people;
use crate::provider::Provider;
use crate::stage::Stage;
use crate::strict::Arguments;
use crate::wire::Answer;

const USUAL_PAGE: i64 = 10;
const MAX_WINDOW_DAYS: i64 = 1825;
const BEYOND_BASICS: &[&str] = &["body", "bodyPreview"];

fn show(event: &Event, call: &Call) -> Value {
    let mut shown = entity::head(&event.id, &event.item);
    let mut set = |name: &str, value: Value| shown.insert(name.to_owned(), value);
    let all_day = event.item["isAllDay"] == true;
    // Days are days in every zone.
    let time = |time: DateTime| {
        if all_day { zones::pair(time, &call.prefer.zone.name) } else { call.prefer.zone.pair(time) }
    };
    set("start", time(event.start));
    set("end", time(event.end));
    set("originalStartTimeZone", Value::from(event.zone.clone()));
    set("originalEndTimeZone", Value::from(event.zone.clone()));
    set("iCalUId", Value::from(event.uid.clone()));
    set("isOrganizer", Value::Bool(event.organizer.eq_ignore_ascii_case(call.account())));
    let organizer = people::find(Provider::Microsoft, &event.organizer);
    let name = organizer.map_or_else(|| event.organizer.clone(), people::Person::name);
    set("organizer", json!({"emailAddress": {"name": name, "address": event.organizer}}));
    set("body", call.prefer.body(&event.item["body"]));
    set("bodyPreview", Value::from(writing::preview(&event.item["body"])));
    set("hasAttachments", Value::Bool(false));
    set("webLink", entity::web_link(&event.id));
    let dropped = event.cancelled.iter().map(|date| Value::from(format!("OID.{}.{date}", event.id)));
    set("cancelledOccurrences", dropped.collect());
    if !call.has_any(&["Calendars.Read", "Calendars.ReadWrite"]) {
        shown.retain(|name, _| !BEYOND_BASICS.contains(&name.as_str()));
    }
    Value::Object(shown)
}

fn blank(stage: &mut Stage<'_>, organizer: &str) -> Event {
    let mut item = Map::new();
    let fixed = json!({
        "subject": "",
        "body": {"contentType": "html", "content": ""},
        "importance": "normal",
        "sensitivity": "normal",
        "isAllDay": false,
        "isCancelled": false,
        "isDraft": false,
        "isOnlineMeeting": false,
        "onlineMeetingProvider": "unknown",
        "onlineMeeting": null,
        "onlineMeetingUrl": null,
        "isReminderOn": true,
        "reminderMinutesBeforeStart": 15,
        "responseRequested": true,
        "allowNewTimeProposals": true,
        "hideAttendees": false,
        "showAs": "busy",
        "type": "singleInstance",
        "seriesMasterId": null,
        "transactionId": null,
        "recurrence": null,
        "originalStart": null,
        "responseStatus": {"response": "organizer", "time": "0001-01-01T00:00:00Z"},
        "location": {"displayName": "", "locationType": "default", "uniqueIdType": "unknown"},
        "locations": [],
        "attendees": [],
    });
    item.extend(fixed.as_object().cloned().unwrap_or_default());
    entity::created(stage, &mut item);
    let uid = format!("040000008200E00074C5B7101A82E008{}", stage.upper(48));
    Event {
        id: new_id(stage),
        calendar: String::new(),
        uid,
        organizer: organizer.to_owned(),
        start: DateTime::constant(1970, 1, 1, 0, 0, 0, 0),
        end: DateTime::constant(1970, 1, 1, 0, 0, 0, 0),
        zone: "UTC".to_owned(),
        item,
        cancelled: Vec::new(),
    }
}

/// Takes over what the caller sets.
fn write(stage: &mut Stage<'_>, event: &mut Event, sent: &Arguments) -> Result<(), Failure> {
    for (name, value) in &sent.0 {
        let value = match (name.as_str(), value) {
            ("@odata.type" | "start" | "end", _) => continue,
            ("body", body) => writing::body(body),
            ("attendees", Value::Array(list)) => list.iter().map(attendee).collect::<Result<_, Failure>>()?,
            ("location", place) => {
                let place = location(place);
                event.item.insert("locations".to_owned(), json!([place.clone()]));
                place
            }
            ("locations", Value::Array(places)) => places.iter().map(location).collect(),
            ("recurrence", value) => value.clone(),
            (name, Value::Null) => match name {
                "subject" => Value::from(""),
                "importance" => Value::from("normal"),
                "onlineMeetingProvider" => Value::from("unknown"),
                "reminderMinutesBeforeStart" => Value::from(0),
                "transactionId" => Value::Null,
                // All others that may be null are flags.
                _ => Value::Bool(false),
            },
            (_, value) => value.clone(),
        };
        event.item.insert(name.clone(), value);
    }
    set_times(event, sent)?;
    if event.item["seriesMasterId"].is_null() {
        let repeats = !event.item["recurrence"].is_null();
        let kind = if repeats { "seriesMaster" } else { "singleInstance" };
        event.item.insert("type".to_owned(), Value::from(kind));
        if repeats {
            recurrence::check(&event.item["recurrence"], series::local_start(event)?.date())?;
        }
    }
    if event.item["isOnlineMeeting"] == true && event.item["onlineMeeting"].is_null() {
        let link = format!(
            "https://teams.microsoft.com/l/meetup-join/19%3ameeting_{}%40thread.v2/0",
            stage.word(32)
        );
        event.item.insert("onlineMeeting".to_owned(), json!({"joinUrl": link}));
        if !sent.names("onlineMeetingProvider") {
            event.item.insert("onlineMeetingProvider".to_owned(), Value::from("teamsForBusiness"));
        }
    }
    entity::touched(stage, &mut event.item);
    Ok(())
}

/// A place with what was said of it; its name is its id.
fn location(sent: &Value) -> Value {
    let name = sent["displayName"].as_str().unwrap_or_default();
    let mut place =
        json!({"displayName": name, "locationType": "default", "uniqueId": name, "uniqueIdType": "private"});
    for (name, value) in sent.as_object().into_iter().flatten() {
        place[name] = value.clone();
    }
    place
}

fn attendee(sent: &Value) -> Result<Value, Failure> {
    let address = sent["emailAddress"]["address"].as_str().unwrap_or_default();
    if !address.contains('@') {
        return Err(Failure::recipients(&format!("Recipient '{address}' is not resolved.")));
    }
    let name = sent["emailAddress"]["name"].as_str().unwrap_or(address);
    Ok(json!({
        "type": sent["type"].as_str().unwrap_or("required"),
        "status": {"response": "none", "time": "0001-01-01T00:00:00Z"},
        "emailAddress": {"name": name, "address": address},
    }))
}

fn set_times(event: &mut Event, sent: &Arguments) -> Result<(), Failure> {
    let all_day = event.item["isAllDay"] == true;
    for name in ["start", "end"] {
        let Some(pair) = sent.value(name) else {
            continue;
        };
        let (local, zone) = zones::read_pair(pair, name)?;
        let time = if all_day { local } else { zone.to_utc(local) };
        if name == "start" {
            event.start = time;
            event.zone = zone.name;
        } else {
            event.end = time;
        }
    }
    if event.end < event.start {
        return Err(Failure::ends_early());
    }
    let midnight = |time: DateTime| time.time() == jiff::civil::Time::midnight();
    if all_day && !(midnight(event.start) && midnight(event.end)) {
        return Err(Failure::property("The start and end of an all-day event need to be set to midnight."));
    }
    if all_day && event.start == event.end {
        return Err(Failure::property(
            "The duration of an event marked as All day must be at least 24 hours.",
        ));
    }
    Ok(())
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (event, _) = mailbox(stage, call).event_or_occurrence(call.captured("event"))?;
    odata::one(stage, call, &EVENT, 200, &show(&event, call))
}

/// Single events and masters of series, of all calendars or of one.
fn listed(stage: &mut Stage<'_>, call: &Call, calendar: Option<&str>) -> Result<Answer, Failure> {
    let wanted = |event: &&Event| {
        event.item["seriesMasterId"].is_null() && calendar.is_none_or(|calendar| event.calendar == calendar)
    };
    let mut events: Vec<&Event> = mailbox(stage, call).events.iter().filter(wanted).collect();
    events.sort_by_key(|event| event.start);
    let shown = events.into_iter().map(|event| show(event, call)).collect();
    odata::list(stage, call, &EVENT, shown, USUAL_PAGE)
}

pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    listed(stage, call, None)
}

pub(super) fn list_of_calendar(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let calendar = mailbox(stage, call).calendar(call.captured("calendar"))?.id.clone();
    listed(stage, call, Some(&calendar))
}

/// The window of a view. Times without an offset are in UTC.
fn window(call: &Call) -> Result<(DateTime, DateTime), Failure> {
    let time = |name: &str| {
        let text = call.query.text(name).unwrap_or_default();
        zones::instant(text).ok_or_else(|| {
            Failure::parameter(format!("The value '{text}' of the query parameter {name} is not a time."))
        })
    };
    let (from, to) = (time("startDateTime")?, time("endDateTime")?);
    if to < from {
        return Err(Failure::parameter("The end of the window is before its start."));
    }
    if to.duration_since(from).as_hours() > MAX_WINDOW_DAYS * 24 {
        return Err(Failure::parameter(
            "Your request can't be completed. The range between the start and end dates is greater than the allowed \
             range. Maximum number of days: 1825",
        ));
    }
    Ok((from, to))
}

fn viewed(stage: &mut Stage<'_>, call: &Call, calendar: &str) -> Result<Answer, Failure> {
    let (from, to) = window(call)?;
    let events = mailbox(stage, call).between(calendar, from, to);
    let shown = events.iter().map(|event| show(event, call)).collect();
    odata::list(stage, call, &EVENT, shown, USUAL_PAGE)
}

pub(super) fn view(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let calendar = mailbox(stage, call).default_calendar()?.id.clone();
    viewed(stage, call, &calendar)
}

pub(super) fn view_of_calendar(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let calendar = mailbox(stage, call).calendar(call.captured("calendar"))?.id.clone();
    viewed(stage, call, &calendar)
}

pub(super) fn instances(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (from, to) = window(call)?;
    let master = mailbox(stage, call).event(call.captured("event"))?.clone();
    if master.item["recurrence"].is_null() {
        return Err(Failure::request("Your request can't be completed. The event is not a series master."));
    }
    let shown = series::occurrences(&master, from, to).iter().map(|event| show(event, call)).collect();
    odata::list(stage, call, &EVENT, shown, USUAL_PAGE)
}

pub(super) fn create(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let calendar = mailbox(stage, call).default_calendar()?.id.clone();
    created(stage, call, calendar)
}

pub(super) fn create_in_calendar(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let calendar = mailbox(stage, call).calendar(call.captured("calendar"))?.id.clone();
    created(stage, call, calendar)
}

fn created(stage: &mut Stage<'_>, call: &Call, calendar: String) -> Result<Answer, Failure> {
    if let Some(transaction) = call.body.value("transactionId") {
        // The same request again makes nothing again.
        let events = &mailbox(stage, call).events;
        let same = |event: &&Event| event.item["transactionId"] == *transaction;
        if let Some(event) = events.iter().find(same).cloned() {
            return odata::one(stage, call, &EVENT, 201, &show(&event, call));
        }
    }
    let event = made(stage, call.account(), calendar, &call.body)?;
    odata::one(stage, call, &EVENT, 201, &show(&event, call))
}

/// Puts a new event into a calendar, and invites whom it names.
pub(super) fn made(
    stage: &mut Stage<'_>,
    organizer: &str,
    calendar: String,
    sent: &Arguments,
) -> Result<Event, Failure> {
    let mut event = blank(stage, organizer);
    event.calendar = calendar;
    write(stage, &mut event, sent)?;
    stage.world.microsoft.mailbox(organizer).events.push(event.clone());
    invitations::spread(stage, &event)?;
    Ok(event)
}

pub(super) fn update(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let id = call.captured("event");
    if call.body.names("transactionId") {
        return Err(Failure::read_only("transactionId"));
    }
    let (mut event, date) = mailbox(stage, call).event_or_occurrence(id)?;
    write(stage, &mut event, &call.body)?;
    match date {
        // What is changed of one day of a series becomes an event of its own.
        Some(date) => {
            event.item.insert("type".to_owned(), Value::from("exception"));
            let master = event.item["seriesMasterId"].as_str().unwrap_or_default().to_owned();
            let mailbox = mailbox(stage, call);
            mailbox.event_mut(&master)?.cancelled.push(date);
            mailbox.events.push(event.clone());
        }
        None => {
            *mailbox(stage, call).event_mut(id)? = event.clone();
            invitations::spread(stage, &event)?;
        }
    }
    odata::one(stage, call, &EVENT, 200, &show(&event, call))
}

pub(super) fn delete(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let id = call.captured("event");
    let (event, date) = mailbox(stage, call).event_or_occurrence(id)?;
    if let Some(date) = date {
        let master = event.item["seriesMasterId"].as_str().unwrap_or_default().to_owned();
        mailbox(stage, call).event_mut(&master)?.cancelled.push(date);
        return Ok(Answer::empty(204));
    }
    mailbox(stage, call).events.retain(|event| event.id != id && event.item["seriesMasterId"] != id);
    invitations::withdraw(stage, call.account(), &event, "")?;
    Ok(Answer::empty(204))
}
