//! End-user tokens: JWTs (RFC 7519) of the app's own issuer.
//!
//! The algorithm follows from the configured key's type, never from the token's header. Every failure is the same
//! error, whether the app exists, has token settings, or not.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use http::Request;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use outbound::{Limits, Target};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use store::{App, TokenSettings, UserId};

use crate::callers::parse_user;
use crate::error::{Code, Error, Kind, Result};
use crate::{Engine, places};

const LEEWAY: SignedDuration = SignedDuration::from_secs(60);
const JWKS_LIMITS: Limits = Limits { deadline: Duration::from_secs(5), max_bytes: 64 * 1024 };
const REFETCH_AFTER: SignedDuration = SignedDuration::from_mins(1);
const STALE_AFTER: SignedDuration = SignedDuration::from_mins(60);
const MOST_KEY_SETS: usize = 1000;

#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: f64,
    nbf: Option<f64>,
}

/// Key sets by URL.
#[derive(Debug, Default)]
pub(crate) struct KeySets(Mutex<HashMap<String, KeySet>>);

type Fetch = Shared<BoxFuture<'static, Option<Arc<JwkSet>>>>;

#[derive(Debug, Clone)]
struct KeySet {
    /// The last that was served.
    keys: Option<Arc<JwkSet>>,
    /// When it was last asked for.
    at: Timestamp,
    /// The last asking: everybody who needs it waits for the same one.
    fetch: Fetch,
}

impl Engine {
    /// The user that a token speaks for.
    pub(crate) async fn verify_token(&self, app: &App, token: &SecretString) -> Result<UserId> {
        let settings = app.token_settings.as_ref().ok_or_else(invalid_token)?;
        let (key, algorithm) = self.key_for(app, &settings.0, token).await?.ok_or_else(invalid_token)?;
        let mut validation = Validation::new(algorithm);
        // Time is checked below, by our clock.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.set_issuer(&[&settings.0.issuer]);
        // A claim that is only compared when it is there would not be required.
        match &settings.0.audience {
            Some(audience) => {
                validation.set_audience(&[audience]);
                validation.set_required_spec_claims(&["aud", "exp", "iss", "sub"]);
            }
            None => {
                validation.validate_aud = false;
                validation.set_required_spec_claims(&["exp", "iss", "sub"]);
            }
        }
        let claims =
            decode::<Claims>(token.expose_secret(), &key, &validation).map_err(|_| invalid_token())?.claims;
        let now = self.now().as_second() as f64;
        let leeway = LEEWAY.as_secs() as f64;
        if now >= claims.exp + leeway || claims.nbf.is_some_and(|nbf| now < nbf - leeway) {
            return Err(invalid_token());
        }
        parse_user(&claims.sub).map_err(|_| invalid_token())
    }

    async fn key_for(
        &self,
        app: &App,
        settings: &TokenSettings,
        token: &SecretString,
    ) -> Result<Option<(DecodingKey, Algorithm)>> {
        if let Some(sealed) = &app.token_secret {
            let secret = self.vault.open(&places::token_secret(&app.id), &sealed.0)?;
            return Ok(Some((DecodingKey::from_secret(secret.expose_secret()), Algorithm::HS256)));
        }
        let Ok(header) = decode_header(token.expose_secret()) else { return Ok(None) };
        let kid = header.kid.as_deref();
        let inline = settings.jwks.as_ref().and_then(|jwks| JwkSet::deserialize(jwks).ok().map(Arc::new));
        let keys = match (inline, &settings.jwks_url) {
            (Some(keys), _) => Some(keys),
            (None, Some(url)) => self.fetched_keys(url, kid).await,
            (None, None) => None,
        };
        Ok(keys.as_deref().and_then(|keys| choose(keys, kid)).and_then(usable))
    }

    /// The key set of a tenant's URL: cached, and asked for again at most once a minute when it lacks a key. The
    /// asking belongs to the engine, so that whoever hangs up takes nobody's answer away.
    async fn fetched_keys(&self, url: &str, kid: Option<&str>) -> Option<Arc<JwkSet>> {
        let now = self.now();
        let fetch = {
            let mut sets = self.key_sets.0.lock().unwrap_or_else(PoisonError::into_inner);
            let known = sets.get(url);
            if let Some(known) = known {
                let has_key = known.keys.as_deref().is_some_and(|keys| choose(keys, kid).is_some());
                let age = now.duration_since(known.at);
                if has_key && age < STALE_AFTER {
                    return known.keys.clone();
                }
                if age < REFETCH_AFTER { known.fetch.clone() } else { self.begin_fetch(&mut sets, url, now) }
            } else {
                self.begin_fetch(&mut sets, url, now)
            }
        };
        fetch.await
    }

    fn begin_fetch(&self, sets: &mut HashMap<String, KeySet>, url: &str, now: Timestamp) -> Fetch {
        let previous = sets.get(url).and_then(|known| known.keys.clone());
        let (engine, place, fallback) = (self.clone(), url.to_owned(), previous.clone());
        let task = self.spawn(async move {
            let fetched = engine.fetch_keys(&place).await.map(Arc::new);
            if let Some(keys) = &fetched {
                engine.key_sets.put_keys(&place, keys);
            }
            fetched.or(fallback)
        });
        let fetch = task.map(|joined| joined.ok().flatten()).boxed().shared();
        if sets.len() >= MOST_KEY_SETS
            && !sets.contains_key(url)
            && let Some(oldest) = sets.iter().min_by_key(|(_, set)| set.at).map(|(url, _)| url.clone())
        {
            sets.remove(&oldest);
        }
        sets.insert(url.to_owned(), KeySet { keys: previous, at: now, fetch: fetch.clone() });
        fetch
    }

    async fn fetch_keys(&self, url: &str) -> Option<JwkSet> {
        let request =
            Request::get(url).header("accept", "application/json").body(bytes::Bytes::new()).ok()?;
        match self.outbound.send(Target::Tenant, request, JWKS_LIMITS).await {
            Ok(response) if response.status().is_success() => serde_json::from_slice(response.body()).ok(),
            Ok(response) => {
                tracing::warn!(status = response.status().as_u16(), "an app's key set was not served");
                None
            }
            Err(error) => {
                tracing::warn!(%error, "an app's key set could not be fetched");
                None
            }
        }
    }
}

impl KeySets {
    fn put_keys(&self, url: &str, keys: &Arc<JwkSet>) {
        let mut sets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(set) = sets.get_mut(url) {
            set.keys = Some(Arc::clone(keys));
        }
    }
}

/// The key a token names, or the only one there is.
fn choose<'k>(keys: &'k JwkSet, kid: Option<&str>) -> Option<&'k Jwk> {
    match (kid, keys.keys.as_slice()) {
        (Some(kid), _) => keys.find(kid),
        (None, [only]) => Some(only),
        (None, _) => None,
    }
}

/// A public key and the one algorithm it is used with; symmetric keys in a key set are refused.
pub(crate) fn usable(key: &Jwk) -> Option<(DecodingKey, Algorithm)> {
    let algorithm = match &key.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => Algorithm::ES256,
        AlgorithmParameters::OctetKeyPair(_) => Algorithm::EdDSA,
        _ => return None,
    };
    Some((DecodingKey::from_jwk(key).ok()?, algorithm))
}

pub(crate) fn invalid_token() -> Error {
    Error::new(
        Code::AuthInvalidToken,
        Kind::Unauthenticated,
        "Invalid token",
        "Send a service key, or a token that the app's issuer signed and that has not expired.",
    )
}
