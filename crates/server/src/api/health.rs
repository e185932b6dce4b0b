//! What anybody may ask: is it alive, is it ready, what can it do.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use engine::{Engine, Ready};
use serde::Serialize;
use utoipa::ToSchema;

use super::{ApiResult, AppState};
use crate::wire::ErrorEnvelope;

#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    status: &'static str,
    version: &'static str,
}

/// A node that can serve.
#[derive(Serialize, ToSchema)]
pub(crate) struct Readiness {
    status: &'static str,
    version: &'static str,
    /// `sqlite` or `postgres`.
    database: &'static str,
    /// Which process answered: another id at every start.
    node: String,
    /// The newest migration of the database, which all nodes share.
    schema: i64,
}

/// RFC 9728.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProtectedResource {
    resource: String,
    authorization_servers: Vec<String>,
    bearer_methods_supported: [&'static str; 1],
}

/// Is the process alive
#[utoipa::path(get, path = "/health/live", operation_id = "live", tag = "health", security(()),
    responses((status = 200, body = Health), (status = "4XX", body = ErrorEnvelope)))]
pub(crate) async fn live() -> Json<Health> {
    Json(Health { status: "ok", version: env!("CARGO_PKG_VERSION") })
}

/// Can it serve
#[utoipa::path(get, path = "/health/ready", operation_id = "ready", tag = "health", security(()),
    responses((status = 200, body = Readiness), (status = "4XX", body = ErrorEnvelope),
        (status = 503, body = ErrorEnvelope)))]
pub(crate) async fn ready(State(engine): State<Engine>) -> ApiResult<Json<Readiness>> {
    let Ready { node, database, schema } = engine.ready().await?;
    Ok(Json(Readiness { status: "ok", version: env!("CARGO_PKG_VERSION"), database, node, schema }))
}

/// This description
#[utoipa::path(get, path = "/openapi.json", operation_id = "openapi", tag = "health", security(()),
    responses((status = 200, body = Object), (status = "4XX", body = ErrorEnvelope)))]
pub(crate) async fn openapi(State(state): State<AppState>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], state.openapi.to_string())
}

/// Who issues tokens for an app's MCP endpoint (RFC 9728)
#[utoipa::path(get, path = "/.well-known/oauth-protected-resource/v1/{app_id}/mcp", operation_id = "protectedResource",
    tag = "health", security(()), params(("app_id" = String, Path)),
    responses((status = 200, body = ProtectedResource), (status = "4XX", body = ErrorEnvelope)))]
pub(crate) async fn protected_resource(
    State(engine): State<Engine>,
    Path(app): Path<String>,
) -> ApiResult<Json<ProtectedResource>> {
    let issuer = engine.token_issuer(&app).await?;
    let public = engine.public_url().as_str().trim_end_matches('/');
    Ok(Json(ProtectedResource {
        resource: format!("{public}/v1/{app}/mcp"),
        authorization_servers: vec![issuer],
        bearer_methods_supported: ["header"],
    }))
}
