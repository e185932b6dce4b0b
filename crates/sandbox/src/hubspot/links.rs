//! Links between records, which HubSpot calls associations, and the types that they may have.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::failure::Failure;
use super::kinds::Kind;
use super::kinds::Kind::{Calls, Companies, Contacts, Deals, Notes, Tasks, Tickets};
use super::portal::{Link, Portal};
use super::{Call, stamp};
use crate::stage::Stage;
use crate::strict::Arguments;
use crate::wire::Answer;

const MAX_PAGE: usize = 500;

/// A type with its number in both directions. The first of two kinds is the one without a label.
struct Type {
    kinds: (Kind, Kind),
    ids: (u32, u32),
    label: Option<&'static str>,
}

const fn link(from: Kind, to: Kind, there: u32, back: u32) -> Type {
    Type { kinds: (from, to), ids: (there, back), label: None }
}

const fn primary(from: Kind, to: Kind, there: u32, back: u32) -> Type {
    Type { kinds: (from, to), ids: (there, back), label: Some("Primary") }
}

const TYPES: &[Type] = &[
    link(Contacts, Companies, 279, 280),
    primary(Contacts, Companies, 1, 2),
    link(Contacts, Deals, 4, 3),
    link(Contacts, Tickets, 15, 16),
    link(Contacts, Contacts, 449, 449),
    link(Companies, Deals, 342, 341),
    primary(Companies, Deals, 6, 5),
    link(Companies, Tickets, 340, 339),
    primary(Companies, Tickets, 25, 26),
    link(Companies, Companies, 450, 450),
    link(Deals, Tickets, 27, 28),
    link(Deals, Deals, 451, 451),
    link(Tickets, Tickets, 452, 452),
    link(Notes, Contacts, 202, 201),
    link(Notes, Companies, 190, 189),
    link(Notes, Deals, 214, 213),
    link(Notes, Tickets, 228, 227),
    link(Tasks, Contacts, 204, 203),
    link(Tasks, Companies, 192, 191),
    link(Tasks, Deals, 216, 215),
    link(Tasks, Tickets, 230, 229),
    link(Calls, Contacts, 194, 193),
    link(Calls, Companies, 182, 181),
    link(Calls, Deals, 206, 205),
    link(Calls, Tickets, 220, 219),
];

/// A type as seen from one of its ends.
#[derive(Debug, Clone, Copy)]
struct View {
    type_id: u32,
    back: u32,
    to: Kind,
    label: Option<&'static str>,
}

/// The types that lead from one kind to another.
fn views(from: Kind, to: Kind) -> impl Iterator<Item = View> {
    TYPES.iter().filter_map(move |known| {
        let ((first, second), (there, back)) = (known.kinds, known.ids);
        if (first, second) == (from, to) {
            Some(View { type_id: there, back, to, label: known.label })
        } else if (second, first) == (from, to) {
            Some(View { type_id: back, back: there, to, label: known.label })
        } else {
            None
        }
    })
}

fn unlabelled(from: Kind, to: Kind) -> Result<View, Failure> {
    let found = views(from, to).find(|view| view.label.is_none());
    found.ok_or_else(|| {
        let (from, to) = (from.facts().type_id, to.facts().type_id);
        Failure::invalid(format!("No association definition exists between {from} and {to}"))
    })
}

/// What a call says about a type: its category and its number.
fn view_of(from: Kind, spec: &Value) -> Result<View, Failure> {
    let number = spec["associationTypeId"].as_u64().and_then(|number| u32::try_from(number).ok());
    let own = spec["associationCategory"] == "HUBSPOT_DEFINED";
    let mut known = Kind::ALL.into_iter().flat_map(|to| views(from, to));
    known.find(|view| own && Some(view.type_id) == number).ok_or_else(|| {
        let (category, number) = (&spec["associationCategory"], &spec["associationTypeId"]);
        let upper = from.facts().upper;
        Failure::invalid(format!("Association type {category} {number} does not exist for {upper}"))
    })
}

/// Links two records in both directions. A label comes with the link that has none.
fn add(portal: &mut Portal, (kind, id): (Kind, u64), view: View, to: u64) {
    let plain = unlabelled(kind, view.to).ok();
    for view in plain.into_iter().chain([view]) {
        let there = Link { from_kind: kind, from: id, to_kind: view.to, to, type_id: view.type_id };
        let back = Link { from_kind: view.to, from: to, to_kind: kind, to: id, type_id: view.back };
        portal.links.extend([there, back]);
    }
}

/// A link that a new record shall have.
pub(super) struct Wanted {
    view: View,
    to: u64,
}

/// The links of a new record, checked before it is made.
pub(super) fn wanted(portal: &Portal, kind: Kind, body: &Arguments) -> Result<Vec<Wanted>, Failure> {
    let mut wanted = Vec::new();
    for link in body.value("associations").and_then(Value::as_array).into_iter().flatten() {
        let to = link["to"]["id"].as_str().unwrap_or_default();
        for spec in link["types"].as_array().into_iter().flatten() {
            let view = view_of(kind, spec)?;
            let found = to.parse().ok().filter(|id| portal.find(view.to, *id).is_some());
            wanted.push(Wanted { view, to: found.ok_or_else(|| Failure::links(view.to, to))? });
        }
    }
    Ok(wanted)
}

pub(super) fn add_all(portal: &mut Portal, kind: Kind, id: u64, wanted: &[Wanted]) {
    for one in wanted {
        add(portal, (kind, id), one.view, one.to);
    }
}

/// Links two records in the usual way.
pub(super) fn add_plain(portal: &mut Portal, from: (Kind, u64), to: (Kind, u64)) {
    if let Ok(view) = unlabelled(from.0, to.0) {
        add(portal, from, view, to.1);
    }
}

/// The links of a record to one kind, as the objects API shows them.
pub(super) fn show(portal: &Portal, kind: Kind, id: u64, to: Kind) -> Vec<Value> {
    let (from_name, to_name) = (kind.facts().singular, to.facts().singular);
    let told = |link: &Link| {
        let labelled = views(kind, to).any(|view| view.label.is_some());
        let is_plain = views(kind, to).any(|view| view.type_id == link.type_id && view.label.is_none());
        let suffix = if labelled && is_plain { "_unlabeled" } else { "" };
        json!({"id": link.to.to_string(), "type": format!("{from_name}_to_{to_name}{suffix}")})
    };
    portal.links_of(kind, id, to).map(told).collect()
}

/// The record at one end of the path.
fn end(portal: &Portal, call: &Call, kind: &str, id: &str) -> Result<(Kind, u64), Failure> {
    let kind = call.named_kind(kind)?;
    let text = call.captured(id);
    let found = text.parse().ok().filter(|id| portal.find(kind, *id).is_some());
    found.map(|id| (kind, id)).ok_or_else(|| Failure::links(kind, text))
}

pub(super) fn list(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let portal = &stage.world.hubspot;
    let (kind, to) = (call.named_kind("objectType")?, call.named_kind("toObjectType")?);
    let id = call.captured("objectId").parse().ok().filter(|id| portal.find(kind, *id).is_some());
    let id = id.ok_or_else(Failure::not_found)?;
    let (limit, after) = (call.limit(MAX_PAGE, MAX_PAGE)?, call.after()?);
    let mut linked: BTreeMap<u64, Vec<Value>> = BTreeMap::new();
    for link in portal.links_of(kind, id, to).filter(|link| link.to > after) {
        let label = views(kind, to).find(|view| view.type_id == link.type_id).and_then(|view| view.label);
        let told = json!({"category": "HUBSPOT_DEFINED", "typeId": link.type_id, "label": label});
        linked.entry(link.to).or_default().push(told);
    }
    let more = linked.len() > limit;
    let shown: Vec<(u64, Vec<Value>)> = linked.into_iter().take(limit).collect();
    let next = shown.last().filter(|_| more).map(|(id, _)| id.to_string());
    let told =
        |(id, types): (u64, Vec<Value>)| json!({"toObjectId": id.to_string(), "associationTypes": types});
    Ok(Answer::json(200, &call.page(shown.into_iter().map(told).collect(), next)))
}

pub(super) fn create_default(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let now = stamp(stage);
    let portal = &mut stage.world.hubspot;
    let from = end(portal, call, "fromObjectType", "fromObjectId")?;
    let to = end(portal, call, "toObjectType", "toObjectId")?;
    let view = unlabelled(from.0, to.0)?;
    add(portal, from, view, to.1);
    let told = |from: u64, to: u64, type_id: u32| {
        json!({
            "from": {"id": from.to_string()},
            "to": {"id": to.to_string()},
            "associationSpec": {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id},
        })
    };
    let results = [told(from.1, to.1, view.type_id), told(to.1, from.1, view.back)];
    let body = json!({"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now});
    Ok(Answer::json(200, &body))
}

pub(super) fn create(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let portal = &mut stage.world.hubspot;
    let from = end(portal, call, "objectType", "objectId")?;
    let to = end(portal, call, "toObjectType", "toObjectId")?;
    let specs = call.body.value("types").and_then(Value::as_array).cloned().unwrap_or_default();
    if specs.is_empty() {
        return Err(Failure::parameter("types", "at least one association type is needed"));
    }
    let views: Result<Vec<View>, Failure> = specs.iter().map(|spec| view_of(from.0, spec)).collect();
    let views = views?;
    if views.iter().any(|view| view.to != to.0) {
        return Err(Failure::parameter("types", "an association type leads to another kind of record"));
    }
    for view in &views {
        add(portal, from, *view, to.1);
    }
    let labels: Vec<&str> = views.iter().filter_map(|view| view.label).collect();
    let body = json!({
        "fromObjectTypeId": from.0.facts().type_id,
        "fromObjectId": from.1.to_string(),
        "toObjectTypeId": to.0.facts().type_id,
        "toObjectId": to.1.to_string(),
        "labels": labels,
    });
    Ok(Answer::json(201, &body))
}

pub(super) fn archive(stage: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let portal = &mut stage.world.hubspot;
    let from = end(portal, call, "objectType", "objectId")?;
    let to = end(portal, call, "toObjectType", "toObjectId")?;
    portal.links.retain(|link| {
        let ends = ((link.from_kind, link.from), (link.to_kind, link.to));
        ends != (from, to) && ends != (to, from)
    });
    Ok(Answer::empty(204))
}

pub(super) fn labels(_: &mut Stage<'_>, call: &Call) -> Result<Answer, Failure> {
    let (from, to) = (call.named_kind("fromObjectType")?, call.named_kind("toObjectType")?);
    let told =
        |view: View| json!({"category": "HUBSPOT_DEFINED", "typeId": view.type_id, "label": view.label});
    let shown: Vec<Value> = views(from, to).map(told).collect();
    Ok(Answer::json(200, &json!({"results": shown})))
}
