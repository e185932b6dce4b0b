//! OAuth clients: the pre-registered one of each provider and those that somebody registers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::OAuth;
use crate::provider::Provider;
use crate::stage::Stage;
use crate::wire::{Authorization, Pairs, Request};

/// An OAuth client as its owner knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    pub provider: Provider,
    pub client_id: String,
    pub client_secret: String,
    /// What else the provider's console shows: `app_id` at Slack, `bearer_token` (app-only) at X,
    /// `bot_token` at Discord. Of what a test adds, `owner` says there whose application it is.
    pub extra: BTreeMap<String, String>,
}

/// Whether access tokens of a client expire and refresh tokens are single-use. Google and X decide that for
/// everybody; at Slack it is token rotation, at GitHub expiring user tokens, and both are off until turned on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rotation {
    On,
    #[default]
    Off,
}

/// There is no such client at this provider.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{provider} has no client `{client_id}` here")]
pub struct UnknownClient {
    pub provider: Provider,
    pub client_id: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegisteredClient {
    pub(crate) provider: Provider,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) name: String,
    /// `None` takes any loopback address, which only pre-registered clients do.
    pub(crate) redirect_uris: Option<Vec<String>>,
    pub(crate) rotation: Rotation,
    pub(crate) extra: BTreeMap<String, String>,
}

pub(crate) struct Registration {
    pub(crate) name: String,
    pub(crate) redirect_uris: Option<Vec<String>>,
    pub(crate) extra: BTreeMap<String, String>,
}

impl RegisteredClient {
    pub(crate) fn accepts_redirect(&self, uri: &str) -> bool {
        match &self.redirect_uris {
            Some(registered) => registered.iter().any(|known| known == uri),
            None => Url::parse(uri).is_ok_and(|url| is_loopback(&url)),
        }
    }

    pub(crate) fn public(&self) -> Client {
        Client {
            provider: self.provider,
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone(),
            extra: self.extra.clone(),
        }
    }
}

fn is_loopback(url: &Url) -> bool {
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    loopback && matches!(url.scheme(), "http" | "https") && url.fragment().is_none()
}

pub(crate) fn register(stage: &mut Stage<'_>, provider: Provider, registration: Registration) -> Client {
    let (client_id, client_secret) = credentials(stage, provider);
    let mut extra = registration.extra;
    match provider {
        Provider::Slack => {
            let app_id = format!("A{}", stage.upper(10));
            extra.entry("app_id".to_owned()).or_insert(app_id);
        }
        Provider::Twitter => {
            let bearer = format!("AAAAAAAAAAAAAAAAAAAAA{}", stage.word(91));
            extra.entry("bearer_token".to_owned()).or_insert(bearer);
        }
        Provider::Discord => {
            let token = format!("{}.{}.{}", stage.word(26), stage.word(6), stage.word(38));
            extra.entry("bot_token".to_owned()).or_insert(token);
        }
        _ => {}
    }
    let client = RegisteredClient {
        provider,
        client_id,
        client_secret,
        name: registration.name,
        redirect_uris: registration.redirect_uris,
        rotation: Rotation::Off,
        extra,
    };
    let public = client.public();
    stage.world.oauth.clients.push(client);
    public
}

/// Puts a new secret in the place of the old one, which stops working.
pub(crate) fn rotate_secret(
    stage: &mut Stage<'_>,
    provider: Provider,
    client_id: &str,
) -> Result<String, UnknownClient> {
    let (_, secret) = credentials(stage, provider);
    let client = stage.world.oauth.client_mut(provider, client_id)?;
    client.client_secret.clone_from(&secret);
    Ok(secret)
}

/// An id and a secret as the provider's look.
fn credentials(stage: &mut Stage<'_>, provider: Provider) -> (String, String) {
    match provider {
        Provider::Google => {
            let (number, name) = (stage.digits(12), stage.hex(32));
            let id = format!("{number}-{name}.apps.googleusercontent.com");
            (id, format!("GOCSPX-{}", stage.word(28)))
        }
        Provider::Slack => (format!("{}.{}", stage.digits(13), stage.digits(13)), stage.hex(32)),
        Provider::GitHub => (format!("Ov23li{}", stage.word(14)), stage.hex(40)),
        Provider::Twitter => (stage.word(34), stage.word(50)),
        Provider::Microsoft | Provider::HubSpot => (stage.uuid(), stage.word(40)),
        Provider::Notion => (stage.uuid(), format!("secret_{}", stage.word(43))),
        Provider::Discord => (stage.digits(19), stage.word(32)),
        Provider::LinkedIn => (stage.word(14), format!("WPL_AP1.{}.{}==", stage.word(16), stage.word(6))),
        // Composio has no authorization server, where such a client would be of use.
        Provider::Reddit | Provider::Composio => (stage.word(22), stage.word(30)),
    }
}

/// Why a client was not recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientRefusal {
    Missing,
    Unknown,
    WrongSecret,
    /// Both in the header and in the body, which RFC 6749 section 2.3 forbids.
    Twice,
}

impl OAuth {
    pub(crate) fn clients(&self, provider: Provider) -> impl Iterator<Item = &RegisteredClient> {
        self.clients.iter().filter(move |client| client.provider == provider)
    }

    pub(crate) fn all_clients(&self) -> &[RegisteredClient] {
        &self.clients
    }

    pub(crate) fn preregistered(&self) -> Vec<RegisteredClient> {
        let own = self.clients.iter().filter(|client| client.redirect_uris.is_none());
        let off = |client: &RegisteredClient| RegisteredClient { rotation: Rotation::Off, ..client.clone() };
        own.map(off).collect()
    }

    pub(crate) fn find_client(&self, provider: Provider, client_id: &str) -> Option<&RegisteredClient> {
        self.clients(provider).find(|client| client.client_id == client_id)
    }

    pub(crate) fn client_mut(
        &mut self,
        provider: Provider,
        client_id: &str,
    ) -> Result<&mut RegisteredClient, UnknownClient> {
        let mut clients = self.clients.iter_mut();
        let found = clients.find(|client| client.provider == provider && client.client_id == client_id);
        found.ok_or_else(|| UnknownClient { provider, client_id: client_id.to_owned() })
    }

    /// The client that a token call comes from, by its header or by the fields of its form.
    pub(crate) fn authenticate_client(
        &self,
        provider: Provider,
        request: &Request,
        form: &Pairs,
    ) -> Result<&RegisteredClient, ClientRefusal> {
        let (id, secret) = match request.authorization() {
            Authorization::Basic { user, password } => {
                let repeats = |name: &str, value: &str| form.get(name).is_some_and(|other| other != value);
                if form.get("client_secret").is_some() || repeats("client_id", &user) {
                    return Err(ClientRefusal::Twice);
                }
                (user, password)
            }
            Authorization::None => {
                let id = form.filled("client_id").ok_or(ClientRefusal::Missing)?;
                let secret = form.filled("client_secret").ok_or(ClientRefusal::Missing)?;
                (id.to_owned(), secret.to_owned())
            }
            Authorization::Bearer(_) | Authorization::Unreadable => return Err(ClientRefusal::Missing),
        };
        let client = self.find_client(provider, &id).ok_or(ClientRefusal::Unknown)?;
        if client.client_secret == secret { Ok(client) } else { Err(ClientRefusal::WrongSecret) }
    }
}
