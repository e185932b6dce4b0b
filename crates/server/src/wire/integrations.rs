//! Integrations, toolkits and tools.

use catalog::Field;
use engine::{AvailableToolkit, ConfigView, ListedTool};
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
    pub docs_url: String,
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
        let toolkit = &available.toolkit;
        let asked = toolkit.scopes.always.iter().chain(&toolkit.scopes.default);
        let setup = toolkit.setup.as_ref().map(|setup| Setup {
            register_at: setup.register_at.to_string(),
            steps: setup.steps.clone(),
            redirect_uri: available.redirect_uri.as_ref().map(Url::to_string),
            scopes: asked.map(|scope| toolkit.scopes.full(scope)).collect(),
        });
        Self {
            toolkit: toolkit.slug.to_string(),
            display_name: toolkit.display_name.clone(),
            description: toolkit.description.clone(),
            curated: toolkit.curated.is_some(),
            auth_schemes: toolkit
                .auth_schemes
                .iter()
                .map(|scheme| scheme.name().as_str().to_owned())
                .collect(),
            requires_byo_credentials: available.requires_byo_credentials,
            backend: available.backend.to_owned(),
            tools_count: toolkit.tools.len(),
            categories: toolkit.categories.clone(),
            docs_url: toolkit.docs_url.to_string(),
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
        let tool = &listed.tool;
        Self {
            name: tool.name.clone(),
            description: tool.description.clone(),
            parameters: tool.parameters.schema().clone(),
            output: tool.result.schema.as_ref().map(|schema| schema.as_value().clone()),
            effect: tool.effect.as_str().to_owned(),
            scopes: tool.scopes.iter().map(|set| set.0.clone()).collect(),
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

/// What a tool answered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExecuteResponse {
    pub successful: bool,
    /// The tool's result.
    pub data: Value,
}
