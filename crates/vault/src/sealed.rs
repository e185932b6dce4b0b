//! The ciphertext format, XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03), 192-bit random nonces:
//!
//! `version (1 byte, 0x01) | key id length (1 byte) | key id | nonce (24 bytes) | ciphertext and tag`
//!
//! The header is authenticated together with the place, so a key id cannot be exchanged either.

use chacha20poly1305::aead::{Aead, Generate, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use secrecy::SecretSlice;

use crate::OpenError;
use crate::key_ring::Key;

const VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;

/// Where a secret lives. All of it is authenticated: a ciphertext copied to another app, row, field or generation
/// does not open there.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub app: &'a str,
    pub row: &'a str,
    pub field: &'a str,
    pub generation: i64,
}

/// A ciphertext, safe to store and to show to nobody in particular.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// Takes stored bytes as they are; whether they open is decided by [`crate::Vault::open`].
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The id of the key it was sealed under; `None` where the header is not ours.
    pub fn key_id(&self) -> Option<&str> {
        let (header, _) = self.split()?;
        std::str::from_utf8(&header[2..]).ok()
    }

    /// Header and the rest; `None` where the bytes are too short or of another version.
    fn split(&self) -> Option<(&[u8], &[u8])> {
        let [VERSION, id_length, ..] = self.0[..] else {
            return None;
        };
        let header = 2 + usize::from(id_length);
        (self.0.len() >= header + NONCE_BYTES).then(|| self.0.split_at(header))
    }
}

pub(crate) fn seal(key: &Key, place: &Place<'_>, plaintext: &[u8]) -> Sealed {
    let id = key.id().as_bytes();
    let id_length = u8::try_from(id.len()).expect("key ids are at most 64 bytes: `Key` refuses longer ones");
    let mut out = vec![VERSION, id_length];
    out.extend_from_slice(id);
    let aad = associated_data(&out, place);
    let nonce = XNonce::generate();
    let ciphertext = XChaCha20Poly1305::new(key.bytes().into())
        .encrypt(&nonce, Payload { msg: plaintext, aad: &aad })
        .expect("XChaCha20-Poly1305 fails only above 256 GiB");
    out.extend_from_slice(&nonce);
    out.extend_from_slice(&ciphertext);
    Sealed(out)
}

pub(crate) fn open(key: &Key, place: &Place<'_>, sealed: &Sealed) -> Result<SecretSlice<u8>, OpenError> {
    let (header, rest) = sealed.split().ok_or(OpenError::NotAuthentic)?;
    let (nonce, ciphertext) = rest.split_at(NONCE_BYTES);
    let nonce = XNonce::try_from(nonce).expect("split at exactly the length of a nonce");
    let aad = associated_data(header, place);
    let plaintext = XChaCha20Poly1305::new(key.bytes().into())
        .decrypt(&nonce, Payload { msg: ciphertext, aad: &aad })
        .map_err(|_| OpenError::NotAuthentic)?;
    Ok(SecretSlice::from(plaintext))
}

/// Every part with its length before it, so that no two places share an encoding.
fn associated_data(header: &[u8], place: &Place<'_>) -> Vec<u8> {
    let generation = place.generation.to_be_bytes();
    let parts: [&[u8]; 5] =
        [header, place.app.as_bytes(), place.row.as_bytes(), place.field.as_bytes(), &generation];
    let mut out = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
    for part in parts {
        out.extend_from_slice(&(part.len() as u64).to_be_bytes());
        out.extend_from_slice(part);
    }
    out
}
