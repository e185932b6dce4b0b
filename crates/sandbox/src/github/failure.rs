//! GitHub's error body.

use serde_json::{Value, json};

use crate::strict::{Misfit, MisfitKind};
use crate::wire::Answer;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failure {
    status: u16,
    message: String,
    errors: Vec<Value>,
    /// Whether the token could do it with another scope, which GitHub does not say.
    pub(super) lacks_scope: bool,
}

impl Failure {
    pub(super) fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), errors: Vec::new(), lacks_scope: false }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    pub(crate) fn unauthorized(message: &str) -> Self {
        Self::new(401, message)
    }

    pub(super) fn forbidden(message: &str) -> Self {
        Self::new(403, message)
    }

    pub(crate) fn not_found() -> Self {
        Self::new(404, "Not Found")
    }

    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self::new(409, message)
    }

    pub(super) fn unsupported(message: &str) -> Self {
        Self::new(415, message)
    }

    /// 422 without a list of errors.
    pub(super) fn unprocessable(message: impl Into<String>) -> Self {
        Self::new(422, message)
    }

    /// 422 about one field; `code` is one of GitHub's, such as `missing_field`, `invalid` or `already_exists`.
    pub(super) fn validation(resource: &str, field: &str, code: &str) -> Self {
        Self {
            errors: vec![json!({"resource": resource, "field": field, "code": code})],
            ..Self::new(422, "Validation Failed")
        }
    }

    /// 422 with a reason in words.
    pub(super) fn custom(resource: &str, message: impl Into<String>) -> Self {
        Self {
            errors: vec![json!({"resource": resource, "code": "custom", "message": message.into()})],
            ..Self::new(422, "Validation Failed")
        }
    }

    pub(super) fn for_scope(self) -> Self {
        Self { lacks_scope: true, ..self }
    }

    pub(super) fn message(&self) -> String {
        self.message.clone()
    }

    pub(super) fn answer(&self) -> Answer {
        let mut body = json!({"message": self.message});
        if !self.errors.is_empty() {
            body["errors"] = Value::from(self.errors.clone());
        }
        body["documentation_url"] = json!("https://docs.github.com/rest");
        body["status"] = json!(self.status.to_string());
        Answer::json(self.status, &body)
    }
}

impl From<Misfit> for Failure {
    fn from(misfit: Misfit) -> Self {
        match misfit.fault {
            MisfitKind::NotJson => Self::bad_request("Problems parsing JSON"),
            MisfitKind::Missing => {
                let sentence = format!("Invalid request.\n\n\"{}\" wasn't supplied.", misfit.at);
                Self::unprocessable(sentence)
            }
            _ => Self::unprocessable(format!("Invalid request.\n\n{}", misfit.sentence())),
        }
    }
}
