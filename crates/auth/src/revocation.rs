//! Requests that tell a provider to revoke (RFC 7009 and what providers do instead).

use bytes::Bytes;
use catalog::{Revocation, RevokedToken};
use http::header::ACCEPT;
use http::{HeaderValue, Request};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::Client;
use crate::oauth2::client_request;

/// The tokens an account holds.
#[derive(Debug, Clone, Copy)]
pub struct Tokens<'a> {
    pub access_token: &'a SecretString,
    pub refresh_token: Option<&'a SecretString>,
}

/// One request for each token the manifest names and the account has, in the manifest's order.
pub fn requests(revocation: &Revocation, client: Client<'_>, tokens: Tokens<'_>) -> Vec<Request<Bytes>> {
    let Some(declared) = &revocation.request else {
        return Vec::new();
    };
    let of = |kind: &RevokedToken| match kind {
        RevokedToken::AccessToken => Some(tokens.access_token),
        RevokedToken::RefreshToken => tokens.refresh_token,
    };
    let held = declared.tokens.iter().filter_map(of);
    held.filter_map(|token| {
        let value_of = |name: &str| match name {
            "token" => Some(token.expose_secret()),
            "client_id" => Some(client.id),
            _ => None,
        };
        let url = Url::parse(&declared.url.fill(value_of)?).ok()?;
        let fields: Vec<(&str, String)> = declared
            .body
            .iter()
            .map(|(name, template)| Some((name.as_str(), template.fill(value_of)?)))
            .collect::<Option<_>>()?;
        let fields = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let mut request = client_request(
            declared.method.clone(),
            &url,
            declared.client_authentication,
            client,
            declared.body_format,
            fields,
        );
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        for (name, template) in &declared.headers {
            let mut value = HeaderValue::from_str(&template.fill(value_of)?).ok()?;
            value.set_sensitive(true);
            request.headers_mut().insert(name, value);
        }
        Some(request)
    })
    .collect()
}
