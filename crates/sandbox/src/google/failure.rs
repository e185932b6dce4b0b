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
    /// The method that lacks a scope.
    method: Option<&'static str>,
}

impl Failure {
    fn new(code: u16, reason: &'static str, status: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, status, message: message.into(), method: None }
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

    pub(super) fn scope(method: &'static str) -> Self {
        let message = "Request had insufficient authentication scopes.";
        Self {
            method: Some(method),
            ..Self::new(403, "insufficientPermissions", "PERMISSION_DENIED", message)
        }
    }

    pub(super) fn answer(&self) -> Answer {
        let mut item = json!({"message": self.message, "domain": "global", "reason": self.reason});
        if self.code == 401 {
            item["message"] = json!("Invalid Credentials");
            item["location"] = json!("Authorization");
            item["locationType"] = json!("header");
        }
        let mut error = json!({
            "code": self.code, "message": self.message, "errors": [item], "status": self.status,
        });
        if let Some(method) = self.method {
            error["errors"][0]["message"] = json!("Insufficient Permission");
            error["details"] = json!([{
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
                "domain": "googleapis.com",
                "metadata": {"service": "gmail.googleapis.com", "method": method},
            }]);
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
