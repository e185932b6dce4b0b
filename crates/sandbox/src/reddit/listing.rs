//! Lists: what order they are in, and which page of them is shown.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Call;
use super::failure::Failure;
use super::forum::{Entry, Post};
use super::show;
use crate::stage::{Stage, hours_ago};
use crate::wire::Answer;

const DEFAULT_LIMIT: usize = 25;

fn name(thing: &Value) -> &str {
    thing["data"]["name"].as_str().unwrap_or_default()
}

pub(super) fn wrap(children: &[Value]) -> Value {
    json!({"kind": "Listing", "data": {
        "after": null, "before": null, "dist": children.len(), "modhash": null, "geo_filter": null,
        "children": children,
    }})
}

/// The page that `after` or `before` and `limit` ask for. What comes after a thing that is not in the list is nothing.
pub(super) fn page(call: &Call, things: &[Value]) -> Result<Answer, Failure> {
    let limit = call.query.text("limit").and_then(|limit| limit.parse().ok()).unwrap_or(DEFAULT_LIMIT);
    let at = |wanted: &str| things.iter().position(|thing| name(thing) == wanted).unwrap_or(things.len());
    let (start, end) = match (call.query.filled("after"), call.query.filled("before")) {
        (Some(_), Some(_)) => {
            let message = "sandbox: a page comes after a thing or before one, not both";
            return Err(Failure::bad("INVALID_OPTION", message));
        }
        (Some(after), None) => {
            let start = things.len().min(at(after) + 1);
            (start, things.len().min(start + limit))
        }
        (None, Some(before)) => {
            let end = at(before) % things.len().max(1);
            (end.saturating_sub(limit), end)
        }
        (None, None) => (0, things.len().min(limit)),
    };
    let shown = &things[start..end];
    let mut body = wrap(shown);
    if end < things.len() {
        body["data"]["after"] = shown.last().map_or(Value::Null, |thing| name(thing).into());
    }
    if start > 0 {
        body["data"]["before"] = shown.first().map_or(Value::Null, |thing| name(thing).into());
    }
    Ok(Answer::json(200, &body))
}

/// The beginning of the time span that `t` names.
pub(super) fn since(call: &Call, now: Timestamp, default: &'static str) -> Timestamp {
    let hours = match call.query.text("t").unwrap_or(default) {
        "hour" => 1,
        "day" => 24,
        "week" => 7 * 24,
        "month" => 30 * 24,
        "year" => 365 * 24,
        _ => return Timestamp::MIN,
    };
    hours_ago(now, hours)
}

/// Puts things in order by what `entry` finds in them.
pub(super) fn sort<T>(things: &mut [T], order: &str, entry: impl Fn(&T) -> &Entry) {
    match order {
        "new" | "rising" | "live" => things.sort_by_key(|one| entry(one).id),
        "old" => things.sort_by_key(|one| std::cmp::Reverse(entry(one).id)),
        "controversial" => things.sort_by_key(|one| {
            let against = entry(one).votes.values().filter(|vote| **vote < 0).count();
            (against, entry(one).id)
        }),
        // What is liked is hot, and the newer of two that are equally liked is hotter.
        _ => things.sort_by_key(|one| (entry(one).score(), entry(one).id)),
    }
    things.reverse();
}

/// The names in `a+b`; `None` for those that stand for everything.
fn names(text: &str) -> Option<Vec<String>> {
    let names: Vec<String> = text.split(['+', ' ']).map(str::to_lowercase).collect();
    (!names.iter().any(|name| matches!(name.as_str(), "all" | "popular"))).then_some(names)
}

/// The subreddits that the path is about, all of them open to the caller; `None` for everything.
pub(super) fn places(stage: &Stage<'_>, call: &Call) -> Result<Option<Vec<String>>, Failure> {
    let forum = &stage.world.reddit;
    let Some(names) = call.captures.get("subreddit").map(|text| names(text)) else {
        return Ok(None);
    };
    for name in names.iter().flatten() {
        forum.subreddit(name, call.user())?;
    }
    Ok(names)
}

/// Posts that are there for the caller, from the given places.
pub(super) fn visible<'a>(
    stage: &'a Stage<'_>,
    call: &Call,
    places: Option<&[String]>,
) -> impl Iterator<Item = &'a Post> {
    let forum = &stage.world.reddit;
    let (user, places) = (call.user().to_owned(), places.map(<[String]>::to_vec));
    forum.posts.values().filter(move |post| {
        let name = post.subreddit.to_lowercase();
        !post.entry.deleted
            && forum.shows(&name, &user)
            && places.as_ref().is_none_or(|places| places.contains(&name))
    })
}

/// `/hot`, `/r/{subreddit}/new` and so on: the operation's name ends in the order.
pub(super) fn posts(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let order = call.operation.rsplit('.').next().unwrap_or_default();
    let mut places = places(stage, call)?;
    if order == "best" {
        let forum = &stage.world.reddit;
        let own = forum.subreddits.iter().filter(|(_, one)| one.subscribers.contains(call.user()));
        places = Some(own.map(|(name, _)| name.clone()).collect());
    }
    let since = match order {
        "top" | "controversial" => since(call, stage.now, "day"),
        _ => Timestamp::MIN,
    };
    let recent = |post: &&Post| post.entry.created_at >= since;
    let mut posts: Vec<&Post> = visible(stage, call, places.as_deref()).filter(recent).collect();
    sort(&mut posts, order, |post| &post.entry);
    let forum = &stage.world.reddit;
    let things: Vec<Value> = posts.iter().map(|post| show::post(forum, call.user(), post)).collect();
    page(call, &things)
}
