//! API keys: only a hash is kept.

use sqlx::FromRow;

use crate::{AppId, KeyId, KeyScope, Result, Store, Time};

#[derive(Debug, Clone, FromRow)]
pub struct ApiKey {
    pub id: KeyId,
    pub app_id: AppId,
    pub name: String,
    pub scope: KeyScope,
    /// The first characters of the key, by which people recognise it.
    pub prefix: String,
    /// SHA-256 of the whole key.
    pub hash: Vec<u8>,
    pub created_at: Time,
    pub expires_at: Option<Time>,
    pub revoked_at: Option<Time>,
    pub last_used_at: Option<Time>,
}

pub(crate) const INSERT_KEY: &str = "INSERT INTO api_keys (id, app_id, name, scope, prefix, hash, created_at, expires_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

impl Store {
    pub async fn insert_key(&self, key: &ApiKey) -> Result<()> {
        write!(
            self.db,
            INSERT_KEY,
            &key.id,
            &key.app_id,
            &key.name,
            key.scope,
            &key.prefix,
            &key.hash,
            key.created_at,
            key.expires_at,
        )?;
        Ok(())
    }

    pub async fn find_key(&self, hash: &[u8]) -> Result<Option<ApiKey>> {
        Ok(read!(self.db, fetch_optional as ApiKey, select!(api_keys, "WHERE hash = $1"), hash)?)
    }

    /// Oldest first, revoked ones included; at most `limit`.
    /// Those that work first, then by age.
    pub async fn list_keys(&self, app: &AppId, limit: i64) -> Result<Vec<ApiKey>> {
        Ok(read!(
            self.db,
            fetch_all as ApiKey,
            select!(
                api_keys,
                "WHERE app_id = $1 \
             ORDER BY CASE WHEN revoked_at IS NULL THEN 0 ELSE 1 END, created_at, id LIMIT $2"
            ),
            app,
            limit,
        )?)
    }

    pub async fn count_live_keys(&self, app: &AppId, now: Time) -> Result<i64> {
        let (count,) = read!(
            self.db,
            fetch_one as (i64,),
            "SELECT COUNT(*) FROM api_keys WHERE app_id = $1 AND revoked_at IS NULL \
             AND (expires_at IS NULL OR expires_at > $2)",
            app,
            now,
        )?;
        Ok(count)
    }

    /// Whether there was such a key; one revoked already keeps its time.
    pub async fn revoke_key(&self, app: &AppId, id: &KeyId, now: Time) -> Result<bool> {
        let changed = write!(
            self.db,
            "UPDATE api_keys SET revoked_at = COALESCE(revoked_at, $3) WHERE app_id = $1 AND id = $2",
            app, id, now,
        )?;
        Ok(changed > 0)
    }
}
