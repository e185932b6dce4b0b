//! One channel or thread: read, change, delete.

use serde_json::{Value, json};

use super::failure::{self, Failure};
use super::permissions::{self, MANAGE_CHANNELS, MANAGE_THREADS};
use super::state::{Channel, Overwrite, kind};
use super::{Call, Place, as_id, in_range, show, threads};
use crate::stage::Stage;
use crate::strict::Arguments;
use crate::wire::Answer;

/// Fields that a thread has and another channel has not.
const OF_THREADS: &[&str] = &["archived", "locked", "invitable", "auto_archive_duration", "applied_tags"];
/// What a thread shares with other channels.
const SHARED: &[&str] =
    &["name", "rate_limit_per_user", "flags", "bitrate", "user_limit", "rtc_region", "video_quality_mode"];
/// What comes back as it was sent.
const SETTINGS: &[&str] = &[
    "bitrate",
    "user_limit",
    "nsfw",
    "rate_limit_per_user",
    "rtc_region",
    "video_quality_mode",
    "default_auto_archive_duration",
    "default_reaction_emoji",
    "default_thread_rate_limit_per_user",
    "default_sort_order",
    "default_forum_layout",
    "default_tag_setting",
    "available_tags",
    "applied_tags",
    "flags",
];

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = call.place(stage)?;
    Ok(Answer::json(200, &show::channel(stage.world, &place.channel)))
}

pub(super) fn update(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = call.place(stage)?;
    let mut names = call.body.0.keys().map(String::as_str);
    let is_thread = place.channel.thread.is_some();
    let stranger = names.find(|name| match is_thread {
        true => !OF_THREADS.contains(name) && !SHARED.contains(name),
        false => OF_THREADS.contains(name),
    });
    if let Some(name) = stranger {
        let message = format!("sandbox: `{name}` is not a field of this kind of channel");
        return Err(Failure::form(name, "SANDBOX", message));
    }
    if place.channel.guild.is_none() {
        return Err(failure::IN_DM.into());
    }
    let mut channel = place.channel.clone();
    if is_thread {
        threads::change(stage, call, &place, &mut channel)?;
    } else {
        place.need(MANAGE_CHANNELS)?;
        if let Some(kind) = call.body.integer("type") {
            let convertible = [kind::TEXT, kind::ANNOUNCEMENT];
            if kind != channel.kind && !(convertible.contains(&kind) && convertible.contains(&channel.kind)) {
                return Err(Failure::choice("type", "0, 5"));
            }
            channel.kind = kind;
        }
    }
    if let Some(name) = call.body.text("name") {
        channel.name = if is_thread { name.to_owned() } else { name_for(channel.kind, name) };
    }
    apply(stage, call, &mut channel)?;
    let shown = show::channel(stage.world, &channel);
    stage.world.discord.channels.insert(channel.id, channel);
    Ok(Answer::json(200, &shown))
}

/// Conversations are closed, not deleted: their messages are there again when they are opened.
pub(super) fn delete(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let Place { channel, permissions } = call.place(stage)?;
    let shown = show::channel(stage.world, &channel);
    let Some(guild) = channel.guild else {
        return Ok(Answer::json(200, &shown));
    };
    let needed = if channel.thread.is_some() { MANAGE_THREADS } else { MANAGE_CHANNELS };
    Place { channel, permissions }.need(needed)?;
    let id = call.id("channel_id")?;
    stage.world.discord.remove_channel(id);
    if let Some(guild) = stage.world.discord.guilds.get_mut(&guild)
        && guild.system_channel == Some(id)
    {
        guild.system_channel = None;
    }
    Ok(Answer::json(200, &shown))
}

/// A typing indicator that nobody sees.
pub(super) fn typing(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = call.place(stage)?;
    place.need(permissions::SEND_MESSAGES)?;
    Ok(Answer::empty(204))
}

/// Channels of texts are named in lower case and without spaces.
pub(super) fn name_for(kind: i64, name: &str) -> String {
    match kind {
        kind::TEXT | kind::ANNOUNCEMENT | kind::FORUM => {
            name.to_lowercase().split_whitespace().collect::<Vec<_>>().join("-")
        }
        _ => name.to_owned(),
    }
}

/// Takes over what the body says of a channel beside its name and kind.
pub(super) fn apply(stage: &Stage<'_>, call: &Call, channel: &mut Channel) -> Result<(), Failure> {
    let body = &call.body;
    if let Some(seconds) = body.integer("rate_limit_per_user") {
        in_range("rate_limit_per_user", seconds, 0, 21_600)?;
    }
    if let Some(position) = body.integer("position") {
        in_range("position", position, 0, i64::from(i32::MAX))?;
        channel.position = position;
    }
    if body.names("topic") {
        channel.topic = body.text("topic").map(str::to_owned);
    }
    if body.names("parent_id") {
        channel.parent = parent(stage, channel, body)?;
    }
    if body.names("permission_overwrites") {
        channel.overwrites = overwrites(stage, call, channel)?;
    }
    for name in SETTINGS {
        match body.0.get(*name) {
            Some(Value::Null) => {
                channel.settings.remove(*name);
            }
            Some(value) => {
                channel.settings.insert((*name).to_owned(), value.clone());
            }
            None => {}
        }
    }
    number_tags(channel);
    Ok(())
}

/// New tags of a forum get ids: their place in the list after the channel's own id.
fn number_tags(channel: &mut Channel) {
    let first = channel.id + 1;
    let Some(Value::Array(tags)) = channel.settings.get_mut("available_tags") else {
        return;
    };
    for (number, tag) in (first..).zip(tags.iter_mut()) {
        let blank =
            json!({"id": number.to_string(), "moderated": false, "emoji_id": null, "emoji_name": null});
        if let (Value::Object(tag), Value::Object(blank)) = (tag, blank) {
            for (name, value) in blank {
                tag.entry(name).or_insert(value);
            }
        }
    }
}

fn parent(stage: &Stage<'_>, channel: &Channel, body: &Arguments) -> Result<Option<u64>, Failure> {
    let Some(id) = body.text("parent_id").map(as_id) else {
        return Ok(None);
    };
    let found = stage.world.discord.channels.get(&id).filter(|parent| parent.guild == channel.guild);
    let wrong = |code: &str, message: &str| Failure::form("parent_id", code, message);
    let parent = found.ok_or_else(|| wrong("CHANNEL_PARENT_INVALID", "Category does not exist"))?;
    if parent.kind != kind::CATEGORY || channel.kind == kind::CATEGORY {
        return Err(wrong("CHANNEL_PARENT_INVALID_TYPE", "Not a category"));
    }
    Ok(Some(id))
}

/// A bot gives and takes only what it has itself.
fn overwrites(stage: &Stage<'_>, call: &Call, channel: &Channel) -> Result<Vec<Overwrite>, Failure> {
    let guild = channel.guild.and_then(|guild| stage.world.discord.guilds.get(&guild));
    let guild = guild.ok_or(failure::UNKNOWN_GUILD)?;
    let own = permissions::in_guild(guild, call.user());
    let mut overwrites = Vec::new();
    let given = call.body.value("permission_overwrites").and_then(Value::as_array);
    for (index, one) in given.into_iter().flatten().enumerate() {
        let id = as_id(one["id"].as_str().unwrap_or_default());
        let kind = one["type"].as_i64().unwrap_or_else(|| i64::from(guild.members.contains_key(&id)));
        let known = match kind {
            0 => guild.roles.contains_key(&id),
            1 => guild.members.contains_key(&id),
            _ => return Err(Failure::choice(&format!("permission_overwrites[{index}].type"), "0, 1")),
        };
        if !known {
            return Err(failure::UNKNOWN_ROLE.into());
        }
        let overwrite = Overwrite { id, kind, allow: bits(&one["allow"]), deny: bits(&one["deny"]) };
        if (overwrite.allow | overwrite.deny) & !own != 0 {
            return Err(failure::MISSING_PERMISSIONS.into());
        }
        overwrites.push(overwrite);
    }
    Ok(overwrites)
}

/// A bit set, sent as a number or its text.
pub(super) fn bits(value: &Value) -> u64 {
    value.as_u64().or_else(|| value.as_str()?.parse().ok()).unwrap_or_default()
}
