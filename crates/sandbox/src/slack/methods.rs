//! The Web API's methods with their scopes.

use super::fields::{
    AS_USER, CHANNEL, COMPLETE, CONVERSATIONS, CONVERSATIONS_OF, CURSOR, FILES, HISTORY_FIELDS, LIMIT,
    LOCALE, OPTIONAL_CHANNEL, POST_EPHEMERAL, POST_MESSAGE, REMINDER, REPLIES, SCHEDULE, SCHEDULED, SEARCH,
    TEAM, TEAM_INFO, UNREACT, UPDATE, UPLOAD,
};
use super::{Handler, changes, chat, conversations, files, messages, others, pins, scheduled, users};
use crate::strict::{Fields, Shape, may, must};

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
/// The same of the last three.
const TOPIC: &[&str] = &[
    "channels:manage",
    "channels:write",
    "channels:write.topic",
    "groups:write",
    "im:write",
    "mpim:write",
    "groups:write.topic",
    "im:write.topic",
    "mpim:write.topic",
];
const OPEN: &[&str] = &["channels:manage", "channels:write", "groups:write", "im:write", "mpim:write"];

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
    method("conversations.list", Query, READ, CONVERSATIONS, conversations::list),
    method("users.conversations", Query, READ, CONVERSATIONS_OF, conversations::of_user),
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
        changes::invite,
    ),
    method(
        "conversations.open",
        FormOrJson,
        OPEN,
        &[OPTIONAL_CHANNEL, may("users", Shape::Text), may("return_im", Shape::Boolean)],
        conversations::open,
    ),
    method("conversations.join", FormOrJson, &["channels:join", "channels:write"], &[CHANNEL], changes::join),
    method("conversations.leave", FormOrJson, MANAGE, &[CHANNEL], changes::leave),
    method("conversations.kick", FormOrJson, MANAGE, &[CHANNEL, must("user", Shape::Text)], changes::kick),
    method("conversations.archive", FormOrJson, MANAGE, &[CHANNEL], changes::archive),
    method(
        "conversations.rename",
        FormOrJson,
        MANAGE,
        &[CHANNEL, must("name", Shape::Text)],
        changes::rename,
    ),
    method(
        "conversations.setTopic",
        FormOrJson,
        TOPIC,
        &[CHANNEL, must("topic", Shape::Text)],
        changes::set_topic,
    ),
    method(
        "conversations.setPurpose",
        FormOrJson,
        TOPIC,
        &[CHANNEL, must("purpose", Shape::Text)],
        changes::set_purpose,
    ),
    method("pins.list", Query, &["pins:read"], &[CHANNEL], pins::list),
    method("pins.add", FormOrJson, &["pins:write"], &[CHANNEL, may("timestamp", Shape::Text)], pins::add),
    method(
        "pins.remove",
        FormOrJson,
        &["pins:write"],
        &[CHANNEL, may("timestamp", Shape::Text)],
        pins::remove,
    ),
    method("team.info", Query, &["team:read"], TEAM_INFO, users::team),
    method(
        "users.profile.get",
        Query,
        &["users.profile:read"],
        &[may("user", Shape::Text), may("include_labels", Shape::Boolean)],
        users::profile_of,
    ),
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
    method("reactions.remove", FormOrJson, &["reactions:write"], UNREACT, others::remove_reaction),
    of_user(method("search.messages", Query, &["search:read"], SEARCH, messages::search)),
    of_user(method("reminders.add", FormOrJson, &["reminders:write"], REMINDER, others::add_reminder)),
    method("files.list", Query, &["files:read"], FILES, files::list),
    method("files.getUploadURLExternal", Form, &["files:write"], UPLOAD, files::upload_address),
    method("files.completeUploadExternal", FormOrJson, &["files:write"], COMPLETE, files::complete),
];
