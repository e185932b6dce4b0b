//! Images, documents and videos: first an address for the bytes, then the bytes, then they can be posted.

use serde_json::{Value, json};

use super::failure::Failure;
use super::members::{Asset, Members};
use super::{Call, Purpose, restli};
use crate::stage::{Stage, later};
use crate::wire::{Answer, Request};

/// How long the address for the bytes works.
const UPLOAD_LIFETIME: i64 = 24 * 3600;
const UPLOADS: &str = "www.linkedin.com";

pub(super) fn find<'a>(members: &'a Members, urn: &str) -> Option<&'a Asset> {
    let (kind, id) = urn.strip_prefix("urn:li:")?.split_once(':')?;
    members.assets.get(id).filter(|asset| asset.kind == kind)
}

/// A new asset of `kind` for `owner`: its URN and where its bytes go.
fn begin(stage: &mut Stage<'_>, kind: &str, owner: &str) -> (String, String) {
    let prefix = match kind {
        "document" => "D4E10AQ",
        "video" => "C5F10AQ",
        _ => "C4E10AQ",
    };
    let (id, upload) = (format!("{prefix}{}", stage.word(12)), stage.word(32));
    let address = stage.link(UPLOADS, &format!("/dms-uploads/sp/{upload}/uploaded-{kind}/0"));
    let asset = Asset {
        kind: kind.to_owned(),
        owner: owner.to_owned(),
        upload,
        upload_until: stage.after(UPLOAD_LIFETIME),
        bytes: None,
    };
    let urn = format!("urn:li:{kind}:{id}");
    stage.world.linkedin.assets.insert(id, asset);
    (urn, address)
}

/// `action=initializeUpload` of images, documents and videos.
fn initialize(stage: &mut Stage<'_>, call: &Call, kind: &str) -> Result<Answer, Failure> {
    let missing = || {
        let at = "/initializeUploadRequest";
        Failure::new(422, "MISSING_FIELD", format!("ERROR :: {at} :: field is required but not found"))
    };
    let asked = call.body.object("initializeUploadRequest").ok_or_else(missing)?;
    let owner = asked.text("owner").unwrap_or_default();
    call.acts_for(owner, Purpose::Write)?;
    let (urn, address) = begin(stage, kind, owner);
    let expires = later(stage.now, UPLOAD_LIFETIME).as_millisecond();
    let mut value = json!({"uploadUrl": address, "uploadUrlExpiresAt": expires});
    value[kind] = Value::from(urn);
    if kind == "video" {
        let last = asked.integer("fileSizeBytes").unwrap_or(1) - 1;
        value["uploadToken"] = Value::from("");
        value["uploadInstructions"] = json!([{"uploadUrl": address, "firstByte": 0, "lastByte": last}]);
    }
    Ok(Answer::json(200, &json!({"value": value})))
}

pub(super) fn image(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    initialize(stage, call, "image")
}

pub(super) fn document(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    initialize(stage, call, "document")
}

pub(super) fn video(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    if call.query.text("action") == Some("initializeUpload") {
        return initialize(stage, call, "video");
    }
    let asked = call.body.object("finalizeUploadRequest");
    let asked = asked.ok_or_else(|| Failure::unprocessable("sandbox: finalizeUploadRequest is missing"))?;
    let urn = asked.text("video").unwrap_or_default();
    let asset = find(&stage.world.linkedin, urn).ok_or_else(|| Failure::not_found(urn))?;
    call.acts_for(&asset.owner, Purpose::Write)?;
    match asset.bytes {
        Some(_) if !asked.texts("uploadedPartIds").is_empty() => Ok(Answer::empty(200)),
        _ => Err(Failure::unprocessable("The parts of the video are not complete")),
    }
}

/// The older way, for which the Posts API knows the images by another URN.
pub(super) fn register(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let asked = call.body.object("registerUploadRequest").unwrap_or_default();
    let owner = asked.text("owner").unwrap_or_default();
    call.acts_for(owner, Purpose::Write)?;
    let (urn, address) = begin(stage, "digitalmediaAsset", owner);
    let mechanism = json!({
        "com.linkedin.digitalmedia.uploading.MediaUploadHttpRequest": {"headers": {}, "uploadUrl": address},
    });
    let artifact = format!(
        "urn:li:digitalmediaMediaArtifact:({urn},urn:li:digitalmediaMediaArtifactClass:uploaded-image)"
    );
    let value = json!({"asset": urn, "mediaArtifact": artifact, "uploadMechanism": mechanism});
    Ok(Answer::json(200, &json!({"value": value})))
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let urn = call.captured("urn");
    if !restli::is_urn(urn) {
        return Err(Failure::invalid(format!("Invalid key: {urn} is not a URN")));
    }
    let collection = call.path.split('/').nth(2).unwrap_or_default();
    let kind = collection.strip_suffix('s').unwrap_or(collection);
    let fits = |asset: &&Asset| asset.kind == kind || (kind == "image" && asset.kind == "digitalmediaAsset");
    let asset = find(&stage.world.linkedin, urn).filter(fits).ok_or_else(|| Failure::not_found(urn))?;
    call.acts_for(&asset.owner, Purpose::Read)?;
    let mut value = json!({"id": urn, "owner": asset.owner, "status": "WAITING_UPLOAD"});
    if asset.bytes.is_some() {
        value["status"] = Value::from("AVAILABLE");
        value["downloadUrl"] = Value::from(format!("https://media.licdn.com/dms/{kind}/{}", asset.upload));
    }
    Ok(Answer::json(200, &value))
}

/// The bytes, to an address that is all it takes.
pub(super) fn upload(stage: &mut Stage<'_>, request: &Request) -> Result<Answer, Failure> {
    stage.note.operation = Some("upload".to_owned());
    if !matches!(request.method.as_str(), "PUT" | "POST") {
        return Err(Failure::method());
    }
    let segments: Vec<&str> = request.path.trim_start_matches('/').split('/').collect();
    let [_, "sp", upload, _, "0"] = segments[..] else {
        return Err(Failure::no_path());
    };
    let now = stage.now;
    let mut assets = stage.world.linkedin.assets.values_mut();
    let asset = assets.find(|asset| asset.upload == upload).filter(|asset| asset.upload_until > now);
    let asset =
        asset.ok_or_else(|| Failure::new(401, "UNAUTHORIZED", "The upload URL is invalid or expired"))?;
    if request.body.is_empty() {
        return Err(Failure::invalid("sandbox: an upload needs bytes"));
    }
    asset.bytes = Some(request.body.len());
    Ok(Answer::empty(201).with("etag", format!("/ambry-video/signedId/{upload}")))
}
