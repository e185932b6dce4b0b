//! Reactions to messages. An emoji is a character, or `name:id` for a server's own.

use std::collections::BTreeSet;

use super::failure::{self, Failure};
use super::permissions::{ADD_REACTIONS, MANAGE_MESSAGES, READ_HISTORY};
use super::state::{Emoji, Reaction};
use super::{Call, Place, as_id, in_range, show};
use crate::stage::Stage;
use crate::wire::Answer;

const MAX_REACTIONS: usize = 20;

/// The emoji of the path, if there is such a thing.
fn emoji(stage: &Stage<'_>, call: &Call) -> Result<Emoji, Failure> {
    let text = call.captured("emoji_name");
    if let Some((name, id)) = text.trim_start_matches("a:").split_once(':') {
        let id = as_id(id);
        let guilds = stage.world.discord.guilds.values();
        let mut own = guilds.filter(|guild| guild.members.contains_key(&call.user()));
        return match own.any(|guild| guild.emojis.contains_key(&id)) {
            true => Ok(Emoji { id: Some(id), name: name.to_owned() }),
            false => Err(failure::UNKNOWN_EMOJI.into()),
        };
    }
    // Digits begin some emojis, and are none alone.
    let is_character = !text.is_empty() && text.chars().count() <= 16 && !text.is_ascii();
    if is_character {
        return Ok(Emoji { id: None, name: text.to_owned() });
    }
    Err(failure::UNKNOWN_EMOJI.into())
}

fn is_same(one: &Emoji, other: &Emoji) -> bool {
    if one.id.is_some() || other.id.is_some() { one.id == other.id } else { one.name == other.name }
}

/// Channel, message and emoji of the path.
fn found(stage: &Stage<'_>, call: &Call) -> Result<(Place, u64, Emoji), Failure> {
    let place = call.place(stage)?;
    let message = call.message(stage, &place)?.id;
    Ok((place, message, emoji(stage, call)?))
}

fn reactions<'w>(stage: &'w mut Stage<'_>, message: u64) -> Result<&'w mut Vec<Reaction>, Failure> {
    let message = stage.world.discord.messages.get_mut(&message);
    Ok(&mut message.ok_or(failure::UNKNOWN_MESSAGE)?.reactions)
}

pub(super) fn add(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (place, message, emoji) = found(stage, call)?;
    place.need(READ_HISTORY)?;
    let reactions = reactions(stage, message)?;
    match reactions.iter_mut().find(|reaction| is_same(&reaction.emoji, &emoji)) {
        Some(reaction) => {
            reaction.users.insert(call.user());
        }
        None => {
            place.need(ADD_REACTIONS)?;
            if reactions.len() >= MAX_REACTIONS {
                return Err(failure::TOO_MANY_REACTIONS.into());
            }
            reactions.push(Reaction { emoji, users: BTreeSet::from([call.user()]) });
        }
    }
    Ok(Answer::empty(204))
}

pub(super) fn remove_own(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (_, message, emoji) = found(stage, call)?;
    remove(stage, message, &emoji, call.user())
}

pub(super) fn remove_of_user(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (place, message, emoji) = found(stage, call)?;
    place.need(MANAGE_MESSAGES)?;
    remove(stage, message, &emoji, call.id("user_id")?)
}

fn remove(stage: &mut Stage<'_>, message: u64, emoji: &Emoji, user: u64) -> Result<Answer, Failure> {
    let reactions = reactions(stage, message)?;
    let reaction = reactions.iter_mut().find(|reaction| is_same(&reaction.emoji, emoji));
    reaction.ok_or(failure::UNKNOWN_EMOJI)?.users.remove(&user);
    reactions.retain(|reaction| !reaction.users.is_empty());
    Ok(Answer::empty(204))
}

pub(super) fn remove_all(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = call.place(stage)?;
    place.need(MANAGE_MESSAGES)?;
    let message = call.message(stage, &place)?.id;
    reactions(stage, message)?.clear();
    Ok(Answer::empty(204))
}

pub(super) fn remove_emoji(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (place, message, emoji) = found(stage, call)?;
    place.need(MANAGE_MESSAGES)?;
    reactions(stage, message)?.retain(|reaction| !is_same(&reaction.emoji, &emoji));
    Ok(Answer::empty(204))
}

/// Who has reacted, in the order of their ids.
pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (_, message, emoji) = found(stage, call)?;
    let limit = call.limit(1, 100, 25)?;
    let kind = call.query.integer("type").unwrap_or_default();
    in_range("type", kind, 0, 1)?;
    let after = call.query.text("after").map(as_id).unwrap_or_default();
    let reaction = reactions(stage, message)?.iter().find(|reaction| is_same(&reaction.emoji, &emoji));
    // Nobody here pays for the other kind, the bursts.
    let users = reaction.filter(|_| kind == 0).map(|reaction| reaction.users.clone()).unwrap_or_default();
    let page = users.range(after.saturating_add(1)..).take(limit);
    Ok(Answer::json(200, &page.map(|user| show::user(stage.world, *user)).collect()))
}
