//! Parameters and bodies of the official description.

use crate::strict::{Field, Fields, Shape, may, must};

pub(super) const ID: Shape = Shape::Like("snowflake", is_snowflake);
const WHEN: Shape = Shape::Like("a time of ISO 8601", is_time);
/// A bit set, which is a number or its decimal text.
const BITS: Shape = Shape::Either(&[Shape::Integer, Shape::Like("digits", is_snowflake)]);

fn is_snowflake(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u64>().is_ok()
}

fn is_time(text: &str) -> bool {
    text.parse::<jiff::Timestamp>().is_ok()
}

fn at_most<const MOST: usize>(text: &str) -> bool {
    text.chars().count() <= MOST
}

fn between<const LEAST: usize, const MOST: usize>(text: &str) -> bool {
    (LEAST..=MOST).contains(&text.chars().count())
}

const NAME: Shape = Shape::Like("Must be between 1 and 100 in length.", between::<1, 100>);
const SHORT_NAME: Shape = Shape::Like("Must be between 1 and 80 in length.", between::<1, 80>);
/// Apps have 2000 characters; the description's 4000 are for those who pay.
const CONTENT: Shape = Shape::Like("Must be 2000 or fewer in length.", at_most::<2000>);
const UP_TO_100: Shape = Shape::Like("Must be 100 or fewer in length.", at_most::<100>);
const UP_TO_256: Shape = Shape::Like("Must be 256 or fewer in length.", at_most::<256>);
const UP_TO_1024: Shape = Shape::Like("Must be 1024 or fewer in length.", at_most::<1024>);
const UP_TO_2048: Shape = Shape::Like("Must be 2048 or fewer in length.", at_most::<2048>);
const UP_TO_4096: Shape = Shape::Like("Must be 4096 or fewer in length.", at_most::<4096>);

/// A field that may be left out or null.
const fn null(name: &'static str, shape: &'static Shape) -> Field {
    may(name, Shape::Nullable(shape))
}

pub(super) const NONE: Fields = &[];
pub(super) const COUNTS: Fields = &[may("with_counts", Shape::Boolean)];
pub(super) const MY_GUILDS: Fields =
    &[may("before", ID), may("after", ID), may("limit", Shape::Integer), may("with_counts", Shape::Boolean)];
pub(super) const MESSAGES: Fields =
    &[may("around", ID), may("before", ID), may("after", ID), may("limit", Shape::Integer)];
pub(super) const MEMBERS: Fields = &[may("limit", Shape::Integer), may("after", Shape::Integer)];
pub(super) const MEMBER_SEARCH: Fields = &[must("query", NAME), may("limit", Shape::Integer)];
pub(super) const BY_TIME: Fields = &[may("before", WHEN), may("limit", Shape::Integer)];
pub(super) const REACTORS: Fields =
    &[may("after", ID), may("limit", Shape::Integer), may("type", Shape::Integer)];
pub(super) const THREAD_MEMBERS: Fields =
    &[may("with_member", Shape::Boolean), may("limit", Shape::Integer), may("after", ID)];
pub(super) const INVITE: Fields = &[
    may("with_counts", Shape::Boolean),
    may("guild_scheduled_event_id", ID),
    may("target_channel_id", ID),
    may("target_message_id", ID),
];
pub(super) const EXECUTE: Fields =
    &[may("wait", Shape::Boolean), may("thread_id", ID), may("with_components", Shape::Boolean)];
pub(super) const IN_THREAD: Fields = &[may("thread_id", ID)];
pub(super) const IN_THREAD_WITH_COMPONENTS: Fields =
    &[may("thread_id", ID), may("with_components", Shape::Boolean)];

const PICTURE: Shape = Shape::Object(&[
    null("url", &UP_TO_2048),
    null("width", &Shape::Integer),
    null("height", &Shape::Integer),
    null("placeholder", &Shape::Text),
    null("placeholder_version", &Shape::Integer),
    null("is_animated", &Shape::Boolean),
    null("description", &UP_TO_4096),
]);
const EMBED: Shape = Shape::Object(&[
    null("type", &Shape::Text),
    null("url", &UP_TO_2048),
    null("title", &UP_TO_256),
    null("color", &Shape::Integer),
    null("timestamp", &WHEN),
    null("description", &UP_TO_4096),
    null(
        "author",
        &Shape::Object(&[null("name", &UP_TO_256), null("url", &UP_TO_2048), null("icon_url", &UP_TO_2048)]),
    ),
    null("image", &PICTURE),
    null("thumbnail", &PICTURE),
    null("video", &PICTURE),
    null("footer", &Shape::Object(&[null("text", &UP_TO_2048), null("icon_url", &UP_TO_2048)])),
    null(
        "fields",
        &Shape::List(&Shape::Object(&[
            must("name", UP_TO_256),
            must("value", UP_TO_1024),
            null("inline", &Shape::Boolean),
        ])),
    ),
    null("provider", &Shape::Object(&[null("name", &UP_TO_256), null("url", &UP_TO_2048)])),
]);
const EMOJI: Shape =
    Shape::Object(&[null("id", &ID), null("name", &Shape::Text), null("animated", &Shape::Boolean)]);
const MEDIA: Shape = Shape::Object(&[must("url", UP_TO_2048)]);
/// What any kind of component has; it may hold others.
static COMPONENT: [Field; 31] = [
    must("type", Shape::Integer),
    null("id", &Shape::Integer),
    may("components", Shape::List(&Shape::Object(&COMPONENT))),
    may("accessory", Shape::Object(&COMPONENT)),
    may("style", Shape::Integer),
    null("label", &UP_TO_100),
    null("custom_id", &UP_TO_100),
    null("url", &UP_TO_2048),
    null("disabled", &Shape::Boolean),
    null("emoji", &EMOJI),
    null("sku_id", &ID),
    may(
        "options",
        Shape::List(&Shape::Object(&[
            must("label", UP_TO_100),
            must("value", UP_TO_100),
            null("description", &UP_TO_100),
            null("default", &Shape::Boolean),
            null("emoji", &EMOJI),
        ])),
    ),
    null("placeholder", &Shape::Text),
    null("min_values", &Shape::Integer),
    null("max_values", &Shape::Integer),
    null("required", &Shape::Boolean),
    null("channel_types", &Shape::List(&Shape::Integer)),
    null("default_values", &Shape::List(&Shape::Object(&[must("id", ID), must("type", Shape::Text)]))),
    may("content", UP_TO_4096),
    may(
        "items",
        Shape::List(&Shape::Object(&[
            must("media", MEDIA),
            null("description", &UP_TO_1024),
            null("spoiler", &Shape::Boolean),
        ])),
    ),
    may("media", MEDIA),
    may("file", MEDIA),
    null("description", &UP_TO_1024),
    null("spoiler", &Shape::Boolean),
    null("spacing", &Shape::Integer),
    null("divider", &Shape::Boolean),
    null("accent_color", &Shape::Integer),
    may("value", Shape::Text),
    may("name", Shape::Text),
    null("min_length", &Shape::Integer),
    null("max_length", &Shape::Integer),
];
const COMPONENTS: Shape = Shape::List(&Shape::Object(&COMPONENT));
const MENTIONS: Shape = Shape::Object(&[
    null("parse", &Shape::List(&Shape::OneOf(&["users", "roles", "everyone"]))),
    null("users", &Shape::List(&ID)),
    null("roles", &Shape::List(&ID)),
    null("replied_user", &Shape::Boolean),
]);
const ATTACHMENTS: Shape = Shape::List(&Shape::Object(&[
    must("id", ID),
    null("filename", &UP_TO_1024),
    null("description", &UP_TO_1024),
    // A fraction, which no other shape takes.
    null("duration_secs", &Shape::Any),
    null("waveform", &Shape::Text),
    null("title", &UP_TO_1024),
    null("is_spoiler", &Shape::Boolean),
    null("is_remix", &Shape::Boolean),
]));
const POLL_MEDIA: Shape = Shape::Object(&[null("text", &Shape::Text), null("emoji", &EMOJI)]);
const POLL: Shape = Shape::Object(&[
    must("question", POLL_MEDIA),
    must("answers", Shape::List(&Shape::Object(&[must("poll_media", POLL_MEDIA)]))),
    null("allow_multiselect", &Shape::Boolean),
    null("layout_type", &Shape::Integer),
    null("duration", &Shape::Integer),
]);

pub(super) const NEW_MESSAGE: Fields = &[
    null("content", &CONTENT),
    null("embeds", &Shape::List(&EMBED)),
    null("allowed_mentions", &MENTIONS),
    null("sticker_ids", &Shape::List(&ID)),
    null("components", &COMPONENTS),
    null("flags", &Shape::Integer),
    null("attachments", &ATTACHMENTS),
    null("poll", &POLL),
    null(
        "message_reference",
        &Shape::Object(&[
            null("guild_id", &ID),
            null("channel_id", &ID),
            must("message_id", ID),
            null("fail_if_not_exists", &Shape::Boolean),
            null("type", &Shape::Integer),
        ]),
    ),
    null(
        "nonce",
        &Shape::Either(&[
            Shape::Integer,
            Shape::Like("Must be between 1 and 25 in length.", between::<1, 25>),
        ]),
    ),
    null("enforce_nonce", &Shape::Boolean),
    null("tts", &Shape::Boolean),
];
pub(super) const MESSAGE_EDIT: Fields = &[
    null("content", &CONTENT),
    null("embeds", &Shape::List(&EMBED)),
    null("flags", &Shape::Integer),
    null("allowed_mentions", &MENTIONS),
    null("sticker_ids", &Shape::List(&ID)),
    null("components", &COMPONENTS),
    null("attachments", &ATTACHMENTS),
];
pub(super) const WEBHOOK_MESSAGE: Fields = &[
    null("content", &CONTENT),
    null("embeds", &Shape::List(&EMBED)),
    null("allowed_mentions", &MENTIONS),
    null("components", &COMPONENTS),
    null("flags", &Shape::Integer),
    null("attachments", &ATTACHMENTS),
    null("poll", &POLL),
    null("tts", &Shape::Boolean),
    null("username", &SHORT_NAME),
    null("avatar_url", &UP_TO_2048),
    null("thread_name", &UP_TO_100),
    null("applied_tags", &Shape::List(&ID)),
];
pub(super) const WEBHOOK_MESSAGE_EDIT: Fields = &[
    null("content", &CONTENT),
    null("embeds", &Shape::List(&EMBED)),
    null("allowed_mentions", &MENTIONS),
    null("components", &COMPONENTS),
    null("flags", &Shape::Integer),
    null("attachments", &ATTACHMENTS),
    null("poll", &POLL),
];
pub(super) const MANY: Fields = &[must("messages", Shape::List(&ID))];

const OVERWRITES: Shape = Shape::List(&Shape::Object(&[
    must("id", ID),
    null("type", &Shape::Integer),
    null("allow", &BITS),
    null("deny", &BITS),
]));
const TAGS: Shape = Shape::List(&Shape::Object(&[
    must("name", Shape::Text),
    null("id", &ID),
    null("emoji_id", &ID),
    null("emoji_name", &UP_TO_100),
    null("moderated", &Shape::Boolean),
]));
const DEFAULT_EMOJI: Shape = Shape::Object(&[null("emoji_id", &ID), null("emoji_name", &UP_TO_100)]);
const TAG_SETTING: Shape = Shape::OneOf(&["match_all", "match_some"]);

pub(super) const NEW_CHANNEL: Fields = &[
    must("name", NAME),
    null("type", &Shape::Integer),
    null("position", &Shape::Integer),
    null("topic", &UP_TO_4096),
    null("bitrate", &Shape::Integer),
    null("user_limit", &Shape::Integer),
    null("nsfw", &Shape::Boolean),
    null("rate_limit_per_user", &Shape::Integer),
    null("parent_id", &ID),
    null("permission_overwrites", &OVERWRITES),
    null("rtc_region", &Shape::Text),
    null("video_quality_mode", &Shape::Integer),
    null("default_auto_archive_duration", &Shape::Integer),
    null("default_reaction_emoji", &DEFAULT_EMOJI),
    null("default_thread_rate_limit_per_user", &Shape::Integer),
    null("default_sort_order", &Shape::Integer),
    null("default_forum_layout", &Shape::Integer),
    null("default_tag_setting", &TAG_SETTING),
    null("available_tags", &TAGS),
];
/// Of a channel of a guild or of a thread; the handler tells them apart.
pub(super) const CHANNEL_EDIT: Fields = &[
    may("name", NAME),
    null("type", &Shape::Integer),
    null("position", &Shape::Integer),
    null("topic", &UP_TO_4096),
    null("bitrate", &Shape::Integer),
    null("user_limit", &Shape::Integer),
    null("nsfw", &Shape::Boolean),
    null("rate_limit_per_user", &Shape::Integer),
    null("parent_id", &ID),
    null("permission_overwrites", &OVERWRITES),
    null("rtc_region", &Shape::Text),
    null("video_quality_mode", &Shape::Integer),
    null("default_auto_archive_duration", &Shape::Integer),
    null("default_reaction_emoji", &DEFAULT_EMOJI),
    null("default_thread_rate_limit_per_user", &Shape::Integer),
    null("default_sort_order", &Shape::Integer),
    null("default_forum_layout", &Shape::Integer),
    null("default_tag_setting", &TAG_SETTING),
    null("flags", &Shape::Integer),
    null("available_tags", &TAGS),
    null("archived", &Shape::Boolean),
    null("locked", &Shape::Boolean),
    null("invitable", &Shape::Boolean),
    null("auto_archive_duration", &Shape::Integer),
    null("applied_tags", &Shape::List(&ID)),
];
pub(super) const THREAD_OF_MESSAGE: Fields = &[
    must("name", NAME),
    null("auto_archive_duration", &Shape::Integer),
    null("rate_limit_per_user", &Shape::Integer),
];
/// In a text channel or in a forum; the handler tells them apart.
pub(super) const NEW_THREAD: Fields = &[
    must("name", NAME),
    null("auto_archive_duration", &Shape::Integer),
    null("rate_limit_per_user", &Shape::Integer),
    null("type", &Shape::Integer),
    null("invitable", &Shape::Boolean),
    null("applied_tags", &Shape::List(&ID)),
    may(
        "message",
        Shape::Object(&[
            null("content", &CONTENT),
            null("embeds", &Shape::List(&EMBED)),
            null("allowed_mentions", &MENTIONS),
            null("sticker_ids", &Shape::List(&ID)),
            null("components", &COMPONENTS),
            null("flags", &Shape::Integer),
            null("attachments", &ATTACHMENTS),
            null("poll", &POLL),
        ]),
    ),
];
pub(super) const NEW_INVITE: Fields = &[
    null("max_age", &Shape::Integer),
    null("max_uses", &Shape::Integer),
    null("temporary", &Shape::Boolean),
    null("unique", &Shape::Boolean),
    null("target_user_id", &ID),
    null("target_application_id", &ID),
    null("target_type", &Shape::Integer),
    null("role_ids", &Shape::List(&ID)),
];
pub(super) const ROLE: Fields = &[
    null("name", &NAME),
    null("permissions", &BITS),
    null("color", &Shape::Integer),
    null(
        "colors",
        &Shape::Object(&[
            null("primary_color", &Shape::Integer),
            null("secondary_color", &Shape::Integer),
            null("tertiary_color", &Shape::Integer),
        ]),
    ),
    null("hoist", &Shape::Boolean),
    null("mentionable", &Shape::Boolean),
    null("icon", &Shape::Text),
    null("unicode_emoji", &UP_TO_100),
];
pub(super) const MEMBER_EDIT: Fields = &[
    null("nick", &Shape::Like("Must be 32 or fewer in length.", at_most::<32>)),
    null("roles", &Shape::List(&ID)),
    null("mute", &Shape::Boolean),
    null("deaf", &Shape::Boolean),
    null("channel_id", &ID),
    null("communication_disabled_until", &WHEN),
    null("flags", &Shape::Integer),
];
pub(super) const NEW_DM: Fields = &[
    null("recipient_id", &ID),
    null("access_tokens", &Shape::List(&Shape::Text)),
    // Names by user id.
    null("nicks", &Shape::Any),
];
pub(super) const NEW_WEBHOOK: Fields = &[must("name", SHORT_NAME), null("avatar", &Shape::Text)];
pub(super) const WEBHOOK_EDIT: Fields =
    &[may("name", SHORT_NAME), null("avatar", &Shape::Text), null("channel_id", &ID)];
pub(super) const WEBHOOK_EDIT_BY_TOKEN: Fields = &[may("name", SHORT_NAME), null("avatar", &Shape::Text)];
