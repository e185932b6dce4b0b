//! Uploads of media: whole, or begun, sent in parts and finished; their state, and what is said about them.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::Call;
use super::failure::Failure;
use super::library::{Kind, LIFETIME, Look, Media};
use crate::stage::Stage;
use crate::wire::Answer;

/// What X documents for one part.
const MAX_PART: usize = 5 * 1024 * 1024;
const MAX_PARTS: i64 = 999;

fn data(value: &Value) -> Answer {
    Answer::json(200, &json!({"data": value}))
}

fn bytes(call: &Call) -> Result<Vec<u8>, Failure> {
    let text = call.body.text("media").unwrap_or_default();
    let decoded = STANDARD.decode(text).ok().filter(|bytes| !bytes.is_empty());
    let shown: String = text.chars().take(40).collect();
    decoded.ok_or_else(|| Failure::parameter("media", &shown, "is not base64 of anything"))
}

/// Those whom a list of ids names.
fn users(ids: impl Iterator<Item = impl AsRef<str>>) -> Result<BTreeSet<u64>, Failure> {
    let user = |id: &str| {
        let found = id.trim().parse().ok().and_then(super::show::person).map(|person| person.number);
        found.ok_or_else(|| Failure::parameter("additional_owners", id, "does not name a user"))
    };
    ids.map(|id| user(id.as_ref())).collect()
}

fn within_limit(kind: Kind, size: u64, parameter: &str) -> Result<(), Failure> {
    if (1..=kind.most_bytes()).contains(&size) {
        return Ok(());
    }
    Err(Failure::parameter(
        parameter,
        &size.to_string(),
        "is not a size that media of this category may have",
    ))
}

fn keep(stage: &mut Stage<'_>, media: Media) -> Answer {
    let now = stage.now;
    let network = &mut stage.world.twitter;
    let id = network.next_id(now);
    let shown = media.show(id, now);
    network.media.insert(id, media);
    data(&shown)
}

/// The caller's upload that a path, a query or a body names, while it lasts.
fn own<'a>(
    stage: &'a mut Stage<'_>,
    call: &Call,
    parameter: &str,
    id: &str,
) -> Result<(u64, &'a mut Media), Failure> {
    let (user, now) = (call.user(), stage.now);
    let missing = || Failure::parameter(parameter, id, "does not name media of the authenticating user");
    let number = id.parse().map_err(|_| missing())?;
    let media = stage.world.twitter.media.get_mut(&number);
    let media = media.filter(|media| media.owner == user && now < media.expires);
    media.map(|media| (number, media)).ok_or_else(missing)
}

pub(super) fn upload(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let category = call.body.text("media_category").unwrap_or_default();
    let owners = call.body.filled("additional_owners").map(|ids| users(ids.split(','))).transpose()?;
    let bytes = bytes(call)?;
    let (look, size) = (Look::at(&bytes), bytes.len() as u64);
    let media_type = look.media_type.clone().filter(|own| Kind::of(category).takes(own));
    let media_type = media_type.ok_or_else(|| Failure::invalid("media type unrecognized."))?;
    within_limit(Kind::of(category), size, "media")?;
    let media = Media {
        owner: call.user(),
        shared_with: owners.unwrap_or_default(),
        category: category.to_owned(),
        media_type,
        total: size,
        parts: BTreeMap::from([(0, size)]),
        look,
        expires: stage.after(LIFETIME),
        complete: Some(stage.now),
        metadata: Map::new(),
    };
    Ok(keep(stage, media))
}

/// The official description lets everything be left out; without type and size X refuses all the same.
pub(super) fn initialize(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let media_type = call.body.text("media_type").unwrap_or_default();
    let usual = match media_type.split('/').next() {
        _ if media_type == "image/gif" => "tweet_gif",
        Some("video") => "tweet_video",
        Some("text") => "subtitles",
        _ => "tweet_image",
    };
    let category = call.body.text("media_category").unwrap_or(usual);
    if !Kind::of(category).takes(media_type) {
        let problem = format!("does not go with the category {category}");
        return Err(Failure::parameter("media_type", media_type, &problem));
    }
    let total =
        call.body.integer("total_bytes").and_then(|total| u64::try_from(total).ok()).unwrap_or_default();
    within_limit(Kind::of(category), total, "total_bytes")?;
    let media = Media {
        owner: call.user(),
        shared_with: users(call.body.texts("additional_owners").iter())?,
        category: category.to_owned(),
        media_type: media_type.to_owned(),
        total,
        parts: BTreeMap::new(),
        look: Look::default(),
        expires: stage.after(LIFETIME),
        complete: None,
        metadata: Map::new(),
    };
    Ok(keep(stage, media))
}

/// A part may come again, as after a lost answer, and parts may come in any order.
pub(super) fn append(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let bytes = bytes(call)?;
    let index = call.body.integer("segment_index").unwrap_or_default();
    if !(0..=MAX_PARTS).contains(&index) {
        return Err(Failure::parameter("segment_index", &index.to_string(), "is not between 0 and 999"));
    }
    if bytes.len() > MAX_PART {
        return Err(Failure::parameter(
            "media",
            &format!("{} bytes", bytes.len()),
            "is more than one part may have",
        ));
    }
    let (_, media) = own(stage, call, "id", call.captured("id"))?;
    if media.complete.is_some() {
        return Err(Failure::parameter("id", call.captured("id"), "names an upload that is finished"));
    }
    if index == 0 {
        media.look = Look::at(&bytes);
    }
    media.parts.insert(index, bytes.len() as u64);
    Ok(data(&json!({"expires_at": media.expires.as_second()})))
}

pub(super) fn finalize(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let now = stage.now;
    let (id, media) = own(stage, call, "id", call.captured("id"))?;
    if media.complete.is_some() {
        return Err(Failure::parameter("id", call.captured("id"), "names an upload that is finished"));
    }
    let without_gap = media.parts.keys().zip(0..).all(|(index, expected)| *index == expected);
    if !without_gap || media.received() != media.total {
        return Err(Failure::invalid("Segments do not add up to provided total file size."));
    }
    let alike = |own: &str| {
        own == media.media_type || (own, media.media_type.as_str()) == ("image/jpeg", "image/pjpeg")
    };
    if !media.look.media_type.as_deref().is_some_and(alike) {
        return Err(Failure::invalid("media type unrecognized."));
    }
    media.complete = Some(now);
    Ok(data(&media.show(id, now)))
}

pub(super) fn status(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let now = stage.now;
    let asked = call.query.text("media_id").unwrap_or_default();
    let (id, media) = own(stage, call, "media_id", asked)?;
    if media.complete.is_none() {
        return Err(Failure::parameter("media_id", asked, "names an upload that is not finished"));
    }
    Ok(data(&media.show(id, now)))
}

pub(super) fn describe(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let id = call.body.text("id").unwrap_or_default();
    let given = call.body.object("metadata").unwrap_or_default();
    let (_, media) = own(stage, call, "id", id)?;
    media.metadata.extend(given.0);
    Ok(data(&json!({"id": id, "associated_metadata": media.metadata})))
}
