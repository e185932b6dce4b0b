//! The row of a connected account, as far as refreshing, reconnecting and disconnecting change it: what the statements of
//! `store` do to it, written a second time. `conforming` holds it against both databases.

use std::fmt;

/// Counted in any unit; `acquire` and its like only compare.
pub(crate) type Moment = i8;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Status {
    Active,
    Interrupted,
    Rejected,
    Disconnecting,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Row {
    /// Which account: one that was deleted and connected again is another.
    pub(crate) id: u8,
    pub(crate) status: Status,
    pub(crate) generation: u8,
    pub(crate) grant: u8,
    pub(crate) owner: Option<u8>,
    pub(crate) lease_ends: Option<Moment>,
    /// The grant whose refresh token is, or was, being exchanged.
    pub(crate) intent: Option<u8>,
    pub(crate) retry_at: Option<Moment>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Lease {
    pub(crate) id: u8,
    pub(crate) generation: u8,
    pub(crate) owner: u8,
}

impl Row {
    pub(crate) fn connected(id: u8, generation: u8, grant: u8) -> Self {
        let (owner, lease_ends, intent, retry_at) = (None, None, None, None);
        Self { id, status: Status::Active, generation, grant, owner, lease_ends, intent, retry_at }
    }

    fn is_at(&self, lease: &Lease) -> bool {
        self.id == lease.id && self.generation == lease.generation
    }

    fn is_held_by(&self, lease: &Lease) -> bool {
        self.is_at(lease) && self.owner == Some(lease.owner)
    }

    pub(crate) fn is_leased(&self, now: Moment) -> bool {
        self.lease_ends.is_some_and(|end| end > now)
    }

    pub(crate) fn waits(&self, now: Moment) -> bool {
        self.retry_at.is_some_and(|at| at > now)
    }

    pub(crate) fn acquire(&mut self, seen: &Self, owner: u8, intent: u8, now: Moment, until: Moment) -> bool {
        let free = self.id == seen.id && self.generation == seen.generation && self.owner == seen.owner;
        let taken = free && !self.is_leased(now) && !self.waits(now) && self.status == Status::Active;
        if taken {
            (self.owner, self.lease_ends, self.intent) = (Some(owner), Some(until), Some(intent));
        }
        taken
    }

    pub(crate) fn renew(&mut self, lease: &Lease, until: Moment) -> bool {
        let held = self.is_held_by(lease);
        if held {
            self.lease_ends = Some(until);
        }
        held
    }

    pub(crate) fn commit(&mut self, lease: &Lease, grant: u8) -> bool {
        let held = self.is_held_by(lease);
        if held {
            *self = Self { status: self.status, ..Self::connected(self.id, self.generation + 1, grant) };
        }
        held
    }

    pub(crate) fn adopt(&mut self, lease: &Lease, grant: u8, now: Moment) -> bool {
        let free = self.is_at(lease) && !self.is_leased(now) && self.status != Status::Disconnecting;
        if free {
            let clean = self.status == Status::Active && self.owner.is_none();
            let intent = self.intent.filter(|_| !clean);
            *self = Self { intent, ..Self::connected(self.id, self.generation + 1, grant) };
        }
        free
    }

    pub(crate) fn release(&mut self, lease: &Lease, retry_at: Option<Moment>) -> bool {
        let held = self.is_held_by(lease);
        if held {
            (self.owner, self.lease_ends, self.intent, self.retry_at) = (None, None, None, retry_at);
        }
        held
    }

    pub(crate) fn abandon(&mut self, lease: &Lease, retry_at: Moment, now: Moment) -> bool {
        let held = self.is_held_by(lease);
        if held {
            (self.lease_ends, self.retry_at) = (Some(now), Some(retry_at));
        }
        held
    }

    pub(crate) fn expire(&mut self, id: u8, generation: u8, reason: Status) -> bool {
        let changed = self.id == id && self.generation == generation && self.status == Status::Active;
        if changed {
            (self.status, self.owner, self.lease_ends) = (reason, None, None);
        }
        changed
    }

    pub(crate) fn expire_under(&mut self, lease: &Lease, reason: Status) -> bool {
        self.is_held_by(lease) && self.expire(lease.id, lease.generation, reason)
    }

    pub(crate) fn expire_all_leases(&mut self, now: Moment) {
        if self.owner.is_some() && self.is_leased(now) {
            self.lease_ends = Some(now);
        }
    }

    pub(crate) fn begin_disconnect(&mut self) {
        self.status = Status::Disconnecting;
        (self.owner, self.lease_ends, self.intent) = (None, None, None);
    }

    /// A user who connected again: the next generation after the one that was read.
    pub(crate) fn replace(&mut self, read: &Self, grant: u8) -> bool {
        let same = self.id == read.id && self.generation == read.generation;
        if same {
            *self = Self::connected(self.id, self.generation + 1, grant);
        }
        same
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "account {} {:?} generation {} grant {}",
            self.id, self.status, self.generation, self.grant
        )?;
        if let Some(owner) = self.owner {
            write!(f, ", lease {owner} for {}", self.lease_ends.unwrap_or_default())?;
        }
        if let Some(intent) = self.intent {
            write!(f, ", intent {intent}")?;
        }
        if self.retry_at.is_some_and(|at| at > 0) {
            write!(f, ", pause")?;
        }
        Ok(())
    }
}
