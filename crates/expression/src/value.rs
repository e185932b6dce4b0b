//! JSON to jq values and back. jq knows more than JSON (bytes, big numbers, any key); what JSON cannot hold is
//! refused, except bytes, which become text.

use jaq_json::{Num, Val};
use serde_json::{Map, Number, Value};

pub(crate) fn to_jq(value: &Value) -> Val {
    match value {
        Value::Null => Val::Null,
        Value::Bool(flag) => Val::Bool(*flag),
        Value::Number(number) => Val::Num(number_to_jq(number)),
        Value::String(text) => Val::utf8_str(text.clone().into_bytes()),
        Value::Array(items) => items.iter().map(to_jq).collect(),
        Value::Object(fields) => Val::obj(
            fields
                .iter()
                .map(|(key, value)| (Val::utf8_str(key.clone().into_bytes()), to_jq(value)))
                .collect(),
        ),
    }
}

pub(crate) fn from_jq(value: &Val) -> Option<Value> {
    Some(match value {
        Val::Null => Value::Null,
        Val::Bool(flag) => Value::Bool(*flag),
        Val::Num(number) => number_from_jq(number)?,
        Val::TStr(bytes) | Val::BStr(bytes) => Value::String(text(bytes)),
        Val::Arr(items) => Value::Array(items.iter().map(from_jq).collect::<Option<_>>()?),
        Val::Obj(fields) => {
            let mut object = Map::with_capacity(fields.len());
            for (key, value) in fields.iter() {
                let (Val::TStr(key) | Val::BStr(key)) = key else {
                    return None;
                };
                object.insert(text(key), from_jq(value)?);
            }
            Value::Object(object)
        }
    })
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn number_to_jq(number: &Number) -> Num {
    if let Some(integer) = number.as_i64() {
        Num::from_integral(integer)
    } else if let Some(integer) = number.as_u64() {
        Num::from_integral(integer)
    } else {
        Num::Float(number.as_f64().unwrap_or_default())
    }
}

/// Null for what JSON has no number for (infinity, not a number), as jq itself prints it.
fn number_from_jq(number: &Num) -> Option<Value> {
    Some(match number {
        Num::Int(integer) => Value::from(*integer),
        Num::Float(float) => Number::from_f64(*float).map_or(Value::Null, Value::Number),
        Num::BigInt(_) | Num::Dec(_) => serde_json::from_str(&number.to_string()).ok()?,
    })
}
