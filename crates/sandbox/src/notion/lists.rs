//! Notion's lists: a cursor is the key of the first item of the next page.

use serde_json::{Value, json};

use super::failure::Failure;
use crate::strict::Arguments;

const MAX_PAGE: i64 = 100;

/// One page of `items`, which come with their keys. `place` is where the arguments are, `kind` what is listed.
pub(super) fn page(
    arguments: &Arguments,
    place: &str,
    kind: &'static str,
    items: Vec<(String, Value)>,
) -> Result<Value, Failure> {
    let size = arguments.integer("page_size").unwrap_or(MAX_PAGE);
    let bound = match size {
        1..=MAX_PAGE => None,
        ..1 => Some("≥ `1`"),
        _ => Some("≤ `100`"),
    };
    if let Some(bound) = bound {
        return Err(Failure::should_be(place, &format!("{place}.page_size"), bound, &size.to_string()));
    }
    let start = match arguments.text("start_cursor") {
        None => 0,
        Some(cursor) => items
            .iter()
            .position(|(key, _)| key == cursor)
            .ok_or_else(|| Failure::validation(format!("The start_cursor provided is invalid: {cursor}")))?,
    };
    let size = usize::try_from(size).unwrap_or_default();
    let next = items.get(start + size).map(|(key, _)| key.clone());
    let results: Vec<Value> = items.into_iter().skip(start).take(size).map(|(_, value)| value).collect();
    Ok(json!({
        "object": "list",
        "results": results,
        "has_more": next.is_some(),
        "next_cursor": next,
        "type": kind,
        kind: {},
    }))
}
