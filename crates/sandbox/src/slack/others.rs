//! Reactions and reminders.

use serde_json::json;

use super::Call;
use super::failure::Failure;
use super::workspace::Reminder;
use crate::stage::Stage;
use crate::wire::Answer;

const DAY: i64 = 24 * 3600;
const FIVE_YEARS: i64 = 5 * 365 * DAY;

pub(super) fn add_reaction(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let name = call.text("name").trim_matches(':');
    let allowed = |character: char| {
        character.is_ascii_lowercase() || character.is_ascii_digit() || "_-+'".contains(character)
    };
    if name.is_empty() || !name.chars().all(allowed) {
        return Err(Failure::of("invalid_name"));
    }
    let user = &call.actor.user;
    let channel = stage.world.slack.channel(call.text("channel"), user)?;
    if channel.archived {
        return Err(Failure::of("is_archived"));
    }
    let position = channel.position(call.text("timestamp")).ok_or(Failure::of("message_not_found"))?;
    let reactions = &mut channel.messages[position].reactions;
    match reactions.iter_mut().find(|(known, _)| known == name) {
        Some((_, users)) if users.contains(user) => return Err(Failure::of("already_reacted")),
        Some((_, users)) => users.push(user.clone()),
        None => reactions.push((name.to_owned(), vec![user.clone()])),
    }
    Ok(Answer::json(200, &json!({"ok": true})))
}

pub(super) fn remove_reaction(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    if call.arguments.names("file") || call.arguments.names("file_comment") {
        return Err(Failure::of("file_not_found").because("sandbox: files have no reactions here".to_owned()));
    }
    let name = call.text("name").trim_matches(':');
    let user = &call.actor.user;
    let (Some(channel), Some(ts)) = (call.arguments.filled("channel"), call.arguments.filled("timestamp"))
    else {
        return Err(Failure::of("no_item_specified"));
    };
    let channel = stage.world.slack.channel(channel, user)?;
    let position = channel.position(ts).ok_or(Failure::of("message_not_found"))?;
    let reactions = &mut channel.messages[position].reactions;
    let own = reactions.iter().position(|(known, users)| known == name && users.contains(user));
    let own = own.ok_or(Failure::of("no_reaction"))?;
    reactions[own].1.retain(|known| known != user);
    if reactions[own].1.is_empty() {
        reactions.remove(own);
    }
    Ok(Answer::json(200, &json!({"ok": true})))
}

pub(super) fn add_reminder(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    if call.arguments.names("recurrence") {
        return Err(Failure::of("cannot_add_others_recurring")
            .because("sandbox: recurrence is not served".to_owned()));
    }
    let user = call.arguments.filled("user").unwrap_or(&call.actor.user);
    if stage.world.slack.find_member(user).is_none() {
        return Err(Failure::of("user_not_found"));
    }
    let now = stage.now.as_second();
    let asked = call
        .arguments
        .value("time")
        .map(|time| time.as_str().map_or_else(|| time.to_string(), str::to_owned));
    let time = moment(&asked.unwrap_or_default(), now).ok_or(Failure::of("cannot_parse"))?;
    if time <= now {
        return Err(Failure::of("time_in_past"));
    }
    if time > now + FIVE_YEARS {
        return Err(Failure::of("time_too_far"));
    }
    let reminder = Reminder {
        id: format!("Rm{}", stage.upper(10)),
        creator: call.actor.user.clone(),
        user: user.to_owned(),
        text: call.text("text").to_owned(),
        time,
    };
    let body = json!({
        "ok": true,
        "reminder": {
            "id": reminder.id, "creator": reminder.creator, "user": reminder.user, "text": reminder.text,
            "recurring": false, "time": reminder.time, "complete_ts": 0,
        },
    });
    stage.world.slack.reminders.push(reminder);
    Ok(Answer::json(200, &body))
}

/// Seconds since the epoch, seconds from now if they are fewer than a day's, or `in 5 minutes` and its like. Of
/// Slack's natural language the twin understands no more.
fn moment(text: &str, now: i64) -> Option<i64> {
    if let Ok(seconds) = text.parse::<i64>() {
        return Some(if (0..=DAY).contains(&seconds) { now + seconds } else { seconds });
    }
    let mut words = text.split_whitespace();
    let (keyword, count, unit) = (words.next()?, words.next()?.parse::<i64>().ok()?, words.next()?);
    let unit = match unit.trim_end_matches('s') {
        "second" => 1,
        "minute" => 60,
        "hour" => 3600,
        "day" => DAY,
        "week" => 7 * DAY,
        _ => return None,
    };
    let seconds = count.checked_mul(unit)?;
    (keyword.eq_ignore_ascii_case("in") && words.next().is_none()).then(|| now.saturating_add(seconds))
}
