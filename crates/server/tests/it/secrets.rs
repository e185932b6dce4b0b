//! Secrets stay secret: a canary in every place a secret can be, and no trace of it anywhere else. And the vault's
//! keys change under load.

use std::sync::Arc;

use reqwest::Method;
use sandbox::{Decision, Fault, Provider, What};
use serde_json::{Value, json};

use crate::support::{Browser, Setup, TestApp, vault_key, x_credentials};

/// Every file below a directory, as bytes.
fn files(dir: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    found
}

fn contains(bytes: &[u8], needle: &str) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle.as_bytes())
}

#[tokio::test]
async fn nothing_secret_is_in_the_clear_in_the_database() {
    let app = TestApp::new().await;
    let mut credentials = x_credentials(&app);
    let canary = "canary-app-bearer-7c1f";
    credentials["generic_id"] = canary.into();
    app.post("/configure", json!({"toolkit": "twitter", "oauth_credentials": credentials})).await.ok();
    app.connect("twitter", "u1", "ada").await;
    let hs256 = "canary-hs256-secret-0123456789abcdef";
    let settings = json!({"issuer": "i", "hs256_secret": hs256});
    app.send(Method::PUT, &format!("/v1/{}/auth", app.app), &app.key, settings).await.ok();
    let body = json!({"toolName": "TWITTER_CREATION_OF_A_POST", "userId": "u1", "idempotencyKey": "k",
        "params": {"text": "canary-argument-91ab"}});
    app.post("/execute", body).await.ok();
    let link = app.link("twitter", "u2").await;
    let state = Browser::new().start(&link).await;
    let state = state.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    app.audited("execute_action", 1).await;

    let secret = credentials["client_secret"].as_str().unwrap();
    for (path, bytes) in files(app.dir.path()) {
        for needle in [
            canary,
            hs256,
            secret,
            app.key.as_str(),
            app.platform_key.as_str(),
            state.as_str(),
            "canary-argument-91ab",
        ] {
            assert!(!contains(&bytes, needle), "{needle} in {path}");
        }
    }
}

#[tokio::test]
async fn a_canary_is_in_no_answer_and_no_audit_line() {
    let app = TestApp::new().await;
    let mut credentials = x_credentials(&app);
    let secret = "canary-client-secret-55d2";
    credentials["client_secret"] = secret.into();
    let mut answers = Vec::new();
    let configure = json!({"toolkit": "twitter", "oauth_credentials": credentials});
    answers.push(app.post("/configure", configure).await.body);
    let link = app.link("twitter", "u1").await;
    let page = Browser::new().connect(&app, &link, &Decision::Allow("ada".into())).await;
    answers.push(json!([page.text, format!("{:?}", page.headers)]));
    answers.push(app.get("/config").await.body);
    answers.push(app.manage("list_available", json!({"search": "twitter"})).await.unwrap());
    answers.push(
        app.call(Method::PATCH, "/configure/twitter/credentials", json!({"client_secret": {"x": secret}}))
            .await
            .body,
    );
    answers.push(
        app.call(Method::PATCH, "/configure/twitter/credentials", json!({"client_secrt": secret})).await.body,
    );
    answers.push(
        app.manage("rotate_credentials", json!({"toolkit": "twitter", "oauth_credentials": secret}))
            .await
            .unwrap_err(),
    );
    answers.push(Value::from(app.audited("rotate_credentials", 2).await));
    answers.push(app.send(Method::GET, "/metrics", &app.platform_key, Value::Null).await.body);
    for answer in answers {
        assert!(!answer.to_string().contains(secret), "{answer}");
    }
}

#[tokio::test]
async fn a_provider_that_quotes_a_token_is_not_repeated() {
    let app = TestApp::new().await;
    app.configure("github").await;
    app.connect("github", "u1", "ada").await;
    // The twin answers with whatever it is told to; a real provider has been seen to quote what it refuses.
    let body = json!({"message": "this token is refused: gho_"}).to_string();
    let what = What::Answer { status: 403, headers: Default::default(), body };
    app.twins().inject(Fault { provider: Provider::GitHub, matcher: "api".into(), times: Some(1), what });
    let refused = app.execute("GITHUB_GET_THE_AUTHENTICATED_USER", "u1", json!({})).await;
    assert_eq!(refused.error(), (422, "INTEGRATIONS_EXECUTION_FAILED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_vault_rotates_under_load_and_the_old_key_can_go() {
    let (old, new) = (vault_key("k1"), vault_key("k2"));
    let app = TestApp::with(Setup { vault_keys: old.clone(), ..Setup::default() }).await;
    app.configure("gmail").await;
    for user in 0..20 {
        app.connect("gmail", &format!("u{user}"), "ada@example.com").await;
    }
    let (clock, sandbox, dir) = (Arc::clone(&app.clock), Arc::clone(&app.sandbox), Arc::clone(&app.dir));
    let database = app.database.clone();
    let (app_id, key) = (app.app.clone(), app.key.clone());
    app.stop().await;

    let setup =
        Setup { vault_keys: format!("{new},{old}"), database: Some(database.clone()), ..Setup::default() };
    let mut app = TestApp::beside(setup, clock.clone(), sandbox.clone(), dir.clone()).await;
    (app.app, app.key) = (app_id.clone(), key.clone());
    let app = Arc::new(app);
    app.advance(2 * 3600);
    let load: Vec<_> = (0..20)
        .map(|user| {
            let app = Arc::clone(&app);
            tokio::spawn(async move {
                for _ in 0..5 {
                    let answer = app.execute("GMAIL_GET_PROFILE", &format!("u{user}"), json!({})).await;
                    assert_eq!(answer.status, 200, "{}", answer.body);
                }
            })
        })
        .collect();
    let rotated = app.send(Method::POST, "/admin/vault/rotate", &app.platform_key, Value::Null).await.ok();
    for task in load {
        task.await.unwrap();
    }
    assert_eq!((&rotated["key_id"], &rotated["unreadable"]), (&json!("k2"), &json!(0)));
    let again = app.send(Method::POST, "/admin/vault/rotate", &app.platform_key, Value::Null).await.ok();
    assert_eq!(again["resealed"], 0, "{again}");
    Arc::into_inner(app).unwrap().stop().await;

    let setup = Setup { vault_keys: new, database: Some(database), ..Setup::default() };
    let mut app = TestApp::beside(setup, clock, sandbox, dir).await;
    (app.app, app.key) = (app_id, key);
    for user in 0..20 {
        let answer = app.execute("GMAIL_GET_PROFILE", &format!("u{user}"), json!({})).await;
        assert_eq!(answer.status, 200, "without the old key: {}", answer.body);
    }
}
