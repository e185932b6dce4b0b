//! The tools of the enabled toolkits.

use axum::Json;
use axum::extract::State;
use engine::{Engine, ToolFilter};
use serde::Deserialize;
use utoipa::IntoParams;

use super::ApiResult;
use super::extract::{AppCaller, Query};
use crate::input;
use crate::wire::{ErrorEnvelope, Tools};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ToolsQuery {
    toolkit: Option<String>,
    /// Plain words.
    search: Option<String>,
    /// Whose account decides `granted`.
    #[serde(rename = "userId", alias = "user_id")]
    user_id: Option<String>,
    /// How many at most, 200 or fewer.
    limit: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List tools with their parameters
#[utoipa::path(get, path = "/v1/{app_id}/integrations/tools", operation_id = "listTools", tag = "tools",
    security(("bearer" = [])), params(("app_id" = String, Path), ToolsQuery),
    responses((status = 200, body = Tools), (status = "4XX", body = ErrorEnvelope)))]
pub(crate) async fn list(
    State(engine): State<Engine>,
    AppCaller(caller): AppCaller,
    Query(query): Query<ToolsQuery>,
) -> ApiResult<Json<Tools>> {
    let filter = ToolFilter {
        toolkit: query.toolkit,
        search: query.search,
        user: query.user_id,
        limit: input::limit(query.limit.as_deref(), 50, 200)?,
        cursor: query.cursor,
    };
    let listing = engine.list_tools(&caller, &filter).await?;
    Ok(Json(Tools {
        tools: listing.items.into_iter().map(Into::into).collect(),
        next_cursor: listing.next_cursor,
    }))
}
