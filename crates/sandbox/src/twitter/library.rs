//! Media that users have uploaded: sessions that take parts, what came of them, and what may be done with it. Of the
//! bytes the twin keeps their number and what their beginning tells.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::network::Network;
use crate::stage::later;

/// How long an upload can be used.
pub(super) const LIFETIME: i64 = 24 * 3600;
/// X says nothing about how long it works on a video. Here it begins after one second and ends after five.
const BEGINS: i64 = 1;
const ENDS: i64 = 5;
const MEGABYTE: u64 = 1024 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Image,
    Gif,
    Video,
    Subtitles,
}

impl Kind {
    pub(super) fn of(category: &str) -> Self {
        match category.rsplit('_').next() {
            Some("image") => Self::Image,
            Some("gif") => Self::Gif,
            Some("video") => Self::Video,
            _ => Self::Subtitles,
        }
    }

    pub(super) fn most_bytes(self) -> u64 {
        match self {
            Self::Image => 5 * MEGABYTE,
            Self::Gif => 15 * MEGABYTE,
            Self::Video => 512 * MEGABYTE,
            Self::Subtitles => MEGABYTE,
        }
    }

    pub(super) fn takes(self, media_type: &str) -> bool {
        match self {
            Self::Image => media_type.starts_with("image/"),
            Self::Gif => media_type == "image/gif",
            Self::Video => media_type.starts_with("video/"),
            Self::Subtitles => media_type.starts_with("text/"),
        }
    }

    /// As a post's `includes` names it.
    fn shown(self) -> &'static str {
        match self {
            Self::Image => "photo",
            Self::Gif => "animated_gif",
            Self::Video => "video",
            Self::Subtitles => "subtitles",
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Media {
    pub(super) owner: u64,
    /// Who else may use it.
    pub(super) shared_with: BTreeSet<u64>,
    pub(super) category: String,
    /// As announced, or as the bytes tell.
    pub(super) media_type: String,
    pub(super) total: u64,
    /// The sizes of the parts that have come, by their index.
    pub(super) parts: BTreeMap<i64, u64>,
    /// What the first bytes tell.
    pub(super) look: Look,
    pub(super) expires: Timestamp,
    pub(super) complete: Option<Timestamp>,
    pub(super) metadata: Map<String, Value>,
}

/// What the beginning of a file says about it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Look {
    pub(super) media_type: Option<String>,
    /// Width and height in pixels, where the twin can read them.
    size: Option<(u32, u32)>,
}

impl Look {
    pub(super) fn at(bytes: &[u8]) -> Self {
        let brand = bytes.get(4..12).filter(|brand| brand.starts_with(b"ftyp")).map(|brand| &brand[4..]);
        let media_type = match bytes {
            [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
            [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
            [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
            [b'B', b'M', ..] => Some("image/bmp"),
            [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Some("image/tiff"),
            [0x1a, 0x45, 0xdf, 0xa3, ..] => Some("video/webm"),
            _ if brand == Some(b"qt  ") => Some("video/quicktime"),
            _ if brand.is_some() => Some("video/mp4"),
            _ if bytes.starts_with(b"WEBVTT") => Some("text/vtt"),
            _ if bytes.starts_with(b"1\n") || bytes.starts_with(b"1\r\n") => Some("text/srt"),
            _ => None,
        };
        let big = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let little = |at: usize| Some(u32::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
        let size = match media_type {
            Some("image/png") => big(16).zip(big(20)),
            Some("image/gif") => little(6).zip(little(8)),
            _ => None,
        };
        Self { media_type: media_type.map(str::to_owned), size }
    }
}

impl Media {
    pub(super) fn kind(&self) -> Kind {
        Kind::of(&self.category)
    }

    pub(super) fn received(&self) -> u64 {
        self.parts.values().sum()
    }

    fn works_until(&self) -> Option<Timestamp> {
        let works = matches!(self.kind(), Kind::Gif | Kind::Video);
        self.complete.map(|complete| if works { later(complete, ENDS) } else { complete })
    }

    fn is_ready(&self, now: Timestamp) -> bool {
        self.works_until().is_some_and(|until| until <= now) && now < self.expires
    }

    /// Images need no work, and nothing is said about it.
    fn processing(&self, now: Timestamp) -> Option<Value> {
        let elapsed = now.as_second() - self.complete?.as_second();
        match self.kind() {
            Kind::Image | Kind::Subtitles => None,
            _ if elapsed < BEGINS => Some(json!({"state": "pending", "check_after_secs": BEGINS})),
            _ if elapsed < ENDS => Some(json!({
                "state": "in_progress", "check_after_secs": ENDS - elapsed, "progress_percent": 100 * elapsed / ENDS,
            })),
            _ => Some(json!({"state": "succeeded", "progress_percent": 100})),
        }
    }

    pub(super) fn show(&self, id: u64, now: Timestamp) -> Value {
        let mut value = json!({
            "id": id.to_string(), "media_key": key(id, Some(self)),
            "expires_after_secs": self.expires.as_second() - now.as_second(),
        });
        if self.complete.is_none() {
            return value;
        }
        value["size"] = self.total.into();
        if let Some(processing) = self.processing(now) {
            value["processing_info"] = processing;
        }
        match (self.kind(), self.look.size) {
            (Kind::Image | Kind::Gif, Some((width, height))) => {
                value["image"] = json!({"image_type": self.media_type, "w": width, "h": height});
            }
            (Kind::Image | Kind::Gif, None) => value["image"] = json!({"image_type": self.media_type}),
            (Kind::Video, _) => value["video"] = json!({"video_type": self.media_type}),
            (Kind::Subtitles, _) => {}
        }
        value
    }

    /// As the `includes` of a post show it, with the fields that `wants` names.
    fn shown_in_post(&self, id: u64, wants: impl Fn(&str) -> bool) -> Value {
        let mut value = json!({"media_key": key(id, Some(self)), "type": self.kind().shown()});
        let mut set = |name: &str, field: Value| {
            if wants(name) && !field.is_null() {
                value[name] = field;
            }
        };
        set("alt_text", self.metadata.get("alt_text").map_or(Value::Null, |alt| alt["text"].clone()));
        set("width", self.look.size.map_or(Value::Null, |(width, _)| width.into()));
        set("height", self.look.size.map_or(Value::Null, |(_, height)| height.into()));
        if self.kind() == Kind::Image {
            set("url", format!("https://pbs.twimg.com/media/{id}.jpg").into());
        }
        value
    }
}

/// What posts and messages call it. State files of earlier releases have media that nobody had uploaded.
fn key(id: u64, media: Option<&Media>) -> String {
    let prefix = match media.map(|media| (media.category.as_str(), media.kind())) {
        Some(("amplify_video", _)) => 13,
        Some((_, Kind::Video)) => 7,
        Some((_, Kind::Gif)) => 16,
        _ => 3,
    };
    format!("{prefix}_{id}")
}

fn by_text<'a>(network: &'a Network, id: &str) -> Option<(u64, &'a Media)> {
    let id = id.parse().ok()?;
    network.media.get(&id).map(|media| (id, media))
}

/// The keys of media with these ids.
pub(super) fn keys(network: &Network, ids: &[String]) -> Vec<String> {
    let one = |id: &String| {
        by_text(network, id)
            .map_or_else(|| key(id.parse().unwrap_or_default(), None), |(id, media)| key(id, Some(media)))
    };
    ids.iter().map(one).collect()
}

/// Media with these ids as the `includes` of a post show them.
pub(super) fn included(network: &Network, ids: &[String], wants: impl Fn(&str) -> bool) -> Vec<Value> {
    let found = ids.iter().filter_map(|id| by_text(network, id));
    found.map(|(id, media)| media.shown_in_post(id, &wants)).collect()
}

/// Whether `user` may attach all of `ids` to a post (`tweet`) or a direct message (`dm`): finished, not expired, made for
/// that, and up to four images or one of anything else.
pub(super) fn may_attach(network: &Network, user: u64, ids: &[String], to: &str, now: Timestamp) -> bool {
    let own = |id: &String| {
        let (_, media) = by_text(network, id)?;
        let allowed = media.owner == user || media.shared_with.contains(&user);
        let fits = media.category.starts_with(to) || (media.category == "amplify_video" && to == "tweet");
        (allowed && fits && media.is_ready(now)).then(|| media.kind())
    };
    let Some(kinds) = ids.iter().map(own).collect::<Option<Vec<Kind>>>() else {
        return false;
    };
    let distinct: BTreeSet<&String> = ids.iter().collect();
    let most = if to == "tweet" && kinds.iter().all(|kind| *kind == Kind::Image) { 4 } else { 1 };
    distinct.len() == ids.len() && ids.len() <= most
}
