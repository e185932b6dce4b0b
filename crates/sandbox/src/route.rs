//! Routes as data: method, path, what the official description calls the operation, what it takes, and who serves it.

use std::collections::BTreeMap;

use http::Method;

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

/// What the braces of a path took.
pub(crate) type Captures = BTreeMap<&'static str, String>;

#[derive(Debug)]
pub(crate) enum Found<'r, H> {
    Route(&'r Route<H>, Captures),
    /// The path is known, under other methods.
    OtherMethod,
    Nothing,
}

/// The first route for `request`. Routes with fixed segments go before those that would capture them.
pub(crate) fn find<'r, H>(routes: &[&'r [Route<H>]], request: &Request) -> Found<'r, H> {
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
