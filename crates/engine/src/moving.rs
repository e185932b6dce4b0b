//! Moving an instance into another database. Sealed secrets go as they are; the keys only prove that they still open.

use std::time::Duration;

use anyhow::Context as _;
use secrecy::{ExposeSecret as _, SecretString};
use store::{Copying, Location, OpenError, Progress, SealedField, Store};
use tokio::time::Instant;
use vault::{KeyRing, Vault};

use crate::doctor;
use crate::vault_keys::PAGE;

const HANGING_UP: Duration = Duration::from_secs(3);
const AGAIN: Duration = Duration::from_millis(100);

/// What a move did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    pub rows: u64,
    /// Secrets that were opened where they are now.
    pub sealed: u64,
}

/// Copies everything from `from`, which nobody may have open, into `to`, which must be empty. Where it fails, nothing
/// but an empty schema is in `to`.
pub async fn move_instance(
    from: &Location,
    to: &Location,
    vault_keys: &SecretString,
    progress: &mut dyn FnMut(Progress),
) -> anyhow::Result<Moved> {
    let vault = Vault::new(KeyRing::parse(vault_keys.expose_secret()).context("vault keys")?);
    let source = open_source(from).await.context("the source cannot be moved")?;
    let target = Store::open(to).await.context("the target cannot be used")?;
    let moved = copy(&source, &target, &vault, progress).await;
    target.close().await;
    source.close().await;
    moved.context("nothing was moved, and the target is as empty as before")
}

/// The connections of a node that was just stopped may still be ending.
async fn open_source(from: &Location) -> Result<Store, OpenError> {
    let deadline = Instant::now() + HANGING_UP;
    loop {
        match Store::look_alone(from).await {
            Err(OpenError::Busy(_)) if Instant::now() < deadline => tokio::time::sleep(AGAIN).await,
            opened => return opened,
        }
    }
}

async fn copy(
    source: &Store,
    target: &Store,
    vault: &Vault,
    progress: &mut dyn FnMut(Progress),
) -> anyhow::Result<Moved> {
    let mut copying = Copying::begin(source, target).await?;
    let rows = copying.copy(progress).await?;
    copying.verify(progress).await?;
    let mut sealed = 0;
    for field in SealedField::ALL {
        let mut after = (String::new(), i64::MIN);
        loop {
            let page = copying.list_sealed(field, &after.0, after.1, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = (last.row_id.clone(), last.generation);
            for row in &page {
                doctor::open(vault, field, row).with_context(|| {
                    let (table, column) = field.column();
                    let row = &row.row_id;
                    format!("`{column}` of {row} in `{table}` does not open with these vault keys; see `bbi doctor`")
                })?;
                sealed += 1;
            }
        }
    }
    copying.commit().await?;
    Ok(Moved { rows, sealed })
}
