//! Connect links and connected accounts.

use engine::{ConnectLink, ConnectProgress, ConnectionView};
use serde::Serialize;
use utoipa::ToSchema;

/// A link by which a user connects an account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectResponse {
    #[serde(rename = "authUrl")]
    pub auth_url: String,
    #[serde(rename = "connectionRequestId")]
    pub connection_request_id: String,
    /// RFC 3339, UTC.
    pub expires_at: String,
}

impl From<ConnectLink> for ConnectResponse {
    fn from(link: ConnectLink) -> Self {
        Self {
            auth_url: link.auth_url.into(),
            connection_request_id: link.request_id.to_string(),
            expires_at: engine::Time::from(link.expires_at).to_string(),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectStatusResponse {
    /// `pending`, `connected`, `failed` or `expired`.
    pub status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl From<ConnectProgress> for ConnectStatusResponse {
    fn from(progress: ConnectProgress) -> Self {
        Self {
            status: progress.status.to_owned(),
            connection_id: progress.connection_id,
            reason: progress.reason,
        }
    }
}

/// A connected account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Connection {
    pub id: String,
    pub app_user_id: String,
    pub toolkit_slug: String,
    /// `active`, `expired` or `inactive`.
    pub status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_reason: Option<String>,
    /// An address, a login, a workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_label: Option<String>,
    /// What was really granted.
    pub scopes: Vec<String>,
    /// RFC 3339, UTC.
    pub connected_at: String,
    /// RFC 3339, UTC.
    pub last_used_at: Option<String>,
    /// When the present access token ends; it is renewed before that where the provider allows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

impl From<ConnectionView> for Connection {
    fn from(view: ConnectionView) -> Self {
        let account = view.account;
        let recommended = view.reconnect_recommended.then(|| "reconnect_recommended".to_owned());
        Self {
            id: account.id.to_string(),
            app_user_id: account.user_id.to_string(),
            toolkit_slug: account.toolkit,
            status: account.status.as_str().to_owned(),
            status_reason: account.status_reason.or(recommended),
            account_label: account.label,
            scopes: account.scopes.0,
            connected_at: account.connected_at.to_string(),
            last_used_at: account.last_used_at.map(|at| at.to_string()),
            expires_at: account.expires_at.map(|at| at.to_string()),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Connections {
    pub connections: Vec<Connection>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
