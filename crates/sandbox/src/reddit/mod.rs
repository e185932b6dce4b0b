//! Reddit's twin: OAuth on www.reddit.com and the Data API on oauth.reddit.com. Whoever calls has to say who he is,
//! forms carry what is written, and what is wrong with it comes with status 200.

mod comments;
mod failure;
mod forum;
mod inbox;
mod listing;
mod people;
mod posts;
mod routes;
mod search;
mod seed;
mod show;
mod subreddits;
mod tree;
mod votes;

pub(crate) use forum::Forum;
pub(crate) use seed::seed;

use serde_json::{Value, json};

use failure::Failure;

use crate::oauth::{Caller, reddit};
use crate::provider::Provider;
use crate::route::{self, Captures};
use crate::stage::Stage;
use crate::strict::{self, Arguments};
use crate::wire::{Answer, Authorization, Request};

/// What libraries call themselves unless told otherwise.
const NAMELESS: &[&str] = &[
    "axios",
    "curl",
    "go-http-client",
    "java",
    "libwww-perl",
    "mozilla",
    "node",
    "okhttp",
    "python",
    "reqwest",
    "ruby",
    "undici",
    "wget",
];

/// One API call that may go on: authorised, in scope, and of the declared shape.
struct Call {
    captures: Captures,
    query: Arguments,
    form: Arguments,
    caller: Caller,
    operation: &'static str,
}

impl Call {
    fn captured(&self, name: &str) -> &str {
        self.captures.get(name).map_or("", String::as_str)
    }

    /// The name of the user who calls.
    fn user(&self) -> &str {
        &self.caller.account
    }

    fn text(&self, name: &str) -> &str {
        self.form.text(name).unwrap_or_default()
    }

    /// Without `api_type=json` these answers are meant for a browser's scripts.
    fn wants_json(&self) -> Result<(), Failure> {
        match self.form.text("api_type") {
            Some("json") => Ok(()),
            _ => Err(Failure::bad("INVALID_OPTION", "sandbox: without api_type=json the answer is no JSON")),
        }
    }
}

type Handler = fn(&mut Stage<'_>, &Call) -> Result<Answer, Failure>;

/// Whether the caller leaves open who it is.
pub(crate) fn is_anonymous(request: &Request) -> bool {
    let name = request.header("user-agent").unwrap_or_default().trim().to_ascii_lowercase();
    name.is_empty() || NAMELESS.iter().any(|nameless| name.starts_with(nameless))
}

fn things(things: &[Value]) -> Answer {
    Answer::json(200, &json!({"json": {"errors": [], "data": {"things": things}}}))
}

fn nothing() -> Answer {
    Answer::json(200, &json!({}))
}

pub(crate) fn answer(stage: &mut Stage<'_>, request: &Request) -> Answer {
    match (request.host.as_str(), request.path.as_str()) {
        ("www.reddit.com", "/api/v1/authorize") => reddit::authorize(stage, request),
        ("www.reddit.com", "/api/v1/access_token") => reddit::token(stage, request),
        ("www.reddit.com", "/api/v1/revoke_token") => reddit::revoke(stage, request),
        ("oauth.reddit.com", _) => {
            let result = call(stage, request);
            let outcome = result.as_ref().err().map_or("ok".to_owned(), Failure::code);
            stage.note.detail("outcome", outcome);
            let answer = result.unwrap_or_else(|failure| failure.answer());
            rate_limited(stage, answer)
        }
        _ => Answer::text(404, "text/html; charset=utf-8", "<h1>page not found</h1>"),
    }
}

/// Says how much is left of a window that the twin never closes, and for how many seconds.
fn rate_limited(stage: &mut Stage<'_>, answer: Answer) -> Answer {
    let who = stage.note.client_id.clone().unwrap_or_default();
    let (used, remaining, reset) = stage.world.reddit.count_call(&who, stage.now);
    answer
        .with("x-ratelimit-used", used.to_string())
        .with("x-ratelimit-remaining", format!("{remaining}.0"))
        .with("x-ratelimit-reset", reset.to_string())
}

fn call(stage: &mut Stage<'_>, request: &Request) -> Result<Answer, Failure> {
    if is_anonymous(request) {
        return Err(Failure::anonymous());
    }
    let (route, captures) =
        route::choose(stage, request, &[routes::READS, routes::WRITES], Failure::method, Failure::not_found)?;
    let caller = authenticate(stage, request)?;
    if !caller.has_any(route.scopes) {
        stage.note.detail("lacks_scope", true);
        return Err(Failure::lacks_scope());
    }
    let form = match route.body {
        Some(_) if !request.is_form() => {
            let message = "sandbox: the body must be application/x-www-form-urlencoded";
            return Err(Failure::bad("INVALID_OPTION", message));
        }
        Some(fields) => strict::from_pairs(&crate::wire::Pairs::parse(&request.body), fields)?,
        None if request.body.is_empty() => Arguments::default(),
        None => return Err(Failure::bad("INVALID_OPTION", "sandbox: this operation takes no body")),
    };
    let query = strict::from_pairs(&request.query, route.query)?;
    (route.handler)(stage, &Call { captures, query, form, caller, operation: route.operation })
}

fn authenticate(stage: &mut Stage<'_>, request: &Request) -> Result<Caller, Failure> {
    let Authorization::Bearer(token) = request.authorization() else {
        return Err(Failure::unauthorized());
    };
    stage.caller(Provider::Reddit, &token).map_err(|_| Failure::unauthorized())
}
