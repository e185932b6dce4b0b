//! Apps, keys, settings and the audit trail.

use std::collections::BTreeMap;

use engine::{ApiKey, App, AuditEntry, NewApp, NewKey, TokenSettings};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// An app as the operator sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppSummary {
    pub app_id: String,
    pub name: String,
    /// RFC 3339, UTC.
    pub created_at: String,
}

impl From<App> for AppSummary {
    fn from(app: App) -> Self {
        Self { app_id: app.id.to_string(), name: app.name, created_at: app.created_at.to_string() }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Apps {
    pub apps: Vec<AppSummary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A new app with its first key, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CreatedApp {
    pub app_id: String,
    pub name: String,
    pub api_key: String,
}

impl From<NewApp> for CreatedApp {
    fn from(new: NewApp) -> Self {
        Self { app_id: new.app.id.to_string(), name: new.app.name, api_key: new.key.expose().to_owned() }
    }
}

/// A key without the key: by its prefix people recognise it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeySummary {
    pub id: String,
    pub name: String,
    /// `admin` or `execute`.
    pub scope: String,
    pub prefix: String,
    /// RFC 3339, UTC.
    pub created_at: String,
    pub last_used_at: Option<String>,
    pub expires_at: Option<String>,
    pub revoked_at: Option<String>,
}

impl From<&ApiKey> for KeySummary {
    fn from(key: &ApiKey) -> Self {
        let text = |time: Option<engine::Time>| time.map(|time| time.to_string());
        Self {
            id: key.id.to_string(),
            name: key.name.clone(),
            scope: key.scope.as_str().to_owned(),
            prefix: key.prefix.clone(),
            created_at: key.created_at.to_string(),
            last_used_at: text(key.last_used_at),
            expires_at: text(key.expires_at),
            revoked_at: text(key.revoked_at),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Keys {
    pub keys: Vec<KeySummary>,
}

/// A new key, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CreatedKey {
    pub api_key: String,
    #[serde(flatten)]
    pub key: KeySummary,
}

impl From<NewKey> for CreatedKey {
    fn from(new: NewKey) -> Self {
        Self { api_key: new.key.expose().to_owned(), key: KeySummary::from(&new.row) }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppSettings {
    pub allowed_origins: Vec<String>,
    pub confirm_connections: bool,
}

impl From<App> for AppSettings {
    fn from(app: App) -> Self {
        Self { allowed_origins: app.allowed_origins.0, confirm_connections: app.confirm_connections }
    }
}

/// How an app's end-user tokens are verified; a shared secret is never shown.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuthSettings {
    pub issuer: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub jwks: Option<Value>,
    pub algorithm: String,
}

impl From<TokenSettings> for AuthSettings {
    fn from(settings: TokenSettings) -> Self {
        let shared = settings.jwks_url.is_none() && settings.jwks.is_none();
        Self {
            issuer: settings.issuer,
            audience: settings.audience,
            jwks_url: settings.jwks_url,
            jwks: settings.jwks,
            algorithm: if shared { "HS256" } else { "by key" }.to_owned(),
        }
    }
}

/// One thing a caller did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditLine {
    pub id: String,
    /// RFC 3339, UTC.
    pub at: String,
    pub actor: String,
    pub action: String,
    pub outcome: String,
    #[serde(flatten)]
    pub more: BTreeMap<&'static str, Value>,
}

impl From<AuditEntry> for AuditLine {
    fn from(entry: AuditEntry) -> Self {
        let parts = [
            ("error_code", entry.error_code.map(Value::from)),
            ("user_id", entry.user_id.map(Value::from)),
            ("toolkit", entry.toolkit.map(Value::from)),
            ("tool", entry.tool.map(Value::from)),
            ("connection_id", entry.account_id.map(Value::from)),
            ("detail", entry.detail.map(Value::from)),
            ("duration_us", Some(Value::from(entry.duration_us))),
            ("request_bytes", entry.request_bytes.map(Value::from)),
            ("response_bytes", entry.response_bytes.map(Value::from)),
            ("request_id", entry.request_id.map(Value::from)),
        ];
        Self {
            id: entry.id,
            at: entry.at.to_string(),
            actor: entry.actor,
            action: entry.action,
            outcome: entry.outcome,
            more: parts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditLines {
    pub entries: Vec<AuditLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
