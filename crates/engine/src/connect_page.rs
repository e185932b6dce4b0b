//! The hosted connect page and the provider's redirect back. Nobody here is authenticated: what counts is the
//! unguessable link, the browser's cookie, and a state that is used once.

use std::fmt;
use std::sync::Arc;

use auth::oauth2::{Authorization, authorization_url};
use catalog::{AuthScheme, Field, SchemeName, Toolkit};
use jiff::SignedDuration;
use store::{App, AuthConfig, ConnectRequest, ConnectRequestId, ConnectStatus, NewState, SealedColumn};
use url::Url;

use crate::apps::plain_id;
use crate::error::{Error, Kind, Result};
use crate::ids::{hash, hex};
use crate::toolkits::{Backend, KnownToolkit};
use crate::{Engine, places};

/// How long the user may stay at the provider.
pub(crate) const STATE_LIFE: SignedDuration = SignedDuration::from_mins(10);
const MOST_STATE_CHARACTERS: usize = 256;

/// What the page shows.
#[derive(Debug)]
pub struct ConnectPage {
    pub request_id: String,
    pub app_name: String,
    pub user: String,
    pub toolkit: KnownToolkit,
    pub state: PageState,
    /// Whether the user goes on to the provider, or stays and types.
    pub kind: PageKind,
    pub scopes: Vec<String>,
    /// What the user types in; empty for OAuth.
    pub fields: Vec<Field>,
    /// Where the form may lead, beside this service: the provider's origin and the app's.
    pub form_origins: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageKind {
    OAuth,
    Typed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageState {
    Ready,
    Expired,
    /// Connected or failed already.
    Done,
}

/// Where to send the browser, and the cookie it must bring back.
pub struct OAuthStart {
    pub authorization_url: Url,
    pub cookie_name: String,
    pub cookie_value: String,
    pub cookie_seconds: i64,
    /// The browser goes on by a page of ours rather than by a redirect: where it ends up nobody knows beforehand, so no
    /// form of ours can say that it may lead there.
    pub by_page: bool,
    /// What the user connects, for people.
    pub name: String,
}

/// What the provider's redirect brought.
#[derive(Default)]
pub struct Callback {
    pub state: Option<String>,
    pub code: Option<String>,
    pub error: Option<String>,
    pub issuer: Option<String>,
    /// Composio's account and its word on the outcome, where it was Composio that sent the browser back.
    pub account: Option<String>,
    pub status: Option<String>,
    /// The cookie named by [`Callback::cookie_name`].
    pub cookie: Option<String>,
}

// State, code and cookie are secrets.
impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback")
            .field("error", &self.error)
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for OAuthStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuthStart").field("cookie_name", &self.cookie_name).finish_non_exhaustive()
    }
}

/// Which of the two redirect URIs was called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallbackPath {
    Managed { toolkit: String },
    App { app: String, toolkit: String },
}

/// How a connect request ended.
#[derive(Debug, Clone)]
pub struct Finished {
    pub toolkit: String,
    pub display_name: String,
    pub connection_id: Option<String>,
    /// Our words, for people.
    pub error: Option<String>,
    /// The app's own page, with the outcome added; absent where it named none.
    pub redirect: Option<Url>,
}

/// A connect request with all it belongs to.
pub(crate) struct Opened {
    pub(crate) request: ConnectRequest,
    pub(crate) app: App,
    pub(crate) config: AuthConfig,
    pub(crate) toolkit: KnownToolkit,
}

impl Opened {
    pub(crate) fn scheme(&self) -> Result<&AuthScheme> {
        SchemeName::parse(&self.config.auth_scheme)
            .and_then(|name| self.toolkit.native()?.auth_scheme(name))
            .ok_or_else(|| {
                Error::internal(anyhow::anyhow!("auth config {} has a scheme of no toolkit", self.config.id))
            })
    }

    pub(crate) fn is_hosted(&self) -> bool {
        self.config.backend == Backend::Composio.as_str()
    }

    /// The toolkit of our own catalogue, for what we do ourselves.
    pub(crate) fn native(&self) -> Result<&Arc<Toolkit>> {
        self.toolkit.native().ok_or_else(|| {
            Error::internal(anyhow::anyhow!("auth config {} is of no toolkit of ours", self.config.id))
        })
    }

    /// What is asked for: the request's scopes or the toolkit's default, and what is always needed.
    pub(crate) fn scopes(&self) -> Vec<String> {
        let named = &self.request.scopes.0;
        let Some(scopes) = self.native().ok().map(|native| &native.scopes) else { return named.clone() };
        let chosen = if named.is_empty() { &scopes.default } else { named };
        let mut asked: Vec<String> = chosen.clone();
        for scope in &scopes.always {
            if !asked.iter().any(|have| scopes.short(have) == scope) {
                asked.push(scope.clone());
            }
        }
        asked
    }
}

impl Callback {
    /// One cookie a state, so that two windows do not tread on each other.
    pub fn cookie_name(state: &str) -> String {
        format!("bbi_connect_{}", hex(&hash(state)[..8]))
    }
}

impl Engine {
    /// What the link's page shows. Looking has no effect.
    pub async fn connect_page(&self, id: &str) -> Result<ConnectPage> {
        let opened = self.open_request(id).await?;
        let state = self.page_state(&opened);
        let scheme = if opened.is_hosted() { None } else { Some(opened.scheme()?) };
        let oauth2 = scheme.and_then(AuthScheme::oauth2);
        let mut form_origins = Vec::new();
        form_origins.extend(oauth2.map(|oauth2| oauth2.authorization_url.origin().ascii_serialization()));
        let redirect = opened.request.redirect_url.as_deref().and_then(|url| Url::parse(url).ok());
        form_origins.extend(redirect.map(|url| url.origin().ascii_serialization()));
        Ok(ConnectPage {
            request_id: opened.request.id.to_string(),
            app_name: opened.app.name.clone(),
            user: opened.request.user_id.to_string(),
            state,
            kind: if oauth2.is_some() || opened.is_hosted() { PageKind::OAuth } else { PageKind::Typed },
            scopes: if oauth2.is_some() || opened.is_hosted() { opened.scopes() } else { Vec::new() },
            fields: match scheme {
                Some(AuthScheme::Typed(typed)) => typed.fields.clone(),
                Some(AuthScheme::ClientCredentials(declared)) => declared.fields.clone(),
                _ => Vec::new(),
            },
            toolkit: opened.toolkit,
            form_origins,
        })
    }

    fn page_state(&self, opened: &Opened) -> PageState {
        match opened.request.status {
            ConnectStatus::Pending if *opened.request.expires_at > self.now() => PageState::Ready,
            ConnectStatus::Pending => PageState::Expired,
            _ => PageState::Done,
        }
    }

    pub(crate) async fn open_request(&self, id: &str) -> Result<Opened> {
        let request = self.store.find_connect_request(&ConnectRequestId::new(plain_id(id))).await?;
        let request = request.ok_or_else(link_gone)?;
        self.open_found(request).await
    }

    async fn open_found(&self, request: ConnectRequest) -> Result<Opened> {
        let app = self.store.find_app(&request.app_id).await?.ok_or_else(link_gone)?;
        let config = self.store.find_auth_config(&request.app_id, &request.toolkit).await?;
        let config = config.filter(|config| config.enabled).ok_or_else(link_gone)?;
        let hosted = config.backend == Backend::Composio.as_str();
        let toolkit = self.find_toolkit(&request.toolkit);
        let toolkit = toolkit.or_else(|| hosted.then(|| KnownToolkit::unlisted(&request.toolkit)));
        Ok(Opened { request, app, config, toolkit: toolkit.ok_or_else(link_gone)? })
    }

    /// The user clicked "continue": makes the state and the cookie. `None` where the link is no longer live.
    pub async fn start_oauth(&self, id: &str) -> Result<Option<OAuthStart>> {
        let opened = self.open_request(id).await?;
        if opened.is_hosted() {
            let engine = self.clone();
            return self.owned(async move { engine.start_hosted_connect(&opened).await }).await;
        }
        let Some(oauth2) = opened.scheme()?.oauth2() else { return Err(link_gone()) };
        let toolkit = opened.native()?;
        let client = self.current_client(toolkit, &opened.config).await?;
        let redirect_uri = match opened.config.managed {
            true => self.public_path(&format!("/callback/{}", toolkit.slug)),
            false => self.own_redirect_uri(&opened.app.id, toolkit),
        };
        let (state, cookie, verifier) = (self.ids.secret(), self.ids.secret(), self.ids.secret());
        let now = self.now();
        let place = places::code_verifier(&opened.app.id, &opened.request.id);
        let new = NewState {
            state_hash: hash(&state),
            cookie_hash: hash(&cookie),
            client_version: Some(client.version),
            redirect_uri: redirect_uri.to_string(),
            sealed_verifier: Some(SealedColumn(self.vault.seal(&place, verifier.as_bytes()))),
            expires_at: (now + STATE_LIFE).into(),
        };
        if !self.store.begin_connect_request(&opened.request.id, &new, now.into()).await? {
            return Ok(None);
        }
        let authorization = Authorization {
            client_id: &client.id,
            redirect_uri: redirect_uri.as_str(),
            scopes: &opened.scopes(),
            state: &state,
            code_verifier: &verifier,
        };
        Ok(Some(OAuthStart {
            authorization_url: authorization_url(oauth2, &toolkit.scopes, &authorization),
            cookie_name: Callback::cookie_name(&state),
            cookie_value: cookie,
            cookie_seconds: STATE_LIFE.as_secs(),
            by_page: false,
            name: toolkit.display_name.clone(),
        }))
    }

    /// The provider sent the browser back. `None` for a state or cookie that is wrong, used or over: then nothing
    /// happens and nobody is redirected. The exchange runs to its end even if the browser goes away.
    pub async fn finish_oauth(&self, path: &CallbackPath, callback: Callback) -> Result<Option<Finished>> {
        let (Some(state), Some(cookie)) = (&callback.state, &callback.cookie) else { return Ok(None) };
        if state.len() > MOST_STATE_CHARACTERS || cookie.len() > MOST_STATE_CHARACTERS {
            return Ok(None);
        }
        let redirect_uri = match path {
            CallbackPath::Managed { toolkit } => self.public_path(&format!("/callback/{toolkit}")),
            CallbackPath::App { app, toolkit } => {
                self.public_path(&format!("/v1/{app}/integrations/callback/{toolkit}"))
            }
        };
        let (state, cookie) = (hash(state), hash(cookie));
        let engine = self.clone();
        self.owned(async move {
            let now = engine.now().into();
            let request = engine.store.consume_state(&state, &cookie, redirect_uri.as_str(), now).await?;
            let Some(request) = request else { return Ok(None) };
            let id = request.id.clone();
            let finished = match engine.open_found(request.clone()).await {
                Ok(opened) => engine.exchange(opened, callback).await,
                Err(error) if error.kind() == Kind::NotFound => engine.stop_request(&request).await,
                Err(error) => Err(error),
            };
            if finished.is_err() {
                // Whatever went wrong, the request does not look as if it were still under way.
                engine.persistently(|| engine.store.fail_connect_request(&id, "interrupted")).await?;
            }
            finished.map(Some)
        })
        .await
    }

    /// The user typed a credential into the page.
    pub async fn submit_credentials(
        &self,
        id: &str,
        fields: &[(String, String)],
    ) -> Result<Option<Finished>> {
        let opened = self.open_request(id).await?;
        if self.page_state(&opened) != PageState::Ready {
            return Ok(None);
        }
        let (engine, fields) = (self.clone(), fields.to_vec());
        self.owned(async move { engine.connect_typed(opened, &fields).await }).await.map(Some)
    }
}

pub(crate) fn link_gone() -> Error {
    Error::not_found("This link does not exist any more", "Ask the app for a new link.")
}
