//! The shared half of all authorization servers: clients, consent, codes and tokens. What differs between the
//! providers is one file each.

mod authorize;
mod clients;
mod codes;
mod consent;
mod pages;
mod rotation;
mod tokens;

pub(crate) mod discord;
pub(crate) mod github;
pub(crate) mod google;
pub(crate) mod hubspot;
pub(crate) mod linkedin;
pub(crate) mod microsoft;
pub(crate) mod notion;
pub(crate) mod reddit;
pub(crate) mod slack;
pub(crate) mod twitter;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use clients::{Client, Rotation, UnknownClient};
pub(crate) use clients::{RegisteredClient, Registration, register, rotate_secret};
pub(crate) use pages::refusal as refusal_page;
pub use tokens::Owner;
pub(crate) use tokens::{Caller, Dead};

use authorize::Pending;
use codes::Code;
use rotation::Exchanged;
use tokens::{Mint, Role, Token, issue};

use crate::provider::Provider;
use crate::stage::Stage;
use crate::wire::{Pairs, Request};

/// Everything the authorization servers remember.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OAuth {
    clients: Vec<RegisteredClient>,
    /// Consent pages that were shown and not decided, by their id.
    pending: BTreeMap<String, Pending>,
    codes: BTreeMap<String, Code>,
    tokens: BTreeMap<String, Token>,
    /// Scopes granted so far, by client and account.
    grants: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    last_family: u64,
    /// What refresh tokens were exchanged for, by their value, as long as it may be asked for again.
    #[serde(default)]
    exchanged: BTreeMap<String, Exchanged>,
    settings: BTreeMap<Provider, Settings>,
}

/// What happens to the other tokens of a family when a used refresh token comes back.
///
/// None of the providers documents this. RFC 9700 section 4.14.2 asks for the end of the family, which is also what
/// hurts a careless client most, so it is the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reuse {
    #[default]
    EndsFamily,
    IsRefused,
}

/// For how many seconds after its use a single-use refresh token is taken once more, so that a client may ask again whose
/// answer was lost. Both dialects are in use among providers that rotate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grace {
    /// It is answered with the same tokens again.
    SameAgain(u32),
    /// It is answered with further tokens, and those from before stay as good.
    Another(u32),
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Sent as `iss` with every callback.
    pub(crate) issuer: Option<String>,
    /// What the user leaves ticked at the next consent.
    pub(crate) granted: Option<Vec<String>>,
    pub(crate) reuse: Reuse,
    #[serde(default)]
    pub(crate) grace: Option<Grace>,
}

impl OAuth {
    pub(crate) fn with_clients(clients: Vec<RegisteredClient>) -> Self {
        Self { clients, ..Self::default() }
    }

    pub(crate) fn settings(&mut self, provider: Provider) -> &mut Settings {
        self.settings.entry(provider).or_default()
    }

    /// The user takes away every app's access to `account`.
    pub(crate) fn revoke_account(&mut self, provider: Provider, account: &str) {
        let ids: Vec<String> = self.clients(provider).map(|client| client.client_id.clone()).collect();
        for id in ids {
            self.end_grant(provider, &id, account);
            // What a Slack bot was granted is kept apart from what its installer granted for himself.
            self.grants.remove(&format!("{id}/bot"));
        }
    }

    /// Ends all that `account` has granted to the client.
    fn end_grant(&mut self, provider: Provider, client_id: &str, account: &str) {
        self.revoke_where(|token| {
            token.provider == provider && token.client_id == client_id && token.account == account
        });
        if let Some(accounts) = self.grants.get_mut(client_id) {
            accounts.remove(account);
        }
    }

    pub(crate) fn expire_access_tokens(&mut self, provider: Provider, now: Timestamp) {
        self.expire_where(now, |token| token.provider == provider);
    }
}

/// One pre-registered client a provider; says which have one only now.
pub(crate) fn seed(stage: &mut Stage<'_>) -> Vec<Provider> {
    let has = |provider: &Provider| {
        stage.world.oauth.clients(*provider).any(|client| client.redirect_uris.is_none())
    };
    let fresh: Vec<Provider> = Provider::OAUTH.into_iter().filter(|provider| !has(provider)).collect();
    for provider in &fresh {
        let registration = Registration {
            name: "Butterbase Integrations".to_owned(),
            redirect_uris: None,
            extra: BTreeMap::new(),
        };
        register(stage, *provider, registration);
    }
    fresh
}

/// An access token without a consent, under which the client acts for `account` within `scopes`.
pub(crate) fn issue_access(
    stage: &mut Stage<'_>,
    client: &Client,
    account: &str,
    owner: Owner,
    scopes: &[String],
) -> String {
    let family = stage.world.oauth.new_family();
    let mint = Mint {
        provider: client.provider,
        client_id: client.client_id.clone(),
        account: account.to_owned(),
        owner,
        family,
        scopes: scopes.to_vec(),
    };
    let value = stage.word(64);
    issue(stage, Role::Access, mint, &value, None);
    value
}

/// The form of a token or revocation call: by POST, form-encoded, nothing twice, nothing unknown.
fn read_form(request: &Request, known: &[&str]) -> Result<Pairs, String> {
    if request.method != http::Method::POST {
        return Err("sandbox: this endpoint takes POST".to_owned());
    }
    if !request.is_form() {
        return Err("sandbox: the body must be application/x-www-form-urlencoded".to_owned());
    }
    if let Some((name, _)) = request.query.0.first() {
        return Err(format!("sandbox: `{name}` belongs in the body, not in the address"));
    }
    let form = Pairs::parse(&request.body);
    if let Some(name) = form.repeated() {
        return Err(format!("sandbox: `{name}` is there more than once"));
    }
    if let Some(name) = form.stranger(known) {
        return Err(format!("sandbox: `{name}` is not a parameter of this endpoint"));
    }
    Ok(form)
}
