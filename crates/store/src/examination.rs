//! What an operator's examination reads. Nothing here writes, so that it can look at an instance that is running.

use sqlx::FromRow;

use crate::{AccountId, ConnectedAccount, Result, Store, Time};

/// How much there is of what should not be there for long.
#[derive(Debug, Clone, Default, PartialEq, Eq, FromRow)]
pub struct Leftovers {
    /// Refresh leases that ran out while somebody held them.
    pub refresh_leases: i64,
    /// The same of configs at Composio.
    pub hosted_leases: i64,
    /// Executions that began long ago and never ended.
    pub started_executions: i64,
    /// Executions of which nobody knows whether the provider acted.
    pub unknown_executions: i64,
    pub disconnecting: i64,
    /// Accounts at Composio that are due to be removed.
    pub hosted_removals: i64,
    /// Configs at Composio that differ from ours.
    pub unsettled_configs: i64,
    /// Clients that their provider refuses.
    pub rejected_clients: i64,
}

impl Store {
    /// Leases that ran out before `now`, executions that began before `interrupted`, and the rest as it is.
    pub async fn count_leftovers(&self, now: Time, interrupted: Time) -> Result<Leftovers> {
        Ok(read!(
            self.db,
            fetch_one as Leftovers,
            "SELECT (SELECT COUNT(*) FROM connected_accounts WHERE lease_owner IS NOT NULL AND lease_expires_at <= $1) \
             AS refresh_leases, \
             (SELECT COUNT(*) FROM hosted_configs WHERE lease_owner IS NOT NULL AND lease_expires_at <= $1) \
             AS hosted_leases, \
             (SELECT COUNT(*) FROM executions WHERE state = 'started' AND created_at <= $2) AS started_executions, \
             (SELECT COUNT(*) FROM executions WHERE state = 'unknown') AS unknown_executions, \
             (SELECT COUNT(*) FROM connected_accounts WHERE status_reason = 'disconnecting') AS disconnecting, \
             (SELECT COUNT(*) FROM hosted_removals WHERE due_at <= $1) AS hosted_removals, \
             (SELECT COUNT(*) FROM hosted_configs WHERE settled < wanted) AS unsettled_configs, \
             (SELECT COUNT(*) FROM client_versions WHERE rejected_at IS NOT NULL) AS rejected_clients",
            now,
            interrupted,
        )?)
    }

    /// Why accounts must be connected again, and how many.
    pub async fn count_expired_accounts(&self) -> Result<Vec<(String, i64)>> {
        Ok(read!(
            self.db,
            fetch_all as (String, i64),
            "SELECT COALESCE(status_reason, 'unknown') AS reason, COUNT(*) FROM connected_accounts \
             WHERE status = 'expired' GROUP BY COALESCE(status_reason, 'unknown') ORDER BY reason",
        )?)
    }

    /// Active accounts of our own vault of which a token ends before `end`, by id.
    pub async fn list_ending_accounts(
        &self,
        end: Time,
        after: &AccountId,
        limit: i64,
    ) -> Result<Vec<ConnectedAccount>> {
        Ok(read!(
            self.db,
            fetch_all as ConnectedAccount,
            select!(
                connected_accounts,
                "WHERE status = 'active' AND remote_id IS NULL AND expires_at <= $1 \
             AND id > $2 ORDER BY id LIMIT $3"
            ),
            end,
            after,
            limit,
        )?)
    }

    /// What time the database thinks it is; `None` where it is part of this process.
    pub async fn find_database_time(&self) -> Result<Option<Time>> {
        if self.is_exclusive() {
            return Ok(None);
        }
        // PostgreSQL alone gets here. Never a time of ours: it is only compared with one.
        let (time,) = read!(
            self.db,
            fetch_one as (Time,),
            "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)",
        )?;
        Ok(Some(time))
    }
}
