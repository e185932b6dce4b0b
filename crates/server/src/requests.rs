//! What comes in bodies. The names are those of the contract; other spellings that clients send are accepted as well.

use engine::Execute;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
pub(crate) struct InitBody {
    #[schema(example = "my-app")]
    pub name: String,
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct ConfigureBody {
    #[schema(example = "gmail")]
    pub toolkit: String,
    /// Omitted: unchanged. Empty: the toolkit's default scopes.
    pub scopes: Option<Vec<String>>,
    #[serde(rename = "displayName", alias = "display_name")]
    pub display_name: Option<String>,
    /// The app's own OAuth client; see `credential_fields` of the toolkit.
    #[schema(value_type = Option<Object>)]
    pub oauth_credentials: Option<Map<String, Value>>,
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct ConnectBody {
    #[schema(example = "gmail")]
    pub toolkit: String,
    #[serde(rename = "redirectUrl", alias = "redirect_url")]
    pub redirect_url: Option<String>,
    #[serde(rename = "userId", alias = "user_id")]
    pub user_id: Option<String>,
    pub scopes: Option<Vec<String>>,
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct ConfirmBody {
    pub code: String,
    #[serde(rename = "userId", alias = "user_id")]
    pub user_id: Option<String>,
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct ExecuteBody {
    #[serde(rename = "toolName", alias = "tool_name")]
    #[schema(example = "GMAIL_SEND_EMAIL")]
    pub tool_name: Option<String>,
    #[schema(value_type = Option<Object>)]
    pub params: Option<Map<String, Value>>,
    #[serde(rename = "userId", alias = "user_id")]
    pub user_id: Option<String>,
    #[serde(rename = "connectionId", alias = "connection_id")]
    pub connection_id: Option<String>,
    #[serde(rename = "idempotencyKey", alias = "idempotency_key")]
    pub idempotency_key: Option<String>,
    /// The provider's whole answer instead of the tool's result.
    pub raw: Option<bool>,
    /// How many characters of a text are shown; 20000 unless said otherwise.
    #[serde(rename = "textLimit", alias = "text_limit")]
    pub text_limit: Option<usize>,
}

impl ExecuteBody {
    /// What the engine takes, for a tool of this name.
    pub(crate) fn execute(self, tool_name: String, idempotency_key: Option<String>) -> Execute {
        Execute {
            tool_name,
            params: self.params.unwrap_or_default(),
            user: self.user_id,
            connection_id: self.connection_id,
            idempotency_key: idempotency_key.or(self.idempotency_key),
            raw: self.raw.unwrap_or_default(),
            text_limit: self.text_limit,
        }
    }
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct NewKeyBody {
    pub name: Option<String>,
    /// `admin` (the default) or `execute`.
    pub scope: Option<String>,
    /// RFC 3339.
    pub expires_at: Option<String>,
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct AuthSettingsBody {
    pub issuer: String,
    /// Required with keys by JWKS.
    pub audience: Option<String>,
    pub jwks_url: Option<String>,
    #[schema(value_type = Option<Object>)]
    pub jwks: Option<Value>,
    /// 32 bytes or more.
    pub hs256_secret: Option<String>,
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct AppSettingsBody {
    pub allowed_origins: Option<Vec<String>>,
    pub confirm_connections: Option<bool>,
}
