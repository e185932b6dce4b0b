//! The caller, his servers and what he has linked; other users; conversations between two.

use serde_json::{Value, json};

use super::failure::{self, Failure};
use super::state::{Channel, Guild, kind, person};
use super::{Actor, Call, as_id, permissions, show};
use crate::people;
use crate::provider::Provider;
use crate::stage::Stage;
use crate::wire::Answer;

pub(super) fn me(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let mut user = show::user(stage.world, call.user());
    user["mfa_enabled"] = false.into();
    user["locale"] = "en-US".into();
    user["premium_type"] = 0.into();
    match &call.actor {
        Actor::User(caller) if caller.has("email") => {
            user["email"] = people::of(Provider::Discord, &caller.account).email.into();
            user["verified"] = true.into();
        }
        Actor::Bot(_) => {
            user["email"] = Value::Null;
            user["verified"] = true.into();
        }
        _ => {}
    }
    Ok(Answer::json(200, &user))
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let id = call.id("user_id")?;
    let is_app = stage.world.oauth.find_client(Provider::Discord, &id.to_string()).is_some();
    if person(id).is_none() && !is_app {
        return Err(failure::UNKNOWN_USER.into());
    }
    Ok(Answer::json(200, &show::user(stage.world, id)))
}

pub(super) fn guilds(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let limit = call.limit(1, 200, 200)?;
    let bound = |name: &str| call.query.text(name).map(as_id);
    let (before, after) = (bound("before"), bound("after"));
    if before.is_some() && after.is_some() {
        return Err(Failure::sandbox("before and after do not go together"));
    }
    let user = call.user();
    let guilds = stage.world.discord.guilds.values();
    let mut own: Vec<&Guild> = guilds
        .filter(|guild| guild.members.contains_key(&user))
        .filter(|guild| before.is_none_or(|before| guild.id < before))
        .filter(|guild| after.is_none_or(|after| guild.id > after))
        .collect();
    // Those right before an id, not the first of all.
    if before.is_some() {
        own.drain(..own.len().saturating_sub(limit));
    }
    let counts = call.query.flag("with_counts") == Some(true);
    let shown = own.into_iter().take(limit).map(|guild| {
        let mut value = json!({
            "id": guild.id.to_string(), "name": guild.name, "icon": null, "banner": null,
            "owner": guild.owner == user, "permissions": permissions::in_guild(guild, user).to_string(), "features": [],
        });
        if counts {
            value["approximate_member_count"] = guild.members.len().into();
            value["approximate_presence_count"] = 1.into();
        }
        value
    });
    Ok(Answer::json(200, &shown.collect()))
}

pub(super) fn member(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let id = call.id("guild_id")?;
    let guild = stage.world.discord.guilds.get(&id).ok_or(failure::UNKNOWN_GUILD)?;
    let member = guild.members.get(&call.user()).ok_or(failure::UNKNOWN_GUILD)?;
    let mut value = show::member(stage.world, member);
    value["permissions"] = permissions::in_guild(guild, call.user()).to_string().into();
    Ok(Answer::json(200, &value))
}

/// Everybody has an account at GitHub, and bots have none anywhere.
pub(super) fn connections(_: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let Actor::User(caller) = &call.actor else {
        return Ok(Answer::json(200, &json!([])));
    };
    let person = people::of(Provider::Discord, &caller.account);
    let connection = json!({
        "id": person.number.to_string(), "name": person.handle, "type": "github", "friend_sync": false,
        "show_activity": true, "two_way_link": false, "verified": true, "visibility": 1, "revoked": false,
        "integrations": [],
    });
    Ok(Answer::json(200, &json!([connection])))
}

/// Opens the conversation with a user, the same one each time.
pub(super) fn open_dm(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    if call.body.names("access_tokens") || call.body.names("nicks") {
        return Err(Failure::sandbox("conversations of many are not served here"));
    }
    let other = call.body.text("recipient_id").map(as_id).ok_or(failure::INVALID_RECIPIENT)?;
    if person(other).is_none() {
        return Err(failure::INVALID_RECIPIENT.into());
    }
    let own = call.user();
    let state = &mut stage.world.discord;
    let both = |channel: &&Channel| {
        channel.guild.is_none() && channel.recipients.contains(&own) && channel.recipients.contains(&other)
    };
    let known = state.channels.values().find(both).map(|channel| channel.id);
    let id = match known {
        Some(id) => id,
        None => {
            let id = state.next_id(stage.now);
            let channel = Channel::new(id, kind::DM, None, "");
            state.add_channel(Channel { recipients: vec![own, other], ..channel })
        }
    };
    let channel = stage.world.discord.channels.get(&id).ok_or(failure::UNKNOWN_CHANNEL)?;
    Ok(Answer::json(200, &show::channel(stage.world, channel)))
}

/// The bot leaves, and its role with it.
pub(super) fn leave(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let id = call.guild(stage)?.id;
    let own = call.user();
    if let Some(guild) = stage.world.discord.guilds.get_mut(&id) {
        guild.members.remove(&own);
        guild.roles.retain(|_, role| role.bot != Some(own));
    }
    Ok(Answer::empty(204))
}
