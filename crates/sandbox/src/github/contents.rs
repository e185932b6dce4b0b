//! Files: read, list, write and delete through the contents API.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Call;
use super::failure::Failure;
use super::git::Tree;
use super::hub::{Authored, Commit, Repo};
use super::show;
use crate::stage::Stage;
use crate::strict::Arguments;
use crate::wire::Answer;

/// What the contents API still puts into its answer.
const MAX_INLINE: usize = 1024 * 1024;

/// The path without slashes at its ends; `None` where it leaves the tree.
fn clean(path: &str) -> Result<&str, Failure> {
    let path = path.trim_matches('/');
    if path
        .split('/')
        .any(|part| matches!(part, "." | ".." | ".git") || (part.is_empty() && !path.is_empty()))
    {
        return Err(Failure::unprocessable("path contains a malformed path component"));
    }
    Ok(path)
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let base = stage.base;
    let repo = call.repo(stage)?;
    let path = clean(call.captured("path"))?;
    let reference = call.query.filled("ref").unwrap_or(&repo.default_branch).to_owned();
    if repo.commits.is_empty() {
        return Err(Failure::new(404, "This repository is empty."));
    }
    let commit = repo.resolve(&reference);
    let commit =
        commit.ok_or_else(|| Failure::new(404, format!("No commit found for the ref {reference}")))?;
    if let Some(sha) = commit.tree.get(path) {
        let content = repo.blob(sha);
        let mut value = show::file(base, repo, path, sha, &reference);
        let inline = content.len() <= MAX_INLINE;
        value["content"] = json!(if inline { folded(&content) } else { String::new() });
        value["encoding"] = json!(if inline { "base64" } else { "none" });
        return Ok(Answer::json(200, &value));
    }
    let entries = entries(&commit.tree, path);
    if entries.is_empty() && !path.is_empty() {
        return Err(Failure::not_found());
    }
    let entry = |(path, sha): (String, Option<String>)| match sha {
        Some(sha) => show::file(base, repo, &path, &sha, &reference),
        None => show::directory(base, repo, &path, &reference),
    };
    let listed: Vec<Value> = entries.into_iter().map(entry).collect();
    Ok(Answer::json(200, &Value::Array(listed)))
}

/// Base64 in lines of 60 characters, as GitHub has it.
fn folded(content: &[u8]) -> String {
    let encoded = STANDARD.encode(content);
    let mut lines = String::with_capacity(encoded.len() + encoded.len() / 60 + 1);
    for (position, character) in encoded.chars().enumerate() {
        if position > 0 && position % 60 == 0 {
            lines.push('\n');
        }
        lines.push(character);
    }
    lines + "\n"
}

/// What lies directly in the directory `path`: files with their blob, directories without.
fn entries(tree: &Tree, path: &str) -> Vec<(String, Option<String>)> {
    let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
    let mut found: Vec<(String, Option<String>)> = Vec::new();
    for (full, sha) in tree {
        let Some(rest) = full.strip_prefix(&prefix) else {
            continue;
        };
        let entry = match rest.split_once('/') {
            Some((directory, _)) => (format!("{prefix}{directory}"), None),
            None => (full.clone(), Some(sha.clone())),
        };
        if !found.contains(&entry) {
            found.push(entry);
        }
    }
    found
}

/// The branch to write to, with its tip. An empty repository has none yet.
fn tip(repo: &Repo, branch: &str) -> Result<Option<Commit>, Failure> {
    match repo.branch(branch) {
        Some(commit) => Ok(Some(commit.clone())),
        None if repo.refs.is_empty() && branch == repo.default_branch => Ok(None),
        None => Err(Failure::new(404, format!("Branch {branch} not found"))),
    }
}

/// Who the commit says made it: `author` or `committer` of the body, or the caller.
fn authored(call: &Call, now: Timestamp) -> Result<Authored, Failure> {
    let person = call.person();
    let named = |field: &str| call.body.object(field);
    let by = named("author").or_else(|| named("committer"));
    let of = |by: &Option<Arguments>, field: &str| Some(by.as_ref()?.text(field)?.to_owned());
    let date = match of(&by, "date") {
        Some(text) => {
            text.parse().map_err(|_| Failure::unprocessable("Invalid request.\n\nInvalid date."))?
        }
        None => now,
    };
    Ok(Authored {
        message: call.body.text("message").unwrap_or_default().to_owned(),
        login: person.handle.to_owned(),
        name: of(&by, "name").unwrap_or_else(|| person.name()),
        email: of(&by, "email").unwrap_or_else(|| person.email.to_owned()),
        date,
    })
}

/// Fails unless `sha` names what lies at `path`.
fn check_sha(current: Option<&String>, path: &str, sha: Option<&str>) -> Result<(), Failure> {
    match (current, sha) {
        (None, None) => Ok(()),
        (Some(current), Some(sha)) if current == sha => Ok(()),
        (Some(_), None) => Err(Failure::unprocessable("Invalid request.\n\n\"sha\" wasn't supplied.")),
        (_, Some(sha)) => Err(Failure::conflict(format!("{path} does not match {sha}"))),
    }
}

/// Workflows are written with a scope of their own.
fn check_workflow(call: &Call, path: &str) -> Result<(), Failure> {
    if path.starts_with(".github/workflows/") && !call.caller.has("workflow") {
        return Err(Failure::not_found().for_scope());
    }
    Ok(())
}

pub(super) fn put(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (base, now) = (stage.base, stage.now);
    let repo = call.pushable(stage)?;
    let path = clean(call.captured("path"))?;
    check_workflow(call, path)?;
    let branch = call.body.filled("branch").unwrap_or(&repo.default_branch).to_owned();
    let tip = tip(repo, &branch)?;
    let encoded: String = call.body.text("content").unwrap_or_default().split_whitespace().collect();
    let content = STANDARD.decode(encoded);
    let content = content.map_err(|_| Failure::unprocessable("content is not valid Base64"))?;
    let mut tree = tip.as_ref().map(|commit| commit.tree.clone()).unwrap_or_default();
    let is_directory = !entries(&tree, path).is_empty();
    let mut above = path.match_indices('/').map(|(position, _)| &path[..position]);
    if path.is_empty() || is_directory || above.any(|parent| tree.contains_key(parent)) {
        return Err(Failure::unprocessable("Invalid request.\n\npath is a directory, or lies below a file."));
    }
    check_sha(tree.get(path), path, call.body.filled("sha"))?;
    let authored = authored(call, now)?;
    let sha = repo.store(&content);
    let status = if tree.insert(path.to_owned(), sha.clone()).is_some() { 200 } else { 201 };
    let parents = tip.into_iter().map(|commit| commit.sha).collect();
    let commit = repo.commit(&branch, tree, parents, authored);
    let body = json!({
        "content": show::file(base, repo, path, &sha, &branch),
        "commit": show::git_commit(base, repo, &commit),
    });
    Ok(Answer::json(status, &body))
}

pub(super) fn delete(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (base, now) = (stage.base, stage.now);
    let repo = call.pushable(stage)?;
    let path = clean(call.captured("path"))?;
    check_workflow(call, path)?;
    let branch = call.body.filled("branch").unwrap_or(&repo.default_branch).to_owned();
    let tip = tip(repo, &branch)?.ok_or_else(Failure::not_found)?;
    let mut tree = tip.tree.clone();
    let current = tree.remove(path).ok_or_else(Failure::not_found)?;
    check_sha(Some(&current), path, call.body.filled("sha"))?;
    let authored = authored(call, now)?;
    let commit = repo.commit(&branch, tree, vec![tip.sha], authored);
    let body = json!({"content": null, "commit": show::git_commit(base, repo, &commit)});
    Ok(Answer::json(200, &body))
}
