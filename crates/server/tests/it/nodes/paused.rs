//! The holder of a refresh lease is stopped (SIGSTOP), its lease runs out, another node goes on, and the holder wakes up
//! believing that nothing was: the newest grant survives, and what was lost says so.

use std::sync::Arc;

use reqwest::Method;
use sandbox::{Fault, Grace, Kind, Provider, Reuse, What};
use serde_json::{Value, json};
use throwaway_postgres::Transaction;
use tokio::task::JoinHandle;

use crate::support::ADA;
use crate::support::nodes::Nodes;

type Answer = Option<(u16, Value)>;

const HOLDER: usize = 0;

async fn with_x() -> Option<Arc<Nodes>> {
    let nodes = Arc::new(Nodes::start(3).await?);
    nodes.configure().await;
    assert!(nodes.connect(HOLDER, "twitter", "u1").await);
    nodes.twins().clear_ledger();
    nodes.twins().expire_access_tokens(Provider::Twitter);
    Some(nodes)
}

fn call_holder(nodes: &Arc<Nodes>) -> JoinHandle<Answer> {
    let nodes = Arc::clone(nodes);
    tokio::spawn(async move { nodes.me(HOLDER, "u1").await })
}

fn once(what: What) -> Fault {
    Fault { provider: Provider::Twitter, matcher: "token".into(), times: Some(1), what }
}

/// The holder is stopped after the provider has acted and before it knows the answer; the lease is over.
async fn stopped_before_the_answer(nodes: &Arc<Nodes>) -> JoinHandle<Answer> {
    nodes.operated.hold_answer(Provider::Twitter, "token");
    let waiting = call_holder(nodes);
    nodes.twins().wait_held("gate", 1).await;
    nodes.pause(HOLDER);
    nodes.let_leases_lapse();
    waiting
}

async fn wake(nodes: &Nodes, waiting: JoinHandle<Answer>) -> (u16, Value) {
    nodes.twins().release("gate");
    nodes.resume(HOLDER);
    waiting.await.unwrap().expect("the holder answers")
}

/// The outcome of each refresh, and how many were of a token that was used before.
fn refreshes(nodes: &Nodes) -> (Vec<String>, usize) {
    let entries = nodes.refreshes_since(0);
    let reused = entries.iter().filter(|entry| entry.detail["reuse_detected"] == json!(true)).count();
    (entries.iter().map(|entry| entry.outcome().unwrap_or("-").to_owned()).collect(), reused)
}

async fn all_are_served(nodes: &Nodes) {
    for node in 0..nodes.count() {
        let (status, answer) = nodes.me(node, "u1").await.unwrap();
        assert_eq!(status, 200, "node {node}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holder_that_slept_before_it_asked_asks_nobody() {
    let Some(nodes) = with_x().await else { return };
    let lock =
        Transaction::begin(nodes.database.url(), "LOCK TABLE client_versions IN ACCESS EXCLUSIVE MODE");
    let waiting = call_holder(&nodes);
    let held = "SELECT count(*) FROM connected_accounts WHERE lease_owner IS NOT NULL";
    while nodes.query(held) == "0" {}
    nodes.pause(HOLDER);
    drop(lock);
    nodes.let_leases_lapse();
    assert_eq!(nodes.me(1, "u1").await.unwrap().0, 200, "another goes on");
    nodes.resume(HOLDER);
    let (status, answer) = waiting.await.unwrap().unwrap();
    assert_eq!(status, 200, "what another node got serves those who waited here: {answer}");
    all_are_served(&nodes).await;
    assert_eq!(refreshes(&nodes), (vec!["ok".to_owned()], 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_lost_while_its_holder_slept_says_that_its_refresh_was_interrupted() {
    let Some(nodes) = with_x().await else { return };
    let waiting = stopped_before_the_answer(&nodes).await;
    let interrupted = |(status, answer): (u16, Value)| {
        assert_eq!(
            (status, &answer["error"]["details"]["reason"]),
            (409, &json!("refresh_interrupted")),
            "{answer}"
        );
    };
    interrupted(nodes.me(1, "u1").await.unwrap());
    wake(&nodes, waiting).await;
    for node in 0..nodes.count() {
        interrupted(nodes.me(node, "u1").await.unwrap());
    }
    assert_eq!(refreshes(&nodes).1, 1, "the question whether the old token still works, asked once");
    assert!(nodes.connect(1, "twitter", "u1").await);
    all_are_served(&nodes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_used_token_is_only_refused_the_late_answer_mends_the_account() {
    let Some(nodes) = with_x().await else { return };
    nodes.twins().set_reuse(Provider::Twitter, Reuse::IsRefused);
    let waiting = stopped_before_the_answer(&nodes).await;
    assert_eq!(nodes.me(1, "u1").await.unwrap().0, 409);
    let (status, answer) = wake(&nodes, waiting).await;
    assert_eq!(status, 200, "{answer}");
    all_are_served(&nodes).await;
}

/// Nobody refreshes any more, and what the holder brings is the only grant that works.
#[tokio::test(flavor = "multi_thread")]
async fn where_the_next_holder_learned_nothing_the_late_answer_is_stored() {
    let Some(nodes) = with_x().await else { return };
    let waiting = stopped_before_the_answer(&nodes).await;
    nodes.twins().inject(once(What::Status500));
    assert_eq!(nodes.me(1, "u1").await.unwrap().0, 502);
    let (status, answer) = wake(&nodes, waiting).await;
    assert_eq!(status, 200, "{answer}");
    all_are_served(&nodes).await;
    assert_eq!(refreshes(&nodes).1, 0);
}

/// Both hold tokens of one family: to end those that came late would end the others, too.
#[tokio::test(flavor = "multi_thread")]
async fn where_the_next_holder_was_answered_within_a_grace_the_late_answer_spoils_nothing() {
    let Some(nodes) = with_x().await else { return };
    nodes.twins().set_grace(Provider::Twitter, Some(Grace::Another(60)));
    let waiting = stopped_before_the_answer(&nodes).await;
    assert_eq!(nodes.me(1, "u1").await.unwrap().0, 200, "a used token works again for a while");
    let (status, answer) = wake(&nodes, waiting).await;
    assert_eq!(status, 200, "{answer}");
    all_are_served(&nodes).await;
    nodes.twins().expire_access_tokens(Provider::Twitter);
    all_are_served(&nodes).await;
    assert!(nodes.twins().ledger().iter().all(|entry| entry.kind != Kind::Revoke));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_came_of_being_late_ends_no_account() {
    let Some(nodes) = with_x().await else { return };
    nodes.twins().set_reuse(Provider::Twitter, Reuse::IsRefused);
    nodes.twins().inject(once(What::Hold("late".into())));
    let late = call_holder(&nodes);
    nodes.twins().wait_held("late", 1).await;
    nodes.let_leases_lapse();
    nodes.operated.hold_answer(Provider::Twitter, "token");
    let next = Arc::clone(&nodes);
    let next = tokio::spawn(async move { next.me(1, "u1").await });
    nodes.twins().wait_held("gate", 1).await;
    nodes.twins().release("late");
    let (status, answer) = late.await.unwrap().unwrap();
    assert_eq!(status, 502, "the lease is another's, and so is the verdict: {answer}");
    assert_eq!(nodes.query("SELECT status FROM connected_accounts"), "active");
    nodes.twins().release("gate");
    assert_eq!(next.await.unwrap().unwrap().0, 200);
    all_are_served(&nodes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reconnect_while_the_holder_slept_is_not_overwritten() {
    let Some(nodes) = with_x().await else { return };
    let waiting = stopped_before_the_answer(&nodes).await;
    // One node sleeps, so that all steps go over one of the others.
    assert!(nodes.connect_over(&[1, 2, 1, 2], "twitter", ADA, "u1").await);
    let newest = "SELECT generation, encode(sealed_grant, 'hex') FROM connected_accounts";
    let before = nodes.query(newest);
    let (status, answer) = wake(&nodes, waiting).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(nodes.query(newest), before, "the late commit did not win");
    all_are_served(&nodes).await;
    assert_eq!(refreshes(&nodes), (vec!["ok".to_owned()], 0));
    let ledger = nodes.twins().ledger();
    let late = ledger.iter().find(|entry| entry.operation.as_deref() == Some("refresh_token")).unwrap();
    let revoked: Vec<&Value> = ledger
        .iter()
        .filter(|entry| entry.kind == Kind::Revoke)
        .map(|entry| &entry.detail["presented"])
        .collect();
    assert!(revoked.contains(&&late.detail["refresh_token"]), "what nobody has is ended: {ledger:#?}");
    let connections = nodes.call(1, Method::GET, "/connections", Value::Null).await.unwrap().1;
    assert_eq!(connections["connections"].as_array().unwrap().len(), 1);
}
