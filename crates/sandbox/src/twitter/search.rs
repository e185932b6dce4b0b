//! Timelines, searches and counts.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Call;
use super::failure::{Failure, not_found};
use super::follows::no_user;
use super::network::{Network, Post};
use super::pages::{self, Size};
use super::show;
use crate::stage::{Stage, written};
use crate::wire::Answer;

/// How far back the recent search looks.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
const MONTH: SignedDuration = SignedDuration::from_hours(30 * 24);
const MAX_QUERY: usize = 512;
/// The full archive takes longer ones.
const MAX_ARCHIVE_QUERY: usize = 4096;
const FOUND: Size = Size { least: 10, most: 100, default: 10 };
const ARCHIVE: Size = Size { least: 10, most: 500, default: 10 };
const TIMELINE: Size = Size { least: 5, most: 100, default: 10 };
const HOME: Size = Size { least: 1, most: 100, default: 100 };
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

fn query_of(call: &Call, most: usize) -> Result<&str, Failure> {
    let query = call.query.text("query").unwrap_or_default();
    if query.trim().is_empty() || query.chars().count() > most {
        let problem = format!("must have between 1 and {most} characters");
        return Err(Failure::parameter("query", "", &problem));
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

/// The times between which posts are wanted, none of them before `earliest`.
fn window(call: &Call, now: Timestamp, earliest: Timestamp) -> Result<(Timestamp, Timestamp), Failure> {
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

fn a_week_ago(stage: &Stage<'_>) -> Timestamp {
    stage.now.checked_sub(WEEK).unwrap_or(Timestamp::MIN)
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

pub(super) fn recent(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let query = query_of(call, MAX_QUERY)?;
    let window = window(call, stage.now, a_week_ago(stage))?;
    let network = &stage.world.twitter;
    let posts = within(stage, call, window, |post| fits(network, post, query))?;
    pages::posts(stage, call, &posts, FOUND)
}

/// The full archive, which reaches back a month unless the caller says otherwise.
pub(super) fn all(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let query = query_of(call, MAX_ARCHIVE_QUERY)?;
    let (mut start, end) = window(call, stage.now, Timestamp::MIN)?;
    if !call.query.names("start_time") {
        start = stage.now.checked_sub(MONTH).unwrap_or(Timestamp::MIN);
    }
    let network = &stage.world.twitter;
    let posts = within(stage, call, (start, end), |post| fits(network, post, query))?;
    pages::posts(stage, call, &posts, ARCHIVE)
}

/// A timeline of what `wanted` picks, without what the caller excludes.
fn timeline(
    stage: &Stage<'_>,
    call: &Call,
    size: Size,
    wanted: impl Fn(&Post) -> bool,
) -> Result<Answer, Failure> {
    let exclude = call.query.texts("exclude");
    let excluded = |kind: &str| exclude.iter().any(|own| own == kind);
    let fits = |post: &Post| {
        wanted(post)
            && !(excluded("replies") && post.reply_to.is_some())
            && !(excluded("retweets") && post.reposts.is_some())
    };
    let start = time(call, "start_time")?.unwrap_or(Timestamp::MIN);
    let end = time(call, "end_time")?.unwrap_or(Timestamp::MAX);
    let posts = within(stage, call, (start, end), fits)?;
    pages::posts(stage, call, &posts, size)
}

pub(super) fn of_user(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let user = call.id("id")?;
    if show::person(user).is_none() {
        return Ok(no_user("id", call.captured("id")));
    }
    timeline(stage, call, TIMELINE, |post| post.author == user)
}

/// What the caller and those whom the caller follows post.
pub(super) fn home(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let user = call.own_id()?;
    let followed = stage.world.twitter.followed_by(user);
    timeline(stage, call, HOME, |post| post.author == user || followed.contains(&post.author))
}

pub(super) fn mentions(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let user = call.id("id")?;
    if show::person(user).is_none() {
        return Ok(no_user("id", call.captured("id")));
    }
    let network = &stage.world.twitter;
    timeline(stage, call, TIMELINE, |post| show::addresses(network, post, user))
}

pub(super) fn quotes(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let id = call.id("id")?;
    if !stage.world.twitter.posts.contains_key(&id) {
        let error = not_found("post", "id", call.captured("id"));
        return Ok(Answer::json(200, &json!({"errors": [error]})));
    }
    timeline(stage, call, FOUND, |post| post.quotes == Some(id))
}

pub(super) fn counts(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let query = query_of(call, MAX_QUERY)?;
    let (start, end) = window(call, stage.now, a_week_ago(stage))?;
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
