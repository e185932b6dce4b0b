//! Refreshing: one exchange for everybody, and the right verdict on every answer.

use futures_util::future::join_all;
use sandbox::{Fault, Kind, Provider, Rotation, What};
use serde_json::{Value, json};

use crate::support::{ADA, Setup, TestApp, vault_key, x_credentials};

const HOUR: i64 = 3600;

fn fault(provider: Provider, matcher: &str, times: u32, what: What) -> Fault {
    Fault { provider, matcher: matcher.into(), times: Some(times), what }
}

fn refreshes(app: &TestApp, provider: Provider) -> Vec<String> {
    let exchanges = app.exchanges(provider, Kind::Token);
    exchanges.into_iter().filter(|line| line.starts_with("refresh_token")).collect()
}

async fn profile(app: &TestApp) -> crate::support::Answer {
    app.execute("GMAIL_GET_PROFILE", "u1", json!({})).await
}

async fn with_x() -> TestApp {
    let app = TestApp::new().await;
    let credentials = x_credentials(&app);
    app.post("/configure", json!({"toolkit": "twitter", "oauth_credentials": credentials})).await.ok();
    app.connect("twitter", "u1", ADA).await;
    app
}

/// A bot's token and a user's, each with a refresh token of its own.
async fn with_rotating_slack() -> TestApp {
    let app = TestApp::new().await;
    let client = app.twins().clients().into_iter().find(|client| client.provider == Provider::Slack).unwrap();
    app.twins().set_rotation(Provider::Slack, &client.client_id, Rotation::On).unwrap();
    app.configure("slack").await;
    app.connect("slack", "u1", ADA).await;
    app
}

async fn me(app: &TestApp) -> crate::support::Answer {
    app.execute("TWITTER_USER_LOOKUP_ME", "u1", json!({})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_calls_at_expiry_make_one_exchange() {
    let app = TestApp::with_gmail("u1").await;
    app.advance(2 * HOUR);
    let answers = join_all((0..200).map(|_| profile(&app))).await;
    assert!(
        answers.iter().all(|answer| answer.status == 200),
        "{:?}",
        answers.iter().find(|answer| answer.status != 200)
    );
    assert_eq!(refreshes(&app, Provider::Google), ["refresh_token ok"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strict_family_is_never_reused() {
    let app = with_x().await;
    for _ in 0..3 {
        app.advance(3 * HOUR);
        let answers = join_all((0..50).map(|_| me(&app))).await;
        assert!(answers.iter().all(|answer| answer.status == 200));
    }
    assert_eq!(refreshes(&app, Provider::Twitter), ["refresh_token ok"; 3]);
    let reused = app
        .twins()
        .ledger()
        .into_iter()
        .filter(|entry| entry.detail.get("reuse_detected") == Some(&json!(true)));
    assert_eq!(reused.count(), 0);
}

#[tokio::test]
async fn a_token_near_its_end_is_used_and_renewed_in_the_background() {
    let app = TestApp::with_gmail("u1").await;
    app.advance(HOUR - 600);
    assert_eq!(profile(&app).await.status, 200);
    app.until(|| !refreshes(&app, Provider::Google).is_empty()).await;
    assert_eq!(refreshes(&app, Provider::Google), ["refresh_token ok"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_in_use_are_renewed_before_their_end_without_being_asked_for() {
    let every = Some(std::time::Duration::from_millis(20));
    let app = TestApp::with(Setup { refresh_ahead_every: every, ..Setup::default() }).await;
    app.configure("gmail").await;
    for user in ["u1", "u2", "u3"] {
        app.connect("gmail", user, "ada@example.com").await;
    }
    // Not yet: the worker has looked several times when somebody has been answered.
    app.advance(HOUR / 2);
    profile(&app).await.ok();
    assert!(refreshes(&app, Provider::Google).is_empty());
    app.advance(HOUR / 2 - 300);
    app.until(|| refreshes(&app, Provider::Google).len() == 3).await;
    // Each once, and nobody waits for it.
    profile(&app).await.ok();
    assert_eq!(refreshes(&app, Provider::Google), ["refresh_token ok"; 3]);

    // Nobody used them for longer than a week: the next use renews, the worker does not.
    app.advance(8 * 24 * HOUR);
    profile(&app).await.ok();
    assert_eq!(refreshes(&app, Provider::Google).len(), 4);
}

#[tokio::test]
async fn a_token_the_provider_refuses_is_renewed_once() {
    let app = TestApp::with_gmail("u1").await;
    app.twins().expire_access_tokens(Provider::Google);
    assert_eq!(profile(&app).await.status, 200, "refused with 401, renewed, sent again");
    assert_eq!(refreshes(&app, Provider::Google), ["refresh_token ok"]);
}

#[tokio::test]
async fn a_dead_grant_flips_once_and_says_why() {
    let app = TestApp::with_gmail("u1").await;
    app.twins().revoke_account(Provider::Google, "ada@example.com");
    let answers = join_all((0..20).map(|_| profile(&app))).await;
    for answer in &answers {
        assert_eq!(answer.error(), (409, "INTEGRATIONS_CONNECTION_EXPIRED"));
        assert_eq!(answer.details()["reason"], "refresh_rejected");
        assert!(answer.details()["connect_url"].as_str().unwrap().contains("/connect/"));
    }
    assert_eq!(refreshes(&app, Provider::Google).len(), 1, "{:?}", refreshes(&app, Provider::Google));
    let connections = app.get("/connections").await.ok();
    assert_eq!(connections["connections"][0]["status"], "expired");
    assert_eq!(connections["connections"][0]["status_reason"], "refresh_rejected");

    app.connect("gmail", "u1", "ada@example.com").await;
    assert_eq!(profile(&app).await.status, 200, "a reconnect heals it");
    assert_eq!(app.get("/connections").await.ok()["connections"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_grant_without_refresh_ends_with_its_token() {
    let app = TestApp::new().await;
    app.configure("github").await;
    let id = app.connect("github", "u1", ADA).await;
    app.advance(400 * 24 * HOUR);
    assert_eq!(
        app.execute("GITHUB_GET_THE_AUTHENTICATED_USER", "u1", json!({})).await.status,
        200,
        "they live long"
    );
    app.twins().revoke_account(Provider::GitHub, ADA);
    let answer = app.execute("GITHUB_GET_THE_AUTHENTICATED_USER", "u1", json!({})).await;
    assert_eq!(answer.error(), (409, "INTEGRATIONS_CONNECTION_EXPIRED"));
    assert_eq!(app.connection(&id).await["status_reason"], "revoked");
}

#[tokio::test]
async fn an_outage_flips_nobody_and_takes_nothing_away_that_still_works() {
    let app = TestApp::with_gmail("u1").await;
    for what in [
        What::Status500,
        What::Html502,
        What::ResetBefore,
        What::ResetAfter,
        What::Malformed,
        What::Status429 { retry_after: 1 },
    ] {
        app.twins().inject(fault(Provider::Google, "token", 1, what.clone()));
        app.advance(2 * HOUR);
        let answer = profile(&app).await;
        assert_eq!(answer.error(), (502, "INTEGRATIONS_EXECUTION_FAILED"), "{what:?}");
        assert_eq!(answer.details()["outcome"], "not_sent");
        assert_eq!(app.get("/connections").await.ok()["connections"][0]["status"], "active", "{what:?}");
        app.advance(60);
        assert_eq!(profile(&app).await.status, 200, "healed after {what:?}");
    }
}

#[tokio::test]
async fn a_token_that_still_works_outlives_an_outage_of_the_token_endpoint() {
    let app = TestApp::with_gmail("u1").await;
    app.twins().inject(fault(Provider::Google, "token", 100, What::Status500));
    app.advance(HOUR - 30);
    assert_eq!(profile(&app).await.status, 200);
}

#[tokio::test]
async fn between_failures_the_provider_is_left_alone() {
    let app = TestApp::with_gmail("u1").await;
    app.advance(2 * HOUR);
    app.twins().inject(fault(Provider::Google, "token", 1000, What::Status500));
    for _ in 0..30 {
        assert_eq!(profile(&app).await.status, 502);
    }
    assert_eq!(
        app.exchanges(Provider::Google, Kind::Token).len(),
        2,
        "the code, and one refresh until the pause is over"
    );
}

#[tokio::test]
async fn refused_client_credentials_flip_nobody() {
    let app = with_x().await;
    let client =
        app.twins().clients().into_iter().rfind(|client| client.provider == Provider::Twitter).unwrap();
    let secret = app.twins().rotate_client_secret(Provider::Twitter, &client.client_id).unwrap();
    app.advance(3 * HOUR);
    let answer = me(&app).await;
    assert_eq!(answer.error(), (502, "INTEGRATIONS_UPSTREAM_ERROR"));
    assert_eq!(app.get("/connections").await.ok()["connections"][0]["status"], "active");
    let warnings = app.get("/config").await.ok()["integrations"][0]["warnings"].clone();
    assert!(warnings[0].as_str().unwrap().contains("rotate them"), "{warnings}");

    let path = "/configure/twitter/credentials";
    app.call(reqwest::Method::PATCH, path, json!({"client_id": client.client_id, "client_secret": secret}))
        .await
        .ok();
    app.advance(60);
    assert_eq!(me(&app).await.status, 200, "the newest secret serves every refresh");
    assert_eq!(app.get("/config").await.ok()["integrations"][0]["warnings"], Value::Null);
}

#[tokio::test]
async fn a_client_that_is_accepted_again_is_no_longer_warned_of() {
    let app = TestApp::with_gmail("u1").await;
    app.advance(2 * HOUR);
    let body = r#"{"error":"invalid_client"}"#.to_owned();
    let stray = What::Answer { status: 401, headers: Default::default(), body };
    app.twins().inject(fault(Provider::Google, "token", 1, stray));
    assert_eq!(profile(&app).await.error(), (502, "INTEGRATIONS_UPSTREAM_ERROR"));
    assert!(app.get("/config").await.ok()["integrations"][0]["warnings"].is_array());
    app.advance(60);
    assert_eq!(profile(&app).await.status, 200);
    assert_eq!(app.get("/config").await.ok()["integrations"][0]["warnings"], Value::Null);
}

#[tokio::test]
async fn a_strict_refresh_whose_answer_is_lost_is_probed_and_then_says_so() {
    let app = with_x().await;
    app.advance(3 * HOUR);
    app.twins().inject(fault(Provider::Twitter, "token", 1, What::ResetAfter));
    assert_eq!(me(&app).await.error(), (502, "INTEGRATIONS_EXECUTION_FAILED"));
    assert_eq!(app.get("/connections").await.ok()["connections"][0]["status"], "active", "not yet");
    app.advance(60);
    let answer = me(&app).await;
    assert_eq!(answer.error(), (409, "INTEGRATIONS_CONNECTION_EXPIRED"));
    assert_eq!(answer.details()["reason"], "refresh_interrupted");
    app.advance(60);
    assert_eq!(me(&app).await.status, 409);
    assert_eq!(refreshes(&app, Provider::Twitter).len(), 2, "one exchange, one probe, and no more");
}

#[tokio::test]
async fn of_two_tokens_the_one_whose_refresh_was_interrupted_is_asked_about_first() {
    let app = with_rotating_slack().await;
    let bot = async || app.execute("SLACK_TEST_AUTH", "u1", json!({})).await;
    let reminder = json!({"text": "Tea", "time": "in 20 minutes"});
    let user = async || app.execute("SLACK_CREATE_A_REMINDER", "u1", reminder.clone()).await;
    assert_eq!((bot().await.status, user().await.status), (200, 200));
    app.advance(13 * HOUR);
    app.twins().inject(fault(Provider::Slack, "token", 1, What::ResetAfter));
    assert_eq!(bot().await.error(), (502, "INTEGRATIONS_EXECUTION_FAILED"));
    app.advance(60);
    let answer = user().await;
    assert_eq!(answer.error(), (409, "INTEGRATIONS_CONNECTION_EXPIRED"), "{}", answer.body);
    assert_eq!(answer.details()["reason"], "refresh_interrupted");
}

#[tokio::test]
async fn slack_tokens_rotate_where_the_client_says_so() {
    let app = with_rotating_slack().await;
    for _ in 0..2 {
        app.advance(13 * HOUR);
        assert_eq!(app.execute("SLACK_TEST_AUTH", "u1", json!({})).await.status, 200);
    }
    assert_eq!(refreshes(&app, Provider::Slack), ["refresh_token ok"; 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reconnect_during_a_refresh_wins() {
    let app = std::sync::Arc::new(TestApp::with_gmail("u1").await);
    app.advance(2 * HOUR);
    app.twins().inject(fault(Provider::Google, "token", 1, What::Hold("refresh".into())));
    let waiting = {
        let app = std::sync::Arc::clone(&app);
        tokio::spawn(async move { profile(&app).await })
    };
    app.twins().wait_held("refresh", 1).await;
    let id = app.connect("gmail", "u1", "ada@example.com").await;
    app.twins().release("refresh");
    assert_eq!(waiting.await.unwrap().status, 200, "the newest grant serves the call that waited");
    assert_eq!(app.connection(&id).await["status"], "active");
    assert_eq!(profile(&app).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reconnect_that_nobody_confirmed_serves_no_call_that_waited() {
    let app = std::sync::Arc::new(TestApp::with_gmail("u1").await);
    let settings = json!({"confirm_connections": true});
    app.send(reqwest::Method::PUT, &format!("/v1/{}/settings", app.app), &app.key, settings).await.ok();
    app.advance(2 * HOUR);
    app.twins().inject(fault(Provider::Google, "token", 1, What::Hold("refresh".into())));
    let waiting = {
        let app = std::sync::Arc::clone(&app);
        tokio::spawn(async move { profile(&app).await })
    };
    app.twins().wait_held("refresh", 1).await;
    let id = app.get("/connections").await.ok()["connections"][0]["id"].as_str().unwrap().to_owned();
    let link = app.link("gmail", "u1").await;
    let ada = sandbox::Decision::Allow("ada@example.com".into());
    crate::support::Browser::new().connect(&app, &link, &ada).await;
    assert_eq!(app.connection(&id).await["status_reason"], "awaiting_confirmation");
    app.twins().release("refresh");
    let answer = waiting.await.unwrap();
    assert_eq!(answer.error(), (409, "INTEGRATIONS_NOT_CONNECTED"), "{}", answer.body);
    assert_eq!(answer.details()["reason"], "awaiting_confirmation");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disconnect_during_a_refresh_is_final() {
    let app = std::sync::Arc::new(with_x().await);
    let id = app.get("/connections").await.ok()["connections"][0]["id"].as_str().unwrap().to_owned();
    app.advance(3 * HOUR);
    app.twins().inject(fault(Provider::Twitter, "token", 1, What::HoldAnswer("refresh".into())));
    let waiting = {
        let app = std::sync::Arc::clone(&app);
        tokio::spawn(async move { me(&app).await })
    };
    app.twins().wait_held("refresh", 1).await;
    app.call(reqwest::Method::DELETE, &format!("/connections/{id}"), Value::Null).await.ok();
    app.twins().release("refresh");
    let gone = waiting.await.unwrap();
    assert_eq!(gone.error(), (409, "INTEGRATIONS_NOT_CONNECTED"));
    assert!(gone.details()["connect_url"].is_string(), "{}", gone.body);
    assert_eq!(app.get("/connections").await.ok()["connections"], json!([]));
    let minted = app.twins().ledger().into_iter().rfind(|entry| entry.kind == Kind::Token).unwrap();
    let minted = minted.detail["access_token"].clone();
    let revoked = app.twins().ledger().into_iter().filter(|entry| entry.kind == Kind::Revoke);
    let revoked: Vec<Value> = revoked.filter_map(|entry| entry.detail.get("presented").cloned()).collect();
    assert!(revoked.contains(&minted), "the token minted for nobody is ended: {minted} in {revoked:?}");
}

#[tokio::test]
async fn one_refusal_of_a_tool_ends_no_account_that_its_provider_still_knows() {
    let app = TestApp::new().await;
    app.configure("github").await;
    let id = app.connect("github", "u1", ADA).await;
    let refuse = |times| {
        let what = What::Answer { status: 401, headers: Default::default(), body: "{}".into() };
        fault(Provider::GitHub, "api.github.com/user/repos", times, what)
    };
    app.twins().inject(refuse(2));
    let tool = "GITHUB_LIST_REPOSITORIES_FOR_THE_AUTHENTICATED_USER";
    let refused = app.execute(tool, "u1", json!({})).await;
    assert_eq!(refused.error(), (422, "INTEGRATIONS_EXECUTION_FAILED"), "{}", refused.body);
    assert_eq!(app.connection(&id).await["status"], "active");
    assert_eq!(app.execute(tool, "u1", json!({})).await.status, 200);
}

#[tokio::test]
async fn trouble_that_lasts_is_asked_about_less_and_less() {
    let app = TestApp::with_gmail("u1").await;
    app.advance(2 * HOUR);
    app.twins().inject(fault(Provider::Google, "token", 1, What::Status429 { retry_after: 120 }));
    assert_eq!(profile(&app).await.headers["retry-after"], "120", "the provider's own word counts");
    app.advance(121);
    app.twins().inject(Fault { times: None, ..fault(Provider::Google, "token", 1, What::Status500) });
    let mut waits = Vec::new();
    for _ in 0..4 {
        let wait: i64 = profile(&app).await.headers["retry-after"].to_str().unwrap().parse().unwrap();
        waits.push(wait);
        app.advance(wait + 1);
    }
    assert_eq!(waits, [240, 300, 300, 300]);
    app.twins().clear_faults();
    assert_eq!(profile(&app).await.status, 200);
}

#[tokio::test]
async fn an_instance_that_lost_its_own_client_ends_no_account() {
    let vault_keys = vault_key("k1");
    let app = TestApp::with(Setup { vault_keys: vault_keys.clone(), ..Setup::default() }).await;
    app.configure("gmail").await;
    let id = app.connect("gmail", "u1", "ada@example.com").await;
    let again = async |app: TestApp, managed| {
        let (clock, sandbox, dir) = (app.clock.clone(), app.sandbox.clone(), app.dir.clone());
        let (database, of, key) = (app.database.clone(), app.app.clone(), app.key.clone());
        app.stop().await;
        let vault_keys = vault_keys.clone();
        let setup = Setup { managed, vault_keys, database: Some(database), ..Setup::default() };
        let mut app = TestApp::beside(setup, clock, sandbox, dir).await;
        (app.app, app.key) = (of, key);
        app
    };
    let app = again(app, false).await;
    app.advance(2 * HOUR);
    let missing = profile(&app).await;
    assert_eq!(missing.error(), (502, "INTEGRATIONS_UPSTREAM_ERROR"));
    assert_eq!(missing.details()["reason"], "client_missing");
    assert_eq!(app.connection(&id).await["status"], "active");
    assert!(refreshes(&app, Provider::Google).is_empty(), "nobody was asked");
    let app = again(app, true).await;
    app.advance(60);
    assert_eq!(profile(&app).await.status, 200, "with the client back it goes on");
}

/// There is nothing to renew, and nobody to ask whose token it is.
#[tokio::test]
async fn a_bare_401_of_somebody_on_the_way_ends_no_slack_account() {
    let app = TestApp::new().await;
    app.configure("slack").await;
    let id = app.connect("slack", "u1", ADA).await;
    let body = "<html>401 Authorization Required</html>".to_owned();
    let what = What::Answer { status: 401, headers: Default::default(), body };
    app.twins().inject(Fault { provider: Provider::Slack, matcher: "api".into(), times: Some(1), what });
    assert_eq!(app.execute("SLACK_TEST_AUTH", "u1", json!({})).await.error().0, 502);
    assert_eq!(app.connection(&id).await["status"], "active");
    assert_eq!(app.execute("SLACK_TEST_AUTH", "u1", json!({})).await.status, 200);
    app.twins().revoke_account(Provider::Slack, ADA);
    assert_eq!(
        app.execute("SLACK_TEST_AUTH", "u1", json!({})).await.error(),
        (409, "INTEGRATIONS_CONNECTION_EXPIRED")
    );
}
