//! What Drive remembers: files in one tree, who may do what with them, and the log of changes.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::kinds;
use super::rights::Permission;

/// How deep folders may nest at Google.
const MAX_DEPTH: usize = 100;

/// Everybody's files. Who sees which follows from their permissions.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Drive {
    pub(super) files: BTreeMap<String, File>,
    pub(super) shared_drives: BTreeMap<String, SharedDrive>,
    /// The folder at the top of each account's My Drive, and of each app's own space (account, a space, client).
    pub(super) roots: BTreeMap<String, String>,
    /// Ids that were given out for files to come, with their space.
    pub(super) generated: BTreeMap<String, String>,
    pub(super) changes: Vec<Change>,
}

impl Drive {
    /// Whether nobody has a drive yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.roots.is_empty()
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) mime_type: String,
    pub(super) description: Option<String>,
    pub(super) parent: Option<String>,
    pub(super) place: Place,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
    pub(super) modified_by: String,
    /// By whom and when, if it was put into the trash itself and not with its folder.
    pub(super) trashed: Option<Act>,
    pub(super) properties: BTreeMap<String, String>,
    /// By client.
    pub(super) app_properties: BTreeMap<String, BTreeMap<String, String>>,
    pub(super) folder_color: Option<String>,
    pub(super) writers_can_share: bool,
    pub(super) copy_requires_writer: bool,
    /// Why the content is locked, if it is.
    pub(super) locked: Option<Lock>,
    pub(super) original_filename: Option<String>,
    pub(super) indexable: String,
    pub(super) target: Option<String>,
    pub(super) permissions: Vec<Permission>,
    /// The newest last. Folders and shortcuts have none.
    pub(super) revisions: Vec<Revision>,
    pub(super) comments: Vec<Comment>,
    /// The clients, each with the account, that made the file or were given it.
    pub(super) opened: BTreeSet<(String, String)>,
    pub(super) personal: BTreeMap<String, Personal>,
    pub(super) version: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Place {
    /// Somebody's My Drive.
    Owned(String),
    Shared(String),
    AppData {
        owner: String,
        client: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Act {
    pub(super) by: String,
    pub(super) at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lock {
    pub(super) reason: Option<String>,
    pub(super) by_owner_only: bool,
    pub(super) act: Act,
}

/// What one account knows about a file for itself.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Personal {
    pub(super) starred: bool,
    pub(super) viewed: Option<Timestamp>,
    pub(super) modified: Option<Timestamp>,
    pub(super) shared: Option<Act>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Revision {
    pub(super) id: String,
    pub(super) modified: Timestamp,
    pub(super) by: String,
    pub(super) media_type: String,
    /// In base64. Of Google's own types it is their text.
    pub(super) content: String,
    pub(super) original_filename: Option<String>,
    pub(super) keep_forever: bool,
    pub(super) published: bool,
    pub(super) publish_auto: bool,
    pub(super) published_outside: bool,
}

impl Revision {
    pub(super) fn bytes(&self) -> Vec<u8> {
        STANDARD.decode(&self.content).unwrap_or_default()
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Comment {
    pub(super) id: String,
    pub(super) author: String,
    pub(super) content: String,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
    pub(super) deleted: bool,
    pub(super) resolved: bool,
    pub(super) anchor: Option<String>,
    /// The text that it is about, with its media type.
    pub(super) quoted: Option<(String, String)>,
    pub(super) replies: Vec<Reply>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reply {
    pub(super) id: String,
    pub(super) author: String,
    pub(super) content: String,
    pub(super) action: Option<String>,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
    pub(super) deleted: bool,
}

/// A shared drive. Its top folder is the file with the same id, whose permissions are the members.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SharedDrive {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) created: Timestamp,
    pub(super) color: String,
    /// Who made it, under which request id.
    pub(super) request: (String, String),
    pub(super) hidden_for: BTreeSet<String>,
    /// The names of those that are on.
    pub(super) restrictions: BTreeSet<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    pub(super) at: Timestamp,
    /// Of a file or of a shared drive.
    pub(super) id: String,
    pub(super) drive_id: Option<String>,
    pub(super) is_drive: bool,
    /// The accounts that it concerns.
    pub(super) accounts: BTreeSet<String>,
    /// The clients with accounts that had the file open.
    pub(super) opened: BTreeSet<(String, String)>,
}

impl File {
    pub(super) fn is_folder(&self) -> bool {
        self.mime_type == kinds::FOLDER
    }

    pub(super) fn owner(&self) -> Option<&str> {
        match &self.place {
            Place::Owned(owner) | Place::AppData { owner, .. } => Some(owner),
            Place::Shared(_) => None,
        }
    }

    pub(super) fn drive_id(&self) -> Option<&str> {
        match &self.place {
            Place::Shared(id) => Some(id),
            _ => None,
        }
    }

    pub(super) fn is_app_data(&self) -> bool {
        matches!(self.place, Place::AppData { .. })
    }

    pub(super) fn head(&self) -> Option<&Revision> {
        self.revisions.last()
    }

    /// Whether it holds bytes that somebody uploaded.
    pub(super) fn is_blob(&self) -> bool {
        !kinds::is_google(&self.mime_type)
    }

    pub(super) fn personal(&self, account: &str) -> Personal {
        self.personal.get(account).cloned().unwrap_or_default()
    }

    pub(super) fn personal_mut(&mut self, account: &str) -> &mut Personal {
        self.personal.entry(account.to_owned()).or_default()
    }

    pub(super) fn is_opened_by(&self, client: &str, account: &str) -> bool {
        self.opened.iter().any(|(by, whose)| by == client && whose == account)
    }

    /// Notes who changed the file and when.
    pub(super) fn touch(&mut self, account: &str, now: Timestamp) {
        self.modified = now;
        account.clone_into(&mut self.modified_by);
        self.personal_mut(account).modified = Some(now);
    }
}

impl Drive {
    pub(super) fn find(&self, id: &str) -> Option<&File> {
        self.files.get(id)
    }

    /// The folders above, the nearest first.
    pub(super) fn above(&self, file: &File) -> Vec<&File> {
        let mut chain: Vec<&File> = Vec::new();
        let mut next = file.parent.as_deref();
        while let Some(folder) = next.and_then(|id| self.files.get(id)) {
            if chain.len() >= MAX_DEPTH {
                break;
            }
            chain.push(folder);
            next = folder.parent.as_deref();
        }
        chain
    }

    pub(super) fn children<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a File> {
        self.files.values().filter(move |file| file.parent.as_deref() == Some(id))
    }

    /// The ids of everything below a folder.
    pub(super) fn below(&self, id: &str) -> Vec<String> {
        let inside = |file: &&File| self.above(file).iter().any(|folder| folder.id == id);
        self.files.values().filter(inside).map(|file| file.id.clone()).collect()
    }

    pub(super) fn is_trashed(&self, file: &File) -> bool {
        file.trashed.is_some() || self.above(file).iter().any(|folder| folder.trashed.is_some())
    }

    /// Logs a change of a file, for all who see it now and those who saw it `before`.
    pub(super) fn log(&mut self, id: &str, now: Timestamp, before: BTreeSet<String>) {
        let mut accounts = before;
        accounts.extend(self.audience(id, now));
        let (mut drive_id, mut opened) = (None, BTreeSet::new());
        if let Some(file) = self.files.get_mut(id) {
            file.version += 1;
            drive_id = file.drive_id().map(str::to_owned);
            opened.clone_from(&file.opened);
        }
        self.changes.push(Change { at: now, id: id.to_owned(), drive_id, is_drive: false, accounts, opened });
    }

    /// Removes a file and logs it.
    pub(super) fn remove(&mut self, id: &str, now: Timestamp) {
        let accounts = self.audience(id, now);
        if let Some(file) = self.files.remove(id) {
            let drive_id = file.drive_id().map(str::to_owned);
            let opened = file.opened;
            self.changes.push(Change { at: now, id: file.id, drive_id, is_drive: false, accounts, opened });
        }
    }
}
