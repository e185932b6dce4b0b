//! The arguments of a tool, written as one line, and what follows from it: the JSON schema that the API shows and the
//! check of what is sent.
//!
//! A line has names with spaces between them. `:int`, `:num`, `:bool`, `:obj`, `:list`, `:objs` and `:rows` say what is
//! no text; `!` says that the argument is required, `@` that it also names the record which the tool is about.

use serde_json::{Map, Value, json};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Text,
    Integer,
    Number,
    Boolean,
    Object,
    Texts,
    Objects,
    Rows,
}

#[derive(Debug, Clone)]
pub(super) struct Argument {
    pub(super) name: String,
    kind: Type,
    required: bool,
    names_record: bool,
}

/// Reads the line. What is not understood counts as text, and a test looks for that.
pub(super) fn arguments(line: &str) -> Vec<Argument> {
    line.split_whitespace().map(argument).collect()
}

fn argument(word: &str) -> Argument {
    let names_record = word.ends_with('@');
    let required = names_record || word.ends_with('!');
    let word = word.trim_end_matches(['!', '@']);
    let (name, kind) = word.split_once(':').unwrap_or((word, ""));
    let kind = match kind {
        "int" => Type::Integer,
        "num" => Type::Number,
        "bool" => Type::Boolean,
        "obj" => Type::Object,
        "list" => Type::Texts,
        "objs" => Type::Objects,
        "rows" => Type::Rows,
        _ => Type::Text,
    };
    Argument { name: name.to_owned(), kind, required, names_record }
}

impl Argument {
    fn schema(&self) -> Value {
        let mut schema = match self.kind {
            Type::Text => json!({"type": "string"}),
            Type::Integer => json!({"type": "integer"}),
            Type::Number => json!({"type": "number"}),
            Type::Boolean => json!({"type": "boolean"}),
            Type::Object => json!({"type": "object", "additionalProperties": true}),
            Type::Texts => json!({"type": "array", "items": {"type": "string"}}),
            Type::Objects => {
                json!({"type": "array", "items": {"type": "object", "additionalProperties": true}})
            }
            Type::Rows => json!({"type": "array", "items": {"type": "array", "items": {}}}),
        };
        let title = super::schemes::title(&self.name);
        schema["description"] = Value::from(format!("{title}."));
        schema["title"] = Value::from(title);
        schema
    }

    fn takes(&self, value: &Value) -> bool {
        let all = |fits: fn(&Value) -> bool| value.as_array().is_some_and(|items| items.iter().all(fits));
        match self.kind {
            Type::Text => value.is_string(),
            Type::Integer => value.is_i64() || value.is_u64(),
            Type::Number => value.is_number(),
            Type::Boolean => value.is_boolean(),
            Type::Object => value.is_object(),
            Type::Texts => all(Value::is_string),
            Type::Objects => all(Value::is_object),
            Type::Rows => all(Value::is_array),
        }
    }
}

/// The JSON schema of an object with these arguments. `required` is left out where it would be empty.
pub(super) fn schema(title: &str, arguments: &[Argument]) -> Value {
    let properties: Map<String, Value> =
        arguments.iter().map(|argument| (argument.name.clone(), argument.schema())).collect();
    let mut schema = json!({"title": title, "type": "object", "properties": properties});
    let needed = arguments.iter().filter(|argument| argument.required);
    let required: Vec<&str> = needed.map(|argument| argument.name.as_str()).collect();
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

/// The name of the record that is meant, as a text.
pub(super) fn record(arguments: &[Argument], sent: &Map<String, Value>) -> Option<String> {
    let argument = arguments.iter().find(|argument| argument.names_record)?;
    let value = sent.get(&argument.name)?;
    Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

/// What is wrong with the arguments, in the vendor's words where they are known.
pub(super) fn check(slug: &str, arguments: &[Argument], sent: &Map<String, Value>) -> Result<(), String> {
    let is_there = |name: &str| sent.get(name).is_some_and(|value| !value.is_null());
    let lacking = arguments.iter().filter(|argument| argument.required && !is_there(&argument.name));
    let lacking: Vec<String> = lacking.map(|argument| format!("'{}'", argument.name)).collect();
    if !lacking.is_empty() {
        let lacking = lacking.join(", ");
        return Err(format!("Invalid request data provided - Following fields are missing: {{{lacking}}}"));
    }
    for (name, value) in sent.iter().filter(|(_, value)| !value.is_null()) {
        match arguments.iter().find(|argument| argument.name == *name) {
            None => return Err(format!("sandbox: `{name}` is not an argument of {slug}")),
            Some(argument) if !argument.takes(value) => {
                return Err(format!(
                    "Invalid request data provided - Input of field '{name}' is of a wrong type"
                ));
            }
            Some(_) => {}
        }
    }
    Ok(())
}
