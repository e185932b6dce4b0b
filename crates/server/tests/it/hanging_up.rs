//! Callers who hang up: what was begun goes on to its end, and the ledger and the row agree.

use std::time::Duration;

use sandbox::{Decision, Fault, Kind, Provider, What};
use serde_json::{Value, json};

use crate::support::{Browser, TestApp, client, x_credentials};

fn hold(provider: Provider, matcher: &str) -> Fault {
    Fault { provider, matcher: matcher.into(), times: Some(1), what: What::HoldAnswer("gate".into()) }
}

/// Sends a request and drops the connection once the twin holds its answer.
async fn hang_up(app: &TestApp, request: reqwest::RequestBuilder) {
    let sending = tokio::spawn(async move { request.send().await });
    app.twins().wait_held("gate", 1).await;
    sending.abort();
    assert!(sending.await.unwrap_err().is_cancelled());
    app.twins().release("gate");
}

#[tokio::test(flavor = "multi_thread")]
async fn during_the_exchange_the_account_is_connected_all_the_same() {
    let app = TestApp::new().await;
    app.configure("gmail").await;
    let link = app.link("gmail", "u1").await;
    let mut browser = Browser::new();
    let callback = browser.decide(&app, &link, &Decision::Allow("ada@example.com".into())).await;
    app.twins().inject(hold(Provider::Google, "token"));
    let request = client().get(callback.clone()).header("cookie", browser.cookie_header(&callback));
    hang_up(&app, request).await;
    let id = link.path().rsplit('/').next().unwrap().to_owned();
    let status = format!("/connect/{id}");
    eventually(async || app.get(&status).await.ok()["status"] == "connected").await;
    assert_eq!(app.execute("GMAIL_GET_PROFILE", "u1", json!({})).await.status, 200);
    assert_eq!(app.exchanges(Provider::Google, Kind::Token), ["authorization_code ok"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn during_a_refresh_the_new_tokens_are_kept() {
    let app = TestApp::new().await;
    let credentials = x_credentials(&app);
    app.post("/configure", json!({"toolkit": "twitter", "oauth_credentials": credentials})).await.ok();
    app.connect("twitter", "u1", "ada").await;
    app.advance(3 * 3600);
    app.twins().inject(hold(Provider::Twitter, "token"));
    hang_up(&app, execute(&app, "TWITTER_USER_LOOKUP_ME", json!({}))).await;
    assert_eq!(app.execute("TWITTER_USER_LOOKUP_ME", "u1", json!({})).await.status, 200);
    let refreshes =
        app.exchanges(Provider::Twitter, Kind::Token).into_iter().filter(|line| line.starts_with("refresh"));
    assert_eq!(refreshes.collect::<Vec<_>>(), ["refresh_token ok"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn during_a_write_its_end_is_written_down() {
    let app = TestApp::with_gmail("u1").await;
    app.twins().inject(hold(Provider::Google, "/gmail/v1/users/me/messages/send"));
    let body = json!({"toolName": "GMAIL_SEND_EMAIL", "userId": "u1", "params": {"to": "grace@example.com"}});
    let url = format!("{}/v1/{}/integrations/execute", app.url, app.app);
    let with_key =
        || client().post(&url).bearer_auth(&app.key).header("idempotency-key", "k").body(body.to_string());
    hang_up(&app, with_key()).await;
    eventually(async || app.answer(with_key()).await.status == 200).await;
    let sent = app
        .twins()
        .ledger()
        .into_iter()
        .filter(|entry| entry.path.ends_with("/gmail/v1/users/me/messages/send"));
    assert_eq!(sent.count(), 1, "the repeated call was answered from the first one's result");
}

#[tokio::test(flavor = "multi_thread")]
async fn during_a_revocation_the_account_goes_all_the_same() {
    let app = TestApp::with_gmail("u1").await;
    let id = app.get("/connections").await.ok()["connections"][0]["id"].as_str().unwrap().to_owned();
    app.twins().inject(hold(Provider::Google, "revoke"));
    let url = format!("{}/v1/{}/integrations/connections/{id}", app.url, app.app);
    hang_up(&app, client().delete(url).bearer_auth(&app.key)).await;
    eventually(async || app.get("/connections").await.ok()["connections"] == json!([])).await;
    assert_eq!(app.audited("disconnect", 1).await[0]["detail"], "revoked");
}

fn execute(app: &TestApp, tool: &str, params: Value) -> reqwest::RequestBuilder {
    let url = format!("{}/v1/{}/integrations/execute", app.url, app.app);
    let body = json!({"toolName": tool, "userId": "u1", "params": params});
    client().post(url).bearer_auth(&app.key).body(body.to_string())
}

async fn eventually(mut done: impl AsyncFnMut() -> bool) {
    let waiting = async { while !done().await {} };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("it never came");
}
