//! GitHub through MCP, against its twin.

use serde_json::{Value, json};

use super::{act, connected, refused, texts};

#[tokio::test]
async fn github_from_a_repository_to_its_end() {
    let scopes = json!(["repo", "delete_repo"]);
    let app = connected("github", json!({"scopes": scopes}), "ada").await;
    let made = json!({"name": "looms", "private": true, "auto_init": true});
    let made = act(&app, "GITHUB_CREATE_A_REPOSITORY_FOR_THE_AUTHENTICATED_USER", made).await;
    assert_eq!(made["full_name"], "ada/looms", "{made}");
    let within = |more: Value| {
        let mut params = json!({"owner": "ada", "repo": "looms"});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        params
    };
    let title = "A bug: `/x` fails with %2F";
    let issue = act(&app, "GITHUB_CREATE_AN_ISSUE", within(json!({"title": title, "body": "Steps"}))).await;
    let number = issue["number"].clone();
    let comment = within(json!({"issue_number": number, "body": "Seen too"}));
    act(&app, "GITHUB_CREATE_AN_ISSUE_COMMENT", comment).await;
    let comments = act(&app, "GITHUB_LIST_ISSUE_COMMENTS", within(json!({"issue_number": number}))).await;
    assert_eq!(texts(&comments["comments"], "body"), ["Seen too"]);
    let listed = act(&app, "GITHUB_LIST_REPOSITORY_ISSUES", within(json!({}))).await;
    assert_eq!(texts(&listed["issues"], "title"), [title]);
    let found = json!({"q": "repo:ada/looms is:issue bug"});
    let found = act(&app, "GITHUB_SEARCH_ISSUES_AND_PULL_REQUESTS", found).await;
    assert_eq!(texts(&found["items"], "repository"), ["ada/looms"]);
    let closed = within(json!({"issue_number": number, "state": "closed"}));
    assert_eq!(act(&app, "GITHUB_UPDATE_AN_ISSUE", closed).await["state"], "closed");
    let issue = act(&app, "GITHUB_GET_AN_ISSUE", within(json!({"issue_number": number}))).await;
    assert_eq!(issue["state"], "closed");

    let branches = act(&app, "GITHUB_LIST_BRANCHES", within(json!({}))).await;
    let (base, sha) = (branches["branches"][0]["name"].clone(), branches["branches"][0]["sha"].clone());
    act(&app, "GITHUB_CREATE_A_REFERENCE", within(json!({"ref": "refs/heads/fix", "sha": sha}))).await;
    let file = json!({"path": "src/ü b.txt", "message": "Add", "content": "höh", "branch": "fix"});
    act(&app, "GITHUB_CREATE_OR_UPDATE_FILE_CONTENTS", within(file)).await;
    let file = within(json!({"path": "src/ü b.txt", "ref": "fix"}));
    let file = act(&app, "GITHUB_GET_REPOSITORY_CONTENT", file).await;
    assert_eq!(file["text"], "höh", "{file}");
    let pull = json!({"head": "fix", "base": base, "title": "Fix"});
    let pull = act(&app, "GITHUB_CREATE_A_PULL_REQUEST", within(pull)).await["number"].clone();
    let files = act(&app, "GITHUB_LIST_PULL_REQUESTS_FILES", within(json!({"pull_number": pull}))).await;
    assert_eq!(texts(&files["files"], "filename"), ["src/ü b.txt"]);
    let merged = act(&app, "GITHUB_MERGE_A_PULL_REQUEST", within(json!({"pull_number": pull}))).await;
    assert_eq!(merged["merged"], true);

    assert_eq!(act(&app, "GITHUB_DELETE_A_REPOSITORY", within(json!({}))).await["deleted"], "ada/looms");
    let error = refused(&app, "GITHUB_GET_A_REPOSITORY", within(json!({}))).await;
    assert_eq!(error["details"]["provider"]["status"], 404);
}

#[tokio::test]
async fn github_pages_with_one_form() {
    let app = connected("github", json!({}), "ada").await;
    act(&app, "GITHUB_CREATE_A_REPOSITORY_FOR_THE_AUTHENTICATED_USER", json!({"name": "many"})).await;
    for number in 1..=5 {
        let issue = json!({"owner": "ada", "repo": "many", "title": format!("Issue {number}")});
        act(&app, "GITHUB_CREATE_AN_ISSUE", issue).await;
    }
    let (mut titles, mut cursor) = (Vec::new(), Value::Null);
    for size in [2, 2, 1] {
        let mut params = json!({"owner": "ada", "repo": "many", "limit": 2, "direction": "asc"});
        if cursor.is_string() {
            params["cursor"] = cursor;
        }
        let page = act(&app, "GITHUB_LIST_REPOSITORY_ISSUES", params).await;
        assert_eq!(page["issues"].as_array().unwrap().len(), size);
        titles.extend(texts(&page["issues"], "title").into_iter().map(str::to_owned));
        cursor = page["next_cursor"].clone();
    }
    assert_eq!(titles, ["Issue 1", "Issue 2", "Issue 3", "Issue 4", "Issue 5"]);
    assert!(!cursor.is_string(), "the last page has no next");
}
