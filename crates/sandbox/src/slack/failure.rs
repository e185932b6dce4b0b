//! Slack's error body.

use serde_json::json;

use crate::wire::Answer;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(super) error: &'static str,
    needed: Option<String>,
    provided: Option<String>,
    message: Option<String>,
}

impl Failure {
    pub(super) fn of(error: &'static str) -> Self {
        Self { error, needed: None, provided: None, message: None }
    }

    /// Says more to a person, where Slack does.
    pub(super) fn because(self, message: String) -> Self {
        Self { message: Some(message), ..self }
    }

    pub(super) fn scope(needed: &[&str], provided: &[String]) -> Self {
        Self {
            needed: Some(needed.join(",")),
            provided: Some(provided.join(",")),
            ..Self::of("missing_scope")
        }
    }

    /// The scopes that are lacking, where that is the reason.
    pub(super) fn needed(&self) -> Option<&str> {
        self.needed.as_deref()
    }

    pub(super) fn answer(&self) -> Answer {
        let mut body = json!({"ok": false, "error": self.error});
        if let Some(needed) = &self.needed {
            body["needed"] = json!(needed);
            body["provided"] = json!(self.provided);
        }
        if let Some(message) = &self.message {
            body["response_metadata"] = json!({"messages": [format!("[ERROR] {message}")]});
        }
        Answer::json(200, &body)
    }
}
