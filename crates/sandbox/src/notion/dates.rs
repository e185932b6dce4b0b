//! Dates as properties have them: a day or a time, or from one to another.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use serde_json::{Value, json};

use super::failure::Failure;

/// A date that was checked for its shape, as Notion answers it.
pub(super) fn read(value: &Value, at: &str) -> Result<Value, Failure> {
    let zone = value["time_zone"].as_str();
    let part = |name: &str| match &value[name] {
        Value::Null => Ok(None),
        text => match written(text.as_str().unwrap_or_default(), zone.is_some()) {
            Some(written) => Ok(Some(written)),
            None => Err(Failure::body_wrong(&format!("{at}.{name}"), "a valid ISO 8601 date string", text)),
        },
    };
    let (start, end) = (part("start")?, part("end")?);
    if let (Some(start), Some(end)) = (&start, &end)
        && instant(start) > instant(end)
    {
        return Err(Failure::validation("sandbox: the end of a date is before its start"));
    }
    Ok(json!({"start": start, "end": end, "time_zone": zone}))
}

/// The date as it is stored: a day as it is, a time to the millisecond and with its offset.
fn written(text: &str, has_zone: bool) -> Option<String> {
    if text.len() == 10 {
        return text.parse::<Date>().ok().map(|day| day.to_string());
    }
    let pieces = jiff::fmt::temporal::Pieces::parse(text).ok()?;
    let time = DateTime::from_parts(pieces.date(), pieces.time()?);
    let written = time.strftime("%Y-%m-%dT%H:%M:%S.000");
    match (has_zone, pieces.to_numeric_offset()) {
        (true, Some(_)) => None,
        (true, None) => Some(written.to_string()),
        (false, offset) => {
            let seconds = offset.unwrap_or(Offset::UTC).seconds();
            let sign = if seconds < 0 { '-' } else { '+' };
            let minutes = seconds.abs() / 60;
            Some(format!("{written}{sign}{:02}:{:02}", minutes / 60, minutes % 60))
        }
    }
}

/// The day that a date is on, where it says.
pub(super) fn day(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}

/// The moment; a day begins at midnight UTC, and so does a time without an offset.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time);
    }
    let time = text.parse::<DateTime>().ok().or_else(|| Some(day(text)?.at(0, 0, 0, 0)))?;
    time.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// Today, in UTC.
pub(super) fn today(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}
