//! Files attached to messages.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::mailbox::{Message, missing};
use super::properties::ATTACHMENT;
use super::{Call, Failure, entity, mailbox, odata};
use crate::stage::{Stage, written};
use crate::wire::Answer;

const USUAL_PAGE: i64 = 10;
/// Larger files go through an upload session.
const MAX_SIZE: usize = 3 * 1024 * 1024;

/// Attaches a file, and returns it as it is there.
pub(super) fn attach(stage: &mut Stage<'_>, message: &mut Message, file: &Value) -> Result<Value, Failure> {
    let content = file["contentBytes"].as_str().unwrap_or_default();
    let size = STANDARD.decode(content).map_or(0, |bytes| bytes.len());
    if size > MAX_SIZE {
        return Err(Failure::too_large());
    }
    let name = file["name"].as_str().unwrap_or_default();
    let media_type = file["contentType"].as_str().unwrap_or_else(|| guessed(name));
    let attached = json!({
        "@odata.type": "#microsoft.graph.fileAttachment",
        "@odata.mediaContentType": media_type,
        "id": format!("AAMkAD{}AAABEgAQAA{}=", stage.word(48), stage.word(10)),
        "lastModifiedDateTime": written(stage.now),
        "name": name,
        "contentType": media_type,
        "size": size,
        "isInline": file["isInline"] == true,
        "contentId": file["contentId"],
        "contentLocation": file["contentLocation"],
        "contentBytes": content,
    });
    message.attachments.push(attached.clone());
    entity::touched(stage, &mut message.item);
    Ok(attached)
}

/// Exchange looks at the name where nobody says what a file is.
fn guessed(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "txt" => "text/plain",
        "pdf" => "application/pdf",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "csv" => "text/csv",
        "html" => "text/html",
        _ => "application/octet-stream",
    }
}

pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let files = mailbox(stage, call).message(call.captured("message"))?.attachments.clone();
    odata::list(stage, call, &ATTACHMENT, files, USUAL_PAGE)
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let id = call.captured("attachment");
    let message = mailbox(stage, call).message(call.captured("message"))?;
    let file = message.attachments.iter().find(|file| file["id"] == id).cloned();
    odata::one(stage, call, &ATTACHMENT, 200, &file.ok_or_else(|| missing(id))?)
}

pub(super) fn create(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let id = call.captured("message");
    let mut message = mailbox(stage, call).message(id)?.clone();
    let file = attach(stage, &mut message, &Value::Object(call.body.0.clone()))?;
    *mailbox(stage, call).message_mut(id)? = message;
    odata::one(stage, call, &ATTACHMENT, 201, &file)
}

pub(super) fn delete(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let id = call.captured("attachment");
    let message = mailbox(stage, call).message_mut(call.captured("message"))?;
    let before = message.attachments.len();
    message.attachments.retain(|file| file["id"] != id);
    if message.attachments.len() == before { Err(missing(id)) } else { Ok(Answer::empty(204)) }
}
