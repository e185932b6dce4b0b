//! Refreshed grants that the database could not take yet. They wait on this machine's disk, sealed as their rows will hold
//! them, so that a node that ends while the database is away takes no grant with it.

use std::fs::{self, File, TryLockError};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use catalog::{Ends, SchemeName};
use futures_util::stream::{self, StreamExt as _};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use store::{AppId, AuthConfigId, ConnectedAccount, GrantUpdate, Lease, SealedColumn, Time};
use vault::Sealed;

use crate::clients::OpenClient;
use crate::grant::Grant;
use crate::refresh_commit::{is_awaited, is_over};
use crate::{Engine, places};

/// A grant that is not stored by then is written here, too.
pub(crate) const SOON: Duration = Duration::from_millis(500);
/// Files that are looked after at a time once the node serves.
const AT_ONCE: usize = 8;

/// The folder, which belongs to one process.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// `None` where there is none to be had: then grants wait in memory alone.
    pub(crate) fn open(path: &Path) -> Option<Self> {
        let opened = fs::DirBuilder::new().recursive(true).mode(0o700).create(path).and_then(|()| {
            File::options().create(true).truncate(false).write(true).mode(0o600).open(path.join("lock"))
        });
        let locked = opened.map_err(TryLockError::Error).and_then(|file| file.try_lock().map(|()| file));
        match locked {
            Ok(lock) => Some(Self { path: path.to_owned(), _lock: lock }),
            Err(error) => {
                tracing::warn!(
                    %error, path = %path.display(),
                    "no folder of this process's own: refreshed grants wait for the database in memory alone"
                );
                None
            }
        }
    }

    fn file(&self, lease: &Lease) -> PathBuf {
        self.path.join(format!("{}.{}.json", lease.account, lease.generation))
    }

    fn files(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(&self.path).into_iter().flatten();
        let paths = files.filter_map(|file| Some(file.ok()?.path()));
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect()
    }
}

/// A refresh whose commit is not known to have happened. The file is JSON.
#[derive(Debug, Serialize, Deserialize)]
struct Unsaved {
    app: AppId,
    account: store::AccountId,
    toolkit: String,
    auth_config: AuthConfigId,
    connected_at: Time,
    /// Of the client that was answered.
    client: i64,
    generation: i64,
    owner: String,
    /// In base64.
    sealed_grant: String,
    expires_at: Option<Time>,
    scopes: Option<Vec<String>>,
    client_version: Option<i64>,
    now: Time,
}

/// What a file holds, ready to be stored.
struct Found {
    path: PathBuf,
    unsaved: Unsaved,
    lease: Lease,
    grant: Grant,
    update: GrantUpdate,
}

impl Engine {
    /// Writes a grant beside the database, which may come to have it meanwhile. False where the disk does not take it, or
    /// it came of no client and is minted anew.
    pub(crate) async fn keep_unsaved(
        &self,
        account: &ConnectedAccount,
        lease: &Lease,
        update: &GrantUpdate,
        client: Option<&OpenClient>,
    ) -> bool {
        let (Some(folder), Some(client)) = (&self.unsaved, client) else { return false };
        let unsaved = Unsaved {
            app: account.app_id.clone(),
            account: lease.account.clone(),
            toolkit: account.toolkit.clone(),
            auth_config: account.auth_config_id.clone(),
            connected_at: account.connected_at,
            client: client.version,
            generation: lease.generation,
            owner: lease.owner.clone(),
            sealed_grant: STANDARD.encode(update.sealed_grant.0.as_bytes()),
            expires_at: update.expires_at,
            scopes: update.scopes.clone(),
            client_version: update.client_version,
            now: update.now,
        };
        let path = folder.file(lease);
        let written = tokio::task::spawn_blocking(move || write(&path, &serde_json::to_vec(&unsaved)?)).await;
        match written.context("the writing was torn").flatten() {
            Ok(()) => {
                tracing::warn!(account = %lease.account, "a grant waits on disk for the database");
                true
            }
            Err(error) => {
                tracing::error!(%error, account = %lease.account, "a grant could not be written to disk, either");
                false
            }
        }
    }

    /// It is stored, or nobody's.
    pub(crate) async fn forget_unsaved(&self, lease: &Lease) {
        let Some(path) = self.unsaved.as_ref().map(|folder| folder.file(lease)) else { return };
        // Most grants were never here.
        let _ = tokio::task::spawn_blocking(move || fs::remove_file(path)).await;
    }

    /// Stores what an earlier run could not, before anybody refreshes. A file that cannot be read stays where it is.
    pub(crate) async fn store_unsaved(&self) -> store::Result<()> {
        let mut late = Vec::new();
        for path in self.unsaved.iter().flat_map(Folder::files) {
            match self.read_unsaved(&path) {
                Ok(found) => {
                    let stored = self.store.commit_refresh(&found.lease, &found.update).await?;
                    tracing::warn!(account = %found.lease.account, stored, "a grant waited on disk");
                    if stored {
                        self.forget_unsaved(&found.lease).await;
                    } else {
                        late.push(found);
                    }
                }
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), path = %path.display(), "a grant on disk is unreadable");
                }
            }
        }
        // Another node may be asking for these accounts at this moment.
        let engine = self.clone();
        self.spawn(async move {
            stream::iter(late).for_each_concurrent(AT_ONCE, |found| engine.store_late(found)).await;
        });
        Ok(())
    }

    fn read_unsaved(&self, path: &Path) -> anyhow::Result<Found> {
        let unsaved: Unsaved = serde_json::from_slice(&fs::read(path)?)?;
        let lease = Lease {
            account: unsaved.account.clone(),
            generation: unsaved.generation,
            owner: unsaved.owner.clone(),
        };
        let place = places::grant(&unsaved.app, &lease.account, lease.generation + 1);
        let opened = self.vault.open(&place, &Sealed::from_bytes(STANDARD.decode(&unsaved.sealed_grant)?))?;
        let update = GrantUpdate {
            // Anew, because the newest vault key may be another by now.
            sealed_grant: SealedColumn(self.vault.seal(&place, opened.expose_secret())),
            expires_at: unsaved.expires_at,
            scopes: unsaved.scopes.clone(),
            client_version: unsaved.client_version,
            now: unsaved.now,
        };
        Ok(Found {
            path: path.to_owned(),
            grant: Grant::from_bytes(opened.expose_secret())?,
            lease,
            update,
            unsaved,
        })
    }

    /// Nobody's lease is ours any more. The file goes once its grant is stored, or ended because no account wants it.
    async fn store_late(&self, found: Found) {
        let row = match self.commit_late(&found.unsaved.app, &found.lease, &found.update).await {
            Ok(row) if row.as_ref().is_some_and(|row| is_awaited(row, &found.lease)) => return,
            Ok(row) => row,
            Err(error) => {
                tracing::error!(%error, path = %found.path.display(), "a grant still waits on disk");
                return;
            }
        };
        let over = is_over(row.as_ref(), found.unsaved.connected_at);
        if let Some(orphaned) = self.orphaned(row.as_ref(), &found.grant).filter(|_| over) {
            self.end_unsaved(&found.unsaved, &orphaned).await;
        }
        self.forget_unsaved(&found.lease).await;
    }

    /// Where a revocation may end more than these tokens, they are left to their end.
    async fn end_unsaved(&self, unsaved: &Unsaved, orphaned: &Grant) {
        let Some(toolkit) = self.catalog.find_toolkit(&unsaved.toolkit).cloned() else { return };
        let oauth2 = toolkit.auth_scheme(SchemeName::OAuth2).and_then(|scheme| scheme.oauth2());
        let Some(oauth2) = oauth2.filter(|oauth2| oauth2.revocation.ends == Ends::Token) else { return };
        let Ok(client) = self.open_client(&toolkit, &unsaved.auth_config, unsaved.client).await else {
            return;
        };
        self.send_token_revocation(&toolkit, oauth2, &client, orphaned).await;
    }
}

/// All of it, on the disk itself, or nothing.
fn write(path: &Path, text: &[u8]) -> anyhow::Result<()> {
    let unfinished = path.with_extension("new");
    let written = (|| {
        let mut file =
            File::options().create(true).write(true).truncate(true).mode(0o600).open(&unfinished)?;
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(&unfinished, path)?;
        File::open(path.parent().unwrap_or(path))?.sync_all()
    })();
    if written.is_err() {
        let _ = fs::remove_file(unfinished);
    }
    written.context("writing a file")
}
