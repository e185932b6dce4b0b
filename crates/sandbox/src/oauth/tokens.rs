//! Tokens and their families. A family is what descends from one code: a refresh token passes it on to its successors.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::OAuth;
use crate::provider::Provider;
use crate::stage::{Stage, fingerprint};

/// When there are as many, the older half of those that have ended is forgotten.
const MAX_TOKENS: usize = 100_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    Access,
    Refresh,
}

/// On whose behalf a token acts. Only Slack knows the difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    User,
    Bot,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Live,
    /// A refresh token that was exchanged.
    Used,
    Revoked,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Token {
    pub(crate) provider: Provider,
    pub(crate) client_id: String,
    pub(crate) account: String,
    pub(crate) role: Role,
    pub(crate) owner: Owner,
    pub(crate) family: u64,
    pub(crate) scopes: Vec<String>,
    pub(crate) issued_at: Timestamp,
    pub(crate) expires_at: Option<Timestamp>,
    state: State,
}

/// What a new token is for.
#[derive(Debug, Clone)]
pub(crate) struct Mint {
    pub(crate) provider: Provider,
    pub(crate) client_id: String,
    pub(crate) account: String,
    pub(crate) owner: Owner,
    pub(crate) family: u64,
    pub(crate) scopes: Vec<String>,
}

/// Whose call it is, as the access token says.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) client_id: String,
    pub(crate) account: String,
    pub(crate) owner: Owner,
    pub(crate) scopes: Vec<String>,
}

impl Caller {
    pub(crate) fn has(&self, scope: &str) -> bool {
        self.scopes.iter().any(|own| own == scope)
    }

    pub(crate) fn has_any(&self, scopes: &[&str]) -> bool {
        scopes.iter().any(|scope| self.has(scope))
    }
}

/// Why a token is no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dead {
    Unknown,
    Expired,
    Revoked,
    /// It was single-use and is used: somebody has an old copy.
    Reused,
    OtherClient,
}

impl Token {
    fn check(&self, now: Timestamp) -> Result<(), Dead> {
        match self.state {
            State::Revoked => Err(Dead::Revoked),
            State::Used => Err(Dead::Reused),
            State::Live if self.expires_at.is_some_and(|end| end <= now) => Err(Dead::Expired),
            State::Live => Ok(()),
        }
    }

    /// What a successor of this token is for.
    pub(crate) fn successor(&self) -> Mint {
        Mint {
            provider: self.provider,
            client_id: self.client_id.clone(),
            account: self.account.clone(),
            owner: self.owner,
            family: self.family,
            scopes: self.scopes.clone(),
        }
    }
}

impl OAuth {
    pub(crate) fn new_family(&mut self) -> u64 {
        self.last_family += 1;
        self.last_family
    }

    /// The account and rights of a live access token.
    fn caller(&self, provider: Provider, value: &str, now: Timestamp) -> Result<Caller, Dead> {
        let token = self.find_token(provider, value, Role::Access).ok_or(Dead::Unknown)?;
        token.check(now)?;
        Ok(Caller {
            client_id: token.client_id.clone(),
            account: token.account.clone(),
            owner: token.owner,
            scopes: token.scopes.clone(),
        })
    }

    pub(crate) fn find_token(&self, provider: Provider, value: &str, role: Role) -> Option<&Token> {
        let token = self.tokens.get(value)?;
        (token.provider == provider && token.role == role).then_some(token)
    }

    /// A token of either role that still works.
    pub(crate) fn find_live(&self, provider: Provider, value: &str, now: Timestamp) -> Option<&Token> {
        let token = self.tokens.get(value)?;
        (token.provider == provider && token.check(now).is_ok()).then_some(token)
    }

    /// The value of a live access token that `fits`, the newest first.
    pub(crate) fn live_access(&self, now: Timestamp, fits: impl Fn(&Token) -> bool) -> Option<String> {
        let live = |token: &Token| token.role == Role::Access && token.check(now).is_ok() && fits(token);
        let mut found: Vec<_> = self.tokens.iter().filter(|(_, token)| live(token)).collect();
        found.sort_by_key(|(_, token)| token.issued_at);
        found.pop().map(|(value, _)| value.clone())
    }

    pub(crate) fn grant_scopes(&mut self, value: &str, scopes: &[String]) {
        if let Some(token) = self.tokens.get_mut(value) {
            token.scopes = scopes.to_vec();
        }
    }

    pub(crate) fn revoke_where(&mut self, doomed: impl Fn(&Token) -> bool) {
        for token in self.tokens.values_mut() {
            if doomed(token) && token.state == State::Live {
                token.state = State::Revoked;
            }
        }
    }

    pub(crate) fn end_family(&mut self, provider: Provider, family: u64) {
        self.revoke_where(|token| token.provider == provider && token.family == family);
    }

    pub(crate) fn use_up(&mut self, value: &str) {
        if let Some(token) = self.tokens.get_mut(value) {
            token.state = State::Used;
        }
    }

    /// Whether anything that descends from the same code still works.
    pub(crate) fn is_alive(&self, provider: Provider, family: u64, now: Timestamp) -> bool {
        let alive = |token: &Token| token.provider == provider && token.family == family;
        self.tokens.values().any(|token| alive(token) && token.check(now).is_ok())
    }

    pub(crate) fn revoke(&mut self, value: &str) {
        if let Some(token) = self.tokens.get_mut(value) {
            token.state = State::Revoked;
        }
    }

    pub(crate) fn expire_where(&mut self, now: Timestamp, doomed: impl Fn(&Token) -> bool) {
        let end = now.checked_sub(SignedDuration::from_secs(1)).unwrap_or(now);
        for token in self.tokens.values_mut() {
            if token.role == Role::Access && doomed(token) && token.check(now).is_ok() {
                token.expires_at = Some(end);
            }
        }
    }

    /// The live refresh tokens of a grant, oldest first.
    pub(crate) fn live_refresh_tokens(&self, client_id: &str, account: &str, now: Timestamp) -> Vec<String> {
        let ours = |token: &Token| {
            token.role == Role::Refresh
                && token.client_id == client_id
                && token.account == account
                && token.check(now).is_ok()
        };
        let mut found: Vec<_> = self.tokens.iter().filter(|(_, token)| ours(token)).collect();
        found.sort_by_key(|(_, token)| token.issued_at);
        found.into_iter().map(|(value, _)| value.clone()).collect()
    }
}

impl Stage<'_> {
    /// Whose call it is, as its access token says. The ledger names them from now on.
    pub(crate) fn caller(&mut self, provider: Provider, token: &str) -> Result<Caller, Dead> {
        self.note.detail("presented", fingerprint(token));
        let caller = self.world.oauth.caller(provider, token, self.now)?;
        self.note.client_id = Some(caller.client_id.clone());
        self.note.account = Some(caller.account.clone());
        Ok(caller)
    }
}

/// Issues `value` for `mint`. `lifetime` is in seconds.
pub(crate) fn issue(stage: &mut Stage<'_>, role: Role, mint: Mint, value: &str, lifetime: Option<i64>) {
    let name = match role {
        Role::Access => "access_token",
        Role::Refresh => "refresh_token",
    };
    stage.note.detail(name, fingerprint(value));
    let token = Token {
        provider: mint.provider,
        client_id: mint.client_id,
        account: mint.account,
        role,
        owner: mint.owner,
        family: mint.family,
        scopes: mint.scopes,
        issued_at: stage.now,
        expires_at: lifetime.map(|seconds| stage.after(seconds)),
        state: State::Live,
    };
    let tokens = &mut stage.world.oauth.tokens;
    if tokens.len() >= MAX_TOKENS {
        forget_ended(tokens, stage.now);
    }
    tokens.insert(value.to_owned(), token);
}

/// Who comes back with a token that ended lately is still recognised.
fn forget_ended(tokens: &mut BTreeMap<String, Token>, now: Timestamp) {
    let ended = tokens.values().filter(|token| token.check(now).is_err());
    let mut issued: Vec<Timestamp> = ended.map(|token| token.issued_at).collect();
    issued.sort();
    if let Some(middle) = issued.get(issued.len() / 2) {
        tokens.retain(|_, token| token.check(now).is_ok() || token.issued_at >= *middle);
    }
}

/// Issues an access token, and notes whose it is and that all went well.
pub(crate) fn grant_access(stage: &mut Stage<'_>, mint: &Mint, value: &str, lifetime: Option<i64>) {
    issue(stage, Role::Access, mint.clone(), value, lifetime);
    stage.note.account = Some(mint.account.clone());
    stage.note.detail("outcome", "ok");
    stage.note.detail("scopes", mint.scopes.clone());
}

/// RFC 7009: an unknown token is no error, and a refresh token takes its access tokens with it.
pub(crate) fn revoke(stage: &mut Stage<'_>, provider: Provider, value: &str, client_id: &str) {
    stage.note.detail("presented", fingerprint(value));
    let token = stage.world.oauth.find_live(provider, value, stage.now).cloned();
    if let Some(token) = token.filter(|token| token.client_id == client_id) {
        match token.role {
            Role::Refresh => stage.world.oauth.end_family(provider, token.family),
            Role::Access => stage.world.oauth.revoke(value),
        }
        stage.note.account = Some(token.account);
    }
    stage.note.detail("outcome", "ok");
}

/// A refresh token that the client may use, as often as it likes.
pub(crate) fn present(
    stage: &mut Stage<'_>,
    provider: Provider,
    value: &str,
    client_id: &str,
) -> Result<Token, Dead> {
    stage.note.detail("presented", fingerprint(value));
    let token = stage.world.oauth.find_token(provider, value, Role::Refresh);
    let token = token.ok_or(Dead::Unknown)?.clone();
    stage.note.account = Some(token.account.clone());
    if token.client_id != client_id {
        return Err(Dead::OtherClient);
    }
    token.check(stage.now).map(|()| token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(issued: i64, state: State) -> (String, Token) {
        let token = Token {
            provider: Provider::Twitter,
            client_id: "client".to_owned(),
            account: "ada".to_owned(),
            role: Role::Refresh,
            owner: Owner::User,
            family: 1,
            scopes: Vec::new(),
            issued_at: Timestamp::from_second(issued).unwrap(),
            expires_at: None,
            state,
        };
        (format!("{issued}"), token)
    }

    #[test]
    fn tokens_that_ended_lately_are_remembered() {
        let states = [State::Live, State::Used, State::Revoked, State::Used, State::Used];
        let mut tokens: BTreeMap<String, Token> =
            (1..).zip(states).map(|(at, state)| token(at, state)).collect();
        forget_ended(&mut tokens, Timestamp::from_second(9).unwrap());
        assert_eq!(tokens.keys().collect::<Vec<_>>(), ["1", "4", "5"]);
        let mut living: BTreeMap<String, Token> = BTreeMap::from([token(1, State::Live)]);
        forget_ended(&mut living, Timestamp::from_second(9).unwrap());
        assert_eq!(living.len(), 1);
    }
}
