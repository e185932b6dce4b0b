//! Workflows, and starting one by hand. Nothing runs; the run is remembered.

use serde_json::{Value, json};

use super::Call;
use super::failure::Failure;
use super::hub::{Commit, Run};
use super::show;
use crate::stage::{Stage, written};
use crate::wire::Answer;

const DIRECTORY: &str = ".github/workflows/";
const MAX_INPUTS: usize = 25;

/// The path of a workflow in the tree: by file name, or by its id, which is its place among them.
fn find(commit: &Commit, asked: &str) -> Option<String> {
    let mut paths = commit.tree.keys().filter(|path| path.starts_with(DIRECTORY));
    match asked.parse::<usize>() {
        Ok(id) => paths.nth(id.checked_sub(1)?).cloned(),
        Err(_) => paths.find(|path| path.strip_prefix(DIRECTORY) == Some(asked)).cloned(),
    }
}

/// A workflow's id is its place among the files, as [`find`] has it.
pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let base = stage.base;
    let repo = call.repo(stage)?;
    let full_name = repo.full_name();
    let tree = repo.branch(&repo.default_branch).map(|commit| commit.tree.clone()).unwrap_or_default();
    let files = tree.iter().filter(|(path, _)| path.starts_with(DIRECTORY));
    let show = |(place, (path, sha)): (usize, (&String, &String))| {
        let text = String::from_utf8_lossy(&repo.blob(sha)).into_owned();
        let name = text.lines().find_map(|line| line.strip_prefix("name:")).map_or(path.as_str(), str::trim);
        let (id, file) = (place + 1, path.trim_start_matches(DIRECTORY));
        json!({
            "id": id,
            "node_id": show::node("Workflow", id),
            "name": name,
            "path": path,
            "state": "active",
            "created_at": written(repo.created_at),
            "updated_at": written(repo.pushed_at),
            "url": show::api(base, &format!("/repos/{full_name}/actions/workflows/{id}")),
            "html_url": show::web(base, &format!("/{full_name}/blob/{}/{path}", repo.default_branch)),
            "badge_url": show::web(base, &format!("/{full_name}/workflows/{file}/badge.svg")),
        })
    };
    let all: Vec<Value> = files.enumerate().map(show).collect();
    let total = all.len();
    let (page, link) = call.cut(all)?;
    let body = json!({"total_count": total, "workflows": page});
    Ok(super::with_link(Answer::json(200, &body), link))
}

pub(super) fn dispatch(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let base = stage.base;
    let id = stage.world.github.next_id();
    let repo = call.pushable(stage)?;
    let default = repo.branch(&repo.default_branch).ok_or_else(Failure::not_found)?;
    let path = find(default, call.captured("workflow_id")).ok_or_else(Failure::not_found)?;
    let reference = call.body.text("ref").unwrap_or_default();
    let commit = repo.resolve(reference).filter(|commit| commit.sha != reference);
    let commit = commit.ok_or_else(|| Failure::unprocessable(format!("No ref found for: {reference}")))?;
    let text = commit.tree.get(&path).map(|sha| repo.blob(sha)).unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    if !text.contains("workflow_dispatch") {
        return Err(Failure::unprocessable("Workflow does not have 'workflow_dispatch' trigger"));
    }
    let inputs = call.body.value("inputs").cloned().unwrap_or_else(|| json!({}));
    let names: Vec<&String> = inputs.as_object().map(|inputs| inputs.keys().collect()).unwrap_or_default();
    if names.len() > MAX_INPUTS {
        return Err(Failure::unprocessable(
            "you may only define up to 25 `inputs` for a `workflow_dispatch` event",
        ));
    }
    // Good enough for a twin: an input is declared where its name begins a line of the file.
    let declared = |name: &&&String| text.lines().any(|line| line.trim() == format!("{name}:"));
    let unexpected: Vec<&&String> = names.iter().filter(|name| !declared(name)).collect();
    if !unexpected.is_empty() {
        let listed = Value::from(unexpected.iter().map(|name| name.as_str()).collect::<Vec<_>>());
        return Err(Failure::unprocessable(format!("Unexpected inputs provided: {listed}")));
    }
    let full_name = repo.full_name();
    repo.runs.push(Run {
        id,
        workflow: path,
        reference: reference.to_owned(),
        inputs,
        login: call.login().to_owned(),
    });
    if call.body.flag("return_run_details").unwrap_or_default() {
        return Ok(Answer::json(
            200,
            &json!({
                "workflow_run_id": id,
                "run_url": show::api(base, &format!("/repos/{full_name}/actions/runs/{id}")),
                "html_url": show::web(base, &format!("/{full_name}/actions/runs/{id}")),
            }),
        ));
    }
    Ok(Answer::empty(204))
}

pub(super) fn runs(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let base = stage.base;
    let repo = call.repo(stage)?;
    let full_name = repo.full_name();
    let show = |run: &Run| {
        json!({
            "id": run.id,
            "name": run.workflow,
            "path": run.workflow,
            "head_branch": run.reference,
            "event": "workflow_dispatch",
            "status": "completed",
            "conclusion": "success",
            "actor": show::user(base, &run.login),
            "html_url": show::web(base, &format!("/{full_name}/actions/runs/{}", run.id)),
        })
    };
    let asks = |name: &str, value: &str| call.query.filled(name).is_none_or(|asked| asked == value);
    let wanted = |run: &&Run| {
        asks("actor", &run.login)
            && asks("branch", &run.reference)
            && asks("event", "workflow_dispatch")
            && (asks("status", "completed") || asks("status", "success"))
    };
    let all: Vec<Value> = repo.runs.iter().rev().filter(wanted).map(show).collect();
    let total = all.len();
    let (page, link) = call.cut(all)?;
    let body = json!({"total_count": total, "workflow_runs": page});
    Ok(super::with_link(Answer::json(200, &body), link))
}
