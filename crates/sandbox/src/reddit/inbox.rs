//! Private messages, and the answers that come into an inbox beside them.

use serde_json::{Value, json};

use super::failure::Failure;
use super::forum::{Comment, Forum, Message, Thing};
use super::{Call, listing, nothing, show};
use crate::stage::Stage;
use crate::wire::Answer;

/// Answers by others to the user's posts and comments, and mentions.
fn replies<'a>(forum: &'a Forum, user: &str) -> Vec<&'a Comment> {
    let mention = format!("u/{user}");
    let wanted = |comment: &&Comment| {
        let answered = match comment.parent {
            Some(parent) => forum.comments.get(&parent).is_some_and(|one| one.entry.author == user),
            None => forum
                .posts
                .get(&comment.post)
                .is_some_and(|post| post.entry.author == user && post.sends_replies),
        };
        let mentioned =
            comment.entry.text.split_whitespace().any(|word| word.trim_start_matches('/') == mention);
        comment.entry.author != user && !comment.entry.deleted && (answered || mentioned)
    };
    forum.comments.values().filter(wanted).collect()
}

fn received<'a>(forum: &'a Forum, user: &str) -> impl Iterator<Item = &'a Message> {
    let user = user.to_owned();
    forum.messages.values().filter(move |message| message.to == user)
}

pub(super) fn unread(forum: &Forum, user: &str) -> usize {
    let answers = replies(forum, user).into_iter();
    let answers = answers.filter(|comment| !forum.read_replies.contains(&comment.entry.id)).count();
    answers + received(forum, user).filter(|message| !message.is_read).count()
}

/// Marks things in the user's inbox. What is not there is passed over.
fn mark(forum: &mut Forum, user: &str, names: &[String], is_read: bool) {
    for name in names {
        match forum.thing(name) {
            Some(Thing::Message(id)) => {
                if let Some(message) = forum.messages.get_mut(&id).filter(|message| message.to == user) {
                    message.is_read = is_read;
                }
            }
            Some(Thing::Comment(id)) if is_read => {
                forum.read_replies.insert(id);
            }
            Some(Thing::Comment(id)) => {
                forum.read_replies.remove(&id);
            }
            _ => {}
        }
    }
}

fn name(thing: &Value) -> String {
    thing["data"]["name"].as_str().unwrap_or_default().to_owned()
}

/// `/message/inbox`, `/message/unread` and `/message/sent`, the newest first.
pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (forum, user) = (&mut stage.world.reddit, call.user());
    let mut found: Vec<(u64, Value)> = Vec::new();
    if call.operation == "message.sent" {
        let sent = forum.messages.values().filter(|message| message.from == user);
        found.extend(sent.map(|message| (message.id, show::message(message))));
    } else {
        found.extend(received(forum, user).map(|message| (message.id, show::message(message))));
        let answers = replies(forum, user).into_iter();
        found.extend(answers.map(|one| (one.entry.id, show::reply(forum, user, one))));
    }
    if call.operation == "message.unread" {
        found.retain(|(_, thing)| thing["data"]["new"] == true);
    }
    found.sort_by_key(|(id, _)| std::cmp::Reverse(*id));
    let things: Vec<Value> = found.into_iter().map(|(_, thing)| thing).collect();
    let answer = listing::page(call, &things)?;
    // Whoever looks at an inbox has read it, unless he says that he has not.
    if call.operation != "message.sent" && call.query.flag("mark").unwrap_or(true) {
        let names: Vec<String> = things.iter().map(name).collect();
        mark(forum, user, &names, true);
    }
    Ok(answer)
}

pub(super) fn compose(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    call.wants_json()?;
    let now = stage.now;
    let forum = &mut stage.world.reddit;
    let to = call.text("to").trim();
    let place = to.strip_prefix("/r/").or_else(|| to.strip_prefix("r/"));
    let to = match place {
        Some(name) => {
            let unknown = Failure::Json("SUBREDDIT_NOEXIST", "that subreddit doesn't exist", "to");
            let found = forum.subreddits.get(&name.to_lowercase()).ok_or(unknown)?;
            format!("/r/{}", found.name)
        }
        None => {
            let unknown = Failure::Json("USER_DOESNT_EXIST", "that user doesn't exist", "to");
            show::find_person(to).ok_or(unknown)?.handle.to_owned()
        }
    };
    let (subject, text) = (call.text("subject").trim(), call.text("text"));
    if subject.is_empty() {
        return Err(Failure::Json("NO_SUBJECT", "please enter a subject", "subject"));
    }
    if subject.chars().count() > 100 {
        return Err(Failure::Json("TOO_LONG", "this is too long (max: 100)", "subject"));
    }
    if text.trim().is_empty() {
        return Err(Failure::Json("NO_TEXT", "we need something here", "text"));
    }
    forum.add_message(Message {
        id: 0,
        from: call.user().to_owned(),
        to,
        subject: subject.to_owned(),
        text: text.to_owned(),
        created_at: now,
        is_read: false,
        parent: None,
    });
    Ok(Answer::json(200, &json!({"json": {"errors": []}})))
}

fn marked(stage: &mut Stage<'_>, call: &Call, is_read: bool) -> Result<Answer, Failure> {
    let names: Vec<String> = call.text("id").split(',').map(str::to_owned).collect();
    mark(&mut stage.world.reddit, call.user(), &names, is_read);
    Ok(nothing())
}

pub(super) fn mark_read(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    marked(stage, call, true)
}

pub(super) fn mark_unread(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    marked(stage, call, false)
}
