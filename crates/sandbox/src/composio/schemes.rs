//! Auth schemes: which fields a developer gives when he makes an auth config, and which a person gives when she
//! connects an account.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::catalogue::Toolkit;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Scheme {
    Oauth2,
    Oauth1,
    ApiKey,
    Basic,
    BasicWithJwt,
    BearerToken,
    BillcomAuth,
    CalcomAuth,
    CimdOauth,
    DcrOauth,
    GoogleServiceAccount,
    NoAuth,
    S2sOauth2,
    Saml,
    ServiceAccount,
}

/// All of them, as a request may name them.
pub(super) const NAMES: &[&str] = &[
    "OAUTH2",
    "OAUTH1",
    "API_KEY",
    "BASIC",
    "BASIC_WITH_JWT",
    "BEARER_TOKEN",
    "BILLCOM_AUTH",
    "CALCOM_AUTH",
    "CIMD_OAUTH",
    "DCR_OAUTH",
    "GOOGLE_SERVICE_ACCOUNT",
    "NO_AUTH",
    "S2S_OAUTH2",
    "SAML",
    "SERVICE_ACCOUNT",
];

const ALL: [Scheme; 15] = [
    Scheme::Oauth2,
    Scheme::Oauth1,
    Scheme::ApiKey,
    Scheme::Basic,
    Scheme::BasicWithJwt,
    Scheme::BearerToken,
    Scheme::BillcomAuth,
    Scheme::CalcomAuth,
    Scheme::CimdOauth,
    Scheme::DcrOauth,
    Scheme::GoogleServiceAccount,
    Scheme::NoAuth,
    Scheme::S2sOauth2,
    Scheme::Saml,
    Scheme::ServiceAccount,
];

/// Fields that any account may carry, because some toolkit builds its addresses from them.
pub(super) const GENERIC: &[&str] = &[
    "subdomain",
    "your-domain",
    "region",
    "shop",
    "account_url",
    "COMPANYDOMAIN",
    "extension",
    "form_api_base_url",
    "instanceEndpoint",
    "api_url",
    "borneo_dashboard_url",
    "proxy_username",
    "proxy_password",
    "domain",
    "version",
    "dc",
    "site_name",
    "instanceName",
    "account_id",
    "your_server",
    "server_location",
    "base_url",
];

/// What nobody but its owner may read. All else of an account is shown.
const SECRET: &[&str] = &[
    "access_token",
    "refresh_token",
    "id_token",
    "oauth_token",
    "oauth_token_secret",
    "client_secret",
    "consumer_secret",
    "api_key",
    "generic_api_key",
    "bearer_token",
    "basic_encoded",
    "token",
    "password",
    "proxy_password",
    "credentials_json",
    "private_key",
    "sessionId",
    "devKey",
];

pub(super) fn is_secret(name: &str) -> bool {
    SECRET.contains(&name)
}

/// Names that must be there and names that may be.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    pub(super) required: Vec<&'static str>,
    pub(super) optional: Vec<&'static str>,
}

impl Wanted {
    fn new(required: &[&'static str], optional: &[&'static str]) -> Self {
        Self { required: required.to_vec(), optional: optional.to_vec() }
    }

    pub(super) fn knows(&self, name: &str) -> bool {
        self.required.contains(&name) || self.optional.contains(&name)
    }

    pub(super) fn first_lacking(&self, values: &Map<String, Value>) -> Option<&'static str> {
        let is_filled = |name: &str| {
            values.get(name).is_some_and(|value| value.as_str().is_none_or(|text| !text.is_empty()))
        };
        self.required.iter().copied().find(|name| !is_filled(name))
    }

    pub(super) fn show(&self) -> Value {
        let each = |names: &[&str], required: bool| -> Vec<Value> {
            names.iter().map(|name| show_field(name, required)).collect()
        };
        json!({"required": each(&self.required, true), "optional": each(&self.optional, false)})
    }
}

fn show_field(name: &str, required: bool) -> Value {
    json!({
        "name": name,
        "displayName": title(name),
        "description": format!("{} of the account or app at the provider", title(name)),
        "type": "string",
        "required": required,
        "is_secret": is_secret(name),
        "user_visible": true,
    })
}

/// `client_id` as people read it: `Client id`.
pub(super) fn title(name: &str) -> String {
    let words = name.replace(['_', '-'], " ");
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => words,
    }
}

impl Scheme {
    pub(super) fn of(name: &str) -> Option<Self> {
        ALL.into_iter().find(|scheme| scheme.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        let index = ALL.iter().position(|scheme| *scheme == self);
        index.and_then(|index| NAMES.get(index)).copied().unwrap_or_default()
    }

    /// Whether a person decides at the provider, instead of typing something.
    pub(super) fn redirects(self) -> bool {
        matches!(
            self,
            Self::Oauth2 | Self::Oauth1 | Self::DcrOauth | Self::CimdOauth | Self::Saml | Self::CalcomAuth
        )
    }

    /// Whether a person types what the account needs, and it neither ends nor fails of itself.
    pub(super) fn is_typed(self) -> bool {
        matches!(
            self,
            Self::ApiKey
                | Self::Basic
                | Self::BasicWithJwt
                | Self::BearerToken
                | Self::GoogleServiceAccount
                | Self::ServiceAccount
        )
    }

    /// Whether tokens end and can be taken back.
    pub(super) fn has_tokens(self) -> bool {
        matches!(self, Self::Oauth2 | Self::Oauth1 | Self::DcrOauth | Self::CimdOauth | Self::S2sOauth2)
    }

    /// Whether accounts of managed auth configs of this scheme come by links only.
    pub(super) fn is_retired(self) -> bool {
        matches!(self, Self::Oauth2 | Self::Oauth1 | Self::DcrOauth)
    }

    /// What a developer gives for an auth config of his own.
    pub(super) fn creation(self, toolkit: &Toolkit) -> Wanted {
        let mut wanted = match self {
            Self::Oauth2 => Wanted::new(&["client_id", "client_secret"], &["oauth_redirect_uri", "scopes"]),
            Self::Oauth1 => Wanted::new(&["consumer_key", "consumer_secret"], &["oauth_redirect_uri"]),
            Self::S2sOauth2 => Wanted::new(&["client_id", "client_secret"], &["scopes"]),
            Self::DcrOauth | Self::CimdOauth => Wanted::new(&[], &["oauth_redirect_uri", "scopes"]),
            _ => Wanted::default(),
        };
        if self == Self::Oauth2 {
            wanted.optional.extend(toolkit.app_extras);
        }
        wanted
    }

    /// What a person gives for an account.
    pub(super) fn initiation(self, toolkit: &Toolkit) -> Wanted {
        let mut wanted = match self {
            Self::ApiKey => Wanted::new(&[toolkit.key], &[]),
            Self::Basic | Self::BasicWithJwt => Wanted::new(&["username", "password"], &[]),
            Self::BearerToken => Wanted::new(&["token"], &[]),
            Self::GoogleServiceAccount => Wanted::new(&["credentials_json"], &[]),
            Self::ServiceAccount => Wanted::new(&["application_id", "installation_id", "private_key"], &[]),
            Self::BillcomAuth => Wanted::new(&["sessionId", "devKey"], &[]),
            _ => Wanted::default(),
        };
        wanted.required.extend(toolkit.account_extras);
        wanted
    }

    /// What else the state of an account may hold.
    pub(super) fn held(self) -> &'static [&'static str] {
        match self {
            Self::Oauth1 => &["oauth_token", "oauth_token_secret", "oauth_verifier", "consumer_key"],
            Self::ApiKey => &["api_key", "generic_api_key", "bearer_token", "basic_encoded"],
            Self::Oauth2 | Self::DcrOauth | Self::CimdOauth | Self::S2sOauth2 => &[
                "access_token",
                "refresh_token",
                "id_token",
                "token_type",
                "expires_in",
                "scope",
                "webhook_signature",
                "authed_user",
                "client_id",
                "client_secret",
                "state_prefix",
                "long_redirect_url",
            ],
            _ => &[],
        }
    }
}
