//! Composio's hosted API, version 3.1, as typed calls: one file a resource. A call is sent once; whether it is sent
//! again, and what its failure means, is decided elsewhere.

mod auth_configs;
mod connected_accounts;
mod error;
mod toolkits;
mod tools;

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Method, Request};
use outbound::{Limits, Outbound, Target};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;
use zeroize::Zeroizing;

pub use auth_configs::{AuthConfig, AuthConfigChange, CustomAuth, NewAuthConfig};
pub use connected_accounts::{Account, AccountStatus, Deletion, Link, NewLink};
pub use error::{Error, Refusal};
pub use toolkits::{AuthDetail, Field, Fields, Toolkit, ToolkitDetail};
pub use tools::{Executed, NewExecution, Tool};

pub const DEFAULT_BASE_URL: &str = "https://backend.composio.dev";

const KEY: HeaderName = HeaderName::from_static("x-api-key");
const PREFIX: [&str; 2] = ["api", "v3.1"];
/// For everything but executions.
const USUAL: Limits = Limits { deadline: Duration::from_secs(15), max_bytes: 4 * 1024 * 1024 };
/// Pages of the catalogue hold whole schemas.
const LISTING: Limits = Limits { deadline: Duration::from_secs(30), max_bytes: 32 * 1024 * 1024 };

/// A project's access to the API. Cloning shares it.
#[derive(Clone)]
pub struct Client {
    outbound: Outbound,
    base: Url,
    key: HeaderValue,
}

// The key is a secret.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

/// Why the settings make no client.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("the Composio base URL must be an http(s) address without user, query or fragment")]
    BaseUrl,
    #[error("the Composio API key holds characters that no header can carry")]
    Key,
}

/// Some of a list, and where the rest begins.
#[derive(Debug, Clone, Deserialize)]
pub struct Page<T> {
    #[serde(default = "Vec::new")]
    pub items: Vec<T>,
    pub next_cursor: Option<String>,
}

impl Client {
    pub fn new(outbound: Outbound, base: Url, key: &SecretString) -> Result<Self, SettingsError> {
        let nobody = base.username().is_empty() && base.password().is_none();
        let plain = base.query().is_none() && base.fragment().is_none() && nobody;
        if !matches!(base.scheme(), "http" | "https") || !plain {
            return Err(SettingsError::BaseUrl);
        }
        let mut key = HeaderValue::from_str(key.expose_secret().trim()).map_err(|_| SettingsError::Key)?;
        key.set_sensitive(true);
        Ok(Self { outbound, base, key })
    }

    /// Where the browser comes back to after consent with a client of the app's own: what is registered at its provider.
    pub fn oauth_redirect_uri(&self) -> Url {
        self.url(&["toolkits", "auth", "callback"])
    }

    /// Whether `url` may be where the API sends a browser: never less protected than the API itself.
    pub fn may_lead_to(&self, url: &Url) -> bool {
        url.scheme() == "https" || url.scheme() == "http" && self.base.scheme() == "http"
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(PREFIX).extend(path);
        }
        url
    }

    async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        limits: Limits,
    ) -> Result<T, Error> {
        let mut url = self.url(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        read(&self.send(Method::GET, &url, None, limits).await?)
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &impl Serialize,
        limits: Limits,
    ) -> Result<T, Error> {
        read(&self.send(Method::POST, &self.url(path), Some(json(body)?), limits).await?)
    }

    /// A change whose answer says nothing.
    async fn change(&self, method: Method, url: &Url, body: Option<Zeroizing<Vec<u8>>>) -> Result<(), Error> {
        self.send(method, url, body, USUAL).await.map(drop)
    }

    async fn send(
        &self,
        method: Method,
        url: &Url,
        body: Option<Zeroizing<Vec<u8>>>,
        limits: Limits,
    ) -> Result<Bytes, Error> {
        let mut request = Request::builder().method(method).uri(url.as_str()).header(KEY, self.key.clone());
        if body.is_some() {
            request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let body = body.map_or_else(Bytes::new, |body| Bytes::copy_from_slice(&body));
        let request = request.body(body).map_err(|error| Error::Unbuildable(error.to_string()))?;
        let bases = [self.base.clone()];
        let response = self.outbound.send(Target::Declared(&bases), request, limits).await?;
        if response.status().is_success() {
            Ok(response.into_body())
        } else {
            Err(Refusal::read(&response).into())
        }
    }
}

fn json(body: &impl Serialize) -> Result<Zeroizing<Vec<u8>>, Error> {
    serde_json::to_vec(body).map(Zeroizing::new).map_err(|error| Error::Unbuildable(error.to_string()))
}

/// What the API sends may grow; what it leaves out or sets to null is absent.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    let value: Value =
        serde_json::from_slice(body).map_err(|_| Error::Malformed("it is no JSON".to_owned()))?;
    serde_json::from_value(value).map_err(|error| Error::Malformed(misfit(&error)))
}

/// What is wrong with an answer, without what it says: somebody's data may be in the wrong place.
fn misfit(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if text.starts_with("missing field") { text } else { "a member is of another type".to_owned() }
}

/// `null` as the type's own nothing.
fn or_nothing<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}
