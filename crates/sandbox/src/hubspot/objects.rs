//! Records one by one and page by page.

use serde_json::{Map, Value, json};

use super::failure::Failure;
use super::kinds::Kind;
use super::portal::{Portal, Record};
use super::{Call, definitions, links, values_of};
use crate::stage::Stage;
use crate::wire::Answer;

const USUAL_PAGE: usize = 10;
const MAX_PAGE: usize = 100;
/// With the history of properties.
const MAX_HISTORY_PAGE: usize = 50;

/// A record with the properties that are asked for. Names that are no properties are left out without a word.
pub(super) fn show(kind: Kind, record: &Record, asked: &[String]) -> Value {
    let facts = kind.facts();
    let always = ["hs_object_id", facts.created, facts.modified];
    let usual = if asked.is_empty() { facts.shown } else { &[] };
    let names = asked.iter().map(String::as_str).chain(usual.iter().copied()).chain(always);
    let known = names.filter(|name| definitions::find(kind, name).is_some());
    let properties: Map<String, Value> =
        known.map(|name| (name.to_owned(), Value::from(record.value(kind, name)))).collect();
    let mut body = json!({
        "id": record.id.to_string(),
        "properties": properties,
        "createdAt": record.created_at.to_string(),
        "updatedAt": record.updated_at.to_string(),
        "archived": record.archived_at.is_some(),
    });
    if let Some(at) = record.archived_at {
        body["archivedAt"] = Value::from(at.to_string());
    }
    body
}

/// The same with earlier values, where any are asked for.
pub(super) fn show_history(body: &mut Value, record: &Record, names: &[String]) {
    if !names.is_empty() {
        let told: Map<String, Value> =
            names.iter().map(|name| (name.clone(), Value::from(record.history(name)))).collect();
        body["propertiesWithHistory"] = Value::from(told);
    }
}

/// What a call asks to see of each record.
struct Asked {
    properties: Vec<String>,
    history: Vec<String>,
    links: Vec<Kind>,
}

impl Asked {
    fn of(call: &Call) -> Result<Self, Failure> {
        let links: Result<Vec<Kind>, Failure> =
            call.listed("associations").iter().map(|name| Kind::named(name)).collect();
        Ok(Self {
            properties: call.listed("properties"),
            history: call.listed("propertiesWithHistory"),
            links: links?,
        })
    }

    fn show(&self, portal: &Portal, kind: Kind, record: &Record) -> Value {
        let mut body = show(kind, record, &self.properties);
        show_history(&mut body, record, &self.history);
        let mut linked = Map::new();
        for to in &self.links {
            let found = links::show(portal, kind, record.id, *to);
            // HubSpot names only the kinds that are linked.
            if !found.is_empty() {
                linked.insert(to.facts().plural.to_owned(), json!({"results": found}));
            }
        }
        if !linked.is_empty() {
            body["associations"] = Value::from(linked);
        }
        body
    }
}

fn is_archived(call: &Call) -> bool {
    call.query.flag("archived") == Some(true)
}

/// The record that the path names, by its id or another property.
fn named<'p>(portal: &'p Portal, call: &Call, kind: Kind) -> Result<&'p Record, Failure> {
    let property = call.query.filled("idProperty");
    let found = portal.seek(kind, call.captured("id"), property, is_archived(call))?;
    found.ok_or_else(Failure::not_found)
}

pub(super) fn list(stage: &mut Stage<'_>, call: &Call, kind: Kind) -> Result<Answer, Failure> {
    let asked = Asked::of(call)?;
    let most = if asked.history.is_empty() { MAX_PAGE } else { MAX_HISTORY_PAGE };
    let (limit, after) = (call.limit(USUAL_PAGE, most)?, call.after()?);
    let portal = &stage.world.hubspot;
    let mut found = portal.all(kind, is_archived(call)).filter(|record| record.id > after);
    let shown: Vec<&Record> = found.by_ref().take(limit).collect();
    let more = found.next().is_some();
    let next = shown.last().filter(|_| more).map(|record| record.id.to_string());
    let results = shown.iter().map(|record| asked.show(portal, kind, record)).collect();
    Ok(Answer::json(200, &call.page(results, next)))
}

pub(super) fn get(stage: &mut Stage<'_>, call: &Call, kind: Kind) -> Result<Answer, Failure> {
    let asked = Asked::of(call)?;
    let portal = &stage.world.hubspot;
    let record = named(portal, call, kind)?;
    Ok(Answer::json(200, &asked.show(portal, kind, record)))
}

pub(super) fn create(stage: &mut Stage<'_>, call: &Call, kind: Kind) -> Result<Answer, Failure> {
    let pen = call.pen(stage);
    let values = values_of(call.body.value("properties"))?;
    let portal = &mut stage.world.hubspot;
    let wanted = links::wanted(portal, kind, &call.body)?;
    let id = portal.create(kind, &values, pen)?;
    links::add_all(portal, kind, id, &wanted);
    let record = portal.find(kind, id).ok_or_else(Failure::not_found)?;
    Ok(Answer::json(201, &show(kind, record, &record.names())))
}

pub(super) fn update(stage: &mut Stage<'_>, call: &Call, kind: Kind) -> Result<Answer, Failure> {
    let pen = call.pen(stage);
    let values = values_of(call.body.value("properties"))?;
    let portal = &mut stage.world.hubspot;
    let id = named(portal, call, kind)?.id;
    if values.is_empty() {
        let message = "No properties found to update, please provide at least one.";
        return Err(Failure::invalid(message));
    }
    portal.change(kind, id, &values, pen)?;
    let record = portal.find(kind, id).ok_or_else(Failure::not_found)?;
    let names: Vec<String> = values.into_keys().collect();
    Ok(Answer::json(200, &show(kind, record, &names)))
}

pub(super) fn archive(stage: &mut Stage<'_>, call: &Call, kind: Kind) -> Result<Answer, Failure> {
    let now = stage.now;
    let id = call.captured("id").parse().map_err(|_| Failure::not_found())?;
    // A record that is archived already is no error.
    if stage.world.hubspot.archive(kind, id, now) {
        Ok(Answer::empty(204))
    } else {
        Err(Failure::not_found())
    }
}
