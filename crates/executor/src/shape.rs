//! Answer to result, or to a failure in the provider's own words.

use std::time::Duration;

use bytes::Bytes;
use catalog::FailureKind;
use expression::Expression;
use http::header::CONTENT_TYPE;
use http::{Response, StatusCode};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::Call;
use crate::render::without_nulls;
use crate::retry_after::retry_after;

const MAX_MESSAGE_CHARACTERS: usize = 500;

/// The provider refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub status: u16,
    /// The provider's own code.
    pub code: String,
    /// The provider's own sentence, cut to a readable length.
    pub message: Option<String>,
    pub kind: Option<FailureKind>,
    pub retry_after: Option<Duration>,
}

/// The answer is none that the manifest knows how to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the provider's answer is malformed")]
pub struct Malformed;

#[derive(Deserialize)]
struct Declared {
    code: Option<Value>,
    message: Option<Value>,
    kind: Option<FailureKind>,
}

/// The result of a success, without null members, or what the provider refused with.
pub fn shape(
    call: Call<'_>,
    response: &Response<Bytes>,
    now: Timestamp,
) -> Result<Result<Value, Failure>, Malformed> {
    let status = response.status();
    let body = read_body(response);
    let declared = match (&call.toolkit.api.failure, &body) {
        (Some(expression), Ok(body)) => declared_failure(call, expression, response, body),
        _ => None,
    };
    if declared.is_some() || !status.is_success() {
        let retry_after = retry_after(&call.toolkit.api.rate_limit, response.headers(), now);
        return Ok(Err(failure(status, declared, retry_after)));
    }
    let body = body?;
    match &call.tool.result.expression {
        Some(expression) => match expression.evaluate(&body, call.variables) {
            Ok(result) => Ok(Ok(without_nulls(result))),
            Err(_) => Err(Malformed),
        },
        None => Ok(Ok(body)),
    }
}

fn declared_failure(
    call: Call<'_>,
    expression: &Expression,
    response: &Response<Bytes>,
    body: &Value,
) -> Option<Declared> {
    let headers: Map<String, Value> = response
        .headers()
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), Value::from(value.to_str().ok()?))))
        .collect();
    let input = json!({ "status": response.status().as_u16(), "headers": headers, "body": body });
    let output = expression.evaluate(&input, call.variables).ok()?;
    Declared::deserialize(output).ok()
}

fn failure(status: StatusCode, declared: Option<Declared>, retry_after: Option<Duration>) -> Failure {
    let by_status = match status {
        StatusCode::UNAUTHORIZED => Some(FailureKind::Unauthorized),
        StatusCode::TOO_MANY_REQUESTS => Some(FailureKind::RateLimited),
        status if status.is_server_error() => Some(FailureKind::Unavailable),
        _ => None,
    };
    let (code, message, kind) =
        declared.map_or((None, None, None), |declared| (declared.code, declared.message, declared.kind));
    let text = |value: Option<Value>| match value? {
        Value::String(text) if !text.trim().is_empty() => Some(readable(&text)),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    Failure {
        status: status.as_u16(),
        code: text(code).unwrap_or_else(|| format!("http_{}", status.as_u16())),
        message: text(message),
        kind: kind.or(by_status),
        retry_after,
    }
}

/// One line without control characters, cut with a marker.
fn readable(text: &str) -> String {
    let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.retain(|character| !character.is_control());
    match line.char_indices().nth(MAX_MESSAGE_CHARACTERS) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}

/// JSON as it is, no body as null, other text as a string.
fn read_body(response: &Response<Bytes>) -> Result<Value, Malformed> {
    let body = response.body();
    if body.is_empty() {
        return Ok(Value::Null);
    }
    let content_type =
        response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // Some send objects as text; a document that reads `1.10` is no number.
    let is_text = content_type.starts_with("text/") && !body.starts_with(b"{") && !body.starts_with(b"[");
    match serde_json::from_slice(body) {
        Ok(value) if !is_text => Ok(value),
        Err(_) if content_type.contains("json") => Err(Malformed),
        _ => std::str::from_utf8(body).map(Value::from).map_err(|_| Malformed),
    }
}
