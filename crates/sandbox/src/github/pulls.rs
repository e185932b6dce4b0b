//! Pull requests between branches of one repository. A rebase is merged as a squash: the twin does not replay commits.

use serde_json::{Value, json};
use url::Url;

use super::Call;
use super::failure::Failure;
use super::git::{self, Tree};
use super::hub::{Authored, Commit, Issue, Merged, Pull, Repo, Review};
use super::issues::show_issue;
use super::show;
use crate::stage::{Stage, written};
use crate::wire::Answer;

/// The head's commit, of now or of when the pull request was closed.
fn head<'a>(repo: &'a Repo, pull: &Pull) -> Option<&'a Commit> {
    match &pull.head_sha {
        Some(sha) => repo.commits.get(sha),
        None => repo.branch(&pull.head),
    }
}

/// What the pull request changes: the trees before and after, and the head's name.
fn change(repo: &Repo, pull: &Pull) -> Option<(Tree, Tree, String)> {
    let head = head(repo, pull)?;
    let base = git::merge_base(repo, &head.sha, &pull.base_sha)?;
    Some((repo.commits.get(&base)?.tree.clone(), head.tree.clone(), head.sha.clone()))
}

/// The tree that a merge now would give; `None` where it conflicts.
fn merged_tree(repo: &Repo, pull: &Pull) -> Option<Tree> {
    let (head, base) = (head(repo, pull)?, repo.branch(&pull.base)?);
    let common = git::merge_base(repo, &head.sha, &base.sha)?;
    git::merge(&repo.commits.get(&common)?.tree, &base.tree, &head.tree)
}

/// A pull request as lists show it.
fn simple(base: &Url, repo: &Repo, issue: &Issue, pull: &Pull, viewer: &str) -> Value {
    let full_name = repo.full_name();
    let mut value = show_issue(base, repo, issue);
    let url = show::api(base, &format!("/repos/{full_name}/pulls/{}", issue.number));
    let html_url = show::web(base, &format!("/{full_name}/pull/{}", issue.number));
    let head_sha = head(repo, pull).map(|commit| commit.sha.clone()).unwrap_or_default();
    let side = |branch: &str, sha: &str| {
        json!({
            "label": format!("{}:{branch}", repo.owner), "ref": branch, "sha": sha,
            "user": show::user(base, &repo.owner), "repo": show::repo(base, repo, viewer),
        })
    };
    let statuses = show::api(base, &format!("/repos/{full_name}/statuses/{head_sha}"));
    let link = |href: &str| json!({"href": href});
    let own = json!({
        "node_id": show::node("PullRequest", issue.id),
        "url": url,
        "html_url": html_url,
        "diff_url": format!("{html_url}.diff"),
        "patch_url": format!("{html_url}.patch"),
        "issue_url": value["url"],
        "commits_url": format!("{url}/commits"),
        "review_comments_url": format!("{url}/comments"),
        "review_comment_url": show::api(base, &format!("/repos/{full_name}/pulls/comments{{/number}}")),
        "statuses_url": statuses,
        "merged_at": pull.merged.as_ref().map(|merged| written(merged.at)),
        "merge_commit_sha": pull.merged.as_ref().map(|merged| &merged.sha),
        "requested_reviewers": [],
        "requested_teams": [],
        "head": side(&pull.head, &head_sha),
        "base": side(&pull.base, &pull.base_sha),
        "auto_merge": null,
        "draft": pull.draft,
        "_links": {
            "self": link(&url),
            "html": link(&html_url),
            "issue": link(value["url"].as_str().unwrap_or_default()),
            "comments": link(value["comments_url"].as_str().unwrap_or_default()),
            "review_comments": link(&format!("{url}/comments")),
            "review_comment": link(&format!("{url}/comments{{/number}}")),
            "commits": link(&format!("{url}/commits")),
            "statuses": link(&statuses),
        },
    });
    if let (Value::Object(value), Value::Object(own)) = (&mut value, own) {
        for name in ["pull_request", "comments", "events_url", "labels_url", "repository_url", "state_reason"]
        {
            value.remove(name);
        }
        value.extend(own);
    }
    value
}

/// A pull request with what only a single one shows.
fn full(base: &Url, repo: &Repo, issue: &Issue, pull: &Pull, viewer: &str) -> Value {
    let mut value = simple(base, repo, issue, pull, viewer);
    let files = match change(repo, pull) {
        Some((before, after, sha)) => show::diff(base, repo, &before, &after, &sha),
        None => Vec::new(),
    };
    let sum = |name: &str| files.iter().filter_map(|file| file[name].as_u64()).sum::<u64>();
    let base_line = git::ancestors(repo, &pull.base_sha);
    let own = head(repo, pull).map(|head| git::ancestors(repo, &head.sha)).unwrap_or_default();
    let commits = own.iter().filter(|sha| !base_line.contains(sha)).count();
    let mergeable = pull.merged.is_none() && issue.is_open() && merged_tree(repo, pull).is_some();
    let rest = json!({
        "merged": pull.merged.is_some(),
        "mergeable": mergeable,
        "rebaseable": mergeable,
        "mergeable_state": if mergeable { "clean" } else { "dirty" },
        "merged_by": pull.merged.as_ref().map(|merged| show::user(base, &merged.login)),
        "comments": issue.comments.len(),
        "review_comments": 0,
        "maintainer_can_modify": false,
        "commits": commits,
        "additions": sum("additions"),
        "deletions": sum("deletions"),
        "changed_files": files.len(),
    });
    if let (Value::Object(value), Value::Object(rest)) = (&mut value, rest) {
        value.extend(rest);
    }
    value
}

/// The issue and the pull request of the path.
fn find(repo: &Repo, call: &Call) -> Result<(Issue, Pull), Failure> {
    let issue = repo.issues.get(&call.number("pull_number")?).ok_or_else(Failure::not_found)?;
    let pull = issue.pull.clone().ok_or_else(Failure::not_found)?;
    Ok((issue.clone(), pull))
}

pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let base = stage.base;
    let repo = call.repo(stage)?;
    let query = &call.query;
    let wanted = |issue: &&Issue| {
        let Some(pull) = &issue.pull else {
            return false;
        };
        let state = query.text("state").unwrap_or("open");
        (state == "all" || state == issue.state())
            && query.filled("base").is_none_or(|base| base == pull.base)
            && query.filled("head").is_none_or(|head| head == format!("{}:{}", repo.owner, pull.head))
    };
    let mut found: Vec<&Issue> = repo.issues.values().filter(wanted).collect();
    match query.text("sort").unwrap_or("created") {
        "updated" => found.sort_by_key(|issue| issue.updated_at),
        "popularity" => found.sort_by_key(|issue| issue.comments.len()),
        _ => found.sort_by_key(|issue| (issue.created_at, issue.number)),
    }
    let ascending = match query.text("direction") {
        Some(direction) => direction == "asc",
        None => query.text("sort").is_some_and(|sort| sort != "created"),
    };
    if !ascending {
        found.reverse();
    }
    let show = |issue: &Issue| Some(simple(base, repo, issue, issue.pull.as_ref()?, call.login()));
    call.page(found.into_iter().filter_map(show).collect())
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let base = stage.base;
    let repo = call.repo(stage)?;
    let (issue, pull) = find(repo, call)?;
    Ok(Answer::json(200, &full(base, repo, &issue, &pull, call.login())))
}

pub(super) fn files(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let base = stage.base;
    let repo = call.repo(stage)?;
    let (_, pull) = find(repo, call)?;
    let (before, after, sha) = change(repo, &pull).ok_or_else(Failure::not_found)?;
    call.page(show::diff(base, repo, &before, &after, &sha))
}

pub(super) fn create(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (base_url, now, login) = (stage.base, stage.now, call.login());
    let id = stage.world.github.next_id();
    let repo = call.writable(stage)?;
    let invalid = |field: &str| Failure::validation("PullRequest", field, "invalid");
    let body = &call.body;
    if body.names("issue") || body.names("head_repo") {
        return Err(Failure::unprocessable(
            "sandbox: pull requests from issues or other repositories are not served",
        ));
    }
    let title =
        body.filled("title").ok_or_else(|| Failure::validation("PullRequest", "title", "missing_field"))?;
    let (head, base) = (body.text("head").unwrap_or_default(), body.text("base").unwrap_or_default());
    let head = match head.split_once(':') {
        Some((owner, branch)) if owner.eq_ignore_ascii_case(&repo.owner) => branch,
        Some(_) => return Err(invalid("head")),
        None => head,
    };
    let head_sha = repo.branch(head).ok_or_else(|| invalid("head"))?.sha.clone();
    let base_sha = repo.branch(base).ok_or_else(|| invalid("base"))?.sha.clone();
    if git::ancestors(repo, &base_sha).contains(&head_sha) {
        return Err(Failure::custom("PullRequest", format!("No commits between {base} and {head}")));
    }
    let same = |issue: &&Issue| {
        issue.is_open() && issue.pull.as_ref().is_some_and(|pull| pull.head == head && pull.base == base)
    };
    if repo.issues.values().find(same).is_some() {
        let message = format!("A pull request already exists for {}:{head}.", repo.owner);
        return Err(Failure::custom("PullRequest", message));
    }
    let pull = Pull {
        head: head.to_owned(),
        base: base.to_owned(),
        draft: body.flag("draft").unwrap_or_default(),
        head_sha: None,
        base_sha,
        merged: None,
        reviews: Vec::new(),
    };
    let issue = Issue {
        id,
        number: repo.next_number(),
        title: title.to_owned(),
        body: body.text("body").map(str::to_owned),
        login: login.to_owned(),
        closed_at: None,
        state_reason: None,
        labels: Vec::new(),
        assignees: Vec::new(),
        comments: Vec::new(),
        created_at: now,
        updated_at: now,
        pull: Some(pull.clone()),
    };
    let shown = full(base_url, repo, &issue, &pull, login);
    repo.issues.insert(issue.number, issue);
    let location = shown["url"].as_str().unwrap_or_default().to_owned();
    Ok(Answer::json(201, &shown).with("location", location))
}

pub(super) fn merge(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let now = stage.now;
    let repo = call.pushable(stage)?;
    let (mut issue, mut pull) = find(repo, call)?;
    let not_allowed = |message: &str| Failure::new(405, message);
    if pull.draft {
        return Err(not_allowed("Pull Request is still a draft"));
    }
    let tips = (head(repo, &pull).cloned(), repo.branch(&pull.base).cloned());
    let (Some(head), Some(base), true) = (tips.0, tips.1, issue.is_open()) else {
        return Err(not_allowed("Pull Request is not mergeable"));
    };
    if call.body.filled("sha").is_some_and(|sha| sha != head.sha) {
        return Err(Failure::conflict("Head branch was modified. Review and try the merge again."));
    }
    let tree = merged_tree(repo, &pull).ok_or_else(|| not_allowed("Pull Request is not mergeable"))?;
    let person = call.person();
    let (subject, parents) = match call.body.text("merge_method") {
        Some("squash" | "rebase") => (format!("{} (#{})", issue.title, issue.number), vec![base.sha]),
        _ => {
            let subject = format!("Merge pull request #{} from {}/{}", issue.number, repo.owner, pull.head);
            (subject, vec![base.sha, head.sha.clone()])
        }
    };
    let subject = call.body.filled("commit_title").map_or(subject, str::to_owned);
    let message = match call.body.filled("commit_message") {
        Some(text) => format!("{subject}\n\n{text}"),
        None => subject,
    };
    let authored = Authored {
        message,
        login: person.handle.to_owned(),
        name: person.name(),
        email: person.email.to_owned(),
        date: now,
    };
    let branch = pull.base.clone();
    let commit = repo.commit(&branch, tree, parents, authored);
    pull.head_sha = Some(head.sha);
    pull.merged = Some(Merged { sha: commit.sha.clone(), login: person.handle.to_owned(), at: now });
    issue.pull = Some(pull);
    issue.closed_at = Some(now);
    issue.updated_at = now;
    repo.issues.insert(issue.number, issue);
    let body = json!({"sha": commit.sha, "merged": true, "message": "Pull Request successfully merged"});
    Ok(Answer::json(200, &body))
}

pub(super) fn review(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (base, now, login) = (stage.base, stage.now, call.login());
    let id = stage.world.github.next_id();
    let repo = call.writable(stage)?;
    let (mut issue, mut pull) = find(repo, call)?;
    let text = call.body.text("body").unwrap_or_default();
    let state = match call.body.text("event") {
        Some("APPROVE") => "APPROVED",
        Some("REQUEST_CHANGES") => "CHANGES_REQUESTED",
        Some("COMMENT") => "COMMENTED",
        _ => "PENDING",
    };
    let own = issue.login == login;
    if own && matches!(state, "APPROVED" | "CHANGES_REQUESTED") {
        let verb = if state == "APPROVED" { "approve" } else { "request changes on" };
        return Err(Failure::unprocessable(format!("Review Can not {verb} your own pull request")));
    }
    let has_comments =
        call.body.value("comments").and_then(Value::as_array).is_some_and(|all| !all.is_empty());
    if text.is_empty() && !has_comments && matches!(state, "CHANGES_REQUESTED" | "COMMENTED") {
        return Err(Failure::unprocessable("Review Body is required"));
    }
    let head = head(repo, &pull).map(|commit| commit.sha.clone()).unwrap_or_default();
    let review = Review {
        id,
        login: login.to_owned(),
        body: text.to_owned(),
        state: state.to_owned(),
        commit: call.body.filled("commit_id").unwrap_or(&head).to_owned(),
        at: now,
    };
    if !repo.commits.contains_key(&review.commit) {
        return Err(Failure::unprocessable("commit_id is not part of the pull request"));
    }
    let url = show::api(base, &format!("/repos/{}/pulls/{}", repo.full_name(), issue.number));
    let html_url =
        show::web(base, &format!("/{}/pull/{}#pullrequestreview-{id}", repo.full_name(), issue.number));
    let mut shown = json!({
        "id": id,
        "node_id": show::node("PullRequestReview", id),
        "user": show::user(base, login),
        "body": review.body,
        "state": review.state,
        "html_url": html_url,
        "pull_request_url": url,
        "_links": {"html": {"href": html_url}, "pull_request": {"href": url}},
        "commit_id": review.commit,
        "author_association": if repo.owner == login { "OWNER" } else { "CONTRIBUTOR" },
    });
    if state != "PENDING" {
        shown["submitted_at"] = json!(written(now));
    }
    pull.reviews.push(review);
    issue.pull = Some(pull);
    issue.updated_at = now;
    repo.issues.insert(issue.number, issue);
    Ok(Answer::json(200, &shown))
}
