//! `files.create` and `files.copy`.

use std::collections::{BTreeMap, BTreeSet};

use super::access::{self, Need};
use super::failure::Failure;
use super::rights::{Grantee, Permission, Role};
use super::store::{Act, Comment, File, Place};
use super::{Ask, Reply, Scope, content, files, kinds, permissions, refusal, update};
use crate::stage::Stage;

const LONGEST_KEY_AND_VALUE: usize = 124;

pub(super) fn create(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    update::refuse_unwritable(ask)?;
    let kind = kind_of_new(ask)?;
    let parent = parent_of_new(stage, ask, None)?;
    let id = id_of_new(stage, ask, &kind, &parent)?;
    let name = ask.body.filled("name").unwrap_or("Untitled").to_owned();
    let target = target(stage, ask, &kind)?;
    let mut file = blank(stage, ask, id, &name, &kind, &parent);
    file.target = target;
    if !matches!(kind.as_str(), kinds::FOLDER | kinds::SHORTCUT) {
        let original = ask.body.filled("originalFilename").unwrap_or(&name);
        let revision = content::revision(stage, ask, &kind, ask.media.as_ref(), Some(original))?;
        file.original_filename.clone_from(&revision.original_filename);
        file.revisions.push(revision);
    }
    if let Some(media) = ask.media.as_ref().filter(|_| ask.flag("useContentAsIndexableText")) {
        file.indexable = String::from_utf8_lossy(&media.bytes).into_owned();
    }
    update::write_members(stage, ask, &mut file)?;
    finish(stage, ask, file)
}

pub(super) fn copy(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    update::refuse_unwritable(ask)?;
    let source = access::reach(stage, ask, ask.file_id(), Need::Read)?.clone();
    if source.is_folder() || !access::may_download(stage, &source, ask.address()) {
        return Err(refusal::forbidden("cannotCopyFile", "This file cannot be copied by the user."));
    }
    let kind = ask.body.filled("mimeType").unwrap_or(&source.mime_type).to_owned();
    let parent = parent_of_new(stage, ask, source.parent.as_deref())?;
    let id = id_of_new(stage, ask, &kind, &parent)?;
    let name = match ask.body.filled("name") {
        Some(name) => name.to_owned(),
        None => format!("Copy of {}", source.name),
    };
    let mut file = blank(stage, ask, id, &name, &kind, &parent);
    file.description = source.description;
    file.properties = source.properties;
    file.app_properties = source.app_properties;
    file.indexable = source.indexable;
    file.target = source.target;
    if let Some(head) = source.revisions.last() {
        let media = super::media::Media { media_type: head.media_type.clone(), bytes: head.bytes() };
        let converts = kind != source.mime_type;
        if converts && !kinds::is_google(&kind) {
            return Err(refusal::bad_request("sandbox: a copy keeps its type or becomes one of Google's"));
        }
        let revision =
            content::revision(stage, ask, &kind, Some(&media), source.original_filename.as_deref())?;
        file.original_filename.clone_from(&revision.original_filename);
        file.revisions.push(revision);
    }
    if ask.flag("copyComments") {
        let open = |comment: &Comment| !comment.resolved && !comment.deleted;
        file.comments = source.comments.into_iter().filter(open).collect();
    }
    update::write_members(stage, ask, &mut file)?;
    finish(stage, ask, file)
}

fn kind_of_new(ask: &Ask) -> Result<String, Failure> {
    let uploaded = ask.media.as_ref().map(super::media::Media::essence);
    let kind = match ask.body.filled("mimeType") {
        Some(kind) => kind.to_owned(),
        None => uploaded.unwrap_or_else(|| kinds::OCTETS.to_owned()),
    };
    if !kinds::can_be_created(&kind) {
        return Err(Failure::older(400, "invalid", "Invalid MIME type provided for the uploaded content."));
    }
    if ask.media.is_some() && matches!(kind.as_str(), kinds::FOLDER | kinds::SHORTCUT) {
        return Err(refusal::bad_request("sandbox: folders and shortcuts have no content"));
    }
    Ok(kind)
}

/// The folder that a new file goes into: the named one, else `usual` if the caller can write there, else the top.
fn parent_of_new(stage: &mut Stage<'_>, ask: &Ask, usual: Option<&str>) -> Result<String, Failure> {
    let named = ask.body.texts("parents");
    match named.as_slice() {
        [] => {
            if let Some(usual) = usual.filter(|usual| access::reach(stage, ask, usual, Need::Write).is_ok()) {
                return Ok(usual.to_owned());
            }
            folder(stage, ask, "root")
        }
        [one] => folder(stage, ask, one),
        _ => Err(refusal::more_parents()),
    }
}

/// The id of a folder that the call may put something into.
pub(super) fn folder(stage: &mut Stage<'_>, ask: &Ask, id: &str) -> Result<String, Failure> {
    if id == "appDataFolder" {
        if !ask.has(Scope::AppData) {
            stage.note.detail("lacks_scope", true);
            return Err(refusal::app_data_beyond_scopes());
        }
        return Ok(app_data_folder(stage, ask));
    }
    let found = access::reach(stage, ask, id, Need::See)?;
    if !found.is_folder() {
        return Err(refusal::forbidden("parentNotAFolder", "The specified parent is not a folder."));
    }
    if !access::role_allows(stage, found, ask.address(), Need::Write) {
        return Err(refusal::insufficient_at_parent());
    }
    access::reach(stage, ask, id, Need::Write).map(|folder| folder.id.clone())
}

/// The app's own folder, which is there once it is asked for.
fn app_data_folder(stage: &mut Stage<'_>, ask: &Ask) -> String {
    let key = access::app_data_key(ask);
    if let Some(id) = stage.world.drive.roots.get(&key) {
        return id.clone();
    }
    let id = files::new_id(stage);
    let mut top = blank(stage, ask, id.clone(), "Application Data", kinds::FOLDER, "");
    top.parent = None;
    top.place = Place::AppData { owner: ask.address().to_owned(), client: ask.caller.client_id.clone() };
    stage.world.drive.files.insert(id.clone(), top);
    stage.world.drive.roots.insert(key, id.clone());
    id
}

fn id_of_new(stage: &mut Stage<'_>, ask: &Ask, kind: &str, parent: &str) -> Result<String, Failure> {
    let Some(id) = ask.body.text("id") else {
        return Ok(files::new_id(stage));
    };
    let unusable = |message: &str| Failure::older(400, "invalid", message).at("other", "file.id");
    if kinds::is_editor(kind) {
        return Err(unusable("Generated IDs are not supported for Docs Editors formats."));
    }
    let drive = &mut stage.world.drive;
    if drive.find(id).is_some() {
        let message = "A file already exists with the provided ID.";
        return Err(Failure::older(409, "fileIdInUse", message));
    }
    let in_app_data = drive.find(parent).is_some_and(File::is_app_data);
    let space = if in_app_data { "appDataFolder" } else { "drive" };
    match drive.generated.get(id) {
        Some(own) if own == space => {
            drive.generated.remove(id);
            Ok(id.to_owned())
        }
        _ => Err(unusable("The provided file ID is not usable.")),
    }
}

/// What a shortcut leads to, which the caller has to see.
fn target(stage: &Stage<'_>, ask: &Ask, kind: &str) -> Result<Option<String>, Failure> {
    let details = ask.body.object("shortcutDetails");
    let id = details.as_ref().and_then(|details| details.filled("targetId"));
    if details
        .as_ref()
        .is_some_and(|details| details.names("targetMimeType") || details.names("targetResourceKey"))
    {
        return Err(refusal::not_writable());
    }
    match (kind, id) {
        (kinds::SHORTCUT, Some(id)) => {
            let target = access::reach(stage, ask, id, Need::See)?;
            if target.mime_type == kinds::SHORTCUT {
                let message = "The shortcut target is invalid.";
                return Err(refusal::forbidden("shortcutTargetInvalid", message));
            }
            Ok(Some(target.id.clone()))
        }
        (kinds::SHORTCUT, None) => {
            Err(refusal::bad_request("A shortcut must specify a target with shortcutDetails.targetId."))
        }
        (_, Some(_)) => Err(refusal::bad_request("sandbox: only shortcuts have shortcutDetails")),
        (_, None) => Ok(None),
    }
}

/// A file of the caller's without content, in `parent`.
fn blank(stage: &Stage<'_>, ask: &Ask, id: String, name: &str, kind: &str, parent: &str) -> File {
    let account = ask.address().to_owned();
    let place = match stage.world.drive.find(parent).map(|folder| folder.place.clone()) {
        Some(Place::Shared(drive)) => Place::Shared(drive),
        Some(Place::AppData { owner, client }) => Place::AppData { owner, client },
        _ => Place::Owned(account.clone()),
    };
    blank_at(stage, &account, place, id, name, kind, parent)
}

/// A file without content.
pub(super) fn blank_at(
    stage: &Stage<'_>,
    account: &str,
    place: Place,
    id: String,
    name: &str,
    kind: &str,
    parent: &str,
) -> File {
    let owner = Permission {
        id: permissions::user_id(account),
        grantee: Grantee::User(account.to_owned()),
        role: Role::Owner,
        expires: None,
        findable: false,
    };
    let mut file = File {
        id,
        name: name.to_owned(),
        mime_type: kind.to_owned(),
        description: None,
        parent: (!parent.is_empty()).then(|| parent.to_owned()),
        created: stage.now,
        modified: stage.now,
        modified_by: account.to_owned(),
        trashed: None,
        properties: BTreeMap::new(),
        app_properties: BTreeMap::new(),
        folder_color: None,
        writers_can_share: true,
        copy_requires_writer: false,
        locked: None,
        original_filename: None,
        indexable: String::new(),
        target: None,
        permissions: if matches!(place, Place::Shared(_)) { Vec::new() } else { vec![owner] },
        revisions: Vec::new(),
        comments: Vec::new(),
        opened: BTreeSet::new(),
        personal: BTreeMap::new(),
        version: 0,
        place,
    };
    file.touch(account, stage.now);
    file.personal_mut(account).viewed = Some(stage.now);
    file
}

/// Puts a new file into the drive, open to the app that made it.
fn finish(stage: &mut Stage<'_>, ask: &Ask, mut file: File) -> Result<Reply, Failure> {
    file.opened.insert((ask.caller.client_id.clone(), ask.address().to_owned()));
    share_with_heirs(stage, &mut file);
    update::put(stage, ask, file, BTreeSet::new())
}

/// Notes for those who share the folder that the file is shared with them.
fn share_with_heirs(stage: &Stage<'_>, file: &mut File) {
    let Some(owner) = file.owner().map(str::to_owned) else {
        return;
    };
    for (grant, _) in stage.world.drive.grants(file) {
        if let Grantee::User(account) = grant.grantee
            && account != owner
        {
            file.personal_mut(&account).shared = Some(Act { by: owner.clone(), at: stage.now });
        }
    }
}

/// Keys and values that apps put on a file; null removes one.
pub(super) fn merge_properties(
    own: &mut BTreeMap<String, String>,
    changes: Option<&serde_json::Value>,
) -> Result<(), Failure> {
    let Some(changes) = changes else {
        return Ok(());
    };
    let changes =
        changes.as_object().ok_or_else(|| Failure::invalid("sandbox: properties should be an object"))?;
    for (key, value) in changes {
        match value {
            serde_json::Value::Null => {
                own.remove(key);
            }
            serde_json::Value::String(text) if key.len() + text.len() <= LONGEST_KEY_AND_VALUE => {
                own.insert(key.clone(), text.clone());
            }
            serde_json::Value::String(_) => {
                return Err(refusal::forbidden(
                    "propertyTooLong",
                    "The combined length of the key and value of a property exceeds 124 bytes.",
                ));
            }
            _ => {
                return Err(Failure::invalid(format!(
                    "sandbox: the property {key} should be a text or null"
                )));
            }
        }
    }
    Ok(())
}
