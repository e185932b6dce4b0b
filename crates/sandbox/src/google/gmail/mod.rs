//! Gmail.

mod compose;
mod drafts;
mod history;
mod labels;
mod letter;
mod mailbox;
mod messages;
mod query;
mod routes;
mod seed;
mod threads;

pub(crate) use mailbox::Mailbox;
pub(super) use seed::seed;

use super::failure::{self, Failure};
use super::{Call, admit, read};
use crate::stage::Stage;
use crate::wire::{Answer, Request};

pub(super) fn call(stage: &mut Stage<'_>, request: &Request) -> Result<Answer, Failure> {
    let (route, captures, caller) = admit(stage, request, routes::ROUTES)?;
    let user = captures.get("userId").map_or("", String::as_str);
    if user != "me" && !user.eq_ignore_ascii_case(&caller.account) {
        return Err(Failure::delegation(&caller.account));
    }
    let (query, body) = read(request, route)?;
    (route.handler)(stage, &Call { captures, query, body, caller })
}
