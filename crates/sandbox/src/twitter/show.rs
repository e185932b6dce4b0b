//! How posts and users look in answers: the fields that were asked for, and what expansions include.

use serde_json::{Value, json};

use super::Call;
use super::library;
use super::network::{Network, Post};
use crate::people::{PEOPLE, Person};

pub(super) fn person(id: u64) -> Option<&'static Person> {
    PEOPLE.iter().find(|person| person.number == id)
}

fn asks(call: &Call, parameter: &str, field: &str) -> bool {
    call.query.texts(parameter).iter().any(|own| own == field)
}

fn mentions(text: &str) -> impl Iterator<Item = (usize, &'static Person)> + '_ {
    let at = text.match_indices('@').map(|(start, _)| start);
    at.filter_map(|start| {
        let rest = &text[start + 1..];
        let end = rest.find(|character: char| !character.is_ascii_alphanumeric() && character != '_');
        let name = &rest[..end.unwrap_or(rest.len())];
        let person = PEOPLE.iter().find(|person| person.handle.eq_ignore_ascii_case(name))?;
        Some((text[..start].chars().count(), person))
    })
}

fn hashtags(text: &str) -> Vec<Value> {
    let at = text.match_indices('#').map(|(start, _)| start);
    let tag = |start: usize| {
        let rest = &text[start + 1..];
        let end = rest.find(|character: char| !character.is_alphanumeric() && character != '_');
        let tag = &rest[..end.unwrap_or(rest.len())];
        let first = text[..start].chars().count();
        (!tag.is_empty()).then(|| json!({"start": first, "end": first + 1 + tag.chars().count(), "tag": tag}))
    };
    at.filter_map(tag).collect()
}

/// Whether `post` names `user` or answers what `user` wrote. Repeating it is neither.
pub(super) fn addresses(network: &Network, post: &Post, user: u64) -> bool {
    let original = post.reply_to.and_then(|id| network.posts.get(&id));
    let answers = post.author != user && original.is_some_and(|original| original.author == user);
    post.reposts.is_none() && (answers || mentions(&post.text).any(|(_, person)| person.number == user))
}

pub(super) fn references(post: &Post) -> Vec<(&'static str, u64)> {
    let kinds = [("retweeted", post.reposts), ("quoted", post.quotes), ("replied_to", post.reply_to)];
    kinds.into_iter().filter_map(|(kind, id)| Some((kind, id?))).collect()
}

pub(super) fn post(network: &Network, call: &Call, post: &Post) -> Value {
    let id = post.id.to_string();
    let mut value = json!({"id": id, "text": post.text, "edit_history_post_ids": [id]});
    let wants = |field: &str| asks(call, "post.fields", field);
    let expands = |field: &str| asks(call, "expansions", field);
    let mut set = |name: &str, wanted: bool, field: Value| {
        if wanted {
            value[name] = field;
        }
    };
    set("author_id", expands("author_id"), json!(post.author.to_string()));
    set("created_at", wants("created_at"), json!(format!("{:.3}", post.created_at)));
    set("conversation_id", wants("conversation_id"), json!(post.conversation.to_string()));
    set("lang", wants("lang"), json!("en"));
    set("possibly_sensitive", wants("possibly_sensitive"), json!(false));
    set("reply_settings", wants("reply_settings"), json!(post.reply_settings));
    set("source", wants("source"), json!("Butterbase Integrations"));
    set("edit_controls", wants("edit_controls"), json!({"edits_remaining": 5, "is_edit_eligible": false}));
    let repliers = network.referring(post.id, |post| post.reply_to).count();
    let reposts = network.referring(post.id, |post| post.reposts).count();
    let quotes = network.referring(post.id, |post| post.quotes).count();
    let metrics = json!({
        "repost_count": reposts, "reply_count": repliers, "like_count": post.likes.len(), "quote_count": quotes,
        "bookmark_count": network.bookmarks.values().filter(|own| own.contains(&post.id)).count(),
        "impression_count": 0,
    });
    set("public_metrics", wants("public_metrics"), metrics);
    let mentioned = mentions(&post.text).map(|(start, person)| {
        let end = start + 1 + person.handle.len();
        json!({"start": start, "end": end, "username": person.handle, "id": person.number.to_string()})
    });
    let entities = json!({"mentions": mentioned.collect::<Vec<_>>(), "hashtags": hashtags(&post.text)});
    set("entities", wants("entities") || expands("entities.mentions.username"), entities);
    let referenced: Vec<Value> =
        references(post).into_iter().map(|(kind, id)| json!({"type": kind, "id": id.to_string()})).collect();
    set("referenced_posts", expands("referenced_posts") && !referenced.is_empty(), json!(referenced));
    if let Some(original) = post.reply_to.and_then(|id| network.posts.get(&id)) {
        set("in_reply_to_user_id", expands("in_reply_to_user_id"), json!(original.author.to_string()));
    }
    if !post.media.is_empty() {
        set("attachments", wants("attachments"), json!({"media_keys": library::keys(network, &post.media)}));
    }
    value
}

pub(super) fn user(network: &Network, call: &Call, person: &Person) -> Value {
    let mut value =
        json!({"id": person.number.to_string(), "name": person.name(), "username": person.handle});
    let wants = |field: &str| asks(call, "user.fields", field);
    let expands = |field: &str| asks(call, "expansions", field);
    let posts: Vec<&Post> = network.posts.values().filter(|post| post.author == person.number).collect();
    let likes = network.posts.values().filter(|post| post.likes.contains(&person.number)).count();
    let mut set = |name: &str, wanted: bool, field: Value| {
        if wanted {
            value[name] = field;
        }
    };
    set("created_at", wants("created_at"), json!("2009-03-21T20:50:14.000Z"));
    set("description", wants("description"), json!(format!("{} in the sandbox.", person.given)));
    set("protected", wants("protected"), json!(false));
    set("verified", wants("verified"), json!(false));
    set("verified_type", wants("verified_type"), json!("none"));
    set(
        "profile_image_url",
        wants("profile_image_url"),
        json!("https://abs.twimg.com/sticky/default_profile_images/default_profile.png"),
    );
    let listed = network.lists.values().filter(|list| !list.private && list.members.contains(&person.number));
    let metrics = json!({
        "followers_count": network.followers_of(person.number).len(),
        "following_count": network.followed_by(person.number).len(),
        "post_count": posts.len(), "listed_count": listed.count(), "like_count": likes,
    });
    set("public_metrics", wants("public_metrics"), metrics);
    if let Some(latest) = posts.last() {
        set("most_recent_post_id", expands("most_recent_post_id"), json!(latest.id.to_string()));
    }
    value
}

/// What the expansions of a list of posts include; `None` where nothing is asked for.
pub(super) fn includes(network: &Network, call: &Call, posts: &[&Post]) -> Option<Value> {
    let expands = |field: &str| asks(call, "expansions", field);
    let mut users: Vec<u64> = Vec::new();
    let mut others: Vec<u64> = Vec::new();
    let mut media: Vec<Value> = Vec::new();
    for post in posts {
        if expands("attachments.media_keys") {
            media.extend(library::included(network, &post.media, |field| asks(call, "media.fields", field)));
        }
        if expands("author_id") {
            users.push(post.author);
        }
        if expands("entities.mentions.username") {
            users.extend(mentions(&post.text).map(|(_, person)| person.number));
        }
        if expands("in_reply_to_user_id") {
            users.extend(post.reply_to.and_then(|id| Some(network.posts.get(&id)?.author)));
        }
        if expands("referenced_posts") {
            others.extend(references(post).into_iter().map(|(_, id)| id));
        }
    }
    users.sort_unstable();
    users.dedup();
    others.sort_unstable();
    others.dedup();
    let users: Vec<Value> =
        users.into_iter().filter_map(person).map(|person| user(network, call, person)).collect();
    let others = others.iter().filter_map(|id| network.posts.get(id));
    let others: Vec<Value> = others.map(|other| post(network, call, other)).collect();
    let mut included = serde_json::Map::new();
    if !users.is_empty() {
        included.insert("users".to_owned(), Value::Array(users));
    }
    if !others.is_empty() {
        included.insert("posts".to_owned(), Value::Array(others));
    }
    if !media.is_empty() {
        included.insert("media".to_owned(), Value::Array(media));
    }
    (!included.is_empty()).then_some(Value::Object(included))
}
