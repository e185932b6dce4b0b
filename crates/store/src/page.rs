//! Lists come in pages: by time and id, from a cursor that callers pass back unread.

use jiff::Timestamp;

use crate::Time;

/// Where the next page starts: after this row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub at: Time,
    pub id: String,
}

impl Cursor {
    /// Before every row.
    pub fn start() -> Self {
        Self { at: Timestamp::MIN.into(), id: String::new() }
    }

    pub fn to_text(&self) -> String {
        format!("{}.{}", self.at.as_microsecond(), self.id)
    }

    /// `None` for a text that [`Cursor::to_text`] did not write.
    pub fn parse(text: &str) -> Option<Self> {
        let (at, id) = text.split_once('.')?;
        let at = Timestamp::from_microsecond(at.parse().ok()?).ok()?;
        let plain = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        plain.then(|| Self { at: at.into(), id: id.to_owned() })
    }
}

/// Some rows, and where the next ones start if there are more.
#[derive(Debug, Clone)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// From one row more than `limit`, if there were that many.
    pub(crate) fn of(mut rows: Vec<T>, limit: i64, cursor_of: impl Fn(&T) -> Cursor) -> Self {
        let limit = usize::try_from(limit).unwrap_or_default();
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(cursor_of);
        Self { items: rows, next }
    }
}
