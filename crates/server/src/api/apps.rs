//! Apps, their settings, their audit, and the erasure of a user.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use engine::{Cursor, Engine, Error, NewTokenSettings};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::IntoParams;

use super::ApiResult;
use super::extract::{AppCaller, BearerAccess, Body, Query};
use crate::input;
use crate::requests::{AppSettingsBody, AuthSettingsBody, InitBody};
use crate::wire::{AppSettings, Apps, AuditLines, AuthSettings, CreatedApp, ErrorEnvelope};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// How many at most.
    limit: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl PageQuery {
    fn limit(&self, usual: usize) -> engine::Result<i64> {
        Ok(input::limit(self.limit.as_deref(), usual, 200)? as i64)
    }

    fn cursor(&self) -> engine::Result<Cursor> {
        let cursor = self.cursor.as_deref().map_or(Some(Cursor::start()), Cursor::parse);
        cursor.ok_or_else(|| Error::invalid_at("/cursor", "is not a cursor of this list"))
    }
}

/// Create an app
///
/// Answers the app's first key, which is shown this once. Needs the platform key.
#[utoipa::path(post, path = "/init", operation_id = "createApp", tag = "operator", security(("bearer" = [])),
    request_body = InitBody,
    responses((status = 201, body = CreatedApp), (status = "4XX", body = ErrorEnvelope)))]
pub(crate) async fn init(
    State(engine): State<Engine>,
    BearerAccess(access): BearerAccess,
    body: Result<Body<InitBody>, super::ApiError>,
) -> ApiResult<(StatusCode, Json<CreatedApp>)> {
    engine.authenticate_platform(&access).await?;
    let Body(body) = body?;
    let new = engine.create_app(&access, &body.name).await?;
    Ok((StatusCode::CREATED, Json(new.into())))
}

/// List apps
#[utoipa::path(get, path = "/apps", operation_id = "listApps", tag = "operator", security(("bearer" = [])),
    params(PageQuery), responses((status = 200, body = Apps), (status = "4XX", body = ErrorEnvelope)))]
pub(crate) async fn list(
    State(engine): State<Engine>,
    BearerAccess(access): BearerAccess,
    query: Result<Query<PageQuery>, super::ApiError>,
) -> ApiResult<Json<Apps>> {
    engine.authenticate_platform(&access).await?;
    let Query(query) = query?;
    let page = engine.list_apps(&access, &query.cursor()?, query.limit(50)?).await?;
    let next_cursor = page.next.map(|cursor| cursor.to_text());
    Ok(Json(Apps { apps: page.items.into_iter().map(Into::into).collect(), next_cursor }))
}

/// Delete an app
///
/// Revokes every grant of its users at the providers, then erases everything but its audit.
#[utoipa::path(delete, path = "/apps/{app_id}", operation_id = "deleteApp", tag = "operator", security(("bearer" = [])),
    params(("app_id" = String, Path)),
    responses((status = 204), (status = "4XX", body = ErrorEnvelope)))]
pub(crate) async fn delete(
    State(engine): State<Engine>,
    BearerAccess(access): BearerAccess,
    Path(app): Path<String>,
) -> ApiResult<StatusCode> {
    engine.delete_app(&access, &app).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Say how the app's end-user tokens are verified
#[utoipa::path(put, path = "/v1/{app_id}/auth", operation_id = "putAuthSettings", tag = "app", security(("bearer" = [])),
    params(("app_id" = String, Path)), request_body = AuthSettingsBody,
    responses((status = 200, body = AuthSettings), (status = "4XX", body = ErrorEnvelope)))]
pub(crate) async fn put_auth(
    State(engine): State<Engine>,
    AppCaller(caller): AppCaller,
    Body(body): Body<AuthSettingsBody>,
) -> ApiResult<Json<AuthSettings>> {
    let new = NewTokenSettings {
        issuer: body.issuer,
        audience: body.audience,
        jwks_url: body.jwks_url,
        jwks: body.jwks,
        hs256_secret: body.hs256_secret.map(SecretString::from),
    };
    Ok(Json(engine.update_token_settings(&caller, new).await?.into()))
}

/// Change the app's settings
///
/// What is omitted stays as it is.
#[utoipa::path(put, path = "/v1/{app_id}/settings", operation_id = "putSettings", tag = "app", security(("bearer" = [])),
    params(("app_id" = String, Path)), request_body = AppSettingsBody,
    responses((status = 200, body = AppSettings), (status = "4XX", body = ErrorEnvelope)))]
pub(crate) async fn put_settings(
    State(engine): State<Engine>,
    AppCaller(caller): AppCaller,
    Body(body): Body<AppSettingsBody>,
) -> ApiResult<Json<AppSettings>> {
    let app = engine.update_settings(&caller, body.allowed_origins, body.confirm_connections).await?;
    Ok(Json(app.into()))
}

/// List what callers did
#[utoipa::path(get, path = "/v1/{app_id}/audit", operation_id = "listAudit", tag = "app", security(("bearer" = [])),
    params(("app_id" = String, Path), PageQuery),
    responses((status = 200, body = AuditLines), (status = "4XX", body = ErrorEnvelope)))]
pub(crate) async fn list_audit(
    State(engine): State<Engine>,
    AppCaller(caller): AppCaller,
    Query(query): Query<PageQuery>,
) -> ApiResult<Json<AuditLines>> {
    let page = engine.list_audit(&caller, &query.cursor()?, query.limit(100)?).await?;
    let next_cursor = page.next.map(|cursor| cursor.to_text());
    Ok(Json(AuditLines { entries: page.items.into_iter().map(Into::into).collect(), next_cursor }))
}

/// Erase a user
///
/// Revokes the user's grants at the providers and erases what is stored of him.
#[utoipa::path(delete, path = "/v1/{app_id}/users/{user_id}", operation_id = "offboardUser", tag = "app",
    security(("bearer" = [])), params(("app_id" = String, Path), ("user_id" = String, Path)),
    responses((status = 204), (status = "4XX", body = ErrorEnvelope)))]
pub(crate) async fn offboard(
    State(engine): State<Engine>,
    AppCaller(caller): AppCaller,
    Path((_, user)): Path<(String, String)>,
) -> ApiResult<StatusCode> {
    engine.offboard(&caller, &user).await?;
    Ok(StatusCode::NO_CONTENT)
}
