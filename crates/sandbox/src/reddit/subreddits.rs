//! Subreddits: about them, their rules, finding them, and joining.

use serde_json::{Value, json};

use super::failure::Failure;
use super::forum::Subreddit;
use super::{Call, listing, nothing, show};
use crate::stage::Stage;
use crate::wire::Answer;

pub(super) fn about(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let subreddit = stage.world.reddit.subreddit(call.captured("subreddit"), call.user())?;
    Ok(Answer::json(200, &show::subreddit(call.user(), subreddit)))
}

pub(super) fn rules(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let subreddit = stage.world.reddit.subreddit(call.captured("subreddit"), call.user())?;
    let rule = |(priority, (name, description)): (usize, &(String, String))| {
        json!({
            "kind": "all", "short_name": show::escaped(name), "description": show::escaped(description),
            "violation_reason": show::escaped(name), "priority": priority,
        })
    };
    let rules: Vec<Value> = subreddit.rules.iter().enumerate().map(rule).collect();
    let site =
        ["Spam", "Personal and confidential information", "Threatening, harassing, or inciting violence"];
    Ok(Answer::json(200, &json!({"rules": rules, "site_rules": site})))
}

/// What a new post has to look like.
pub(super) fn requirements(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let subreddit = stage.world.reddit.subreddit(call.captured("subreddit"), call.user())?;
    let body = json!({
        "is_flair_required": subreddit.demands_flair, "title_text_max_length": null, "title_text_min_length": null,
        "title_required_strings": [], "title_blacklisted_strings": [], "body_restriction_policy": "none",
        "link_restriction_policy": "none", "domain_blacklist": [], "domain_whitelist": [],
    });
    Ok(Answer::json(200, &body))
}

fn shown(call: &Call, subreddits: &[&Subreddit]) -> Result<Answer, Failure> {
    let things: Vec<Value> = subreddits.iter().map(|one| show::subreddit(call.user(), one)).collect();
    listing::page(call, &things)
}

/// The subreddits that the caller has joined or moderates: the operation's name ends in which.
pub(super) fn mine(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let own = |one: &&Subreddit| match call.operation.rsplit('.').next() {
        Some("moderator") => one.moderators.contains(call.user()),
        Some("contributor") => one.kind == "private" && one.subscribers.contains(call.user()),
        _ => one.subscribers.contains(call.user()),
    };
    let found: Vec<&Subreddit> = stage.world.reddit.subreddits.values().filter(own).collect();
    shown(call, &found)
}

/// All of them, the largest or the newest first.
pub(super) fn everywhere(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let open = |one: &&Subreddit| one.kind == "public";
    let mut found: Vec<&Subreddit> = stage.world.reddit.subreddits.values().filter(open).collect();
    if call.operation == "subreddits.new" {
        found.sort_by_key(|one| std::cmp::Reverse((one.created_at, one.id)));
    } else {
        found.sort_by_key(|one| std::cmp::Reverse(one.crowd));
    }
    shown(call, &found)
}

pub(super) fn search(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let query = call.query.text("q").unwrap_or_default().to_lowercase();
    if query.trim().is_empty() {
        return Err(Failure::bad("NO_TEXT", "we need something here"));
    }
    let fits = |one: &&Subreddit| {
        let about = format!("{} {} {}", one.name, one.title, one.description).to_lowercase();
        query.split_whitespace().all(|word| about.contains(word))
    };
    let mut found: Vec<&Subreddit> = stage.world.reddit.subreddits.values().filter(fits).collect();
    found.sort_by_key(|one| std::cmp::Reverse(one.crowd));
    shown(call, &found)
}

/// Joins or leaves, by name or by full name.
pub(super) fn subscribe(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let forum = &mut stage.world.reddit;
    let (names, fullnames) = (call.form.filled("sr_name"), call.form.filled("sr"));
    if names.is_some() == fullnames.is_some() {
        return Err(Failure::bad("INVALID_OPTION", "sandbox: give either sr or sr_name"));
    }
    let joins = call.text("action") == "sub";
    if !joins && call.form.names("skip_initial_defaults") {
        return Err(Failure::bad(
            "INVALID_OPTION",
            "sandbox: skip_initial_defaults goes with the action sub",
        ));
    }
    let asked: Vec<String> =
        names.or(fullnames).unwrap_or_default().split(',').map(str::to_lowercase).collect();
    let mut keys = Vec::new();
    for name in asked {
        let found = forum.subreddits.iter().find(|(key, one)| **key == name || one.fullname() == name);
        let (key, one) = found.ok_or_else(Failure::not_found)?;
        if joins && !one.is_open_to(call.user()) {
            return Err(Failure::private());
        }
        keys.push(key.clone());
    }
    for key in keys {
        if let Some(one) = forum.subreddits.get_mut(&key) {
            if joins {
                one.subscribers.insert(call.user().to_owned());
            } else {
                one.subscribers.remove(call.user());
            }
        }
    }
    Ok(nothing())
}
