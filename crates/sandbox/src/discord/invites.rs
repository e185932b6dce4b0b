//! Invitations into a server, by way of one of its channels.

use super::failure::{self, Failure};
use super::permissions::{CREATE_INVITE, MANAGE_CHANNELS, MANAGE_GUILD};
use super::state::{Invite, kind};
use super::{Call, in_range, show};
use crate::stage::{Stage, later};
use crate::wire::Answer;

const A_DAY: i64 = 24 * 3600;

/// A like one that is still open is returned again, unless a new one is asked for.
pub(super) fn create(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = call.place(stage)?;
    let may_hold = place.channel.thread.is_none() && place.channel.kind != kind::CATEGORY;
    let guild = place.channel.guild.filter(|_| may_hold).ok_or(failure::CHANNEL_TYPE)?;
    place.need(CREATE_INVITE)?;
    let body = &call.body;
    let max_age = body.integer("max_age").unwrap_or(A_DAY);
    in_range("max_age", max_age, 0, 5_184_000)?;
    let max_uses = body.integer("max_uses").unwrap_or_default();
    in_range("max_uses", max_uses, 0, 100)?;
    let others = ["target_user_id", "target_application_id", "target_type", "role_ids"];
    if others.iter().any(|name| body.value(name).is_some()) {
        return Err(Failure::sandbox("invitations to streams, activities and roles are not served here"));
    }
    let temporary = body.flag("temporary").unwrap_or_default();
    let channel = place.channel.id;
    let now = stage.now;
    let alike = |invite: &&Invite| {
        (invite.channel, invite.inviter) == (channel, call.user())
            && (invite.max_age, invite.max_uses, invite.temporary) == (max_age, max_uses, temporary)
            && is_open(invite, now)
    };
    let known =
        stage.world.discord.invites.values().find(alike).filter(|_| body.flag("unique") != Some(true));
    let invite = match known {
        Some(invite) => invite.clone(),
        None => {
            let code = stage.word(10);
            let inviter = call.user();
            Invite { code, channel, guild, inviter, max_age, max_uses, temporary, created_at: now }
        }
    };
    let shown = show::managed_invite(stage.world, &invite);
    stage.world.discord.invites.insert(invite.code.clone(), invite);
    Ok(Answer::json(200, &shown))
}

fn is_open(invite: &Invite, now: jiff::Timestamp) -> bool {
    invite.max_age == 0 || later(invite.created_at, invite.max_age) > now
}

fn list(stage: &Stage<'_>, fits: impl Fn(&Invite) -> bool) -> Answer {
    let invites = stage.world.discord.invites.values();
    let open = invites.filter(|invite| fits(invite) && is_open(invite, stage.now));
    Answer::json(200, &open.map(|invite| show::managed_invite(stage.world, invite)).collect())
}

pub(super) fn of_channel(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = call.place(stage)?;
    place.need(MANAGE_CHANNELS)?;
    Ok(list(stage, |invite| invite.channel == place.channel.id))
}

pub(super) fn of_guild(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let guild = call.guild_with(stage, MANAGE_GUILD)?.id;
    Ok(list(stage, |invite| invite.guild == guild))
}

fn found<'w>(stage: &'w Stage<'_>, call: &Call) -> Result<&'w Invite, Failure> {
    let found = stage.world.discord.invites.get(call.captured("code"));
    found.filter(|invite| is_open(invite, stage.now)).ok_or_else(|| failure::UNKNOWN_INVITE.into())
}

/// Whoever has the code may look.
pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let invite = found(stage, call)?;
    let others = ["guild_scheduled_event_id", "target_channel_id", "target_message_id"];
    if others.iter().any(|name| call.query.names(name)) {
        return Err(Failure::sandbox("invitations lead to a channel here, not to an event or a message"));
    }
    let mut value = show::invite(stage.world, invite);
    if call.query.flag("with_counts") == Some(true)
        && let Some(guild) = stage.world.discord.guilds.get(&invite.guild)
    {
        value["approximate_member_count"] = guild.members.len().into();
        value["approximate_presence_count"] = 1.into();
    }
    Ok(Answer::json(200, &value))
}

pub(super) fn revoke(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let invite = found(stage, call)?;
    call.place_at(stage, invite.channel)?.need(MANAGE_CHANNELS)?;
    let (code, shown) = (invite.code.clone(), show::invite(stage.world, invite));
    stage.world.discord.invites.remove(&code);
    Ok(Answer::json(200, &shown))
}
