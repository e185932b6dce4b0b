//! Disconnecting: what is revoked at the provider, and what must not be.

use reqwest::Method;
use sandbox::{Fault, Kind, Provider, What};
use serde_json::{Value, json};

use crate::support::{ADA, TestApp};

async fn disconnect(app: &TestApp, id: &str) {
    app.call(Method::DELETE, &format!("/connections/{id}"), Value::Null).await.ok();
}

async fn details(app: &TestApp) -> Vec<Value> {
    app.audited("disconnect", 1).await.iter().map(|line| line["detail"].clone()).collect()
}

fn revocations(app: &TestApp, provider: Provider) -> usize {
    app.exchanges(provider, Kind::Revoke).len()
}

#[tokio::test]
async fn a_grant_is_revoked_and_wiped() {
    let app = TestApp::with_gmail("u1").await;
    let id = app.get("/connections").await.ok()["connections"][0]["id"].as_str().unwrap().to_owned();
    disconnect(&app, &id).await;
    assert_eq!(app.get("/connections").await.ok()["connections"], json!([]));
    assert!(revocations(&app, Provider::Google) > 0);
    assert_eq!(details(&app).await, ["revoked"]);
    let again = app.call(Method::DELETE, &format!("/connections/{id}"), Value::Null).await;
    assert_eq!(again.error(), (404, "RESOURCE_NOT_FOUND"));
    assert_eq!(
        app.execute("GMAIL_GET_PROFILE", "u1", json!({})).await.error(),
        (409, "INTEGRATIONS_NOT_CONNECTED")
    );
}

#[tokio::test]
async fn a_consent_that_two_apps_share_outlives_one_of_them() {
    let app = TestApp::with_gmail("u1").await;
    let (other, key) = app.new_app("Other app").await;
    let base = format!("/v1/{other}/integrations");
    app.send(Method::POST, &format!("{base}/configure"), &key, json!({"toolkit": "gmail"})).await.ok();
    let link = app
        .send(Method::POST, &format!("{base}/connect"), &key, json!({"toolkit": "gmail", "userId": "x"}))
        .await
        .ok();
    let link = link["authUrl"].as_str().unwrap().parse().unwrap();
    let decision = sandbox::Decision::Allow("ada@example.com".into());
    assert_eq!(crate::support::Browser::new().connect(&app, &link, &decision).await.status, 200);

    let mine = app.get("/connections").await.ok()["connections"][0]["id"].as_str().unwrap().to_owned();
    disconnect(&app, &mine).await;
    assert_eq!(details(&app).await, ["skipped_shared"]);
    assert_eq!(revocations(&app, Provider::Google), 0);
    let body = json!({"toolName": "GMAIL_GET_PROFILE", "userId": "x"});
    assert_eq!(app.send(Method::POST, &format!("{base}/execute"), &key, body).await.status, 200);

    let theirs = app.send(Method::GET, &format!("{base}/connections"), &key, Value::Null).await.ok();
    let theirs = theirs["connections"][0]["id"].as_str().unwrap().to_owned();
    app.send(Method::DELETE, &format!("{base}/connections/{theirs}"), &key, Value::Null).await.ok();
    assert!(revocations(&app, Provider::Google) > 0, "the last one ends it");
}

#[tokio::test]
async fn only_the_token_is_revoked_where_that_is_all_a_provider_ends() {
    let app = TestApp::new().await;
    app.configure("github").await;
    let first = app.connect("github", "u1", ADA).await;
    app.connect("github", "u2", ADA).await;
    disconnect(&app, &first).await;
    assert_eq!(details(&app).await, ["revoked"]);
    assert_eq!(app.execute("GITHUB_GET_THE_AUTHENTICATED_USER", "u2", json!({})).await.status, 200);
}

#[tokio::test]
async fn a_reconnect_ends_the_tokens_it_replaces_where_that_is_harmless() {
    let app = TestApp::new().await;
    app.configure("github").await;
    app.connect("github", "u1", ADA).await;
    app.connect("github", "u1", ADA).await;
    assert_eq!(revocations(&app, Provider::GitHub), 1);
    assert_eq!(app.execute("GITHUB_GET_THE_AUTHENTICATED_USER", "u1", json!({})).await.status, 200);

    let app = TestApp::with_gmail("u1").await;
    app.connect("gmail", "u1", "ada@example.com").await;
    assert_eq!(revocations(&app, Provider::Google), 0, "it would end the new grant too");
    assert_eq!(app.execute("GMAIL_GET_PROFILE", "u1", json!({})).await.status, 200);
}

#[tokio::test]
async fn a_provider_that_is_away_does_not_keep_the_account_alive() {
    let app = TestApp::with_gmail("u1").await;
    let id = app.get("/connections").await.ok()["connections"][0]["id"].as_str().unwrap().to_owned();
    app.twins().inject(Fault {
        provider: Provider::Google,
        matcher: "revoke".into(),
        times: None,
        what: What::Status500,
    });
    disconnect(&app, &id).await;
    assert_eq!(details(&app).await, ["revocation_failed"]);
    assert_eq!(app.get("/connections").await.ok()["connections"], json!([]));
}

#[tokio::test]
async fn offboarding_ends_everything_of_one_user_and_nothing_of_another() {
    let app = TestApp::with_gmail("u1").await;
    app.configure("github").await;
    app.connect("github", "u1", ADA).await;
    app.connect("gmail", "u2", "grace@example.com").await;
    app.link("gmail", "u1").await;
    app.audited("finish_connect", 3).await;
    app.send(Method::DELETE, &format!("/v1/{}/users/u1", app.app), &app.key, Value::Null).await.ok();
    let left = app.get("/connections").await.ok();
    assert_eq!(left["connections"].as_array().unwrap().len(), 1);
    assert_eq!(left["connections"][0]["app_user_id"], "u2");
    assert!(revocations(&app, Provider::Google) > 0 && revocations(&app, Provider::GitHub) > 0);
    assert_eq!(app.execute("GMAIL_GET_PROFILE", "u2", json!({})).await.status, 200);
    let lines = app.audited("offboard", 1).await;
    assert_eq!(lines[0]["outcome"], "success");
    let earlier = app.audit().await.into_iter().filter(|line| line["action"] == "finish_connect");
    assert!(earlier.into_iter().all(|line| line["user_id"] != "u1"), "his name is gone from the audit");
}

#[tokio::test]
async fn deleting_an_app_revokes_what_its_users_granted() {
    let app = TestApp::with_gmail("u1").await;
    app.send(Method::DELETE, &format!("/apps/{}", app.app), &app.platform_key, Value::Null).await.ok();
    assert!(revocations(&app, Provider::Google) > 0);
    assert_eq!(app.get("/config").await.error(), (401, "AUTH_INVALID_API_KEY"));
    let again = app.send(Method::DELETE, &format!("/apps/{}", app.app), &app.platform_key, Value::Null).await;
    assert_eq!(again.error(), (404, "RESOURCE_NOT_FOUND"));
}
