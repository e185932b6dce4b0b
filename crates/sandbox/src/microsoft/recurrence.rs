//! On which days a series happens.

use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan as _};
use serde_json::Value;

use super::Failure;

/// More happen only after more years than a view may show.
const MAX_OCCURRENCES: usize = 4000;
/// Periods without any occurrence end the search.
const MAX_PERIODS: i64 = 8000;

const DAYS: [(&str, Weekday); 7] = [
    ("sunday", Weekday::Sunday),
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
];

fn weekday(name: &str) -> Option<Weekday> {
    DAYS.iter().find(|(known, _)| *known == name).map(|(_, day)| *day)
}

fn weekdays(pattern: &Value) -> Vec<Weekday> {
    let names = pattern["daysOfWeek"].as_array().into_iter().flatten();
    names.filter_map(Value::as_str).filter_map(weekday).collect()
}

fn date(value: &Value) -> Option<Date> {
    value.as_str()?.parse().ok()
}

/// Whether a pattern says all that its type needs, and begins with the event.
pub(super) fn check(recurrence: &Value, start: Date) -> Result<(), Failure> {
    let (pattern, range) = (&recurrence["pattern"], &recurrence["range"]);
    let needs = |names: &[&str], of: &Value| match names.iter().find(|name| of[**name].is_null()) {
        Some(name) => Err(Failure::property(format!("The recurrence needs the property '{name}'."))),
        None => Ok(()),
    };
    let required: &[&str] = match pattern["type"].as_str().unwrap_or_default() {
        "weekly" => &["daysOfWeek"],
        "absoluteMonthly" => &["dayOfMonth"],
        "relativeMonthly" => &["daysOfWeek"],
        "absoluteYearly" => &["dayOfMonth", "month"],
        "relativeYearly" => &["daysOfWeek", "month"],
        _ => &[],
    };
    needs(required, pattern)?;
    match range["type"].as_str().unwrap_or_default() {
        "endDate" => needs(&["endDate"], range)?,
        "numbered" => needs(&["numberOfOccurrences"], range)?,
        _ => {}
    }
    let whole = |value: &Value, low: i64, high: i64| {
        value.as_i64().is_none_or(|number| (low..=high).contains(&number))
    };
    let fits = whole(&pattern["interval"], 1, 999)
        && whole(&pattern["dayOfMonth"], 1, 31)
        && whole(&pattern["month"], 1, 12)
        && whole(&range["numberOfOccurrences"], 1, 999);
    if !fits || date(&range["startDate"]) != Some(start) {
        return Err(Failure::property(
            "The recurrence is not valid: its numbers must be possible, and its startDate that of the event.",
        ));
    }
    match date(&range["endDate"]) {
        Some(end) if end < start => Err(Failure::ends_early()),
        None if range["endDate"].is_string() => {
            Err(Failure::property("The endDate of the recurrence is no date."))
        }
        _ => Ok(()),
    }
}

/// The days of a series up to and including `until`.
pub(super) fn dates(recurrence: &Value, until: Date) -> Vec<Date> {
    let (pattern, range) = (&recurrence["pattern"], &recurrence["range"]);
    let Some(start) = date(&range["startDate"]) else {
        return Vec::new();
    };
    let last = match range["type"].as_str() {
        Some("endDate") => date(&range["endDate"]).map_or(until, |end| end.min(until)),
        _ => until,
    };
    let limit = match range["type"].as_str() {
        Some("numbered") => range["numberOfOccurrences"].as_u64().unwrap_or(1),
        _ => u64::MAX,
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX).min(MAX_OCCURRENCES);
    let mut found = Vec::new();
    for period in 0..MAX_PERIODS {
        let Some(days) = of_period(pattern, start, period) else {
            break;
        };
        for day in days.into_iter().filter(|day| *day >= start) {
            if day > last || found.len() >= limit {
                return found;
            }
            found.push(day);
        }
    }
    found
}

/// The candidates of one day, week, month or year, in order; `None` after the end of time.
fn of_period(pattern: &Value, start: Date, period: i64) -> Option<Vec<Date>> {
    let steps = period.checked_mul(pattern["interval"].as_i64().unwrap_or(1))?;
    let after = |base: Date, span: Span| base.checked_add(span).ok();
    match pattern["type"].as_str()? {
        "daily" => Some(vec![after(start, Span::new().try_days(steps).ok()?)?]),
        "weekly" => {
            let first = pattern["firstDayOfWeek"].as_str().and_then(weekday).unwrap_or(Weekday::Sunday);
            let back = i64::from(first.until(start.weekday()));
            let week = after(start, (-back).days())
                .and_then(|week| after(week, Span::new().try_weeks(steps).ok()?))?;
            let days = weekdays(pattern);
            let each = (0..7).filter_map(|day: i64| after(week, day.days()));
            Some(each.filter(|day| days.contains(&day.weekday())).collect())
        }
        kind => {
            let yearly = kind.ends_with("Yearly");
            let span = if yearly {
                Span::new().try_years(steps).ok()?
            } else {
                Span::new().try_months(steps).ok()?
            };
            let mut month = after(start.first_of_month(), span)?;
            if let (true, Some(number)) = (yearly, pattern["month"].as_i64()) {
                month = Date::new(month.year(), i8::try_from(number).ok()?, 1).ok()?;
            }
            Some(of_month(pattern, month, kind.starts_with("absolute")).into_iter().collect())
        }
    }
}

fn of_month(pattern: &Value, month: Date, absolute: bool) -> Option<Date> {
    if absolute {
        // A month that is too short has it on its last day.
        let day = i8::try_from(pattern["dayOfMonth"].as_i64()?).ok()?.min(month.days_in_month());
        return Date::new(month.year(), month.month(), day).ok();
    }
    let wanted = weekdays(pattern);
    let days = (1..=month.days_in_month()).filter_map(|day| Date::new(month.year(), month.month(), day).ok());
    let days: Vec<Date> = days.filter(|day| wanted.contains(&day.weekday())).collect();
    match pattern["index"].as_str().unwrap_or("first") {
        "first" => days.first(),
        "second" => days.get(1),
        "third" => days.get(2),
        "fourth" => days.get(3),
        _ => days.last(),
    }
    .copied()
}
