//! What a member may do in a guild and in a channel: roles, and what a channel overwrites of them.

use super::state::{Channel, Guild, Guilds, Overwrite};

pub(super) const CREATE_INVITE: u64 = 1;
pub(super) const KICK_MEMBERS: u64 = 1 << 1;
pub(super) const ADMINISTRATOR: u64 = 1 << 3;
pub(super) const MANAGE_CHANNELS: u64 = 1 << 4;
pub(super) const MANAGE_GUILD: u64 = 1 << 5;
pub(super) const ADD_REACTIONS: u64 = 1 << 6;
pub(super) const VIEW_CHANNEL: u64 = 1 << 10;
pub(super) const SEND_MESSAGES: u64 = 1 << 11;
pub(super) const MANAGE_MESSAGES: u64 = 1 << 13;
pub(super) const EMBED_LINKS: u64 = 1 << 14;
pub(super) const ATTACH_FILES: u64 = 1 << 15;
pub(super) const READ_HISTORY: u64 = 1 << 16;
pub(super) const MENTION_EVERYONE: u64 = 1 << 17;
pub(super) const CHANGE_NICKNAME: u64 = 1 << 26;
pub(super) const MANAGE_NICKNAMES: u64 = 1 << 27;
pub(super) const MANAGE_ROLES: u64 = 1 << 28;
pub(super) const MANAGE_WEBHOOKS: u64 = 1 << 29;
pub(super) const MANAGE_THREADS: u64 = 1 << 34;
pub(super) const CREATE_PUBLIC_THREADS: u64 = 1 << 35;
pub(super) const CREATE_PRIVATE_THREADS: u64 = 1 << 36;
pub(super) const SEND_IN_THREADS: u64 = 1 << 38;
pub(super) const MODERATE_MEMBERS: u64 = 1 << 40;
pub(super) const PIN_MESSAGES: u64 = 1 << 51;

/// All that there is, as its owner has it.
pub(super) const ALL: u64 = (1 << 53) - 1;
/// What everybody may do in a new guild.
pub(super) const EVERYONE: u64 = CREATE_INVITE
    | ADD_REACTIONS
    | VIEW_CHANNEL
    | SEND_MESSAGES
    | EMBED_LINKS
    | ATTACH_FILES
    | READ_HISTORY
    | MENTION_EVERYONE
    | CHANGE_NICKNAME
    | CREATE_PUBLIC_THREADS
    | CREATE_PRIVATE_THREADS
    | SEND_IN_THREADS;
/// What both may do in a conversation between two.
const BETWEEN_TWO: u64 = EVERYONE | PIN_MESSAGES;

/// In the guild as a whole. Nothing for somebody who is not in it.
pub(super) fn in_guild(guild: &Guild, user: u64) -> u64 {
    let Some(member) = guild.members.get(&user) else {
        return 0;
    };
    if guild.owner == user {
        return ALL;
    }
    let own = guild.roles.values().filter(|role| role.id == guild.id || member.roles.contains(&role.id));
    let permissions = own.fold(0, |all, role| all | role.permissions);
    if permissions & ADMINISTRATOR != 0 { ALL } else { permissions }
}

/// In a channel. A thread has what its parent has.
pub(super) fn in_channel(state: &Guilds, channel: &Channel, user: u64) -> u64 {
    let Some(guild) = channel.guild else {
        return if channel.recipients.contains(&user) { BETWEEN_TWO } else { 0 };
    };
    let Some(guild) = state.guilds.get(&guild) else {
        return 0;
    };
    let base = in_guild(guild, user);
    if base == ALL {
        return base;
    }
    let parent = channel.parent.and_then(|parent| state.channels.get(&parent));
    let holder = if channel.thread.is_some() { parent.unwrap_or(channel) } else { channel };
    let own_roles = |overwrite: &&Overwrite| {
        overwrite.id != guild.id
            && guild.members.get(&user).is_some_and(|member| member.roles.contains(&overwrite.id))
    };
    let everyone = holder.overwrites.iter().filter(|overwrite| overwrite.id == guild.id);
    let roles = holder.overwrites.iter().filter(own_roles);
    let member = holder.overwrites.iter().filter(|overwrite| overwrite.id == user);
    let permissions = apply(apply(apply(base, everyone), roles), member);
    // Who does not see a channel can do nothing in it.
    if permissions & VIEW_CHANNEL == 0 { 0 } else { permissions }
}

fn apply<'o>(base: u64, overwrites: impl Iterator<Item = &'o Overwrite>) -> u64 {
    let (allow, deny) = overwrites.fold((0, 0), |(allow, deny), one| (allow | one.allow, deny | one.deny));
    (base & !deny) | allow
}

/// The position of the highest role that somebody has. The owner is above all.
pub(super) fn rank(guild: &Guild, user: u64) -> i64 {
    if guild.owner == user {
        return i64::MAX;
    }
    let roles = guild.members.get(&user).map(|member| &member.roles);
    let own = guild.roles.values().filter(|role| roles.is_some_and(|roles| roles.contains(&role.id)));
    own.map(|role| role.position).max().unwrap_or_default()
}
