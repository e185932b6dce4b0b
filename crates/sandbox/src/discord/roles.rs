//! Roles of a server. A bot changes only those below its own highest, and grants only what it may do itself.

use super::channels::bits;
use super::failure::{self, Failure};
use super::permissions::{self, MANAGE_ROLES};
use super::state::Role;
use super::{Call, in_range, show};
use crate::stage::Stage;
use crate::wire::Answer;

pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    Ok(Answer::json(200, &show::roles(call.guild(stage)?)))
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let id = call.id("role_id")?;
    let role = call.guild(stage)?.roles.get(&id).ok_or(failure::UNKNOWN_ROLE)?;
    Ok(Answer::json(200, &show::role(role)))
}

pub(super) fn create(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let guild = call.guild_with(stage, MANAGE_ROLES)?.id;
    let id = stage.world.discord.next_id(stage.now);
    let role = Role {
        id,
        name: "new role".to_owned(),
        permissions: permissions::EVERYONE,
        position: 1,
        color: 0,
        hoist: false,
        mentionable: false,
        unicode_emoji: None,
        bot: None,
    };
    let role = changed(stage, call, role)?;
    let shown = show::role(&role);
    if let Some(guild) = stage.world.discord.guilds.get_mut(&guild) {
        for other in guild.roles.values_mut().filter(|other| other.position > 0) {
            other.position += 1;
        }
        guild.roles.insert(id, role);
    }
    Ok(Answer::json(200, &shown))
}

pub(super) fn update(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let role = below(stage, call)?;
    let role = changed(stage, call, role)?;
    let shown = show::role(&role);
    let guild = call.id("guild_id")?;
    if let Some(guild) = stage.world.discord.guilds.get_mut(&guild) {
        guild.roles.insert(role.id, role);
    }
    Ok(Answer::json(200, &shown))
}

pub(super) fn delete(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let role = below(stage, call)?;
    let guild = call.id("guild_id")?;
    if role.id == guild || role.bot.is_some() {
        return Err(failure::INVALID_ROLE.into());
    }
    if let Some(guild) = stage.world.discord.guilds.get_mut(&guild) {
        guild.roles.remove(&role.id);
        for member in guild.members.values_mut() {
            member.roles.remove(&role.id);
        }
    }
    Ok(Answer::empty(204))
}

/// The role of the path, if the caller may touch it.
pub(super) fn below(stage: &Stage<'_>, call: &Call) -> Result<Role, Failure> {
    let guild = call.guild_with(stage, MANAGE_ROLES)?;
    let role = guild.roles.get(&call.id("role_id")?).ok_or(failure::UNKNOWN_ROLE)?;
    if role.position >= permissions::rank(guild, call.user()) {
        return Err(failure::MISSING_PERMISSIONS.into());
    }
    Ok(role.clone())
}

fn changed(stage: &Stage<'_>, call: &Call, mut role: Role) -> Result<Role, Failure> {
    let (body, guild) = (&call.body, call.guild(stage)?);
    if let Some(permissions) = body.value("permissions").map(bits) {
        if permissions & !permissions::in_guild(guild, call.user()) != 0 {
            return Err(failure::MISSING_PERMISSIONS.into());
        }
        role.permissions = permissions;
    }
    let colors = body.object("colors");
    let color = colors.and_then(|colors| colors.integer("primary_color")).or(body.integer("color"));
    if let Some(color) = color {
        in_range("color", color, 0, 0xFF_FFFF)?;
        role.color = color;
    }
    if body.value("icon").is_some() {
        return Err(Failure::sandbox("icons of roles are not served here"));
    }
    if let Some(name) = body.text("name") {
        name.clone_into(&mut role.name);
    }
    if body.names("unicode_emoji") {
        role.unicode_emoji = body.text("unicode_emoji").map(str::to_owned);
    }
    role.hoist = body.flag("hoist").unwrap_or(role.hoist);
    role.mentionable = body.flag("mentionable").unwrap_or(role.mentionable);
    Ok(role)
}
