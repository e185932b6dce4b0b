//! Writing posts.

use serde_json::json;

use super::Call;
use super::failure::Failure;
use super::library;
use super::network::Post;
use crate::stage::Stage;
use crate::wire::Answer;

/// X counts some characters twice; the twin counts each once, and every address as what X shortens it to.
const MAX_LENGTH: usize = 280;
const SHORT_ADDRESS: usize = 23;

fn length(text: &str) -> usize {
    let weight = |word: &str| {
        let is_address = word.starts_with("http://") || word.starts_with("https://");
        if is_address { SHORT_ADDRESS } else { word.chars().count() }
    };
    text.split(' ').map(weight).sum::<usize>() + text.matches(' ').count()
}

/// The post that a field names; fails where there is none.
fn named(stage: &Stage<'_>, id: Option<&str>, problem: &str) -> Result<Option<u64>, Failure> {
    let Some(id) = id else {
        return Ok(None);
    };
    let found = id.parse().ok().filter(|id| stage.world.twitter.posts.contains_key(id));
    found.map(Some).ok_or_else(|| Failure::forbidden(problem))
}

pub(super) fn create(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let body = &call.body;
    let text = body.text("text").unwrap_or_default();
    let media = body.object("media").map(|media| media.texts("media_ids")).unwrap_or_default();
    if text.trim().is_empty() && media.is_empty() {
        return Err(Failure::invalid("sandbox: a post needs a text or media"));
    }
    if length(text) > MAX_LENGTH {
        return Err(Failure::forbidden("Your Tweet text is too long."));
    }
    let author = call.user();
    let network = &stage.world.twitter;
    if body.names("media") && !library::may_attach(network, author, &media, "tweet", stage.now) {
        return Err(Failure::media("media.media_ids", &media));
    }
    let is_same = |post: &Post| {
        (post.author, post.text.as_str(), &post.media) == (author, text, &media) && post.reposts.is_none()
    };
    if network.posts.values().any(is_same) {
        return Err(Failure::forbidden("You are not allowed to create a Tweet with duplicate content."));
    }
    let reply = body.object("reply");
    let reply_to = reply.as_ref().and_then(|reply| reply.text("in_reply_to_tweet_id"));
    let gone = "You attempted to reply to a Tweet that is deleted or not visible to you.";
    let reply_to = named(stage, reply_to, gone)?;
    let quotes =
        named(stage, body.text("quote_tweet_id"), "You attempted to quote a Tweet that is not there.")?;
    if body.names("poll") && (body.names("media") || quotes.is_some()) {
        return Err(Failure::invalid("sandbox: of poll, media and quote_tweet_id a post takes one"));
    }
    if body.names("edit_options") {
        return Err(Failure::forbidden("You are not permitted to edit this Tweet."));
    }
    let conversation = reply_to.and_then(|id| Some(stage.world.twitter.posts.get(&id)?.conversation));
    let post = Post {
        conversation: conversation.unwrap_or_default(),
        reply_to,
        quotes,
        reply_settings: body.text("reply_settings").unwrap_or("everyone").to_owned(),
        poll: body.object("poll").map(|poll| poll.texts("options")).unwrap_or_default(),
        media,
        ..Post::new(author, text, stage.now)
    };
    let id = stage.world.twitter.add(post).to_string();
    let data = json!({"id": id, "text": text, "edit_history_post_ids": [id]});
    Ok(Answer::json(201, &json!({"data": data})))
}

pub(super) fn delete(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let id = call.id("id")?;
    let user = call.user();
    let posts = &mut stage.world.twitter.posts;
    if posts.get(&id).is_some_and(|post| post.author != user) {
        return Err(Failure::forbidden("You are not authorized to delete this Tweet."));
    }
    // X says so of a post that is not there, too.
    posts.remove(&id);
    Ok(Answer::json(200, &json!({"data": {"deleted": true}})))
}
