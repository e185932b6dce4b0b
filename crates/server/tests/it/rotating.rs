//! Rotating: accounts keep the client they began under, and a client goes with its last account.

use reqwest::Method;
use sandbox::{Fault, Kind, Provider, What};
use serde_json::{Value, json};

use crate::support::{ADA, Answer, TestApp, x_credentials};

const REFRESH_AFTER: i64 = 3 * 3600;

async fn with_x() -> (TestApp, Value) {
    let app = TestApp::new().await;
    let credentials = x_credentials(&app);
    app.post("/configure", json!({"toolkit": "twitter", "oauth_credentials": credentials})).await.ok();
    (app, credentials)
}

async fn rotate(app: &TestApp, credentials: &Value) -> Answer {
    app.call(Method::PATCH, "/configure/twitter/credentials", credentials.clone()).await
}

async fn me(app: &TestApp, user: &str) -> Answer {
    app.execute("TWITTER_USER_LOOKUP_ME", user, json!({})).await
}

fn refreshed_as(app: &TestApp) -> Vec<String> {
    let ledger = app.twins().ledger().into_iter();
    let refreshes = ledger
        .filter(|entry| entry.kind == Kind::Token && entry.operation.as_deref() == Some("refresh_token"));
    refreshes.filter_map(|entry| entry.client_id).collect()
}

#[tokio::test]
async fn live_accounts_keep_their_client_and_new_ones_get_the_new() {
    let (app, old) = with_x().await;
    let before = app.get("/config").await.ok()["integrations"][0].clone();
    let first = app.connect("twitter", "u1", ADA).await;
    let new = x_credentials(&app);
    let rotated =
        rotate(&app, &json!({"client_id": new["client_id"], "client_secret": new["client_secret"]}))
            .await
            .ok();
    assert_eq!((&rotated["id"], &rotated["scopes"]), (&before["id"], &before["scopes"]));
    assert_eq!(app.connection(&first).await["status_reason"], "reconnect_recommended");
    assert_eq!(app.connection(&first).await["status"], "active");

    let second = app.connect("twitter", "u2", "grace").await;
    app.advance(REFRESH_AFTER);
    assert_eq!(me(&app, "u1").await.status, 200);
    assert_eq!(me(&app, "u2").await.status, 200);
    assert_eq!(refreshed_as(&app), [old["client_id"].as_str().unwrap(), new["client_id"].as_str().unwrap()]);
    assert_eq!(app.connection(&second).await["status_reason"], Value::Null);

    app.connect("twitter", "u1", ADA).await;
    assert_eq!(
        app.connection(&first).await["status_reason"],
        Value::Null,
        "a reconnect moves it to the new client"
    );
}

#[tokio::test]
async fn omitted_fields_are_kept_and_wrong_ones_refused() {
    let (app, old) = with_x().await;
    rotate(&app, &json!({"client_secret": old["client_secret"]})).await.ok();
    let counts = app.execute("TWITTER_RECENT_SEARCH_COUNTS", "u1", json!({"query": "x"})).await;
    assert_eq!(counts.status, 200, "the extra field is kept: {}", counts.body);

    let refused = rotate(&app, &json!({"client_id": "another"})).await;
    assert_eq!(refused.error(), (400, "VALIDATION_MISSING_FIELD"), "a new client needs its own secret");
    let refused = rotate(&app, &json!({})).await;
    assert_eq!(refused.error(), (400, "VALIDATION_MISSING_FIELD"));
    let refused = rotate(&app, &json!({"clientid": "x", "client_secret": 5})).await;
    assert_eq!(refused.error(), (400, "VALIDATION_INVALID_SCHEMA"));
}

#[tokio::test]
async fn a_disabled_toolkit_rotates_and_stays_disabled() {
    let (app, old) = with_x().await;
    app.call(Method::DELETE, "/configure/twitter", Value::Null).await.ok();
    let rotated = rotate(&app, &json!({"client_secret": old["client_secret"]})).await.ok();
    assert_eq!(rotated["enabled"], false);
}

#[tokio::test]
async fn only_what_is_the_apps_own_can_be_rotated() {
    let app = TestApp::new().await;
    let never = rotate(&app, &json!({"client_secret": "s"})).await;
    assert_eq!(never.error(), (404, "INTEGRATIONS_TOOLKIT_NOT_ENABLED"));
    app.configure("gmail").await;
    let managed =
        app.call(Method::PATCH, "/configure/gmail/credentials", json!({"client_secret": "s"})).await;
    assert_eq!(managed.error(), (400, "VALIDATION_INVALID_SCHEMA"));
    let unknown =
        app.call(Method::PATCH, "/configure/gmial/credentials", json!({"client_secret": "s"})).await;
    assert_eq!(unknown.error(), (404, "INTEGRATIONS_TOOLKIT_NOT_ENABLED"));
    assert_eq!(unknown.details()["suggestions"][0], "gmail");
}

#[tokio::test]
async fn a_superseded_client_that_is_refused_is_replaced_or_the_account_says_so() {
    let (app, old) = with_x().await;
    let id = app.connect("twitter", "u1", ADA).await;
    let new = x_credentials(&app);
    rotate(&app, &new).await.ok();
    app.twins().rotate_client_secret(Provider::Twitter, old["client_id"].as_str().unwrap()).unwrap();
    app.advance(REFRESH_AFTER);
    let answer = me(&app, "u1").await;
    assert_eq!(answer.error(), (409, "INTEGRATIONS_CONNECTION_EXPIRED"));
    assert_eq!(answer.details()["reason"], "client_replaced");
    assert_eq!(app.connection(&id).await["status_reason"], "client_replaced");
    let refreshes = app
        .exchanges(Provider::Twitter, Kind::Token)
        .into_iter()
        .filter(|line| line.starts_with("refresh_token"));
    assert_eq!(refreshes.count(), 2, "the old one, and the newest once");
}

#[tokio::test]
async fn a_secret_that_is_rotated_while_the_old_one_is_refused_serves_at_once() {
    let (app, mut credentials) = with_x().await;
    app.connect("twitter", "u1", ADA).await;
    let client_id = credentials["client_id"].as_str().unwrap().to_owned();
    let body = json!({"error": "invalid_client"}).to_string();
    for what in [What::Hold("late".into()), What::Answer { status: 401, headers: Default::default(), body }] {
        let fault = Fault { provider: Provider::Twitter, matcher: "token".into(), times: Some(1), what };
        app.twins().inject(fault);
    }
    app.advance(REFRESH_AFTER);
    let meanwhile = async {
        app.twins().wait_held("late", 1).await;
        let secret = app.twins().rotate_client_secret(Provider::Twitter, &client_id).unwrap();
        credentials["client_secret"] = json!(secret);
        app.advance(1);
        rotate(&app, &credentials).await.ok();
        app.twins().release("late");
    };
    let (answer, ()) = tokio::join!(me(&app, "u1"), meanwhile);
    assert_eq!(answer.status, 200, "{}", answer.body);
    let config = app.get("/config").await.ok()["integrations"][0].clone();
    assert!(config.get("warnings").is_none(), "{config}");
}

#[tokio::test]
async fn a_new_client_with_a_mistake_in_its_secret_ends_nobody() {
    let (app, old) = with_x().await;
    let id = app.connect("twitter", "u1", ADA).await;
    let new = x_credentials(&app);
    let mut mistyped = new.clone();
    mistyped["client_secret"] = json!("mistyped");
    rotate(&app, &mistyped).await.ok();
    app.twins().rotate_client_secret(Provider::Twitter, old["client_id"].as_str().unwrap()).unwrap();
    app.advance(REFRESH_AFTER);
    assert_eq!(me(&app, "u1").await.error(), (502, "INTEGRATIONS_UPSTREAM_ERROR"));
    assert_eq!(app.connection(&id).await["status"], "active");
    let warnings = app.get("/config").await.ok()["integrations"][0]["warnings"].clone();
    assert!(warnings[0].as_str().unwrap().contains("rotate them"), "{warnings}");

    // Only a client that is accepted itself can be told that the grant is another's.
    rotate(&app, &new).await.ok();
    app.advance(60);
    assert_eq!(me(&app, "u1").await.details()["reason"], "client_replaced");
}

#[tokio::test]
async fn configure_with_another_client_rotates_too() {
    let (app, _) = with_x().await;
    app.connect("twitter", "u1", ADA).await;
    let new = x_credentials(&app);
    let body = json!({"toolkit": "twitter", "oauth_credentials": new});
    app.post("/configure", body).await.ok();
    app.advance(REFRESH_AFTER);
    assert_eq!(me(&app, "u1").await.status, 200);
}
