//! How channels and messages look in answers, and cursors over lists of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Call;
use super::failure::Failure;
use super::workspace::{Channel, ChannelKind, Headline, Message, Workspace};

fn headline(headline: &Headline) -> Value {
    json!({"value": headline.value, "creator": headline.creator, "last_set": headline.last_set})
}

/// A channel as `viewer` sees it.
pub(super) fn show(channel: &Channel, viewer: &str) -> Value {
    let is = |kind: ChannelKind| channel.kind == kind;
    if is(ChannelKind::Im) {
        let other = channel.members.iter().find(|member| *member != viewer);
        return json!({
            "id": channel.id, "created": channel.created, "is_archived": channel.archived, "is_im": true,
            "is_org_shared": false, "user": other.map_or(viewer, String::as_str), "is_user_deleted": false,
            "priority": 0,
        });
    }
    json!({
        "id": channel.id,
        "name": channel.name,
        "is_channel": is(ChannelKind::Public),
        "is_group": is(ChannelKind::Private),
        "is_im": false,
        "is_mpim": is(ChannelKind::Mpim),
        "is_private": !is(ChannelKind::Public),
        "created": channel.created,
        "is_archived": channel.archived,
        "is_general": channel.general,
        "unlinked": 0,
        "name_normalized": channel.name,
        "is_shared": false,
        "is_org_shared": false,
        "is_pending_ext_shared": false,
        "pending_shared": [],
        "is_ext_shared": false,
        "creator": channel.creator,
        "is_member": channel.has(viewer),
        "topic": headline(&channel.topic),
        "purpose": headline(&channel.purpose),
        "previous_names": [],
    })
}

/// A message of `channel`, a thread's parent with what was answered.
pub(super) fn message(workspace: &Workspace, channel: &Channel, message: &Message) -> Value {
    let mut value = json!({
        "type": "message", "user": message.user, "text": message.text, "ts": message.ts, "team": workspace.team_id,
    });
    let mut set = |name: &str, field: Option<Value>| {
        if let Some(field) = field {
            value[name] = field;
        }
    };
    set("bot_id", message.bot_id.clone().map(Value::from));
    set("app_id", message.app_id.clone().map(Value::from));
    set("subtype", message.subtype.clone().map(Value::from));
    set("thread_ts", message.thread_ts.clone().map(Value::from));
    let edited = message.edited.as_ref();
    set("edited", edited.map(|(user, ts)| json!({"user": user, "ts": ts})));
    for (name, field) in &message.extra {
        set(name, Some(field.clone()));
    }
    if !message.reactions.is_empty() {
        let reaction = |(name, users): &(String, Vec<String>)| json!({"name": name, "users": users, "count": users.len()});
        set("reactions", Some(message.reactions.iter().map(reaction).collect()));
    }
    if channel.pins.iter().any(|pin| pin.ts == message.ts) {
        set("pinned_to", Some(json!([channel.id])));
    }
    let replies: Vec<&Message> = replies(channel, &message.ts).collect();
    if let Some(latest) = replies.last() {
        let mut users: Vec<&str> = replies.iter().map(|reply| reply.user.as_str()).collect();
        users.sort_unstable();
        users.dedup();
        set("thread_ts", Some(json!(message.ts)));
        set("reply_count", Some(json!(replies.len())));
        set("reply_users_count", Some(json!(users.len())));
        set("reply_users", Some(json!(users)));
        set("latest_reply", Some(json!(latest.ts)));
    } else if let Some(thread) = message.thread_ts.as_ref().filter(|thread| **thread != message.ts) {
        let parent = channel.position(thread).map(|position| &channel.messages[position]);
        set("parent_user_id", parent.map(|parent| json!(parent.user)));
    }
    value
}

/// The answers in the thread that starts at `ts`.
pub(super) fn replies<'a>(channel: &'a Channel, ts: &'a str) -> impl Iterator<Item = &'a Message> {
    let in_thread = move |message: &&Message| message.thread_ts.as_deref() == Some(ts) && message.ts != ts;
    channel.messages.iter().filter(in_thread)
}

/// One page of `all` by `limit` and `cursor`, and the cursor of the next, which is empty on the last.
pub(super) fn page<'a, T>(
    call: &Call,
    all: &'a [T],
    default: usize,
    most: usize,
) -> Result<(&'a [T], String), Failure> {
    let limit = match call.arguments.integer("limit") {
        None | Some(0) => default,
        Some(limit) => {
            usize::try_from(limit).ok().filter(|limit| *limit <= most).ok_or(Failure::of("invalid_limit"))?
        }
    };
    let start = match call.arguments.filled("cursor") {
        None => 0,
        Some(cursor) => {
            position_of(cursor).filter(|start| *start <= all.len()).ok_or(Failure::of("invalid_cursor"))?
        }
    };
    let end = all.len().min(start + limit);
    let next = if end < all.len() { STANDARD.encode(format!("next:{end}")) } else { String::new() };
    Ok((&all[start..end], next))
}

fn position_of(cursor: &str) -> Option<usize> {
    let decoded = String::from_utf8(STANDARD.decode(cursor).ok()?).ok()?;
    decoded.strip_prefix("next:")?.parse().ok()
}
