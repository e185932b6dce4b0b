//! `freebusy`: when somebody is busy, without saying why.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::access::{meant, owner_of};
use super::body::{invalid, required};
use super::occurrences;
use super::state::{Calendar, Event, Role};
use super::zone;
use crate::google::Call;
use crate::google::failure::Failure;
use crate::stage::{Stage, stamp};
use crate::wire::Answer;

const MAX_CALENDARS: i64 = 50;
const MAX_GROUP: i64 = 100;

pub(super) fn query(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let body = &call.body;
    let time = |name: &str| {
        let text = body.filled(name).ok_or_else(|| required(format!("Missing {name} parameter.")))?;
        zone::parameter(text)
    };
    let (from, until) = (time("timeMin")?, time("timeMax")?);
    if from >= until {
        let message = "The specified time range is empty.";
        return Err(Failure::new(400, "timeRangeEmpty", "INVALID_ARGUMENT", message));
    }
    let shown_in = body.filled("timeZone").map(zone::given).transpose()?.unwrap_or(TimeZone::UTC);
    let limit = |name: &str, most: i64| match body.integer(name) {
        Some(limit) if !(1..=most).contains(&limit) => Err(invalid(format!("Invalid value for {name}"))),
        limit => Ok(limit.unwrap_or(most)),
    };
    let most = limit("calendarExpansionMax", MAX_CALENDARS)?;
    limit("groupExpansionMax", MAX_GROUP)?;
    let items = body.value("items").and_then(Value::as_array).cloned().unwrap_or_default();
    if i64::try_from(items.len()).unwrap_or(i64::MAX) > most {
        let message = "The requested calendar expansion is too large.";
        return Err(Failure::new(400, "tooManyCalendarsRequested", "INVALID_ARGUMENT", message));
    }
    let mut calendars = Map::new();
    for item in items {
        let name = item["id"].as_str().unwrap_or_default().to_owned();
        let busy = match visible(stage, call, &name) {
            Some(calendar) => {
                let spans: Vec<Value> = busy(calendar, from, until)
                    .into_iter()
                    .map(|(start, end)| {
                        json!({"start": zone::write(start, &shown_in), "end": zone::write(end, &shown_in)})
                    })
                    .collect();
                json!({"busy": spans})
            }
            None => json!({"errors": [{"domain": "global", "reason": "notFound"}], "busy": []}),
        };
        calendars.insert(name, busy);
    }
    Ok(Answer::json(
        200,
        &json!({
            "kind": "calendar#freeBusy",
            "timeMin": stamp(from),
            "timeMax": stamp(until),
            "calendars": calendars,
        }),
    ))
}

/// The calendar, if the caller may at least know when it is busy.
fn visible<'a>(stage: &'a Stage<'_>, call: &Call, name: &str) -> Option<&'a Calendar> {
    let id = meant(call, name);
    let owner = owner_of(stage, &id)?;
    let calendar = stage.world.calendars.get(&owner)?.own.get(&id)?;
    let may = owner == call.address() || calendar.role_of(call.address()) >= Role::FreeBusyReader;
    may.then_some(calendar)
}

fn blocks(calendar: &Calendar, event: &Event) -> bool {
    let declined = event.answer_of(&calendar.id).as_deref() == Some("declined");
    let is_placeholder = matches!(event.text("eventType"), Some("workingLocation" | "birthday"));
    !event.is_cancelled() && event.text("transparency") != Some("transparent") && !declined && !is_placeholder
}

/// When the calendar is busy, each stretch once.
fn busy(calendar: &Calendar, from: Timestamp, until: Timestamp) -> Vec<(Timestamp, Timestamp)> {
    let zone = calendar.zone();
    let mut spans: Vec<(Timestamp, Timestamp)> = Vec::new();
    for event in calendar.events.values() {
        let is_exception = event.fields.contains_key("recurringEventId");
        let all = match event.recurrence().as_slice() {
            _ if is_exception || event.is_cancelled() => continue,
            [] => vec![event.clone()],
            _ => occurrences::of_series(calendar, event, until),
        };
        for one in all.iter().filter(|one| blocks(calendar, one)) {
            if let (Some(start), Some(end)) = (one.start(), one.end()) {
                let (start, end) = (start.moment(&zone).max(from), end.moment(&zone).min(until));
                if start < end {
                    spans.push((start, end));
                }
            }
        }
    }
    spans.sort_unstable();
    let mut merged: Vec<(Timestamp, Timestamp)> = Vec::new();
    for (start, end) in spans {
        match merged.last_mut() {
            Some((_, last)) if *last >= start => *last = (*last).max(end),
            _ => merged.push((start, end)),
        }
    }
    merged
}
