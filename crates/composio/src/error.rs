//! Why a call brought nothing.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http::header::RETRY_AFTER;
use outbound::{Outcome, SendError};
use serde_json::Value;

/// A call without a usable answer. Its text holds nothing of the request.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Send(#[from] SendError),
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// An answer of success that does not say what it should.
    #[error("an answer that cannot be read: {0}")]
    Malformed(String),
    #[error("a request that cannot be built: {0}")]
    Unbuildable(String),
}

/// An answer of HTTP 400 or more.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("HTTP {status}, code {code:?}, slug {slug:?}")]
pub struct Refusal {
    pub status: u16,
    /// The vendor's number: 1820.
    pub code: Option<i64>,
    /// The vendor's word: `ActionExecute_ConnectedAccountExpired`.
    pub slug: Option<String>,
    /// The vendor's sentence; never shown in errors of ours unless it speaks of the caller's own input.
    pub message: Option<String>,
    pub retry_after: Option<Duration>,
}

// The vendor's sentence may repeat what it was sent, secrets included.
impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error {
    /// Whether nothing can have happened over there.
    pub fn is_harmless(&self) -> bool {
        match self {
            Self::Send(error) => error.outcome() == Outcome::NotSent,
            // 408 and 5xx may come from anything on the way, also after the vendor acted.
            Self::Refused(refusal) => refusal.status < 500 && refusal.status != 408,
            Self::Malformed(_) => false,
            Self::Unbuildable(_) => true,
        }
    }

    /// Whether the API is in trouble, rather than the request.
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Send(error) => !error.is_final(),
            Self::Refused(refusal) => refusal.status >= 500 || refusal.status == 408,
            Self::Malformed(_) => true,
            Self::Unbuildable(_) => false,
        }
    }

    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// Whether what the request names is not there.
    pub fn is_absent(&self) -> bool {
        self.refusal().is_some_and(|refusal| matches!(refusal.status, 404 | 410))
    }
}

impl Refusal {
    pub(crate) fn read(response: &Response<Bytes>) -> Self {
        let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        // A rate limit comes without the wrapper.
        let error = body.get("error").filter(|error| error.is_object()).unwrap_or(&body);
        let text = |name: &str| error.get(name).and_then(Value::as_str).map(str::to_owned);
        let code = error.get("code");
        let wait = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        Self {
            status: response.status().as_u16(),
            code: code.and_then(Value::as_i64),
            slug: text("slug").or_else(|| code.and_then(Value::as_str).map(str::to_owned)),
            message: text("message"),
            retry_after: wait.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs),
        }
    }

    /// Whether the vendor names this, by number or by word.
    pub fn is(&self, code: i64, slug: &str) -> bool {
        self.code == Some(code) || self.slug.as_deref() == Some(slug)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_vendor_says_is_not_in_what_is_logged() {
        let body = r#"{"error":{"message":"Invalid client_secret: s3cret","code":10400,"status":400}}"#;
        let response = Response::builder().status(400).body(Bytes::from_static(body.as_bytes()));
        let error = Error::from(Refusal::read(&response.expect("a plain response")));
        assert!(error.refusal().and_then(|refusal| refusal.message.as_deref()).is_some());
        assert!(!format!("{error:?} {error}").contains("s3cret"));
    }
}
