//! `revisions`: the earlier contents of a file.

use serde_json::{Value, json};

use super::access::{self, Need};
use super::failure::Failure;
use super::list::{self, Limits};
use super::store::{File, Revision};
use super::{Ask, Reply, content, refusal, show, update};
use crate::stage::{Stage, stamp};

const LIMITS: Limits = Limits { default: 200, most: 1000 };

fn shown(ask: &Ask, file: &File, revision: &Revision) -> Value {
    let mut body = json!({
        "kind": "drive#revision",
        "id": revision.id,
        "mimeType": revision.media_type,
        "modifiedTime": stamp(revision.modified),
        "lastModifyingUser": show::person(ask, &revision.by),
        "published": revision.published,
        "originalFilename": revision.original_filename,
        "exportLinks": show::export_links(file),
    });
    if file.is_blob() {
        let hashes = show::hashes(revision);
        body["size"] = hashes["size"].clone();
        body["md5Checksum"] = hashes["md5Checksum"].clone();
        body["keepForever"] = json!(revision.keep_forever);
    } else {
        body["publishAuto"] = json!(revision.publish_auto);
        body["publishedOutsideDomain"] = json!(revision.published_outside);
        if revision.published {
            body["publishedLink"] = json!(format!("https://docs.google.com/document/d/e/{}/pub", file.id));
        }
    }
    show::without_nulls(body)
}

/// The file, if it has revisions that the caller may know of: those who may only read it may not.
fn file<'s>(stage: &'s Stage<'_>, ask: &Ask, need: Need) -> Result<&'s File, Failure> {
    let file = access::reach(stage, ask, ask.file_id(), need)?;
    if file.revisions.is_empty() {
        let message = "The file does not support revisions.";
        return Err(refusal::forbidden("revisionsNotSupported", message));
    }
    if !access::role_allows(stage, file, ask.address(), Need::Edit) {
        let message = "The user does not have sufficient permissions to view the revisions of this file.";
        return Err(refusal::forbidden("insufficientFilePermissions", message));
    }
    Ok(file)
}

fn find<'f>(file: &'f File, ask: &Ask) -> Result<&'f Revision, Failure> {
    let id = ask.captured("revisionId");
    let found = match id {
        "head" => file.head(),
        id => file.revisions.iter().find(|revision| revision.id == id),
    };
    found.ok_or_else(|| refusal::no_part("Revision", id, "revisionId"))
}

pub(super) fn list(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    let file = file(stage, ask, Need::See)?;
    let (page, next) = list::page(ask, file.revisions.iter().collect(), &LIMITS)?;
    let revisions: Vec<Value> = page.into_iter().map(|revision| shown(ask, file, revision)).collect();
    let body = json!({"kind": "drive#revisionList", "revisions": revisions, "nextPageToken": next});
    Ok(Reply::Json(show::without_nulls(body)))
}

pub(super) fn get(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    let need = if ask.wants_media() { Need::Read } else { Need::See };
    let file = file(stage, ask, need)?;
    let revision = find(file, ask)?;
    if ask.wants_media() {
        return content::download(stage, ask, file, Some(revision));
    }
    Ok(Reply::Json(shown(ask, file, revision)))
}

/// Files of bytes are kept, Google's own are published.
pub(super) fn update(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    let file = file(stage, ask, Need::Write)?;
    let wrong: &[&str] = match file.is_blob() {
        true => &["published", "publishAuto", "publishedOutsideDomain"],
        false => &["keepForever"],
    };
    if let Some(name) = wrong.iter().find(|name| ask.body.names(name)) {
        return Err(refusal::bad_request(format!("sandbox: {name} is not for files of this type")));
    }
    let (id, revision_id) = (file.id.clone(), find(file, ask)?.id.clone());
    let Some(file) = stage.world.drive.files.get_mut(&id) else {
        return Err(refusal::no_file(&id));
    };
    let revisions = file.revisions.iter_mut();
    for revision in revisions.filter(|revision| revision.id == revision_id) {
        let set = |name: &str, flag: &mut bool| *flag = ask.body.flag(name).unwrap_or(*flag);
        set("keepForever", &mut revision.keep_forever);
        set("published", &mut revision.published);
        set("publishAuto", &mut revision.publish_auto);
        set("publishedOutsideDomain", &mut revision.published_outside);
    }
    let body = shown(ask, file, find(file, ask)?);
    update::note_change(stage, &id);
    Ok(Reply::Json(body))
}

pub(super) fn delete(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    let file = file(stage, ask, Need::Write)?;
    let (id, revision_id) = (file.id.clone(), find(file, ask)?.id.clone());
    if !file.is_blob() {
        let message = "sandbox: revisions of Google's own types cannot be deleted";
        return Err(refusal::bad_request(message));
    }
    if file.revisions.len() == 1 {
        return Err(refusal::bad_request("sandbox: the last revision cannot be deleted"));
    }
    if let Some(file) = stage.world.drive.files.get_mut(&id) {
        file.revisions.retain(|revision| revision.id != revision_id);
    }
    update::note_change(stage, &id);
    Ok(Reply::Nothing)
}
