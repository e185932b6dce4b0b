//! What the vendor's failures mean to our callers. Its raw bodies go into the log at most, never into an answer.

use serde_json::json;

use super::CallError;
use crate::error::{Code, Error, Kind};

/// Composio's name, as callers read it.
pub(crate) const VENDOR: &str = "Composio";

/// This instance speaks to no second backend.
pub(crate) fn no_key() -> Error {
    Error::new(
        Code::IntegrationsNotConfigured,
        Kind::Invalid,
        "This instance has no Composio API key, and this integration needs it",
        "Ask the operator of this service to set COMPOSIO_API_KEY, or pass `oauth_credentials` where the toolkit is \
         one that this service can talk to itself.",
    )
}

/// A failure that is nobody's fault here: the vendor is away, busy, or refuses this instance.
pub(crate) fn unavailable(error: CallError) -> Error {
    away(Code::IntegrationsUpstreamError, error)
}

/// The same for a call of a tool.
pub(crate) fn not_executed(error: CallError) -> Error {
    away(Code::IntegrationsExecutionFailed, error)
}

fn away(code: Code, error: CallError) -> Error {
    let outcome = if error.is_harmless() { "not_sent" } else { "unknown" };
    match error {
        CallError::Shut(shut) => Error::new(
            code,
            Kind::Upstream,
            format!("{VENDOR} is not being asked at the moment, because it did not answer or is busy"),
            "Try again in a little while; nothing was changed.",
        )
        .with_details(json!({ "outcome": outcome }))
        .with_retry_after(shut.retry_after),
        CallError::Store(error) => error.into(),
        CallError::Strangers => Error::new(
            code,
            Kind::Upstream,
            format!("{VENDOR} holds accounts there that this service does not know, so nothing is removed"),
            "Tell the operator of this service: they may have been connected after a backup that was restored since.",
        )
        .with_details(json!({ "reason": "unknown_accounts", "outcome": outcome })),
        CallError::Vendor(error) => {
            let status = error.refusal().map(|refusal| refusal.status);
            match status {
                Some(401 | 403) => refused_key(outcome),
                Some(429) => rate_limited(error.refusal().and_then(|refusal| refusal.retry_after)),
                _ => Error::new(
                    code,
                    Kind::Upstream,
                    format!("{VENDOR} gave no usable answer"),
                    "Try again in a little while.",
                )
                .with_details(json!({ "outcome": outcome })),
            }
            .with_source(error)
        }
    }
}

/// Each answer came in time, all of them together did not.
pub(crate) fn too_slow() -> Error {
    Error::new(
        Code::IntegrationsUpstreamError,
        Kind::Upstream,
        format!("{VENDOR} answers too slowly"),
        "Try again in a little while; nothing was changed.",
    )
    .with_details(json!({ "outcome": "not_sent" }))
}

fn refused_key(outcome: &str) -> Error {
    Error::new(
        Code::IntegrationsUpstreamError,
        Kind::Upstream,
        format!("{VENDOR} refuses this instance's API key"),
        "Tell the operator of this service; nothing was carried out, and the users' connections are kept.",
    )
    .with_details(json!({ "reason": "api_key_refused", "outcome": outcome }))
}

pub(crate) fn rate_limited(wait: Option<std::time::Duration>) -> Error {
    let wait = wait.unwrap_or(std::time::Duration::from_secs(1));
    Error::new(
        Code::QuotaRateLimit,
        Kind::TooMany,
        format!("{VENDOR} limits how often this instance may call it"),
        format!("Wait {} s and try again; the call was not carried out.", wait.as_secs().max(1)),
    )
    .with_details(json!({ "outcome": "not_sent", "limited_by": "composio" }))
    .with_retry_after(wait)
}

/// Status, number and word of a refusal, which say nothing of what was sent.
pub(crate) fn shown(refusal: &composio::Refusal) -> serde_json::Value {
    match refusal.code.map(|code| code.to_string()).or_else(|| refusal.slug.clone()) {
        Some(code) => json!({ "status": refusal.status, "code": code }),
        None => json!({ "status": refusal.status }),
    }
}
