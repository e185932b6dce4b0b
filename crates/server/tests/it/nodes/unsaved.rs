//! A node that ends while its database is away. What a provider handed out meanwhile waits on the node's disk, and is
//! stored before anybody asks for it again.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sandbox::Provider;
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
    nodes.let_leases_lapse();
    cluster.stop_at_once();
    nodes.twins().release("gate");
    until_unsaved(&nodes, 0).await;
    cluster.start_again();
    let answered = async {
        loop {
            match nodes.me(1, "u1").await.unwrap() {
                (503, _) => {}
                answer => return answer,
            }
        }
    };
    let (status, answer) = tokio::time::timeout(LONGEST_WAIT, answered).await.unwrap();
    assert_eq!(status, 200, "{answer}");
    assert_eq!(held.await.unwrap().unwrap().0, 200);
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
