//! Nodes whose machines disagree about the time. Leases and ends of tokens go by the database's clock, so nobody takes a
//! lease for over that another still holds.

use std::path::Path;

use futures_util::future::join_all;
use sandbox::{Fault, Provider, What};
use serde_json::json;

use crate::support::nodes::Nodes;

/// Of Debian's package of that name.
fn faketime() -> String {
    format!("/usr/lib/{}-linux-gnu/faketime/libfaketime.so.1", std::env::consts::ARCH)
}

/// Right, ten minutes behind, ten minutes ahead.
const CLOCKS: [&str; 3] = ["+0", "-600", "+600"];
/// Long enough for every other node to look at the lease several times.
const EXCHANGE_MILLISECONDS: u64 = 700;

#[allow(clippy::print_stderr, reason = "a test that is skipped says so")]
async fn with_wrong_clocks() -> Option<Nodes> {
    let faketime = faketime();
    if !Path::new(&faketime).exists() {
        assert!(std::env::var_os("REQUIRE_FAKETIME").is_none(), "faketime is not installed");
        eprintln!("SKIPPED: faketime is not installed");
        return None;
    }
    let env = CLOCKS.map(|clock| vec![("LD_PRELOAD", faketime.clone()), ("FAKETIME", clock.to_owned())]);
    let nodes = Nodes::start_with(env.to_vec()).await?;
    nodes.configure().await;
    assert!(nodes.connect(0, "twitter", "u1").await);
    Some(nodes)
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_whose_clocks_are_ten_minutes_apart_make_one_exchange() {
    let Some(nodes) = with_wrong_clocks().await else { return };
    for first in 0..CLOCKS.len() {
        nodes.twins().clear_ledger();
        nodes.twins().expire_access_tokens(Provider::Twitter);
        nodes.twins().inject(Fault {
            provider: Provider::Twitter,
            matcher: "token".into(),
            times: Some(1),
            what: What::Latency(EXCHANGE_MILLISECONDS),
        });
        let calls = (0..12).map(|call| nodes.me((first + call) % CLOCKS.len(), "u1"));
        for answer in join_all(calls).await {
            let (status, body) = answer.expect("every node is up");
            assert_eq!(status, 200, "begun on {first}: {body}");
        }
        let refreshes = nodes.refreshes_since(0);
        let outcomes: Vec<_> = refreshes.iter().map(|entry| entry.outcome().unwrap_or("-")).collect();
        assert_eq!(outcomes, ["ok"], "begun on {first}");
        assert_eq!(refreshes[0].detail["reuse_detected"], json!(false));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_node_with_a_wrong_clock_wrote_has_the_time_of_the_database() {
    let Some(nodes) = with_wrong_clocks().await else { return };
    for node in 0..CLOCKS.len() {
        assert!(nodes.connect(node, "gmail", &format!("u{node}")).await);
    }
    let apart = "SELECT max(abs(connected_at - (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::bigint)) / 1000000 < 60 \
                 FROM connected_accounts";
    assert_eq!(nodes.query(apart), "t");
}
