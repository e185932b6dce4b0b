//! How users, repositories, files and commits look in answers. Addresses lead to the twin, not to the internet.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use url::Url;

use super::git::{self, Change};
use super::hub::{Commit, Label, Repo};
use crate::people;
use crate::provider::Provider;
use crate::stage::written;

pub(super) fn api(base: &Url, path: &str) -> String {
    format!("{base}api.github.com{path}")
}

pub(super) fn web(base: &Url, path: &str) -> String {
    format!("{base}github.com{path}")
}

/// GitHub's old kind of node id.
pub(super) fn node(kind: &str, id: impl std::fmt::Display) -> String {
    STANDARD.encode(format!("0{}:{kind}{id}", kind.len()))
}

pub(super) fn user(base: &Url, login: &str) -> Value {
    let id = people::find(Provider::GitHub, login).map_or(0, |person| person.number);
    let at = |rest: &str| api(base, &format!("/users/{login}{rest}"));
    json!({
        "login": login,
        "id": id,
        "node_id": node("User", id),
        "avatar_url": web(base, &format!("/{login}.png")),
        "gravatar_id": "",
        "url": at(""),
        "html_url": web(base, &format!("/{login}")),
        "followers_url": at("/followers"),
        "following_url": at("/following{/other_user}"),
        "gists_url": at("/gists{/gist_id}"),
        "starred_url": at("/starred{/owner}{/repo}"),
        "subscriptions_url": at("/subscriptions"),
        "organizations_url": at("/orgs"),
        "repos_url": at("/repos"),
        "events_url": at("/events{/privacy}"),
        "received_events_url": at("/received_events"),
        "type": "User",
        "site_admin": false,
    })
}

/// The names and templates of a repository's addresses below its own.
const REPO_URLS: &[(&str, &str)] = &[
    ("archive_url", "/{archive_format}{/ref}"),
    ("assignees_url", "/assignees{/user}"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("branches_url", "/branches{/branch}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("comments_url", "/comments{/number}"),
    ("commits_url", "/commits{/sha}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("contents_url", "/contents/{+path}"),
    ("contributors_url", "/contributors"),
    ("deployments_url", "/deployments"),
    ("downloads_url", "/downloads"),
    ("events_url", "/events"),
    ("forks_url", "/forks"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("hooks_url", "/hooks"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("issue_events_url", "/issues/events{/number}"),
    ("issues_url", "/issues{/number}"),
    ("keys_url", "/keys{/key_id}"),
    ("labels_url", "/labels{/name}"),
    ("languages_url", "/languages"),
    ("merges_url", "/merges"),
    ("milestones_url", "/milestones{/number}"),
    ("notifications_url", "/notifications{?since,all,participating}"),
    ("pulls_url", "/pulls{/number}"),
    ("releases_url", "/releases{/id}"),
    ("stargazers_url", "/stargazers"),
    ("statuses_url", "/statuses/{sha}"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("tags_url", "/tags"),
    ("teams_url", "/teams"),
    ("trees_url", "/git/trees{/sha}"),
];

/// A repository as `viewer` sees it.
pub(super) fn repo(base: &Url, repo: &Repo, viewer: &str) -> Value {
    let full_name = repo.full_name();
    let push = repo.is_collaborator(viewer);
    let open = repo.issues.values().filter(|issue| issue.is_open()).count();
    let page = web(base, &format!("/{full_name}"));
    let mut value = json!({
        "id": repo.id,
        "node_id": node("Repository", repo.id),
        "name": repo.name,
        "full_name": full_name,
        "private": repo.private,
        "owner": user(base, &repo.owner),
        "html_url": page,
        "description": repo.description,
        "fork": false,
        "url": api(base, &format!("/repos/{full_name}")),
        "created_at": written(repo.created_at),
        "updated_at": written(repo.updated_at),
        "pushed_at": written(repo.pushed_at),
        "git_url": format!("git://github.com/{full_name}.git"),
        "ssh_url": format!("git@github.com:{full_name}.git"),
        "clone_url": format!("{page}.git"),
        "svn_url": page,
        "mirror_url": null,
        "homepage": repo.homepage,
        "size": repo.commits.len(),
        "stargazers_count": repo.stars.len(),
        "watchers_count": repo.stars.len(),
        "watchers": repo.stars.len(),
        "language": null,
        "has_issues": true,
        "has_projects": true,
        "has_downloads": true,
        "has_wiki": true,
        "has_pages": false,
        "has_discussions": false,
        "forks_count": 0,
        "forks": 0,
        "archived": repo.archived,
        "disabled": false,
        "open_issues_count": open,
        "open_issues": open,
        "license": null,
        "allow_forking": true,
        "is_template": false,
        "web_commit_signoff_required": false,
        "topics": [],
        "visibility": if repo.private { "private" } else { "public" },
        "default_branch": repo.default_branch,
        "permissions": {"admin": repo.owner == viewer, "maintain": push, "push": push, "triage": push, "pull": true},
    });
    for (name, rest) in REPO_URLS {
        value[*name] = json!(api(base, &format!("/repos/{full_name}{rest}")));
    }
    value
}

/// A repository with what only a single one shows.
pub(super) fn full_repo(base: &Url, found: &Repo, viewer: &str) -> Value {
    let mut value = repo(base, found, viewer);
    value["network_count"] = json!(0);
    value["subscribers_count"] = json!(1);
    value
}

/// A file at `path` in the tree of `reference`, without its content.
pub(super) fn file(base: &Url, repo: &Repo, path: &str, sha: &str, reference: &str) -> Value {
    let full_name = repo.full_name();
    let url = api(base, &format!("/repos/{full_name}/contents/{path}?ref={reference}"));
    let git_url = api(base, &format!("/repos/{full_name}/git/blobs/{sha}"));
    let html_url = web(base, &format!("/{full_name}/blob/{reference}/{path}"));
    json!({
        "name": path.rsplit('/').next(),
        "path": path,
        "sha": sha,
        "size": repo.blob(sha).len(),
        "url": url,
        "html_url": html_url,
        "git_url": git_url,
        "download_url": web(base, &format!("/{full_name}/raw/{reference}/{path}")),
        "type": "file",
        "_links": {"self": url, "git": git_url, "html": html_url},
    })
}

pub(super) fn directory(base: &Url, repo: &Repo, path: &str, reference: &str) -> Value {
    let full_name = repo.full_name();
    let url = api(base, &format!("/repos/{full_name}/contents/{path}?ref={reference}"));
    let html_url = web(base, &format!("/{full_name}/tree/{reference}/{path}"));
    let sha = git::blob(path.as_bytes());
    let git_url = api(base, &format!("/repos/{full_name}/git/trees/{sha}"));
    json!({
        "name": path.rsplit('/').next(), "path": path, "sha": sha, "size": 0, "url": url, "html_url": html_url,
        "git_url": git_url, "download_url": null, "type": "dir",
        "_links": {"self": url, "git": git_url, "html": html_url},
    })
}

fn parents(base: &Url, repo: &Repo, commit: &Commit) -> Vec<Value> {
    let full_name = repo.full_name();
    let parent = |sha: &String| {
        json!({
            "sha": sha,
            "url": api(base, &format!("/repos/{full_name}/commits/{sha}")),
            "html_url": web(base, &format!("/{full_name}/commit/{sha}")),
        })
    };
    commit.parents.iter().map(parent).collect()
}

fn verification() -> Value {
    json!({"verified": false, "reason": "unsigned", "signature": null, "payload": null, "verified_at": null})
}

/// A commit as the commits API shows it.
pub(super) fn commit(base: &Url, repo: &Repo, commit: &Commit) -> Value {
    let (full_name, sha) = (repo.full_name(), &commit.sha);
    let author = json!({"name": commit.name, "email": commit.email, "date": written(commit.date)});
    let tree = git::tree(&commit.tree);
    json!({
        "sha": sha,
        "node_id": node("Commit", sha),
        "commit": {
            "author": author,
            "committer": author,
            "message": commit.message,
            "tree": {"sha": tree, "url": api(base, &format!("/repos/{full_name}/git/trees/{tree}"))},
            "url": api(base, &format!("/repos/{full_name}/git/commits/{sha}")),
            "comment_count": 0,
            "verification": verification(),
        },
        "url": api(base, &format!("/repos/{full_name}/commits/{sha}")),
        "html_url": web(base, &format!("/{full_name}/commit/{sha}")),
        "comments_url": api(base, &format!("/repos/{full_name}/commits/{sha}/comments")),
        "author": user(base, &commit.login),
        "committer": user(base, &commit.login),
        "parents": parents(base, repo, commit),
    })
}

/// A commit as a change of contents answers it.
pub(super) fn git_commit(base: &Url, repo: &Repo, commit: &Commit) -> Value {
    let (full_name, sha) = (repo.full_name(), &commit.sha);
    let author = json!({"name": commit.name, "email": commit.email, "date": written(commit.date)});
    let tree = git::tree(&commit.tree);
    json!({
        "sha": sha,
        "node_id": node("Commit", sha),
        "url": api(base, &format!("/repos/{full_name}/git/commits/{sha}")),
        "html_url": web(base, &format!("/{full_name}/commit/{sha}")),
        "author": author,
        "committer": author,
        "message": commit.message,
        "tree": {"sha": tree, "url": api(base, &format!("/repos/{full_name}/git/trees/{tree}"))},
        "parents": parents(base, repo, commit),
        "verification": verification(),
    })
}

/// What changed between two trees, file by file.
pub(super) fn diff(base: &Url, repo: &Repo, old: &git::Tree, new: &git::Tree, sha: &str) -> Vec<Value> {
    let full_name = repo.full_name();
    let text = |tree: &git::Tree, path: &str| {
        let blob = tree.get(path).map(|sha| repo.blob(sha)).unwrap_or_default();
        String::from_utf8_lossy(&blob).into_owned()
    };
    let entry = |(path, change): (String, Change)| {
        let (additions, deletions, patch) = git::patch(&text(old, &path), &text(new, &path));
        let status = match change {
            Change::Added => "added",
            Change::Modified => "modified",
            Change::Removed => "removed",
        };
        json!({
            "sha": new.get(&path).or(old.get(&path)),
            "filename": path,
            "status": status,
            "additions": additions,
            "deletions": deletions,
            "changes": additions + deletions,
            "blob_url": web(base, &format!("/{full_name}/blob/{sha}/{path}")),
            "raw_url": web(base, &format!("/{full_name}/raw/{sha}/{path}")),
            "contents_url": api(base, &format!("/repos/{full_name}/contents/{path}?ref={sha}")),
            "patch": patch,
        })
    };
    git::differences(old, new).into_iter().map(entry).collect()
}

pub(super) fn label(base: &Url, repo: &Repo, name: &str) -> Value {
    let found = repo.labels.iter().find(|label| label.name.eq_ignore_ascii_case(name));
    let blank = Label { id: 0, name: name.to_owned(), color: "ededed".to_owned(), description: None };
    let label = found.unwrap_or(&blank);
    json!({
        "id": label.id,
        "node_id": node("Label", label.id),
        "url": api(base, &format!("/repos/{}/labels/{}", repo.full_name(), label.name)),
        "name": label.name,
        "color": label.color,
        "default": false,
        "description": label.description,
    })
}
