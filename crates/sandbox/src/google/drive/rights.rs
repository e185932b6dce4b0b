//! Roles and permissions: what a file grants itself, and what it inherits from the folders above.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::store::{Drive, File, Place};
use crate::people::PEOPLE;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Role {
    Reader,
    Commenter,
    Writer,
    FileOrganizer,
    Organizer,
    Owner,
}

impl Role {
    const ALL: [Self; 6] =
        [Self::Reader, Self::Commenter, Self::Writer, Self::FileOrganizer, Self::Organizer, Self::Owner];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Commenter => "commenter",
            Self::Writer => "writer",
            Self::FileOrganizer => "fileOrganizer",
            Self::Organizer => "organizer",
            Self::Owner => "owner",
        }
    }

    pub(super) fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Grantee {
    User(String),
    Group(String),
    Domain(String),
    Anyone,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Permission {
    pub(super) id: String,
    pub(super) grantee: Grantee,
    pub(super) role: Role,
    pub(super) expires: Option<Timestamp>,
    /// Whether search finds the file, for domains and anyone.
    pub(super) findable: bool,
}

impl Permission {
    fn is_for(&self, account: &str, now: Timestamp) -> bool {
        if self.expires.is_some_and(|end| end <= now) {
            return false;
        }
        match &self.grantee {
            Grantee::User(address) => address.eq_ignore_ascii_case(account),
            // Nobody here is in a group.
            Grantee::Group(_) => false,
            Grantee::Domain(domain) => {
                account.rsplit_once('@').is_some_and(|(_, own)| own.eq_ignore_ascii_case(domain))
            }
            Grantee::Anyone => true,
        }
    }

    /// Whether the file shows up among the account's own without having been opened.
    fn shows(&self) -> bool {
        matches!(self.grantee, Grantee::User(_) | Grantee::Group(_)) || self.findable
    }
}

impl Drive {
    /// Every permission that counts for the file, with the folder it comes from. Who owns a folder may only write
    /// what others put into it.
    pub(super) fn grants(&self, file: &File) -> Vec<(Permission, Option<String>)> {
        let mut grants: Vec<(Permission, Option<String>)> =
            file.permissions.iter().map(|own| (own.clone(), None)).collect();
        for folder in self.above(file) {
            for permission in &folder.permissions {
                let mut inherited = permission.clone();
                if inherited.role == Role::Owner {
                    inherited.role = Role::Writer;
                }
                match grants.iter_mut().find(|(known, _)| known.id == inherited.id) {
                    Some((known, _)) if known.role >= inherited.role => {}
                    Some(known) => *known = (inherited, Some(folder.id.clone())),
                    None => grants.push((inherited, Some(folder.id.clone()))),
                }
            }
        }
        grants
    }

    /// The most that `account` may do.
    pub(super) fn role(&self, file: &File, account: &str, now: Timestamp) -> Option<Role> {
        if let Place::AppData { owner, .. } = &file.place {
            return (owner == account).then_some(Role::Owner);
        }
        let grants = self.grants(file);
        let own = grants.iter().filter(|(permission, _)| permission.is_for(account, now));
        own.map(|(permission, _)| permission.role).max()
    }

    /// Whether the file is among those that a search without further aim finds: one's own, what was shared with
    /// one, and what one has opened.
    pub(super) fn shows(&self, file: &File, account: &str, now: Timestamp) -> bool {
        file.personal.contains_key(account)
            || self
                .grants(file)
                .iter()
                .any(|(permission, _)| permission.is_for(account, now) && permission.shows())
    }

    /// The accounts that may see the file.
    pub(super) fn audience(&self, id: &str, now: Timestamp) -> BTreeSet<String> {
        let Some(file) = self.files.get(id) else {
            return BTreeSet::new();
        };
        let emails = PEOPLE.iter().map(|person| person.email);
        let seeing = emails.filter(|email| self.role(file, email, now).is_some());
        seeing.map(str::to_owned).collect()
    }
}
