//! Who has time when: schedules, and suggestions for a meeting.

use jiff::civil::{DateTime, Weekday};
use jiff::{SignedDuration, Span, Timestamp};
use serde_json::{Value, json};

use super::zones::{self, Zone, read_pair};
use super::{Call, Failure};
use crate::stage::Stage;
use crate::wire::Answer;

const USUAL_INTERVAL: i64 = 30;
const MAX_SCHEDULES: usize = 20;
const MAX_WINDOW_DAYS: i64 = 62;
const USUAL_CANDIDATES: i64 = 20;
/// Meetings begin at the full or the half hour.
const STEP: SignedDuration = SignedDuration::from_mins(30);
const MAX_STEPS: usize = 3000;

/// Part of a day that is taken, in UTC.
struct Taken {
    start: DateTime,
    end: DateTime,
    status: String,
    subject: Value,
    location: Value,
    is_private: bool,
}

/// What somebody's default calendar has between two times; `None` for strangers.
fn taken(stage: &Stage<'_>, address: &str, from: DateTime, to: DateTime) -> Option<Vec<Taken>> {
    let mailbox = stage.world.microsoft.find(address)?;
    let calendar = mailbox.default_calendar().ok()?;
    let events = mailbox.between(&calendar.id, from, to).into_iter();
    let shown = events.filter(|event| event.item["showAs"] != "free" && event.item["isCancelled"] != true);
    let part = |event: super::mailbox::Event| Taken {
        start: event.start,
        end: event.end,
        status: event.item["showAs"].as_str().unwrap_or("busy").to_owned(),
        subject: event.item["subject"].clone(),
        location: event.item["location"]["displayName"].clone(),
        is_private: matches!(event.item["sensitivity"].as_str(), Some("private" | "confidential")),
    };
    Some(shown.map(part).collect())
}

/// The status of the time between two points: what weighs most of all that is there.
fn status(taken: &[Taken], start: DateTime, end: DateTime) -> &str {
    const WEIGHTS: [&str; 5] = ["free", "workingElsewhere", "tentative", "busy", "oof"];
    let weight = |status: &str| WEIGHTS.iter().position(|known| *known == status).unwrap_or_default();
    let overlapping = taken.iter().filter(|part| part.start < end && part.end > start);
    overlapping.map(|part| part.status.as_str()).max_by_key(|status| weight(status)).unwrap_or("free")
}

pub(super) fn get_schedule(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let body = &call.body.0;
    let (start, zone) = read_pair(&body["startTime"], "startTime")?;
    let from = zone.to_utc(start);
    let (end, zone) = read_pair(&body["endTime"], "endTime")?;
    let to = zone.to_utc(end);
    if to <= from || to.duration_since(from).as_hours() > MAX_WINDOW_DAYS * 24 {
        return Err(Failure::parameter(
            "The time window must end after it starts, and be at most 62 days long.",
        ));
    }
    let interval = call.body.integer("availabilityViewInterval").unwrap_or(USUAL_INTERVAL);
    if !(5..=1440).contains(&interval) {
        return Err(Failure::parameter("The availability view interval must be between 5 and 1440 minutes."));
    }
    let schedules = call.body.texts("schedules");
    if schedules.is_empty() || schedules.len() > MAX_SCHEDULES {
        return Err(Failure::parameter("Between 1 and 20 schedules are asked for at a time."));
    }
    let each = schedules.iter().map(|address| schedule(stage, call, address, (from, to), interval));
    let value: Vec<Value> = each.collect();
    let context =
        stage.link("graph.microsoft.com", "/v1.0/$metadata#Collection(microsoft.graph.scheduleInformation)");
    Ok(call.prefer.applied(Answer::json(200, &json!({"@odata.context": context, "value": value}))))
}

fn schedule(
    stage: &Stage<'_>,
    call: &Call,
    address: &str,
    (from, to): (DateTime, DateTime),
    interval: i64,
) -> Value {
    let (Some(taken), Some(mailbox)) = (taken(stage, address, from, to), stage.world.microsoft.find(address))
    else {
        let message = format!("Unable to resolve e-mail address {address} to an Active Directory object.");
        let error = json!({"message": message, "responseCode": "ErrorMailRecipientNotFound"});
        return json!({"scheduleId": address, "availabilityView": "", "scheduleItems": [], "error": error});
    };
    let own = address.eq_ignore_ascii_case(call.account());
    let mut view = String::new();
    let (mut at, step) = (from, SignedDuration::from_mins(interval));
    while at < to && view.len() < MAX_STEPS * 10 {
        let next = at.checked_add(step).unwrap_or(DateTime::MAX);
        view.push(match status(&taken, at, next) {
            "tentative" => '1',
            "busy" => '2',
            "oof" => '3',
            "workingElsewhere" => '4',
            _ => '0',
        });
        at = next;
    }
    let items = taken.iter().map(|part| {
        let mut item = json!({
            "status": part.status,
            "start": call.prefer.zone.pair(part.start),
            "end": call.prefer.zone.pair(part.end),
        });
        // Others see that it is taken, not by what.
        if own {
            item["isPrivate"] = Value::Bool(part.is_private);
            item["subject"] = part.subject.clone();
            item["location"] = part.location.clone();
        }
        item
    });
    json!({
        "scheduleId": address,
        "availabilityView": view,
        "scheduleItems": items.collect::<Vec<Value>>(),
        "workingHours": mailbox.settings["workingHours"],
    })
}

pub(super) fn is_duration(text: &str) -> bool {
    duration(text).is_some()
}

fn duration(text: &str) -> Option<SignedDuration> {
    let span: Span = text.parse().ok()?;
    let length = SignedDuration::try_from(span).ok().or_else(|| {
        let hours = i64::from(span.get_days()) * 24 + i64::from(span.get_hours());
        Some(SignedDuration::from_hours(hours) + SignedDuration::from_mins(span.get_minutes()))
    })?;
    (length > SignedDuration::ZERO).then_some(length)
}

/// Whether a meeting lies in the working hours of the organizer, by their own clock.
fn is_worktime(settings: &Value, start: DateTime, end: DateTime) -> bool {
    let hours = &settings["workingHours"];
    let Ok(zone) = Zone::named(hours["timeZone"]["name"].as_str().unwrap_or("UTC")) else {
        return false;
    };
    let (start, end) = (zone.local(start), zone.local(end));
    let time = |name: &str| hours[name].as_str().and_then(|text| text.parse::<jiff::civil::Time>().ok());
    let day = match start.weekday() {
        Weekday::Monday => "monday",
        Weekday::Tuesday => "tuesday",
        Weekday::Wednesday => "wednesday",
        Weekday::Thursday => "thursday",
        Weekday::Friday => "friday",
        Weekday::Saturday => "saturday",
        Weekday::Sunday => "sunday",
    };
    let works = hours["daysOfWeek"].as_array().is_some_and(|days| days.iter().any(|known| known == day));
    works
        && start.date() == end.date()
        && time("startTime").is_some_and(|from| start.time() >= from)
        && time("endTime").is_some_and(|to| end.time() <= to)
}

/// What the caller wants of a meeting.
struct Wish {
    length: SignedDuration,
    attendees: Vec<Value>,
    organizer_optional: bool,
    minimum: f64,
    reasons: bool,
}

fn wish(call: &Call) -> Result<Wish, Failure> {
    let minimum = call.body.value("minimumAttendeePercentage").map_or(Some(50.0), Value::as_f64);
    let minimum = minimum.filter(|share| (0.0..=100.0).contains(share));
    Ok(Wish {
        length: call.body.text("meetingDuration").and_then(duration).unwrap_or(STEP),
        attendees: call.body.value("attendees").and_then(Value::as_array).cloned().unwrap_or_default(),
        organizer_optional: call.body.flag("isOrganizerOptional") == Some(true),
        minimum: minimum
            .ok_or_else(|| Failure::parameter("minimumAttendeePercentage must be a number from 0 to 100."))?,
        reasons: call.body.flag("returnSuggestionReasons") == Some(true),
    })
}

/// The times that come into question, in UTC: those of the call, or else the week ahead.
fn slots(stage: &Stage<'_>, constraint: &Value) -> Result<Vec<(DateTime, DateTime)>, Failure> {
    let given = constraint["timeSlots"].as_array().cloned().unwrap_or_default();
    let mut slots = Vec::new();
    for slot in &given {
        let (start, zone) = read_pair(&slot["start"], "start")?;
        let from = zone.to_utc(start);
        let (end, zone) = read_pair(&slot["end"], "end")?;
        slots.push((from, zone.to_utc(end)));
    }
    if slots.is_empty() {
        let hour = stage.now.as_second() / 3600 * 3600 + 3600;
        let start = Timestamp::from_second(hour).unwrap_or(stage.now).to_string();
        let from = zones::instant(&start).unwrap_or(DateTime::MIN);
        slots.push((from, from.checked_add(SignedDuration::from_hours(7 * 24)).unwrap_or(from)));
    }
    Ok(slots)
}

pub(super) fn find_meeting_times(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let wish = wish(call)?;
    let constraint = call.body.value("timeConstraint").cloned().unwrap_or_default();
    let limit = call.body.integer("maxCandidates").unwrap_or(USUAL_CANDIDATES);
    let limit = usize::try_from(limit).unwrap_or_default().min(MAX_STEPS);
    let at_work = !matches!(constraint["activityDomain"].as_str(), Some("personal" | "unrestricted"));
    let mut suggestions = Vec::new();
    let mut steps = 0;
    for (from, to) in slots(stage, &constraint)? {
        let mut start = from;
        while suggestions.len() < limit && steps < MAX_STEPS {
            steps += 1;
            let end = start.checked_add(wish.length).unwrap_or(DateTime::MAX);
            if end > to {
                break;
            }
            let settings = stage.world.microsoft.find(call.account()).map(|mailbox| mailbox.settings.clone());
            if !at_work || is_worktime(&settings.unwrap_or_default(), start, end) {
                suggestions.extend(suggestion(stage, call, &wish, start, end));
            }
            start = start.checked_add(STEP).unwrap_or(DateTime::MAX);
        }
    }
    for (order, suggestion) in suggestions.iter_mut().enumerate() {
        suggestion["order"] = Value::from(order + 1);
    }
    let reason = if suggestions.is_empty() { "AttendeesUnavailable" } else { "" };
    let context =
        stage.link("graph.microsoft.com", "/v1.0/$metadata#microsoft.graph.meetingTimeSuggestionsResult");
    let body = json!({
        "@odata.context": context,
        "emptySuggestionsReason": reason,
        "meetingTimeSuggestions": suggestions,
    });
    Ok(call.prefer.applied(Answer::json(200, &body)))
}

fn suggestion(stage: &Stage<'_>, call: &Call, wish: &Wish, start: DateTime, end: DateTime) -> Option<Value> {
    let at = |address: &str| match taken(stage, address, start, end) {
        Some(taken) => status(&taken, start, end).to_owned(),
        None => "unknown".to_owned(),
    };
    let organizer = at(call.account());
    if !wish.organizer_optional && !is_open(&organizer) {
        return None;
    }
    let mut chances = vec![100.0];
    let mut availability = Vec::new();
    for attendee in &wish.attendees {
        let status = at(attendee["emailAddress"]["address"].as_str().unwrap_or_default());
        chances.push(match status.as_str() {
            "unknown" => 49.0,
            status if is_open(status) => 100.0,
            _ => 0.0,
        });
        let kind = attendee["type"].as_str().unwrap_or("required");
        availability.push(json!({
            "availability": status,
            "attendee": {"type": kind, "emailAddress": attendee["emailAddress"]},
        }));
    }
    let confidence = chances.iter().sum::<f64>() / f64::from(u32::try_from(chances.len()).ok()?);
    if confidence < wish.minimum {
        return None;
    }
    let reason = if confidence < 100.0 {
        "Suggested because it is one of the nearest times when most attendees are available."
    } else {
        "Suggested because it is one of the nearest times when all attendees are available."
    };
    Some(json!({
        "confidence": confidence,
        "order": 0,
        "organizerAvailability": organizer,
        "suggestionReason": if wish.reasons { Value::from(reason) } else { Value::Null },
        "meetingTimeSlot": {"start": call.prefer.zone.pair(start), "end": call.prefer.zone.pair(end)},
        "attendeeAvailability": availability,
        "locations": [],
    }))
}

fn is_open(status: &str) -> bool {
    matches!(status, "free" | "workingElsewhere")
}
