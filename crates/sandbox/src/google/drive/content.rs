//! Content: what an upload becomes, how it is downloaded, and what Google's own types are exported as.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::access::{self, Need};
use super::failure::Failure;
use super::media::Media;
use super::store::{File, Revision};
use super::{Ask, Reply, kinds, refusal};
use crate::stage::Stage;

/// What `files.export` gives at most.
const MAX_EXPORT: usize = 10 * 1024 * 1024;

/// The next revision of a file of type `kind` from `media`; without any it is empty.
pub(super) fn revision(
    stage: &mut Stage<'_>,
    ask: &Ask,
    kind: &str,
    media: Option<&Media>,
    name: Option<&str>,
) -> Result<Revision, Failure> {
    let none = Media { media_type: kind.to_owned(), bytes: Vec::new() };
    let media = media.unwrap_or(&none);
    let essence = media.essence();
    let (media_type, bytes) = if kinds::is_google(kind) {
        if !kinds::can_become(&essence, kind) {
            return Err(Failure::older(
                400,
                "conversionUnsupportedConversionPath",
                "Conversion of the uploaded content to the requested output type is not supported.",
            ));
        }
        (kind.to_owned(), imported(&essence, &media.bytes).into_bytes())
    } else {
        (kind.to_owned(), media.bytes.clone())
    };
    let blob = !kinds::is_google(kind);
    Ok(Revision {
        id: if blob { format!("0B{}", stage.word(46)) } else { stage.digits(3) },
        modified: stage.now,
        by: ask.address().to_owned(),
        media_type,
        content: STANDARD.encode(bytes),
        original_filename: blob.then(|| name.unwrap_or("Untitled").to_owned()),
        keep_forever: ask.flag("keepRevisionForever"),
        published: false,
        publish_auto: false,
        published_outside: false,
    })
}

/// The text of what was uploaded to become one of Google's types.
pub(super) fn imported(media_type: &str, bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    match media_type {
        "text/html" => without_tags(&text),
        kind if kind.starts_with("text/") || kind.ends_with("json") || kinds::is_google(kind) => text,
        kind => format!("Imported from {kind}, {} bytes.", bytes.len()),
    }
}

fn without_tags(html: &str) -> String {
    let mut text = String::new();
    let mut in_tag = false;
    for character in html.chars() {
        match character {
            '<' => in_tag = true,
            '>' if in_tag => in_tag = false,
            character if !in_tag => text.push(character),
            _ => {}
        }
    }
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// `alt=media` of a file or of one of its revisions.
pub(super) fn download(
    stage: &Stage<'_>,
    ask: &Ask,
    file: &File,
    revision: Option<&Revision>,
) -> Result<Reply, Failure> {
    let Some(revision) = revision.filter(|_| file.is_blob()) else {
        let message = "Only files with binary content can be downloaded. Use Export with Docs Editors files.";
        return Err(refusal::forbidden("fileNotDownloadable", message).at("parameter", "alt"));
    };
    if !access::may_download(stage, file, ask.address()) {
        let message = "This file cannot be downloaded by the user.";
        return Err(refusal::forbidden("cannotDownloadFile", message));
    }
    Ok(Reply::Bytes { media_type: revision.media_type.clone(), bytes: revision.bytes() })
}

pub(super) fn export(stage: &mut Stage<'_>, ask: &Ask) -> Result<Reply, Failure> {
    let file = access::reach(stage, ask, ask.file_id(), Need::Read)?;
    let format = ask.query.text("mimeType").unwrap_or_default();
    if !kinds::is_editor(&file.mime_type) {
        let message = "Export only supports Docs Editors files.";
        return Err(refusal::forbidden("fileNotExportable", message));
    }
    if !kinds::exports(&file.mime_type).contains(&format) {
        return Err(
            refusal::bad_request("The requested conversion is not supported.").at("parameter", "convertTo")
        );
    }
    if !access::may_download(stage, file, ask.address()) {
        let message = "This file cannot be exported by the user.";
        return Err(refusal::forbidden("cannotExportFile", message));
    }
    let text = file.head().map(Revision::text).unwrap_or_default();
    let bytes = exported(&file.name, &text, format);
    if bytes.len() > MAX_EXPORT {
        let message = "This file is too large to be exported.";
        return Err(refusal::forbidden("exportSizeLimitExceeded", message));
    }
    Ok(Reply::Bytes { media_type: format.to_owned(), bytes })
}

/// A document as another format. The binary ones are made up: well-formed at their ends, and that is all.
fn exported(name: &str, text: &str, format: &str) -> Vec<u8> {
    match format {
        // Google writes text with a byte order mark and the line ends of Windows.
        "text/plain" => format!("\u{feff}{}", text.replace('\n', "\r\n")).into_bytes(),
        "text/csv" => text.replace('\n', "\r\n").into_bytes(),
        "text/tab-separated-values" => text.replace(',', "\t").replace('\n', "\r\n").into_bytes(),
        "text/html" => {
            let lines: Vec<String> =
                text.lines().map(|line| format!("<p>{}</p>", super::show::escaped(line))).collect();
            format!("<html><head><title>{name}</title></head><body>{}</body></html>", lines.concat())
                .into_bytes()
        }
        "application/rtf" => format!("{{\\rtf1\\ansi {text}}}").into_bytes(),
        "application/pdf" => format!("%PDF-1.4\n% {name}\n% {text}\n%%EOF\n").into_bytes(),
        "image/svg+xml" => b"<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>".to_vec(),
        "image/png" => b"\x89PNG\r\n\x1a\n".to_vec(),
        "image/jpeg" => b"\xff\xd8\xff\xd9".to_vec(),
        format if format.ends_with("json") || format == "text/markdown" => text.as_bytes().to_vec(),
        // The rest are ZIP archives; this one is empty.
        _ => [b"PK\x05\x06".as_slice(), &[0; 18]].concat(),
    }
}
