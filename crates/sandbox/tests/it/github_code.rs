//! GitHub: repositories, files, refs, commits, stars and workflows.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sandbox::Provider;
use serde_json::{Value, json};

use crate::bed::{Bed, Body, each, text};

const ENGINE: &str = "api.github.com/repos/ada/engine";

async fn ada(bed: &Bed) -> String {
    bed.token(Provider::GitHub, "ada", "repo workflow delete_repo user").await
}

async fn put(bed: &Bed, token: &str, path: &str, body: Value) -> crate::bed::Reply {
    bed.call("PUT", &format!("{ENGINE}/contents/{path}"), token, Body::Json(body)).await
}

fn file(content: &str) -> Value {
    json!({"message": "Write", "content": STANDARD.encode(content)})
}

#[tokio::test]
async fn the_user_shows_more_with_the_scope() {
    let bed = Bed::new().await;
    let token = ada(&bed).await;
    let me = bed.get("api.github.com/user", &token).await;
    assert_eq!(me.header("x-ratelimit-limit"), "5000");
    assert_eq!(me.header("x-oauth-scopes"), "delete_repo, repo, user, workflow");
    let me = me.expect(200);
    assert_eq!(
        (&me["login"], &me["name"], &me["email"]),
        (&json!("ada"), &json!("Ada Lovelace"), &json!("ada@example.com"))
    );
    assert_eq!((&me["public_repos"], &me["owned_private_repos"]), (&json!(1), &json!(1)));
    let narrow = bed.token(Provider::GitHub, "ada", "").await;
    let me = bed.get("api.github.com/user", &narrow).await.expect(200);
    assert!(me["email"].is_null() && me["plan"].is_null());
}

#[tokio::test]
async fn repositories_are_made_listed_changed_and_deleted() {
    let bed = Bed::new().await;
    let token = ada(&bed).await;
    let body = json!({"name": "loom", "private": true, "description": "Weaves", "auto_init": true});
    let made = bed.post("api.github.com/user/repos", &token, body).await.expect(201);
    assert_eq!(
        (&made["full_name"], &made["visibility"], &made["default_branch"]),
        (&json!("ada/loom"), &json!("private"), &json!("main"))
    );
    assert!(text(&made["contents_url"]).ends_with("/repos/ada/loom/contents/{+path}"));
    bed.get("api.github.com/repos/ada/loom/contents/README.md", &token).await.expect(200);
    let twice = bed.post("api.github.com/user/repos", &token, json!({"name": "Loom"})).await.expect(422);
    assert_eq!(twice["errors"][0]["message"], "name already exists on this account");
    for name in ["", "two words", "..", "a/b"] {
        bed.post("api.github.com/user/repos", &token, json!({"name": name})).await.expect(422);
    }
    let names = async |token: &str, query: &str| {
        each(&bed.get(&format!("api.github.com/user/repos?{query}"), token).await.expect(200), "name")
    };
    assert_eq!(names(&token, "").await, ["diary", "engine", "loom"]);
    assert_eq!(names(&token, "visibility=public").await, ["engine"]);
    assert_eq!(names(&token, "type=private&sort=created").await, ["loom", "diary"]);
    assert_eq!(names(&token, "direction=desc&per_page=1").await, ["loom"]);
    let grace = bed.token(Provider::GitHub, "grace", "repo").await;
    assert_eq!(names(&grace, "affiliation=collaborator").await, ["engine"]);
    assert_eq!(names(&grace, "affiliation=owner").await, ["compiler"]);
    bed.get("api.github.com/user/repos?type=all&visibility=all", &token).await.expect(422);
    bed.get("api.github.com/user/repos?affiliation=friend", &token).await.expect(422);
    bed.get("api.github.com/user/repos?visibility=secret", &token).await.expect(400);

    let path = "api.github.com/repos/ada/loom";
    let change = json!({"description": null, "visibility": "public", "name": "jacquard", "archived": true});
    let changed = bed.call("PATCH", path, &token, Body::Json(change)).await.expect(200);
    assert_eq!(
        (&changed["full_name"], &changed["private"], &changed["description"]),
        (&json!("ada/jacquard"), &json!(false), &Value::Null)
    );
    bed.get(path, &token).await.expect(404);
    let path = "api.github.com/repos/ada/jacquard";
    let archived =
        bed.call("PUT", &format!("{path}/contents/x"), &token, Body::Json(file("x"))).await.expect(403);
    assert_eq!(archived["message"], "Repository was archived so is read-only.");
    let branch = Body::Json(json!({"default_branch": "nowhere"}));
    bed.call("PATCH", path, &token, branch).await.expect(422);
    bed.call("PATCH", path, &token, Body::Json(json!({"name": "engine"}))).await.expect(422);
    bed.call("DELETE", path, &token, Body::None).await.expect(204);
    bed.get(path, &token).await.expect(404);
}

#[tokio::test]
async fn what_a_scope_does_not_cover_is_not_there() {
    let bed = Bed::new().await;
    let (none, public) = (
        bed.token(Provider::GitHub, "ada", "").await,
        bed.token(Provider::GitHub, "ada", "public_repo").await,
    );
    let full = bed.token(Provider::GitHub, "ada", "repo").await;
    let grace = bed.token(Provider::GitHub, "grace", "repo delete_repo").await;
    let alan = bed.token(Provider::GitHub, "alan", "repo").await;
    for token in [&none, &public, &grace] {
        bed.get("api.github.com/repos/ada/diary", token).await.expect(404);
    }
    bed.get(ENGINE, &none).await.expect(200);
    let issue = json!({"title": "x"});
    bed.post(&format!("{ENGINE}/issues"), &none, issue.clone()).await.expect(404);
    let unpushed = json!({"title": "x", "labels": ["bug"], "assignees": ["ada"]});
    let by_alan = bed.post(&format!("{ENGINE}/issues"), &alan, unpushed).await.expect(201);
    assert_eq!(
        (&by_alan["labels"], &by_alan["assignees"]),
        (&json!([]), &json!([])),
        "dropped without a word"
    );
    bed.post(&format!("{ENGINE}/issues"), &public, issue).await.expect(201);
    let closing = || Body::Json(json!({"state": "closed"}));
    bed.call("PATCH", &format!("{ENGINE}/issues/1"), &alan, closing()).await.expect(403);
    bed.call("PATCH", &format!("{ENGINE}/issues/3"), &alan, closing()).await.expect(200);
    put(&bed, &alan, "x", file("x")).await.expect(403);
    put(&bed, &grace, "x", file("x")).await.expect(201);
    bed.post("api.github.com/user/repos", &public, json!({"name": "x", "private": true})).await.expect(404);
    bed.post("api.github.com/user/repos", &public, json!({"name": "x"})).await.expect(201);
    let refused = bed.call("DELETE", ENGINE, &full, Body::None).await;
    assert_eq!(
        (refused.header("x-oauth-scopes"), refused.header("x-accepted-oauth-scopes")),
        ("repo", "delete_repo")
    );
    let refused = refused.expect(403);
    assert_eq!(refused["message"], "Must have admin rights to Repository.");
    bed.call("DELETE", ENGINE, &grace, Body::None).await.expect(403);
    bed.call("PATCH", ENGINE, &grace, Body::Json(json!({"private": true}))).await.expect(403);
}

#[tokio::test]
async fn files_are_read_and_directories_listed() {
    let bed = Bed::new().await;
    let token = ada(&bed).await;
    let readme = bed.get(&format!("{ENGINE}/contents/README.md"), &token).await.expect(200);
    let content = text(&readme["content"]);
    let lengths: Vec<usize> = content.lines().map(str::len).collect();
    assert!(lengths[..lengths.len() - 1].iter().all(|length| *length == 60) && content.ends_with('\n'));
    let decoded = STANDARD.decode(content.replace('\n', "")).unwrap();
    assert!(decoded.starts_with(b"# The analytical engine\n"));
    assert_eq!(
        (&readme["encoding"], readme["size"].as_u64()),
        (&json!("base64"), Some(decoded.len() as u64))
    );
    let root = bed.get(&format!("{ENGINE}/contents"), &token).await.expect(200);
    assert_eq!(each(&root, "path"), [".github", "README.md", "src"]);
    assert_eq!(each(&root, "type"), ["dir", "file", "dir"]);
    let inner = bed.get(&format!("{ENGINE}/contents/src"), &token).await.expect(200);
    assert_eq!(each(&inner, "name"), ["note_g.rs"]);
    let encoded = bed.get(&format!("{ENGINE}/contents/src%2Fnote_g.rs"), &token).await.expect(200);
    assert_eq!(encoded["path"], "src/note_g.rs");
    bed.get(&format!("{ENGINE}/contents/nothing"), &token).await.expect(404);
    bed.get(&format!("{ENGINE}/contents/%2e%2e%2fetc"), &token).await.expect(422);
    let missing = bed.get(&format!("{ENGINE}/contents/README.md?ref=nowhere"), &token).await.expect(404);
    assert_eq!(missing["message"], "No commit found for the ref nowhere");
    bed.post("api.github.com/user/repos", &token, json!({"name": "blank"})).await.expect(201);
    let empty = bed.get("api.github.com/repos/ada/blank/contents", &token).await.expect(404);
    assert_eq!(empty["message"], "This repository is empty.");
}

#[tokio::test]
async fn writing_takes_the_sha_of_what_is_there() {
    let bed = Bed::new().await;
    let token = ada(&bed).await;
    let made = put(&bed, &token, "docs/notes.md", file("one\n")).await.expect(201);
    let sha = text(&made["content"]["sha"]);
    assert_eq!(sha, "5626abf0f72e58d7a153368ba57db4c673c0e171", "as git names it");
    assert_eq!(
        (&made["commit"]["message"], &made["commit"]["author"]["email"]),
        (&json!("Write"), &json!("ada@example.com"))
    );
    let unsure = put(&bed, &token, "docs/notes.md", file("two\n")).await.expect(422);
    assert_eq!(unsure["message"], "Invalid request.\n\n\"sha\" wasn't supplied.");
    let with = |content: &str, sha: &str| {
        let mut body = file(content);
        body["sha"] = json!(sha);
        body
    };
    let stale = put(&bed, &token, "docs/notes.md", with("two\n", &"0".repeat(40))).await.expect(409);
    assert_eq!(stale["message"], format!("docs/notes.md does not match {}", "0".repeat(40)));
    put(&bed, &token, "docs/new.md", with("two\n", &sha)).await.expect(409);
    let changed = put(&bed, &token, "docs/notes.md", with("two\n", &sha)).await.expect(200);
    assert_ne!(changed["content"]["sha"], sha.as_str());

    put(&bed, &token, "docs", file("x")).await.expect(422);
    put(&bed, &token, "README.md/below", file("x")).await.expect(422);
    put(&bed, &token, "x", json!({"message": "x", "content": "not base64!"})).await.expect(422);
    put(&bed, &token, "x", json!({"content": ""})).await.expect(422);
    let mut elsewhere = file("x");
    elsewhere["branch"] = json!("nowhere");
    assert_eq!(put(&bed, &token, "x", elsewhere).await.expect(404)["message"], "Branch nowhere not found");
    let mut signed = file("x");
    signed["author"] = json!({"name": "Bot", "email": "bot@example.com", "date": "2026-01-02T03:04:05Z"});
    let signed = put(&bed, &token, "signed", signed).await.expect(201);
    assert_eq!(
        signed["commit"]["author"],
        json!({"name": "Bot", "email": "bot@example.com", "date": "2026-01-02T03:04:05Z"})
    );

    let delete = async |body: Value| {
        bed.call("DELETE", &format!("{ENGINE}/contents/docs/notes.md"), &token, Body::Json(body)).await
    };
    delete(json!({"message": "Gone"})).await.expect(422);
    delete(json!({"message": "Gone", "sha": sha})).await.expect(409);
    let gone = delete(json!({"message": "Gone", "sha": changed["content"]["sha"]})).await.expect(200);
    assert_eq!(gone["content"], Value::Null);
    delete(json!({"message": "Gone", "sha": sha})).await.expect(404);

    let no_workflow = bed.token(Provider::GitHub, "ada", "repo").await;
    put(&bed, &no_workflow, ".github/workflows/x.yml", file("on: push")).await.expect(404);
    put(&bed, &token, ".github/workflows/x.yml", file("on: push")).await.expect(201);
    bed.post("api.github.com/user/repos", &token, json!({"name": "blank"})).await.expect(201);
    let first = Body::Json(file("first"));
    bed.call("PUT", "api.github.com/repos/ada/blank/contents/a", &token, first).await.expect(201);
}

#[tokio::test]
async fn refs_branches_and_commits() {
    let bed = Bed::new().await;
    let token = ada(&bed).await;
    bed.advance(60);
    put(&bed, &token, "src/a.rs", file("a\n")).await.expect(201);
    let main = bed.get(&format!("{ENGINE}/git/ref/heads/main"), &token).await.expect(200);
    let sha = text(&main["object"]["sha"]);
    let make = async |name: &str, sha: &str| {
        bed.post(&format!("{ENGINE}/git/refs"), &token, json!({"ref": name, "sha": sha})).await
    };
    let made = make("refs/heads/topic/one", &sha).await.expect(201);
    assert_eq!((&made["ref"], &made["object"]["sha"]), (&json!("refs/heads/topic/one"), &json!(sha)));
    assert_eq!(make("refs/heads/topic/one", &sha).await.expect(422)["message"], "Reference already exists");
    assert_eq!(make("refs/heads/x", &"0".repeat(40)).await.expect(422)["message"], "Object does not exist");
    for name in ["heads/x", "refs/x", "refs/heads/", "refs/heads/a b", "refs/heads/a..b", "refs/pull/1"] {
        make(name, &sha).await.expect(422);
    }
    make("refs/heads/x", "main").await.expect(422);
    make("refs/tags/v1", &sha).await.expect(201);
    let branches = bed.get(&format!("{ENGINE}/branches"), &token).await.expect(200);
    assert_eq!(each(&branches, "name"), ["main", "topic/one"]);
    assert_eq!(bed.get(&format!("{ENGINE}/branches?protected=true"), &token).await.expect(200), json!([]));
    let one = bed.get(&format!("{ENGINE}/branches/topic/one"), &token).await.expect(200);
    assert_eq!(one["commit"]["sha"], sha.as_str());
    bed.get(&format!("{ENGINE}/branches/nowhere"), &token).await.expect(404);
    bed.get(&format!("{ENGINE}/git/ref/heads/nowhere"), &token).await.expect(404);
    let matching = bed.get(&format!("{ENGINE}/git/matching-refs/heads/to"), &token).await.expect(200);
    assert_eq!(each(&matching, "ref"), ["refs/heads/topic/one"]);

    let messages = async |query: &str| {
        let commits = bed.get(&format!("{ENGINE}/commits?{query}"), &token).await.expect(200);
        let commits = commits.as_array().unwrap().clone();
        commits.iter().map(|commit| text(&commit["commit"]["message"])).collect::<Vec<_>>()
    };
    assert_eq!(messages("").await, ["Write", "Initial commit"]);
    assert_eq!(messages("path=src").await, ["Write", "Initial commit"]);
    assert_eq!(messages("path=README.md").await, ["Initial commit"]);
    assert_eq!(messages("author=grace").await, [""; 0]);
    assert_eq!(messages("author=ada@example.com&committer=ada").await, ["Write", "Initial commit"]);
    assert_eq!(messages("since=2027-01-15T08:00:30Z").await, ["Write"]);
    assert_eq!(messages("until=2027-01-15T08:00:30Z").await, ["Initial commit"]);
    bed.get(&format!("{ENGINE}/commits?sha=nowhere"), &token).await.expect(404);
    bed.get(&format!("{ENGINE}/commits?since=soon"), &token).await.expect(400);
    let commit = bed.get(&format!("{ENGINE}/commits/v1"), &token).await.expect(200);
    assert_eq!(
        (&commit["stats"], &commit["files"][0]["filename"]),
        (&json!({"additions": 1, "deletions": 0, "total": 1}), &json!("src/a.rs"))
    );
    bed.get(&format!("{ENGINE}/commits/nowhere"), &token).await.expect(422);
    bed.post("api.github.com/user/repos", &token, json!({"name": "blank"})).await.expect(201);
    bed.get("api.github.com/repos/ada/blank/commits", &token).await.expect(409);
    let blank = json!({"ref": "refs/heads/x", "sha": sha});
    bed.post("api.github.com/repos/ada/blank/git/refs", &token, blank).await.expect(409);
}

#[tokio::test]
async fn stars_come_and_go() {
    let bed = Bed::new().await;
    let token = ada(&bed).await;
    let path = "api.github.com/user/starred/grace/compiler";
    bed.get(path, &token).await.expect(404);
    bed.call("PUT", path, &token, Body::None).await.expect(204);
    bed.get(path, &token).await.expect(204);
    let repo = bed.get("api.github.com/repos/GRACE/Compiler", &token).await.expect(200);
    assert_eq!(repo["stargazers_count"], 1);
    bed.call("DELETE", path, &token, Body::None).await.expect(204);
    bed.get(path, &token).await.expect(404);
    bed.call("PUT", "api.github.com/user/starred/grace/nothing", &token, Body::None).await.expect(404);
}

#[tokio::test]
async fn a_workflow_is_dispatched_with_inputs_it_knows() {
    let bed = Bed::new().await;
    let token = ada(&bed).await;
    let dispatch = async |token: &str, workflow: &str, body: Value| {
        bed.post(&format!("{ENGINE}/actions/workflows/{workflow}/dispatches"), token, body).await
    };
    dispatch(&token, "deploy.yml", json!({"ref": "main", "inputs": {"environment": "test"}}))
        .await
        .expect(204);
    let details = dispatch(&token, "1", json!({"ref": "main", "return_run_details": true})).await.expect(200);
    assert!(details["workflow_run_id"].is_u64());
    let runs = bed.get(&format!("{ENGINE}/actions/runs"), &token).await.expect(200);
    assert_eq!(
        (&runs["total_count"], &runs["workflow_runs"][0]["id"]),
        (&json!(2), &details["workflow_run_id"])
    );
    let unknown =
        dispatch(&token, "deploy.yml", json!({"ref": "main", "inputs": {"speed": 1}})).await.expect(422);
    assert_eq!(unknown["message"], "Unexpected inputs provided: [\"speed\"]");
    let nowhere = dispatch(&token, "deploy.yml", json!({"ref": "nowhere"})).await.expect(422);
    assert_eq!(nowhere["message"], "No ref found for: nowhere");
    dispatch(&token, "deploy.yml", json!({})).await.expect(422);
    for workflow in ["other.yml", "9", "0"] {
        dispatch(&token, workflow, json!({"ref": "main"})).await.expect(404);
    }
    put(&bed, &token, ".github/workflows/push.yml", file("on: push")).await.expect(201);
    let refused = dispatch(&token, "push.yml", json!({"ref": "main"})).await.expect(422);
    assert_eq!(refused["message"], "Workflow does not have 'workflow_dispatch' trigger");
    let public = bed.token(Provider::GitHub, "ada", "public_repo").await;
    dispatch(&public, "deploy.yml", json!({"ref": "main"})).await.expect(404);
}
