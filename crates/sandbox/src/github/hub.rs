//! Repositories with their files, commits, issues and pull requests.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::git::{self, Tree};
use crate::stage::written;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hub {
    pub(super) repos: Vec<Repo>,
    /// The newest id of anything.
    last_id: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Repo {
    pub(super) id: u64,
    pub(super) owner: String,
    pub(super) name: String,
    pub(super) private: bool,
    pub(super) archived: bool,
    pub(super) description: Option<String>,
    pub(super) homepage: Option<String>,
    pub(super) default_branch: String,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) pushed_at: Timestamp,
    pub(super) collaborators: BTreeSet<String>,
    pub(super) stars: BTreeSet<String>,
    /// Commits by full name, `refs/heads/main`.
    pub(super) refs: BTreeMap<String, String>,
    pub(super) commits: BTreeMap<String, Commit>,
    /// Contents in base64.
    blobs: BTreeMap<String, String>,
    pub(super) issues: BTreeMap<u64, Issue>,
    pub(super) labels: Vec<Label>,
    pub(super) runs: Vec<Run>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Commit {
    pub(super) sha: String,
    pub(super) message: String,
    /// The login of who made it.
    pub(super) login: String,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) date: Timestamp,
    pub(super) parents: Vec<String>,
    pub(super) tree: Tree,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Label {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) color: String,
    pub(super) description: Option<String>,
}

/// An issue, or a pull request where `pull` is there: they share their numbers.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Issue {
    pub(super) id: u64,
    pub(super) number: u64,
    pub(super) title: String,
    pub(super) body: Option<String>,
    pub(super) login: String,
    pub(super) closed_at: Option<Timestamp>,
    pub(super) state_reason: Option<String>,
    pub(super) labels: Vec<String>,
    pub(super) assignees: Vec<String>,
    pub(super) comments: Vec<Comment>,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) pull: Option<Pull>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Comment {
    pub(super) id: u64,
    pub(super) login: String,
    pub(super) body: String,
    pub(super) created_at: Timestamp,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pull {
    /// Branches of the same repository.
    pub(super) head: String,
    pub(super) base: String,
    pub(super) draft: bool,
    /// The head's commit once it is merged or closed.
    pub(super) head_sha: Option<String>,
    pub(super) base_sha: String,
    pub(super) merged: Option<Merged>,
    pub(super) reviews: Vec<Review>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Merged {
    pub(super) sha: String,
    pub(super) login: String,
    pub(super) at: Timestamp,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Review {
    pub(super) id: u64,
    pub(super) login: String,
    pub(super) body: String,
    pub(super) state: String,
    pub(super) commit: String,
    pub(super) at: Timestamp,
}

/// A workflow that was started by hand.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Run {
    pub(super) id: u64,
    pub(super) workflow: String,
    pub(super) reference: String,
    pub(super) inputs: serde_json::Value,
    pub(super) login: String,
}

impl Hub {
    pub(super) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        900_000_000 + self.last_id
    }

    pub(super) fn find(&self, owner: &str, name: &str) -> Option<&Repo> {
        self.repos.iter().find(|repo| repo.is(owner, name))
    }

    pub(super) fn find_mut(&mut self, owner: &str, name: &str) -> Option<&mut Repo> {
        self.repos.iter_mut().find(|repo| repo.is(owner, name))
    }
}

/// What a new commit is made of beside its tree.
pub(super) struct Authored {
    pub(super) message: String,
    pub(super) login: String,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) date: Timestamp,
}

impl Repo {
    pub(super) fn new(id: u64, owner: &str, name: &str, now: Timestamp) -> Self {
        Self {
            id,
            owner: owner.to_owned(),
            name: name.to_owned(),
            private: false,
            archived: false,
            description: None,
            homepage: None,
            default_branch: "main".to_owned(),
            created_at: now,
            updated_at: now,
            pushed_at: now,
            collaborators: BTreeSet::new(),
            stars: BTreeSet::new(),
            refs: BTreeMap::new(),
            commits: BTreeMap::new(),
            blobs: BTreeMap::new(),
            issues: BTreeMap::new(),
            labels: Vec::new(),
            runs: Vec::new(),
        }
    }

    fn is(&self, owner: &str, name: &str) -> bool {
        self.owner.eq_ignore_ascii_case(owner) && self.name.eq_ignore_ascii_case(name)
    }

    pub(super) fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    pub(super) fn is_collaborator(&self, login: &str) -> bool {
        self.owner == login || self.collaborators.contains(login)
    }

    /// The commit that a branch, a tag, a full ref or a commit's own name stands for.
    pub(super) fn resolve(&self, name: &str) -> Option<&Commit> {
        let sha = [
            name.to_owned(),
            format!("refs/{name}"),
            format!("refs/heads/{name}"),
            format!("refs/tags/{name}"),
        ]
        .iter()
        .find_map(|full| self.refs.get(full));
        self.commits.get(sha.map_or(name, String::as_str))
    }

    pub(super) fn branch(&self, name: &str) -> Option<&Commit> {
        self.commits.get(self.refs.get(&format!("refs/heads/{name}"))?)
    }

    pub(super) fn store(&mut self, content: &[u8]) -> String {
        let sha = git::blob(content);
        self.blobs.insert(sha.clone(), STANDARD.encode(content));
        sha
    }

    pub(super) fn blob(&self, sha: &str) -> Vec<u8> {
        let encoded = self.blobs.get(sha).map_or("", String::as_str);
        STANDARD.decode(encoded).unwrap_or_default()
    }

    /// Adds a commit and moves `branch` to it.
    pub(super) fn commit(
        &mut self,
        branch: &str,
        tree: Tree,
        parents: Vec<String>,
        authored: Authored,
    ) -> Commit {
        let text = format!(
            "tree {}\nparents {}\nauthor {} <{}> {}\nnumber {}\n\n{}",
            git::tree(&tree),
            parents.join(" "),
            authored.name,
            authored.email,
            written(authored.date),
            self.commits.len(),
            authored.message,
        );
        let commit = Commit {
            sha: git::commit(&text),
            message: authored.message,
            login: authored.login,
            name: authored.name,
            email: authored.email,
            date: authored.date,
            parents,
            tree,
        };
        self.commits.insert(commit.sha.clone(), commit.clone());
        self.refs.insert(format!("refs/heads/{branch}"), commit.sha.clone());
        self.pushed_at = commit.date;
        self.updated_at = commit.date;
        commit
    }

    pub(super) fn next_number(&self) -> u64 {
        self.issues.keys().next_back().map_or(1, |last| last + 1)
    }

    /// Makes the labels that are not there yet, as GitHub does for those who may push.
    pub(super) fn ensure_label(&mut self, name: &str, id: u64) {
        if !self.labels.iter().any(|label| label.name.eq_ignore_ascii_case(name)) {
            self.labels.push(Label {
                id,
                name: name.to_owned(),
                color: "ededed".to_owned(),
                description: None,
            });
        }
    }
}

impl Issue {
    pub(super) fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }

    pub(super) fn state(&self) -> &'static str {
        if self.is_open() { "open" } else { "closed" }
    }
}
