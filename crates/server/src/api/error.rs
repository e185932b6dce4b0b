//! The one mapping of errors to HTTP. The envelope is written at the very end of a request, where its id is known.

use std::any::Any;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use engine::{Code, Error, Kind};

pub(crate) type ApiResult<T> = Result<T, ApiError>;

/// An error on its way out. `trace::finish` gives it its body.
#[derive(Debug, Clone)]
pub(crate) struct ApiError(pub(crate) Arc<Error>);

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self(Arc::new(error))
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> axum::response::Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = status_of(self.0.kind());
        say_when(&mut response, &self.0);
        if self.0.kind() == Kind::Unauthenticated {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// `Retry-After`, in whole seconds, where the error knows when to come back.
pub(crate) fn say_when<B>(response: &mut Response<B>, error: &Error) {
    if let Some(wait) = error.retry_after() {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    }
}

pub(crate) fn status_of(kind: Kind) -> StatusCode {
    match kind {
        Kind::Invalid => StatusCode::BAD_REQUEST,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::Refused => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::TooMany => StatusCode::TOO_MANY_REQUESTS,
        Kind::Upstream => StatusCode::BAD_GATEWAY,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

pub(crate) async fn no_such_route() -> ApiError {
    Error::not_found("There is no such route", "See /openapi.json for every route.").into()
}

pub(crate) async fn no_such_method() -> ApiError {
    Error::new(
        Code::ResourceNotFound,
        Kind::MethodNotAllowed,
        "This route does not take this method",
        "See /openapi.json for the methods of every route.",
    )
    .into()
}

pub(crate) fn panicked(panic: Box<dyn Any + Send>) -> axum::response::Response {
    let text =
        panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    let source = anyhow::anyhow!("a handler panicked: {}", text.unwrap_or("without a text"));
    ApiError::from(Error::internal(source)).into_response()
}
