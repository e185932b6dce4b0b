//! How every page of the sandbox looks and what it may load: one inline style sheet, nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::wire::Answer;

pub(crate) const SHEET: &str = include_str!("../templates/style.css");

/// A rendered page with the headers that all pages have.
pub(crate) fn page(status: u16, rendered: Result<String, askama::Error>) -> Answer {
    let Ok(html) = rendered else {
        return Answer::text(500, "text/plain; charset=utf-8", "sandbox: this page cannot be shown\n");
    };
    // `form-action` stays open for http and https: after the form's POST the browser follows redirects to the client
    // and from there to the client's own app, and it would stop at the first origin that the policy does not name.
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; img-src data:; form-action 'self' http: https:; base-uri 'none'; \
         frame-ancestors 'none'",
        STANDARD.encode(Sha256::digest(SHEET))
    );
    Answer::text(status, "text/html; charset=utf-8", html)
        .with("content-security-policy", policy)
        .with("cache-control", "no-store")
        .with("referrer-policy", "no-referrer")
        .with("x-content-type-options", "nosniff")
}
