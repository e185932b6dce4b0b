//! Refreshed grants that the database could not take yet. They wait on this machine's disk, sealed as their rows will hold
//! them, so that a node that ends while the database is away takes no grant with it.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use store::{AppId, GrantUpdate, Lease, SealedColumn, Time};
use vault::Sealed;

use crate::{Engine, places};

/// A grant that is not stored by then is written here, too.
pub(crate) const SOON: Duration = Duration::from_millis(500);

/// A refresh whose commit is not known to have happened. The file is JSON.
#[derive(Debug, Serialize, Deserialize)]
struct Unsaved {
    app: AppId,
    account: store::AccountId,
    generation: i64,
    owner: String,
    /// In base64.
    sealed_grant: String,
    expires_at: Option<Time>,
    scopes: Option<Vec<String>>,
    client_version: Option<i64>,
    now: Time,
}

impl Unsaved {
    fn new(app: &AppId, lease: &Lease, update: &GrantUpdate) -> Self {
        Self {
            app: app.clone(),
            account: lease.account.clone(),
            generation: lease.generation,
            owner: lease.owner.clone(),
            sealed_grant: STANDARD.encode(update.sealed_grant.0.as_bytes()),
            expires_at: update.expires_at,
            scopes: update.scopes.clone(),
            client_version: update.client_version,
            now: update.now,
        }
    }
}

impl Engine {
    /// Writes a grant beside the database. Where that fails, too, it is still in memory.
    pub(crate) async fn keep_unsaved(&self, app: &AppId, lease: &Lease, update: &GrantUpdate) {
        let Some(path) = self.unsaved_file(lease) else { return };
        let text = serde_json::to_vec(&Unsaved::new(app, lease, update));
        let written = tokio::task::spawn_blocking(move || write(&path, &text?)).await;
        match written.context("the writing was torn").flatten() {
            Ok(()) => tracing::warn!(account = %lease.account, "a grant waits on disk for the database"),
            Err(error) => {
                tracing::error!(%error, account = %lease.account, "a grant could not be written to disk, either");
            }
        }
    }

    /// It is stored, or nobody's.
    pub(crate) async fn forget_unsaved(&self, lease: &Lease) {
        let Some(path) = self.unsaved_file(lease) else { return };
        // Most grants were never here.
        let _ = tokio::task::spawn_blocking(move || std::fs::remove_file(path)).await;
    }

    /// Stores what an earlier run could not, before anybody refreshes. A file that cannot be read stays where it is.
    pub(crate) async fn store_unsaved(&self) -> store::Result<()> {
        let files = self.settings.unsaved_dir.as_ref().and_then(|dir| std::fs::read_dir(dir).ok());
        for path in files.into_iter().flatten().filter_map(|file| Some(file.ok()?.path())) {
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            match self.read_unsaved(&path) {
                Ok((app, lease, update)) => self.store_late(path, app, lease, update).await?,
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), path = %path.display(), "a grant on disk is unreadable");
                }
            }
        }
        Ok(())
    }

    fn read_unsaved(&self, path: &Path) -> anyhow::Result<(AppId, Lease, GrantUpdate)> {
        let unsaved: Unsaved = serde_json::from_slice(&std::fs::read(path)?)?;
        let Unsaved { app, account, generation, owner, sealed_grant, .. } = unsaved;
        let place = places::grant(&app, &account, generation + 1);
        let grant = self.vault.open(&place, &Sealed::from_bytes(STANDARD.decode(&sealed_grant)?))?;
        let update = GrantUpdate {
            // Anew, because the newest vault key may be another by now.
            sealed_grant: SealedColumn(self.vault.seal(&place, grant.expose_secret())),
            expires_at: unsaved.expires_at,
            scopes: unsaved.scopes,
            client_version: unsaved.client_version,
            now: unsaved.now,
        };
        Ok((app, Lease { account, generation, owner }, update))
    }

    async fn store_late(
        &self,
        path: PathBuf,
        app: AppId,
        lease: Lease,
        update: GrantUpdate,
    ) -> store::Result<()> {
        let stored = self.store.commit_refresh(&lease, &update).await?;
        tracing::warn!(account = %lease.account, stored, "a grant waited on disk");
        if stored {
            drop(std::fs::remove_file(path));
            return Ok(());
        }
        // Another node may be asking for the account at this moment.
        let engine = self.clone();
        self.spawn(async move {
            match engine.commit_late(&app, &lease, &update).await {
                Ok(_) => drop(std::fs::remove_file(path)),
                Err(error) => {
                    tracing::error!(%error, account = %lease.account, "a grant still waits on disk")
                }
            }
        });
        Ok(())
    }

    fn unsaved_file(&self, lease: &Lease) -> Option<PathBuf> {
        let dir = self.settings.unsaved_dir.as_ref()?;
        Some(dir.join(format!("{}.{}.json", lease.account, lease.generation)))
    }
}

/// All of it, on the disk itself, or nothing.
fn write(path: &Path, text: &[u8]) -> anyhow::Result<()> {
    let dir = path.parent().context("a file without a folder")?;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let unfinished = path.with_extension("new");
    let mut file = File::options().create(true).write(true).truncate(true).mode(0o600).open(&unfinished)?;
    file.write_all(text)?;
    file.sync_all()?;
    std::fs::rename(&unfinished, path)?;
    File::open(dir)?.sync_all()?;
    Ok(())
}
