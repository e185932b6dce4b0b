//! What all Outlook items share: version, times, and the properties that a caller may set.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::stage::{Stage, written};

/// Marks an item as new.
pub(super) fn created(stage: &mut Stage<'_>, item: &mut Map<String, Value>) {
    item.insert("createdDateTime".to_owned(), Value::from(written(stage.now)));
    item.entry("categories").or_insert_with(|| Value::Array(Vec::new()));
    touched(stage, item);
}

/// Marks an item as changed.
pub(super) fn touched(stage: &mut Stage<'_>, item: &mut Map<String, Value>) {
    item.insert("lastModifiedDateTime".to_owned(), Value::from(written(stage.now)));
    item.insert("changeKey".to_owned(), Value::from(format!("CQAAABYAAAB{}", stage.word(21))));
}

/// The entity that callers see: version and id first, then the item.
pub(super) fn head(id: &str, item: &Map<String, Value>) -> Map<String, Value> {
    let version = item.get("changeKey").and_then(Value::as_str).unwrap_or_default();
    let mut shown = Map::new();
    shown.insert("@odata.etag".to_owned(), Value::from(format!("W/\"{version}\"")));
    shown.insert("id".to_owned(), Value::from(id));
    shown.extend(item.clone());
    shown
}

/// Where a person would look at an item.
pub(super) fn web_link(id: &str) -> Value {
    let id = id.replace('=', "%3D");
    Value::from(format!("https://outlook.office365.com/owa/?ItemID={id}&exvsurl=1&viewmodel=ReadMessageItem"))
}

/// A stable number in hexadecimal for what belongs together.
pub(super) fn digest(text: &str, length: usize) -> String {
    let digest = Sha256::digest(text);
    digest.iter().map(|byte| format!("{byte:02X}")).collect::<String>().chars().take(length).collect()
}
