//! Integrations, toolkits and tools.

use catalog::Field;
use engine::{AvailableToolkit, CatalogAge, ConfigView, Engine, ListedTool, Listing};
use serde::Serialize;
use serde_json::Value;
use url::Url;
use utoipa::ToSchema;

use crate::pages::icon_path;

/// A toolkit enabled for an app.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IntegrationConfig {
    pub id: String,
    pub app_id: String,
    pub toolkit_slug: String,
    pub display_name: String,
    pub enabled: bool,
    /// As given; empty means the toolkit's default scopes.
    pub scopes: Vec<String>,
    pub auth_scheme: String,
    /// Whether the OAuth client is the instance's own.
    pub managed: bool,
    pub backend: String,
    /// What the app registers at the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_uri: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// `settled`, or `pending` while Composio does not have these settings yet; absent with the native backend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sync: Option<String>,
    /// Equals `id`; existing clients' types expect it.
    pub composio_auth_config_id: String,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// RFC 3339, UTC.
    pub updated_at: String,
}

impl From<ConfigView> for IntegrationConfig {
    fn from(view: ConfigView) -> Self {
        let config = view.config;
        Self {
            id: config.id.to_string(),
            app_id: config.app_id.to_string(),
            toolkit_slug: config.toolkit,
            display_name: config.display_name,
            enabled: config.enabled,
            scopes: config.scopes.0,
            auth_scheme: config.auth_scheme,
            managed: config.managed,
            backend: config.backend,
            redirect_uri: view.redirect_uri.map(String::from),
            warnings: view.warnings,
            sync: view.is_settled.map(|settled| if settled { "settled" } else { "pending" }.to_owned()),
            composio_auth_config_id: config.id.to_string(),
            created_at: config.created_at.to_string(),
            updated_at: config.updated_at.to_string(),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IntegrationConfigs {
    pub app_id: String,
    pub integrations: Vec<IntegrationConfig>,
}

/// A toolkit that can be enabled.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AvailableIntegration {
    pub toolkit: String,
    #[serde(rename = "displayName")]
    pub display_name: String,
    pub description: String,
    pub curated: bool,
    pub auth_schemes: Vec<String>,
    /// Whether `configure` needs `oauth_credentials` on this instance.
    pub requires_byo_credentials: bool,
    pub backend: String,
    pub tools_count: usize,
    /// What an app enters that brings its own OAuth client.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub credential_fields: Vec<CredentialField>,
    pub categories: Vec<String>,
    /// The provider's documentation of the API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub docs_url: Option<String>,
    /// An SVG of this service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setup: Option<Setup>,
}

/// How an app gets an OAuth client of its own.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Setup {
    /// The provider's page for it.
    pub register_at: String,
    /// What to do there.
    pub steps: Vec<String>,
    /// What to register as the redirect URI.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_uri: Option<String>,
    /// What is asked for unless the app names scopes, in the provider's own form.
    pub scopes: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CredentialField {
    pub name: String,
    pub label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    pub secret: bool,
    pub required: bool,
}

impl From<Field> for CredentialField {
    fn from(field: Field) -> Self {
        Self {
            name: field.name,
            label: field.label,
            help: field.help,
            secret: field.secret,
            required: field.required,
        }
    }
}

impl AvailableIntegration {
    pub(crate) fn new(available: AvailableToolkit, public_url: &Url) -> Self {
        let (toolkit, backend) = (&available.toolkit, available.backend);
        let setup = toolkit.native().and_then(|native| {
            let asked = native.scopes.always.iter().chain(&native.scopes.default);
            native.setup.as_ref().map(|setup| Setup {
                register_at: setup.register_at.to_string(),
                steps: setup.steps.clone(),
                redirect_uri: available.redirect_uri.as_ref().map(Url::to_string),
                scopes: asked.map(|scope| native.scopes.full(scope)).collect(),
            })
        });
        Self {
            toolkit: toolkit.slug().to_owned(),
            display_name: toolkit.display_name().to_owned(),
            description: toolkit.description().to_owned(),
            curated: toolkit.is_curated(),
            auth_schemes: toolkit.auth_schemes(backend),
            requires_byo_credentials: available.requires_byo_credentials,
            backend: backend.as_str().to_owned(),
            tools_count: toolkit.tools_count(backend),
            categories: toolkit.categories(),
            docs_url: toolkit.docs_url(),
            icon_url: icon_path(toolkit)
                .map(|path| format!("{}{path}", public_url.as_str().trim_end_matches('/'))),
            setup,
            credential_fields: available.credential_fields.into_iter().map(Into::into).collect(),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AvailableIntegrations {
    pub integrations: Vec<AvailableIntegration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// How current the part is that comes from Composio; absent where this instance does not use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub composio_catalog: Option<CatalogState>,
}

/// How current Composio's part of the catalogue is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CatalogState {
    /// RFC 3339, UTC; absent where it was never fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    pub age_seconds: i64,
    /// Whether it could not be fetched when it should have been: what is listed may have changed since.
    pub stale: bool,
}

impl From<CatalogAge> for CatalogState {
    fn from(age: CatalogAge) -> Self {
        Self {
            as_of: age.taken_at.map(|at| engine::Time::from(at).to_string()),
            age_seconds: age.age.as_secs(),
            stale: age.is_stale,
        }
    }
}

impl AvailableIntegrations {
    pub(crate) fn new(engine: &Engine, listing: Listing<AvailableToolkit>) -> Self {
        let shown = |toolkit| AvailableIntegration::new(toolkit, engine.public_url());
        Self {
            integrations: listing.items.into_iter().map(shown).collect(),
            next_cursor: listing.next_cursor,
            composio_catalog: engine.catalog_age().map(Into::into),
        }
    }
}

/// Something an agent can do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tool {
    pub name: String,
    pub description: String,
    /// JSON Schema of the arguments.
    #[schema(value_type = Object)]
    pub parameters: Value,
    /// JSON Schema of the result.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub output: Option<Value>,
    /// `read`, `write` or `destructive`.
    pub effect: String,
    /// Alternatives, each of which suffices: a list of sets.
    pub scopes: Vec<Vec<String>>,
    /// Whether the named user's account has the scopes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub granted: Option<bool>,
}

impl From<ListedTool> for Tool {
    fn from(listed: ListedTool) -> Self {
        Self {
            name: listed.name().to_owned(),
            description: listed.description().to_owned(),
            parameters: listed.parameters().clone(),
            output: listed.output().cloned(),
            effect: listed.effect().as_str().to_owned(),
            scopes: listed.scopes(),
            granted: listed.granted,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tools {
    pub tools: Vec<Tool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
