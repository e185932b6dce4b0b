//! Pinned messages, under the current path and under the one before it.

use jiff::Timestamp;
use serde_json::json;

use super::failure::{self, Failure};
use super::permissions::{PIN_MESSAGES, READ_HISTORY};
use super::state::{Author, Message};
use super::{Call, Place, show};
use crate::stage::Stage;
use crate::wire::Answer;

const MAX_PINS: usize = 250;
/// The server's own note that something was pinned.
const PINNED: i64 = 6;

/// The latest pin first.
fn pinned<'w>(stage: &'w Stage<'_>, place: &Place) -> Vec<(Timestamp, &'w Message)> {
    let messages = stage.world.discord.messages_in(place.channel.id);
    let mut pins: Vec<_> = messages.filter_map(|message| Some((message.pinned_at?, message))).collect();
    pins.sort_by_key(|(at, message)| std::cmp::Reverse((*at, message.id)));
    pins
}

pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = call.place(stage)?;
    place.need(READ_HISTORY)?;
    let limit = call.limit(1, 50, 50)?;
    let before: Option<Timestamp> = call.query.text("before").and_then(|before| before.parse().ok());
    let mut pins = pinned(stage, &place);
    pins.retain(|(at, _)| before.is_none_or(|before| *at < before));
    let has_more = pins.len() > limit;
    let items = pins.into_iter().take(limit).map(|(at, message)| {
        json!({"pinned_at": show::time(at), "message": show::message(stage.world, message, call.user())})
    });
    Ok(Answer::json(200, &json!({"items": items.collect::<Vec<_>>(), "has_more": has_more})))
}

/// As it was: a bare list of at most fifty.
pub(super) fn list_before(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = call.place(stage)?;
    place.need(READ_HISTORY)?;
    let pins = pinned(stage, &place).into_iter().take(50);
    let messages = pins.map(|(_, message)| show::message(stage.world, message, call.user()));
    Ok(Answer::json(200, &messages.collect()))
}

pub(super) fn add(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = call.place(stage)?;
    place.need(PIN_MESSAGES)?;
    let message = call.message(stage, &place)?;
    if !message.is_written() {
        return Err(failure::SYSTEM_MESSAGE.into());
    }
    if message.pinned_at.is_some() {
        return Ok(Answer::empty(204));
    }
    let id = message.id;
    if pinned(stage, &place).len() >= MAX_PINS {
        return Err(failure::TOO_MANY_PINS.into());
    }
    let now = stage.now;
    if let Some(message) = stage.world.discord.messages.get_mut(&id) {
        message.pinned_at = Some(now);
    }
    let note = Message::new(place.channel.id, Author::User(call.user()), PINNED, "", now);
    stage.world.discord.add_message(Message { reference: Some(id), ..note });
    Ok(Answer::empty(204))
}

pub(super) fn remove(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = call.place(stage)?;
    place.need(PIN_MESSAGES)?;
    let id = call.message(stage, &place)?.id;
    if let Some(message) = stage.world.discord.messages.get_mut(&id) {
        message.pinned_at = None;
    }
    Ok(Answer::empty(204))
}
