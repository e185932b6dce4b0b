//! The search: groups of filters of which one must fit as a whole, words, one order, and pages by number.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::Call;
use super::definitions::{self, Holds, Property};
use super::failure::Failure;
use super::kinds::Kind;
use super::objects;
use super::portal::{Portal, Record};
use super::values;
use crate::stage::Stage;
use crate::strict::Arguments;
use crate::wire::Answer;

const USUAL_PAGE: usize = 10;
const MAX_PAGE: usize = 200;
const MAX_RESULTS: usize = 10_000;
const MAX_QUERY: usize = 3000;
const MAX_GROUPS: usize = 5;
const MAX_FILTERS: usize = 6;
const MAX_FILTERS_IN_ALL: usize = 18;

/// What a filter looks at.
enum Target {
    Property(&'static Property),
    /// The ids of linked records of a kind.
    Links(Kind),
}

struct Filter {
    target: Target,
    operator: String,
    value: String,
    high_value: String,
    values: Vec<String>,
}

fn property(kind: Kind, name: &str) -> Result<&'static Property, Failure> {
    let message = format!("There is no property named '{name}' for {}", kind.facts().upper);
    definitions::find(kind, name).ok_or_else(|| Failure::search(&message, "INVALID_PROPERTY"))
}

fn target(kind: Kind, name: &str) -> Result<Target, Failure> {
    match name.strip_prefix("associations.") {
        Some(other) => Kind::named(other).map(Target::Links),
        None => property(kind, name).map(Target::Property),
    }
}

impl Filter {
    fn read(kind: Kind, given: &Arguments) -> Result<Self, Failure> {
        let name = given.text("propertyName").unwrap_or_default();
        let operator = given.text("operator").unwrap_or_default().to_owned();
        let filter = Self {
            target: target(kind, name)?,
            value: given.text("value").unwrap_or_default().to_owned(),
            high_value: given.text("highValue").unwrap_or_default().to_owned(),
            values: given.texts("values"),
            operator,
        };
        let needs: &[&str] = match filter.operator.as_str() {
            "IN" | "NOT_IN" => &["values"],
            "BETWEEN" => &["value", "highValue"],
            "HAS_PROPERTY" | "NOT_HAS_PROPERTY" => &[],
            _ => &["value"],
        };
        for part in ["value", "highValue", "values"] {
            if given.names(part) != needs.contains(&part) {
                let operator = &filter.operator;
                let message = match needs.contains(&part) {
                    true => format!("operator {operator} requires {part} for '{name}'"),
                    false => format!("operator {operator} does not take {part} for '{name}'"),
                };
                return Err(Failure::search(&message, "INVALID_FILTER"));
            }
        }
        filter.check_values(name)?;
        Ok(filter)
    }

    /// Numbers and times are compared as such, so they have to be some.
    fn check_values(&self, name: &str) -> Result<(), Failure> {
        let given = [&self.value, &self.high_value].into_iter().chain(&self.values);
        let is_readable = |text: &String| match &self.target {
            _ if text.is_empty() || self.operator.ends_with("CONTAINS_TOKEN") => true,
            Target::Property(Property { holds: Holds::Number, .. }) => text.parse::<f64>().is_ok(),
            Target::Property(Property { holds: Holds::Moment, .. }) => values::moment(text).is_some(),
            Target::Property(_) => true,
            Target::Links(_) => text.parse::<u64>().is_ok(),
        };
        match given.into_iter().find(|text| !is_readable(text)) {
            Some(text) => {
                let message = format!("'{text}' is not a valid value for '{name}'");
                Err(Failure::search(&message, "INVALID_VALUE"))
            }
            None => Ok(()),
        }
    }

    fn fits(&self, portal: &Portal, kind: Kind, record: &Record) -> bool {
        match self.target {
            Target::Property(property) => {
                let own = record.filled(kind, property.name);
                self.fits_value(property, own.as_deref())
            }
            Target::Links(to) => {
                let mut linked = portal.links_of(kind, record.id, to).map(|link| link.to.to_string());
                match self.operator.as_str() {
                    "EQ" => linked.any(|id| id == self.value),
                    "NEQ" => linked.all(|id| id != self.value),
                    "IN" => linked.any(|id| self.values.contains(&id)),
                    "NOT_IN" => linked.all(|id| !self.values.contains(&id)),
                    "HAS_PROPERTY" => linked.next().is_some(),
                    "NOT_HAS_PROPERTY" => linked.next().is_none(),
                    _ => false,
                }
            }
        }
    }

    fn fits_value(&self, property: &Property, own: Option<&str>) -> bool {
        let is = |other: &str, wanted: &[Ordering]| {
            let order = own.and_then(|own| values::compare(property, own, other));
            order.is_some_and(|order| wanted.contains(&order))
        };
        let among = || self.values.iter().any(|value| equals_listed(property, own, value));
        match self.operator.as_str() {
            "EQ" => is(&self.value, &[Ordering::Equal]),
            "NEQ" => !is(&self.value, &[Ordering::Equal]),
            "LT" => is(&self.value, &[Ordering::Less]),
            "LTE" => is(&self.value, &[Ordering::Less, Ordering::Equal]),
            "GT" => is(&self.value, &[Ordering::Greater]),
            "GTE" => is(&self.value, &[Ordering::Greater, Ordering::Equal]),
            "BETWEEN" => {
                is(&self.value, &[Ordering::Greater, Ordering::Equal])
                    && is(&self.high_value, &[Ordering::Less, Ordering::Equal])
            }
            "IN" => among(),
            "NOT_IN" => own.is_some() && !among(),
            "HAS_PROPERTY" => own.is_some(),
            "NOT_HAS_PROPERTY" => own.is_none(),
            "CONTAINS_TOKEN" => own.is_some_and(|own| contains_token(own, &self.value)),
            "NOT_CONTAINS_TOKEN" => own.is_none_or(|own| !contains_token(own, &self.value)),
            _ => false,
        }
    }
}

/// HubSpot keeps texts in lower case for this, and compares with what was sent as it was sent.
fn equals_listed(property: &Property, own: Option<&str>, value: &str) -> bool {
    match property.holds {
        Holds::Text | Holds::LongText | Holds::Email => own.is_some_and(|own| own.to_lowercase() == value),
        _ => own.is_some_and(|own| values::compare(property, own, value) == Some(Ordering::Equal)),
    }
}

/// Whether a word of the text, or the whole of it, is as the pattern says, in which `*` stands for anything.
fn contains_token(text: &str, pattern: &str) -> bool {
    let (text, pattern) = (text.to_lowercase(), pattern.to_lowercase());
    let words = text.split_whitespace().chain(text.split(|character: char| !character.is_alphanumeric()));
    let all = std::iter::once(text.as_str()).chain(words);
    pattern.split_whitespace().all(|part| all.clone().any(|word| matches(word, part)))
}

fn matches(word: &str, pattern: &str) -> bool {
    let mut parts: Vec<&str> = pattern.split('*').collect();
    let (head, tail) = (parts.remove(0), parts.pop());
    let Some(mut rest) = word.strip_prefix(head) else {
        return false;
    };
    let Some(tail) = tail else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(tail)
}

fn groups(kind: Kind, call: &Call) -> Result<Vec<Vec<Filter>>, Failure> {
    let given = call.body.value("filterGroups").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut groups = Vec::new();
    for group in given {
        let filters = group["filters"].as_array().cloned().unwrap_or_default();
        let filters = filters.into_iter().filter_map(|filter| filter.as_object().cloned());
        let filters: Result<Vec<Filter>, Failure> =
            filters.map(|filter| Filter::read(kind, &Arguments(filter))).collect();
        groups.push(filters?);
    }
    let total: usize = groups.iter().map(Vec::len).sum();
    if groups.len() > MAX_GROUPS
        || total > MAX_FILTERS_IN_ALL
        || groups.iter().any(|group| group.len() > MAX_FILTERS)
    {
        return Err(Failure::search("too many filters: at most 5 groups of 6, 18 in all", "INVALID_FILTER"));
    }
    Ok(groups)
}

/// The property to order by, and whether its largest value comes first.
fn order(kind: Kind, call: &Call) -> Result<Option<(&'static Property, bool)>, Failure> {
    let sorts = call.body.texts("sorts");
    match sorts.as_slice() {
        [] => Ok(None),
        [sort] => {
            let descending = sort.strip_prefix('-');
            property(kind, descending.unwrap_or(sort)).map(|property| Some((property, descending.is_some())))
        }
        _ => Err(Failure::search("only one sort is allowed", "INVALID_SORT")),
    }
}

fn has_words(kind: Kind, record: &Record, query: &str) -> bool {
    let texts: Vec<String> = kind
        .facts()
        .searched
        .iter()
        .filter_map(|name| record.filled(kind, name))
        .map(|text| text.to_lowercase())
        .collect();
    let query = query.to_lowercase();
    query.split_whitespace().all(|word| texts.iter().any(|text| text.contains(word)))
}

fn sort(kind: Kind, property: &Property, descending: bool, records: &mut [&Record]) {
    records.sort_by(|left, right| {
        let (left, right) = (left.filled(kind, property.name), right.filled(kind, property.name));
        match (left, right) {
            (Some(left), Some(right)) => {
                let order = values::compare(property, &left, &right).unwrap_or(Ordering::Equal);
                if descending { order.reverse() } else { order }
            }
            // What has no value comes last either way.
            (left, right) => right.is_some().cmp(&left.is_some()),
        }
    });
}

pub(super) fn search(stage: &mut Stage<'_>, call: &Call, kind: Kind) -> Result<Answer, Failure> {
    let query = call.body.text("query").unwrap_or_default();
    if query.chars().count() > MAX_QUERY {
        return Err(Failure::search("the query has more than 3000 characters", "INVALID_QUERY"));
    }
    let (limit, offset) = (call.limit(USUAL_PAGE, MAX_PAGE)?, call.offset()?);
    if offset.saturating_add(limit) > MAX_RESULTS {
        return Err(Failure::search("a search cannot be paged beyond 10,000 results", "INVALID_PAGING"));
    }
    let (groups, order) = (groups(kind, call)?, order(kind, call)?);
    let portal = &stage.world.hubspot;
    let fits = |record: &Record| {
        groups.is_empty()
            || groups.iter().any(|group| group.iter().all(|filter| filter.fits(portal, kind, record)))
    };
    let found = portal.all(kind, false).filter(|record| fits(record) && has_words(kind, record, query));
    let mut found: Vec<&Record> = found.collect();
    if let Some((property, descending)) = order {
        sort(kind, property, descending, &mut found);
    }
    let asked = call.body.texts("properties");
    let page = found.iter().skip(offset).take(limit);
    let results: Vec<Value> = page.map(|record| objects::show(kind, record, &asked)).collect();
    let end = offset + results.len();
    let mut body = json!({"total": found.len(), "results": results});
    if end < found.len() && end > offset {
        body["paging"] = json!({"next": {"after": end.to_string()}});
    }
    Ok(Answer::json(200, &body))
}
