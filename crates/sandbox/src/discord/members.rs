//! Members of a server and their roles.

use std::collections::BTreeSet;

use super::failure::{self, Failure};
use super::permissions::{
    self, CHANGE_NICKNAME, KICK_MEMBERS, MANAGE_NICKNAMES, MANAGE_ROLES, MODERATE_MEMBERS,
};
use super::state::{Guild, Member, person};
use super::{Call, as_id, roles, show};
use crate::stage::Stage;
use crate::wire::Answer;

/// One at a time by default, in the order of their ids.
pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let guild = call.guild(stage)?;
    let limit = call.limit(1, 1000, 1)?;
    let after = call.query.integer("after").and_then(|after| u64::try_from(after).ok()).unwrap_or_default();
    let page = guild.members.range(after.saturating_add(1)..).take(limit);
    Ok(Answer::json(200, &page.map(|(_, member)| show::member(stage.world, member)).collect()))
}

/// Those whose name or nickname begins with the query.
pub(super) fn search(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let guild = call.guild(stage)?;
    let limit = call.limit(1, 1000, 1)?;
    let query = call.query.text("query").unwrap_or_default().to_lowercase();
    let fits = |member: &&Member| {
        let shown = show::user(stage.world, member.user);
        let names = [shown["username"].as_str(), shown["global_name"].as_str(), member.nick.as_deref()];
        names.into_iter().flatten().any(|name| name.to_lowercase().starts_with(&query))
    };
    let found = guild.members.values().filter(fits).take(limit);
    Ok(Answer::json(200, &found.map(|member| show::member(stage.world, member)).collect()))
}

/// The member of the path.
fn member<'g>(guild: &'g Guild, call: &Call) -> Result<&'g Member, Failure> {
    let id = call.id("user_id")?;
    let unknown = || match person(id) {
        Some(_) => failure::UNKNOWN_MEMBER,
        None => failure::UNKNOWN_USER,
    };
    guild.members.get(&id).ok_or_else(|| unknown().into())
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let member = member(call.guild(stage)?, call)?;
    Ok(Answer::json(200, &show::member(stage.world, member)))
}

pub(super) fn update(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let guild = call.guild(stage)?;
    let mut member = member(guild, call)?.clone();
    let (body, own) = (&call.body, call.user());
    let mut needed = 0;
    if body.names("nick") {
        needed |= if member.user == own { CHANGE_NICKNAME } else { MANAGE_NICKNAMES };
        member.nick = body.filled("nick").map(str::to_owned);
    }
    if body.names("roles") {
        needed |= MANAGE_ROLES;
        let roles: BTreeSet<u64> = body.texts("roles").iter().map(|role| as_id(role)).collect();
        for changed in roles.symmetric_difference(&member.roles) {
            let role = guild.roles.get(changed).ok_or(failure::UNKNOWN_ROLE)?;
            if role.id == guild.id || role.bot.is_some() {
                return Err(failure::INVALID_ROLE.into());
            }
            if role.position >= permissions::rank(guild, own) {
                return Err(failure::MISSING_PERMISSIONS.into());
            }
        }
        member.roles = roles;
    }
    if body.names("communication_disabled_until") {
        needed |= MODERATE_MEMBERS;
        member.timed_out_until = body.text("communication_disabled_until").map(str::to_owned);
    }
    if ["mute", "deaf", "channel_id"].iter().any(|name| body.names(name)) {
        return Err(failure::NOT_IN_VOICE.into());
    }
    if body.names("flags") {
        return Err(Failure::sandbox("flags of members are not served here"));
    }
    outranks(guild, call, &member, needed)?;
    let guild = guild.id;
    let shown = show::member(stage.world, &member);
    if let Some(guild) = stage.world.discord.guilds.get_mut(&guild) {
        guild.members.insert(member.user, member);
    }
    Ok(Answer::json(200, &shown))
}

/// Nobody acts on somebody of a rank like his own or above, except on himself.
fn outranks(guild: &Guild, call: &Call, member: &Member, needed: u64) -> Result<(), Failure> {
    let own = call.user();
    let lower = permissions::rank(guild, member.user) < permissions::rank(guild, own);
    let may = permissions::in_guild(guild, own) & needed == needed;
    // Roles go by their own rank, not by that of who gets them.
    let by_rank = needed & !MANAGE_ROLES != 0;
    if may && (lower || member.user == own || !by_rank) {
        return Ok(());
    }
    Err(failure::MISSING_PERMISSIONS.into())
}

pub(super) fn kick(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let guild = call.guild_with(stage, KICK_MEMBERS)?;
    let member = member(guild, call)?;
    outranks(guild, call, member, KICK_MEMBERS)?;
    let (guild, user) = (guild.id, member.user);
    if let Some(guild) = stage.world.discord.guilds.get_mut(&guild) {
        guild.members.remove(&user);
    }
    Ok(Answer::empty(204))
}

pub(super) fn add_role(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    change_role(stage, call, |roles, role| {
        roles.insert(role);
    })
}

pub(super) fn remove_role(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    change_role(stage, call, |roles, role| {
        roles.remove(&role);
    })
}

fn change_role(
    stage: &mut Stage<'_>,
    call: &Call,
    change: impl FnOnce(&mut BTreeSet<u64>, u64),
) -> Result<Answer, Failure> {
    let user = member(call.guild(stage)?, call)?.user;
    let role = roles::below(stage, call)?;
    let guild = call.id("guild_id")?;
    if role.id == guild || role.bot.is_some() {
        return Err(failure::INVALID_ROLE.into());
    }
    let guild = stage.world.discord.guilds.get_mut(&guild);
    if let Some(member) = guild.and_then(|guild| guild.members.get_mut(&user)) {
        change(&mut member.roles, role.id);
    }
    Ok(Answer::empty(204))
}
