//! MCP over HTTP: the same engine calls as REST, so the same results and errors. Stateless, JSON answers, protocol
//! revisions 2025-11-25 and 2026-07-28.

mod definitions;
mod dispatch;
pub(crate) mod handler;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use engine::Engine;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use url::Url;

use crate::api::{ApiError, AppState, BearerAccess, MAX_BODY_BYTES};
use dispatch::EngineCalls;
use handler::Handler;

/// The app that the endpoint's path names.
#[derive(Debug, Clone)]
pub(crate) struct BoundApp(String);

pub(crate) fn routes(engine: &Engine) -> Router<AppState> {
    let calls = Arc::new(EngineCalls::new(engine.clone()));
    let service = StreamableHttpService::new(
        move || Ok(Handler::new(Arc::clone(&calls))),
        Arc::new(NeverSessionManager::default()),
        config(engine.public_url()),
    );
    let any_app = Router::new()
        .route_service("/mcp", service.clone())
        .route_layer(from_fn_with_state(engine.clone(), authenticate_any));
    let one_app = Router::new()
        .route_service("/v1/{app_id}/mcp", service)
        .route_layer(from_fn_with_state(engine.clone(), authenticate_app));
    any_app.merge(one_app)
}

fn config(public: &Url) -> StreamableHttpServerConfig {
    let host = public.host_str().unwrap_or_default();
    let authority = public.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(MAX_BODY_BYTES)
        .with_allowed_hosts([authority])
        .with_allowed_origins([with_port(public)])
        .enforce_origin_validation()
}

/// An origin with its port written out, which is what the check compares exactly.
fn with_port(url: &Url) -> String {
    let port = url.port_or_known_default().unwrap_or_default();
    format!("{}://{}:{port}", url.scheme(), url.host_str().unwrap_or_default())
}

/// Service and platform keys, of whatever app; each call names its app.
async fn authenticate_any(
    State(engine): State<Engine>,
    access: Result<BearerAccess, ApiError>,
    request: Request,
    next: Next,
) -> Response {
    let BearerAccess(access) = match access {
        Ok(access) => access,
        Err(error) => return error.into_response(),
    };
    match engine.authenticate_any(&access).await {
        Ok(()) => forward(BearerAccess(access), None, request, next).await,
        Err(error) => ApiError::from(error).into_response(),
    }
}

/// Every caller of the app in the path, end users included.
async fn authenticate_app(
    State(engine): State<Engine>,
    Path(app): Path<String>,
    access: Result<BearerAccess, ApiError>,
    request: Request,
    next: Next,
) -> Response {
    let authenticated = match access {
        Ok(BearerAccess(access)) => {
            engine.authenticate(&access, &app).await.map(|_| BearerAccess(access)).map_err(ApiError::from)
        }
        Err(error) => Err(error),
    };
    match authenticated {
        Ok(access) => forward(access, Some(BoundApp(app)), request, next).await,
        Err(error) => {
            let mut response = error.into_response();
            if response.headers().contains_key(header::WWW_AUTHENTICATE) {
                let public = engine.public_url().as_str().trim_end_matches('/');
                let challenge = format!(
                    "Bearer resource_metadata=\"{public}/.well-known/oauth-protected-resource/v1/{app}/mcp\""
                );
                if let Ok(value) = HeaderValue::from_str(&challenge) {
                    response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
                }
            }
            response
        }
    }
}

async fn forward(access: BearerAccess, app: Option<BoundApp>, mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(access.0);
    if let Some(app) = app {
        request.extensions_mut().insert(app);
    }
    // Plenty of clients name only one of the two; every answer here is JSON anyway.
    let both = HeaderValue::from_static("application/json, text/event-stream");
    request.headers_mut().insert(header::ACCEPT, both);
    next.run(request).await
}
