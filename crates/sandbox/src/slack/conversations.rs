//! `conversations.*` except what reads messages.

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
fn managing_scopes(kind: ChannelKind) -> &'static [&'static str] {
    match kind {
        ChannelKind::Public => &["channels:manage", "channels:write"],
        ChannelKind::Private => &["groups:write"],
        ChannelKind::Im => &["im:write"],
        ChannelKind::Mpim => &["mpim:write"],
    }
}

fn one(channel: &Channel, viewer: &str) -> Answer {
    Answer::json(200, &json!({"ok": true, "channel": channels::show(channel, viewer)}))
}

pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
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
    let user = &call.actor.user;
    let without_archived = call.arguments.flag("exclude_archived").unwrap_or_default();
    let wanted = |channel: &&Channel| {
        kinds.contains(&channel.kind)
            && (channel.kind == ChannelKind::Public || channel.has(user))
            && !(without_archived && channel.archived)
    };
    let show = |channel: &Channel| {
        let mut shown = channels::show(channel, user);
        if channel.kind != ChannelKind::Im {
            shown["num_members"] = json!(channel.members.len());
        }
        shown
    };
    let all: Vec<Value> = stage.world.slack.channels.iter().filter(wanted).map(show).collect();
    let (page, next) = page(call, &all, 100, 1000)?;
    let body = json!({"ok": true, "channels": page, "response_metadata": {"next_cursor": next}});
    Ok(Answer::json(200, &body))
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

pub(super) fn create(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let private = call.arguments.flag("is_private").unwrap_or_default();
    let kind = if private { ChannelKind::Private } else { ChannelKind::Public };
    call.need(managing_scopes(kind))?;
    let name = call.text("name");
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
    if stage.world.slack.channels.iter().any(|channel| channel.name == name) {
        return Err(Failure::of("name_taken"));
    }
    let channel = Channel {
        id: format!("C{}", stage.upper(10)),
        name: name.to_owned(),
        kind,
        creator: call.actor.user.clone(),
        created: stage.now.as_second(),
        members: vec![call.actor.user.clone()],
        archived: false,
        general: false,
        purpose: String::new(),
        messages: Vec::new(),
    };
    let answer = one(&channel, &call.actor.user);
    stage.world.slack.channels.push(channel);
    Ok(answer)
}

/// The ids in a comma-separated list, all of them members of the workspace.
fn users(stage: &Stage<'_>, list: &str) -> Result<Vec<String>, Failure> {
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

pub(super) fn invite(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let ids = users(stage, call.text("users"))?;
    let channel = stage.world.slack.channel(call.text("channel"), &call.actor.user)?;
    let mut scopes = managing_scopes(channel.kind).to_vec();
    scopes.extend(match channel.kind {
        ChannelKind::Public => ["channels:write.invites"].as_slice(),
        _ => &["groups:write.invites"],
    });
    call.need(&scopes)?;
    if matches!(channel.kind, ChannelKind::Im | ChannelKind::Mpim) {
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
