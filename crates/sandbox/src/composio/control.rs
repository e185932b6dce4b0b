//! What tests and developers do with Composio's twin from outside its API.

use serde::Serialize;
use url::Url;

use super::BACKEND;
use super::project::{Account, AuthConfig, Status};
use super::texts;
use crate::control::{ConsentError, Control, Decision};

/// An auth config as the twin keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ComposioAuthConfig {
    pub id: String,
    pub name: String,
    pub toolkit: String,
    /// `OAUTH2`, `API_KEY` and so on.
    pub auth_scheme: String,
    pub managed: bool,
    pub enabled: bool,
    pub scopes: Vec<String>,
    /// Of custom OAuth only.
    pub client_id: Option<String>,
}

/// A connected account as the twin keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ComposioAccount {
    pub id: String,
    pub user_id: String,
    pub auth_config_id: String,
    pub toolkit: String,
    /// `INITIATED`, `ACTIVE`, `EXPIRED` and so on.
    pub status: String,
}

/// The twin has no such account, or there is no such status.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ComposioError {
    #[error("no connected account `{0}`")]
    NoAccount(String),
    #[error("no status `{0}`")]
    NoStatus(String),
}

impl Control {
    /// Where the twin serves what is at `https://backend.composio.dev`.
    pub fn composio_url(&self) -> Url {
        let mut url = self.twins().base.clone();
        url.set_path(BACKEND);
        url
    }

    /// All auth configs, disabled ones too, in the order in which they were made.
    pub fn composio_auth_configs(&self) -> Vec<ComposioAuthConfig> {
        self.twins().with_world(|stage| stage.world.composio.auth_configs.iter().map(auth_config).collect())
    }

    /// All connected accounts, in the order in which they were made.
    pub fn composio_accounts(&self) -> Vec<ComposioAccount> {
        self.twins().with_world(|stage| stage.world.composio.accounts.iter().map(account).collect())
    }

    /// Puts an account in a state, `EXPIRED` for instance, whatever it was in.
    pub fn set_composio_account_status(&self, id: &str, status: &str) -> Result<(), ComposioError> {
        let status = Status::of(status).ok_or_else(|| ComposioError::NoStatus(status.to_owned()))?;
        self.twins().with_world(|stage| {
            let now = stage.now;
            let account = stage.world.composio.find_account_mut(id);
            let account = account.ok_or_else(|| ComposioError::NoAccount(id.to_owned()))?;
            account.status = status;
            account.updated_at = now;
            Ok(())
        })
    }

    /// Deletes an account without anybody's asking for it by the API.
    pub fn delete_composio_account(&self, id: &str) -> Result<(), ComposioError> {
        let removed = self.twins().with_world(|stage| stage.world.composio.remove_account(id));
        removed.map_err(|_| ComposioError::NoAccount(id.to_owned()))
    }

    /// Does what a user's browser would at a link, and returns where it is sent. What is to be typed is made up.
    pub async fn decide_link(&self, link: &Url, decision: &Decision) -> Result<Url, ConsentError> {
        self.consent(link, decision).await
    }

    /// How many generated toolkits the catalogue shows beside the curated ones: 1,000 unless told otherwise, 3,000 at
    /// most.
    pub fn set_composio_catalog_size(&self, size: usize) {
        self.twins().with_world(|stage| stage.world.composio.catalogue_size = size);
    }
}

fn auth_config(config: &AuthConfig) -> ComposioAuthConfig {
    let scopes = config.credentials.get("scopes");
    let listed = scopes.and_then(|scopes| scopes.as_str()).unwrap_or_default().split([',', ' ']);
    let listed = listed.filter(|scope| !scope.is_empty()).map(str::to_owned);
    ComposioAuthConfig {
        id: config.id.clone(),
        name: config.name.clone(),
        toolkit: config.toolkit.clone(),
        auth_scheme: config.scheme.name().to_owned(),
        managed: config.managed,
        enabled: config.enabled,
        scopes: listed.chain(texts(scopes)).collect(),
        client_id: config.credentials.get("client_id").and_then(|id| id.as_str()).map(str::to_owned),
    }
}

fn account(account: &Account) -> ComposioAccount {
    ComposioAccount {
        id: account.id.clone(),
        user_id: account.user_id.clone(),
        auth_config_id: account.auth_config.clone(),
        toolkit: account.toolkit.clone(),
        status: account.status.name().to_owned(),
    }
}
