//! A JSON Schema that says of a value everything that is wrong with it, in plain words and without the value.

use std::sync::OnceLock;

use jsonschema::Validator;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde::Serialize;
use serde_json::Value;

/// A JSON Schema (2020-12 unless it says otherwise).
#[derive(Debug)]
pub struct Schema {
    value: Value,
    /// Absent where the value turned out to be no schema: then it constrains nothing.
    validator: OnceLock<Option<Validator>>,
}

/// One thing wrong with an input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// JSON pointer (RFC 6901) to the place that is wrong, or where something is missing.
    pub pointer: String,
    pub message: String,
    #[serde(skip)]
    pub is_missing: bool,
}

impl Problem {
    pub fn wrong(pointer: &str, message: impl Into<String>) -> Self {
        Self { pointer: pointer.to_owned(), message: message.into(), is_missing: false }
    }

    pub fn missing(pointer: &str) -> Self {
        Self { pointer: pointer.to_owned(), message: "is required".to_owned(), is_missing: true }
    }
}

impl Schema {
    /// Compiles `value`, or says why it is no JSON Schema.
    pub fn new(value: Value) -> Result<Self, String> {
        let validator = compile(&value)?;
        Ok(Self { value, validator: Some(validator).into() })
    }

    /// Compiled when it is first needed. Ours are compiled by the tests; others' may turn out to be no JSON Schema.
    pub(crate) fn deferred(value: Value) -> Self {
        Self { value, validator: OnceLock::new() }
    }

    pub fn as_value(&self) -> &Value {
        &self.value
    }

    /// Everything that is wrong with `instance`, by place.
    pub fn problems(&self, instance: &Value) -> Vec<Problem> {
        let Some(validator) = self.validator.get_or_init(|| compile(&self.value).ok()) else {
            return Vec::new();
        };
        let mut problems: Vec<Problem> =
            validator.iter_errors(instance).map(|error| explain(&error)).collect();
        problems.sort_by(|a, b| a.pointer.cmp(&b.pointer));
        problems
    }
}

fn compile(value: &Value) -> Result<Validator, String> {
    jsonschema::options().build(value).map_err(|error| format!("not a JSON Schema: {}", error.masked()))
}

fn explain(error: &jsonschema::ValidationError<'_>) -> Problem {
    let place = error.instance_path().to_string();
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default().replace('~', "~0").replace('/', "~1");
            Problem::missing(&format!("{place}/{name}"))
        }
        kind => Problem::wrong(&place, describe(kind)),
    }
}

/// What would be right.
fn describe(kind: &ValidationErrorKind) -> String {
    use ValidationErrorKind as Kind;
    match kind {
        Kind::Type { kind: TypeKind::Single(expected) } => format!("must be of type {expected}"),
        // Null stands for an absent member, which is no answer to what would be right.
        Kind::Type { kind: TypeKind::Multiple(expected) } => {
            let names = expected.iter().map(|kind| kind.to_string()).filter(|name| name != "null");
            format!("must be of type {}", names.collect::<Vec<_>>().join(" or "))
        }
        Kind::Enum { options } => format!("must be one of {options}"),
        Kind::AdditionalProperties { unexpected } => format!("has unknown fields: {}", unexpected.join(", ")),
        Kind::Minimum { limit } => format!("must be at least {limit}"),
        Kind::Maximum { limit } => format!("must be at most {limit}"),
        Kind::MinLength { limit } => format!("must have at least {limit} characters"),
        Kind::MaxLength { limit } => format!("must have at most {limit} characters"),
        Kind::MinItems { limit } => format!("must have at least {limit} items"),
        Kind::MaxItems { limit } => format!("must have at most {limit} items"),
        Kind::Pattern { pattern } => format!("must match the pattern {pattern}"),
        Kind::AnyOf { .. } | Kind::OneOfNotValid { .. } => "fits none of the accepted forms".to_owned(),
        other => format!("violates `{}`", other.keyword()),
    }
}
