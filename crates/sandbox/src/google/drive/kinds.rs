//! The media types that Drive knows: its own, what they can be exported as, and what becomes one of them.

pub(super) const PREFIX: &str = "application/vnd.google-apps.";
pub(super) const FOLDER: &str = "application/vnd.google-apps.folder";
pub(super) const SHORTCUT: &str = "application/vnd.google-apps.shortcut";
pub(super) const DOCUMENT: &str = "application/vnd.google-apps.document";
pub(super) const SPREADSHEET: &str = "application/vnd.google-apps.spreadsheet";
pub(super) const PRESENTATION: &str = "application/vnd.google-apps.presentation";
pub(super) const DRAWING: &str = "application/vnd.google-apps.drawing";
pub(super) const SCRIPT: &str = "application/vnd.google-apps.script";
pub(super) const OCTETS: &str = "application/octet-stream";

const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const PPTX: &str = "application/vnd.openxmlformats-officedocument.presentationml.presentation";
const SCRIPT_JSON: &str = "application/vnd.google-apps.script+json";

/// Google's types that files may be created with, without the prefix.
const CREATABLE: &[&str] = &[
    "document",
    "drawing",
    "folder",
    "form",
    "jam",
    "map",
    "presentation",
    "script",
    "shortcut",
    "site",
    "spreadsheet",
    "vid",
];

/// Each of Google's types with the types it can be exported as.
pub(super) const EXPORTS: &[(&str, &[&str])] = &[
    (
        DOCUMENT,
        &[
            "application/rtf",
            "application/vnd.oasis.opendocument.text",
            "text/html",
            "application/pdf",
            "text/markdown",
            "application/epub+zip",
            "application/zip",
            DOCX,
            "text/plain",
        ],
    ),
    (
        SPREADSHEET,
        &[
            "application/x-vnd.oasis.opendocument.spreadsheet",
            "text/tab-separated-values",
            "application/pdf",
            XLSX,
            "text/csv",
            "application/zip",
            "application/vnd.oasis.opendocument.spreadsheet",
        ],
    ),
    (
        PRESENTATION,
        &["application/vnd.oasis.opendocument.presentation", "application/pdf", PPTX, "text/plain"],
    ),
    (DRAWING, &["image/svg+xml", "image/png", "application/pdf", "image/jpeg"]),
    (SCRIPT, &[SCRIPT_JSON]),
];

/// What can be uploaded or copied into one of Google's types.
pub(super) const IMPORTS: &[(&str, &[&str])] = &[
    (
        DOCUMENT,
        &[
            "text/plain",
            "text/html",
            "text/markdown",
            "text/richtext",
            "application/rtf",
            "application/msword",
            DOCX,
            "application/vnd.oasis.opendocument.text",
            "application/pdf",
            "image/jpeg",
            "image/png",
            "image/gif",
        ],
    ),
    (
        SPREADSHEET,
        &[
            "text/csv",
            "text/tab-separated-values",
            "application/vnd.ms-excel",
            XLSX,
            "application/vnd.oasis.opendocument.spreadsheet",
        ],
    ),
    (
        PRESENTATION,
        &["application/vnd.ms-powerpoint", PPTX, "application/vnd.oasis.opendocument.presentation"],
    ),
    (DRAWING, &["image/x-wmf", "image/emf"]),
    (SCRIPT, &[SCRIPT_JSON, "application/json"]),
];

pub(super) fn is_google(media_type: &str) -> bool {
    media_type.starts_with(PREFIX) && media_type != SCRIPT_JSON
}

pub(super) fn can_be_created(media_type: &str) -> bool {
    match media_type.strip_prefix(PREFIX) {
        Some(kind) => CREATABLE.contains(&kind),
        None => is_media_type(media_type),
    }
}

pub(super) fn is_media_type(text: &str) -> bool {
    let is_token = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&byte))
    };
    text.split_once('/').is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype))
}

/// Whether it has text of its own, as documents do and folders do not.
pub(super) fn is_editor(media_type: &str) -> bool {
    is_google(media_type) && !matches!(media_type, FOLDER | SHORTCUT)
}

pub(super) fn exports(media_type: &str) -> &'static [&'static str] {
    EXPORTS.iter().find(|(kind, _)| *kind == media_type).map_or(&[], |(_, formats)| formats)
}

pub(super) fn can_become(from: &str, google_type: &str) -> bool {
    from == google_type
        || IMPORTS.iter().any(|(kind, sources)| *kind == google_type && sources.contains(&from))
}

/// Where people open a file.
pub(super) fn web_view_link(media_type: &str, id: &str) -> String {
    match media_type {
        FOLDER => format!("https://drive.google.com/drive/folders/{id}"),
        DOCUMENT => format!("https://docs.google.com/document/d/{id}/edit?usp=drivesdk"),
        SPREADSHEET => format!("https://docs.google.com/spreadsheets/d/{id}/edit?usp=drivesdk"),
        PRESENTATION => format!("https://docs.google.com/presentation/d/{id}/edit?usp=drivesdk"),
        DRAWING => format!("https://docs.google.com/drawings/d/{id}/edit?usp=drivesdk"),
        _ => format!("https://drive.google.com/file/d/{id}/view?usp=drivesdk"),
    }
}
