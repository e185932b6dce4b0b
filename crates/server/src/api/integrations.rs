//! Enabling toolkits for an app.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use engine::{AvailableFilter, Configure, Engine, Error, Which};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::ApiResult;
use super::extract::{AppCaller, Body, Query};
use crate::input;
use crate::requests::ConfigureBody;
use crate::wire::{AvailableIntegrations, ErrorEnvelope, IntegrationConfig, IntegrationConfigs};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ConfigQuery {
    /// `true`: disabled ones, too, to see how far a disable has come at Composio.
    all: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AvailableQuery {
    /// Plain words; searches the whole catalogue.
    search: Option<String>,
    /// `true`: only the curated toolkits; `false`: the whole catalogue.
    curated: Option<String>,
    /// How many at most, 200 or fewer.
    limit: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The app's own OAuth client: `client_id`, `client_secret` and what else the toolkit declares.
#[derive(Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = Object)]
pub(crate) struct Credentials(pub(crate) Map<String, Value>);

/// List the enabled toolkits
#[utoipa::path(get, path = "/v1/{app_id}/integrations/config", operation_id = "listConfigs", tag = "integrations",
    security(("bearer" = [])), params(("app_id" = String, Path), ConfigQuery),
    responses((status = 200, body = IntegrationConfigs), (status = "4XX", body = ErrorEnvelope)))]
pub(crate) async fn list_configs(
    State(engine): State<Engine>,
    AppCaller(caller): AppCaller,
    Query(query): Query<ConfigQuery>,
) -> ApiResult<Json<IntegrationConfigs>> {
    let which = match query.all.as_deref() {
        None | Some("false") => Which::Enabled,
        Some("true") => Which::All,
        Some(_) => return Err(Error::invalid_at("/all", "must be `true` or `false`").into()),
    };
    let integrations = engine.list_configs(&caller, which).await?.into_iter().map(Into::into).collect();
    Ok(Json(IntegrationConfigs { app_id: caller.app_id().to_string(), integrations }))
}

/// Enable a toolkit, or change how it is enabled
#[utoipa::path(post, path = "/v1/{app_id}/integrations/configure", operation_id = "configure", tag = "integrations",
    security(("bearer" = [])), params(("app_id" = String, Path)), request_body = ConfigureBody,
    responses((status = 200, body = IntegrationConfig), (status = "4XX", body = ErrorEnvelope)))]
pub(crate) async fn configure(
    State(engine): State<Engine>,
    AppCaller(caller): AppCaller,
    Body(body): Body<ConfigureBody>,
) -> ApiResult<Json<IntegrationConfig>> {
    Ok(Json(engine.configure(&caller, body.into()).await?.into()))
}

impl From<ConfigureBody> for Configure {
    fn from(body: ConfigureBody) -> Self {
        Self {
            toolkit: body.toolkit,
            scopes: body.scopes,
            display_name: body.display_name,
            oauth_credentials: body.oauth_credentials,
        }
    }
}

/// Rotate the app's own client credentials
///
/// Connected accounts are kept.
#[utoipa::path(patch, path = "/v1/{app_id}/integrations/configure/{toolkit}/credentials",
    operation_id = "rotateCredentials", tag = "integrations", security(("bearer" = [])),
    params(("app_id" = String, Path), ("toolkit" = String, Path)), request_body = Credentials,
    responses((status = 200, body = IntegrationConfig), (status = "4XX", body = ErrorEnvelope)))]
pub(crate) async fn rotate(
    State(engine): State<Engine>,
    AppCaller(caller): AppCaller,
    Path((_, toolkit)): Path<(String, String)>,
    Body(body): Body<Credentials>,
) -> ApiResult<Json<IntegrationConfig>> {
    Ok(Json(engine.rotate_credentials(&caller, &toolkit, &body.0, "").await?.into()))
}

/// Disable a toolkit
///
/// Execute and connect stop at once; accounts are kept. Fine for what was never enabled.
#[utoipa::path(delete, path = "/v1/{app_id}/integrations/configure/{toolkit}", operation_id = "disable",
    tag = "integrations", security(("bearer" = [])), params(("app_id" = String, Path), ("toolkit" = String, Path)),
    responses((status = 204), (status = "4XX", body = ErrorEnvelope)))]
pub(crate) async fn disable(
    State(engine): State<Engine>,
    AppCaller(caller): AppCaller,
    Path((_, toolkit)): Path<(String, String)>,
) -> ApiResult<StatusCode> {
    engine.disable(&caller, &toolkit).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List the toolkits that can be enabled
///
/// Without `search` and `curated=false`: the curated ones in their published order; otherwise the whole catalogue,
/// ranked.
#[utoipa::path(get, path = "/v1/{app_id}/integrations/available", operation_id = "listAvailable",
    tag = "integrations", security(("bearer" = [])), params(("app_id" = String, Path), AvailableQuery),
    responses((status = 200, body = AvailableIntegrations), (status = "4XX", body = ErrorEnvelope)))]
pub(crate) async fn list_available(
    State(engine): State<Engine>,
    AppCaller(caller): AppCaller,
    Query(query): Query<AvailableQuery>,
) -> ApiResult<Json<AvailableIntegrations>> {
    let curated = query.curated.as_deref().map(str::parse).transpose();
    let filter = AvailableFilter {
        search: query.search,
        curated: curated.map_err(|_| Error::invalid_at("/curated", "must be `true` or `false`"))?,
        limit: input::limit(query.limit.as_deref(), 50, 200)?,
        cursor: query.cursor,
    };
    let listing = engine.list_available(&caller, &filter).await?;
    Ok(Json(AvailableIntegrations::new(&engine, listing)))
}
