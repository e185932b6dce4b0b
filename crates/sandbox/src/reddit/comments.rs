//! Answering, editing and deleting.

use super::failure::Failure;
use super::forum::{Comment, Entry, Message, Thing};
use super::{Call, nothing, show, things};
use crate::stage::Stage;
use crate::wire::Answer;

const MAX_TEXT: usize = 10_000;

fn text(call: &Call) -> Result<&str, Failure> {
    let text = call.text("text");
    if text.trim().is_empty() {
        return Err(Failure::Json("NO_TEXT", "we need something here", "text"));
    }
    if text.chars().count() > MAX_TEXT {
        return Err(Failure::Json("TOO_LONG", "this is too long (max: 10000)", "text"));
    }
    Ok(text)
}

fn unnamed(field: &'static str) -> Failure {
    Failure::Json("NO_THING_ID", "id not specified", field)
}

pub(super) fn create(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    call.wants_json()?;
    let now = stage.now;
    let parent = stage.world.reddit.thing(call.text("thing_id")).ok_or_else(|| unnamed("parent"))?;
    if let Thing::Message(id) = parent {
        return answer_message(stage, call, id);
    }
    let text = text(call)?;
    let forum = &mut stage.world.reddit;
    let (post, parent) = match parent {
        Thing::Comment(id) => (forum.comments.get(&id).map_or(0, |comment| comment.post), Some(id)),
        Thing::Post(id) | Thing::Message(id) => (id, None),
    };
    let above = forum.posts.get(&post).ok_or_else(|| unnamed("parent"))?;
    if !forum.shows(&above.subreddit, call.user()) {
        return Err(Failure::forbidden());
    }
    if above.entry.deleted {
        return Err(Failure::Json(
            "DELETED_LINK",
            "the link you are commenting on has been deleted",
            "parent",
        ));
    }
    if parent.and_then(|id| forum.comments.get(&id)).is_some_and(|comment| comment.entry.deleted) {
        return Err(Failure::Json("DELETED_COMMENT", "that comment has been deleted", "parent"));
    }
    let id = forum.add_comment(Comment { entry: Entry::new(call.user(), text, now), post, parent });
    let forum = &stage.world.reddit;
    let shown = forum.comments.get(&id).map(|comment| show::comment(forum, call.user(), comment));
    Ok(things(&shown.into_iter().collect::<Vec<_>>()))
}

/// A private message is answered with another, which takes the scope for them.
fn answer_message(stage: &mut Stage<'_>, call: &Call, id: u64) -> Result<Answer, Failure> {
    if !call.caller.has("privatemessages") {
        stage.note.detail("lacks_scope", true);
        return Err(Failure::lacks_scope());
    }
    let text = text(call)?.to_owned();
    let now = stage.now;
    let forum = &mut stage.world.reddit;
    let first = forum.messages.get(&id).filter(|one| one.to == call.user() || one.from == call.user());
    let first = first.ok_or_else(Failure::forbidden)?;
    let other = if first.from == call.user() { &first.to } else { &first.from };
    let message = Message {
        id: 0,
        from: call.user().to_owned(),
        to: other.clone(),
        subject: format!("re: {}", first.subject.trim_start_matches("re: ")),
        text,
        created_at: now,
        is_read: false,
        parent: Some(id),
    };
    let id = forum.add_message(message);
    Ok(things(&forum.messages.get(&id).map(show::message).into_iter().collect::<Vec<_>>()))
}

/// Whether the thing is the caller's own and still there.
fn own(entry: Option<&Entry>, call: &Call) -> bool {
    entry.is_some_and(|entry| entry.author == call.user() && !entry.deleted)
}

pub(super) fn edit(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    call.wants_json()?;
    let now = stage.now;
    let forum = &mut stage.world.reddit;
    let thing = forum.thing(call.text("thing_id")).ok_or_else(|| unnamed("thing_id"))?;
    if !own(forum.entry(thing), call) {
        return Err(Failure::Json("NOT_AUTHOR", "you can't do that", "thing_id"));
    }
    if let Thing::Post(id) = thing
        && forum.posts.get(&id).is_some_and(|post| post.link.is_some())
    {
        return Err(Failure::forbidden());
    }
    let text = text(call)?;
    if let Some(entry) = forum.entry_mut(thing) {
        text.clone_into(&mut entry.text);
        entry.edited_at = Some(now);
    }
    let forum = &stage.world.reddit;
    let shown = match thing {
        Thing::Post(id) => forum.posts.get(&id).map(|post| show::post(forum, call.user(), post)),
        Thing::Comment(id) => {
            forum.comments.get(&id).map(|comment| show::comment(forum, call.user(), comment))
        }
        Thing::Message(_) => None,
    };
    Ok(things(&shown.into_iter().collect::<Vec<_>>()))
}

/// Deleting what is not there succeeds, too.
pub(super) fn delete(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let forum = &mut stage.world.reddit;
    if let Some(thing) = forum.thing(call.text("id")) {
        let entry = forum.entry_mut(thing).filter(|entry| entry.author == call.user());
        entry.ok_or_else(Failure::forbidden)?.deleted = true;
    }
    Ok(nothing())
}
