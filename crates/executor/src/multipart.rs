//! Bodies of several parts: `multipart/form-data` (RFC 7578) and `multipart/related` (RFC 2387). No value can start a
//! header or a part of its own.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use serde::Deserialize;
use serde_json::Value;

/// One part, or a body of bytes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    name: Option<String>,
    filename: Option<String>,
    content_type: Option<String>,
    text: Option<String>,
    /// Standard base64, padded or not.
    base64: Option<String>,
}

/// The media type and the bytes.
pub(crate) struct Encoded {
    pub(crate) content_type: String,
    pub(crate) bytes: Vec<u8>,
}

impl Part {
    fn bytes(&self) -> Result<Vec<u8>, String> {
        match (&self.text, &self.base64) {
            (Some(text), _) => Ok(text.clone().into_bytes()),
            (None, Some(base64)) => {
                let compact: String = base64.split_whitespace().collect();
                let unpadded = compact.trim_end_matches('=');
                base64::engine::general_purpose::STANDARD_NO_PAD
                    .decode(unpadded)
                    .map_err(|_| "the content is not valid base64".to_owned())
            }
            (None, None) => Ok(Vec::new()),
        }
    }

    fn content_type(&self) -> Result<Option<&str>, String> {
        let Some(text) = &self.content_type else { return Ok(None) };
        let plain = HeaderValue::from_str(text).is_ok() && text.contains('/') && text.is_ascii();
        plain
            .then_some(Some(text.as_str()))
            .ok_or_else(|| format!("`{}` is no media type, such as `text/plain`", text.escape_debug()))
    }
}

/// The bytes themselves.
pub(crate) fn bytes(content: &Value) -> Result<Encoded, String> {
    let part = parse(content)?;
    let content_type = part.content_type()?.unwrap_or("application/octet-stream").to_owned();
    Ok(Encoded { content_type, bytes: part.bytes()? })
}

pub(crate) fn form_data(parts: &Value, seed: &str) -> Result<Encoded, String> {
    encode("form-data", parts, seed, |part| {
        let mut disposition =
            format!("form-data; name=\"{}\"", quoted(part.name.as_deref().unwrap_or_default()));
        if let Some(filename) = &part.filename {
            disposition.push_str(&format!("; filename=\"{}\"", quoted(filename)));
        }
        Some(disposition)
    })
}

pub(crate) fn related(parts: &Value, seed: &str) -> Result<Encoded, String> {
    encode("related", parts, seed, |_| None)
}

fn encode(
    kind: &str,
    parts: &Value,
    seed: &str,
    disposition: impl Fn(&Part) -> Option<String>,
) -> Result<Encoded, String> {
    let parts: Vec<Part> = parts.as_array().into_iter().flatten().map(parse).collect::<Result<_, _>>()?;
    let contents: Vec<Vec<u8>> = parts.iter().map(Part::bytes).collect::<Result<_, _>>()?;
    let boundary = boundary(seed, &contents);
    let mut body = Vec::new();
    for (part, content) in parts.iter().zip(&contents) {
        body.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        if let Some(disposition) = disposition(part) {
            body.extend_from_slice(format!("Content-Disposition: {disposition}\r\n").as_bytes());
        }
        if let Some(content_type) = part.content_type()? {
            body.extend_from_slice(format!("Content-Type: {content_type}\r\n").as_bytes());
        }
        body.extend_from_slice(b"\r\n");
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Ok(Encoded { content_type: format!("multipart/{kind}; boundary={boundary}"), bytes: body })
}

fn parse(value: &Value) -> Result<Part, String> {
    Part::deserialize(value).map_err(|_| "a part is not as the encoder takes it".to_owned())
}

/// A text that occurs in no content.
fn boundary(seed: &str, contents: &[Vec<u8>]) -> String {
    let seed: String = seed.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
    let mut boundary = format!("part-{seed}");
    let occurs = |boundary: &str| {
        let found =
            |content: &Vec<u8>| content.windows(boundary.len()).any(|part| part == boundary.as_bytes());
        contents.iter().any(found)
    };
    while occurs(&boundary) {
        boundary.push('x');
    }
    boundary
}

/// As browsers write names in quotes: what would end the quotes or the line is percent-encoded.
fn quoted(text: &str) -> String {
    text.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

/// What an answer of bytes becomes.
pub(crate) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}
