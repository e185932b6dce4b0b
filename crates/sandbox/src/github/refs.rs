//! Branches, refs and commits.

use serde_json::{Value, json};

use super::Call;
use super::failure::Failure;
use super::git;
use super::hub::{Commit, Repo};
use super::show;
use crate::stage::Stage;
use crate::wire::Answer;

const HEADS: &str = "refs/heads/";

pub(super) fn branches(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let base = stage.base;
    let repo = call.repo(stage)?;
    let full_name = repo.full_name();
    let branch = |(name, sha): (&String, &String)| {
        let name = name.strip_prefix(HEADS)?;
        let url = show::api(base, &format!("/repos/{full_name}/commits/{sha}"));
        Some(json!({"name": name, "commit": {"sha": sha, "url": url}, "protected": false}))
    };
    // Nothing is protected here.
    let only_protected = call.query.flag("protected").unwrap_or_default();
    let all: Vec<Value> = repo.refs.iter().filter_map(branch).filter(|_| !only_protected).collect();
    call.page(all)
}

pub(super) fn branch(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let base = stage.base;
    let repo = call.repo(stage)?;
    let name = call.captured("branch");
    let commit = repo.branch(name).ok_or_else(|| Failure::new(404, "Branch not found"))?;
    let url = show::api(base, &format!("/repos/{}/branches/{name}", repo.full_name()));
    Ok(Answer::json(
        200,
        &json!({
            "name": name,
            "commit": show::commit(base, repo, commit),
            "_links": {"self": url, "html": show::web(base, &format!("/{}/tree/{name}", repo.full_name()))},
            "protected": false,
            "protection": {"enabled": false, "required_status_checks": {"enforcement_level": "off", "contexts": [], "checks": []}},
            "protection_url": format!("{url}/protection"),
        }),
    ))
}

fn show_ref(base: &url::Url, repo: &Repo, name: &str, sha: &str) -> Value {
    let full_name = repo.full_name();
    json!({
        "ref": name,
        "node_id": show::node("Ref", name),
        "url": show::api(base, &format!("/repos/{full_name}/git/{name}")),
        "object": {
            "sha": sha, "type": "commit", "url": show::api(base, &format!("/repos/{full_name}/git/commits/{sha}")),
        },
    })
}

pub(super) fn get_ref(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let base = stage.base;
    let repo = call.repo(stage)?;
    let name = format!("refs/{}", call.captured("ref"));
    let sha = repo.refs.get(&name).ok_or_else(Failure::not_found)?;
    Ok(Answer::json(200, &show_ref(base, repo, &name, sha)))
}

pub(super) fn matching_refs(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let base = stage.base;
    let repo = call.repo(stage)?;
    let prefix = format!("refs/{}", call.captured("ref"));
    let matching = repo.refs.iter().filter(|(name, _)| name.starts_with(&prefix));
    call.page(matching.map(|(name, sha)| show_ref(base, repo, name, sha)).collect())
}

pub(super) fn create_ref(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let base = stage.base;
    let repo = call.pushable(stage)?;
    let (name, sha) = (call.body.text("ref").unwrap_or_default(), call.body.text("sha").unwrap_or_default());
    let kind = name.strip_prefix("refs/").and_then(|rest| rest.split_once('/'));
    let short = match kind {
        Some(("heads" | "tags", short)) => short,
        _ => {
            return Err(Failure::unprocessable(
                "Reference name must start with 'refs/heads/' or 'refs/tags/'.",
            ));
        }
    };
    let odd = |character: char| {
        character.is_whitespace() || character.is_control() || "~^:?*[\\".contains(character)
    };
    if short.is_empty() || short.contains(odd) || short.contains("..") || short.ends_with(['/', '.']) {
        return Err(Failure::unprocessable(format!("{name} is not a valid ref name.")));
    }
    if repo.commits.is_empty() {
        return Err(Failure::conflict("Git Repository is empty."));
    }
    if sha.len() != 40 || !sha.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Failure::unprocessable(
            "The sha parameter must be exactly 40 characters and contain only [0-9a-f].",
        ));
    }
    if !repo.commits.contains_key(sha) {
        return Err(Failure::unprocessable("Object does not exist"));
    }
    if repo.refs.contains_key(name) {
        return Err(Failure::unprocessable("Reference already exists"));
    }
    repo.refs.insert(name.to_owned(), sha.to_owned());
    let shown = show_ref(base, repo, name, sha);
    let location = shown["url"].as_str().unwrap_or_default().to_owned();
    Ok(Answer::json(201, &shown).with("location", location))
}

pub(super) fn commits(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let base = stage.base;
    let repo = call.repo(stage)?;
    if repo.commits.is_empty() {
        return Err(Failure::conflict("Git Repository is empty."));
    }
    let start = call.query.filled("sha").unwrap_or(&repo.default_branch);
    let start = repo.resolve(start).ok_or_else(Failure::not_found)?;
    let moment = |name: &str| {
        let text = call.query.filled(name)?;
        Some(
            text.parse::<jiff::Timestamp>()
                .map_err(|_| Failure::bad_request(format!("sandbox: `{name}` is no time"))),
        )
    };
    let (since, until) = (moment("since").transpose()?, moment("until").transpose()?);
    let path = call.query.filled("path");
    let touches = |commit: &Commit, path: &str| {
        let parent = commit.parents.first().and_then(|sha| repo.commits.get(sha));
        let at = |tree: &git::Tree| -> Vec<String> {
            let inside = |(own, _): &(&String, &String)| *own == path || own.starts_with(&format!("{path}/"));
            tree.iter().filter(inside).map(|(own, sha)| format!("{own} {sha}")).collect()
        };
        parent.map(|parent| at(&parent.tree)).unwrap_or_default() != at(&commit.tree)
    };
    let by = |field: &str, commit: &Commit| {
        call.query.filled(field).is_none_or(|name| name == commit.login || name == commit.email)
    };
    let wanted = |commit: &&Commit| {
        since.is_none_or(|since| commit.date >= since)
            && until.is_none_or(|until| commit.date <= until)
            && path.is_none_or(|path| touches(commit, path))
            && by("author", commit)
            && by("committer", commit)
    };
    let reachable = git::ancestors(repo, &start.sha);
    let commits = reachable.iter().filter_map(|sha| repo.commits.get(sha)).filter(wanted);
    call.page(commits.map(|commit| show::commit(base, repo, commit)).collect())
}

pub(super) fn commit(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let base = stage.base;
    let repo = call.repo(stage)?;
    let name = call.captured("ref");
    let commit = repo.resolve(name);
    let commit = commit.ok_or_else(|| Failure::unprocessable(format!("No commit found for SHA: {name}")))?;
    let parent = commit.parents.first().and_then(|sha| repo.commits.get(sha));
    let before = parent.map(|parent| parent.tree.clone()).unwrap_or_default();
    let files = show::diff(base, repo, &before, &commit.tree, &commit.sha);
    let sum = |name: &str| files.iter().filter_map(|file| file[name].as_u64()).sum::<u64>();
    let mut value = show::commit(base, repo, commit);
    value["stats"] =
        json!({"additions": sum("additions"), "deletions": sum("deletions"), "total": sum("changes")});
    value["files"] = Value::Array(files);
    Ok(Answer::json(200, &value))
}
