//! Google Sheets.

mod area;
mod batch;
mod cells;
mod content;
mod dimensions;
mod files;
mod filters;
mod formula;
mod marks;
mod requests;
mod routes;
mod seed;
mod shapes;
mod state;
mod tabs;
mod values;

pub(super) use seed::seed;
pub(crate) use state::Spreadsheets;

use super::failure::Failure;
use super::partial::Mask;
use super::serve;
use crate::stage::Stage;
use crate::wire::{Answer, Request};

/// What a path can end with behind a colon.
const VERBS: &[&str] = &[
    "append",
    "batchClear",
    "batchClearByDataFilter",
    "batchGet",
    "batchGetByDataFilter",
    "batchUpdate",
    "batchUpdateByDataFilter",
    "clear",
    "copyTo",
    "getByDataFilter",
    "search",
];

pub(super) fn call(stage: &mut Stage<'_>, request: &Request) -> Result<Answer, Failure> {
    served(stage, request).map_err(|failure| failure.without("errors"))
}

fn served(stage: &mut Stage<'_>, request: &Request) -> Result<Answer, Failure> {
    let mask = Mask::of(request, shapes::NAMES)?;
    Ok(mask.cut(serve(stage, &with_verb(request), routes::ROUTES)?))
}

/// The request with its verb as a segment of its own: a range may have colons, too, so the routes cannot tell.
fn with_verb(request: &Request) -> Request {
    let mut request = request.clone();
    if let Some((before, verb)) = request.path.rsplit_once(':')
        && VERBS.contains(&verb)
    {
        request.path = format!("{before}/:{verb}");
    }
    request
}
