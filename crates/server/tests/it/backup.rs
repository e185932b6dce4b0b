//! A copy taken in the documented way from a running instance opens and goes on.

use std::path::{Path, PathBuf};
use std::process::Command;

use engine::Database;
use serde_json::json;

use crate::cli::run;
use crate::support::database::is_installed;
use crate::support::operated::Operated;
use crate::support::{Setup, TestApp};

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operate/README.md")
}

/// The commands of the page for operators, with the files of this test.
fn documented(program: &str, from: &Path, to: &Path) -> Command {
    let page = std::fs::read_to_string(page()).unwrap();
    let line = page.lines().find(|line| line.starts_with(program) && line.contains("/var/lib/bbi/bbi.db"));
    let line = line.unwrap_or_else(|| panic!("no command of {program} is documented"));
    let line = line.replace("/var/lib/bbi/bbi.db", from.to_str().unwrap());
    let mut command = Command::new("sh");
    command.arg("-c").arg(line.replace("/backup/bbi.db", to.to_str().unwrap()));
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_a_running_instance_opens_and_executes() {
    for program in ["sqlite3", "python3"] {
        if !is_installed(program) {
            continue;
        }
        let mut operated = Operated::start().await;
        operated.connect("gmail", "ada@example.com").await;
        let mail = json!({"to": "grace@example.com", "subject": "Once"});
        let (status, sent) = operated.execute("GMAIL_SEND_EMAIL", mail.clone(), Some("once")).await;
        assert_eq!(status, 200, "{sent}");
        let data = operated.dir.path().join("data");
        let copy = operated.dir.path().join("copy.db");
        let (copied, out, err) = run(&mut documented(program, &data.join("bbi.db"), &copy));
        assert!(copied, "{out}{err}");

        operated.process.take().unwrap().kill();
        for name in ["bbi.db", "bbi.db-wal", "bbi.db-shm"] {
            let _ = std::fs::remove_file(data.join(name));
        }
        std::fs::rename(&copy, data.join("bbi.db")).unwrap();
        let (healthy, table, err) = run(operated.command("127.0.0.1:0").arg("doctor"));
        assert!(healthy, "{table}{err}");
        operated.restart("127.0.0.1:0");
        assert_eq!(operated.execute("GMAIL_GET_PROFILE", json!({}), None).await.0, 200);
        let (_, again) = operated.execute("GMAIL_SEND_EMAIL", mail, Some("once")).await;
        assert_eq!(again, sent, "the copy has everything that was acknowledged before it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_of_a_running_instance_is_restored_and_executes() {
    let Some((first, second)) =
        throwaway_postgres::empty_database().zip(throwaway_postgres::empty_database())
    else {
        return;
    };
    let database = |url: &str| Some(Database::Postgres { url: url.to_owned(), migrate_url: None });
    let mut app = TestApp::with(Setup { database: database(&first.url), ..Setup::default() }).await;
    app.configure("gmail").await;
    app.connect("gmail", "u1", "ada@example.com").await;
    let dump = app.dir.path().join("bbi.dump");
    for program in ["pg_dump", "pg_restore"] {
        let page = std::fs::read_to_string(page()).unwrap();
        let line = page.lines().find(|line| line.starts_with(program)).unwrap();
        let mut command = Command::new("sh");
        command.arg("-c").arg(line.replace("/backup/bbi.dump", dump.to_str().unwrap()));
        let (done, out, err) =
            run(command.env("DATABASE_URL", &first.url).env("NEW_DATABASE_URL", &second.url));
        assert!(done, "{program}: {out}{err}");
    }
    let setup =
        Setup { database: database(&second.url), vault_keys: app.vault_keys.clone(), ..Setup::default() };
    let (id, key) = (app.app.clone(), app.key.clone());
    let (clock, sandbox, dir) = (app.clock.clone(), app.sandbox.clone(), app.dir.clone());
    app.stop().await;
    app = TestApp::beside(setup, clock, sandbox, dir).await;
    (app.app, app.key) = (id, key);
    app.execute("GMAIL_GET_PROFILE", "u1", json!({})).await.ok();
}
