//! The text form of an API key: `bb_sk_`, 40 hexadecimal digits of randomness, and 8 of the CRC-32 of all that
//! precedes, so that a secret scanner can tell a key from a lookalike without asking anybody.

use secrecy::{ExposeSecret, SecretString};

use crate::ids::{Ids, SystemRandom, hash, hex};

const PREFIX: &str = "bb_sk_";
const RANDOM_BYTES: usize = 20;
const LENGTH: usize = PREFIX.len() + 2 * RANDOM_BYTES + 8;
const SHOWN: usize = PREFIX.len() + 8;

/// A well-formed key. Only its hash is ever stored.
#[derive(Debug, Clone)]
pub struct ApiKeyText(SecretString);

impl ApiKeyText {
    pub(crate) fn generate(ids: &Ids) -> Self {
        let body = format!("{PREFIX}{}", hex(&ids.bytes::<RANDOM_BYTES>()));
        Self(SecretString::from(format!("{body}{}", checksum(&body))))
    }

    /// `None` for a text that no key can be.
    pub fn parse(text: &str) -> Option<Self> {
        let hexadecimal = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let digits = text.strip_prefix(PREFIX)?;
        if text.len() != LENGTH || !digits.bytes().all(hexadecimal) {
            return None;
        }
        let (body, sum) = text.split_at(LENGTH - 8);
        (sum == checksum(body)).then(|| Self(SecretString::from(text)))
    }

    /// Whether a text means to be a key, well-formed or not.
    pub fn looks_like(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    pub(crate) fn hash(&self) -> Vec<u8> {
        hash(self.0.expose_secret())
    }

    /// The first characters, by which people recognise a key.
    pub(crate) fn shown_prefix(&self) -> String {
        self.0.expose_secret()[..SHOWN].to_owned()
    }

    /// The key itself, to be shown once.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// A new key for the operator's settings.
pub fn new_platform_key() -> ApiKeyText {
    ApiKeyText::generate(&Ids::new(Box::new(SystemRandom)))
}

fn checksum(body: &str) -> String {
    format!("{:08x}", crc32fast::hash(body.as_bytes()))
}
