//! Google Drive: files and folders with content, sharing, comments, revisions and the log of changes.

mod about;
mod access;
mod bodies;
mod changes;
mod comments;
mod content;
mod create;
mod drives;
mod files;
mod kinds;
mod list;
mod media;
mod order;
mod permissions;
mod query;
mod refusal;
mod replies;
mod revisions;
mod rights;
mod routes;
mod schema;
mod search;
mod seed;
mod show;
mod store;
mod update;

use serde_json::Value;

pub(super) use seed::seed;
pub(crate) use store::Drive;

use media::Media;

use super::admit;
use super::failure::{self, Failure};
use super::partial::Mask;
use crate::oauth::Caller;
use crate::route::{Captures, Route};
use crate::stage::Stage;
use crate::strict::{self, Arguments};
use crate::wire::{Answer, Request};

/// How a method answers beside the route's declarations.
struct Method {
    run: fn(&mut Stage<'_>, &Ask) -> Result<Reply, Failure>,
    /// The type of the answer, for `fields`.
    answers: &'static str,
    /// What is answered where `fields` selects nothing; empty where it has to.
    unasked: &'static str,
    is_upload: bool,
}

/// One call that may go on.
struct Ask {
    operation: &'static str,
    captures: Captures,
    query: Arguments,
    body: Arguments,
    media: Option<Media>,
    caller: Caller,
}

enum Reply {
    Json(Value),
    Bytes { media_type: String, bytes: Vec<u8> },
    Nothing,
}

/// Drive's scopes, of which each shows other files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    Full,
    File,
    Readonly,
    Metadata,
    MetadataReadonly,
    AppData,
    Scripts,
}

impl Scope {
    fn name(self) -> &'static str {
        match self {
            Self::Full => routes::FULL,
            Self::File => routes::FILE,
            Self::Readonly => routes::READONLY,
            Self::Metadata => routes::METADATA,
            Self::MetadataReadonly => routes::METADATA_READONLY,
            Self::AppData => routes::APP_DATA,
            Self::Scripts => routes::SCRIPTS,
        }
    }
}

impl Ask {
    fn captured(&self, name: &str) -> &str {
        self.captures.get(name).map_or("", String::as_str)
    }

    fn file_id(&self) -> &str {
        self.captured("fileId")
    }

    fn address(&self) -> &str {
        &self.caller.account
    }

    fn has(&self, scope: Scope) -> bool {
        self.caller.has(scope.name())
    }

    fn flag(&self, name: &str) -> bool {
        self.query.flag(name).unwrap_or_default()
    }

    /// Whether this method shows items of shared drives only on demand, and the caller did not demand it.
    fn ignores_shared_drives(&self) -> bool {
        let on_demand = match self.operation {
            "drive.files.export" | "drive.files.generateIds" => false,
            other => {
                other.starts_with("drive.files.")
                    || other.starts_with("drive.permissions.")
                    || other.starts_with("drive.changes.")
            }
        };
        on_demand && !self.flag("supportsAllDrives")
    }

    fn wants_media(&self) -> bool {
        self.query.text("alt") == Some("media")
    }
}

pub(super) fn call(stage: &mut Stage<'_>, request: &Request) -> Result<Answer, Failure> {
    let (route, captures, caller) = admit(stage, request, routes::ROUTES)?;
    let method = &route.handler;
    let query = strict::from_pairs(&request.query, route.query)?;
    let mask = selection(&query, method)?;
    let (body, media) = read(request, route, &query)?;
    let ask = Ask { operation: route.operation, captures, query, body, media, caller };
    if ask.wants_media() && !ask.caller.has_any(routes::READS_CONTENT) {
        stage.note.detail("lacks_scope", true);
        return Err(refusal::app_not_authorized(&ask.caller.client_id, "read", ask.file_id()));
    }
    if ask.flag("useDomainAdminAccess") {
        return Err(refusal::forbidden(
            "forbidden",
            "sandbox: nobody here is an administrator of the domain",
        ));
    }
    Ok(match (method.run)(stage, &ask)? {
        Reply::Json(value) => Answer::json(200, &mask.apply(value)),
        Reply::Bytes { media_type, bytes } => Answer::text(200, &media_type, bytes),
        Reply::Nothing => Answer::empty(204),
    })
}

/// What the answer is cut down to.
fn selection(query: &Arguments, method: &Method) -> Result<Mask, Failure> {
    if method.answers.is_empty() || query.text("alt") == Some("media") {
        return Ok(Mask::default());
    }
    let asked = query.filled("fields").unwrap_or(method.unasked);
    if asked.is_empty() {
        let message = "The 'fields' parameter is required for this method.";
        return Err(refusal::required(message, "fields"));
    }
    let invalid = |what: &str| {
        let message = format!("Invalid field selection {what}");
        Failure::older(400, "invalidParameter", message).at("parameter", "fields")
    };
    let mask = Mask::read(asked, &['/']).ok_or_else(|| invalid(asked))?;
    match schema::stranger(&mask, method.answers) {
        Some(name) => Err(invalid(name)),
        None => Ok(mask),
    }
}

fn read(
    request: &Request,
    route: &Route<Method>,
    query: &Arguments,
) -> Result<(Arguments, Option<Media>), Failure> {
    let Some(fields) = route.body else {
        return match request.body.as_ref() {
            b"" | b"{}" => Ok((Arguments::default(), None)),
            _ => Err(Failure::invalid("sandbox: this method takes no body")),
        };
    };
    if route.handler.is_upload {
        let upload_type = query.text("uploadType").unwrap_or_default();
        let (metadata, media) = media::receive(request, upload_type, fields)?;
        return Ok((metadata, Some(media)));
    }
    if request.body.is_empty() {
        return Ok((strict::from_json(b"{}", fields)?, None));
    }
    if !request.is_json() {
        return Err(Failure::invalid("sandbox: the body must be application/json"));
    }
    Ok((strict::from_json(&request.body, fields)?, None))
}
