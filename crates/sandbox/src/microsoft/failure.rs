//! Graph's errors: a code, a sentence, and an inner error that says when and under which id.

use serde_json::json;

use crate::stage::{Stage, written};
use crate::strict::{Misfit, MisfitKind};
use crate::wire::Answer;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Failure {
    status: u16,
    code: &'static str,
    message: String,
}

impl Failure {
    fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    pub(super) fn token(message: &str) -> Self {
        Self::new(401, "InvalidAuthenticationToken", message)
    }

    /// The token lacks the scope, or the mailbox refuses.
    pub(super) fn denied() -> Self {
        Self::new(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
    }

    pub(super) fn directory_denied() -> Self {
        Self::new(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
    }

    pub(super) fn send_as_denied() -> Self {
        let message = "The user account which was used to submit this request does not have the right to send mail on \
                       behalf of the specified sending account., Cannot submit message.";
        Self::new(403, "ErrorSendAsDenied", message)
    }

    pub(super) fn no_path() -> Self {
        Self::new(400, "BadRequest", "sandbox: Graph has no such path here")
    }

    pub(super) fn method() -> Self {
        Self::new(405, "Request_BadRequest", "sandbox: the path is served under another method")
    }

    pub(super) fn not_found() -> Self {
        Self::new(404, "ErrorItemNotFound", "The specified object was not found in the store.")
    }

    pub(super) fn malformed_id() -> Self {
        Self::new(400, "ErrorInvalidIdMalformed", "Id is malformed.")
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    pub(super) fn request(message: impl Into<String>) -> Self {
        Self::new(400, "ErrorInvalidRequest", message)
    }

    pub(super) fn parameter(message: impl Into<String>) -> Self {
        Self::new(400, "ErrorInvalidParameter", message)
    }

    /// A property has a value that the item cannot have.
    pub(super) fn property(message: impl Into<String>) -> Self {
        Self::new(400, "ErrorPropertyValidationFailure", message)
    }

    pub(super) fn read_only(name: &str) -> Self {
        let message = format!("The property '{name}' is read-only and cannot be set.");
        Self::new(400, "ErrorInvalidPropertySet", message)
    }

    pub(super) fn body(message: impl Into<String>) -> Self {
        Self::new(400, "RequestBodyRead", message)
    }

    /// A query option that cannot be read, or names what is not there.
    pub(super) fn uri(message: impl Into<String>) -> Self {
        Self::new(400, "RequestBroker--ParseUri", message)
    }

    pub(super) fn no_property(name: &str, kind: &str) -> Self {
        Self::uri(format!("Could not find a property named '{name}' on type 'microsoft.graph.{kind}'."))
    }

    pub(super) fn inefficient() -> Self {
        let message = "The restriction or sort order is too complex for this operation.";
        Self::new(400, "InefficientFilter", message)
    }

    pub(super) fn search_with(option: &str) -> Self {
        let code = if option == "$filter" { "SearchWithFilter" } else { "SearchWithOrderBy" };
        Self::new(400, code, format!("The query parameter '{option}' is not supported with '$search'."))
    }

    pub(super) fn recipients(message: &str) -> Self {
        Self::new(400, "ErrorInvalidRecipients", format!("At least one recipient isn't valid., {message}"))
    }

    pub(super) fn folder_exists() -> Self {
        Self::new(409, "ErrorFolderExists", "A folder with the specified name already exists.")
    }

    pub(super) fn special_folder() -> Self {
        Self::new(403, "ErrorDeleteDistinguishedFolder", "Distinguished folders cannot be deleted.")
    }

    pub(super) fn time_zone(name: &str) -> Self {
        let message = format!(
            "A valid TimeZone value must be specified. The following TimeZone value is not supported: '{name}'."
        );
        Self::new(400, "TimeZoneNotSupportedException", message)
    }

    pub(super) fn ends_early() -> Self {
        Self::new(400, "ErrorCalendarEndDateIsEarlierThanStartDate", "End date is earlier than start date.")
    }

    pub(super) fn too_large() -> Self {
        Self::new(413, "ErrorMessageSizeExceeded", "The message exceeds the maximum supported size.")
    }

    pub(super) fn code(&self) -> &'static str {
        self.code
    }

    pub(super) fn answer(&self, stage: &Stage<'_>, request_id: &str) -> Answer {
        let date = written(stage.now).trim_end_matches('Z').to_owned();
        let body = json!({"error": {
            "code": self.code,
            "message": self.message,
            "innerError": {"date": date, "request-id": request_id, "client-request-id": request_id},
        }});
        let answer = Answer::json(self.status, &body);
        if self.status != 401 {
            return answer;
        }
        let challenge = "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/\
                         authorize\", client_id=\"00000003-0000-0000-c000-000000000000\"";
        answer.with("www-authenticate", challenge)
    }
}

impl From<Misfit> for Failure {
    fn from(misfit: Misfit) -> Self {
        let message = misfit.sentence();
        match misfit.fault {
            MisfitKind::Missing => Self::parameter(message),
            _ if misfit.at.starts_with('$') => Self::uri(message),
            _ => Self::body(message),
        }
    }
}
