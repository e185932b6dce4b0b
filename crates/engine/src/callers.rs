//! Who asks, and what he may. A credential becomes a caller of one app, or an error that tells nothing about other
//! apps.

use secrecy::SecretString;
use store::{ApiKey, App, AppId, KeyId, KeyScope, LastUse, UserId};

use crate::api_key::ApiKeyText;
use crate::error::{Code, Error, Kind, Result};
use crate::{Engine, tokens};

/// The user as which an app's own back end acts when it names none.
pub const SERVICE_USER: &str = "default";

/// What came in the `Authorization` header, and the id under which this request is logged.
#[derive(Debug, Clone)]
pub struct Access {
    pub(crate) credential: Credential,
    pub(crate) request_id: String,
}

#[derive(Debug, Clone)]
pub(crate) enum Credential {
    Key(ApiKeyText),
    Token(SecretString),
}

/// Someone who may do something on one app.
#[derive(Debug, Clone)]
pub struct Caller {
    pub(crate) app: App,
    pub(crate) actor: Actor,
    pub(crate) request_id: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// The operator.
    Platform,
    Key {
        id: KeyId,
        scope: KeyScope,
    },
    /// An end user of the app, by the app's own token.
    User(UserId),
}

impl Access {
    /// Reads an `Authorization` header. The scheme may be in any case.
    pub fn parse(authorization: Option<&str>, request_id: impl Into<String>) -> Result<Self> {
        let bearer = authorization.and_then(|header| {
            let (scheme, token) = header.trim().split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
        });
        let Some(token) = bearer else { return Err(auth_required()) };
        let credential = if ApiKeyText::looks_like(token) {
            Credential::Key(ApiKeyText::parse(token).ok_or_else(invalid_key)?)
        } else {
            Credential::Token(SecretString::from(token))
        };
        Ok(Self { credential, request_id: request_id.into() })
    }

    /// The id under which this request is logged.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }
}

impl Caller {
    pub fn app_id(&self) -> &AppId {
        &self.app.id
    }

    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Configuring is for the operator and the app's admin keys.
    pub(crate) fn require_admin(&self) -> Result<()> {
        match &self.actor {
            Actor::Platform | Actor::Key { scope: KeyScope::Admin, .. } => Ok(()),
            Actor::Key { scope: KeyScope::Execute, .. } => Err(insufficient(
                "This key may connect, list and execute, not configure",
                "Use a service key with scope `admin`.",
            )),
            Actor::User(_) => Err(auth_required()),
        }
    }

    /// The user for whom the caller connects or executes.
    pub(crate) fn acting_user(&self, named: Option<&str>) -> Result<UserId> {
        let named = named.map(parse_user).transpose()?;
        match (&self.actor, named) {
            (Actor::User(own), named) => only_own(own, named),
            (Actor::Key { scope: KeyScope::Execute, .. }, named) => named_user(named),
            (_, named) => Ok(named.unwrap_or_else(|| UserId::new(SERVICE_USER))),
        }
    }

    /// The user whose things the caller sees; `None` means all of the app's users.
    pub(crate) fn visible_user(&self, named: Option<&str>) -> Result<Option<UserId>> {
        match (&self.actor, named) {
            (Actor::Platform | Actor::Key { scope: KeyScope::Admin, .. }, None) => Ok(None),
            (_, named) => self.acting_user(named).map(Some),
        }
    }

    /// For the audit.
    pub(crate) fn actor_text(&self) -> String {
        match &self.actor {
            Actor::Platform => "platform".to_owned(),
            Actor::Key { id, .. } => format!("key:{id}"),
            Actor::User(id) => format!("user:{id}"),
        }
    }
}

impl Engine {
    /// The caller of an app, or why there is none.
    pub async fn authenticate(&self, access: &Access, app: &str) -> Result<Caller> {
        let id = AppId::new(app);
        let (app, actor) = match &access.credential {
            Credential::Key(key) if self.is_platform_key(key) => {
                (self.find_app(&id).await?.ok_or_else(|| Error::app_not_found(app))?, Actor::Platform)
            }
            Credential::Key(key) => {
                let row = self.find_live_key(key).await?;
                if row.app_id != id {
                    return Err(Error::app_not_found(app));
                }
                let app = self.find_app(&id).await?.ok_or_else(|| Error::app_not_found(app))?;
                self.check_key_limits(&row.id, &row.app_id)?;
                (app, Actor::Key { id: row.id, scope: row.scope })
            }
            Credential::Token(token) => {
                let app = self.find_app(&id).await?.ok_or_else(tokens::invalid_token)?;
                let user = self.verify_token(&app, token).await?;
                self.limits.check(&format!("user:{}:{user}", app.id), "this user")?;
                (app, Actor::User(user))
            }
        };
        if let Actor::Key { id, .. } = &actor {
            self.audit.used(LastUse::Key(id.clone()), self.now());
        }
        Ok(Caller { app, actor, request_id: access.request_id.clone() })
    }

    /// The caller of the app that a service key belongs to, for protocols that name the app later.
    pub async fn authenticate_any(&self, access: &Access) -> Result<()> {
        match &access.credential {
            Credential::Key(key) if self.is_platform_key(key) => Ok(()),
            Credential::Key(key) => self.find_live_key(key).await.map(|_| ()),
            Credential::Token(_) => Err(tokens::invalid_token()),
        }
    }

    /// Only the operator.
    pub async fn authenticate_platform(&self, access: &Access) -> Result<()> {
        match &access.credential {
            Credential::Key(key) if self.is_platform_key(key) => Ok(()),
            Credential::Key(key) => {
                self.find_live_key(key).await?;
                Err(insufficient("This needs the platform key", "Ask the operator of this service."))
            }
            Credential::Token(_) => Err(tokens::invalid_token()),
        }
    }

    async fn find_app(&self, id: &AppId) -> Result<Option<App>> {
        if !is_plausible(id.as_str()) {
            return Ok(None);
        }
        Ok(self.store.find_app(id).await?)
    }

    async fn find_live_key(&self, key: &ApiKeyText) -> Result<ApiKey> {
        let found = self.store.find_key(&key.hash()).await?;
        let now = self.now();
        let live = |key: &ApiKey| key.revoked_at.is_none() && key.expires_at.is_none_or(|end| *end > now);
        found.filter(live).ok_or_else(invalid_key)
    }

    fn is_platform_key(&self, key: &ApiKeyText) -> bool {
        self.settings.platform_key.as_ref().is_some_and(|platform| platform.hash() == key.hash())
    }

    pub(crate) fn check_key_limits(&self, key: &KeyId, app: &AppId) -> Result<()> {
        self.limits.check(&format!("key:{key}"), "this key")?;
        self.limits.check(&format!("app:{app}"), "this app")
    }
}

/// Whether a text could be an id at all. Others are not looked up: PostgreSQL refuses NUL in text.
pub(crate) fn is_plausible(id: &str) -> bool {
    id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_graphic())
}

/// 1 to 255 characters without controls.
pub(crate) fn parse_user(text: &str) -> Result<UserId> {
    let length = text.chars().count();
    if length == 0 || length > 255 || text.chars().any(char::is_control) {
        return Err(Error::invalid_at("/user_id", "must have 1 to 255 characters and no control characters"));
    }
    Ok(UserId::new(text))
}

fn only_own(own: &UserId, named: Option<UserId>) -> Result<UserId> {
    if own.as_str() == SERVICE_USER {
        return Err(insufficient(
            "The user `default` is the app's own service user",
            "Issue tokens whose `sub` is the id of an end user.",
        ));
    }
    match named {
        Some(named) if named != *own => Err(insufficient(
            "An end user acts for himself only",
            "Leave the user out, or name the token's own.",
        )),
        _ => Ok(own.clone()),
    }
}

fn named_user(named: Option<UserId>) -> Result<UserId> {
    match named {
        Some(user) if user.as_str() == SERVICE_USER => Err(insufficient(
            "The user `default` is the app's own service user",
            "Name an end user, or use a service key with scope `admin`.",
        )),
        Some(user) => Ok(user),
        None => Err(Error::missing("/user_id", "A key with scope `execute` must name the user")),
    }
}

pub(crate) fn auth_required() -> Error {
    Error::new(
        Code::AuthRequired,
        Kind::Unauthenticated,
        "Authentication required",
        "Send `Authorization: Bearer <key>` with a service key of this app.",
    )
}

pub(crate) fn invalid_key() -> Error {
    Error::new(
        Code::AuthInvalidApiKey,
        Kind::Unauthenticated,
        "Invalid or revoked API key",
        "Check the key, or have an admin create a new one.",
    )
}

pub(crate) fn insufficient(message: &str, remediation: &str) -> Error {
    Error::new(Code::AuthInsufficientPermissions, Kind::Forbidden, message, remediation)
}
