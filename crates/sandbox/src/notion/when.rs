//! What a filter may ask about dates.

use jiff::civil::{Date, Weekday};
use jiff::{Span, Timestamp, ToSpan as _};
use serde_json::Value;

use super::dates::{day, instant, today};
use super::failure::Failure;
use super::shapes::Kind;
use crate::strict::Shape;

const NOTHING: Shape = Shape::Object(&[]);

pub(super) const QUESTIONS: &[Kind] = &[
    ("equals", Shape::Text),
    ("before", Shape::Text),
    ("after", Shape::Text),
    ("on_or_before", Shape::Text),
    ("on_or_after", Shape::Text),
    ("this_week", NOTHING),
    ("past_week", NOTHING),
    ("past_month", NOTHING),
    ("past_year", NOTHING),
    ("next_week", NOTHING),
    ("next_month", NOTHING),
    ("next_year", NOTHING),
    ("is_empty", Shape::Boolean),
    ("is_not_empty", Shape::Boolean),
];

/// A day by its distance from today.
fn relative(word: &str, today: Date) -> Option<Date> {
    let span: Span = match word {
        "today" => 0.days(),
        "tomorrow" => 1.day(),
        "yesterday" => -1.day(),
        "one_week_ago" => -1.week(),
        "one_week_from_now" => 1.week(),
        "one_month_ago" => -1.month(),
        "one_month_from_now" => 1.month(),
        _ => return None,
    };
    today.checked_add(span).ok()
}

pub(super) fn check(operator: &str, operand: &Value, at: &str) -> Result<(), Failure> {
    let Some(text) = operand.as_str() else {
        return Ok(());
    };
    let readable = relative(text, Date::default()).is_some() || instant(text).is_some();
    if readable || operator.starts_with("is_") {
        Ok(())
    } else {
        Err(Failure::body_wrong(at, "a valid ISO 8601 date string", operand))
    }
}

/// Whether a date passes; none passes only where none is asked for.
pub(super) fn passes(operator: &str, operand: &Value, date: Option<&str>, now: Timestamp) -> bool {
    let Some((text, day_of)) = date.and_then(|text| Some((text, day(text)?))) else {
        return operator == "is_empty";
    };
    let today = today(now);
    if let Some(sought) = operand.as_str() {
        let ordering = match relative(sought, today).or_else(|| day(sought).filter(|_| sought.len() == 10)) {
            Some(sought) => Some(day_of.cmp(&sought)),
            None => instant(text).zip(instant(sought)).map(|(own, sought)| own.cmp(&sought)),
        };
        return ordering.is_some_and(|ordering| match operator {
            "equals" => ordering.is_eq(),
            "before" => ordering.is_lt(),
            "after" => ordering.is_gt(),
            "on_or_before" => ordering.is_le(),
            _ => ordering.is_ge(),
        });
    }
    let (from, to): (Span, Span) = match operator {
        "this_week" => {
            let since = i64::from(today.weekday().since(Weekday::Sunday));
            (-since.days(), (6 - since).days())
        }
        "past_week" => (-1.week(), 0.days()),
        "past_month" => (-1.month(), 0.days()),
        "past_year" => (-1.year(), 0.days()),
        "next_week" => (0.days(), 1.week()),
        "next_month" => (0.days(), 1.month()),
        "next_year" => (0.days(), 1.year()),
        other => return other == "is_not_empty",
    };
    let bound = |span: Span| today.checked_add(span).unwrap_or(today);
    (bound(from)..=bound(to)).contains(&day_of)
}
