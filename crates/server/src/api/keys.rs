//! An app's service keys: shown once, listed by prefix.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use engine::{Engine, Error, KeyScope};

use super::ApiResult;
use super::extract::{AppCaller, Body};
use crate::requests::NewKeyBody;
use crate::wire::{CreatedKey, ErrorEnvelope, KeySummary, Keys};

/// List the app's keys
#[utoipa::path(get, path = "/v1/{app_id}/keys", operation_id = "listKeys", tag = "app", security(("bearer" = [])),
    params(("app_id" = String, Path)),
    responses((status = 200, body = Keys), (status = "4XX", body = ErrorEnvelope)))]
pub(crate) async fn list(
    State(engine): State<Engine>,
    AppCaller(caller): AppCaller,
) -> ApiResult<Json<Keys>> {
    let keys = engine.list_keys(&caller).await?;
    Ok(Json(Keys { keys: keys.iter().map(KeySummary::from).collect() }))
}

/// Create a key
///
/// The key is shown this once.
#[utoipa::path(post, path = "/v1/{app_id}/keys", operation_id = "createKey", tag = "app", security(("bearer" = [])),
    params(("app_id" = String, Path)), request_body = NewKeyBody,
    responses((status = 201, body = CreatedKey), (status = "4XX", body = ErrorEnvelope)))]
pub(crate) async fn create(
    State(engine): State<Engine>,
    AppCaller(caller): AppCaller,
    Body(body): Body<NewKeyBody>,
) -> ApiResult<(StatusCode, Json<CreatedKey>)> {
    let scope = body.scope.as_deref().map_or(Some(KeyScope::Admin), KeyScope::parse);
    let scope = scope.ok_or_else(|| Error::invalid_at("/scope", "must be `admin` or `execute`"))?;
    let expires_at = body.expires_at.as_deref().map(str::parse).transpose();
    let expires_at = expires_at.map_err(|_| Error::invalid_at("/expires_at", "must be an RFC 3339 time"))?;
    let name = body.name.as_deref().unwrap_or("unnamed");
    let new = engine.create_key(&caller, name, scope, expires_at).await?;
    Ok((StatusCode::CREATED, Json(new.into())))
}

/// Revoke a key
///
/// In force for the next request.
#[utoipa::path(delete, path = "/v1/{app_id}/keys/{id}", operation_id = "revokeKey", tag = "app",
    security(("bearer" = [])), params(("app_id" = String, Path), ("id" = String, Path)),
    responses((status = 204), (status = "4XX", body = ErrorEnvelope)))]
pub(crate) async fn revoke(
    State(engine): State<Engine>,
    AppCaller(caller): AppCaller,
    Path((_, id)): Path<(String, String)>,
) -> ApiResult<StatusCode> {
    engine.revoke_key(&caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
