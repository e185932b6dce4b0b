//! A provider's answer as JSON, or a failure in its own words.

use std::time::Duration;

use bytes::Bytes;
use catalog::{AnswerFormat, FailureKind, RequestTemplate, Toolkit};
use expression::{Expression, Variables};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::multipart;
use crate::retry_after::retry_after;

const MAX_MESSAGE_CHARACTERS: usize = 500;

/// The provider refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub status: u16,
    /// The provider's own code.
    pub code: String,
    /// Whether the provider itself said so, in its own words, and not somebody on the way to it.
    pub is_its_own: bool,
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

/// An answer that is no failure.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    pub answer: Value,
    /// `{status, headers}`.
    pub response: Value,
    /// How large the body was.
    pub bytes: usize,
}

/// The answer to a template's request, or what the provider refused with.
pub fn read(
    toolkit: &Toolkit,
    template: &RequestTemplate,
    response: &Response<Bytes>,
    now: Timestamp,
) -> Result<Result<Reading, Failure>, Malformed> {
    let status = response.status();
    let described = describe(response);
    let json = read_body(response);
    let declared = match (&toolkit.api.failure, &json) {
        (Some(expression), Ok(body)) if !(status.is_success() && template.answer == AnswerFormat::Bytes) => {
            declared_failure(expression, &described, body)
        }
        _ => None,
    };
    if declared.is_some() || !status.is_success() {
        let retry_after = retry_after(&toolkit.api.rate_limit, response.headers(), now);
        return Ok(Err(failure(status, declared, retry_after)));
    }
    let answer = match template.answer {
        AnswerFormat::Json => json?,
        AnswerFormat::Bytes => bytes_of(response),
    };
    Ok(Ok(Reading { answer, response: described, bytes: response.body().len() }))
}

/// What a caller's URL answered.
pub(crate) fn read_fetched(response: &Response<Bytes>) -> Result<Reading, Failure> {
    if response.status().is_success() {
        let bytes = response.body().len();
        return Ok(Reading { answer: bytes_of(response), response: describe(response), bytes });
    }
    let message = "the file's URL did not answer with a file".to_owned();
    Err(Failure { message: Some(message), kind: None, ..failure(response.status(), None, None) })
}

fn describe(response: &Response<Bytes>) -> Value {
    let headers = response.headers().iter();
    let headers: Map<String, Value> = headers
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), Value::from(value.to_str().ok()?))))
        .collect();
    json!({ "status": response.status().as_u16(), "headers": headers })
}

fn bytes_of(response: &Response<Bytes>) -> Value {
    let header = |name| response.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let filename = header(CONTENT_DISPOSITION).and_then(|text| text.split_once("filename=\""));
    let filename = filename.and_then(|(_, rest)| rest.split_once('"')).map(|(name, _)| name);
    json!({
        "base64": multipart::to_base64(response.body()),
        "size": response.body().len(),
        "content_type": header(CONTENT_TYPE),
        "filename": filename,
    })
}

fn declared_failure(expression: &Expression, described: &Value, body: &Value) -> Option<Declared> {
    let mut input = described.clone();
    input["body"] = body.clone();
    let output = expression.evaluate(&input, &Variables::default()).ok()?;
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
    let code = text(code);
    Failure {
        status: status.as_u16(),
        is_its_own: code.is_some(),
        code: code.unwrap_or_else(|| format!("http_{}", status.as_u16())),
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
