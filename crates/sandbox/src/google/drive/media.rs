//! Uploads: a body that is the content, or `multipart/related` with metadata before it (RFC 2387).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::failure::Failure;
use super::{kinds, refusal};
use crate::multipart::{self, Part, Problem};
use crate::strict::{self, Arguments, Fields};
use crate::wire::Request;

/// What Google documents for uploads that come in one request.
const MAX_SIMPLE: usize = 5 * 1024 * 1024;

/// Content with its media type, parameters and all.
#[derive(Debug, Clone)]
pub(super) struct Media {
    pub(super) media_type: String,
    pub(super) bytes: Vec<u8>,
}

impl Media {
    /// The media type without its parameters, in lower case.
    pub(super) fn essence(&self) -> String {
        essence(&self.media_type)
    }
}

fn essence(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn bad_content(message: impl Into<String>) -> Failure {
    Failure::older(400, "badContent", message)
}

fn malformed() -> Failure {
    bad_content("Malformed multipart body.")
}

/// Metadata and content of an upload.
pub(super) fn receive(
    request: &Request,
    upload_type: &str,
    fields: Fields,
) -> Result<(Arguments, Media), Failure> {
    let content_type = request.header("content-type").unwrap_or_default().to_owned();
    let (metadata, media) = match upload_type {
        "media" => {
            if essence(&content_type).starts_with("multipart/") {
                return Err(bad_content("sandbox: uploadType=media would store the whole multipart body"));
            }
            (Arguments::default(), Media { media_type: content_type, bytes: request.body.to_vec() })
        }
        _ => related(request, fields)?,
    };
    if !kinds::is_media_type(&media.essence()) {
        return Err(refusal::bad_request(format!(
            "Media type '{}' is not supported. Valid media types: [*/*]",
            media.media_type
        )));
    }
    if media.bytes.len() > MAX_SIMPLE {
        return Err(Failure::older(413, "uploadTooLarge", "Request is too large."));
    }
    Ok((metadata, media))
}

fn related(request: &Request, fields: Fields) -> Result<(Arguments, Media), Failure> {
    let parts = multipart::parts(request, "multipart/related").map_err(|problem| match problem {
        Problem::OtherType(_) => {
            bad_content("sandbox: uploadType=multipart needs a body of type multipart/related")
        }
        Problem::NoBoundary | Problem::BadBoundary => bad_content("Missing multipart boundary."),
        Problem::NoEnd => bad_content("Missing end boundary in multipart body."),
        Problem::Malformed(_) => malformed(),
    })?;
    let [metadata, media] = parts.as_slice() else {
        return Err(bad_content("sandbox: a multipart upload has two parts, metadata and content"));
    };
    if metadata.header("content-type").map(essence).as_deref() != Some("application/json") {
        return Err(bad_content("sandbox: the first part must be application/json"));
    }
    let metadata = strict::from_json(&decoded(metadata)?, fields)?;
    let media_type = media.header("content-type");
    let media_type = media_type.ok_or_else(|| bad_content("sandbox: the second part has no Content-Type"))?;
    Ok((metadata, Media { media_type: media_type.to_owned(), bytes: decoded(media)? }))
}

fn decoded(part: &Part<'_>) -> Result<Vec<u8>, Failure> {
    match part.header("content-transfer-encoding").map(str::to_ascii_lowercase).as_deref() {
        None | Some("binary" | "8bit" | "7bit") => Ok(part.content.to_vec()),
        Some("base64") => {
            let packed: Vec<u8> =
                part.content.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
            STANDARD.decode(packed).map_err(|_| malformed())
        }
        Some(other) => Err(bad_content(format!("sandbox: the transfer encoding {other} is not served"))),
    }
}
