//! A post with the comments under it.

use serde_json::{Value, json};

use super::failure::Failure;
use super::forum::{Comment, Forum, base36, number};
use super::{Call, listing, show};
use crate::stage::Stage;
use crate::wire::Answer;

const DEFAULT_LIMIT: usize = 200;
const MAX_LIMIT: usize = 500;
const MAX_DEPTH: usize = 10;

/// What is still to be shown.
struct Walk<'a> {
    forum: &'a Forum,
    viewer: &'a str,
    post: u64,
    order: &'a str,
    left: usize,
}

impl Walk<'_> {
    fn answers(&self, parent: Option<u64>) -> Vec<&Comment> {
        let here = |comment: &&Comment| comment.post == self.post && comment.parent == parent;
        let mut found: Vec<&Comment> = self.forum.comments.values().filter(here).collect();
        listing::sort(&mut found, self.order, |comment| &comment.entry);
        found
    }

    /// How many comments a branch has.
    fn size(&self, id: u64) -> usize {
        1 + self.answers(Some(id)).iter().map(|comment| self.size(comment.entry.id)).sum::<usize>()
    }

    /// The answers to `parent`, only along `path` as far as that goes.
    fn branch(&mut self, parent: Option<u64>, depth: usize, path: &[u64]) -> Vec<Value> {
        let mut shown = Vec::new();
        let mut hidden = Vec::new();
        let ids: Vec<u64> = self.answers(parent).iter().map(|comment| comment.entry.id).collect();
        for id in ids {
            match path.first() {
                Some(only) if *only != id => continue,
                _ if self.left == 0 || depth == 0 => {
                    hidden.push(id);
                    continue;
                }
                _ => self.left -= 1,
            }
            let Some(comment) = self.forum.comments.get(&id) else {
                continue;
            };
            let mut value = show::comment(self.forum, self.viewer, comment);
            let replies = self.branch(Some(id), depth - 1, path.get(1..).unwrap_or_default());
            if !replies.is_empty() {
                value["data"]["replies"] = listing::wrap(&replies);
            }
            shown.push(value);
        }
        if let Some(first) = hidden.first() {
            let count: usize = hidden.iter().map(|id| self.size(*id)).sum();
            let parent = parent.map_or_else(
                || format!("t3_{}", base36(self.post)),
                |parent| format!("t1_{}", base36(parent)),
            );
            let ids: Vec<String> = hidden.iter().map(|id| base36(*id)).collect();
            shown.push(json!({"kind": "more", "data": {
                "id": base36(*first), "name": format!("t1_{}", base36(*first)), "parent_id": parent, "count": count,
                "children": ids,
            }}));
        }
        shown
    }
}

fn bounded(call: &Call, name: &str, default: usize, most: usize) -> Result<usize, Failure> {
    let Some(value) = call.query.integer(name) else {
        return Ok(default);
    };
    let wrong =
        || Failure::bad("INVALID_OPTION", format!("sandbox: `{name}` should be between 1 and {most}"));
    usize::try_from(value).ok().filter(|value| (1..=most).contains(value)).ok_or_else(wrong)
}

pub(super) fn comments(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (forum, viewer) = (&stage.world.reddit, call.user());
    let article = call.captured("article");
    let id = number(article.strip_prefix("t3_").unwrap_or(article)).ok_or_else(Failure::not_found)?;
    let post = forum.posts.get(&id).ok_or_else(Failure::not_found)?;
    if !forum.shows(&post.subreddit, viewer) {
        return Err(Failure::private());
    }
    let elsewhere = |name: &String| !post.subreddit.eq_ignore_ascii_case(name);
    if call.captures.get("subreddit").is_some_and(elsewhere) {
        return Err(Failure::not_found());
    }
    let limit = bounded(call, "limit", DEFAULT_LIMIT, MAX_LIMIT)?;
    let depth = bounded(call, "depth", MAX_DEPTH, MAX_DEPTH)?;
    let path = match call.query.filled("comment") {
        None => Vec::new(),
        Some(comment) => path_to(forum, id, comment).ok_or_else(Failure::not_found)?,
    };
    // With a comment, what is above it is left out as far as `context` does not ask for it.
    let context = call.query.text("context").and_then(|context| context.parse().ok()).unwrap_or(0_usize);
    let skipped = path.len().saturating_sub(context + 1);
    let root = skipped.checked_sub(1).and_then(|above| path.get(above).copied());
    let order = call.query.text("sort").unwrap_or("confidence");
    let mut walk = Walk { forum, viewer, post: id, order, left: limit };
    let tree = walk.branch(root, depth, path.get(skipped..).unwrap_or_default());
    let post = listing::wrap(&[show::post(forum, viewer, post)]);
    Ok(Answer::json(200, &json!([post, listing::wrap(&tree)])))
}

/// The comments from the top of the post to the one that is named.
fn path_to(forum: &Forum, post: u64, comment: &str) -> Option<Vec<u64>> {
    let mut at = Some(number(comment)?);
    let mut path = Vec::new();
    while let Some(id) = at {
        let comment = forum.comments.get(&id).filter(|comment| comment.post == post)?;
        path.push(id);
        at = comment.parent;
    }
    path.reverse();
    Some(path)
}
