//! Comments, likes and reactions.

use serde_json::{Value, json};

use super::failure::Failure;
use super::members::{Comment, Members, Reaction, Target};
use super::{Call, Purpose, restli};
use crate::stage::Stage;
use crate::wire::Answer;

fn target(stage: &Stage<'_>, urn: &str) -> Result<Target, Failure> {
    if !restli::is_urn(urn) {
        return Err(Failure::invalid(format!("Invalid key: {urn} is not a URN")));
    }
    stage.world.linkedin.target(urn).ok_or_else(|| Failure::not_found(urn))
}

fn show(members: &Members, comment: &Comment) -> Value {
    let time = comment.created_at.as_millisecond();
    let stamp = json!({"actor": comment.actor, "time": time});
    let mut value = json!({
        "id": comment.id.to_string(),
        "commentUrn": members.target_urn(Target::Comment(comment.id)),
        "actor": comment.actor,
        "object": members.target_urn(Target::Post(comment.post)),
        "message": {"attributes": [], "text": comment.text},
        "created": stamp,
        "lastModified": stamp,
        "likesSummary": {"totalLikes": likes(members, Target::Comment(comment.id)).count()},
    });
    if let Some(parent) = comment.parent {
        value["parentComment"] = Value::from(members.target_urn(Target::Comment(parent)));
    }
    value
}

pub(super) fn comment(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let on = target(stage, call.captured("urn"))?;
    let actor = call.body.text("actor").unwrap_or_default();
    call.acts_for(actor, Purpose::Write)?;
    let text = call.body.object("message").unwrap_or_default();
    let text = text.text("text").unwrap_or_default();
    if text.trim().is_empty() {
        return Err(Failure::unprocessable("ERROR :: /message/text :: a comment needs a text\n"));
    }
    let (post, mut parent) = match on {
        Target::Post(post) => (post, None),
        Target::Comment(id) => (stage.world.linkedin.comments.get(&id).map_or(0, |one| one.post), Some(id)),
    };
    if let Some(urn) = call.body.text("parentComment") {
        match target(stage, urn)? {
            Target::Comment(id) => parent = Some(id),
            Target::Post(_) => {
                return Err(Failure::unprocessable("sandbox: parentComment is a comment's URN"));
            }
        }
    }
    if let Some(object) = call.body.text("object")
        && !matches!(target(stage, object)?, Target::Post(id) if id == post)
    {
        return Err(Failure::unprocessable("sandbox: object and path are about different posts"));
    }
    let (actor, text, created_at) = (actor.to_owned(), text.to_owned(), stage.now);
    let members = &mut stage.world.linkedin;
    let id = members.add_comment(Comment { id: 0, post, parent, actor, text, created_at });
    let shown = members.comments.get(&id).map(|comment| show(members, comment)).unwrap_or_default();
    Ok(Answer::json(201, &shown).with("x-restli-id", id.to_string()))
}

pub(super) fn comments(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let on = target(stage, call.captured("urn"))?;
    let members = &stage.world.linkedin;
    let elements: Vec<Value> = members.comments_on(on).map(|comment| show(members, comment)).collect();
    Ok(Answer::json(200, &restli::page(call, &call.path, &elements)?))
}

pub(super) fn delete_comment(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let on = target(stage, call.captured("urn"))?;
    let id = call.captured("id");
    let number: u64 = id.parse().map_err(|_| Failure::invalid(format!("Invalid key: {id}")))?;
    let members = &mut stage.world.linkedin;
    let found = members.comments.get(&number).filter(|comment| match on {
        Target::Post(post) => comment.post == post,
        Target::Comment(parent) => comment.parent == Some(parent),
    });
    let actor = found.ok_or_else(|| Failure::not_found(id))?.actor.clone();
    if call.query.text("actor").is_some_and(|named| named != actor) {
        return Err(Failure::denied("The comment is not the actor's"));
    }
    call.acts_for(&actor, Purpose::Write)?;
    members.remove_comment(number);
    Ok(Answer::empty(204))
}

fn likes(members: &Members, on: Target) -> impl Iterator<Item = &Reaction> {
    members.reactions.iter().filter(move |reaction| reaction.target == on && reaction.kind == "LIKE")
}

/// One reaction an actor: a new one takes the place of the one before.
fn react(stage: &mut Stage<'_>, target: Target, actor: &str, kind: &str) {
    let created_at = stage.now;
    let reactions = &mut stage.world.linkedin.reactions;
    reactions.retain(|reaction| reaction.target != target || reaction.actor != actor);
    reactions.push(Reaction { target, actor: actor.to_owned(), kind: kind.to_owned(), created_at });
}

pub(super) fn like(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let on = target(stage, call.captured("urn"))?;
    let actor = call.body.text("actor").unwrap_or_default();
    call.acts_for(actor, Purpose::Write)?;
    let object = call.body.text("object").unwrap_or_default();
    if target(stage, object)? != on {
        return Err(Failure::unprocessable("sandbox: object and path are about different things"));
    }
    react(stage, on, actor, "LIKE");
    Ok(Answer::empty(201).with("x-restli-id", restli::encoded(actor)))
}

pub(super) fn list_likes(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let on = target(stage, call.captured("urn"))?;
    let members = &stage.world.linkedin;
    let urn = members.target_urn(on);
    let show = |reaction: &Reaction| {
        let stamp = json!({"actor": reaction.actor, "time": reaction.created_at.as_millisecond()});
        json!({
            "$URN": format!("urn:li:like:({},{urn})", reaction.actor),
            "actor": reaction.actor, "object": urn, "created": stamp, "lastModified": stamp,
        })
    };
    let elements: Vec<Value> = likes(members, on).map(show).collect();
    Ok(Answer::json(200, &restli::page(call, &call.path, &elements)?))
}

pub(super) fn reaction(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let actor = call.query.text("actor").unwrap_or_default();
    call.acts_for(actor, Purpose::Write)?;
    let on = target(stage, call.body.text("root").unwrap_or_default())?;
    react(stage, on, actor, call.body.text("reactionType").unwrap_or_default());
    let entity = restli::encoded(&stage.world.linkedin.target_urn(on));
    let id = format!("(actor:{},entity:{entity})", restli::encoded(actor));
    Ok(Answer::empty(201).with("x-restli-id", id))
}
