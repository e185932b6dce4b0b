//! Google's twin: the dispatch over its hosts, and what all of its APIs check before a method runs.

mod calendar;
mod drive;
mod failure;
mod gmail;
mod partial;
mod sheets;

use http::Method;

pub(crate) use calendar::Calendars;
pub(crate) use drive::Drive;
pub(crate) use gmail::Mailbox;
pub(crate) use sheets::Spreadsheets;

use failure::Failure;

use crate::oauth::{Caller, Dead, google};
use crate::provider::Provider;
use crate::route::{self, Captures, Route};
use crate::stage::Stage;
use crate::strict::{self, Arguments};
use crate::wire::{Answer, Authorization, Request};

/// One call that may go on: authorised, in scope, and of the declared shape.
struct Call {
    captures: Captures,
    query: Arguments,
    body: Arguments,
    caller: Caller,
}

impl Call {
    /// What the path says in place of `{name}`.
    fn captured(&self, name: &str) -> &str {
        self.captures.get(name).map_or("", String::as_str)
    }

    /// The address whose data this is about.
    fn address(&self) -> &str {
        &self.caller.account
    }
}

type Handler = fn(&mut Stage<'_>, &Call) -> Result<Answer, Failure>;

/// What every account has before anybody has called, in each service that is empty.
pub(crate) fn seed(stage: &mut Stage<'_>) {
    if stage.world.mailboxes.is_empty() {
        gmail::seed(stage);
    }
    if stage.world.calendars.is_empty() {
        calendar::seed(stage);
    }
    if stage.world.spreadsheets.is_empty() {
        sheets::seed(stage);
    }
    if stage.world.drive.is_empty() {
        drive::seed(stage);
    }
}

pub(crate) fn answer(stage: &mut Stage<'_>, request: &Request) -> Answer {
    let result = match (request.host.as_str(), request.path.as_str()) {
        ("accounts.google.com", "/o/oauth2/v2/auth") => return google::authorize(stage, request),
        ("oauth2.googleapis.com", "/token") => return google::token(stage, request),
        ("oauth2.googleapis.com", "/revoke") => return google::revoke(stage, request),
        ("openidconnect.googleapis.com", "/v1/userinfo") if request.method == Method::GET => {
            stage.note.operation = Some("userinfo".to_owned());
            return google::userinfo(stage, request);
        }
        ("gmail.googleapis.com", _) => gmail::call(stage, request),
        ("sheets.googleapis.com", _) => sheets::call(stage, request),
        ("www.googleapis.com", path) if path.starts_with("/calendar/") => calendar::call(stage, request),
        ("www.googleapis.com", _) => drive::call(stage, request),
        _ => Err(Failure::not_found("sandbox: this host serves no such path and method")),
    };
    match result {
        Ok(answer) => {
            stage.note.detail("outcome", "ok");
            answer
        }
        Err(failure) => {
            stage.note.detail("outcome", failure.reason);
            failure.answer()
        }
    }
}

/// Whose call it is.
pub(crate) fn caller(stage: &mut Stage<'_>, request: &Request) -> Result<Caller, Dead> {
    let Authorization::Bearer(token) = request.authorization() else {
        return Err(Dead::Unknown);
    };
    stage.caller(Provider::Google, &token)
}

/// The route of `request` and whose call it is, with one of the route's scopes.
fn admit<'r, H>(
    stage: &mut Stage<'_>,
    request: &Request,
    routes: &[&'r [Route<H>]],
) -> Result<(&'r Route<H>, Captures, Caller), Failure> {
    let (route, captures) = route::choose(stage, request, routes, Failure::method, || {
        Failure::not_found("sandbox: Google has no such method")
    })?;
    let caller = caller(stage, request).map_err(|_| Failure::credentials())?;
    if !caller.has_any(route.scopes) {
        stage.note.detail("lacks_scope", true);
        return Err(Failure::scope(&request.host, route.operation));
    }
    Ok((route, captures, caller))
}

/// The declared query and JSON body of `request`.
fn read<H>(request: &Request, route: &Route<H>) -> Result<(Arguments, Arguments), Failure> {
    let query = strict::from_pairs(&request.query, route.query)?;
    let body = match route.body {
        Some(_) if !request.is_json() => {
            return Err(Failure::invalid("sandbox: the body must be application/json"));
        }
        Some(fields) => strict::from_json(&request.body, fields)?,
        None if matches!(request.body.as_ref(), b"" | b"{}") => Arguments::default(),
        None => return Err(Failure::invalid("sandbox: this method takes no body")),
    };
    Ok((query, body))
}

/// A call whose body is JSON, from request to answer.
fn serve(
    stage: &mut Stage<'_>,
    request: &Request,
    routes: &[&'static [Route<Handler>]],
) -> Result<Answer, Failure> {
    let (route, captures, caller) = admit(stage, request, routes)?;
    let (query, body) = read(request, route)?;
    (route.handler)(stage, &Call { captures, query, body, caller })
}
