//! Configuring: a toolkit is enabled for an app, with the instance's client or with the app's own.
//!
//! Omitted fields are unchanged. Whoever loses a race reads again and decides again.

use std::fmt;

use catalog::{AuthScheme, Problem, SchemeName, Toolkit, is_scope_token};
use serde_json::{Map, Value, json};
use store::{AppId, AuthConfig, AuthConfigId, ClientVersion, Json, NewClient};
use url::Url;

use crate::Engine;
use crate::backends::Choice;
use crate::callers::Caller;
use crate::clients::{managed_version, next_version, not_configured};
use crate::configs::ConfigView;
use crate::credentials::{self, GivenCredentials, check_complete, client_fields};
use crate::error::{Code, Error, Kind, Result};
use crate::toolkits::{Backend, KnownToolkit};

/// How often a race may be lost before something else must be wrong.
pub(crate) const MOST_RACES: usize = 50;
const MOST_SCOPES: usize = 100;

/// What an app wants of a toolkit; what is absent stays as it is.
#[derive(Default, Clone)]
pub struct Configure {
    pub toolkit: String,
    pub scopes: Option<Vec<String>>,
    pub display_name: Option<String>,
    pub oauth_credentials: Option<Map<String, Value>>,
}

// The credentials are secrets.
impl fmt::Debug for Configure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Configure").field("toolkit", &self.toolkit).finish_non_exhaustive()
    }
}

/// The same, checked as far as no toolkit is needed for it.
pub(crate) struct Wanted {
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) display_name: Option<String>,
    pub(crate) credentials: Option<Map<String, Value>>,
    /// Whether a disabled toolkit is enabled by it.
    pub(crate) enables: bool,
}

/// Where the credentials are in a request.
const CREDENTIALS: &str = "/oauth_credentials";

impl Engine {
    pub async fn configure(&self, caller: &Caller, request: Configure) -> Result<ConfigView> {
        let line = self.line(caller, "configure").toolkit(&request.toolkit);
        let result = self.try_configure(caller, &request).await;
        self.audited(line, result).await
    }

    async fn try_configure(&self, caller: &Caller, request: &Configure) -> Result<ConfigView> {
        caller.require_admin()?;
        let toolkit = self.find_toolkit_anywhere(&request.toolkit).await?;
        let toolkit = toolkit.ok_or_else(|| self.unknown_slug(&request.toolkit))?;
        check_scopes(request.scopes.as_deref().unwrap_or_default())?;
        let wanted = Wanted {
            scopes: request.scopes.clone(),
            display_name: request.display_name.as_deref().map(checked_display_name).transpose()?,
            credentials: request.oauth_credentials.clone(),
            enables: true,
        };
        match self.decide_backend(caller, &toolkit, &wanted).await? {
            Choice::Native(native) => self.configure_native(caller, &toolkit, &native, &wanted).await,
            Choice::Composio => {
                let (engine, caller) = (self.clone(), caller.clone());
                self.owned(
                    async move { engine.configure_hosted(&caller, &toolkit, &wanted, CREDENTIALS).await },
                )
                .await
            }
        }
    }

    async fn configure_native(
        &self,
        caller: &Caller,
        known: &KnownToolkit,
        toolkit: &Toolkit,
        wanted: &Wanted,
    ) -> Result<ConfigView> {
        let given = wanted.credentials.as_ref();
        let given = given.map(|given| credentials::read(toolkit, given, CREDENTIALS)).transpose()?;
        for _ in 0..MOST_RACES {
            let existing = self.store.find_auth_config(caller.app_id(), toolkit.slug.as_str()).await?;
            let (mut next, client) = self.plan(caller, toolkit, existing.as_ref(), given.as_ref()).await?;
            if let Some(scopes) = &wanted.scopes {
                next.scopes = Json(scopes.clone());
            }
            if let Some(name) = &wanted.display_name {
                next.display_name.clone_from(name);
            }
            let expected = existing.as_ref().map(|config| config.revision);
            if self.store.put_auth_config(&next, expected, client.as_ref()).await? {
                self.store.delete_unused_clients(&next.id).await?;
                return self.view_config(known, next).await;
            }
        }
        Err(Error::internal(anyhow::anyhow!("an auth config changed too often while it was written")))
    }

    /// The row to write, and the client to write with it.
    async fn plan(
        &self,
        caller: &Caller,
        toolkit: &Toolkit,
        existing: Option<&AuthConfig>,
        given: Option<&GivenCredentials>,
    ) -> Result<(AuthConfig, Option<NewClient>)> {
        let scheme = self.wanted_scheme(toolkit, existing, given);
        let managed = self.wants_managed(caller, toolkit, scheme, existing, given)?;
        if let Some(existing) = existing
            && (existing.managed != managed
                || existing.auth_scheme != scheme.name().as_str()
                || existing.backend != Backend::Native.as_str())
        {
            let connected = self.store.count_accounts(&existing.id).await?;
            if connected > 0 {
                return Err(conflict(&toolkit.display_name, connected));
            }
        }
        let now = self.now();
        let mut next = existing.cloned().unwrap_or_else(|| AuthConfig {
            id: AuthConfigId::new(self.ids.ordered("ac", now)),
            app_id: caller.app_id().clone(),
            toolkit: toolkit.slug.to_string(),
            display_name: toolkit.display_name.clone(),
            enabled: true,
            scopes: Json(Vec::new()),
            auth_scheme: String::new(),
            managed,
            backend: String::new(),
            client_version: None,
            revision: 0,
            created_at: now.into(),
            updated_at: now.into(),
        });
        next.enabled = true;
        next.managed = managed;
        Backend::Native.as_str().clone_into(&mut next.backend);
        scheme.name().as_str().clone_into(&mut next.auth_scheme);
        next.revision += 1;
        next.updated_at = now.into();
        let client = self.plan_client(toolkit, scheme, &next, given).await?;
        next.client_version = client.as_ref().map(|client| client.version).or(next.client_version);
        Ok((next, client))
    }

    /// What the app names, or what it has, or the toolkit's first.
    fn wanted_scheme<'t>(
        &self,
        toolkit: &'t Toolkit,
        existing: Option<&AuthConfig>,
        given: Option<&GivenCredentials>,
    ) -> &'t AuthScheme {
        let named = given.and_then(|given| given.auth_scheme);
        let had = existing.and_then(|config| SchemeName::parse(&config.auth_scheme));
        named
            .or(had)
            .and_then(|name| toolkit.auth_scheme(name))
            .unwrap_or_else(|| toolkit.default_auth_scheme())
    }

    /// Whether the instance's client serves it. Decides what an app without credentials is told.
    fn wants_managed(
        &self,
        caller: &Caller,
        toolkit: &Toolkit,
        scheme: &AuthScheme,
        existing: Option<&AuthConfig>,
        given: Option<&GivenCredentials>,
    ) -> Result<bool> {
        let Some(oauth2) = scheme.oauth2() else { return Ok(false) };
        let own_client =
            given.is_some_and(|given| given.client_id.is_some() || given.client_secret.is_some());
        let has_own = existing.is_some_and(|config| {
            !config.managed
                && config.auth_scheme == scheme.name().as_str()
                && config.backend == Backend::Native.as_str()
        });
        if own_client || has_own {
            return Ok(false);
        }
        match (&toolkit.managed_client, self.managed_client(toolkit)) {
            (Some(_), Some(_)) => Ok(true),
            (Some(_), None) => Err(not_configured(toolkit)),
            (None, _) => {
                let redirect_uri = self.own_redirect_uri(caller.app_id(), toolkit);
                Err(byo_required(&toolkit.display_name, &client_fields(Some(oauth2)), Some(&redirect_uri)))
            }
        }
    }

    async fn plan_client(
        &self,
        toolkit: &Toolkit,
        scheme: &AuthScheme,
        next: &AuthConfig,
        given: Option<&GivenCredentials>,
    ) -> Result<Option<NewClient>> {
        let Some(oauth2) = scheme.oauth2() else { return Ok(None) };
        let versions = self.store.list_client_versions(&next.id).await?;
        if next.managed {
            let client = self.managed_client(toolkit).ok_or_else(|| not_configured(toolkit))?;
            return Ok(Some(managed_version(&versions, &client.client_id)));
        }
        let Some(given) = given else { return Ok(None) };
        let current = versions.iter().find(|row| Some(row.version) == next.client_version && !row.managed);
        self.merge_client(toolkit, oauth2, next, &versions, current, given, "/oauth_credentials").map(Some)
    }

    /// The app's client after what it gave: omitted parts are kept as long as the client id is the same. One version
    /// is one client id, so a new secret for a known id takes its version's place.
    #[allow(clippy::too_many_arguments, reason = "the versions and the current one come from one read")]
    pub(crate) fn merge_client(
        &self,
        toolkit: &Toolkit,
        oauth2: &catalog::OAuth2,
        config: &AuthConfig,
        versions: &[ClientVersion],
        current: Option<&ClientVersion>,
        given: &GivenCredentials,
        base: &str,
    ) -> Result<NewClient> {
        let Some(current) = current else {
            check_complete(given, oauth2, base)?;
            return Ok(self.seal_given(config, versions, given));
        };
        let mut merged = GivenCredentials {
            auth_scheme: None,
            client_id: given.client_id.clone().or_else(|| Some(current.client_id.clone())),
            client_secret: given.client_secret.clone(),
            extras: given.extras.clone(),
        };
        let known = self.open_client_version(toolkit, current).map_err(|_| {
            Error::internal(anyhow::anyhow!("the app's own client of {} does not open", config.id))
        })?;
        if merged.client_id.as_deref() == Some(&current.client_id) {
            merged.client_secret = merged.client_secret.or(known.secret);
        }
        for (name, value) in known.extras {
            merged.extras.entry(name).or_insert(value);
        }
        check_complete(&merged, oauth2, base)?;
        Ok(self.seal_given(config, versions, &merged))
    }

    fn seal_given(
        &self,
        config: &AuthConfig,
        versions: &[ClientVersion],
        given: &GivenCredentials,
    ) -> NewClient {
        let client_id = given.client_id.as_deref().unwrap_or_default();
        let known = versions.iter().find(|row| !row.managed && row.client_id == client_id);
        let version = known.map_or_else(|| next_version(versions), |row| row.version);
        self.seal_client(
            &config.app_id,
            &config.id,
            version,
            client_id,
            given.client_secret.as_ref(),
            &given.extras,
        )
    }

    /// What an app with its own client registers at the provider.
    pub(crate) fn own_redirect_uri(&self, app: &AppId, toolkit: &Toolkit) -> Url {
        self.public_path(&format!("/v1/{app}/integrations/callback/{}", toolkit.slug))
    }

    pub(crate) fn public_path(&self, path: &str) -> Url {
        let mut url = self.settings.public_url.clone();
        url.set_path(&format!("{}{path}", self.settings.public_url.path().trim_end_matches('/')));
        url
    }

    /// No backend knows the slug.
    pub(crate) fn unknown_slug(&self, slug: &str) -> Error {
        Error::new(
            Code::IntegrationsUpstreamError,
            Kind::Invalid,
            format!("There is no toolkit `{}`", cut(slug)),
            self.slug_hint(slug),
        )
        .with_details(json!({ "suggestions": self.suggest_toolkits(slug) }))
    }

    /// Known or not, the toolkit is not enabled for this app.
    pub(crate) fn not_enabled(&self, slug: &str, kind: Kind) -> Error {
        let known = self.find_toolkit(slug).map(|toolkit| toolkit.slug().to_owned());
        let shown = known.clone().unwrap_or_else(|| cut(slug));
        let remediation = match &known {
            Some(slug) => format!("Call `configure` with toolkit `{slug}` first."),
            None => self.slug_hint(slug),
        };
        let error = Error::new(
            Code::IntegrationsToolkitNotEnabled,
            kind,
            format!("Integration \"{shown}\" is not configured for this app"),
            remediation,
        );
        match known {
            Some(_) => error,
            None => error.with_details(json!({ "suggestions": self.suggest_toolkits(slug) })),
        }
    }

    fn slug_hint(&self, slug: &str) -> String {
        match self.suggest_toolkits(slug).as_slice() {
            [] => "Call `list_available` with `search` to find the slug.".to_owned(),
            near => {
                format!("Did you mean {}? `list_available` with `search` finds others.", near.join(" or "))
            }
        }
    }
}

/// A caller's text as it is repeated to him.
pub(crate) fn cut(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(64).collect()
}

pub(crate) fn check_scopes(scopes: &[String]) -> Result<()> {
    if scopes.len() > MOST_SCOPES {
        return Err(Error::invalid_at("/scopes", format!("must have at most {MOST_SCOPES} entries")));
    }
    let wrong = scopes.iter().enumerate().filter(|(_, scope)| !is_scope_token(scope));
    let problems: Vec<Problem> = wrong
        .map(|(index, _)| {
            Problem::wrong(
                &format!("/scopes/{index}"),
                "must be one scope, without spaces, commas or quotes; give each scope as its own element"
                    .to_owned(),
            )
        })
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(Error::invalid(&problems)) }
}

fn checked_display_name(name: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err(Error::invalid_at(
            "/display_name",
            "must have 1 to 100 characters and no control characters",
        ));
    }
    Ok(name.to_owned())
}

pub(crate) fn conflict(display_name: &str, connected: i64) -> Error {
    Error::new(
        Code::IntegrationsConfigConflict,
        Kind::Conflict,
        format!("{connected} connected accounts of {display_name} depend on the present OAuth client"),
        "Disconnect these accounts first, or use `rotate_credentials` to change your own client's credentials.",
    )
    .with_details(json!({ "connected_accounts": connected }))
}

/// `redirect_uri` is absent where the credentials are no OAuth client.
pub(crate) fn byo_required(
    display_name: &str,
    fields: &[catalog::Field],
    redirect_uri: Option<&Url>,
) -> Error {
    let names: Vec<&str> =
        fields.iter().filter(|field| field.required).map(|field| field.name.as_str()).collect();
    let names = names.join(", ");
    let (message, remediation) = match redirect_uri {
        Some(uri) => (
            format!("{display_name} has no managed OAuth client; it needs one of your own"),
            format!(
                "Register an OAuth client with the redirect URI {uri} and pass `oauth_credentials` with {names}."
            ),
        ),
        None => (
            format!("{display_name} has no managed credentials; it needs some of your own"),
            format!("Pass `oauth_credentials` with {names}."),
        ),
    };
    let mut details = json!({ "credential_fields": fields });
    if let Some(uri) = redirect_uri {
        details["redirect_uri"] = uri.as_str().into();
    }
    Error::new(Code::IntegrationsByoCredentialsRequired, Kind::Invalid, message, remediation)
        .with_details(details)
}
