//! Executing: what is sent again and what never is, and what an idempotency key answers.

use reqwest::Method;
use sandbox::{Fault, Kind, Matcher, Provider, What};
use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

fn api(times: u32, what: What) -> Fault {
    Fault {
        provider: Provider::Google,
        matcher: Matcher::Path("gmail.googleapis.com".into()),
        times: Some(times),
        what,
    }
}

async fn read(app: &TestApp) -> Answer {
    app.execute("GMAIL_LIST_LABELS", "u1", json!({})).await
}

fn mail() -> Value {
    json!({"to": "grace@example.com", "subject": "Hello", "body": "World"})
}

async fn write(app: &TestApp) -> Answer {
    app.execute("GMAIL_SEND_EMAIL", "u1", mail()).await
}

/// A write of which nobody can find out whether it took effect.
async fn write_label(app: &TestApp, name: &str) -> Answer {
    app.execute("GMAIL_CREATE_LABEL", "u1", json!({"name": name})).await
}

async fn has_label(app: &TestApp, name: &str) -> bool {
    let found = read(app).await.ok();
    found["data"]["labels"].as_array().unwrap().iter().any(|label| label["name"] == name)
}

fn sent(app: &TestApp) -> usize {
    let calls = app.twins().ledger().into_iter();
    calls.filter(|entry| entry.kind == Kind::Api && entry.path.ends_with("/messages/send")).count()
}

/// What the twin really has in Ada's outbox.
async fn outbox(app: &TestApp) -> usize {
    let found = app.execute("GMAIL_FETCH_EMAILS", "u1", json!({"query": "in:sent subject:Hello"})).await.ok();
    found["data"]["messages"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_read_is_sent_again_after_trouble() {
    let app = TestApp::with_gmail("u1").await;
    for what in [What::Status500, What::Html502, What::ResetBefore, What::ResetAfter, What::Malformed] {
        app.twins().inject(api(1, what.clone()));
        assert_eq!(read(&app).await.status, 200, "{what:?}");
        app.twins().inject(api(3, what.clone()));
        let failed = read(&app).await;
        assert_eq!(failed.error(), (502, "INTEGRATIONS_EXECUTION_FAILED"), "{what:?}");
    }
}

#[tokio::test]
async fn a_write_whose_outcome_is_unknown_is_sent_once_and_says_so() {
    let app = TestApp::with_gmail("u1").await;
    for (what, landed) in [
        (What::Status500, false),
        (What::Html502, false),
        (What::ResetBefore, false),
        (What::ResetAfter, true),
        (What::Malformed, true),
    ] {
        let name = format!("{what:?}");
        let before = app.twins().ledger().last().unwrap().sequence;
        app.twins().inject(api(1, what.clone()));
        let failed = write_label(&app, &name).await;
        assert_eq!(failed.error(), (502, "INTEGRATIONS_EXECUTION_FAILED"), "{what:?}");
        assert_eq!(failed.details()["outcome"], "unknown", "{what:?}");
        assert_eq!(app.twins().ledger_since(before).len(), 1, "{what:?}");
        assert_eq!(has_label(&app, &name).await, landed, "{what:?}");
    }
}

#[tokio::test]
async fn too_many_requests_are_waited_for_within_the_deadline() {
    let app = TestApp::with_gmail("u1").await;
    app.twins().inject(api(1, What::Status429 { retry_after: 1 }));
    assert_eq!(write(&app).await.status, 200, "refused, so it may be sent again");
    assert_eq!(outbox(&app).await, 1);

    app.twins().inject(api(1, What::Status429 { retry_after: 3600 }));
    let refused = write(&app).await;
    assert_eq!(refused.error(), (429, "QUOTA_RATE_LIMIT"));
    assert_eq!(refused.headers["retry-after"], "3600");
    assert_eq!(outbox(&app).await, 1);
}

#[tokio::test]
async fn what_the_provider_refuses_is_said_with_its_own_code() {
    let app = TestApp::with_gmail("u1").await;
    let refused = app.execute("GMAIL_FETCH_MESSAGE_BY_MESSAGE_ID", "u1", json!({"message_id": "nope"})).await;
    assert_eq!(refused.error(), (422, "INTEGRATIONS_EXECUTION_FAILED"));
    assert_eq!(refused.details()["reason"], "provider_refused");
    assert!(
        [400, 404].contains(&refused.details()["provider"]["status"].as_i64().unwrap()),
        "{}",
        refused.body
    );
}

#[tokio::test]
async fn wrong_arguments_are_refused_before_anything_is_sent() {
    let app = TestApp::with_gmail("u1").await;
    let refused = app.execute("GMAIL_SEND_EMAIL", "u1", json!({"subjct": "x", "to": 5})).await;
    assert_eq!(refused.error(), (422, "INTEGRATIONS_EXECUTION_FAILED"));
    assert_eq!(
        refused.details(),
        &json!({"reason": "invalid_arguments", "problems": [
            {"pointer": "/params/subjct", "message": "is not a parameter; did you mean `subject`?"},
            {"pointer": "/params/to", "message": "fits none of the accepted forms"},
        ]})
    );
    let refused = app.execute("GMAIL_SEND_EMAIL", "u1", json!({"to": "no address"})).await;
    assert_eq!(refused.details()["problems"][0]["message"], "`no address` is no e-mail address");
    assert_eq!(sent(&app), 0);
}

#[tokio::test]
async fn arguments_that_no_address_can_hold_are_the_callers_mistake() {
    let app = TestApp::with_gmail("u1").await;
    let refused = app.execute("GMAIL_FETCH_EMAILS", "u1", json!({"query": "x".repeat(70_000)})).await;
    assert_eq!(refused.error(), (422, "INTEGRATIONS_EXECUTION_FAILED"));
    assert_eq!(refused.details()["reason"], "invalid_arguments");
    assert!(refused.body.to_string().contains("shorten them"), "{}", refused.body);
}

#[tokio::test]
async fn a_failed_read_does_not_keep_its_key() {
    let app = TestApp::with_gmail("u1").await;
    let read = async || {
        let path = format!("{}/v1/{}/integrations/execute", app.url, app.app);
        let body = json!({"toolName": "GMAIL_LIST_LABELS", "userId": "u1"});
        let request = app.http().post(path).bearer_auth(&app.key).header("idempotency-key", "r");
        app.answer(request.body(body.to_string())).await.status
    };
    app.twins().inject(api(3, What::Malformed));
    assert_eq!(read().await, 502);
    assert_eq!(read().await, 200);
}

async fn with_key(app: &TestApp, key: &str, params: Value) -> Answer {
    let body = json!({"toolName": "GMAIL_SEND_EMAIL", "userId": "u1", "params": params});
    let path = format!("{}/v1/{}/integrations/execute", app.url, app.app);
    let request =
        app.http().post(path).bearer_auth(&app.key).header("idempotency-key", key).body(body.to_string());
    app.answer(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotency_key_is_carried_out_once() {
    let app = TestApp::with_gmail("u1").await;
    let first = with_key(&app, "k1", mail()).await.ok();
    assert_eq!(with_key(&app, "k1", mail()).await.ok(), first, "answered from the first one's result");
    let reordered = json!({"body": "World", "subject": "Hello", "recipient_email": "grace@example.com"});
    assert_eq!(with_key(&app, "k1", reordered).await.ok(), first, "the same arguments in another order");
    let other = with_key(&app, "k1", json!({"to": "alan@example.com"})).await;
    assert_eq!(other.error(), (409, "INTEGRATIONS_EXECUTION_FAILED"));
    assert_eq!(other.details()["reason"], "idempotency_key_reused");
    assert_eq!(sent(&app), 1);

    app.advance(25 * 3600);
    assert_eq!(with_key(&app, "k1", mail()).await.status, 200);
    assert_eq!(sent(&app), 2, "a day later the key is free again");

    let many = futures_util::future::join_all((0..20).map(|_| with_key(&app, "k2", mail()))).await;
    assert_eq!(sent(&app), 3, "{:?}", many.iter().map(|answer| answer.status).collect::<Vec<_>>());
    for answer in many {
        assert!(answer.status == 200 || answer.details()["reason"] == "in_progress", "{}", answer.body);
    }
}

#[tokio::test]
async fn an_idempotency_key_remembers_what_is_unknown_and_forgets_what_failed() {
    let app = TestApp::with_gmail("u1").await;
    app.twins().inject(api(1, What::ResetAfter));
    let label = || json!({"toolName": "GMAIL_CREATE_LABEL", "userId": "u1", "params": {"name": "Once"}, "idempotencyKey": "k1"});
    assert_eq!(app.post("/execute", label()).await.details()["outcome"], "unknown");
    let before = app.twins().ledger().last().unwrap().sequence;
    assert_eq!(app.post("/execute", label()).await.details()["outcome"], "unknown", "not repeated");
    assert!(app.twins().ledger_since(before).is_empty());

    app.twins().inject(api(1, What::Status429 { retry_after: 3600 }));
    assert_eq!(with_key(&app, "k2", mail()).await.status, 429);
    assert_eq!(with_key(&app, "k2", mail()).await.status, 200, "nothing had happened");

    for wrong in ["", &"x".repeat(256)] {
        let refused = with_key(&app, wrong, mail()).await;
        assert_eq!(refused.error(), (400, "VALIDATION_INVALID_SCHEMA"), "{wrong}");
    }
}

#[tokio::test]
async fn an_end_users_key_of_one_user_says_nothing_of_another() {
    let app = TestApp::with_gmail("u1").await;
    app.connect("gmail", "u2", "grace@example.com").await;
    let execute = async |user: &str| {
        let body = json!({"toolName": "GMAIL_GET_PROFILE", "userId": user, "idempotencyKey": "same"});
        app.post("/execute", body).await.ok()["data"]["emailAddress"].clone()
    };
    assert_eq!(execute("u1").await, "ada@example.com");
    assert_eq!(execute("u2").await, "grace@example.com");
}

#[tokio::test]
async fn a_foreign_or_unknown_account_is_not_found() {
    let app = TestApp::with_gmail("u1").await;
    let other = app.connect("gmail", "u2", "grace@example.com").await;
    for id in [other.as_str(), "ca_unknown", "", "../x", "ca_\u{0}"] {
        let body = json!({"toolName": "GMAIL_GET_PROFILE", "userId": "u1", "connectionId": id});
        let answer = app.post("/execute", body).await;
        assert_eq!(answer.error(), (404, "RESOURCE_NOT_FOUND"), "{id:?}");
    }
}

#[tokio::test]
async fn what_callers_do_is_audited_without_its_content() {
    let app = TestApp::with_gmail("u1").await;
    write(&app).await.ok();
    app.execute("GMAIL_SEND_EMAIL", "u1", json!({})).await;
    app.execute("GMAIL_NOTHING", "u1", json!({})).await;
    let lines = app.audited("execute_action", 3).await;
    let shown: Vec<Value> = lines
        .iter()
        .map(|line| json!([line["tool"], line["outcome"], line["error_code"], line["user_id"]]))
        .collect();
    assert_eq!(
        shown,
        [
            json!(["GMAIL_SEND_EMAIL", "success", null, "u1"]),
            json!(["GMAIL_SEND_EMAIL", "failure", "INTEGRATIONS_EXECUTION_FAILED", "u1"]),
            json!(["GMAIL_NOTHING", "failure", "INTEGRATIONS_EXECUTION_FAILED", "u1"]),
        ]
    );
    assert!(
        lines[0]["request_bytes"].as_i64().unwrap() > 0 && lines[0]["response_bytes"].as_i64().unwrap() > 0
    );
    assert!(lines[0]["request_id"].as_str().unwrap().starts_with("req_"));
    let text = Value::from(lines).to_string();
    assert!(!text.contains("grace@example.com") && !text.contains("Hello"), "{text}");
    let key = app.send(Method::GET, &format!("/v1/{}/keys", app.app), &app.key, Value::Null).await.ok();
    assert!(key["keys"][0]["last_used_at"].is_string());
    assert!(app.get("/connections").await.ok()["connections"][0]["last_used_at"].is_string());
}

#[tokio::test]
async fn a_tool_that_acts_as_the_app_needs_no_account_but_its_credential() {
    let app = TestApp::new().await;
    let mut credentials = crate::support::x_credentials(&app);
    let bearer = credentials.as_object_mut().unwrap().remove("generic_id").unwrap();
    app.post("/configure", json!({"toolkit": "twitter", "oauth_credentials": credentials})).await.ok();
    let count = async || app.execute("TWITTER_RECENT_SEARCH_COUNTS", "u1", json!({"query": "rust"})).await;
    let refused = count().await;
    assert_eq!(refused.error(), (400, "INTEGRATIONS_BYO_CREDENTIALS_REQUIRED"));
    assert_eq!(refused.details()["missing_credentials"], json!(["generic_id"]));
    app.call(Method::PATCH, "/configure/twitter/credentials", json!({"generic_id": bearer})).await.ok();
    assert_eq!(count().await.status, 200);
}

#[tokio::test]
async fn the_whole_answer_comes_on_request_and_long_texts_are_cut() {
    let app = TestApp::with_gmail("u1").await;
    let long = json!({"to": "ada@example.com", "subject": "Long", "body": "é".repeat(25_000)});
    let sent = app.execute("GMAIL_SEND_EMAIL", "u1", long).await.ok()["data"]["messageId"].clone();
    let read = async |more: Value| {
        let mut body = json!({"toolName": "GMAIL_FETCH_MESSAGE_BY_MESSAGE_ID", "userId": "u1",
            "params": {"message_id": sent}});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        app.call(Method::POST, "/execute", body).await.ok()["data"].clone()
    };
    let cut = read(json!({})).await["text"].as_str().unwrap().to_owned();
    assert!(cut.ends_with("... [cut: 20000 of 25000 characters; `text_limit`: 25000 gives all]"), "{cut}");
    let whole = read(json!({"textLimit": 25_000})).await;
    assert_eq!(whole["text"].as_str().unwrap().chars().count(), 25_000);
    let raw = read(json!({"raw": true})).await;
    assert_eq!(raw["payload"]["mimeType"], "text/plain", "{raw}");
    let wrong = json!({"toolName": "GMAIL_LIST_LABELS", "userId": "u1", "textLimit": -1});
    assert_eq!(app.call(Method::POST, "/execute", wrong).await.error(), (400, "VALIDATION_INVALID_SCHEMA"));
}

#[tokio::test]
async fn a_call_of_several_requests_says_what_is_done_when_a_later_one_fails() {
    let app = TestApp::with_gmail("u1").await;
    let listed = app.execute("GMAIL_FETCH_EMAILS", "u1", json!({"query": "has:attachment"})).await.ok();
    let id = listed["data"]["messages"][0]["messageId"].clone();
    let forward = json!({"message_id": id, "to": "grace@example.com"});
    let sends = Matcher::Path("gmail.googleapis.com/gmail/v1/users/me/messages/send".into());
    let fault = Fault { provider: Provider::Google, matcher: sends, times: Some(1), what: What::ResetBefore };
    app.twins().inject(fault);
    let failed = app.execute("GMAIL_FORWARD_MESSAGE", "u1", forward.clone()).await;
    assert_eq!(failed.details()["outcome"], "unknown");
    assert!(failed.details()["done"].is_null(), "the reads before it changed nothing");
    assert_eq!(sent(&app), 1);
    // What only reads on the way is sent again after trouble, what is written never is.
    app.twins().inject(api(1, What::Status500));
    app.execute("GMAIL_FORWARD_MESSAGE", "u1", forward).await.ok();
    assert_eq!(sent(&app), 2);
}

#[tokio::test]
async fn a_file_may_be_large_once_its_sender_is_known() {
    let app = TestApp::with_gmail("u1").await;
    let content = "A".repeat(2 * 1024 * 1024);
    let mail = json!({"to": "ada@example.com", "subject": "Big", "body": "x",
        "attachments": [{"filename": "a.bin", "content": content}]});
    app.execute("GMAIL_SEND_EMAIL", "u1", mail).await.ok();
    let body = "x".repeat(2 * 1024 * 1024);
    let url = format!("{}/v1/{}/integrations/execute", app.url, app.app);
    let stranger = app.http().post(&url).bearer_auth("bb_sk_nobody").body(body.clone()).send().await.unwrap();
    assert_eq!(stranger.status(), 401);
    let huge = "x".repeat(9 * 1024 * 1024);
    let refused = app.http().post(&url).bearer_auth(&app.key).body(huge).send().await.unwrap();
    assert_eq!(refused.status(), 413);
}
