//! `settings` and `colors`: what Google says of an account and of itself, and nobody changes here.

use serde_json::{Map, Value, json};

use super::access::not_found;
use super::body::invalid;
use super::list::page;
use crate::google::Call;
use crate::google::failure::Failure;
use crate::stage::Stage;
use crate::wire::Answer;

pub(super) const FOREGROUND: &str = "#1d1d1d";
/// The colours of calendars, from id 1 on.
pub(super) const CALENDAR_COLORS: &[&str] = &[
    "#ac725e", "#d06b64", "#f83a22", "#fa573c", "#ff7537", "#ffad46", "#42d692", "#16a765", "#7bd148",
    "#b3dc6c", "#fbe983", "#fad165", "#92e1c0", "#9fe1e7", "#9fc6e7", "#4986e7", "#9a9cff", "#b99aff",
    "#c2c2c2", "#cabdbf", "#cca6ac", "#f691b2", "#cd74e6", "#a47ae2",
];
const EVENT_COLORS: &[&str] = &[
    "#a4bdfc", "#7ae7bf", "#dbadff", "#ff887c", "#fbd75b", "#ffb878", "#46d6db", "#e1e1e1", "#5484ed",
    "#51b749", "#dc2127",
];
/// Beside the time zone, which is that of the primary calendar.
const SETTINGS: &[(&str, &str)] = &[
    ("autoAddHangouts", "true"),
    ("dateFieldOrder", "DMY"),
    ("defaultEventLength", "60"),
    ("format24HourTime", "true"),
    ("hideInvitations", "false"),
    ("hideWeekends", "false"),
    ("locale", "en"),
    ("remindOnRespondedEventsOnly", "false"),
    ("showDeclinedEvents", "true"),
    ("useKeyboardShortcuts", "true"),
    ("weekStart", "1"),
];

pub(super) fn colors(_: &mut Stage<'_>, _: &Call) -> Result<Answer, Failure> {
    let table = |colors: &[&str]| {
        let each = colors.iter().enumerate();
        let each = each.map(|(index, color)| {
            ((index + 1).to_string(), json!({"background": color, "foreground": FOREGROUND}))
        });
        Value::Object(each.collect::<Map<_, _>>())
    };
    Ok(Answer::json(
        200,
        &json!({
            "kind": "calendar#colors",
            "updated": "2012-02-14T00:00:00.000Z",
            "calendar": table(CALENDAR_COLORS),
            "event": table(EVENT_COLORS),
        }),
    ))
}

fn all(stage: &Stage<'_>, call: &Call) -> Vec<Value> {
    let account = stage.world.calendars.get(call.address());
    let primary = account.and_then(|account| account.own.get(call.address()));
    let time_zone = primary.map_or("UTC", |calendar| calendar.time_zone.as_str());
    let every = SETTINGS.iter().copied().chain([("timezone", time_zone)]);
    let show = |(index, (id, value)): (usize, (&str, &str))| json!({"kind": "calendar#setting", "etag": format!("\"{}\"", index + 1), "id": id, "value": value});
    every.enumerate().map(show).collect()
}

pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    if call.query.names("syncToken") {
        return Err(invalid("sandbox: the twin has no sync tokens for settings"));
    }
    let (page, next) = page(call, all(stage, call), 100, 250)?;
    let mut body = json!({"kind": "calendar#settings", "etag": "\"p1\"", "items": page});
    if let Some(next) = next {
        body["nextPageToken"] = json!(next);
    }
    Ok(Answer::json(200, &body))
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let found = all(stage, call).into_iter().find(|setting| setting["id"] == call.captured("setting"));
    Ok(Answer::json(200, &found.ok_or_else(not_found)?))
}
