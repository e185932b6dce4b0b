//! LinkedIn's error documents.

use serde_json::json;

use crate::oauth::Dead;
use crate::strict::{Misfit, MisfitKind};
use crate::wire::Answer;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    status: u16,
    code: &'static str,
    /// Which only the older kinds of errors have.
    service: Option<u32>,
    message: String,
}

impl Failure {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, service: None, message: message.into() }
    }

    fn with_service(self, service: u32) -> Self {
        Self { service: Some(service), ..self }
    }

    pub(super) fn no_token() -> Self {
        Self::new(401, "EMPTY_ACCESS_TOKEN", "Empty oauth2 access token").with_service(65604)
    }

    pub(super) fn dead_token(dead: Dead) -> Self {
        let (service, code, message) = match dead {
            Dead::Revoked => {
                (65601, "REVOKED_ACCESS_TOKEN", "The token used in the request has been revoked by the user")
            }
            Dead::Expired => (65602, "EXPIRED_ACCESS_TOKEN", "The token used in the request has expired"),
            _ => (65600, "INVALID_ACCESS_TOKEN", "Invalid access token"),
        };
        Self::new(401, code, message).with_service(service)
    }

    /// The token lacks the scope for `operation`.
    pub(super) fn lacks_scope(operation: &str) -> Self {
        let message = format!("Not enough permissions to access: {operation}");
        Self::new(403, "ACCESS_DENIED", message).with_service(100)
    }

    pub(super) fn denied(message: impl Into<String>) -> Self {
        Self::new(403, "ACCESS_DENIED", message).with_service(100)
    }

    pub(super) fn not_found(what: &str) -> Self {
        Self::new(404, "NOT_FOUND", format!("Could not find entity {what}"))
    }

    pub(super) fn no_path() -> Self {
        let message = "sandbox: LinkedIn has no such resource here";
        Self::new(404, "RESOURCE_NOT_FOUND", message).with_service(0)
    }

    pub(super) fn method() -> Self {
        let message = "sandbox: the resource is served under another method";
        Self::new(405, "METHOD_NOT_ALLOWED", message).with_service(0)
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "ILLEGAL_ARGUMENT", message)
    }

    pub(super) fn unprocessable(message: impl Into<String>) -> Self {
        Self::new(422, "UNPROCESSABLE_ENTITY", message)
    }

    pub(super) fn code(&self) -> &'static str {
        self.code
    }

    pub(super) fn answer(&self) -> Answer {
        let mut body = json!({"status": self.status, "code": self.code, "message": self.message});
        if let Some(service) = self.service {
            body["serviceErrorCode"] = service.into();
        }
        Answer::json(self.status, &body).with("x-restli-error-response", "true")
    }
}

impl From<Misfit> for Failure {
    fn from(misfit: Misfit) -> Self {
        match misfit.fault {
            MisfitKind::Missing => Self::new(
                422,
                "MISSING_FIELD",
                format!(
                    "ERROR :: /{} :: field is required but not found and has no default value\n",
                    misfit.at.replace('.', "/")
                ),
            ),
            MisfitKind::Unknown => Self::new(422, "UNKNOWN_FIELD", misfit.sentence()),
            MisfitKind::NotJson => Self::invalid(misfit.sentence()),
            _ => Self::new(422, "INVALID_VALUE_FOR_FIELD", misfit.sentence()),
        }
    }
}
