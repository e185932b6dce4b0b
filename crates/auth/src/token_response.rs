//! Reads what a token endpoint answers, and says what a refusal means for the grant.

use std::collections::BTreeMap;

use catalog::{OAuth2, split_scopes};
use expression::Variables;
use http::StatusCode;
use secrecy::SecretString;
use serde_json::{Map, Value};
use url::form_urlencoded;

/// A token as the provider issued it.
#[derive(Debug)]
pub struct IssuedToken {
    pub access_token: SecretString,
    pub refresh_token: Option<SecretString>,
    /// Seconds from now, as stated by the provider or by the manifest.
    pub expires_in: Option<u64>,
    /// What was really granted, where the provider says; with the token's own prefix.
    pub scopes: Option<Vec<String>>,
}

/// An answer with at least the default token.
pub struct TokenResponse {
    /// By the name of the token.
    pub tokens: BTreeMap<String, IssuedToken>,
    /// The whole answer, secrets included, for the manifest's identity expressions only.
    pub body: Value,
}

impl std::fmt::Debug for TokenResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenResponse").field("tokens", &self.tokens).finish_non_exhaustive()
    }
}

/// A refusal, or an answer that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("token endpoint: {class:?} {}", code.as_deref().unwrap_or("without a code"))]
pub struct TokenError {
    pub class: TokenErrorClass,
    /// The provider's own code, if it is short and plain enough to repeat.
    pub code: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenErrorClass {
    /// The grant is dead: only the user can bring it back.
    DeadGrant,
    /// The client credentials are wrong: the app or the operator has to act, no user.
    Client,
    /// Refused for another reason; the grant may be well.
    Refused,
    /// The provider is in trouble or too busy: try again later.
    Transient,
    /// No refusal, yet no token either. A token may have been issued and lost.
    Malformed,
}

/// Codes of RFC 6749 and OpenID Connect Core that end a grant.
const DEAD_GRANT: [&str; 4] = ["invalid_grant", "interaction_required", "consent_required", "login_required"];
const CLIENT: [&str; 2] = ["invalid_client", "unauthorized_client"];
const TRANSIENT: [&str; 3] = ["temporarily_unavailable", "server_error", "slow_down"];

/// Reads the answer of a token endpoint.
pub fn read_token_response(
    oauth2: &OAuth2,
    status: StatusCode,
    body: &[u8],
) -> Result<TokenResponse, TokenError> {
    let parsed = parse_body(body);
    let refusal = parsed.as_ref().and_then(stated_error);
    let late = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT);
    let class = match (&refusal, parsed) {
        _ if late || status.is_server_error() => TokenErrorClass::Transient,
        (Some(error), _) => classify(oauth2, error),
        (None, Some(body)) if status.is_success() => return read_tokens(oauth2, body),
        (None, None) if status.is_success() => TokenErrorClass::Malformed,
        (None, _) if status == StatusCode::UNAUTHORIZED => TokenErrorClass::Client,
        (None, _) => TokenErrorClass::Refused,
    };
    Err(TokenError { class, code: refusal.and_then(plain_code) })
}

fn read_tokens(oauth2: &OAuth2, body: Value) -> Result<TokenResponse, TokenError> {
    let mut tokens = BTreeMap::new();
    for source in &oauth2.tokens {
        let found = source.path.evaluate(&body, &Variables::default()).unwrap_or_default();
        if let Some(token) = read_token(oauth2, &found, &source.scope_prefix) {
            tokens.insert(source.name.clone(), token);
        }
    }
    if tokens.is_empty() {
        return Err(TokenError { class: TokenErrorClass::Malformed, code: None });
    }
    Ok(TokenResponse { tokens, body })
}

fn read_token(oauth2: &OAuth2, found: &Value, scope_prefix: &str) -> Option<IssuedToken> {
    let secret = |name: &str| {
        found[name].as_str().filter(|text| !text.is_empty()).map(|text| SecretString::from(text.to_owned()))
    };
    let stated = match &found["expires_in"] {
        Value::Number(number) => number.as_u64().or_else(|| number.as_f64().map(|seconds| seconds as u64)),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    let scopes = found["scope"].as_str().map(|scopes| {
        split_scopes(scopes).into_iter().map(|scope| format!("{scope_prefix}{scope}")).collect()
    });
    Some(IssuedToken {
        access_token: secret("access_token")?,
        refresh_token: secret("refresh_token"),
        expires_in: stated
            .filter(|seconds| *seconds > 0)
            .or(oauth2.access_token_lifetime.map(|time| time.as_secs())),
        scopes,
    })
}

/// JSON, or the form encoding that GitHub answers with unless asked.
fn parse_body(body: &[u8]) -> Option<Value> {
    if let Ok(value @ Value::Object(_)) = serde_json::from_slice(body) {
        return Some(value);
    }
    let text = std::str::from_utf8(body).ok()?;
    let looks_encoded = text.contains('=') && !text.contains(['<', '{', '\n', ' ']);
    looks_encoded.then(|| {
        let fields = form_urlencoded::parse(body);
        Value::Object(
            fields.map(|(name, value)| (name.into_owned(), Value::from(value))).collect::<Map<_, _>>(),
        )
    })
}

fn classify(oauth2: &OAuth2, error: &str) -> TokenErrorClass {
    let among = |listed: &[String]| listed.iter().any(|code| code == error);
    if DEAD_GRANT.contains(&error) || among(&oauth2.dead_grant_errors) {
        TokenErrorClass::DeadGrant
    } else if CLIENT.contains(&error) || among(&oauth2.client_errors) {
        TokenErrorClass::Client
    } else if TRANSIENT.contains(&error) {
        TokenErrorClass::Transient
    } else {
        TokenErrorClass::Refused
    }
}

/// What the body names as its error. Reddit names a number.
fn stated_error(body: &Value) -> Option<String> {
    match &body["error"] {
        Value::String(code) => Some(code.clone()),
        Value::Number(code) => Some(code.to_string()),
        _ => None,
    }
}

/// The code, where it is short and plain enough to repeat.
fn plain_code(code: String) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    (!code.is_empty() && code.len() <= 64 && code.bytes().all(plain)).then_some(code)
}
