//! Notion's twin: OAuth and the API as of version 2025-09-03, in which databases hold data sources and data sources
//! hold the rows.

mod blocks;
mod columns;
mod comments;
mod computed;
mod databases;
mod dates;
mod documents;
mod drafts;
mod failure;
mod filter;
mod inline;
mod kinds;
mod lists;
mod markdown;
mod pages;
mod query;
mod routes;
mod search;
mod seed;
mod shapes;
mod show;
mod sources;
mod text;
mod uploads;
mod users;
mod values;
mod when;
mod workspace;

pub(crate) use seed::seed;
pub(crate) use users::{bot_id, employ, person};
pub(crate) use workspace::{WORKSPACE_ICON, WORKSPACE_ID, WORKSPACE_NAME, Workspace};

use serde_json::{Value, json};

use failure::Failure;
use shapes::uuid_of;
use workspace::Stamp;

use crate::oauth::notion;
use crate::provider::Provider;
use crate::route::{self, Captures};
use crate::stage::Stage;
use crate::strict::{self, Arguments, Fields};
use crate::wire::{Answer, Authorization, Request};

/// The versions that there are, and the one that the twin speaks.
const VERSIONS: [&str; 7] =
    ["2021-05-11", "2021-05-13", "2021-08-16", "2022-02-22", "2022-06-28", "2025-09-03", "2026-03-11"];
const VERSION: &str = "2025-09-03";

/// One API call that may go on: authenticated, and of the declared shape.
struct Call {
    captures: Captures,
    query: Arguments,
    body: Arguments,
    /// Who gave the connection its rights.
    account: String,
    /// As whom the connection acts.
    bot: String,
    app: String,
}

impl Call {
    /// The id in place of `{name}`.
    fn id(&self, name: &'static str) -> Result<String, Failure> {
        let text = self.captured(name);
        uuid_of(text)
            .ok_or_else(|| Failure::wrong("path", &format!("path.{name}"), "a valid uuid", &json!(text)))
    }

    fn captured(&self, name: &str) -> &str {
        self.captures.get(name).map_or("", String::as_str)
    }

    fn stamp(&self, stage: &Stage<'_>) -> Stamp {
        Stamp { at: stage.now, by: self.bot.clone() }
    }
}

type Handler = fn(&mut Stage<'_>, &Call) -> Result<Value, Failure>;

/// Who serves a route, by what it is sent.
#[derive(Clone, Copy)]
enum Serve {
    Json(Handler),
    Form(fn(&mut Stage<'_>, &Call, &Request) -> Result<Value, Failure>),
}

pub(crate) fn answer(stage: &mut Stage<'_>, request: &Request) -> Answer {
    match request.path.as_str() {
        "/v1/oauth/authorize" => notion::authorize(stage, request),
        "/v1/oauth/token" => notion::token(stage, request),
        "/v1/oauth/revoke" => notion::revoke(stage, request),
        "/v1/oauth/introspect" => notion::introspect(stage, request),
        _ => {
            let result = call(stage, request);
            stage.note.detail("outcome", result.as_ref().err().map_or("ok", Failure::code));
            let request_id = stage.uuid();
            let (status, mut body) = match result {
                Ok(body) => (200, body),
                Err(failure) => (failure.status(), failure.body()),
            };
            body["request_id"] = Value::from(request_id.clone());
            Answer::json(status, &body).with("x-notion-request-id", request_id)
        }
    }
}

/// What is wrong with the request's `Notion-Version`, where it must have one.
pub(crate) fn version_problem(request: &Request) -> Option<(&'static str, String)> {
    let header = "Notion-Version header failed validation: Notion-Version header should be";
    match request.header("notion-version") {
        None => Some(("missing_version", format!("{header} defined, instead was `undefined`."))),
        Some(VERSION) => None,
        Some(version) if VERSIONS.contains(&version) => Some((
            "validation_error",
            format!("sandbox: version {version} exists, but only {VERSION} is spoken here"),
        )),
        Some(version) => {
            let known: Vec<String> = VERSIONS.iter().map(|known| format!("`\"{known}\"`")).collect();
            let message = format!("{header} {}, instead was `\"{version}\"`.", known.join(" or "));
            Some(("validation_error", message))
        }
    }
}

fn call(stage: &mut Stage<'_>, request: &Request) -> Result<Value, Failure> {
    let (route, captures) =
        route::choose(stage, request, &[routes::ROUTES], Failure::no_path, Failure::no_path)?;
    let Authorization::Bearer(token) = request.authorization() else {
        return Err(Failure::unauthorized());
    };
    let caller = stage.caller(Provider::Notion, &token).map_err(|_| Failure::unauthorized())?;
    if let Some((code, message)) = version_problem(request) {
        return Err(Failure::of(400, code, message));
    }
    let query = strict::from_pairs(&request.query, route.query)
        .map_err(|misfit| Failure::misfit("query", &misfit))?;
    let (bot, app) = employ(stage, &caller.client_id, &caller.account);
    let mut call = Call { captures, query, body: Arguments::default(), account: caller.account, bot, app };
    match route.handler {
        Serve::Json(handler) => {
            call.body = body(request, route.body)?;
            handler(stage, &call)
        }
        Serve::Form(handler) => handler(stage, &call, request),
    }
}

fn body(request: &Request, fields: Option<Fields>) -> Result<Arguments, Failure> {
    let Some(fields) = fields else {
        return match request.body.is_empty() {
            true => Ok(Arguments::default()),
            false => Err(Failure::validation("sandbox: this operation takes no body")),
        };
    };
    if !request.is_json() {
        return Err(Failure::of(400, "invalid_request", "sandbox: the body must be application/json"));
    }
    if serde_json::from_slice::<Value>(&request.body).is_err() {
        return Err(Failure::of(400, "invalid_json", "Error parsing JSON body."));
    }
    strict::from_json(&request.body, fields).map_err(|misfit| Failure::misfit("body", &misfit))
}
