//! Lists of users and what those post.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Call;
use super::failure::{Failure, not_found};
use super::follows::{no_user, people};
use super::network::{List, Post};
use super::pages::{self, HUNDRED, cut, meta};
use super::show;
use crate::stage::Stage;
use crate::wire::Answer;

/// The list of the path; `None` where there is none that the caller may see.
fn find<'a>(stage: &'a Stage<'_>, call: &Call) -> Result<Option<&'a List>, Failure> {
    let list = stage.world.twitter.lists.get(&call.id("id")?);
    Ok(list.filter(|list| is_visible(call, list)))
}

fn is_visible(call: &Call, list: &List) -> bool {
    !list.private || (call.caller.is_some() && list.owner == call.user())
}

/// The list of the path, which must be the caller's.
fn own<'a>(stage: &'a mut Stage<'_>, call: &Call) -> Result<&'a mut List, Failure> {
    let id = call.id("id")?;
    let list = stage.world.twitter.lists.get_mut(&id).filter(|list| is_visible(call, list));
    let list = list.ok_or_else(|| Failure::parameter("id", call.captured("id"), "does not name a list"))?;
    if list.owner == call.user() {
        return Ok(list);
    }
    Err(Failure::forbidden("You are not allowed to change this List."))
}

fn no_list(call: &Call) -> Answer {
    Answer::json(200, &json!({"errors": [not_found("list", "id", call.captured("id"))]}))
}

fn show(call: &Call, list: &List) -> Value {
    let mut value = json!({"id": list.id.to_string(), "name": list.name});
    let mut set = |parameter: &str, name: &str, field: Value| {
        let expected = if parameter == "expansions" { "owner_id" } else { name };
        if call.query.texts(parameter).iter().any(|asked| asked == expected) {
            value[name] = field;
        }
    };
    set("list.fields", "created_at", json!(format!("{:.3}", list.created_at)));
    set("list.fields", "description", json!(list.description));
    set("list.fields", "follower_count", json!(0));
    set("list.fields", "member_count", json!(list.members.len()));
    set("list.fields", "private", json!(list.private));
    set("expansions", "owner_id", json!(list.owner.to_string()));
    value
}

/// What the expansions of lists include.
fn includes(stage: &Stage<'_>, call: &Call, lists: &[&List]) -> Option<Value> {
    let asked = call.query.texts("expansions").iter().any(|asked| asked == "owner_id");
    let owners: BTreeSet<u64> = lists.iter().map(|list| list.owner).filter(|_| asked).collect();
    let network = &stage.world.twitter;
    let users: Vec<Value> =
        people(owners).into_iter().map(|person| show::user(network, call, person)).collect();
    (!users.is_empty()).then(|| json!({"users": users}))
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let Some(list) = find(stage, call)? else {
        return Ok(no_list(call));
    };
    let mut body = json!({"data": show(call, list)});
    if let Some(includes) = includes(stage, call, &[list]) {
        body["includes"] = includes;
    }
    Ok(Answer::json(200, &body))
}

pub(super) fn owned(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let user = call.id("id")?;
    if show::person(user).is_none() {
        return Ok(no_user("id", call.captured("id")));
    }
    let lists = stage.world.twitter.lists.values().rev();
    let lists: Vec<&List> = lists.filter(|list| list.owner == user && is_visible(call, list)).collect();
    let (range, next) = cut(call, lists.len(), HUNDRED)?;
    let shown = &lists[range];
    let mut body = json!({"meta": meta(shown.len(), next)});
    if !shown.is_empty() {
        body["data"] = shown.iter().map(|list| show(call, list)).collect();
    }
    if let Some(includes) = includes(stage, call, shown) {
        body["includes"] = includes;
    }
    Ok(Answer::json(200, &body))
}

pub(super) fn create(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (body, created_at) = (&call.body, stage.now);
    let network = &mut stage.world.twitter;
    let list = List {
        id: network.next_id(created_at),
        owner: call.user(),
        name: body.text("name").unwrap_or_default().to_owned(),
        description: body.text("description").unwrap_or_default().to_owned(),
        private: body.flag("private").unwrap_or_default(),
        members: Vec::new(),
        created_at,
    };
    let data = json!({"id": list.id.to_string(), "name": list.name});
    network.lists.insert(list.id, list);
    Ok(Answer::json(201, &json!({"data": data})))
}

pub(super) fn delete(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let id = own(stage, call)?.id;
    stage.world.twitter.lists.remove(&id);
    Ok(Answer::json(200, &json!({"data": {"deleted": true}})))
}

pub(super) fn members(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let Some(list) = find(stage, call)? else {
        return Ok(no_list(call));
    };
    let members = people(list.members.iter().rev().copied());
    pages::users(stage, call, &members, HUNDRED)
}

pub(super) fn add_member(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let list = own(stage, call)?;
    let id = call.body.text("user_id").unwrap_or_default();
    let user = id.parse().ok().and_then(show::person);
    let user = user.ok_or_else(|| Failure::parameter("user_id", id, "does not name a user"))?.number;
    if !list.members.contains(&user) {
        list.members.push(user);
    }
    Ok(Answer::json(200, &json!({"data": {"is_member": true}})))
}

pub(super) fn remove_member(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let user = call.id("user_id")?;
    own(stage, call)?.members.retain(|member| *member != user);
    Ok(Answer::json(200, &json!({"data": {"is_member": false}})))
}

pub(super) fn posts(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let Some(list) = find(stage, call)? else {
        return Ok(no_list(call));
    };
    let posts = stage.world.twitter.posts.values().rev();
    let posts: Vec<&Post> = posts.filter(|post| list.members.contains(&post.author)).collect();
    pages::posts(stage, call, &posts, HUNDRED)
}
