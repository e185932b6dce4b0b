//! Google Calendar.

mod access;
mod acl;
mod body;
mod calendars;
mod freebusy;
mod guests;
mod list;
mod occurrences;
mod quick;
mod recurrence;
mod routes;
mod seed;
mod settings;
mod shapes;
mod show;
mod state;
mod write;
mod zone;

pub(super) use seed::seed;
pub(crate) use state::Calendars;

use super::failure::Failure;
use super::partial::Mask;
use super::serve;
use crate::stage::Stage;
use crate::wire::{Answer, Request};

pub(super) fn call(stage: &mut Stage<'_>, request: &Request) -> Result<Answer, Failure> {
    served(stage, request).map_err(|failure| failure.without("status"))
}

fn served(stage: &mut Stage<'_>, request: &Request) -> Result<Answer, Failure> {
    let mask = Mask::of(request, shapes::NAMES)?;
    Ok(mask.cut(serve(stage, request, routes::ROUTES)?))
}
