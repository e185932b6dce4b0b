//! `chat.*` except what is scheduled: post, update, delete, show to one member only, link.

use serde_json::{Map, Value, json};

use super::Call;
use super::channels;
use super::failure::Failure;
use super::workspace::{Actor, Channel, ChannelKind, Message};
use crate::stage::Stage;
use crate::wire::Answer;

/// What Slack cuts a text to.
const MAX_TEXT: usize = 40_000;
const MAX_BLOCKS: usize = 50;
/// What a message may carry beside its text.
const EXTRAS: [&str; 6] = ["blocks", "attachments", "metadata", "username", "icon_emoji", "icon_url"];

/// The id of the channel that an argument names: by id, by `#name`, or by the member it opens a conversation with.
pub(super) fn resolve(stage: &mut Stage<'_>, call: &Call, named: &str) -> Result<String, Failure> {
    let slack = &mut stage.world.slack;
    let user = &call.actor.user;
    let bare = named.strip_prefix('#').unwrap_or(named);
    let visible = |channel: &&Channel| channel.kind == ChannelKind::Public || channel.has(user);
    let by_name = |channel: &&Channel| channel.id == named || (!bare.is_empty() && channel.name == bare);
    if let Some(channel) = slack.channels.iter().filter(visible).find(by_name) {
        return Ok(channel.id.clone());
    }
    if slack.find_member(named).is_none() {
        return Err(Failure::of("channel_not_found"));
    }
    let id = format!("D{}", stage.upper(10));
    let members = [user.clone(), named.to_owned()];
    let (channel, _) = stage.world.slack.open(id, &members, stage.now);
    Ok(channel.id.clone())
}

/// The channel, if the caller may write to it.
pub(super) fn writable<'a>(
    stage: &'a mut Stage<'_>,
    call: &Call,
    channel: &str,
) -> Result<&'a mut Channel, Failure> {
    let found = stage.world.slack.channel(channel, &call.actor.user)?;
    if found.archived {
        return Err(Failure::of("is_archived"));
    }
    let open_to_all = found.kind == ChannelKind::Public && call.caller.has("chat:write.public");
    if !found.has(&call.actor.user) && !open_to_all {
        return Err(Failure::of("not_in_channel"));
    }
    Ok(found)
}

/// The message that the arguments describe, without its time.
pub(super) fn compose(call: &Call) -> Result<Message, Failure> {
    let extra = extras(call)?;
    let text = call.arguments.filled("text").or(call.arguments.filled("markdown_text"));
    let has_content = ["blocks", "attachments"].iter().any(|name| extra.contains_key(*name));
    if text.is_none() && !has_content {
        return Err(Failure::of("no_text"));
    }
    let text = text.unwrap_or_default();
    if text.chars().count() > MAX_TEXT {
        return Err(Failure::of("msg_too_long"));
    }
    let shown_as = |name: &str| extra.contains_key(name);
    if (shown_as("username") || shown_as("icon_emoji") || shown_as("icon_url")) && call.actor.bot_id.is_some()
    {
        call.need(&["chat:write.customize"])?;
    }
    let broadcast =
        call.arguments.flag("reply_broadcast").unwrap_or_default() && call.arguments.names("thread_ts");
    Ok(Message {
        subtype: broadcast.then(|| "thread_broadcast".to_owned()),
        user: call.actor.user.clone(),
        text: text.to_owned(),
        thread_ts: call.arguments.filled("thread_ts").map(str::to_owned),
        bot_id: call.actor.bot_id.clone(),
        app_id: Some(call.actor.app_id.clone()),
        extra,
        ..Message::default()
    })
}

fn extras(call: &Call) -> Result<Map<String, Value>, Failure> {
    let mut extra = Map::new();
    for name in EXTRAS {
        let Some(value) = call.arguments.value(name) else {
            continue;
        };
        // A form, and a careless JSON body, carry these as text.
        let parsed = match value.as_str() {
            Some(text) if matches!(name, "blocks" | "attachments" | "metadata") => {
                serde_json::from_str(text).map_err(|_| Failure::of("invalid_arguments"))?
            }
            _ => value.clone(),
        };
        match (name, &parsed) {
            ("blocks", Value::Array(blocks)) => {
                let typed = |block: &Value| block["type"].is_string();
                if blocks.len() > MAX_BLOCKS || !blocks.iter().all(typed) {
                    return Err(Failure::of("invalid_blocks"));
                }
            }
            ("blocks", _) => return Err(Failure::of("invalid_blocks_format")),
            ("attachments", Value::Array(_)) => {}
            ("attachments", _) => return Err(Failure::of("invalid_attachments")),
            _ => {}
        }
        extra.insert(name.to_owned(), parsed);
    }
    Ok(extra)
}

/// Adds `message` to the channel now and returns it as it is shown.
pub(super) fn add(stage: &mut Stage<'_>, channel: &str, mut message: Message) -> Result<Value, Failure> {
    let now = stage.now;
    let slack = &mut stage.world.slack;
    message.ts = slack.next_ts(now);
    let position = slack.channels.iter().position(|found| found.id == channel);
    let position = position.ok_or(Failure::of("channel_not_found"))?;
    if let Some(thread) = &message.thread_ts {
        let parent = slack.channels[position].position(thread);
        parent.ok_or(Failure::of("thread_not_found"))?;
    }
    slack.channels[position].messages.push(message.clone());
    Ok(channels::message(slack, &slack.channels[position], &message))
}

pub(super) fn post(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let message = compose(call)?;
    let channel = resolve(stage, call, call.text("channel"))?;
    writable(stage, call, &channel)?;
    let shown = add(stage, &channel, message)?;
    let body = json!({"ok": true, "channel": channel, "ts": shown["ts"], "message": shown});
    Ok(Answer::json(200, &body))
}

pub(super) fn post_ephemeral(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    compose(call)?;
    let channel = resolve(stage, call, call.text("channel"))?;
    let members = writable(stage, call, &channel)?.members.clone();
    let user = call.text("user");
    if stage.world.slack.find_member(user).is_none() {
        return Err(Failure::of("user_not_found"));
    }
    if !members.iter().any(|member| member == user) {
        return Err(Failure::of("user_not_in_channel"));
    }
    // Nobody can read an ephemeral message back, so it is not kept.
    let ts = stage.world.slack.next_ts(stage.now);
    Ok(Answer::json(200, &json!({"ok": true, "message_ts": ts})))
}

/// A message of the caller's own, with its place.
fn own<'a>(
    stage: &'a mut Stage<'_>,
    call: &Call,
    actor: &Actor,
    refused: &'static str,
) -> Result<(&'a mut Channel, usize), Failure> {
    let channel = stage.world.slack.channel(call.text("channel"), &actor.user)?;
    let position = channel.position(call.text("ts"));
    let position = position.ok_or(Failure::of("message_not_found"))?;
    if channel.messages[position].user != actor.user {
        return Err(Failure::of(refused));
    }
    Ok((channel, position))
}

pub(super) fn update(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let extra = extras(call)?;
    let text = call.arguments.filled("text").or(call.arguments.filled("markdown_text"));
    if text.is_none() && extra.is_empty() {
        return Err(Failure::of("no_text"));
    }
    let ts = stage.world.slack.next_ts(stage.now);
    let (channel, position) = own(stage, call, &call.actor, "cant_update_message")?;
    if channel.archived {
        return Err(Failure::of("is_archived"));
    }
    let message = &mut channel.messages[position];
    if let Some(text) = text {
        text.clone_into(&mut message.text);
    }
    message.extra.extend(extra);
    message.edited = Some((call.actor.user.clone(), ts));
    let (message, channel) = (message.clone(), channel.clone());
    let shown = channels::message(&stage.world.slack, &channel, &message);
    Ok(Answer::json(
        200,
        &json!({
            "ok": true, "channel": channel.id, "ts": message.ts, "text": message.text, "message": shown,
        }),
    ))
}

pub(super) fn delete(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (channel, position) = own(stage, call, &call.actor, "cant_delete_message")?;
    let message = channel.messages.remove(position);
    channel.pins.retain(|pin| pin.ts != message.ts);
    let body = json!({"ok": true, "channel": channel.id, "ts": message.ts});
    Ok(Answer::json(200, &body))
}

pub(super) fn permalink(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let channel = stage.world.slack.channel(call.text("channel"), &call.actor.user)?.clone();
    let ts = call.text("message_ts");
    channel.position(ts).ok_or(Failure::of("message_not_found"))?;
    let link = link(stage, &channel.id, ts);
    let body = json!({"ok": true, "channel": channel.id, "permalink": link});
    Ok(Answer::json(200, &body))
}

pub(super) fn link(stage: &Stage<'_>, channel: &str, ts: &str) -> String {
    let domain = &stage.world.slack.domain;
    format!("https://{domain}.slack.com/archives/{channel}/p{}", ts.replace('.', ""))
}
