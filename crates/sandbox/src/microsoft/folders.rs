//! Mail folders: those that every mailbox has, known by name, and the user's own.

use serde_json::{Value, json};

use super::mailbox::{Folder, Mailbox, new_id};
use super::properties::FOLDER;
use super::{Call, Failure, mailbox, odata};
use crate::stage::Stage;
use crate::wire::Answer;

const USUAL_PAGE: i64 = 10;
const ROOT: &str = "msgfolderroot";

/// Well-known names and what people see.
pub(super) const WELL_KNOWN: &[(&str, &str)] = &[
    (ROOT, "Top of Information Store"),
    ("archive", "Archive"),
    ("conversationhistory", "Conversation History"),
    ("deleteditems", "Deleted Items"),
    ("drafts", "Drafts"),
    ("inbox", "Inbox"),
    ("junkemail", "Junk Email"),
    ("outbox", "Outbox"),
    ("sentitems", "Sent Items"),
];

pub(super) fn show(mailbox: &Mailbox, folder: &Folder) -> Value {
    let (total, unread) = mailbox.counts(&folder.id);
    json!({
        "id": folder.id,
        "displayName": folder.name,
        "parentFolderId": folder.parent,
        "childFolderCount": mailbox.folders.iter().filter(|child| child.parent == folder.id).count(),
        "unreadItemCount": unread,
        "totalItemCount": total,
        "isHidden": false,
    })
}

fn children(stage: &mut Stage<'_>, call: &Call, parent: &str) -> Result<Answer, Failure> {
    let mailbox = mailbox(stage, call);
    let parent = mailbox.folder(parent)?.id.clone();
    let mut children: Vec<&Folder> =
        mailbox.folders.iter().filter(|folder| folder.parent == parent).collect();
    children.sort_by_key(|folder| folder.name.to_lowercase());
    let shown = children.into_iter().map(|folder| show(mailbox, folder)).collect();
    odata::list(stage, call, &FOLDER, shown, USUAL_PAGE)
}

pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    children(stage, call, ROOT)
}

pub(super) fn list_children(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    children(stage, call, call.captured("folder"))
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let mailbox = mailbox(stage, call);
    let shown = show(mailbox, mailbox.folder(call.captured("folder"))?);
    odata::one(stage, call, &FOLDER, 200, &shown)
}

pub(super) fn create(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    created(stage, call, ROOT)
}

pub(super) fn create_child(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    created(stage, call, call.captured("folder"))
}

/// The name that the call gives, which no other folder beside it may have.
fn free_name(mailbox: &Mailbox, call: &Call, parent: &str, own: &str) -> Result<String, Failure> {
    let name = call.body.filled("displayName").unwrap_or_default().trim();
    if name.is_empty() {
        return Err(Failure::property("The display name of a folder cannot be empty."));
    }
    let mut others = mailbox.folders.iter().filter(|folder| folder.parent == parent && folder.id != own);
    if others.any(|folder| folder.name.eq_ignore_ascii_case(name)) {
        return Err(Failure::folder_exists());
    }
    Ok(name.to_owned())
}

fn created(stage: &mut Stage<'_>, call: &Call, parent: &str) -> Result<Answer, Failure> {
    let id = new_id(stage);
    let mailbox = mailbox(stage, call);
    let parent = mailbox.folder(parent)?.id.clone();
    let name = free_name(mailbox, call, &parent, "")?;
    let folder = Folder { id, name, parent, well_known: String::new() };
    mailbox.folders.push(folder.clone());
    let shown = show(mailbox, &folder);
    odata::one(stage, call, &FOLDER, 201, &shown)
}

pub(super) fn update(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let mailbox = mailbox(stage, call);
    let folder = mailbox.folder(call.captured("folder"))?.clone();
    let name = free_name(mailbox, call, &folder.parent, &folder.id)?;
    mailbox.folder_mut(&folder.id)?.name = name;
    let shown = show(mailbox, mailbox.folder(&folder.id)?);
    odata::one(stage, call, &FOLDER, 200, &shown)
}

/// Takes a folder of the user's own with all that is in it.
pub(super) fn delete(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let mailbox = mailbox(stage, call);
    let folder = mailbox.folder(call.captured("folder"))?;
    if !folder.well_known.is_empty() {
        return Err(Failure::special_folder());
    }
    let mut doomed = vec![folder.id.clone()];
    while let Some(id) = doomed.pop() {
        mailbox.messages.retain(|message| message.folder != id);
        mailbox.folders.retain(|folder| folder.id != id);
        doomed.extend(
            mailbox.folders.iter().filter(|folder| folder.parent == id).map(|folder| folder.id.clone()),
        );
    }
    Ok(Answer::empty(204))
}
