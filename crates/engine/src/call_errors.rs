//! What callers are told of a request to a provider that brought nothing.

use std::time::Duration;

use executor::Failure;
use outbound::SendError;
use serde_json::json;

use crate::attempts::MOST_BYTES;
use crate::error::{Code, Error, Kind};
use crate::execute::Run;

pub(crate) fn not_sent(run: &Run, source: impl Into<anyhow::Error>) -> Error {
    Error::new(
        Code::IntegrationsExecutionFailed,
        Kind::Upstream,
        format!("{} could not be reached; the call was not sent", run.toolkit.display_name),
        "Try again in a little while.",
    )
    .with_details(json!({ "outcome": "not_sent" }))
    .with_source(source)
}

pub(crate) fn too_large(run: &Run) -> Error {
    Error::new(
        Code::IntegrationsExecutionFailed,
        Kind::Refused,
        format!("The answer of {} is larger than {MOST_BYTES} bytes", run.toolkit.display_name),
        "Ask for less at once, with `limit` or a narrower query.",
    )
    .with_details(json!({ "reason": "answer_too_large" }))
}

/// The file at a caller's address cannot be had.
pub(crate) fn unread_file(error: &SendError) -> Error {
    let (reason, message) = match error.is_too_large() {
        true => ("file_too_large", format!("The file is larger than {MOST_BYTES} bytes")),
        false => ("file_refused", format!("The file's address was not read: {error}")),
    };
    Error::new(
        Code::IntegrationsExecutionFailed,
        Kind::Refused,
        message,
        "Give an https address that anybody can read without a login, or the content itself.",
    )
    .with_details(json!({ "reason": reason, "outcome": "not_sent" }))
}

pub(crate) fn no_file(failure: &Failure) -> Error {
    Error::new(
        Code::IntegrationsExecutionFailed,
        Kind::Refused,
        format!("The file's address answered with HTTP {}", failure.status),
        "Give an https address that anybody can read without a login, or the content itself.",
    )
    .with_details(json!({ "reason": "file_refused", "outcome": "not_sent" }))
}

pub(crate) fn rate_limited(run: &Run, wait: Duration) -> Error {
    Error::new(
        Code::QuotaRateLimit,
        Kind::TooMany,
        format!("{} limits how often this account may call it", run.toolkit.display_name),
        format!("Wait {} s and try again; the call was not carried out.", wait.as_secs().max(1)),
    )
    .with_details(json!({ "outcome": "not_sent", "limited_by": "provider" }))
    .with_retry_after(wait)
}

pub(crate) fn refused(run: &Run, failure: &Failure) -> Error {
    let name = &run.toolkit.display_name;
    let message = match &failure.message {
        Some(message) => format!("{name} refused ({}): {message}", failure.code),
        None => format!("{name} refused ({})", failure.code),
    };
    Error::new(
        Code::IntegrationsExecutionFailed,
        Kind::Refused,
        message,
        "Read the provider's code and message, correct the arguments, and try again.",
    )
    .with_details(json!({ "reason": "provider_refused", "provider": { "status": failure.status, "code": failure.code } }))
}
