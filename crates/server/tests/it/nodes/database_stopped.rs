//! The database is stopped at once (`pg_ctl stop -m immediate`) in the middle of a load and started again. The nodes
//! recover by themselves; nothing that was acknowledged is lost, and no grant: what a provider has handed out is kept in
//! memory until the database takes it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::Value;
use throwaway_postgres::OwnCluster;

use super::load::{Load, connect_everybody};
use super::losses::Losses;
use crate::support::nodes::{Nodes, say, seeded, short_or_long};

const NODES: usize = 3;
/// Up to here the database is up, and down.
const LONGEST_PEACE: Duration = Duration::from_millis(1500);
const LONGEST_OUTAGE: Duration = Duration::from_millis(1500);
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Of a lease that a node got without hearing of it, and more than the pauses after trouble.
const UNTIL_LEASES_LAPSE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn nodes_outlive_a_database_that_is_stopped_at_once_and_lose_nothing() {
    let Some(cluster) = OwnCluster::start() else { return };
    let nodes = Arc::new(Nodes::over_url(&cluster.url(), NODES).await);
    let stops = short_or_long(5, 500);
    let callers = short_or_long(6, 16);
    let mut random = seeded("database stopped");
    connect_everybody(&nodes).await;
    nodes.twins().clear_ledger();
    let (began, mut losses) = (Instant::now(), Losses::default());
    let load = Load::over_outages(&nodes, callers, &mut random);
    for _ in 0..stops {
        // Nothing is waited for: any moment is as good.
        tokio::time::sleep(LONGEST_PEACE.mul_f64(random.f64())).await;
        cluster.stop_at_once();
        tokio::time::sleep(LONGEST_OUTAGE.mul_f64(random.f64())).await;
        cluster.start_again();
        all_are_ready(&nodes).await;
    }
    let seen = load.stop().await;
    all_work(&nodes).await;
    losses.judge(&nodes, &[]);
    losses.keep(&nodes, &seen);
    say(&format!("database stopped: {stops} times, {} in {:.0?}", losses.report(), began.elapsed()));
    assert!(losses.refreshes > 0 && losses.mails > 0, "there was a load");
}

/// Without having been started again.
async fn all_are_ready(nodes: &Nodes) {
    let ready = async |node| {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        ticks.tick().await;
        while nodes
            .send(node, Method::GET, "/health/ready", Value::Null, false)
            .await
            .is_none_or(|(status, _)| status != 200)
        {
            ticks.tick().await;
        }
    };
    let all = join_all((0..nodes.count()).map(ready));
    tokio::time::timeout(Duration::from_secs(30), all).await.expect("a node never came back");
}

/// Every account, on whatever node, once the leases are over.
async fn all_work(nodes: &Nodes) {
    let accounts = nodes.query("SELECT user_id, toolkit FROM connected_accounts");
    let works = async |node: usize, row: &str| {
        let (user, toolkit) = row.split_once('|').unwrap();
        let tool = if toolkit == "gmail" { "GMAIL_GET_PROFILE" } else { "TWITTER_USER_LOOKUP_ME" };
        let (status, answer) = nodes.settled(node, tool, user).await;
        assert_eq!(status, 200, "{user} {toolkit}: {answer}");
    };
    let all = accounts.lines().enumerate().map(|(number, row)| works(number % nodes.count(), row));
    tokio::time::timeout(UNTIL_LEASES_LAPSE, join_all(all)).await.expect("an account never worked again");
}
