//! Google's error body, old and new shape in one.

use serde_json::json;

use crate::strict::{Misfit, MisfitKind};
use crate::wire::Answer;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    code: u16,
    pub(super) reason: &'static str,
    status: &'static str,
    message: String,
    /// The service and the method that a scope is lacking for.
    lacks: Option<Box<(String, &'static str)>>,
    /// The member of the body that this service does not have.
    without: Option<&'static str>,
    /// Where the mistake is: what kind of place, and its name.
    place: Option<Box<(&'static str, &'static str)>>,
}

impl Failure {
    pub(super) fn new(
        code: u16,
        reason: &'static str,
        status: &'static str,
        message: impl Into<String>,
    ) -> Self {
        let message = message.into();
        Self { code, reason, status, message, lacks: None, without: None, place: None }
    }

    /// As the older APIs say it: a reason of their own, without the name of the status.
    pub(super) fn older(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, reason, "", message)
    }

    /// With the place of the mistake, such as `parameter` and its name.
    #[must_use]
    pub(super) fn at(self, kind: &'static str, name: &'static str) -> Self {
        Self { place: Some(Box::new((kind, name))), ..self }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "invalidArgument", "INVALID_ARGUMENT", message)
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, "notFound", "NOT_FOUND", message)
    }

    /// The message, thread, draft or label is not there.
    pub(super) fn no_entity() -> Self {
        Self::not_found("Requested entity was not found.")
    }

    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self::new(409, "aborted", "ABORTED", message)
    }

    pub(super) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(403, "forbidden", "PERMISSION_DENIED", message)
    }

    pub(super) fn delegation(account: &str) -> Self {
        Self::forbidden(format!("Delegation denied for {account}"))
    }

    pub(super) fn method() -> Self {
        Self::new(
            405,
            "methodNotAllowed",
            "UNIMPLEMENTED",
            "sandbox: the path is served under another method",
        )
    }

    pub(super) fn credentials() -> Self {
        let message = "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie \
                       or other valid authentication credential. See \
                       https://developers.google.com/identity/sign-in/web/devconsole-project.";
        Self::new(401, "authError", "UNAUTHENTICATED", message)
    }

    pub(super) fn scope(service: &str, method: &'static str) -> Self {
        let message = "Request had insufficient authentication scopes.";
        Self {
            lacks: Some(Box::new((service.to_owned(), method))),
            ..Self::new(403, "insufficientPermissions", "PERMISSION_DENIED", message)
        }
    }

    /// The same without `status`, as older services say it, or without `errors`, as newer ones do.
    pub(super) fn without(mut self, member: &'static str) -> Self {
        self.without = Some(member);
        self
    }

    /// The same with the part of the request that it is about. What only a twin refuses keeps its first word.
    pub(super) fn within(mut self, part: &str) -> Self {
        if !self.message.starts_with("sandbox:") {
            self.message = format!("Invalid {part}: {}", self.message);
        }
        self
    }

    pub(super) fn answer(&self) -> Answer {
        let mut item = json!({"message": self.message, "domain": "global", "reason": self.reason});
        if self.code == 401 {
            item["message"] = json!("Invalid Credentials");
            item["location"] = json!("Authorization");
            item["locationType"] = json!("header");
        }
        if let Some((kind, name)) = self.place.as_deref() {
            item["locationType"] = json!(kind);
            item["location"] = json!(name);
        }
        let mut error = json!({"code": self.code, "message": self.message, "errors": [item]});
        if !self.status.is_empty() {
            error["status"] = json!(self.status);
        }
        if let Some((service, method)) = self.lacks.as_deref() {
            error["errors"][0]["message"] = json!("Insufficient Permission");
            error["details"] = json!([{
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
                "domain": "googleapis.com",
                "metadata": {"service": service, "method": method},
            }]);
        }
        // What is refused before it reaches an older service has both members.
        let is_before = self.code == 401 || self.lacks.is_some();
        if let (Some(member), Some(error)) = (self.without, error.as_object_mut())
            && (member == "errors" || !is_before)
        {
            error.remove(member);
        }
        let answer = Answer::json(self.code, &json!({"error": error}));
        if self.code == 401 {
            let challenge = "Bearer realm=\"https://accounts.google.com/\", error=\"invalid_token\"";
            return answer.with("www-authenticate", challenge);
        }
        answer
    }
}

impl From<Misfit> for Failure {
    fn from(misfit: Misfit) -> Self {
        let at = &misfit.at;
        match &misfit.fault {
            // A body that is no JSON has this reason at Google, where all else is an invalid argument.
            MisfitKind::NotJson => Self::new(400, "parseError", "INVALID_ARGUMENT", misfit.sentence()),
            MisfitKind::Unknown => Self::invalid(format!(
                "sandbox: Invalid JSON payload received. Unknown name \"{at}\": Cannot find field."
            )),
            _ => Self::invalid(misfit.sentence()),
        }
    }
}
