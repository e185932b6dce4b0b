//! OData's query options over lists of entities: filter, sort, count, page and select, in this order.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::filter::{self, resolve};
use super::properties::{Kind, Type};
use super::{Call, Failure};
use crate::stage::Stage;
use crate::strict::{Field, Shape, may};
use crate::wire::Answer;

const MAX_PAGE: i64 = 1000;

const TOP: Field = may("$top", Shape::Integer);
const SKIP: Field = may("$skip", Shape::Integer);
const FILTER: Field = may("$filter", Shape::Text);
const COUNT: Field = may("$count", Shape::OneOf(&["true", "false"]));
const ORDERBY: Field = may("$orderby", Shape::Text);
const SELECT: Field = may("$select", Shape::Text);
const SEARCH: Field = may("$search", Shape::Text);
const SKIPTOKEN: Field = may("$skiptoken", Shape::Text);

/// The query options of one entity.
pub(super) const ONE: &[Field] = &[SELECT];
/// The same where attachments may come along.
pub(super) const ONE_EXPANDED: &[Field] = &[SELECT, may("$expand", Shape::Text)];
pub(super) const LIST: &[Field] = &[TOP, SKIP, FILTER, COUNT, ORDERBY, SELECT];
pub(super) const MESSAGES: &[Field] =
    &[TOP, SKIP, FILTER, COUNT, ORDERBY, SELECT, SEARCH, SKIPTOKEN, may("$expand", Shape::Text)];
pub(super) const WINDOW: &[Field] = &[
    crate::strict::must("startDateTime", Shape::Text),
    crate::strict::must("endDateTime", Shape::Text),
    TOP,
    SKIP,
    FILTER,
    COUNT,
    ORDERBY,
    SELECT,
];

/// The names that `$select` asks for, all of which there are.
pub(super) fn selected(call: &Call, kind: &Kind) -> Result<Option<Vec<String>>, Failure> {
    let Some(select) = call.query.filled("$select") else {
        return Ok(None);
    };
    let names: Vec<String> = select.split(',').map(|name| name.trim().to_owned()).collect();
    match names.iter().find(|name| kind.find(name).is_none()) {
        Some(name) => Err(Failure::no_property(name, kind.name)),
        None => Ok(Some(names)),
    }
}

/// What is left of an entity once it is narrowed to what was asked for. Annotations and the id always stay.
fn narrowed(entity: &Value, kind: &Kind, names: Option<&Vec<String>>) -> Value {
    let stays = |name: &str| match names {
        _ if name == "id" || name.starts_with('@') => true,
        // What was expanded comes along.
        Some(names) => name == "attachments" || names.iter().any(|asked| asked == name),
        None => !kind.on_request.contains(&name),
    };
    let members = entity.as_object().into_iter().flatten();
    let left = members.filter(|(name, _)| stays(name)).map(|(name, value)| (name.clone(), value.clone()));
    Value::Object(left.collect())
}

fn context(stage: &Stage<'_>, call: &Call) -> Value {
    let path = call.path.trim_start_matches("/v1.0/me").trim_start_matches('/');
    let user = call.account().replace('@', "%40");
    Value::from(stage.link("graph.microsoft.com", &format!("/v1.0/$metadata#users('{user}')/{path}")))
}

/// One entity as the answer.
pub(super) fn one(
    stage: &Stage<'_>,
    call: &Call,
    kind: &Kind,
    status: u16,
    entity: &Value,
) -> Result<Answer, Failure> {
    let names = selected(call, kind)?;
    let mut body = Map::from_iter([("@odata.context".to_owned(), context(stage, call))]);
    if let Value::Object(members) = narrowed(entity, kind, names.as_ref()) {
        body.extend(members);
    }
    Ok(call.prefer.applied(Answer::json(status, &Value::Object(body))))
}

/// Keeps what the filter of the call lets through, and sorts it. Without a sort the order stays as it is.
fn arranged(call: &Call, kind: &Kind, mut entities: Vec<Value>) -> Result<Vec<Value>, Failure> {
    let filter = call.query.filled("$filter").map(|text| filter::parse(text, kind)).transpose()?;
    let sort = call.query.filled("$orderby").map(|text| sort_keys(text, kind)).transpose()?;
    if let (Some(filter), Some(sort), true) = (&filter, &sort, kind.sorts_by_filter) {
        let mut paths = filter.paths();
        paths.dedup();
        let leading = paths.iter().zip(sort).filter(|(path, (key, _))| **path == key).count();
        if leading != sort.len() {
            return Err(Failure::inefficient());
        }
    }
    if let Some(filter) = filter {
        entities.retain(|entity| filter.matches(entity));
    }
    if let Some(keys) = sort {
        entities.sort_by(|left, right| {
            let by = |(path, backwards): &(String, bool)| {
                let ordering = compare(resolve(path, left, None), resolve(path, right, None));
                if *backwards { ordering.reverse() } else { ordering }
            };
            keys.iter().map(by).fold(Ordering::Equal, Ordering::then)
        });
    }
    Ok(entities)
}

/// Paths, and whether each is sorted by backwards.
fn sort_keys(text: &str, kind: &Kind) -> Result<Vec<(String, bool)>, Failure> {
    let key = |part: &str| {
        let mut words = part.split_whitespace();
        let path = words.next().unwrap_or_default();
        let backwards = match (words.next(), words.next()) {
            (None | Some("asc"), None) => false,
            (Some("desc"), None) => true,
            _ => return Err(Failure::uri(format!("Invalid orderby clause: Syntax error in '{text}'."))),
        };
        let (first, below) = path.split_once('/').map_or((path, None), |(first, below)| (first, Some(below)));
        match (kind.find(first), below) {
            (Some(Type::Complex(paths)), Some(below)) if paths.contains(&below) => {}
            (Some(Type::Text | Type::Time | Type::Flag | Type::Number), None) => {}
            _ => return Err(Failure::no_property(path, kind.name)),
        }
        Ok((path.to_owned(), backwards))
    };
    text.split(',').map(key).collect()
}

fn compare(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            left.as_f64().partial_cmp(&right.as_f64()).unwrap_or(Ordering::Equal)
        }
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        _ => {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_lowercase();
            text(left).cmp(&text(right))
        }
    }
}

/// A list as the answer: what the call asks for of `entities`, which come in their usual order.
pub(super) fn list(
    stage: &Stage<'_>,
    call: &Call,
    kind: &Kind,
    entities: Vec<Value>,
    usual_page: i64,
) -> Result<Answer, Failure> {
    let names = selected(call, kind)?;
    let entities = arranged(call, kind, entities)?;
    let size = match call.query.integer("$top").unwrap_or(usual_page) {
        size @ 1..=MAX_PAGE => usize::try_from(size).unwrap_or_default(),
        size => {
            let message =
                format!("Invalid value '{size}' for $top query option found. It must be 1 to {MAX_PAGE}.");
            return Err(Failure::uri(message));
        }
    };
    let start = start(call)?.min(entities.len());
    let end = entities.len().min(start + size);
    let mut body = json!({"@odata.context": context(stage, call)});
    if call.query.text("$count") == Some("true") {
        body["@odata.count"] = Value::from(entities.len());
    }
    let page = entities[start..end].iter().map(|entity| narrowed(entity, kind, names.as_ref()));
    body["value"] = page.collect();
    if end < entities.len() {
        body["@odata.nextLink"] = Value::from(next_link(stage, call, end));
    }
    Ok(call.prefer.applied(Answer::json(200, &body)))
}

/// Where the page begins. A search is paged by an opaque token, all else by a number.
fn start(call: &Call) -> Result<usize, Failure> {
    if let Some(token) = call.query.filled("$skiptoken") {
        let digits = token.strip_prefix("MSZ").and_then(|rest| rest.strip_suffix("ZZ"));
        let start = digits.and_then(|digits| digits.parse().ok());
        return start.ok_or_else(|| Failure::uri("The skip token is not valid."));
    }
    let skip = call.query.integer("$skip").unwrap_or_default();
    usize::try_from(skip).map_err(|_| {
        Failure::uri(format!("Invalid value '{skip}' for $skip query option found. It must be 0 or more."))
    })
}

fn next_link(stage: &Stage<'_>, call: &Call, end: usize) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let others = call.pairs.0.iter().filter(|(name, _)| name != "$skip" && name != "$skiptoken");
    query.extend_pairs(others);
    if call.query.filled("$search").is_some() {
        query.append_pair("$skiptoken", &format!("MSZ{end}ZZ"));
    } else {
        query.append_pair("$skip", &end.to_string());
    }
    stage.link("graph.microsoft.com", &format!("{}?{}", call.path, query.finish()))
}
