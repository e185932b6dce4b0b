//! Templates and the headers that every page has.

use askama::Template;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use catalog::Field;

#[derive(Template)]
#[template(path = "connect.html")]
pub(super) struct ConnectTemplate<'a> {
    pub(super) app_name: &'a str,
    pub(super) user: &'a str,
    pub(super) name: &'a str,
    /// Where its icon is; absent where it has none.
    pub(super) icon: Option<String>,
    pub(super) description: &'a str,
    pub(super) scopes: &'a [String],
    pub(super) fields: &'a [Field],
    pub(super) csrf: &'a str,
    pub(super) error: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "done.html")]
pub(super) struct DonePage<'a> {
    pub(super) name: &'a str,
    pub(super) error: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "leaving.html")]
pub(super) struct LeavingPage<'a> {
    pub(super) name: &'a str,
    pub(super) to: &'a str,
}

#[derive(Template)]
#[template(path = "problem.html")]
pub(super) struct ProblemPage<'a> {
    pub(super) title: &'a str,
    pub(super) message: &'a str,
}

/// A page whose forms may lead to this service and to `form_origins`.
pub(super) fn page(status: StatusCode, template: &impl Template, form_origins: &[String]) -> Response {
    let Ok(html) = template.render() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let mut response = (status, html).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    protect(&mut response, form_origins);
    response
}

pub(super) fn protect(response: &mut Response, form_origins: &[String]) {
    let origins: String = form_origins.iter().flat_map(|origin| [" ", origin.as_str()]).collect();
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; \
         form-action 'self'{origins}"
    );
    let headers = response.headers_mut();
    // Origins are made of host names and ports, which are header text.
    let policy =
        HeaderValue::from_str(&policy).unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"));
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
}
