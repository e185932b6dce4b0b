//! What became of a write can be asked for, and is found out where its tool says how.

use std::sync::Arc;
use std::time::Duration;

use sandbox::{Fault, Provider, What};
use serde_json::{Value, json};

use crate::support::{Answer, Setup, TestApp};

fn fault(provider: Provider, matcher: &str, times: Option<u32>, what: What) -> Fault {
    Fault { provider, matcher: matcher.into(), times, what }
}

/// What happens to the next request that sends a mail.
fn on_send(what: What) -> Fault {
    fault(Provider::Google, "POST gmail.googleapis.com/gmail/v1/users/me/messages/send", Some(1), what)
}

/// The mailbox cannot be looked at until the faults are cleared.
fn blind() -> Fault {
    fault(Provider::Google, "GET gmail.googleapis.com/gmail/v1/users/me/messages", None, What::Status500)
}

async fn execute(app: &TestApp, tool: &str, params: Value, key: Option<&str>) -> Answer {
    let body = json!({"toolName": tool, "userId": "u1", "params": params, "idempotencyKey": key});
    app.post("/execute", body).await
}

async fn mail(app: &TestApp, key: Option<&str>) -> Answer {
    let params = json!({"to": "grace@example.com", "subject": "Once", "body": "World"});
    execute(app, "GMAIL_SEND_EMAIL", params, key).await
}

async fn outbox(app: &TestApp) -> usize {
    let found = app.execute("GMAIL_FETCH_EMAILS", "u1", json!({"query": "in:sent subject:Once"})).await.ok();
    found["data"]["messages"].as_array().unwrap().len()
}

async fn shown(app: &TestApp, id: &Value) -> Value {
    app.get(&format!("/executions/{}", id.as_str().unwrap())).await.ok()
}

async fn listed(app: &TestApp, query: &str) -> Vec<Value> {
    app.get(&format!("/executions?{query}")).await.ok()["executions"].as_array().unwrap().clone()
}

#[tokio::test]
async fn every_answer_to_a_write_names_its_execution() {
    let app = TestApp::with_gmail("u1").await;
    let done = mail(&app, Some("k")).await.ok();
    let mut execution = shown(&app, &done["execution_id"]).await;
    assert_eq!(execution["data"], done["data"]);
    for member in ["id", "connection_id"] {
        execution[member] = json!(&execution[member].as_str().unwrap()[..3]);
    }
    execution["data"] = json!("as answered");
    insta::assert_json_snapshot!(execution, @r#"
    {
      "id": "ex_",
      "tool_name": "GMAIL_SEND_EMAIL",
      "app_user_id": "u1",
      "connection_id": "ca_",
      "state": "succeeded",
      "idempotency_key": "k",
      "started_at": "2030-03-17T17:46:40Z",
      "finished_at": "2030-03-17T17:46:40Z",
      "data": "as answered"
    }
    "#);
    assert_eq!(mail(&app, Some("k")).await.ok()["execution_id"], done["execution_id"], "the key's first one");

    let without = mail(&app, None).await.ok();
    assert_eq!(shown(&app, &without["execution_id"]).await["data"], Value::Null, "no key, no result kept");
    let refused = execute(&app, "GMAIL_MOVE_TO_TRASH", json!({"message_id": "nope"}), None).await;
    assert_eq!(refused.error(), (422, "INTEGRATIONS_EXECUTION_FAILED"));
    assert_eq!(shown(&app, &refused.details()["execution_id"]).await["state"], "failed");
    let read = app.execute("GMAIL_GET_PROFILE", "u1", json!({})).await.ok();
    assert_eq!(read["execution_id"], Value::Null, "what only reads is not written down");
    let by_mcp = json!({"tool_name": "GMAIL_CREATE_LABEL", "user_id": "u1", "params": {"name": "By MCP"}});
    let by_mcp = app.manage("execute_action", by_mcp).await.unwrap();
    assert_eq!(shown(&app, &by_mcp["execution_id"]).await["tool_name"], "GMAIL_CREATE_LABEL");
}

#[tokio::test]
async fn executions_are_listed_in_pages_and_only_to_those_who_may_see_them() {
    let app = TestApp::with_gmail("u1").await;
    app.connect("gmail", "u2", "grace@example.com").await;
    for name in ["A", "B", "C"] {
        execute(&app, "GMAIL_CREATE_LABEL", json!({"name": name}), None).await.ok();
    }
    let other = app.execute("GMAIL_CREATE_LABEL", "u2", json!({"name": "D"})).await.ok();
    let first = app.get("/executions?userId=u1&limit=2").await.ok();
    assert_eq!(first["executions"].as_array().unwrap().len(), 2);
    let rest = format!("userId=u1&limit=2&cursor={}", first["next_cursor"].as_str().unwrap());
    assert_eq!(listed(&app, &rest).await.len(), 1);
    assert_eq!(listed(&app, "state=succeeded&tool=GMAIL_CREATE_LABEL").await.len(), 4);
    assert_eq!(listed(&app, "tool=GMAIL_SEND_EMAIL").await.len(), 0);
    assert_eq!(app.get("/executions?state=lost").await.error(), (400, "VALIDATION_INVALID_SCHEMA"));

    let key = app.new_key("execute").await;
    let path = |user: &str| {
        let id = other["execution_id"].as_str().unwrap();
        format!("/v1/{}/integrations/executions/{id}?userId={user}", app.app)
    };
    let ask = async |user: &str| app.send(reqwest::Method::GET, &path(user), &key, Value::Null).await;
    assert_eq!(ask("u2").await.status, 200);
    assert_eq!(ask("u1").await.error(), (404, "RESOURCE_NOT_FOUND"));
    let (_, foreign) = app.new_app("Foreign").await;
    let foreign = app.send(reqwest::Method::GET, &path("u2"), &foreign, Value::Null).await;
    assert_eq!(foreign.error(), (404, "RESOURCE_NOT_FOUND"));
}

/// A write of which each trace is different: toolkit, account, tool, arguments, and the request that acts.
fn writes() -> Vec<(&'static str, &'static str, &'static str, Value, Provider, &'static str)> {
    let send = "POST gmail.googleapis.com/gmail/v1/users/me/messages/send";
    let mail = json!({"to": "grace@example.com", "subject": "Once"});
    let event = json!({"summary": "Once", "start_datetime": "2030-03-05"});
    let issue = json!({"owner": "ada", "repo": "many", "title": "Once"});
    let comment = json!({"owner": "ada", "repo": "many", "issue_number": 1, "body": "Once"});
    vec![
        ("gmail", "ada@example.com", "GMAIL_SEND_EMAIL", mail, Provider::Google, send),
        (
            "google-calendar",
            "ada@example.com",
            "GOOGLECALENDAR_CREATE_EVENT",
            event,
            Provider::Google,
            "POST www.googleapis.com/calendar/v3/calendars/primary/events",
        ),
        (
            "github",
            "ada",
            "GITHUB_CREATE_AN_ISSUE",
            issue,
            Provider::GitHub,
            "POST api.github.com/repos/ada/many/issues",
        ),
        (
            "github",
            "ada",
            "GITHUB_CREATE_AN_ISSUE_COMMENT",
            comment,
            Provider::GitHub,
            "POST api.github.com/repos/ada/many/issues/1/comments",
        ),
    ]
}

async fn connected(toolkit: &str, account: &str) -> TestApp {
    let app = TestApp::new().await;
    app.configure(toolkit).await;
    app.connect(toolkit, "u1", account).await;
    if toolkit == "github" {
        let many = json!({"name": "many"});
        execute(&app, "GITHUB_CREATE_A_REPOSITORY_FOR_THE_AUTHENTICATED_USER", many, None).await.ok();
        let first = json!({"owner": "ada", "repo": "many", "title": "First"});
        execute(&app, "GITHUB_CREATE_AN_ISSUE", first, None).await.ok();
    }
    app
}

fn requests(app: &TestApp, acts: &str) -> usize {
    let acted = |entry: &&sandbox::Entry| format!("{} {}", entry.method, entry.path) == acts;
    app.twins().ledger().iter().filter(acted).count()
}

#[tokio::test]
async fn an_answer_that_got_lost_is_found_out_while_the_caller_waits() {
    for (toolkit, account, tool, params, provider, acts) in writes() {
        let app = connected(toolkit, account).await;
        let before = requests(&app, acts);
        app.twins().inject(fault(provider, acts, Some(1), What::ResetAfter));
        let done = execute(&app, tool, params.clone(), Some("k")).await.ok();
        assert_eq!(requests(&app, acts), before + 1, "{tool}");
        let again = execute(&app, tool, params, Some("k")).await.ok();
        assert_eq!(again, done, "{tool}: its key is answered from it");
        assert_eq!(shown(&app, &done["execution_id"]).await["state"], "succeeded", "{tool}");
    }
}

#[tokio::test]
async fn what_never_arrived_has_failed_once_a_trace_would_show_and_its_key_is_free() {
    for (toolkit, account, tool, params, provider, acts) in writes() {
        let app = connected(toolkit, account).await;
        let before = requests(&app, acts);
        app.twins().inject(fault(provider, acts, Some(1), What::ResetBefore));
        let lost = execute(&app, tool, params.clone(), Some("k")).await;
        assert_eq!(lost.details()["outcome"], "unknown", "{tool}");
        let id = lost.details()["execution_id"].clone();
        app.advance(20);
        let looked = shown(&app, &id).await;
        assert_eq!(looked["state"], "unknown", "{tool}: it may yet appear");
        assert!(looked["next_check_at"].is_string(), "{looked}");
        assert_eq!(listed(&app, "state=unknown").await[0]["id"], id);
        assert_eq!(execute(&app, tool, params.clone(), Some("k")).await.details()["outcome"], "unknown");

        app.advance(121);
        let failed = shown(&app, &id).await;
        assert_eq!(failed["state"], "failed", "{tool}");
        assert_eq!(failed["remediation"], "It did not take effect. The idempotency key may be used again.");
        assert_eq!(app.audited("check_execution", 1).await[0]["detail"], "failed");
        let done = execute(&app, tool, params, Some("k")).await.ok();
        assert_eq!((&done["execution_id"], requests(&app, acts)), (&id, before + 2), "{tool}");
        assert_eq!(shown(&app, &id).await["data"], done["data"], "{tool}");
    }
}

#[tokio::test]
async fn the_same_key_again_finds_out_by_itself_and_goes_on() {
    let app = TestApp::with_gmail("u1").await;
    for (what, sent) in [(What::ResetAfter, 1), (What::ResetBefore, 2)] {
        app.twins().inject(on_send(what.clone()));
        app.twins().inject(blind());
        let key = format!("{what:?}");
        let lost = mail(&app, Some(&key)).await;
        assert_eq!(lost.details()["outcome"], "unknown");
        let remediation = lost.body["error"]["remediation"].as_str().unwrap();
        let place = format!("GET /v1/{}/integrations/executions/ex_", app.app);
        assert!(remediation.contains(&place), "{remediation}");
        app.twins().clear_faults();
        assert_eq!(
            mail(&app, Some(&key)).await.details()["outcome"],
            "unknown",
            "it was looked for just now"
        );
        app.advance(121);
        let many = futures_util::future::join_all((0..8).map(|_| mail(&app, Some(&key)))).await;
        assert!(many.iter().any(|answer| answer.status == 200), "{:?}", many[0].body);
        assert_eq!(mail(&app, Some(&key)).await.status, 200);
        assert_eq!(outbox(&app).await, sent, "{what:?}");
    }
}

#[tokio::test]
async fn the_background_finds_out_what_nobody_asks_for() {
    let app = TestApp::with_gmail("u1").await;
    app.twins().inject(on_send(What::ResetAfter));
    app.twins().inject(blind());
    let lost = mail(&app, None).await;
    app.twins().clear_faults();
    app.advance(121);
    let (clock, sandbox, dir) = (app.clock.clone(), Arc::clone(&app.sandbox), Arc::clone(&app.dir));
    let (setup, name, key) = (
        Setup {
            vault_keys: app.vault_keys.clone(),
            database: Some(app.database.clone()),
            ..Setup::default()
        },
        app.app.clone(),
        app.key.clone(),
    );
    app.stop().await;
    let mut app = TestApp::beside(setup, clock, sandbox, dir).await;
    (app.app, app.key) = (name, key);
    let resolved = async {
        while listed(&app, "state=unknown").await.len() == 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), resolved).await.expect("nobody looked");
    let execution = shown(&app, &lost.details()["execution_id"]).await;
    assert_eq!(execution["state"], "succeeded");
    assert!(execution["data"]["messageId"].is_string(), "what was found is kept: {execution}");
}

#[tokio::test]
async fn an_outcome_is_looked_for_only_with_an_account_in_use_that_has_granted_it() {
    let app = TestApp::with_gmail("u1").await;
    app.twins().inject(on_send(What::ResetAfter));
    app.twins().inject(blind());
    let id = mail(&app, None).await.details()["execution_id"].clone();
    app.twins().clear_faults();
    app.call(reqwest::Method::DELETE, "/configure/gmail", Value::Null).await.ok();
    app.advance(121);
    let before = app.twins().ledger().last().unwrap().sequence;
    assert_eq!(shown(&app, &id).await["state"], "unknown");
    assert!(app.twins().ledger_since(before).is_empty(), "the toolkit is disabled");
    app.configure("gmail").await;
    app.advance(121);
    assert_eq!(shown(&app, &id).await["state"], "succeeded");

    let app = TestApp::new().await;
    app.post("/configure", json!({"toolkit": "gmail", "scopes": ["gmail.send"]})).await.ok();
    app.connect("gmail", "u1", "ada@example.com").await;
    app.twins().inject(on_send(What::ResetAfter));
    let lost = mail(&app, Some("k")).await;
    let remediation = lost.body["error"]["remediation"].as_str().unwrap();
    assert!(remediation.starts_with("Check with a reading tool"), "{remediation}");
    app.advance(121);
    let execution = shown(&app, &lost.details()["execution_id"]).await;
    assert_eq!(execution["state"], "unknown");
    assert_eq!(execution["next_check_at"], Value::Null, "who may only send cannot look");
    assert!(execution["remediation"].as_str().unwrap().starts_with("It cannot be found out from here."));
    assert_eq!(mail(&app, Some("k")).await.details()["outcome"], "unknown", "and it is not repeated");
}

#[tokio::test]
async fn a_tool_without_a_check_stays_unknown_and_says_what_to_do() {
    let app = TestApp::with_gmail("u1").await;
    app.twins().inject(fault(Provider::Google, "POST gmail.googleapis.com", Some(1), What::ResetAfter));
    let lost = execute(&app, "GMAIL_CREATE_LABEL", json!({"name": "Once"}), Some("k")).await;
    app.advance(3600);
    let execution = shown(&app, &lost.details()["execution_id"]).await;
    assert_eq!(execution["state"], "unknown");
    assert_eq!(execution["details"]["outcome"], "unknown", "what its error said is kept with the key");
    insta::assert_snapshot!(execution["remediation"].as_str().unwrap(), @"It cannot be found out from here. Check with a reading tool whether it took effect before you try again with another key.");
}
