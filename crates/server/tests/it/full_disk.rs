//! A database on a disk that is full: what cannot be written is refused and says so, what was acknowledged stays, and a
//! refresh token that works once is kept until there is room for its successor.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use sandbox::Provider;
use serde_json::{Value, json};
use throwaway_postgres::OwnCluster;

use crate::support::nodes::{Nodes, say};
use crate::support::operated::Operated;

/// Room for a database and its log, and little more.
const FOR_SQLITE: &str = "size=8m,mode=0700";
/// PostgreSQL runs as another user.
const FOR_POSTGRES: &str = "size=80m,mode=0755";
const CHUNK: [u8; 4096] = [0; 4096];

/// A disk of its own at a path; gone when this is.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None` where this process may not mount one.
    fn mount(path: &Path, options: &str) -> Option<Self> {
        std::fs::create_dir_all(path).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(path).stderr(Stdio::null());
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

fn keys_of(operated: &Operated) -> impl AsyncFn(Method, Value) -> (u16, Value) {
    async move |method, body| operated.send(method, &format!("/v1/{}/keys", operated.app), body, false).await
}

/// Makes keys until there is no room for one more: those that were acknowledged.
async fn until_nothing_is_taken(keys: impl AsyncFn(Method, Value) -> (u16, Value)) -> Vec<String> {
    let mut acknowledged = Vec::new();
    loop {
        let name = format!("key {}", acknowledged.len());
        let (status, answer) = keys(Method::POST, json!({"name": name, "scope": "execute"})).await;
        if status != 200 && status != 201 {
            assert_eq!((status, &answer["error"]["code"]), (503, &json!("INTERNAL_ERROR")), "{answer}");
            return acknowledged;
        }
        acknowledged.push(answer["id"].as_str().unwrap().to_owned());
    }
}

async fn all_are_there(keys: impl AsyncFn(Method, Value) -> (u16, Value), acknowledged: &[String]) {
    let (_, list) = keys(Method::GET, Value::Null).await;
    let there: Vec<&str> =
        list["keys"].as_array().unwrap().iter().map(|key| key["id"].as_str().unwrap()).collect();
    for id in acknowledged {
        assert!(there.contains(&id.as_str()), "{id} was acknowledged: {list}");
    }
}

/// Until a node has said that it keeps what the database does not take.
async fn until_kept(log: &Path) {
    let kept = async {
        while !std::fs::read_to_string(log).unwrap().contains("a grant could not be stored; trying again") {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), kept).await.expect("the commit met the full disk");
}

fn sent(twins: &sandbox::Control) -> usize {
    twins.ledger().iter().filter(|entry| entry.path.ends_with("/messages/send")).count()
}

fn refreshes(operated: &Operated) -> usize {
    let ledger = operated.twins().ledger().into_iter();
    ledger.filter(|entry| entry.operation.as_deref() == Some("refresh_token")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_loses_nothing_and_a_refresh_waits_for_room() {
    let mut operated = Operated::prepare(&["gmail", "slack"]).await;
    let Some(disk) = SmallDisk::mount(&operated.dir.path().join("data"), FOR_SQLITE) else { return };
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
    let keys =
        async |method, body| operated.send(method, &format!("/v1/{}/keys", operated.app), body, false).await;
    let acknowledged = until_nothing_is_taken(keys).await;

    let mail = json!({"to": "grace@example.com", "subject": "Once"});
    let (status, answer) = operated.execute("GMAIL_SEND_EMAIL", mail.clone(), Some("mail")).await;
    assert_eq!((status, &answer["error"]["details"]), (503, &json!({"outcome": "not_sent"})), "{answer}");
    assert_eq!(operated.execute("GMAIL_GET_PROFILE", json!({}), None).await.0, 200, "reading needs no room");
    assert_eq!(sent(operated.twins()), 0);

    operated.twins().release("gate");
    until_kept(&operated.dir.path().join("log")).await;
    assert!(!refreshing.is_finished());
    disk.make_room();
    let answer = refreshing.await.unwrap().unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    assert_eq!(operated.execute("GMAIL_SEND_EMAIL", mail, Some("mail")).await.0, 200, "the same key, now");
    assert_eq!((sent(operated.twins()), refreshes(&operated)), (1, 1));
    all_are_there(keys_of(&operated), &acknowledged).await;

    operated.kill_and_restart();
    assert_eq!(operated.execute("SLACK_TEST_AUTH", json!({}), None).await.0, 200);
    assert_eq!(refreshes(&operated), 1, "what was refreshed is on the disk");
    all_are_there(keys_of(&operated), &acknowledged).await;
    operated.process.take().unwrap().kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_that_ends_postgresql_loses_nothing_and_a_refresh_waits_for_it() {
    let folder = tempfile::Builder::new().prefix("disk").tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(folder.path(), FOR_POSTGRES) else { return };
    let Some(cluster) = OwnCluster::start_in(folder.path()) else { return };
    let nodes = Arc::new(Nodes::over_url(&cluster.url(), 2).await);
    nodes.configure().await;
    assert!(nodes.connect(0, "twitter", "u1").await && nodes.connect(0, "gmail", "u1").await);
    nodes.twins().clear_ledger();

    nodes.twins().expire_access_tokens(Provider::Twitter);
    nodes.operated.hold_answer(Provider::Twitter, "token");
    let refreshing = tokio::spawn({
        let nodes = Arc::clone(&nodes);
        async move { nodes.me(0, "u1").await.unwrap() }
    });
    nodes.twins().wait_held("gate", 1).await;
    disk.fill();
    let keys = async |method, body| {
        let keys = format!("/v1/{}/keys", nodes.operated.app);
        nodes.send(1, method, &keys, body, false).await.unwrap()
    };
    let acknowledged = until_nothing_is_taken(&keys).await;
    let mail = json!({"toolName": "GMAIL_SEND_EMAIL", "userId": "u1", "idempotencyKey": "mail",
        "params": {"to": "grace@example.com", "subject": "Once"}});
    let send = || nodes.call(1, Method::POST, "/execute", mail.clone());
    let (status, answer) = send().await.unwrap();
    assert_eq!((status, &answer["error"]["details"]), (503, &json!({"outcome": "not_sent"})), "{answer}");
    let profile = nodes.execute(1, "GMAIL_GET_PROFILE", "u1", json!({})).await.unwrap();
    assert_eq!(profile.0, 200, "reading needs no room: {}", profile.1);

    // Once its log cannot grow the server ends, and does not come back before there is room.
    cluster.fill_log();
    nodes.twins().release("gate");
    until_kept(&nodes.operated.dir.path().join("log-0")).await;
    let (status, answer) = send().await.unwrap();
    assert_eq!((status, &answer["error"]["details"]), (503, &json!({"outcome": "not_sent"})), "{answer}");
    assert_eq!(sent(nodes.twins()), 0);
    disk.make_room();
    cluster.start_again();
    let (status, answer) = refreshing.await.unwrap();
    let waits = status == 503 && answer["error"]["details"]["outcome"] == "not_sent";
    assert!(status == 200 || waits, "{status} {answer}");

    assert_eq!(nodes.settled(1, "TWITTER_USER_LOOKUP_ME", "u1").await.0, 200);
    assert_eq!(send().await.unwrap().0, 200, "the same key, now");
    assert_eq!((sent(nodes.twins()), nodes.refreshes_since(0).len()), (1, 1));
    all_are_there(&keys, &acknowledged).await;
    cluster.stop_at_once();
}
