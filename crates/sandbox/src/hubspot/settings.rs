//! What an administrator sets up: owners, pipelines and the definitions of properties.

use serde_json::{Value, json};

use super::Call;
use super::definitions::{self, Holds, Property, Trait};
use super::failure::Failure;
use super::kinds::Kind;
use super::values;
use crate::people::PEOPLE;
use crate::stage::Stage as Scene;
use crate::wire::Answer;

/// When the account was set up.
const SET_UP: &str = "2025-01-15T09:30:00Z";
const MAX_OWNERS: usize = 500;

/// The owner's id of each seed user, which is not his id as a user.
pub(super) const OWNERS: [(u64, usize); 3] = [(6_166_859, 0), (6_166_860, 1), (6_166_861, 2)];

pub(super) struct Pipeline {
    pub(super) id: &'static str,
    pub(super) label: &'static str,
    pub(super) stages: &'static [Stage],
}

pub(super) struct Stage {
    pub(super) id: &'static str,
    pub(super) label: &'static str,
    metadata: [(&'static str, &'static str); 2],
}

const fn deal(id: &'static str, label: &'static str, closed: &'static str, odds: &'static str) -> Stage {
    Stage { id, label, metadata: [("isClosed", closed), ("probability", odds)] }
}

const fn ticket(id: &'static str, label: &'static str, closed: &'static str, state: &'static str) -> Stage {
    Stage { id, label, metadata: [("isClosed", closed), ("ticketState", state)] }
}

const SALES: Pipeline = Pipeline {
    id: "default",
    label: "Sales Pipeline",
    stages: &[
        deal("appointmentscheduled", "Appointment Scheduled", "false", "0.2"),
        deal("qualifiedtobuy", "Qualified To Buy", "false", "0.4"),
        deal("presentationscheduled", "Presentation Scheduled", "false", "0.6"),
        deal("decisionmakerboughtin", "Decision Maker Bought-In", "false", "0.8"),
        deal("contractsent", "Contract Sent", "false", "0.9"),
        deal("closedwon", "Closed Won", "true", "1.0"),
        deal("closedlost", "Closed Lost", "true", "0.0"),
    ],
};

const SUPPORT: Pipeline = Pipeline {
    id: "0",
    label: "Support Pipeline",
    stages: &[
        ticket("1", "New", "false", "OPEN"),
        ticket("2", "Waiting on contact", "false", "OPEN"),
        ticket("3", "Waiting on us", "false", "OPEN"),
        ticket("4", "Closed", "true", "CLOSED"),
    ],
};

pub(super) fn pipeline_of(kind: Kind) -> Option<&'static Pipeline> {
    match kind {
        Kind::Deals => Some(&SALES),
        Kind::Tickets => Some(&SUPPORT),
        _ => None,
    }
}

fn show_stage(order: usize, stage: &Stage) -> Value {
    let metadata: serde_json::Map<String, Value> =
        stage.metadata.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
    json!({
        "id": stage.id,
        "label": stage.label,
        "displayOrder": order,
        "metadata": metadata,
        "createdAt": SET_UP,
        "updatedAt": SET_UP,
        "archived": false,
        "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
    })
}

fn show_stages(pipeline: &Pipeline) -> Value {
    pipeline.stages.iter().enumerate().map(|(order, stage)| show_stage(order, stage)).collect()
}

fn show_pipeline(pipeline: &Pipeline) -> Value {
    json!({
        "id": pipeline.id,
        "label": pipeline.label,
        "displayOrder": 0,
        "stages": show_stages(pipeline),
        "createdAt": SET_UP,
        "updatedAt": SET_UP,
        "archived": false,
    })
}

/// The pipeline that the path names.
fn named_pipeline(call: &Call) -> Result<&'static Pipeline, Failure> {
    let pipeline = pipeline_of(call.named_kind("objectType")?);
    let pipeline = pipeline.filter(|pipeline| pipeline.id == call.captured("pipelineId"));
    pipeline.ok_or_else(Failure::not_found)
}

pub(super) fn pipelines(_: &mut Scene<'_>, call: &Call) -> Result<Answer, Failure> {
    let found: Vec<Value> =
        pipeline_of(call.named_kind("objectType")?).into_iter().map(show_pipeline).collect();
    Ok(Answer::json(200, &json!({"results": found})))
}

pub(super) fn pipeline(_: &mut Scene<'_>, call: &Call) -> Result<Answer, Failure> {
    Ok(Answer::json(200, &show_pipeline(named_pipeline(call)?)))
}

pub(super) fn stages(_: &mut Scene<'_>, call: &Call) -> Result<Answer, Failure> {
    Ok(Answer::json(200, &json!({"results": show_stages(named_pipeline(call)?)})))
}

fn show_owner(id: u64, person: usize) -> Value {
    let person = &PEOPLE[person];
    json!({
        "id": id.to_string(),
        "type": "PERSON",
        "email": person.email,
        "firstName": person.given,
        "lastName": person.family,
        "userId": person.number,
        "userIdIncludingInactive": person.number,
        "createdAt": SET_UP,
        "updatedAt": SET_UP,
        "archived": false,
    })
}

pub(super) fn owners(_: &mut Scene<'_>, call: &Call) -> Result<Answer, Failure> {
    let limit = call.limit(100, MAX_OWNERS)?;
    let after = call.offset()?;
    let email = call.query.filled("email").map(str::to_lowercase);
    let fits = |person: usize| email.as_deref().is_none_or(|email| PEOPLE[person].email == email);
    // Nobody has left the account.
    let archived = call.query.flag("archived") == Some(true);
    let all: Vec<Value> = OWNERS
        .iter()
        .filter(|(_, person)| !archived && fits(*person))
        .map(|(id, person)| show_owner(*id, *person))
        .collect();
    let total = all.len();
    let page: Vec<Value> = all.into_iter().skip(after).take(limit).collect();
    let end = after.saturating_add(page.len());
    let next = (end < total && !page.is_empty()).then(|| end.to_string());
    Ok(Answer::json(200, &call.page(page, next)))
}

pub(super) fn owner(_: &mut Scene<'_>, call: &Call) -> Result<Answer, Failure> {
    let wanted = call.captured("ownerId");
    let by_user = call.query.text("idProperty") == Some("userId");
    let is_wanted = |(id, person): &&(u64, usize)| {
        let number = if by_user { PEOPLE[*person].number } else { *id };
        number.to_string() == wanted && call.query.flag("archived") != Some(true)
    };
    let (id, person) = OWNERS.iter().find(is_wanted).ok_or_else(Failure::not_found)?;
    Ok(Answer::json(200, &show_owner(*id, *person)))
}

fn show_property(kind: Kind, property: &Property) -> Value {
    let (form, field) = match property.holds {
        Holds::Text | Holds::Email => ("string", "text"),
        Holds::LongText => ("string", "textarea"),
        Holds::Number => ("number", "number"),
        Holds::Moment => ("datetime", "date"),
        Holds::Choice(_) | Holds::Owner | Holds::Pipeline | Holds::PipelineStage => ("enumeration", "select"),
        Holds::Stages(_) => ("enumeration", "radio"),
    };
    let options: Vec<Value> = values::options(kind, property)
        .iter()
        .enumerate()
        .map(|(order, (value, label))| {
            json!({"value": value, "label": label, "displayOrder": order, "hidden": false, "description": ""})
        })
        .collect();
    let is_own = property.is == Trait::Own;
    let mut body = json!({
        "name": property.name,
        "label": property.label,
        "type": form,
        "fieldType": field,
        "description": "",
        "groupName": format!("{}information", kind.facts().singular),
        "options": options,
        "displayOrder": -1,
        "calculated": false,
        "externalOptions": property.holds == Holds::Owner,
        "hasUniqueValue": property.is == Trait::Unique,
        "hidden": false,
        "formField": !is_own,
        "archived": false,
        "createdAt": SET_UP,
        "updatedAt": SET_UP,
        "modificationMetadata": {
            "archivable": is_own,
            "readOnlyDefinition": !is_own,
            "readOnlyOptions": !is_own,
            "readOnlyValue": property.is == Trait::ReadOnly,
        },
    });
    // HubSpot leaves this out of the account's own properties.
    if !is_own {
        body["hubspotDefined"] = Value::from(true);
    }
    body
}

/// No property has been deleted, none is sensitive, and none has a label in another language.
fn is_left_out(call: &Call) -> bool {
    call.query.flag("archived") == Some(true)
        || call.query.text("dataSensitivity").is_some_and(|wanted| wanted != "non_sensitive")
}

pub(super) fn properties(_: &mut Scene<'_>, call: &Call) -> Result<Answer, Failure> {
    let kind = call.named_kind("objectType")?;
    let shown = definitions::of(kind).iter().filter(|_| !is_left_out(call));
    let shown: Vec<Value> = shown.map(|property| show_property(kind, property)).collect();
    Ok(Answer::json(200, &json!({"results": shown})))
}

pub(super) fn property(_: &mut Scene<'_>, call: &Call) -> Result<Answer, Failure> {
    let kind = call.named_kind("objectType")?;
    let found = definitions::find(kind, call.captured("propertyName")).filter(|_| !is_left_out(call));
    found.map(|property| Answer::json(200, &show_property(kind, property))).ok_or_else(Failure::not_found)
}
