//! What the bodies' shared parts look like: ids, rich text, icons, and objects of which one member says the kind.

use serde_json::{Map, Value, json};

use super::failure::Failure;
use crate::strict::{self, Fields, Shape, may, must};

pub(super) const ID: Shape = Shape::Like("a valid uuid", is_id);
/// Something elsewhere.
pub(super) const EXTERNAL: Shape = Shape::Object(&[must("url", Shape::Text)]);
/// Something here.
pub(super) const BY_ID: Shape = Shape::Object(&[must("id", ID)]);

pub(super) const COLORS: &[&str] = &[
    "default",
    "gray",
    "brown",
    "orange",
    "yellow",
    "green",
    "blue",
    "purple",
    "pink",
    "red",
    "default_background",
    "gray_background",
    "brown_background",
    "orange_background",
    "yellow_background",
    "green_background",
    "blue_background",
    "purple_background",
    "pink_background",
    "red_background",
];

pub(super) const DATE: Fields = &[
    must("start", Shape::Text),
    may("end", Shape::Nullable(&Shape::Text)),
    may("time_zone", Shape::Nullable(&Shape::Text)),
];

const ANNOTATIONS: Fields = &[
    may("bold", Shape::Boolean),
    may("italic", Shape::Boolean),
    may("strikethrough", Shape::Boolean),
    may("underline", Shape::Boolean),
    may("code", Shape::Boolean),
    may("color", Shape::OneOf(COLORS)),
];

const CUSTOM_EMOJI: Shape =
    Shape::Object(&[must("id", ID), may("name", Shape::Text), may("url", Shape::Text)]);

pub(super) const MENTIONS: &[Kind] = &[
    ("user", Shape::Object(&[must("id", ID), may("object", Shape::OneOf(&["user"]))])),
    ("date", Shape::Object(DATE)),
    ("page", Shape::Object(&[must("id", ID)])),
    ("database", Shape::Object(&[must("id", ID)])),
    (
        "template_mention",
        Shape::Object(&[
            may("type", Shape::OneOf(&["template_mention_date", "template_mention_user"])),
            may("template_mention_date", Shape::OneOf(&["today", "now"])),
            may("template_mention_user", Shape::OneOf(&["me"])),
        ]),
    ),
    ("custom_emoji", CUSTOM_EMOJI),
];

/// What an item of rich text may be, beside its annotations.
pub(super) const TEXTS: &[Kind] = &[
    (
        "text",
        Shape::Object(&[
            must("content", Shape::Text),
            may("link", Shape::Nullable(&Shape::Object(&[must("url", Shape::Text)]))),
        ]),
    ),
    ("mention", Shape::Any),
    ("equation", Shape::Object(&[must("expression", Shape::Text)])),
];
pub(super) const TEXT_EXTRAS: &[Kind] = &[("annotations", Shape::Object(ANNOTATIONS))];

/// A list of rich text, of which [`text::read`](super::text::read) looks at each item.
pub(super) const RICH_TEXT: Shape = Shape::List(&Shape::Any);

pub(super) const ICONS: &[Kind] = &[
    ("emoji", Shape::Text),
    ("external", EXTERNAL),
    ("file_upload", BY_ID),
    ("custom_emoji", CUSTOM_EMOJI),
    (
        "icon",
        Shape::Object(&[
            must("name", Shape::Text),
            may(
                "color",
                Shape::OneOf(&[
                    "gray",
                    "lightgray",
                    "brown",
                    "yellow",
                    "orange",
                    "green",
                    "blue",
                    "purple",
                    "pink",
                    "red",
                ]),
            ),
        ]),
    ),
];

pub(super) const FILES: &[Kind] = &[("external", EXTERNAL), ("file_upload", BY_ID)];

/// A member that says what an object is, and what the member looks like.
pub(super) type Kind = (&'static str, Shape);

fn is_id(text: &str) -> bool {
    uuid_of(text).is_some()
}

/// The id as Notion writes it; it takes ids without hyphens and in capitals, too.
pub(super) fn uuid_of(text: &str) -> Option<String> {
    let hex: String = text.chars().filter(|character| *character != '-').collect();
    let hyphens = text.len() - hex.len();
    let is_hex = hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hex || !(hyphens == 0 || hyphens == 4) {
        return None;
    }
    let hex = hex.to_ascii_lowercase();
    Some(format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]))
}

/// The id in a value that was checked to be one.
pub(super) fn id_in(value: &Value) -> String {
    value.as_str().and_then(uuid_of).unwrap_or_default()
}

/// Which of `kinds` the object is, and that member. `extras` may stand beside it.
pub(super) fn variant<'v>(
    value: &'v Value,
    kinds: &[Kind],
    extras: &[Kind],
    at: &str,
) -> Result<(&'static str, &'v Value), Failure> {
    let object = object(value, at)?;
    let mut found: Option<(&'static str, &Value)> = None;
    for (name, member) in object {
        let place = format!("{at}.{name}");
        if let Some((kind, shape)) = kinds.iter().find(|(kind, _)| kind == name) {
            if found.is_some() {
                return Err(Failure::body_wrong(&place, "not present", member));
            }
            strict::check(member, *shape, &place)?;
            found = Some((kind, member));
        } else if let Some((_, shape)) = extras.iter().find(|(extra, _)| extra == name) {
            strict::check(member, *shape, &place)?;
        } else if name != "type" {
            return Err(Failure::validation(format!(
                "sandbox: `{place}` is not in the official description"
            )));
        }
    }
    let Some((kind, member)) = found else {
        let each: Vec<String> = kinds
            .iter()
            .map(|(kind, _)| format!("{at}.{kind} should be defined, instead was `undefined`."))
            .collect();
        return Err(Failure::validation(format!("body failed validation. Fix one:\n{}", each.join("\n"))));
    };
    match object.get("type") {
        Some(given) if given != kind => {
            Err(Failure::body_wrong(&format!("{at}.type"), &format!("`\"{kind}\"` or `undefined`"), given))
        }
        _ => Ok((kind, member)),
    }
}

pub(super) fn object<'v>(value: &'v Value, at: &str) -> Result<&'v Map<String, Value>, Failure> {
    value.as_object().ok_or_else(|| Failure::body_wrong(at, "an object", value))
}

/// A list of at most `limit` items.
pub(super) fn list<'v>(value: &'v Value, limit: usize, at: &str) -> Result<&'v [Value], Failure> {
    let items = value.as_array().ok_or_else(|| Failure::body_wrong(at, "an array", value))?;
    if items.len() > limit { Err(Failure::too_long(at, limit, items.len())) } else { Ok(items) }
}

/// An address that Notion takes for a link.
pub(super) fn link(value: &Value) -> Result<Value, Failure> {
    let text = value.as_str().unwrap_or_default();
    let fits = url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https" | "mailto"));
    if fits && text.len() <= 2000 {
        Ok(json!(text))
    } else {
        Err(Failure::validation("Invalid URL for link."))
    }
}
