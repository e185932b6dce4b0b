//! What Composio has of our auth configs. Whoever changes it there holds the row's lease, and raises `wanted` before;
//! `settled` follows once both sides agree. A row whose `settled` is behind is work for the reconciler.

use sqlx::FromRow;

use crate::db::Tx;
use crate::{AppId, AuthConfigId, ConnectedAccount, Result, Store, Time};

#[derive(Debug, Clone, FromRow)]
pub struct HostedConfig {
    pub auth_config_id: AuthConfigId,
    pub app_id: AppId,
    /// Our slug.
    pub toolkit: String,
    /// Composio's.
    pub remote_toolkit: String,
    /// Composio's id of the config, once there is one.
    pub remote_id: Option<String>,
    /// A fingerprint of what was last applied there.
    pub fingerprint: Option<Vec<u8>>,
    /// Whether it is enabled there.
    pub enabled: bool,
    pub wanted: i64,
    pub settled: i64,
    /// Why the last attempt to settle it failed.
    pub failure: Option<String>,
    pub attempts: i64,
    pub retry_at: Option<Time>,
    pub lease_owner: Option<String>,
    pub lease_expires_at: Option<Time>,
    /// When its accounts were last compared.
    pub checked_at: Time,
}

/// What is there now, by the holder of the lease.
#[derive(Debug, Clone)]
pub struct HostedFact {
    pub auth_config_id: AuthConfigId,
    pub lease_owner: String,
    pub remote_id: Option<String>,
    pub fingerprint: Option<Vec<u8>>,
    pub enabled: bool,
    /// The `wanted` that is settled by it.
    pub settled: i64,
}

impl HostedConfig {
    /// Whether the two sides may differ.
    pub fn is_pending(&self) -> bool {
        self.settled < self.wanted
    }
}

impl Store {
    /// Adds a row for an app's toolkit unless there is one, and gives the one there is.
    pub async fn ensure_hosted_config(&self, new: &HostedConfig) -> Result<HostedConfig> {
        loop {
            write!(
                self.db,
                "INSERT INTO hosted_configs (auth_config_id, app_id, toolkit, remote_toolkit, enabled, wanted, settled, \
                 attempts, checked_at) VALUES ($1, $2, $3, $4, FALSE, 0, 0, 0, $5) ON CONFLICT DO NOTHING",
                &new.auth_config_id, &new.app_id, &new.toolkit, &new.remote_toolkit, new.checked_at,
            )?;
            let row = read!(
                self.db,
                fetch_optional as HostedConfig,
                select!(hosted_configs, "WHERE app_id = $1 AND toolkit = $2"),
                &new.app_id,
                &new.toolkit,
            )?;
            // The one that was there may have gone meanwhile.
            if let Some(row) = row {
                return Ok(row);
            }
        }
    }

    /// Gives the row of an app's toolkit to its auth config, where it was added for one that never came to be.
    pub async fn adopt_hosted_config(
        &self,
        app: &AppId,
        toolkit: &str,
        id: &AuthConfigId,
    ) -> Result<Option<HostedConfig>> {
        Ok(write_returning!(
            self.db,
            fetch_optional as HostedConfig,
            returning!(
                "UPDATE hosted_configs SET auth_config_id = $3 WHERE app_id = $1 AND toolkit = $2 \
             AND remote_id IS NULL AND settled = wanted AND lease_owner IS NULL",
                hosted_configs
            ),
            app,
            toolkit,
            id,
        )?)
    }

    pub async fn find_hosted_config(&self, id: &AuthConfigId) -> Result<Option<HostedConfig>> {
        Ok(read!(
            self.db,
            fetch_optional as HostedConfig,
            select!(hosted_configs, "WHERE auth_config_id = $1"),
            id
        )?)
    }

    /// Of one app, disabled ones included. The catalogue bounds the list.
    pub async fn list_hosted_configs(&self, app: &AppId) -> Result<Vec<HostedConfig>> {
        Ok(read!(self.db, fetch_all as HostedConfig, select!(hosted_configs, "WHERE app_id = $1"), app)?)
    }

    /// Whether a config over there is one of ours still.
    pub async fn has_remote_config(&self, remote_id: &str) -> Result<bool> {
        let (count,) = read!(
            self.db,
            fetch_one as (i64,),
            "SELECT COUNT(*) FROM hosted_configs WHERE remote_id = $1",
            remote_id
        )?;
        Ok(count > 0)
    }

    /// Some of the configs over there.
    pub async fn list_remote_configs(&self, limit: i64) -> Result<Vec<HostedConfig>> {
        Ok(read!(
            self.db,
            fetch_all as HostedConfig,
            select!(hosted_configs, "WHERE remote_id IS NOT NULL ORDER BY auth_config_id LIMIT $1"),
            limit
        )?)
    }

    /// Takes the lease where it is free or has run out, and gives the row as it then is.
    pub async fn lease_hosted_config(
        &self,
        id: &AuthConfigId,
        owner: &str,
        now: Time,
        until: Time,
    ) -> Result<Option<HostedConfig>> {
        Ok(write_returning!(
            self.db,
            fetch_optional as HostedConfig,
            returning!(
                "UPDATE hosted_configs SET lease_owner = $2, lease_expires_at = $4 WHERE auth_config_id = $1 \
             AND (lease_expires_at IS NULL OR lease_expires_at <= $3)",
                hosted_configs
            ),
            id,
            owner,
            now,
            until,
        )?)
    }

    /// The intent: from now on the two sides may differ. Gives the `wanted` to settle; `None` where the lease was lost.
    pub async fn want_hosted_config(&self, id: &AuthConfigId, owner: &str) -> Result<Option<i64>> {
        let wanted = write_returning!(
            self.db,
            fetch_optional as (i64,),
            "UPDATE hosted_configs SET wanted = wanted + 1, retry_at = NULL WHERE auth_config_id = $1 \
             AND lease_owner = $2 RETURNING wanted",
            id,
            owner,
        )?;
        Ok(wanted.map(|(wanted,)| wanted))
    }

    /// Writes down what is there and gives the lease back. False where it was lost.
    pub async fn settle_hosted_config(&self, fact: &HostedFact) -> Result<bool> {
        let mut tx = self.db.begin().await?;
        let settled = settle(&mut tx, fact).await?;
        tx.commit().await?;
        Ok(settled)
    }

    /// Gives the lease back with nothing said.
    pub async fn release_hosted_config(&self, id: &AuthConfigId, owner: &str) -> Result<()> {
        write!(
            self.db,
            "UPDATE hosted_configs SET lease_owner = NULL, lease_expires_at = NULL WHERE auth_config_id = $1 \
             AND lease_owner = $2",
            id, owner,
        )?;
        Ok(())
    }

    /// After a crash of the one process that can have held them.
    pub async fn expire_hosted_leases(&self) -> Result<()> {
        write!(self.db, "UPDATE hosted_configs SET lease_owner = NULL, lease_expires_at = NULL")?;
        Ok(())
    }

    /// Says why the sides could not be brought together, when to try again, and gives the lease back.
    pub async fn fail_hosted_config(
        &self,
        id: &AuthConfigId,
        owner: &str,
        failure: &str,
        retry_at: Time,
    ) -> Result<()> {
        write!(
            self.db,
            "UPDATE hosted_configs SET failure = $3, attempts = attempts + 1, retry_at = $4, lease_owner = NULL, \
             lease_expires_at = NULL WHERE auth_config_id = $1 AND lease_owner = $2",
            id, owner, failure, retry_at,
        )?;
        Ok(())
    }

    /// Forgets a config that is gone over there, unless something was wanted of it meanwhile.
    pub async fn delete_hosted_config(&self, id: &AuthConfigId, owner: &str, wanted: i64) -> Result<bool> {
        let deleted = write!(
            self.db,
            "DELETE FROM hosted_configs WHERE auth_config_id = $1 AND lease_owner = $2 AND wanted = $3",
            id, owner, wanted,
        )?;
        Ok(deleted > 0)
    }

    /// Rows on which the sides may differ and that nobody works on, the longest waiting first.
    pub async fn list_pending_hosted_configs(&self, now: Time, limit: i64) -> Result<Vec<HostedConfig>> {
        Ok(read!(
            self.db,
            fetch_all as HostedConfig,
            select!(
                hosted_configs,
                "WHERE settled < wanted AND (retry_at IS NULL OR retry_at <= $1) \
             AND (lease_expires_at IS NULL OR lease_expires_at <= $1) ORDER BY COALESCE(retry_at, 0), auth_config_id \
             LIMIT $2"
            ),
            now,
            limit,
        )?)
    }

    /// Rows whose accounts were last compared before `before`.
    pub async fn list_unchecked_hosted_configs(&self, before: Time, limit: i64) -> Result<Vec<HostedConfig>> {
        Ok(read!(
            self.db,
            fetch_all as HostedConfig,
            select!(
                hosted_configs,
                "WHERE checked_at < $1 AND remote_id IS NOT NULL ORDER BY checked_at LIMIT $2"
            ),
            before,
            limit,
        )?)
    }

    /// Claims a comparison. False where another node was faster.
    pub async fn claim_hosted_check(&self, id: &AuthConfigId, seen: Time, now: Time) -> Result<bool> {
        let claimed = write!(
            self.db,
            "UPDATE hosted_configs SET checked_at = $3 WHERE auth_config_id = $1 AND checked_at = $2",
            id, seen, now,
        )?;
        Ok(claimed > 0)
    }

    /// The accounts of an auth config that Composio holds and that are in use or were, by id.
    pub async fn list_remote_accounts(
        &self,
        config: &AuthConfigId,
        after: &str,
        limit: i64,
    ) -> Result<Vec<ConnectedAccount>> {
        Ok(read!(
            self.db,
            fetch_all as ConnectedAccount,
            select!(
                connected_accounts,
                "WHERE auth_config_id = $1 AND remote_id IS NOT NULL \
             AND status IN ('active', 'expired') AND id > $2 ORDER BY id LIMIT $3"
            ),
            config,
            after,
            limit,
        )?)
    }

    /// An account that ended over there is in use there again. False where it changed here since.
    pub async fn revive_account(&self, account: &ConnectedAccount, now: Time) -> Result<bool> {
        let changed = write!(
            self.db,
            "UPDATE connected_accounts SET status = 'active', status_reason = NULL, updated_at = $3 WHERE id = $1 \
             AND generation = $2 AND status = 'expired' AND remote_id IS NOT NULL",
            &account.id, account.generation, now,
        )?;
        Ok(changed > 0)
    }

    /// Remembers the account that a link's consent will make active, where the link still has this state.
    pub async fn set_remote_account(&self, state_hash: &[u8], remote_account: &str) -> Result<bool> {
        let changed = write!(
            self.db,
            "UPDATE connect_requests SET remote_account = $2 WHERE state_hash = $1 AND status = 'pending'",
            state_hash, remote_account,
        )?;
        Ok(changed > 0)
    }
}

/// A config changed here without a word to Composio: a disable is in force here at once, and there as soon as can be.
pub(crate) async fn want(tx: &mut Tx, id: &AuthConfigId) -> Result<()> {
    tx_write!(
        *tx,
        "UPDATE hosted_configs SET wanted = wanted + 1, retry_at = NULL WHERE auth_config_id = $1",
        id
    )?;
    Ok(())
}

pub(crate) async fn settle(tx: &mut Tx, fact: &HostedFact) -> Result<bool> {
    let settled = tx_write!(
        *tx,
        "UPDATE hosted_configs SET remote_id = $3, fingerprint = $4, enabled = $5, settled = $6, failure = NULL, \
         attempts = 0, retry_at = NULL, lease_owner = NULL, lease_expires_at = NULL WHERE auth_config_id = $1 \
         AND lease_owner = $2",
        &fact.auth_config_id,
        &fact.lease_owner,
        &fact.remote_id,
        &fact.fingerprint,
        fact.enabled,
        fact.settled,
    )?;
    Ok(settled > 0)
}
