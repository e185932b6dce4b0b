//! X's problem documents.

use serde_json::{Value, json};

use crate::strict::Misfit;
use crate::wire::Answer;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failure {
    status: u16,
    title: &'static str,
    detail: String,
    kind: &'static str,
    errors: Vec<Value>,
}

const PROBLEMS: &str = "https://api.x.com/2/problems/";

impl Failure {
    fn new(status: u16, title: &'static str, kind: &'static str, detail: impl Into<String>) -> Self {
        Self { status, title, detail: detail.into(), kind, errors: Vec::new() }
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "", "Unauthorized")
    }

    pub(super) fn forbidden(detail: &str) -> Self {
        Self::new(403, "Forbidden", "", detail)
    }

    pub(super) fn app_only() -> Self {
        let detail = "Authenticating with OAuth 2.0 Application-Only is forbidden for this endpoint.  Supported \
                      authentication types are [OAuth 1.0a User Context, OAuth 2.0 User Context].";
        Self::new(403, "Unsupported Authentication", "unsupported-authentication", detail)
    }

    pub(super) fn users_refused() -> Self {
        let detail = "Authenticating with OAuth 2.0 User Context is forbidden for this endpoint.  Supported \
                      authentication types are [OAuth 2.0 Application-Only].";
        Self::new(403, "Unsupported Authentication", "unsupported-authentication", detail)
    }

    pub(super) fn no_path() -> Self {
        Self::new(404, "Not Found", "", "sandbox: X has no such path here")
    }

    pub(super) fn method() -> Self {
        Self::new(405, "Method Not Allowed", "", "sandbox: the path is served under another method")
    }

    /// One or more parameters were invalid; `message` says which and why.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self {
            errors: vec![json!({"message": message.into()})],
            ..Self::new(
                400,
                "Invalid Request",
                "invalid-request",
                "One or more parameters to your request was invalid.",
            )
        }
    }

    pub(super) fn parameter(name: &str, value: &str, problem: &str) -> Self {
        let message = format!("The `{name}` parameter value [{value}] {problem}");
        Self { errors: vec![json!({"parameters": {name: [value]}, "message": message})], ..Self::invalid("") }
    }

    /// Media that cannot be attached; X does not say why.
    pub(super) fn media(name: &str, ids: &[String]) -> Self {
        let message = "Your media IDs are invalid.";
        Self { errors: vec![json!({"parameters": {name: ids}, "message": message})], ..Self::invalid("") }
    }

    pub(super) fn title(&self) -> &'static str {
        self.title
    }

    pub(super) fn answer(&self) -> Answer {
        let kind =
            if self.kind.is_empty() { "about:blank".to_owned() } else { format!("{PROBLEMS}{}", self.kind) };
        let mut body =
            json!({"title": self.title, "type": kind, "status": self.status, "detail": self.detail});
        if !self.errors.is_empty() {
            body["errors"] = Value::from(self.errors.clone());
        }
        let mut answer = Answer::json(self.status, &body);
        answer.headers.clear();
        answer.with("content-type", "application/problem+json; charset=utf-8")
    }
}

impl From<Misfit> for Failure {
    fn from(misfit: Misfit) -> Self {
        let at = misfit.at.clone();
        Self {
            errors: vec![json!({"parameters": {at: [misfit.found.clone()]}, "message": misfit.sentence()})],
            ..Self::invalid("")
        }
    }
}

/// What a lookup says, with status 200, about something that is not there.
pub(super) fn not_found(kind: &str, parameter: &str, value: &str) -> Value {
    json!({
        "value": value,
        "detail": format!("Could not find {kind} with {parameter}: [{value}]."),
        "title": "Not Found Error",
        "resource_type": kind,
        "parameter": parameter,
        "resource_id": value,
        "type": format!("{PROBLEMS}resource-not-found"),
    })
}
