//! `files`: reading one, deleting, the trash as a whole, and ids for files to come.

use serde_json::json;

use super::access::{self, Need};
use super::failure::Failure;
use super::rights::Role;
use super::{Ask, Reply, Scope, content, refusal, show};
use crate::stage::Stage;

const MAX_IDS: i64 = 1000;

pub(super) fn get(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    let need = if ask.wants_media() { Need::Read } else { Need::See };
    let file = access::reach(stage, ask, ask.file_id(), need)?;
    if ask.wants_media() {
        return content::download(stage, ask, file, file.head());
    }
    Ok(Reply::Json(show::file(stage, ask, file)))
}

/// For good, with all that the user has in it. What others put into a folder stays theirs, without a folder.
pub(super) fn delete(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    let file = access::reach(stage, ask, ask.file_id(), Need::Delete)?;
    if file.parent.is_none() {
        return Err(refusal::insufficient_role());
    }
    let id = file.id.clone();
    remove(stage, &id);
    Ok(Reply::Nothing)
}

/// Removes a file and what its owner has below it. In a shared drive that is everything.
fn remove(stage: &mut Stage<'_>, id: &str) {
    let (drive, now) = (&mut stage.world.drive, stage.now);
    let Some(place) = drive.find(id).map(|file| file.place.clone()) else {
        return;
    };
    let below = drive.below(id);
    let (own, others): (Vec<String>, Vec<String>) =
        below.into_iter().partition(|id| drive.find(id).is_some_and(|file| file.place == place));
    for other in others {
        let owner = drive.find(&other).and_then(|file| file.owner().map(str::to_owned));
        let root = owner.and_then(|owner| drive.roots.get(&owner).cloned());
        let loses_folder = drive
            .find(&other)
            .and_then(|file| file.parent.clone())
            .is_some_and(|parent| parent == id || own.contains(&parent));
        if let Some(file) = drive.files.get_mut(&other).filter(|_| loses_folder) {
            file.parent = root;
        }
    }
    for id in own.iter().map(String::as_str).chain([id]) {
        drive.remove(id, now);
    }
}

pub(super) fn empty_trash(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    let drive = &stage.world.drive;
    let shared = ask.query.filled("driveId");
    if let Some(id) = shared {
        let top = drive.find(id).filter(|_| drive.shared_drives.contains_key(id));
        let role = top.and_then(|top| drive.role(top, ask.address(), stage.now));
        match role {
            None => return Err(refusal::no_shared_drive(id)),
            Some(role) if role < Role::Organizer => return Err(refusal::insufficient_role()),
            Some(_) => {}
        }
    }
    let is_there = |file: &&super::store::File| match shared {
        Some(id) => file.drive_id() == Some(id),
        None => file.owner() == Some(ask.address()) && !file.is_app_data(),
    };
    let trashed = drive.files.values().filter(is_there).filter(|file| file.trashed.is_some());
    let doomed: Vec<String> = trashed.map(|file| file.id.clone()).collect();
    for id in doomed {
        remove(stage, &id);
    }
    Ok(Reply::Nothing)
}

pub(super) fn generate_ids(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    let count = ask.query.integer("count").unwrap_or(10);
    if !(1..=MAX_IDS).contains(&count) {
        let message = format!("Invalid value '{count}'. Values must be within the range: [1, {MAX_IDS}]");
        return Err(Failure::older(400, "invalidParameter", message).at("parameter", "count"));
    }
    let space = ask.query.text("space").unwrap_or("drive").to_owned();
    if space == "appDataFolder" {
        if !ask.has(Scope::AppData) {
            stage.note.detail("lacks_scope", true);
            return Err(refusal::app_data_beyond_scopes());
        }
        if ask.query.text("type") == Some("shortcuts") {
            return Err(refusal::invalid("type"));
        }
    }
    let mut ids = Vec::new();
    for _ in 0..count {
        let id = new_id(stage);
        stage.world.drive.generated.insert(id.clone(), space.clone());
        ids.push(id);
    }
    Ok(Reply::Json(json!({"kind": "drive#generatedIds", "space": space, "ids": ids})))
}

pub(super) fn new_id(stage: &mut Stage<'_>) -> String {
    format!("1{}", stage.word(32))
}
