//! What `quickAdd` reads out of a sentence: a day, times, and a title from the words that remain.

use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};
use serde_json::{Map, Value, json};

use super::state::Calendar;
use super::zone::{days_after, local, local_of, minutes_after, write};

const USUAL_MINUTES: i64 = 60;
/// Words that belong to the day or time behind them.
const JOINING: &[&str] = &["on", "at", "from", "to", "until"];

/// The body of the event that `text` describes.
pub(super) fn read(text: &str, now: Timestamp, calendar: &Calendar) -> Map<String, Value> {
    let zone = calendar.zone();
    let today = local_of(now, &zone).date();
    let words: Vec<&str> = text.split_whitespace().collect();
    let (mut day, mut times): (Option<Date>, Vec<Time>) = (None, Vec::new());
    let mut is_title = vec![true; words.len()];
    for (index, word) in words.iter().enumerate() {
        let plain = word.trim_matches([',', '.', ';']).to_lowercase();
        let found = find_day(&plain, today);
        let clock = clock(&plain);
        if found.is_none() && clock.is_empty() {
            continue;
        }
        day = day.or(found);
        times.extend(clock);
        is_title[index] = false;
        if index > 0 && JOINING.contains(&words[index - 1].to_lowercase().as_str()) {
            is_title[index - 1] = false;
        }
    }
    let title: Vec<&str> =
        words.iter().zip(&is_title).filter(|(_, is_title)| **is_title).map(|(word, _)| *word).collect();
    let mut body = Map::new();
    body.insert("summary".to_owned(), json!(title.join(" ")));
    let day = day.unwrap_or(today);
    let (start, end) = match times.first() {
        None => (json!({"date": day.to_string()}), json!({"date": days_after(day, 1).to_string()})),
        Some(first) => {
            let start = local(day.to_datetime(*first), &zone);
            let end = times.get(1).map(|last| local(day.to_datetime(*last), &zone));
            let end = end.filter(|end| *end > start).unwrap_or_else(|| minutes_after(start, USUAL_MINUTES));
            let time = |moment| json!({"dateTime": write(moment, &zone), "timeZone": calendar.time_zone});
            (time(start), time(end))
        }
    };
    body.insert("start".to_owned(), start);
    body.insert("end".to_owned(), end);
    body
}

fn find_day(word: &str, today: Date) -> Option<Date> {
    match word {
        "today" => return Some(today),
        "tomorrow" => return Some(days_after(today, 1)),
        _ => {}
    }
    if word.len() == 10
        && let Ok(date) = word.parse()
    {
        return Some(date);
    }
    let weekday = match word {
        "monday" | "mon" => Weekday::Monday,
        "tuesday" | "tue" => Weekday::Tuesday,
        "wednesday" | "wed" => Weekday::Wednesday,
        "thursday" | "thu" => Weekday::Thursday,
        "friday" | "fri" => Weekday::Friday,
        "saturday" | "sat" => Weekday::Saturday,
        "sunday" | "sun" => Weekday::Sunday,
        _ => return None,
    };
    let ahead = i64::from(weekday.since(today.weekday()));
    Some(days_after(today, ahead))
}

/// `12:30`, `3pm`, or two of them as in `12:30-13:30` or `3-4pm`.
fn clock(word: &str) -> Vec<Time> {
    let Some((from, to)) = word.split_once(['-', '–']) else {
        return time(word).into_iter().collect();
    };
    let half = ["am", "pm"].into_iter().find(|half| to.ends_with(half)).unwrap_or_default();
    let from = time(from).or_else(|| time(&format!("{from}{half}")));
    match (from, time(to)) {
        (Some(from), Some(to)) => vec![from, to],
        _ => Vec::new(),
    }
}

fn time(word: &str) -> Option<Time> {
    let (digits, later) = match (word.strip_suffix("am"), word.strip_suffix("pm")) {
        (Some(digits), _) => (digits, Some(0)),
        (_, Some(digits)) => (digits, Some(12)),
        _ => (word, None),
    };
    let (hour, minute) = match digits.split_once(':') {
        Some((hour, minute)) if minute.len() == 2 => (hour, minute),
        None if later.is_some() => (digits, "0"),
        _ => return None,
    };
    let (hour, minute): (i8, i8) = (hour.parse().ok()?, minute.parse().ok()?);
    let hour = match later {
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(later) => hour % 12 + later,
        None => hour,
    };
    Time::new(hour, minute, 0, 0).ok()
}
