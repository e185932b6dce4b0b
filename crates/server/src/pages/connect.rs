//! The connect page. Looking at it has no effect, so a mail scanner that opens the link does nothing; only its own
//! form, sent from the browser that was shown it, begins.

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{Extensions, HeaderMap, StatusCode, Uri, header};
use axum::response::Response;
use engine::{ConnectPage, Engine, Error, PageKind, PageState};
use url::form_urlencoded;

use super::cookies::{self, SameSite};
use super::render::{ConnectTemplate, LeavingPage, ProblemPage, page};
use super::{finished_response, icon_path, problem, redirect, stale};
use crate::api::AppState;

const CSRF_COOKIE: &str = "bbi_csrf";
const CSRF_FIELD: &str = "csrf";
const CSRF_SECONDS: i64 = 3600;
const MOST_FIELDS: usize = 50;

pub(super) async fn show(
    State(state): State<AppState>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    uri: Uri,
    headers: HeaderMap,
    extensions: Extensions,
) -> Response {
    let engine = &state.engine;
    if let Err(error) = state.addresses.check(&headers, &extensions) {
        return problem(&error);
    }
    if let Some(elsewhere) = other_host(engine, &headers, &uri, query.as_deref()) {
        return redirect(&elsewhere);
    }
    let shown = match engine.connect_page(&id).await {
        Ok(shown) => shown,
        Err(error) => return problem(&error),
    };
    match shown.state {
        PageState::Ready => form(engine, &headers, &shown, StatusCode::OK, None),
        PageState::Expired => over("This link has expired", "Go back to the app and ask for a new one."),
        PageState::Done => over(
            "This link was used already",
            "Go back to the app; ask for a new one if it is not connected.",
        ),
    }
}

pub(super) async fn submit(
    State(state): State<AppState>,
    Path(id): Path<String>,
    headers: HeaderMap,
    extensions: Extensions,
    body: Bytes,
) -> Response {
    let engine = &state.engine;
    if let Err(error) = state.addresses.check(&headers, &extensions) {
        return problem(&error);
    }
    let mut fields: Vec<(String, String)> =
        form_urlencoded::parse(&body).into_owned().take(MOST_FIELDS).collect();
    let token = fields.iter().position(|(name, _)| name == CSRF_FIELD).map(|index| fields.remove(index).1);
    let cookie = cookies::read(&headers, &cookies::name(engine, CSRF_COOKIE));
    let ours =
        matches!((&token, &cookie), (Some(token), Some(cookie)) if token == cookie && !token.is_empty());
    if !ours || !same_origin(&headers) {
        return stale();
    }
    let shown = match engine.connect_page(&id).await {
        Ok(shown) if shown.state == PageState::Ready => shown,
        Ok(_) => return stale(),
        Err(error) => return problem(&error),
    };
    match shown.kind {
        PageKind::OAuth => begin(engine, &id).await,
        PageKind::Typed => connect_typed(engine, &headers, &shown, &id, &fields).await,
    }
}

async fn begin(engine: &Engine, id: &str) -> Response {
    match engine.start_oauth(id).await {
        Ok(Some(start)) => {
            let to = start.authorization_url.as_str();
            let mut response = if start.by_page { leaving(&start.name, to) } else { redirect(to) };
            let (name, value) = (&start.cookie_name, &start.cookie_value);
            cookies::set(&mut response, engine, name, value, SameSite::Lax, start.cookie_seconds);
            response
        }
        Ok(None) => stale(),
        Err(error) => problem(&error),
    }
}

async fn connect_typed(
    engine: &Engine,
    headers: &HeaderMap,
    shown: &ConnectPage,
    id: &str,
    fields: &[(String, String)],
) -> Response {
    match engine.submit_credentials(id, fields).await {
        Ok(Some(finished)) => finished_response(&finished),
        Ok(None) => stale(),
        Err(error) if error.kind() == engine::Kind::Invalid => {
            form(engine, headers, shown, StatusCode::BAD_REQUEST, Some(&error))
        }
        Err(error) => problem(&error),
    }
}

fn form(
    engine: &Engine,
    headers: &HeaderMap,
    shown: &ConnectPage,
    status: StatusCode,
    error: Option<&Error>,
) -> Response {
    let known = cookies::read(headers, &cookies::name(engine, CSRF_COOKIE)).filter(|token| token.len() >= 32);
    let csrf = known.unwrap_or_else(|| engine.nonce());
    let template = ConnectTemplate {
        app_name: &shown.app_name,
        user: &shown.user,
        name: shown.toolkit.display_name(),
        icon: icon_path(&shown.toolkit),
        description: shown.toolkit.description(),
        scopes: &shown.scopes,
        fields: &shown.fields,
        csrf: &csrf,
        error: error.map(Error::message),
    };
    let mut response = page(status, &template, &shown.form_origins);
    cookies::set(&mut response, engine, CSRF_COOKIE, &csrf, SameSite::Strict, CSRF_SECONDS);
    response
}

/// A page that goes on by itself: a redirect would be held against the form's own policy, all the way to the provider.
fn leaving(name: &str, to: &str) -> Response {
    page(StatusCode::OK, &LeavingPage { name, to }, &[])
}

fn over(title: &str, message: &str) -> Response {
    page(StatusCode::GONE, &ProblemPage { title, message }, &[])
}

/// Browsers say where a form came from; one that came from elsewhere is not ours.
fn same_origin(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok());
    site.is_none_or(|site| matches!(site, "same-origin" | "none"))
}

/// The same page under our own name, where it was asked for under another: cookies belong to one host.
fn other_host(engine: &Engine, headers: &HeaderMap, uri: &Uri, query: Option<&str>) -> Option<String> {
    let asked = headers.get(header::HOST)?.to_str().ok()?;
    let public = engine.public_url();
    let ours = match public.port() {
        Some(port) => format!("{}:{port}", public.host_str()?),
        None => public.host_str()?.to_owned(),
    };
    if asked.eq_ignore_ascii_case(&ours) {
        return None;
    }
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    Some(format!("{}{}{query}", public.as_str().trim_end_matches('/'), uri.path()))
}
