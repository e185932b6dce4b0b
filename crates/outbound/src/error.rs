//! Why a call gave no answer, and whether the other side may have acted.

use std::error::Error as StdError;
use std::fmt;

use crate::guard::BlockedAddress;

/// A call without a usable answer. Its text names no URL and nothing of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendError {
    failure: Failure,
    outcome: Outcome,
}

/// What is known about the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Provably nothing left this process for the other side to act on.
    NotSent,
    /// It may have acted.
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    Blocked(&'static str),
    Connect,
    Deadline,
    Interrupted,
    TooLarge { max_bytes: usize },
}

impl SendError {
    pub(crate) fn new(failure: Failure, outcome: Outcome) -> Self {
        Self { failure, outcome }
    }

    pub(crate) fn blocked(reason: &'static str) -> Self {
        Self::new(Failure::Blocked(reason), Outcome::NotSent)
    }

    pub(crate) fn from_reqwest(error: reqwest::Error) -> Self {
        if blocked_in_chain(&error) {
            Self::blocked("the name resolves to no public address")
        } else if error.is_connect() {
            Self::new(Failure::Connect, Outcome::NotSent)
        } else {
            Self::new(Failure::Interrupted, Outcome::Unknown)
        }
    }

    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Whether the egress guard refused it; trying again will not help.
    pub fn is_blocked(&self) -> bool {
        matches!(self.failure, Failure::Blocked(_))
    }

    /// Whether the same request would fail again.
    pub fn is_final(&self) -> bool {
        self.is_blocked() || self.is_too_large()
    }

    /// Whether the answer was too large.
    pub fn is_too_large(&self) -> bool {
        matches!(self.failure, Failure::TooLarge { .. })
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.failure {
            Failure::Blocked(reason) => write!(f, "refused by the egress guard: {reason}"),
            Failure::Connect => f.write_str("no connection could be made"),
            Failure::Deadline => f.write_str("no answer within the deadline"),
            Failure::Interrupted => f.write_str("the connection ended before the whole answer came"),
            Failure::TooLarge { max_bytes } => write!(f, "the answer is larger than {max_bytes} bytes"),
        }
    }
}

impl StdError for SendError {}

fn blocked_in_chain(error: &reqwest::Error) -> bool {
    let mut source: Option<&(dyn StdError + 'static)> = error.source();
    while let Some(error) = source {
        if error.is::<BlockedAddress>() {
            return true;
        }
        source = error.source();
    }
    false
}
