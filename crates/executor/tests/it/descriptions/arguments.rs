//! Arguments for a tool, made from its schema: the examples, the fewest, each optional one by itself in each of its
//! forms, all at once, and odd ones at the edges of what the schema allows.

use catalog::Tool;
use serde_json::{Map, Value, json};

use super::schema::Strictness;

const ODD: &str = "é日本\u{1F600} /?#&%+=\"'\\\n\t{x} $(y)";

pub(super) struct Arguments {
    pub(super) values: Map<String, Value>,
    pub(super) strictness: Strictness,
}

pub(super) fn generate(tool: &Tool) -> Vec<Arguments> {
    let schema = tool.parameters.schema();
    let properties = schema["properties"].as_object().cloned().unwrap_or_default();
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let usual = |name: &str| usual(&properties[name]).remove(0);
    let fewest: Map<String, Value> = required.iter().map(|name| ((*name).to_owned(), usual(name))).collect();
    let mut sets: Vec<Map<String, Value>> =
        tool.examples.iter().filter_map(|example| example.arguments.as_object().cloned()).collect();
    sets.push(fewest.clone());
    for (name, property) in &properties {
        for value in self::usual(property) {
            let mut one = fewest.clone();
            one.insert(name.clone(), value);
            sets.push(one);
        }
    }
    sets.push(properties.keys().map(|name| (name.clone(), usual(name))).collect());
    let mut all: Vec<Arguments> =
        sets.into_iter().map(|values| Arguments { values, strictness: Strictness::Full }).collect();
    for (name, property) in &properties {
        let mut odd_one = fewest.clone();
        odd_one.insert(name.clone(), odd(property));
        all.push(Arguments { values: odd_one, strictness: Strictness::WithoutFormats });
    }
    let odd_all = properties.iter().map(|(name, property)| (name.clone(), odd(property))).collect();
    all.push(Arguments { values: odd_all, strictness: Strictness::WithoutFormats });
    all
}

/// Sensible values, the most usual first; never none.
fn usual(schema: &Value) -> Vec<Value> {
    if let Some(examples) = schema["examples"].as_array().filter(|examples| !examples.is_empty()) {
        return examples.clone();
    }
    if let Some(values) = schema["enum"].as_array() {
        return values.clone();
    }
    if let Some(branches) = schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array()) {
        return branches.iter().flat_map(usual).collect();
    }
    match schema["type"].as_str() {
        Some("integer" | "number") => {
            let middle = schema["default"].clone();
            let edges = [middle, schema["minimum"].clone(), schema["maximum"].clone()];
            let edges: Vec<Value> = edges.into_iter().filter(|edge| !edge.is_null()).collect();
            if edges.is_empty() { vec![json!(1)] } else { edges }
        }
        Some("boolean") => vec![json!(true), json!(false)],
        Some("array") => {
            let mut items = usual(&schema["items"]);
            let least = schema["minItems"].as_u64().unwrap_or(1).max(1);
            while (items.len() as u64) < least {
                items.extend(items.clone());
            }
            let most = schema["maxItems"].as_u64().unwrap_or(u64::MAX).min(items.len() as u64);
            vec![
                items[..usize::try_from(least).unwrap()].into(),
                items[..usize::try_from(most).unwrap()].into(),
            ]
        }
        Some("object") => vec![object(schema, false), object(schema, true)],
        _ => vec![schema["default"].as_str().map_or_else(|| json!("text"), Value::from)],
    }
}

/// An object with its required members, or with all of them.
fn object(schema: &Value, all: bool) -> Value {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties
        .filter(|(name, _)| all || required.contains(&json!(name)))
        .map(|(name, property)| (name.clone(), usual(property).remove(0)))
        .collect()
}

/// The longest and oddest that the schema allows.
fn odd(schema: &Value) -> Value {
    let bounded = schema["enum"].is_array() || schema["pattern"].is_string();
    match schema["type"].as_str() {
        Some("string") if !bounded => {
            let most = schema["maxLength"].as_u64().unwrap_or(200).min(200);
            json!(ODD.chars().cycle().take(usize::try_from(most).unwrap()).collect::<String>())
        }
        Some("integer" | "number") if schema["maximum"].is_number() => schema["maximum"].clone(),
        Some("integer") => json!(i64::from(i32::MAX)),
        Some("array") => {
            let most = schema["maxItems"].as_u64().unwrap_or(5).min(5);
            Value::from(vec![odd(&schema["items"]); usize::try_from(most).unwrap()])
        }
        Some("object") => {
            let properties = schema["properties"].as_object().into_iter().flatten();
            properties.map(|(name, property)| (name.clone(), odd(property))).collect()
        }
        _ => usual(schema).pop().unwrap(),
    }
}
