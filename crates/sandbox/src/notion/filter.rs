//! The filters of a query: read for their shape, fitted to the columns, and asked of each row.

use serde_json::{Value, json};

use super::columns::named;
use super::computed::is_empty;
use super::failure::Failure;
use super::shapes::{ID, Kind, list, object, variant};
use super::text;
use super::when;
use super::workspace::Columns;
use crate::strict::Shape;

const EXISTS: &[Kind] = &[("is_empty", Shape::Boolean), ("is_not_empty", Shape::Boolean)];
const TEXT: &[Kind] = &[
    ("equals", Shape::Text),
    ("does_not_equal", Shape::Text),
    ("contains", Shape::Text),
    ("does_not_contain", Shape::Text),
    ("starts_with", Shape::Text),
    ("ends_with", Shape::Text),
    ("is_empty", Shape::Boolean),
    ("is_not_empty", Shape::Boolean),
];
const NUMBER: &[Kind] = &[
    ("equals", Shape::Any),
    ("does_not_equal", Shape::Any),
    ("greater_than", Shape::Any),
    ("less_than", Shape::Any),
    ("greater_than_or_equal_to", Shape::Any),
    ("less_than_or_equal_to", Shape::Any),
    ("is_empty", Shape::Boolean),
    ("is_not_empty", Shape::Boolean),
];
const CHECKBOX: &[Kind] = &[("equals", Shape::Boolean), ("does_not_equal", Shape::Boolean)];
const ONE_OR_MORE: Shape = Shape::Either(&[Shape::Text, Shape::List(&Shape::Text)]);
const CHOICE: &[Kind] = &[
    ("equals", ONE_OR_MORE),
    ("does_not_equal", ONE_OR_MORE),
    ("is_empty", Shape::Boolean),
    ("is_not_empty", Shape::Boolean),
];
const CHOICES: &[Kind] = &[
    ("contains", ONE_OR_MORE),
    ("does_not_contain", ONE_OR_MORE),
    ("is_empty", Shape::Boolean),
    ("is_not_empty", Shape::Boolean),
];
const PEOPLE: &[Kind] = &[
    ("contains", Shape::Either(&[ID, Shape::OneOf(&["me"])])),
    ("does_not_contain", Shape::Either(&[ID, Shape::OneOf(&["me"])])),
    ("is_empty", Shape::Boolean),
    ("is_not_empty", Shape::Boolean),
];
const RELATION: &[Kind] = &[
    ("contains", ID),
    ("does_not_contain", ID),
    ("is_empty", Shape::Boolean),
    ("is_not_empty", Shape::Boolean),
];
const VERIFICATION: &[Kind] = &[("status", Shape::OneOf(&["verified", "expired", "none"]))];

/// What each type can be asked.
const TYPES: &[(&str, &[Kind])] = &[
    ("title", TEXT),
    ("rich_text", TEXT),
    ("url", TEXT),
    ("email", TEXT),
    ("phone_number", TEXT),
    ("string", TEXT),
    ("number", NUMBER),
    ("unique_id", NUMBER),
    ("checkbox", CHECKBOX),
    ("select", CHOICE),
    ("status", CHOICE),
    ("multi_select", CHOICES),
    ("date", when::QUESTIONS),
    ("created_time", when::QUESTIONS),
    ("last_edited_time", when::QUESTIONS),
    ("people", PEOPLE),
    ("created_by", PEOPLE),
    ("last_edited_by", PEOPLE),
    ("relation", RELATION),
    ("files", EXISTS),
    ("verification", VERIFICATION),
];
/// The types of a property filter, whose own members are looked at afterwards.
const PROPERTY: &[Kind] = &[
    ("title", Shape::Any),
    ("rich_text", Shape::Any),
    ("number", Shape::Any),
    ("checkbox", Shape::Any),
    ("select", Shape::Any),
    ("multi_select", Shape::Any),
    ("status", Shape::Any),
    ("date", Shape::Any),
    ("people", Shape::Any),
    ("files", Shape::Any),
    ("url", Shape::Any),
    ("email", Shape::Any),
    ("phone_number", Shape::Any),
    ("relation", Shape::Any),
    ("created_by", Shape::Any),
    ("created_time", Shape::Any),
    ("last_edited_by", Shape::Any),
    ("last_edited_time", Shape::Any),
    ("formula", Shape::Any),
    ("unique_id", Shape::Any),
    ("rollup", Shape::Any),
    ("verification", Shape::Any),
];
const TIMES: &[Kind] = &[("created_time", Shape::Any), ("last_edited_time", Shape::Any)];
/// What the result of a formula or a roll-up may be asked.
const RESULTS: &[Kind] = &[
    ("string", Shape::Any),
    ("checkbox", Shape::Any),
    ("number", Shape::Any),
    ("date", Shape::Any),
    ("any", Shape::Any),
    ("none", Shape::Any),
    ("every", Shape::Any),
];
const MAX_DEPTH: usize = 2;
const MAX_PARTS: usize = 100;

#[derive(Debug)]
pub(super) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    /// What is asked of one property, which is named by its key, or of one of the row's two times.
    Property {
        key: String,
        kind: &'static str,
        question: Question,
    },
    Time {
        kind: &'static str,
        question: Question,
    },
}

#[derive(Debug)]
pub(super) struct Question {
    operator: &'static str,
    operand: Value,
}

pub(super) fn read(value: &Value, at: &str, depth: usize) -> Result<Filter, Failure> {
    let members = object(value, at)?;
    for (name, make) in [("and", Filter::All as fn(Vec<Filter>) -> Filter), ("or", Filter::Any)] {
        let Some(parts) = members.get(name) else {
            continue;
        };
        let at = format!("{at}.{name}");
        if depth == MAX_DEPTH {
            return Err(Failure::body_wrong(&at, "not present", parts));
        }
        if let Some((other, value)) = members.iter().find(|(other, _)| *other != name) {
            return Err(Failure::body_wrong(&format!("{at}.{other}"), "not present", value));
        }
        let parts = list(parts, MAX_PARTS, &at)?.iter().enumerate();
        let parts = parts.map(|(index, part)| read(part, &format!("{at}[{index}]"), depth + 1));
        return Ok(make(parts.collect::<Result<_, Failure>>()?));
    }
    if let Some(timestamp) = members.get("timestamp") {
        let (kind, member) = variant(value, TIMES, &[("timestamp", Shape::Text)], at)?;
        if timestamp != kind {
            return Err(Failure::body_wrong(&format!("{at}.timestamp"), &format!("`\"{kind}\"`"), timestamp));
        }
        return Ok(Filter::Time { kind, question: question(kind, member, &format!("{at}.{kind}"))? });
    }
    let (kind, member) = variant(value, PROPERTY, &[("property", Shape::Text)], at)?;
    let key = members.get("property").and_then(Value::as_str);
    let key = key.ok_or_else(|| Failure::missing(&format!("{at}.property")))?.to_owned();
    Ok(Filter::Property { key, kind, question: question(kind, member, &format!("{at}.{kind}"))? })
}

fn question(kind: &str, member: &Value, at: &str) -> Result<Question, Failure> {
    let Some((_, questions)) = TYPES.iter().find(|(known, _)| *known == kind) else {
        // A formula's and a roll-up's results are not worked out far enough to be asked.
        let (operator, operand) = variant(member, RESULTS, &[], at)?;
        object(operand, &format!("{at}.{operator}"))?;
        return Ok(Question { operator, operand: operand.clone() });
    };
    let (operator, operand) = variant(member, questions, &[], at)?;
    let place = format!("{at}.{operator}");
    if operator.starts_with("is_") && *operand != true {
        return Err(Failure::body_wrong(&place, "`true`", operand));
    }
    if matches!(kind, "number" | "unique_id") && !operator.starts_with("is_") && !operand.is_number() {
        return Err(Failure::body_wrong(&place, "a number", operand));
    }
    if std::ptr::eq(*questions, when::QUESTIONS) {
        when::check(operator, operand, &place)?;
    }
    Ok(Question { operator, operand: operand.clone() })
}

impl Filter {
    /// Whether the columns are there, and of the types that are asked.
    pub(super) fn check(&self, columns: &Columns) -> Result<(), Failure> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().try_for_each(|part| part.check(columns)),
            Self::Time { .. } => Ok(()),
            Self::Property { key, kind, .. } => {
                let column = named(columns, key).and_then(|name| columns.get(&name));
                let column = column.ok_or_else(|| {
                    Failure::validation(format!("Could not find property with name or id: {key}"))
                })?;
                if column.kind == *kind || (column.kind == "title" && *kind == "rich_text") {
                    return Ok(());
                }
                let message = format!("database property {} does not match filter {kind}", column.kind);
                Err(Failure::validation(message))
            }
        }
    }

    /// Whether the row passes. `value` tells what it has under a key.
    pub(super) fn passes(&self, row: &Row<'_>) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.passes(row)),
            Self::Any(parts) => parts.iter().any(|part| part.passes(row)),
            Self::Time { kind, question } => {
                let time = if *kind == "created_time" { row.created } else { row.edited };
                when::passes(question.operator, &question.operand, Some(time), row.now)
            }
            Self::Property { key, kind, question } => question.passes(kind, &(row.value)(key), row),
        }
    }
}

/// What a filter asks.
pub(super) struct Row<'a> {
    pub(super) value: &'a dyn Fn(&str) -> Value,
    pub(super) created: &'a str,
    pub(super) edited: &'a str,
    pub(super) now: jiff::Timestamp,
    /// Who `me` is.
    pub(super) me: &'a str,
}

impl Question {
    fn passes(&self, kind: &str, value: &Value, row: &Row<'_>) -> bool {
        match self.operator {
            "is_empty" => return is_empty(value),
            "is_not_empty" => return !is_empty(value),
            _ => {}
        }
        let operand = &self.operand;
        let yes = match kind {
            "title" | "rich_text" => self.of_text(&text::plain(value)),
            "url" | "email" | "phone_number" => self.of_text(value.as_str().unwrap_or_default()),
            "number" => self.of_number(value.as_f64()),
            "unique_id" => self.of_number(value["number"].as_f64()),
            "checkbox" => value == operand,
            "select" | "status" => self.names(&value["name"]),
            "multi_select" => {
                value.as_array().into_iter().flatten().any(|option| self.names(&option["name"]))
            }
            "date" => return when::passes(self.operator, operand, value["start"].as_str(), row.now),
            "created_time" => return when::passes(self.operator, operand, Some(row.created), row.now),
            "last_edited_time" => return when::passes(self.operator, operand, Some(row.edited), row.now),
            "people" | "relation" => {
                value.as_array().into_iter().flatten().any(|one| self.is_id(&one["id"], row.me))
            }
            "created_by" | "last_edited_by" => self.is_id(&value["id"], row.me),
            "verification" => value["state"] == *operand || (value.is_null() && operand == "none"),
            _ => false,
        };
        yes != self.operator.starts_with("does_not_")
    }

    fn of_text(&self, text: &str) -> bool {
        let operand = self.operand.as_str().unwrap_or_default();
        let (lower, sought) = (text.to_lowercase(), operand.to_lowercase());
        match self.operator {
            "contains" | "does_not_contain" => lower.contains(&sought),
            "starts_with" => lower.starts_with(&sought),
            "ends_with" => lower.ends_with(&sought),
            _ => text == operand,
        }
    }

    fn of_number(&self, number: Option<f64>) -> bool {
        let (Some(number), Some(operand)) = (number, self.operand.as_f64()) else {
            return false;
        };
        match self.operator {
            "greater_than" => number > operand,
            "less_than" => number < operand,
            "greater_than_or_equal_to" => number >= operand,
            "less_than_or_equal_to" => number <= operand,
            _ => json!(number) == json!(operand),
        }
    }

    /// Whether the operand is this name, or a list with it.
    fn names(&self, name: &Value) -> bool {
        match &self.operand {
            Value::Array(names) => names.contains(name),
            one => one == name,
        }
    }

    fn is_id(&self, id: &Value, me: &str) -> bool {
        let operand = self.operand.as_str().unwrap_or_default();
        let sought = if operand == "me" { me.to_owned() } else { super::shapes::id_in(&self.operand) };
        *id == sought
    }
}
