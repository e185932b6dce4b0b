//! `bbi doctor`: every problem that was made is named, with what to do next.

use std::process::Command;

use engine::{Clock, Examination, Level, SystemClock};
use reqwest::Method;
use sandbox::{Fault, Provider, What};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::cli::run;
use crate::support::operated::Operated;
use crate::support::{ADA, Setup, TestApp, own_credentials, vault_key, x_credentials};

const HOUR: i64 = 3600;

async fn examined_with(app: &TestApp, keys: &str, clock: &dyn Clock) -> Examination {
    engine::examine(&app.database, &SecretString::from(keys.to_owned()), clock).await.unwrap()
}

/// Beside the instance, which goes on.
async fn examined(app: &TestApp) -> Examination {
    examined_with(app, &app.vault_keys, &*app.clock).await
}

/// What was found of one check, as `level: message`; something is to be done about all that is not `ok`.
fn found(examination: &Examination, check: &str) -> Vec<String> {
    let of_check = examination.findings.iter().filter(|finding| finding.check == check);
    of_check
        .map(|finding| {
            assert_eq!(finding.next.is_none(), finding.level == Level::Ok, "{finding:?}");
            format!("{}: {}", json!(finding.level).as_str().unwrap(), finding.message)
        })
        .collect()
}

fn fault(provider: Provider, matcher: &str, what: What) -> Fault {
    Fault { provider, matcher: matcher.into(), times: None, what }
}

/// Runs a request until the twin holds it.
async fn held(
    app: &TestApp,
    matcher: &str,
    method: Method,
    path: &str,
    body: Value,
) -> tokio::task::JoinHandle<()> {
    app.twins().inject(fault(Provider::Google, matcher, What::HoldAnswer("gate".into())));
    let url = format!("{}/v1/{}/integrations{path}", app.url, app.app);
    let request = app.http().request(method, url).bearer_auth(&app.key);
    let request = if body.is_null() { request } else { request.body(body.to_string()) };
    let task = tokio::spawn(async move { drop(request.send().await) });
    let waiting = app.twins().wait_held("gate", 1);
    tokio::time::timeout(std::time::Duration::from_secs(20), waiting).await.expect("the twin held nothing");
    task
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_instance_is_healthy_and_not_disturbed() {
    let operated = Operated::start().await;
    operated.connect("gmail", "ada@example.com").await;
    let (healthy, table, err) = run(operated.command("127.0.0.1:0").arg("doctor"));
    assert!(healthy, "{table}{err}");
    for check in ["schema", "vault_keys", "sealed", "leftovers", "expired", "ending"] {
        assert!(table.lines().any(|line| line.contains("ok") && line.contains(check)), "{check} in {table}");
    }
    let (_, json, _) = run(operated.command("127.0.0.1:0").args(["doctor", "--json"]));
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["healthy"], true);
    assert!(json["findings"].as_array().unwrap().iter().all(|one| one["level"] == "ok"), "{json}");
    assert_eq!(operated.execute("GMAIL_GET_PROFILE", json!({}), None).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_instance_is_examined_before_it_is_started_again() {
    let mut operated = Operated::start().await;
    operated.connect("gmail", "ada@example.com").await;
    operated.process.take().unwrap().kill();
    let (healthy, table, err) = run(operated.command("127.0.0.1:0").arg("doctor"));
    assert!(healthy && table.contains("sealed secrets open"), "{table}{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_is_a_problem_and_says_which_is_missing() {
    let mut operated = Operated::start().await;
    operated.connect("gmail", "ada@example.com").await;
    operated.vault_keys = vault_key("k9");
    let (healthy, table, _) = run(operated.command("127.0.0.1:0").arg("doctor"));
    assert!(!healthy, "{table}");
    assert!(table.contains("1 grants of connected accounts do not open, sealed under k1"), "{table}");
    assert!(table.contains("Add that key to BBI_VAULT_KEYS again"), "{table}");
    operated.vault_keys = vault_key("k1");
    let (healthy, table, _) = run(operated.command("127.0.0.1:0").arg("doctor"));
    assert!(
        !healthy && table.contains("the keys do not fit this database"),
        "another key of the same name: {table}"
    );
}

#[tokio::test]
async fn without_a_database_or_keys_nothing_is_made() {
    let dir = tempfile::TempDir::new().unwrap();
    let mut command = crate::support::process::bbi();
    command.arg("doctor").env("BBI_DATA_DIR", dir.path());
    let (_, _, err) = run(&mut command);
    assert!(err.contains("no vault key"), "{err}");
    let (healthy, _, err) = run(command.env("BBI_VAULT_KEYS", vault_key("k1")));
    assert!(!healthy && err.contains("there is no database at"), "{err}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_refresh_and_a_grant_that_ended_are_named() {
    let app = TestApp::with_gmail("u1").await;
    app.advance(2 * HOUR);
    let body = json!({"toolName": "GMAIL_GET_PROFILE", "userId": "u1", "params": {}});
    let task = held(&app, "token", Method::POST, "/execute", body).await;
    assert_eq!(found(&examined(&app).await, "refresh_leases"), [] as [&str; 0], "it is under way");
    app.advance(60);
    assert_eq!(
        found(&examined(&app).await, "refresh_leases"),
        ["warning: 1 refreshes were interrupted: their lease has run out"]
    );
    app.twins().clear_faults();
    app.twins().release("gate");
    task.await.unwrap();

    app.twins().revoke_account(Provider::Google, "ada@example.com");
    app.advance(2 * HOUR);
    assert_eq!(app.execute("GMAIL_GET_PROFILE", "u1", json!({})).await.status, 409);
    let expired = found(&examined(&app).await, "expired");
    assert!(
        expired.len() == 1 && expired[0].starts_with("warning: 1 accounts have expired: "),
        "{expired:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_write_and_an_unfinished_disconnect_are_named() {
    let app = TestApp::with_gmail("u1").await;
    let mail = json!({"toolName": "GMAIL_SEND_EMAIL", "userId": "u1", "params": {"to": "g@example.com", "subject": "x"}});
    let task = held(&app, "me/messages/send", Method::POST, "/execute", mail).await;
    assert_eq!(found(&examined(&app).await, "executions"), [] as [&str; 0], "it is under way");
    app.advance(3 * 60);
    assert_eq!(
        found(&examined(&app).await, "executions"),
        ["warning: 1 executions never ended: their node crashed"]
    );
    app.twins().clear_faults();
    app.twins().release("gate");
    task.await.unwrap();
    app.twins().inject(fault(Provider::Google, "POST gmail.googleapis.com", What::ResetAfter));
    assert_eq!(app.execute("GMAIL_CREATE_LABEL", "u1", json!({"name": "x"})).await.status, 502);
    assert_eq!(
        found(&examined(&app).await, "executions"),
        ["warning: 1 executions have an unknown outcome: the provider may have acted"]
    );
    app.twins().clear_faults();

    let connections = app.get("/connections").await.ok();
    let id = connections["connections"][0]["id"].as_str().unwrap().to_owned();
    let task = held(&app, "revoke", Method::DELETE, &format!("/connections/{id}"), Value::Null).await;
    let disconnects = found(&examined(&app).await, "disconnects");
    assert_eq!(disconnects.len(), 1, "{disconnects:?}");
    app.twins().clear_faults();
    app.twins().release("gate");
    task.await.unwrap();
    assert_eq!(found(&examined(&app).await, "disconnects"), [] as [&str; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_ends_for_good_is_named_before_it_does() {
    let app = TestApp::with_gmail("u1").await;
    let credentials = own_credentials(&app, Provider::LinkedIn, "linkedin");
    app.post("/configure", json!({"toolkit": "linkedin", "oauth_credentials": credentials})).await.ok();
    app.connect("linkedin", "u1", "ada").await;
    assert_eq!(found(&examined(&app).await, "ending"), ["ok: every token that ends soon can be renewed"]);
    app.advance(58 * 24 * HOUR);
    assert_eq!(
        found(&examined(&app).await, "ending"),
        ["warning: 1 accounts of linkedin end within three days, without a refresh token"]
    );
    let (minted, _) = crate::minting::connected().await;
    minted.advance(6 * 24 * HOUR);
    assert_eq!(found(&examined(&minted).await, "ending"), ["ok: every token that ends soon can be renewed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_its_provider_refuses_is_a_problem() {
    let app = TestApp::new().await;
    let credentials = x_credentials(&app);
    app.post("/configure", json!({"toolkit": "twitter", "oauth_credentials": credentials})).await.ok();
    app.connect("twitter", "u1", ADA).await;
    assert_eq!(found(&examined(&app).await, "clients"), [] as [&str; 0]);
    let id = credentials["client_id"].as_str().unwrap();
    app.twins().rotate_client_secret(Provider::Twitter, id).unwrap();
    app.advance(3 * HOUR);
    assert_ne!(app.execute("TWITTER_USER_LOOKUP_ME", "u1", json!({})).await.status, 200);
    let clients = found(&examined(&app).await, "clients");
    assert!(
        clients.len() == 1 && clients[0].starts_with("problem: 1 OAuth clients are refused"),
        "{clients:?}"
    );
}

/// Changes a database behind the product's back.
fn tamper(operated: &Operated, statement: &str) {
    let script = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()";
    let database = operated.dir.path().join("data/bbi.db");
    let (done, _, err) = run(Command::new("python3").arg("-c").arg(script).arg(database).arg(statement));
    assert!(done, "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_row_and_another_schema_are_problems() {
    let mut operated = Operated::start().await;
    operated.connect("gmail", "ada@example.com").await;
    assert!(operated.process.take().unwrap().terminate().success());
    tamper(&operated, "UPDATE connected_accounts SET generation = generation + 1");
    let (healthy, table, _) = run(operated.command("127.0.0.1:0").arg("doctor"));
    assert!(!healthy && table.contains("1 grants of connected accounts do not open"), "{table}");
    assert!(table.contains("or let these users connect again"), "{table}");
    for (statement, said, next) in [
        ("DELETE FROM _sqlx_migrations WHERE version > 1", "has schema 1", "Start `bbi serve`"),
        (
            "UPDATE _sqlx_migrations SET checksum = X'00' WHERE version = 1",
            "migration 1 ",
            "restore a backup",
        ),
        ("UPDATE _sqlx_migrations SET version = 9999", "a newer version", "Use the newer program"),
    ] {
        tamper(&operated, statement);
        let (healthy, table, _) = run(operated.command("127.0.0.1:0").arg("doctor"));
        assert!(!healthy && table.contains(said) && table.contains(next), "{statement}: {table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_that_disagree_are_named() {
    let Some(url) = throwaway_postgres::empty_schema() else {
        return;
    };
    let database = Some(engine::Database::Postgres { url, migrate_url: None });
    let app = TestApp::with(Setup { database, ..Setup::default() }).await;
    let clock = found(&examined(&app).await, "clock");
    assert!(
        clock[0].starts_with("warning: the database's clock is -"),
        "that of the tests is ahead: {clock:?}"
    );
    let clock = found(&examined_with(&app, &app.vault_keys, &SystemClock).await, "clock");
    assert!(clock[0].starts_with("ok: "), "{clock:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn warnings_fail_where_that_is_asked_for() {
    let mut operated = Operated::start().await;
    operated.connect("gmail", "ada@example.com").await;
    operated.twins().inject(fault(Provider::Google, "POST gmail.googleapis.com", What::ResetAfter));
    assert_eq!(operated.execute("GMAIL_CREATE_LABEL", json!({"name": "Once"}), None).await.0, 502);
    assert!(operated.process.take().unwrap().terminate().success());
    let (healthy, table, _) = run(operated.command("127.0.0.1:0").arg("doctor"));
    assert!(healthy && table.contains("unknown outcome"), "{table}");
    assert!(!run(operated.command("127.0.0.1:0").args(["doctor", "--strict"])).0);
}
