//! A server and its channels.

use serde_json::json;

use super::failure::{self, Failure};
use super::permissions::MANAGE_CHANNELS;
use super::state::{Channel, Thread, kind};
use super::{Call, channels, show};
use crate::stage::Stage;
use crate::wire::Answer;

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let found = stage.world.discord.guilds.get(&call.id("guild_id")?);
    // Of a server that the bot is not in, Discord says that there is none.
    let guild = found.filter(|guild| guild.members.contains_key(&call.user()));
    let guild = guild.ok_or(failure::UNKNOWN_GUILD)?;
    let mut value = show::guild(guild);
    if call.query.flag("with_counts") == Some(true) {
        value["approximate_member_count"] = guild.members.len().into();
        value["approximate_presence_count"] = 1.into();
    }
    Ok(Answer::json(200, &value))
}

/// All channels, those that the bot does not see, too; threads are listed elsewhere.
pub(super) fn channels(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let guild = call.guild(stage)?.id;
    let channels = stage.world.discord.channels.values();
    let own = channels.filter(|channel| channel.guild == Some(guild) && channel.thread.is_none());
    let shown = own.map(|channel| show::channel(stage.world, channel));
    Ok(Answer::json(200, &shown.collect()))
}

pub(super) fn create_channel(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let guild = call.guild_with(stage, MANAGE_CHANNELS)?.id;
    let kind = call.body.integer("type").unwrap_or(kind::TEXT);
    let kinds = [kind::TEXT, kind::VOICE, kind::CATEGORY, kind::ANNOUNCEMENT, kind::STAGE, kind::FORUM];
    if !kinds.contains(&kind) {
        return Err(Failure::choice("type", "0, 2, 4, 5, 13, 15"));
    }
    let channels = stage.world.discord.channels.values();
    let last = channels.filter(|channel| channel.guild == Some(guild)).map(|channel| channel.position).max();
    let id = stage.world.discord.next_id(stage.now);
    let name = call.body.text("name").unwrap_or_default();
    let mut channel = Channel::new(id, kind, Some(guild), &channels::name_for(kind, name));
    channel.position = last.unwrap_or_default() + 1;
    channels::apply(stage, call, &mut channel)?;
    let shown = show::channel(stage.world, &channel);
    stage.world.discord.add_channel(channel);
    Ok(Answer::json(201, &shown))
}

pub(super) fn active_threads(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let guild = call.guild(stage)?.id;
    let state = &stage.world.discord;
    let active = |thread: &Thread| !thread.archived;
    let threads: Vec<&Channel> = state
        .channels
        .values()
        .rev()
        .filter(|channel| channel.guild == Some(guild) && channel.thread.as_ref().is_some_and(active))
        .filter(|channel| call.place_at(stage, channel.id).is_ok())
        .collect();
    let own = call.user();
    let memberships = threads.iter().filter_map(|channel| {
        let since = channel.thread.as_ref()?.members.get(&own)?;
        Some(show::thread_member(channel.id, own, *since))
    });
    let members: Vec<_> = memberships.collect();
    let threads: Vec<_> = threads.into_iter().map(|channel| show::channel(stage.world, channel)).collect();
    Ok(Answer::json(200, &json!({"threads": threads, "members": members, "has_more": false})))
}
