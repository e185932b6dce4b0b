//! The auth configs of an app: what is enabled, and disabling it.

use store::{AuthConfig, HostedConfig};
use url::Url;

use crate::Engine;
use crate::callers::Caller;
use crate::configure::MOST_RACES;
use crate::error::{Error, Result};
use crate::toolkits::{Backend, KnownToolkit};

const LONGEST_SLUG: usize = 64;

/// An auth config as its app sees it.
#[derive(Debug, Clone)]
pub struct ConfigView {
    pub config: AuthConfig,
    pub warnings: Vec<String>,
    /// What the app registers at the provider; absent with the instance's client.
    pub redirect_uri: Option<Url>,
    /// Whether Composio has it just so; absent where Composio does not serve it.
    pub is_settled: Option<bool>,
}

/// Which auth configs a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    Enabled,
    /// Disabled ones, too.
    All,
}

impl Engine {
    /// Oldest first.
    pub async fn list_configs(&self, caller: &Caller, which: Which) -> Result<Vec<ConfigView>> {
        caller.require_admin()?;
        let mut views = Vec::new();
        let configs = self.store.list_auth_configs(caller.app_id()).await?;
        for config in configs.into_iter().filter(|config| config.enabled || which == Which::All) {
            // A config stays to be seen while Composio's list, which has its toolkit, is not there.
            let toolkit = self.find_toolkit(&config.toolkit);
            let hosted = config.backend == Backend::Composio.as_str();
            let toolkit = toolkit.or_else(|| hosted.then(|| KnownToolkit::unlisted(&config.toolkit)));
            if let Some(toolkit) = toolkit {
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
        let known = self.find_toolkit(toolkit);
        let slug = known.map_or_else(|| toolkit.to_owned(), |known| known.slug().to_owned());
        if slug.len() > LONGEST_SLUG || slug.chars().any(char::is_control) {
            return Ok(slug);
        }
        for _ in 0..MOST_RACES {
            let Some(config) = self.store.find_auth_config(caller.app_id(), &slug).await? else {
                return Ok(slug);
            };
            let mut next = config.clone();
            next.enabled = false;
            next.revision += 1;
            next.updated_at = self.now().into();
            if !config.enabled || self.store.put_auth_config(&next, Some(config.revision), None).await? {
                if let Some(hosted) = &self.hosted {
                    hosted.work.notify_one();
                }
                return Ok(slug);
            }
        }
        Err(Error::internal(anyhow::anyhow!("an auth config changed too often while it was written")))
    }

    pub(crate) async fn view_config(&self, toolkit: &KnownToolkit, config: AuthConfig) -> Result<ConfigView> {
        let documents = |scope: &&String| toolkit.native().is_none_or(|native| native.scopes.knows(scope));
        let mut warnings: Vec<String> = config
            .scopes
            .0
            .iter()
            .filter(|scope| !documents(scope))
            .map(|scope| {
                format!(
                    "{} does not document the scope `{scope}`; it is passed on as it is",
                    toolkit.display_name()
                )
            })
            .collect();
        if let Some(version) = config.client_version
            && let Some(client) = self.store.find_client_version(&config.id, version).await?
            && let Some(at) = client.rejected_at
        {
            warnings.push(format!(
                "{} refused these client credentials at {}; rotate them",
                toolkit.display_name(),
                *at
            ));
        }
        let own_client = !config.managed && config.client_version.is_some();
        let hosted = self.hosted_of(&config).await?;
        warnings.extend(hosted.as_ref().and_then(|row| self.difference(row)));
        let redirect_uri = match (own_client, toolkit.native(), &hosted) {
            (false, ..) => None,
            (true, _, Some(_)) => self.hosted_redirect_uri().ok(),
            (true, Some(native), None) => Some(self.own_redirect_uri(&config.app_id, native)),
            (true, None, None) => None,
        };
        let is_settled = hosted.as_ref().map(|row| !row.is_pending());
        Ok(ConfigView { config, warnings, redirect_uri, is_settled })
    }

    /// What Composio has of an auth config that it serves.
    async fn hosted_of(&self, config: &AuthConfig) -> Result<Option<HostedConfig>> {
        if config.backend != Backend::Composio.as_str() {
            return Ok(None);
        }
        Ok(self.store.find_hosted_config(&config.id).await?)
    }

    /// What the app should know while the two sides differ.
    fn difference(&self, row: &HostedConfig) -> Option<String> {
        if self.hosted.is_none() {
            return Some(
                "this instance has no Composio API key any more, so nothing of this works".to_owned(),
            );
        }
        let failure = row.failure.as_ref().filter(|_| row.is_pending())?;
        Some(format!("Composio does not have these settings yet ({failure}); it is tried again and again"))
    }
}
