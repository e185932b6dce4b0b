//! What ends or changes over there is noticed, and what differs is brought together, while nobody asks.

use std::time::Duration;

use sandbox::What;
use serde_json::{Value, json};

use super::{asked, fault, hosted, with_pinecone};
use crate::support::TestApp;

const ACCOUNTS: &str = "GET backend.composio.dev/api/v3.1/connected_accounts";

async fn status(app: &TestApp, account: &str) -> Value {
    let shown = app.connection(account).await;
    json!([shown["status"], shown["status_reason"]])
}

/// How often the vendor was asked for lists of accounts, or about one.
fn looks(app: &TestApp) -> usize {
    let ledger = app.twins().ledger();
    ledger
        .iter()
        .filter(|entry| format!("{} {}", entry.method, entry.path).contains("connected_accounts"))
        .count()
}

/// Waits until the accounts were compared once more.
async fn compared(app: &TestApp) {
    let before = looks(app);
    app.advance(11 * 60);
    app.until(|| looks(app) > before).await;
}

async fn until_status(app: &TestApp, account: &str, expected: Value) {
    let waiting = async { while status(app, account).await != expected {} };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("it is noticed");
}

#[tokio::test]
async fn accounts_that_ended_are_noticed_without_being_used() {
    for (state, reason) in [("EXPIRED", "expired_at_provider"), ("INACTIVE", "disabled_at_composio")] {
        let (app, account) = with_pinecone("u1").await;
        let remote = app.twins().composio_accounts()[0].id.clone();
        app.twins().set_composio_account_status(&remote, state).unwrap();
        assert_eq!(status(&app, &account).await, json!(["active", null]));
        app.advance(11 * 60);
        until_status(&app, &account, json!(["expired", reason])).await;
    }
    // And so is one that is in use again.
    let (app, account) = with_pinecone("u1").await;
    let remote = app.twins().composio_accounts()[0].id.clone();
    app.twins().set_composio_account_status(&remote, "EXPIRED").unwrap();
    app.advance(11 * 60);
    until_status(&app, &account, json!(["expired", "expired_at_provider"])).await;
    app.twins().set_composio_account_status(&remote, "ACTIVE").unwrap();
    app.advance(11 * 60);
    until_status(&app, &account, json!(["active", null])).await;

    app.twins().delete_composio_account(&remote).unwrap();
    app.advance(11 * 60);
    until_status(&app, &account, json!(["expired", "removed_at_composio"])).await;
    let lines = app.audited("expire", 2).await;
    let said: Vec<&Value> = lines.iter().map(|line| &line["detail"]).collect();
    assert!(lines.iter().all(|line| line["actor"] == "system"));
    assert!(said.contains(&&json!("expired_at_provider")) && said.contains(&&json!("removed_at_composio")));
}

#[tokio::test]
async fn an_outage_or_an_empty_list_ends_no_account() {
    let (app, account) = with_pinecone("u1").await;
    app.twins().inject(fault("backend.composio.dev", None, What::Status500));
    compared(&app).await;
    app.twins().clear_faults();
    assert_eq!(status(&app, &account).await, json!(["active", null]));
    // An empty list is no proof either: the account is asked about by itself.
    let nothing = json!({ "items": [], "next_cursor": null });
    let what = What::Answer { status: 200, headers: Default::default(), body: nothing.to_string() };
    app.twins().inject(fault(ACCOUNTS, Some(1), what));
    let before = looks(&app);
    app.advance(11 * 60);
    app.until(|| looks(&app) >= before + 2).await;
    assert_eq!(status(&app, &account).await, json!(["active", null]));
}

#[tokio::test]
async fn strangers_over_there_are_left_alone() {
    let (app, _) = with_pinecone("u1").await;
    let config = app.twins().composio_auth_configs()[0].id.clone();
    let state = json!({ "authScheme": "API_KEY", "val": { "status": "ACTIVE", "generic_api_key": "k" } });
    let body =
        json!({ "auth_config": { "id": config }, "connection": { "user_id": "somebody", "state": state } });
    let url = format!("{}/api/v3.1/connected_accounts", app.twins().composio_url());
    let request = app.http().post(url).header("x-api-key", sandbox::COMPOSIO_KEY);
    let made =
        request.header("content-type", "application/json").body(body.to_string()).send().await.unwrap();
    assert!(made.status().is_success(), "{}", made.text().await.unwrap());
    compared(&app).await;
    compared(&app).await;
    assert_eq!(app.twins().composio_accounts().len(), 2);
    assert_eq!(app.get("/connections").await.ok()["connections"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_answer_that_was_lost_makes_no_second_auth_config() {
    let app = hosted().await;
    app.twins().inject(fault("POST backend.composio.dev/api/v3.1/auth_configs", Some(1), What::ResetAfter));
    let lost = app.post("/configure", json!({ "toolkit": "gmail" })).await;
    assert_eq!(lost.error(), (502, "INTEGRATIONS_UPSTREAM_ERROR"));
    assert_eq!(lost.details()["outcome"], "unknown");
    // Nobody was told that it is there, so it goes again.
    app.until(|| app.twins().composio_auth_configs().is_empty()).await;
    app.configure("gmail").await;
    assert_eq!(app.twins().composio_auth_configs().len(), 1);
}

#[tokio::test]
async fn a_config_that_was_deleted_over_there_is_made_anew() {
    let app = hosted().await;
    let first = app.configure("gmail").await;
    let config = app.twins().composio_auth_configs()[0].id.clone();
    let url = format!("{}/api/v3.1/auth_configs/{config}", app.twins().composio_url());
    app.http().delete(url).header("x-api-key", sandbox::COMPOSIO_KEY).send().await.unwrap();
    let body = json!({ "toolkit": "gmail", "scopes": ["gmail.send"] });
    assert_eq!(app.post("/configure", body).await.ok()["id"], first["id"]);
    assert_eq!(app.twins().composio_auth_configs().len(), 1);
    app.connect("gmail", "u1", "ada").await;
}

#[tokio::test]
async fn a_user_who_is_offboarded_leaves_nothing_over_there() {
    let (app, _) = with_pinecone("u1").await;
    let path = format!("/v1/{}/users/u1", app.app);
    app.send(reqwest::Method::DELETE, &path, &app.key, Value::Null).await.ok();
    app.until(|| app.twins().composio_accounts().is_empty()).await;
    assert!(asked(&app, "executeTool").is_empty());
}
