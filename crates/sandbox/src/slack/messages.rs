//! Reading messages: history, threads, search.

use serde_json::{Value, json};

use super::Call;
use super::channels::{self, page, replies};
use super::chat;
use super::failure::Failure;
use super::workspace::{Channel, ChannelKind, Message};
use crate::oauth::Owner;
use crate::stage::Stage;
use crate::wire::Answer;

/// The channel, if the caller may read what was said in it.
fn readable(stage: &mut Stage<'_>, call: &Call) -> Result<Channel, Failure> {
    let channel = stage.world.slack.channel(call.text("channel"), &call.actor.user)?;
    call.need(&[match channel.kind {
        ChannelKind::Public => "channels:history",
        ChannelKind::Private => "groups:history",
        ChannelKind::Im => "im:history",
        ChannelKind::Mpim => "mpim:history",
    }])?;
    // Members read any public channel, bots only those they were asked into.
    if call.caller.owner == Owner::Bot && !channel.has(&call.actor.user) {
        return Err(Failure::of("not_in_channel"));
    }
    Ok(channel.clone())
}

/// A message time in microseconds.
pub(super) fn micros(ts: &str) -> Option<i64> {
    let (seconds, fraction) = ts.split_once('.').unwrap_or((ts, "0"));
    let padded = format!("{fraction:0<6}");
    let seconds: i64 = seconds.parse().ok()?;
    seconds.checked_mul(1_000_000)?.checked_add(padded.get(..6)?.parse().ok()?)
}

/// Whether a message lies between `oldest` and `latest`.
fn between(call: &Call) -> Result<impl Fn(&&Message) -> bool, Failure> {
    let bound = |name: &str| match call.arguments.filled(name) {
        None => Ok(None),
        Some(ts) => micros(ts).map(Some).ok_or(Failure::of(match name {
            "oldest" => "invalid_ts_oldest",
            _ => "invalid_ts_latest",
        })),
    };
    let (oldest, latest) = (bound("oldest")?, bound("latest")?);
    let slack = i64::from(call.arguments.flag("inclusive").unwrap_or_default());
    Ok(move |message: &&Message| {
        let at = micros(&message.ts).unwrap_or_default();
        oldest.is_none_or(|oldest| at > oldest - slack) && latest.is_none_or(|latest| at < latest + slack)
    })
}

pub(super) fn history(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let channel = readable(stage, call)?;
    let between = between(call)?;
    let at_top = |message: &&Message| {
        let thread = message.thread_ts.as_deref();
        thread.is_none_or(|thread| thread == message.ts)
            || message.subtype.as_deref() == Some("thread_broadcast")
    };
    let all: Vec<&Message> = channel.messages.iter().filter(at_top).filter(between).rev().collect();
    let (page, next) = page(call, &all, 100, 999)?;
    let slack = &stage.world.slack;
    let shown: Vec<Value> = page.iter().map(|message| channels::message(slack, &channel, message)).collect();
    let mut body = json!({
        "ok": true, "messages": shown, "has_more": !next.is_empty(), "pin_count": channel.pins.len(),
    });
    if !next.is_empty() {
        body["response_metadata"] = json!({"next_cursor": next});
    }
    Ok(Answer::json(200, &body))
}

pub(super) fn thread(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let channel = readable(stage, call)?;
    let between = between(call)?;
    let position = channel.position(call.text("ts")).ok_or(Failure::of("thread_not_found"))?;
    let asked = &channel.messages[position];
    let start = asked.thread_ts.as_ref().unwrap_or(&asked.ts);
    let parent = channel.position(start).map(|position| &channel.messages[position]);
    let answers = replies(&channel, start).filter(between);
    let all: Vec<&Message> = parent.into_iter().chain(answers).collect();
    let (page, next) = page(call, &all, 1000, 1000)?;
    let slack = &stage.world.slack;
    let shown: Vec<Value> = page.iter().map(|message| channels::message(slack, &channel, message)).collect();
    let mut body = json!({"ok": true, "messages": shown, "has_more": !next.is_empty()});
    if !next.is_empty() {
        body["response_metadata"] = json!({"next_cursor": next});
    }
    Ok(Answer::json(200, &body))
}

/// A search over what the user can see: words, `in:#channel` and `from:@name`, `from:me`.
pub(super) fn search(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let query = call.text("query").trim().to_owned();
    if query.is_empty() {
        return Err(Failure::of("no_query"));
    }
    let slack = &stage.world.slack;
    let user = &call.actor.user;
    let wanted = |channel: &Channel, message: &Message| {
        let author = slack.find_member(&message.user).map_or("", |member| member.name.as_str());
        query.to_lowercase().split_whitespace().all(|word| match word.split_once(':') {
            Some(("in", name)) => name.trim_start_matches('#') == channel.name,
            Some(("from", "me")) => message.user == *user,
            Some(("from", name)) => name.trim_start_matches('@') == author,
            _ => message.text.to_lowercase().contains(word.trim_matches('"')),
        })
    };
    let mut found: Vec<(&Channel, &Message)> = Vec::new();
    for channel in &slack.channels {
        if channel.kind == ChannelKind::Public || channel.has(user) {
            let matching = channel.messages.iter().filter(|message| wanted(channel, message));
            found.extend(matching.map(|message| (channel, message)));
        }
    }
    found.sort_by(|a, b| b.1.ts.cmp(&a.1.ts));
    if call.arguments.text("sort_dir") == Some("asc") {
        found.reverse();
    }
    let number = |name: &str, default: i64, most: i64| match call.arguments.integer(name).unwrap_or(default) {
        value if (1..=most).contains(&value) => {
            usize::try_from(value).map_err(|_| Failure::of("invalid_arguments"))
        }
        _ => Err(Failure::of("invalid_arguments")),
    };
    let (count, page) = (number("count", 20, 100)?, number("page", 1, 100)?);
    let total = found.len();
    let pages = total.div_ceil(count);
    let first = (page - 1) * count;
    let page_of_hits = found.into_iter().skip(first).take(count);
    let matches: Vec<Value> = page_of_hits.map(|(channel, message)| hit(stage, channel, message)).collect();
    let last = first + matches.len();
    let body = json!({
        "ok": true,
        "query": query,
        "messages": {
            "total": total,
            "pagination": {
                "total_count": total, "page": page, "per_page": count, "page_count": pages,
                "first": first + 1, "last": last,
            },
            "paging": {"count": count, "total": total, "page": page, "pages": pages},
            "matches": matches,
        },
    });
    Ok(Answer::json(200, &body))
}

/// A message as a search shows it.
fn hit(stage: &Stage<'_>, channel: &Channel, message: &Message) -> Value {
    let slack = &stage.world.slack;
    let author = slack.find_member(&message.user).map_or("", |member| member.name.as_str());
    json!({
        "iid": format!("{}-{}", channel.id, message.ts),
        "team": slack.team_id,
        "channel": {
            "id": channel.id, "name": channel.name, "is_private": channel.kind != ChannelKind::Public,
            "is_mpim": channel.kind == ChannelKind::Mpim, "is_shared": false,
        },
        "type": "message",
        "user": message.user,
        "username": author,
        "ts": message.ts,
        "text": message.text,
        "permalink": chat::link(stage, &channel.id, &message.ts),
    })
}
