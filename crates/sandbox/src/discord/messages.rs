//! Messages: list, read, write, change, delete, publish.

use serde_json::Value;

use super::failure::{self, Failure};
use super::permissions::{MANAGE_MESSAGES, READ_HISTORY, SEND_MESSAGES};
use super::state::{Author, Message, kind};
use super::{Call, as_id, compose, show};
use crate::stage::Stage;
use crate::wire::Answer;

const TWO_WEEKS: i64 = 14 * 24 * 3600;
const PUBLISHED: i64 = 1;

/// Newest first.
pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = call.place(stage)?;
    let limit = call.limit(1, 100, 50)?;
    if !place.channel.holds_messages() {
        return Err(failure::NO_TEXT.into());
    }
    // Who may not read what was before sees nothing, and is not told.
    let readable = place.permissions & READ_HISTORY != 0;
    let all: Vec<&Message> = stage.world.discord.messages_in(place.channel.id).filter(|_| readable).collect();
    let bound = |name: &str| call.query.text(name).map(as_id);
    let page = match (bound("around"), bound("before"), bound("after")) {
        (None, None, None) => &all[all.len().saturating_sub(limit)..],
        (None, Some(before), None) => {
            let end = all.partition_point(|message| message.id < before);
            &all[end.saturating_sub(limit)..end]
        }
        (None, None, Some(after)) => {
            let start = all.partition_point(|message| message.id <= after);
            &all[start..all.len().min(start + limit)]
        }
        (Some(around), None, None) => {
            let middle = all.partition_point(|message| message.id < around);
            let start = middle.saturating_sub(limit / 2);
            &all[start..all.len().min(start + limit)]
        }
        _ => return Err(Failure::sandbox("of around, before and after there can be one")),
    };
    let shown = page.iter().rev().map(|message| show::message(stage.world, message, call.user()));
    Ok(Answer::json(200, &shown.collect()))
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = call.place(stage)?;
    if place.permissions & READ_HISTORY == 0 {
        return Err(failure::MISSING_ACCESS.into());
    }
    let message = call.message(stage, &place)?;
    Ok(Answer::json(200, &show::message(stage.world, message, call.user())))
}

pub(super) fn create(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = call.place(stage)?;
    compose::writable(&place)?;
    let own = call.user();
    // A bot writes to whom it shares a server with.
    let others = place.channel.recipients.iter().filter(|other| **other != own);
    for other in others {
        if !stage.world.discord.share_a_guild(own, *other) {
            return Err(failure::NOT_TO_THIS_USER.into());
        }
    }
    if let Some(same) = same_nonce(stage, call, place.channel.id) {
        return Ok(Answer::json(200, &same));
    }
    let draft = compose::draft(stage, &place, Author::User(own), &call.body, &call.files)?;
    let id = stage.world.discord.add_message(draft);
    shown(stage, call, id)
}

/// The message that the caller has sent before under the nonce that he wants to be unique.
fn same_nonce(stage: &Stage<'_>, call: &Call, channel: u64) -> Option<Value> {
    let nonce = call.body.value("nonce").filter(|_| call.body.flag("enforce_nonce") == Some(true))?;
    let mut messages = stage.world.discord.messages_in(channel);
    let same =
        messages.rfind(|message| message.is_by(call.user()) && message.nonce.as_ref() == Some(nonce))?;
    Some(show::message(stage.world, same, call.user()))
}

pub(super) fn shown(stage: &Stage<'_>, call: &Call, id: u64) -> Result<Answer, Failure> {
    let message = stage.world.discord.messages.get(&id).ok_or(failure::UNKNOWN_MESSAGE)?;
    Ok(Answer::json(200, &show::message(stage.world, message, call.user())))
}

pub(super) fn update(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = call.place(stage)?;
    let mut message = call.message(stage, &place)?.clone();
    if !message.is_by(call.user()) {
        return Err(failure::NOT_YOURS.into());
    }
    if place.channel.thread.as_ref().is_some_and(|thread| thread.archived) {
        return Err(failure::ARCHIVED.into());
    }
    if !call.body.texts("sticker_ids").is_empty() {
        return Err(failure::INVALID_STICKER.into());
    }
    compose::fill(stage, &place, &mut message, &call.body, &call.files)?;
    message.edited_at = Some(stage.now);
    let id = message.id;
    stage.world.discord.messages.insert(id, message);
    shown(stage, call, id)
}

pub(super) fn delete(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = call.place(stage)?;
    let message = call.message(stage, &place)?;
    if !message.is_by(call.user()) {
        if place.channel.guild.is_none() {
            return Err(failure::IN_DM.into());
        }
        place.need(MANAGE_MESSAGES)?;
    }
    let id = message.id;
    stage.world.discord.messages.remove(&id);
    Ok(Answer::empty(204))
}

/// Ids that are not there are passed over.
pub(super) fn delete_many(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = call.place(stage)?;
    if place.channel.guild.is_none() {
        return Err(failure::IN_DM.into());
    }
    place.need(MANAGE_MESSAGES)?;
    let ids: Vec<u64> = call.body.texts("messages").iter().map(|id| as_id(id)).collect();
    if !(2..=100).contains(&ids.len()) {
        let message = "Must be between 2 and 100 in length.";
        return Err(Failure::form("messages", "BASE_TYPE_BAD_LENGTH", message));
    }
    let state = &mut stage.world.discord;
    let found: Vec<&Message> = ids.iter().filter_map(|id| state.message_in(place.channel.id, *id)).collect();
    if found.iter().any(|message| stage.now.duration_since(message.created_at).as_secs() >= TWO_WEEKS) {
        return Err(failure::TOO_OLD.into());
    }
    let found: Vec<u64> = found.into_iter().map(|message| message.id).collect();
    for id in found {
        state.messages.remove(&id);
    }
    Ok(Answer::empty(204))
}

/// Publishes a message of an announcement channel to the servers that follow it.
pub(super) fn crosspost(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = call.place(stage)?;
    if place.channel.kind != kind::ANNOUNCEMENT {
        return Err(failure::CHANNEL_TYPE.into());
    }
    let message = call.message(stage, &place)?;
    place.need(if message.is_by(call.user()) { SEND_MESSAGES } else { MANAGE_MESSAGES })?;
    if message.flags & PUBLISHED != 0 {
        return Err(failure::CROSSPOSTED.into());
    }
    let id = message.id;
    if let Some(message) = stage.world.discord.messages.get_mut(&id) {
        message.flags |= PUBLISHED;
    }
    shown(stage, call, id)
}
