//! Apps: the tenants. Everything else belongs to one.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::FromRow;

use crate::api_keys::INSERT_KEY;
use crate::{ApiKey, AppId, Cursor, Json, Page, Result, SealedColumn, Store, Time};

#[derive(Debug, Clone, FromRow)]
pub struct App {
    pub id: AppId,
    pub name: String,
    pub allowed_origins: Json<Vec<String>>,
    pub confirm_connections: bool,
    pub token_settings: Option<Json<TokenSettings>>,
    /// The app's HS256 secret, if that is how its tokens are signed.
    pub token_secret: Option<SealedColumn>,
    pub created_at: Time,
}

/// How an app's end-user tokens are verified; a shared secret is sealed beside it.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
pub struct TokenSettings {
    pub issuer: String,
    pub audience: Option<String>,
    pub jwks_url: Option<String>,
    pub jwks: Option<Value>,
}

impl Store {
    /// An app with its first key.
    pub async fn insert_app(&self, app: &App, key: &ApiKey) -> Result<()> {
        let mut tx = self.db.begin().await?;
        tx_write!(
            tx,
            "INSERT INTO apps (id, name, allowed_origins, confirm_connections, created_at) VALUES ($1, $2, $3, $4, $5)",
            &app.id,
            &app.name,
            &app.allowed_origins,
            app.confirm_connections,
            app.created_at,
        )?;
        tx_write!(
            tx,
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
        Ok(tx.commit().await?)
    }

    pub async fn find_app(&self, id: &AppId) -> Result<Option<App>> {
        Ok(read!(self.db, fetch_optional as App, select!(apps, "WHERE id = $1"), id)?)
    }

    /// Oldest first.
    pub async fn list_apps(&self, after: &Cursor, limit: i64) -> Result<Page<App>> {
        let rows = read!(
            self.db,
            fetch_all as App,
            select!(apps, "WHERE (created_at, id) > ($1, $2) ORDER BY created_at, id LIMIT $3"),
            after.at,
            &after.id,
            limit + 1,
        )?;
        Ok(Page::of(rows, limit, |app| Cursor { at: app.created_at, id: app.id.to_string() }))
    }

    /// With everything that belongs to it, except its audit. Whether there was such an app.
    pub async fn delete_app(&self, id: &AppId) -> Result<bool> {
        let mut tx = self.db.begin().await?;
        // What is at Composio goes, too.
        tx_write!(
            tx,
            "UPDATE hosted_configs SET wanted = wanted + 1, retry_at = NULL WHERE app_id = $1",
            id
        )?;
        let deleted = tx_write!(tx, "DELETE FROM apps WHERE id = $1", id)?;
        tx.commit().await?;
        Ok(deleted > 0)
    }

    /// Changes what is given and gives the app as it then is.
    pub async fn update_app_settings(
        &self,
        id: &AppId,
        allowed_origins: Option<&[String]>,
        confirm_connections: Option<bool>,
    ) -> Result<Option<App>> {
        Ok(write_returning!(
            self.db,
            fetch_optional as App,
            returning!(
                "UPDATE apps SET allowed_origins = COALESCE($2, allowed_origins), \
             confirm_connections = COALESCE($3, confirm_connections) WHERE id = $1",
                apps
            ),
            id,
            allowed_origins.map(|origins| Json(origins.to_vec())),
            confirm_connections,
        )?)
    }

    pub async fn update_token_settings(
        &self,
        id: &AppId,
        settings: &TokenSettings,
        secret: Option<&SealedColumn>,
    ) -> Result<bool> {
        let changed = write!(
            self.db,
            "UPDATE apps SET token_settings = $2, token_secret = $3 WHERE id = $1",
            id,
            Json(settings.clone()),
            secret.cloned(),
        )?;
        Ok(changed > 0)
    }
}
