//! The one indexed read of an execution by a service key: key, app, auth config and account together. Where it
//! finds nothing, the engine asks step by step what is missing.

use sqlx::FromRow;

use crate::{AppId, ConnectedAccount, KeyId, KeyScope, Result, Store, Time, UserId};

/// An active account of an enabled toolkit, for a key that is not revoked.
#[derive(Debug, Clone, FromRow)]
pub struct ReadyAccount {
    pub key_id: KeyId,
    pub key_scope: KeyScope,
    pub key_expires_at: Option<Time>,
    #[sqlx(flatten)]
    pub account: ConnectedAccount,
}

const READY: &str = concat!(
    "SELECT k.id AS key_id, k.scope AS key_scope, k.expires_at AS key_expires_at, a.* \
     FROM api_keys k JOIN auth_configs c ON c.app_id = k.app_id AND c.toolkit = $4 JOIN (SELECT ",
    columns!(connected_accounts),
    " FROM connected_accounts) a ON a.app_id = k.app_id AND a.user_id = $3 AND a.toolkit = $4 \
     WHERE k.hash = $1 AND k.app_id = $2 AND k.revoked_at IS NULL AND c.enabled = TRUE AND a.status = 'active' \
     ORDER BY +a.connected_at, a.id LIMIT $5"
);
const OF_USER: &str = select!(
    connected_accounts,
    "WHERE app_id = $1 AND user_id = $2 AND toolkit = $3 ORDER BY +connected_at, id LIMIT $4"
);

impl Store {
    /// Every active account of `user` for `toolkit`, up to `limit`.
    pub async fn find_ready_accounts(
        &self,
        key_hash: &[u8],
        app: &str,
        user: &UserId,
        toolkit: &str,
        limit: i64,
    ) -> Result<Vec<ReadyAccount>> {
        Ok(read!(self.db, fetch_all as ReadyAccount, READY, key_hash, app, user, toolkit, limit)?)
    }

    /// The accounts of one user for one toolkit, oldest first.
    pub async fn list_user_accounts(
        &self,
        app: &AppId,
        user: &UserId,
        toolkit: &str,
        limit: i64,
    ) -> Result<Vec<ConnectedAccount>> {
        Ok(read!(self.db, fetch_all as ConnectedAccount, OF_USER, app, user, toolkit, limit)?)
    }
}

#[cfg(test)]
mod tests {
    use sqlx::AssertSqlSafe;

    use super::*;
    use crate::Location;
    use crate::db::Db;

    #[tokio::test]
    async fn an_app_with_many_users_is_not_searched_for_one() {
        let directory = tempfile::TempDir::new().unwrap();
        let store = Store::open(&Location::Sqlite(directory.path().join("bbi.db"))).await.unwrap();
        let Db::Sqlite { reader, .. } = &store.db else { panic!("a file is SQLite's") };
        for statement in [READY, OF_USER] {
            let plan = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
            let plan: Vec<(i64, i64, i64, String)> = sqlx::query_as(plan).fetch_all(reader).await.unwrap();
            let accounts =
                plan.iter().find(|(.., step)| step.contains("(app_id=? AND user_id=? AND toolkit=?)"));
            assert!(accounts.is_some(), "{statement}: {plan:?}");
        }
    }
}
