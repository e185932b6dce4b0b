//! Time zones, and the times of events as Google reads and writes them.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use crate::google::failure::Failure;
use crate::stage::later;

/// The zones that the twin knows, by the rules of POSIX. A database of all zones would be a dependency for little use.
const ZONES: &[(&str, &str)] = &[
    ("UTC", "UTC0"),
    ("Etc/UTC", "UTC0"),
    ("Etc/GMT", "UTC0"),
    ("GMT", "UTC0"),
    ("Europe/London", "GMT0BST,M3.5.0/1,M10.5.0"),
    ("Europe/Dublin", "GMT0IST,M3.5.0/1,M10.5.0"),
    ("Europe/Lisbon", "WET0WEST,M3.5.0/1,M10.5.0"),
    ("Europe/Amsterdam", CENTRAL_EUROPE),
    ("Europe/Berlin", CENTRAL_EUROPE),
    ("Europe/Brussels", CENTRAL_EUROPE),
    ("Europe/Copenhagen", CENTRAL_EUROPE),
    ("Europe/Madrid", CENTRAL_EUROPE),
    ("Europe/Oslo", CENTRAL_EUROPE),
    ("Europe/Paris", CENTRAL_EUROPE),
    ("Europe/Prague", CENTRAL_EUROPE),
    ("Europe/Rome", CENTRAL_EUROPE),
    ("Europe/Stockholm", CENTRAL_EUROPE),
    ("Europe/Vienna", CENTRAL_EUROPE),
    ("Europe/Warsaw", CENTRAL_EUROPE),
    ("Europe/Zurich", CENTRAL_EUROPE),
    ("Europe/Athens", "EET-2EEST,M3.5.0/3,M10.5.0/4"),
    ("Europe/Helsinki", "EET-2EEST,M3.5.0/3,M10.5.0/4"),
    ("Europe/Kiev", "EET-2EEST,M3.5.0/3,M10.5.0/4"),
    ("Europe/Istanbul", "TRT-3"),
    ("Europe/Moscow", "MSK-3"),
    ("America/New_York", "EST5EDT,M3.2.0,M11.1.0"),
    ("America/Toronto", "EST5EDT,M3.2.0,M11.1.0"),
    ("America/Chicago", "CST6CDT,M3.2.0,M11.1.0"),
    ("America/Denver", "MST7MDT,M3.2.0,M11.1.0"),
    ("America/Phoenix", "MST7"),
    ("America/Los_Angeles", "PST8PDT,M3.2.0,M11.1.0"),
    ("America/Sao_Paulo", "BRT3"),
    ("Africa/Cairo", "EET-2EEST,M4.5.5/0,M10.5.4/24"),
    ("Africa/Johannesburg", "SAST-2"),
    ("Africa/Lagos", "WAT-1"),
    ("Asia/Dubai", "GST-4"),
    ("Asia/Kolkata", "IST-5:30"),
    ("Asia/Calcutta", "IST-5:30"),
    ("Asia/Singapore", "SGT-8"),
    ("Asia/Shanghai", "CST-8"),
    ("Asia/Hong_Kong", "HKT-8"),
    ("Asia/Seoul", "KST-9"),
    ("Asia/Tokyo", "JST-9"),
    ("Australia/Sydney", "AEST-10AEDT,M10.1.0,M4.1.0/3"),
    ("Pacific/Auckland", "NZST-12NZDT,M9.5.0,M4.1.0/3"),
];
const CENTRAL_EUROPE: &str = "CET-1CEST,M3.5.0,M10.5.0/3";

pub(super) fn find(name: &str) -> Option<TimeZone> {
    let (_, rules) = ZONES.iter().find(|(known, _)| *known == name)?;
    TimeZone::posix(rules).ok()
}

/// The zone of that name, or UTC for a name that was checked when it came in.
pub(super) fn known(name: &str) -> TimeZone {
    find(name).unwrap_or(TimeZone::UTC)
}

/// What goes by a zone that a caller names.
pub(super) fn given(name: &str) -> Result<TimeZone, Failure> {
    let looks_real = name.split_once('/').is_some_and(|(area, city)| !area.is_empty() && !city.is_empty());
    match find(name) {
        Some(zone) => Ok(zone),
        None if looks_real => {
            Err(invalid(format!("sandbox: `{name}` is not among the time zones that the twin knows")))
        }
        None => Err(invalid("Invalid time zone definition.")),
    }
}

fn invalid(message: impl Into<String>) -> Failure {
    Failure::new(400, "invalid", "INVALID_ARGUMENT", message)
}

/// When something begins or ends: on a whole day, or at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Day(Date),
    At(Timestamp),
}

impl When {
    /// The moment, with a day beginning at its midnight in `zone`.
    pub(super) fn moment(self, zone: &TimeZone) -> Timestamp {
        match self {
            Self::At(moment) => moment,
            Self::Day(day) => local(day.to_datetime(jiff::civil::Time::midnight()), zone),
        }
    }

    pub(super) fn is_day(self) -> bool {
        matches!(self, Self::Day(_))
    }
}

/// A local time in `zone`, as a moment.
pub(super) fn local(time: DateTime, zone: &TimeZone) -> Timestamp {
    zone.to_ambiguous_zoned(time).compatible().map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp())
}

/// An `EventDateTime` of a body: the time, and the zone it is meant in.
pub(super) fn read(value: &Map<String, Value>, name: &str) -> Result<(When, Option<String>), Failure> {
    let text = |member: &str| value.get(member).and_then(Value::as_str);
    let zone_name = text("timeZone");
    let zone = zone_name.map(given).transpose()?;
    match (text("date"), text("dateTime")) {
        (Some(_), Some(_)) => {
            Err(invalid(format!("Invalid {name} time: date and dateTime exclude each other.")))
        }
        (Some(date), None) => {
            let day: Option<Date> =
                Some(date).filter(|date| date.len() == 10).and_then(|date| date.parse().ok());
            let day = day.ok_or_else(|| invalid(format!("Invalid value for: Invalid format: \"{date}\"")))?;
            Ok((When::Day(day), None))
        }
        (None, Some(time)) => {
            let moment = match (instant(time), civil(time), zone) {
                (Some(moment), _, _) => Some(moment),
                (None, Some(time), Some(zone)) => Some(local(time, &zone)),
                (None, Some(_), None) => {
                    let message = format!("Missing time zone definition for {name} time.");
                    return Err(Failure::new(400, "required", "INVALID_ARGUMENT", message));
                }
                (None, None, _) => None,
            };
            let moment =
                moment.ok_or_else(|| invalid(format!("Invalid value for: Invalid format: \"{time}\"")))?;
            Ok((When::At(moment), zone_name.map(str::to_owned)))
        }
        (None, None) => {
            let message = format!("Missing {name} time.");
            Err(Failure::new(400, "required", "INVALID_ARGUMENT", message))
        }
    }
}

/// A time with its offset, by RFC 3339.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    Some(text).filter(|text| text.as_bytes().get(10) == Some(&b'T')).and_then(|text| text.parse().ok())
}

fn civil(text: &str) -> Option<DateTime> {
    Some(text).filter(|text| text.as_bytes().get(10) == Some(&b'T')).and_then(|text| text.parse().ok())
}

/// A parameter that must be a time with its offset.
pub(super) fn parameter(text: &str) -> Result<Timestamp, Failure> {
    instant(text).ok_or_else(|| Failure::new(400, "badRequest", "INVALID_ARGUMENT", "Bad Request"))
}

/// A moment as events show it: RFC 3339 with the offset that `zone` has then.
pub(super) fn write(moment: Timestamp, zone: &TimeZone) -> String {
    let text = moment.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    text.strip_suffix("+00:00").map_or(text.clone(), |local| format!("{local}Z"))
}

/// The `EventDateTime` of an answer.
pub(super) fn show(when: When, own_zone: &str, shown_in: &TimeZone) -> Value {
    match when {
        When::Day(day) => json!({"date": day.to_string()}),
        When::At(moment) => json!({"dateTime": write(moment, shown_in), "timeZone": own_zone}),
    }
}

/// `days` after `day`, or the last day there is.
pub(super) fn days_after(day: Date, days: i64) -> Date {
    let span = jiff::Span::new().try_days(days);
    span.and_then(|span| day.checked_add(span)).unwrap_or(Date::MAX)
}

/// The local time of `moment` in `zone`.
pub(super) fn local_of(moment: Timestamp, zone: &TimeZone) -> DateTime {
    zone.to_datetime(moment)
}

pub(super) fn minutes_after(moment: Timestamp, minutes: i64) -> Timestamp {
    later(moment, minutes.saturating_mul(60))
}
