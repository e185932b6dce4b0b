//! Timelines, the recent search and its counts.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Call;
use super::failure::Failure;
use super::lookup::posts_body;
use super::network::{Network, Post};
use super::show;
use crate::stage::{Stage, written};
use crate::wire::Answer;

/// How far back the recent search looks.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
const MAX_QUERY: usize = 512;
const MAX_BUCKETS: usize = 20_000;

/// Whether a post fits a query: words, `"phrases"`, `#tag`, `@name`, `from:`, `to:`, `conversation_id:`, `is:`, `lang:`,
/// and `-` before any of them. Words that stand side by side all have to fit, alternatives are joined by `OR`.
fn fits(network: &Network, post: &Post, query: &str) -> bool {
    let terms = terms(query);
    let alternatives = terms.split(|term| term == "OR");
    alternatives
        .into_iter()
        .any(|all| !all.is_empty() && all.iter().all(|term| term_fits(network, post, term)))
}

fn terms(query: &str) -> Vec<String> {
    let mut terms = vec![String::new()];
    let mut quoted = false;
    for character in query.chars() {
        match character {
            '"' => quoted = !quoted,
            '(' | ')' if !quoted => terms.push(String::new()),
            character if character.is_whitespace() && !quoted => terms.push(String::new()),
            character => {
                if let Some(last) = terms.last_mut() {
                    last.push(character);
                }
            }
        }
    }
    terms.retain(|term| !term.is_empty());
    terms
}

fn term_fits(network: &Network, post: &Post, term: &str) -> bool {
    if let Some(negated) = term.strip_prefix('-').filter(|rest| !rest.is_empty()) {
        return !term_fits(network, post, negated);
    }
    let name_of = |id: u64| show::person(id).map_or("", |person| person.handle);
    match term.split_once(':') {
        Some(("from", name)) => {
            name_of(post.author).eq_ignore_ascii_case(name) || post.author.to_string() == name
        }
        Some(("to", name)) => {
            let original = post.reply_to.and_then(|id| network.posts.get(&id));
            original.is_some_and(|original| name_of(original.author).eq_ignore_ascii_case(name))
        }
        Some(("conversation_id", id)) => post.conversation.to_string() == id,
        Some(("lang", lang)) => lang == "en",
        Some(("is", "retweet")) => post.reposts.is_some(),
        Some(("is", "reply")) => post.reply_to.is_some(),
        Some(("is", "quote")) => post.quotes.is_some(),
        Some(("has", "hashtags")) => post.text.contains('#'),
        Some(("has", "mentions")) => post.text.contains('@'),
        _ => post.text.to_lowercase().contains(&term.to_lowercase()),
    }
}

fn query_of(call: &Call) -> Result<&str, Failure> {
    let query = call.query.text("query").unwrap_or_default();
    if query.trim().is_empty() || query.chars().count() > MAX_QUERY {
        return Err(Failure::parameter("query", "", "must have between 1 and 512 characters"));
    }
    Ok(query)
}

fn time(call: &Call, name: &'static str) -> Result<Option<Timestamp>, Failure> {
    let Some(text) = call.query.filled(name) else {
        return Ok(None);
    };
    let parsed = text.parse().map_err(|_| Failure::parameter(name, text, "is not a valid RFC3339 date-time"));
    parsed.map(Some)
}

fn number(call: &Call, name: &'static str) -> Result<Option<u64>, Failure> {
    let Some(text) = call.query.filled(name) else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|_| Failure::parameter(name, text, "is not a valid id"))
}

/// The times between which posts are wanted.
fn window(call: &Call, now: Timestamp) -> Result<(Timestamp, Timestamp), Failure> {
    let earliest = now.checked_sub(WEEK).unwrap_or(Timestamp::MIN);
    let start = time(call, "start_time")?;
    let end = time(call, "end_time")?;
    if start.is_some_and(|start| start < earliest) {
        let problem = format!("must be on or after {}", written(earliest));
        return Err(Failure::parameter(
            "start_time",
            call.query.text("start_time").unwrap_or_default(),
            &problem,
        ));
    }
    if end.is_some_and(|end| end > now || start.is_some_and(|start| start >= end)) {
        let value = call.query.text("end_time").unwrap_or_default();
        return Err(Failure::parameter("end_time", value, "must be after start_time and not in the future"));
    }
    Ok((start.unwrap_or(earliest), end.unwrap_or(now)))
}

/// Posts in the window by time and id, the newest first.
fn within<'a>(
    stage: &'a Stage<'_>,
    call: &Call,
    (start, end): (Timestamp, Timestamp),
    wanted: impl Fn(&Post) -> bool,
) -> Result<Vec<&'a Post>, Failure> {
    let (since, until) = (number(call, "since_id")?, number(call, "until_id")?);
    let fits = |post: &&Post| {
        post.created_at >= start
            && post.created_at <= end
            && since.is_none_or(|since| post.id > since)
            && until.is_none_or(|until| post.id < until)
            && wanted(post)
    };
    Ok(stage.world.twitter.posts.values().rev().filter(fits).collect())
}

/// One page with its meta.
fn page(
    stage: &Stage<'_>,
    call: &Call,
    posts: &[&Post],
    least: i64,
    default: usize,
) -> Result<Answer, Failure> {
    let size = match call.query.integer("max_results") {
        None => default,
        Some(size) if (least..=100).contains(&size) => usize::try_from(size).unwrap_or(default),
        Some(size) => {
            let problem = format!("is not between {least} and 100");
            return Err(Failure::parameter("max_results", &size.to_string(), &problem));
        }
    };
    let token = call.query.filled("next_token").or(call.query.filled("pagination_token"));
    let start = match token {
        None => 0,
        Some(token) => {
            let start = token.strip_prefix("7140dibdnow9c7btw").and_then(|rest| rest.parse().ok());
            let start: Option<usize> = start.filter(|start| *start < posts.len());
            start.ok_or_else(|| Failure::parameter("next_token", token, "is not a valid token"))?
        }
    };
    let end = posts.len().min(start + size);
    let shown = &posts[start..end];
    let mut body = posts_body(stage, call, shown);
    let mut meta = json!({"result_count": shown.len()});
    if let (Some(newest), Some(oldest)) = (shown.first(), shown.last()) {
        meta["newest_id"] = json!(newest.id.to_string());
        meta["oldest_id"] = json!(oldest.id.to_string());
    }
    if end < posts.len() {
        meta["next_token"] = json!(format!("7140dibdnow9c7btw{end}"));
    }
    body["meta"] = meta;
    Ok(Answer::json(200, &body))
}

pub(super) fn recent(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let query = query_of(call)?;
    let window = window(call, stage.now)?;
    let network = &stage.world.twitter;
    let posts = within(stage, call, window, |post| fits(network, post, query))?;
    page(stage, call, &posts, 10, 10)
}

pub(super) fn of_user(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let user = call.id("id")?;
    if show::person(user).is_none() {
        let error = super::failure::not_found("user", "id", call.captured("id"));
        return Ok(Answer::json(200, &json!({"errors": [error]})));
    }
    let exclude = call.query.texts("exclude");
    let excluded = |kind: &str| exclude.iter().any(|own| own == kind);
    let wanted = |post: &Post| {
        post.author == user
            && !(excluded("replies") && post.reply_to.is_some())
            && !(excluded("retweets") && post.reposts.is_some())
    };
    let start = time(call, "start_time")?.unwrap_or(Timestamp::MIN);
    let end = time(call, "end_time")?.unwrap_or(Timestamp::MAX);
    let posts = within(stage, call, (start, end), wanted)?;
    page(stage, call, &posts, 5, 10)
}

pub(super) fn counts(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let query = query_of(call)?;
    let (start, end) = window(call, stage.now)?;
    let seconds = match call.query.text("granularity") {
        Some("minute") => 60,
        Some("day") => 86_400,
        _ => 3600,
    };
    let network = &stage.world.twitter;
    let posts = within(stage, call, (start, end), |post| fits(network, post, query))?;
    let mut data: Vec<Value> = Vec::new();
    let mut from = start;
    while from < end && data.len() < MAX_BUCKETS {
        let whole = from.as_second().div_euclid(seconds) * seconds + seconds;
        let to = Timestamp::from_second(whole).unwrap_or(end).min(end);
        let count = posts.iter().filter(|post| post.created_at >= from && post.created_at < to).count();
        data.push(json!({"start": format!("{from:.3}"), "end": format!("{to:.3}"), "post_count": count}));
        from = to;
    }
    let body = json!({"data": data, "meta": {"total_post_count": posts.len()}});
    Ok(Answer::json(200, &body))
}
