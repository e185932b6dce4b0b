//! Bodies and arguments as typed values, or everything that is wrong with them. The schema that is checked is the one
//! that openapi.json shows.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use catalog::Schema;
use engine::{Error, Result};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::ToSchema;

static SCHEMAS: LazyLock<RwLock<HashMap<TypeId, Arc<Schema>>>> = LazyLock::new(RwLock::default);

/// Reads `value` as a `T`. Unknown fields are ignored; nulls count as absent.
pub(crate) fn read<T: DeserializeOwned + ToSchema + 'static>(value: Value) -> Result<T> {
    let value = without_null_members(value);
    let problems = schema_of::<T>()?.problems(&value);
    if !problems.is_empty() {
        return Err(Error::invalid(&problems));
    }
    serde_json::from_value(value)
        .map_err(|error| Error::invalid_at("", format!("the body is wrong: {error}")))
}

/// Reads a body's bytes; none at all are an empty object.
pub(crate) fn read_bytes<T: DeserializeOwned + ToSchema + 'static>(bytes: &[u8]) -> Result<T> {
    read(parse(bytes)?)
}

/// A JSON object, or an empty body.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Object(Map::new()));
    }
    match serde_json::from_slice(bytes) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err(Error::invalid_at("", "the body must be a JSON object")),
        Err(error) => Err(Error::invalid_at(
            "",
            format!("the body is not valid JSON (line {}, column {})", error.line(), error.column()),
        )),
    }
}

fn schema_of<T: ToSchema + 'static>() -> Result<Arc<Schema>> {
    let id = TypeId::of::<T>();
    if let Some(schema) = SCHEMAS.read().unwrap_or_else(PoisonError::into_inner).get(&id) {
        return Ok(Arc::clone(schema));
    }
    let value = serde_json::to_value(T::schema()).map_err(Error::internal)?;
    let schema = Arc::new(Schema::new(value).map_err(|reason| Error::internal(anyhow::anyhow!(reason)))?);
    SCHEMAS.write().unwrap_or_else(PoisonError::into_inner).insert(id, Arc::clone(&schema));
    Ok(schema)
}

fn without_null_members(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            Value::Object(fields.into_iter().filter(|(_, value)| !value.is_null()).collect())
        }
        other => other,
    }
}

/// How many a page has: a number from 1 to `most`, given as text or as a number.
pub(crate) fn limit(given: Option<&str>, usual: usize, most: usize) -> Result<usize> {
    let Some(text) = given else { return Ok(usual) };
    match text.parse::<usize>() {
        Ok(limit) if (1..=most).contains(&limit) => Ok(limit),
        _ => Err(Error::invalid_at("/limit", format!("must be a whole number from 1 to {most}"))),
    }
}
