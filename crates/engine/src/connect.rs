//! Connecting begins here: an app asks for a link, its user opens it. What the link's page does is in
//! `connect_page`.

use jiff::{SignedDuration, Timestamp};
use store::{AuthConfig, ConnectRequest, ConnectRequestId, ConnectStatus, Json, UserId};
use url::Url;

use crate::Engine;
use crate::apps::{is_plain_host, plain_id};
use crate::callers::{Actor, Caller};
use crate::configure::check_scopes;
use crate::error::{Error, Kind, Result};
use crate::toolkits::Backend;

/// How long a link lives.
const LINK_LIFE: SignedDuration = SignedDuration::from_mins(30);
/// A link is offered again only while it lives at least this long.
const REUSABLE_LIFE: SignedDuration = SignedDuration::from_mins(10);
/// How many links of one user and toolkit live at once.
const MOST_LINKS: i64 = 5;
const MOST_URL_CHARACTERS: usize = 2048;

/// What an app asks for.
#[derive(Debug, Default, Clone)]
pub struct Connect {
    pub toolkit: String,
    pub user: Option<String>,
    pub redirect_url: Option<String>,
    /// Instead of those of the auth config.
    pub scopes: Option<Vec<String>>,
}

/// A link for one user.
#[derive(Debug, Clone)]
pub struct ConnectLink {
    pub auth_url: Url,
    pub request_id: ConnectRequestId,
    pub expires_at: Timestamp,
}

/// How far a connect request has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectProgress {
    /// `pending`, `connected`, `failed` or `expired`.
    pub status: &'static str,
    pub connection_id: Option<String>,
    pub reason: Option<String>,
}

impl Engine {
    pub async fn connect(&self, caller: &Caller, request: &Connect) -> Result<ConnectLink> {
        let line = self.line(caller, "connect").toolkit(&request.toolkit).user(request.user.as_deref());
        let result = self.try_connect(caller, request).await;
        self.audited(line, result).await
    }

    async fn try_connect(&self, caller: &Caller, request: &Connect) -> Result<ConnectLink> {
        let user = caller.acting_user(request.user.as_deref())?;
        let config = self.enabled_config(caller, &request.toolkit).await?;
        check_scopes(request.scopes.as_deref().unwrap_or_default())?;
        check_hosted_scopes(&config, request.scopes.as_deref())?;
        let redirect_url =
            request.redirect_url.as_deref().map(|url| checked_redirect(caller, url)).transpose()?;
        let scopes = request.scopes.clone().unwrap_or_else(|| config.scopes.0.clone());
        self.new_link(&config, &user, scopes, redirect_url).await
    }

    /// The app's auth config of a toolkit, if it is enabled.
    pub(crate) async fn enabled_config(&self, caller: &Caller, slug: &str) -> Result<AuthConfig> {
        // While Composio's list is not there, a config says that there is such a toolkit.
        let known = self.find_toolkit(slug).map_or_else(|| plain_id(slug), |known| known.slug().to_owned());
        let config = self.store.find_auth_config(caller.app_id(), &known).await?;
        config.filter(|config| config.enabled).ok_or_else(|| self.not_enabled(slug, Kind::Invalid))
    }

    async fn new_link(
        &self,
        config: &AuthConfig,
        user: &UserId,
        scopes: Vec<String>,
        redirect_url: Option<Url>,
    ) -> Result<ConnectLink> {
        let now = self.now();
        let request = ConnectRequest {
            id: ConnectRequestId::new(self.ids.unguessable("cr")),
            app_id: config.app_id.clone(),
            user_id: user.clone(),
            toolkit: config.toolkit.clone(),
            auth_config_id: config.id.clone(),
            client_version: None,
            scopes: Json(scopes),
            redirect_url: redirect_url.map(String::from),
            status: ConnectStatus::Pending,
            reason: None,
            account_id: None,
            created_at: now.into(),
            expires_at: (now + LINK_LIFE).into(),
            redirect_uri: None,
            sealed_verifier: None,
            state_expires_at: None,
            remote_account: None,
        };
        self.store.insert_connect_request(&request, MOST_LINKS).await?;
        Ok(self.link(&request))
    }

    /// A link for an error that says "connect first": an untouched one of before, if it still lives long enough.
    pub(crate) async fn link_for(
        &self,
        config: &AuthConfig,
        user: &UserId,
        scopes: &[String],
    ) -> Result<ConnectLink> {
        let until = (self.now() + REUSABLE_LIFE).into();
        let before = self
            .store
            .find_reusable_connect_request(&config.app_id, user, &config.toolkit, scopes, until)
            .await?;
        match before {
            Some(request) => Ok(self.link(&request)),
            None => self.new_link(config, user, scopes.to_vec(), None).await,
        }
    }

    fn link(&self, request: &ConnectRequest) -> ConnectLink {
        ConnectLink {
            auth_url: self.public_path(&format!("/connect/{}", request.id)),
            request_id: request.id.clone(),
            expires_at: request.expires_at.into(),
        }
    }

    /// How far a request of this caller's has come.
    pub async fn connect_progress(
        &self,
        caller: &Caller,
        id: &str,
        user: Option<&str>,
    ) -> Result<ConnectProgress> {
        let visible = caller.visible_user(user)?;
        let found = self.store.find_connect_request(&ConnectRequestId::new(plain_id(id))).await?;
        let request = found
            .filter(|request| request.app_id == *caller.app_id())
            .filter(|request| visible.as_ref().is_none_or(|user| *user == request.user_id))
            .ok_or_else(|| {
                Error::not_found(
                    format!("Connect request not found: {}", plain_id(id)),
                    "Ask for a new link.",
                )
            })?;
        Ok(self.progress_of(&request))
    }

    fn progress_of(&self, request: &ConnectRequest) -> ConnectProgress {
        let now = self.now();
        let state_over = request.state_expires_at.is_none_or(|end| *end <= now);
        let status = match request.status {
            ConnectStatus::Connected => "connected",
            ConnectStatus::Failed => "failed",
            ConnectStatus::Pending if *request.expires_at <= now && state_over => "expired",
            ConnectStatus::Pending | ConnectStatus::Exchanging => "pending",
        };
        ConnectProgress {
            status,
            connection_id: request.account_id.as_ref().map(ToString::to_string),
            reason: request.reason.clone(),
        }
    }
}

/// Composio asks for the scopes of the auth config, whoever connects.
fn check_hosted_scopes(config: &AuthConfig, scopes: Option<&[String]>) -> Result<()> {
    let fixed = config.backend == Backend::Composio.as_str();
    match scopes {
        Some(scopes) if fixed && !scopes.iter().all(|scope| config.scopes.0.contains(scope)) => {
            Err(Error::invalid_at(
                "/scopes",
                "cannot be chosen for each connection of this integration; set them with `configure`",
            ))
        }
        _ => Ok(()),
    }
}

/// Where the user's browser may be sent at the end. An end user may name only what his app allows.
fn checked_redirect(caller: &Caller, text: &str) -> Result<Url> {
    let wrong = |message: &str| Error::invalid_at("/redirectUrl", message);
    let url = Url::parse(text).map_err(|_| wrong("must be an absolute http or https URL"))?;
    if !matches!(url.scheme(), "http" | "https") || text.len() > MOST_URL_CHARACTERS {
        return Err(wrong("must be an http or https URL of at most 2048 characters"));
    }
    if !is_plain_host(&url) {
        return Err(wrong("must name a host of letters, digits, dots and hyphens"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("must not contain a user or password"));
    }
    let allowed = &caller.app.allowed_origins.0;
    let restricted = !allowed.is_empty() || matches!(caller.actor(), Actor::User(_));
    if restricted && !allowed.contains(&url.origin().ascii_serialization()) {
        return Err(wrong("must be on one of the app's allowed origins"));
    }
    Ok(url)
}
