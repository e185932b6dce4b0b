//! Composio's twin: the API of the vendor at backend.composio.dev, versions 3 and 3.1, and the page at
//! connect.composio.dev where a person connects an account. It acts at no provider; what its tools write is kept here,
//! for each connected account. Other than its original it has one project with one key.

mod accounts;
mod auth_configs;
mod catalogue;
mod changes;
mod connecting;
mod control;
mod curated;
mod effects;
mod execute;
mod failure;
mod generated;
mod link_page;
mod paging;
mod project;
mod routes;
mod schemes;
mod show;
mod signature;
mod tool;
mod toolkits;
mod tools;
mod words;

pub use control::{ComposioAccount, ComposioAuthConfig, ComposioError};
pub(crate) use failure::broken;
pub(crate) use project::Project;

use std::collections::BTreeMap;

use serde_json::Value;

use failure::Failure;

use crate::route::{self, Captures, Route};
use crate::stage::Stage;
use crate::strict::{self, Arguments};
use crate::wire::{Answer, Pairs, Request};

/// The key of the twin's only project. It opens nothing but a twin on this machine.
pub const COMPOSIO_KEY: &str = "ak_sandbox_composio_key";

const BACKEND: &str = "backend.composio.dev";
const CONNECT: &str = "connect.composio.dev";
/// Where a client may put a credential. A request has exactly one.
const CREDENTIALS: &[&str] = &["x-api-key", "x-user-api-key", "x-org-api-key", "authorization"];

/// The two versions of the API differ in a few defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    V3,
    V31,
}

/// One API call that may go on: authorised and of the declared shape.
struct Call {
    captures: Captures,
    query: Arguments,
    body: Arguments,
    /// `toolkit_versions[slug]`, by slug.
    pinned: BTreeMap<String, String>,
    version: Version,
}

impl Call {
    fn captured(&self, name: &str) -> &str {
        self.captures.get(name).map_or("", String::as_str)
    }

    /// The texts of a list with commas, or nothing where the parameter is absent or empty.
    fn listed(&self, name: &str) -> Vec<String> {
        let texts = self.query.texts(name).into_iter().map(|text| text.trim().to_owned());
        texts.filter(|text| !text.is_empty()).collect()
    }

    /// Like [`listed`](Self::listed), in lower case, because slugs are accepted in any.
    fn slugs(&self, name: &str) -> Vec<String> {
        self.listed(name).iter().map(|slug| slug.to_ascii_lowercase()).collect()
    }
}

type Handler = fn(&mut Stage<'_>, &Call) -> Result<Answer, Failure>;

/// Whether a list names `value`, or nothing in particular.
fn admits(list: &[String], value: &str) -> bool {
    list.is_empty() || list.iter().any(|one| one == value)
}

/// The texts of a JSON list.
fn texts(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

pub(crate) fn answer(stage: &mut Stage<'_>, request: &Request) -> Answer {
    if request.host == CONNECT {
        return link_page::answer(stage, request);
    }
    match call(stage, request) {
        Ok(answer) => {
            stage.note.detail.entry("outcome").or_insert_with(|| "ok".into());
            answer
        }
        Err(failure) => {
            stage.note.detail("outcome", failure.slug);
            failure.answer(stage)
        }
    }
}

fn call(stage: &mut Stage<'_>, request: &Request) -> Result<Answer, Failure> {
    let (version, path) = match request.path.strip_prefix("/api/v3.1/") {
        Some(path) => (Version::V31, path),
        None => match request.path.strip_prefix("/api/v3/") {
            Some(path) => (Version::V3, path),
            None => return Err(Failure::no_path()),
        },
    };
    let request = &Request { path: format!("/{path}"), ..request.clone() };
    let (route, captures) =
        route::choose(stage, request, routes::ROUTES, Failure::other_method, Failure::no_path)?;
    authenticate(request)?;
    let (query, pinned) = read_query(&request.query, route)?;
    let body = read_body(request, route)?;
    (route.handler)(stage, &Call { captures, query, body, pinned, version })
}

fn authenticate(request: &Request) -> Result<(), Failure> {
    let mut sent = CREDENTIALS.iter().filter_map(|name| Some((*name, request.header(name)?)));
    let Some((name, value)) = sent.next() else {
        return Err(Failure::unauthorized("No authentication credentials were provided".to_owned()));
    };
    if sent.next().is_some() {
        return Err(Failure::unauthorized("Multiple authentication modes were provided".to_owned()));
    }
    if name == "x-api-key" && value == COMPOSIO_KEY {
        return Ok(());
    }
    let start: String = value.chars().take(8.min(value.chars().count() / 3)).collect();
    Err(Failure::unauthorized(format!("Invalid API key: {start}*****")))
}

/// The query as declared, and beside it the versions that it pins, whose names no declaration can list.
fn read_query(
    pairs: &Pairs,
    route: &Route<Handler>,
) -> Result<(Arguments, BTreeMap<String, String>), Failure> {
    let mut pinned = BTreeMap::new();
    let mut rest = Vec::new();
    for (name, value) in &pairs.0 {
        let slug = name.strip_prefix("toolkit_versions[").and_then(|name| name.strip_suffix(']'));
        match slug {
            Some(slug) if route.scopes.contains(&routes::PINS) => {
                pinned.insert(slug.to_ascii_lowercase(), value.clone());
            }
            _ => rest.push((name.clone(), value.clone())),
        }
    }
    Ok((strict::from_pairs(&Pairs(rest), route.query)?, pinned))
}

fn read_body(request: &Request, route: &Route<Handler>) -> Result<Arguments, Failure> {
    match route.body {
        // The clients send an empty object where there is nothing to say.
        None if matches!(request.body.as_ref(), b"" | b"{}") => Ok(Arguments::default()),
        None => Err(Failure::invalid("sandbox: this operation takes no body")),
        Some(fields) if request.body.is_empty() => Ok(strict::from_json(b"{}", fields)?),
        Some(_) if !request.is_json() => Err(Failure::invalid("sandbox: the body must be application/json")),
        Some(fields) => Ok(strict::from_json(&request.body, fields)?),
    }
}
