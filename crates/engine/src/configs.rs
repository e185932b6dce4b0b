//! The auth configs of an app: what is enabled, and disabling it.

use std::sync::Arc;

use catalog::Toolkit;
use store::AuthConfig;
use url::Url;

use crate::Engine;
use crate::callers::Caller;
use crate::configure::MOST_RACES;
use crate::error::{Error, Result};

/// An auth config as its app sees it.
#[derive(Debug, Clone)]
pub struct ConfigView {
    pub config: AuthConfig,
    pub warnings: Vec<String>,
    /// What the app registers at the provider; absent with the instance's client.
    pub redirect_uri: Option<Url>,
}

impl Engine {
    /// Enabled ones, oldest first.
    pub async fn list_configs(&self, caller: &Caller) -> Result<Vec<ConfigView>> {
        caller.require_admin()?;
        let mut views = Vec::new();
        for config in
            self.store.list_auth_configs(caller.app_id()).await?.into_iter().filter(|config| config.enabled)
        {
            if let Some(toolkit) = self.catalog.find_toolkit(&config.toolkit).cloned() {
                views.push(self.view_config(&toolkit, config).await?);
            }
        }
        Ok(views)
    }

    /// Execute and connect stop at once; accounts are kept for a later configure. Fine for what was never enabled.
    /// Gives the canonical slug where there is such a toolkit.
    pub async fn disable(&self, caller: &Caller, toolkit: &str) -> Result<String> {
        let line = self.line(caller, "disable").toolkit(toolkit);
        let result = self.try_disable(caller, toolkit).await;
        self.audited(line, result).await
    }

    async fn try_disable(&self, caller: &Caller, toolkit: &str) -> Result<String> {
        caller.require_admin()?;
        let Some(toolkit) = self.catalog.find_toolkit(toolkit) else { return Ok(toolkit.to_owned()) };
        let slug = toolkit.slug.to_string();
        for _ in 0..MOST_RACES {
            let Some(config) = self.store.find_auth_config(caller.app_id(), &slug).await? else {
                return Ok(slug);
            };
            let mut next = config.clone();
            next.enabled = false;
            next.revision += 1;
            next.updated_at = self.now().into();
            if !config.enabled || self.store.put_auth_config(&next, Some(config.revision), None).await? {
                return Ok(slug);
            }
        }
        Err(Error::internal(anyhow::anyhow!("an auth config changed too often while it was written")))
    }

    pub(crate) async fn view_config(&self, toolkit: &Arc<Toolkit>, config: AuthConfig) -> Result<ConfigView> {
        let mut warnings: Vec<String> = config
            .scopes
            .0
            .iter()
            .filter(|scope| !toolkit.scopes.knows(scope))
            .map(|scope| {
                format!(
                    "{} does not document the scope `{scope}`; it is passed on as it is",
                    toolkit.display_name
                )
            })
            .collect();
        if let Some(version) = config.client_version
            && let Some(client) = self.store.find_client_version(&config.id, version).await?
            && let Some(at) = client.rejected_at
        {
            warnings.push(format!(
                "{} refused these client credentials at {}; rotate them",
                toolkit.display_name, *at
            ));
        }
        let own_client = !config.managed && config.client_version.is_some();
        let redirect_uri = own_client.then(|| self.own_redirect_uri(&config.app_id, toolkit));
        Ok(ConfigView { config, warnings, redirect_uri })
    }
}
