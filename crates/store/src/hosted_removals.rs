//! Accounts at Composio that nobody here has a use for: disconnected ones, and those of links that came to nothing.
//! A row is written before such an account can exist without one of ours, and goes when the account is gone there.

use sqlx::FromRow;

use crate::{AccountId, ConnectedAccount, Result, Store, Time};

#[derive(Debug, Clone, FromRow)]
pub struct HostedRemoval {
    pub remote_id: String,
    /// The auth config over there that it belongs to.
    pub remote_config: String,
    /// Whether the grant is revoked at its provider, too.
    pub revokes: bool,
    pub due_at: Time,
    pub attempts: i64,
}

impl Store {
    /// Remembers that an account is to be removed when that is due, unless it is attached before. One that is connected
    /// already is none of these.
    pub async fn insert_hosted_removal(&self, removal: &HostedRemoval) -> Result<()> {
        write!(
            self.db,
            "INSERT INTO hosted_removals (remote_id, remote_config, revokes, due_at, attempts) \
             SELECT $1, $2, $3, $4, 0 WHERE NOT EXISTS \
             (SELECT 1 FROM connected_accounts WHERE remote_id = $1) ON CONFLICT DO NOTHING",
            &removal.remote_id, &removal.remote_config, removal.revokes, removal.due_at,
        )?;
        Ok(())
    }

    /// Wipes an account that Composio holds, and remembers to remove it there; unless it was connected again since
    /// `generation`.
    pub async fn delete_hosted_account(
        &self,
        id: &AccountId,
        generation: i64,
        removal: &HostedRemoval,
    ) -> Result<bool> {
        let mut tx = self.db.begin().await?;
        let deleted = tx_write!(
            tx,
            "DELETE FROM connected_accounts WHERE id = $1 AND generation = $2",
            id,
            generation
        )?;
        if deleted == 0 {
            return Ok(false);
        }
        tx_write!(
            tx,
            "INSERT INTO hosted_removals (remote_id, remote_config, revokes, due_at, attempts) \
             VALUES ($1, $2, $3, $4, 0) ON CONFLICT (remote_id) \
             DO UPDATE SET due_at = excluded.due_at, revokes = excluded.revokes",
            &removal.remote_id,
            &removal.remote_config,
            removal.revokes,
            removal.due_at,
        )?;
        tx.commit().await?;
        Ok(true)
    }

    /// Other accounts of the same user that Composio holds, whatever the toolkit.
    pub async fn count_hosted_of_user(&self, account: &ConnectedAccount) -> Result<i64> {
        let (count,) = read!(
            self.db,
            fetch_one as (i64,),
            "SELECT COUNT(*) FROM connected_accounts WHERE app_id = $1 AND user_id = $2 AND id <> $3 \
             AND remote_id IS NOT NULL AND COALESCE(status_reason, '') <> 'disconnecting'",
            &account.app_id,
            &account.user_id,
            &account.id,
        )?;
        Ok(count)
    }

    /// The longest due first. Never one that an account of ours stands for, however it came to be noted.
    pub async fn list_hosted_removals(&self, now: Time, limit: i64) -> Result<Vec<HostedRemoval>> {
        Ok(read!(
            self.db,
            fetch_all as HostedRemoval,
            select!(
                hosted_removals,
                "WHERE due_at <= $1 AND NOT EXISTS (SELECT 1 FROM connected_accounts a \
             WHERE a.remote_id = hosted_removals.remote_id) ORDER BY due_at LIMIT $2"
            ),
            now,
            limit,
        )?)
    }

    pub async fn postpone_hosted_removal(&self, remote_id: &str, due: Time) -> Result<()> {
        write!(
            self.db,
            "UPDATE hosted_removals SET due_at = $2, attempts = attempts + 1 WHERE remote_id = $1",
            remote_id, due,
        )?;
        Ok(())
    }

    pub async fn delete_hosted_removal(&self, remote_id: &str) -> Result<()> {
        write!(self.db, "DELETE FROM hosted_removals WHERE remote_id = $1", remote_id)?;
        Ok(())
    }

    /// Whether an account of ours, or one that is to be removed, stands behind an account over there.
    pub async fn knows_remote_account(&self, remote_id: &str) -> Result<bool> {
        let (count,) = read!(
            self.db,
            fetch_one as (i64,),
            "SELECT (SELECT COUNT(*) FROM connected_accounts WHERE remote_id = $1) \
             + (SELECT COUNT(*) FROM hosted_removals WHERE remote_id = $1)",
            remote_id,
        )?;
        Ok(count > 0)
    }

    /// How much is to be put in order at Composio: removals that are due, and configs on which the sides differ.
    pub async fn count_hosted_work(&self, now: Time) -> Result<(i64, i64)> {
        Ok(read!(
            self.db,
            fetch_one as (i64, i64),
            "SELECT (SELECT COUNT(*) FROM hosted_removals WHERE due_at <= $1), \
             (SELECT COUNT(*) FROM hosted_configs WHERE settled < wanted)",
            now,
        )?)
    }
}
