//! `pins.*`: what a channel's members keep in view.

use serde_json::{Value, json};

use super::Call;
use super::channels;
use super::failure::Failure;
use super::workspace::{Channel, Pin};
use crate::stage::Stage;
use crate::wire::Answer;

const MOST: usize = 100;

/// The channel that the caller is in.
fn joined<'a>(stage: &'a mut Stage<'_>, call: &Call) -> Result<&'a mut Channel, Failure> {
    let channel = stage.world.slack.channel(call.text("channel"), &call.actor.user)?;
    if channel.has(&call.actor.user) { Ok(channel) } else { Err(Failure::of("not_in_channel")) }
}

/// The same with the time of the message that is named, which has to be there.
fn item<'a>(stage: &'a mut Stage<'_>, call: &Call) -> Result<(&'a mut Channel, String), Failure> {
    let channel = joined(stage, call)?;
    let ts = call.arguments.filled("timestamp").ok_or(Failure::of("no_item_specified"))?;
    channel.position(ts).ok_or(Failure::of("message_not_found"))?;
    Ok((channel, ts.to_owned()))
}

pub(super) fn add(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let created = stage.now.as_second();
    let (channel, ts) = item(stage, call)?;
    if channel.archived {
        return Err(Failure::of("is_archived"));
    }
    if channel.pins.iter().any(|pin| pin.ts == ts) {
        return Err(Failure::of("already_pinned"));
    }
    if channel.pins.len() >= MOST {
        return Err(Failure::of("pin_limit_reached"));
    }
    channel.pins.push(Pin { ts, user: call.actor.user.clone(), created });
    Ok(Answer::json(200, &json!({"ok": true})))
}

pub(super) fn remove(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (channel, ts) = item(stage, call)?;
    let position = channel.pins.iter().position(|pin| pin.ts == ts);
    channel.pins.remove(position.ok_or(Failure::of("no_pin"))?);
    Ok(Answer::json(200, &json!({"ok": true})))
}

pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let channel = joined(stage, call)?.clone();
    let slack = &stage.world.slack;
    let show = |pin: &Pin| {
        let message = &channel.messages[channel.position(&pin.ts)?];
        Some(json!({
            "type": "message", "channel": channel.id, "created": pin.created, "created_by": pin.user,
            "message": channels::message(slack, &channel, message),
        }))
    };
    let items: Vec<Value> = channel.pins.iter().rev().filter_map(show).collect();
    Ok(Answer::json(200, &json!({"ok": true, "items": items})))
}
