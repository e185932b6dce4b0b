//! Executing a tool: the hot path. The engine authenticates and reads in one go, so this handler does not.

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_LENGTH;
use engine::{Engine, Error, Execute};

use super::extract::{BearerAccess, MAX_BODY_BYTES, read_body, read_file_body};
use super::{ApiResult, AppState};
use crate::input;
use crate::requests::ExecuteBody;
use crate::wire::{ErrorEnvelope, ExecuteResponse};

/// Execute a tool
///
/// With an `Idempotency-Key` a repeated call is answered from the first one's result and not carried out again.
#[utoipa::path(post, path = "/v1/{app_id}/integrations/execute", operation_id = "execute", tag = "tools",
    security(("bearer" = [])),
    params(("app_id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = ExecuteBody,
    responses((status = 200, body = ExecuteResponse), (status = "4XX", body = ErrorEnvelope),
        (status = 502, body = ErrorEnvelope)))]
pub(crate) async fn execute(
    State(state): State<AppState>,
    BearerAccess(access): BearerAccess,
    Path(app): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> ApiResult<Json<ExecuteResponse>> {
    let engine: &Engine = &state.engine;
    let bytes = match is_large(&headers) {
        true => {
            engine.authenticate(&access, &app).await?;
            read_file_body(request).await
        }
        false => read_body(request, &state).await,
    };
    let body = match bytes.and_then(|bytes| Ok(read(&bytes, &headers)?)) {
        Ok(body) => body,
        Err(error) => {
            // Who may not be here is told that first.
            engine.authenticate(&access, &app).await?;
            return Err(error);
        }
    };
    Ok(Json(engine.execute(&access, &app, body).await?.into()))
}

/// Whether the body may carry a file, which only a caller who is known may send.
fn is_large(headers: &HeaderMap) -> bool {
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    length.is_some_and(|length: usize| length > MAX_BODY_BYTES)
}

fn read(bytes: &[u8], headers: &HeaderMap) -> engine::Result<Execute> {
    let body: ExecuteBody = input::read_bytes(bytes)?;
    let header = headers.get("idempotency-key").map(|value| value.to_str().map(str::to_owned)).transpose();
    let header =
        header.map_err(|_| Error::invalid_at("/idempotency_key", "must be visible ASCII in a header"))?;
    let tool = body.tool_name.clone();
    let tool = tool.ok_or_else(|| Error::missing("/toolName", "`toolName` is required"))?;
    Ok(body.execute(tool, header))
}
