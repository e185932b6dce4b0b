//! `orderBy`: the keys that files are sorted by.

use std::cmp::Ordering;

use jiff::Timestamp;

use super::failure::Failure;
use super::list::used;
use super::store::File;
use super::{Ask, refusal};

const KEYS: &[&str] = &[
    "createdTime",
    "folder",
    "modifiedByMeTime",
    "modifiedTime",
    "name",
    "name_natural",
    "quotaBytesUsed",
    "recency",
    "sharedWithMeTime",
    "starred",
    "viewedByMeTime",
];

/// The sort keys, each with whether it goes backwards.
pub(super) fn keys(ask: &Ask) -> Result<Vec<(String, bool)>, Failure> {
    let Some(text) = ask.query.filled("orderBy") else {
        return Ok(Vec::new());
    };
    let key = |part: &str| {
        let mut words = part.split_ascii_whitespace();
        let key = words.next().filter(|key| KEYS.contains(key))?;
        let backwards = match words.next() {
            None => false,
            Some("desc") => true,
            Some(_) => return None,
        };
        words.next().is_none().then(|| (key.to_owned(), backwards))
    };
    let keys: Option<Vec<(String, bool)>> = text.split(',').map(key).collect();
    keys.ok_or_else(|| refusal::invalid("orderBy"))
}

/// Without keys the newest comes first. Equal ones are ordered by id, so that pages do not overlap.
pub(super) fn order(ask: &Ask, keys: &[(String, bool)], one: &File, other: &File) -> Ordering {
    for (key, backwards) in keys {
        let ordering = by_key(ask, key, one, other);
        let ordering = if *backwards { ordering.reverse() } else { ordering };
        if ordering != Ordering::Equal {
            return ordering;
        }
    }
    other.modified.cmp(&one.modified).then_with(|| one.id.cmp(&other.id))
}

fn by_key(ask: &Ask, key: &str, one: &File, other: &File) -> Ordering {
    let (mine, its) = (one.personal(ask.address()), other.personal(ask.address()));
    let recency = |file: &File, viewed: Option<Timestamp>| {
        viewed.map_or(file.modified, |viewed| viewed.max(file.modified))
    };
    match key {
        "createdTime" => one.created.cmp(&other.created),
        // Folders first.
        "folder" => other.is_folder().cmp(&one.is_folder()),
        "modifiedByMeTime" => mine.modified.cmp(&its.modified),
        "modifiedTime" => one.modified.cmp(&other.modified),
        "name" => one.name.to_lowercase().cmp(&other.name.to_lowercase()),
        "name_natural" => natural(&one.name).cmp(&natural(&other.name)),
        "quotaBytesUsed" => used(one).cmp(&used(other)),
        "recency" => recency(one, mine.viewed).cmp(&recency(other, its.viewed)),
        "sharedWithMeTime" => mine.shared.map(|act| act.at).cmp(&its.shared.map(|act| act.at)),
        "starred" => mine.starred.cmp(&its.starred),
        _ => mine.viewed.cmp(&its.viewed),
    }
}

/// Numbers in a name count as numbers: 2 comes before 10.
fn natural(name: &str) -> Vec<(u64, String)> {
    let mut parts: Vec<(u64, String)> = vec![(0, String::new())];
    for character in name.to_lowercase().chars() {
        let last = parts.len() - 1;
        match character.to_digit(10) {
            Some(digit) if parts[last].1.is_empty() => {
                parts[last].0 = parts[last].0.saturating_mul(10).saturating_add(u64::from(digit));
            }
            Some(digit) => parts.push((u64::from(digit), String::new())),
            None => parts[last].1.push(character),
        }
    }
    parts
}
