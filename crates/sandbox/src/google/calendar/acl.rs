//! `acl`: with whom a calendar is shared. Only its owners see and change that.

use serde_json::{Value, json};

use super::access::{self, Place, Purpose, not_found};
use super::body::{invalid, required};
use super::list::page;
use super::state::{Role, Rule};
use crate::google::Call;
use crate::google::failure::Failure;
use crate::stage::Stage;
use crate::wire::Answer;

fn show(rule: &Rule) -> Value {
    let mut scope = json!({"type": rule.kind});
    if let Some(value) = &rule.value {
        scope["value"] = json!(value);
    }
    let etag = format!("\"{}{}\"", rule.id().len(), rule.role.name().len());
    json!({
        "kind": "calendar#aclRule", "etag": etag, "id": rule.id(), "scope": scope, "role": rule.role.name(),
    })
}

fn owned(stage: &mut Stage<'_>, call: &Call) -> Result<Place, Failure> {
    let place = access::of_path(stage, call, Purpose::Share)?;
    place.need(Role::Owner)?;
    Ok(place)
}

pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    if call.query.names("syncToken") {
        return Err(invalid("sandbox: the twin has no sync tokens for access rules"));
    }
    let place = owned(stage, call)?;
    // Removed rules are forgotten, so that there is nothing that `showDeleted` could add.
    let rules: Vec<Value> = place.calendar(stage).rules.iter().map(show).collect();
    let (page, next) = page(call, rules, 100, 250)?;
    let mut body = json!({"kind": "calendar#acl", "etag": "\"p1\"", "items": page});
    if let Some(next) = next {
        body["nextPageToken"] = json!(next);
    }
    Ok(Answer::json(200, &body))
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = owned(stage, call)?;
    let rule = place.calendar(stage).rules.iter().find(|rule| rule.id() == call.captured("ruleId"));
    Ok(Answer::json(200, &show(rule.ok_or_else(not_found)?)))
}

fn role(call: &Call) -> Result<Option<Role>, Failure> {
    let role = call.body.text("role").map(|name| Role::parse(name).ok_or_else(|| invalid("Invalid role.")));
    role.transpose()
}

pub(super) fn insert(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let role = role(call)?.ok_or_else(|| required("Missing role."))?;
    let scope = call.body.object("scope").ok_or_else(|| required("Missing scope."))?;
    let kind = scope.text("type").ok_or_else(|| required("Missing scope type."))?;
    let value = scope.filled("value");
    let rule = match (kind, value) {
        ("default", None) => Rule { kind: kind.to_owned(), value: None, role },
        ("default", Some(_)) | (_, None) => return Err(invalid("Invalid scope value.")),
        ("user" | "group", Some(address)) if !address.contains('@') => {
            return Err(invalid("Invalid scope value."));
        }
        (_, Some(value)) => Rule { kind: kind.to_owned(), value: Some(value.to_ascii_lowercase()), role },
    };
    let place = owned(stage, call)?;
    put(stage, call, &place, rule)
}

fn put(stage: &mut Stage<'_>, call: &Call, place: &Place, rule: Rule) -> Result<Answer, Failure> {
    keep_owner(place, &rule, rule.role)?;
    let value = show(&rule);
    let told = call.query.flag("sendNotifications") != Some(false) && rule.role > Role::None;
    if let Some(address) = rule.value.clone().filter(|_| told) {
        stage.note.detail("notified", vec![address]);
    }
    let rules = &mut place.calendar(stage).rules;
    match rules.iter_mut().find(|other| other.id() == rule.id()) {
        Some(old) => *old = rule,
        None => rules.push(rule),
    }
    Ok(Answer::json(200, &value))
}

/// Whose data it is stays an owner.
fn keep_owner(place: &Place, rule: &Rule, role: Role) -> Result<(), Failure> {
    if rule.kind == "user" && rule.value.as_deref() == Some(&place.owner) && role < Role::Owner {
        let message = "Cannot change own access level.";
        return Err(Failure::new(403, "cannotChangeOwnAcl", "PERMISSION_DENIED", message));
    }
    Ok(())
}

fn change(stage: &mut Stage<'_>, call: &Call, role: Option<Role>) -> Result<Answer, Failure> {
    let place = owned(stage, call)?;
    let rule = place.calendar(stage).rules.iter().find(|rule| rule.id() == call.captured("ruleId")).cloned();
    let mut rule = rule.ok_or_else(not_found)?;
    let scope = call.body.value("scope");
    if scope.is_some_and(|scope| *scope != show(&rule)["scope"]) {
        return Err(invalid("The scope of a rule cannot be changed."));
    }
    rule.role = role.unwrap_or(rule.role);
    put(stage, call, &place, rule)
}

pub(super) fn patch(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let role = role(call)?;
    change(stage, call, role)
}

pub(super) fn update(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let role = role(call)?.ok_or_else(|| required("Missing role."))?;
    change(stage, call, Some(role))
}

pub(super) fn delete(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let place = owned(stage, call)?;
    let rules = &place.calendar(stage).rules;
    let rule = rules.iter().find(|rule| rule.id() == call.captured("ruleId")).cloned();
    let rule = rule.ok_or_else(not_found)?;
    keep_owner(&place, &rule, Role::None)?;
    place.calendar(stage).rules.retain(|other| other.id() != rule.id());
    Ok(Answer::empty(204))
}
