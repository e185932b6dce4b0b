//! What a user has put aside, which nobody else sees.

use serde_json::json;

use super::Call;
use super::failure::Failure;
use super::network::Post;
use super::pages::{self, HUNDRED};
use crate::stage::Stage;
use crate::wire::Answer;

pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let user = call.own_id()?;
    let network = &stage.world.twitter;
    let ids = network.bookmarks.get(&user).map(Vec::as_slice).unwrap_or_default();
    // A post that was deleted is no longer shown.
    let posts: Vec<&Post> = ids.iter().rev().filter_map(|id| network.posts.get(id)).collect();
    pages::posts(stage, call, &posts, HUNDRED)
}

pub(super) fn add(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let user = call.own_id()?;
    let id = call.body.text("tweet_id").unwrap_or_default();
    let network = &mut stage.world.twitter;
    let post = id.parse().ok().filter(|id: &u64| network.posts.contains_key(id));
    let post = post.ok_or_else(|| Failure::parameter("tweet_id", id, "does not name a post"))?;
    if let Some(folder) = call.body.text("folder_id") {
        return Err(Failure::parameter("folder_id", folder, "does not name a folder"));
    }
    let bookmarks = network.bookmarks.entry(user).or_default();
    if !bookmarks.contains(&post) {
        bookmarks.push(post);
    }
    Ok(Answer::json(200, &json!({"data": {"bookmarked": true}})))
}

pub(super) fn remove(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (user, post) = (call.own_id()?, call.id("tweet_id")?);
    if let Some(bookmarks) = stage.world.twitter.bookmarks.get_mut(&user) {
        bookmarks.retain(|own| *own != post);
    }
    Ok(Answer::json(200, &json!({"data": {"bookmarked": false}})))
}
