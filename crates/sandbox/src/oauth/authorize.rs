//! The authorization request: what all four providers check before the user is asked, and the page that asks.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use super::codes::{self, Challenge};
use super::pages;
use crate::discord::Installation;
use crate::provider::Provider;
use crate::stage::Stage;
use crate::wire::{Answer, Pairs, Request};

/// How long a consent page may stay open, in seconds.
const PAGE_LIFETIME: i64 = 600;

/// An authorization request that waits for the user's decision.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pending {
    pub(crate) provider: Provider,
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    /// Whether the request named the redirect URI, so that the token call has to repeat it.
    pub(crate) redirect_named: bool,
    pub(crate) state: Option<String>,
    pub(crate) scopes: Vec<String>,
    /// Slack's scopes for a token of the user; empty elsewhere.
    pub(crate) user_scopes: Vec<String>,
    pub(crate) challenge: Option<Challenge>,
    /// Google: `access_type=offline`, `prompt=consent`, `include_granted_scopes=true`.
    pub(crate) offline: bool,
    pub(crate) forces_consent: bool,
    pub(crate) includes_granted: bool,
    pub(crate) nonce: Option<String>,
    /// Discord: where its bot is to go.
    pub(crate) bot: Option<Installation>,
    pub(super) expires_at: Timestamp,
}

impl Pending {
    /// All scopes that the user is asked about.
    pub(crate) fn asked(&self) -> impl Iterator<Item = &String> {
        self.scopes.iter().chain(&self.user_scopes)
    }
}

/// A request that ends on a page of the provider, without a redirect.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }
}

/// How a provider names the faults of an authorization request.
pub(crate) struct Dialect {
    pub(crate) provider: Provider,
    pub(crate) known: &'static [&'static str],
    pub(crate) unknown_client: (u16, &'static str, &'static str),
    pub(crate) redirect_mismatch: (u16, &'static str, &'static str),
    pub(crate) invalid_request: &'static str,
}

/// Reads what every authorization request has. The caller adds scopes and what is its own.
pub(crate) fn begin(stage: &mut Stage<'_>, dialect: &Dialect, query: &Pairs) -> Result<Pending, Refusal> {
    let invalid = |message: String| Refusal::new(400, dialect.invalid_request, message);
    if let Some(name) = query.repeated() {
        return Err(invalid(format!("sandbox: `{name}` is there more than once")));
    }
    if let Some(name) = query.stranger(dialect.known) {
        return Err(invalid(format!("sandbox: `{name}` is not a parameter of this page")));
    }
    let client_id = query.filled("client_id");
    let client_id = client_id.ok_or_else(|| invalid("Missing required parameter: client_id".to_owned()))?;
    stage.note.client_id = Some(client_id.to_owned());
    let client = stage.world.oauth.find_client(dialect.provider, client_id);
    let client = client.ok_or_else(|| {
        let (status, code, message) = dialect.unknown_client;
        Refusal::new(status, code, message)
    })?;
    let registered = client.redirect_uris.as_ref().and_then(|uris| uris.first());
    let redirect_uri = match (query.filled("redirect_uri"), dialect.provider, registered) {
        (Some(uri), _, _) => uri,
        // Slack and GitHub fall back on what is registered.
        (None, Provider::Slack | Provider::GitHub, Some(uri)) => uri,
        (None, _, _) => return Err(invalid("Missing required parameter: redirect_uri".to_owned())),
    };
    if !client.accepts_redirect(redirect_uri) || Url::parse(redirect_uri).is_err() {
        let (status, code, message) = dialect.redirect_mismatch;
        return Err(Refusal::new(status, code, message));
    }
    if query.get("response_type").is_some_and(|response| response != "code") {
        return Err(invalid("response_type must be code".to_owned()));
    }
    Ok(Pending {
        provider: dialect.provider,
        client_id: client_id.to_owned(),
        redirect_uri: redirect_uri.to_owned(),
        redirect_named: query.filled("redirect_uri").is_some(),
        state: query.get("state").map(str::to_owned),
        scopes: Vec::new(),
        user_scopes: Vec::new(),
        challenge: codes::challenge(query).map_err(invalid)?,
        offline: false,
        forces_consent: false,
        includes_granted: false,
        nonce: query.get("nonce").map(str::to_owned),
        bot: None,
        expires_at: stage.after(PAGE_LIFETIME),
    })
}

/// The words of a scope parameter, each once.
pub(crate) fn scope_words(text: &str, separators: &[char]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split(separators).filter(|word| !word.is_empty()) {
        if !words.iter().any(|known| known == word) {
            words.push(word.to_owned());
        }
    }
    words
}

/// Shows the consent page for what the provider made of the request, or its refusal.
pub(crate) fn show(
    stage: &mut Stage<'_>,
    provider: Provider,
    request: &Request,
    asked: Result<Pending, Refusal>,
) -> Answer {
    let pending = match asked {
        Ok(pending) => pending,
        Err(refusal) => return refuse(stage, provider, &refusal),
    };
    let scopes: Vec<String> = pending.asked().cloned().collect();
    stage.note.detail("outcome", "ok");
    stage.note.detail("scopes", scopes);
    let pkce = match &pending.challenge {
        Some(Challenge::S256(_)) => "S256",
        Some(Challenge::Plain(_)) => "plain",
        None => "none",
    };
    stage.note.detail("pkce", pkce);
    let id = stage.word(43);
    let client = stage.world.oauth.find_client(provider, &pending.client_id);
    let app = client.map_or_else(String::new, |client| client.name.clone());
    let action = format!("/{}{}", request.host, request.path);
    let page = pages::consent(&id, &action, &app, &pending);
    let now = stage.now;
    let oauth = &mut stage.world.oauth;
    oauth.pending.retain(|_, pending| pending.expires_at > now);
    oauth.pending.insert(id, pending);
    page
}

pub(super) fn refuse(stage: &mut Stage<'_>, provider: Provider, refusal: &Refusal) -> Answer {
    stage.note.detail("outcome", refusal.code);
    pages::refusal(provider.title(), refusal.status, refusal.code, &refusal.message)
}
