//! HubSpot's twin: OAuth on app.hubspot.com and api.hubapi.com, and the CRM's records, searches, links, pipelines,
//! properties and owners.

mod batch;
mod definitions;
mod failure;
mod kinds;
mod links;
mod objects;
mod portal;
mod routes;
mod scopes;
mod search;
mod seed;
mod settings;
mod values;

pub(crate) use failure::correlation_id;
pub(crate) use portal::Portal;
pub(crate) use scopes::SCOPES;
pub(crate) use seed::seed;

use serde_json::{Map, Value, json};

use failure::Failure;
use kinds::Kind;
use portal::{Pen, Values, in_milliseconds};

use crate::oauth::{Caller, hubspot};
use crate::people;
use crate::provider::Provider;
use crate::route::{self, Captures, Route};
use crate::stage::Stage;
use crate::strict::{self, Arguments};
use crate::wire::{Answer, Authorization, Request};

/// The number of the account, which all seed users share.
pub(crate) const HUB_ID: u32 = 62_515;
pub(crate) const HUB_DOMAIN: &str = "engines-62515.example.com";

/// One API call that may go on: authorised, in scope, and of the declared shape.
struct Call {
    captures: Captures,
    query: Arguments,
    body: Arguments,
    caller: Caller,
    /// The address of the call, without its query.
    address: String,
}

impl Call {
    fn captured(&self, name: &str) -> &str {
        self.captures.get(name).map_or("", String::as_str)
    }

    /// The kind of record that the path says in place of `{name}`.
    fn named_kind(&self, name: &str) -> Result<Kind, Failure> {
        Kind::named(self.captured(name))
    }

    fn pen(&self, stage: &Stage<'_>) -> Pen {
        Pen::new(people::of(Provider::HubSpot, &self.caller.account).number, stage.now)
    }

    /// How many the caller wants at most.
    fn limit(&self, usual: usize, most: usize) -> Result<usize, Failure> {
        let Some(limit) = self.query.integer("limit").or_else(|| self.body.integer("limit")) else {
            return Ok(usual);
        };
        let limit = usize::try_from(limit).ok().filter(|limit| (1..=most).contains(limit));
        limit.ok_or_else(|| Failure::parameter("limit", &format!("must be between 1 and {most}")))
    }

    /// The id after which the page begins.
    fn after(&self) -> Result<u64, Failure> {
        let after = self.query.text("after").or_else(|| self.body.text("after"));
        let after = after.map_or(Ok(0), str::parse);
        after.map_err(|_| Failure::parameter("after", "is not a valid paging cursor"))
    }

    /// How many come before the page.
    fn offset(&self) -> Result<usize, Failure> {
        let offset = usize::try_from(self.after()?);
        offset.map_err(|_| Failure::parameter("after", "is not a valid paging cursor"))
    }

    /// The texts of a list in the query, which may come one by one or with commas.
    fn listed(&self, name: &str) -> Vec<String> {
        let texts = self.query.texts(name);
        texts.iter().flat_map(|text| text.split(',')).map(|text| text.trim().to_owned()).collect()
    }

    /// A page of a list, with the way to the next one.
    fn page(&self, results: Vec<Value>, next: Option<String>) -> Value {
        let mut body = json!({"results": results});
        if let Some(after) = next {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            for (name, value) in self.query.0.iter().filter(|(name, _)| *name != "after") {
                let values = value.as_array().map_or_else(|| vec![value], |values| values.iter().collect());
                for value in values {
                    query.append_pair(name, &value.as_str().map_or_else(|| value.to_string(), str::to_owned));
                }
            }
            query.append_pair("after", &after);
            let link = format!("{}?{}", self.address, query.finish());
            body["paging"] = json!({"next": {"after": after, "link": link}});
        }
        body
    }
}

/// Who serves a route: something about one kind of record, or about none in particular.
#[derive(Debug, Clone, Copy)]
enum Handler {
    Records(Kind, fn(&mut Stage<'_>, &Call, Kind) -> Result<Answer, Failure>),
    Other(fn(&mut Stage<'_>, &Call) -> Result<Answer, Failure>),
}

/// The time of the exchange, as answers write it.
fn stamp(stage: &Stage<'_>) -> String {
    in_milliseconds(stage.now).to_string()
}

/// The property values of a body: texts, and nothing but texts.
fn values_of(properties: Option<&Value>) -> Result<Values, Failure> {
    let empty = Map::new();
    let object = match properties {
        Some(Value::Object(object)) => object,
        None => &empty,
        Some(_) => return Err(Failure::invalid("sandbox: `properties` should be an object")),
    };
    let text = |(name, value): (&String, &Value)| match value {
        Value::String(text) => Ok((name.clone(), text.clone())),
        _ => Err(Failure::invalid(format!("sandbox: `properties.{name}` should be a text"))),
    };
    object.iter().map(text).collect()
}

pub(crate) fn answer(stage: &mut Stage<'_>, request: &Request) -> Answer {
    match (request.host.as_str(), request.path.as_str()) {
        ("app.hubspot.com", "/oauth/authorize") => hubspot::authorize(stage, request),
        ("api.hubapi.com", "/oauth/2026-03/token") => hubspot::token(stage, request),
        ("api.hubapi.com", "/oauth/2026-03/token/revoke") => hubspot::revoke(stage, request),
        ("api.hubapi.com", "/oauth/2026-03/token/introspect") => hubspot::introspect(stage, request),
        ("api.hubapi.com", _) => {
            let result = call(stage, request);
            stage.note.detail("outcome", result.as_ref().err().map_or("ok", Failure::category));
            let answer = result.unwrap_or_else(|failure| failure.answer(stage));
            // What is left of a window that the twin never closes.
            answer
                .with("x-hubspot-ratelimit-interval-milliseconds", "10000")
                .with("x-hubspot-ratelimit-max", "110")
                .with("x-hubspot-ratelimit-remaining", "109")
        }
        _ => Answer::text(404, "text/html; charset=utf-8", "<h1>This page isn't available</h1>"),
    }
}

fn call(stage: &mut Stage<'_>, request: &Request) -> Result<Answer, Failure> {
    let (route, captures) = route::choose(stage, request, routes::ROUTES, Failure::method, Failure::no_path)?;
    let caller = authenticate(stage, request)?;
    if !caller.has_any(route.scopes) {
        stage.note.detail("lacks_scope", true);
        return Err(Failure::scopes(route.scopes));
    }
    let call = Call {
        captures,
        query: strict::from_pairs(&request.query, route.query)?,
        body: read_body(request, route)?,
        caller,
        address: stage.link(&request.host, &request.path),
    };
    match route.handler {
        Handler::Records(kind, run) => run(stage, &call, kind),
        Handler::Other(run) => run(stage, &call),
    }
}

fn authenticate(stage: &mut Stage<'_>, request: &Request) -> Result<Caller, Failure> {
    let Authorization::Bearer(token) = request.authorization() else {
        return Err(Failure::unauthenticated());
    };
    hubspot::caller(stage, &token)
        .map_err(|ended| ended.map_or_else(Failure::unauthenticated, Failure::expired))
}

fn read_body(request: &Request, route: &Route<Handler>) -> Result<Arguments, Failure> {
    let Some(fields) = route.body else {
        return match request.body.as_ref() {
            b"" => Ok(Arguments::default()),
            _ => Err(Failure::invalid("sandbox: this operation takes no body")),
        };
    };
    if !request.is_json() {
        return Err(Failure::media_type());
    }
    // The types of a link come as a bare array.
    if route.operation == routes::LINK {
        let types: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let body = json!({"types": types}).to_string();
        return Ok(strict::from_json(body.as_bytes(), fields)?);
    }
    Ok(strict::from_json(&request.body, fields)?)
}
