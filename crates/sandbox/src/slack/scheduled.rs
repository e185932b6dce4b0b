//! Messages for later. They are posted when a call comes after their time: nobody could have seen them before.

use serde_json::{Value, json};

use super::Call;
use super::channels::page;
use super::chat;
use super::failure::Failure;
use super::messages::micros;
use super::workspace::Scheduled;
use crate::stage::Stage;
use crate::wire::Answer;

const MOST_AHEAD: i64 = 120 * 24 * 3600;

pub(super) fn deliver_due(stage: &mut Stage<'_>) {
    let now = stage.now;
    let (mut due, later): (Vec<_>, Vec<_>) = std::mem::take(&mut stage.world.slack.scheduled)
        .into_iter()
        .partition(|scheduled| scheduled.post_at <= now.as_second());
    stage.world.slack.scheduled = later;
    due.sort_by_key(|scheduled| scheduled.post_at);
    for scheduled in due {
        stage.now = jiff::Timestamp::from_second(scheduled.post_at).unwrap_or(now);
        // A channel that is gone takes its scheduled messages with it, as at Slack.
        let _ = chat::add(stage, &scheduled.channel, scheduled.message);
    }
    stage.now = now;
}

pub(super) fn schedule(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let message = chat::compose(call)?;
    let channel = chat::resolve(stage, call, call.text("channel"))?;
    chat::writable(stage, call, &channel)?;
    let post_at = match call.arguments.integer("post_at") {
        Some(seconds) => seconds,
        None => call.text("post_at").parse().map_err(|_| Failure::of("invalid_time"))?,
    };
    let created = stage.now.as_second();
    if post_at <= created {
        return Err(Failure::of("time_in_past"));
    }
    if post_at > created + MOST_AHEAD {
        return Err(Failure::of("time_too_far"));
    }
    let id = format!("Q{}", stage.upper(10));
    let body = json!({
        "ok": true,
        "channel": channel,
        "scheduled_message_id": id,
        "post_at": post_at,
        "message": {
            "text": message.text, "type": "delayed_message", "user": message.user, "bot_id": message.bot_id,
            "app_id": message.app_id, "team": stage.world.slack.team_id,
        },
    });
    stage.world.slack.scheduled.push(Scheduled { id, channel, post_at, created, message });
    Ok(Answer::json(200, &body))
}

pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let bound = |name: &str| match call.arguments.filled(name) {
        None => Ok(None),
        Some(ts) => micros(ts).map(Some).ok_or(Failure::of("invalid_arguments")),
    };
    let (oldest, latest) = (bound("oldest")?, bound("latest")?);
    let channel = call.arguments.filled("channel");
    let wanted = |scheduled: &&Scheduled| {
        let at = scheduled.post_at * 1_000_000;
        scheduled.message.app_id.as_deref() == Some(&call.actor.app_id)
            && channel.is_none_or(|channel| channel == scheduled.channel)
            && oldest.is_none_or(|oldest| at >= oldest)
            && latest.is_none_or(|latest| at <= latest)
    };
    let show = |scheduled: &Scheduled| {
        json!({
            "id": scheduled.id, "channel_id": scheduled.channel, "post_at": scheduled.post_at,
            "date_created": scheduled.created, "text": scheduled.message.text,
        })
    };
    let all: Vec<Value> = stage.world.slack.scheduled.iter().filter(wanted).map(show).collect();
    let (page, next) = page(call, &all, 100, 1000)?;
    let body = json!({"ok": true, "scheduled_messages": page, "response_metadata": {"next_cursor": next}});
    Ok(Answer::json(200, &body))
}

pub(super) fn delete(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let scheduled = &mut stage.world.slack.scheduled;
    let position = scheduled.iter().position(|found| {
        found.id == call.text("scheduled_message_id")
            && found.channel == call.text("channel")
            && found.message.app_id.as_deref() == Some(&call.actor.app_id)
    });
    scheduled.remove(position.ok_or(Failure::of("invalid_scheduled_message_id"))?);
    Ok(Answer::json(200, &json!({"ok": true})))
}
