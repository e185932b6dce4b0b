//! Uploading a file in three steps: ask for an address, send the bytes there, say where the file belongs.

use http::Method;
use serde_json::{Value, json};

use super::Call;
use super::chat;
use super::failure::Failure;
use super::workspace::{File, Message};
use crate::stage::Stage;
use crate::wire::{Answer, Request};

const MAX_LENGTH: i64 = 30 * 1024 * 1024;

pub(super) fn upload_address(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let length = call.arguments.integer("length").unwrap_or_default();
    if !(1..=MAX_LENGTH).contains(&length) || call.text("filename").is_empty() {
        return Err(Failure::of("invalid_arguments"));
    }
    let file = File {
        id: format!("F{}", stage.upper(10)),
        ticket: stage.word(48),
        name: call.text("filename").to_owned(),
        title: call.text("filename").to_owned(),
        length,
        user: call.actor.user.clone(),
        created: stage.now.as_second(),
        uploaded: false,
        complete: false,
    };
    let address = stage.link("files.slack.com", &format!("/upload/v1/{}", file.ticket));
    let body = json!({"ok": true, "upload_url": address, "file_id": file.id});
    stage.world.slack.files.push(file);
    Ok(Answer::json(200, &body))
}

/// The upload address itself, which knows the sender by its last segment alone.
pub(super) fn receive(stage: &mut Stage<'_>, request: &Request, ticket: &str) -> Answer {
    stage.note.operation = Some("files.upload".to_owned());
    let plain = |status: u16, text: String| Answer::text(status, "text/plain; charset=utf-8", text);
    if request.method != Method::POST {
        return plain(405, "sandbox: POST the file's bytes\n".to_owned());
    }
    let files = &mut stage.world.slack.files;
    let Some(file) = files.iter_mut().find(|file| file.ticket == ticket && !file.uploaded) else {
        return plain(404, "sandbox: no upload is expected here\n".to_owned());
    };
    if i64::try_from(request.body.len()) != Ok(file.length) {
        return plain(400, format!("sandbox: {} bytes were announced\n", file.length));
    }
    file.uploaded = true;
    plain(200, format!("OK - {}", file.length))
}

pub(super) fn complete(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let listed = match call.arguments.value("files") {
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
        Some(value) => value.clone(),
        None => Value::Null,
    };
    let listed =
        listed.as_array().filter(|files| !files.is_empty()).ok_or(Failure::of("invalid_arguments"))?;
    let channel = match call.arguments.filled("channel_id") {
        Some(id) => {
            chat::writable(stage, call, id)?;
            Some(id)
        }
        None => None,
    };
    let mut shown = Vec::new();
    for entry in listed {
        let id = entry["id"].as_str().unwrap_or_default();
        let files = &mut stage.world.slack.files;
        let file =
            files.iter_mut().find(|file| file.id == id && file.user == call.actor.user && !file.complete);
        let file = file.ok_or(Failure::of("file_not_found"))?;
        if !file.uploaded {
            return Err(Failure::of("file_not_found").because("sandbox: nothing was uploaded yet".to_owned()));
        }
        file.complete = true;
        if let Some(title) = entry["title"].as_str() {
            title.clone_into(&mut file.title);
        }
        shown.push(json!({
            "id": file.id, "name": file.name, "title": file.title, "size": file.length, "user": file.user,
            "created": file.created, "timestamp": file.created, "channels": channel.into_iter().collect::<Vec<_>>(),
        }));
    }
    if let Some(channel) = channel {
        let mut message = Message {
            user: call.actor.user.clone(),
            text: call.text("initial_comment").to_owned(),
            thread_ts: call.arguments.filled("thread_ts").map(str::to_owned),
            bot_id: call.actor.bot_id.clone(),
            app_id: Some(call.actor.app_id.clone()),
            ..Message::default()
        };
        message.extra.insert("files".to_owned(), Value::Array(shown.clone()));
        chat::add(stage, channel, message)?;
    }
    Ok(Answer::json(200, &json!({"ok": true, "files": shown})))
}
