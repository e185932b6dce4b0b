//! What only the operator may do with the instance.

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use engine::{Engine, Resealed};
use serde::Serialize;
use utoipa::ToSchema;

use super::ApiResult;
use super::extract::BearerAccess;
use crate::wire::ErrorEnvelope;

/// What a rotation of the vault did.
#[derive(Serialize, ToSchema)]
pub(crate) struct VaultRotation {
    /// The key everything is under now.
    key_id: String,
    resealed: u64,
    already_current: u64,
    /// Secrets that did not open; they were left as they are.
    unreadable: u64,
}

impl From<Resealed> for VaultRotation {
    fn from(done: Resealed) -> Self {
        Self {
            key_id: done.key_id,
            resealed: done.resealed,
            already_current: done.already_current,
            unreadable: done.unreadable,
        }
    }
}

/// Seal every secret under the newest vault key
///
/// While the service goes on.
#[utoipa::path(post, path = "/admin/vault/rotate", operation_id = "rotateVault", tag = "operator",
    security(("bearer" = [])),
    responses((status = 200, body = VaultRotation), (status = "4XX", body = ErrorEnvelope)))]
pub(crate) async fn rotate_vault(
    State(engine): State<Engine>,
    BearerAccess(access): BearerAccess,
) -> ApiResult<Json<VaultRotation>> {
    Ok(Json(engine.rotate_vault(&access).await?.into()))
}

/// Counters as OpenMetrics text
#[utoipa::path(get, path = "/metrics", operation_id = "metrics", tag = "operator", security(("bearer" = [])),
    responses((status = 200, body = String, content_type = "application/openmetrics-text"),
        (status = "4XX", body = ErrorEnvelope)))]
pub(crate) async fn metrics(
    State(engine): State<Engine>,
    BearerAccess(access): BearerAccess,
) -> ApiResult<impl IntoResponse> {
    let text = engine.metrics(&access).await?;
    Ok(([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text))
}
