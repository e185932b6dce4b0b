//! People and what they have written, saved and voted on.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::failure::Failure;
use super::forum::{Entry, Forum, Thing};
use super::{Call, inbox, listing, show};
use crate::people::Person;
use crate::stage::Stage;
use crate::wire::Answer;

pub(super) fn me(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let forum = &stage.world.reddit;
    let person = show::find_person(call.user()).ok_or_else(Failure::unauthorized)?;
    let mut body = show::person(forum, person);
    let unread = inbox::unread(forum, call.user());
    body["inbox_count"] = json!(unread);
    body["has_mail"] = json!(unread > 0);
    body["over_18"] = json!(false);
    Ok(Answer::json(200, &body))
}

pub(super) fn preferences(_: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let mut body =
        json!({"lang": "en", "nightmode": false, "over_18": false, "search_include_over_18": false});
    if let (Some(fields), Some(object)) = (call.query.text("fields"), body.as_object_mut()) {
        object.retain(|name, _| fields.split(',').any(|field| field == name));
    }
    Ok(Answer::json(200, &body))
}

pub(super) fn karma(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let forum = &stage.world.reddit;
    let own = |entry: &Entry| entry.author == call.user() && !entry.deleted;
    let mut data = Vec::new();
    for subreddit in forum.subreddits.values() {
        let posts = forum.posts.values().filter(|one| one.subreddit == subreddit.name);
        let links: i64 = posts.filter(|one| own(&one.entry)).map(|one| one.entry.score()).sum();
        let here = |post: u64| forum.posts.get(&post).is_some_and(|one| one.subreddit == subreddit.name);
        let comments = forum.comments.values().filter(|one| own(&one.entry) && here(one.post));
        let comments: i64 = comments.map(|one| one.entry.score()).sum();
        if links != 0 || comments != 0 {
            data.push(json!({"sr": subreddit.name, "comment_karma": comments, "link_karma": links}));
        }
    }
    Ok(Answer::json(200, &json!({"kind": "KarmaList", "data": data})))
}

fn person(call: &Call) -> Result<&'static Person, Failure> {
    show::find_person(call.captured("username")).ok_or_else(Failure::not_found)
}

pub(super) fn about(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let data = show::person(&stage.world.reddit, person(call)?);
    Ok(Answer::json(200, &json!({"kind": "t2", "data": data})))
}

/// All posts and comments that are there for the caller.
fn everything<'a>(forum: &'a Forum, call: &Call) -> Vec<(Thing, &'a Entry)> {
    let seen = |post: u64| forum.posts.get(&post).is_some_and(|one| forum.shows(&one.subreddit, call.user()));
    let posts = forum.posts.values().filter(|one| seen(one.entry.id));
    let posts = posts.map(|one| (Thing::Post(one.entry.id), &one.entry));
    let comments = forum.comments.values().filter(|one| seen(one.post));
    let comments = comments.map(|one| (Thing::Comment(one.entry.id), &one.entry));
    posts.chain(comments).filter(|(_, entry)| !entry.deleted).collect()
}

fn shown(forum: &Forum, call: &Call, thing: Thing) -> Option<Value> {
    match thing {
        Thing::Post(id) => forum.posts.get(&id).map(|one| show::post(forum, call.user(), one)),
        Thing::Comment(id) => forum.comments.get(&id).map(|one| show::comment(forum, call.user(), one)),
        Thing::Message(_) => None,
    }
}

/// `/user/{username}/submitted` and its like: the operation's name ends in what is wanted.
pub(super) fn history(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (forum, person) = (&stage.world.reddit, person(call)?);
    let wanted = call.operation.rsplit('.').next().unwrap_or_default();
    let private = matches!(wanted, "saved" | "upvoted" | "downvoted");
    if private && person.handle != call.user() {
        return Err(Failure::forbidden());
    }
    let saved = forum.saved.get(person.handle).cloned().unwrap_or_default();
    let vote = |entry: &Entry| entry.votes.get(person.handle).copied().unwrap_or(0);
    let name_of = |thing: &Thing, entry: &Entry| {
        let kind = if matches!(thing, Thing::Post(_)) { "t3" } else { "t1" };
        format!("{kind}_{}", super::forum::base36(entry.id))
    };
    let is_post = |thing: &Thing| matches!(thing, Thing::Post(_));
    let mut found = everything(forum, call);
    found.retain(|(thing, entry)| match wanted {
        "submitted" => is_post(thing) && entry.author == person.handle,
        "comments" => !is_post(thing) && entry.author == person.handle,
        "saved" => saved.contains(&name_of(thing, entry)),
        "upvoted" => is_post(thing) && vote(entry) > 0,
        "downvoted" => is_post(thing) && vote(entry) < 0,
        _ => entry.author == person.handle,
    });
    match call.query.text("type") {
        Some("links") => found.retain(|(thing, _)| is_post(thing)),
        Some(_) => found.retain(|(thing, _)| !is_post(thing)),
        None => {}
    }
    let order = call.query.text("sort").unwrap_or("new");
    if matches!(order, "top" | "controversial") {
        let since: Timestamp = listing::since(call, stage.now, "all");
        found.retain(|(_, entry)| entry.created_at >= since);
    }
    if wanted == "saved" {
        found.sort_by_key(|(thing, entry)| {
            let name = name_of(thing, entry);
            std::cmp::Reverse(saved.iter().position(|known| *known == name))
        });
    } else {
        listing::sort(&mut found, order, |(_, entry)| entry);
    }
    let things: Vec<Value> = found.into_iter().filter_map(|(thing, _)| shown(forum, call, thing)).collect();
    listing::page(call, &things)
}
