//! Everything the protocol's safety depends on in one value: the row, what each node is about to do, what the provider
//! holds, and what happened so far as far as a promise speaks of it.

use super::row::{Lease, Moment, Row, Status};

pub(crate) const NODES: usize = 3;
/// In units of the provider's deadline.
pub(crate) const LEASE: Moment = 2;
pub(crate) const PAUSE: Moment = 1;

/// A set of grants. The refresh token of a grant has its number.
pub(crate) type Grants = u8;

pub(crate) fn one(grant: u8) -> Grants {
    1 << grant
}

/// How a provider treats a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rotation {
    /// A refresh ends the token; its second use ends all that came of the consent.
    ReuseEndsAll,
    /// A refresh ends the token; its second use is refused.
    ReuseIsRefused,
    /// The token stays the same.
    Stable,
}

/// Whether a node may be stopped between any two steps for any time, or keeps its deadlines for as long as it lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pauses {
    Anywhere,
    Nowhere,
}

/// What is left out of the protocol, to see that it is missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naive {
    Nothing,
    CommitsUnconditionally,
    WritesNoIntent,
    ReleasesWhoeverHolds,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) nodes: usize,
    pub(crate) rotation: Rotation,
    pub(crate) pauses: Pauses,
    pub(crate) naive: Naive,
    /// Of each kind of event, that many at most.
    pub(crate) budget: Budget,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Budget {
    pub(crate) calls: u8,
    pub(crate) crashes: u8,
    /// Answers that never come.
    pub(crate) silences: u8,
    /// Answers that the provider is in trouble.
    pub(crate) troubles: u8,
    /// Commits whose acknowledgement is lost.
    pub(crate) unacknowledged: u8,
    pub(crate) revocations: u8,
    /// One at most: there are two consents.
    pub(crate) reconnects: u8,
    pub(crate) disconnects: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) row: Option<Row>,
    pub(crate) nodes: [Node; NODES],
    pub(crate) provider: Provider,
    pub(crate) connecting: Connecting,
    pub(crate) disconnecting: Disconnecting,
    pub(crate) left: Budget,
    pub(crate) history: History,
}

/// What a node does next with the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    Idle,
    /// Somebody waits for a generation after this one.
    Polling {
        id: u8,
        generation: u8,
    },
    /// It read a row whose lease is free.
    Seen(Row),
    /// It has taken the lease.
    Leased(Attempt),
    /// It was told that it still has it.
    Asking(Attempt),
    Waiting(Attempt, Wire),
    /// It has tokens in hand.
    Committing(Attempt, u8),
    /// It lost the lease with tokens in hand.
    Late(Attempt, u8),
    LateRead(Attempt, u8),
    /// It was refused, and nobody has replaced the grant.
    Refused(Attempt),
    Pausing(Attempt, Intent),
    Revoking(u8),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Intent {
    Kept,
    Cleared,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Attempt {
    pub(crate) lease: Lease,
    pub(crate) token: u8,
    pub(crate) interrupted: bool,
    /// Its lease ran out before it was done: what it does from now on is no promise of ours.
    pub(crate) lapsed: bool,
}

/// A request to the provider, or its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Wire {
    Request { old: bool },
    Tokens(u8),
    Refused,
    Trouble,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Provider {
    pub(crate) minted: u8,
    /// Of the user's second consent.
    pub(crate) second: Grants,
    /// Refreshed, and thereby ended.
    pub(crate) used: Grants,
    /// Revoked one by one.
    pub(crate) ended: Grants,
    /// Consents that are over: a bit for each.
    pub(crate) over: u8,
    /// Requests whose sender has gone or given up.
    pub(crate) orphans: Grants,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Connecting {
    Nobody,
    Consented(u8),
    Found(u8, Option<Row>),
    /// The grant it replaced is revoked.
    Replaced(u8),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Disconnecting {
    Nobody,
    Begun(Row),
    Revoked(Row),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct History {
    /// Tokens that the provider was asked to exchange.
    pub(crate) asked: Grants,
    /// Tokens whose exchange was interrupted: its node crashed, its lease ran out, its answer was lost.
    pub(crate) interrupted: Grants,
    /// Received, and neither stored nor ended yet.
    pub(crate) homeless: Grants,
    /// Consents that the user took back at the provider.
    pub(crate) withdrawn: u8,
    /// The provider took up a request after a later one: what it ended then was refreshed in good order.
    pub(crate) stray: bool,
    /// The user disconnected and has not connected again.
    pub(crate) gone: bool,
}

impl World {
    pub(crate) fn first(rules: &Rules) -> Self {
        Self {
            row: Some(Row::connected(0, 1, 0)),
            nodes: [Node::Idle; NODES],
            provider: Provider { minted: 1, second: 0, used: 0, ended: 0, over: 0, orphans: 0 },
            connecting: Connecting::Nobody,
            disconnecting: Disconnecting::Nobody,
            left: rules.budget,
            history: History {
                asked: 0,
                interrupted: 0,
                homeless: 0,
                withdrawn: 0,
                stray: false,
                gone: false,
            },
        }
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.nodes.iter().all(|node| *node == Node::Idle)
    }

    /// An account that says of itself that it can be refreshed.
    pub(crate) fn active(&self) -> Option<Row> {
        self.row.filter(|row| row.status == Status::Active)
    }

    /// A number for a lease that nothing refers to.
    pub(crate) fn new_owner(&self) -> u8 {
        let mentioned = |owner: u8| {
            self.row.is_some_and(|row| row.owner == Some(owner))
                || self.nodes.iter().any(|node| match node {
                    Node::Seen(row) => row.owner == Some(owner),
                    node => node.attempt().is_some_and(|attempt| attempt.lease.owner == owner),
                })
        };
        (0..).find(|owner| !mentioned(*owner)).expect("there are more numbers than nodes")
    }
}

impl Node {
    pub(crate) fn attempt(&self) -> Option<Attempt> {
        match *self {
            Self::Leased(attempt)
            | Self::Asking(attempt)
            | Self::Waiting(attempt, _)
            | Self::Committing(attempt, _)
            | Self::Late(attempt, _)
            | Self::LateRead(attempt, _)
            | Self::Refused(attempt)
            | Self::Pausing(attempt, _) => Some(attempt),
            Self::Idle | Self::Polling { .. } | Self::Seen(_) | Self::Revoking(_) => None,
        }
    }

    pub(crate) fn attempt_mut(&mut self) -> Option<&mut Attempt> {
        match self {
            Self::Leased(attempt)
            | Self::Asking(attempt)
            | Self::Waiting(attempt, _)
            | Self::Committing(attempt, _)
            | Self::Late(attempt, _)
            | Self::LateRead(attempt, _)
            | Self::Refused(attempt)
            | Self::Pausing(attempt, _) => Some(attempt),
            Self::Idle | Self::Polling { .. } | Self::Seen(_) | Self::Revoking(_) => None,
        }
    }

    /// Tokens that are nowhere else.
    pub(crate) fn in_hand(&self) -> Grants {
        match self {
            Self::Committing(_, grant)
            | Self::Late(_, grant)
            | Self::LateRead(_, grant)
            | Self::Revoking(grant) => one(*grant),
            _ => 0,
        }
    }

    /// Whether its request has left it.
    pub(crate) fn has_asked(&self) -> bool {
        !matches!(self, Self::Leased(_) | Self::Asking(_))
    }
}

impl Provider {
    fn consent_of(&self, grant: u8) -> u8 {
        if self.second & one(grant) == 0 { 1 } else { 2 }
    }

    pub(crate) fn mint(&mut self) -> u8 {
        self.minted += 1;
        self.minted - 1
    }

    pub(crate) fn withdraw(&mut self, grant: u8) -> u8 {
        self.over |= self.consent_of(grant);
        self.consent_of(grant)
    }

    pub(crate) fn exchange(&mut self, rotation: Rotation, token: u8) -> Wire {
        let consent = self.consent_of(token);
        if self.over & consent > 0 || self.ended & one(token) > 0 {
            return Wire::Refused;
        }
        if self.used & one(token) > 0 {
            if rotation == Rotation::ReuseEndsAll {
                self.over |= consent;
            }
            return Wire::Refused;
        }
        if rotation != Rotation::Stable {
            self.used |= one(token);
        }
        let minted = self.mint();
        if consent == 2 {
            self.second |= one(minted);
        }
        Wire::Tokens(minted)
    }

    /// Whether anything but the user's word has ended this token.
    pub(crate) fn has_ended(&self, grant: u8) -> bool {
        self.used & one(grant) > 0 || self.over & self.consent_of(grant) > 0
    }

    pub(crate) fn is_withdrawn(&self, withdrawn: u8, grant: u8) -> bool {
        withdrawn & self.consent_of(grant) > 0
    }
}
