//! The key ring in use: whether it fits the database at start, and the online rotation to its newest key.

use secrecy::SecretString;
use serde::Serialize;
use store::{SealedColumn, SealedField};
use vault::{Key, KeyRingError, OpenError};

use crate::callers::Access;
use crate::error::Result;
use crate::ids::{Random as _, SystemRandom};
use crate::{Engine, StartError, places};

pub(crate) const CHECK: &str = "vault_check";
const CHECK_TEXT: &[u8] = b"this key ring opens this database";
pub(crate) const PAGE: i64 = 100;

/// The key ring does not belong to this database.
#[derive(Debug, thiserror::Error)]
#[error("the vault keys do not fit this database ({0}); start with the keys it was written under")]
pub struct VaultMismatch(#[from] OpenError);

/// What a rotation did.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Resealed {
    /// The key everything is under now.
    pub key_id: String,
    pub resealed: u64,
    pub already_current: u64,
    /// Secrets that did not open: their key is missing, or they were tampered with. They were left as they are.
    pub unreadable: u64,
}

/// A new random key in the text form that the settings take.
pub fn new_vault_key(id: &str) -> std::result::Result<SecretString, KeyRingError> {
    Ok(SecretString::from(Key::generate(id)?.to_text().as_str()))
}

/// A name for a new key that no other has.
pub fn new_vault_key_id() -> String {
    let mut bytes = [0; 3];
    SystemRandom.fill(&mut bytes);
    bytes.iter().fold("k".to_owned(), |id, byte| id + &format!("{byte:02x}"))
}

impl Engine {
    /// Seals a known text on the first start and opens it on every later one.
    pub(crate) async fn check_vault(&self) -> std::result::Result<(), StartError> {
        let place = places::instance(CHECK);
        let fresh = SealedColumn(self.vault.seal(&place, CHECK_TEXT));
        self.store.insert_instance_value(CHECK, &fresh).await?;
        if let Some(sealed) = self.store.find_instance_value(CHECK).await? {
            self.vault.open(&place, &sealed.0).map_err(VaultMismatch)?;
        }
        Ok(())
    }

    /// Seals everything again under the newest key, while the service goes on. It runs to its end even if the
    /// operator hangs up.
    pub async fn rotate_vault(&self, access: &Access) -> Result<Resealed> {
        self.authenticate_platform(access).await?;
        let engine = self.clone();
        self.owned(async move { engine.reseal_all().await }).await
    }

    async fn reseal_all(&self) -> Result<Resealed> {
        let mut done = Resealed { key_id: self.vault.newest_key_id().to_owned(), ..Resealed::default() };
        for field in SealedField::ALL {
            let mut after = (String::new(), i64::MIN);
            loop {
                let rows = self.store.list_sealed(field, &after.0, after.1, PAGE).await?;
                let Some(last) = rows.last() else { break };
                after = (last.row_id.clone(), last.generation);
                for row in &rows {
                    let place = places::place(field, &row.app_id, &row.row_id, row.generation);
                    match self.vault.reseal(&place, &row.sealed.0) {
                        Ok(None) => done.already_current += 1,
                        // Replaced meanwhile means written meanwhile, and that was under the newest key.
                        Ok(Some(sealed)) => {
                            self.store.replace_sealed(field, row, &SealedColumn(sealed)).await?;
                            done.resealed += 1;
                        }
                        Err(error) => {
                            tracing::error!(%error, ?field, row = row.row_id, "a sealed secret does not open");
                            done.unreadable += 1;
                        }
                    }
                }
            }
        }
        tracing::info!(
            key = done.key_id,
            resealed = done.resealed,
            unreadable = done.unreadable,
            "vault rotated"
        );
        Ok(done)
    }
}
