//! The search of posts, with the common part of its language: fields, quotes, OR, NOT and a minus.

use serde_json::Value;

use super::failure::Failure;
use super::forum::Post;
use super::{Call, listing, show};
use crate::stage::Stage;
use crate::wire::Answer;

const MAX_QUERY: usize = 512;

/// The words of a query, those in quotes as one. Parentheses only group and are passed over.
fn words(query: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for character in query.chars() {
        match character {
            '"' => quoted = !quoted,
            '(' | ')' if !quoted => {}
            character if character.is_whitespace() && !quoted => words.push(String::new()),
            character => {
                if let Some(word) = words.last_mut() {
                    word.push(character);
                }
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn fits(post: &Post, query: &str) -> bool {
    let words = words(query);
    words.split(|word| word == "OR").any(|alternative| {
        let mut negated = false;
        !alternative.is_empty()
            && alternative.iter().all(|word| match word.as_str() {
                "AND" => true,
                "NOT" => {
                    negated = true;
                    true
                }
                word => term_fits(post, word) != std::mem::take(&mut negated),
            })
    })
}

fn term_fits(post: &Post, term: &str) -> bool {
    if let Some(negated) = term.strip_prefix('-').filter(|rest| !rest.is_empty()) {
        return !term_fits(post, negated);
    }
    let holds = |text: &str, part: &str| text.to_lowercase().contains(&part.to_lowercase());
    let yes = |value: &str| matches!(value, "yes" | "true" | "1");
    match term.split_once(':') {
        Some(("title", part)) => holds(&post.title, part),
        Some(("selftext", part)) => holds(&post.entry.text, part),
        Some(("author", name)) => post.entry.author.eq_ignore_ascii_case(name),
        Some(("subreddit", name)) => post.subreddit.eq_ignore_ascii_case(name),
        Some(("flair" | "flair_text", part)) => {
            post.flair.as_ref().is_some_and(|flair| holds(&flair.text, part))
        }
        Some(("url" | "site", part)) => post.link.as_deref().is_some_and(|link| holds(link, part)),
        Some(("self", value)) => post.link.is_none() == yes(value),
        Some(("nsfw", value)) => post.nsfw == yes(value),
        _ => holds(&post.title, term) || holds(&post.entry.text, term),
    }
}

pub(super) fn posts(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let query = call.query.text("q").unwrap_or_default();
    if query.trim().is_empty() || query.chars().count() > MAX_QUERY {
        return Err(Failure::bad("INVALID_OPTION", "q must have between 1 and 512 characters"));
    }
    if call.query.text("type").is_some_and(|kind| kind != "link") {
        return Err(Failure::bad("INVALID_OPTION", "sandbox: of the types only link is served"));
    }
    let restricted = call.query.flag("restrict_sr").unwrap_or(false);
    let places = if restricted { listing::places(stage, call)? } else { None };
    let adult = call.query.flag("include_over_18").unwrap_or(false);
    let since = listing::since(call, stage.now, "all");
    let wanted = |post: &&Post| post.entry.created_at >= since && (adult || !post.nsfw) && fits(post, query);
    let mut found: Vec<&Post> = listing::visible(stage, call, places.as_deref()).filter(wanted).collect();
    let forum = &stage.world.reddit;
    match call.query.text("sort").unwrap_or("relevance") {
        "comments" => found.sort_by_key(|post| {
            let answers = forum.comments.values().filter(|one| one.post == post.entry.id);
            std::cmp::Reverse(answers.count())
        }),
        "relevance" => listing::sort(&mut found, "new", |post| &post.entry),
        order => listing::sort(&mut found, order, |post| &post.entry),
    }
    let things: Vec<Value> = found.iter().map(|post| show::post(forum, call.user(), post)).collect();
    listing::page(call, &things)
}
