//! How Reddit says no: with a status, or with status 200 and a list of errors.

use serde_json::json;

use crate::strict::{Misfit, MisfitKind};
use crate::wire::Answer;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    Status {
        status: u16,
        message: &'static str,
        reason: Option<&'static str>,
        explanation: Option<String>,
        /// What the header `www-authenticate` says is wrong with the token.
        token_error: Option<&'static str>,
    },
    /// Code, text and field.
    Json(&'static str, &'static str, &'static str),
}

impl Failure {
    const fn status(status: u16, message: &'static str) -> Self {
        Self::Status { status, message, reason: None, explanation: None, token_error: None }
    }

    const fn token(status: u16, message: &'static str, error: &'static str) -> Self {
        Self::Status { status, message, reason: None, explanation: None, token_error: Some(error) }
    }

    pub(super) fn unauthorized() -> Self {
        Self::token(401, "Unauthorized", "invalid_token")
    }

    pub(super) fn lacks_scope() -> Self {
        Self::token(403, "Forbidden", "insufficient_scope")
    }

    pub(super) fn anonymous() -> Self {
        Self::status(429, "Too Many Requests")
    }

    pub(super) fn forbidden() -> Self {
        Self::status(403, "Forbidden")
    }

    /// The subreddit is for its members.
    pub(super) fn private() -> Self {
        let explanation = None;
        Self::Status {
            status: 403,
            message: "Forbidden",
            reason: Some("private"),
            explanation,
            token_error: None,
        }
    }

    pub(super) fn not_found() -> Self {
        Self::status(404, "Not Found")
    }

    pub(super) fn method() -> Self {
        Self::status(405, "Method Not Allowed")
    }

    pub(super) fn bad(reason: &'static str, explanation: impl Into<String>) -> Self {
        let (explanation, token_error) = (Some(explanation.into()), None);
        Self::Status { status: 400, message: "Bad Request", reason: Some(reason), explanation, token_error }
    }

    pub(super) fn code(&self) -> String {
        match self {
            Self::Status { status, reason, .. } => reason.map_or(status.to_string(), str::to_owned),
            Self::Json(code, ..) => (*code).to_owned(),
        }
    }

    pub(super) fn answer(&self) -> Answer {
        match self {
            Self::Json(code, text, field) => {
                Answer::json(200, &json!({"json": {"errors": [[code, text, field]]}}))
            }
            Self::Status { status, message, reason, explanation, token_error } => {
                let mut body = json!({"message": message, "error": status});
                if let Some(reason) = reason {
                    body["reason"] = (*reason).into();
                }
                if let Some(explanation) = explanation {
                    body["explanation"] = explanation.as_str().into();
                }
                let answer = Answer::json(*status, &body);
                match token_error {
                    Some(error) => {
                        answer.with("www-authenticate", format!("Bearer realm=\"reddit\", error=\"{error}\""))
                    }
                    None => answer,
                }
            }
        }
    }
}

impl From<Misfit> for Failure {
    fn from(misfit: Misfit) -> Self {
        let reason = match misfit.fault {
            MisfitKind::Missing => "MISSING_FIELD",
            MisfitKind::Unknown => "UNKNOWN_FIELD",
            _ => "INVALID_OPTION",
        };
        Self::bad(reason, misfit.sentence())
    }
}
