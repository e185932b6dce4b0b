//! A node that ends while its database is away. What a provider handed out meanwhile waits on the node's disk, and is
//! stored before anybody asks for it again.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use sandbox::{Entry, Kind, Provider};
use serde_json::{Value, json};
use throwaway_postgres::OwnCluster;
use tokio::task::JoinHandle;

use crate::support::nodes::Nodes;

/// A file is looked for this often.
const LOOK_EVERY: Duration = Duration::from_millis(20);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

fn unsaved(nodes: &Nodes, node: usize) -> Vec<PathBuf> {
    let dir = nodes.operated.dir.path().join(format!("data-{node}/unsaved"));
    let files = fs::read_dir(dir).into_iter().flatten().map(|file| file.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect()
}

async fn until_unsaved(nodes: &Nodes, node: usize) -> PathBuf {
    let look = async {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        loop {
            ticks.tick().await;
            if let Some(path) = unsaved(nodes, node).pop() {
                return path;
            }
        }
    };
    tokio::time::timeout(LONGEST_WAIT, look).await.expect("the grant was never written to disk")
}

/// The first node has asked for a new token, and the provider has acted but not answered.
async fn ask_and_hold(nodes: &Arc<Nodes>) -> JoinHandle<Option<(u16, Value)>> {
    nodes.twins().clear_ledger();
    nodes.twins().expire_access_tokens(Provider::Twitter);
    nodes.operated.hold_answer(Provider::Twitter, "token");
    let calling = Arc::clone(nodes);
    let waiting = tokio::spawn(async move { calling.me(0, "u1").await });
    nodes.twins().wait_held("gate", 1).await;
    waiting
}

/// The database goes away between the question and the answer of a strict refresh.
async fn refreshed_without_a_database(nodes: &Arc<Nodes>, cluster: &OwnCluster) -> PathBuf {
    nodes.configure().await;
    assert!(nodes.connect(0, "twitter", "u1").await);
    ask_and_hold(nodes).await;
    cluster.stop_at_once();
    nodes.twins().release("gate");
    until_unsaved(nodes, 0).await
}

fn assert_asked_once(nodes: &Nodes) {
    let refreshes = nodes.refreshes_since(0);
    let outcomes: Vec<_> = refreshes.iter().map(|entry| entry.outcome().unwrap_or("-")).collect();
    assert_eq!(outcomes, ["ok"]);
    assert_eq!(refreshes[0].detail["reuse_detected"], json!(false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_killed_while_its_database_is_away_takes_no_grant_with_it() {
    let Some(cluster) = OwnCluster::start() else { return };
    let nodes = Arc::new(Nodes::over_url(&cluster.url(), 1).await);
    let file = refreshed_without_a_database(&nodes, &cluster).await;
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(file.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    nodes.kill(0);
    cluster.start_again();
    nodes.start_one(0);
    let (status, answer) = nodes.me(0, "u1").await.unwrap();
    assert_eq!(status, 200, "{answer}");
    assert_asked_once(&nodes);
    assert_eq!(unsaved(&nodes, 0), [] as [PathBuf; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_lives_stores_it_and_clears_its_disk() {
    let Some(cluster) = OwnCluster::start() else { return };
    let nodes = Arc::new(Nodes::over_url(&cluster.url(), 1).await);
    refreshed_without_a_database(&nodes, &cluster).await;
    cluster.start_again();
    let cleared = async {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        while !unsaved(&nodes, 0).is_empty() {
            ticks.tick().await;
        }
    };
    tokio::time::timeout(LONGEST_WAIT, cleared).await.expect("the grant was never stored");
    assert_eq!(nodes.me(0, "u1").await.unwrap().0, 200);
    assert_asked_once(&nodes);
}

/// Longer than a lease: it has run out when the database is back, and another node may take it.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_long_outage_the_node_with_the_answer_comes_before_the_next_to_ask() {
    let Some(cluster) = OwnCluster::start() else { return };
    let nodes = Arc::new(Nodes::over_url(&cluster.url(), 2).await);
    nodes.configure().await;
    assert!(nodes.connect(0, "twitter", "u1").await);
    let held = ask_and_hold(&nodes).await;
    // Not given up: its time is over.
    nodes.query("UPDATE connected_accounts SET lease_expires_at = 0 WHERE lease_owner IS NOT NULL");
    cluster.stop_at_once();
    nodes.twins().release("gate");
    until_unsaved(&nodes, 0).await;
    cluster.start_again();
    let answered = nodes.settled(1, "TWITTER_USER_LOOKUP_ME", "u1");
    let (status, answer) = tokio::time::timeout(LONGEST_WAIT, answered).await.unwrap();
    assert_eq!(status, 200, "{answer}");
    assert_eq!(held.await.unwrap().unwrap().0, 200);
    assert_asked_once(&nodes);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waited_for_an_account_that_is_gone_is_ended_at_the_provider() {
    let Some(cluster) = OwnCluster::start() else { return };
    let nodes = Arc::new(Nodes::over_url(&cluster.url(), 2).await);
    refreshed_without_a_database(&nodes, &cluster).await;
    nodes.kill(0);
    cluster.start_again();
    let rows = nodes.query("SELECT id FROM connected_accounts");
    let gone = nodes.call(1, Method::DELETE, &format!("/connections/{rows}"), Value::Null).await.unwrap();
    assert_eq!(gone.0, 204, "{}", gone.1);
    nodes.start_one(0);
    let minted = nodes.refreshes_since(0)[0].detail["refresh_token"].clone();
    let ended = async {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        let is_it = |entry: &Entry| entry.kind == Kind::Revoke && entry.detail["presented"] == minted;
        while !nodes.twins().ledger().iter().any(is_it) || !unsaved(&nodes, 0).is_empty() {
            ticks.tick().await;
        }
    };
    tokio::time::timeout(LONGEST_WAIT, ended).await.expect("what nobody has is still alive");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_on_one_folder_takes_nothing_from_the_first() {
    let Some(cluster) = OwnCluster::start() else { return };
    let nodes = Arc::new(Nodes::over_url(&cluster.url(), 1).await);
    let file = refreshed_without_a_database(&nodes, &cluster).await;
    // As its supervisor starts it before the old one has ended.
    nodes.pause(0);
    cluster.start_again();
    nodes.query("UPDATE connected_accounts SET lease_expires_at = 0 WHERE lease_owner IS NOT NULL");
    let _second = nodes.another_like(0);
    assert!(file.exists(), "it is the first one's");
    nodes.resume(0);
    let (status, answer) = nodes.settled(0, "TWITTER_USER_LOOKUP_ME", "u1").await;
    assert_eq!(status, 200, "{answer}");
    let revoked = nodes.twins().ledger().into_iter().filter(|entry| entry.kind == Kind::Revoke).count();
    assert_eq!(revoked, 0);
    assert_asked_once(&nodes);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_there_and_cannot_be_read_stays_and_stops_nobody() {
    let Some(cluster) = OwnCluster::start() else { return };
    let nodes = Arc::new(Nodes::over_url(&cluster.url(), 1).await);
    let file = refreshed_without_a_database(&nodes, &cluster).await;
    nodes.kill(0);
    let mut unsaved: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    unsaved["generation"] = json!(7);
    fs::write(&file, unsaved.to_string()).unwrap();
    cluster.start_again();
    nodes.start_one(0);
    assert!(file.exists(), "a grant sealed for another generation opens in no other");
    nodes.let_leases_lapse();
    let (status, answer) = nodes.me(0, "u1").await.unwrap();
    assert_eq!(
        (status, &answer["error"]["details"]["reason"]),
        (409, &json!("refresh_interrupted")),
        "{answer}"
    );
}
