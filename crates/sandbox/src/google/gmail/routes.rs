//! Gmail's methods with the scopes, parameters and bodies of the official description.

use super::{drafts, history, labels, messages, threads};
use crate::google::Handler;
use crate::route::{Route, routes};
use crate::strict::{Field, Fields, Shape, may, must};

const FULL: &str = "https://mail.google.com/";
const MODIFY: &str = "https://www.googleapis.com/auth/gmail.modify";
const READONLY: &str = "https://www.googleapis.com/auth/gmail.readonly";
const METADATA: &str = "https://www.googleapis.com/auth/gmail.metadata";
const COMPOSE: &str = "https://www.googleapis.com/auth/gmail.compose";
const SEND: &str = "https://www.googleapis.com/auth/gmail.send";
const LABELS: &str = "https://www.googleapis.com/auth/gmail.labels";
const ADDON_COMPOSE: &str = "https://www.googleapis.com/auth/gmail.addons.current.action.compose";
const ADDON_ACTION: &str = "https://www.googleapis.com/auth/gmail.addons.current.message.action";
const ADDON_METADATA: &str = "https://www.googleapis.com/auth/gmail.addons.current.message.metadata";
const ADDON_READONLY: &str = "https://www.googleapis.com/auth/gmail.addons.current.message.readonly";

const READS: &[&str] = &[FULL, METADATA, MODIFY, READONLY];
const READS_ONE: &[&str] = &[FULL, ADDON_ACTION, ADDON_METADATA, ADDON_READONLY, METADATA, MODIFY, READONLY];
const READS_ATTACHMENT: &[&str] = &[FULL, ADDON_ACTION, ADDON_READONLY, MODIFY, READONLY];
const READS_DRAFTS: &[&str] = &[FULL, COMPOSE, MODIFY, READONLY];
const WRITES_DRAFTS: &[&str] = &[FULL, ADDON_COMPOSE, COMPOSE, MODIFY];
const SENDS: &[&str] = &[FULL, ADDON_COMPOSE, COMPOSE, MODIFY, SEND];
const MODIFIES: &[&str] = &[FULL, MODIFY];
const DELETES: &[&str] = &[FULL];
const READS_LABELS: &[&str] = &[FULL, LABELS, METADATA, MODIFY, READONLY];
const WRITES_LABELS: &[&str] = &[FULL, LABELS, MODIFY];

/// Parameters that every Google API takes, of which the twins serve JSON only.
const ALT: Field = may("alt", Shape::OneOf(&["json"]));
const PRETTY: Field = may("prettyPrint", Shape::Boolean);

const PLAIN: Fields = &[ALT, PRETTY];
const LIST: Fields = &[
    ALT,
    PRETTY,
    may("includeSpamTrash", Shape::Boolean),
    may("labelIds", Shape::List(&Shape::Text)),
    may("maxResults", Shape::Integer),
    may("pageToken", Shape::Text),
    may("q", Shape::Text),
];
const LIST_DRAFTS: Fields = &[
    ALT,
    PRETTY,
    may("includeSpamTrash", Shape::Boolean),
    may("maxResults", Shape::Integer),
    may("pageToken", Shape::Text),
    may("q", Shape::Text),
];
const MESSAGE_FORMATS: Shape = Shape::OneOf(&["minimal", "full", "raw", "metadata"]);
const GET: Fields =
    &[ALT, PRETTY, may("format", MESSAGE_FORMATS), may("metadataHeaders", Shape::List(&Shape::Text))];
const GET_DRAFT: Fields = &[ALT, PRETTY, may("format", MESSAGE_FORMATS)];
const GET_THREAD: Fields = &[
    ALT,
    PRETTY,
    may("format", Shape::OneOf(&["full", "metadata", "minimal"])),
    may("metadataHeaders", Shape::List(&Shape::Text)),
];
const HISTORY: Fields = &[
    ALT,
    PRETTY,
    may(
        "historyTypes",
        Shape::List(&Shape::OneOf(&["messageAdded", "messageDeleted", "labelAdded", "labelRemoved"])),
    ),
    may("labelId", Shape::Text),
    may("maxResults", Shape::Integer),
    may("pageToken", Shape::Text),
    may("startHistoryId", Shape::Text),
];

/// The description's whole message. All but the first two are Gmail's own, which it ignores on the way in.
const MESSAGE: Fields = &[
    may("raw", Shape::Text),
    may("threadId", Shape::Text),
    may("id", Shape::Text),
    may("labelIds", Shape::List(&Shape::Text)),
    may("snippet", Shape::Text),
    may("historyId", Shape::Text),
    may("internalDate", Shape::Text),
    may("payload", Shape::Any),
    may("sizeEstimate", Shape::Integer),
    may("classificationLabelValues", Shape::Any),
];
const DRAFT: Fields = &[may("id", Shape::Text), may("message", Shape::Object(MESSAGE))];
const LABEL_CHANGES: Fields = &[
    may("addLabelIds", Shape::List(&Shape::Text)),
    may("removeLabelIds", Shape::List(&Shape::Text)),
    may("addClassificationLabels", Shape::Any),
    may("removeClassificationLabelIds", Shape::List(&Shape::Text)),
];
const THREAD_CHANGES: Fields =
    &[may("addLabelIds", Shape::List(&Shape::Text)), may("removeLabelIds", Shape::List(&Shape::Text))];
const BATCH_MODIFY: Fields = &[
    must("ids", Shape::List(&Shape::Text)),
    may("addLabelIds", Shape::List(&Shape::Text)),
    may("removeLabelIds", Shape::List(&Shape::Text)),
    may("addClassificationLabels", Shape::Any),
    may("removeClassificationLabelIds", Shape::List(&Shape::Text)),
];
const BATCH_DELETE: Fields = &[must("ids", Shape::List(&Shape::Text))];
const LABEL: Fields = &[
    may("id", Shape::Text),
    may("name", Shape::Text),
    may("messageListVisibility", Shape::OneOf(&["show", "hide"])),
    may("labelListVisibility", Shape::OneOf(&["labelShow", "labelShowIfUnread", "labelHide"])),
    may("type", Shape::OneOf(&["system", "user"])),
    may("messagesTotal", Shape::Integer),
    may("messagesUnread", Shape::Integer),
    may("threadsTotal", Shape::Integer),
    may("threadsUnread", Shape::Integer),
    may("color", Shape::Object(&[must("backgroundColor", Shape::Text), must("textColor", Shape::Text)])),
];

const PROFILE: &[&str] = &[FULL, COMPOSE, METADATA, MODIFY, READONLY];

pub(super) const ROUTES: &[&[Route<Handler>]] = &[routes! {
    under "/gmail/v1/users/{userId}/" "gmail.users.";
    "GET" "messages" "messages.list" READS LIST - messages::list;
    "POST" "messages/send" "messages.send" SENDS PLAIN MESSAGE messages::send;
    "POST" "messages/batchModify" "messages.batchModify" MODIFIES PLAIN BATCH_MODIFY messages::batch_modify;
    "POST" "messages/batchDelete" "messages.batchDelete" DELETES PLAIN BATCH_DELETE messages::batch_delete;
    "GET" "messages/{id}" "messages.get" READS_ONE GET - messages::get;
    "DELETE" "messages/{id}" "messages.delete" DELETES PLAIN - messages::delete;
    "POST" "messages/{id}/modify" "messages.modify" MODIFIES PLAIN LABEL_CHANGES messages::modify;
    "POST" "messages/{id}/trash" "messages.trash" MODIFIES PLAIN - messages::trash;
    "POST" "messages/{id}/untrash" "messages.untrash" MODIFIES PLAIN - messages::untrash;
    "GET" "messages/{messageId}/attachments/{id}" "messages.attachments.get" READS_ATTACHMENT PLAIN - messages::attachment;

    "GET" "threads" "threads.list" READS LIST - threads::list;
    "GET" "threads/{id}" "threads.get" READS_ONE GET_THREAD - threads::get;
    "DELETE" "threads/{id}" "threads.delete" DELETES PLAIN - threads::delete;
    "POST" "threads/{id}/modify" "threads.modify" MODIFIES PLAIN THREAD_CHANGES threads::modify;
    "POST" "threads/{id}/trash" "threads.trash" MODIFIES PLAIN - threads::trash;
    "POST" "threads/{id}/untrash" "threads.untrash" MODIFIES PLAIN - threads::untrash;

    "GET" "drafts" "drafts.list" READS_DRAFTS LIST_DRAFTS - drafts::list;
    "POST" "drafts" "drafts.create" WRITES_DRAFTS PLAIN DRAFT drafts::create;
    "POST" "drafts/send" "drafts.send" WRITES_DRAFTS PLAIN DRAFT drafts::send;
    "GET" "drafts/{id}" "drafts.get" READS_DRAFTS GET_DRAFT - drafts::get;
    "PUT" "drafts/{id}" "drafts.update" WRITES_DRAFTS PLAIN DRAFT drafts::update;
    "DELETE" "drafts/{id}" "drafts.delete" WRITES_DRAFTS PLAIN - drafts::delete;

    "GET" "profile" "getProfile" PROFILE PLAIN - messages::profile;
    "GET" "labels" "labels.list" READS_LABELS PLAIN - labels::list;
    "POST" "labels" "labels.create" WRITES_LABELS PLAIN LABEL labels::create;
    "GET" "labels/{id}" "labels.get" READS_LABELS PLAIN - labels::get;
    "PATCH" "labels/{id}" "labels.patch" WRITES_LABELS PLAIN LABEL labels::patch;
    "PUT" "labels/{id}" "labels.update" WRITES_LABELS PLAIN LABEL labels::update;
    "DELETE" "labels/{id}" "labels.delete" WRITES_LABELS PLAIN - labels::delete;
    "GET" "history" "history.list" READS HISTORY - history::list;
}];
