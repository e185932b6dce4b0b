//! When a provider wants to be asked again, in each dialect.

use std::time::Duration;

use catalog::{RateLimit, ResetUnit};
use http::HeaderMap;
use http::header::RETRY_AFTER;
use jiff::Timestamp;

/// What the headers of a refusal say; `None` where they say nothing readable. Never negative, at most a day.
pub fn retry_after(dialect: &RateLimit, headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let standard = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    standard.and_then(|text| standard_form(text, now)).or_else(|| reset(dialect, headers, now)).map(bounded)
}

/// RFC 9110 section 10.2.3: seconds or an HTTP date. Discord sends fractions of seconds.
fn standard_form(text: &str, now: Timestamp) -> Option<f64> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Some(seconds);
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(until(date.timestamp().as_second() as f64, now))
}

fn reset(dialect: &RateLimit, headers: &HeaderMap, now: Timestamp) -> Option<f64> {
    let (name, unit) = dialect.reset.as_ref()?;
    let value: f64 = headers.get(name)?.to_str().ok()?.trim().parse().ok()?;
    Some(match unit {
        ResetUnit::SecondsLeft => value,
        ResetUnit::EpochSeconds => until(value, now),
    })
}

fn until(epoch_seconds: f64, now: Timestamp) -> f64 {
    epoch_seconds - now.as_second() as f64
}

fn bounded(seconds: f64) -> Duration {
    const DAY: f64 = 86_400.0;
    Duration::from_secs_f64(if seconds.is_finite() { seconds.clamp(0.0, DAY) } else { 0.0 })
}
