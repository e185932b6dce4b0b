//! Posts and users by id or name. What is not there is an error beside the data, with status 200.

use serde_json::{Value, json};

use super::Call;
use super::failure::{Failure, not_found};
use super::network::Post;
use super::show;
use crate::people::{PEOPLE, Person};
use crate::stage::Stage;
use crate::wire::Answer;

/// How many a lookup may name.
const MOST: usize = 100;

/// The body for posts that were found and errors for those that were not.
pub(super) fn posts_body(stage: &Stage<'_>, call: &Call, posts: &[&Post]) -> Value {
    let network = &stage.world.twitter;
    let data: Vec<Value> = posts.iter().map(|post| show::post(network, call, post)).collect();
    let mut body = json!({});
    if !data.is_empty() {
        body["data"] = Value::Array(data);
    }
    if let Some(includes) = show::includes(network, call, posts) {
        body["includes"] = includes;
    }
    body
}

/// The body for users that were found.
pub(super) fn users_body(stage: &Stage<'_>, call: &Call, users: &[&Person]) -> Value {
    let network = &stage.world.twitter;
    let data: Vec<Value> = users.iter().map(|person| show::user(network, call, person)).collect();
    let latest = data.iter().filter_map(|user| user["most_recent_post_id"].as_str()?.parse().ok());
    let latest: Vec<Value> = latest
        .filter_map(|id: u64| network.posts.get(&id))
        .map(|post| show::post(network, call, post))
        .collect();
    let mut body = json!({});
    if !data.is_empty() {
        body["data"] = Value::Array(data);
    }
    if !latest.is_empty() {
        body["includes"] = json!({"posts": latest});
    }
    body
}

pub(super) fn post(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let id = call.id("id")?;
    let Some(post) = stage.world.twitter.posts.get(&id) else {
        return Ok(Answer::json(200, &json!({"errors": [not_found("post", "id", &id.to_string())]})));
    };
    let mut body = posts_body(stage, call, &[post]);
    body["data"] = body["data"][0].take();
    Ok(Answer::json(200, &body))
}

pub(super) fn posts(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let ids = call.query.texts("ids");
    if ids.len() > MOST {
        return Err(Failure::parameter("ids", &ids.len().to_string(), "has more than 100 entries"));
    }
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    for id in &ids {
        let number: u64 = id.parse().map_err(|_| Failure::parameter("ids", id, "is not a valid id"))?;
        match stage.world.twitter.posts.get(&number) {
            Some(post) => found.push(post),
            None => errors.push(not_found("post", "ids", id)),
        }
    }
    let mut body = posts_body(stage, call, &found);
    if !errors.is_empty() {
        body["errors"] = Value::Array(errors);
    }
    Ok(Answer::json(200, &body))
}

fn one_user(stage: &Stage<'_>, call: &Call, person: &Person) -> Answer {
    let mut body = users_body(stage, call, &[person]);
    body["data"] = body["data"][0].take();
    Answer::json(200, &body)
}

/// At most a hundred users by what `find` takes, with an error for each that is not there.
fn several(
    stage: &Stage<'_>,
    call: &Call,
    parameter: &'static str,
    find: impl Fn(&str) -> Option<&'static Person>,
) -> Result<Answer, Failure> {
    let asked = call.query.texts(parameter);
    if asked.len() > MOST {
        return Err(Failure::parameter(parameter, &asked.len().to_string(), "has more than 100 entries"));
    }
    let found: Vec<&Person> = asked.iter().filter_map(|value| find(value)).collect();
    let missing = asked.iter().filter(|value| find(value).is_none());
    let errors: Vec<Value> = missing.map(|value| not_found("user", parameter, value)).collect();
    let mut body = users_body(stage, call, &found);
    if !errors.is_empty() {
        body["errors"] = Value::Array(errors);
    }
    Ok(Answer::json(200, &body))
}

pub(super) fn users(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    several(stage, call, "ids", |id| id.parse().ok().and_then(show::person))
}

pub(super) fn users_by_name(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    several(stage, call, "usernames", |name| {
        PEOPLE.iter().find(|person| person.handle.eq_ignore_ascii_case(name))
    })
}

pub(super) fn me(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let person = show::person(call.user()).ok_or_else(Failure::unauthorized)?;
    Ok(one_user(stage, call, person))
}

pub(super) fn user(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let id = call.id("id")?;
    Ok(match show::person(id) {
        Some(person) => one_user(stage, call, person),
        None => Answer::json(200, &json!({"errors": [not_found("user", "id", &id.to_string())]})),
    })
}

pub(super) fn user_by_name(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let name = call.captured("username");
    let allowed = |character: char| character.is_ascii_alphanumeric() || character == '_';
    if name.len() > 15 || !name.chars().all(allowed) {
        return Err(Failure::parameter("username", name, "does not match ^[A-Za-z0-9_]{1,15}$"));
    }
    let person = PEOPLE.iter().find(|person| person.handle.eq_ignore_ascii_case(name));
    Ok(match person {
        Some(person) => one_user(stage, call, person),
        None => Answer::json(200, &json!({"errors": [not_found("user", "username", name)]})),
    })
}
