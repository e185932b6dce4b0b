//! How users, members, roles, guilds, channels and messages look in answers.

use jiff::Timestamp;
use serde_json::{Value, json};
use url::Url;

use super::state::{
    Attachment, Author, Channel, Emoji, Guild, Guilds, Invite, Member, Message, Role, Webhook, kind, person,
};
use crate::provider::Provider;
use crate::stage::{later, written};
use crate::world::World;

/// A time as Discord writes it: microseconds and an offset in full.
pub(super) fn time(time: Timestamp) -> String {
    format!("{}.{:06}+00:00", written(time).trim_end_matches('Z'), time.subsec_microsecond())
}

fn id(id: u64) -> Value {
    Value::from(id.to_string())
}

pub(super) fn user(world: &World, of: u64) -> Value {
    let app = world.oauth.find_client(Provider::Discord, &of.to_string());
    let (username, global_name) = match (person(of), app) {
        (Some(person), _) => (person.handle.to_owned(), Some(person.given.to_owned())),
        (None, Some(app)) => (app.name.clone(), None),
        (None, None) => ("Deleted User".to_owned(), None),
    };
    let mut value = json!({
        "id": id(of), "username": username, "avatar": null, "discriminator": if app.is_some() { "4242" } else { "0" },
        "public_flags": 0, "flags": 0, "banner": null, "accent_color": null, "global_name": global_name,
        "avatar_decoration_data": null, "collectibles": null, "primary_guild": null,
    });
    if app.is_some() {
        value["bot"] = true.into();
    }
    value
}

pub(super) fn member(world: &World, member: &Member) -> Value {
    let roles: Vec<Value> = member.roles.iter().map(|role| id(*role)).collect();
    json!({
        "avatar": null, "banner": null, "communication_disabled_until": member.timed_out_until, "flags": 0,
        "joined_at": time(member.joined_at), "nick": member.nick, "pending": false, "premium_since": null,
        "roles": roles, "user": user(world, member.user), "mute": false, "deaf": false,
    })
}

pub(super) fn role(role: &Role) -> Value {
    let mut value = json!({
        "id": id(role.id), "name": role.name, "permissions": role.permissions.to_string(),
        "position": role.position, "color": role.color,
        "colors": {"primary_color": role.color, "secondary_color": null, "tertiary_color": null},
        "hoist": role.hoist, "managed": role.bot.is_some(), "mentionable": role.mentionable, "icon": null,
        "unicode_emoji": role.unicode_emoji, "flags": 0,
    });
    if let Some(bot) = role.bot {
        value["tags"] = json!({"bot_id": id(bot)});
    }
    value
}

pub(super) fn roles(guild: &Guild) -> Value {
    guild.roles.values().map(role).collect()
}

pub(super) fn guild(guild: &Guild) -> Value {
    let emojis: Vec<Value> = guild
        .emojis
        .iter()
        .map(|(emoji, name)| {
            json!({
                "id": id(*emoji), "name": name, "roles": [], "require_colons": true, "managed": false,
                "animated": false, "available": true,
            })
        })
        .collect();
    json!({
        "id": id(guild.id), "name": guild.name, "icon": null, "description": guild.description,
        "home_header": null, "splash": null, "discovery_splash": null, "features": [], "banner": null,
        "owner_id": id(guild.owner), "application_id": null, "region": "deprecated", "afk_channel_id": null,
        "afk_timeout": 300, "system_channel_id": guild.system_channel.map(id), "system_channel_flags": 0,
        "widget_enabled": false, "widget_channel_id": null, "verification_level": 0, "roles": roles(guild),
        "default_message_notifications": 0, "mfa_level": 0, "explicit_content_filter": 0, "max_presences": null,
        "max_members": 500_000, "max_stage_video_channel_users": 50, "max_video_channel_users": 25,
        "vanity_url_code": null, "premium_tier": 0, "premium_subscription_count": 0, "preferred_locale": "en-US",
        "rules_channel_id": null, "safety_alerts_channel_id": null, "public_updates_channel_id": null,
        "premium_progress_bar_enabled": false, "nsfw": false, "nsfw_level": 0, "emojis": emojis, "stickers": [],
        "incidents_data": null,
    })
}

pub(super) fn channel(world: &World, channel: &Channel) -> Value {
    let state = &world.discord;
    let last = state.messages_in(channel.id).next_back().map(|message| id(message.id));
    let mut value = json!({
        "id": id(channel.id), "type": channel.kind, "flags": 0, "last_message_id": last,
    });
    let Some(guild) = channel.guild else {
        // Bots do not write to each other, so the other side is a person.
        let others = channel.recipients.iter().filter(|one| person(**one).is_some());
        value["recipients"] = others.map(|one| user(world, *one)).collect();
        return value;
    };
    value["guild_id"] = id(guild);
    value["name"] = channel.name.clone().into();
    value["parent_id"] = channel.parent.map(id).into();
    if channel.thread.is_some() {
        thread(state, channel, &mut value);
    } else {
        let overwrites = channel.overwrites.iter().map(|one| {
            let (allow, deny) = (one.allow.to_string(), one.deny.to_string());
            json!({"id": id(one.id), "type": one.kind, "allow": allow, "deny": deny})
        });
        value["permission_overwrites"] = overwrites.collect();
        value["position"] = channel.position.into();
        value["topic"] = channel.topic.clone().into();
        value["nsfw"] = false.into();
        value["rate_limit_per_user"] = 0.into();
        if matches!(channel.kind, kind::VOICE | kind::STAGE) {
            value["bitrate"] = 64_000.into();
            value["user_limit"] = 0.into();
            value["rtc_region"] = Value::Null;
        }
        if channel.kind == kind::FORUM {
            value["available_tags"] = json!([]);
        }
    }
    for (name, setting) in &channel.settings {
        value[name] = setting.clone();
    }
    value
}

fn thread(state: &Guilds, channel: &Channel, value: &mut Value) {
    let Some(thread) = &channel.thread else {
        return;
    };
    let count = state.messages_in(channel.id).filter(|message| message.is_written()).count();
    value["owner_id"] = id(thread.owner);
    value["message_count"] = count.into();
    value["total_message_sent"] = count.into();
    value["member_count"] = thread.members.len().into();
    value["rate_limit_per_user"] = 0.into();
    let mut metadata = json!({
        "archived": thread.archived, "archive_timestamp": time(thread.changed_at), "locked": thread.locked,
        "auto_archive_duration": thread.auto_archive_duration, "create_timestamp": time(thread.created_at),
    });
    if let Some(invitable) = thread.invitable {
        metadata["invitable"] = invitable.into();
    }
    value["thread_metadata"] = metadata;
}

pub(super) fn thread_member(channel: u64, of: u64, since: Timestamp) -> Value {
    json!({"id": id(channel), "user_id": id(of), "join_timestamp": time(since), "flags": 1})
}

pub(super) fn emoji(emoji: &Emoji) -> Value {
    json!({"id": emoji.id.map(id), "name": emoji.name})
}

fn attachment(channel: u64, attachment: &Attachment) -> Value {
    let Attachment { filename, size, .. } = attachment;
    let place = format!("attachments/{channel}/{}/{filename}", attachment.id);
    let mut value = json!({
        "id": id(attachment.id), "filename": filename, "size": size,
        "url": format!("https://cdn.discordapp.com/{place}"), "proxy_url": format!("https://media.discordapp.net/{place}"),
    });
    if let Some(content_type) = &attachment.content_type {
        value["content_type"] = content_type.clone().into();
    }
    if let Some(description) = &attachment.description {
        value["description"] = description.clone().into();
    }
    value
}

/// A message as `viewer` sees it.
pub(super) fn message(world: &World, message: &Message, viewer: u64) -> Value {
    let mut value = plain(world, message);
    if !message.reactions.is_empty() {
        let reactions = message.reactions.iter().map(|reaction| {
            let count = reaction.users.len();
            json!({
                "emoji": emoji(&reaction.emoji), "count": count, "count_details": {"burst": 0, "normal": count},
                "burst_colors": [], "me_burst": false, "me": reaction.users.contains(&viewer),
            })
        });
        value["reactions"] = reactions.collect();
    }
    if let Some(thread) = world.discord.channels.get(&message.id) {
        value["thread"] = channel(world, thread);
    }
    if message.kind == 19 {
        let original = message.reference.and_then(|of| world.discord.messages.get(&of));
        value["referenced_message"] = original.map_or(Value::Null, |original| plain(world, original));
    }
    value
}

fn plain(world: &World, message: &Message) -> Value {
    let author = match &message.author {
        Author::User(of) => user(world, *of),
        Author::Webhook { id: of, name, avatar } => json!({
            "id": id(*of), "username": name, "avatar": avatar, "discriminator": "0000", "public_flags": 0,
            "flags": 0, "bot": true, "global_name": null, "primary_guild": null,
        }),
    };
    let mut value = json!({
        "type": message.kind, "content": message.content,
        "mentions": message.mentions.iter().map(|of| user(world, *of)).collect::<Vec<_>>(),
        "mention_roles": message.mention_roles.iter().map(|of| id(*of)).collect::<Vec<_>>(),
        "mention_everyone": message.mention_everyone,
        "attachments": message.attachments.iter().map(|one| attachment(message.channel, one)).collect::<Vec<_>>(),
        "embeds": message.embeds, "components": message.components, "timestamp": time(message.created_at),
        "edited_timestamp": message.edited_at.map(time), "flags": message.flags, "id": id(message.id),
        "channel_id": id(message.channel), "author": author, "pinned": message.pinned_at.is_some(), "tts": message.tts,
    });
    if let Author::Webhook { id: of, .. } = &message.author {
        value["webhook_id"] = id(*of);
    }
    if let Some(reference) = message.reference {
        let mut pointer = json!({"type": 0, "channel_id": id(message.channel), "message_id": id(reference)});
        if let Some(guild) = world.discord.channels.get(&message.channel).and_then(|channel| channel.guild) {
            pointer["guild_id"] = id(guild);
        }
        value["message_reference"] = pointer;
    }
    if let Some(nonce) = &message.nonce {
        value["nonce"] = nonce.clone();
    }
    if let Some(poll) = &message.poll {
        value["poll"] = poll.clone();
    }
    value
}

pub(super) fn webhook(world: &World, webhook: &Webhook, base: &Url) -> Value {
    let Webhook { name, avatar, token, .. } = webhook;
    json!({
        "application_id": webhook.application.map(id), "avatar": avatar, "channel_id": id(webhook.channel),
        "guild_id": id(webhook.guild), "id": id(webhook.id), "name": name, "type": 1,
        "user": user(world, webhook.user), "token": token,
        "url": format!("{base}discord.com/api/webhooks/{}/{token}", webhook.id),
    })
}

/// An invitation as anybody sees it.
pub(super) fn invite(world: &World, invite: &Invite) -> Value {
    let state = &world.discord;
    let expires = (invite.max_age > 0).then(|| time(later(invite.created_at, invite.max_age)));
    let mut value = json!({
        "type": 0, "code": invite.code, "expires_at": expires, "guild_id": id(invite.guild), "flags": 0,
        "inviter": user(world, invite.inviter),
    });
    if let Some(guild) = state.guilds.get(&invite.guild) {
        value["guild"] = json!({
            "id": id(guild.id), "name": guild.name, "splash": null, "banner": null, "description": guild.description,
            "icon": null, "features": [], "verification_level": 0, "vanity_url_code": null, "nsfw_level": 0,
            "nsfw": false, "premium_subscription_count": 0,
        });
    }
    if let Some(channel) = state.channels.get(&invite.channel) {
        value["channel"] = json!({"id": id(channel.id), "type": channel.kind, "name": channel.name});
    }
    value
}

/// The same for those who manage it.
pub(super) fn managed_invite(world: &World, of: &Invite) -> Value {
    let mut value = invite(world, of);
    value["uses"] = 0.into();
    value["max_uses"] = of.max_uses.into();
    value["max_age"] = of.max_age.into();
    value["temporary"] = of.temporary.into();
    value["created_at"] = time(of.created_at).into();
    value
}
