//! The vault's key is replaced as `docs/operate/nodes.md` says, under load, on nodes that are killed where they should be
//! restarted, and by a rotation that is killed halfway: every secret stays readable on every node, all the time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use reqwest::Method;
use sandbox::Provider;
use serde_json::{Value, json};

use super::killed::{all_say_how_they_are, begin_anew, kill};
use super::load::{Load, connect_everybody};
use super::losses::Losses;
use crate::support::nodes::{Nodes, say, seeded, short_or_long};
use crate::support::vault_key;

const NODES: usize = 3;
/// Up to here a node serves, or is down.
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

#[tokio::test(flavor = "multi_thread")]
async fn the_vaults_key_is_replaced_on_nodes_that_are_killed_and_nothing_is_lost() {
    let Some(nodes) = Nodes::start(NODES).await else { return };
    let nodes = Arc::new(nodes);
    let mut random = seeded("vault keys");
    connect_everybody(&nodes).await;
    let (began, mut losses) = (Instant::now(), Losses::default());
    let rounds = short_or_long(1, 200);
    let mut old = nodes.operated.vault_keys.clone();
    for round in 0..rounds {
        let new = vault_key(&format!("r{round}"));
        nodes.twins().clear_ledger();
        let load = Load::start(&nodes, 6, round, &mut random);
        let mut killed = restart_each_with(&nodes, &format!("{old},{new}"), &mut random).await;
        killed.extend(restart_each_with(&nodes, &format!("{new},{old}"), &mut random).await);
        killed.push(interrupt_a_rotation(&nodes, &mut random).await);
        let unreadable = rotate(&nodes, 0).await["unreadable"].clone();
        assert_eq!(unreadable, json!(0));
        let again = rotate(&nodes, 1).await;
        assert_eq!((&again["resealed"], &again["unreadable"]), (&json!(0), &json!(0)), "{again}");
        killed.extend(restart_each_with(&nodes, &new, &mut random).await);
        killed.extend((0..NODES).map(|node| kill(&nodes, node)));
        let seen = load.stop().await;
        nodes.let_leases_lapse();
        nodes.start_all();
        all_say_how_they_are(&nodes).await;
        losses.judge(&nodes, &killed);
        losses.keep(&nodes, &seen);
        begin_anew(&nodes).await;
        old = new;
    }
    say(&format!("vault keys: {rounds} times replaced, {} in {:.0?}", losses.report(), began.elapsed()));
    assert!(losses.refreshes > 0 && losses.mails > 0, "there was a load");
}

/// Where the new key comes too early, the nodes that lack it fail, and do no harm.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_lacks_a_key_fails_and_spoils_nothing() {
    let Some(nodes) = Nodes::start(2).await else { return };
    let nodes = Arc::new(nodes);
    nodes.configure().await;
    assert!(nodes.connect(0, "twitter", "u1").await);
    nodes.set_vault_keys(&format!("{},{}", vault_key("early"), nodes.operated.vault_keys));
    kill(&nodes, 0);
    nodes.start_one(0);
    nodes.twins().clear_ledger();
    nodes.twins().expire_access_tokens(Provider::Twitter);
    assert_eq!(nodes.me(0, "u1").await.unwrap().0, 200, "refreshed, and under the new key");
    let (status, answer) = nodes.me(1, "u1").await.unwrap();
    assert_eq!((status, &answer["error"]["code"]), (500, &json!("INTERNAL_ERROR")), "{answer}");
    assert_eq!(answer["error"]["message"], "internal error", "which says nothing but its id");
    assert!(!answer.to_string().contains("early"), "{answer}");
    kill(&nodes, 1);
    nodes.start_one(1);
    for node in 0..2 {
        assert_eq!(nodes.me(node, "u1").await.unwrap().0, 200);
    }
    assert_eq!(nodes.refreshes_since(0).len(), 1);
}

/// One after the other, as in a rolling restart.
async fn restart_each_with(nodes: &Arc<Nodes>, keys: &str, random: &mut fastrand::Rng) -> Vec<Timestamp> {
    nodes.set_vault_keys(keys);
    let mut killed = Vec::new();
    for node in 0..NODES {
        pause(random).await;
        killed.push(kill(nodes, node));
        start(nodes, node).await;
    }
    killed
}

/// Kills the node that seals everything again while it is at it.
async fn interrupt_a_rotation(nodes: &Arc<Nodes>, random: &mut fastrand::Rng) -> Timestamp {
    let node = random.usize(..NODES);
    let rotating = tokio::spawn({
        let nodes = Arc::clone(nodes);
        async move { nodes.send(node, Method::POST, "/admin/vault/rotate", Value::Null, true).await }
    });
    pause(random).await;
    let killed = kill(nodes, node);
    let _ = rotating.await.unwrap();
    start(nodes, node).await;
    killed
}

async fn start(nodes: &Arc<Nodes>, node: usize) {
    let starting = Arc::clone(nodes);
    tokio::task::spawn_blocking(move || starting.start_one(node)).await.unwrap();
}

/// Nothing is waited for: any moment is as good.
async fn pause(random: &mut fastrand::Rng) {
    tokio::time::sleep(LONGEST_PAUSE.mul_f64(random.f64())).await;
}

async fn rotate(nodes: &Nodes, node: usize) -> Value {
    let rotated = nodes.send(node, Method::POST, "/admin/vault/rotate", Value::Null, true).await.unwrap();
    assert_eq!(rotated.0, 200, "{}", rotated.1);
    rotated.1
}
