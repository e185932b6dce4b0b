//! Identifiers and secrets that we make: ordered ids for rows, random texts for everything that must not be guessed.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use ulid::Ulid;

/// Where random bytes come from.
pub trait Random: fmt::Debug + Send + Sync {
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's generator.
#[derive(Debug, Clone, Copy)]
pub struct SystemRandom;

impl Random for SystemRandom {
    #[allow(clippy::disallowed_methods, reason = "this is the one place that asks the system for randomness")]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("an operating system without randomness cannot run this service");
    }
}

/// Makes ids and secrets from a source of randomness.
#[derive(Debug)]
pub(crate) struct Ids {
    random: Box<dyn Random>,
    /// The last ordered id, so that those of one millisecond sort in the order in which they were made.
    last: Mutex<Ulid>,
}

impl Ids {
    pub(crate) fn new(random: Box<dyn Random>) -> Self {
        Self { random, last: Mutex::new(Ulid(0)) }
    }

    /// `prefix_` and 26 characters that sort by time.
    pub(crate) fn ordered(&self, prefix: &str, now: Timestamp) -> String {
        let milliseconds = u64::try_from(now.as_millisecond()).unwrap_or_default();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let next = last.increment().ok().filter(|_| last.timestamp_ms() >= milliseconds);
        *last = next.unwrap_or_else(|| Ulid::from_parts(milliseconds, u128::from_be_bytes(self.bytes())));
        format!("{prefix}_{}", last.to_string().to_lowercase())
    }

    /// `prefix_` and 128 random bits: whoever knows it may use it.
    pub(crate) fn unguessable(&self, prefix: &str) -> String {
        let ulid = Ulid(u128::from_be_bytes(self.bytes()));
        format!("{prefix}_{}", ulid.to_string().to_lowercase())
    }

    /// 256 random bits as base64url.
    pub(crate) fn secret(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes::<32>())
    }

    pub(crate) fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.random.fill(&mut bytes);
        bytes
    }
}

/// An id for one request, from the system's clock and generator: it is only ever looked for in logs.
pub fn new_request_id() -> String {
    Ids::new(Box::new(SystemRandom)).ordered("req", crate::clock::Clock::now(&crate::clock::SystemClock))
}

/// SHA-256, for what is stored only to be recognised again.
pub(crate) fn hash(text: &str) -> Vec<u8> {
    Sha256::digest(text).to_vec()
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
