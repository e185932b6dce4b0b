//! A file, a person and a time as Drive answers them.

use md5::{Digest as _, Md5};
use serde_json::{Map, Value, json};
use sha1::Sha1;
use sha2::Sha256;

use super::access::{self, Need};
use super::rights::Role;
use super::store::{File, Place, Revision};
use super::{Ask, kinds, permissions};
use crate::people;
use crate::provider::Provider;
use crate::stage::{Stage, stamp};

/// Drive leaves out what there is not.
pub(super) fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept: Map<String, Value> =
                members.into_iter().filter(|(_, member)| !member.is_null()).collect();
            Value::Object(kept)
        }
        value => value,
    }
}

pub(super) fn person(ask: &Ask, address: &str) -> Value {
    let found = people::find(Provider::Google, address);
    json!({
        "kind": "drive#user",
        "displayName": found.map_or_else(|| address.to_owned(), people::Person::name),
        "me": address == ask.address(),
        "permissionId": permissions::user_id(address),
        "emailAddress": address,
    })
}

/// The content's length and hashes, in the words of files and revisions.
pub(super) fn hashes(revision: &Revision) -> Value {
    let bytes = revision.bytes();
    let hex = |digest: &[u8]| digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    json!({
        "size": bytes.len().to_string(),
        "md5Checksum": hex(&Md5::digest(&bytes)),
        "sha1Checksum": hex(&Sha1::digest(&bytes)),
        "sha256Checksum": hex(&Sha256::digest(&bytes)),
    })
}

pub(super) fn export_links(file: &File) -> Option<Value> {
    let formats = kinds::exports(&file.mime_type);
    let link = |format: &&str| {
        let query = url::form_urlencoded::byte_serialize(format.as_bytes()).collect::<String>();
        (
            (*format).to_owned(),
            json!(format!("https://docs.google.com/export?id={}&mimeType={query}", file.id)),
        )
    };
    (!formats.is_empty()).then(|| Value::Object(formats.iter().map(link).collect()))
}

/// Every member of a file that there is for this caller. `fields` cuts them down later.
pub(super) fn file(stage: &Stage<'_>, ask: &Ask, file: &File) -> Value {
    let drive = &stage.world.drive;
    let mut shown = own_members(file);
    let mut add = |more: Value| {
        if let (Value::Object(shown), Value::Object(more)) = (&mut shown, more) {
            shown.extend(more);
        }
    };
    add(for_the_caller(stage, ask, file));
    add(sharing(stage, ask, file));
    if let Some(head) = file.head() {
        if file.is_blob() {
            add(hashes(head));
            add(blob_members(file, head));
        } else {
            add(
                json!({"size": head.bytes().len().to_string(), "quotaBytesUsed": head.bytes().len().to_string()}),
            );
        }
    }
    if let Some(target) = &file.target {
        let kind = drive.find(target).map(|found| found.mime_type.clone());
        add(json!({"shortcutDetails": {"targetId": target, "targetMimeType": kind}}));
    }
    let trashed = drive.is_trashed(file);
    add(json!({"trashed": trashed, "explicitlyTrashed": file.trashed.is_some()}));
    if let (Some(act), Some(_)) = (&file.trashed, file.drive_id()) {
        add(json!({"trashedTime": stamp(act.at), "trashingUser": person(ask, &act.by)}));
    }
    add(json!({"lastModifyingUser": person(ask, &file.modified_by)}));
    add(json!({"capabilities": capabilities(stage, ask, file)}));
    without_nulls(shown)
}

fn own_members(file: &File) -> Value {
    let some = |map: &std::collections::BTreeMap<String, String>| (!map.is_empty()).then(|| json!(map));
    json!({
        "kind": "drive#file",
        "id": file.id,
        "name": file.name,
        "mimeType": file.mime_type,
        "description": file.description,
        "parents": file.parent.as_ref().map(|parent| [parent]),
        "createdTime": stamp(file.created),
        "modifiedTime": stamp(file.modified),
        "version": file.version.to_string(),
        "properties": some(&file.properties),
        "folderColorRgb": file.folder_color.clone().or_else(|| file.is_folder().then(|| "#8f8f8f".to_owned())),
        "copyRequiresWriterPermission": file.copy_requires_writer,
        "viewersCanCopyContent": !file.copy_requires_writer,
        "contentRestrictions": file.locked.as_ref().map(|lock| [without_nulls(json!({
            "readOnly": true, "reason": lock.reason, "type": "globalContentRestriction",
            "ownerRestricted": lock.by_owner_only, "restrictionTime": stamp(lock.act.at),
        }))]),
        "spaces": [if file.is_app_data() { "appDataFolder" } else { "drive" }],
        "driveId": file.drive_id(),
        "teamDriveId": file.drive_id(),
        "webViewLink": kinds::web_view_link(&file.mime_type, &file.id),
        "iconLink": format!("https://drive-thirdparty.googleusercontent.com/16/type/{}", file.mime_type),
        "exportLinks": export_links(file),
        "hasThumbnail": false,
        "thumbnailVersion": "0",
        "quotaBytesUsed": "0",
    })
}

fn blob_members(file: &File, head: &Revision) -> Value {
    let used: usize = file.revisions.iter().map(|revision| revision.bytes().len()).sum();
    let extension = file.name.rsplit_once('.').map_or("", |(_, extension)| extension);
    json!({
        "headRevisionId": head.id,
        "originalFilename": file.original_filename,
        "fileExtension": extension,
        "fullFileExtension": extension,
        "quotaBytesUsed": used.to_string(),
        "webContentLink": format!("https://drive.google.com/uc?id={}&export=download", file.id),
    })
}

fn for_the_caller(stage: &Stage<'_>, ask: &Ask, file: &File) -> Value {
    let own = file.personal(ask.address());
    let client = &ask.caller.client_id;
    // Who owns the file was not shared it.
    let shared = own.shared.filter(|_| file.owner() != Some(ask.address()));
    json!({
        "starred": own.starred,
        "viewedByMe": own.viewed.is_some(),
        "viewedByMeTime": own.viewed.map(stamp),
        "modifiedByMe": own.modified.is_some(),
        "modifiedByMeTime": own.modified.map(stamp),
        "sharedWithMeTime": shared.as_ref().map(|act| stamp(act.at)),
        "sharingUser": shared.as_ref().map(|act| person(ask, &act.by)),
        "appProperties": file.app_properties.get(client).filter(|own| !own.is_empty()),
        "isAppAuthorized": file.is_opened_by(client, ask.address()) || matches!(&file.place, Place::AppData { .. }),
        "hasAugmentedPermissions": file.drive_id().is_some_and(|_| {
            !file.permissions.is_empty() && stage.world.drive.grants(file).len() > file.permissions.len()
        }),
    })
}

fn sharing(stage: &Stage<'_>, ask: &Ask, file: &File) -> Value {
    let grants = stage.world.drive.grants(file);
    let may_share = access::role_allows(stage, file, ask.address(), Need::Share);
    let mut shown = json!({});
    if may_share {
        shown["permissionIds"] = grants.iter().map(|(permission, _)| json!(permission.id)).collect();
    }
    let Some(owner) = file.owner() else {
        return shown;
    };
    shown["owners"] = json!([person(ask, owner)]);
    shown["ownedByMe"] = json!(owner == ask.address());
    shown["shared"] = json!(grants.iter().any(|(permission, _)| permission.role != Role::Owner));
    shown["writersCanShare"] = json!(file.writers_can_share);
    if may_share {
        let each = grants.iter().map(|(permission, from)| permissions::show(permission, from.as_deref()));
        shown["permissions"] = each.collect();
    }
    shown
}

fn capabilities(stage: &Stage<'_>, ask: &Ask, file: &File) -> Value {
    let may = |need| access::role_allows(stage, file, ask.address(), need);
    let (edits, folder) = (may(Need::Edit), file.is_folder());
    let is_root = file.parent.is_none();
    let downloads = access::may_download(stage, file, ask.address());
    let trashed = stage.world.drive.is_trashed(file);
    json!({
        "canAddChildren": folder && edits,
        "canChangeCopyRequiresWriterPermission": edits,
        "canChangeViewersCanCopyContent": edits,
        "canComment": may(Need::Comment) && !folder,
        "canCopy": !folder && downloads,
        "canDelete": may(Need::Delete) && !is_root,
        "canDeleteChildren": folder && may(Need::Delete) && file.drive_id().is_some(),
        "canDownload": !folder && downloads,
        "canEdit": edits,
        "canListChildren": folder,
        "canModifyContent": edits && file.locked.is_none(),
        "canModifyContentRestriction": edits && !folder,
        "canMoveChildrenWithinDrive": folder && edits,
        "canMoveItemOutOfDrive": edits && !is_root,
        "canMoveItemWithinDrive": edits && !is_root,
        "canReadDrive": file.drive_id().is_some(),
        "canReadRevisions": edits && !folder,
        "canRemoveChildren": folder && edits,
        "canRename": edits && !is_root,
        "canShare": may(Need::Share),
        "canTrash": may(Need::Trash) && !is_root,
        "canTrashChildren": folder && may(Need::Trash) && file.drive_id().is_some(),
        "canUntrash": may(Need::Trash) && trashed,
    })
}

/// Text as HTML.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
