//! The two cookies: one that proves a form is ours, one that proves a browser is the one that left.

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use engine::Engine;

/// `__Host-` binds a cookie to this host and to https. Over plain http, which is loopback only, browsers refuse it.
pub(super) fn name(engine: &Engine, base: &str) -> String {
    if is_secure(engine) { format!("__Host-{base}") } else { base.to_owned() }
}

fn is_secure(engine: &Engine) -> bool {
    engine.public_url().scheme() == "https"
}

/// A cookie's value; `None` where it is given twice, because nobody can tell which is ours.
pub(super) fn read(headers: &HeaderMap, name: &str) -> Option<String> {
    let pairs = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|text| text.split(';'));
    let mut found = pairs.filter_map(|pair| pair.trim().split_once('=')).filter(|(key, _)| *key == name);
    match (found.next(), found.next()) {
        (Some((_, value)), None) => Some(value.to_owned()),
        _ => None,
    }
}

/// How a cookie travels.
#[derive(Debug, Clone, Copy)]
pub(super) enum SameSite {
    /// Comes back on the provider's redirect.
    Lax,
    /// Stays with our own forms.
    Strict,
}

pub(super) fn set(
    response: &mut Response,
    engine: &Engine,
    base: &str,
    value: &str,
    same_site: SameSite,
    seconds: i64,
) {
    let secure = if is_secure(engine) { "; Secure" } else { "" };
    let same_site = match same_site {
        SameSite::Lax => "Lax",
        SameSite::Strict => "Strict",
    };
    let name = name(engine, base);
    let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite={same_site}; Max-Age={seconds}{secure}");
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}

pub(super) fn clear(response: &mut Response, engine: &Engine, base: &str) {
    set(response, engine, base, "", SameSite::Lax, 0);
}
