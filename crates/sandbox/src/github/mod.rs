//! GitHub's twin: OAuth on github.com, and the REST API.

mod contents;
pub(crate) mod failure;
mod git;
mod hub;
mod issues;
mod pulls;
mod refs;
mod repos;
mod routes;
mod search;
mod seed;
mod show;
mod workflows;

use http::Method;
use serde_json::Value;

pub(crate) use hub::Hub;
pub(crate) use seed::seed;

use failure::Failure;
use hub::Repo;

use crate::oauth::{Caller, github};
use crate::people::{self, Person};
use crate::provider::Provider;
use crate::route::{self, Captures, Route};
use crate::stage::{Stage, later};
use crate::strict::{self, Arguments};
use crate::wire::{Answer, Authorization, Request};

const DEFAULT_PAGE: i64 = 30;
const MAX_PAGE: i64 = 100;
const API_VERSIONS: [&str; 2] = ["2022-11-28", "2026-03-10"];

/// One REST call that may go on: authorised and of the declared shape. Whether its scopes suffice depends on the
/// repository, so the handlers ask.
struct Call {
    captures: Captures,
    query: Arguments,
    body: Arguments,
    caller: Caller,
    /// The address of this call without its query, for links to other pages.
    address: String,
}

impl Call {
    fn captured(&self, name: &str) -> &str {
        self.captures.get(name).map_or("", String::as_str)
    }

    /// A number in the path; what is none finds nothing.
    fn number(&self, name: &str) -> Result<u64, Failure> {
        self.captured(name).parse().map_err(|_| Failure::not_found())
    }

    fn person(&self) -> &'static Person {
        people::of(Provider::GitHub, &self.caller.account)
    }

    fn login(&self) -> &'static str {
        self.person().handle
    }

    fn sees(&self, repo: &Repo) -> bool {
        !repo.private || (repo.is_collaborator(self.login()) && self.caller.has("repo"))
    }

    fn may_write(&self, repo: &Repo) -> bool {
        self.caller.has("repo") || (!repo.private && self.caller.has("public_repo"))
    }

    /// The repository of the path, as far as the caller may know of it.
    fn repo<'a>(&self, stage: &'a mut Stage<'_>) -> Result<&'a mut Repo, Failure> {
        let repo = stage.world.github.find_mut(self.captured("owner"), self.captured("repo"));
        match repo {
            Some(repo) if self.sees(repo) => Ok(repo),
            Some(repo) if repo.is_collaborator(self.login()) => Err(Failure::not_found().for_scope()),
            _ => Err(Failure::not_found()),
        }
    }

    /// The repository, if the token may write in it. Without the scope it is not there, as at GitHub.
    fn writable<'a>(&self, stage: &'a mut Stage<'_>) -> Result<&'a mut Repo, Failure> {
        let repo = self.repo(stage)?;
        if self.may_write(repo) { Ok(repo) } else { Err(Failure::not_found().for_scope()) }
    }

    /// The repository, if the caller may push to it.
    fn pushable<'a>(&self, stage: &'a mut Stage<'_>) -> Result<&'a mut Repo, Failure> {
        let login = self.login();
        let repo = self.writable(stage)?;
        if !repo.is_collaborator(login) {
            return Err(Failure::forbidden("Must have push access to this repository."));
        }
        if repo.archived {
            return Err(Failure::forbidden("Repository was archived so is read-only."));
        }
        Ok(repo)
    }

    /// One page of `all` and the `Link` header that leads to the others.
    fn page(&self, all: Vec<Value>) -> Result<Answer, Failure> {
        let (page, link) = self.cut(all)?;
        Ok(with_link(Answer::json(200, &Value::Array(page)), link))
    }

    fn cut(&self, all: Vec<Value>) -> Result<(Vec<Value>, Option<String>), Failure> {
        let positive = |name: &str, default: i64| match self.query.integer(name).unwrap_or(default) {
            value if value >= 1 => {
                usize::try_from(value).map_err(|_| Failure::bad_request("sandbox: out of range"))
            }
            _ => Err(Failure::bad_request(format!("sandbox: `{name}` starts at 1"))),
        };
        let size = positive("per_page", DEFAULT_PAGE)?.min(MAX_PAGE as usize);
        let page = positive("page", 1)?;
        let last = all.len().div_ceil(size).max(1);
        let mut relations = Vec::new();
        if page > 1 {
            relations.extend([("prev", (page - 1).min(last)), ("first", 1)]);
        }
        if page < last {
            relations.extend([("next", page + 1), ("last", last)]);
        }
        let links =
            relations.into_iter().map(|(name, page)| format!("<{}>; rel=\"{name}\"", self.at_page(page)));
        let links: Vec<String> = links.collect();
        let items = all.into_iter().skip((page - 1).saturating_mul(size)).take(size).collect();
        Ok((items, (!links.is_empty()).then(|| links.join(", "))))
    }

    fn at_page(&self, page: usize) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.query.0.iter().filter(|(name, _)| *name != "page") {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            query.append_pair(name, &text);
        }
        query.append_pair("page", &page.to_string());
        format!("{}?{}", self.address, query.finish())
    }
}

fn with_link(answer: Answer, link: Option<String>) -> Answer {
    match link {
        Some(link) => answer.with("link", link),
        None => answer,
    }
}

type Handler = fn(&mut Stage<'_>, &Call) -> Result<Answer, Failure>;

pub(crate) fn answer(stage: &mut Stage<'_>, request: &Request) -> Answer {
    match (request.host.as_str(), request.path.as_str()) {
        ("github.com", "/login/oauth/authorize") => github::authorize(stage, request),
        ("github.com", "/login/oauth/access_token") => github::token(stage, request),
        ("api.github.com", _) if request.header("user-agent").is_none_or(str::is_empty) => {
            stage.note.detail("outcome", "user_agent_missing");
            let text = "Request forbidden by administrative rules. Please make sure your request has a User-Agent \
                        header (https://docs.github.com/en/rest/overview/resources-in-the-rest-api#user-agent-required). \
                        Check https://developer.github.com for other possible causes.\n";
            Answer::text(403, "text/html; charset=utf-8", text)
        }
        ("api.github.com", _) => call(stage, request).unwrap_or_else(|failure| {
            stage.note.detail("outcome", failure.message());
            failure.answer()
        }),
        _ => Answer::text(
            404,
            "text/html; charset=utf-8",
            "<h1>404</h1><p>This is not the web page you are looking for.</p>",
        ),
    }
}

fn call(stage: &mut Stage<'_>, request: &Request) -> Result<Answer, Failure> {
    if let Some(version) =
        request.header("x-github-api-version").filter(|version| !API_VERSIONS.contains(version))
    {
        return Err(Failure::bad_request(format!(
            "\"{version}\" is not a supported version of the REST API."
        )));
    }
    let accepts = request.header("accept").unwrap_or("*/*");
    if !["*/*", "application/*", "json"].iter().any(|part| accepts.contains(part)) {
        return Err(Failure::unsupported("Unsupported 'Accept' header: must accept 'application/json'."));
    }
    let segments = request.segments().unwrap_or_default();
    if let [first, client_id, what] = segments.as_slice()
        && first == "applications"
    {
        stage.note.operation = Some(format!("apps/{}-{what}", request.method.as_str().to_lowercase()));
        return github::application(stage, request, client_id, what);
    }
    let caller = authenticate(stage, request)?;
    let (route, captures) =
        route::choose(stage, request, routes::ROUTES, Failure::not_found, Failure::not_found)?;
    let result = serve(stage, request, route, captures, &caller);
    stage.note.detail("outcome", result.as_ref().err().map_or_else(|| "ok".to_owned(), Failure::message));
    if result.as_ref().is_err_and(|failure| failure.lacks_scope) {
        stage.note.detail("lacks_scope", true);
    }
    // What the token may do is said with refusals, too.
    let answer = result.unwrap_or_else(|failure| failure.answer());
    let reset = later(stage.now, 3600).as_second().to_string();
    Ok(answer
        .with("x-oauth-scopes", caller.scopes.join(", "))
        .with("x-accepted-oauth-scopes", route.scopes.join(", "))
        .with("x-oauth-client-id", caller.client_id)
        .with("x-github-media-type", "github.v3; format=json")
        .with("x-github-api-version-selected", API_VERSIONS[0])
        .with("x-ratelimit-limit", "5000")
        .with("x-ratelimit-remaining", "4999")
        .with("x-ratelimit-reset", reset))
}

fn serve(
    stage: &mut Stage<'_>,
    request: &Request,
    route: &Route<Handler>,
    captures: Captures,
    caller: &Caller,
) -> Result<Answer, Failure> {
    admit(request, route, caller)?;
    let query = strict::from_pairs(&request.query, route.query);
    let call = Call {
        captures,
        query: query.map_err(|misfit| Failure::bad_request(misfit.sentence()))?,
        body: read_body(request, route)?,
        caller: caller.clone(),
        address: stage.link(&request.host, &request.path),
    };
    (route.handler)(stage, &call)
}

/// A write takes one of the route's scopes, whatever it is about. A read does not: without scopes a token reads what
/// is public, and the handlers ask where something is not.
fn admit(request: &Request, route: &Route<Handler>, caller: &Caller) -> Result<(), Failure> {
    if request.method == Method::GET || route.scopes.is_empty() || caller.has_any(route.scopes) {
        return Ok(());
    }
    Err(match route.operation {
        "repos/delete" => Failure::forbidden("Must have admin rights to Repository."),
        _ => Failure::not_found(),
    }
    .for_scope())
}

fn authenticate(stage: &mut Stage<'_>, request: &Request) -> Result<Caller, Failure> {
    let token = match request.authorization() {
        Authorization::Bearer(token) => token,
        Authorization::None => return Err(Failure::unauthorized("Requires authentication")),
        Authorization::Basic { .. } | Authorization::Unreadable => {
            return Err(Failure::unauthorized("Bad credentials"));
        }
    };
    stage.caller(Provider::GitHub, &token).map_err(|_| Failure::unauthorized("Bad credentials"))
}

fn read_body(request: &Request, route: &Route<Handler>) -> Result<Arguments, Failure> {
    let Some(fields) = route.body else {
        return match request.body.as_ref() {
            b"" | b"{}" => Ok(Arguments::default()),
            _ => Err(Failure::bad_request("sandbox: this endpoint takes no body")),
        };
    };
    // Bodies without a required field may be left out.
    if request.body.is_empty() && request.method != Method::POST {
        return Ok(strict::from_json(b"{}", fields)?);
    }
    if !request.is_json() {
        return Err(Failure::unsupported("sandbox: the body must be application/json"));
    }
    // Labels may come as a bare array.
    if route.operation == "issues/add-labels"
        && let Ok(Value::Array(labels)) = serde_json::from_slice(&request.body)
    {
        let body = serde_json::json!({"labels": labels}).to_string();
        return Ok(strict::from_json(body.as_bytes(), fields)?);
    }
    Ok(strict::from_json(&request.body, fields)?)
}
