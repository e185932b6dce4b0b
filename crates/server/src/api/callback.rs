//! Where providers send the browser back. The page and the redirect are in `pages`.

use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use engine::CallbackPath;
use utoipa::IntoParams;

use super::AppState;
use crate::pages;

/// For the document only: the query is read by hand, because a parameter given twice must be refused.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes the query in openapi.json")]
pub(crate) struct CallbackQuery {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

/// The provider's redirect to an app's own client
#[utoipa::path(get, path = "/v1/{app_id}/integrations/callback/{toolkit}", operation_id = "callback",
    tag = "connections", security(()), params(("app_id" = String, Path), ("toolkit" = String, Path), CallbackQuery),
    responses((status = 303, description = "To the app's redirect URL"), (status = 200, description = "Our own page"),
        (status = "4XX", description = "A page that says what is wrong")))]
pub(crate) async fn own_client(
    State(state): State<AppState>,
    Path((app, toolkit)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    extensions: axum::http::Extensions,
) -> Response {
    let path = CallbackPath::App { app, toolkit };
    pages::finish(&state.engine, &state.addresses, path, query.as_deref(), &headers, &extensions).await
}

/// The provider's redirect to the instance's own client
#[utoipa::path(get, path = "/callback/{toolkit}", operation_id = "managedCallback", tag = "connections", security(()),
    params(("toolkit" = String, Path), CallbackQuery),
    responses((status = 303, description = "To the app's redirect URL"), (status = 200, description = "Our own page"),
        (status = "4XX", description = "A page that says what is wrong")))]
pub(crate) async fn managed_client(
    State(state): State<AppState>,
    Path(toolkit): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    extensions: axum::http::Extensions,
) -> Response {
    let path = CallbackPath::Managed { toolkit };
    pages::finish(&state.engine, &state.addresses, path, query.as_deref(), &headers, &extensions).await
}
