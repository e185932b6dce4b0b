//! Issues, their comments and labels. A pull request is an issue, too.

use serde_json::{Value, json};
use url::Url;

use super::Call;
use super::failure::Failure;
use super::hub::{Comment, Issue, Repo};
use super::show;
use crate::people;
use crate::provider::Provider;
use crate::stage::{Stage, written};
use crate::wire::Answer;

const MAX_TITLE: usize = 256;
const MAX_BODY: usize = 65_536;

/// An issue as GitHub shows it.
pub(super) fn show_issue(base: &Url, repo: &Repo, issue: &Issue) -> Value {
    let full_name = repo.full_name();
    let kind = if issue.pull.is_some() { "pull" } else { "issues" };
    let url = show::api(base, &format!("/repos/{full_name}/issues/{}", issue.number));
    let html_url = show::web(base, &format!("/{full_name}/{kind}/{}", issue.number));
    let assignees: Vec<Value> = issue.assignees.iter().map(|login| show::user(base, login)).collect();
    let labels: Vec<Value> = issue.labels.iter().map(|name| show::label(base, repo, name)).collect();
    let mut value = json!({
        "id": issue.id,
        "node_id": show::node("Issue", issue.id),
        "url": url,
        "repository_url": show::api(base, &format!("/repos/{full_name}")),
        "labels_url": format!("{url}/labels{{/name}}"),
        "comments_url": format!("{url}/comments"),
        "events_url": format!("{url}/events"),
        "html_url": html_url,
        "number": issue.number,
        "title": issue.title,
        "user": show::user(base, &issue.login),
        "labels": labels,
        "state": issue.state(),
        "locked": false,
        "assignee": assignees.first(),
        "assignees": assignees,
        "milestone": null,
        "comments": issue.comments.len(),
        "created_at": written(issue.created_at),
        "updated_at": written(issue.updated_at),
        "closed_at": issue.closed_at.map(written),
        "author_association": if issue.login == repo.owner { "OWNER" } else { "CONTRIBUTOR" },
        "active_lock_reason": null,
        "body": issue.body,
        "state_reason": issue.state_reason,
    });
    if let Some(pull) = &issue.pull {
        value["pull_request"] = json!({
            "url": show::api(base, &format!("/repos/{full_name}/pulls/{}", issue.number)),
            "html_url": html_url,
            "diff_url": format!("{html_url}.diff"),
            "patch_url": format!("{html_url}.patch"),
            "merged_at": pull.merged.as_ref().map(|merged| written(merged.at)),
        });
        value["draft"] = json!(pull.draft);
    }
    value
}

fn find<'a>(repo: &'a mut Repo, call: &Call) -> Result<&'a mut Issue, Failure> {
    let number = call.number("issue_number")?;
    repo.issues.get_mut(&number).ok_or_else(Failure::not_found)
}

/// The names in a list of labels, which are texts or objects.
fn label_names(value: &Value) -> Vec<String> {
    let name = |label: &Value| label.as_str().or_else(|| label["name"].as_str()).map(str::to_owned);
    let mut names: Vec<String> = Vec::new();
    for found in value.as_array().into_iter().flatten().filter_map(name) {
        if !names.iter().any(|known| known.eq_ignore_ascii_case(&found)) {
            names.push(found);
        }
    }
    names
}

/// The title, which GitHub also takes as a number.
fn title_of(value: &Value) -> Result<String, Failure> {
    let title = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if title.trim().is_empty() {
        return Err(Failure::validation("Issue", "title", "missing_field"));
    }
    if title.chars().count() > MAX_TITLE {
        return Err(Failure::custom("Issue", "title is too long (maximum is 256 characters)"));
    }
    Ok(title)
}

fn check_body(body: Option<&str>) -> Result<(), Failure> {
    match body {
        Some(body) if body.len() > MAX_BODY => {
            Err(Failure::custom("Issue", "body is too long (maximum is 65536 characters)"))
        }
        _ => Ok(()),
    }
}

fn assignees_of(call: &Call) -> Result<Option<Vec<String>>, Failure> {
    if !call.body.names("assignees") && !call.body.names("assignee") {
        return Ok(None);
    }
    let mut logins = call.body.texts("assignees");
    logins.extend(call.body.filled("assignee").map(str::to_owned));
    logins.dedup();
    match logins.iter().find(|login| people::find(Provider::GitHub, login).is_none()) {
        Some(_) => Err(Failure::validation("Issue", "assignees", "invalid")),
        None => Ok(Some(logins)),
    }
}

fn milestone_is_none(call: &Call) -> Result<(), Failure> {
    match call.body.value("milestone") {
        Some(_) => Err(Failure::validation("Issue", "milestone", "invalid")),
        None => Ok(()),
    }
}

pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let base = stage.base;
    let repo = call.repo(stage)?;
    let query = &call.query;
    if query.filled("milestone").is_some_and(|milestone| milestone != "none" && milestone != "*") {
        return Err(Failure::validation("Issue", "milestone", "invalid"));
    }
    let since = query.filled("since").map(str::parse::<jiff::Timestamp>).transpose();
    let since = since.map_err(|_| Failure::bad_request("sandbox: `since` is no time"))?;
    let labels: Vec<&str> =
        query.filled("labels").map(|labels| labels.split(',').collect()).unwrap_or_default();
    let wanted = |issue: &&Issue| {
        let state = query.text("state").unwrap_or("open");
        let has = |label: &&str| issue.labels.iter().any(|own| own.eq_ignore_ascii_case(label.trim()));
        let assigned = match query.filled("assignee") {
            None | Some("*") if query.filled("assignee").is_none() => true,
            Some("*") => !issue.assignees.is_empty(),
            Some("none") => issue.assignees.is_empty(),
            login => login.is_some_and(|login| issue.assignees.iter().any(|own| own == login)),
        };
        (state == "all" || state == issue.state())
            && labels.iter().all(has)
            && assigned
            && query.filled("creator").is_none_or(|login| login == issue.login)
            && query.filled("mentioned").is_none_or(|login| mentions(issue, login))
            && since.is_none_or(|since| issue.updated_at >= since)
    };
    let mut issues: Vec<&Issue> = repo.issues.values().filter(wanted).collect();
    match query.text("sort").unwrap_or("created") {
        "updated" => issues.sort_by_key(|issue| issue.updated_at),
        "comments" => issues.sort_by_key(|issue| issue.comments.len()),
        _ => issues.sort_by_key(|issue| (issue.created_at, issue.number)),
    }
    if query.text("direction") != Some("asc") {
        issues.reverse();
    }
    call.page(issues.into_iter().map(|issue| show_issue(base, repo, issue)).collect())
}

fn mentions(issue: &Issue, login: &str) -> bool {
    let text = format!("@{login}");
    let bodies = issue.comments.iter().map(|comment| comment.body.as_str());
    bodies.chain(issue.body.as_deref()).any(|body| body.contains(&text))
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let base = stage.base;
    let repo = call.repo(stage)?;
    let issue = find(repo, call)?.clone();
    Ok(Answer::json(200, &show_issue(base, repo, &issue)))
}

pub(super) fn create(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (base, now, login) = (stage.base, stage.now, call.login());
    let (id, label_id) = (stage.world.github.next_id(), stage.world.github.next_id());
    let repo = call.writable(stage)?;
    let title = title_of(call.body.value("title").unwrap_or(&Value::Null))?;
    let body = call.body.text("body");
    check_body(body)?;
    milestone_is_none(call)?;
    // Those who may not push cannot label or assign, and GitHub drops that without a word.
    let may_push = repo.is_collaborator(login);
    let labels = call.body.value("labels").filter(|_| may_push).map(label_names).unwrap_or_default();
    let assignees = assignees_of(call)?.filter(|_| may_push).unwrap_or_default();
    for (position, label) in labels.iter().enumerate() {
        repo.ensure_label(label, label_id * 100 + position as u64);
    }
    let issue = Issue {
        id,
        number: repo.next_number(),
        title,
        body: body.map(str::to_owned),
        login: login.to_owned(),
        closed_at: None,
        state_reason: None,
        labels,
        assignees,
        comments: Vec::new(),
        created_at: now,
        updated_at: now,
        pull: None,
    };
    let shown = show_issue(base, repo, &issue);
    repo.issues.insert(issue.number, issue);
    let location = shown["url"].as_str().unwrap_or_default().to_owned();
    Ok(Answer::json(201, &shown).with("location", location))
}

pub(super) fn update(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (base, now, login) = (stage.base, stage.now, call.login());
    let label_id = stage.world.github.next_id();
    let repo = call.writable(stage)?;
    let may_push = repo.is_collaborator(login);
    let mut issue = find(repo, call)?.clone();
    if !may_push && issue.login != login {
        return Err(Failure::forbidden("Must have admin rights to Repository."));
    }
    milestone_is_none(call)?;
    if call.body.names("title") {
        issue.title = title_of(call.body.value("title").unwrap_or(&Value::Null))?;
    }
    if call.body.names("body") {
        check_body(call.body.text("body"))?;
        issue.body = call.body.text("body").map(str::to_owned);
    }
    match (call.body.text("state"), issue.is_open()) {
        (Some("closed"), true) => {
            issue.closed_at = Some(now);
            issue.state_reason = Some(call.body.text("state_reason").unwrap_or("completed").to_owned());
        }
        (Some("open"), false) => {
            if issue.pull.as_ref().is_some_and(|pull| pull.merged.is_some()) {
                return Err(Failure::custom("Issue", "A merged pull request cannot be reopened"));
            }
            issue.closed_at = None;
            issue.state_reason = Some("reopened".to_owned());
        }
        _ => {}
    }
    if let Some(labels) = call.body.value("labels").filter(|_| may_push) {
        issue.labels = label_names(labels);
        for (position, label) in issue.labels.iter().enumerate() {
            repo.ensure_label(label, label_id * 100 + position as u64);
        }
    }
    if let Some(assignees) = assignees_of(call)?.filter(|_| may_push) {
        issue.assignees = assignees;
    }
    issue.updated_at = now;
    let shown = show_issue(base, repo, &issue);
    repo.issues.insert(issue.number, issue);
    Ok(Answer::json(200, &shown))
}

fn show_comment(base: &Url, repo: &Repo, issue: &Issue, comment: &Comment) -> Value {
    let full_name = repo.full_name();
    json!({
        "id": comment.id,
        "node_id": show::node("IssueComment", comment.id),
        "url": show::api(base, &format!("/repos/{full_name}/issues/comments/{}", comment.id)),
        "html_url": show::web(base, &format!("/{full_name}/issues/{}#issuecomment-{}", issue.number, comment.id)),
        "issue_url": show::api(base, &format!("/repos/{full_name}/issues/{}", issue.number)),
        "user": show::user(base, &comment.login),
        "created_at": written(comment.created_at),
        "updated_at": written(comment.created_at),
        "author_association": if comment.login == repo.owner { "OWNER" } else { "CONTRIBUTOR" },
        "body": comment.body,
    })
}

pub(super) fn comment(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (base, now) = (stage.base, stage.now);
    let id = stage.world.github.next_id();
    let repo = call.writable(stage)?;
    let body = call.body.text("body").unwrap_or_default();
    if body.trim().is_empty() {
        return Err(Failure::validation("IssueComment", "body", "missing_field"));
    }
    check_body(Some(body))?;
    let comment = Comment { id, login: call.login().to_owned(), body: body.to_owned(), created_at: now };
    let issue = find(repo, call)?;
    issue.comments.push(comment.clone());
    issue.updated_at = now;
    let issue = issue.clone();
    let shown = show_comment(base, repo, &issue, &comment);
    let location = shown["url"].as_str().unwrap_or_default().to_owned();
    Ok(Answer::json(201, &shown).with("location", location))
}

pub(super) fn comments(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let base = stage.base;
    let repo = call.repo(stage)?;
    let since = call.query.filled("since").map(str::parse::<jiff::Timestamp>).transpose();
    let since = since.map_err(|_| Failure::bad_request("sandbox: `since` is no time"))?;
    let issue = find(repo, call)?.clone();
    let wanted =
        issue.comments.iter().filter(|comment| since.is_none_or(|since| comment.created_at >= since));
    call.page(wanted.map(|comment| show_comment(base, repo, &issue, comment)).collect())
}

pub(super) fn add_labels(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (base, now) = (stage.base, stage.now);
    let label_id = stage.world.github.next_id();
    let repo = call.pushable(stage)?;
    let names = call.body.value("labels").map(label_names).unwrap_or_default();
    if names.is_empty() || names.iter().any(|name| name.trim().is_empty()) {
        return Err(Failure::validation("Label", "name", "missing_field"));
    }
    find(repo, call)?;
    for (position, name) in names.iter().enumerate() {
        repo.ensure_label(name, label_id * 100 + position as u64);
    }
    let issue = find(repo, call)?;
    for name in names {
        if !issue.labels.iter().any(|own| own.eq_ignore_ascii_case(&name)) {
            issue.labels.push(name);
        }
    }
    issue.updated_at = now;
    let labels = issue.labels.clone();
    let shown: Vec<Value> = labels.iter().map(|name| show::label(base, repo, name)).collect();
    Ok(Answer::json(200, &Value::Array(shown)))
}

pub(super) fn labels(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let base = stage.base;
    let repo = call.repo(stage)?;
    call.page(repo.labels.iter().map(|label| show::label(base, repo, &label.name)).collect())
}
