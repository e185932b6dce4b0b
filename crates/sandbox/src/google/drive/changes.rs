//! `changes`: what happened since a token, each file once, with its present state.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::access;
use super::failure::Failure;
use super::list::{self, Limits};
use super::store::Change;
use super::{Ask, Reply, Scope, drives, refusal, show};
use crate::stage::{Stage, stamp};

const LIMITS: Limits = Limits { default: 100, most: 1000 };
/// Tokens count the changes from here.
const FIRST_TOKEN: usize = 1000;

pub(super) fn start(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    check_drive(stage, ask)?;
    let token = FIRST_TOKEN + stage.world.drive.changes.len();
    Ok(Reply::Json(json!({"kind": "drive#startPageToken", "startPageToken": token.to_string()})))
}

fn check_drive(stage: &Stage<'_>, ask: &Ask) -> Result<(), Failure> {
    let Some(id) = ask.query.filled("driveId") else {
        return Ok(());
    };
    if !ask.flag("supportsAllDrives") {
        let message = "The supportsAllDrives parameter must be true if driveId is specified.";
        return Err(
            refusal::forbidden("teamDrivesParameterMustBeTrue", message).at("parameter", "supportsAllDrives")
        );
    }
    let drive = &stage.world.drive;
    let known = drive.shared_drives.contains_key(id)
        && drive.find(id).is_some_and(|top| access::sees(stage, ask, top));
    if known { Ok(()) } else { Err(refusal::no_shared_drive(id)) }
}

pub(super) fn list(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    check_drive(stage, ask)?;
    let (files, app_data) = list::spaces(stage, ask)?;
    let size = list::page_size(ask, &LIMITS)?;
    let all = &stage.world.drive.changes;
    let token: Option<usize> = ask.query.text("pageToken").and_then(|token| token.parse().ok());
    let start = token.and_then(|token| token.checked_sub(FIRST_TOKEN)).filter(|start| *start <= all.len());
    let start = start.ok_or_else(|| refusal::invalid("pageToken"))?;
    // Of several changes of one file only the last is told.
    let mut last: BTreeMap<(&str, bool), usize> = BTreeMap::new();
    for (index, change) in all.iter().enumerate().skip(start) {
        last.insert((change.id.as_str(), change.is_drive), index);
    }
    let mut indexes: Vec<usize> = last.into_values().collect();
    indexes.sort_unstable();
    let mut changes = Vec::new();
    let mut next = all.len();
    for index in indexes {
        if changes.len() == size {
            next = index;
            break;
        }
        changes.extend(shown(stage, ask, &all[index], (files, app_data)));
    }
    let mut body = json!({"kind": "drive#changeList", "changes": changes});
    let name = if next < all.len() { "nextPageToken" } else { "newStartPageToken" };
    body[name] = json!((FIRST_TOKEN + next).to_string());
    Ok(Reply::Json(body))
}

/// A change as the caller may know of it.
fn shown(stage: &Stage<'_>, ask: &Ask, change: &Change, spaces: (bool, bool)) -> Option<Value> {
    if !change.accounts.contains(ask.address()) {
        return None;
    }
    let includes_shared = ask.flag("includeItemsFromAllDrives") && ask.flag("supportsAllDrives");
    match (ask.query.filled("driveId"), change.drive_id.as_deref()) {
        (Some(wanted), own) if own != Some(wanted) => return None,
        (None, Some(_)) if !includes_shared || ask.flag("restrictToMyDrive") => return None,
        _ => {}
    }
    let drive = &stage.world.drive;
    if change.is_drive {
        return drive_change(stage, ask, change);
    }
    let file = drive.find(&change.id);
    if file.is_some_and(|file| if file.is_app_data() { !spaces.1 } else { !spaces.0 }) {
        return None;
    }
    let seen = file.filter(|file| access::sees(stage, ask, file));
    // An app that sees only what it made learns of the end of that only.
    let sees_all = [Scope::Full, Scope::Readonly, Scope::Metadata, Scope::MetadataReadonly];
    let (client, address) = (&ask.caller.client_id, ask.address());
    let was_open = change.opened.iter().any(|(by, whose)| by == client && whose == address);
    if seen.is_none() && !was_open && !sees_all.into_iter().any(|scope| ask.has(scope)) {
        return None;
    }
    if seen.is_none() && ask.query.flag("includeRemoved") == Some(false) {
        return None;
    }
    Some(show::without_nulls(json!({
        "kind": "drive#change",
        "changeType": "file",
        "type": "file",
        "time": stamp(change.at),
        "removed": seen.is_none(),
        "fileId": change.id,
        "driveId": ask.query.filled("driveId"),
        "file": seen.map(|file| show::file(stage, ask, file)),
    })))
}

fn drive_change(stage: &Stage<'_>, ask: &Ask, change: &Change) -> Option<Value> {
    if ![Scope::Full, Scope::Readonly].into_iter().any(|scope| ask.has(scope)) {
        return None;
    }
    let known = stage.world.drive.shared_drives.get(&change.id);
    let known = known.filter(|_| drives::is_member(stage, ask, &change.id));
    if known.is_none() && ask.query.flag("includeRemoved") == Some(false) {
        return None;
    }
    Some(show::without_nulls(json!({
        "kind": "drive#change",
        "changeType": "drive",
        "type": "teamDrive",
        "time": stamp(change.at),
        "removed": known.is_none(),
        "driveId": change.id,
        "drive": known.map(|known| drives::show(stage, ask, known)),
    })))
}
