//! Apps, their keys and their settings.

use std::time::Duration;

use catalog::Problem;
use jiff::Timestamp;
use jsonwebtoken::jwk::JwkSet;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use store::{
    ApiKey, App, AppId, AuditEntry, Cursor, Json, KeyId, KeyScope, Page, SealedColumn, TokenSettings, UserId,
};
use url::Url;

use crate::api_key::ApiKeyText;
use crate::callers::{Access, Caller, parse_user};
use crate::error::{Error, Result};
use crate::{Engine, places, tokens};

const MOST_KEYS: i64 = 200;
const MOST_ORIGINS: usize = 50;
const SHORTEST_SECRET: usize = 32;

/// A new app and its first key, which is shown this once.
#[derive(Debug)]
pub struct NewApp {
    pub app: App,
    pub key: ApiKeyText,
}

/// A new key, which is shown this once.
#[derive(Debug)]
pub struct NewKey {
    pub row: ApiKey,
    pub key: ApiKeyText,
}

/// How an app's end-user tokens are to be verified; exactly one of the last three.
#[derive(Debug, Default)]
pub struct NewTokenSettings {
    pub issuer: String,
    pub audience: Option<String>,
    pub jwks_url: Option<String>,
    pub jwks: Option<Value>,
    pub hs256_secret: Option<SecretString>,
}

impl Engine {
    pub async fn create_app(&self, access: &Access, name: &str) -> Result<NewApp> {
        self.authenticate_platform(access).await?;
        let now = self.now();
        let app = App {
            id: AppId::new(self.ids.ordered("app", now)),
            name: checked_name(name)?,
            allowed_origins: Json(Vec::new()),
            confirm_connections: false,
            token_settings: None,
            token_secret: None,
            created_at: now.into(),
        };
        let NewKey { row, key } = self.new_key(&app.id, "first key", KeyScope::Admin, None);
        self.store.insert_app(&app, &row).await?;
        self.record(self.line_of(&app.id, "platform", Some(&access.request_id), "create_app"), None).await;
        Ok(NewApp { app, key })
    }

    pub async fn list_apps(&self, access: &Access, after: &Cursor, limit: i64) -> Result<Page<App>> {
        self.authenticate_platform(access).await?;
        Ok(self.store.list_apps(after, limit).await?)
    }

    /// Revokes every grant of the app's users, then erases the app.
    pub async fn delete_app(&self, access: &Access, app: &str) -> Result<()> {
        self.authenticate_platform(access).await?;
        let caller = self.authenticate(access, app).await?;
        let engine = self.clone();
        self.owned(async move {
            let line = engine.line(&caller, "delete_app");
            let result = engine.erase_app(&caller).await;
            engine.audited(line, result).await
        })
        .await
    }

    async fn erase_app(&self, caller: &Caller) -> Result<()> {
        self.store.end_connect_requests(caller.app_id(), None).await?;
        self.disconnect_all(caller, None).await?;
        self.store.delete_app(caller.app_id()).await?;
        Ok(())
    }

    /// Revokes every grant of one user and erases what is stored of him.
    pub async fn offboard(&self, caller: &Caller, user: &str) -> Result<()> {
        caller.require_admin()?;
        let user = parse_user(user)?;
        let (engine, caller) = (self.clone(), caller.clone());
        self.owned(async move {
            let line = engine.line(&caller, "offboard");
            let result = engine.erase_user(&caller, &user).await;
            engine.audited(line, result).await
        })
        .await
    }

    async fn erase_user(&self, caller: &Caller, user: &UserId) -> Result<()> {
        // First what is on its way: nothing attaches to a request that is gone.
        self.store.end_connect_requests(caller.app_id(), Some(user)).await?;
        self.disconnect_all(caller, Some(user)).await?;
        // Lines that name the user are still queued.
        self.audit.flush().await;
        self.store.erase_user(caller.app_id(), user).await?;
        Ok(())
    }

    pub async fn create_key(
        &self,
        caller: &Caller,
        name: &str,
        scope: KeyScope,
        expires_at: Option<Timestamp>,
    ) -> Result<NewKey> {
        caller.require_admin()?;
        let name = checked_name(name)?;
        if expires_at.is_some_and(|end| end <= self.now()) {
            return Err(Error::invalid_at("/expires_at", "must lie in the future"));
        }
        if self.store.count_live_keys(caller.app_id(), self.now().into()).await? >= MOST_KEYS {
            let message = format!("an app has at most {MOST_KEYS} keys that work; revoke one first");
            return Err(Error::invalid_at("", message));
        }
        let new = self.new_key(caller.app_id(), &name, scope, expires_at);
        self.store.insert_key(&new.row).await?;
        self.record(self.line(caller, "create_key").detail(new.row.id.to_string()), None).await;
        Ok(new)
    }

    fn new_key(&self, app: &AppId, name: &str, scope: KeyScope, expires_at: Option<Timestamp>) -> NewKey {
        let now = self.now();
        let key = ApiKeyText::generate(&self.ids);
        let row = ApiKey {
            id: KeyId::new(self.ids.ordered("key", now)),
            app_id: app.clone(),
            name: name.to_owned(),
            scope,
            prefix: key.shown_prefix(),
            hash: key.hash(),
            created_at: now.into(),
            expires_at: expires_at.map(Into::into),
            revoked_at: None,
            last_used_at: None,
        };
        NewKey { row, key }
    }

    pub async fn list_keys(&self, caller: &Caller) -> Result<Vec<ApiKey>> {
        caller.require_admin()?;
        Ok(self.store.list_keys(caller.app_id(), MOST_KEYS).await?)
    }

    /// In force for the next request.
    pub async fn revoke_key(&self, caller: &Caller, id: &str) -> Result<()> {
        caller.require_admin()?;
        let found =
            self.store.revoke_key(caller.app_id(), &KeyId::new(plain_id(id)), self.now().into()).await?;
        let result = if found { Ok(()) } else { Err(key_not_found(id)) };
        self.audited(self.line(caller, "revoke_key").detail(plain_id(id)), result).await
    }

    pub async fn update_settings(
        &self,
        caller: &Caller,
        allowed_origins: Option<Vec<String>>,
        confirm_connections: Option<bool>,
    ) -> Result<App> {
        caller.require_admin()?;
        let origins = allowed_origins.as_deref().map(checked_origins).transpose()?;
        let app = caller.app_id();
        let app = self.store.update_app_settings(app, origins.as_deref(), confirm_connections).await?;
        let app = app.ok_or_else(|| Error::app_not_found(caller.app_id().as_str()))?;
        self.record(self.line(caller, "update_settings"), None).await;
        Ok(app)
    }

    pub async fn update_token_settings(
        &self,
        caller: &Caller,
        new: NewTokenSettings,
    ) -> Result<TokenSettings> {
        caller.require_admin()?;
        check_token_settings(&new)?;
        let app = caller.app_id();
        let secret = new.hs256_secret.as_ref().map(|secret| {
            SealedColumn(self.vault.seal(&places::token_secret(app), secret.expose_secret().as_bytes()))
        });
        let settings = TokenSettings {
            issuer: new.issuer,
            audience: new.audience,
            jwks_url: new.jwks_url,
            jwks: new.jwks,
        };
        self.store.update_token_settings(app, &settings, secret.as_ref()).await?;
        self.record(self.line(caller, "update_token_settings"), None).await;
        Ok(settings)
    }

    pub async fn list_audit(&self, caller: &Caller, after: &Cursor, limit: i64) -> Result<Page<AuditEntry>> {
        caller.require_admin()?;
        Ok(self.store.list_audit(caller.app_id(), after, limit).await?)
    }

    /// Who issues an app's end-user tokens. An app without such an issuer is as unknown as one that does not exist.
    pub async fn token_issuer(&self, app: &str) -> Result<String> {
        let found = self.store.find_app(&AppId::new(plain_id(app))).await?;
        let settings = found.and_then(|app| app.token_settings);
        settings.map(|settings| settings.0.issuer).ok_or_else(|| Error::app_not_found(&plain_id(app)))
    }

    /// The origins whose pages may call an app's routes; none for an app that does not exist.
    pub async fn allowed_origins(&self, app: &str) -> Vec<String> {
        let found = self.store.find_app(&AppId::new(plain_id(app))).await;
        found.ok().flatten().map(|app| app.allowed_origins.0).unwrap_or_default()
    }
}

fn key_not_found(id: &str) -> Error {
    Error::not_found(
        format!("API key not found: {id}"),
        "List the app's keys and use the `id` of one of them.",
    )
}

/// An id as it may be looked up: what cannot be one becomes the empty text, which is nobody's.
pub(crate) fn plain_id(id: &str) -> String {
    let is_one = id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_graphic());
    if is_one { id.to_owned() } else { String::new() }
}

fn checked_name(name: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err(Error::invalid_at("/name", "must have 1 to 100 characters and no control characters"));
    }
    Ok(name.to_owned())
}

fn checked_origins(origins: &[String]) -> Result<Vec<String>> {
    if origins.len() > MOST_ORIGINS {
        return Err(Error::invalid_at(
            "/allowed_origins",
            format!("must have at most {MOST_ORIGINS} entries"),
        ));
    }
    let mut problems = Vec::new();
    let mut accepted = Vec::new();
    for (index, origin) in origins.iter().enumerate() {
        match Url::parse(origin) {
            Ok(url)
                if matches!(url.scheme(), "http" | "https")
                    && is_bare_origin(&url)
                    && is_plain_host(&url) =>
            {
                accepted.push(url.origin().ascii_serialization());
            }
            _ => problems.push(Problem::wrong(
                &format!("/allowed_origins/{index}"),
                "must be an origin such as https://app.example.com".to_owned(),
            )),
        }
    }
    if problems.is_empty() { Ok(accepted) } else { Err(Error::invalid(&problems)) }
}

/// A host that is compared and named in a content policy as it is: without wildcards and separators.
pub(crate) fn is_plain_host(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(host)) => {
            host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
        }
        Some(_) => true,
        None => false,
    }
}

fn is_bare_origin(url: &Url) -> bool {
    url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty()
}

fn check_token_settings(new: &NewTokenSettings) -> Result<()> {
    let mut problems = Vec::new();
    let mut problem = |pointer: &str, message: &str| {
        problems.push(Problem::wrong(pointer, message));
    };
    if new.issuer.is_empty() || new.issuer.len() > 512 || new.issuer.chars().any(char::is_control) {
        problem("/issuer", "must have 1 to 512 characters and no control characters");
    }
    let given = [new.jwks_url.is_some(), new.jwks.is_some(), new.hs256_secret.is_some()];
    if given.iter().filter(|given| **given).count() != 1 {
        problem("", "give exactly one of `jwks_url`, `jwks` and `hs256_secret`");
    }
    match &new.audience {
        None if new.hs256_secret.is_none() => problem("/audience", "is required with keys by JWKS"),
        Some(audience)
            if audience.is_empty() || audience.len() > 512 || audience.chars().any(char::is_control) =>
        {
            problem("/audience", "must have 1 to 512 characters and no control characters");
        }
        _ => {}
    }
    if let Some(url) = &new.jwks_url
        && !Url::parse(url).is_ok_and(|parsed| is_jwks_url(&parsed) && url.len() <= 2048)
    {
        problem("/jwks_url", "must be an https URL of at most 2048 characters without user and password");
    }
    if let Some(jwks) = &new.jwks {
        let usable =
            |keys: JwkSet| !keys.keys.is_empty() && keys.keys.iter().all(|key| tokens::usable(key).is_some());
        // RFC 7518 section 6: the members of a private key.
        let mut private = jwks["keys"].as_array().into_iter().flatten();
        let private = private.any(|key| ["d", "p", "q", "k"].iter().any(|name| key.get(name).is_some()));
        if private || !JwkSet::deserialize(jwks).is_ok_and(usable) {
            problem("/jwks", "must be a JWK set whose keys are all RSA, EC P-256 or Ed25519 public keys");
        }
    }
    if new.hs256_secret.as_ref().is_some_and(|secret| secret.expose_secret().len() < SHORTEST_SECRET) {
        problem("/hs256_secret", "must have at least 32 bytes");
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::invalid(&problems)) }
}

fn is_jwks_url(url: &Url) -> bool {
    url.scheme() == "https" && url.username().is_empty() && url.password().is_none()
}

/// Seconds until a time, for `Retry-After`; never negative.
pub(crate) fn until(end: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(end.duration_since(now)).unwrap_or_default()
}
