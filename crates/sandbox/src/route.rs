//! Routes as data: method, path, what the official description calls the operation, what it takes, and who serves it.

use std::collections::BTreeMap;

use http::Method;

use crate::stage::Stage;
use crate::strict::Fields;
use crate::wire::Request;

/// One operation of a provider's API.
#[derive(Debug)]
pub(crate) struct Route<H> {
    pub(crate) method: &'static str,
    /// `{name}` takes one segment, a last `{name...}` all that remain.
    pub(crate) path: &'static str,
    pub(crate) operation: &'static str,
    /// The scopes that matter. Whether one of them or all are needed is the provider's affair.
    pub(crate) scopes: &'static [&'static str],
    pub(crate) query: Fields,
    pub(crate) body: Option<Fields>,
    pub(crate) handler: H,
}

/// The whole of a route, in the order of its fields.
pub(crate) const fn route<H>(
    method: &'static str,
    path: &'static str,
    operation: &'static str,
    scopes: &'static [&'static str],
    query: Fields,
    body: Option<Fields>,
    handler: H,
) -> Route<H> {
    Route { method, path, operation, scopes, query, body, handler }
}

pub(crate) const fn get<H>(
    path: &'static str,
    operation: &'static str,
    scopes: &'static [&'static str],
    query: Fields,
    handler: H,
) -> Route<H> {
    route("GET", path, operation, scopes, query, None, handler)
}

pub(crate) const fn post<H>(
    path: &'static str,
    operation: &'static str,
    scopes: &'static [&'static str],
    query: Fields,
    body: Fields,
    handler: H,
) -> Route<H> {
    route("POST", path, operation, scopes, query, Some(body), handler)
}

/// A table of routes, each in a line: method, path, operation, scopes, query, body (`-` for none) and handler. The first
/// line says with what all paths and all operations begin.
macro_rules! routes {
    (
        under $paths:literal $operations:literal;
        $($method:literal $path:literal $operation:literal $scopes:ident $query:ident $body:tt $handler:expr;)*
    ) => {
        &[$($crate::route::Route {
            method: $method,
            path: concat!($paths, $path),
            operation: concat!($operations, $operation),
            scopes: $scopes,
            query: $query,
            body: $crate::route::routes!(@body $body),
            handler: $handler,
        }),*]
    };
    (@body -) => { None };
    (@body $body:ident) => { Some($body) };
}
pub(crate) use routes;

/// What the braces of a path took.
pub(crate) type Captures = BTreeMap<&'static str, String>;

#[derive(Debug)]
enum Found<'r, H> {
    Route(&'r Route<H>, Captures),
    /// The path is known, under other methods.
    OtherMethod,
    Nothing,
}

/// The route for `request`, which is the operation in the ledger from now on. A path that is known under other methods
/// has a refusal of its own.
pub(crate) fn choose<'r, H, E>(
    stage: &mut Stage<'_>,
    request: &Request,
    routes: &[&'r [Route<H>]],
    other_method: impl FnOnce() -> E,
    nothing: impl FnOnce() -> E,
) -> Result<(&'r Route<H>, Captures), E> {
    match find(routes, request) {
        Found::Route(route, captures) => {
            stage.note.operation = Some(route.operation.to_owned());
            Ok((route, captures))
        }
        Found::OtherMethod => Err(other_method()),
        Found::Nothing => Err(nothing()),
    }
}

/// The first route for `request`. Routes with fixed segments go before those that would capture them.
fn find<'r, H>(routes: &[&'r [Route<H>]], request: &Request) -> Found<'r, H> {
    let Some(segments) = request.segments() else {
        return Found::Nothing;
    };
    let mut other_method = false;
    for route in routes.iter().copied().flatten() {
        if let Some(captures) = capture(route.path, &segments) {
            if Method::as_str(&request.method) == route.method {
                return Found::Route(route, captures);
            }
            other_method = true;
        }
    }
    if other_method { Found::OtherMethod } else { Found::Nothing }
}

fn capture(pattern: &'static str, segments: &[String]) -> Option<Captures> {
    let mut captures = Captures::new();
    let mut rest = segments;
    for expected in pattern.trim_start_matches('/').split('/') {
        let (first, others) = rest.split_first()?;
        match expected.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => match name.strip_suffix("...") {
                Some(name) => {
                    captures.insert(name, rest.join("/"));
                    return Some(captures);
                }
                None if first.is_empty() => return None,
                None => {
                    captures.insert(name, first.clone());
                }
            },
            None if expected == first => {}
            None => return None,
        }
        rest = others;
    }
    rest.is_empty().then_some(captures)
}
