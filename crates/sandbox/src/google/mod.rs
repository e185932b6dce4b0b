//! Google's twin: the dispatch over its hosts, and Gmail.

mod compose;
mod drafts;
mod failure;
mod history;
mod labels;
mod letter;
mod mailbox;
mod messages;
mod query;
mod routes;
mod seed;
mod threads;

use http::Method;

pub(crate) use mailbox::Mailbox;
pub(crate) use seed::{hours_ago, seed};

use failure::Failure;

use crate::oauth::{Caller, Dead, google};
use crate::provider::Provider;
use crate::route::{self, Captures, Found};
use crate::stage::Stage;
use crate::strict::{self, Arguments};
use crate::wire::{Answer, Authorization, Request};

/// One Gmail call that may go on: authorised, in scope, and of the declared shape.
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

    /// The address whose mailbox this is about.
    fn address(&self) -> &str {
        &self.caller.account
    }
}

type Handler = fn(&mut Stage<'_>, &Call) -> Result<Answer, Failure>;

pub(crate) fn answer(stage: &mut Stage<'_>, request: &Request) -> Answer {
    match (request.host.as_str(), request.path.as_str()) {
        ("accounts.google.com", "/o/oauth2/v2/auth") => google::authorize(stage, request),
        ("oauth2.googleapis.com", "/token") => google::token(stage, request),
        ("oauth2.googleapis.com", "/revoke") => google::revoke(stage, request),
        ("openidconnect.googleapis.com", "/v1/userinfo") if request.method == Method::GET => {
            stage.note.operation = Some("userinfo".to_owned());
            google::userinfo(stage, request)
        }
        ("gmail.googleapis.com", _) => match gmail(stage, request) {
            Ok(answer) => {
                stage.note.detail("outcome", "ok");
                answer
            }
            Err(failure) => {
                stage.note.detail("outcome", failure.reason);
                failure.answer()
            }
        },
        _ => Failure::not_found("sandbox: this host serves no such path and method").answer(),
    }
}

/// Whose call it is.
pub(crate) fn caller(stage: &mut Stage<'_>, request: &Request) -> Result<Caller, Dead> {
    let Authorization::Bearer(token) = request.authorization() else {
        return Err(Dead::Unknown);
    };
    let caller = stage.world.oauth.caller(Provider::Google, &token, stage.now)?;
    stage.note.client_id = Some(caller.client_id.clone());
    stage.note.account = Some(caller.account.clone());
    Ok(caller)
}

fn gmail(stage: &mut Stage<'_>, request: &Request) -> Result<Answer, Failure> {
    let (route, captures) = match route::find(routes::ROUTES, request) {
        Found::Route(route, captures) => (route, captures),
        Found::OtherMethod => return Err(Failure::method()),
        Found::Nothing => return Err(Failure::not_found("sandbox: Gmail has no such method")),
    };
    stage.note.operation = Some(route.operation.to_owned());
    let caller = caller(stage, request).map_err(|_| Failure::credentials())?;
    if !caller.has_any(route.scopes) {
        return Err(Failure::scope(route.operation));
    }
    let user = captures.get("userId").map_or("", String::as_str);
    if user != "me" && !user.eq_ignore_ascii_case(&caller.account) {
        return Err(Failure::delegation(&caller.account));
    }
    let query = strict::from_pairs(&request.query, route.query)?;
    let body = match route.body {
        Some(_) if !request.is_json() => {
            return Err(Failure::invalid("sandbox: the body must be application/json"));
        }
        Some(fields) => strict::from_json(&request.body, fields)?,
        None if matches!(request.body.as_ref(), b"" | b"{}") => Arguments::default(),
        None => return Err(Failure::invalid("sandbox: this method takes no body")),
    };
    let call = Call { captures, query, body, caller };
    (route.handler)(stage, &call)
}
