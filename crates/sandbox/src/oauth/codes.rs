//! Codes: what one is bound to, and its single exchange.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::OAuth;
use super::authorize::Pending;
use super::tokens::{Mint, Owner};
use crate::discord::Installation;
use crate::provider::Provider;
use crate::stage::{Stage, fingerprint};
use crate::wire::Pairs;

/// PKCE, RFC 7636.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Challenge {
    Plain(String),
    S256(String),
}

/// A code and what it is bound to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Code {
    pub(crate) provider: Provider,
    pub(crate) client_id: String,
    pub(crate) account: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) user_scopes: Vec<String>,
    pub(crate) family: u64,
    /// Whether the exchange yields a refresh token, where that is not for the scopes to say.
    pub(crate) offline: bool,
    pub(crate) nonce: Option<String>,
    /// Discord: where its bot has gone.
    pub(crate) bot: Option<Installation>,
    redirect_uri: String,
    redirect_named: bool,
    challenge: Option<Challenge>,
    expires_at: Timestamp,
    used: bool,
}

pub(super) fn challenge(query: &Pairs) -> Result<Option<Challenge>, String> {
    let Some(value) = query.get("code_challenge") else {
        return match query.get("code_challenge_method") {
            Some(_) => Err("code_challenge_method without code_challenge".to_owned()),
            None => Ok(None),
        };
    };
    if !is_verifier(value) {
        return Err("code_challenge must be 43 to 128 unreserved characters".to_owned());
    }
    match query.get("code_challenge_method") {
        Some("S256") if value.len() != 43 => Err("code_challenge is not the S256 of anything".to_owned()),
        Some("S256") => Ok(Some(Challenge::S256(value.to_owned()))),
        Some("plain") | None => Ok(Some(Challenge::Plain(value.to_owned()))),
        Some(_) => Err("code_challenge_method must be S256 or plain".to_owned()),
    }
}

/// RFC 7636 section 4.1.
fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

/// Stores a code on the terms of the consent that it stands for.
pub(super) fn remember(stage: &mut Stage<'_>, pending: Pending, account: &str, value: String, lifetime: i64) {
    let (now, expires_at) = (stage.now, stage.after(lifetime));
    let oauth = &mut stage.world.oauth;
    let code = Code {
        provider: pending.provider,
        client_id: pending.client_id,
        account: account.to_owned(),
        scopes: pending.scopes,
        user_scopes: pending.user_scopes,
        family: oauth.new_family(),
        offline: pending.offline,
        nonce: pending.nonce,
        bot: pending.bot,
        redirect_uri: pending.redirect_uri,
        redirect_named: pending.redirect_named,
        challenge: pending.challenge,
        expires_at,
        used: false,
    };
    // A used code is kept for a day, so that its replay is recognised.
    oauth.codes.retain(|_, code| now.duration_since(code.expires_at).as_secs() < 24 * 3600);
    oauth.codes.insert(value, code);
}

/// Why a code is not exchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CodeRefusal {
    Unknown,
    Expired,
    /// It was used before. What it yielded is the provider's to end.
    Replayed {
        family: u64,
    },
    OtherClient,
    OtherRedirect,
    VerifierMissing,
    VerifierWrong,
    /// A verifier came, but no challenge was sent.
    VerifierUnasked,
}

/// What a token call says about its code.
pub(crate) struct Claim<'a> {
    pub(crate) provider: Provider,
    pub(crate) code: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) redirect_uri: Option<&'a str>,
    pub(crate) verifier: Option<&'a str>,
}

impl<'a> Claim<'a> {
    /// The claim of a form, whose fields have the names of RFC 6749 and RFC 7636.
    pub(crate) fn of(provider: Provider, form: &'a Pairs, client_id: &'a str) -> Self {
        Self {
            provider,
            code: form.get("code").unwrap_or_default(),
            client_id,
            redirect_uri: form.filled("redirect_uri"),
            verifier: form.get("code_verifier"),
        }
    }
}

impl Code {
    /// The user's token that the code stands for.
    pub(crate) fn mint(&self) -> Mint {
        Mint {
            provider: self.provider,
            client_id: self.client_id.clone(),
            account: self.account.clone(),
            owner: Owner::User,
            family: self.family,
            scopes: self.scopes.clone(),
        }
    }
}

/// Takes a code for what it is bound to. A claim that does not fit leaves the code as it was.
pub(crate) fn redeem(stage: &mut Stage<'_>, claim: &Claim<'_>) -> Result<Code, CodeRefusal> {
    stage.note.detail("code", fingerprint(claim.code));
    let now = stage.now;
    let code = stage.world.oauth.codes.get_mut(claim.code);
    let code = code.filter(|code| code.provider == claim.provider).ok_or(CodeRefusal::Unknown)?;
    if code.client_id != claim.client_id {
        return Err(CodeRefusal::OtherClient);
    }
    stage.note.account = Some(code.account.clone());
    if code.used {
        stage.note.detail("code_replayed", true);
        return Err(CodeRefusal::Replayed { family: code.family });
    }
    if code.expires_at <= now {
        return Err(CodeRefusal::Expired);
    }
    let redirect_fits = match claim.redirect_uri {
        Some(uri) => uri == code.redirect_uri,
        None => !code.redirect_named,
    };
    if !redirect_fits {
        return Err(CodeRefusal::OtherRedirect);
    }
    match (&code.challenge, claim.verifier) {
        (None, None) => {}
        (None, Some(_)) => return Err(CodeRefusal::VerifierUnasked),
        (Some(_), None) => return Err(CodeRefusal::VerifierMissing),
        (Some(challenge), Some(verifier)) => {
            let fits = match challenge {
                Challenge::Plain(value) => value == verifier,
                Challenge::S256(value) => *value == URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)),
            };
            if !fits || !is_verifier(verifier) {
                return Err(CodeRefusal::VerifierWrong);
            }
        }
    }
    code.used = true;
    Ok(code.clone())
}

impl OAuth {
    /// The scopes that `account` has granted to the client before.
    pub(crate) fn granted(&self, client_id: &str, account: &str) -> Option<&Vec<String>> {
        self.grants.get(client_id)?.get(account)
    }

    /// Adds to what `account` has granted to the client.
    pub(crate) fn add_grant(&mut self, client_id: &str, account: &str, scopes: &[String]) -> Vec<String> {
        let accounts = self.grants.entry(client_id.to_owned()).or_default();
        let granted = accounts.entry(account.to_owned()).or_default();
        for scope in scopes {
            if !granted.contains(scope) {
                granted.push(scope.clone());
            }
        }
        granted.clone()
    }
}
