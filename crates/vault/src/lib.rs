//! The vault seals and opens secrets. It exists so that a stolen database is worth nothing without the key ring,
//! and so that a ciphertext moved to another row, app or field does not open.
//!
//! It refuses to know what a secret is for: callers say where a secret lives ([`Place`]) and get bytes back. It
//! depends on nothing of ours and draws its own nonces from the operating system.

mod key_ring;
mod sealed;

pub use key_ring::{Key, KeyRing, KeyRingError};
pub use sealed::{Place, Sealed};

use secrecy::{ExposeSecret, SecretSlice};

/// Seals with the newest key of its ring and opens with whichever key a ciphertext names.
#[derive(Debug)]
pub struct Vault {
    keys: KeyRing,
}

/// Why a ciphertext did not open. Neither variant says anything about the plaintext.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum OpenError {
    /// The ring no longer holds the key. The operator has to add it back.
    #[error("sealed under key `{0}`, which the key ring does not hold")]
    UnknownKey(String),
    /// Tampered with, moved to another place, or not a ciphertext of ours.
    #[error("ciphertext is not authentic for this place")]
    NotAuthentic,
}

impl Vault {
    pub fn new(keys: KeyRing) -> Self {
        Self { keys }
    }

    /// Seals `plaintext` for exactly this `place`, under the newest key.
    pub fn seal(&self, place: &Place<'_>, plaintext: &[u8]) -> Sealed {
        sealed::seal(self.keys.newest(), place, plaintext)
    }

    /// Opens what was sealed for exactly this `place`.
    pub fn open(&self, place: &Place<'_>, sealed: &Sealed) -> Result<SecretSlice<u8>, OpenError> {
        let id = sealed.key_id().ok_or(OpenError::NotAuthentic)?;
        let key = self.keys.find(id).ok_or_else(|| OpenError::UnknownKey(id.to_owned()))?;
        sealed::open(key, place, sealed)
    }

    /// Seals the same secret again under the newest key; `None` where it already is.
    pub fn reseal(&self, place: &Place<'_>, sealed: &Sealed) -> Result<Option<Sealed>, OpenError> {
        if sealed.key_id() == Some(self.keys.newest().id()) {
            return Ok(None);
        }
        let plaintext = self.open(place, sealed)?;
        Ok(Some(self.seal(place, plaintext.expose_secret())))
    }

    /// The id of the key that seals now.
    pub fn newest_key_id(&self) -> &str {
        self.keys.newest().id()
    }

    /// The ids of all keys present, newest first.
    pub fn key_ids(&self) -> impl Iterator<Item = &str> {
        self.keys.ids()
    }
}
