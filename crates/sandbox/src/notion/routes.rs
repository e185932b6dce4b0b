//! The API's operations with the parameters and bodies of the official description. Notion has no scopes: what a
//! connection may do is for its owner to say, and the twin's connections may do everything.

use super::Serve::{self, Form, Json};
use super::comments::ATTACHED;
use super::shapes::{ID, RICH_TEXT};
use super::{blocks, comments, databases, documents, pages, query, search, sources, uploads, users};
use crate::route::Route;
use crate::strict::{Field, Fields, Shape, may, must};

const CURSOR: Field = may("start_cursor", Shape::Nullable(&Shape::Text));
const SIZE: Field = may("page_size", Shape::Integer);
const PAGING: Fields = &[CURSOR, SIZE];
const PROPERTIES: Fields = &[may("filter_properties", Shape::List(&Shape::Text))];

/// A member of which the handler looks at the inside.
const OBJECT: Shape = Shape::Any;
const ICON: Field = may("icon", Shape::Nullable(&OBJECT));
const COVER: Field = may("cover", Shape::Nullable(&OBJECT));
const IN_TRASH: Field = may("in_trash", Shape::Boolean);
const ARCHIVED: Field = may("archived", Shape::Boolean);
const TITLE: Field = may("title", RICH_TEXT);
const DESCRIPTION: Field = may("description", RICH_TEXT);

const AFTER_BLOCK: Field = may("after_block", Shape::Object(&[must("id", ID)]));
const POSITION: Field = may(
    "position",
    Shape::Object(&[must("type", Shape::OneOf(&["after_block", "start", "end"])), AFTER_BLOCK]),
);
const PAGE_POSITION: Field = may(
    "position",
    Shape::Object(&[must("type", Shape::OneOf(&["after_block", "page_start", "page_end"])), AFTER_BLOCK]),
);
const TEMPLATE: Field = may(
    "template",
    Shape::Object(&[
        must("type", Shape::OneOf(&["none", "default", "template_id"])),
        may("template_id", ID),
        may("timezone", Shape::Text),
    ]),
);
const TEMPLATE_CHANGE: Shape = Shape::Object(&[
    must("type", Shape::OneOf(&["default", "template_id"])),
    may("template_id", ID),
    may("timezone", Shape::Text),
]);

const NEW_PAGE: Fields = &[
    may("parent", OBJECT),
    may("properties", OBJECT),
    ICON,
    COVER,
    may("content", Shape::List(&OBJECT)),
    may("children", Shape::List(&OBJECT)),
    may("markdown", Shape::Text),
    may("allow_async", Shape::Boolean),
    TEMPLATE,
    PAGE_POSITION,
];
const PAGE: Fields = &[
    may("properties", OBJECT),
    ICON,
    COVER,
    may("is_locked", Shape::Boolean),
    may("template", TEMPLATE_CHANGE),
    may("erase_content", Shape::Boolean),
    IN_TRASH,
    ARCHIVED,
    may("is_archived", Shape::Boolean),
];
const DELETING: Field = may("allow_deleting_content", Shape::Boolean);
const CONTENT: Field = must("content", Shape::Text);
const DOCUMENT: Fields = &[
    must(
        "type",
        Shape::OneOf(&["insert_content", "replace_content_range", "update_content", "replace_content"]),
    ),
    may(
        "insert_content",
        Shape::Object(&[
            CONTENT,
            may("after", Shape::Text),
            may("position", Shape::Object(&[must("type", Shape::OneOf(&["start", "end"]))])),
        ]),
    ),
    may("replace_content_range", Shape::Object(&[CONTENT, must("content_range", Shape::Text), DELETING])),
    may(
        "update_content",
        Shape::Object(&[
            must(
                "content_updates",
                Shape::List(&Shape::Object(&[
                    must("old_str", Shape::Text),
                    must("new_str", Shape::Text),
                    may("replace_all_matches", Shape::Boolean),
                ])),
            ),
            DELETING,
        ]),
    ),
    may("replace_content", Shape::Object(&[must("new_str", Shape::Text), DELETING])),
    may("allow_async", Shape::Boolean),
];
const APPEND: Fields = &[must("children", Shape::List(&OBJECT)), may("after", ID), POSITION];
const BLOCK: Fields = &[
    may("type", Shape::Text),
    IN_TRASH,
    ARCHIVED,
    may("embed", OBJECT),
    may("bookmark", OBJECT),
    may("image", OBJECT),
    may("video", OBJECT),
    may("pdf", OBJECT),
    may("file", OBJECT),
    may("audio", OBJECT),
    may("code", OBJECT),
    may("equation", OBJECT),
    may("divider", OBJECT),
    may("breadcrumb", OBJECT),
    may("tab", OBJECT),
    may("table_of_contents", OBJECT),
    may("link_to_page", OBJECT),
    may("table_row", OBJECT),
    may("heading_1", OBJECT),
    may("heading_2", OBJECT),
    may("heading_3", OBJECT),
    may("heading_4", OBJECT),
    may("paragraph", OBJECT),
    may("bulleted_list_item", OBJECT),
    may("numbered_list_item", OBJECT),
    may("quote", OBJECT),
    may("to_do", OBJECT),
    may("toggle", OBJECT),
    may("template", OBJECT),
    may("callout", OBJECT),
    may("synced_block", OBJECT),
    may("table", OBJECT),
    may("column", OBJECT),
];
const NEW_DATABASE: Fields = &[
    must("parent", OBJECT),
    TITLE,
    DESCRIPTION,
    may("is_inline", Shape::Boolean),
    may("initial_data_source", Shape::Object(&[may("properties", OBJECT)])),
    may("icon", OBJECT),
    may("cover", OBJECT),
];
const DATABASE: Fields = &[
    may("parent", OBJECT),
    TITLE,
    DESCRIPTION,
    may("is_inline", Shape::Boolean),
    may("icon", OBJECT),
    may("cover", OBJECT),
    IN_TRASH,
    may("is_locked", Shape::Boolean),
];
const SOURCE_PARENT: Shape =
    Shape::Object(&[must("database_id", ID), may("type", Shape::OneOf(&["database_id"]))]);
const NEW_SOURCE: Fields = &[must("parent", SOURCE_PARENT), must("properties", OBJECT), TITLE, ICON];
const SOURCE: Fields =
    &[may("parent", SOURCE_PARENT), may("properties", OBJECT), TITLE, ICON, IN_TRASH, ARCHIVED];
const QUERY: Fields = &[
    may("filter", OBJECT),
    may("sorts", Shape::List(&OBJECT)),
    CURSOR,
    SIZE,
    IN_TRASH,
    ARCHIVED,
    may("result_type", Shape::OneOf(&["page", "data_source"])),
];
const SEARCH: Fields = &[
    may("query", Shape::Text),
    may(
        "filter",
        Shape::Object(&[
            may("property", Shape::OneOf(&["object"])),
            may("value", Shape::OneOf(&["page", "data_source"])),
            IN_TRASH,
        ]),
    ),
    may(
        "sort",
        Shape::Object(&[
            may("timestamp", Shape::OneOf(&["last_edited_time"])),
            may("direction", Shape::OneOf(&["ascending", "descending"])),
            may("property", Shape::OneOf(&["relevance"])),
        ]),
    ),
    CURSOR,
    SIZE,
];
const COMMENT: Fields = &[
    may("parent", OBJECT),
    may("discussion_id", ID),
    may("rich_text", RICH_TEXT),
    may("markdown", Shape::Text),
    may("attachments", ATTACHED),
    may(
        "display_name",
        Shape::Object(&[
            must("type", Shape::OneOf(&["integration", "user", "custom"])),
            may("custom", Shape::Object(&[must("name", Shape::Text)])),
        ]),
    ),
];
const UPLOAD: Fields = &[
    may("mode", Shape::OneOf(&["single_part", "multi_part", "external_url"])),
    may("filename", Shape::Text),
    may("content_type", Shape::Text),
    may("number_of_parts", Shape::Integer),
    may("external_url", Shape::Text),
];

const fn route(
    method: &'static str,
    path: &'static str,
    operation: &'static str,
    query: Fields,
    body: Option<Fields>,
    handler: Serve,
) -> Route<Serve> {
    Route { method, path, operation, scopes: &[], query, body, handler }
}

pub(super) const ROUTES: &[Route<Serve>] = &[
    route("POST", "/v1/search", "search", &[], Some(SEARCH), Json(search::search)),
    route("GET", "/v1/users/me", "getSelf", &[], None, Json(users::me)),
    route("GET", "/v1/users", "listUsers", PAGING, None, Json(users::list)),
    route("GET", "/v1/users/{user_id}", "getUser", &[], None, Json(users::get)),
    route("POST", "/v1/pages", "createPage", PROPERTIES, Some(NEW_PAGE), Json(pages::create)),
    route("GET", "/v1/pages/{page_id}", "getPage", PROPERTIES, None, Json(pages::get)),
    route("PATCH", "/v1/pages/{page_id}", "updatePage", PROPERTIES, Some(PAGE), Json(pages::update)),
    route(
        "POST",
        "/v1/pages/{page_id}/move",
        "movePage",
        &[],
        Some(&[must("parent", OBJECT)]),
        Json(pages::relocate),
    ),
    route(
        "GET",
        "/v1/pages/{page_id}/properties/{property_id}",
        "getPageProperty",
        PAGING,
        None,
        Json(pages::property),
    ),
    route(
        "GET",
        "/v1/pages/{page_id}/markdown",
        "getPageMarkdown",
        &[may("include_transcript", Shape::Boolean)],
        None,
        Json(documents::get),
    ),
    route(
        "PATCH",
        "/v1/pages/{page_id}/markdown",
        "updatePageMarkdown",
        &[],
        Some(DOCUMENT),
        Json(documents::update),
    ),
    route("GET", "/v1/blocks/{block_id}", "getBlock", &[], None, Json(blocks::get)),
    route("PATCH", "/v1/blocks/{block_id}", "updateBlock", &[], Some(BLOCK), Json(blocks::update)),
    route("DELETE", "/v1/blocks/{block_id}", "deleteBlock", &[], None, Json(blocks::delete)),
    route("GET", "/v1/blocks/{block_id}/children", "listBlockChildren", PAGING, None, Json(blocks::children)),
    route(
        "PATCH",
        "/v1/blocks/{block_id}/children",
        "appendBlockChildren",
        &[],
        Some(APPEND),
        Json(blocks::append),
    ),
    route("POST", "/v1/databases", "createDatabase", &[], Some(NEW_DATABASE), Json(databases::create)),
    route("GET", "/v1/databases/{database_id}", "getDatabase", &[], None, Json(databases::get)),
    route(
        "PATCH",
        "/v1/databases/{database_id}",
        "updateDatabase",
        &[],
        Some(DATABASE),
        Json(databases::update),
    ),
    route("POST", "/v1/data_sources", "createDataSource", &[], Some(NEW_SOURCE), Json(sources::create)),
    route("GET", "/v1/data_sources/{data_source_id}", "getDataSource", &[], None, Json(sources::get)),
    route(
        "PATCH",
        "/v1/data_sources/{data_source_id}",
        "updateDataSource",
        &[],
        Some(SOURCE),
        Json(sources::update),
    ),
    route(
        "POST",
        "/v1/data_sources/{data_source_id}/query",
        "queryDataSource",
        PROPERTIES,
        Some(QUERY),
        Json(query::query),
    ),
    route(
        "GET",
        "/v1/data_sources/{data_source_id}/templates",
        "listDataSourceTemplates",
        &[may("name", Shape::Text), CURSOR, SIZE],
        None,
        Json(sources::templates),
    ),
    route("POST", "/v1/comments", "createComment", &[], Some(COMMENT), Json(comments::create)),
    route(
        "GET",
        "/v1/comments",
        "listComments",
        &[must("block_id", ID), CURSOR, SIZE],
        None,
        Json(comments::list_all),
    ),
    route("GET", "/v1/comments/{comment_id}", "getComment", &[], None, Json(comments::get)),
    route(
        "PATCH",
        "/v1/comments/{comment_id}",
        "updateComment",
        &[],
        Some(&[may("rich_text", RICH_TEXT), may("markdown", Shape::Text)]),
        Json(comments::update),
    ),
    route("DELETE", "/v1/comments/{comment_id}", "deleteComment", &[], None, Json(comments::delete)),
    route("POST", "/v1/file_uploads", "createFileUpload", &[], Some(UPLOAD), Json(uploads::create)),
    route(
        "GET",
        "/v1/file_uploads",
        "listFileUploads",
        &[may("status", Shape::OneOf(&["pending", "uploaded", "expired", "failed"])), CURSOR, SIZE],
        None,
        Json(uploads::list),
    ),
    route("GET", "/v1/file_uploads/{file_upload_id}", "getFileUpload", &[], None, Json(uploads::get)),
    route("POST", "/v1/file_uploads/{file_upload_id}/send", "sendFileUpload", &[], None, Form(uploads::send)),
    route(
        "POST",
        "/v1/file_uploads/{file_upload_id}/complete",
        "completeFileUpload",
        &[],
        None,
        Json(uploads::complete),
    ),
];
