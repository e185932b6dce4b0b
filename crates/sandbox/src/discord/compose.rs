//! What becomes of a body that holds a message: the same for bots, webhooks, forum threads and edits.

use serde_json::{Value, json};

use super::failure::{self, Failure};
use super::multipart::File;
use super::permissions::{
    ATTACH_FILES, EMBED_LINKS, MANAGE_THREADS, MENTION_EVERYONE, READ_HISTORY, SEND_IN_THREADS, SEND_MESSAGES,
};
use super::state::{Attachment, Author, Message, person};
use super::{Place, as_id, in_range, show};
use crate::stage::{Stage, later};
use crate::strict::Arguments;

const SUPPRESS_EMBEDS: i64 = 1 << 2;
const COMPONENTS_V2: i64 = 1 << 15;
/// Flags that a new message may have: also without a notification, and as a voice message.
const SETTABLE: i64 = SUPPRESS_EMBEDS | (1 << 12) | (1 << 13) | COMPONENTS_V2;
const ACTION_ROW: i64 = 1;
const MAX_EMBED_CHARACTERS: usize = 6000;
pub(super) const REPLY: i64 = 19;

/// Fails unless the caller may write here now.
pub(super) fn writable(place: &Place) -> Result<(), Failure> {
    let channel = &place.channel;
    if !channel.holds_messages() {
        return Err(failure::NO_TEXT.into());
    }
    let Some(thread) = &channel.thread else {
        return place.need(SEND_MESSAGES);
    };
    if thread.locked && place.permissions & MANAGE_THREADS == 0 {
        return Err(failure::LOCKED.into());
    }
    place.need(SEND_IN_THREADS)
}

pub(super) fn draft(
    stage: &mut Stage<'_>,
    place: &Place,
    author: Author,
    body: &Arguments,
    files: &[File],
) -> Result<Message, Failure> {
    let mut message = Message::new(place.channel.id, author, 0, "", stage.now);
    message.tts = body.flag("tts").unwrap_or_default();
    message.nonce = body.value("nonce").cloned();
    if !body.texts("sticker_ids").is_empty() {
        return Err(failure::INVALID_STICKER.into());
    }
    if let Some(poll) = body.object("poll") {
        message.poll = Some(new_poll(stage, &poll)?);
    }
    if let Some(reference) = body.object("message_reference") {
        message.reference = replied_to(stage, place, &reference)?;
        message.kind = if message.reference.is_some() { REPLY } else { 0 };
    }
    fill(stage, place, &mut message, body, files)?;
    Ok(message)
}

/// Takes over what a new message and an edit have in common.
pub(super) fn fill(
    stage: &mut Stage<'_>,
    place: &Place,
    message: &mut Message,
    body: &Arguments,
    files: &[File],
) -> Result<(), Failure> {
    if body.names("content") {
        message.content = body.text("content").unwrap_or_default().trim().to_owned();
    }
    if body.names("embeds") {
        message.embeds = embeds(body)?;
    }
    if body.names("flags") {
        let flags = body.integer("flags").unwrap_or_default();
        if flags & !SETTABLE != 0 {
            return Err(Failure::form("flags", "SANDBOX", "sandbox: this flag is not for apps to set"));
        }
        message.flags = (message.flags & !SETTABLE) | flags;
    }
    if body.names("components") {
        message.components = components(body, message.flags)?;
    }
    let has_attachments = body.names("attachments") || !files.is_empty();
    if has_attachments {
        message.attachments = attachments(stage, &message.attachments, body, files)?;
    }
    if message.flags & COMPONENTS_V2 != 0 && !(message.content.is_empty() && message.embeds.is_empty()) {
        let at = if message.content.is_empty() { "embeds" } else { "content" };
        let code = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2";
        let text = format!("The '{at}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2");
        return Err(Failure::form(at, code, text));
    }
    let is_empty = message.content.is_empty()
        && message.embeds.is_empty()
        && message.components.is_empty()
        && message.attachments.is_empty()
        && message.poll.is_none();
    if is_empty {
        return Err(failure::EMPTY_MESSAGE.into());
    }
    if !message.embeds.is_empty() {
        place.need(EMBED_LINKS)?;
    }
    if has_attachments {
        place.need(ATTACH_FILES)?;
    }
    mention(stage, place, message, body)
}

fn embeds(body: &Arguments) -> Result<Vec<Value>, Failure> {
    let mut embeds = body.value("embeds").and_then(Value::as_array).cloned().unwrap_or_default();
    if embeds.len() > 10 {
        return Err(Failure::form("embeds", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length."));
    }
    let mut characters = 0;
    for (index, embed) in embeds.iter_mut().enumerate() {
        if embed.as_object().is_none_or(|embed| embed.values().all(Value::is_null)) {
            let at = format!("embeds[{index}].description");
            return Err(Failure::form(&at, "BASE_TYPE_REQUIRED", "This field is required"));
        }
        let fields = embed["fields"].as_array().cloned().unwrap_or_default();
        if fields.len() > 25 {
            let at = format!("embeds[{index}].fields");
            return Err(Failure::form(&at, "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length."));
        }
        let length = |value: &Value| value.as_str().map_or(0, |text| text.chars().count());
        characters += length(&embed["title"]) + length(&embed["description"]);
        characters += length(&embed["footer"]["text"]) + length(&embed["author"]["name"]);
        characters += fields.iter().map(|one| length(&one["name"]) + length(&one["value"])).sum::<usize>();
        embed["type"] = "rich".into();
    }
    if characters > MAX_EMBED_CHARACTERS {
        let message = format!("Embed size exceeds maximum size of {MAX_EMBED_CHARACTERS}");
        return Err(Failure::form("embeds", "MAX_EMBED_SIZE_EXCEEDED", message));
    }
    Ok(embeds)
}

/// Rows of buttons and menus, or whole layouts where the message says that it has the newer kind.
fn components(body: &Arguments, flags: i64) -> Result<Vec<Value>, Failure> {
    let components = body.value("components").and_then(Value::as_array).cloned().unwrap_or_default();
    let newer = flags & COMPONENTS_V2 != 0;
    let most = if newer { 40 } else { 5 };
    if components.len() > most {
        let message = format!("Must be {most} or fewer in length.");
        return Err(Failure::form("components", "BASE_TYPE_MAX_LENGTH", message));
    }
    match components.iter().position(|component| !newer && component["type"] != ACTION_ROW) {
        Some(index) => {
            let at = format!("components[{index}].type");
            Err(Failure::form(&at, "UNION_TYPE_CHOICES", "Value of field \"type\" must be one of (1,)."))
        }
        None => Ok(components),
    }
}

/// Files that came along, and those of the message before that are listed still.
fn attachments(
    stage: &mut Stage<'_>,
    before: &[Attachment],
    body: &Arguments,
    files: &[File],
) -> Result<Vec<Attachment>, Failure> {
    let listed = body.value("attachments").and_then(Value::as_array).cloned();
    let mut attachments = if listed.is_some() { Vec::new() } else { before.to_vec() };
    let mut described: Vec<(u64, Option<String>, Option<String>)> = Vec::new();
    for (index, one) in listed.into_iter().flatten().enumerate() {
        let id = as_id(one["id"].as_str().unwrap_or_default());
        let description = one["description"].as_str().map(str::to_owned);
        if let Some(kept) = before.iter().find(|kept| kept.id == id) {
            attachments
                .push(Attachment { description: description.or(kept.description.clone()), ..kept.clone() });
        } else if files.iter().any(|file| file.number == id) {
            described.push((id, description, one["filename"].as_str().map(str::to_owned)));
        } else {
            let at = format!("attachments[{index}]");
            return Err(Failure::form(&at, "ATTACHMENT_NOT_FOUND", "Attachment data not found"));
        }
    }
    for file in files {
        let words = described.iter().find(|(number, _, _)| *number == file.number);
        let id = stage.world.discord.next_id(stage.now);
        attachments.push(Attachment {
            id,
            filename: words.and_then(|(_, _, name)| name.clone()).unwrap_or_else(|| file.filename.clone()),
            description: words.and_then(|(_, description, _)| description.clone()),
            content_type: file.content_type.clone(),
            size: file.size,
        });
    }
    if attachments.len() > 10 {
        return Err(Failure::form("attachments", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length."));
    }
    Ok(attachments)
}

/// Whom the text names, as far as the caller lets it.
fn mention(stage: &Stage<'_>, place: &Place, message: &mut Message, body: &Arguments) -> Result<(), Failure> {
    let allowed = body.object("allowed_mentions");
    let parses = |what: &str| match &allowed {
        Some(allowed) => allowed.texts("parse").iter().any(|own| own == what),
        None => true,
    };
    let listed = |what: &str| allowed.as_ref().map(|allowed| allowed.texts(what)).unwrap_or_default();
    for what in ["users", "roles"] {
        if allowed.is_some() && parses(what) && !listed(what).is_empty() {
            let text = format!("parse:[\"{what}\"] and {what}: [ids...] are mutually exclusive.");
            let code = "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE";
            return Err(Failure::form("allowed_mentions", code, text));
        }
    }
    let may = |what: &str, id: u64| parses(what) || listed(what).contains(&id.to_string());
    let guild = place.channel.guild.and_then(|guild| stage.world.discord.guilds.get(&guild));
    message.mentions.clear();
    message.mention_roles.clear();
    for part in message.content.split("<@").skip(1) {
        let Some((name, _)) = part.split_once('>') else {
            continue;
        };
        if let Some(id) = name.strip_prefix('&').map(as_id) {
            let known = guild.is_some_and(|guild| guild.roles.contains_key(&id));
            if known && may("roles", id) && !message.mention_roles.contains(&id) {
                message.mention_roles.push(id);
            }
            continue;
        }
        let id = as_id(name.trim_start_matches('!'));
        let known = show::user(stage.world, id)["username"] != "Deleted User";
        if known && may("users", id) && !message.mentions.contains(&id) {
            message.mentions.push(id);
        }
    }
    let original = message.reference.and_then(|of| stage.world.discord.messages.get(&of));
    let tells = allowed.as_ref().is_none_or(|allowed| allowed.flag("replied_user") == Some(true));
    if let Some(Author::User(user)) = original.filter(|_| tells).map(|original| &original.author)
        && person(*user).is_some()
        && !message.mentions.contains(user)
    {
        message.mentions.push(*user);
    }
    let calls_all = message.content.contains("@everyone") || message.content.contains("@here");
    let may_call = place.permissions & MENTION_EVERYONE != 0 && parses("everyone");
    message.mention_everyone = calls_all && may_call && guild.is_some();
    Ok(())
}

/// The message that is answered. Where it is gone the answer fails, or is none if the caller prefers.
fn replied_to(stage: &Stage<'_>, place: &Place, reference: &Arguments) -> Result<Option<u64>, Failure> {
    let at = "message_reference";
    if reference.integer("type").unwrap_or_default() != 0 {
        return Err(Failure::choice("message_reference.type", "0"));
    }
    place.need(READ_HISTORY)?;
    let elsewhere = |name: &str, own: u64| reference.text(name).is_some_and(|id| as_id(id) != own);
    if elsewhere("channel_id", place.channel.id)
        || elsewhere("guild_id", place.channel.guild.unwrap_or_default())
    {
        let message = "Cannot reply to a message in a different channel";
        return Err(Failure::form(at, "REPLIES_CANNOT_REPLY_TO_DIFFERENT_CHANNEL", message));
    }
    let id = as_id(reference.text("message_id").unwrap_or_default());
    match stage.world.discord.message_in(place.channel.id, id) {
        Some(original) if original.is_written() => Ok(Some(id)),
        Some(_) => {
            let message = "Cannot reply to a system message";
            Err(Failure::form(at, "REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE", message))
        }
        None if reference.flag("fail_if_not_exists") == Some(false) => Ok(None),
        None => Err(Failure::form(at, "REPLIES_UNKNOWN_MESSAGE", "Unknown message")),
    }
}

fn new_poll(stage: &Stage<'_>, poll: &Arguments) -> Result<Value, Failure> {
    let answers = poll.value("answers").and_then(Value::as_array).cloned().unwrap_or_default();
    if !(1..=10).contains(&answers.len()) {
        let message = "Must be between 1 and 10 in length.";
        return Err(Failure::form("poll.answers", "BASE_TYPE_BAD_LENGTH", message));
    }
    let hours = poll.integer("duration").unwrap_or(24);
    in_range("poll.duration", hours, 1, 768)?;
    let numbered = (1..).zip(answers).map(
        |(number, answer): (u32, Value)| json!({"answer_id": number, "poll_media": answer["poll_media"]}),
    );
    Ok(json!({
        "question": poll.value("question"), "answers": numbered.collect::<Vec<_>>(),
        "expiry": show::time(later(stage.now, hours * 3600)),
        "allow_multiselect": poll.flag("allow_multiselect").unwrap_or_default(), "layout_type": 1,
        "results": {"is_finalized": false, "answer_counts": []},
    }))
}
