//! `bbi migrate`: an instance with connected accounts goes on in another database.

use std::path::Path;
use std::process::Command;

use engine::Database;
use serde_json::json;
use tempfile::TempDir;

use crate::cli::run;
use crate::support::operated::Operated;
use crate::support::process::bbi;
use crate::support::{Setup, TestApp, vault_key};

fn migrate(from: &str, to: &str, keys: &str) -> Command {
    let mut command = bbi();
    command.args(["migrate", "--from", from, "--to", to]).env("BBI_VAULT_KEYS", keys);
    command
}

fn sqlite(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

/// An instance in SQLite, whatever the other tests run on.
async fn with_gmail(dir: &TempDir) -> TestApp {
    let database = Some(Database::Sqlite(dir.path().join("first.db")));
    let app = TestApp::with(Setup { database, ..Setup::default() }).await;
    app.configure("gmail").await;
    app.connect("gmail", "u1", "ada@example.com").await;
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_go_on_in_postgresql_and_come_back() {
    let Some(database) = throwaway_postgres::empty_database() else {
        return;
    };
    let files = TempDir::new().unwrap();
    let app = with_gmail(&files).await;
    let Database::Sqlite(path) = app.database.clone() else { panic!("SQLite") };
    let (clock, sandbox, dir) = (app.clock.clone(), app.sandbox.clone(), app.dir.clone());
    let (id, key, keys) = (app.app.clone(), app.key.clone(), app.vault_keys.clone());
    let mail = json!({"toolName": "GMAIL_SEND_EMAIL", "userId": "u1", "idempotencyKey": "once",
        "params": {"to": "grace@example.com", "subject": "Once"}});
    let sent = app.post("/execute", mail.clone()).await.ok();
    app.stop().await;

    let (moved, out, err) = run(&mut migrate(&sqlite(&path), &database.url, &keys));
    assert!(moved && out.starts_with("moved "), "{out}{err}");
    assert!(err.contains("connected_accounts: 1 of 1 rows verified"), "{err}");
    let setup = Setup {
        database: Some(Database::Postgres { url: database.url.clone(), migrate_url: None }),
        vault_keys: keys.clone(),
        ..Setup::default()
    };
    let mut app = TestApp::beside(setup, clock, sandbox, dir).await;
    (app.app, app.key) = (id, key);
    app.execute("GMAIL_GET_PROFILE", "u1", json!({})).await.ok();
    app.advance(2 * 3600);
    app.execute("GMAIL_GET_PROFILE", "u1", json!({})).await.ok();
    assert_eq!(app.post("/execute", mail).await.ok(), sent, "what was answered once is answered again");
    let back = files.path().join("back.db");
    let (moved, _, err) = run(&mut migrate(&database.url, &sqlite(&back), &keys));
    assert!(!moved && err.contains("other connections are open to this database"), "{err}");
    app.stop().await;

    let (moved, out, err) = run(&mut migrate(&database.url, &sqlite(&back), &keys));
    assert!(moved && out.starts_with("moved "), "{out}{err}");
    let (moved, _, err) = run(&mut migrate(&sqlite(&path), &database.url, &keys));
    assert!(!moved && err.contains("the target is not empty"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_source_and_keys_that_do_not_fit_move_nothing() {
    let mut operated = Operated::start().await;
    operated.connect("gmail", "ada@example.com").await;
    let from = sqlite(&operated.dir.path().join("data/bbi.db"));
    let to = sqlite(&operated.dir.path().join("target.db"));
    let (moved, _, err) = run(&mut migrate(&from, &to, &operated.vault_keys));
    assert!(!moved && err.contains("is in use by another process"), "{err}");
    assert!(operated.process.take().unwrap().terminate().success());

    let (moved, _, err) = run(&mut migrate(&from, &to, &vault_key("k9")));
    assert!(!moved && err.contains("does not open with these vault keys"), "{err}");
    assert!(err.contains("the target is as empty as before"), "{err}");
    let (moved, out, err) = run(&mut migrate(&from, &to, &operated.vault_keys));
    assert!(moved, "so the same target still serves: {out}{err}");
}

#[test]
fn what_is_no_database_is_refused_with_the_forms() {
    let (moved, _, err) = run(&mut migrate("mysql://localhost", "sqlite:", &vault_key("k1")));
    assert!(!moved && err.contains("neither `sqlite:PATH` nor"), "{err}");
    let (moved, _, err) = run(&mut migrate("sqlite:/no/such.db", "sqlite:/no/other.db", &vault_key("k1")));
    assert!(!moved && err.contains("there is no database at /no/such.db"), "{err}");
}
