//! Holds a value against a schema of a description: the members it has, the members it needs, types, enums, formats.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil};
use serde_json::{Map, Value};

use super::description::resolve;

/// How deep a schema is followed; some contain themselves.
const DEEPEST: usize = 24;

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Strictness {
    /// Sensible arguments: everything must be right.
    Full,
    /// Odd texts: no format or pattern can be asked of them.
    WithoutFormats,
}

#[derive(Clone, Copy)]
pub(super) struct Checker<'a> {
    pub(super) root: &'a Value,
    pub(super) strictness: Strictness,
}

impl Checker<'_> {
    pub(super) fn check(&self, value: &Value, schema: &Value, at: &str, problems: &mut Vec<String>) {
        self.check_at(value, schema, at, 0, problems);
    }

    /// A value of a query or a form, which is text whatever its type.
    pub(super) fn check_text(&self, text: &str, schema: &Value, at: &str, problems: &mut Vec<String>) {
        let schema = resolve(self.root, schema);
        if schema["x-json"] == true {
            if serde_json::from_str::<Value>(text).is_err() {
                problems.push(format!("{at} is no JSON"));
            }
            return;
        }
        let candidates = self.readings(text, schema);
        let mut least: Option<Vec<String>> = None;
        for candidate in candidates {
            let mut found = Vec::new();
            self.check(&candidate, schema, at, &mut found);
            if least.as_ref().is_none_or(|least| found.len() < least.len()) {
                least = Some(found);
            }
        }
        problems.extend(least.unwrap_or_default());
    }

    pub(super) fn check_form(&self, fields: &Map<String, Value>, schema: &Value, problems: &mut Vec<String>) {
        let schema = resolve(self.root, schema);
        for (name, value) in fields {
            match &schema["properties"][name] {
                Value::Null => problems.push(format!("/{name} is no field")),
                property => {
                    self.check_text(value.as_str().unwrap(), property, &format!("/{name}"), problems);
                }
            }
        }
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !fields.contains_key(name) {
                problems.push(format!("/{name} is required"));
            }
        }
    }

    /// What a text can mean: itself, a number, a truth value, one item of a list or several with commas.
    fn readings(&self, text: &str, schema: &Value) -> Vec<Value> {
        let mut readings = vec![Value::from(text)];
        readings.extend(serde_json::from_str::<Value>(text).ok().filter(|value| !value.is_string()));
        let items = resolve(self.root, &schema["items"]);
        if items.is_object() {
            let one = self.readings(text, &Value::Null);
            readings.extend(one.into_iter().map(|item| Value::from(vec![item])));
            readings.push(text.split(',').map(Value::from).collect());
        } else if schema["repeated"] == true {
            readings.truncate(2);
        }
        readings
    }

    fn check_at(&self, value: &Value, schema: &Value, at: &str, depth: usize, problems: &mut Vec<String>) {
        let schema = resolve(self.root, schema);
        if depth > DEEPEST || !schema.is_object() {
            return;
        }
        for keyword in ["oneOf", "anyOf"] {
            if let Some(branches) = schema[keyword].as_array() {
                self.check_branches(value, schema, branches, at, depth, problems);
                return;
            }
        }
        if value.is_null() && self.may_be_null(schema) {
            return;
        }
        if !self.fits_type(value, schema) {
            problems.push(format!("{at} is {}, not {}", kind_of(value), schema["type"]));
            return;
        }
        if !value.is_object() {
            for part in schema["allOf"].as_array().into_iter().flatten() {
                self.check_at(value, part, at, depth + 1, problems);
            }
        }
        if let Some(allowed) = schema["enum"].as_array()
            && !allowed.contains(value)
        {
            problems.push(format!("{at} is {value}, not one of {}", schema["enum"]));
        }
        match value {
            Value::Object(members) => self.check_object(members, schema, at, depth, problems),
            Value::Array(items) => {
                for item in items {
                    self.check_at(item, &schema["items"], &format!("{at}/0"), depth + 1, problems);
                }
                if schema["maxItems"].as_u64().is_some_and(|most| items.len() as u64 > most) {
                    problems.push(format!(
                        "{at} has {} items, more than {}",
                        items.len(),
                        schema["maxItems"]
                    ));
                }
            }
            Value::String(text) => self.check_string(text, schema, at, problems),
            Value::Number(number) => check_number(number.as_f64().unwrap(), schema, at, problems),
            Value::Bool(_) | Value::Null => {}
        }
    }

    /// The branch that fits best decides; what all branches share is checked in each.
    fn check_branches(
        &self,
        value: &Value,
        schema: &Value,
        branches: &[Value],
        at: &str,
        depth: usize,
        problems: &mut Vec<String>,
    ) {
        let mut least: Option<Vec<String>> = None;
        for branch in branches {
            let mut whole = schema.clone();
            let object = whole.as_object_mut().unwrap();
            object.remove("oneOf");
            object.remove("anyOf");
            let mut parts = object.get("allOf").and_then(Value::as_array).cloned().unwrap_or_default();
            parts.push(branch.clone());
            object.insert("allOf".to_owned(), parts.into());
            let mut found = Vec::new();
            self.check_at(value, &whole, at, depth + 1, &mut found);
            if least.as_ref().is_none_or(|least| found.len() < least.len()) {
                least = Some(found);
            }
        }
        problems.extend(least.unwrap_or_default());
    }

    fn check_object(
        &self,
        members: &Map<String, Value>,
        schema: &Value,
        at: &str,
        depth: usize,
        problems: &mut Vec<String>,
    ) {
        let mut parts = Vec::new();
        let mut choices = Vec::new();
        self.collect_parts(schema, 0, &mut parts, &mut choices);
        let needed = parts.clone();
        parts.extend(choices);
        let open = |part: &&Value| {
            let more = &part["additionalProperties"];
            more == true || more.is_object() || part["patternProperties"].is_object()
        };
        let named = parts.iter().any(|part| part["properties"].is_object());
        let anything = parts.iter().any(open) || !named;
        for (name, value) in members {
            let inside = format!("{at}/{name}");
            let declared: Vec<&Value> =
                parts.iter().map(|part| self.declared(part, name)).filter(|one| one.is_object()).collect();
            for one in &declared {
                self.check_at(value, one, &inside, depth + 1, problems);
            }
            if !declared.is_empty() {
                continue;
            }
            if !anything {
                problems.push(format!("{inside} is no field"));
            }
            for part in parts.iter().filter(|part| part["additionalProperties"].is_object()) {
                self.check_at(value, &part["additionalProperties"], &inside, depth + 1, problems);
            }
        }
        let required: BTreeSet<&str> = needed
            .iter()
            .flat_map(|part| part["required"].as_array().into_iter().flatten())
            .filter_map(Value::as_str)
            .collect();
        let small = |name: &str| with_first(name, char::to_ascii_lowercase);
        let is_there = |name: &str| {
            members.contains_key(name) || (self.is_graph() && members.contains_key(&small(name)))
        };
        let missing = required.into_iter().filter(|name| !is_there(name));
        problems.extend(missing.map(|name| format!("{at}/{name} is required")));
    }

    /// Microsoft's description capitalises what its documentation begins with a small letter; Graph takes both.
    fn declared<'s>(&self, part: &'s Value, name: &str) -> &'s Value {
        let properties = &part["properties"];
        match &properties[name] {
            Value::Null if self.is_graph() => &properties[with_first(name, char::to_ascii_uppercase)],
            found => found,
        }
    }

    fn is_graph(&self) -> bool {
        let server = self.root["servers"][0]["url"].as_str();
        server.is_some_and(|url| url.starts_with("https://graph.microsoft.com/"))
    }

    /// A schema and all that it is made of; what it may be made of are `choices`, of which nothing is required.
    fn collect_parts<'s>(
        &'s self,
        schema: &'s Value,
        depth: usize,
        parts: &mut Vec<&'s Value>,
        choices: &mut Vec<&'s Value>,
    ) {
        let schema = resolve(self.root, schema);
        parts.push(schema);
        if depth > DEEPEST {
            return;
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.collect_parts(part, depth + 1, parts, choices);
        }
        for keyword in ["oneOf", "anyOf"] {
            for branch in schema[keyword].as_array().into_iter().flatten() {
                let (mut of_branch, mut further) = (Vec::new(), Vec::new());
                self.collect_parts(branch, depth + 1, &mut of_branch, &mut further);
                choices.extend(of_branch.into_iter().chain(further));
            }
        }
    }

    fn may_be_null(&self, schema: &Value) -> bool {
        schema["nullable"] == true || schema["type"] == "null" || self.fits_type(&Value::Null, schema)
    }

    fn fits_type(&self, value: &Value, schema: &Value) -> bool {
        let fits = |kind: &str| match kind {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "number" => value.is_number(),
            "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
            "null" => value.is_null(),
            _ => true,
        };
        match &schema["type"] {
            Value::String(kind) => fits(kind),
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).any(fits),
            _ => schema["allOf"]
                .as_array()
                .is_none_or(|parts| parts.iter().all(|part| self.fits_type(value, resolve(self.root, part)))),
        }
    }

    fn check_string(&self, text: &str, schema: &Value, at: &str, problems: &mut Vec<String>) {
        if self.strictness == Strictness::WithoutFormats {
            return;
        }
        let right = match schema["format"].as_str() {
            Some("date-time" | "google-datetime") => text.parse::<Timestamp>().is_ok(),
            Some("date") => text.parse::<civil::Date>().is_ok(),
            Some("int64" | "uint64") => text.parse::<i128>().is_ok(),
            Some("uri") => url::Url::parse(text).is_ok(),
            _ => true,
        };
        if !right {
            problems.push(format!("{at} is `{text}`, no {}", schema["format"].as_str().unwrap()));
        }
    }
}

fn check_number(number: f64, schema: &Value, at: &str, problems: &mut Vec<String>) {
    if schema["minimum"].as_f64().is_some_and(|least| number < least) {
        problems.push(format!("{at} is {number}, less than {}", schema["minimum"]));
    }
    if schema["maximum"].as_f64().is_some_and(|most| number > most) {
        problems.push(format!("{at} is {number}, more than {}", schema["maximum"]));
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn with_first(name: &str, change: impl Fn(&char) -> char) -> String {
    let mut characters = name.chars();
    characters.next().iter().map(change).chain(characters).collect()
}
