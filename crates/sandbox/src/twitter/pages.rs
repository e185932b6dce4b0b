//! Pages of lists: how large one is, and the token that leads to the next.

use std::ops::Range;

use serde_json::{Value, json};

use super::Call;
use super::failure::Failure;
use super::lookup::{posts_body, users_body};
use super::network::Post;
use crate::people::Person;
use crate::stage::Stage;
use crate::wire::Answer;

/// How many entries a page may have, and how many it has unless the caller says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    pub(super) least: i64,
    pub(super) most: i64,
    pub(super) default: usize,
}

/// Most lists of posts and users.
pub(super) const HUNDRED: Size = Size { least: 1, most: 100, default: 100 };
/// Followers, the followed, and the search for users.
pub(super) const THOUSAND: Size = Size { least: 1, most: 1000, default: 100 };

const TOKEN: &str = "7140dibdnow9c7btw";

/// The part of a list of `length` that the caller asks for, and the token of the next.
pub(super) fn cut(call: &Call, length: usize, size: Size) -> Result<(Range<usize>, Option<String>), Failure> {
    let count = match call.query.integer("max_results") {
        None => size.default,
        Some(asked) => {
            let fits = (size.least..=size.most).contains(&asked);
            let problem = format!("is not between {} and {}", size.least, size.most);
            let refused = || Failure::parameter("max_results", &asked.to_string(), &problem);
            usize::try_from(asked).ok().filter(|_| fits).ok_or_else(refused)?
        }
    };
    let token = call.query.filled("next_token").or(call.query.filled("pagination_token"));
    let start = match token {
        None => 0,
        Some(token) => {
            let start = token.strip_prefix(TOKEN).and_then(|rest| rest.parse().ok());
            let start: Option<usize> = start.filter(|start| *start < length);
            start.ok_or_else(|| Failure::parameter("next_token", token, "is not a valid token"))?
        }
    };
    let end = length.min(start + count);
    Ok((start..end, (end < length).then(|| format!("{TOKEN}{end}"))))
}

/// The meta of a page of `count` entries.
pub(super) fn meta(count: usize, next: Option<String>) -> Value {
    let mut meta = json!({"result_count": count});
    if let Some(next) = next {
        meta["next_token"] = json!(next);
    }
    meta
}

/// One page of posts with its meta.
pub(super) fn posts(stage: &Stage<'_>, call: &Call, posts: &[&Post], size: Size) -> Result<Answer, Failure> {
    let (range, next) = cut(call, posts.len(), size)?;
    let shown = &posts[range];
    let mut body = posts_body(stage, call, shown);
    let mut meta = meta(shown.len(), next);
    if let (Some(newest), Some(oldest)) = (shown.first(), shown.last()) {
        meta["newest_id"] = json!(newest.id.to_string());
        meta["oldest_id"] = json!(oldest.id.to_string());
    }
    body["meta"] = meta;
    Ok(Answer::json(200, &body))
}

/// One page of users with its meta.
pub(super) fn users(
    stage: &Stage<'_>,
    call: &Call,
    users: &[&Person],
    size: Size,
) -> Result<Answer, Failure> {
    let (range, next) = cut(call, users.len(), size)?;
    let shown = &users[range];
    let mut body = users_body(stage, call, shown);
    body["meta"] = meta(shown.len(), next);
    Ok(Answer::json(200, &body))
}
