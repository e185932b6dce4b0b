//! Accounts at Composio that nobody here has a use for: disconnected ones, and those of links that came to nothing.
//! A row is written before such an account can exist without one of ours, and goes when the account is gone there.

use sqlx::FromRow;

use crate::{AccountId, Result, Store, Time};

#[derive(Debug, Clone, FromRow)]
pub struct HostedRemoval {
    pub remote_id: String,
    pub due_at: Time,
    pub attempts: i64,
}

impl Store {
    /// Remembers that an account is to be removed at `due`, unless it is attached before.
    pub async fn insert_hosted_removal(&self, remote_id: &str, due: Time) -> Result<()> {
        write!(
            self.db,
            "INSERT INTO hosted_removals (remote_id, due_at, attempts) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING",
            remote_id, due,
        )?;
        Ok(())
    }

    /// Wipes an account that Composio holds, and remembers to remove it there; unless it was connected again since
    /// `generation`.
    pub async fn delete_hosted_account(
        &self,
        id: &AccountId,
        generation: i64,
        remote_id: &str,
        now: Time,
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
            "INSERT INTO hosted_removals (remote_id, due_at, attempts) VALUES ($1, $2, 0) \
             ON CONFLICT (remote_id) DO UPDATE SET due_at = excluded.due_at",
            remote_id,
            now,
        )?;
        tx.commit().await?;
        Ok(true)
    }

    /// The longest due first. Never one that an account of ours stands for, however it came to be noted.
    pub async fn list_hosted_removals(&self, now: Time, limit: i64) -> Result<Vec<HostedRemoval>> {
        Ok(read!(
            self.db,
            fetch_all as HostedRemoval,
            "SELECT * FROM hosted_removals WHERE due_at <= $1 AND NOT EXISTS (SELECT 1 FROM connected_accounts a \
             WHERE a.remote_id = hosted_removals.remote_id) ORDER BY due_at LIMIT $2",
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
