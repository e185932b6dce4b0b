//! Every operation of Drive that the twin knows, with the parameters and scopes that Google's description gives it.
//!
//! Approvals, access proposals, labels, apps, notification channels and the old team drives are not served.

use super::bodies::{
    COMMENT, COMMENT_CHANGES, DRIVE, FILE as FILE_BODY, PERMISSION, PERMISSION_CHANGES, REPLY, REVISION,
};
use super::failure::Failure;
use super::{
    Ask, Method, Reply, about, changes, comments, content, create, drives, files, list, permissions, replies,
    revisions, update,
};
use crate::route::{Route, routes};
use crate::stage::Stage;
use crate::strict::{Field, Fields, Shape, may, must};

pub(super) const FULL: &str = "https://www.googleapis.com/auth/drive";
pub(super) const FILE: &str = "https://www.googleapis.com/auth/drive.file";
pub(super) const READONLY: &str = "https://www.googleapis.com/auth/drive.readonly";
pub(super) const METADATA: &str = "https://www.googleapis.com/auth/drive.metadata";
pub(super) const METADATA_READONLY: &str = "https://www.googleapis.com/auth/drive.metadata.readonly";
pub(super) const APP_DATA: &str = "https://www.googleapis.com/auth/drive.appdata";
pub(super) const SCRIPTS: &str = "https://www.googleapis.com/auth/drive.scripts";
const MEET: &str = "https://www.googleapis.com/auth/drive.meet.readonly";
const PHOTOS: &str = "https://www.googleapis.com/auth/drive.photos.readonly";

const ALL: &[&str] = &[FULL];
const ABOUT: &[&str] = &[FULL, APP_DATA, FILE, METADATA, METADATA_READONLY, PHOTOS, READONLY];
const SEES: &[&str] = &[FULL, APP_DATA, FILE, MEET, METADATA, METADATA_READONLY, PHOTOS, READONLY];
const SEES_SHARING: &[&str] = &[FULL, FILE, MEET, METADATA, METADATA_READONLY, PHOTOS, READONLY];
const READS: &[&str] = &[FULL, FILE, MEET, READONLY];
const MAKES: &[&str] = &[FULL, APP_DATA, FILE];
const COPIES: &[&str] = &[FULL, APP_DATA, FILE, PHOTOS];
const CHANGES: &[&str] = &[FULL, APP_DATA, FILE, METADATA, SCRIPTS];
const SHARES: &[&str] = &[FULL, FILE];
const SEES_DRIVES: &[&str] = &[FULL, READONLY];

/// What `alt=media` needs: the metadata scopes show no content.
pub(super) const READS_CONTENT: &[&str] = &[FULL, APP_DATA, FILE, MEET, PHOTOS, READONLY];

const ALT: Field = may("alt", Shape::OneOf(&["json"]));
const ALT_MEDIA: Field = may("alt", Shape::OneOf(&["json", "media"]));
const FIELDS: Field = may("fields", Shape::Text);
const PRETTY: Field = may("prettyPrint", Shape::Boolean);
const PAGE_SIZE: Field = may("pageSize", Shape::Integer);
const PAGE_TOKEN: Field = may("pageToken", Shape::Text);
const ALL_DRIVES: Field = may("supportsAllDrives", Shape::Boolean);
const FROM_ALL_DRIVES: Field = may("includeItemsFromAllDrives", Shape::Boolean);
const DRIVE_ID: Field = may("driveId", Shape::Text);
const LABELS: Field = may("includeLabels", Shape::Text);
const VIEW: Field = may("includePermissionsForView", Shape::OneOf(&["published"]));
const ADMIN: Field = may("useDomainAdminAccess", Shape::Boolean);
const DELETED: Field = may("includeDeleted", Shape::Boolean);
const ABUSE: Field = may("acknowledgeAbuse", Shape::Boolean);
const KEEP: Field = may("keepRevisionForever", Shape::Boolean);
const OCR: Field = may("ocrLanguage", Shape::Text);
const INDEXABLE: Field = may("useContentAsIndexableText", Shape::Boolean);
const VISIBILITY: Field = may("ignoreDefaultVisibility", Shape::Boolean);
const UPLOAD_TYPE: Field = must("uploadType", Shape::OneOf(&["media", "multipart"]));

const PLAIN: Fields = &[ALT, FIELDS, PRETTY];
const PAGED: Fields = &[ALT, FIELDS, PRETTY, PAGE_SIZE, PAGE_TOKEN];
const LIST: Fields = &[
    ALT,
    FIELDS,
    PRETTY,
    PAGE_SIZE,
    PAGE_TOKEN,
    ALL_DRIVES,
    FROM_ALL_DRIVES,
    DRIVE_ID,
    LABELS,
    VIEW,
    may("corpora", Shape::OneOf(&["user", "domain", "drive", "allDrives"])),
    may("orderBy", Shape::Text),
    may("q", Shape::Text),
    may("spaces", Shape::Text),
];
const GET: Fields = &[ALT_MEDIA, FIELDS, PRETTY, ABUSE, LABELS, VIEW, ALL_DRIVES];
const CREATE: Fields = &[ALT, FIELDS, PRETTY, VISIBILITY, LABELS, VIEW, KEEP, OCR, ALL_DRIVES, INDEXABLE];
const UPLOAD: Fields =
    &[ALT, FIELDS, PRETTY, VISIBILITY, LABELS, VIEW, KEEP, OCR, ALL_DRIVES, INDEXABLE, UPLOAD_TYPE];
const COPY: Fields = &[
    ALT,
    FIELDS,
    PRETTY,
    VISIBILITY,
    LABELS,
    VIEW,
    KEEP,
    OCR,
    ALL_DRIVES,
    may("copyComments", Shape::Boolean),
];
const ADD_PARENTS: Field = may("addParents", Shape::Text);
const REMOVE_PARENTS: Field = may("removeParents", Shape::Text);
const UPDATE: Fields =
    &[ALT, FIELDS, PRETTY, LABELS, VIEW, KEEP, OCR, ALL_DRIVES, INDEXABLE, ADD_PARENTS, REMOVE_PARENTS];
const UPLOAD_UPDATE: Fields = &[
    ALT,
    FIELDS,
    PRETTY,
    LABELS,
    VIEW,
    KEEP,
    OCR,
    ALL_DRIVES,
    INDEXABLE,
    ADD_PARENTS,
    REMOVE_PARENTS,
    UPLOAD_TYPE,
];
const DELETE: Fields = &[ALT, FIELDS, PRETTY, ALL_DRIVES];
const EMPTY_TRASH: Fields = &[ALT, FIELDS, PRETTY, DRIVE_ID];
const EXPORT: Fields = &[ALT_MEDIA, FIELDS, PRETTY, must("mimeType", Shape::Text)];
const GENERATE: Fields = &[
    ALT,
    FIELDS,
    PRETTY,
    may("count", Shape::Integer),
    may("space", Shape::OneOf(&["drive", "appDataFolder"])),
    may("type", Shape::OneOf(&["files", "shortcuts"])),
];
const PERMISSIONS: Fields = &[ALT, FIELDS, PRETTY, PAGE_SIZE, PAGE_TOKEN, ALL_DRIVES, VIEW, ADMIN];
const ONE_PERMISSION: Fields = &[ALT, FIELDS, PRETTY, ALL_DRIVES, ADMIN];
const TRANSFER: Field = may("transferOwnership", Shape::Boolean);
const SHARE: Fields = &[
    ALT,
    FIELDS,
    PRETTY,
    ALL_DRIVES,
    ADMIN,
    TRANSFER,
    may("emailMessage", Shape::Text),
    may("moveToNewOwnersRoot", Shape::Boolean),
    may("sendNotificationEmail", Shape::Boolean),
];
const RESHARE: Fields =
    &[ALT, FIELDS, PRETTY, ALL_DRIVES, ADMIN, TRANSFER, may("removeExpiration", Shape::Boolean)];
const COMMENTS: Fields =
    &[ALT, FIELDS, PRETTY, PAGE_SIZE, PAGE_TOKEN, DELETED, may("startModifiedTime", Shape::Text)];
const ONE_COMMENT: Fields = &[ALT, FIELDS, PRETTY, DELETED];
const REPLIES: Fields = &[ALT, FIELDS, PRETTY, PAGE_SIZE, PAGE_TOKEN, DELETED];
const ONE_REVISION: Fields = &[ALT_MEDIA, FIELDS, PRETTY, ABUSE];
const START: Fields = &[ALT, FIELDS, PRETTY, DRIVE_ID, ALL_DRIVES];
const CHANGE_LIST: Fields = &[
    ALT,
    FIELDS,
    PRETTY,
    PAGE_SIZE,
    must("pageToken", Shape::Text),
    DRIVE_ID,
    ALL_DRIVES,
    FROM_ALL_DRIVES,
    LABELS,
    VIEW,
    may("includeCorpusRemovals", Shape::Boolean),
    may("includeRemoved", Shape::Boolean),
    may("restrictToMyDrive", Shape::Boolean),
    may("spaces", Shape::Text),
];
const DRIVES: Fields = &[ALT, FIELDS, PRETTY, PAGE_SIZE, PAGE_TOKEN, ADMIN, may("q", Shape::Text)];
const NEW_DRIVE: Fields = &[ALT, FIELDS, PRETTY, must("requestId", Shape::Text)];
const ONE_DRIVE: Fields = &[ALT, FIELDS, PRETTY, ADMIN];
const DELETE_DRIVE: Fields = &[ALT, FIELDS, PRETTY, ADMIN, may("allowItemDeletion", Shape::Boolean)];

type Run = fn(&mut Stage<'_>, &Ask) -> Result<Reply, Failure>;

/// The type of an answer with what is answered of it unasked.
type Answers = (&'static str, &'static str);

const NOTHING: Answers = ("", "");
const A_FILE: Answers = ("File", "kind,id,name,mimeType");
const A_PERMISSION: Answers = ("Permission", "kind,id,type,role");
const A_REVISION: Answers = ("Revision", "kind,id,mimeType,modifiedTime");
const A_DRIVE: Answers = ("Drive", "kind,id,name");
const A_COMMENT: Answers = ("Comment", "");
const A_REPLY: Answers = ("Reply", "");
const SOME_FILES: Answers = ("FileList", "kind,incompleteSearch,nextPageToken,files(kind,id,name,mimeType)");
const SOME_PERMISSIONS: Answers = ("PermissionList", "kind,nextPageToken,permissions(kind,id,type,role)");
const SOME_REVISIONS: Answers =
    ("RevisionList", "kind,nextPageToken,revisions(kind,id,mimeType,modifiedTime)");
const SOME_DRIVES: Answers = ("DriveList", "kind,nextPageToken,drives(kind,id,name)");
const SOME_CHANGES: Answers = (
    "ChangeList",
    "kind,nextPageToken,newStartPageToken,changes(kind,type,changeType,time,removed,fileId,driveId,\
     file(kind,id,name,mimeType),drive(kind,id,name))",
);
const SOME_COMMENTS: Answers = ("CommentList", "");
const SOME_REPLIES: Answers = ("ReplyList", "");
const SOME_IDS: Answers = ("GeneratedIds", "kind,space,ids");
const A_TOKEN: Answers = ("StartPageToken", "kind,startPageToken");
const ABOUT_ME: Answers = ("About", "");

const fn method(answers: Answers, run: Run) -> Method {
    Method { run, answers: answers.0, unasked: answers.1, is_upload: false }
}

const fn upload(answers: Answers, run: Run) -> Method {
    Method { is_upload: true, ..method(answers, run) }
}

pub(super) const ROUTES: &[&[Route<Method>]] = &[routes! {
    under "" "drive.";
    "GET" "/drive/v3/files" "files.list" SEES LIST - method(SOME_FILES, list::list);
    "POST" "/drive/v3/files" "files.create" MAKES CREATE FILE_BODY method(A_FILE, create::create);
    "POST" "/upload/drive/v3/files" "files.create" MAKES UPLOAD FILE_BODY upload(A_FILE, create::create);
    "GET" "/drive/v3/files/generateIds" "files.generateIds" MAKES GENERATE - method(SOME_IDS, files::generate_ids);
    "DELETE" "/drive/v3/files/trash" "files.emptyTrash" ALL EMPTY_TRASH - method(NOTHING, files::empty_trash);
    "GET" "/drive/v3/files/{fileId}" "files.get" SEES GET - method(A_FILE, files::get);
    "PATCH" "/drive/v3/files/{fileId}" "files.update" CHANGES UPDATE FILE_BODY method(A_FILE, update::update);
    "PATCH" "/upload/drive/v3/files/{fileId}" "files.update" CHANGES UPLOAD_UPDATE FILE_BODY upload(A_FILE, update::update);
    "DELETE" "/drive/v3/files/{fileId}" "files.delete" MAKES DELETE - method(NOTHING, files::delete);
    "POST" "/drive/v3/files/{fileId}/copy" "files.copy" COPIES COPY FILE_BODY method(A_FILE, create::copy);
    "GET" "/drive/v3/files/{fileId}/export" "files.export" READS EXPORT - method(NOTHING, content::export);

    "GET" "/drive/v3/files/{fileId}/permissions" "permissions.list" SEES_SHARING PERMISSIONS - method(SOME_PERMISSIONS, permissions::list);
    "POST" "/drive/v3/files/{fileId}/permissions" "permissions.create" SHARES SHARE PERMISSION method(A_PERMISSION, permissions::create);
    "GET" "/drive/v3/files/{fileId}/permissions/{permissionId}" "permissions.get" SEES_SHARING ONE_PERMISSION - method(A_PERMISSION, permissions::get);
    "PATCH" "/drive/v3/files/{fileId}/permissions/{permissionId}" "permissions.update" SHARES RESHARE PERMISSION_CHANGES method(A_PERMISSION, permissions::update);
    "DELETE" "/drive/v3/files/{fileId}/permissions/{permissionId}" "permissions.delete" SHARES ONE_PERMISSION - method(NOTHING, permissions::delete);

    "GET" "/drive/v3/files/{fileId}/comments" "comments.list" READS COMMENTS - method(SOME_COMMENTS, comments::list);
    "POST" "/drive/v3/files/{fileId}/comments" "comments.create" SHARES PLAIN COMMENT method(A_COMMENT, comments::create);
    "GET" "/drive/v3/files/{fileId}/comments/{commentId}" "comments.get" READS ONE_COMMENT - method(A_COMMENT, comments::get);
    "PATCH" "/drive/v3/files/{fileId}/comments/{commentId}" "comments.update" SHARES PLAIN COMMENT_CHANGES method(A_COMMENT, comments::update);
    "DELETE" "/drive/v3/files/{fileId}/comments/{commentId}" "comments.delete" SHARES PLAIN - method(NOTHING, comments::delete);
    "GET" "/drive/v3/files/{fileId}/comments/{commentId}/replies" "replies.list" READS REPLIES - method(SOME_REPLIES, replies::list);
    "POST" "/drive/v3/files/{fileId}/comments/{commentId}/replies" "replies.create" SHARES PLAIN REPLY method(A_REPLY, replies::create);
    "GET" "/drive/v3/files/{fileId}/comments/{commentId}/replies/{replyId}" "replies.get" READS ONE_COMMENT - method(A_REPLY, replies::get);
    "PATCH" "/drive/v3/files/{fileId}/comments/{commentId}/replies/{replyId}" "replies.update" SHARES PLAIN COMMENT_CHANGES method(A_REPLY, replies::update);
    "DELETE" "/drive/v3/files/{fileId}/comments/{commentId}/replies/{replyId}" "replies.delete" SHARES PLAIN - method(NOTHING, replies::delete);

    "GET" "/drive/v3/about" "about.get" ABOUT PLAIN - method(ABOUT_ME, about::get);
    "GET" "/drive/v3/changes/startPageToken" "changes.getStartPageToken" SEES START - method(A_TOKEN, changes::start);
    "GET" "/drive/v3/changes" "changes.list" SEES CHANGE_LIST - method(SOME_CHANGES, changes::list);
    "GET" "/drive/v3/files/{fileId}/revisions" "revisions.list" SEES PAGED - method(SOME_REVISIONS, revisions::list);
    "GET" "/drive/v3/files/{fileId}/revisions/{revisionId}" "revisions.get" SEES ONE_REVISION - method(A_REVISION, revisions::get);
    "PATCH" "/drive/v3/files/{fileId}/revisions/{revisionId}" "revisions.update" MAKES PLAIN REVISION method(A_REVISION, revisions::update);
    "DELETE" "/drive/v3/files/{fileId}/revisions/{revisionId}" "revisions.delete" MAKES PLAIN - method(NOTHING, revisions::delete);
    "GET" "/drive/v3/drives" "drives.list" SEES_DRIVES DRIVES - method(SOME_DRIVES, drives::list);
    "POST" "/drive/v3/drives" "drives.create" ALL NEW_DRIVE DRIVE method(A_DRIVE, drives::create);
    "GET" "/drive/v3/drives/{driveId}" "drives.get" SEES_DRIVES ONE_DRIVE - method(A_DRIVE, drives::get);
    "PATCH" "/drive/v3/drives/{driveId}" "drives.update" ALL ONE_DRIVE DRIVE method(A_DRIVE, drives::update);
    "DELETE" "/drive/v3/drives/{driveId}" "drives.delete" ALL DELETE_DRIVE - method(NOTHING, drives::delete);
    "POST" "/drive/v3/drives/{driveId}/hide" "drives.hide" ALL PLAIN - method(A_DRIVE, drives::hide);
    "POST" "/drive/v3/drives/{driveId}/unhide" "drives.unhide" ALL PLAIN - method(A_DRIVE, drives::unhide);
}];
