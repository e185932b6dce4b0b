//! What was executed, and what came of it.

use axum::Json;
use axum::extract::{Path, State};
use engine::{Engine, ListExecutions};
use serde::Deserialize;
use utoipa::IntoParams;

use super::ApiResult;
use super::connections::UserQuery;
use super::extract::{AppCaller, Query};
use crate::input;
use crate::wire::{ErrorEnvelope, Execution, Executions};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExecutionsQuery {
    #[serde(alias = "userId")]
    user_id: Option<String>,
    tool: Option<String>,
    /// `started`, `succeeded`, `failed` or `unknown`.
    state: Option<String>,
    /// How many at most, 200 or fewer.
    limit: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// See what became of an execution
///
/// Where the outcome of a write is unknown and its tool says how to find it out, it is looked for first.
#[utoipa::path(get, path = "/v1/{app_id}/integrations/executions/{id}", operation_id = "getExecution", tag = "tools",
    security(("bearer" = [])), params(("app_id" = String, Path), ("id" = String, Path), UserQuery),
    responses((status = 200, body = Execution), (status = "4XX", body = ErrorEnvelope)))]
pub(crate) async fn get(
    State(engine): State<Engine>,
    AppCaller(caller): AppCaller,
    Path((_, id)): Path<(String, String)>,
    Query(query): Query<UserQuery>,
) -> ApiResult<Json<Execution>> {
    Ok(Json(engine.get_execution(&caller, &id, query.user_id.as_deref()).await?.into()))
}

/// List executions
///
/// Writes, and reads with an idempotency key; oldest first, without their results.
#[utoipa::path(get, path = "/v1/{app_id}/integrations/executions", operation_id = "listExecutions", tag = "tools",
    security(("bearer" = [])), params(("app_id" = String, Path), ExecutionsQuery),
    responses((status = 200, body = Executions), (status = "4XX", body = ErrorEnvelope)))]
pub(crate) async fn list(
    State(engine): State<Engine>,
    AppCaller(caller): AppCaller,
    Query(query): Query<ExecutionsQuery>,
) -> ApiResult<Json<Executions>> {
    let filter = ListExecutions {
        user: query.user_id,
        tool: query.tool,
        state: query.state,
        limit: input::limit(query.limit.as_deref(), 50, 200)? as i64,
        cursor: query.cursor,
    };
    let page = engine.list_executions(&caller, &filter).await?;
    let next_cursor = page.next.map(|cursor| cursor.to_text());
    Ok(Json(Executions { executions: page.items.into_iter().map(Into::into).collect(), next_cursor }))
}
