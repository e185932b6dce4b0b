//! What a connected account holds, in the clear: only between opening and the request that uses it. It is neither
//! `Serialize` nor `Display`; sealing it is an explicit step.

use std::collections::BTreeMap;

use anyhow::Context as _;
use catalog::OAuth2;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
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

impl Token {
    /// Whether this is what came in the place of `old`.
    pub(crate) fn replaces(&self, old: &Self) -> bool {
        self.access_token.expose_secret() != old.access_token.expose_secret()
    }
}

impl Grant {
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

    pub(crate) fn tokens(&self) -> Option<&BTreeMap<String, Token>> {
        match self {
            Self::OAuth2(tokens) => Some(tokens),
            Self::Typed(_) => None,
        }
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
                let tokens: Map<String, Value> =
                    tokens.iter().map(|(name, token)| (name.clone(), token.to_json())).collect();
                let json = Zeroizing::new(Value::Object(tokens).to_string());
                Zeroizing::new([b"O".as_slice(), json.as_bytes()].concat())
            }
        }
    }

    fn from_bytes(bytes: &[u8]) -> anyhow::Result<Self> {
        match bytes.split_first() {
            Some((b'T', fields)) => Ok(Self::Typed(secrets_from_json(fields).context("typed grant")?)),
            Some((b'O', tokens)) => {
                let tokens: BTreeMap<String, Value> =
                    serde_json::from_slice(tokens).context("oauth grant")?;
                let tokens = tokens.into_iter().map(|(name, token)| Ok((name, Token::from_json(&token)?)));
                Ok(Self::OAuth2(tokens.collect::<anyhow::Result<_>>()?))
            }
            _ => anyhow::bail!("a grant of an unknown form"),
        }
    }
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
