//! Notion's errors. A validation error names the field, what it should be and what it was.

use serde_json::{Value, json};

use crate::strict::{Misfit, MisfitKind};

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failure {
    status: u16,
    code: &'static str,
    message: String,
}

/// How much of a value an error repeats.
const SHOWN: usize = 60;

impl Failure {
    pub(super) fn of(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self::of(400, "validation_error", message)
    }

    /// `place` is `body`, `query` or `path`; `at` begins with it.
    pub(super) fn should_be(place: &str, at: &str, expected: &str, found: &str) -> Self {
        Self::validation(format!(
            "{place} failed validation: {at} should be {expected}, instead was `{found}`."
        ))
    }

    pub(super) fn wrong(place: &str, at: &str, expected: &str, found: &Value) -> Self {
        let text: String = found.to_string().chars().take(SHOWN).collect();
        Self::should_be(place, at, expected, &text)
    }

    /// The same for a field of the body.
    pub(super) fn body_wrong(at: &str, expected: &str, found: &Value) -> Self {
        Self::wrong("body", at, expected, found)
    }

    pub(super) fn missing(at: &str) -> Self {
        Self::should_be("body", at, "defined", "undefined")
    }

    pub(super) fn too_long(at: &str, limit: usize, length: usize) -> Self {
        Self::should_be("body", &format!("{at}.length"), &format!("≤ `{limit}`"), &length.to_string())
    }

    pub(super) fn misfit(place: &str, misfit: &Misfit) -> Self {
        let at = if misfit.at.starts_with(place) && misfit.at[place.len()..].starts_with(['.', '[']) {
            misfit.at.clone()
        } else {
            format!("{place}.{}", misfit.at)
        };
        match &misfit.fault {
            MisfitKind::Missing => Self::should_be(place, &at, "defined", "undefined"),
            MisfitKind::Wrong(expected) if expected == "a valid uuid" => {
                Self::should_be(place, &at, expected, &misfit.found)
            }
            _ => Self::validation(Misfit { at, ..misfit.clone() }.sentence()),
        }
    }

    pub(super) fn unauthorized() -> Self {
        Self::of(401, "unauthorized", "API token is invalid.")
    }

    pub(super) fn restricted(message: &str) -> Self {
        Self::of(403, "restricted_resource", message)
    }

    pub(super) fn no_path() -> Self {
        Self::of(400, "invalid_request_url", "Invalid request URL.")
    }

    /// It is not there, or was not shared with the connection, which Notion does not tell apart.
    pub(super) fn not_found(what: &str, id: &str, app: &str) -> Self {
        let message = format!(
            "Could not find {what} with ID: {id}. Make sure the relevant pages and databases are shared with your \
             integration \"{app}\"."
        );
        Self::of(404, "object_not_found", message)
    }

    pub(super) fn archived(what: &str) -> Self {
        Self::validation(format!(
            "Can't edit {what} that is archived. You must unarchive the {what} before editing."
        ))
    }

    pub(super) fn code(&self) -> &'static str {
        self.code
    }

    pub(super) fn status(&self) -> u16 {
        self.status
    }

    pub(super) fn body(&self) -> Value {
        json!({"object": "error", "status": self.status, "code": self.code, "message": self.message})
    }
}

impl From<Misfit> for Failure {
    /// Of a field of the body.
    fn from(misfit: Misfit) -> Self {
        Self::misfit("body", &misfit)
    }
}
