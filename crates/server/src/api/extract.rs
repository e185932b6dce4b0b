//! What handlers take: who calls, and what he says. Who calls is decided before what he says is read.

use std::error::Error as _;

use axum::body::Bytes;
use axum::extract::{FromRef, FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use engine::{Access, Caller, Code, Engine, Error, Kind};
use http_body_util::LengthLimitError;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use super::{ApiError, RequestId};
use crate::input;

pub(crate) const MAX_BODY_BYTES: usize = 1024 * 1024;
/// Of a call that carries a file, from a caller who is known.
pub(crate) const MAX_FILE_BODY_BYTES: usize = 8 * 1024 * 1024;

/// A credential that nobody has looked at yet.
pub(crate) struct BearerAccess(pub(crate) Access);

/// A caller of the app in the path.
pub(crate) struct AppCaller(pub(crate) Caller);

/// A JSON body; none at all counts as an empty object.
pub(crate) struct Body<T>(pub(crate) T);

/// The query as texts.
pub(crate) struct Query<T>(pub(crate) T);

impl<S: Send + Sync> FromRequestParts<S> for BearerAccess {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let id = parts.extensions.get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
        Ok(Self(Access::parse(header, id)?))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for AppCaller
where
    Engine: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let BearerAccess(access) = BearerAccess::from_request_parts(parts, state).await?;
        let app = app_in_path(parts, state).await;
        Ok(Self(Engine::from_ref(state).authenticate(&access, &app).await?))
    }
}

async fn app_in_path<S: Send + Sync>(parts: &mut Parts, state: &S) -> String {
    let params = RawPathParams::from_request_parts(parts, state).await.ok();
    let app = params.as_ref().and_then(|params| params.iter().find(|(name, _)| *name == "app_id"));
    app.map(|(_, value)| value.to_owned()).unwrap_or_default()
}

impl<T: DeserializeOwned + ToSchema + 'static, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = read_body(request, state).await?;
        Ok(Self(input::read_bytes(&bytes)?))
    }
}

/// The whole body, if it is not too large.
pub(crate) async fn read_body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ApiError> {
    let too_large = StatusCode::PAYLOAD_TOO_LARGE;
    let read = Bytes::from_request(request, state).await;
    read.map_err(|rejection| unread(rejection.status() == too_large, MAX_BODY_BYTES))
}

/// The same for a caller who may send a file.
pub(crate) async fn read_file_body(request: Request) -> Result<Bytes, ApiError> {
    let read = axum::body::to_bytes(request.into_body(), MAX_FILE_BODY_BYTES).await;
    read.map_err(|error| {
        let too_large = error.source().is_some_and(|source| source.is::<LengthLimitError>());
        unread(too_large, MAX_FILE_BODY_BYTES)
    })
}

fn unread(too_large: bool, most: usize) -> ApiError {
    let (kind, message) = match too_large {
        true => (Kind::TooLarge, format!("the body is larger than {most} bytes")),
        false => (Kind::Invalid, "the body could not be read".to_owned()),
    };
    let remediation =
        format!("Send a JSON object of at most {} MiB; a larger file by its URL.", most / (1024 * 1024));
    ApiError::from(Error::new(Code::ValidationInvalidSchema, kind, message, remediation))
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let query = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        query.map(|query| Self(query.0)).map_err(|_| {
            Error::invalid_at("", "the query is wrong: give each parameter once, percent-encoded").into()
        })
    }
}
