//! The arguments of a tool: their JSON Schema, their other names, and what is wrong with a given set of them.

use serde_json::{Map, Value};

use crate::manifest::Compile;
use crate::schema::{Problem, Schema};
use crate::search::nearest;

/// A JSON Schema object that model providers accept: type object, no null keywords, every argument described.
#[derive(Debug)]
pub struct Parameters {
    schema: Schema,
    aliases: Vec<(String, String)>,
    /// Whether arguments that the schema does not name are taken.
    open: bool,
}

impl Parameters {
    /// Checks and compiles a manifest's schema and aliases (from another name to the argument's own).
    pub(crate) fn new(
        mut schema: Value,
        aliases: Vec<(String, String)>,
        compile: Compile,
    ) -> Result<Self, String> {
        check_schema(&schema)?;
        let properties = schema["properties"].as_object().cloned().unwrap_or_default();
        for (alias, name) in &aliases {
            if !properties.contains_key(name) {
                return Err(format!("alias `{alias}` stands for `{name}`, which is no parameter"));
            }
            if properties.contains_key(alias) {
                return Err(format!("alias `{alias}` is a parameter itself"));
            }
        }
        schema["additionalProperties"] = Value::Bool(false);
        let schema = match compile {
            Compile::Now => Schema::new(schema)?,
            Compile::WhenUsed => Schema::deferred(schema),
        };
        Ok(Self { schema, aliases, open: false })
    }

    /// Somebody else's schema, put into the form that model providers accept. Aliases that fit nothing are left out.
    pub fn published(schema: Map<String, Value>, aliases: Vec<(String, String)>) -> Self {
        let mut schema = without_nulls(Value::Object(schema));
        schema["type"] = "object".into();
        if !schema["properties"].is_object() {
            schema["properties"] = Value::Object(Map::new());
        }
        let open = schema["additionalProperties"].as_bool() == Some(true);
        if !open {
            schema["additionalProperties"] = Value::Bool(false);
        }
        let has = |name: &str| schema["properties"].get(name).is_some();
        let aliases = aliases.into_iter().filter(|(alias, name)| has(name) && !has(alias)).collect();
        Self { schema: Schema::deferred(schema), aliases, open }
    }

    /// The JSON Schema, as shown to agents.
    pub fn schema(&self) -> &Value {
        self.schema.as_value()
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.schema()["properties"]
            .as_object()
            .into_iter()
            .flat_map(|properties| properties.keys())
            .map(String::as_str)
    }

    /// The arguments under their own names with defaults filled in, or everything that is wrong with them, by
    /// place.
    pub fn accept(&self, arguments: &Map<String, Value>) -> Result<Value, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut accepted = Map::new();
        for (given, value) in arguments {
            let name = self.own_name(given);
            if !self.open && !self.names().any(|known| known == name) {
                problems.push(self.unknown(given));
            } else if accepted.insert(name.to_owned(), value.clone()).is_some() {
                problems.push(problem(given, &format!("is another name of `{name}`; give it once")));
            }
        }
        for (name, default) in self.defaults() {
            accepted.entry(name).or_insert_with(|| default.clone());
        }
        let accepted = Value::Object(accepted);
        problems.extend(self.schema.problems(&accepted));
        problems.sort_by(|a, b| a.pointer.cmp(&b.pointer));
        if problems.is_empty() { Ok(accepted) } else { Err(problems) }
    }

    fn own_name<'a>(&'a self, given: &'a str) -> &'a str {
        self.aliases.iter().find(|(alias, _)| alias == given).map_or(given, |(_, name)| name)
    }

    fn defaults(&self) -> impl Iterator<Item = (String, &Value)> {
        let properties = self.schema()["properties"].as_object();
        properties
            .into_iter()
            .flatten()
            .filter_map(|(name, schema)| Some((name.clone(), schema.get("default")?)))
    }

    fn unknown(&self, given: &str) -> Problem {
        let near = nearest(given, self.names());
        let all: Vec<&str> = self.names().collect();
        problem(
            given,
            &match near.first() {
                Some(name) => format!("is not a parameter; did you mean `{name}`?"),
                None if all.is_empty() => "is not a parameter; this tool takes none".to_owned(),
                None => format!("is not a parameter; the parameters are {}", all.join(", ")),
            },
        )
    }
}

/// A schema without keywords that are null, which say nothing and which model providers refuse.
fn without_nulls(schema: Value) -> Value {
    match schema {
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(_, value)| !value.is_null());
            kept.map(|(name, value)| (name, without_nulls(value))).collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

fn problem(name: &str, message: &str) -> Problem {
    Problem::wrong(&format!("/{}", name.replace('~', "~0").replace('/', "~1")), message)
}

/// The part of JSON Schema that model providers document as accepted, and what we ask for on top.
fn check_schema(schema: &Value) -> Result<(), String> {
    if schema["type"] != "object" {
        return Err("parameters must have `type = \"object\"`".to_owned());
    }
    let properties = match &schema["properties"] {
        Value::Object(properties) => properties.clone(),
        Value::Null => Map::new(),
        _ => return Err("`parameters.properties` must be a table".to_owned()),
    };
    for required in schema["required"].as_array().into_iter().flatten() {
        if !required.as_str().is_some_and(|name| properties.contains_key(name)) {
            return Err(format!("required parameter {required} has no description in `properties`"));
        }
    }
    for (name, property) in &properties {
        if property["description"].as_str().is_none_or(str::is_empty) {
            return Err(format!("parameter `{name}` has no description"));
        }
        check_property(name, property)?;
    }
    Ok(())
}

fn check_property(name: &str, property: &Value) -> Result<(), String> {
    const KEYWORDS: [&str; 18] = [
        "type",
        "description",
        "enum",
        "items",
        "properties",
        "required",
        "additionalProperties",
        "anyOf",
        "default",
        "examples",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "pattern",
        "format",
    ];
    let object = property.as_object().ok_or_else(|| format!("parameter `{name}` must be a table"))?;
    if let Some(unknown) = object.keys().find(|keyword| !KEYWORDS.contains(&keyword.as_str())) {
        return Err(format!("parameter `{name}` uses `{unknown}`, which not every model provider accepts"));
    }
    if !object.contains_key("anyOf") && !property["type"].is_string() {
        return Err(format!("parameter `{name}` has no single `type`"));
    }
    let nested = property["properties"].as_object().into_iter().flat_map(|nested| nested.values());
    let alternatives = property["anyOf"].as_array().into_iter().flatten();
    nested.chain(alternatives).chain(object.get("items")).try_for_each(|inner| check_property(name, inner))
}
