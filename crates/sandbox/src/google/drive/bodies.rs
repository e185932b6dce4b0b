//! The bodies that Drive takes, member by member.
//!
//! What the description calls output only is here too: Drive knows it and refuses to write it, see `READ_ONLY`.

use crate::strict::{Fields, Shape, may};

const TEXTS: Shape = Shape::List(&Shape::Text);
/// RFC 3339.
const TIME: Shape =
    Shape::Like("a time such as 2026-01-31T00:00:00Z", |text| text.parse::<jiff::Timestamp>().is_ok());

pub(super) const FILE: Fields = &[
    may("id", Shape::Text),
    may("kind", Shape::Text),
    may("name", Shape::Text),
    may("mimeType", Shape::Text),
    may("description", Shape::Text),
    may("parents", TEXTS),
    may("starred", Shape::Boolean),
    may("trashed", Shape::Boolean),
    // Keys and values that apps choose; the handler checks that they are texts.
    may("properties", Shape::Any),
    may("appProperties", Shape::Any),
    may("folderColorRgb", Shape::Text),
    may("createdTime", TIME),
    may("modifiedTime", TIME),
    may("viewedByMeTime", TIME),
    may("originalFilename", Shape::Text),
    may("writersCanShare", Shape::Boolean),
    may("copyRequiresWriterPermission", Shape::Boolean),
    may("viewersCanCopyContent", Shape::Boolean),
    may(
        "shortcutDetails",
        Shape::Object(&[
            may("targetId", Shape::Text),
            may("targetMimeType", Shape::Text),
            may("targetResourceKey", Shape::Text),
        ]),
    ),
    may(
        "contentHints",
        Shape::Object(&[
            may("indexableText", Shape::Text),
            may("thumbnail", Shape::Object(&[may("image", Shape::Text), may("mimeType", Shape::Text)])),
        ]),
    ),
    may(
        "contentRestrictions",
        Shape::List(&Shape::Object(&[
            may("readOnly", Shape::Boolean),
            may("reason", Shape::Text),
            may("ownerRestricted", Shape::Boolean),
        ])),
    ),
    // Writable at Google and not served here.
    may("clientEncryptionDetails", Shape::Any),
    may("downloadRestrictions", Shape::Any),
    may("inheritedPermissionsDisabled", Shape::Any),
    may("labelInfo", Shape::Any),
    may("linkShareMetadata", Shape::Any),
    may("modifiedByMeTime", Shape::Any),
    may("sharedWithMeTime", Shape::Any),
    may("trashedTime", Shape::Any),
    // Output only.
    may("capabilities", Shape::Any),
    may("driveId", Shape::Any),
    may("explicitlyTrashed", Shape::Any),
    may("exportLinks", Shape::Any),
    may("fileExtension", Shape::Any),
    may("fullFileExtension", Shape::Any),
    may("hasAugmentedPermissions", Shape::Any),
    may("hasThumbnail", Shape::Any),
    may("headRevisionId", Shape::Any),
    may("iconLink", Shape::Any),
    may("imageMediaMetadata", Shape::Any),
    may("isAppAuthorized", Shape::Any),
    may("lastModifyingUser", Shape::Any),
    may("md5Checksum", Shape::Any),
    may("modifiedByMe", Shape::Any),
    may("ownedByMe", Shape::Any),
    may("owners", Shape::Any),
    may("permissionIds", Shape::Any),
    may("permissions", Shape::Any),
    may("quotaBytesUsed", Shape::Any),
    may("resourceKey", Shape::Any),
    may("sha1Checksum", Shape::Any),
    may("sha256Checksum", Shape::Any),
    may("shared", Shape::Any),
    may("sharingUser", Shape::Any),
    may("size", Shape::Any),
    may("spaces", Shape::Any),
    may("teamDriveId", Shape::Any),
    may("thumbnailLink", Shape::Any),
    may("thumbnailVersion", Shape::Any),
    may("trashingUser", Shape::Any),
    may("version", Shape::Any),
    may("videoMediaMetadata", Shape::Any),
    may("viewedByMe", Shape::Any),
    may("webContentLink", Shape::Any),
    may("webViewLink", Shape::Any),
];

/// Writable members of a file that this Drive does not serve.
pub(super) const UNSERVED: &[&str] = &[
    "clientEncryptionDetails",
    "downloadRestrictions",
    "inheritedPermissionsDisabled",
    "labelInfo",
    "linkShareMetadata",
    "modifiedByMeTime",
    "sharedWithMeTime",
    "trashedTime",
];

/// Members of a file that Drive sets itself.
pub(super) const READ_ONLY: &[&str] = &[
    "capabilities",
    "driveId",
    "explicitlyTrashed",
    "exportLinks",
    "fileExtension",
    "fullFileExtension",
    "hasAugmentedPermissions",
    "hasThumbnail",
    "headRevisionId",
    "iconLink",
    "imageMediaMetadata",
    "isAppAuthorized",
    "lastModifyingUser",
    "md5Checksum",
    "modifiedByMe",
    "ownedByMe",
    "owners",
    "permissionIds",
    "permissions",
    "quotaBytesUsed",
    "resourceKey",
    "sha1Checksum",
    "sha256Checksum",
    "shared",
    "sharingUser",
    "size",
    "spaces",
    "teamDriveId",
    "thumbnailLink",
    "thumbnailVersion",
    "trashingUser",
    "version",
    "videoMediaMetadata",
    "viewedByMe",
    "webContentLink",
    "webViewLink",
];

const ROLES: Shape = Shape::OneOf(&["owner", "organizer", "fileOrganizer", "writer", "commenter", "reader"]);

pub(super) const PERMISSION: Fields = &[
    may("kind", Shape::Text),
    may("role", ROLES),
    may("type", Shape::OneOf(&["user", "group", "domain", "anyone"])),
    may("emailAddress", Shape::Text),
    may("domain", Shape::Text),
    may("allowFileDiscovery", Shape::Boolean),
    may("expirationTime", TIME),
    may("pendingOwner", Shape::Boolean),
    may("inheritedPermissionsDisabled", Shape::Boolean),
    may("view", Shape::Text),
];

pub(super) const PERMISSION_CHANGES: Fields = &[
    may("kind", Shape::Text),
    may("role", ROLES),
    may("expirationTime", TIME),
    may("pendingOwner", Shape::Boolean),
    may("inheritedPermissionsDisabled", Shape::Boolean),
    may("view", Shape::Text),
];

pub(super) const COMMENT: Fields = &[
    may("kind", Shape::Text),
    may("content", Shape::Text),
    may("anchor", Shape::Text),
    may("quotedFileContent", Shape::Object(&[may("value", Shape::Text), may("mimeType", Shape::Text)])),
];

pub(super) const COMMENT_CHANGES: Fields = &[may("kind", Shape::Text), may("content", Shape::Text)];

pub(super) const REPLY: Fields = &[
    may("kind", Shape::Text),
    may("content", Shape::Text),
    may("action", Shape::OneOf(&["resolve", "reopen"])),
];

pub(super) const REVISION: Fields = &[
    may("kind", Shape::Text),
    may("keepForever", Shape::Boolean),
    may("published", Shape::Boolean),
    may("publishAuto", Shape::Boolean),
    may("publishedOutsideDomain", Shape::Boolean),
];

pub(super) const DRIVE: Fields = &[
    may("kind", Shape::Text),
    may("name", Shape::Text),
    may("colorRgb", Shape::Text),
    may("hidden", Shape::Boolean),
    may(
        "restrictions",
        Shape::Object(&[
            may("adminManagedRestrictions", Shape::Boolean),
            may("copyRequiresWriterPermission", Shape::Boolean),
            may("domainUsersOnly", Shape::Boolean),
            may("driveMembersOnly", Shape::Boolean),
            may("sharingFoldersRequiresOrganizerPermission", Shape::Boolean),
        ]),
    ),
];
