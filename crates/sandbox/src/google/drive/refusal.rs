//! What Drive says when it refuses, in its own reasons and words.

use super::failure::Failure;

pub(super) fn no_file(id: &str) -> Failure {
    Failure::older(404, "notFound", format!("File not found: {id}.")).at("parameter", "fileId")
}

pub(super) fn no_shared_drive(id: &str) -> Failure {
    Failure::older(404, "notFound", format!("Shared drive not found: {id}")).at("parameter", "driveId")
}

pub(super) fn no_part(what: &str, id: &str, parameter: &'static str) -> Failure {
    Failure::older(404, "notFound", format!("{what} not found: {id}.")).at("parameter", parameter)
}

/// A parameter whose value means nothing to Drive.
pub(super) fn invalid(parameter: &'static str) -> Failure {
    Failure::older(400, "invalid", "Invalid Value").at("parameter", parameter)
}

pub(super) fn bad_request(message: impl Into<String>) -> Failure {
    Failure::older(400, "badRequest", message)
}

pub(super) fn required(message: &str, parameter: &'static str) -> Failure {
    Failure::older(400, "required", message).at("parameter", parameter)
}

pub(super) fn forbidden(reason: &'static str, message: impl Into<String>) -> Failure {
    Failure::older(403, reason, message)
}

pub(super) fn insufficient_role() -> Failure {
    forbidden("insufficientFilePermissions", "The user does not have sufficient permissions for this file.")
}

pub(super) fn insufficient_at_parent() -> Failure {
    forbidden("insufficientParentPermissions", "Insufficient permissions for the specified parent.")
}

/// The token's scopes reach the file, but not for this.
pub(super) fn app_not_authorized(client: &str, verb: &str, id: &str) -> Failure {
    let app = client.split(['-', '.']).next().unwrap_or(client);
    forbidden(
        "appNotAuthorizedToFile",
        format!("The user has not granted the app {app} {verb} access to the file {id}."),
    )
}

pub(super) fn spaces_beyond_scopes() -> Failure {
    forbidden("insufficientScopes", "The granted scopes do not give access to all of the requested spaces.")
        .at("parameter", "spaces")
}

pub(super) fn app_data_beyond_scopes() -> Failure {
    forbidden("insufficientScopes", "The granted scopes do not allow use of the Application Data folder.")
}

pub(super) fn more_parents() -> Failure {
    forbidden("cannotAddParent", "Increasing the number of parents is not allowed")
}

pub(super) fn not_writable() -> Failure {
    forbidden("fieldNotWritable", "The resource body includes fields which are not directly writable.")
}

/// What a real Drive takes and this one does not.
pub(super) fn unserved(what: &str) -> Failure {
    bad_request(format!("sandbox: {what} is not served here"))
}
