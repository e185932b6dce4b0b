//! Just enough of git: object names, trees as maps, ancestors, differences and a three-way merge of whole files.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use sha1::{Digest, Sha1};

use super::hub::Repo;

/// Blob names by path.
pub(super) type Tree = BTreeMap<String, String>;

fn object(kind: &str, content: &[u8]) -> String {
    let digest =
        Sha1::new().chain_update(format!("{kind} {}\0", content.len())).chain_update(content).finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The name that git gives a file with this content.
pub(super) fn blob(content: &[u8]) -> String {
    object("blob", content)
}

/// A name for a tree. Git's own would need trees within trees.
pub(super) fn tree(tree: &Tree) -> String {
    let lines: String = tree.iter().map(|(path, sha)| format!("{sha} {path}\n")).collect();
    object("tree", lines.as_bytes())
}

pub(super) fn commit(text: &str) -> String {
    object("commit", text.as_bytes())
}

/// What happened to one path from one tree to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Added,
    Modified,
    Removed,
}

pub(super) fn differences(old: &Tree, new: &Tree) -> Vec<(String, Change)> {
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let change = |path: &String| match (old.get(path), new.get(path)) {
        (None, Some(_)) => Some(Change::Added),
        (Some(_), None) => Some(Change::Removed),
        (before, after) if before != after => Some(Change::Modified),
        _ => None,
    };
    paths.into_iter().filter_map(|path| Some((path.clone(), change(path)?))).collect()
}

/// `start` and all it descends from, the nearest first.
pub(super) fn ancestors(repo: &Repo, start: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut waiting = VecDeque::from([start.to_owned()]);
    while let Some(sha) = waiting.pop_front() {
        if !seen.insert(sha.clone()) {
            continue;
        }
        if let Some(commit) = repo.commits.get(&sha) {
            waiting.extend(commit.parents.iter().cloned());
        }
        found.push(sha);
    }
    found
}

/// The nearest commit that both descend from.
pub(super) fn merge_base(repo: &Repo, one: &str, other: &str) -> Option<String> {
    let theirs: BTreeSet<String> = ancestors(repo, other).into_iter().collect();
    ancestors(repo, one).into_iter().find(|sha| theirs.contains(sha))
}

/// `ours` with what `theirs` changed since `base`; `None` where both changed one file in two ways.
pub(super) fn merge(base: &Tree, ours: &Tree, theirs: &Tree) -> Option<Tree> {
    let mut merged = ours.clone();
    for (path, _) in differences(base, theirs) {
        let (before, our, their) = (base.get(&path), ours.get(&path), theirs.get(&path));
        if our != before && our != their {
            return None;
        }
        match their {
            Some(sha) => merged.insert(path, sha.clone()),
            None => merged.remove(&path),
        };
    }
    Some(merged)
}

/// Lines added and removed, and a patch of one hunk.
pub(super) fn patch(old: &str, new: &str) -> (usize, usize, String) {
    let (before, after): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let same = |(a, b): &(&&str, &&str)| a == b;
    let prefix = before.iter().zip(&after).take_while(same).count();
    let rest = (&before[prefix..], &after[prefix..]);
    let suffix = rest.0.iter().rev().zip(rest.1.iter().rev()).take_while(same).count();
    let removed = &before[prefix..before.len() - suffix];
    let added = &after[prefix..after.len() - suffix];
    let mut patch = format!("@@ -{},{} +{},{} @@", prefix + 1, removed.len(), prefix + 1, added.len());
    for line in removed {
        patch.push_str(&format!("\n-{line}"));
    }
    for line in added {
        patch.push_str(&format!("\n+{line}"));
    }
    (added.len(), removed.len(), patch)
}
