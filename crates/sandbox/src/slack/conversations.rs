//! `conversations.*` and `users.conversations` that list, show, make and open channels.

use serde_json::{Value, json};

use super::Call;
use super::channels::{self, page};
use super::failure::Failure;
use super::workspace::{Channel, ChannelKind};
use crate::stage::Stage;
use crate::wire::Answer;

const MAX_NAME: usize = 80;
const MOST_IN_MPIM: usize = 8;

/// The scope that shows channels of a kind.
fn reading_scope(kind: ChannelKind) -> &'static str {
    match kind {
        ChannelKind::Public => "channels:read",
        ChannelKind::Private => "groups:read",
        ChannelKind::Im => "im:read",
        ChannelKind::Mpim => "mpim:read",
    }
}

/// The scopes that change channels of a kind.
pub(super) fn managing_scopes(kind: ChannelKind) -> &'static [&'static str] {
    match kind {
        ChannelKind::Public => &["channels:manage", "channels:write"],
        ChannelKind::Private => &["groups:write"],
        ChannelKind::Im => &["im:write"],
        ChannelKind::Mpim => &["mpim:write"],
    }
}

pub(super) fn one(channel: &Channel, viewer: &str) -> Answer {
    Answer::json(200, &json!({"ok": true, "channel": channels::show(channel, viewer)}))
}

/// The kinds of channels that the caller asks for and has the scopes of.
fn kinds(call: &Call) -> Result<Vec<ChannelKind>, Failure> {
    let mut kinds = Vec::new();
    for name in call.arguments.filled("types").unwrap_or("public_channel").split(',') {
        let kind = match name.trim() {
            "public_channel" => ChannelKind::Public,
            "private_channel" => ChannelKind::Private,
            "im" => ChannelKind::Im,
            "mpim" => ChannelKind::Mpim,
            _ => return Err(Failure::of("invalid_types")),
        };
        call.need(&[reading_scope(kind)])?;
        kinds.push(kind);
    }
    Ok(kinds)
}

/// One page of the channels of the asked kinds that the caller may know of and `wanted` picks.
fn listed(
    stage: &Stage<'_>,
    call: &Call,
    wanted: impl Fn(&Channel) -> bool,
    show: impl Fn(&Channel) -> Value,
) -> Result<Answer, Failure> {
    let kinds = kinds(call)?;
    let user = &call.actor.user;
    let without_archived = call.arguments.flag("exclude_archived").unwrap_or_default();
    let fits = |channel: &&Channel| {
        kinds.contains(&channel.kind)
            && (channel.kind == ChannelKind::Public || channel.has(user))
            && !(without_archived && channel.archived)
            && wanted(channel)
    };
    let all: Vec<Value> = stage.world.slack.channels.iter().filter(fits).map(show).collect();
    let (page, next) = page(call, &all, 100, 1000)?;
    let body = json!({"ok": true, "channels": page, "response_metadata": {"next_cursor": next}});
    Ok(Answer::json(200, &body))
}

pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let show = |channel: &Channel| {
        let mut shown = channels::show(channel, &call.actor.user);
        if channel.kind != ChannelKind::Im {
            shown["num_members"] = json!(channel.members.len());
        }
        shown
    };
    listed(stage, call, |_| true, show)
}

/// The channels that somebody is in.
pub(super) fn of_user(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let user = call.arguments.filled("user").unwrap_or(&call.actor.user);
    if stage.world.slack.find_member(user).is_none() {
        return Err(Failure::of("user_not_found"));
    }
    let show = |channel: &Channel| {
        let mut shown = channels::show(channel, &call.actor.user);
        // This method says it of nobody.
        if let Some(shown) = shown.as_object_mut() {
            shown.remove("is_member");
        }
        shown
    };
    listed(stage, call, |channel| channel.has(user), show)
}

pub(super) fn info(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let channel = stage.world.slack.channel(call.text("channel"), &call.actor.user)?;
    call.need(&[reading_scope(channel.kind)])?;
    let mut shown = channels::show(channel, &call.actor.user);
    if call.arguments.flag("include_num_members").unwrap_or_default() {
        shown["num_members"] = json!(channel.members.len());
    }
    if call.arguments.flag("include_locale").unwrap_or_default() {
        shown["locale"] = json!("en-US");
    }
    Ok(Answer::json(200, &json!({"ok": true, "channel": shown})))
}

pub(super) fn members(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let channel = stage.world.slack.channel(call.text("channel"), &call.actor.user)?;
    call.need(&[reading_scope(channel.kind)])?;
    let (page, next) = page(call, &channel.members, 100, 1000)?;
    let body = json!({"ok": true, "members": page, "response_metadata": {"next_cursor": next}});
    Ok(Answer::json(200, &body))
}

/// Fails unless a channel may be called so; `own` is the channel that asks, if there is one yet.
pub(super) fn check_name(stage: &Stage<'_>, name: &str, own: Option<&str>) -> Result<(), Failure> {
    let allowed = |character: char| {
        character.is_alphanumeric() && !character.is_uppercase() || "-_".contains(character)
    };
    if name.is_empty() {
        return Err(Failure::of("invalid_name_required"));
    }
    if name.chars().count() > MAX_NAME {
        return Err(Failure::of("invalid_name_maxlength"));
    }
    if !name.chars().all(allowed) {
        return Err(Failure::of("invalid_name_specials"));
    }
    if !name.contains(char::is_alphanumeric) {
        return Err(Failure::of("invalid_name_punctuation"));
    }
    let taken = |channel: &Channel| channel.name == name && own != Some(channel.id.as_str());
    if stage.world.slack.channels.iter().any(taken) {
        return Err(Failure::of("name_taken"));
    }
    Ok(())
}

pub(super) fn create(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let private = call.arguments.flag("is_private").unwrap_or_default();
    let kind = if private { ChannelKind::Private } else { ChannelKind::Public };
    call.need(managing_scopes(kind))?;
    let name = call.text("name");
    check_name(stage, name, None)?;
    let id = format!("C{}", stage.upper(10));
    let channel = Channel::new(id, name, kind, vec![call.actor.user.clone()], stage.now);
    let answer = one(&channel, &call.actor.user);
    stage.world.slack.channels.push(channel);
    Ok(answer)
}

/// The ids in a comma-separated list, all of them members of the workspace.
pub(super) fn users(stage: &Stage<'_>, list: &str) -> Result<Vec<String>, Failure> {
    let ids: Vec<String> =
        list.split(',').map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()).collect();
    if ids.is_empty() {
        return Err(Failure::of("no_user"));
    }
    let unknown = |id: &&String| stage.world.slack.find_member(id).is_none();
    match ids.iter().find(unknown) {
        Some(_) => Err(Failure::of("user_not_found")),
        None => Ok(ids),
    }
}

pub(super) fn open(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let whole = call.arguments.flag("return_im").unwrap_or_default();
    let shown = |channel: &Channel| {
        if whole { channels::show(channel, &call.actor.user) } else { json!({"id": channel.id}) }
    };
    if let Some(id) = call.arguments.filled("channel") {
        let channel = stage.world.slack.channel(id, &call.actor.user)?;
        if !matches!(channel.kind, ChannelKind::Im | ChannelKind::Mpim) {
            return Err(Failure::of("method_not_supported_for_channel_type"));
        }
        let body = json!({"ok": true, "no_op": true, "already_open": true, "channel": shown(channel)});
        return Ok(Answer::json(200, &body));
    }
    let Some(list) = call.arguments.filled("users") else {
        return Err(Failure::of("users_list_not_supplied"));
    };
    let mut members = users(stage, list)?;
    if members.len() > MOST_IN_MPIM {
        return Err(Failure::of("too_many_users"));
    }
    call.need(if members.len() > 1 { &["mpim:write"] } else { &["im:write"] })?;
    members.insert(0, call.actor.user.clone());
    let id = format!("{}{}", if members.len() > 2 { 'C' } else { 'D' }, stage.upper(10));
    let now = stage.now;
    let (channel, is_new) = stage.world.slack.open(id, &members, now);
    let mut body = json!({"ok": true});
    if !is_new {
        body["no_op"] = json!(true);
        body["already_open"] = json!(true);
    }
    body["channel"] = shown(channel);
    Ok(Answer::json(200, &body))
}
