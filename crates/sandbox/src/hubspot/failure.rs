//! HubSpot's error bodies.

use serde_json::{Map, Value, json};

use super::kinds::Kind;
use super::values::Problem;
use crate::stage::Stage;
use crate::strict::Misfit;
use crate::wire::Answer;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Failure {
    status: u16,
    category: &'static str,
    message: String,
    /// `errors`, `context`, `links` and `subCategory`, where there are any.
    more: Map<String, Value>,
}

/// The id that every answer is logged under.
pub(crate) fn correlation_id(stage: &mut Stage<'_>) -> String {
    [8, 4, 4, 4, 12].map(|length| stage.hex(length)).join("-")
}

const SCOPES_PAGE: &str = "https://developers.hubspot.com/scopes";

impl Failure {
    fn new(status: u16, category: &'static str, message: impl Into<String>) -> Self {
        Self { status, category, message: message.into(), more: Map::new() }
    }

    fn with(mut self, name: &str, value: Value) -> Self {
        self.more.insert(name.to_owned(), value);
        self
    }

    pub(super) fn unauthenticated() -> Self {
        let message = "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can \
                       find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview";
        Self::new(401, "INVALID_AUTHENTICATION", message)
    }

    pub(super) fn expired(seconds: i64) -> Self {
        let message = format!("The OAuth token used to make this call expired {seconds} second(s) ago.");
        Self::new(401, "EXPIRED_AUTHENTICATION", message)
    }

    /// One of `scopes` is needed.
    pub(super) fn scopes(scopes: &[&str]) -> Self {
        let message = format!(
            "This app hasn't been granted all required scopes to make this call. Read more about required scopes \
             here: {SCOPES_PAGE}."
        );
        let detail = json!({
            "message": "One or more of the following scopes are required.",
            "context": {"requiredGranularScopes": scopes},
        });
        Self::new(403, "MISSING_SCOPES", message)
            .with("errors", json!([detail]))
            .with("links", json!({"scopes": SCOPES_PAGE}))
    }

    pub(super) fn no_path() -> Self {
        Self::new(404, "OBJECT_NOT_FOUND", "sandbox: HubSpot has no such path here")
    }

    pub(super) fn method() -> Self {
        Self::new(405, "VALIDATION_ERROR", "sandbox: the path is served under another method")
    }

    pub(super) fn media_type() -> Self {
        Self::new(415, "VALIDATION_ERROR", "sandbox: the body must be application/json")
    }

    pub(super) fn not_found() -> Self {
        Self::new(404, "OBJECT_NOT_FOUND", "resource not found")
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "VALIDATION_ERROR", message)
    }

    /// The same about one parameter or field.
    pub(super) fn parameter(name: &str, message: &str) -> Self {
        let detail = json!({"message": message, "in": name});
        Self::invalid(format!("Invalid input for `{name}`: {message}")).with("errors", json!([detail]))
    }

    pub(super) fn unknown_kind(name: &str) -> Self {
        Self::invalid(format!("Unable to infer object type from: {name}"))
    }

    pub(super) fn search(message: &str, code: &str) -> Self {
        Self::invalid("There was a problem with the request.")
            .with("errors", json!([{"message": message, "code": code}]))
    }

    pub(super) fn conflict(existing: u64) -> Self {
        Self::new(409, "CONFLICT", format!("Contact already exists. Existing ID: {existing}"))
    }

    /// Values that a property does not take, all of them in one message, as JSON in a text.
    pub(super) fn properties(problems: &[Problem]) -> Self {
        let told: Vec<Value> = problems.iter().map(Problem::told).collect();
        Self::invalid(format!("Property values were not valid: {}", Value::from(told)))
    }

    pub(super) fn missing_properties(kind: Kind, names: &[&str]) -> Self {
        let kind = kind.facts().upper;
        Self::invalid(format!("Error creating {kind}. Some required properties were not set."))
            .with("context", json!({"properties": names}))
    }

    pub(super) fn links(kind: Kind, id: &str) -> Self {
        let named = format!("{}={id}", kind.facts().upper);
        Self::invalid("One or more associations are not valid")
            .with("subCategory", Value::from("crm.associations.INVALID_OBJECT_IDS"))
            .with("context", json!({"INVALID_OBJECT_IDS": [named]}))
    }

    pub(super) fn category(&self) -> &'static str {
        self.category
    }

    pub(super) fn answer(self, stage: &mut Stage<'_>) -> Answer {
        let mut body = self.more;
        body.insert("status".to_owned(), Value::from("error"));
        body.insert("message".to_owned(), Value::from(self.message));
        body.insert("correlationId".to_owned(), Value::from(correlation_id(stage)));
        body.insert("category".to_owned(), Value::from(self.category));
        Answer::json(self.status, &Value::Object(body))
    }
}

impl From<Misfit> for Failure {
    fn from(misfit: Misfit) -> Self {
        let sentence = misfit.sentence();
        Self::invalid(sentence.clone()).with("errors", json!([{"message": sentence, "in": misfit.at}]))
    }
}

/// What a batch says about records that are not there, beside what it did.
pub(super) fn absent(kind: Kind, ids: &[String]) -> Value {
    let message = format!(
        "Could not get some {} objects, they may be deleted or not exist. Check that ids are valid.",
        kind.facts().upper
    );
    json!({
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "message": message,
        "context": {"ids": ids},
        "errors": [],
        "links": {},
    })
}
