//! What goes wrong, and the time that passes meanwhile.

use super::steps::{Steps, Who};
use super::world::{Intent, Node, Pauses, Rotation, Wire, World, one};

impl Steps<'_> {
    pub(crate) fn fault(&mut self, n: usize) {
        let Some(attempt) = self.from.nodes[n].attempt() else { return };
        let rules = self.rules;
        if self.from.left.crashes > 0 {
            self.add_fault(Who::Node(n), "crashes and starts again", |world| {
                world.left.crashes -= 1;
                world.history.interrupted |= one(attempt.token);
                world.history.homeless &= !world.nodes[n].in_hand();
                orphan(world, n);
                world.nodes[n] = Node::Idle;
                if let Some(row) = world.row.as_mut().filter(|_| rules.nodes == 1) {
                    row.expire_all_leases(0);
                }
            });
        }
        if matches!(self.from.nodes[n], Node::Waiting(..)) && self.from.left.silences > 0 {
            self.add_fault(Who::Node(n), "gets no answer", |world| {
                world.left.silences -= 1;
                world.history.interrupted |= one(attempt.token);
                orphan(world, n);
                let keeps = attempt.interrupted || rules.rotation != Rotation::Stable;
                let intent = if keeps { Intent::Kept } else { Intent::Cleared };
                world.nodes[n] = Node::Pausing(attempt, intent);
            });
        }
    }

    pub(crate) fn orphans(&mut self) {
        let (rules, orphans) = (self.rules, self.from.provider.orphans);
        for token in (0..8).filter(|token| orphans & one(*token) > 0) {
            self.add(Who::Provider, "takes up a request that nobody waits for", |world| {
                world.provider.orphans &= !one(token);
                world.history.stray |= world.provider.used & one(token) > 0;
                world.provider.exchange(rules.rotation, token);
            });
        }
    }

    /// A unit of time passes. Where nobody is stopped it does so only while everybody waits for something.
    pub(crate) fn tick(&mut self) {
        let prompt = self.rules.pauses == Pauses::Nowhere;
        let waits = |node: &Node| match node {
            Node::Idle | Node::Waiting(_, Wire::Request { old: false }) => true,
            Node::Polling { .. } => self.from.row.is_some_and(|row| row.is_leased(0)),
            _ => false,
        };
        let ends = |end: Option<i8>| end.is_some_and(|end| end > 0);
        let passes = self.from.row.is_some_and(|row| ends(row.lease_ends) || ends(row.retry_at));
        if !passes || prompt && !self.from.nodes.iter().all(waits) {
            return;
        }
        self.add(Who::Time, "passes", |world| {
            if let Some(row) = &mut world.row {
                let ended = row.lease_ends == Some(1);
                row.lease_ends = row.lease_ends.map(|end| (end - 1).max(0));
                row.retry_at = row.retry_at.map(|at| at - 1).filter(|at| *at > 0);
                if let (true, Some(owner)) = (ended, row.owner) {
                    let holder = world
                        .nodes
                        .iter_mut()
                        .find_map(|node| node.attempt_mut().filter(|attempt| attempt.lease.owner == owner));
                    if let Some(attempt) = holder {
                        attempt.lapsed = true;
                        world.history.interrupted |= one(attempt.token);
                    }
                }
            }
            for node in &mut world.nodes {
                if let Node::Waiting(_, Wire::Request { old }) = node {
                    *old = prompt;
                }
            }
        });
    }
}

/// A request that was sent may yet arrive.
fn orphan(world: &mut World, n: usize) {
    if let Node::Waiting(attempt, Wire::Request { .. }) = world.nodes[n] {
        world.provider.orphans |= one(attempt.token);
    }
}
