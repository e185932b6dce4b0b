//! Who follows whom, and the search for users.

use serde_json::json;

use super::Call;
use super::failure::{Failure, not_found};
use super::pages::{self, THOUSAND};
use super::show;
use crate::people::{PEOPLE, Person};
use crate::stage::Stage;
use crate::wire::Answer;

/// The people behind ids that the twin has given out.
pub(super) fn people(ids: impl IntoIterator<Item = u64>) -> Vec<&'static Person> {
    ids.into_iter().filter_map(show::person).collect()
}

pub(super) fn no_user(parameter: &str, id: &str) -> Answer {
    Answer::json(200, &json!({"errors": [not_found("user", parameter, id)]}))
}

pub(super) fn followers(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let user = call.id("id")?;
    if show::person(user).is_none() {
        return Ok(no_user("id", call.captured("id")));
    }
    let followers = people(stage.world.twitter.followers_of(user));
    pages::users(stage, call, &followers, THOUSAND)
}

pub(super) fn following(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let user = call.id("id")?;
    if show::person(user).is_none() {
        return Ok(no_user("id", call.captured("id")));
    }
    let followed = people(stage.world.twitter.followed_by(user));
    pages::users(stage, call, &followed, THOUSAND)
}

pub(super) fn follow(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let user = call.own_id()?;
    let id = call.body.text("target_user_id").unwrap_or_default();
    let target = id.parse().ok().and_then(show::person);
    let target = target.ok_or_else(|| Failure::parameter("target_user_id", id, "does not name a user"))?;
    if target.number == user {
        return Err(Failure::parameter("target_user_id", id, "is the user who follows"));
    }
    let followed = stage.world.twitter.follows.entry(user).or_default();
    if !followed.contains(&target.number) {
        followed.push(target.number);
    }
    Ok(Answer::json(200, &json!({"data": {"following": true, "pending_follow": false}})))
}

pub(super) fn unfollow(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (user, target) = (call.own_id()?, call.id("target_user_id")?);
    if let Some(followed) = stage.world.twitter.follows.get_mut(&user) {
        followed.retain(|own| *own != target);
    }
    Ok(Answer::json(200, &json!({"data": {"following": false}})))
}

/// Every word has to begin a word of the name, or the handle.
pub(super) fn search(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let query = call.query.text("query").unwrap_or_default().to_lowercase();
    let fits = |person: &&Person| {
        let name = format!("{} {}", person.handle, person.name()).to_lowercase();
        let mut words = query.split_whitespace().peekable();
        words.peek().is_some() && words.all(|word| name.split_whitespace().any(|own| own.starts_with(word)))
    };
    let found: Vec<&Person> = PEOPLE.iter().filter(fits).collect();
    pages::users(stage, call, &found, THOUSAND)
}
