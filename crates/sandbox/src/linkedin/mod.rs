//! LinkedIn's twin: OAuth and uploads on www.linkedin.com, the API on api.linkedin.com. What lies under `/rest/` is
//! versioned and wants to hear the version with every call.

mod failure;
mod media;
mod members;
mod organizations;
mod posts;
mod profile;
mod restli;
mod routes;
mod social;

pub(crate) use members::{Members, seed};

use failure::Failure;

use crate::oauth::{Caller, linkedin};
use crate::people::{self, Person};
use crate::provider::Provider;
use crate::route::{self, Captures};
use crate::stage::Stage;
use crate::strict::{self, Arguments};
use crate::wire::{Answer, Authorization, Request};

/// The oldest version that is still served.
const FIRST_VERSION: &str = "202501";

/// One API call that may go on: authorised, in scope, and of the declared shape.
struct Call {
    captures: Captures,
    query: Arguments,
    body: Arguments,
    caller: Caller,
    /// What `X-RestLi-Method` says.
    restli_method: Option<String>,
    path: String,
}

/// What a caller wants with something of a member's or of a company page's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Read,
    Write,
}

impl Call {
    fn captured(&self, name: &str) -> &str {
        self.captures.get(name).map_or("", String::as_str)
    }

    fn person(&self) -> &'static Person {
        people::of(Provider::LinkedIn, &self.caller.account)
    }

    /// A member acts for himself and for pages on which he has a role, each with the scope for it.
    fn acts_for(&self, urn: &str, purpose: Purpose) -> Result<(), Failure> {
        let (own, scopes): (bool, [&str; 2]) = match members::organization(urn) {
            Some(page) => (page.has_role(self.person()), ["w_organization_social", "r_organization_social"]),
            None => (urn == members::member_urn(self.person()), ["w_member_social", "r_member_social"]),
        };
        let scopes = if purpose == Purpose::Write { &scopes[..1] } else { &scopes[..] };
        if own && self.caller.has_any(scopes) {
            return Ok(());
        }
        Err(Failure::denied(if urn.starts_with("urn:li:organization:") {
            "Organization permissions must be used when using organization as author"
        } else {
            "Field Value validation failed in REQUEST_BODY: Data Processing Exception while processing fields [/author]"
        }))
    }
}

type Handler = fn(&mut Stage<'_>, &Call) -> Result<Answer, Failure>;

pub(crate) fn answer(stage: &mut Stage<'_>, request: &Request) -> Answer {
    match (request.host.as_str(), request.path.as_str()) {
        ("www.linkedin.com", "/oauth/v2/authorization") => linkedin::authorize(stage, request),
        ("www.linkedin.com", "/oauth/v2/accessToken") => linkedin::token(stage, request),
        ("www.linkedin.com", path) if path.starts_with("/dms-uploads/") => {
            finish(stage, |stage| media::upload(stage, request))
        }
        ("api.linkedin.com", _) => finish(stage, |stage| call(stage, request)),
        _ => Answer::text(404, "text/html; charset=utf-8", "<h1>Page not found</h1>"),
    }
}

fn finish(stage: &mut Stage<'_>, act: impl FnOnce(&mut Stage<'_>) -> Result<Answer, Failure>) -> Answer {
    let result = act(stage);
    stage.note.detail("outcome", result.as_ref().err().map_or("ok", Failure::code));
    result.unwrap_or_else(|failure| failure.answer())
}

fn call(stage: &mut Stage<'_>, request: &Request) -> Result<Answer, Failure> {
    let (route, captures) =
        route::choose(stage, request, &[routes::POSTS, routes::OTHERS], Failure::method, Failure::no_path)?;
    let caller = authenticate(stage, request)?;
    check_headers(stage, request)?;
    if !caller.has_any(route.scopes) {
        stage.note.detail("lacks_scope", true);
        return Err(Failure::lacks_scope(route.operation));
    }
    let body = match route.body {
        Some(_) if !request.is_json() => {
            return Err(Failure::new(
                415,
                "UNSUPPORTED_MEDIA_TYPE",
                "sandbox: the body must be application/json",
            ));
        }
        Some(fields) => strict::from_json(&request.body, fields)?,
        None if request.body.is_empty() => Arguments::default(),
        None => return Err(Failure::invalid("sandbox: this operation takes no body")),
    };
    let query = strict::from_pairs(&request.query, route.query)
        .map_err(|misfit| Failure::new(400, "PARAM_INVALID", misfit.sentence()))?;
    let restli_method = request.header("x-restli-method").map(str::to_owned);
    let path = request.path.clone();
    (route.handler)(stage, &Call { captures, query, body, caller, restli_method, path })
}

fn authenticate(stage: &mut Stage<'_>, request: &Request) -> Result<Caller, Failure> {
    let token = match request.authorization() {
        Authorization::Bearer(token) => token,
        Authorization::None => return Err(Failure::no_token()),
        _ => return Err(Failure::dead_token(crate::oauth::Dead::Unknown)),
    };
    stage.caller(Provider::LinkedIn, &token).map_err(Failure::dead_token)
}

/// The version of the API, the version of its protocol, and keys that are encoded as the latter wants them.
fn check_headers(stage: &Stage<'_>, request: &Request) -> Result<(), Failure> {
    let unversioned = matches!(request.path.as_str(), "/v2/userinfo" | "/v2/me");
    if request.path.starts_with("/rest/") {
        let version = request.header("linkedin-version").ok_or_else(|| {
            let message =
                "A version must be present. Please specify a version by adding the LinkedIn-Version header.";
            Failure::new(400, "VERSION_MISSING", message)
        })?;
        let latest = stage.now.strftime("%Y%m").to_string();
        let month = version.get(4..).and_then(|month| month.parse().ok()).unwrap_or(0);
        let active = version.len() == 6 && (1..=12).contains(&month);
        if !active || version < FIRST_VERSION || version > latest.as_str() {
            let message = format!("Requested version {version} is not active");
            return Err(Failure::new(426, "NONEXISTENT_VERSION", message));
        }
    }
    if !unversioned && request.header("x-restli-protocol-version") != Some("2.0.0") {
        let message = "sandbox: X-Restli-Protocol-Version must be there and say 2.0.0";
        return Err(Failure::invalid(message));
    }
    if !restli::keys_are_encoded(&request.path) {
        return Err(Failure::invalid("Syntax exception in path variables"));
    }
    Ok(())
}
