//! Auth configs: how the vendor connects users to a toolkit, with its own OAuth client or with one that it was given.

use std::collections::BTreeMap;
use std::fmt;

use http::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{Client, Error, Page, USUAL, json, or_nothing};

/// An auth config as the vendor has it; its secrets are masked there.
#[derive(Debug, Clone, Deserialize)]
pub struct AuthConfig {
    pub id: String,
    #[serde(default, deserialize_with = "or_nothing")]
    pub name: String,
    #[serde(default, deserialize_with = "or_nothing")]
    pub auth_scheme: String,
    #[serde(default, deserialize_with = "or_nothing")]
    pub is_composio_managed: bool,
    #[serde(default, deserialize_with = "or_nothing")]
    pub created_at: String,
    /// `ENABLED` or `DISABLED`.
    #[serde(default, deserialize_with = "or_nothing")]
    status: String,
}

impl AuthConfig {
    pub fn is_enabled(&self) -> bool {
        self.status != "DISABLED"
    }
}

/// An auth config to be made.
#[derive(Debug, Clone)]
pub struct NewAuthConfig<'a> {
    pub toolkit: &'a str,
    /// Ours: by it a config is recognised whose making was interrupted.
    pub name: &'a str,
    pub scopes: &'a [String],
    /// Absent for the vendor's own OAuth client.
    pub custom: Option<CustomAuth<'a>>,
}

/// What the app brings itself.
#[derive(Clone)]
pub struct CustomAuth<'a> {
    pub auth_scheme: &'a str,
    pub credentials: &'a BTreeMap<String, SecretString>,
    /// For OAuth only.
    pub redirect_uri: Option<&'a str>,
}

// The credentials are secrets.
impl fmt::Debug for CustomAuth<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustomAuth").field("auth_scheme", &self.auth_scheme).finish_non_exhaustive()
    }
}

/// What changes of an auth config. The API merges; empty scopes clear them.
#[derive(Debug, Clone)]
pub struct AuthConfigChange<'a> {
    pub scopes: &'a [String],
    /// Absent for the vendor's own OAuth client.
    pub custom: Option<CustomAuth<'a>>,
}

#[derive(Deserialize)]
struct Created {
    auth_config: CreatedConfig,
}

#[derive(Deserialize)]
struct CreatedConfig {
    id: String,
}

impl CustomAuth<'_> {
    fn credentials(&self, scopes: Value) -> Map<String, Value> {
        let mut all: Map<String, Value> = self
            .credentials
            .iter()
            .map(|(name, secret)| (name.clone(), Value::from(secret.expose_secret())))
            .collect();
        if let Some(uri) = self.redirect_uri {
            all.insert("oauth_redirect_uri".to_owned(), uri.into());
        }
        if !scopes.is_null() {
            all.insert("scopes".to_owned(), scopes);
        }
        all
    }
}

impl Client {
    /// The new config's id. Not idempotent: look for the name first.
    pub async fn create_auth_config(&self, new: &NewAuthConfig<'_>) -> Result<String, Error> {
        let mut config = json!({ "name": new.name });
        match &new.custom {
            Some(custom) => {
                let scopes = if new.scopes.is_empty() { Value::Null } else { new.scopes.join(",").into() };
                config["type"] = "use_custom_auth".into();
                config["authScheme"] = custom.auth_scheme.into();
                config["credentials"] = custom.credentials(scopes).into();
            }
            None => {
                config["type"] = "use_composio_managed_auth".into();
                if !new.scopes.is_empty() {
                    config["credentials"] = json!({ "scopes": new.scopes });
                }
            }
        }
        let body = json!({ "toolkit": { "slug": new.toolkit }, "auth_config": config });
        let created: Created = self.post(&["auth_configs"], &body, USUAL).await?;
        Ok(created.auth_config.id)
    }

    pub async fn get_auth_config(&self, id: &str) -> Result<AuthConfig, Error> {
        self.get(&["auth_configs", id], &[], USUAL).await
    }

    /// A page of the configs of a toolkit whose name contains `name`, disabled ones included.
    pub async fn list_auth_configs(
        &self,
        toolkit: &str,
        name: &str,
        cursor: Option<&str>,
    ) -> Result<Page<AuthConfig>, Error> {
        let mut query =
            vec![("toolkit_slug", toolkit), ("search", name), ("show_disabled", "true"), ("limit", "50")];
        query.extend(cursor.map(|cursor| ("cursor", cursor)));
        self.get(&["auth_configs"], &query, USUAL).await
    }

    pub async fn update_auth_config(&self, id: &str, change: &AuthConfigChange<'_>) -> Result<(), Error> {
        let body = match &change.custom {
            Some(custom) => {
                // Only OAuth knows scopes.
                let scopes = custom.redirect_uri.map_or(Value::Null, |_| change.scopes.join(",").into());
                json!({ "type": "custom", "credentials": custom.credentials(scopes) })
            }
            None => json!({ "type": "default", "scopes": change.scopes.join(",") }),
        };
        self.change(Method::PATCH, &self.url(&["auth_configs", id]), Some(json(&body)?)).await
    }

    pub async fn set_auth_config_enabled(&self, id: &str, enabled: bool) -> Result<(), Error> {
        let state = if enabled { "ENABLED" } else { "DISABLED" };
        self.change(Method::PATCH, &self.url(&["auth_configs", id, state]), None).await
    }

    pub async fn delete_auth_config(&self, id: &str) -> Result<(), Error> {
        self.change(Method::DELETE, &self.url(&["auth_configs", id]), None).await
    }
}
