//! The one indexed read of an execution by a service key: key, app, auth config and account together. Where it
//! finds nothing, the engine asks step by step what is missing.

use sqlx::FromRow;

use crate::{ConnectedAccount, KeyId, KeyScope, Result, Store, Time, UserId};

/// An active account of an enabled toolkit, for a key that is not revoked.
#[derive(Debug, Clone, FromRow)]
pub struct ReadyAccount {
    pub key_id: KeyId,
    pub key_scope: KeyScope,
    pub key_expires_at: Option<Time>,
    #[sqlx(flatten)]
    pub account: ConnectedAccount,
}

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
        Ok(read!(
            self.db,
            fetch_all as ReadyAccount,
            concat!(
                "SELECT k.id AS key_id, k.scope AS key_scope, k.expires_at AS key_expires_at, a.* \
             FROM api_keys k JOIN auth_configs c ON c.app_id = k.app_id AND c.toolkit = $4 \
             JOIN (SELECT ",
                columns!(connected_accounts),
                " FROM connected_accounts) a ON a.app_id = k.app_id AND a.user_id = $3 AND a.toolkit = $4 \
             WHERE k.hash = $1 AND k.app_id = $2 AND k.revoked_at IS NULL AND c.enabled = TRUE AND a.status = 'active' \
             ORDER BY a.connected_at, a.id LIMIT $5"
            ),
            key_hash,
            app,
            user,
            toolkit,
            limit,
        )?)
    }
}
