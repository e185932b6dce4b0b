//! X's twin: OAuth on x.com and api.x.com, and the API v2 as its current description has it, with posts where older
//! texts say tweets.

mod bodies;
mod bookmarks;
mod engagement;
mod failure;
mod fields;
mod follows;
mod library;
mod lists;
mod lookup;
mod media;
mod messages;
mod network;
mod pages;
mod posts;
mod routes;
mod search;
mod show;

pub(crate) use network::{Network, seed};

use failure::Failure;

use crate::oauth::{Caller, Owner, twitter};
use crate::people;
use crate::provider::Provider;
use crate::route::{self, Captures};
use crate::stage::Stage;
use crate::strict::{self, Arguments};
use crate::wire::{Answer, Authorization, Request};

/// One API call that may go on: authorised, in scope, and of the declared shape.
struct Call {
    captures: Captures,
    query: Arguments,
    body: Arguments,
    /// `None` where the app calls for itself.
    caller: Option<Caller>,
}

impl Call {
    /// The number in place of `{name}`.
    fn id(&self, name: &'static str) -> Result<u64, Failure> {
        let text = self.captured(name);
        let digits = (1..=19).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse()
            .ok()
            .filter(|_| digits)
            .ok_or_else(|| Failure::parameter(name, text, "is not a valid id"))
    }

    fn captured(&self, name: &str) -> &str {
        self.captures.get(name).map_or("", String::as_str)
    }

    /// The id of the user whose token this is. Routes for apps alone never ask.
    fn user(&self) -> u64 {
        let account = self.caller.as_ref().map_or("", |caller| caller.account.as_str());
        people::of(Provider::Twitter, account).number
    }

    /// The user of the path, who must be the one that calls.
    fn own_id(&self) -> Result<u64, Failure> {
        let id = self.id("id")?;
        if id == self.user() {
            return Ok(id);
        }
        Err(Failure::parameter("id", self.captured("id"), "must be the same as the authenticating user"))
    }
}

type Handler = fn(&mut Stage<'_>, &Call) -> Result<Answer, Failure>;

/// Who may call an operation: a user with all its scopes, or an app for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    UsersOnly,
    UsersAndApps,
    AppsOnly,
}

struct Operation {
    access: Access,
    run: Handler,
}

pub(crate) fn answer(stage: &mut Stage<'_>, request: &Request) -> Answer {
    match (request.host.as_str(), request.path.as_str()) {
        ("x.com", "/i/oauth2/authorize") => twitter::authorize(stage, request),
        ("api.x.com", "/2/oauth2/token") => twitter::token(stage, request),
        ("api.x.com", "/2/oauth2/revoke") => twitter::revoke(stage, request),
        ("api.x.com", _) => {
            let result = call(stage, request);
            stage.note.detail("outcome", result.as_ref().err().map_or("ok", Failure::title));
            let answer = result.unwrap_or_else(|failure| failure.answer());
            rate_limited(stage, answer)
        }
        _ => Answer::text(404, "text/html; charset=utf-8", "<h1>This page doesn't exist</h1>"),
    }
}

/// Says how much is left of a window that the twin never closes.
fn rate_limited(stage: &mut Stage<'_>, answer: Answer) -> Answer {
    let who = stage.note.account.clone().or(stage.note.client_id.clone()).unwrap_or_default();
    let operation = stage.note.operation.clone().unwrap_or_default();
    let (remaining, reset) = stage.world.twitter.count_call(&format!("{who} {operation}"), stage.now);
    answer
        .with("x-rate-limit-limit", network::WINDOW_CALLS.to_string())
        .with("x-rate-limit-remaining", remaining.to_string())
        .with("x-rate-limit-reset", reset.to_string())
}

fn call(stage: &mut Stage<'_>, request: &Request) -> Result<Answer, Failure> {
    let (route, captures) = route::choose(stage, request, routes::ROUTES, Failure::method, Failure::no_path)?;
    let caller = authenticate(stage, request)?;
    match &caller {
        None if route.handler.access == Access::UsersOnly => return Err(Failure::app_only()),
        Some(_) if route.handler.access == Access::AppsOnly => return Err(Failure::users_refused()),
        Some(caller) if !route.scopes.iter().all(|scope| caller.has(scope)) => {
            stage.note.detail("lacks_scope", true);
            return Err(Failure::forbidden("Forbidden"));
        }
        _ => {}
    }
    let body = match route.body {
        Some(_) if !request.is_json() => {
            return Err(Failure::invalid("sandbox: the body must be application/json"));
        }
        Some(fields) => strict::from_json(&request.body, fields)?,
        None if request.body.is_empty() => Arguments::default(),
        None => return Err(Failure::invalid("sandbox: this operation takes no body")),
    };
    let call = Call { captures, query: strict::from_pairs(&request.query, route.query)?, body, caller };
    (route.handler.run)(stage, &call)
}

/// A user's call, or `None` for an app's own.
fn authenticate(stage: &mut Stage<'_>, request: &Request) -> Result<Option<Caller>, Failure> {
    let Authorization::Bearer(token) = request.authorization() else {
        return Err(Failure::unauthorized());
    };
    let app = stage.world.oauth.clients(Provider::Twitter).find(|client| {
        let bearer = client.extra.get("bearer_token");
        bearer.is_some_and(|bearer| !bearer.is_empty() && *bearer == token)
    });
    if let Some(app) = app {
        stage.note.client_id = Some(app.client_id.clone());
        return Ok(None);
    }
    let caller = stage.caller(Provider::Twitter, &token).ok().filter(|caller| caller.owner == Owner::User);
    caller.map(Some).ok_or_else(Failure::unauthorized)
}
