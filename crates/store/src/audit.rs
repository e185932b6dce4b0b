//! The audit: who did what and how it ended. Names, ids, sizes and durations; never arguments or results.

use sqlx::FromRow;

use crate::{AppId, Cursor, Page, Result, Store, Time};

#[derive(Debug, Clone, FromRow, serde::Serialize)]
pub struct AuditEntry {
    pub id: String,
    #[serde(skip)]
    pub app_id: AppId,
    pub at: Time,
    /// `platform`, `key:<id>`, `user:<id>` or `system`.
    pub actor: String,
    pub action: String,
    /// `success` or `failure`.
    pub outcome: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub toolkit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    pub duration_us: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_bytes: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_bytes: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// A key or an account that was used.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LastUse {
    Key(crate::KeyId),
    Account(crate::AccountId),
}

impl LastUse {
    fn order(&self) -> (u8, &str) {
        match self {
            Self::Key(id) => (0, id.as_str()),
            Self::Account(id) => (1, id.as_str()),
        }
    }
}

impl Store {
    /// One transaction for a whole batch.
    pub async fn insert_audit(&self, entries: &[AuditEntry], uses: &[(LastUse, Time)]) -> Result<()> {
        let mut tx = self.db.begin().await?;
        for entry in entries {
            tx_write!(
                tx,
                "INSERT INTO audit (id, app_id, at, actor, action, outcome, error_code, user_id, toolkit, tool, \
                 account_id, detail, duration_us, request_bytes, response_bytes, request_id) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) ON CONFLICT DO NOTHING",
                &entry.id,
                &entry.app_id,
                entry.at,
                &entry.actor,
                &entry.action,
                &entry.outcome,
                &entry.error_code,
                &entry.user_id,
                &entry.toolkit,
                &entry.tool,
                &entry.account_id,
                &entry.detail,
                entry.duration_us,
                entry.request_bytes,
                entry.response_bytes,
                &entry.request_id,
            )?;
        }
        // In one order for everybody: batches of two nodes that meet in two rows would wait for each other.
        let mut uses: Vec<&(LastUse, Time)> = uses.iter().collect();
        uses.sort_by_key(|(used, _)| used.order());
        for (used, at) in uses {
            match used {
                LastUse::Key(id) => {
                    tx_write!(tx, "UPDATE api_keys SET last_used_at = $2 WHERE id = $1", id, *at)?
                }
                LastUse::Account(id) => {
                    tx_write!(tx, "UPDATE connected_accounts SET last_used_at = $2 WHERE id = $1", id, *at)?
                }
            };
        }
        Ok(tx.commit().await?)
    }

    /// Oldest first.
    pub async fn list_audit(&self, app: &AppId, after: &Cursor, limit: i64) -> Result<Page<AuditEntry>> {
        let rows = read!(
            self.db,
            fetch_all as AuditEntry,
            select!(audit, "WHERE app_id = $1 AND (at, id) > ($2, $3) ORDER BY at, id LIMIT $4"),
            app,
            after.at,
            &after.id,
            limit + 1,
        )?;
        Ok(Page::of(rows, limit, |entry| Cursor { at: entry.at, id: entry.id.clone() }))
    }

    pub async fn delete_audit(&self, before: Time) -> Result<u64> {
        Ok(write!(self.db, "DELETE FROM audit WHERE at < $1", before)?)
    }
}
