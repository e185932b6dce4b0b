//! How things look in answers. Reddit escapes three characters of HTML in every text.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::forum::{Comment, Entry, Flair, Forum, Message, Post, Subreddit, base36};
use crate::people::{PEOPLE, Person};

const GONE: &str = "[deleted]";
const SITE: &str = "https://www.reddit.com";

pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn seconds(time: Timestamp) -> Value {
    // Reddit's seconds are floats, which hold whole seconds exactly.
    #[allow(clippy::cast_precision_loss, reason = "seconds of this era are far below 2^53")]
    let seconds = time.as_second() as f64;
    json!(seconds)
}

/// What posts and comments say of their author, their score and the viewer's share in it.
fn common(forum: &Forum, viewer: &str, entry: &Entry, fullname: &str) -> Value {
    let likes = match entry.votes.get(viewer) {
        Some(1) => json!(true),
        Some(-1) => json!(false),
        _ => Value::Null,
    };
    let saved = forum.saved.get(viewer).is_some_and(|saved| saved.iter().any(|name| name == fullname));
    json!({
        "id": base36(entry.id),
        "name": fullname,
        "author": if entry.deleted { GONE } else { &entry.author },
        "score": entry.score(),
        "ups": entry.score(),
        "downs": 0,
        "likes": likes,
        "saved": saved,
        "edited": entry.edited_at.map_or(json!(false), seconds),
        "created": seconds(entry.created_at),
        "created_utc": seconds(entry.created_at),
    })
}

fn with(mut value: Value, more: Value) -> Value {
    if let (Some(object), Value::Object(more)) = (value.as_object_mut(), more) {
        object.extend(more);
    }
    value
}

fn place(forum: &Forum, name: &str) -> Value {
    let found = forum.subreddits.get(&name.to_lowercase());
    json!({
        "subreddit": name,
        "subreddit_id": found.map(Subreddit::fullname),
        "subreddit_name_prefixed": format!("r/{name}"),
    })
}

pub(super) fn post(forum: &Forum, viewer: &str, post: &Post) -> Value {
    let entry = &post.entry;
    let comments = forum.comments.values().filter(|comment| comment.post == entry.id).count();
    let text = match (&post.link, entry.deleted) {
        (Some(_), _) => String::new(),
        (None, true) => GONE.to_owned(),
        (None, false) => escaped(&entry.text),
    };
    let address = post.link.as_deref().map_or_else(|| format!("{SITE}{}", post.permalink()), escaped);
    let own = json!({
        "title": escaped(&post.title),
        "selftext": text,
        "is_self": post.link.is_none(),
        "url": address,
        "permalink": post.permalink(),
        "link_flair_text": post.flair.as_ref().map(|flair| escaped(&flair.text)),
        "link_flair_template_id": post.flair.as_ref().map(|flair| &flair.id),
        "num_comments": comments,
        "over_18": post.nsfw,
        "spoiler": post.spoiler,
        "locked": false,
        "hidden": false,
    });
    let data = with(common(forum, viewer, entry, &post.fullname()), place(forum, &post.subreddit));
    json!({"kind": "t3", "data": with(data, own)})
}

/// A comment without what answers it.
pub(super) fn comment(forum: &Forum, viewer: &str, comment: &Comment) -> Value {
    let entry = &comment.entry;
    let found = forum.posts.get(&comment.post);
    let link = found.map_or_else(String::new, Post::fullname);
    let parent = comment.parent.map_or_else(|| link.clone(), |id| format!("t1_{}", base36(id)));
    let path = found.map_or_else(String::new, Post::permalink);
    let subreddit = found.map_or("", |post| post.subreddit.as_str());
    let own = json!({
        "body": if entry.deleted { GONE.to_owned() } else { escaped(&entry.text) },
        "link_id": link,
        "link_title": found.map(|post| escaped(&post.title)),
        "parent_id": parent,
        "permalink": format!("{path}{}/", base36(entry.id)),
        "replies": "",
    });
    let data = with(common(forum, viewer, entry, &comment.fullname()), place(forum, subreddit));
    json!({"kind": "t1", "data": with(data, own)})
}

pub(super) fn message(message: &Message) -> Value {
    json!({"kind": "t4", "data": {
        "id": base36(message.id),
        "name": message.fullname(),
        "subject": escaped(&message.subject),
        "body": escaped(&message.text),
        "author": message.from,
        "dest": message.to,
        "new": !message.is_read,
        "was_comment": false,
        "context": "",
        "subreddit": null,
        "parent_id": message.parent.map(|id| format!("t4_{}", base36(id))),
        "created_utc": seconds(message.created_at),
    }})
}

/// A comment as the inbox of whom it answers shows it.
pub(super) fn reply(forum: &Forum, viewer: &str, answer: &Comment) -> Value {
    let mut value = comment(forum, viewer, answer);
    let to_post = answer.parent.is_none();
    let more = json!({
        "subject": if to_post { "post reply" } else { "comment reply" },
        "type": if to_post { "post_reply" } else { "comment_reply" },
        "dest": viewer,
        "new": !forum.read_replies.contains(&answer.entry.id),
        "was_comment": true,
        "context": format!("{}?context=3", value["data"]["permalink"].as_str().unwrap_or_default()),
    });
    value["data"] = with(value["data"].take(), more);
    value
}

pub(super) fn subreddit(viewer: &str, subreddit: &Subreddit) -> Value {
    let subscribers = subreddit.crowd + u64::try_from(subreddit.subscribers.len()).unwrap_or_default();
    json!({"kind": "t5", "data": {
        "id": base36(subreddit.id),
        "name": subreddit.fullname(),
        "display_name": subreddit.name,
        "display_name_prefixed": format!("r/{}", subreddit.name),
        "title": escaped(&subreddit.title),
        "public_description": escaped(&subreddit.description),
        "subscribers": subscribers,
        "over18": false,
        "subreddit_type": subreddit.kind,
        "url": format!("/r/{}/", subreddit.name),
        "user_is_subscriber": subreddit.subscribers.contains(viewer),
        "user_is_moderator": subreddit.moderators.contains(viewer),
        "created_utc": seconds(subreddit.created_at),
    }})
}

pub(super) fn flair(flair: &Flair) -> Value {
    json!({
        "id": flair.id, "text": escaped(&flair.text), "type": "text", "text_editable": flair.editable, "mod_only": false,
        "allowable_content": "all", "background_color": "#dadada", "text_color": "dark", "css_class": "",
        "max_emojis": 10, "richtext": [],
    })
}

pub(super) fn person(forum: &Forum, person: &Person) -> Value {
    let posts = forum.posts.values().map(|post| &post.entry);
    let comments = forum.comments.values().map(|comment| &comment.entry);
    let own = |entry: &&Entry| entry.author == person.handle && !entry.deleted;
    let link_karma: i64 = posts.filter(own).map(Entry::score).sum();
    let comment_karma: i64 = comments.filter(own).map(Entry::score).sum();
    json!({
        "id": base36(person.number), "name": person.handle, "link_karma": link_karma, "comment_karma": comment_karma,
        "total_karma": link_karma + comment_karma, "created_utc": 1_577_934_245.0, "has_verified_email": true,
        "is_employee": false, "is_gold": false, "is_mod": person.handle == "alan",
    })
}

pub(super) fn find_person(name: &str) -> Option<&'static Person> {
    PEOPLE.iter().find(|person| person.handle.eq_ignore_ascii_case(name))
}
