//! The REST surface on one screen: every route with its handler. openapi.json is made from this same list.

mod admin;
mod apps;
mod callback;
mod connections;
mod document;
mod error;
mod execute;
mod executions;
mod extract;
mod health;
mod integrations;
mod keys;
mod tools;
mod trace;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::{from_fn, from_fn_with_state};
use engine::{Engine, Limits};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer};
use tower_http::timeout::RequestBodyTimeoutLayer;
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) use error::{ApiError, ApiResult, say_when, status_of};
pub(crate) use extract::{BearerAccess, MAX_BODY_BYTES};
pub(crate) use trace::RequestId;

use crate::limits::AddressLimits;
use crate::{mcp, pages};

/// What handlers share.
#[derive(Clone)]
pub(crate) struct AppState {
    pub(crate) engine: Engine,
    pub(crate) addresses: AddressLimits,
    openapi: Arc<str>,
}

impl FromRef<AppState> for Engine {
    fn from_ref(state: &AppState) -> Self {
        state.engine.clone()
    }
}

impl FromRef<AppState> for AddressLimits {
    fn from_ref(state: &AppState) -> Self {
        state.addresses.clone()
    }
}

/// How long a client may pause in the middle of a body.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// The whole service as one router.
pub fn router(engine: Engine, address_limits: Limits, forwarded_hops: usize) -> Router {
    let (routes, document) = described_routes(&engine);
    let state = AppState {
        addresses: AddressLimits::new(address_limits, forwarded_hops),
        openapi: Arc::from(document::text(document)),
        engine: engine.clone(),
    };
    routes
        .merge(pages::routes())
        .merge(mcp::routes(&engine))
        .fallback(error::no_such_route)
        .method_not_allowed_fallback(error::no_such_method)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(RequestBodyTimeoutLayer::new(BODY_TIMEOUT))
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(from_fn_with_state(state.clone(), trace::limit_failed_authentication))
        .layer(from_fn(trace::finish))
        .with_state(state)
}

/// Every route of the REST surface, and the document that describes them.
fn described_routes(engine: &Engine) -> (Router<AppState>, utoipa::openapi::OpenApi) {
    let others = OpenApiRouter::with_openapi(document::Document::openapi())
        .merge(for_operators())
        .merge(for_admins())
        .merge(for_anybody());
    let (others, mut document) = others.split_for_parts();
    let (end_users, described) = for_end_users().split_for_parts();
    document.merge(described);
    // The fallback comes first, so that preflights reach the layer: they use a method that no route takes.
    let end_users = end_users.method_not_allowed_fallback(error::no_such_method).layer(cors(engine.clone()));
    (others.merge(end_users), document)
}

fn for_admins() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(integrations::list_configs))
        .routes(routes!(integrations::configure))
        .routes(routes!(integrations::rotate))
        .routes(routes!(integrations::disable))
        .routes(routes!(integrations::list_available))
        .routes(routes!(keys::list, keys::create))
        .routes(routes!(keys::revoke))
        .routes(routes!(apps::put_auth))
        .routes(routes!(apps::put_settings))
        .routes(routes!(apps::list_audit))
        .routes(routes!(apps::offboard))
}

fn for_end_users() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(connections::connect))
        .routes(routes!(connections::connect_status))
        .routes(routes!(connections::list))
        .routes(routes!(connections::confirm))
        .routes(routes!(connections::disconnect))
        .routes(routes!(tools::list))
        .routes(routes!(execute::execute))
        .routes(routes!(executions::list))
        .routes(routes!(executions::get))
}

fn for_operators() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(apps::init))
        .routes(routes!(apps::list))
        .routes(routes!(apps::delete))
        .routes(routes!(admin::rotate_vault))
        .routes(routes!(admin::metrics))
}

fn for_anybody() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(callback::own_client))
        .routes(routes!(callback::managed_client))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(health::openapi))
        .routes(routes!(health::protected_resource))
}

/// Pages of an app's allowed origins may call the routes that its end users may call.
fn cors(engine: Engine) -> CorsLayer {
    let allowed = move |origin: HeaderValue, parts: &axum::http::request::Parts| {
        let engine = engine.clone();
        let app = parts.uri.path().split('/').nth(2).unwrap_or_default().to_owned();
        async move {
            engine.allowed_origins(&app).await.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes())
        }
    };
    CorsLayer::new()
        .allow_origin(AllowOrigin::async_predicate(allowed))
        .allow_methods(AllowMethods::list([Method::GET, Method::POST, Method::DELETE]))
        .allow_headers(AllowHeaders::list([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            HeaderName::from_static("idempotency-key"),
        ]))
        .expose_headers([trace::REQUEST_ID, header::RETRY_AFTER])
        .max_age(Duration::from_secs(600))
}
