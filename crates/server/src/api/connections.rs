//! Connecting users, and their connected accounts.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use engine::{Connect, ConnectionFilter, Engine, Error};
use serde::Deserialize;
use utoipa::IntoParams;

use super::ApiResult;
use super::extract::{AppCaller, Body, Query};
use crate::input;
use crate::requests::{ConfirmBody, ConnectBody};
use crate::wire::{ConnectResponse, ConnectStatusResponse, Connection, Connections, ErrorEnvelope};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ConnectionsQuery {
    #[serde(alias = "userId")]
    user_id: Option<String>,
    toolkit: Option<String>,
    /// `active`, `expired` or `inactive`.
    status: Option<String>,
    /// How many at most, 200 or fewer.
    limit: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct UserQuery {
    /// Whose it must be; keys with scope `execute` always name one.
    #[serde(alias = "userId")]
    pub(super) user_id: Option<String>,
}

impl From<ConnectBody> for Connect {
    fn from(body: ConnectBody) -> Self {
        Self {
            toolkit: body.toolkit,
            user: body.user_id,
            redirect_url: body.redirect_url,
            scopes: body.scopes,
        }
    }
}

/// Get a link by which a user connects an account
#[utoipa::path(post, path = "/v1/{app_id}/integrations/connect", operation_id = "connect", tag = "connections",
    security(("bearer" = [])), params(("app_id" = String, Path)), request_body = ConnectBody,
    responses((status = 200, body = ConnectResponse), (status = "4XX", body = ErrorEnvelope)))]
pub(crate) async fn connect(
    State(engine): State<Engine>,
    AppCaller(caller): AppCaller,
    Body(body): Body<ConnectBody>,
) -> ApiResult<Json<ConnectResponse>> {
    Ok(Json(engine.connect(&caller, &body.into()).await?.into()))
}

/// See how far a connect request has come
#[utoipa::path(get, path = "/v1/{app_id}/integrations/connect/{id}", operation_id = "connectStatus",
    tag = "connections", security(("bearer" = [])),
    params(("app_id" = String, Path), ("id" = String, Path), UserQuery),
    responses((status = 200, body = ConnectStatusResponse), (status = "4XX", body = ErrorEnvelope)))]
pub(crate) async fn connect_status(
    State(engine): State<Engine>,
    AppCaller(caller): AppCaller,
    Path((_, id)): Path<(String, String)>,
    Query(query): Query<UserQuery>,
) -> ApiResult<Json<ConnectStatusResponse>> {
    Ok(Json(engine.connect_progress(&caller, &id, query.user_id.as_deref()).await?.into()))
}

/// List connected accounts
#[utoipa::path(get, path = "/v1/{app_id}/integrations/connections", operation_id = "listConnections",
    tag = "connections", security(("bearer" = [])), params(("app_id" = String, Path), ConnectionsQuery),
    responses((status = 200, body = Connections), (status = "4XX", body = ErrorEnvelope)))]
pub(crate) async fn list(
    State(engine): State<Engine>,
    AppCaller(caller): AppCaller,
    Query(query): Query<ConnectionsQuery>,
) -> ApiResult<Json<Connections>> {
    let filter = ConnectionFilter {
        user: query.user_id,
        toolkit: query.toolkit,
        status: query.status,
        limit: input::limit(query.limit.as_deref(), 50, 200)? as i64,
        cursor: query.cursor,
    };
    let page = engine.list_connections(&caller, &filter).await?;
    let next_cursor = page.next.map(|cursor| cursor.to_text());
    Ok(Json(Connections { connections: page.items.into_iter().map(Into::into).collect(), next_cursor }))
}

/// Confirm a connection
///
/// For apps with `confirm_connections`: the back end names the user of its own session, with the code from the
/// redirect.
#[utoipa::path(post, path = "/v1/{app_id}/integrations/connections/{id}/confirm", operation_id = "confirmConnection",
    tag = "connections", security(("bearer" = [])), params(("app_id" = String, Path), ("id" = String, Path)),
    request_body = ConfirmBody,
    responses((status = 200, body = Connection), (status = "4XX", body = ErrorEnvelope)))]
pub(crate) async fn confirm(
    State(engine): State<Engine>,
    AppCaller(caller): AppCaller,
    Path((_, id)): Path<(String, String)>,
    Body(body): Body<ConfirmBody>,
) -> ApiResult<Json<Connection>> {
    let user = body.user_id.ok_or_else(|| Error::missing("/userId", "`userId` is required"))?;
    Ok(Json(engine.confirm(&caller, &id, &user, &body.code).await?.into()))
}

/// Disconnect an account
///
/// Revokes its grant at the provider as far as that ends nobody else's, and wipes it here.
#[utoipa::path(delete, path = "/v1/{app_id}/integrations/connections/{id}", operation_id = "disconnect",
    tag = "connections", security(("bearer" = [])),
    params(("app_id" = String, Path), ("id" = String, Path), UserQuery),
    responses((status = 204), (status = "4XX", body = ErrorEnvelope)))]
pub(crate) async fn disconnect(
    State(engine): State<Engine>,
    AppCaller(caller): AppCaller,
    Path((_, id)): Path<(String, String)>,
    Query(query): Query<UserQuery>,
) -> ApiResult<StatusCode> {
    engine.disconnect(&caller, &id, query.user_id.as_deref()).await?;
    Ok(StatusCode::NO_CONTENT)
}
