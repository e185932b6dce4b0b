//! What one exchange acts on: the world, the time, fresh randomness, and the note that becomes its ledger entry.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use url::Url;

use crate::world::World;

/// The twins' time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Fills the slice with random bytes.
pub type Random = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// What the ledger will say about the exchange. Handlers fill it in as they learn it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Note {
    pub(crate) client_id: Option<String>,
    pub(crate) account: Option<String>,
    pub(crate) operation: Option<String>,
    pub(crate) detail: Map<String, Value>,
}

impl Note {
    pub(crate) fn detail(&mut self, name: &str, value: impl Into<Value>) {
        self.detail.insert(name.to_owned(), value.into());
    }
}

pub(crate) struct Stage<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) now: Timestamp,
    /// Where the twins are: `http://localhost:PORT/`.
    pub(crate) base: &'a Url,
    pub(crate) note: Note,
    pub(crate) random: &'a Random,
}

impl Stage<'_> {
    /// 32 bytes that no other draw returns: the caller's randomness under a counter that survives restarts, so that a
    /// test with seeded randomness does not meet the tokens of an earlier run.
    pub(crate) fn draw(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        (self.random)(&mut bytes);
        self.world.serial += 1;
        Sha256::new().chain_update(bytes).chain_update(self.world.serial.to_be_bytes()).finalize().into()
    }

    /// `length` fresh characters of `alphabet`.
    pub(crate) fn letters(&mut self, length: usize, alphabet: &str) -> String {
        let alphabet = alphabet.as_bytes();
        let mut text = String::with_capacity(length);
        while text.len() < length {
            for byte in self.draw().into_iter().take(length - text.len()) {
                text.push(char::from(alphabet[usize::from(byte) % alphabet.len()]));
            }
        }
        text
    }

    pub(crate) fn hex(&mut self, length: usize) -> String {
        self.letters(length, "0123456789abcdef")
    }

    pub(crate) fn uuid(&mut self) -> String {
        as_uuid(&self.hex(32))
    }

    pub(crate) fn digits(&mut self, length: usize) -> String {
        format!("1{}", self.letters(length - 1, "0123456789"))
    }

    /// Letters and digits.
    pub(crate) fn word(&mut self, length: usize) -> String {
        self.letters(length, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
    }

    pub(crate) fn upper(&mut self, length: usize) -> String {
        self.letters(length, "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789")
    }

    pub(crate) fn after(&self, seconds: i64) -> Timestamp {
        later(self.now, seconds)
    }

    /// The address of `path` at the twin of `host`, as the provider's own answers would link to it.
    pub(crate) fn link(&self, host: &str, path: &str) -> String {
        format!("{}{host}{path}", self.base)
    }
}

/// `seconds` after `time`, or the end of time.
pub(crate) fn later(time: Timestamp, seconds: i64) -> Timestamp {
    time.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

/// A time as most APIs write it: RFC 3339 in whole seconds.
pub(crate) fn written(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second()).unwrap_or(time).to_string()
}

/// RFC 3339 with three digits of the second, whatever they are.
pub(crate) fn stamp(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// An id that begins with the milliseconds since `epoch` and is larger than the `last` one.
pub(crate) fn snowflake(time: Timestamp, epoch: i64, last: u64) -> u64 {
    let milliseconds = u64::try_from(time.as_millisecond() - epoch).unwrap_or_default();
    (milliseconds << 22).max(last + 1)
}

/// A UUID of version 4 out of 32 hexadecimal digits, some of which it leaves out.
pub(crate) fn as_uuid(hex: &str) -> String {
    format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
}

/// How the ledger names a token or a code: enough to tell two apart, not enough to use one.
pub fn fingerprint(secret: &str) -> String {
    let digest = Sha256::digest(secret);
    digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn hours_ago(now: Timestamp, hours: i64) -> Timestamp {
    later(now, -hours * 3600)
}
