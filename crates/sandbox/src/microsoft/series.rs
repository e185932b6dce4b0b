//! What happens when: a series as its single days, and a calendar between two times.

use jiff::Span;
use jiff::civil::{Date, DateTime, Time};
use serde_json::Value;

use super::mailbox::{Event, Mailbox, missing};
use super::zones::Zone;
use super::{Failure, recurrence};

/// When it begins by the clock of its own zone.
pub(super) fn local_start(event: &Event) -> Result<DateTime, Failure> {
    if event.item["isAllDay"] == true {
        return Ok(event.start);
    }
    Ok(Zone::named(&event.zone)?.local(event.start))
}

/// Those of a series between two times, as events of their own.
pub(super) fn occurrences(master: &Event, from: DateTime, to: DateTime) -> Vec<Event> {
    let Ok(zone) = Zone::named(&master.zone) else {
        return Vec::new();
    };
    let all_day = master.item["isAllDay"] == true;
    let length = master.end.duration_since(master.start);
    let time = if all_day { master.start.time() } else { zone.local(master.start).time() };
    let until = to.date().tomorrow().unwrap_or(to.date());
    let mut found = Vec::new();
    for date in recurrence::dates(&master.item["recurrence"], until) {
        let local = date.to_datetime(time);
        let start = if all_day { local } else { zone.to_utc(local) };
        let end = start.checked_add(length).unwrap_or(start);
        if master.cancelled.contains(&date.to_string()) || start >= to || end <= from {
            continue;
        }
        let mut one = master.clone();
        one.id = format!("{}OID{}=", master.id.trim_end_matches('='), date.strftime("%Y%m%d"));
        (one.start, one.end, one.cancelled) = (start, end, Vec::new());
        one.item.insert("type".to_owned(), Value::from("occurrence"));
        one.item.insert("seriesMasterId".to_owned(), Value::from(master.id.clone()));
        one.item.insert("recurrence".to_owned(), Value::Null);
        one.item.insert(
            "originalStart".to_owned(),
            Value::from(start.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
        );
        found.push(one);
    }
    found
}

impl Mailbox {
    /// Everything of a calendar that happens between two times, in order.
    pub(super) fn between(&self, calendar: &str, from: DateTime, to: DateTime) -> Vec<Event> {
        let mut found = Vec::new();
        for event in self.events.iter().filter(|event| event.calendar == calendar) {
            if !event.item["recurrence"].is_null() {
                found.extend(occurrences(event, from, to));
            } else if event.start < to && (event.end > from || event.start >= from) {
                found.push(event.clone());
            }
        }
        found.sort_by_key(|event| event.start);
        found
    }

    /// An event by its id, or one of a series with the date that it has there.
    pub(super) fn event_or_occurrence(&self, id: &str) -> Result<(Event, Option<String>), Failure> {
        if let Ok(event) = self.event(id) {
            return Ok((event.clone(), None));
        }
        let (stem, date) = id.trim_end_matches('=').rsplit_once("OID").ok_or_else(|| missing(id))?;
        let master = self.event(&format!("{stem}=")).map_err(|_| missing(id))?;
        let date = Date::strptime("%Y%m%d", date).map_err(|_| missing(id))?;
        let around = |days: i64| {
            date.checked_add(Span::new().days(days))
                .map_or(DateTime::MAX, |date| date.to_datetime(Time::midnight()))
        };
        let one = occurrences(master, around(-2), around(3)).into_iter().find(|one| one.id == id);
        Ok((one.ok_or_else(|| missing(id))?, Some(date.to_string())))
    }
}
