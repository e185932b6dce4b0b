//! Disconnecting: what is revoked at the provider, and what must not be.

use reqwest::Method;
use sandbox::{Decision, Fault, Kind, Provider, What};
use serde_json::{Value, json};

use crate::support::{ADA, Browser, TestApp, client};

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
async fn who_connects_again_before_a_revocation_is_tried_again_keeps_the_new_grant() {
    let app = TestApp::with_gmail("u1").await;
    let id = app.get("/connections").await.ok()["connections"][0]["id"].as_str().unwrap().to_owned();
    for what in [What::Hold("revoking".into()), What::Status500] {
        let fault = Fault { provider: Provider::Google, matcher: "revoke".into(), times: Some(1), what };
        app.twins().inject(fault);
    }
    let meanwhile = async {
        app.twins().wait_held("revoking", 1).await;
        assert_eq!(app.connect("gmail", "u1", "ada@example.com").await, id);
        app.twins().release("revoking");
    };
    tokio::join!(disconnect(&app, &id), meanwhile);
    assert_eq!(details(&app).await, ["skipped_shared"]);
    assert_eq!(app.connection(&id).await["status"], "active");
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
    let named = |line: &Value| line["user_id"] == "u1" || line["actor"] == "user:u1";
    let lines = app.audit().await;
    assert!(!lines.iter().any(named), "his name is gone from the audit: {lines:?}");
}

/// The answer of a callback whose code exchange waits at the provider while something else happens.
async fn meanwhile(app: &TestApp, user: &str, path: &str, key: &str) -> (u16, usize) {
    let link = app.link("gmail", user).await;
    let mut browser = Browser::new();
    let callback = browser.decide(app, &link, &Decision::Allow("ada@example.com".into())).await;
    app.twins().inject(Fault {
        provider: Provider::Google,
        matcher: "token".into(),
        times: Some(1),
        what: What::HoldAnswer("gate".into()),
    });
    let request = client().get(callback.clone()).header("cookie", browser.cookie_header(&callback));
    let coming_back = tokio::spawn(async move { request.send().await.unwrap().status().as_u16() });
    app.twins().wait_held("gate", 1).await;
    app.send(Method::DELETE, path, key, Value::Null).await.ok();
    let before = revocations(app, Provider::Google);
    app.twins().release("gate");
    (coming_back.await.unwrap(), revocations(app, Provider::Google) - before)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_offboarded_while_he_consents_is_not_connected() {
    let app = TestApp::new().await;
    app.configure("gmail").await;
    let path = format!("/v1/{}/users/u1", app.app);
    let (status, revoked) = meanwhile(&app, "u1", &path, &app.key).await;
    assert!(status == 400 && revoked > 0, "{status}: the grant that nobody may use is ended");
    assert_eq!(app.get("/connections").await.ok()["connections"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_is_deleted_while_its_user_consents_keeps_no_grant() {
    let app = TestApp::new().await;
    app.configure("gmail").await;
    let path = format!("/apps/{}", app.app);
    let (status, revoked) = meanwhile(&app, "u1", &path, &app.platform_key).await;
    assert!(status == 400 && revoked > 0, "{status}");
}

#[tokio::test]
async fn a_revocation_that_refuses_our_client_is_no_revocation() {
    let app = TestApp::new().await;
    app.configure("github").await;
    let id = app.connect("github", "u1", ADA).await;
    app.twins().inject(Fault {
        provider: Provider::GitHub,
        matcher: "revoke".into(),
        times: None,
        what: What::Answer { status: 401, headers: Default::default(), body: "{}".into() },
    });
    disconnect(&app, &id).await;
    assert_eq!(details(&app).await, ["revocation_failed"]);
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

/// Google ends all that a person has granted to a client. Whose grant it was that nobody can name, nobody knows either.
#[tokio::test]
async fn a_connect_that_fails_to_say_whose_it_is_ends_no_account() {
    let app = TestApp::with_gmail("u1").await;
    let link = app.link("gmail", "u2").await;
    app.twins().inject(Fault {
        provider: Provider::Google,
        matcher: "openidconnect.googleapis.com".into(),
        times: Some(10),
        what: What::Status500,
    });
    let page = Browser::new().connect(&app, &link, &Decision::Allow("ada@example.com".to_owned())).await;
    assert!(page.text.contains("did not say whose account this is"), "{}", page.text);
    app.twins().clear_faults();
    app.advance(7200);
    let answer = app.execute("GMAIL_GET_PROFILE", "u1", json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}
