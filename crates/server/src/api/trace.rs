//! Around every request: its id, the envelope of its error, one log line, and the limit for failed authentication.

use std::time::Instant;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use engine::Kind;

use super::{ApiError, AppState};
use crate::wire::ErrorEnvelope;

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of this request, in its extensions, its log line, its answer and its audit line.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) String);

/// Outermost: nothing answers without passing here.
pub(crate) async fn finish(mut request: Request, next: Next) -> Response {
    let id = engine::new_request_id();
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let started = Instant::now();
    let mut response = next.run(request).await;
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        write_envelope(&mut response, &error, &id);
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    tracing::info!(
        request_id = id,
        %method,
        // The pattern, not the path: a path may carry what is nobody's business, such as a connect link.
        route = route.as_deref().unwrap_or("none"),
        status = response.status().as_u16(),
        milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "request"
    );
    response
}

fn write_envelope(response: &mut Response, error: &ApiError, id: &str) {
    if matches!(error.0.kind(), Kind::Internal | Kind::Unavailable) {
        tracing::error!(request_id = id, source = ?error.0.source(), "internal error");
    } else if let Some(source) = error.0.source() {
        tracing::warn!(request_id = id, code = %error.0.code(), source = ?source, "request failed");
    }
    let body = serde_json::to_vec(&ErrorEnvelope::new(&error.0, id)).unwrap_or_default();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    *response.body_mut() = Body::from(body);
}

/// An address that keeps failing to authenticate is slowed down.
pub(crate) async fn limit_failed_authentication(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let (headers, extensions) = (request.headers().clone(), request.extensions().clone());
    let response = next.run(request).await;
    if response.status() != StatusCode::UNAUTHORIZED {
        return response;
    }
    match state.addresses.check(&headers, &extensions) {
        Ok(()) => response,
        Err(error) => ApiError::from(error).into_response(),
    }
}
