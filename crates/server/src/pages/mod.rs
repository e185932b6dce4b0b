//! The hosted pages: connect, done, and what went wrong. They work without JavaScript, are never stored, and send no
//! referrer; their forms lead only to this service, the provider and the app.

mod connect;
mod cookies;
mod render;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use engine::{Callback, CallbackPath, Engine, Error, Finished, KnownToolkit};
use url::form_urlencoded;

use crate::api::AppState;
use crate::limits::AddressLimits;
use render::{DonePage, ProblemPage};

const STYLE: &str = include_str!("../../assets/pages.css");
const ICON: &str = include_str!("../../assets/icon.svg");

/// Not part of the REST surface, and not in openapi.json.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/connect/{request}", get(connect::show).post(connect::submit))
        .route("/assets/pages.css", get(async || asset("text/css; charset=utf-8", STYLE)))
        .route("/assets/icon.svg", get(async || asset("image/svg+xml", ICON)))
        .route("/assets/toolkits/{file}", get(toolkit_icon))
}

/// Where a toolkit's icon is, from the root of this service.
pub(crate) fn icon_path(toolkit: &KnownToolkit) -> Option<String> {
    let native = toolkit.native()?;
    native.icon.as_ref().map(|_| format!("/assets/toolkits/{}.svg", native.slug))
}

async fn toolkit_icon(State(state): State<AppState>, Path(file): Path<String>) -> Response {
    let toolkit = file.strip_suffix(".svg").and_then(|slug| state.engine.catalog().find_toolkit(slug));
    match toolkit.and_then(|toolkit| toolkit.icon.as_ref()) {
        Some(icon) => {
            let headers = [(CONTENT_TYPE, "image/svg+xml"), (CACHE_CONTROL, "public, max-age=3600")];
            (headers, icon.svg()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn asset(media_type: &'static str, text: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, media_type), (CACHE_CONTROL, "public, max-age=3600")], text)
}

/// The provider sent the browser back.
pub(crate) async fn finish(
    engine: &Engine,
    addresses: &AddressLimits,
    path: CallbackPath,
    query: Option<&str>,
    headers: &HeaderMap,
    extensions: &Extensions,
) -> Response {
    if let Err(error) = addresses.check(headers, extensions) {
        return problem(&error);
    }
    let Some(mut callback) = read_query(query.unwrap_or_default()) else { return stale() };
    if let Some(state) = &callback.state {
        callback.cookie = cookies::read(headers, &cookies::name(engine, &Callback::cookie_name(state)));
    }
    let used = callback.state.clone();
    match engine.finish_oauth(&path, callback).await {
        Ok(Some(finished)) => {
            let mut response = finished_response(&finished);
            if let Some(state) = used {
                cookies::clear(&mut response, engine, &Callback::cookie_name(&state));
            }
            response
        }
        Ok(None) => stale(),
        Err(error) => problem(&error),
    }
}

/// The parameters that count; `None` where one of them is given twice.
fn read_query(query: &str) -> Option<Callback> {
    let mut callback = Callback::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let slot = match &*name {
            "state" => &mut callback.state,
            "code" => &mut callback.code,
            "error" => &mut callback.error,
            "iss" => &mut callback.issuer,
            "connected_account_id" => &mut callback.account,
            "status" => &mut callback.status,
            _ => continue,
        };
        if slot.replace(value.into_owned()).is_some() {
            return None;
        }
    }
    Some(callback)
}

/// To the app, or to our own page where the app named none.
fn finished_response(finished: &Finished) -> Response {
    match &finished.redirect {
        Some(url) => redirect(url.as_str()),
        None => {
            let status = if finished.error.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
            render::page(
                status,
                &DonePage { name: &finished.display_name, error: finished.error.as_deref() },
                &[],
            )
        }
    }
}

/// See Other, so that a POST becomes a GET.
fn redirect(to: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    match HeaderValue::from_str(to) {
        Ok(location) => {
            response.headers_mut().insert(axum::http::header::LOCATION, location);
            render::protect(&mut response, &[]);
            response
        }
        Err(_) => stale(),
    }
}

/// A state or a cookie that is wrong, used or over: said in the same words for all of them.
fn stale() -> Response {
    render::page(
        StatusCode::BAD_REQUEST,
        &ProblemPage {
            title: "This link cannot be used",
            message: "It was used already, has expired, or belongs to another browser. Go back to the app and start again.",
        },
        &[],
    )
}

/// An error as a page for a person.
fn problem(error: &Error) -> Response {
    let status = crate::api::status_of(error.kind());
    if matches!(error.kind(), engine::Kind::Internal | engine::Kind::Unavailable) {
        tracing::error!(source = ?error.source(), "a page failed");
    }
    let mut response =
        render::page(status, &ProblemPage { title: "This did not work", message: error.message() }, &[]);
    crate::api::say_when(&mut response, error);
    response
}
