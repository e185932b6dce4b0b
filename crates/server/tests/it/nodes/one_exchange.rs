//! Many callers on four nodes, or on one process over SQLite, at the moment when a token ends: the provider is asked once, and never with a refresh
//! token that it has seen before.

use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use sandbox::Provider;
use serde_json::json;

use crate::support::nodes::{Nodes, say, seeded, short_or_long};

const NODES: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn callers_on_four_nodes_make_one_exchange_when_a_token_ends() {
    let Some(nodes) = Nodes::start(NODES).await else { return };
    one_exchange_a_round(&nodes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_on_one_process_over_sqlite_make_one_exchange_when_a_token_ends() {
    let Some(nodes) = Nodes::alone().await else { return };
    one_exchange_a_round(&nodes).await;
}

async fn one_exchange_a_round(nodes: &Nodes) {
    let (rounds, callers) = (short_or_long(10, 1000), short_or_long(200, 500));
    let mut random = seeded("one exchange");
    nodes.configure().await;
    assert!(nodes.connect(0, "twitter", "u1").await);
    let (began_all, mut slowest) = (Instant::now(), Duration::ZERO);
    for round in 0..rounds {
        nodes.twins().clear_ledger();
        let began = Instant::now();
        // Before anybody asks, or in the middle of it.
        let ends_after = random.usize(..callers / 2);
        call_while_the_token_ends(nodes, callers, ends_after).await;
        slowest = slowest.max(began.elapsed());
        let refreshes = nodes.refreshes_since(0);
        let outcomes: Vec<_> = refreshes.iter().map(|entry| entry.outcome().unwrap_or("-")).collect();
        assert_eq!(outcomes, ["ok"], "round {round}, ended after {ends_after} answers");
        assert_eq!(refreshes[0].detail["reuse_detected"], json!(false));
        if (round + 1) % 50 == 0 {
            say(&format!("so far: {} rounds of {callers} callers in {:.0?}", round + 1, began_all.elapsed()));
        }
    }
    say(&format!(
        "one exchange: {rounds} rounds of {callers} callers on {} nodes in {:.0?}, the slowest in {slowest:.0?}",
        nodes.count(),
        began_all.elapsed()
    ));
}

/// Everybody gets what he asked for.
async fn call_while_the_token_ends(nodes: &Nodes, callers: usize, ends_after: usize) {
    let end = || nodes.twins().expire_access_tokens(Provider::Twitter);
    if ends_after == 0 {
        end();
    }
    let mut calls: FuturesUnordered<_> =
        (0..callers).map(|caller| nodes.me(caller % nodes.count(), "u1")).collect();
    let mut answered = 0;
    while let Some(answer) = calls.next().await {
        let (status, body) = answer.expect("every node is up");
        assert_eq!(status, 200, "{body}");
        answered += 1;
        if answered == ends_after {
            end();
        }
    }
    assert_eq!(answered, callers);
    // Where all of them were through by then, this one meets the end.
    assert_eq!(nodes.me(0, "u1").await.unwrap().0, 200);
}
