//! Keys and the ring that holds them. The text form is what operators write in `BBI_VAULT_KEYS`:
//! `id:base64-of-32-bytes`, comma-separated, newest first.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::Generate;
use zeroize::Zeroizing;

const KEY_BYTES: usize = 32;
const MAX_ID_BYTES: usize = 64;

/// One 256-bit key with its public id.
pub struct Key {
    id: String,
    bytes: Zeroizing<[u8; KEY_BYTES]>,
}

impl Key {
    /// A new random key.
    pub fn generate(id: &str) -> Result<Self, KeyRingError> {
        validate_id(id)?;
        Ok(Self { id: id.to_owned(), bytes: Zeroizing::new(<[u8; KEY_BYTES]>::generate()) })
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    /// The text form that [`KeyRing::parse`] reads. It contains the key itself.
    pub fn to_text(&self) -> Zeroizing<String> {
        let encoded = Zeroizing::new(STANDARD.encode(self.bytes.as_slice()));
        Zeroizing::new(format!("{}:{}", self.id, encoded.as_str()))
    }

    pub(crate) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.bytes
    }

    fn parse(entry: &str, position: usize) -> Result<Self, KeyRingError> {
        let (id, encoded) = entry.split_once(':').ok_or(KeyRingError::Form { position })?;
        validate_id(id)?;
        let decoded = Zeroizing::new(
            STANDARD.decode(encoded).map_err(|_| KeyRingError::NotBase64 { id: id.to_owned() })?,
        );
        let bytes: [u8; KEY_BYTES] = decoded
            .as_slice()
            .try_into()
            .map_err(|_| KeyRingError::Length { id: id.to_owned(), bytes: decoded.len() })?;
        Ok(Self { id: id.to_owned(), bytes: Zeroizing::new(bytes) })
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("id", &self.id).finish_non_exhaustive()
    }
}

/// All keys that may open; the first one seals.
#[derive(Debug)]
pub struct KeyRing {
    keys: Vec<Key>,
}

/// What is wrong with the operator's key setting. No variant carries key material.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum KeyRingError {
    #[error("no vault key given")]
    Empty,
    #[error("vault key {position} is not of the form `id:base64-of-32-bytes`")]
    Form { position: usize },
    #[error("a vault key id is 1 to 64 letters, digits, `-`, `_` or `.`")]
    Id,
    #[error("vault key `{id}` is not valid base64")]
    NotBase64 { id: String },
    #[error("vault key `{id}` has {bytes} bytes; it must have exactly 32")]
    Length { id: String, bytes: usize },
    #[error("vault key id `{id}` is given twice")]
    Duplicate { id: String },
}

impl KeyRing {
    /// Reads `id:base64[,id:base64...]`, newest first. White space around entries is ignored.
    pub fn parse(text: &str) -> Result<Self, KeyRingError> {
        let entries = text.split([',', '\n']).map(str::trim).filter(|entry| !entry.is_empty());
        let mut keys: Vec<Key> = Vec::new();
        for (index, entry) in entries.enumerate() {
            let key = Key::parse(entry, index + 1)?;
            if keys.iter().any(|known| known.id == key.id) {
                return Err(KeyRingError::Duplicate { id: key.id });
            }
            keys.push(key);
        }
        Self::new(keys)
    }

    /// A ring of these keys, newest first.
    pub fn new(keys: Vec<Key>) -> Result<Self, KeyRingError> {
        if keys.is_empty() {
            return Err(KeyRingError::Empty);
        }
        Ok(Self { keys })
    }

    pub(crate) fn newest(&self) -> &Key {
        self.keys.first().expect("a ring is never empty: `new` refuses it")
    }

    pub(crate) fn find(&self, id: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.id == id)
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(Key::id)
    }
}

fn validate_id(id: &str) -> Result<(), KeyRingError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if id.is_empty() || id.len() > MAX_ID_BYTES || !id.bytes().all(allowed) {
        return Err(KeyRingError::Id);
    }
    Ok(())
}
