//! `files.update`: metadata, place, trash and content of a file, in any combination.

use std::collections::BTreeSet;

use super::access::{self, Need};
use super::failure::Failure;
use super::store::{Act, File, Lock};
use super::{Ask, Reply, about, bodies, content, create, kinds, refusal, show};
use crate::stage::Stage;

/// Members that are each user's own affair.
const PERSONAL: &[&str] = &["starred", "viewedByMeTime"];

/// Refuses what Drive sets itself, and what this one does not serve.
pub(super) fn refuse_unwritable(ask: &Ask) -> Result<(), Failure> {
    if bodies::READ_ONLY.iter().any(|name| ask.body.names(name)) {
        return Err(refusal::not_writable());
    }
    match bodies::UNSERVED.iter().find(|name| ask.body.names(name)) {
        Some(name) => Err(refusal::unserved(name)),
        None => Ok(()),
    }
}

pub(super) fn update(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    let need = need(ask);
    let found = access::reach(stage, ask, ask.file_id(), need)?;
    let mut file = found.clone();
    refuse_unwritable(ask)?;
    if ask.body.names("parents") {
        let message = "The parents field is not directly writable in update requests. Use the addParents and \
                       removeParents parameters instead.";
        return Err(refusal::forbidden("fieldNotWritable", message));
    }
    if ask.body.text("id").is_some_and(|id| id != file.id) || ask.body.names("shortcutDetails") {
        return Err(refusal::not_writable());
    }
    let is_top = file.parent.is_none();
    if is_top && need != Need::Mark {
        return Err(refusal::insufficient_role());
    }
    let before = stage.world.drive.audience(&file.id, stage.now);
    relocate(stage, ask, &mut file)?;
    trash(stage, ask, &mut file)?;
    change_type(ask, &mut file)?;
    if let Some(media) = &ask.media {
        replace_content(stage, ask, &mut file, media)?;
    }
    let changes = ask.body.0.keys().any(|name| !PERSONAL.contains(&name.as_str()) && name != "trashed");
    if changes || ask.media.is_some() {
        file.touch(ask.address(), stage.now);
    }
    write_members(stage, ask, &mut file)?;
    put(stage, ask, file, before)
}

/// Puts a new or changed file into the drive, logs it and answers it.
pub(super) fn put(
    stage: &mut Stage<'_>,
    ask: &Ask,
    file: File,
    before: BTreeSet<String>,
) -> Result<Reply, Failure> {
    let (id, now) = (file.id.clone(), stage.now);
    stage.world.drive.files.insert(id.clone(), file);
    stage.world.drive.log(&id, now, before);
    let file = stage.world.drive.find(&id).ok_or_else(|| refusal::no_file(&id))?;
    Ok(Reply::Json(show::file(stage, ask, file)))
}

fn need(ask: &Ask) -> Need {
    let names = |name: &str| ask.body.names(name);
    let moves = ask.query.filled("addParents").is_some() || ask.query.filled("removeParents").is_some();
    if ask.media.is_some() {
        Need::Write
    } else if names("trashed") {
        Need::Trash
    } else if !moves
        && !ask.body.0.is_empty()
        && ask.body.0.keys().all(|name| PERSONAL.contains(&name.as_str()))
    {
        Need::Mark
    } else {
        Need::Edit
    }
}

fn ids(ask: &Ask, parameter: &str) -> Vec<String> {
    let text = ask.query.filled(parameter).unwrap_or_default();
    text.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect()
}

/// Moves the file. It is in one folder at a time, and nothing is in itself.
fn relocate(stage: &mut Stage<'_>, ask: &Ask, file: &mut File) -> Result<(), Failure> {
    let (add, remove) = (ids(ask, "addParents"), ids(ask, "removeParents"));
    if add.is_empty() && remove.is_empty() {
        return Ok(());
    }
    let mut parents: Vec<String> = file.parent.iter().cloned().collect();
    for id in &remove {
        let id = access::alias(&stage.world.drive, ask, id);
        let known = parents.iter().position(|parent| *parent == id);
        // Google takes the removal of a folder that the file is not in for done, if there is such a folder.
        match known {
            Some(index) => drop(parents.remove(index)),
            None => drop(access::reach(stage, ask, &id, Need::See)?),
        }
    }
    for id in &add {
        let id = create::folder(stage, ask, id)?;
        if !parents.contains(&id) {
            parents.push(id);
        }
    }
    if parents.len() > 1 {
        return Err(refusal::more_parents());
    }
    let top = || stage.world.drive.roots.get(file.owner().unwrap_or_default()).cloned();
    let Some(parent) = parents.pop().or_else(top) else {
        let message = "A shared drive item must have exactly one parent.";
        return Err(refusal::forbidden("teamDrivesParentLimit", message));
    };
    let drive = &stage.world.drive;
    let target = drive.find(&parent).ok_or_else(|| refusal::no_file(&parent))?;
    let inside = drive.above(target).iter().any(|folder| folder.id == file.id);
    if parent == file.id || inside {
        return Err(refusal::bad_request("sandbox: a folder cannot be moved into itself"));
    }
    if target.drive_id() != file.drive_id() || target.is_app_data() != file.is_app_data() {
        return Err(refusal::unserved("moving between My Drive, shared drives and app data"));
    }
    file.parent = Some(parent);
    Ok(())
}

fn trash(stage: &Stage<'_>, ask: &Ask, file: &mut File) -> Result<(), Failure> {
    match ask.body.flag("trashed") {
        Some(true) if file.is_app_data() => {
            let message = "Files within the Application Data folder cannot be trashed.";
            Err(refusal::forbidden("notSupportedForAppDataFolderFiles", message))
        }
        Some(true) => {
            let act = Act { by: ask.address().to_owned(), at: stage.now };
            file.trashed.get_or_insert(act);
            Ok(())
        }
        Some(false) => {
            file.trashed = None;
            Ok(())
        }
        None => Ok(()),
    }
}

/// The type of a blob can be corrected; Google's own types stay what they are.
fn change_type(ask: &Ask, file: &mut File) -> Result<(), Failure> {
    let uploaded = ask.media.as_ref().map(super::media::Media::essence);
    let named = ask.body.filled("mimeType").map(str::to_owned);
    let Some(kind) = named.or_else(|| uploaded.filter(|_| file.is_blob())) else {
        return Ok(());
    };
    if kind == file.mime_type {
        return Ok(());
    }
    if !file.is_blob() || kinds::is_google(&kind) || !kinds::is_media_type(&kind) {
        return Err(Failure::older(400, "invalid", "Invalid MIME type provided for the uploaded content."));
    }
    file.mime_type = kind;
    Ok(())
}

fn replace_content(
    stage: &mut Stage<'_>,
    ask: &Ask,
    file: &mut File,
    media: &super::media::Media,
) -> Result<(), Failure> {
    if matches!(file.mime_type.as_str(), kinds::FOLDER | kinds::SHORTCUT) {
        return Err(refusal::bad_request("sandbox: folders and shortcuts have no content"));
    }
    if let Some(lock) = &file.locked {
        let reason = lock.reason.as_deref().unwrap_or("no reason given");
        let message = format!("The file's content is locked: {reason}.");
        return Err(refusal::forbidden("contentRestricted", message));
    }
    let name = ask.body.filled("originalFilename").unwrap_or(&file.name).to_owned();
    let revision = content::revision(stage, ask, &file.mime_type, Some(media), Some(&name))?;
    file.original_filename.clone_from(&revision.original_filename);
    file.revisions.push(revision);
    if ask.flag("useContentAsIndexableText") {
        file.indexable = String::from_utf8_lossy(&media.bytes).into_owned();
    }
    Ok(())
}

/// The members that create, copy and update write alike.
pub(super) fn write_members(stage: &Stage<'_>, ask: &Ask, file: &mut File) -> Result<(), Failure> {
    let body = &ask.body;
    let account = ask.address();
    if let Some(name) = body.filled("name") {
        name.clone_into(&mut file.name);
    }
    if let Some(description) = body.text("description") {
        file.description = (!description.is_empty()).then(|| description.to_owned());
    }
    if let Some(starred) = body.flag("starred") {
        file.personal_mut(account).starred = starred;
    }
    let time = |name: &str| body.text(name).and_then(|text| text.parse().ok());
    if let Some(viewed) = time("viewedByMeTime") {
        file.personal_mut(account).viewed = Some(viewed);
    }
    if let Some(created) = time("createdTime") {
        file.created = created;
    }
    if let Some(modified) = time("modifiedTime") {
        file.modified = modified;
    }
    create::merge_properties(&mut file.properties, body.value("properties"))?;
    let own = file.app_properties.entry(ask.caller.client_id.clone()).or_default();
    create::merge_properties(own, body.value("appProperties"))?;
    file.app_properties.retain(|_, own| !own.is_empty());
    if let Some(color) = body.filled("folderColorRgb") {
        file.folder_color = Some(about::nearest_color(color).ok_or_else(|| {
            Failure::older(400, "invalid", "Invalid folder color.").at("other", "file.folderColorRgb")
        })?);
    }
    if let Some(filename) = body.filled("originalFilename") {
        file.original_filename = Some(filename.to_owned());
    }
    if let Some(may) = body.flag("writersCanShare") {
        if file.owner() != Some(account) {
            return Err(refusal::insufficient_role());
        }
        file.writers_can_share = may;
    }
    if let Some(requires) = body.flag("copyRequiresWriterPermission") {
        file.copy_requires_writer = requires;
    }
    if let Some(may) = body.flag("viewersCanCopyContent") {
        file.copy_requires_writer = !may;
    }
    if let Some(text) =
        body.object("contentHints").and_then(|hints| hints.filled("indexableText").map(str::to_owned))
    {
        file.indexable = text;
    }
    restrict(stage, ask, file);
    Ok(())
}

fn restrict(stage: &Stage<'_>, ask: &Ask, file: &mut File) {
    let Some(restrictions) = ask.body.value("contentRestrictions").and_then(serde_json::Value::as_array)
    else {
        return;
    };
    let Some(first) = restrictions.first() else {
        return;
    };
    let locks = first["readOnly"].as_bool().unwrap_or_default();
    let act = Act { by: ask.address().to_owned(), at: stage.now };
    let reason = first["reason"].as_str().map(str::to_owned);
    let by_owner_only = first["ownerRestricted"].as_bool().unwrap_or_default();
    file.locked = locks.then_some(Lock { reason, by_owner_only, act });
}

/// Logs that a file changed in some other way than by an update.
pub(super) fn note_change(stage: &mut Stage<'_>, id: &str) {
    let now = stage.now;
    stage.world.drive.log(id, now, BTreeSet::new());
}
