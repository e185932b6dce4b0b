//! What may happen next: each step of a node between two of its awaits, as `engine/src/refresh.rs` and
//! `refresh_exchange.rs` take them, and what must hold of it.

use super::row::{Lease, Row, Status};
use super::world::{Attempt, Intent, LEASE, Naive, Node, PAUSE, Rotation, Rules, Wire, World, one};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Node(usize),
    Provider,
    User,
    Time,
}

/// Whether a step is one that will be taken if nothing goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Progress,
    Fault,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) who: Who,
    pub(crate) what: &'static str,
    pub(crate) kind: Kind,
    pub(crate) world: World,
    /// The promise that it breaks.
    pub(crate) broken: Option<&'static str>,
}

/// The steps from one world.
#[derive(Debug)]
pub(crate) struct Steps<'a> {
    pub(crate) from: World,
    pub(crate) rules: &'a Rules,
    pub(crate) found: Vec<Step>,
}

impl<'a> Steps<'a> {
    pub(crate) fn of(from: World, rules: &'a Rules) -> Vec<Step> {
        let mut steps = Self { from, rules, found: Vec::with_capacity(16) };
        for node in 0..rules.nodes {
            steps.node(node);
            steps.fault(node);
        }
        steps.users();
        steps.orphans();
        steps.tick();
        steps.found
    }

    pub(crate) fn add(&mut self, who: Who, what: &'static str, change: impl FnOnce(&mut World)) {
        self.judged(who, what, Kind::Progress, |world| {
            change(world);
            None
        });
    }

    pub(crate) fn add_fault(&mut self, who: Who, what: &'static str, change: impl FnOnce(&mut World)) {
        self.judged(who, what, Kind::Fault, |world| {
            change(world);
            None
        });
    }

    pub(crate) fn judged(
        &mut self,
        who: Who,
        what: &'static str,
        kind: Kind,
        change: impl FnOnce(&mut World) -> Option<&'static str>,
    ) {
        let mut world = self.from;
        let broken = change(&mut world).or_else(|| self.always(&world));
        self.found.push(Step { who, what, kind, world, broken });
    }

    /// What holds of every step, whoever takes it.
    fn always(&self, after: &World) -> Option<&'static str> {
        if let (Some(before), Some(row)) = (self.from.row, after.row)
            && before.id == row.id
        {
            if row.generation < before.generation {
                return Some("a generation is overwritten by an older one");
            }
            if row.grant != before.grant && row.generation != before.generation + 1 {
                return Some("a grant changes within its generation");
            }
        }
        if after.history.gone && after.active().is_some() {
            return Some("a disconnected account comes back");
        }
        let in_hand = after.nodes.iter().fold(0, |all, node| all | node.in_hand());
        if self.rules.rotation != Rotation::Stable && after.history.homeless & !in_hand != 0 {
            return Some("tokens that work are neither stored nor ended");
        }
        None
    }

    fn node(&mut self, n: usize) {
        let who = Who::Node(n);
        let row = self.from.row;
        match self.from.nodes[n] {
            Node::Idle => {
                if let Some(row) = self.from.active()
                    && self.from.left.calls > 0
                {
                    self.add(who, "is asked for a fresh token", |world| {
                        world.left.calls -= 1;
                        world.nodes[n] = Node::Polling { id: row.id, generation: row.generation };
                    });
                }
            }
            Node::Polling { id, generation } => self.read(n, id, generation),
            Node::Seen(seen) => self.acquire(n, seen),
            Node::Leased(attempt) => {
                self.add(who, "prolongs its lease, or sees that it lost it", |world| {
                    let held = world.row.as_mut().is_some_and(|row| row.renew(&attempt.lease, LEASE));
                    let attempt = Attempt { lapsed: false, ..attempt };
                    world.nodes[n] = if held { Node::Asking(attempt) } else { Node::Idle };
                });
            }
            Node::Asking(attempt) => self.send(n, attempt),
            Node::Waiting(attempt, wire) => self.wait(n, attempt, wire),
            Node::Committing(attempt, grant) => self.commit(n, attempt, grant),
            Node::Late(attempt, grant) => {
                self.judged(who, "adopts its tokens if it may", Kind::Progress, |world| {
                    let before = world.row;
                    let adopted = world.row.as_mut().is_some_and(|row| row.adopt(&attempt.lease, grant, 0));
                    world.nodes[n] = if adopted { Node::Idle } else { Node::LateRead(attempt, grant) };
                    if adopted { stored(world, before, &attempt, grant) } else { None }
                });
            }
            Node::LateRead(attempt, grant) => self.add(who, "reads what became of the row", |world| {
                let same = row.filter(|row| row.id == attempt.lease.id);
                let ours = same.filter(|row| row.generation == attempt.lease.generation);
                world.nodes[n] = match ours.filter(|row| row.status != Status::Disconnecting) {
                    Some(_) => Node::Late(attempt, grant),
                    None if self.rules.rotation == Rotation::Stable => Node::Idle,
                    None => Node::Revoking(grant),
                };
            }),
            Node::Refused(attempt) => self.mark(n, attempt),
            Node::Pausing(attempt, intent) => self.pause(n, attempt, intent),
            Node::Revoking(grant) => self.add(who, "ends the tokens that nobody has", |world| {
                world.provider.ended |= one(grant);
                world.history.homeless &= !one(grant);
                world.nodes[n] = Node::Idle;
            }),
        }
    }

    fn read(&mut self, n: usize, id: u8, generation: u8) {
        let row = self.from.active().filter(|row| row.id == id && row.generation == generation);
        let next = match row {
            Some(row) if row.waits(0) => Node::Idle,
            Some(row) if row.is_leased(0) => return,
            Some(row) => Node::Seen(Row { lease_ends: None, retry_at: None, ..row }),
            None => Node::Idle,
        };
        let what =
            if next == Node::Idle { "reads a row that is an answer" } else { "reads that the lease is free" };
        self.add(Who::Node(n), what, |world| world.nodes[n] = next);
    }

    fn acquire(&mut self, n: usize, seen: Row) {
        let rules = self.rules;
        self.judged(Who::Node(n), "takes the lease, unless somebody was faster", Kind::Progress, |world| {
            let owner = world.new_owner();
            let before = world.row;
            let row = world.row.as_mut();
            if !row.is_some_and(|row| row.acquire(&seen, owner, seen.grant, 0, LEASE)) {
                world.nodes[n] = Node::Polling { id: seen.id, generation: seen.generation };
                return None;
            }
            if let Some(row) = world.row.as_mut().filter(|_| rules.naive == Naive::WritesNoIntent) {
                row.intent = None;
            }
            let attempt = Attempt {
                lease: Lease { id: seen.id, generation: seen.generation, owner },
                token: seen.grant,
                interrupted: seen.intent.is_some(),
                lapsed: false,
            };
            world.nodes[n] = Node::Leased(attempt);
            before.is_some_and(|row| row.waits(0)).then_some("the provider is asked before the pause is over")
        });
    }

    fn send(&mut self, n: usize, attempt: Attempt) {
        self.judged(Who::Node(n), "sends the refresh token", Kind::Progress, |world| {
            let token = one(attempt.token);
            let others = world.nodes.iter().filter_map(|node| node.attempt().filter(|_| node.has_asked()));
            let overlaps = others.filter(|other| other.token == attempt.token).any(|other| !other.lapsed);
            let again = world.history.asked & !world.history.interrupted & token != 0;
            world.history.asked |= token;
            world.nodes[n] = Node::Waiting(attempt, Wire::Request { old: false });
            (overlaps && !attempt.lapsed || again)
                .then_some("a refresh token is used twice though nothing went wrong")
        });
    }

    fn wait(&mut self, n: usize, attempt: Attempt, wire: Wire) {
        let rules = self.rules;
        match wire {
            Wire::Request { .. } => {
                self.add(Who::Provider, "answers the request", |world| {
                    world.history.stray |= attempt.lapsed && world.provider.used & one(attempt.token) > 0;
                    let answer = world.provider.exchange(rules.rotation, attempt.token);
                    world.nodes[n] = Node::Waiting(attempt, answer);
                });
                if self.from.left.troubles > 0 {
                    self.add_fault(Who::Provider, "is in trouble, and says so", |world| {
                        world.left.troubles -= 1;
                        world.nodes[n] = Node::Waiting(attempt, Wire::Trouble);
                    });
                }
            }
            Wire::Tokens(grant) => self.add(Who::Node(n), "gets new tokens", |world| {
                world.history.homeless |= one(grant);
                world.nodes[n] = Node::Committing(attempt, grant);
            }),
            Wire::Refused => self.add(Who::Node(n), "is refused, and reads the row", |world| {
                let same = world.row.is_some_and(|row| {
                    row.id == attempt.lease.id && row.generation == attempt.lease.generation
                });
                world.nodes[n] = if same { Node::Refused(attempt) } else { Node::Idle };
            }),
            Wire::Trouble => self.add(Who::Node(n), "is told to wait", |world| {
                world.history.asked &= !one(attempt.token);
                let intent = if attempt.interrupted { Intent::Kept } else { Intent::Cleared };
                world.nodes[n] = Node::Pausing(attempt, intent);
            }),
        }
    }

    fn commit(&mut self, n: usize, attempt: Attempt, grant: u8) {
        let rules = self.rules;
        let commit = |world: &mut World| {
            let before = world.row;
            let done = match (&mut world.row, rules.naive) {
                (Some(row), Naive::CommitsUnconditionally) => {
                    *row = Row::connected(row.id, attempt.lease.generation + 1, grant);
                    true
                }
                (Some(row), _) => row.commit(&attempt.lease, grant),
                (None, _) => false,
            };
            if done { stored(world, before, &attempt, grant) } else { None }
        };
        self.judged(Who::Node(n), "commits its tokens if it still has the lease", Kind::Progress, |world| {
            let broken = commit(world);
            let found = world.row.is_some_and(|row| row.grant == grant);
            world.nodes[n] = if found { Node::Idle } else { Node::Late(attempt, grant) };
            broken
        });
        if self.from.left.unacknowledged > 0 {
            self.judged(Who::Node(n), "commits, and does not learn that it did", Kind::Fault, |world| {
                world.left.unacknowledged -= 1;
                commit(world)
            });
        }
    }

    fn mark(&mut self, n: usize, attempt: Attempt) {
        self.judged(Who::Node(n), "marks the account for reconnecting", Kind::Progress, |world| {
            world.nodes[n] = Node::Idle;
            let reason = if attempt.interrupted { Status::Interrupted } else { Status::Rejected };
            let row = world.row.as_mut()?;
            if !row.expire_under(&attempt.lease, reason) {
                return None;
            }
            let (row, history) = (*row, world.history);
            if row.grant != attempt.token {
                return Some("a stale refusal marks a newer grant");
            }
            let withdrawn = world.provider.is_withdrawn(history.withdrawn, row.grant);
            let interrupted =
                history.interrupted & one(row.grant) != 0 && world.provider.has_ended(row.grant);
            match reason {
                Status::Interrupted if !interrupted && !withdrawn => {
                    Some("an account is called interrupted, and was not")
                }
                Status::Rejected if !withdrawn && !history.stray => {
                    Some("an account lost to a fault is called rejected")
                }
                _ => None,
            }
        });
    }

    fn pause(&mut self, n: usize, attempt: Attempt, intent: Intent) {
        let rules = self.rules;
        self.add(Who::Node(n), "gives its lease back, with a pause", |world| {
            world.nodes[n] = Node::Idle;
            let Some(row) = world.row.as_mut() else { return };
            let mut lease = attempt.lease;
            if rules.naive == Naive::ReleasesWhoeverHolds {
                lease.owner = row.owner.unwrap_or(lease.owner);
            }
            match intent {
                Intent::Kept => row.abandon(&lease, PAUSE, 0),
                Intent::Cleared => row.release(&lease, Some(PAUSE)),
            };
        });
    }
}

/// What a commit must leave behind.
fn stored(world: &mut World, before: Option<Row>, attempt: &Attempt, grant: u8) -> Option<&'static str> {
    world.history.homeless &= !one(grant);
    if world.row.is_some_and(|row| row.intent.is_some()) {
        world.history.interrupted |= one(grant);
    }
    let refreshed = before.is_some_and(|row| row.grant == attempt.token);
    (!refreshed).then_some("tokens replace a grant that they did not come of")
}
