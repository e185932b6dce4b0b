//! Likes and reposts, made by the user whose token it is, and who made them.

use serde_json::json;

use super::Call;
use super::failure::{Failure, not_found};
use super::follows::people;
use super::network::Post;
use super::pages::{self, HUNDRED, Size};
use crate::stage::Stage;
use crate::wire::Answer;

const LIKED: Size = Size { least: 5, most: 100, default: 100 };

fn no_post(call: &Call) -> Answer {
    Answer::json(200, &json!({"errors": [not_found("post", "id", call.captured("id"))]}))
}

/// Who likes a post. Its author alone may know.
pub(super) fn likers(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let user = call.user();
    let Some(post) = stage.world.twitter.posts.get(&call.id("id")?) else {
        return Ok(no_post(call));
    };
    let likers = people(post.likes.iter().copied().filter(|_| post.author == user));
    pages::users(stage, call, &likers, HUNDRED)
}

pub(super) fn reposters(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let id = call.id("id")?;
    let network = &stage.world.twitter;
    if !network.posts.contains_key(&id) {
        return Ok(no_post(call));
    }
    let mut authors: Vec<u64> = network.referring(id, |post| post.reposts).map(|post| post.author).collect();
    authors.reverse();
    pages::users(stage, call, &people(authors), HUNDRED)
}

/// What the caller likes, which nobody else may know.
pub(super) fn liked(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let user = call.own_id()?;
    let posts = stage.world.twitter.posts.values().rev();
    let posts: Vec<&Post> = posts.filter(|post| post.likes.contains(&user)).collect();
    pages::posts(stage, call, &posts, LIKED)
}

/// The post that the body names.
fn target<'a>(stage: &'a mut Stage<'_>, call: &Call) -> Result<&'a mut Post, Failure> {
    let id = call.body.text("tweet_id").unwrap_or_default();
    let post = id.parse().ok().and_then(|id: u64| stage.world.twitter.posts.get_mut(&id));
    post.ok_or_else(|| Failure::parameter("tweet_id", id, "does not name a post"))
}

pub(super) fn like(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let user = call.own_id()?;
    target(stage, call)?.likes.insert(user);
    Ok(Answer::json(200, &json!({"data": {"liked": true}})))
}

pub(super) fn unlike(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (user, post) = (call.own_id()?, call.id("tweet_id")?);
    if let Some(post) = stage.world.twitter.posts.get_mut(&post) {
        post.likes.remove(&user);
    }
    Ok(Answer::json(200, &json!({"data": {"liked": false}})))
}

pub(super) fn repost(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (user, now) = (call.own_id()?, stage.now);
    let (id, author, text) = {
        let post = target(stage, call)?;
        (post.id, post.author, post.text.clone())
    };
    let network = &mut stage.world.twitter;
    let mut earlier = network.referring(id, |post| post.reposts).filter(|post| post.author == user);
    let rest_id = match earlier.next().map(|post| post.id) {
        Some(_) => {
            return Err(Failure::forbidden("You cannot retweet a Tweet that you have already retweeted."));
        }
        None => {
            drop(earlier);
            let name = super::show::person(author).map_or("", |person| person.handle);
            let text = format!("RT @{name}: {text}");
            network.add(Post { reposts: Some(id), ..Post::new(user, &text, now) })
        }
    };
    let data = json!({"rest_id": rest_id.to_string(), "retweeted": true});
    Ok(Answer::json(200, &json!({"data": data})))
}

pub(super) fn unrepost(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (user, source) = (call.own_id()?, call.id("source_tweet_id")?);
    let posts = &mut stage.world.twitter.posts;
    posts.retain(|_, post| post.author != user || post.reposts != Some(source));
    Ok(Answer::json(200, &json!({"data": {"retweeted": false}})))
}
