//! Threads: started from a message, on their own, or as a question of a forum; and who is in them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::failure::{self, Failure};
use super::permissions::{CREATE_PRIVATE_THREADS, CREATE_PUBLIC_THREADS, MANAGE_THREADS, SEND_MESSAGES};
use super::state::{Author, Channel, Message, Thread, kind};
use super::{Call, Place, as_id, compose, in_range, show};
use crate::stage::Stage;
use crate::strict::Arguments;
use crate::wire::Answer;

/// The flag of a message that a thread was started from.
pub(super) const HAS_THREAD: i64 = 1 << 5;
/// The server's own note that a thread was started.
const STARTED: i64 = 18;
const DURATIONS: [i64; 4] = [60, 1440, 4320, 10_080];

fn duration(call: &Call) -> Result<i64, Failure> {
    let minutes = call.body.integer("auto_archive_duration").unwrap_or(4320);
    if DURATIONS.contains(&minutes) {
        return Ok(minutes);
    }
    Err(Failure::choice("auto_archive_duration", "60, 1440, 4320, 10080"))
}

/// A thread in `parent` with the caller as its owner and only member.
fn start(stage: &Stage<'_>, call: &Call, id: u64, kind: i64, parent: &Channel) -> Result<Channel, Failure> {
    let now = stage.now;
    let private = kind == kind::PRIVATE_THREAD;
    let thread = Thread {
        owner: call.user(),
        archived: false,
        locked: false,
        invitable: private.then(|| call.body.flag("invitable").unwrap_or(true)),
        auto_archive_duration: duration(call)?,
        created_at: now,
        changed_at: now,
        members: BTreeMap::from([(call.user(), now)]),
    };
    let name = call.body.text("name").unwrap_or_default();
    let mut channel = Channel::new(id, kind, parent.guild, name);
    if let Some(seconds) = call.body.integer("rate_limit_per_user") {
        in_range("rate_limit_per_user", seconds, 0, 21_600)?;
        channel.settings.insert("rate_limit_per_user".to_owned(), seconds.into());
    }
    let tags = call.body.texts("applied_tags");
    if !tags.is_empty() {
        channel.settings.insert("applied_tags".to_owned(), known_tags(parent, tags)?);
    }
    Ok(Channel { parent: Some(parent.id), thread: Some(thread), ..channel })
}

/// The tags of a forum's thread are the forum's.
fn known_tags(forum: &Channel, tags: Vec<String>) -> Result<Value, Failure> {
    let known = forum.settings.get("available_tags").and_then(Value::as_array);
    let is_known =
        |tag: &String| known.is_some_and(|known| known.iter().any(|own| own["id"] == tag.as_str()));
    match tags.iter().position(|tag| !is_known(tag)) {
        Some(index) => Err(Failure::form(&format!("applied_tags[{index}]"), "UNKNOWN_TAG", "Unknown tag")),
        None => Ok(tags.into()),
    }
}

fn created(stage: &Stage<'_>, channel: &Channel, user: u64) -> Value {
    let mut value = show::channel(stage.world, channel);
    if let Some(since) = channel.thread.as_ref().and_then(|thread| thread.members.get(&user)) {
        value["member"] = show::thread_member(channel.id, user, *since);
    }
    value
}

/// The thread has the id of its message.
pub(super) fn create_from_message(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = call.place(stage)?;
    let kind = match place.channel.kind {
        kind::TEXT => kind::PUBLIC_THREAD,
        kind::ANNOUNCEMENT => kind::ANNOUNCEMENT_THREAD,
        _ => return Err(failure::CHANNEL_TYPE.into()),
    };
    place.need(CREATE_PUBLIC_THREADS)?;
    let message = call.message(stage, &place)?;
    if !message.is_written() {
        return Err(failure::SYSTEM_MESSAGE.into());
    }
    let id = message.id;
    if stage.world.discord.channels.contains_key(&id) {
        return Err(failure::HAS_THREAD.into());
    }
    let channel = start(stage, call, id, kind, &place.channel)?;
    let shown = created(stage, &channel, call.user());
    stage.world.discord.add_channel(channel);
    if let Some(message) = stage.world.discord.messages.get_mut(&id) {
        message.flags |= HAS_THREAD;
    }
    Ok(Answer::json(201, &shown))
}

pub(super) fn create(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = call.place(stage)?;
    if place.channel.kind == kind::FORUM {
        return ask(stage, call, &place);
    }
    if ["message", "applied_tags"].iter().any(|name| call.body.names(name)) || !call.files.is_empty() {
        return Err(Failure::sandbox("a message and tags are for the threads of forums"));
    }
    // Private unless it is said otherwise.
    let kind = call.body.integer("type").unwrap_or(kind::PRIVATE_THREAD);
    let fits = match place.channel.kind {
        kind::TEXT => [kind::PUBLIC_THREAD, kind::PRIVATE_THREAD].contains(&kind),
        kind::ANNOUNCEMENT => kind == kind::ANNOUNCEMENT_THREAD,
        _ => return Err(failure::CHANNEL_TYPE.into()),
    };
    if !fits {
        return Err(Failure::choice("type", "10, 11, 12"));
    }
    let private = kind == kind::PRIVATE_THREAD;
    if call.body.names("invitable") && !private {
        return Err(Failure::sandbox("invitable is for private threads"));
    }
    place.need(if private { CREATE_PRIVATE_THREADS } else { CREATE_PUBLIC_THREADS })?;
    let id = stage.world.discord.next_id(stage.now);
    let channel = start(stage, call, id, kind, &place.channel)?;
    let shown = created(stage, &channel, call.user());
    let name = channel.name.clone();
    stage.world.discord.add_channel(channel);
    if !private {
        let author = Author::User(call.user());
        let note = Message::new(place.channel.id, author, STARTED, &name, stage.now);
        stage.world.discord.add_message(note);
    }
    Ok(Answer::json(201, &shown))
}

/// A thread of a forum begins with its message, which has the same id.
fn ask(stage: &mut Stage<'_>, call: &Call, place: &Place) -> Result<Answer, Failure> {
    if ["type", "invitable"].iter().any(|name| call.body.names(name)) {
        return Err(Failure::sandbox("the threads of forums are all public"));
    }
    place.need(SEND_MESSAGES)?;
    let body = call.body.object("message");
    let body =
        body.ok_or_else(|| Failure::form("message", "BASE_TYPE_REQUIRED", "This field is required"))?;
    let (thread, message) = forum_thread(stage, call, place, &body, Author::User(call.user()))?;
    let channel = stage.world.discord.channels.get(&thread).ok_or(failure::UNKNOWN_CHANNEL)?;
    let mut shown = created(stage, channel, call.user());
    let message = stage.world.discord.messages.get(&message).ok_or(failure::UNKNOWN_MESSAGE)?;
    shown["message"] = show::message(stage.world, message, call.user());
    Ok(Answer::json(201, &shown))
}

/// Makes the thread and its first message, and returns both ids.
pub(super) fn forum_thread(
    stage: &mut Stage<'_>,
    call: &Call,
    place: &Place,
    body: &Arguments,
    author: Author,
) -> Result<(u64, u64), Failure> {
    let mut draft = compose::draft(stage, place, author, body, &call.files)?;
    let id = stage.world.discord.next_id(stage.now);
    let mut channel = start(stage, call, id, kind::PUBLIC_THREAD, &place.channel)?;
    if let Some(name) = call.body.text("thread_name") {
        name.clone_into(&mut channel.name);
    }
    stage.world.discord.add_channel(channel);
    draft.channel = id;
    draft.id = id;
    stage.world.discord.messages.insert(id, draft);
    Ok((id, id))
}

/// Takes over what the body says of a thread alone.
pub(super) fn change(
    stage: &Stage<'_>,
    call: &Call,
    place: &Place,
    channel: &mut Channel,
) -> Result<(), Failure> {
    let Some(thread) = &mut channel.thread else {
        return Ok(());
    };
    let body = &call.body;
    let manages = place.permissions & MANAGE_THREADS != 0;
    let owns = thread.owner == call.user();
    let of_managers = body.names("locked") || body.names("rate_limit_per_user");
    if !manages && (!owns || of_managers) {
        return Err(failure::MISSING_PERMISSIONS.into());
    }
    // What is archived comes back first.
    if thread.archived && body.flag("archived") != Some(false) {
        return Err(failure::ARCHIVED.into());
    }
    if body.names("auto_archive_duration") {
        thread.auto_archive_duration = duration(call)?;
    }
    if let Some(archived) = body.flag("archived") {
        thread.archived = archived;
        thread.changed_at = stage.now;
    }
    thread.locked = body.flag("locked").unwrap_or(thread.locked);
    match body.flag("invitable") {
        Some(_) if thread.invitable.is_none() => Err(failure::CHANNEL_TYPE.into()),
        Some(invitable) => {
            thread.invitable = Some(invitable);
            Ok(())
        }
        None => Ok(()),
    }
}

/// Public threads that are archived, the latest first.
pub(super) fn archived(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = call.place(stage)?;
    let limit = call.limit(2, 100, 50)?;
    let before: Option<jiff::Timestamp> = call.query.text("before").and_then(|before| before.parse().ok());
    let mut found: Vec<(&Channel, &Thread)> = stage
        .world
        .discord
        .channels
        .values()
        .filter(|channel| channel.parent == Some(place.channel.id) && channel.kind != kind::PRIVATE_THREAD)
        .filter_map(|channel| Some((channel, channel.thread.as_ref()?)))
        .filter(|(_, thread)| thread.archived && before.is_none_or(|before| thread.changed_at < before))
        .collect();
    found.sort_by_key(|(channel, thread)| std::cmp::Reverse((thread.changed_at, channel.id)));
    let has_more = found.len() > limit;
    found.truncate(limit);
    let own = call.user();
    let since = found.iter().filter_map(|(channel, thread)| Some((channel.id, thread.members.get(&own)?)));
    let members: Vec<Value> =
        since.map(|(channel, since)| show::thread_member(channel, own, *since)).collect();
    let threads: Vec<Value> = found.iter().map(|(channel, _)| show::channel(stage.world, channel)).collect();
    Ok(Answer::json(200, &json!({"threads": threads, "members": members, "has_more": has_more})))
}

/// The thread of the path, which must not be archived.
fn open_thread(stage: &Stage<'_>, call: &Call) -> Result<(Place, Thread), Failure> {
    let place = call.place(stage)?;
    let thread = place.channel.thread.clone().ok_or(failure::CHANNEL_TYPE)?;
    if thread.archived {
        return Err(failure::ARCHIVED.into());
    }
    Ok((place, thread))
}

pub(super) fn members(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = call.place(stage)?;
    let thread = place.channel.thread.as_ref().ok_or(failure::CHANNEL_TYPE)?;
    let limit = call.limit(1, 100, 100)?;
    let after = call.query.text("after").map(as_id).unwrap_or_default();
    let in_full = call.query.flag("with_member") == Some(true);
    let guild = place.channel.guild.and_then(|guild| stage.world.discord.guilds.get(&guild));
    let shown = thread.members.range(after.saturating_add(1)..).take(limit).map(|(user, since)| {
        let mut value = show::thread_member(place.channel.id, *user, *since);
        let member = guild.and_then(|guild| guild.members.get(user));
        if let Some(member) = member.filter(|_| in_full) {
            value["member"] = show::member(stage.world, member);
        }
        value
    });
    Ok(Answer::json(200, &shown.collect()))
}

pub(super) fn join(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (place, _) = open_thread(stage, call)?;
    put_member(stage, place.channel.id, call.user())
}

pub(super) fn add_member(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (place, _) = open_thread(stage, call)?;
    compose::writable(&place)?;
    let user = call.id("user_id")?;
    let guild = place.channel.guild.and_then(|guild| stage.world.discord.guilds.get(&guild));
    if !guild.is_some_and(|guild| guild.members.contains_key(&user)) {
        return Err(failure::UNKNOWN_MEMBER.into());
    }
    put_member(stage, place.channel.id, user)
}

fn put_member(stage: &mut Stage<'_>, channel: u64, user: u64) -> Result<Answer, Failure> {
    let now = stage.now;
    let thread = stage.world.discord.thread_mut(channel).ok_or(failure::CHANNEL_TYPE)?;
    thread.members.entry(user).or_insert(now);
    Ok(Answer::empty(204))
}

pub(super) fn leave(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (place, _) = open_thread(stage, call)?;
    let thread = stage.world.discord.thread_mut(place.channel.id).ok_or(failure::CHANNEL_TYPE)?;
    thread.members.remove(&call.user());
    Ok(Answer::empty(204))
}

pub(super) fn remove_member(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (place, thread) = open_thread(stage, call)?;
    let owns = thread.owner == call.user() && place.channel.kind == kind::PRIVATE_THREAD;
    if !owns {
        place.need(MANAGE_THREADS)?;
    }
    let user = call.id("user_id")?;
    let thread = stage.world.discord.thread_mut(place.channel.id).ok_or(failure::CHANNEL_TYPE)?;
    match thread.members.remove(&user) {
        Some(_) => Ok(Answer::empty(204)),
        None => Err(failure::UNKNOWN_MEMBER.into()),
    }
}
