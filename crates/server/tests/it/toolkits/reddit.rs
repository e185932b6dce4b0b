//! Reddit through MCP, against its twin.

use sandbox::{Kind, Provider};
use serde_json::{Value, json};

use super::{act, refused, texts};
use crate::support::{TestApp, own_credentials};

/// An app of its own client, whose user has connected ada's account.
async fn connected() -> TestApp {
    let app = TestApp::new().await;
    let credentials = own_credentials(&app, Provider::Reddit, "reddit");
    let scopes = [
        "edit",
        "flair",
        "history",
        "mysubreddits",
        "privatemessages",
        "read",
        "save",
        "submit",
        "subscribe",
        "vote",
    ];
    let configure = json!({"toolkit": "reddit", "oauth_credentials": credentials, "scopes": scopes});
    app.manage("configure", configure).await.unwrap();
    app.connect("reddit", "u1", "ada").await;
    app
}

#[tokio::test]
async fn reddit_from_a_post_to_its_end() {
    let app = connected().await;
    assert_eq!(act(&app, "REDDIT_GET_ME", json!({})).await["name"], "ada");
    let post = json!({"subreddit": "test", "title": "Engines & looms", "text": "a < b"});
    let made = act(&app, "REDDIT_CREATE_REDDIT_POST", post).await;
    let (id, name) = (made["id"].clone(), made["fullname"].clone());
    let got = act(&app, "REDDIT_RETRIEVE_REDDIT_POST", json!({"post_id": id})).await;
    assert_eq!((&got["title"], &got["text"]), (&json!("Engines & looms"), &json!("a < b")));
    let found = json!({"query": "title:looms author:ada", "subreddit": "test"});
    let found = act(&app, "REDDIT_SEARCH_ACROSS_SUBREDDITS", found).await;
    assert_eq!(texts(&found["posts"], "fullname"), [name.as_str().unwrap()]);
    let body = json!({"thing_id": name, "body": "a > b"});
    assert_eq!(act(&app, "REDDIT_EDIT_REDDIT_COMMENT_OR_POST", body).await["text"], "a > b");

    let comment = act(&app, "REDDIT_POST_REDDIT_COMMENT", json!({"parent_id": name, "body": "First"})).await;
    let answer = json!({"parent_id": comment["fullname"], "body": "Second"});
    act(&app, "REDDIT_POST_REDDIT_COMMENT", answer).await;
    let tree = act(&app, "REDDIT_RETRIEVE_POST_COMMENTS", json!({"post_id": id})).await;
    assert_eq!(texts(&tree["comments"], "text"), ["First"]);
    assert_eq!(texts(&tree["comments"][0]["replies"], "text"), ["Second"]);
    act(&app, "REDDIT_DELETE_REDDIT_COMMENT", json!({"thing_id": comment["fullname"]})).await;
    let gone = act(&app, "REDDIT_RETRIEVE_SPECIFIC_COMMENT", json!({"comment_id": comment["id"]})).await;
    assert_eq!(gone["text"], "[deleted]");

    act(&app, "REDDIT_VOTE", json!({"thing_id": name, "direction": "down"})).await;
    assert_eq!(act(&app, "REDDIT_RETRIEVE_REDDIT_POST", json!({"post_id": id})).await["score"], -1);
    act(&app, "REDDIT_SAVE", json!({"thing_id": name})).await;
    let saved = act(&app, "REDDIT_GET_USER_SAVED", json!({"username": "ada"})).await;
    assert_eq!(texts(&saved["posts"], "fullname"), [name.as_str().unwrap()]);
    act(&app, "REDDIT_DELETE_REDDIT_POST", json!({"thing_id": name})).await;
    let listed = act(&app, "REDDIT_GET_R_NEW", json!({"subreddit": "test"})).await;
    assert_eq!(listed["posts"], json!([]));
}

#[tokio::test]
async fn reddit_pages_and_refuses_under_status_200() {
    let app = connected().await;
    let link = json!({"subreddit": "programming", "title": "Read", "url": "https://example.com/read"});
    let error = refused(&app, "REDDIT_CREATE_REDDIT_POST", link.clone()).await;
    assert!(error.to_string().contains("SUBMIT_VALIDATION_FLAIR_REQUIRED"), "{error}");
    let flairs = act(&app, "REDDIT_LIST_SUBREDDIT_POST_FLAIRS", json!({"subreddit": "programming"})).await;
    let mut flaired = link;
    flaired["flair_id"] = flairs["flairs"][0]["id"].clone();
    act(&app, "REDDIT_CREATE_REDDIT_POST", flaired).await;
    let (mut titles, mut cursor) = (Vec::new(), Value::Null);
    for size in [2, 1] {
        let mut params = json!({"subreddit": "rust", "limit": 2});
        if cursor.is_string() {
            params["cursor"] = cursor;
        }
        let page = act(&app, "REDDIT_GET_R_NEW", params).await;
        assert_eq!(page["posts"].as_array().unwrap().len(), size);
        titles.extend(texts(&page["posts"], "title").into_iter().map(str::to_owned));
        cursor = page["next_cursor"].clone();
    }
    assert_eq!(titles, ["Does it halt?", "Borrowing & lending", "A compiler"]);
    assert!(!cursor.is_string(), "the last page has no next");

    act(&app, "REDDIT_SUBSCRIBE", json!({"subreddit": "test"})).await;
    let mine = act(&app, "REDDIT_LIST_MY_SUBREDDITS", json!({})).await;
    assert_eq!(texts(&mine["subreddits"], "name"), ["programming", "rust", "test"]);
    act(&app, "REDDIT_SEND_MESSAGE", json!({"to": "ada", "subject": "Note", "text": "G"})).await;
    let inbox = act(&app, "REDDIT_GET_INBOX", json!({})).await;
    assert_eq!(texts(&inbox["messages"], "subject"), ["Note", "Tea"]);
}

#[tokio::test]
async fn reddit_keeps_its_refresh_token_until_the_grant_is_dead() {
    let app = connected().await;
    for _ in 0..2 {
        app.advance(86_400);
        act(&app, "REDDIT_GET_ME", json!({})).await;
    }
    let tokens = app.exchanges(Provider::Reddit, Kind::Token);
    assert_eq!(tokens, ["authorization_code ok", "refresh_token ok", "refresh_token ok"]);
    app.twins().revoke_account(Provider::Reddit, "ada");
    app.advance(86_400);
    let answer = app.execute("REDDIT_GET_ME", "u1", json!({})).await;
    assert_eq!(answer.error(), (409, "INTEGRATIONS_CONNECTION_EXPIRED"));
    let connections = app.get("/connections").await.ok();
    assert_eq!(connections["connections"][0]["status"], "expired");
    app.connect("reddit", "u1", "ada").await;
    assert_eq!(act(&app, "REDDIT_GET_ME", json!({})).await["name"], "ada", "a reconnect heals it");
}
