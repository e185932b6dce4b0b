//! Whether a call reaches a file: what the token's scopes show of it, then what the user may do with it.

use super::failure::Failure;
use super::kinds;
use super::refusal;
use super::rights::Role;
use super::store::{Drive, File, Place};
use super::{Ask, Scope};
use crate::stage::Stage;

/// What a call wants with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Its metadata.
    See,
    /// Its content and comments.
    Read,
    Comment,
    /// Something that is the user's own affair, such as a star.
    Mark,
    /// Change its metadata.
    Edit,
    /// Change its content, or put something into the folder.
    Write,
    Share,
    Trash,
    Delete,
}

impl Need {
    fn verb(self) -> &'static str {
        if matches!(self, Self::See | Self::Read) { "read" } else { "write" }
    }
}

/// The file, if the call reaches it for `need`.
pub(super) fn reach<'s>(stage: &'s Stage<'_>, ask: &Ask, id: &str, need: Need) -> Result<&'s File, Failure> {
    let drive = &stage.world.drive;
    let id = alias(drive, ask, id);
    let file = drive.find(&id).filter(|file| sees(stage, ask, file));
    let file = file.ok_or_else(|| refusal::no_file(&id))?;
    if file.drive_id().is_some() && ask.ignores_shared_drives() {
        return Err(refusal::no_file(&id));
    }
    if !scopes_allow(ask, file, need) {
        return Err(refusal::app_not_authorized(&ask.caller.client_id, need.verb(), &id));
    }
    if !role_allows(stage, file, ask.address(), need) {
        return Err(refusal::insufficient_role());
    }
    Ok(file)
}

/// Whether the call may know of the file at all.
pub(super) fn sees(stage: &Stage<'_>, ask: &Ask, file: &File) -> bool {
    stage.world.drive.role(file, ask.address(), stage.now).is_some() && scopes_allow(ask, file, Need::See)
}

/// The id behind `root` and `appDataFolder`.
pub(super) fn alias(drive: &Drive, ask: &Ask, id: &str) -> String {
    let known = match id {
        "root" => drive.roots.get(ask.address()),
        "appDataFolder" => drive.roots.get(&app_data_key(ask)),
        _ => None,
    };
    known.cloned().unwrap_or_else(|| id.to_owned())
}

pub(super) fn app_data_key(ask: &Ask) -> String {
    format!("{} {}", ask.address(), ask.caller.client_id)
}

fn scopes_allow(ask: &Ask, file: &File, need: Need) -> bool {
    if let Place::AppData { owner, client } = &file.place {
        return ask.has(Scope::AppData) && *client == ask.caller.client_id && owner == ask.address();
    }
    // The top of My Drive is everybody's to name, even for an app that sees nothing in it.
    let is_root = file.parent.is_none() && file.owner() == Some(ask.address());
    let opened = file.is_opened_by(&ask.caller.client_id, ask.address());
    if ask.has(Scope::Full) || (ask.has(Scope::File) && (opened || is_root)) {
        return true;
    }
    match need {
        Need::See => {
            ask.has(Scope::Readonly) || ask.has(Scope::Metadata) || ask.has(Scope::MetadataReadonly) || {
                ask.has(Scope::Scripts) && file.mime_type == kinds::SCRIPT
            }
        }
        Need::Read => ask.has(Scope::Readonly),
        Need::Mark | Need::Edit | Need::Trash => {
            ask.has(Scope::Metadata) || (ask.has(Scope::Scripts) && file.mime_type == kinds::SCRIPT)
        }
        Need::Write => ask.has(Scope::Scripts) && file.mime_type == kinds::SCRIPT,
        Need::Comment | Need::Share | Need::Delete => false,
    }
}

pub(super) fn role_allows(stage: &Stage<'_>, file: &File, account: &str, need: Need) -> bool {
    let Some(role) = stage.world.drive.role(file, account, stage.now) else {
        return false;
    };
    let is_shared = file.drive_id().is_some();
    let is_top = is_shared && file.parent.is_none();
    match need {
        Need::See | Need::Read | Need::Mark => true,
        Need::Comment => role >= Role::Commenter,
        Need::Edit | Need::Write => role >= Role::Writer,
        // The members of a shared drive are its managers' affair.
        Need::Share if is_top => role >= Role::Organizer,
        Need::Share => role == Role::Owner || (role >= Role::Writer && (file.writers_can_share || is_shared)),
        Need::Trash if is_shared => role >= Role::FileOrganizer,
        Need::Delete if is_shared => role >= Role::Organizer,
        Need::Trash | Need::Delete => role == Role::Owner,
    }
}

/// Whether readers of the file may have its content.
pub(super) fn may_download(stage: &Stage<'_>, file: &File, account: &str) -> bool {
    let role = stage.world.drive.role(file, account, stage.now);
    !file.copy_requires_writer || role >= Some(Role::Writer)
}
