//! Requests of the authorization code flow (RFC 6749 section 4.1, PKCE of RFC 7636) with each provider's quirks.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use catalog::{BodyFormat, ClientAuthentication, OAuth2, Pkce, Scopes, TokenEndpoint};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::ExposeSecret;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use url::{Url, form_urlencoded};

use crate::Client;

/// What varies from one authorization request to the next.
#[derive(Debug)]
pub struct Authorization<'a> {
    pub client_id: &'a str,
    pub redirect_uri: &'a str,
    /// As given by the app or by the manifest; sent in full.
    pub scopes: &'a [String],
    pub state: &'a str,
    pub code_verifier: &'a str,
}

/// The address to which the user's browser is sent.
pub fn authorization_url(oauth2: &OAuth2, scopes: &Scopes, request: &Authorization<'_>) -> Url {
    let mut url = oauth2.authorization_url.clone();
    {
        let mut query = url.query_pairs_mut();
        query.append_pair("response_type", "code");
        query.append_pair("client_id", request.client_id);
        query.append_pair("redirect_uri", request.redirect_uri);
        for (parameter, value) in scope_parameters(oauth2, scopes, request.scopes) {
            query.append_pair(&parameter, &value);
        }
        query.append_pair("state", request.state);
        if oauth2.pkce == Pkce::S256 {
            query.append_pair("code_challenge", &code_challenge(request.code_verifier));
            query.append_pair("code_challenge_method", "S256");
        }
        for (name, value) in &oauth2.authorization_parameters {
            query.append_pair(name, value);
        }
    }
    url
}

/// The scopes asked for, by the parameter that carries them. A scope belongs to the token whose prefix it has; those
/// without a prefix to the token without one.
fn scope_parameters(oauth2: &OAuth2, scopes: &Scopes, asked: &[String]) -> Vec<(String, String)> {
    let prefixed = |scope: &str| {
        oauth2
            .token_endpoint
            .tokens
            .iter()
            .any(|token| !token.scope_prefix.is_empty() && scope.starts_with(&token.scope_prefix))
    };
    let mut parameters = Vec::new();
    for token in &oauth2.token_endpoint.tokens {
        let own = asked.iter().filter_map(|scope| match token.scope_prefix.as_str() {
            "" => (!prefixed(scope)).then_some(scope.as_str()),
            prefix => scope.strip_prefix(prefix),
        });
        let full: Vec<String> = own.map(|scope| scopes.full(scope)).collect();
        if !full.is_empty() {
            parameters.push((token.scope_parameter.clone(), full.join(&oauth2.scope_separator)));
        }
    }
    parameters
}

/// S256 of RFC 7636 section 4.2.
pub fn code_challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

/// Code for tokens.
pub fn exchange_request(
    oauth2: &OAuth2,
    client: Client<'_>,
    code: &str,
    redirect_uri: &str,
    code_verifier: &str,
) -> Request<Bytes> {
    let mut fields =
        vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect_uri)];
    if oauth2.pkce == Pkce::S256 {
        fields.push(("code_verifier", code_verifier));
    }
    token_request(&oauth2.token_endpoint, client, fields)
}

/// Refresh token for new tokens (RFC 6749 section 6).
pub fn refresh_request(endpoint: &TokenEndpoint, client: Client<'_>, refresh_token: &str) -> Request<Bytes> {
    token_request(endpoint, client, vec![("grant_type", "refresh_token"), ("refresh_token", refresh_token)])
}

pub(crate) fn token_request<'f>(
    endpoint: &TokenEndpoint,
    client: Client<'f>,
    fields: Vec<(&'f str, &'f str)>,
) -> Request<Bytes> {
    let mut request = client_request(
        Method::POST,
        &endpoint.url,
        endpoint.client_authentication,
        client,
        endpoint.format,
        fields,
    );
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
    for (name, value) in &endpoint.headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            request.headers_mut().insert(name, value);
        }
    }
    request
}

/// A request in which the client proves itself as the provider wants it.
pub(crate) fn client_request<'f>(
    method: Method,
    url: &Url,
    authentication: ClientAuthentication,
    client: Client<'f>,
    format: BodyFormat,
    mut fields: Vec<(&'f str, &'f str)>,
) -> Request<Bytes> {
    let secret = client.secret.map(ExposeSecret::expose_secret);
    if authentication == ClientAuthentication::Body {
        fields.push(("client_id", client.id));
        fields.extend(secret.map(|secret| ("client_secret", secret)));
    }
    let (content_type, body) = encode(format, &fields);
    let mut request = Request::new(Bytes::from(body));
    *request.method_mut() = method;
    *request.uri_mut() = url.as_str().parse().expect("a manifest's URL is a valid URI");
    request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if authentication == ClientAuthentication::Basic {
        request.headers_mut().insert(AUTHORIZATION, basic_client(client.id, secret.unwrap_or_default()));
    }
    request
}

fn encode(format: BodyFormat, fields: &[(&str, &str)]) -> (&'static str, Vec<u8>) {
    match format {
        BodyFormat::Form => {
            let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
            ("application/x-www-form-urlencoded", body.into_bytes())
        }
        BodyFormat::Json => {
            let object: Map<String, Value> =
                fields.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
            ("application/json", Value::Object(object).to_string().into_bytes())
        }
    }
}

/// RFC 6749 section 2.3.1: both parts are form-encoded before they are joined.
fn basic_client(id: &str, secret: &str) -> HeaderValue {
    let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    basic_header(&encode(id), &encode(secret))
}

/// RFC 7617.
pub(crate) fn basic_header(username: &str, password: &str) -> HeaderValue {
    let encoded = STANDARD.encode(format!("{username}:{password}"));
    let mut value = HeaderValue::from_str(&format!("Basic {encoded}")).expect("base64 is a header value");
    value.set_sensitive(true);
    value
}
