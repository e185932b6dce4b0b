//! An auth config as the vendor shall have it, and making it so. Every step may be taken again after a crash: a config
//! is looked for by its name before it is made, and what is applied is known by a fingerprint.

use std::collections::BTreeMap;
use std::fmt;

use composio::{AuthConfigChange, CustomAuth, Deletion, NewAuthConfig};
use secrecy::SecretString;
use serde_json::json;
use sha2::{Digest, Sha256};
use store::{AuthConfig, AuthConfigId, ClientVersion, HostedConfig, SealedColumn};

use super::{CallError, Group, Hosted};
use crate::Engine;
use crate::error::{Error, Result};

const MOST_PAGES: usize = 100;
/// How many bytes of a fingerprint say what cannot be changed in place.
const KIND_BYTES: usize = 8;

/// What the vendor shall have.
pub(super) struct Desired {
    pub(super) remote_toolkit: String,
    /// Ours, unique in the project: by it a config is found again whose id was lost in a crash.
    pub(super) name: String,
    pub(super) scopes: Vec<String>,
    /// Absent for the vendor's own OAuth client.
    pub(super) custom: Option<Custom>,
    pub(super) enabled: bool,
}

pub(super) struct Custom {
    pub(super) auth_scheme: String,
    pub(super) credentials: BTreeMap<String, SecretString>,
    /// Changes whenever the credentials are sealed anew, and tells nothing of them.
    pub(super) seal: Vec<u8>,
    pub(super) redirect_uri: Option<String>,
}

// The credentials are secrets.
impl fmt::Debug for Desired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desired").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What the vendor has after [`Hosted::apply`].
#[derive(Debug, Clone)]
pub(super) struct Applied {
    pub(super) remote_id: String,
    pub(super) fingerprint: Vec<u8>,
    pub(super) enabled: bool,
}

/// Why it could not be made so.
#[derive(Debug)]
pub(super) struct NotApplied {
    pub(super) error: CallError,
    /// Whether the vendor surely has what it had before.
    pub(super) unchanged: bool,
}

/// How far a change has come.
#[derive(Debug, Default)]
struct Progress {
    changed: bool,
}

impl Progress {
    fn step<T>(&self, done: Result<T, CallError>) -> Result<T, NotApplied> {
        done.map_err(|error| NotApplied { unchanged: !self.changed && error.is_harmless(), error })
    }
}

impl Desired {
    /// Whether a config that was found can become this one.
    fn is_kind_of(&self, found: &composio::AuthConfig) -> bool {
        match &self.custom {
            Some(custom) => !found.is_composio_managed && found.auth_scheme == custom.auth_scheme,
            None => found.is_composio_managed,
        }
    }

    /// The fingerprint of what is applied: first what only a new config can change, then the rest.
    pub(super) fn fingerprint(&self) -> Vec<u8> {
        let scheme = self.custom.as_ref().map(|custom| custom.auth_scheme.as_str());
        let seal = self.custom.as_ref().map(|custom| &custom.seal);
        let mut kind = Sha256::digest(json!([self.remote_toolkit, scheme]).to_string()).to_vec();
        kind.truncate(KIND_BYTES);
        kind.extend(Sha256::digest(json!([self.scopes, seal]).to_string()));
        kind
    }

    fn custom(&self) -> Option<CustomAuth<'_>> {
        self.custom.as_ref().map(|custom| CustomAuth {
            auth_scheme: &custom.auth_scheme,
            credentials: &custom.credentials,
            redirect_uri: custom.redirect_uri.as_deref(),
        })
    }
}

/// Whether users come back from a provider, so that a redirect URI is registered there.
pub(super) fn redirects(auth_scheme: &str) -> bool {
    matches!(auth_scheme, "OAUTH2" | "OAUTH1")
}

/// The name of an auth config over there.
pub(super) fn remote_name(id: &AuthConfigId) -> String {
    format!("bbi {id}")
}

impl Hosted {
    /// Makes the vendor have `desired` in the place of what `row` remembers. What an interrupted change may have left is
    /// not trusted: it is applied again.
    pub(super) async fn apply(&self, row: &HostedConfig, desired: &Desired) -> Result<Applied, NotApplied> {
        let fingerprint = desired.fingerprint();
        let mut progress = Progress::default();
        let remembered = self.remembered(row, &fingerprint, &mut progress).await?;
        let is_known = |id: &String| !row.is_pending() && row.remote_id.as_ref() == Some(id);
        let in_place = match remembered {
            Some(id) if is_known(&id) && row.fingerprint.as_ref() == Some(&fingerprint) => Some(id),
            Some(id) => self.update(id, desired, &mut progress).await?,
            None => None,
        };
        let (remote_id, enabled) = match in_place {
            Some(id) => {
                let enabled = is_known(&id).then_some(row.enabled);
                (id, enabled)
            }
            None => self.find_or_create(desired, &mut progress).await?,
        };
        if enabled != Some(desired.enabled) {
            let call = self.client.set_auth_config_enabled(&remote_id, desired.enabled);
            progress.step(self.once(Group::AuthConfigs, call).await)?;
        }
        Ok(Applied { remote_id, fingerprint, enabled: desired.enabled })
    }

    /// Whether what `row` remembers is there, and as enabled. While the vendor is away its last word counts.
    pub(super) async fn still_has(&self, row: &HostedConfig) -> bool {
        let Some(id) = &row.remote_id else { return false };
        match self.read(Group::AuthConfigs, || self.client.get_auth_config(id)).await {
            Ok(found) => found.is_enabled() == row.enabled,
            Err(error) => !error.is_absent(),
        }
    }

    /// The id that is remembered, unless it stands for what only a new config can be.
    async fn remembered(
        &self,
        row: &HostedConfig,
        fingerprint: &[u8],
        progress: &mut Progress,
    ) -> Result<Option<String>, NotApplied> {
        let Some(id) = &row.remote_id else { return Ok(None) };
        let before = row.fingerprint.as_ref().and_then(|before| before.get(..KIND_BYTES));
        if before.is_none() || before == fingerprint.get(..KIND_BYTES) {
            return Ok(Some(id.clone()));
        }
        progress.changed = true;
        progress.step(self.remove(id).await)?;
        Ok(None)
    }

    /// `None` where it is not there any more: somebody deleted it, and its accounts with it.
    async fn update(
        &self,
        id: String,
        desired: &Desired,
        progress: &mut Progress,
    ) -> Result<Option<String>, NotApplied> {
        let change = AuthConfigChange { scopes: &desired.scopes, custom: desired.custom() };
        match self.once(Group::AuthConfigs, self.client.update_auth_config(&id, &change)).await {
            Err(error) if error.is_absent() => Ok(None),
            updated => {
                progress.step(updated)?;
                progress.changed = true;
                Ok(Some(id))
            }
        }
    }

    /// A config whose making was interrupted, or a new one; and whether it is enabled, where that is known.
    async fn find_or_create(
        &self,
        desired: &Desired,
        progress: &mut Progress,
    ) -> Result<(String, Option<bool>), NotApplied> {
        let found = self.find_by_name(&desired.remote_toolkit, &desired.name).await;
        if let Some(found) = progress.step(found)? {
            if desired.is_kind_of(&found) {
                if let Some(id) = self.update(found.id, desired, progress).await? {
                    return Ok((id, None));
                }
            } else {
                progress.changed = true;
                progress.step(self.remove(&found.id).await)?;
            }
        }
        let id = progress.step(self.create(desired).await)?;
        progress.changed = true;
        Ok((id, Some(true)))
    }

    async fn create(&self, desired: &Desired) -> Result<String, CallError> {
        let new = NewAuthConfig {
            toolkit: &desired.remote_toolkit,
            name: &desired.name,
            scopes: &desired.scopes,
            custom: desired.custom(),
        };
        self.once(Group::AuthConfigs, self.client.create_auth_config(&new)).await
    }

    /// Removes a config whose id a crash has lost, if it was made at all.
    pub(super) async fn remove_by_name(
        &self,
        remote_toolkit: &str,
        id: &AuthConfigId,
    ) -> Result<(), CallError> {
        match self.find_by_name(remote_toolkit, &remote_name(id)).await? {
            Some(found) => self.remove(&found.id).await,
            None => Ok(()),
        }
    }

    /// The config of this name. Where an answer that came too late has left several, all but the first go.
    async fn find_by_name(
        &self,
        remote_toolkit: &str,
        name: &str,
    ) -> Result<Option<composio::AuthConfig>, CallError> {
        let mut found: Vec<composio::AuthConfig> = Vec::new();
        let mut cursor: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let list = || self.client.list_auth_configs(remote_toolkit, name, cursor.as_deref());
            let page = self.read(Group::AuthConfigs, list).await?;
            found.extend(page.items.into_iter().filter(|config| config.name == name));
            cursor = page.next_cursor.filter(|cursor| !cursor.is_empty());
            if cursor.is_none() {
                break;
            }
        }
        found.sort_by(|a, b| (&a.created_at, &a.id).cmp(&(&b.created_at, &b.id)));
        let mut found = found.into_iter();
        let first = found.next();
        for extra in found {
            tracing::warn!(config = %extra.id, "an auth config was made twice at Composio; the later one goes");
            self.remove(&extra.id).await?;
        }
        Ok(first)
    }

    /// Removes a config and every account of it; fine where it is gone already. Active accounts that this database does
    /// not know are somebody's grants, such as those connected after the backup it was restored from: they keep the
    /// config there.
    pub(super) async fn remove(&self, id: &str) -> Result<(), CallError> {
        // Always the first page: what was listed is gone by the next look.
        for _ in 0..MOST_PAGES {
            let page = match self.read(Group::Accounts, || self.client.list_accounts(id, None)).await {
                Err(error) if error.is_absent() => break,
                listed => listed?,
            };
            // A list that was not narrowed down has everybody's accounts in it.
            let own: Vec<_> = page.items.into_iter().filter(|one| one.auth_config.id == id).collect();
            if own.is_empty() {
                break;
            }
            for account in &own {
                let active = account.status == composio::AccountStatus::Active;
                if active && !self.store.knows_remote_account(&account.id).await.map_err(CallError::Store)? {
                    return Err(CallError::Strangers);
                }
            }
            for account in own {
                let call = self.client.delete_account(&account.id, Deletion::Forgetting);
                match self.once(Group::Accounts, call).await {
                    Err(error) if !error.is_absent() => return Err(error),
                    _ => {}
                }
            }
        }
        match self.once(Group::AuthConfigs, self.client.delete_auth_config(id)).await {
            Err(error) if !error.is_absent() => Err(error),
            _ => Ok(()),
        }
    }

    /// Whether a config is there.
    pub(super) async fn has_config(&self, id: &str) -> Result<bool, CallError> {
        match self.read(Group::AuthConfigs, || self.client.get_auth_config(id)).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_absent() => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl Engine {
    /// What the vendor shall have of an auth config and the app's own client.
    pub(super) fn desired(
        &self,
        remote_toolkit: &str,
        config: &AuthConfig,
        client: Option<&ClientVersion>,
    ) -> Result<Desired> {
        let hosted = self.hosted()?;
        let native = self.catalog.find_toolkit(&config.toolkit);
        let full = |scope: &String| native.map_or_else(|| scope.clone(), |native| native.scopes.full(scope));
        let custom = if config.managed {
            None
        } else {
            let redirect_uri =
                redirects(&config.auth_scheme).then(|| hosted.client.oauth_redirect_uri().into());
            Some(Custom {
                auth_scheme: config.auth_scheme.clone(),
                credentials: client
                    .map(|client| self.hosted_credentials(client))
                    .transpose()?
                    .unwrap_or_default(),
                seal: client
                    .and_then(|client| client.sealed_secrets.as_ref())
                    .map(sealed_hash)
                    .unwrap_or_default(),
                redirect_uri,
            })
        };
        Ok(Desired {
            remote_toolkit: remote_toolkit.to_owned(),
            name: remote_name(&config.id),
            scopes: config.scopes.0.iter().map(full).collect(),
            custom,
            enabled: config.enabled,
        })
    }

    /// All fields of an app's own credentials, in the clear.
    pub(super) fn hosted_credentials(
        &self,
        client: &ClientVersion,
    ) -> Result<BTreeMap<String, SecretString>> {
        let open = self.open_own_client(client)?;
        let mut all = open.extras;
        all.extend(open.secret.map(|secret| ("client_secret".to_owned(), secret)));
        if !open.id.is_empty() {
            all.insert("client_id".to_owned(), SecretString::from(open.id));
        }
        Ok(all)
    }
}

fn sealed_hash(sealed: &SealedColumn) -> Vec<u8> {
    Sha256::digest(sealed.0.as_bytes()).to_vec()
}

impl From<NotApplied> for Error {
    fn from(failed: NotApplied) -> Self {
        super::failures::unavailable(failed.error)
    }
}
