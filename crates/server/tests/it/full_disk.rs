//! SQLite on a disk that is full: what cannot be written is refused and says so, what was acknowledged stays, and a
//! refresh token that works once is kept until there is room for its successor.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use reqwest::Method;
use sandbox::Provider;
use serde_json::{Value, json};

use crate::support::nodes::say;
use crate::support::operated::Operated;

/// Room for a database and its log, and little more.
const SIZE: &str = "size=8m,mode=0700";
const CHUNK: [u8; 4096] = [0; 4096];

/// A disk of its own at a path; gone when this is.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None` where this process may not mount one.
    fn mount(path: &Path) -> Option<Self> {
        std::fs::create_dir_all(path).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", SIZE, "tmpfs"]).arg(path).stderr(Stdio::null());
        let mounted = mount.status().is_ok_and(|status| status.success());
        if !mounted {
            say("SKIPPED on a full disk: mounting one is not allowed here");
        }
        mounted.then(|| Self(path.to_owned()))
    }

    fn fill(&self) {
        let mut ballast = File::create(self.0.join("ballast")).unwrap();
        let full = loop {
            if let Err(error) = ballast.write_all(&CHUNK) {
                break error;
            }
        };
        assert_eq!(full.kind(), ErrorKind::StorageFull, "{full}");
    }

    fn make_room(&self) {
        std::fs::remove_file(self.0.join("ballast")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

/// Makes keys until there is no room for one more: those that were acknowledged.
async fn until_nothing_is_taken(operated: &Operated) -> Vec<String> {
    let mut acknowledged = Vec::new();
    loop {
        let name = format!("key {}", acknowledged.len());
        let (status, answer) = keys(operated, Method::POST, json!({"name": name, "scope": "execute"})).await;
        if status != 200 && status != 201 {
            assert_eq!((status, &answer["error"]["code"]), (503, &json!("INTERNAL_ERROR")), "{answer}");
            return acknowledged;
        }
        acknowledged.push(answer["id"].as_str().unwrap().to_owned());
    }
}

async fn keys(operated: &Operated, method: Method, body: Value) -> (u16, Value) {
    operated.send(method, &format!("/v1/{}/keys", operated.app), body, false).await
}

async fn all_are_there(operated: &Operated, acknowledged: &[String]) {
    let (_, list) = keys(operated, Method::GET, Value::Null).await;
    let there: Vec<&str> =
        list["keys"].as_array().unwrap().iter().map(|key| key["id"].as_str().unwrap()).collect();
    for id in acknowledged {
        assert!(there.contains(&id.as_str()), "{id} was acknowledged: {list}");
    }
}

fn refreshes(operated: &Operated) -> usize {
    let ledger = operated.twins().ledger().into_iter();
    ledger.filter(|entry| entry.operation.as_deref() == Some("refresh_token")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_loses_nothing_and_a_refresh_waits_for_room() {
    let mut operated = Operated::prepare(&["gmail", "slack"]).await;
    let Some(disk) = SmallDisk::mount(&operated.dir.path().join("data")) else { return };
    operated.begin().await;
    operated.connect("gmail", "ada@example.com").await;
    let mut clients = operated.sandbox.clients().into_iter();
    let slack = clients.find(|client| client.provider == Provider::Slack).unwrap();
    operated.twins().set_rotation(Provider::Slack, &slack.client_id, sandbox::Rotation::On).unwrap();
    operated.connect("slack", "ada").await;
    operated.twins().clear_ledger();

    operated.twins().expire_access_tokens(Provider::Slack);
    operated.hold_answer(Provider::Slack, "token");
    let refreshing = tokio::spawn(operated.execute_request("SLACK_TEST_AUTH", json!({}), "once"));
    operated.twins().wait_held("gate", 1).await;
    disk.fill();
    let acknowledged = until_nothing_is_taken(&operated).await;

    let mail = json!({"to": "grace@example.com", "subject": "Once"});
    let (status, answer) = operated.execute("GMAIL_SEND_EMAIL", mail.clone(), Some("mail")).await;
    assert_eq!((status, &answer["error"]["details"]), (503, &json!({"outcome": "not_sent"})), "{answer}");
    assert_eq!(operated.execute("GMAIL_GET_PROFILE", json!({}), None).await.0, 200, "reading needs no room");
    let sent = |operated: &Operated| {
        operated.twins().ledger().iter().filter(|entry| entry.path.ends_with("/messages/send")).count()
    };
    assert_eq!(sent(&operated), 0);

    operated.twins().release("gate");
    let log = operated.dir.path().join("log");
    let kept = async {
        while !std::fs::read_to_string(&log).unwrap().contains("a grant could not be stored; trying again") {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), kept).await.expect("the commit met the full disk");
    assert!(!refreshing.is_finished());
    disk.make_room();
    let answer = refreshing.await.unwrap().unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    assert_eq!(operated.execute("GMAIL_SEND_EMAIL", mail, Some("mail")).await.0, 200, "the same key, now");
    assert_eq!((sent(&operated), refreshes(&operated)), (1, 1));
    all_are_there(&operated, &acknowledged).await;

    operated.kill_and_restart();
    assert_eq!(operated.execute("SLACK_TEST_AUTH", json!({}), None).await.0, 200);
    assert_eq!(refreshes(&operated), 1, "what was refreshed is on the disk");
    all_are_there(&operated, &acknowledged).await;
    operated.process.take().unwrap().kill();
}
