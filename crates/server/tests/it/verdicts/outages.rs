//! What lasts: an outage of hours, a storm of calls for accounts that are dead, and answers that are lost for good.

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt as _};
use sandbox::{Fault, Grace, Kind, Provider, Reuse, Transfer, What};
use serde_json::json;

use crate::support::{ADA, Answer, TestApp, x_credentials};

const HOUR: i64 = 3600;

async fn with_x() -> TestApp {
    let app = TestApp::new().await;
    let credentials = x_credentials(&app);
    app.post("/configure", json!({"toolkit": "twitter", "oauth_credentials": credentials})).await.ok();
    app.connect("twitter", "u1", ADA).await;
    app
}

async fn me(app: &TestApp) -> Answer {
    app.execute("TWITTER_USER_LOOKUP_ME", "u1", json!({})).await
}

async fn profile(app: &TestApp, user: &str) -> Answer {
    app.execute("GMAIL_GET_PROFILE", user, json!({})).await
}

fn inject(app: &TestApp, provider: Provider, times: Option<u32>, what: What) {
    app.twins().inject(Fault { provider, matcher: "token".into(), times, what });
}

fn answer(status: u16, body: &str) -> What {
    What::Answer { status, headers: BTreeMap::new(), body: body.to_owned() }
}

/// When the provider's token endpoint was asked, in seconds.
fn asked(app: &TestApp, provider: Provider) -> Vec<i64> {
    let ledger = app.twins().ledger();
    let ours = ledger.iter().filter(|entry| entry.provider == provider && entry.kind == Kind::Token);
    ours.map(|entry| entry.at.as_second()).collect()
}

fn assert_backs_off(asked: &[i64], least: i64) {
    let mut pause = least;
    for pair in asked.windows(2) {
        assert!(pair[1] - pair[0] >= pause, "{pair:?} are less than {pause} s apart");
        pause = (pause * 2).min(300);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn six_hours_without_a_token_endpoint_end_nobody() {
    let app = with_x().await;
    app.configure("gmail").await;
    app.connect("gmail", "u1", "ada@example.com").await;
    app.advance(3 * HOUR);
    app.twins().clear_ledger();
    for provider in [Provider::Google, Provider::Twitter] {
        inject(&app, provider, Some(10), What::Status500);
        inject(&app, provider, Some(10), What::Html502);
        inject(&app, provider, Some(10), What::ResetBefore);
        inject(&app, provider, Some(10), answer(429, ""));
        inject(&app, provider, None, answer(503, r#"{"error":"temporarily_unavailable"}"#));
    }
    for _ in 0..6 * HOUR / 30 {
        assert_eq!((profile(&app, "u1").await.status, me(&app).await.status), (502, 502));
        app.advance(30);
    }
    for provider in [Provider::Google, Provider::Twitter] {
        let asked = asked(&app, provider);
        assert_backs_off(&asked, 2);
        assert!(asked.len() <= 80, "{}", asked.len());
    }
    let connections = app.get("/connections").await.ok();
    for connection in connections["connections"].as_array().unwrap() {
        assert_eq!((&connection["status"], &connection["status_reason"]), (&json!("active"), &json!(null)));
    }
    app.twins().clear_faults();
    app.advance(301);
    assert_eq!((profile(&app, "u1").await.status, me(&app).await.status), (200, 200));
}

/// So many users, each with an account of Gmail.
async fn with_users(count: usize) -> (TestApp, Vec<String>) {
    let app = TestApp::new().await;
    app.configure("gmail").await;
    let users: Vec<String> = (0..count).map(|number| format!("user-{number}")).collect();
    let connect = async |user: &String| drop(app.connect("gmail", user, "ada@example.com").await);
    stream::iter(&users).for_each_concurrent(8, connect).await;
    (app, users)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_calls_for_dead_accounts_asks_for_each_once() {
    let count = if std::env::var_os("LONG").is_some() { 5000 } else { 300 };
    let (app, users) = with_users(count).await;
    app.twins().revoke_account(Provider::Google, "ada@example.com");
    app.advance(2 * HOUR);
    app.twins().clear_ledger();
    for _ in 0..2 {
        let poll = async |user: &String| {
            let refused = profile(&app, user).await;
            assert_eq!(refused.error(), (409, "INTEGRATIONS_CONNECTION_EXPIRED"));
            assert_eq!(refused.details()["reason"], "refresh_rejected");
        };
        // Each account twice at once.
        let polls = users.iter().flat_map(|user| [user, user]);
        stream::iter(polls).for_each_concurrent(16, poll).await;
        app.advance(60);
    }
    assert_eq!(asked(&app, Provider::Google).len(), count);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_may_pass_is_asked_about_less_and_less() {
    let (app, users) = with_users(8).await;
    app.advance(2 * HOUR);
    app.twins().clear_ledger();
    inject(&app, Provider::Google, None, answer(403, "<h1>Request blocked</h1>"));
    for _ in 0..200 {
        stream::iter(&users).for_each_concurrent(8, async |user| drop(profile(&app, user).await)).await;
        app.advance(5);
    }
    // At 0, 30, 90, 210, 450 and 750 seconds, or as soon after as somebody calls.
    assert_eq!(asked(&app, Provider::Google).len(), 6 * users.len());
    app.twins().clear_faults();
    app.advance(301);
    assert_eq!(profile(&app, "user-7").await.status, 200);
}

/// Everything after which nobody knows whether the provider has acted; here it has.
fn losses() -> Vec<What> {
    let html = "<html><h1>504 Gateway Time-out</h1></html>".to_owned();
    vec![
        What::ResetAfter,
        What::Malformed,
        What::Transfer(Transfer::CutOff),
        What::Transfer(Transfer::Padded(10_000_000)),
        What::Reword { status: Some(504), headers: BTreeMap::new(), body: html },
        What::Reword { status: Some(200), headers: BTreeMap::new(), body: String::new() },
    ]
}

async fn lose(app: &TestApp, what: What) {
    app.advance(3 * HOUR);
    app.twins().clear_ledger();
    inject(app, Provider::Twitter, Some(1), what.clone());
    let lost = me(app).await;
    assert_eq!(lost.error(), (502, "INTEGRATIONS_EXECUTION_FAILED"), "{what:?}");
    assert_eq!(app.get("/connections").await.ok()["connections"][0]["status"], "active", "{what:?}: not yet");
    app.advance(lost.headers["retry-after"].to_str().unwrap().parse::<i64>().unwrap() + 1);
}

#[tokio::test]
async fn within_its_grace_a_strict_provider_mends_what_was_lost() {
    let app = with_x().await;
    for grace in [Grace::SameAgain(60), Grace::Another(60)] {
        app.twins().set_grace(Provider::Twitter, Some(grace));
        for what in losses() {
            lose(&app, what.clone()).await;
            assert_eq!(me(&app).await.status, 200, "{grace:?} {what:?}");
            assert_eq!(asked(&app, Provider::Twitter).len(), 2, "{grace:?} {what:?}");
            let ledger = app.twins().ledger();
            let reused = ledger.iter().any(|entry| entry.detail.get("reuse_detected") == Some(&json!(true)));
            assert!(!reused, "{grace:?} {what:?}");
        }
    }
    // Nothing is left of it.
    app.twins().set_grace(Provider::Twitter, None);
    app.advance(3 * HOUR);
    assert_eq!(me(&app).await.status, 200);
    app.twins().revoke_account(Provider::Twitter, ADA);
    app.advance(3 * HOUR);
    assert_eq!(me(&app).await.details()["reason"], "refresh_rejected");
}

#[tokio::test]
async fn without_a_grace_it_is_asked_once_and_then_said() {
    let app = with_x().await;
    for reuse in [Reuse::EndsFamily, Reuse::IsRefused] {
        app.twins().set_reuse(Provider::Twitter, reuse);
        for what in losses() {
            lose(&app, what.clone()).await;
            let ended = me(&app).await;
            assert_eq!(ended.error(), (409, "INTEGRATIONS_CONNECTION_EXPIRED"), "{reuse:?} {what:?}");
            assert_eq!(ended.details()["reason"], "refresh_interrupted", "{reuse:?} {what:?}");
            app.advance(HOUR);
            assert_eq!(me(&app).await.status, 409);
            assert_eq!(asked(&app, Provider::Twitter).len(), 2, "{reuse:?} {what:?}: it, and one probe");
            app.connect("twitter", "u1", ADA).await;
            assert_eq!(me(&app).await.status, 200, "{reuse:?} {what:?}: a reconnect heals it");
        }
    }
}
