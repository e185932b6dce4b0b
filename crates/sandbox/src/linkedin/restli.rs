//! The small languages of Rest.li: URNs, keys in paths, and lists and records in queries.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::Call;
use super::failure::Failure;

const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// Elements of a page unless `count` says otherwise.
const PAGE: usize = 10;

pub(super) fn is_urn(text: &str) -> bool {
    let kind = text.strip_prefix("urn:li:").and_then(|rest| rest.split_once(':'));
    kind.is_some_and(|(kind, id)| {
        !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_alphabetic()) && !id.is_empty()
    })
}

/// A member or a company page.
pub(super) fn is_actor(text: &str) -> bool {
    let id = text.strip_prefix("urn:li:person:").or_else(|| text.strip_prefix("urn:li:organization:"));
    id.is_some_and(|id| !id.is_empty())
}

/// `List(a,b)`.
pub(super) fn list(text: &str) -> Option<Vec<String>> {
    let inner = text.strip_prefix("List(")?.strip_suffix(')')?;
    Some(top_level(inner)?.into_iter().filter(|item| !item.is_empty()).map(str::to_owned).collect())
}

/// `(key:value,other:(key:value))`.
pub(super) fn record(text: &str) -> Option<Vec<(String, String)>> {
    let inner = text.strip_prefix('(')?.strip_suffix(')')?;
    let pair = |item: &str| {
        let (name, value) = item.split_once(':')?;
        (!name.is_empty() && !value.is_empty()).then(|| (name.to_owned(), value.to_owned()))
    };
    top_level(inner)?.into_iter().map(pair).collect()
}

/// The parts between commas that no parenthesis encloses.
fn top_level(text: &str) -> Option<Vec<&str>> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    for (at, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1)?,
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    (depth == 0).then_some(parts)
}

pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// In version 2.0.0 of the protocol a key in a path has these percent-encoded.
pub(super) fn keys_are_encoded(path: &str) -> bool {
    !path.contains(['(', ')', ',', ':', '\''])
}

/// The page of `elements` that `start` and `count` ask for.
pub(super) fn page(call: &Call, path: &str, elements: &[Value]) -> Result<Value, Failure> {
    let number = |name: &str, default: usize, allowed: std::ops::RangeInclusive<i64>| {
        let Some(value) = call.query.integer(name) else {
            return Ok(default);
        };
        let fits = allowed.contains(&value).then(|| usize::try_from(value).unwrap_or(default));
        fits.ok_or_else(|| Failure::invalid(format!("Invalid value of parameter {name}: {value}")))
    };
    let start = number("start", 0, 0..=i64::MAX)?;
    let count = number("count", PAGE, 1..=100)?;
    let shown: Vec<&Value> = elements.iter().skip(start).take(count).collect();
    let mut links = Vec::new();
    if start.saturating_add(count) < elements.len() {
        let href = format!("{path}?start={}&count={count}", start + count);
        links.push(json!({"type": "application/json", "rel": "next", "href": href}));
    }
    let paging = json!({"start": start, "count": count, "links": links, "total": elements.len()});
    Ok(json!({"elements": shown, "paging": paging}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_records_nest() {
        let items = ["urn:li:comment:(urn:li:activity:1,2)", "urn:li:share:3"];
        assert_eq!(list(&format!("List({})", items.join(","))).unwrap(), items);
        assert_eq!(list("List()").unwrap(), [""; 0]);
        let pairs = record("(timeRange:(start:1,end:2),timeGranularityType:DAY)").unwrap();
        assert_eq!(pairs[0], ("timeRange".to_owned(), "(start:1,end:2)".to_owned()));
        assert_eq!(pairs[1].1, "DAY");
        for wrong in ["", "List(a", "List(a))", "(a", "(a)", "(:1)", "a:1"] {
            assert_eq!((list(wrong), record(wrong)), (None, None), "{wrong}");
        }
    }

    #[test]
    fn urns_have_a_kind_and_an_id() {
        assert!(is_urn("urn:li:comment:(urn:li:activity:1,2)") && is_actor("urn:li:person:x"));
        for wrong in ["", "urn:li:share", "urn:li::1", "urn:li:share:", "share:1"] {
            assert!(!is_urn(wrong) && !is_actor(wrong), "{wrong}");
        }
        assert_eq!(encoded("urn:li:share:1"), "urn%3Ali%3Ashare%3A1");
    }
}
