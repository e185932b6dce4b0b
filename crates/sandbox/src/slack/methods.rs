//! The Web API's methods with what the official description says they take.

use super::{Handler, chat, conversations, files, messages, others, scheduled, users};
use crate::strict::{Field, Fields, Shape, may, must};

/// How a method takes its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// In the query of a GET, or as a form.
    Query,
    Form,
    FormOrJson,
    /// In whichever way.
    Any,
}

pub(super) struct Method {
    pub(super) name: &'static str,
    pub(super) encoding: Encoding,
    /// One of them is needed. Where it depends on the channel, the handler asks again.
    pub(super) scopes: &'static [&'static str],
    pub(super) user_only: bool,
    pub(super) fields: Fields,
    pub(super) handler: Handler,
}

const fn method(
    name: &'static str,
    encoding: Encoding,
    scopes: &'static [&'static str],
    fields: Fields,
    handler: Handler,
) -> Method {
    Method { name, encoding, scopes, user_only: false, fields, handler }
}

/// A method that only the token of a user may call.
const fn of_user(method: Method) -> Method {
    Method { user_only: true, ..method }
}

const WRITE: &[&str] = &["chat:write", "chat:write:bot", "chat:write:user"];
const READ: &[&str] = &["channels:read", "groups:read", "im:read", "mpim:read"];
const HISTORY: &[&str] = &["channels:history", "groups:history", "im:history", "mpim:history"];
const MANAGE: &[&str] = &[
    "channels:manage",
    "channels:write",
    "channels:write.invites",
    "channels:write.topic",
    "groups:write",
    "im:write",
    "mpim:write",
];
/// The description leaves out the last one, which Slack's documentation of the method has.
const INVITE: &[&str] = &[
    "channels:manage",
    "channels:write",
    "channels:write.invites",
    "channels:write.topic",
    "groups:write",
    "im:write",
    "mpim:write",
    "groups:write.invites",
];
const OPEN: &[&str] = &["channels:manage", "channels:write", "groups:write", "im:write", "mpim:write"];

const CHANNEL: Field = must("channel", Shape::Text);
const LIMIT: Field = may("limit", Shape::Integer);
const CURSOR: Field = may("cursor", Shape::Text);
const TEXT: Field = may("text", Shape::Text);
const MARKDOWN: Field = may("markdown_text", Shape::Text);
const BLOCKS: Field = may("blocks", Shape::Json);
const ATTACHMENTS: Field = may("attachments", Shape::Json);
const METADATA: Field = may("metadata", Shape::Json);
const AS_USER: Field = may("as_user", Shape::Boolean);
const LINK_NAMES: Field = may("link_names", Shape::Boolean);
const PARSE: Field = may("parse", Shape::Text);
const THREAD: Field = may("thread_ts", Shape::Text);
const BROADCAST: Field = may("reply_broadcast", Shape::Boolean);
const UNFURL_LINKS: Field = may("unfurl_links", Shape::Boolean);
const UNFURL_MEDIA: Field = may("unfurl_media", Shape::Boolean);
const USERNAME: Field = may("username", Shape::Text);
const ICON_EMOJI: Field = may("icon_emoji", Shape::Text);
const ICON_URL: Field = may("icon_url", Shape::Text);
const TEAM: Field = may("team_id", Shape::Text);
const LATEST: Field = may("latest", Shape::Text);
const OLDEST: Field = may("oldest", Shape::Text);
const INCLUSIVE: Field = may("inclusive", Shape::Boolean);
const ALL_METADATA: Field = may("include_all_metadata", Shape::Boolean);
const LOCALE: Field = may("include_locale", Shape::Boolean);
const TIME: Shape = Shape::Either(&[Shape::Integer, Shape::Text]);

const POST_MESSAGE: Fields = &[
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
const POST_EPHEMERAL: Fields = &[
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
const UPDATE: Fields = &[
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
const SCHEDULE: Fields = &[
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
const SCHEDULED: Fields = &[may("channel", Shape::Text), LATEST, OLDEST, LIMIT, CURSOR, TEAM];
const HISTORY_FIELDS: Fields = &[CHANNEL, LATEST, OLDEST, INCLUSIVE, LIMIT, CURSOR, ALL_METADATA];
const REPLIES: Fields =
    &[CHANNEL, must("ts", Shape::Text), LATEST, OLDEST, INCLUSIVE, LIMIT, CURSOR, ALL_METADATA];
const SEARCH: Fields = &[
    must("query", Shape::Text),
    may("count", Shape::Integer),
    may("page", Shape::Integer),
    may("highlight", Shape::Boolean),
    may("sort", Shape::OneOf(&["score", "timestamp"])),
    may("sort_dir", Shape::OneOf(&["asc", "desc"])),
    CURSOR,
    TEAM,
];
const UPLOAD: Fields = &[
    must("filename", Shape::Text),
    must("length", Shape::Integer),
    may("alt_txt", Shape::Text),
    may("snippet_type", Shape::Text),
];
const COMPLETE: Fields = &[
    must("files", Shape::Json),
    may("channel_id", Shape::Text),
    may("initial_comment", Shape::Text),
    may("thread_ts", Shape::Text),
    may("channels", Shape::Text),
];
const REMINDER: Fields = &[
    must("text", Shape::Text),
    must("time", TIME),
    may("user", Shape::Text),
    may("recurrence", Shape::Text),
    TEAM,
];

use Encoding::{Any, Form, FormOrJson, Query};

pub(super) const METHODS: &[Method] = &[
    method("auth.test", Any, &[], &[], users::auth_test),
    method("auth.revoke", Query, &[], &[may("test", Shape::Boolean)], users::auth_revoke),
    method("chat.postMessage", FormOrJson, WRITE, POST_MESSAGE, chat::post),
    method("chat.postEphemeral", FormOrJson, WRITE, POST_EPHEMERAL, chat::post_ephemeral),
    method("chat.update", FormOrJson, WRITE, UPDATE, chat::update),
    method("chat.delete", FormOrJson, WRITE, &[CHANNEL, must("ts", Shape::Text), AS_USER], chat::delete),
    method("chat.scheduleMessage", FormOrJson, WRITE, SCHEDULE, scheduled::schedule),
    method("chat.scheduledMessages.list", FormOrJson, &["chat:write"], SCHEDULED, scheduled::list),
    method(
        "chat.deleteScheduledMessage",
        FormOrJson,
        WRITE,
        &[CHANNEL, must("scheduled_message_id", Shape::Text), AS_USER],
        scheduled::delete,
    ),
    method("chat.getPermalink", Query, &[], &[CHANNEL, must("message_ts", Shape::Text)], chat::permalink),
    method(
        "conversations.list",
        Query,
        READ,
        &[may("exclude_archived", Shape::Boolean), may("types", Shape::Text), LIMIT, CURSOR, TEAM],
        conversations::list,
    ),
    method("conversations.history", Query, HISTORY, HISTORY_FIELDS, messages::history),
    method("conversations.replies", Query, HISTORY, REPLIES, messages::thread),
    method(
        "conversations.info",
        Query,
        READ,
        &[CHANNEL, LOCALE, may("include_num_members", Shape::Boolean)],
        conversations::info,
    ),
    method("conversations.members", Query, READ, &[CHANNEL, LIMIT, CURSOR], conversations::members),
    method(
        "conversations.create",
        FormOrJson,
        MANAGE,
        &[must("name", Shape::Text), may("is_private", Shape::Boolean), TEAM],
        conversations::create,
    ),
    method(
        "conversations.invite",
        FormOrJson,
        INVITE,
        &[CHANNEL, must("users", Shape::Text), may("force", Shape::Boolean)],
        conversations::invite,
    ),
    method(
        "conversations.open",
        FormOrJson,
        OPEN,
        &[may("channel", Shape::Text), may("users", Shape::Text), may("return_im", Shape::Boolean)],
        conversations::open,
    ),
    method(
        "conversations.join",
        FormOrJson,
        &["channels:join", "channels:write"],
        &[CHANNEL],
        conversations::join,
    ),
    method("conversations.archive", FormOrJson, MANAGE, &[CHANNEL], conversations::archive),
    method("users.list", Query, &["users:read"], &[LIMIT, CURSOR, LOCALE, TEAM], users::list),
    method("users.info", Query, &["users:read"], &[must("user", Shape::Text), LOCALE], users::info),
    method(
        "users.lookupByEmail",
        Query,
        &["users:read.email"],
        &[must("email", Shape::Text)],
        users::lookup_by_email,
    ),
    method(
        "reactions.add",
        FormOrJson,
        &["reactions:write"],
        &[CHANNEL, must("name", Shape::Text), must("timestamp", Shape::Text)],
        others::add_reaction,
    ),
    of_user(method("search.messages", Query, &["search:read"], SEARCH, messages::search)),
    of_user(method("reminders.add", FormOrJson, &["reminders:write"], REMINDER, others::add_reminder)),
    method("files.getUploadURLExternal", Form, &["files:write"], UPLOAD, files::upload_address),
    method("files.completeUploadExternal", FormOrJson, &["files:write"], COMPLETE, files::complete),
];
