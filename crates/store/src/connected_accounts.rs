//! Connected accounts: one row for each (app, user, toolkit, provider subject), with the sealed grant.
//!
//! Every change of a grant names the generation it replaces, and a grant is sealed for its own generation: a stale
//! writer changes nothing, and an old ciphertext put back does not open.

use serde_json::Value;
use sqlx::FromRow;

use crate::db::Tx;
use crate::{
    AccountId, AccountStatus, AppId, AuthConfigId, ConnectRequestId, Cursor, Json, Page, Result,
    SealedColumn, Store, Time, UserId,
};

#[derive(Debug, Clone, FromRow)]
pub struct ConnectedAccount {
    pub id: AccountId,
    pub app_id: AppId,
    pub user_id: UserId,
    pub toolkit: String,
    pub auth_config_id: AuthConfigId,
    pub auth_scheme: String,
    pub client_version: Option<i64>,
    /// Provider, client and grant subject together name the consent at the provider.
    pub provider: String,
    pub client_id: String,
    pub subject: String,
    pub grant_subject: String,
    pub label: Option<String>,
    pub facts: Json<Value>,
    pub scopes: Json<Vec<String>>,
    pub status: AccountStatus,
    pub status_reason: Option<String>,
    pub sealed_grant: SealedColumn,
    pub generation: i64,
    /// When the first of its access tokens ends, if that is known.
    pub expires_at: Option<Time>,
    pub lease_owner: Option<String>,
    pub lease_expires_at: Option<Time>,
    /// Hash of the refresh token that is, or was, being exchanged under the lease.
    pub refresh_intent: Option<Vec<u8>>,
    /// Not before this time is a refresh tried again.
    pub refresh_retry_at: Option<Time>,
    pub confirm_hash: Option<Vec<u8>>,
    /// The account at Composio; absent where the grant is in our own vault.
    pub remote_id: Option<String>,
    pub connected_at: Time,
    pub updated_at: Time,
    pub last_used_at: Option<Time>,
}

/// Which accounts of an app a list shows; an absent part means all.
#[derive(Debug, Clone, Default)]
pub struct AccountFilter {
    pub user: Option<UserId>,
    pub toolkit: Option<String>,
    pub status: Option<AccountStatus>,
}

/// A grant in its next generation.
#[derive(Debug, Clone)]
pub struct GrantUpdate {
    pub sealed_grant: SealedColumn,
    pub expires_at: Option<Time>,
    /// Where the provider said anew what is granted.
    pub scopes: Option<Vec<String>>,
    /// Where another version of the client turned out to be the one that works.
    pub client_version: Option<i64>,
    pub now: Time,
}

/// What became of an account that was to be attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attached {
    Done,
    /// The connect request ended meanwhile: its user was offboarded, its link used up.
    RequestOver,
    /// Another writer was faster; read again.
    Raced,
}

impl Store {
    /// Adds an account. False where the same subject is connected already.
    pub async fn insert_account(&self, account: &ConnectedAccount) -> Result<bool> {
        let mut tx = self.db.begin().await?;
        let inserted = insert(&mut tx, account).await?;
        tx.commit().await?;
        Ok(inserted > 0)
    }

    /// Ends a connect request and stores the account it made, together or not at all: a new row, or with `is_new` false
    /// the next generation of the one there is.
    pub async fn attach_account(
        &self,
        request: &ConnectRequestId,
        account: &ConnectedAccount,
        is_new: bool,
    ) -> Result<Attached> {
        let mut tx = self.db.begin().await?;
        let live = tx_write!(
            tx,
            "UPDATE connect_requests SET status = 'connected', reason = NULL, account_id = $2, state_hash = NULL, \
             cookie_hash = NULL, sealed_verifier = NULL WHERE id = $1 AND status IN ('pending', 'exchanging')",
            request,
            &account.id,
        )?;
        if live == 0 {
            return Ok(Attached::RequestOver);
        }
        tx_write!(tx, "DELETE FROM hosted_removals WHERE remote_id = $1", &account.remote_id)?;
        let written =
            if is_new { insert(&mut tx, account).await? } else { replace(&mut tx, account).await? };
        if written == 0 {
            return Ok(Attached::Raced);
        }
        tx.commit().await?;
        Ok(Attached::Done)
    }

    /// Replaces the grant of a connected subject: `account` has the next generation. Whoever held a lease loses it.
    /// False where another writer was faster.
    pub async fn replace_account(&self, account: &ConnectedAccount) -> Result<bool> {
        let mut tx = self.db.begin().await?;
        let replaced = replace(&mut tx, account).await?;
        tx.commit().await?;
        Ok(replaced > 0)
    }

    pub async fn find_account(&self, app: &AppId, id: &AccountId) -> Result<Option<ConnectedAccount>> {
        Ok(read!(
            self.db,
            fetch_optional as ConnectedAccount,
            select!(connected_accounts, "WHERE app_id = $1 AND id = $2"),
            app,
            id,
        )?)
    }

    pub async fn find_account_by_subject(
        &self,
        app: &AppId,
        user: &UserId,
        toolkit: &str,
        subject: &str,
    ) -> Result<Option<ConnectedAccount>> {
        Ok(read!(
            self.db,
            fetch_optional as ConnectedAccount,
            select!(
                connected_accounts,
                "WHERE app_id = $1 AND user_id = $2 AND toolkit = $3 AND subject = $4"
            ),
            app,
            user,
            toolkit,
            subject,
        )?)
    }

    /// Oldest connection first.
    pub async fn list_accounts(
        &self,
        app: &AppId,
        filter: &AccountFilter,
        after: &Cursor,
        limit: i64,
    ) -> Result<Page<ConnectedAccount>> {
        let rows = read!(
            self.db,
            fetch_all as ConnectedAccount,
            select!(
                connected_accounts,
                "WHERE app_id = $1 AND ($2 IS NULL OR user_id = $2) \
             AND ($3 IS NULL OR toolkit = $3) AND ($4 IS NULL OR status = $4) \
             AND (connected_at, id) > ($5, $6) ORDER BY connected_at, id LIMIT $7"
            ),
            app,
            &filter.user,
            &filter.toolkit,
            filter.status,
            after.at,
            &after.id,
            limit + 1,
        )?;
        Ok(Page::of(rows, limit, |row| Cursor { at: row.connected_at, id: row.id.to_string() }))
    }

    /// Other accounts that would lose their consent if this one's were revoked, in any app; and its own row, if the user has
    /// connected again since it was read.
    pub async fn count_sharing_grant(&self, account: &ConnectedAccount) -> Result<i64> {
        let (count,) = read!(
            self.db,
            fetch_one as (i64,),
            "SELECT COUNT(*) FROM connected_accounts WHERE provider = $1 AND client_id = $2 AND grant_subject = $3 \
             AND NOT (id = $4 AND generation = $5) AND status <> 'expired' AND COALESCE(status_reason, '') <> 'disconnecting'",
            &account.provider,
            &account.client_id,
            &account.grant_subject,
            &account.id,
            account.generation,
        )?;
        Ok(count)
    }

    /// Takes an account out of use before its grant is revoked, so that no refresh under way can commit and a crash
    /// leaves a trace. Gives the row as it was left.
    pub async fn begin_disconnect(
        &self,
        app: &AppId,
        id: &AccountId,
        now: Time,
    ) -> Result<Option<ConnectedAccount>> {
        Ok(write_returning!(
            self.db,
            fetch_optional as ConnectedAccount,
            returning!(
                "UPDATE connected_accounts SET status = 'inactive', status_reason = 'disconnecting', lease_owner = NULL, \
             lease_expires_at = NULL, refresh_intent = NULL, updated_at = $3 WHERE app_id = $1 AND id = $2",
                connected_accounts
            ),
            app,
            id,
            now,
        )?)
    }

    /// Wipes an account unless it was connected again since `generation`.
    pub async fn delete_account(&self, id: &AccountId, generation: i64) -> Result<bool> {
        let deleted = write!(
            self.db,
            "DELETE FROM connected_accounts WHERE id = $1 AND generation = $2",
            id, generation
        )?;
        Ok(deleted > 0)
    }

    /// Disconnects that a crash interrupted.
    pub async fn list_disconnecting(&self, before: Time, limit: i64) -> Result<Vec<ConnectedAccount>> {
        Ok(read!(
            self.db,
            fetch_all as ConnectedAccount,
            select!(connected_accounts, "WHERE status_reason = 'disconnecting' AND updated_at < $1 LIMIT $2"),
            before,
            limit,
        )?)
    }

    /// The user must connect again. Changes nothing where the grant was replaced since `generation`.
    pub async fn expire_account(
        &self,
        id: &AccountId,
        generation: i64,
        reason: &str,
        now: Time,
    ) -> Result<bool> {
        let changed = write!(
            self.db,
            "UPDATE connected_accounts SET status = 'expired', status_reason = $3, updated_at = $4, lease_owner = NULL, \
             lease_expires_at = NULL WHERE id = $1 AND generation = $2 AND status = 'active'",
            id, generation, reason, now,
        )?;
        Ok(changed > 0)
    }

    /// Activates an account that waits for its app's word, for the user the app names.
    pub async fn confirm_account(
        &self,
        app: &AppId,
        id: &AccountId,
        user: &UserId,
        confirm_hash: &[u8],
        now: Time,
    ) -> Result<Option<ConnectedAccount>> {
        Ok(write_returning!(
            self.db,
            fetch_optional as ConnectedAccount,
            returning!(
                "UPDATE connected_accounts SET status = 'active', status_reason = NULL, confirm_hash = NULL, updated_at = $5 \
             WHERE app_id = $1 AND id = $2 AND user_id = $3 AND confirm_hash = $4 AND status = 'inactive' \
             AND status_reason = 'awaiting_confirmation'",
                connected_accounts
            ),
            app,
            id,
            user,
            confirm_hash,
            now,
        )?)
    }

    /// Ends the connect requests of an app, or of one of its users: what is at a provider attaches to nothing.
    pub async fn end_connect_requests(&self, app: &AppId, user: Option<&UserId>) -> Result<u64> {
        Ok(write!(
            self.db,
            "DELETE FROM connect_requests WHERE app_id = $1 AND ($2 IS NULL OR user_id = $2)",
            app, user,
        )?)
    }

    /// Erases what is left of a user besides accounts, and takes his name out of the audit.
    pub async fn erase_user(&self, app: &AppId, user: &UserId) -> Result<()> {
        let mut tx = self.db.begin().await?;
        tx_write!(tx, "DELETE FROM connected_accounts WHERE app_id = $1 AND user_id = $2", app, user)?;
        tx_write!(tx, "DELETE FROM connect_requests WHERE app_id = $1 AND user_id = $2", app, user)?;
        tx_write!(tx, "DELETE FROM executions WHERE app_id = $1 AND user_id = $2", app, user)?;
        tx_write!(
            tx,
            "UPDATE audit SET user_id = 'erased', actor = CASE WHEN actor = $3 THEN 'user:erased' ELSE actor END \
             WHERE app_id = $1 AND (user_id = $2 OR actor = $3)",
            app,
            user,
            format!("user:{user}"),
        )?;
        Ok(tx.commit().await?)
    }
}

async fn insert(tx: &mut Tx, account: &ConnectedAccount) -> Result<u64> {
    Ok(tx_write!(
        *tx,
        "INSERT INTO connected_accounts (id, app_id, user_id, toolkit, auth_config_id, auth_scheme, \
             client_version, provider, client_id, subject, grant_subject, label, facts, scopes, status, \
             status_reason, sealed_grant, generation, expires_at, confirm_hash, connected_at, updated_at, remote_id) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, \
             $21, $21, $22) ON CONFLICT DO NOTHING",
        &account.id,
        &account.app_id,
        &account.user_id,
        &account.toolkit,
        &account.auth_config_id,
        &account.auth_scheme,
        account.client_version,
        &account.provider,
        &account.client_id,
        &account.subject,
        &account.grant_subject,
        &account.label,
        &account.facts,
        &account.scopes,
        account.status,
        &account.status_reason,
        &account.sealed_grant,
        account.generation,
        account.expires_at,
        &account.confirm_hash,
        account.connected_at,
        &account.remote_id,
    )?)
}

async fn replace(tx: &mut Tx, account: &ConnectedAccount) -> Result<u64> {
    Ok(tx_write!(
        *tx,
        "UPDATE connected_accounts SET auth_config_id = $3, auth_scheme = $4, client_version = $5, client_id = $6, \
             grant_subject = $7, label = $8, facts = $9, scopes = $10, status = $11, status_reason = $12, \
             sealed_grant = $13, generation = $14, expires_at = $15, confirm_hash = $16, connected_at = $17, \
             updated_at = $17, lease_owner = NULL, lease_expires_at = NULL, refresh_intent = NULL, \
             refresh_retry_at = NULL WHERE id = $1 AND generation = $2",
        &account.id,
        account.generation - 1,
        &account.auth_config_id,
        &account.auth_scheme,
        account.client_version,
        &account.client_id,
        &account.grant_subject,
        &account.label,
        &account.facts,
        &account.scopes,
        account.status,
        &account.status_reason,
        &account.sealed_grant,
        account.generation,
        account.expires_at,
        &account.confirm_hash,
        account.connected_at,
    )?)
}
