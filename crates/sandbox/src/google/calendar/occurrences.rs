//! The occurrences of a series: those that the rule makes, and those that were changed one by one.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;

use super::recurrence::{self, at_time_of};
use super::state::{Calendar, Event};
use super::zone::{self, When, days_after, local, local_of};
use crate::stage::later;

/// Without an end of its own a series is shown this far.
const HORIZON: i64 = 730 * 86_400;

/// How far to look, for a caller who does not say.
pub(super) fn horizon(now: Timestamp) -> Timestamp {
    later(now, HORIZON)
}

/// The id of the occurrence that the series has at `start`.
fn id_at(series: &str, start: When) -> String {
    match start {
        When::Day(day) => format!("{series}_{}", day.strftime("%Y%m%d")),
        When::At(moment) => format!("{series}_{}", moment.strftime("%Y%m%dT%H%M%SZ")),
    }
}

/// A time as it is kept: in UTC.
pub(super) fn kept(when: When, zone_name: Option<&str>) -> serde_json::Value {
    match when {
        When::Day(day) => json!({"date": day.to_string()}),
        When::At(moment) => {
            let mut value = json!({"dateTime": zone::write(moment, &jiff::tz::TimeZone::UTC)});
            if let Some(name) = zone_name {
                value["timeZone"] = json!(name);
            }
            value
        }
    }
}

/// All occurrences that begin before `until`, as the rule makes them, the earliest first.
fn by_rule(calendar: &Calendar, series: &Event, until: Timestamp) -> Vec<Event> {
    let (Some(start), Some(end)) = (series.start(), series.end()) else {
        return Vec::new();
    };
    let Ok(rule) = recurrence::parse(&series.recurrence()) else {
        return Vec::new();
    };
    let zone_name = series.zone_name("start").unwrap_or(&calendar.time_zone).to_owned();
    let zone = zone::known(&zone_name);
    let first = local_of(start.moment(&zone), &zone);
    let last = local_of(until, &zone).date();
    let starts = rule.days(first.date(), last).into_iter().map(|day| match start {
        When::Day(_) => When::Day(day),
        When::At(_) => When::At(local(at_time_of(day, first), &zone)),
    });
    let starts = starts.filter(|start| start.moment(&zone) < until);
    starts.map(|from| occurrence(series, (start, end), from, &zone_name)).collect()
}

fn occurrence(series: &Event, (start, end): (When, When), from: When, zone_name: &str) -> Event {
    let to = match (start, end, from) {
        (When::Day(start), When::Day(end), When::Day(from)) => {
            When::Day(days_after(from, days_between(start, end)))
        }
        (When::At(start), When::At(end), When::At(from)) => {
            When::At(later(from, end.as_second() - start.as_second()))
        }
        _ => end,
    };
    let mut event = series.clone();
    event.id = id_at(&series.id, from);
    event.fields.remove("recurrence");
    event.set("start", kept(from, Some(zone_name)));
    event.set("end", kept(to, Some(zone_name)));
    event.set("recurringEventId", series.id.clone());
    event.set("originalStartTime", kept(from, Some(zone_name)));
    event
}

fn days_between(from: Date, to: Date) -> i64 {
    from.until(to).map_or(1, |span| i64::from(span.get_days()))
}

/// What there is of the series before `until`: its occurrences, with changed ones in place of those they were, the
/// cancelled ones too.
pub(super) fn of_series(calendar: &Calendar, series: &Event, until: Timestamp) -> Vec<Event> {
    let changed = |event: Event| calendar.events.get(&event.id).cloned().unwrap_or(event);
    by_rule(calendar, series, until).into_iter().map(changed).collect()
}

/// The event of that id: kept as such, or an occurrence of a series.
pub(super) fn find(calendar: &Calendar, id: &str) -> Option<Event> {
    if let Some(event) = calendar.events.get(id) {
        return Some(event.clone());
    }
    let (series, at) = id.rsplit_once('_')?;
    let series = calendar.events.get(series).filter(|series| !series.recurrence().is_empty())?;
    let year: i16 = at.get(..4)?.parse().ok()?;
    let until =
        later(Date::new(year, 12, 31).ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp(), 172_800);
    by_rule(calendar, series, until).into_iter().find(|event| event.id == id)
}
