//! The one error. `message` and `remediation` are for the caller, who is often an agent; `source` is for the log.

use std::fmt;
use std::time::Duration;

use catalog::Problem;
use serde::Serialize;
use serde_json::{Value, json};

/// What a caller is told when a use case fails.
#[derive(Debug)]
pub struct Error(Box<Body>);

#[derive(Debug)]
struct Body {
    code: Code,
    kind: Kind,
    message: String,
    remediation: String,
    details: Option<Value>,
    retry_after: Option<Duration>,
    source: Option<anyhow::Error>,
}

/// The published codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    AuthRequired,
    AuthInvalidApiKey,
    AuthInvalidToken,
    AuthInsufficientPermissions,
    ValidationInvalidSchema,
    ValidationMissingField,
    IntegrationsNotConfigured,
    IntegrationsByoCredentialsRequired,
    IntegrationsConfigConflict,
    IntegrationsToolkitNotEnabled,
    IntegrationsNotConnected,
    IntegrationsAccountAmbiguous,
    IntegrationsConnectionExpired,
    IntegrationsUpstreamError,
    IntegrationsExecutionFailed,
    ResourceNotFound,
    QuotaRateLimit,
    InternalError,
}

/// What went wrong in kind. One code may come in several kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Invalid,
    TooLarge,
    Unauthenticated,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    Conflict,
    Refused,
    TooMany,
    Upstream,
    Internal,
    Unavailable,
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub fn new(code: Code, kind: Kind, message: impl Into<String>, remediation: impl Into<String>) -> Self {
        Self(Box::new(Body {
            code,
            kind,
            message: message.into(),
            remediation: remediation.into(),
            details: None,
            retry_after: None,
            source: None,
        }))
    }

    #[must_use]
    pub fn with_details(mut self, details: Value) -> Self {
        self.0.details = Some(details);
        self
    }

    #[must_use]
    pub fn with_remediation(mut self, remediation: impl Into<String>) -> Self {
        self.0.remediation = remediation.into();
        self
    }

    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    #[must_use]
    pub fn with_source(mut self, source: impl Into<anyhow::Error>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// A bug of ours. The caller learns nothing of it.
    pub fn internal(source: impl Into<anyhow::Error>) -> Self {
        Self::new(
            Code::InternalError,
            Kind::Internal,
            "internal error",
            "Try again; if it stays, give the request id to the operator of this service.",
        )
        .with_source(source)
    }

    /// The database is away or has no room.
    pub(crate) fn database_away(source: impl Into<anyhow::Error>) -> Self {
        Self::new(
            Code::InternalError,
            Kind::Unavailable,
            "The database of this service takes nothing at the moment",
            "Try again in a little while; if it stays, give the request id to the operator of this service.",
        )
        .with_source(source)
    }

    /// Of what went wrong before a call was sent: where the database is away, that is said, too.
    #[must_use]
    pub(crate) fn before_sending(self) -> Self {
        match self.kind() {
            Kind::Unavailable => self.with_details(json!({ "outcome": "not_sent" })),
            _ => self,
        }
    }

    /// Everything that is wrong with an input.
    pub fn invalid(problems: &[Problem]) -> Self {
        let only_missing = problems.iter().all(|problem| problem.is_missing);
        let code = if only_missing { Code::ValidationMissingField } else { Code::ValidationInvalidSchema };
        let message = match problems {
            [only] if only.pointer.is_empty() => only.message.clone(),
            [only] => format!("`{}` {}", only.pointer.trim_start_matches('/'), only.message),
            several => format!("{} fields are wrong or missing", several.len()),
        };
        Self::new(code, Kind::Invalid, message, "Correct what `details` lists and send the request again.")
            .with_details(json!(problems))
    }

    /// One thing wrong with an input.
    pub fn invalid_at(pointer: &str, message: impl Into<String>) -> Self {
        Self::invalid(&[Problem::wrong(pointer, message)])
    }

    /// One thing missing, said in other words than usual.
    pub fn missing(pointer: &str, message: impl Into<String>) -> Self {
        let name = pointer.trim_start_matches('/');
        Self::new(
            Code::ValidationMissingField,
            Kind::Invalid,
            message,
            format!("Add `{name}` and send the request again."),
        )
        .with_details(json!([Problem::missing(pointer)]))
    }

    pub fn not_found(what: impl Into<String>, remediation: impl Into<String>) -> Self {
        Self::new(Code::ResourceNotFound, Kind::NotFound, what, remediation)
    }

    pub fn app_not_found(app: &str) -> Self {
        Self::not_found(
            format!("App not found: {app}"),
            "Check the app id and that the key belongs to this app.",
        )
    }

    pub fn code(&self) -> Code {
        self.0.code
    }

    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    pub fn message(&self) -> &str {
        &self.0.message
    }

    pub fn remediation(&self) -> &str {
        &self.0.remediation
    }

    pub fn details(&self) -> Option<&Value> {
        self.0.details.as_ref()
    }

    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// For the log only.
    pub fn source(&self) -> Option<&anyhow::Error> {
        self.0.source.as_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code, self.0.message)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl From<store::StoreError> for Error {
    fn from(error: store::StoreError) -> Self {
        if error.is_outage() {
            Self::database_away(error)
        } else if error.is_orphan() {
            Self::not_found("This app was deleted", "Ask who deleted it; nothing more can be done with it.")
                .with_source(error)
        } else {
            Self::internal(error)
        }
    }
}

impl From<vault::OpenError> for Error {
    fn from(error: vault::OpenError) -> Self {
        Self::internal(error)
    }
}
