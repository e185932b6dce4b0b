//! The refresh lease as a state machine, and a search through everything that may come of it: nodes that stop anywhere,
//! crash, lose their lease, a provider that commits and is not heard, users who connect again, disconnect, withdraw.
//!
//! The model is a copy of the protocol, and a copy may be wrong: `conforming` holds its row against the real one, and each
//! step in `steps` names what it copies. A general model checker would judge "comes to be" by single paths only.

mod conforming;
mod explore;
mod faults;
mod row;
mod steps;
mod users;
mod world;

use explore::explore;
use world::{Budget, Naive, Pauses, Rotation, Rules};

const NOTHING: Budget = Budget {
    calls: 0,
    crashes: 0,
    silences: 0,
    troubles: 0,
    unacknowledged: 0,
    revocations: 0,
    reconnects: 0,
    disconnects: 0,
};
/// Each fault of nodes and network once.
const FAULTS: Budget =
    Budget { calls: 3, crashes: 1, silences: 1, troubles: 1, unacknowledged: 1, ..NOTHING };
const RECONNECT: Budget =
    Budget { calls: 2, crashes: 1, silences: 1, unacknowledged: 1, reconnects: 1, ..NOTHING };
const DISCONNECT: Budget =
    Budget { calls: 2, crashes: 2, troubles: 1, revocations: 1, disconnects: 1, ..NOTHING };
const BOTH: Budget = Budget { calls: 2, crashes: 1, reconnects: 1, disconnects: 1, ..NOTHING };
const ROTATIONS: [Rotation; 3] = [Rotation::ReuseEndsAll, Rotation::ReuseIsRefused, Rotation::Stable];

fn rules(nodes: usize, rotation: Rotation, pauses: Pauses, budget: Budget) -> Rules {
    Rules { nodes, rotation, pauses, naive: Naive::Nothing, budget }
}

/// One node is a process that is alone with its database; two and three share theirs.
fn scenarios() -> Vec<Rules> {
    let mut all = Vec::new();
    for rotation in ROTATIONS {
        for pauses in [Pauses::Nowhere, Pauses::Anywhere] {
            for budget in [FAULTS, RECONNECT, DISCONNECT] {
                all.push(rules(1, rotation, pauses, Budget { crashes: 2, ..budget }));
                all.push(rules(2, rotation, pauses, budget));
            }
        }
    }
    all.push(rules(2, Rotation::ReuseIsRefused, Pauses::Anywhere, BOTH));
    all.push(rules(
        3,
        Rotation::ReuseIsRefused,
        Pauses::Anywhere,
        Budget { silences: 0, unacknowledged: 0, ..FAULTS },
    ));
    if std::env::var_os("LONG").is_some() {
        for rotation in ROTATIONS {
            all.push(rules(3, rotation, Pauses::Anywhere, FAULTS));
            all.push(rules(2, rotation, Pauses::Anywhere, Budget { calls: 3, ..BOTH }));
            all.push(rules(2, rotation, Pauses::Anywhere, Budget { calls: 4, crashes: 2, ..FAULTS }));
        }
    }
    all
}

#[test]
fn every_promise_holds_whatever_happens() {
    let (mut worlds, mut steps) = (0, 0);
    for rules in scenarios() {
        let explored = explore(&rules);
        if let Some(broken) = explored.broken {
            panic!("{rules:?}\n{broken}");
        }
        worlds += explored.worlds;
        steps += explored.steps;
    }
    eprintln!("the refresh lease: {worlds} worlds, {steps} steps, no promise broken");
    assert!(worlds > 1_000_000, "{worlds} are too few to say anything");
}

/// Without one part of the protocol, the search finds what that part is for.
fn missed(naive: Naive) -> String {
    let budget = Budget { calls: 3, crashes: 1, troubles: 1, reconnects: 1, ..NOTHING };
    let rules = Rules { naive, ..rules(2, Rotation::ReuseIsRefused, Pauses::Anywhere, budget) };
    explore(&rules).broken.expect("a promise is broken")
}

#[test]
fn a_commit_without_condition_overwrites_a_reconnect() {
    insta::assert_snapshot!(missed(Naive::CommitsUnconditionally), @r"
    tokens replace a grant that they did not come of
    node 0 is asked for a fresh token | account 0 Active generation 1 grant 0
    node 0 reads that the lease is free | account 0 Active generation 1 grant 0
    node 0 takes the lease, unless somebody was faster | account 0 Active generation 1 grant 0, lease 0 for 2, intent 0
    node 0 prolongs its lease, or sees that it lost it | account 0 Active generation 1 grant 0, lease 0 for 2, intent 0
    node 0 sends the refresh token | account 0 Active generation 1 grant 0, lease 0 for 2, intent 0
    the provider answers the request | account 0 Active generation 1 grant 0, lease 0 for 2, intent 0
    node 0 gets new tokens | account 0 Active generation 1 grant 0, lease 0 for 2, intent 0
    the user consents anew | account 0 Active generation 1 grant 0, lease 0 for 2, intent 0
    the user is looked up by whoever connects | account 0 Active generation 1 grant 0, lease 0 for 2, intent 0
    the user is attached, unless the row changed | account 0 Active generation 2 grant 2
    node 0 commits its tokens if it still has the lease | account 0 Active generation 2 grant 1
    ");
}

#[test]
fn without_an_intent_a_lost_answer_looks_like_a_withdrawn_consent() {
    insta::assert_snapshot!(missed(Naive::WritesNoIntent), @r"
    an account lost to a fault is called rejected
    node 0 is asked for a fresh token | account 0 Active generation 1 grant 0
    node 0 reads that the lease is free | account 0 Active generation 1 grant 0
    node 0 takes the lease, unless somebody was faster | account 0 Active generation 1 grant 0, lease 0 for 2
    node 0 prolongs its lease, or sees that it lost it | account 0 Active generation 1 grant 0, lease 0 for 2
    node 0 sends the refresh token | account 0 Active generation 1 grant 0, lease 0 for 2
    the provider answers the request | account 0 Active generation 1 grant 0, lease 0 for 2
    node 1 is asked for a fresh token | account 0 Active generation 1 grant 0, lease 0 for 2
    time passes | account 0 Active generation 1 grant 0, lease 0 for 1
    time passes | account 0 Active generation 1 grant 0, lease 0 for 0
    node 1 reads that the lease is free | account 0 Active generation 1 grant 0, lease 0 for 0
    node 1 takes the lease, unless somebody was faster | account 0 Active generation 1 grant 0, lease 1 for 2
    node 1 prolongs its lease, or sees that it lost it | account 0 Active generation 1 grant 0, lease 1 for 2
    node 1 sends the refresh token | account 0 Active generation 1 grant 0, lease 1 for 2
    the provider answers the request | account 0 Active generation 1 grant 0, lease 1 for 2
    node 1 is refused, and reads the row | account 0 Active generation 1 grant 0, lease 1 for 2
    node 1 marks the account for reconnecting | account 0 Rejected generation 1 grant 0
    ");
}

#[test]
fn who_gives_back_anothers_lease_has_a_token_used_twice() {
    insta::assert_snapshot!(missed(Naive::ReleasesWhoeverHolds), @r"
    a refresh token is used twice though nothing went wrong
    node 0 is asked for a fresh token | account 0 Active generation 1 grant 0
    node 0 reads that the lease is free | account 0 Active generation 1 grant 0
    node 0 takes the lease, unless somebody was faster | account 0 Active generation 1 grant 0, lease 0 for 2, intent 0
    node 0 prolongs its lease, or sees that it lost it | account 0 Active generation 1 grant 0, lease 0 for 2, intent 0
    node 0 sends the refresh token | account 0 Active generation 1 grant 0, lease 0 for 2, intent 0
    the provider is in trouble, and says so | account 0 Active generation 1 grant 0, lease 0 for 2, intent 0
    node 0 is told to wait | account 0 Active generation 1 grant 0, lease 0 for 2, intent 0
    node 1 is asked for a fresh token | account 0 Active generation 1 grant 0, lease 0 for 2, intent 0
    time passes | account 0 Active generation 1 grant 0, lease 0 for 1, intent 0
    time passes | account 0 Active generation 1 grant 0, lease 0 for 0, intent 0
    node 1 reads that the lease is free | account 0 Active generation 1 grant 0, lease 0 for 0, intent 0
    node 1 takes the lease, unless somebody was faster | account 0 Active generation 1 grant 0, lease 1 for 2, intent 0
    node 1 prolongs its lease, or sees that it lost it | account 0 Active generation 1 grant 0, lease 1 for 2, intent 0
    node 0 gives its lease back, with a pause | account 0 Active generation 1 grant 0, pause
    node 0 is asked for a fresh token | account 0 Active generation 1 grant 0, pause
    node 1 sends the refresh token | account 0 Active generation 1 grant 0, pause
    time passes | account 0 Active generation 1 grant 0
    node 0 reads that the lease is free | account 0 Active generation 1 grant 0
    node 0 takes the lease, unless somebody was faster | account 0 Active generation 1 grant 0, lease 0 for 2, intent 0
    node 0 prolongs its lease, or sees that it lost it | account 0 Active generation 1 grant 0, lease 0 for 2, intent 0
    node 0 sends the refresh token | account 0 Active generation 1 grant 0, lease 0 for 2, intent 0
    ");
}
