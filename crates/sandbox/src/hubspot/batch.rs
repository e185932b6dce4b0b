//! Many records at once. What is wrong with a value refuses the whole batch; ids that are not there are told beside
//! what was done.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::failure::{Failure, absent};
use super::kinds::Kind;
use super::portal::Portal;
use super::{Call, links, objects, stamp, values_of};
use crate::stage::Stage;
use crate::strict::Arguments;
use crate::wire::Answer;

const MAX_INPUTS: usize = 100;

fn inputs(call: &Call) -> Result<Vec<Arguments>, Failure> {
    let inputs = call.body.value("inputs").and_then(Value::as_array).cloned().unwrap_or_default();
    if !(1..=MAX_INPUTS).contains(&inputs.len()) {
        return Err(Failure::parameter("inputs", "must have between 1 and 100 entries"));
    }
    let objects = inputs.into_iter().filter_map(|input| match input {
        Value::Object(object) => Some(Arguments(object)),
        _ => None,
    });
    Ok(objects.collect())
}

/// The same, where each input has an id of its own.
fn distinct_inputs(call: &Call) -> Result<Vec<Arguments>, Failure> {
    let inputs = inputs(call)?;
    let mut seen = BTreeSet::new();
    for input in &inputs {
        let id = id_of(input);
        if !seen.insert(id.to_lowercase()) {
            let message = format!("Duplicate IDs found in batch input: [{id}]. IDs must be unique");
            return Err(Failure::invalid(message));
        }
    }
    let property = |input: &Arguments| input.filled("idProperty").map(str::to_owned);
    if inputs.windows(2).any(|pair| property(&pair[0]) != property(&pair[1])) {
        return Err(Failure::invalid("All inputs of a batch must have the same idProperty"));
    }
    Ok(inputs)
}

fn id_of(input: &Arguments) -> &str {
    input.text("id").unwrap_or_default()
}

fn find(
    portal: &Portal,
    kind: Kind,
    input: &Arguments,
    property: Option<&str>,
) -> Result<Option<u64>, Failure> {
    Ok(portal.seek(kind, id_of(input), property, false)?.map(|record| record.id))
}

/// What was done, and with 207 what could not be.
fn done(stage: &Stage<'_>, status: u16, kind: Kind, results: Vec<Value>, missing: &[String]) -> Answer {
    let now = stamp(stage);
    let mut body = json!({"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now});
    if missing.is_empty() {
        return Answer::json(status, &body);
    }
    body["numErrors"] = Value::from(1);
    body["errors"] = json!([absent(kind, missing)]);
    Answer::json(207, &body)
}

fn shown(portal: &Portal, kind: Kind, id: u64) -> Option<Value> {
    portal.find(kind, id).map(|record| objects::show(kind, record, &record.names()))
}

pub(super) fn create(stage: &mut Stage<'_>, call: &Call, kind: Kind) -> Result<Answer, Failure> {
    let pen = call.pen(stage);
    let mut draft = stage.world.hubspot.clone();
    let mut results = Vec::new();
    for input in inputs(call)? {
        let values = values_of(input.value("properties"))?;
        let wanted = links::wanted(&draft, kind, &input)?;
        let id = draft.create(kind, &values, pen)?;
        links::add_all(&mut draft, kind, id, &wanted);
        results.extend(shown(&draft, kind, id));
    }
    stage.world.hubspot = draft;
    Ok(done(stage, 201, kind, results, &[]))
}

pub(super) fn read(stage: &mut Stage<'_>, call: &Call, kind: Kind) -> Result<Answer, Failure> {
    let portal = &stage.world.hubspot;
    let (asked, history) = (call.body.texts("properties"), call.body.texts("propertiesWithHistory"));
    let property = call.body.filled("idProperty");
    let archived = call.query.flag("archived") == Some(true);
    let (mut results, mut missing) = (Vec::new(), Vec::new());
    for input in inputs(call)? {
        match portal.seek(kind, id_of(&input), property, archived)? {
            Some(record) => {
                let mut body = objects::show(kind, record, &asked);
                objects::show_history(&mut body, record, &history);
                results.push(body);
            }
            None => missing.push(id_of(&input).to_owned()),
        }
    }
    Ok(done(stage, 200, kind, results, &missing))
}

pub(super) fn update(stage: &mut Stage<'_>, call: &Call, kind: Kind) -> Result<Answer, Failure> {
    let pen = call.pen(stage);
    let mut draft = stage.world.hubspot.clone();
    let (mut results, mut missing) = (Vec::new(), Vec::new());
    for input in distinct_inputs(call)? {
        let values = values_of(input.value("properties"))?;
        match find(&draft, kind, &input, input.filled("idProperty"))? {
            Some(id) => {
                draft.change(kind, id, &values, pen)?;
                results.extend(shown(&draft, kind, id));
            }
            None => missing.push(id_of(&input).to_owned()),
        }
    }
    stage.world.hubspot = draft;
    Ok(done(stage, 200, kind, results, &missing))
}

pub(super) fn upsert(stage: &mut Stage<'_>, call: &Call, kind: Kind) -> Result<Answer, Failure> {
    let pen = call.pen(stage);
    let mut draft = stage.world.hubspot.clone();
    let (mut results, mut missing) = (Vec::new(), Vec::new());
    for input in distinct_inputs(call)? {
        let mut values = values_of(input.value("properties"))?;
        let property = input.filled("idProperty");
        let found = find(&draft, kind, &input, property)?;
        let id = match (found, property) {
            (Some(id), _) => {
                draft.change(kind, id, &values, pen)?;
                id
            }
            // What is found by its own id cannot be made with that id.
            (None, None | Some("hs_object_id")) => {
                missing.push(id_of(&input).to_owned());
                continue;
            }
            (None, Some(property)) => {
                values.entry(property.to_owned()).or_insert_with(|| id_of(&input).to_owned());
                draft.create(kind, &values, pen)?
            }
        };
        results.extend(shown(&draft, kind, id).map(|mut body| {
            body["new"] = Value::from(found.is_none());
            body
        }));
    }
    stage.world.hubspot = draft;
    Ok(done(stage, 200, kind, results, &missing))
}

pub(super) fn archive(stage: &mut Stage<'_>, call: &Call, kind: Kind) -> Result<Answer, Failure> {
    let now = stage.now;
    for input in inputs(call)? {
        if let Ok(id) = id_of(&input).parse() {
            // Ids that are not there are no error here.
            stage.world.hubspot.archive(kind, id, now);
        }
    }
    Ok(Answer::empty(204))
}
