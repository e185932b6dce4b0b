//! File uploads: announced, sent as a form in one part or several, and attached to something within the hour.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Call;
use super::failure::Failure;
use super::lists;
use super::shapes::{FILES, ICONS, Kind, id_in, link, variant};
use super::show::time;
use super::users::MAX_UPLOAD;
use super::workspace::{Upload, Workspace};
use crate::multipart::{self, Field};
use crate::stage::Stage;
use crate::wire::Request;

/// What is not attached by then is lost, in seconds.
const LIFETIME: i64 = 3600;
const MAX_PARTS: i64 = 1000;
const MAX_NAME: usize = 900;

/// Types by the ends of names.
const TYPES: &[(&str, &str)] = &[
    ("csv", "text/csv"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("gif", "image/gif"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("json", "application/json"),
    ("md", "text/markdown"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("txt", "text/plain"),
    ("wav", "audio/wav"),
    ("webp", "image/webp"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("zip", "application/zip"),
];

fn type_of(filename: &str) -> Option<&'static str> {
    let (_, end) = filename.rsplit_once('.')?;
    TYPES.iter().find(|(known, _)| end.eq_ignore_ascii_case(known)).map(|(_, kind)| *kind)
}

fn show_one(stage: &Stage<'_>, upload: &Upload) -> Value {
    let expired = upload.status == "expired" || (!upload.attached && upload.expires_at <= stage.now);
    let status = if expired { "expired" } else { upload.status.as_str() };
    let address = |end: &str| stage.link("api.notion.com", &format!("/v1/file_uploads/{}/{end}", upload.id));
    let mut shown = json!({
        "object": "file_upload",
        "id": upload.id,
        "created_time": time(upload.created.at),
        "created_by": {"id": upload.created.by, "type": "bot"},
        "last_edited_time": time(upload.created.at),
        "in_trash": false,
        "archived": false,
        "expiry_time": (!upload.attached).then(|| time(upload.expires_at)),
        "status": status,
        "filename": upload.filename,
        "content_type": upload.content_type,
        "content_length": (upload.status == "uploaded").then_some(upload.length),
    });
    if status == "pending" && upload.mode != "external_url" {
        shown["upload_url"] = json!(address("send"));
    }
    if upload.mode == "multi_part" {
        shown["number_of_parts"] = json!({"total": upload.parts, "sent": upload.sent.len()});
        if status == "pending" {
            shown["complete_url"] = json!(address("complete"));
        }
    }
    if upload.mode == "external_url" && upload.status == "uploaded" {
        let at = time(upload.created.at);
        shown["file_import_result"] = json!({"type": "success", "success": {}, "imported_time": at});
    }
    shown
}

pub(super) fn create(stage: &mut Stage<'_>, call: &Call) -> Result<Value, Failure> {
    let body = &call.body;
    let mode = body.text("mode").unwrap_or("single_part");
    let (filename, address) = (body.filled("filename"), body.text("external_url"));
    let parts = body.integer("number_of_parts");
    let needed: &[(&str, bool)] = match mode {
        "multi_part" => &[("filename", filename.is_none()), ("number_of_parts", parts.is_none())],
        "external_url" => &[("filename", filename.is_none()), ("external_url", address.is_none())],
        _ => &[],
    };
    if let Some((name, _)) = needed.iter().find(|(_, missing)| *missing) {
        return Err(Failure::missing(&format!("body.{name}")));
    }
    match (parts, address) {
        (Some(parts), _) if mode != "multi_part" => {
            return Err(Failure::body_wrong("body.number_of_parts", "not present", &json!(parts)));
        }
        (Some(parts), _) if !(1..=MAX_PARTS).contains(&parts) => {
            return Err(Failure::body_wrong("body.number_of_parts", "between `1` and `1000`", &json!(parts)));
        }
        (_, Some(address)) if mode != "external_url" => {
            return Err(Failure::body_wrong("body.external_url", "not present", &json!(address)));
        }
        (_, Some(address)) if !address.starts_with("https://") || link(&json!(address)).is_err() => {
            return Err(Failure::body_wrong("body.external_url", "a public HTTPS URL", &json!(address)));
        }
        _ => {}
    }
    if filename.is_some_and(|name| name.len() > MAX_NAME) {
        return Err(Failure::too_long("body.filename", MAX_NAME, filename.map_or(0, str::len)));
    }
    let given = body.filled("content_type").map(str::to_ascii_lowercase);
    if let Some(given) = given.as_ref().filter(|given| !given.contains('/')) {
        return Err(Failure::body_wrong("body.content_type", "a MIME type", &json!(given)));
    }
    let derived = filename.and_then(type_of).map(str::to_owned);
    stage.world.notion.serial += 1;
    let upload = Upload {
        id: stage.uuid(),
        serial: stage.world.notion.serial,
        created: call.stamp(stage),
        expires_at: stage.after(LIFETIME),
        status: "pending".to_owned(),
        filename: filename.map(str::to_owned),
        content_type: given.or(derived),
        length: 0,
        mode: mode.to_owned(),
        parts: parts.and_then(|parts| u64::try_from(parts).ok()).unwrap_or(1),
        sent: BTreeMap::new(),
        attached: false,
    };
    let shown = show_one(stage, &upload);
    stage.world.notion.uploads.insert(upload.id.clone(), upload);
    Ok(shown)
}

/// An upload of this connection.
fn find<'w>(workspace: &'w mut Workspace, call: &Call, id: &str) -> Result<&'w mut Upload, Failure> {
    let upload = workspace.uploads.get_mut(id).filter(|upload| upload.created.by == call.bot);
    upload.ok_or_else(|| Failure::not_found("file upload", id, &call.app))
}

fn shown(stage: &Stage<'_>, call: &Call, id: &str) -> Result<Value, Failure> {
    let upload = stage.world.notion.uploads.get(id);
    upload
        .map(|upload| show_one(stage, upload))
        .ok_or_else(|| Failure::not_found("file upload", id, &call.app))
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Value, Failure> {
    let id = call.id("file_upload_id")?;
    let upload = find(&mut stage.world.notion, call, &id)?;
    // An import is done by the time that somebody asks; nothing is fetched.
    if upload.mode == "external_url" && upload.status == "pending" {
        upload.status = "uploaded".to_owned();
        upload.length = 1024;
    }
    shown(stage, call, &id)
}

pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Value, Failure> {
    let wanted = call.query.text("status");
    let mut uploads: Vec<&Upload> =
        stage.world.notion.uploads.values().filter(|upload| upload.created.by == call.bot).collect();
    uploads.sort_by_key(|upload| std::cmp::Reverse(upload.serial));
    let shown = uploads.into_iter().map(|upload| (upload.id.clone(), show_one(stage, upload)));
    let kept = shown.filter(|(_, upload)| wanted.is_none_or(|wanted| upload["status"] == wanted));
    lists::page(&call.query, "query", "file_upload", kept.collect())
}

pub(super) fn send(stage: &mut Stage<'_>, call: &Call, request: &Request) -> Result<Value, Failure> {
    let refuse = |problem: String| Failure::validation(format!("sandbox: {problem}"));
    let id = call.id("file_upload_id")?;
    let fields = multipart::form(request).map_err(|problem| refuse(problem.to_string()))?;
    if let Some(stranger) =
        fields.iter().find(|field| !["file", "part_number"].contains(&field.name.as_str()))
    {
        return Err(refuse(format!("`{}` is not a field of this form", stranger.name)));
    }
    let named = |name: &str| fields.iter().find(|field| field.name == name);
    let file = named("file").ok_or_else(|| Failure::missing("body.file"))?;
    if file.filename.is_none() {
        return Err(refuse("the field `file` has no filename, so that it is no file".to_owned()));
    }
    let number = match named("part_number") {
        None => None,
        Some(field) => {
            let text = std::str::from_utf8(field.content).unwrap_or_default();
            let number = text.parse::<u64>().ok().filter(|_| !text.starts_with('+'));
            let wrong = || Failure::body_wrong("body.part_number", "a whole number as text", &json!(text));
            Some(number.ok_or_else(wrong)?)
        }
    };
    let now = stage.now;
    let upload = find(&mut stage.world.notion, call, &id)?;
    if upload.status != "pending" || upload.expires_at <= now || upload.mode == "external_url" {
        return Err(Failure::validation(
            "File upload must have a status of `pending` and a mode that takes content.",
        ));
    }
    receive(upload, file, number)?;
    shown(stage, call, &id)
}

/// Takes what came, whole or in part.
fn receive(upload: &mut Upload, file: &Field<'_>, number: Option<u64>) -> Result<(), Failure> {
    let length = file.content.len() as u64;
    if length == 0 {
        return Err(Failure::validation("The file is empty."));
    }
    let kind = file
        .content_type
        .as_deref()
        .map(|kind| kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    match (&upload.content_type, kind) {
        (Some(expected), Some(kind)) if *expected != kind => {
            let message =
                format!("Provided content type {kind} does not match the file upload's {expected}.");
            return Err(Failure::validation(message));
        }
        (Some(_), None) => {
            return Err(Failure::validation("sandbox: the field `file` does not say its content type"));
        }
        (None, kind) => upload.content_type = kind,
        _ => {}
    }
    if upload.filename.is_none() {
        upload.filename.clone_from(&file.filename);
    }
    match (upload.mode.as_str(), number) {
        ("multi_part", None) => return Err(Failure::missing("body.part_number")),
        ("multi_part", Some(number)) => {
            if !(1..=upload.parts).contains(&number) {
                let expected = format!("between `1` and `{}`", upload.parts);
                return Err(Failure::body_wrong("body.part_number", &expected, &json!(number)));
            }
            let least = if number == upload.parts { 1 } else { MAX_UPLOAD };
            if !(least..=4 * MAX_UPLOAD).contains(&length) {
                return Err(Failure::validation("Each part but the last must have 5 to 20 MB."));
            }
            upload.sent.insert(number, length);
        }
        (_, Some(number)) => {
            return Err(Failure::body_wrong("body.part_number", "not present", &json!(number)));
        }
        (_, None) if length > MAX_UPLOAD => {
            return Err(Failure::validation("The file is larger than this workspace's limit of 5 MB."));
        }
        (_, None) => {
            upload.length = length;
            upload.status = "uploaded".to_owned();
        }
    }
    Ok(())
}

pub(super) fn complete(stage: &mut Stage<'_>, call: &Call) -> Result<Value, Failure> {
    let id = call.id("file_upload_id")?;
    let now = stage.now;
    let upload = find(&mut stage.world.notion, call, &id)?;
    if upload.mode != "multi_part" || upload.status != "pending" || upload.expires_at <= now {
        return Err(Failure::validation("Only a pending multi-part file upload can be completed."));
    }
    if (upload.sent.len() as u64) < upload.parts {
        let message = format!("{} of {} parts were sent.", upload.sent.len(), upload.parts);
        return Err(Failure::validation(message));
    }
    upload.length = upload.sent.values().sum();
    upload.status = "uploaded".to_owned();
    shown(stage, call, &id)
}

/// The file behind an upload that is now in use, and its name.
pub(super) fn attach(stage: &mut Stage<'_>, call: &Call, id: &str) -> Result<(Value, String), Failure> {
    let (now, expiry) = (stage.now, stage.after(LIFETIME));
    let upload = find(&mut stage.world.notion, call, id)?;
    let expired = !upload.attached && upload.expires_at <= now;
    if upload.status != "uploaded" || expired {
        let message = format!("File upload {id} must have a status of `uploaded` to be attached.");
        return Err(Failure::validation(message));
    }
    upload.attached = true;
    let name = upload.filename.clone().unwrap_or_else(|| "file".to_owned());
    let url = format!("https://prod-files-secure.s3.us-west-2.amazonaws.com/{id}/file");
    Ok((json!({"url": url, "expiry_time": time(expiry)}), name))
}

/// The same as a comment shows it.
pub(super) fn attachment(stage: &mut Stage<'_>, call: &Call, id: &str) -> Result<Value, Failure> {
    let (file, _) = attach(stage, call, id)?;
    let upload = stage.world.notion.uploads.get(id);
    let kind = upload.and_then(|upload| upload.content_type.as_deref()).unwrap_or_default();
    let category = match kind.split('/').next() {
        Some(media @ ("audio" | "image" | "video")) => media,
        _ if kind == "application/pdf" => "pdf",
        _ => "productivity",
    };
    Ok(json!({"category": category, "file": file}))
}

/// The icon that the body has under `name`: nothing where it has none, null where it takes one away.
pub(super) fn icon(stage: &mut Stage<'_>, call: &Call, name: &str) -> Result<Option<Value>, Failure> {
    picture(stage, call, name, ICONS)
}

pub(super) fn cover(stage: &mut Stage<'_>, call: &Call, name: &str) -> Result<Option<Value>, Failure> {
    picture(stage, call, name, FILES)
}

fn picture(stage: &mut Stage<'_>, call: &Call, name: &str, kinds: &[Kind]) -> Result<Option<Value>, Failure> {
    match call.body.0.get(name) {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(Value::Null)),
        Some(value) => read_icon(stage, call, value, kinds, &format!("body.{name}")).map(Some),
    }
}

/// An icon, a cover or a file of one of `kinds`, as Notion answers it.
pub(super) fn read_icon(
    stage: &mut Stage<'_>,
    call: &Call,
    value: &Value,
    kinds: &[Kind],
    at: &str,
) -> Result<Value, Failure> {
    match variant(value, kinds, &[], at)? {
        ("file_upload", member) => {
            let (file, _) = attach(stage, call, &id_in(&member["id"]))?;
            Ok(json!({"type": "file", "file": file}))
        }
        ("external", member) => Ok(json!({"type": "external", "external": {"url": link(&member["url"])?}})),
        ("emoji", member) if member.as_str().is_none_or(|text| text.is_empty() || text.is_ascii()) => {
            Err(Failure::body_wrong(&format!("{at}.emoji"), "an emoji", member))
        }
        (kind, member) => Ok(json!({"type": kind, kind: member})),
    }
}
