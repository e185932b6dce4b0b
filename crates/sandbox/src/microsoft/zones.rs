//! Time zones under both names that Outlook knows them by, with the rules that hold today.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::failure::Failure;

/// IANA name, Windows name, and the rule as POSIX writes it.
const ZONES: &[(&str, &str, &str)] = &[
    ("Etc/UTC", "UTC", "UTC0"),
    ("Europe/London", "GMT Standard Time", "GMT0BST,M3.5.0/1,M10.5.0"),
    ("Europe/Berlin", "W. Europe Standard Time", "CET-1CEST,M3.5.0,M10.5.0/3"),
    ("Europe/Paris", "Romance Standard Time", "CET-1CEST,M3.5.0,M10.5.0/3"),
    ("Europe/Warsaw", "Central European Standard Time", "CET-1CEST,M3.5.0,M10.5.0/3"),
    ("Europe/Budapest", "Central Europe Standard Time", "CET-1CEST,M3.5.0,M10.5.0/3"),
    ("Europe/Bucharest", "GTB Standard Time", "EET-2EEST,M3.5.0/3,M10.5.0/4"),
    ("Europe/Kiev", "FLE Standard Time", "EET-2EEST,M3.5.0/3,M10.5.0/4"),
    ("Europe/Istanbul", "Turkey Standard Time", "<+03>-3"),
    ("Europe/Moscow", "Russian Standard Time", "MSK-3"),
    ("Africa/Lagos", "W. Central Africa Standard Time", "WAT-1"),
    ("Africa/Johannesburg", "South Africa Standard Time", "SAST-2"),
    ("Africa/Nairobi", "E. Africa Standard Time", "EAT-3"),
    ("Asia/Dubai", "Arabian Standard Time", "<+04>-4"),
    ("Asia/Karachi", "Pakistan Standard Time", "PKT-5"),
    ("Asia/Kolkata", "India Standard Time", "IST-5:30"),
    ("Asia/Bangkok", "SE Asia Standard Time", "<+07>-7"),
    ("Asia/Shanghai", "China Standard Time", "CST-8"),
    ("Asia/Singapore", "Singapore Standard Time", "<+08>-8"),
    ("Asia/Seoul", "Korea Standard Time", "KST-9"),
    ("Asia/Tokyo", "Tokyo Standard Time", "JST-9"),
    ("Australia/Sydney", "AUS Eastern Standard Time", "AEST-10AEDT,M10.1.0,M4.1.0/3"),
    ("Pacific/Auckland", "New Zealand Standard Time", "NZST-12NZDT,M9.5.0,M4.1.0/3"),
    ("Pacific/Honolulu", "Hawaiian Standard Time", "HST10"),
    ("America/Anchorage", "Alaskan Standard Time", "AKST9AKDT,M3.2.0,M11.1.0"),
    ("America/Los_Angeles", "Pacific Standard Time", "PST8PDT,M3.2.0,M11.1.0"),
    ("America/Denver", "Mountain Standard Time", "MST7MDT,M3.2.0,M11.1.0"),
    ("America/Phoenix", "US Mountain Standard Time", "MST7"),
    ("America/Chicago", "Central Standard Time", "CST6CDT,M3.2.0,M11.1.0"),
    ("America/New_York", "Eastern Standard Time", "EST5EDT,M3.2.0,M11.1.0"),
    ("America/Sao_Paulo", "E. South America Standard Time", "<-03>3"),
];

/// A time zone under the name that the caller gave it, which answers repeat.
#[derive(Debug, Clone)]
pub(super) struct Zone {
    pub(super) name: String,
    rules: TimeZone,
}

impl Zone {
    pub(super) fn utc() -> Self {
        Self { name: "UTC".to_owned(), rules: TimeZone::UTC }
    }

    pub(super) fn named(name: &str) -> Result<Self, Failure> {
        let known = |(iana, windows, _): &&(&str, &str, &str)| {
            iana.eq_ignore_ascii_case(name) || windows.eq_ignore_ascii_case(name)
        };
        let rule = ZONES.iter().find(known).map(|(_, _, rule)| *rule);
        let rules = rule.and_then(|rule| TimeZone::posix(rule).ok());
        let rules = rules.ok_or_else(|| Failure::time_zone(name))?;
        Ok(Self { name: name.to_owned(), rules })
    }

    /// What a clock in this zone shows when one in UTC shows `utc`.
    pub(super) fn local(&self, utc: DateTime) -> DateTime {
        let instant = TimeZone::UTC.to_timestamp(utc).unwrap_or(Timestamp::MAX);
        self.rules.to_datetime(instant)
    }

    pub(super) fn to_utc(&self, local: DateTime) -> DateTime {
        let instant = self.rules.to_timestamp(local).unwrap_or(Timestamp::MAX);
        TimeZone::UTC.to_datetime(instant)
    }

    /// Graph's pair of a local time and a zone.
    pub(super) fn pair(&self, utc: DateTime) -> Value {
        pair(self.local(utc), &self.name)
    }
}

pub(super) fn pair(local: DateTime, zone: &str) -> Value {
    json!({"dateTime": local.strftime("%Y-%m-%dT%H:%M:%S.0000000").to_string(), "timeZone": zone})
}

/// Reads a `dateTimeTimeZone`: the local time and the zone it is in.
pub(super) fn read_pair(value: &Value, name: &str) -> Result<(DateTime, Zone), Failure> {
    let text = value["dateTime"].as_str().unwrap_or_default();
    // Behind the date there is a time, and behind that nothing.
    let behind = text.split_once('T').map(|(_, behind)| behind);
    let bare = behind
        .is_some_and(|time| time.chars().all(|letter| letter.is_ascii_digit() || ":.".contains(letter)));
    let local = text.parse::<DateTime>().ok().filter(|_| bare);
    let local = local.ok_or_else(|| {
        Failure::property(format!("sandbox: the dateTime of {name} is no local time: '{text}'"))
    })?;
    let zone = value["timeZone"].as_str().filter(|zone| !zone.is_empty());
    let zone =
        zone.ok_or_else(|| Failure::property(format!("The time zone of {name} must be specified.")))?;
    Ok((local, Zone::named(zone)?))
}

/// A point in time of a query, in UTC: with an offset, or else in UTC already.
pub(super) fn instant(text: &str) -> Option<DateTime> {
    let stamp = text.parse::<Timestamp>().ok().map(|stamp| TimeZone::UTC.to_datetime(stamp));
    stamp.or_else(|| text.parse::<DateTime>().ok())
}
