//! Reads what a token endpoint answers, and says what a refusal means for the grant.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use catalog::{RefreshClass, TokenEndpoint, split_scopes};
use expression::Variables;
use http::{Response, StatusCode};
use secrecy::SecretString;
use serde_json::{Map, Value, json};
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
    /// How long to wait, where the body says so.
    pub retry_after: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenErrorClass {
    /// The grant is dead: only the user can bring it back.
    DeadGrant,
    /// The client credentials are wrong: the app or the operator has to act, no user.
    Client,
    /// Refused for another reason; the grant may be well.
    Refused,
    /// The provider is too busy to act: try again later.
    Busy,
    /// The provider is in trouble, and may have acted before it was: try again later.
    Transient,
    /// No refusal, yet no token either. A token may have been issued and lost.
    Malformed,
}

/// Codes of RFC 6749 and OpenID Connect Core that end a grant.
const DEAD_GRANT: [&str; 4] = ["invalid_grant", "interaction_required", "consent_required", "login_required"];
const CLIENT: [&str; 2] = ["invalid_client", "unauthorized_client"];
/// Those of RFC 6749 and RFC 8628, and what providers say instead of a status.
const BUSY: [&str; 4] = ["temporarily_unavailable", "slow_down", "rate_limited", "ratelimited"];
const TRANSIENT: &str = "server_error";

/// Nobody is to be left alone for longer than a day.
const LONGEST_WAIT: f64 = 86_400.0;

/// Reads the answer of a token endpoint.
pub fn read_token_response(
    endpoint: &TokenEndpoint,
    response: &Response<Bytes>,
) -> Result<TokenResponse, TokenError> {
    let status = response.status();
    let parsed = parse_body(response.body());
    let refusal = parsed.as_ref().map(|body| read_refusal(endpoint, response, body)).unwrap_or_default();
    let class = match parsed {
        _ if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT) => {
            TokenErrorClass::Busy
        }
        _ if status.is_server_error() => TokenErrorClass::Transient,
        _ if !refusal.codes.is_empty() => classify(endpoint, &refusal.codes),
        Some(body) if status.is_success() => return read_tokens(endpoint, body),
        None if status.is_success() => TokenErrorClass::Malformed,
        _ if status == StatusCode::UNAUTHORIZED => TokenErrorClass::Client,
        _ => TokenErrorClass::Refused,
    };
    let code = refusal.codes.into_iter().find(|code| is_plain(code));
    Err(TokenError { class, code, retry_after: refusal.retry_after })
}

fn read_tokens(endpoint: &TokenEndpoint, body: Value) -> Result<TokenResponse, TokenError> {
    let mut tokens = BTreeMap::new();
    for source in &endpoint.tokens {
        let found = source.path.evaluate(&body, &Variables::default()).unwrap_or_default();
        if let Some(token) = read_token(endpoint, &found, &source.scope_prefix) {
            tokens.insert(source.name.clone(), token);
        }
    }
    if tokens.is_empty() {
        return Err(TokenError { class: TokenErrorClass::Malformed, code: None, retry_after: None });
    }
    Ok(TokenResponse { tokens, body })
}

fn read_token(endpoint: &TokenEndpoint, found: &Value, scope_prefix: &str) -> Option<IssuedToken> {
    let secret = |name: &str| {
        found[name].as_str().filter(|text| !text.is_empty()).map(|text| SecretString::from(text.to_owned()))
    };
    let stated = match &found["expires_in"] {
        Value::Number(number) => number.as_u64().or_else(|| number.as_f64().map(|seconds| seconds as u64)),
        Value::String(text) => text.parse::<f64>().ok().map(|seconds| seconds as u64),
        _ => None,
    };
    let scopes = match &found["scope"] {
        Value::String(scopes) => Some(split_scopes(scopes)),
        Value::Array(scopes) => {
            Some(scopes.iter().filter_map(|scope| scope.as_str().map(str::to_owned)).collect())
        }
        _ => None,
    };
    let scopes =
        scopes.map(|scopes| scopes.into_iter().map(|scope| format!("{scope_prefix}{scope}")).collect());
    Some(IssuedToken {
        access_token: secret("access_token")?,
        refresh_token: secret("refresh_token")
            .filter(|_| !matches!(endpoint.refresh, RefreshClass::None | RefreshClass::ReMint)),
        expires_in: stated
            .filter(|seconds| *seconds > 0)
            .or(endpoint.access_token_lifetime.map(|time| time.as_secs())),
        scopes,
    })
}

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// JSON, or the form encoding that GitHub answers with unless asked.
fn parse_body(body: &[u8]) -> Option<Value> {
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
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

/// What a body says of its refusal.
#[derive(Debug, Default)]
struct Refusal {
    /// The first that is known decides.
    codes: Vec<String>,
    retry_after: Option<Duration>,
}

fn read_refusal(endpoint: &TokenEndpoint, response: &Response<Bytes>, body: &Value) -> Refusal {
    let Some(expression) = &endpoint.refusal else {
        return Refusal { codes: code(&body["error"]).into_iter().collect(), retry_after: None };
    };
    let headers = response.headers().iter();
    let headers: Map<String, Value> = headers
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), Value::from(value.to_str().ok()?))))
        .collect();
    let input = json!({ "status": response.status().as_u16(), "headers": headers, "body": body });
    let stated = expression.evaluate(&input, &Variables::default()).unwrap_or_default();
    let mut codes: Vec<String> = stated["codes"].as_array().into_iter().flatten().filter_map(code).collect();
    if codes.is_empty() {
        codes.extend(code(&body["error"]));
    }
    let seconds = stated["retry_after"].as_f64().filter(|seconds| seconds.is_finite());
    let wait = seconds.map(|seconds| Duration::from_secs_f64(seconds.clamp(0.0, LONGEST_WAIT)));
    Refusal { codes, retry_after: wait }
}

fn classify(endpoint: &TokenEndpoint, codes: &[String]) -> TokenErrorClass {
    codes.iter().find_map(|code| class_of(endpoint, code)).unwrap_or(TokenErrorClass::Refused)
}

/// The provider's own codes come first: they may say that a word of the standard means something else.
fn class_of(endpoint: &TokenEndpoint, code: &str) -> Option<TokenErrorClass> {
    let among = |listed: &[String]| listed.iter().any(|known| known == code);
    if among(&endpoint.dead_grant_errors) {
        Some(TokenErrorClass::DeadGrant)
    } else if among(&endpoint.client_errors) {
        Some(TokenErrorClass::Client)
    } else if among(&endpoint.transient_errors) || code == TRANSIENT {
        Some(TokenErrorClass::Transient)
    } else if DEAD_GRANT.contains(&code) {
        Some(TokenErrorClass::DeadGrant)
    } else if CLIENT.contains(&code) {
        Some(TokenErrorClass::Client)
    } else {
        BUSY.contains(&code).then_some(TokenErrorClass::Busy)
    }
}

/// Reddit names a number.
fn code(value: &Value) -> Option<String> {
    match value {
        Value::String(code) => (!code.is_empty()).then(|| code.clone()),
        Value::Number(code) => Some(code.to_string()),
        _ => None,
    }
}

/// Short and plain enough to repeat.
fn is_plain(code: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    code.len() <= 64 && code.bytes().all(plain)
}
