//! Which backend serves an app's toolkit: decided when it is configured, and stored. We do it ourselves where we have the
//! toolkit and a client for it; otherwise Composio, where this instance has a key and it has the toolkit. The operator may
//! pin either.

use std::sync::Arc;

use catalog::Toolkit;
use store::AuthConfig;

use crate::Engine;
use crate::callers::Caller;
use crate::configure::{Wanted, conflict};
use crate::error::Result;
use crate::hosted::serves_without_client;
use crate::toolkits::{Backend, KnownToolkit};

/// A backend that can serve.
pub(crate) enum Choice {
    Native(Arc<Toolkit>),
    Composio,
}

impl Engine {
    /// For a `configure`. What serves connected accounts goes on serving them.
    pub(crate) async fn decide_backend(
        &self,
        caller: &Caller,
        toolkit: &KnownToolkit,
        wanted: &Wanted,
    ) -> Result<Choice> {
        let existing = self.store.find_auth_config(caller.app_id(), toolkit.slug()).await?;
        let brings_client =
            wanted.credentials.as_ref().is_some_and(|given| given.keys().any(|name| name != "auth_scheme"));
        let fresh = self.fresh_backend(toolkit, brings_client);
        let backend = match &existing {
            Some(config) => self.kept_backend(toolkit, config, fresh, brings_client).await?,
            None => fresh,
        };
        Ok(match (backend, toolkit.native()) {
            (Backend::Native, Some(native)) => Choice::Native(Arc::clone(native)),
            _ => Choice::Composio,
        })
    }

    async fn kept_backend(
        &self,
        toolkit: &KnownToolkit,
        config: &AuthConfig,
        fresh: Backend,
        brings_client: bool,
    ) -> Result<Backend> {
        let had = Backend::parse(&config.backend).unwrap_or(Backend::Native);
        if had == fresh {
            return Ok(had);
        }
        let connected = self.store.count_accounts(&config.id).await?;
        let pinned = self.pinned(toolkit.slug()).is_some();
        // The app's own client stays where it is; anything else is decided anew while nobody depends on it.
        let has_own = !config.managed && config.client_version.is_some() && !pinned;
        match connected {
            0 if has_own => Ok(had),
            0 => Ok(fresh),
            connected if pinned => Err(conflict(toolkit.display_name(), connected)),
            connected if brings_client && config.managed => Err(conflict(toolkit.display_name(), connected)),
            _ => Ok(had),
        }
    }

    /// For an app that has nothing of the toolkit yet.
    pub(crate) fn fresh_backend(&self, toolkit: &KnownToolkit, brings_client: bool) -> Backend {
        if let Some(pinned) = self.pinned(toolkit.slug()) {
            return pinned;
        }
        let Some(native) = toolkit.native() else { return Backend::Composio };
        let needs_client = native.default_auth_scheme().oauth2().is_some();
        if !needs_client || brings_client || self.managed_client(native).is_some() {
            return Backend::Native;
        }
        let composio_can = toolkit.hosted().is_some_and(|hosted| serves_without_client(hosted));
        if composio_can { Backend::Composio } else { Backend::Native }
    }

    /// Whether an app that brings no client of its own is served, by the backend that would serve it.
    pub(crate) fn requires_client(&self, toolkit: &KnownToolkit) -> bool {
        match (self.fresh_backend(toolkit, false), toolkit.native(), toolkit.hosted()) {
            (Backend::Native, Some(native), _) => {
                native.default_auth_scheme().oauth2().is_some() && self.managed_client(native).is_none()
            }
            (_, _, Some(hosted)) => !serves_without_client(hosted),
            _ => false,
        }
    }
}
