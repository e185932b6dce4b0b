//! Auth configs (a toolkit enabled for an app) and the OAuth clients they have used.
//!
//! Writers read, decide, and write back under the revision they read: whoever loses the race decides again.

use sqlx::FromRow;

use crate::db::Tx;
use crate::{AppId, AuthConfigId, Json, Result, SealedColumn, Store, Time};
use crate::{HostedFact, hosted_configs};

#[derive(Debug, Clone, FromRow)]
pub struct AuthConfig {
    pub id: AuthConfigId,
    pub app_id: AppId,
    pub toolkit: String,
    pub display_name: String,
    pub enabled: bool,
    /// As the app gave them; empty means the toolkit's default.
    pub scopes: Json<Vec<String>>,
    pub auth_scheme: String,
    /// Whether the OAuth client is the instance's own.
    pub managed: bool,
    pub backend: String,
    /// The client for new connections; absent for schemes without one.
    pub client_version: Option<i64>,
    pub revision: i64,
    pub created_at: Time,
    pub updated_at: Time,
}

/// An OAuth client of an auth config: accounts and pending connect requests name the version they began under.
#[derive(Debug, Clone, FromRow)]
pub struct ClientVersion {
    pub auth_config_id: AuthConfigId,
    pub version: i64,
    pub app_id: AppId,
    pub client_id: String,
    pub managed: bool,
    /// The client secret and the toolkit's extra fields; absent for the instance's own clients.
    pub sealed_secrets: Option<SealedColumn>,
    /// When the provider last refused these credentials.
    pub rejected_at: Option<Time>,
    pub updated_at: Time,
}

/// A client to write together with its auth config.
#[derive(Debug, Clone)]
pub struct NewClient {
    pub version: i64,
    pub client_id: String,
    pub managed: bool,
    pub sealed_secrets: Option<SealedColumn>,
}

impl Store {
    pub async fn find_auth_config(&self, app: &AppId, toolkit: &str) -> Result<Option<AuthConfig>> {
        Ok(read!(
            self.db,
            fetch_optional as AuthConfig,
            select!(auth_configs, "WHERE app_id = $1 AND toolkit = $2"),
            app,
            toolkit,
        )?)
    }

    /// Oldest first, disabled ones included. An app has at most one a toolkit, so the catalogue bounds the list.
    pub async fn list_auth_configs(&self, app: &AppId) -> Result<Vec<AuthConfig>> {
        Ok(read!(
            self.db,
            fetch_all as AuthConfig,
            select!(auth_configs, "WHERE app_id = $1 ORDER BY created_at, id"),
            app,
        )?)
    }

    /// Writes `config` where `expected` is still the stored revision (`None`: where there is none yet), together
    /// with its client. False where another writer was faster.
    pub async fn put_auth_config(
        &self,
        config: &AuthConfig,
        expected: Option<i64>,
        client: Option<&NewClient>,
    ) -> Result<bool> {
        let mut tx = self.db.begin().await?;
        let written = put(&mut tx, config, expected, client).await?;
        if written {
            // What Composio has of it, if anything, follows.
            hosted_configs::want(&mut tx, &config.id).await?;
            tx.commit().await?;
        }
        Ok(written)
    }

    /// The same for a config whose counterpart at Composio is there already: both facts at once, and the lease goes
    /// back. False where another writer was faster, or the lease was lost.
    pub async fn put_hosted_auth_config(
        &self,
        config: &AuthConfig,
        expected: Option<i64>,
        client: Option<&NewClient>,
        fact: &HostedFact,
    ) -> Result<bool> {
        let mut tx = self.db.begin().await?;
        let written =
            put(&mut tx, config, expected, client).await? && hosted_configs::settle(&mut tx, fact).await?;
        if written {
            tx.commit().await?;
        }
        Ok(written)
    }

    /// Accounts of an auth config, whatever their status.
    pub async fn count_accounts(&self, config: &AuthConfigId) -> Result<i64> {
        let (count,) = read!(
            self.db,
            fetch_one as (i64,),
            "SELECT COUNT(*) FROM connected_accounts WHERE auth_config_id = $1",
            config,
        )?;
        Ok(count)
    }

    /// All clients of an auth config, oldest first.
    pub async fn list_client_versions(&self, config: &AuthConfigId) -> Result<Vec<ClientVersion>> {
        Ok(read!(
            self.db,
            fetch_all as ClientVersion,
            select!(client_versions, "WHERE auth_config_id = $1 ORDER BY version"),
            config,
        )?)
    }

    pub async fn find_client_version(
        &self,
        config: &AuthConfigId,
        version: i64,
    ) -> Result<Option<ClientVersion>> {
        Ok(read!(
            self.db,
            fetch_optional as ClientVersion,
            select!(client_versions, "WHERE auth_config_id = $1 AND version = $2"),
            config,
            version,
        )?)
    }

    /// Remembers since when the provider refuses a client, unless its secrets were given anew since `updated_at`; `None` when
    /// it accepts it again.
    pub async fn set_client_rejected(
        &self,
        config: &AuthConfigId,
        (version, updated_at): (i64, Time),
        at: Option<Time>,
    ) -> Result<()> {
        write!(
            self.db,
            "UPDATE client_versions SET rejected_at = $4 WHERE auth_config_id = $1 AND version = $2 AND updated_at = $3",
            config, version, updated_at, at,
        )?;
        Ok(())
    }

    /// Wipes superseded clients that no account and no connect request under way needs any more.
    pub async fn delete_unused_clients(&self, config: &AuthConfigId) -> Result<u64> {
        Ok(write!(
            self.db,
            "DELETE FROM client_versions WHERE auth_config_id = $1 \
             AND version <> (SELECT COALESCE(client_version, 0) FROM auth_configs WHERE id = $1) \
             AND NOT EXISTS (SELECT 1 FROM connected_accounts a WHERE a.auth_config_id = client_versions.auth_config_id \
             AND a.client_version = client_versions.version) \
             AND NOT EXISTS (SELECT 1 FROM connect_requests r WHERE r.auth_config_id = client_versions.auth_config_id \
             AND r.client_version = client_versions.version AND r.status IN ('pending', 'exchanging'))",
            config,
        )?)
    }
}

/// Writes a config and its client where `expected` is still the stored revision.
async fn put(
    tx: &mut Tx,
    config: &AuthConfig,
    expected: Option<i64>,
    client: Option<&NewClient>,
) -> Result<bool> {
    let written = match expected {
        None => tx_write!(
            *tx,
            "INSERT INTO auth_configs (id, app_id, toolkit, display_name, enabled, scopes, auth_scheme, managed, \
                 backend, client_version, revision, created_at, updated_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12) ON CONFLICT DO NOTHING",
            &config.id,
            &config.app_id,
            &config.toolkit,
            &config.display_name,
            config.enabled,
            &config.scopes,
            &config.auth_scheme,
            config.managed,
            &config.backend,
            config.client_version,
            config.revision,
            config.updated_at,
        )?,
        Some(expected) => tx_write!(
            *tx,
            "UPDATE auth_configs SET display_name = $3, enabled = $4, scopes = $5, auth_scheme = $6, managed = $7, \
                 backend = $8, client_version = $9, revision = $10, updated_at = $11 WHERE id = $1 AND revision = $2",
            &config.id,
            expected,
            &config.display_name,
            config.enabled,
            &config.scopes,
            &config.auth_scheme,
            config.managed,
            &config.backend,
            config.client_version,
            config.revision,
            config.updated_at,
        )?,
    };
    if written == 0 {
        return Ok(false);
    }
    if let Some(client) = client {
        tx_write!(
            *tx,
            "INSERT INTO client_versions (auth_config_id, version, app_id, client_id, managed, sealed_secrets, \
                 updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (auth_config_id, version) \
                 DO UPDATE SET sealed_secrets = excluded.sealed_secrets, rejected_at = NULL, \
                 updated_at = excluded.updated_at",
            &config.id,
            client.version,
            &config.app_id,
            &client.client_id,
            client.managed,
            client.sealed_secrets.clone(),
            config.updated_at,
        )?;
    }
    Ok(true)
}
