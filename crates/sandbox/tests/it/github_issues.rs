//! GitHub: issues, pull requests and searches.

use sandbox::Provider;
use serde_json::{Value, json};

use crate::bed::{Bed, Body, each, text};

const ENGINE: &str = "api.github.com/repos/ada/engine";

fn numbers(list: &Value) -> Vec<i64> {
    list.as_array().unwrap().iter().map(|item| item["number"].as_i64().unwrap()).collect()
}

async fn branch(bed: &Bed, token: &str, name: &str) {
    let main = bed.get(&format!("{ENGINE}/git/ref/heads/main"), token).await.expect(200);
    let body = json!({"ref": format!("refs/heads/{name}"), "sha": main["object"]["sha"]});
    bed.post(&format!("{ENGINE}/git/refs"), token, body).await.expect(201);
}

async fn write(bed: &Bed, token: &str, branch: &str, path: &str, content: &str) {
    let current = bed.get(&format!("{ENGINE}/contents/{path}?ref={branch}"), token).await;
    let content = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, content);
    let mut body = json!({"message": format!("Write {path}"), "content": content, "branch": branch});
    if current.status == 200 {
        body["sha"] = current.json()["sha"].clone();
    }
    let written = bed.call("PUT", &format!("{ENGINE}/contents/{path}"), token, Body::Json(body)).await;
    assert!(written.status < 300, "{}", written.text);
}

#[tokio::test]
async fn issues_are_opened_changed_and_closed() {
    let bed = Bed::new().await;
    let token = bed.token(Provider::GitHub, "ada", "repo").await;
    let body = json!({"title": "Oil the gears", "body": "All of them", "labels": ["bug", "urgent"], "assignees": ["grace"]});
    let reply = bed.post(&format!("{ENGINE}/issues"), &token, body).await;
    let location = reply.header("location").to_owned();
    let made = reply.expect(201);
    assert_eq!(location, text(&made["url"]));
    assert_eq!(
        (&made["number"], &made["state"], &made["user"]["login"]),
        (&json!(3), &json!("open"), &json!("ada"))
    );
    assert_eq!(each(&made["labels"], "name"), ["bug", "urgent"]);
    assert_eq!((&made["assignee"]["login"], &made["pull_request"]), (&json!("grace"), &Value::Null));
    let path = format!("{ENGINE}/issues/3");
    let close = json!({"state": "closed", "state_reason": "not_planned", "labels": [{"name": "wontfix"}], "assignees": []});
    let closed = bed.call("PATCH", &path, &token, Body::Json(close)).await.expect(200);
    assert_eq!(
        (&closed["state"], &closed["state_reason"], &closed["assignee"]),
        (&json!("closed"), &json!("not_planned"), &Value::Null)
    );
    assert_eq!(each(&closed["labels"], "name"), ["wontfix"]);
    assert!(closed["closed_at"].is_string());
    let open = json!({"state": "open", "body": null, "title": "Oil"});
    let opened = bed.call("PATCH", &path, &token, Body::Json(open)).await.expect(200);
    assert_eq!(
        (&opened["state_reason"], &opened["body"], &opened["title"]),
        (&json!("reopened"), &Value::Null, &json!("Oil"))
    );
    assert_eq!(bed.get(&path, &token).await.expect(200), opened);

    let added =
        bed.post(&format!("{path}/labels"), &token, json!({"labels": ["bug", "Wontfix"]})).await.expect(200);
    assert_eq!(each(&added, "name"), ["wontfix", "bug"]);
    let bare = bed.post(&format!("{path}/labels"), &token, json!(["later"])).await.expect(200);
    assert_eq!(each(&bare, "name"), ["wontfix", "bug", "later"]);
    let labels = bed.get(&format!("{ENGINE}/labels"), &token).await.expect(200);
    assert_eq!(each(&labels, "name"), ["bug", "enhancement", "urgent", "wontfix", "later"]);

    let comment = bed.post(&format!("{path}/comments"), &token, json!({"body": "Done"})).await.expect(201);
    let comments = bed.get(&format!("{path}/comments"), &token).await.expect(200);
    assert_eq!(comments, json!([comment]));
    assert_eq!(bed.get(&path, &token).await.expect(200)["comments"], 1);
}

#[tokio::test]
async fn issues_that_cannot_be() {
    let bed = Bed::new().await;
    let token = bed.token(Provider::GitHub, "ada", "repo").await;
    let path = format!("{ENGINE}/issues");
    let missing = bed.post(&path, &token, json!({"body": "x"})).await.expect(422);
    assert_eq!(missing["message"], "Invalid request.\n\n\"title\" wasn't supplied.");
    let cases = [
        (json!({"title": ""}), "title", "missing_field"),
        (json!({"title": "x", "assignees": ["mallory"]}), "assignees", "invalid"),
        (json!({"title": "x", "milestone": 1}), "milestone", "invalid"),
    ];
    for (body, field, code) in cases {
        let refused = bed.post(&path, &token, body).await.expect(422);
        assert_eq!((&refused["message"], &refused["status"]), (&json!("Validation Failed"), &json!("422")));
        assert_eq!(
            (&refused["errors"][0]["field"], &refused["errors"][0]["code"]),
            (&json!(field), &json!(code))
        );
    }
    bed.post(&path, &token, json!({"title": "x".repeat(257)})).await.expect(422);
    bed.post(&path, &token, json!({"title": "x", "labels": "bug"})).await.expect(422);
    bed.post(&path, &token, json!({"title": 7})).await.expect(201);
    let stranger = bed.post(&path, &token, json!({"title": "x", "priority": 1})).await.expect(422);
    assert!(text(&stranger["message"]).contains("sandbox: `priority` is not in the official description"));
    let broken =
        bed.call("POST", &path, &token, Body::Raw("application/json", b"{".to_vec())).await.expect(400);
    assert_eq!(broken["message"], "Problems parsing JSON");
    bed.call("POST", &path, &token, Body::Form(&[("title", "x")])).await.expect(415);
    for path in ["issues/99", "issues/x", "issues/99/comments", "nothing"] {
        let gone = bed.get(&format!("{ENGINE}/{path}"), &token).await.expect(404);
        assert_eq!(gone["message"], "Not Found");
    }
    bed.post(&format!("{path}/1/comments"), &token, json!({"body": " "})).await.expect(422);
    bed.post(&format!("{path}/1/labels"), &token, json!({"labels": []})).await.expect(422);
    bed.call("PATCH", &format!("{path}/1"), &token, Body::Json(json!({"state": "done"}))).await.expect(422);
}

#[tokio::test]
async fn lists_filter_sort_and_page_by_link() {
    let bed = Bed::new().await;
    let token = bed.token(Provider::GitHub, "ada", "repo").await;
    for number in 3..8 {
        bed.advance(1);
        bed.post(&format!("{ENGINE}/issues"), &token, json!({"title": format!("Number {number}")}))
            .await
            .expect(201);
    }
    let closing = Body::Json(json!({"state": "closed"}));
    bed.call("PATCH", &format!("{ENGINE}/issues/4"), &token, closing).await.expect(200);
    let list =
        async |query: &str| numbers(&bed.get(&format!("{ENGINE}/issues?{query}"), &token).await.expect(200));
    assert_eq!(list("").await, [7, 6, 5, 3, 2, 1]);
    assert_eq!(list("state=closed").await, [4]);
    assert_eq!(list("state=all&direction=asc").await, [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(list("labels=bug").await, [1]);
    assert_eq!(list("creator=grace").await, [1]);
    assert_eq!(list("assignee=none&labels=enhancement").await, [2]);
    assert_eq!(list("assignee=*").await, [0; 0]);
    assert_eq!(list("sort=comments&per_page=1").await, [1]);
    assert_eq!(list("since=2027-01-15T08:00:03Z&state=all").await, [7, 6, 5, 4,]);

    let mut found = Vec::new();
    let mut next = format!("{ENGINE}/issues?per_page=4&state=all&direction=asc");
    loop {
        let page = bed.get(&next, &token).await;
        let link = page.header("link").to_owned();
        found.extend(numbers(&page.expect(200)));
        match link.split(", ").find(|link| link.ends_with("rel=\"next\"")) {
            Some(link) => {
                let url = link.split(['<', '>']).nth(1).unwrap();
                next = url.strip_prefix(bed.sandbox.base_url().as_str()).unwrap().to_owned();
                assert!(next.contains("state=all") && next.contains("page=2"), "{next}");
            }
            None => {
                assert!(link.contains("rel=\"prev\"") && link.contains("rel=\"first\""), "{link}");
                break;
            }
        }
    }
    assert_eq!(found, [1, 2, 3, 4, 5, 6, 7]);
    assert!(bed.get(&format!("{ENGINE}/issues"), &token).await.header("link").is_empty(), "one page");
    for wrong in ["per_page=0", "page=0", "page=x", "since=yesterday", "order=asc"] {
        assert_eq!(bed.get(&format!("{ENGINE}/issues?{wrong}"), &token).await.status, 400, "{wrong}");
    }
    bed.get(&format!("{ENGINE}/issues?milestone=9"), &token).await.expect(422);
}

#[tokio::test]
async fn a_pull_request_is_opened_reviewed_and_merged() {
    let bed = Bed::new().await;
    let (ada, grace) = (
        bed.token(Provider::GitHub, "ada", "repo").await,
        bed.token(Provider::GitHub, "grace", "repo").await,
    );
    branch(&bed, &ada, "feature/loom").await;
    let body = json!({"title": "Loom", "head": "feature/loom", "base": "main", "body": "Weaves"});
    let path = format!("{ENGINE}/pulls");
    let nothing = bed.post(&path, &ada, body.clone()).await.expect(422);
    assert_eq!(nothing["errors"][0]["message"], "No commits between main and feature/loom");
    write(&bed, &ada, "feature/loom", "loom.txt", "warp\nweft\n").await;
    write(&bed, &ada, "feature/loom", "README.md", "# The analytical engine\n\nWith a loom.\n").await;
    let made = bed.post(&path, &ada, body.clone()).await.expect(201);
    let number = made["number"].as_i64().unwrap();
    assert_eq!(
        (&made["mergeable"], &made["commits"], &made["changed_files"]),
        (&json!(true), &json!(2), &json!(2))
    );
    assert_eq!(
        (&made["head"]["ref"], &made["base"]["label"], &made["additions"]),
        (&json!("feature/loom"), &json!("ada:main"), &json!(3))
    );
    assert!(made["pull_request"].is_null() && made["comments"].is_u64() && made["events_url"].is_null());
    let twice = bed.post(&path, &ada, body).await.expect(422);
    assert_eq!(twice["errors"][0]["message"], "A pull request already exists for ada:feature/loom.");
    let listed = bed.get(&format!("{path}?head=ada:feature/loom&base=main"), &ada).await.expect(200);
    assert_eq!(numbers(&listed), [number]);
    let as_issue = bed.get(&format!("{ENGINE}/issues/{number}"), &ada).await.expect(200);
    assert!(as_issue["pull_request"]["url"].is_string());

    let pull = format!("{path}/{number}");
    let files = bed.get(&format!("{pull}/files"), &ada).await.expect(200);
    assert_eq!(
        (each(&files, "filename"), each(&files, "status")),
        (vec!["README.md".into(), "loom.txt".into()], vec!["modified".into(), "added".into()])
    );
    assert!(text(&files[1]["patch"]).ends_with("+warp\n+weft"));
    let own = bed.post(&format!("{pull}/reviews"), &ada, json!({"event": "APPROVE"})).await.expect(422);
    assert_eq!(own["message"], "Review Can not approve your own pull request");
    let silent =
        bed.post(&format!("{pull}/reviews"), &grace, json!({"event": "REQUEST_CHANGES"})).await.expect(422);
    assert_eq!(silent["message"], "Review Body is required");
    let approved =
        bed.post(&format!("{pull}/reviews"), &grace, json!({"event": "APPROVE"})).await.expect(200);
    assert_eq!((&approved["state"], &approved["commit_id"]), (&json!("APPROVED"), &made["head"]["sha"]));
    let pending = bed.post(&format!("{pull}/reviews"), &grace, json!({})).await.expect(200);
    assert!(pending["state"] == "PENDING" && pending["submitted_at"].is_null());

    let stale = json!({"sha": "0".repeat(40)});
    bed.call("PUT", &format!("{pull}/merge"), &ada, Body::Json(stale)).await.expect(409);
    let merged = bed.call("PUT", &format!("{pull}/merge"), &ada, Body::None).await.expect(200);
    assert_eq!(merged["merged"], true);
    let again = bed.call("PUT", &format!("{pull}/merge"), &ada, Body::None).await.expect(405);
    assert_eq!(again["message"], "Pull Request is not mergeable");
    let after = bed.get(&pull, &ada).await.expect(200);
    assert_eq!(
        (&after["state"], &after["merged"], &after["merge_commit_sha"]),
        (&json!("closed"), &json!(true), &merged["sha"])
    );
    let commits = bed.get(&format!("{ENGINE}/commits"), &ada).await.expect(200);
    assert_eq!(commits[0]["sha"], merged["sha"]);
    assert_eq!(commits[0]["parents"].as_array().unwrap().len(), 2);
    bed.get(&format!("{ENGINE}/contents/loom.txt"), &ada).await.expect(200);
    let reopen = Body::Json(json!({"state": "open"}));
    bed.call("PATCH", &format!("{ENGINE}/issues/{number}"), &ada, reopen).await.expect(422);
}

#[tokio::test]
async fn conflicts_drafts_and_squashes() {
    let bed = Bed::new().await;
    let token = bed.token(Provider::GitHub, "ada", "repo").await;
    branch(&bed, &token, "one").await;
    branch(&bed, &token, "two").await;
    write(&bed, &token, "one", "README.md", "one\n").await;
    write(&bed, &token, "two", "README.md", "two\n").await;
    let open = async |head: &str, draft: bool| {
        let body = json!({"title": head, "head": head, "base": "main", "draft": draft});
        bed.post(&format!("{ENGINE}/pulls"), &token, body).await.expect(201)["number"].as_i64().unwrap()
    };
    let merge = async |number: i64, body: Value| {
        bed.call("PUT", &format!("{ENGINE}/pulls/{number}/merge"), &token, Body::Json(body)).await
    };
    let (one, two) = (open("one", false).await, open("two", false).await);
    let squash = json!({"merge_method": "squash", "commit_title": "One", "commit_message": "and only"});
    merge(one, squash).await.expect(200);
    let commits = bed.get(&format!("{ENGINE}/commits?per_page=1"), &token).await.expect(200);
    assert_eq!(
        (&commits[0]["commit"]["message"], commits[0]["parents"].as_array().unwrap().len()),
        (&json!("One\n\nand only"), 1)
    );
    let conflicting = bed.get(&format!("{ENGINE}/pulls/{two}"), &token).await.expect(200);
    assert_eq!(
        (&conflicting["mergeable"], &conflicting["mergeable_state"]),
        (&json!(false), &json!("dirty"))
    );
    merge(two, json!({})).await.expect(405);
    merge(two, json!({"merge_method": "octopus"})).await.expect(422);
    branch(&bed, &token, "three").await;
    write(&bed, &token, "three", "new.txt", "x").await;
    let draft = open("three", true).await;
    assert_eq!(merge(draft, json!({})).await.expect(405)["message"], "Pull Request is still a draft");
    for (head, base) in [("nowhere", "main"), ("one", "nowhere"), ("grace:one", "main")] {
        let body = json!({"title": "x", "head": head, "base": base});
        let refused = bed.post(&format!("{ENGINE}/pulls"), &token, body).await.expect(422);
        assert_eq!(refused["errors"][0]["code"], "invalid", "{head} {base}");
    }
    bed.post(&format!("{ENGINE}/pulls"), &token, json!({"head": "one", "base": "main"})).await.expect(422);
    bed.get(&format!("{ENGINE}/pulls/1"), &token).await.expect(404);
    let order = bed.get(&format!("{ENGINE}/pulls?state=all&direction=asc"), &token).await.expect(200);
    assert_eq!(numbers(&order), [one, two, draft]);
}

#[tokio::test]
async fn searches_see_what_the_caller_sees() {
    let bed = Bed::new().await;
    let token = bed.token(Provider::GitHub, "ada", "repo").await;
    let titles = async |query: &str| {
        let found = bed.get(&format!("api.github.com/search/issues?q={query}"), &token).await.expect(200);
        assert_eq!(found["total_count"], found["items"].as_array().unwrap().len());
        assert_eq!((&found["incomplete_results"], &found["search_type"]), (&json!(false), &json!("lexical")));
        each(&found["items"], "title")
    };
    assert_eq!(titles("moth").await, ["A moth in relay 70"]);
    assert_eq!(titles("tape+is:issue").await, ["A moth in relay 70"], "comments count");
    assert_eq!(titles("repo:ada/engine+author:@me").await, ["Print the notes"]);
    assert_eq!(titles("label:bug+state:open").await, ["A moth in relay 70"]);
    assert_eq!(titles("is:pr").await, [""; 0]);
    assert_eq!(titles("\"print+the+notes\"").await, ["Print the notes"]);
    assert_eq!(titles("moth+repo:grace/compiler").await, [""; 0]);

    let code = bed
        .get("api.github.com/search/code?q=bernoulli+repo:ada/engine+extension:rs", &token)
        .await
        .expect(200);
    assert_eq!(each(&code["items"], "path"), ["src/note_g.rs"]);
    let hit = &code["items"][0];
    assert_eq!(
        (&hit["repository"]["full_name"], &hit["name"], &hit["score"]),
        (&json!("ada/engine"), &json!("note_g.rs"), &json!(1.0))
    );
    assert!(hit["size"].is_null() && hit["_links"].is_null() && hit["sha"].is_string());
    let paths = async |query: &str| {
        let found = bed.get(&format!("api.github.com/search/code?q={query}"), &token).await.expect(200);
        each(&found["items"], "path")
    };
    assert_eq!(paths("engine+user:ada").await, ["README.md"]);
    assert_eq!(paths("n+filename:README.md+repo:ada/engine").await, ["README.md"]);
    assert_eq!(paths("n+path:src+repo:ada/engine").await, ["src/note_g.rs"]);
    assert_eq!(paths("n+extension:yml+filename:README.md").await, [""; 0]);
    assert_eq!(paths("deploy+extension:yml").await, [".github/workflows/deploy.yml"]);
    bed.get("api.github.com/search/code?q=repo:ada/engine", &token).await.expect(422);
    bed.get("api.github.com/search/code?q=", &token).await.expect(422);
    bed.get("api.github.com/search/issues", &token).await.expect(400);
    bed.get(&format!("api.github.com/search/issues?q={}", "x".repeat(257)), &token).await.expect(422);

    let repos = async |token: &str, query: &str| {
        let found =
            bed.get(&format!("api.github.com/search/repositories?q={query}"), token).await.expect(200);
        each(&found["items"], "full_name")
    };
    assert_eq!(repos(&token, "user:ada+notes").await, ["ada/diary"]);
    assert_eq!(repos(&token, "is:private").await, ["ada/diary"]);
    assert_eq!(repos(&token, "compiler").await, ["grace/compiler"]);
    let narrow = bed.token(Provider::GitHub, "ada", "public_repo").await;
    assert_eq!(
        repos(&narrow, "is:private").await,
        [""; 0],
        "without the scope there is no private repository"
    );
    let grace = bed.token(Provider::GitHub, "grace", "repo").await;
    assert_eq!(repos(&grace, "diary").await, [""; 0]);
}
