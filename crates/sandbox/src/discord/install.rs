//! How a bot comes into a server: by the consent of somebody who may manage that server.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::permissions::{self, MANAGE_GUILD};
use super::state::{Member, Role, user_id};
use super::{as_id, show, webhooks};
use crate::people;
use crate::provider::Provider;
use crate::stage::Stage;

/// Where a bot is to go and what it may do there, as it was asked for, and then as it was decided.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Installation {
    pub(crate) guild: Option<u64>,
    pub(crate) permissions: u64,
}

/// The server that `account` picks: the one that was asked for if it is his to manage, else his own.
pub(crate) fn choose_guild(stage: &Stage<'_>, account: &str, asked: Option<u64>) -> Option<u64> {
    let user = user_id(people::of(Provider::Discord, account));
    let guilds = &stage.world.discord.guilds;
    let manages =
        |id: &u64| guilds.get(id).is_some_and(|guild| permissions::in_guild(guild, user) & MANAGE_GUILD != 0);
    let own = || guilds.values().find(|guild| guild.owner == user).map(|guild| guild.id);
    asked.filter(manages).or_else(own)
}

/// Adds the app's bot to a server, or changes what it may do there. Its permissions are those of a role that comes
/// and goes with it.
pub(crate) fn add_bot(stage: &mut Stage<'_>, client_id: &str, guild: u64, permissions: u64) {
    let name = stage.world.oauth.find_client(Provider::Discord, client_id).map(|client| client.name.clone());
    let now = stage.now;
    let role_id = stage.world.discord.next_id(now);
    let bot = as_id(client_id);
    let Some(guild) = stage.world.discord.guilds.get_mut(&guild) else {
        return;
    };
    let position = guild.top_position() + 1;
    let member = guild.members.entry(bot).or_insert_with(|| Member {
        user: bot,
        nick: None,
        roles: BTreeSet::new(),
        joined_at: now,
        timed_out_until: None,
    });
    match guild.roles.values_mut().find(|role| role.bot == Some(bot)) {
        Some(role) => role.permissions = permissions,
        // Who asks for no permissions gets no role.
        None if permissions == 0 => {}
        None => {
            member.roles.insert(role_id);
            let role = Role {
                id: role_id,
                name: name.unwrap_or_default(),
                permissions,
                // Discord puts it at the bottom, and people move it up before it is of use.
                position,
                color: 0,
                hoist: false,
                mentionable: false,
                unicode_emoji: None,
                bot: Some(bot),
            };
            guild.roles.insert(role_id, role);
        }
    }
}

/// The server as the token answer shows it.
pub(crate) fn shown_guild(stage: &Stage<'_>, id: u64) -> Option<Value> {
    let guild = stage.world.discord.guilds.get(&id)?;
    Some(show::guild(guild))
}

/// The webhook that comes with the scope `webhook.incoming`, in the first channel of the user's own server.
pub(crate) fn incoming_webhook(stage: &mut Stage<'_>, client_id: &str, account: &str) -> Option<Value> {
    let guild = choose_guild(stage, account, None)?;
    let channel = stage.world.discord.guilds.get(&guild)?.system_channel?;
    let name = stage.world.oauth.find_client(Provider::Discord, client_id)?.name.clone();
    let user = user_id(people::of(Provider::Discord, account));
    let made = webhooks::make(stage, (guild, channel), &name, user, Some(as_id(client_id)));
    let webhook = stage.world.discord.webhooks.get(&made)?;
    Some(show::webhook(stage.world, webhook, stage.base))
}
