//! `conversations.*` that change a channel or who is in it.

use serde_json::json;

use super::Call;
use super::channels;
use super::conversations::{check_name, managing_scopes, one, users};
use super::failure::Failure;
use super::workspace::{Channel, ChannelKind, Headline};
use crate::stage::Stage;
use crate::wire::Answer;

/// What a topic and a purpose are cut off at.
const MAX_HEADLINE: usize = 250;

fn is_direct(channel: &Channel) -> bool {
    matches!(channel.kind, ChannelKind::Im | ChannelKind::Mpim)
}

pub(super) fn invite(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let ids = users(stage, call.text("users"))?;
    let channel = stage.world.slack.channel(call.text("channel"), &call.actor.user)?;
    let mut scopes = managing_scopes(channel.kind).to_vec();
    scopes.extend(match channel.kind {
        ChannelKind::Public => ["channels:write.invites"].as_slice(),
        _ => &["groups:write.invites"],
    });
    call.need(&scopes)?;
    if is_direct(channel) {
        return Err(Failure::of("method_not_supported_for_channel_type"));
    }
    if channel.archived {
        return Err(Failure::of("is_archived"));
    }
    if !channel.has(&call.actor.user) {
        return Err(Failure::of("not_in_channel"));
    }
    if ids.contains(&call.actor.user) {
        return Err(Failure::of("cant_invite_self"));
    }
    if ids.iter().any(|id| channel.has(id)) {
        return Err(Failure::of("already_in_channel"));
    }
    channel.members.extend(ids);
    Ok(one(channel, &call.actor.user))
}

pub(super) fn join(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let channel = stage.world.slack.channel(call.text("channel"), &call.actor.user)?;
    if channel.kind != ChannelKind::Public {
        return Err(Failure::of("method_not_supported_for_channel_type"));
    }
    if channel.archived {
        return Err(Failure::of("is_archived"));
    }
    let already = channel.has(&call.actor.user);
    if !already {
        channel.members.push(call.actor.user.clone());
    }
    let mut body = json!({"ok": true, "channel": channels::show(channel, &call.actor.user)});
    if already {
        body["warning"] = json!("already_in_channel");
        body["response_metadata"] = json!({"warnings": ["already_in_channel"]});
    }
    Ok(Answer::json(200, &body))
}

pub(super) fn leave(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let user = &call.actor.user;
    let channel = stage.world.slack.channel(call.text("channel"), user)?;
    call.need(managing_scopes(channel.kind))?;
    if !channel.has(user) {
        return Ok(Answer::json(200, &json!({"ok": true, "not_in_channel": true})));
    }
    let refused = match channel.kind {
        ChannelKind::Im => Some("method_not_supported_for_channel_type"),
        _ if channel.archived => Some("is_archived"),
        _ if channel.general => Some("cant_leave_general"),
        ChannelKind::Private if channel.members.len() == 1 => Some("last_member"),
        _ => None,
    };
    if let Some(error) = refused {
        return Err(Failure::of(error));
    }
    channel.members.retain(|member| member != user);
    Ok(Answer::json(200, &json!({"ok": true})))
}

pub(super) fn kick(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (own, user) = (&call.actor.user, call.text("user"));
    let is_known = stage.world.slack.find_member(user).is_some();
    let channel = stage.world.slack.channel(call.text("channel"), own)?;
    call.need(managing_scopes(channel.kind))?;
    let refused = if !is_known {
        Some("user_not_found")
    } else if is_direct(channel) {
        Some("method_not_supported_for_channel_type")
    } else if channel.archived {
        Some("is_archived")
    } else if user == own {
        Some("cant_kick_self")
    } else if channel.general {
        Some("cant_kick_from_general")
    } else if !channel.has(own) || !channel.has(user) {
        Some("not_in_channel")
    } else {
        None
    };
    if let Some(error) = refused {
        return Err(Failure::of(error));
    }
    channel.members.retain(|member| member != user);
    Ok(Answer::json(200, &json!({"ok": true})))
}

pub(super) fn archive(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let channel = stage.world.slack.channel(call.text("channel"), &call.actor.user)?;
    call.need(managing_scopes(channel.kind))?;
    let refused = match channel.kind {
        ChannelKind::Im | ChannelKind::Mpim => Some("method_not_supported_for_channel_type"),
        _ if channel.general => Some("cant_archive_general"),
        _ if channel.archived => Some("already_archived"),
        _ if !channel.has(&call.actor.user) => Some("not_in_channel"),
        _ => None,
    };
    if let Some(error) = refused {
        return Err(Failure::of(error));
    }
    channel.archived = true;
    Ok(Answer::json(200, &json!({"ok": true})))
}

pub(super) fn rename(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let user = &call.actor.user;
    let channel = stage.world.slack.channel(call.text("channel"), user)?;
    call.need(managing_scopes(channel.kind))?;
    let refused = match channel.kind {
        ChannelKind::Im | ChannelKind::Mpim => Some("method_not_supported_for_channel_type"),
        _ if channel.archived => Some("is_archived"),
        _ if !channel.has(user) => Some("not_in_channel"),
        _ if channel.creator != *user => Some("not_authorized"),
        _ => None,
    };
    if let Some(error) = refused {
        return Err(Failure::of(error));
    }
    let (id, name) = (channel.id.clone(), call.text("name"));
    check_name(stage, name, Some(&id))?;
    let channel = stage.world.slack.channel(&id, user)?;
    name.clone_into(&mut channel.name);
    Ok(one(channel, user))
}

/// The channel whose topic or purpose the caller may set, and the new one.
fn headline<'a>(
    stage: &'a mut Stage<'_>,
    call: &Call,
    argument: &str,
) -> Result<(&'a mut Channel, Headline), Failure> {
    let last_set = stage.now.as_second();
    let channel = stage.world.slack.channel(call.text("channel"), &call.actor.user)?;
    let mut scopes = managing_scopes(channel.kind).to_vec();
    scopes.push(match channel.kind {
        ChannelKind::Public => "channels:write.topic",
        ChannelKind::Private => "groups:write.topic",
        ChannelKind::Im => "im:write.topic",
        ChannelKind::Mpim => "mpim:write.topic",
    });
    call.need(&scopes)?;
    let value = call.text(argument);
    let refused = match channel.kind {
        ChannelKind::Im => Some("method_not_supported_for_channel_type"),
        _ if channel.archived => Some("is_archived"),
        _ if !channel.has(&call.actor.user) => Some("not_in_channel"),
        _ if value.chars().count() > MAX_HEADLINE => Some("too_long"),
        _ => None,
    };
    match refused {
        Some(error) => Err(Failure::of(error)),
        None => {
            Ok((channel, Headline { value: value.to_owned(), creator: call.actor.user.clone(), last_set }))
        }
    }
}

pub(super) fn set_topic(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (channel, topic) = headline(stage, call, "topic")?;
    channel.topic = topic;
    Ok(one(channel, &call.actor.user))
}

pub(super) fn set_purpose(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (channel, purpose) = headline(stage, call, "purpose")?;
    channel.purpose = purpose;
    Ok(one(channel, &call.actor.user))
}
