//! OAuth clients in use: the instance's own, or an app's, opened for one request.

use std::collections::BTreeMap;

use catalog::Toolkit;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use store::{AppId, AuthConfig, AuthConfigId, ClientVersion, NewClient, SealedColumn, Time};
use zeroize::Zeroizing;

use crate::configure::MOST_RACES;
use crate::error::{Code, Error, Kind, Result};
use crate::{Engine, ManagedClient, places};

/// A client with its secrets in the clear, for as long as one request needs it.
#[derive(Debug)]
pub(crate) struct OpenClient {
    pub(crate) version: i64,
    /// When its secrets were last given; a rotation may keep the version.
    pub(crate) updated_at: Time,
    pub(crate) id: String,
    pub(crate) secret: Option<SecretString>,
    pub(crate) extras: BTreeMap<String, SecretString>,
    /// Whether the provider refused it when it was last asked.
    pub(crate) is_rejected: bool,
}

impl OpenClient {
    pub(crate) fn as_auth(&self) -> auth::Client<'_> {
        auth::Client { id: &self.id, secret: self.secret.as_ref() }
    }
}

/// Why a client cannot be used.
#[derive(Debug)]
pub(crate) enum ClientError {
    /// The version is gone, or the operator has replaced the instance's client since.
    Replaced,
    /// This process has no client of the instance's own for the toolkit: the operator's settings are incomplete.
    Unconfigured,
    Internal(Error),
}

impl From<Error> for ClientError {
    fn from(error: Error) -> Self {
        Self::Internal(error)
    }
}

impl From<store::StoreError> for ClientError {
    fn from(error: store::StoreError) -> Self {
        Self::Internal(error.into())
    }
}

impl Engine {
    /// The instance's own client for a toolkit, if the operator has given one.
    pub(crate) fn managed_client(&self, toolkit: &Toolkit) -> Option<&ManagedClient> {
        self.settings.managed_clients.get(toolkit.managed_client.as_ref()?)
    }

    /// The client under which an account or a connect request began.
    pub(crate) async fn open_client(
        &self,
        toolkit: &Toolkit,
        config: &AuthConfigId,
        version: i64,
    ) -> std::result::Result<OpenClient, ClientError> {
        let row = self.store.find_client_version(config, version).await?.ok_or(ClientError::Replaced)?;
        self.open_client_version(toolkit, &row)
    }

    pub(crate) fn open_client_version(
        &self,
        toolkit: &Toolkit,
        row: &ClientVersion,
    ) -> std::result::Result<OpenClient, ClientError> {
        if row.managed {
            let managed = self.managed_client(toolkit).ok_or(ClientError::Unconfigured)?;
            if managed.client_id != row.client_id {
                return Err(ClientError::Replaced);
            }
            return Ok(OpenClient {
                version: row.version,
                updated_at: row.updated_at,
                id: managed.client_id.clone(),
                secret: Some(managed.client_secret.clone()),
                extras: managed.extras.clone(),
                is_rejected: row.rejected_at.is_some(),
            });
        }
        if row.sealed_secrets.is_none() {
            return Err(ClientError::Replaced);
        }
        Ok(self.open_own_client(row)?)
    }

    /// An app's own client.
    pub(crate) fn open_own_client(&self, row: &ClientVersion) -> Result<OpenClient> {
        let sealed = row.sealed_secrets.as_ref();
        let sealed =
            sealed.ok_or_else(|| Error::internal(anyhow::anyhow!("a client without its secrets")))?;
        let place = places::client_secrets(&row.app_id, &row.auth_config_id, row.version);
        let opened = self.vault.open(&place, &sealed.0)?;
        let mut extras = secrets_from_json(opened.expose_secret()).map_err(Error::internal)?;
        let secret = extras.remove("client_secret");
        Ok(OpenClient {
            version: row.version,
            updated_at: row.updated_at,
            id: row.client_id.clone(),
            secret,
            extras,
            is_rejected: row.rejected_at.is_some(),
        })
    }

    /// Seals an app's client as one version of its auth config.
    pub(crate) fn seal_client(
        &self,
        app: &AppId,
        config: &AuthConfigId,
        version: i64,
        client_id: &str,
        secret: Option<&SecretString>,
        extras: &BTreeMap<String, SecretString>,
    ) -> NewClient {
        let secret = secret.map(|secret| ("client_secret", secret));
        let all = extras.iter().map(|(name, value)| (name.as_str(), value)).chain(secret);
        let json = secrets_to_json(all);
        let place = places::client_secrets(app, config, version);
        NewClient {
            version,
            client_id: client_id.to_owned(),
            managed: false,
            sealed_secrets: Some(SealedColumn(self.vault.seal(&place, &json))),
        }
    }

    /// The client for new connections. Where the operator has replaced the instance's client since, the auth config
    /// moves on to the new one.
    pub(crate) async fn current_client(&self, toolkit: &Toolkit, config: &AuthConfig) -> Result<OpenClient> {
        let mut config = config.clone();
        for _ in 0..MOST_RACES {
            let versions = self.store.list_client_versions(&config.id).await?;
            let current = versions.iter().find(|row| Some(row.version) == config.client_version);
            if let Some(row) = current {
                match self.open_client_version(toolkit, row) {
                    Ok(client) => return Ok(client),
                    Err(ClientError::Replaced | ClientError::Unconfigured) => {}
                    Err(ClientError::Internal(error)) => return Err(error),
                }
            }
            let managed = self.managed_client(toolkit).filter(|_| config.managed);
            let managed = managed.ok_or_else(|| not_configured(toolkit))?;
            let client = managed_version(&versions, &managed.client_id);
            let mut next = config.clone();
            next.client_version = Some(client.version);
            next.revision += 1;
            next.updated_at = self.now().into();
            if self.store.put_auth_config(&next, Some(config.revision), Some(&client)).await? {
                return Ok(OpenClient {
                    version: client.version,
                    updated_at: next.updated_at,
                    id: managed.client_id.clone(),
                    secret: Some(managed.client_secret.clone()),
                    extras: managed.extras.clone(),
                    is_rejected: false,
                });
            }
            let slug = toolkit.slug.as_str();
            config = self
                .store
                .find_auth_config(&config.app_id, slug)
                .await?
                .ok_or_else(|| self.not_enabled(slug, Kind::Invalid))?;
        }
        Err(Error::internal(anyhow::anyhow!(
            "an auth config changed too often while its client was moved on"
        )))
    }
}

/// The version of the instance's client: the one it had before, or the next.
pub(crate) fn managed_version(versions: &[ClientVersion], client_id: &str) -> NewClient {
    let known = versions.iter().find(|row| row.managed && row.client_id == client_id);
    NewClient {
        version: known.map_or_else(|| next_version(versions), |row| row.version),
        client_id: client_id.to_owned(),
        managed: true,
        sealed_secrets: None,
    }
}

pub(crate) fn next_version(versions: &[ClientVersion]) -> i64 {
    versions.iter().map(|row| row.version).max().unwrap_or_default() + 1
}

/// The manifest names a managed client, and this instance has none for it.
pub(crate) fn not_configured(toolkit: &Toolkit) -> Error {
    let client = toolkit.managed_client.as_deref().unwrap_or_default();
    Error::new(
        Code::IntegrationsNotConfigured,
        Kind::Invalid,
        format!("This instance has no OAuth client of its own for {}", toolkit.display_name),
        format!(
            "Pass `oauth_credentials` with your own OAuth client, or ask the operator to set \
             BBI_MANAGED__{client}__CLIENT_ID and BBI_MANAGED__{client}__CLIENT_SECRET, or COMPOSIO_API_KEY."
        ),
    )
}

/// A JSON object of texts, in memory that is wiped.
pub(crate) fn secrets_to_json<'s>(
    secrets: impl IntoIterator<Item = (&'s str, &'s SecretString)>,
) -> Zeroizing<Vec<u8>> {
    let object: Map<String, Value> = secrets
        .into_iter()
        .map(|(name, secret)| (name.to_owned(), Value::from(secret.expose_secret())))
        .collect();
    Zeroizing::new(Value::Object(object).to_string().into_bytes())
}

pub(crate) fn secrets_from_json(bytes: &[u8]) -> serde_json::Result<BTreeMap<String, SecretString>> {
    let object: BTreeMap<String, String> = serde_json::from_slice(bytes)?;
    Ok(object.into_iter().map(|(name, text)| (name, SecretString::from(text))).collect())
}
