//! Voting and saving.

use super::failure::Failure;
use super::forum::{Forum, Thing};
use super::{Call, nothing};
use crate::stage::Stage;
use crate::wire::Answer;

/// The post or comment that the form names.
fn named(forum: &Forum, call: &Call) -> Result<Thing, Failure> {
    let thing = forum.thing(call.text("id")).ok_or_else(Failure::not_found)?;
    match forum.entry(thing) {
        Some(entry) if !entry.deleted => Ok(thing),
        _ => Err(Failure::not_found()),
    }
}

pub(super) fn vote(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let forum = &mut stage.world.reddit;
    let thing = named(forum, call)?;
    let direction = call.text("dir").parse().unwrap_or(0);
    if let Some(entry) = forum.entry_mut(thing) {
        entry.votes.insert(call.user().to_owned(), direction);
    }
    Ok(nothing())
}

pub(super) fn save(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let forum = &mut stage.world.reddit;
    named(forum, call)?;
    let saved = forum.saved.entry(call.user().to_owned()).or_default();
    let name = call.text("id");
    if !saved.iter().any(|known| known == name) {
        saved.push(name.to_owned());
    }
    Ok(nothing())
}

pub(super) fn unsave(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let forum = &mut stage.world.reddit;
    forum.thing(call.text("id")).ok_or_else(Failure::not_found)?;
    if let Some(saved) = forum.saved.get_mut(call.user()) {
        saved.retain(|known| known != call.text("id"));
    }
    Ok(nothing())
}
