//! Results fit for an agent: long texts are cut, and say so.

use serde_json::Value;

/// Cuts every text that is longer than `limit` characters, except in members named in `uncut`, and says in its place
/// how much there is and how to get it.
pub fn cut(value: &mut Value, uncut: &[String], limit: usize) {
    match value {
        Value::String(text) if text.len() > limit => {
            if let Some((end, _)) = text.char_indices().nth(limit) {
                let whole = text.chars().count();
                text.truncate(end);
                text.push_str(&format!(
                    "... [cut: {limit} of {whole} characters; `text_limit`: {whole} gives all]"
                ));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| cut(item, uncut, limit)),
        Value::Object(fields) => {
            let whole = |name: &String| name == "next_cursor" || uncut.contains(name);
            let fields = fields.iter_mut().filter(|(name, _)| !whole(name));
            fields.for_each(|(_, value)| cut(value, uncut, limit));
        }
        _ => {}
    }
}
