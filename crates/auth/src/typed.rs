//! Values that a person or an app types in for declared fields.

use std::collections::BTreeMap;

use catalog::{Field, nearest};
use secrecy::SecretString;

const MAX_BYTES: usize = 8192;
/// Of a `client_id`, which databases keep in an index.
const MAX_CLIENT_ID_BYTES: usize = 512;

/// What is wrong with one field; never its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedProblem {
    pub field: String,
    pub message: String,
}

/// The given values by name, or everything that is wrong with them. Blank optional values are left out.
pub fn accept_fields<'g>(
    fields: &[Field],
    given: impl IntoIterator<Item = (&'g str, &'g str)>,
) -> Result<BTreeMap<String, SecretString>, Vec<TypedProblem>> {
    let mut accepted = BTreeMap::new();
    let mut problems = Vec::new();
    let mut problem =
        |field: &str, message: String| problems.push(TypedProblem { field: field.to_owned(), message });
    for (name, value) in given {
        let most = if name == "client_id" { MAX_CLIENT_ID_BYTES } else { MAX_BYTES };
        let known = fields.iter().any(|field| field.name == name);
        if !known {
            let near = nearest(name, fields.iter().map(|field| field.name.as_str()));
            let hint = near.first().map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            problem(name, format!("is not a field of this toolkit{hint}"));
        } else if value.len() > most {
            problem(name, format!("must have at most {most} bytes"));
        } else if value.chars().any(char::is_control) {
            problem(name, "must not contain control characters".to_owned());
        } else if !value.trim().is_empty() {
            accepted.insert(name.to_owned(), SecretString::from(value.trim().to_owned()));
        }
    }
    for field in fields.iter().filter(|field| field.required && !accepted.contains_key(&field.name)) {
        problem(&field.name, "is required".to_owned());
    }
    if problems.is_empty() { Ok(accepted) } else { Err(problems) }
}
