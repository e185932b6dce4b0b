//! The handle by which tests and developers look into the twins and make them misbehave. Everything here is also
//! reachable over HTTP, see [`console`](crate::console).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Method};
use serde::{Deserialize, Serialize};
use url::{Url, form_urlencoded};

use crate::exchange::{Outcome, Twins};
use crate::faults::Fault;
use crate::ledger::Entry;
use crate::oauth::{
    self, Client, Grace, Owner, RegisteredClient, Registration, Reuse, Rotation, UnknownClient,
};
use crate::provider::Provider;
use crate::wire::{Answer, Request};

/// What the user does on a consent page.
///
/// Over HTTP the same takes two requests. GET the authorization address at the twin; the page carries a hidden field
/// `request`, whose value is also in the header `x-sandbox-request`. POST to the same path, without the query, the form
/// fields `request`, `decision` (`allow` or `deny`) and `account`; the answer is a 303 to the redirect URI. A browser
/// also sends `granular=1` with one `scope` field for each scope left ticked; without `granular` all are granted.
///
/// At a link of Composio the header `x-sandbox-fields` names what a person would type, in fields of these names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// By this account: `ada@example.com` at Google and Microsoft, `ada` elsewhere.
    Allow(String),
    Deny,
}

/// The twin refused to ask or to redirect.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the twin answered {status} instead of going on")]
pub struct ConsentError {
    pub status: u16,
    /// The page that a user would see.
    pub page: String,
}

/// Cloning shares the twins.
#[derive(Clone)]
pub struct Control {
    twins: Arc<Twins>,
}

impl fmt::Debug for Control {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Control").field("base_url", &self.twins.base.as_str()).finish_non_exhaustive()
    }
}

impl Control {
    pub(crate) fn new(twins: Arc<Twins>) -> Self {
        Self { twins }
    }

    pub(crate) fn twins(&self) -> &Arc<Twins> {
        &self.twins
    }

    /// All entries that are kept, the oldest first.
    pub fn ledger(&self) -> Vec<Entry> {
        self.ledger_since(0)
    }

    /// The entries after `sequence`.
    pub fn ledger_since(&self, sequence: u64) -> Vec<Entry> {
        self.twins.ledger().since(sequence)
    }

    /// Forgets the entries. Sequence numbers go on.
    pub fn clear_ledger(&self) {
        self.twins.ledger().clear();
    }

    pub fn inject(&self, fault: Fault) {
        self.twins.faults().inject(fault);
    }

    /// The faults that still wait for exchanges.
    pub fn faults(&self) -> Vec<Fault> {
        self.twins.faults().list()
    }

    /// Ends all faults and releases what they hold.
    pub fn clear_faults(&self) {
        self.twins.faults().clear();
    }

    /// Lets go on what a hold of this name keeps, and what it would.
    pub fn release(&self, name: &str) {
        self.twins.faults().release(name);
    }

    /// Returns once `count` exchanges wait at the hold of this name.
    pub async fn wait_held(&self, name: &str, count: usize) {
        let gate = self.twins.faults().gate(name);
        gate.wait_for(count).await;
    }

    /// All clients, pre-registered and registered.
    pub fn clients(&self) -> Vec<Client> {
        self.twins.with_world(|stage| {
            let clients = stage.world.oauth.all_clients();
            clients.iter().map(RegisteredClient::public).collect()
        })
    }

    pub(crate) fn preregistered_clients(&self) -> Vec<Client> {
        self.twins.with_world(|stage| {
            let own = stage.world.oauth.preregistered();
            own.iter().map(RegisteredClient::public).collect()
        })
    }

    /// A client of somebody's own, which takes exactly these redirect URIs.
    pub fn register_client(
        &self,
        provider: Provider,
        redirect_uris: Vec<String>,
        extra: BTreeMap<String, String>,
    ) -> Client {
        let registration = Registration {
            name: extra.get("name").cloned().unwrap_or_else(|| "A registered app".to_owned()),
            redirect_uris: Some(redirect_uris),
            extra,
        };
        self.twins.with_world(|stage| oauth::register(stage, provider, registration))
    }

    /// The new secret. The old one stops working.
    pub fn rotate_client_secret(&self, provider: Provider, client_id: &str) -> Result<String, UnknownClient> {
        self.twins.with_world(|stage| oauth::rotate_secret(stage, provider, client_id))
    }

    /// Turns expiring access tokens with single-use refresh tokens on or off for one client of Slack or GitHub.
    pub fn set_rotation(
        &self,
        provider: Provider,
        client_id: &str,
        rotation: Rotation,
    ) -> Result<(), UnknownClient> {
        self.twins.with_world(|stage| {
            let client = stage.world.oauth.client_mut(provider, client_id)?;
            client.rotation = rotation;
            Ok(())
        })
    }

    /// An access token of the provider's pre-registered client for exactly these scopes, as a consent would give it.
    pub fn issue_token(
        &self,
        provider: Provider,
        account: &str,
        owner: Owner,
        scopes: &[String],
    ) -> Option<String> {
        let client = self.preregistered_clients().into_iter().find(|client| client.provider == provider)?;
        Some(self.twins.with_world(|stage| oauth::issue_access(stage, &client, account, owner, scopes)))
    }

    /// What the reuse of a single-use refresh token ends.
    pub fn set_reuse(&self, provider: Provider, reuse: Reuse) {
        self.twins.with_world(|stage| stage.world.oauth.settings(provider).reuse = reuse);
    }

    /// How long a used refresh token goes on being taken, and what for. Not at all by default.
    pub fn set_grace(&self, provider: Provider, grace: Option<Grace>) {
        self.twins.with_world(|stage| stage.world.oauth.settings(provider).grace = grace);
    }

    /// All access tokens of the provider expire now.
    pub fn expire_access_tokens(&self, provider: Provider) {
        self.twins.with_world(|stage| stage.world.oauth.expire_access_tokens(provider, stage.now));
    }

    /// The user takes away every app's access at the provider.
    pub fn revoke_account(&self, provider: Provider, account: &str) {
        self.twins.with_world(|stage| stage.world.oauth.revoke_account(provider, account));
    }

    /// Granular consent: at the next consent only these scopes stay ticked. `None` takes that back.
    pub fn set_granted(&self, provider: Provider, scopes: Option<Vec<String>>) {
        self.twins.with_world(|stage| stage.world.oauth.settings(provider).granted = scopes);
    }

    /// What callbacks say in `iss` (RFC 9207). Nothing by default, as the real providers.
    pub fn callback_issuer(&self, provider: Provider, issuer: Option<String>) {
        self.twins.with_world(|stage| stage.world.oauth.settings(provider).issuer = issuer);
    }

    /// Back to the seed: accounts' data, grants, registered clients, settings, faults and ledger. The pre-registered
    /// clients keep their ids and secrets.
    pub fn reset(&self) {
        self.twins.reset();
    }

    /// Does what a user's browser would: opens the authorization address (the twin's or the provider's own), decides,
    /// and returns where it is sent. Both exchanges are in the ledger.
    pub async fn consent(&self, authorize: &Url, decision: &Decision) -> Result<Url, ConsentError> {
        let target = match authorize.host_str() {
            Some("localhost" | "127.0.0.1" | "[::1]") => authorize.path().to_owned(),
            host => format!("/{}{}", host.unwrap_or_default(), authorize.path()),
        };
        let get =
            Request::new(Method::GET, &target, authorize.query(), HeaderMap::new(), bytes::Bytes::new());
        let page = self.ask(get).await?;
        let Some(id) = page.header("x-sandbox-request") else {
            return Err(page.leads_nowhere());
        };
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("request", id);
        match decision {
            Decision::Allow(account) => {
                form.append_pair("decision", "allow").append_pair("account", account);
                let typed = page.header("x-sandbox-fields").unwrap_or_default().split(',');
                for name in typed.filter(|name| !name.is_empty()) {
                    form.append_pair(name, &format!("sandbox-{account}-{name}"));
                }
            }
            Decision::Deny => {
                form.append_pair("decision", "deny");
            }
        }
        let mut headers = HeaderMap::new();
        let media_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(http::header::CONTENT_TYPE, media_type);
        let post = Request::new(Method::POST, &target, None, headers, form.finish().into());
        let next = self.ask(post).await?;
        let location = next.header("location").and_then(|location| Url::parse(location).ok());
        location.ok_or_else(|| next.leads_nowhere())
    }

    /// An answer that goes on.
    async fn ask(&self, request: Request) -> Result<Answer, ConsentError> {
        let Outcome::Answer(answer, _) = self.twins.exchange(request).await else {
            return Err(ConsentError { status: 0, page: String::new() });
        };
        if answer.status >= 400 { Err(answer.leads_nowhere()) } else { Ok(answer) }
    }
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    fn leads_nowhere(&self) -> ConsentError {
        ConsentError { status: self.status, page: String::from_utf8_lossy(&self.body).into_owned() }
    }
}
