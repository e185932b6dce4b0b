//! Rotating: new client credentials without dropping connected accounts. Accounts keep the client they began under.

use catalog::SchemeName;
use serde_json::{Map, Value};
use store::AuthConfig;

use crate::Engine;
use crate::callers::Caller;
use crate::configs::ConfigView;
use crate::configure::{MOST_RACES, Wanted};
use crate::credentials;
use crate::error::{Error, Kind, Result};
use crate::toolkits::{Backend, KnownToolkit};

impl Engine {
    /// `base` is the JSON pointer of the credentials in the request, for what is said of them.
    pub async fn rotate_credentials(
        &self,
        caller: &Caller,
        toolkit: &str,
        given: &Map<String, Value>,
        base: &str,
    ) -> Result<ConfigView> {
        let line = self.line(caller, "rotate_credentials").toolkit(toolkit);
        let result = self.try_rotate(caller, toolkit, given, base).await;
        self.audited(line, result).await
    }

    async fn try_rotate(
        &self,
        caller: &Caller,
        slug: &str,
        given: &Map<String, Value>,
        base: &str,
    ) -> Result<ConfigView> {
        caller.require_admin()?;
        let not_configured = || self.not_enabled(slug, Kind::NotFound);
        let known = self.find_toolkit_anywhere(slug).await?.ok_or_else(not_configured)?;
        let config = self.store.find_auth_config(caller.app_id(), known.slug()).await?;
        let config = config.ok_or_else(not_configured)?;
        if config.backend == Backend::Composio.as_str() {
            return self.rotate_hosted(caller, &known, &config, given, base).await;
        }
        let toolkit = known.native().cloned().ok_or_else(not_configured)?;
        let given = credentials::read(&toolkit, given, base)?;
        for _ in 0..MOST_RACES {
            let config = self.store.find_auth_config(caller.app_id(), toolkit.slug.as_str()).await?;
            let config = config.ok_or_else(not_configured)?;
            let scheme = SchemeName::parse(&config.auth_scheme).and_then(|name| toolkit.auth_scheme(name));
            let oauth2 = scheme.and_then(|scheme| scheme.oauth2()).filter(|_| !config.managed);
            let oauth2 = oauth2.ok_or_else(|| nothing_to_rotate(base, &toolkit.display_name))?;
            if given.client_id.is_none() && given.client_secret.is_none() && given.extras.is_empty() {
                return Err(nothing_given(base));
            }
            let versions = self.store.list_client_versions(&config.id).await?;
            let current = versions.iter().find(|row| Some(row.version) == config.client_version);
            let client = self.merge_client(&toolkit, oauth2, &config, &versions, current, &given, base)?;
            let mut next = config.clone();
            next.client_version = Some(client.version);
            next.revision += 1;
            next.updated_at = self.now().into();
            if self.store.put_auth_config(&next, Some(config.revision), Some(&client)).await? {
                self.store.delete_unused_clients(&next.id).await?;
                return self.view_config(&known, next).await;
            }
        }
        Err(Error::internal(anyhow::anyhow!("an auth config changed too often while it was written")))
    }

    /// The same for credentials that Composio uses: in place over there, so accounts survive.
    async fn rotate_hosted(
        &self,
        caller: &Caller,
        toolkit: &KnownToolkit,
        config: &AuthConfig,
        given: &Map<String, Value>,
        base: &str,
    ) -> Result<ConfigView> {
        if config.managed || config.client_version.is_none() {
            return Err(nothing_to_rotate(base, toolkit.display_name()));
        }
        if !given.iter().any(|(name, value)| name != "auth_scheme" && !value.is_null()) {
            return Err(nothing_given(base));
        }
        let named = given.get("auth_scheme").and_then(Value::as_str);
        if named.is_some_and(|named| !named.trim().eq_ignore_ascii_case(&config.auth_scheme)) {
            let message = format!("is {} here; `configure` changes it", config.auth_scheme);
            return Err(Error::invalid_at(&format!("{base}/auth_scheme"), message));
        }
        let wanted =
            Wanted { scopes: None, display_name: None, credentials: Some(given.clone()), enables: false };
        let (engine, caller) = (self.clone(), caller.clone());
        let (toolkit, base) = (toolkit.clone(), base.to_owned());
        self.owned(async move { engine.configure_hosted(&caller, &toolkit, &wanted, &base).await }).await
    }
}

fn nothing_given(base: &str) -> Error {
    Error::missing(
        &format!("{base}/client_id"),
        "Give `client_id` and `client_secret`, or the one field that changes",
    )
}

fn nothing_to_rotate(base: &str, display_name: &str) -> Error {
    Error::invalid_at(
        base,
        format!("{display_name} has no OAuth client of this app's own here, so there is nothing to rotate"),
    )
}
