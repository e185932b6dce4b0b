//! Pages of lists: how many, from where, and the cursor to the next one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::failure::Failure;
use crate::strict::Arguments;
use crate::wire::Answer;

const USUAL: usize = 20;

/// Which part of a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    limit: usize,
    offset: usize,
}

impl Window {
    /// A limit above `most` is taken for `most`, as the clients ask for thousands.
    pub(super) fn of(sent: &Arguments, most: usize) -> Result<Self, Failure> {
        let limit = sent.integer("limit").map(usize::try_from);
        let limit = match limit {
            None => USUAL,
            Some(Ok(limit)) if limit > 0 => limit.min(most),
            Some(_) => return Err(Failure::invalid("limit must be a positive number")),
        };
        let offset = match sent.filled("cursor") {
            None => 0,
            Some(cursor) => offset(cursor).ok_or_else(|| Failure::invalid("Invalid cursor"))?,
        };
        Ok(Self { limit, offset })
    }

    /// The page of `all`, each item shown by `show`.
    pub(super) fn page<T>(self, all: &[T], show: impl FnMut(&T) -> Value) -> Answer {
        let items: Vec<Value> = all.iter().skip(self.offset).take(self.limit).map(show).collect();
        let end = self.offset + items.len();
        let next = (end < all.len() && !items.is_empty()).then(|| cursor(end));
        Answer::json(
            200,
            &json!({
                "items": items,
                "next_cursor": next,
                "total_pages": all.len().div_ceil(self.limit).max(1),
                "current_page": self.offset / self.limit + 1,
                "total_items": all.len(),
            }),
        )
    }
}

/// Opaque, so that nobody counts on what is in it.
fn cursor(offset: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("from:{offset}"))
}

fn offset(cursor: &str) -> Option<usize> {
    let decoded = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    decoded.strip_prefix("from:")?.parse().ok()
}
