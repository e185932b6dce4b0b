//! What the methods take, as the official description has it.

use crate::strict::{Field, Fields, Shape, may, must};

pub(super) const CHANNEL: Field = must("channel", Shape::Text);
pub(super) const LIMIT: Field = may("limit", Shape::Integer);
pub(super) const CURSOR: Field = may("cursor", Shape::Text);
pub(super) const TEXT: Field = may("text", Shape::Text);
pub(super) const MARKDOWN: Field = may("markdown_text", Shape::Text);
pub(super) const BLOCKS: Field = may("blocks", Shape::Json);
pub(super) const ATTACHMENTS: Field = may("attachments", Shape::Json);
pub(super) const METADATA: Field = may("metadata", Shape::Json);
pub(super) const AS_USER: Field = may("as_user", Shape::Boolean);
pub(super) const LINK_NAMES: Field = may("link_names", Shape::Boolean);
pub(super) const PARSE: Field = may("parse", Shape::Text);
pub(super) const THREAD: Field = may("thread_ts", Shape::Text);
pub(super) const BROADCAST: Field = may("reply_broadcast", Shape::Boolean);
pub(super) const UNFURL_LINKS: Field = may("unfurl_links", Shape::Boolean);
pub(super) const UNFURL_MEDIA: Field = may("unfurl_media", Shape::Boolean);
pub(super) const USERNAME: Field = may("username", Shape::Text);
pub(super) const ICON_EMOJI: Field = may("icon_emoji", Shape::Text);
pub(super) const ICON_URL: Field = may("icon_url", Shape::Text);
pub(super) const TEAM: Field = may("team_id", Shape::Text);
pub(super) const LATEST: Field = may("latest", Shape::Text);
pub(super) const OLDEST: Field = may("oldest", Shape::Text);
pub(super) const INCLUSIVE: Field = may("inclusive", Shape::Boolean);
pub(super) const ALL_METADATA: Field = may("include_all_metadata", Shape::Boolean);
pub(super) const LOCALE: Field = may("include_locale", Shape::Boolean);
pub(super) const TIME: Shape = Shape::Either(&[Shape::Integer, Shape::Text]);

pub(super) const POST_MESSAGE: Fields = &[
    CHANNEL,
    TEXT,
    MARKDOWN,
    BLOCKS,
    ATTACHMENTS,
    METADATA,
    AS_USER,
    LINK_NAMES,
    PARSE,
    THREAD,
    BROADCAST,
    UNFURL_LINKS,
    UNFURL_MEDIA,
    USERNAME,
    ICON_EMOJI,
    ICON_URL,
    may("mrkdwn", Shape::Boolean),
    may("container_id", Shape::Text),
];
pub(super) const POST_EPHEMERAL: Fields = &[
    CHANNEL,
    must("user", Shape::Text),
    TEXT,
    MARKDOWN,
    BLOCKS,
    ATTACHMENTS,
    AS_USER,
    LINK_NAMES,
    PARSE,
    THREAD,
    USERNAME,
    ICON_EMOJI,
    ICON_URL,
];
pub(super) const UPDATE: Fields = &[
    CHANNEL,
    must("ts", Shape::Text),
    TEXT,
    MARKDOWN,
    BLOCKS,
    ATTACHMENTS,
    METADATA,
    AS_USER,
    LINK_NAMES,
    PARSE,
    BROADCAST,
    may("file_ids", Shape::Json),
];
pub(super) const SCHEDULE: Fields = &[
    CHANNEL,
    must("post_at", TIME),
    TEXT,
    MARKDOWN,
    BLOCKS,
    ATTACHMENTS,
    METADATA,
    AS_USER,
    LINK_NAMES,
    PARSE,
    THREAD,
    BROADCAST,
    UNFURL_LINKS,
    UNFURL_MEDIA,
];
pub(super) const SCHEDULED: Fields = &[may("channel", Shape::Text), LATEST, OLDEST, LIMIT, CURSOR, TEAM];
pub(super) const HISTORY_FIELDS: Fields = &[CHANNEL, LATEST, OLDEST, INCLUSIVE, LIMIT, CURSOR, ALL_METADATA];
pub(super) const REPLIES: Fields =
    &[CHANNEL, must("ts", Shape::Text), LATEST, OLDEST, INCLUSIVE, LIMIT, CURSOR, ALL_METADATA];
pub(super) const SEARCH: Fields = &[
    must("query", Shape::Text),
    may("count", Shape::Integer),
    may("page", Shape::Integer),
    may("highlight", Shape::Boolean),
    may("sort", Shape::OneOf(&["score", "timestamp"])),
    may("sort_dir", Shape::OneOf(&["asc", "desc"])),
    CURSOR,
    TEAM,
];
pub(super) const UPLOAD: Fields = &[
    must("filename", Shape::Text),
    must("length", Shape::Integer),
    may("alt_txt", Shape::Text),
    may("snippet_type", Shape::Text),
];
pub(super) const COMPLETE: Fields = &[
    must("files", Shape::Json),
    may("channel_id", Shape::Text),
    may("initial_comment", Shape::Text),
    may("thread_ts", Shape::Text),
    may("channels", Shape::Text),
];
pub(super) const OPTIONAL_CHANNEL: Field = may("channel", Shape::Text);
pub(super) const UNREACT: Fields = &[
    must("name", Shape::Text),
    OPTIONAL_CHANNEL,
    may("timestamp", Shape::Text),
    may("file", Shape::Text),
    may("file_comment", Shape::Text),
];
pub(super) const CONVERSATIONS: Fields =
    &[may("exclude_archived", Shape::Boolean), may("types", Shape::Text), LIMIT, CURSOR, TEAM];
pub(super) const CONVERSATIONS_OF: Fields = &[
    may("user", Shape::Text),
    may("exclude_archived", Shape::Boolean),
    may("types", Shape::Text),
    LIMIT,
    CURSOR,
    TEAM,
];
pub(super) const FILES: Fields = &[
    may("user", Shape::Text),
    OPTIONAL_CHANNEL,
    may("ts_from", Shape::Text),
    may("ts_to", Shape::Text),
    may("types", Shape::Text),
    may("count", Shape::Integer),
    may("page", Shape::Integer),
    may("show_files_hidden_by_limit", Shape::Boolean),
    TEAM,
];
pub(super) const TEAM_INFO: Fields = &[
    may("team", Shape::Text),
    may("domain", Shape::Text),
    may("include_slackbot_availability", Shape::Boolean),
];
pub(super) const REMINDER: Fields = &[
    must("text", Shape::Text),
    must("time", TIME),
    may("user", Shape::Text),
    may("recurrence", Shape::Text),
    TEAM,
];
