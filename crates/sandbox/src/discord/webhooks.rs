//! Webhooks: addresses that whoever knows them may write to, under any name.

use super::failure::{self, Failure};
use super::permissions::{self, MANAGE_WEBHOOKS};
use super::state::{Author, Message, Webhook, kind};
use super::{Actor, Call, Place, as_id, compose, messages, show, threads};
use crate::stage::Stage;
use crate::wire::Answer;

const MAX_OF_CHANNEL: usize = 15;

/// Makes one in a guild's channel and returns its id.
pub(super) fn make(
    stage: &mut Stage<'_>,
    (guild, channel): (u64, u64),
    name: &str,
    user: u64,
    application: Option<u64>,
) -> u64 {
    let token = stage.word(68);
    let id = stage.world.discord.next_id(stage.now);
    let name = name.to_owned();
    let webhook = Webhook { id, channel, guild, name, avatar: None, token, user, application };
    stage.world.discord.webhooks.insert(id, webhook);
    id
}

/// The service keeps some names to itself.
fn check_name(name: &str) -> Result<(), Failure> {
    let lower = name.to_lowercase();
    match ["clyde", "discord"].iter().find(|word| lower.contains(**word)) {
        Some(word) => {
            let message = format!("Username cannot contain \"{word}\"");
            Err(Failure::form("name", "USERNAME_INVALID_CONTAINS", message))
        }
        None => Ok(()),
    }
}

/// What the twin keeps of a picture: that there is one.
fn avatar(call: &Call) -> Option<String> {
    call.body.filled("avatar").map(crate::stage::fingerprint)
}

fn shown(stage: &Stage<'_>, id: u64) -> Result<Answer, Failure> {
    let webhook = stage.world.discord.webhooks.get(&id).ok_or(failure::UNKNOWN_WEBHOOK)?;
    Ok(Answer::json(200, &show::webhook(stage.world, webhook, stage.base)))
}

pub(super) fn create(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = call.place(stage)?;
    let may_hold = place.channel.thread.is_none() && place.channel.kind != kind::CATEGORY;
    let guild = place.channel.guild.filter(|_| may_hold).ok_or(failure::CHANNEL_TYPE)?;
    place.need(MANAGE_WEBHOOKS)?;
    let name = call.body.text("name").unwrap_or_default();
    check_name(name)?;
    let webhooks = stage.world.discord.webhooks.values();
    if webhooks.filter(|webhook| webhook.channel == place.channel.id).count() >= MAX_OF_CHANNEL {
        return Err(failure::TOO_MANY_WEBHOOKS.into());
    }
    let user = call.user();
    let application = matches!(call.actor, Actor::Bot(_)).then_some(user);
    let id = make(stage, (guild, place.channel.id), name, user, application);
    if let Some(webhook) = stage.world.discord.webhooks.get_mut(&id) {
        webhook.avatar = avatar(call);
    }
    shown(stage, id)
}

fn list(stage: &Stage<'_>, call: &Call, fits: impl Fn(&&Webhook) -> bool) -> Answer {
    let webhooks = stage.world.discord.webhooks.values().filter(fits);
    let shown = webhooks.map(|webhook| {
        let mut value = show::webhook(stage.world, webhook, stage.base);
        // The tokens of others' webhooks are not shown.
        if webhook.user != call.user()
            && let Some(value) = value.as_object_mut()
        {
            value.remove("token");
            value.remove("url");
        }
        value
    });
    Answer::json(200, &shown.collect())
}

pub(super) fn of_channel(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = call.place(stage)?;
    place.need(MANAGE_WEBHOOKS)?;
    Ok(list(stage, call, |webhook| webhook.channel == place.channel.id))
}

pub(super) fn of_guild(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let guild = call.guild_with(stage, MANAGE_WEBHOOKS)?.id;
    Ok(list(stage, call, |webhook| webhook.guild == guild))
}

/// The webhook of the path, if the caller manages those of its guild or knows its token.
fn found<'w>(stage: &'w Stage<'_>, call: &Call) -> Result<&'w Webhook, Failure> {
    let webhook = stage.world.discord.webhooks.get(&call.id("webhook_id")?);
    let webhook = webhook.ok_or(failure::UNKNOWN_WEBHOOK)?;
    if let Some(token) = call.captures.get("webhook_token") {
        return if *token == webhook.token { Ok(webhook) } else { Err(failure::WEBHOOK_TOKEN.into()) };
    }
    let guild = stage.world.discord.guilds.get(&webhook.guild);
    let own = guild.map_or(0, |guild| permissions::in_guild(guild, call.user()));
    if own & MANAGE_WEBHOOKS == 0 {
        return Err(failure::MISSING_PERMISSIONS.into());
    }
    Ok(webhook)
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let id = found(stage, call)?.id;
    shown(stage, id)
}

/// Who has only the token is not told who made it.
pub(super) fn get_by_token(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let webhook = found(stage, call)?;
    let mut value = show::webhook(stage.world, webhook, stage.base);
    if let Some(value) = value.as_object_mut() {
        value.remove("user");
    }
    Ok(Answer::json(200, &value))
}

pub(super) fn update(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let id = found(stage, call)?.id;
    let name = call.body.text("name");
    name.map_or(Ok(()), check_name)?;
    let channel = match call.body.text("channel_id").map(as_id) {
        Some(channel) => {
            let place = call.place_at(stage, channel)?;
            place.need(MANAGE_WEBHOOKS)?;
            Some((place.channel.guild.ok_or(failure::CHANNEL_TYPE)?, channel))
        }
        None => None,
    };
    let webhook = stage.world.discord.webhooks.get_mut(&id).ok_or(failure::UNKNOWN_WEBHOOK)?;
    if let Some(name) = name {
        name.clone_into(&mut webhook.name);
    }
    if call.body.names("avatar") {
        webhook.avatar = avatar(call);
    }
    if let Some((guild, channel)) = channel {
        (webhook.guild, webhook.channel) = (guild, channel);
    }
    if call.captures.contains_key("webhook_token") { get_by_token(stage, call) } else { shown(stage, id) }
}

pub(super) fn delete(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let id = found(stage, call)?.id;
    stage.world.discord.webhooks.remove(&id);
    Ok(Answer::empty(204))
}

/// Discord would pass over what the query does not announce.
fn check_components(call: &Call) -> Result<(), Failure> {
    if call.body.value("components").is_some() && call.query.flag("with_components") != Some(true) {
        return Err(Failure::sandbox("components come with with_components=true"));
    }
    Ok(())
}

/// Where the webhook writes: its channel, or the thread of it that the query names.
fn target(stage: &Stage<'_>, call: &Call, webhook: &Webhook) -> Result<Place, Failure> {
    let id = call.query.text("thread_id").map_or(webhook.channel, as_id);
    let found = stage.world.discord.channels.get(&id);
    let channel = found.filter(|channel| id == webhook.channel || channel.parent == Some(webhook.channel));
    let channel = channel.ok_or(failure::UNKNOWN_CHANNEL)?.clone();
    Ok(Place { channel, permissions: permissions::ALL })
}

pub(super) fn execute(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let webhook = found(stage, call)?.clone();
    let place = target(stage, call, &webhook)?;
    let name = call.body.text("username").unwrap_or(&webhook.name);
    check_name(name)?;
    check_components(call)?;
    let avatar = call.body.filled("avatar_url").map(crate::stage::fingerprint).or(webhook.avatar);
    let author = Author::Webhook { id: webhook.id, name: name.to_owned(), avatar };
    let is_forum = place.channel.kind == kind::FORUM;
    if call.body.names("applied_tags") && !is_forum {
        return Err(Failure::sandbox("tags are for the threads of forums"));
    }
    let id = match (call.body.filled("thread_name"), is_forum) {
        (Some(_), false) => return Err(failure::THREADS_IN_FORUMS.into()),
        (None, true) => return Err(failure::FORUM_NEEDS_THREAD.into()),
        (Some(_), true) => threads::forum_thread(stage, call, &place, &call.body, author)?.1,
        (None, false) => {
            compose::writable(&place)?;
            let draft = compose::draft(stage, &place, author, &call.body, &call.files)?;
            stage.world.discord.add_message(draft)
        }
    };
    if call.query.flag("wait") == Some(true) {
        return messages::shown(stage, call, id);
    }
    Ok(Answer::empty(204))
}

/// A message that this webhook has written.
fn own_message(stage: &Stage<'_>, call: &Call) -> Result<(Place, Message), Failure> {
    let webhook = found(stage, call)?;
    let place = target(stage, call, webhook)?;
    let message = call.message(stage, &place)?;
    match &message.author {
        Author::Webhook { id, .. } if *id == webhook.id => Ok((place, message.clone())),
        _ => Err(failure::UNKNOWN_MESSAGE.into()),
    }
}

pub(super) fn get_message(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (_, message) = own_message(stage, call)?;
    messages::shown(stage, call, message.id)
}

pub(super) fn update_message(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (place, mut message) = own_message(stage, call)?;
    check_components(call)?;
    if call.body.value("poll").is_some() {
        return Err(Failure::sandbox("polls are not added later"));
    }
    compose::fill(stage, &place, &mut message, &call.body, &call.files)?;
    message.edited_at = Some(stage.now);
    let id = message.id;
    stage.world.discord.messages.insert(id, message);
    messages::shown(stage, call, id)
}

pub(super) fn delete_message(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (_, message) = own_message(stage, call)?;
    stage.world.discord.messages.remove(&message.id);
    Ok(Answer::empty(204))
}
