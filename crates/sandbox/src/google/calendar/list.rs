//! `events`: those that read. Searching, paging, and what changed since.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::access::{self, Place, Purpose, not_found};
use super::body::invalid;
use super::show::{self, View};
use super::state::{Calendar, Event};
use super::{occurrences, zone};
use crate::google::Call;
use crate::google::failure::Failure;
use crate::stage::{Stage, stamp};
use crate::wire::Answer;

const DEFAULT_PAGE: i64 = 250;
pub(super) const MAX_PAGE: i64 = 2500;

/// What cannot be said beside a sync token, because it was said when the token was made.
const NOT_WHILE_SYNCING: &[&str] = &[
    "iCalUID",
    "orderBy",
    "privateExtendedProperty",
    "q",
    "sharedExtendedProperty",
    "timeMin",
    "timeMax",
    "updatedMin",
];

/// How the caller sees this calendar's events.
pub(super) fn view(call: &Call, place: &Place, calendar: &Calendar) -> Result<View, Failure> {
    let zone = call.query.filled("timeZone").map(zone::given).transpose()?;
    let max = call.query.integer("maxAttendees");
    if max.is_some_and(|max| max < 1) {
        return Err(invalid("Invalid value for maxAttendees"));
    }
    Ok(View {
        sight: place.sight,
        role: place.role,
        zone: zone.unwrap_or_else(|| calendar.zone()),
        max_attendees: max.and_then(|max| usize::try_from(max).ok()),
    })
}

fn token(kind: &str, number: u64) -> String {
    URL_SAFE_NO_PAD.encode(format!("{kind} {number}"))
}

fn number_of(token: &str, kind: &str) -> Option<u64> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    text.strip_prefix(kind)?.strip_prefix(' ')?.parse().ok()
}

/// One page of a list, with the token of the next.
pub(super) fn page<T>(
    call: &Call,
    mut all: Vec<T>,
    usual: i64,
    most: i64,
) -> Result<(Vec<T>, Option<String>), Failure> {
    let size = match call.query.integer("maxResults").unwrap_or(usual) {
        size if size < 1 => return Err(invalid("Invalid value for maxResults")),
        size => usize::try_from(size.min(most)).unwrap_or_default(),
    };
    let start = match call.query.filled("pageToken") {
        None => 0,
        Some(token) => {
            let start = number_of(token, "page").and_then(|start| usize::try_from(start).ok());
            start.filter(|start| *start < all.len()).ok_or_else(|| invalid("Invalid page token value."))?
        }
    };
    let end = all.len().min(start + size);
    let next = (end < all.len()).then(|| token("page", u64::try_from(end).unwrap_or_default()));
    all.truncate(end);
    Ok((all.split_off(start), next))
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = access::of_path(stage, call, Purpose::ReadEvents)?;
    let calendar = place.calendar(stage);
    let view = view(call, &place, calendar)?;
    let event = occurrences::find(calendar, call.captured("eventId")).ok_or_else(not_found)?;
    Ok(Answer::json(200, &show::event(calendar, &event, &view)))
}

/// The frame of every list of events.
fn listed(
    stage: &mut Stage<'_>,
    call: &Call,
    place: &Place,
    found: Vec<Event>,
    sync: Option<String>,
) -> Result<Answer, Failure> {
    let updated = stamp(stage.now);
    let calendar = place.calendar(stage);
    let view = view(call, place, calendar)?;
    let (page, next) = page(call, found, DEFAULT_PAGE, MAX_PAGE)?;
    let items: Vec<Value> = page.iter().map(|event| show::event(calendar, event, &view)).collect();
    let mut body = json!({
        "kind": "calendar#events",
        "etag": format!("\"p{}\"", calendar.changes),
        "summary": calendar.summary,
        "updated": updated,
        "timeZone": call.query.filled("timeZone").unwrap_or(&calendar.time_zone),
        "accessRole": place.role.name(),
        "defaultReminders": [{"method": "popup", "minutes": 10}],
        "items": items,
    });
    if let Some(description) = &calendar.description {
        body["description"] = json!(description);
    }
    match (next, sync) {
        (Some(next), _) => body["nextPageToken"] = json!(next),
        (None, Some(sync)) => body["nextSyncToken"] = json!(sync),
        (None, None) => {}
    }
    Ok(Answer::json(200, &body))
}

struct Window {
    from: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl Window {
    fn of(call: &Call) -> Result<Self, Failure> {
        let time = |name: &str| call.query.filled(name).map(zone::parameter).transpose();
        let window = Self { from: time("timeMin")?, until: time("timeMax")? };
        match (window.from, window.until) {
            (Some(from), Some(until)) if from >= until => {
                let message = "The specified time range is empty.";
                Err(Failure::new(400, "timeRangeEmpty", "INVALID_ARGUMENT", message))
            }
            _ => Ok(window),
        }
    }

    /// Whether the event ends after the window begins and begins before it ends.
    fn touches(&self, calendar: &Calendar, event: &Event) -> bool {
        let zone = calendar.zone();
        let (Some(start), Some(end)) = (event.start(), event.end()) else {
            return true;
        };
        let (start, end) = (start.moment(&zone), end.moment(&zone));
        self.from.is_none_or(|from| end > from) && self.until.is_none_or(|until| start < until)
    }
}

pub(super) fn instances(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = access::of_path(stage, call, Purpose::ReadEvents)?;
    let window = Window::of(call)?;
    let until = window.until.unwrap_or_else(|| occurrences::horizon(stage.now));
    let calendar = place.calendar(stage);
    let series = calendar.events.get(call.captured("eventId")).cloned().ok_or_else(not_found)?;
    let with_deleted = call.query.flag("showDeleted") == Some(true);
    let original = call.query.filled("originalStart");
    let wanted = |event: &Event| {
        let is_meant = original.is_none_or(|original| {
            let start = event.original_start().map(|start| start.moment(&calendar.zone()));
            zone::instant(original).is_some_and(|original| start == Some(original))
                || event.fields.get("originalStartTime").is_some_and(|start| start["date"] == original)
        });
        is_meant && window.touches(calendar, event) && (with_deleted || !event.is_cancelled())
    };
    let mut found = occurrences::of_series(calendar, &series, until);
    found.retain(wanted);
    if series.recurrence().is_empty() && wanted(&series) {
        found.push(series);
    }
    listed(stage, call, &place, found, None)
}

pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = access::of_path(stage, call, Purpose::ReadEvents)?;
    let singles = call.query.flag("singleEvents") == Some(true);
    let window = Window::of(call)?;
    let until = window.until.unwrap_or_else(|| occurrences::horizon(stage.now));
    if call.query.text("orderBy") == Some("startTime") && !singles {
        return Err(Failure::new(
            400,
            "badRequest",
            "INVALID_ARGUMENT",
            "The requested ordering is not available for the particular query.",
        ));
    }
    let updated_min = call.query.filled("updatedMin").map(zone::parameter).transpose()?;
    let calendar = place.calendar(stage);
    let since = since(call, calendar)?;
    let with_deleted =
        call.query.flag("showDeleted") == Some(true) || since.is_some() || updated_min.is_some();
    let filters = Filters::of(call)?;
    let mut found: Vec<Event> = Vec::new();
    for event in calendar.events.values() {
        let is_exception = event.fields.contains_key("recurringEventId");
        if singles && !event.recurrence().is_empty() && !event.is_cancelled() {
            found.extend(occurrences::of_series(calendar, event, until));
        } else if !(singles && is_exception) {
            found.push(event.clone());
        }
    }
    found.retain(|event| {
        // Without single events a series counts as a whole, and its cancelled occurrences are told with it.
        let is_series = !event.recurrence().is_empty();
        let in_window = if is_series {
            occurrences::of_series(calendar, event, until).iter().any(|one| window.touches(calendar, one))
        } else {
            window.touches(calendar, event)
        };
        let is_hole = !singles && event.fields.contains_key("recurringEventId");
        in_window
            && (with_deleted || !event.is_cancelled() || is_hole)
            && since.is_none_or(|since| event.change > since)
            && updated_min
                .is_none_or(|min| event.text("updated").and_then(zone::instant).is_some_and(|at| at >= min))
            && filters.fit(event)
    });
    let zone = calendar.zone();
    match call.query.text("orderBy") {
        Some("startTime") => found.sort_by_key(|event| event.start().map(|start| start.moment(&zone))),
        Some(_) => found.sort_by_key(|event| event.text("updated").map(str::to_owned)),
        None => found.sort_by_key(|event| event.change),
    }
    let plain = NOT_WHILE_SYNCING.iter().all(|name| !call.query.names(name));
    let sync = plain.then(|| token("sync", calendar.changes));
    listed(stage, call, &place, found, sync)
}

/// The change after which the caller wants to know.
fn since(call: &Call, calendar: &Calendar) -> Result<Option<u64>, Failure> {
    let Some(token) = call.query.filled("syncToken") else {
        return Ok(None);
    };
    if let Some(name) = NOT_WHILE_SYNCING.iter().find(|name| call.query.names(name)) {
        return Err(invalid(format!("Sync token cannot be combined with {name}.")));
    }
    if call.query.flag("showDeleted") == Some(false) {
        return Err(invalid("Sync token cannot be combined with showDeleted=false."));
    }
    let since = number_of(token, "sync").ok_or_else(|| invalid("Invalid sync token value."))?;
    if since > calendar.changes {
        let message = "Sync token is no longer valid, a full sync is required.";
        return Err(Failure::new(410, "fullSyncRequired", "FAILED_PRECONDITION", message));
    }
    Ok(Some(since))
}

/// What an event must have to be found.
struct Filters<'a> {
    query: Option<String>,
    uid: Option<&'a str>,
    kinds: Vec<String>,
    /// `private` or `shared`, a name and a value.
    properties: Vec<(&'static str, String, String)>,
}

impl<'a> Filters<'a> {
    fn of(call: &'a Call) -> Result<Self, Failure> {
        let mut properties = Vec::new();
        for (parameter, kind) in
            [("privateExtendedProperty", "private"), ("sharedExtendedProperty", "shared")]
        {
            for text in call.query.texts(parameter) {
                let (name, value) =
                    text.split_once('=').ok_or_else(|| invalid(format!("Invalid value for {parameter}")))?;
                properties.push((kind, name.to_owned(), value.to_owned()));
            }
        }
        Ok(Self {
            query: call.query.filled("q").map(str::to_lowercase),
            uid: call.query.filled("iCalUID"),
            kinds: call.query.texts("eventTypes"),
            properties,
        })
    }

    fn fit(&self, event: &Event) -> bool {
        let property = |(kind, name, value): &(&str, String, String)| {
            event.fields.get("extendedProperties").is_some_and(|all| all[kind][name] == value.as_str())
        };
        let kind = event.text("eventType").unwrap_or("default");
        self.query.as_deref().is_none_or(|query| mentions(event, query))
            && self.uid.is_none_or(|uid| event.text("iCalUID") == Some(uid))
            && (self.kinds.is_empty() || self.kinds.iter().any(|own| own == kind))
            && self.properties.iter().all(property)
    }
}

/// Whether each of the words is in one of the texts that a search looks at.
fn mentions(event: &Event, query: &str) -> bool {
    let mut text = String::new();
    let mut add = |value: Option<&str>| {
        text.push_str(&value.unwrap_or_default().to_lowercase());
        text.push('\n');
    };
    for name in ["summary", "description", "location"] {
        add(event.text(name));
    }
    let person =
        |person: &Map<String, Value>, name: &str| person.get(name).and_then(Value::as_str).map(str::to_owned);
    let organizer = event.fields.get("organizer").and_then(Value::as_object).cloned();
    for someone in event.attendees().iter().chain(&organizer) {
        add(person(someone, "email").as_deref());
        add(person(someone, "displayName").as_deref());
    }
    let label =
        event.fields.get("workingLocationProperties").map(|place| place["customLocation"]["label"].clone());
    add(label.as_ref().and_then(Value::as_str));
    query.split_whitespace().all(|word| text.contains(word.trim_matches('"')))
}
