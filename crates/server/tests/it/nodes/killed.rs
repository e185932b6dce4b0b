//! kill -9 at random moments. A strict grant is lost only where the crash fell between the provider's answer and our
//! commit, and then its account says so; everything that was acknowledged is there.

use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::Clock as _;
use futures_util::future::join_all;
use jiff::Timestamp;

use super::load::{Load, connect_everybody};
use super::losses::Losses;
use crate::support::nodes::{Nodes, say, seeded, short_or_long};

const MINUTE: Duration = Duration::from_secs(60);
const NODES: usize = 3;
const KILLS_A_ROUND: usize = 20;
/// Up to here all nodes are up before one is killed.
const LONGEST_PEACE: Duration = Duration::from_millis(200);

#[tokio::test(flavor = "multi_thread")]
async fn nodes_killed_at_random_moments_lose_nothing_that_they_acknowledged() {
    let Some(nodes) = Nodes::start(NODES).await else { return };
    nothing_acknowledged_is_lost(nodes, Duration::from_secs(120)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_over_sqlite_killed_at_random_moments_loses_nothing_that_it_acknowledged() {
    let Some(nodes) = Nodes::alone().await else { return };
    nothing_acknowledged_is_lost(nodes, Duration::from_secs(25)).await;
}

async fn nothing_acknowledged_is_lost(nodes: Nodes, short: Duration) {
    let nodes = Arc::new(nodes);
    let (kills, patience) = short_or_long((200, short), (10_000, 1000 * MINUTE));
    let callers = short_or_long(6, 16);
    let mut random = seeded("random kills");
    connect_everybody(&nodes).await;
    let (began, mut losses, mut round) = (Instant::now(), Losses::default(), 0);
    while losses.kills < kills && began.elapsed() < patience {
        nodes.twins().clear_ledger();
        let load = Load::start(&nodes, callers, round, &mut random);
        let mut killed = kill_one_after_another(&nodes, &mut random, began + patience).await;
        // All of them at once, in the middle of it. Then nobody has a lease any more, and its end can be brought forward.
        killed.extend((0..nodes.count()).map(|node| kill(&nodes, node)));
        let seen = load.stop().await;
        // One that is alone with its database ends them itself.
        if nodes.count() > 1 {
            nodes.let_leases_lapse();
        }
        nodes.start_all();
        all_say_how_they_are(&nodes).await;
        losses.judge(&nodes, &killed);
        losses.keep(&nodes, &seen);
        begin_anew(&nodes).await;
        round += 1;
        if round.is_multiple_of(5) {
            say(&format!("so far: {} in {:.0?}", losses.report(), began.elapsed()));
        }
    }
    say(&format!("random kills: {} in {:.0?}", losses.report(), began.elapsed()));
    assert!(losses.kills > nodes.count() && losses.refreshes > 0, "there was a load, and it was killed");
}

pub(super) fn kill(nodes: &Nodes, node: usize) -> Timestamp {
    nodes.kill(node);
    engine::SystemClock.now()
}

/// Ends with all nodes up.
async fn kill_one_after_another(
    nodes: &Arc<Nodes>,
    random: &mut fastrand::Rng,
    until: Instant,
) -> Vec<Timestamp> {
    let mut killed = Vec::new();
    while killed.len() < KILLS_A_ROUND && Instant::now() < until {
        // Nothing is waited for: any moment is as good.
        tokio::time::sleep(LONGEST_PEACE.mul_f64(random.f64())).await;
        let node = random.usize(..nodes.count());
        killed.push(kill(nodes, node));
        let starting = Arc::clone(nodes);
        tokio::task::spawn_blocking(move || starting.start_one(node)).await.unwrap();
    }
    killed
}

/// Each account is asked until it works or says why not. A stable grant always works.
pub(super) async fn all_say_how_they_are(nodes: &Nodes) {
    let accounts = nodes.query("SELECT user_id, toolkit FROM connected_accounts");
    let ask = async |user: &str, toolkit: &str| {
        let tool = if toolkit == "gmail" { "GMAIL_GET_PROFILE" } else { "TWITTER_USER_LOOKUP_ME" };
        match nodes.settled(0, tool, user).await {
            (200, _) => {}
            (409, answer) if toolkit == "twitter" => {
                assert_eq!(answer["error"]["details"]["reason"], "refresh_interrupted", "{answer}");
            }
            (status, answer) => panic!("{user} {toolkit}: {status} {answer}"),
        }
    };
    let asked =
        accounts.lines().map(|row| row.split_once('|').unwrap()).map(|(user, toolkit)| ask(user, toolkit));
    let asked = join_all(asked);
    tokio::time::timeout(Duration::from_secs(60), asked).await.expect("an account never said how it is");
}

/// Lost accounts are connected again, and those who came in this round go.
pub(super) async fn begin_anew(nodes: &Nodes) {
    nodes.query("DELETE FROM connected_accounts WHERE user_id LIKE 'n%'");
    for user in nodes.query("SELECT user_id FROM connected_accounts WHERE status <> 'active'").lines() {
        assert!(nodes.connect(1, "twitter", user).await);
        assert_eq!(nodes.me(2 % nodes.count(), user).await.unwrap().0, 200);
    }
}
