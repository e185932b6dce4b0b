//! What a connected account holds, in the clear: only between opening and the request that uses it. It is neither
//! `Serialize` nor `Display`; sealing it is an explicit step.

use std::collections::BTreeMap;

use anyhow::Context as _;
use catalog::OAuth2;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use store::{AccountId, AppId, ConnectedAccount, SealedColumn};
use vault::Vault;
use zeroize::Zeroizing;

use crate::clients::{secrets_from_json, secrets_to_json};
use crate::error::{Error, Result};
use crate::{Engine, places};

#[derive(Debug, Clone)]
pub(crate) enum Grant {
    OAuth2(BTreeMap<String, Token>),
    /// What the user typed in: an API key, a password.
    Typed(BTreeMap<String, SecretString>),
    /// What the user typed in, and the tokens that it was last worth.
    Minted {
        fields: BTreeMap<String, SecretString>,
        tokens: BTreeMap<String, Token>,
    },
}

#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) access_token: SecretString,
    pub(crate) refresh_token: Option<SecretString>,
    /// Absent where it lives until it is revoked.
    pub(crate) expires_at: Option<Timestamp>,
    /// Seconds it was issued for.
    pub(crate) lifetime: Option<u64>,
}

fn equal(one: &SecretString, other: &SecretString) -> bool {
    one.expose_secret() == other.expose_secret()
}

impl Token {
    fn without(&self, others: &BTreeMap<String, Self>) -> Option<Self> {
        let refresh_token = self.refresh_token.clone().filter(|own| {
            !others.values().filter_map(|other| other.refresh_token.as_ref()).any(|other| equal(own, other))
        });
        let is_held = others.values().any(|other| equal(&self.access_token, &other.access_token));
        (!is_held || refresh_token.is_some()).then(|| Self { refresh_token, ..self.clone() })
    }

    /// Whether this is what came in the place of `old`.
    pub(crate) fn replaces(&self, old: &Self) -> bool {
        self.access_token.expose_secret() != old.access_token.expose_secret()
    }
}

impl Grant {
    /// What of this grant `other` does not hold, secret by secret; `None` where it holds everything.
    pub(crate) fn without(&self, other: &Self) -> Option<Self> {
        if let (Some(own), Some(theirs)) = (self.tokens(), other.tokens()) {
            let left: BTreeMap<_, _> =
                own.iter().filter_map(|(name, token)| Some((name.clone(), token.without(theirs)?))).collect();
            return (!left.is_empty()).then_some(Self::OAuth2(left));
        }
        let (Self::Typed(own), Self::Typed(theirs)) = (self, other) else { return Some(self.clone()) };
        let same = own.len() == theirs.len()
            && own.iter().all(|(name, value)| theirs.get(name).is_some_and(|other| equal(value, other)));
        (!same).then(|| self.clone())
    }

    /// What a token endpoint issued. A token that came without a refresh token keeps the one it had.
    pub(crate) fn from_issued(
        issued: BTreeMap<String, auth::IssuedToken>,
        before: Option<&BTreeMap<String, Token>>,
        now: Timestamp,
    ) -> BTreeMap<String, Token> {
        let mut tokens = before.cloned().unwrap_or_default();
        for (name, new) in issued {
            let kept = tokens.get(&name).and_then(|old| old.refresh_token.clone());
            let lifetime = new.expires_in.map(|seconds| seconds.min(u64::from(u32::MAX)));
            let token = Token {
                access_token: new.access_token,
                refresh_token: new.refresh_token.or(kept),
                expires_at: lifetime.and_then(|seconds| {
                    now.checked_add(jiff::SignedDuration::from_secs(i64::try_from(seconds).ok()?)).ok()
                }),
                lifetime,
            };
            tokens.insert(name, token);
        }
        tokens
    }

    /// The grant with what was issued for it now.
    pub(crate) fn renewed(&self, issued: BTreeMap<String, auth::IssuedToken>, now: Timestamp) -> Self {
        match self {
            Self::OAuth2(tokens) => Self::OAuth2(Self::from_issued(issued, Some(tokens), now)),
            Self::Minted { fields, .. } => Self::minted(fields.clone(), issued, now),
            Self::Typed(fields) => Self::Typed(fields.clone()),
        }
    }

    /// What was typed in, and what it is worth now. A token from before is of no more use.
    pub(crate) fn minted(
        fields: BTreeMap<String, SecretString>,
        issued: BTreeMap<String, auth::IssuedToken>,
        now: Timestamp,
    ) -> Self {
        Self::Minted { fields, tokens: Self::from_issued(issued, None, now) }
    }

    pub(crate) fn tokens(&self) -> Option<&BTreeMap<String, Token>> {
        match self {
            Self::OAuth2(tokens) | Self::Minted { tokens, .. } => Some(tokens),
            Self::Typed(_) => None,
        }
    }

    /// Whether its tokens come of what it holds beside them, however often they are asked for.
    pub(crate) fn is_minted(&self) -> bool {
        matches!(self, Self::Minted { .. })
    }

    /// What a placement may name, with the access token of that name.
    pub(crate) fn with_access_token(
        fields: &BTreeMap<String, SecretString>,
        token: &Token,
    ) -> BTreeMap<String, SecretString> {
        let access = ("access_token".to_owned(), token.access_token.clone());
        fields.clone().into_iter().chain([access]).collect()
    }

    pub(crate) fn default_token(&self) -> Option<&Token> {
        self.tokens()?.get(OAuth2::DEFAULT_TOKEN)
    }

    /// When the first of its access tokens ends.
    pub(crate) fn expires_at(&self) -> Option<Timestamp> {
        self.tokens()?.values().filter_map(|token| token.expires_at).min()
    }

    fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        match self {
            Self::Typed(fields) => {
                let fields = secrets_to_json(fields.iter().map(|(name, value)| (name.as_str(), value)));
                Zeroizing::new([b"T".as_slice(), &fields].concat())
            }
            Self::OAuth2(tokens) => {
                let json = Zeroizing::new(tokens_to_json(tokens).to_string());
                Zeroizing::new([b"O".as_slice(), json.as_bytes()].concat())
            }
            Self::Minted { fields, tokens } => {
                let fields: Map<String, Value> = fields
                    .iter()
                    .map(|(name, value)| (name.clone(), Value::from(value.expose_secret())))
                    .collect();
                let json = json!({ "fields": fields, "tokens": tokens_to_json(tokens) });
                let json = Zeroizing::new(json.to_string());
                Zeroizing::new([b"M".as_slice(), json.as_bytes()].concat())
            }
        }
    }

    /// The error does not say what could not be read: the reason would quote it.
    pub(crate) fn from_bytes(bytes: &[u8]) -> anyhow::Result<Self> {
        match bytes.split_first() {
            Some((b'T', fields)) => Ok(Self::Typed(secrets_from_json(fields).ok().context("typed grant")?)),
            Some((b'O', tokens)) => Ok(Self::OAuth2(tokens_from_json(
                serde_json::from_slice(tokens).ok().context("oauth grant")?,
            )?)),
            Some((b'M', minted)) => {
                let minted: Option<MintedText> = serde_json::from_slice(minted).ok();
                let MintedText { fields, tokens } = minted.context("minted grant")?;
                let fields = fields.into_iter().map(|(name, text)| (name, SecretString::from(text)));
                Ok(Self::Minted { fields: fields.collect(), tokens: tokens_from_json(tokens)? })
            }
            _ => anyhow::bail!("a grant of an unknown form"),
        }
    }
}

#[derive(Deserialize)]
struct MintedText {
    fields: BTreeMap<String, String>,
    tokens: BTreeMap<String, Value>,
}

fn tokens_to_json(tokens: &BTreeMap<String, Token>) -> Value {
    Value::Object(tokens.iter().map(|(name, token)| (name.clone(), token.to_json())).collect())
}

fn tokens_from_json(tokens: BTreeMap<String, Value>) -> anyhow::Result<BTreeMap<String, Token>> {
    tokens.into_iter().map(|(name, token)| Ok((name, Token::from_json(&token)?))).collect()
}

impl Token {
    fn to_json(&self) -> Value {
        json!({
            "access_token": self.access_token.expose_secret(),
            "refresh_token": self.refresh_token.as_ref().map(ExposeSecret::expose_secret),
            "expires_at": self.expires_at.map(Timestamp::as_second),
            "lifetime": self.lifetime,
        })
    }

    fn from_json(json: &Value) -> anyhow::Result<Self> {
        let secret = |name: &str| json[name].as_str().map(SecretString::from);
        Ok(Self {
            access_token: secret("access_token").context("access token")?,
            refresh_token: secret("refresh_token"),
            expires_at: json["expires_at"].as_i64().map(Timestamp::from_second).transpose()?,
            lifetime: json["lifetime"].as_u64(),
        })
    }
}

impl Engine {
    pub(crate) fn seal_grant(
        &self,
        app: &AppId,
        account: &AccountId,
        generation: i64,
        grant: &Grant,
    ) -> SealedColumn {
        SealedColumn(self.vault.seal(&places::grant(app, account, generation), &grant.to_bytes()))
    }

    pub(crate) fn open_grant(&self, account: &ConnectedAccount) -> Result<Grant> {
        open(&self.vault, account)
    }
}

pub(crate) fn open(vault: &Vault, account: &ConnectedAccount) -> Result<Grant> {
    let place = places::grant(&account.app_id, &account.id, account.generation);
    let opened = vault.open(&place, &account.sealed_grant.0)?;
    Grant::from_bytes(opened.expose_secret()).map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(access: &str, refresh: Option<&str>) -> Token {
        Token {
            access_token: access.to_owned().into(),
            refresh_token: refresh.map(|text| text.to_owned().into()),
            expires_at: None,
            lifetime: None,
        }
    }

    fn grant(tokens: &[(&str, &str, Option<&str>)]) -> Grant {
        let tokens =
            tokens.iter().map(|(name, access, refresh)| ((*name).to_owned(), token(access, *refresh)));
        Grant::OAuth2(tokens.collect())
    }

    /// The name, access token and refresh token of all that is left.
    fn left(grant: &Grant, other: &Grant) -> Vec<(String, String, Option<String>)> {
        let left = grant.without(other);
        let tokens = left.as_ref().and_then(Grant::tokens).into_iter().flatten();
        tokens
            .map(|(name, token)| {
                let refresh = token.refresh_token.as_ref().map(|secret| secret.expose_secret().to_owned());
                (name.clone(), token.access_token.expose_secret().to_owned(), refresh)
            })
            .collect()
    }

    #[test]
    fn a_grant_lacks_nothing_of_itself() {
        let own = grant(&[("default", "a1", Some("r1")), ("user", "a2", None)]);
        assert!(own.without(&own).is_none());
    }

    #[test]
    fn a_refresh_token_that_the_other_kept_is_not_left() {
        let (late, stored) = (grant(&[("default", "a2", Some("r"))]), grant(&[("default", "a3", Some("r"))]));
        assert_eq!(left(&late, &stored), [("default".to_owned(), "a2".to_owned(), None)]);
    }

    #[test]
    fn what_only_one_of_two_grants_has_is_left() {
        let late = grant(&[("default", "a2", Some("r2")), ("user", "u1", Some("v1"))]);
        let stored = grant(&[("default", "a1", Some("r1")), ("user", "u1", Some("v1"))]);
        assert_eq!(left(&late, &stored), [("default".to_owned(), "a2".to_owned(), Some("r2".to_owned()))]);
    }

    #[test]
    fn typed_fields_are_held_all_or_not_at_all() {
        let typed = |key: &str| Grant::Typed(BTreeMap::from([("key".to_owned(), key.to_owned().into())]));
        assert!(typed("k").without(&typed("k")).is_none());
        assert!(typed("k").without(&typed("l")).is_some());
        assert!(typed("k").without(&grant(&[])).is_some());
    }
}
