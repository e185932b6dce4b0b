//! Files: uploaded in three steps (ask for an address, send the bytes there, say where the file belongs), and
//! listed.

use http::Method;
use serde_json::{Value, json};

use super::Call;
use super::chat;
use super::failure::Failure;
use super::messages::micros;
use super::workspace::{ChannelKind, File, Message};
use crate::stage::Stage;
use crate::wire::{Answer, Request};

/// The groups that files are asked for by.
const TYPES: [&str; 7] = ["all", "spaces", "snippets", "images", "gdocs", "zips", "pdfs"];
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
        channels: Vec::new(),
    };
    let address = stage.link("files.slack.com", &format!("/upload/v1/{}", file.ticket));
    let body = json!({"ok": true, "upload_url": address, "file_id": file.id});
    stage.world.slack.files.push(file);
    Ok(Answer::json(200, &body))
}

/// What a file's name says it is: its media type, and the group that `types` knows it by.
fn kind(name: &str) -> (&'static str, &'static str) {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    match ending.as_str() {
        "pdf" => ("application/pdf", "pdfs"),
        "png" => ("image/png", "images"),
        "jpg" | "jpeg" => ("image/jpeg", "images"),
        "gif" => ("image/gif", "images"),
        "zip" => ("application/zip", "zips"),
        "txt" | "md" | "csv" => ("text/plain", "snippets"),
        _ => ("application/octet-stream", ""),
    }
}

fn show(domain: &str, file: &File) -> Value {
    json!({
        "id": file.id, "name": file.name, "title": file.title, "mimetype": kind(&file.name).0, "size": file.length,
        "user": file.user, "created": file.created, "timestamp": file.created, "channels": file.channels,
        "permalink": format!("https://{domain}.slack.com/files/{}/{}/{}", file.user, file.id, file.name),
    })
}

/// One page of the files in channels that the caller may see, and of the caller's own, the newest first.
pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let user = &call.actor.user;
    let arguments = &call.arguments;
    let channel = match arguments.filled("channel") {
        Some(id) => Some(stage.world.slack.channel(id, user)?.id.clone()),
        None => None,
    };
    if arguments.filled("user").is_some_and(|user| stage.world.slack.find_member(user).is_none()) {
        return Err(Failure::of("user_not_found"));
    }
    let types: Vec<&str> = arguments.filled("types").unwrap_or("all").split(',').map(str::trim).collect();
    let known = |name: &&str| TYPES.contains(name);
    if !types.iter().all(known) {
        return Err(Failure::of("unknown_type"));
    }
    let bound = |name: &str| match arguments.filled(name) {
        None => Ok(None),
        Some(ts) => micros(ts).map(Some).ok_or(Failure::of("invalid_arguments")),
    };
    let (from, to) = (bound("ts_from")?, bound("ts_to")?);
    let slack = &stage.world.slack;
    let visible = |id: &String| {
        let mut channels = slack.channels.iter();
        channels.any(|own| own.id == *id && (own.kind == ChannelKind::Public || own.has(user)))
    };
    let wanted = |file: &&File| {
        let created = file.created * 1_000_000;
        file.complete
            && (file.user == *user || file.channels.iter().any(visible))
            && channel.as_ref().is_none_or(|channel| file.channels.contains(channel))
            && arguments.filled("user").is_none_or(|user| user == file.user)
            && from.is_none_or(|from| created >= from)
            && to.is_none_or(|to| created <= to)
            && types.iter().any(|name| *name == "all" || *name == kind(&file.name).1)
    };
    let files: Vec<Value> =
        slack.files.iter().rev().filter(wanted).map(|file| show(&slack.domain, file)).collect();
    let number = |name: &str, default: i64, most: i64| {
        let value =
            Some(arguments.integer(name).unwrap_or(default)).filter(|value| (1..=most).contains(value));
        value.and_then(|value| usize::try_from(value).ok()).ok_or(Failure::of("invalid_arguments"))
    };
    let (count, page) = (number("count", 100, 1000)?, number("page", 1, 1000)?);
    let paging = json!({
        "count": count, "total": files.len(), "page": page, "pages": files.len().div_ceil(count).max(1),
    });
    let shown: Vec<Value> = files.into_iter().skip((page - 1) * count).take(count).collect();
    Ok(Answer::json(200, &json!({"ok": true, "files": shown, "paging": paging})))
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
        file.channels = channel.into_iter().map(str::to_owned).collect();
        let file = file.clone();
        shown.push(show(&stage.world.slack.domain, &file));
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
