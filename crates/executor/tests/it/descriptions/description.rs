//! Reads a provider's description, an OpenAPI document or a Google discovery document, into one form.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use flate2::read::GzDecoder;
use serde_json::{Value, json};

pub(super) struct Description {
    /// What references point into.
    pub(super) root: Value,
    operations: Vec<Operation>,
}

pub(super) struct Operation {
    pub(super) id: String,
    pub(super) method: String,
    /// From the root of the host, with `{parameters}`.
    pub(super) path: String,
    pub(super) query: Vec<Parameter>,
    pub(super) body: Option<Body>,
}

#[derive(Clone)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) required: bool,
    pub(super) schema: Value,
}

pub(super) struct Body {
    pub(super) media_types: Vec<String>,
    pub(super) schema: Value,
    pub(super) required: bool,
}

impl Description {
    pub(super) fn read(path: &Path) -> Self {
        let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut text = String::new();
        GzDecoder::new(file).read_to_string(&mut text).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        if document["kind"] == "discovery#restDescription" {
            discovery(&document)
        } else {
            Self::openapi(document)
        }
    }

    pub(super) fn openapi(root: Value) -> Self {
        let server = root["servers"][0]["url"].as_str().unwrap_or_default();
        let base = url::Url::parse(server).unwrap().path().trim_end_matches('/').to_owned();
        let mut operations = Vec::new();
        for (path, item) in root["paths"].as_object().unwrap() {
            for method in ["get", "put", "post", "delete", "patch"] {
                let operation = &item[method];
                if let Some(id) = operation["operationId"].as_str() {
                    operations.push(Operation {
                        id: id.to_owned(),
                        method: method.to_uppercase(),
                        path: format!("{base}{path}"),
                        query: openapi_query(&root, item, operation, method),
                        body: openapi_body(&root, operation, method),
                    });
                }
            }
        }
        Self { root, operations }
    }

    pub(super) fn operation(&self, id: &str, path: &str) -> Option<&Operation> {
        let named = self.operations.iter().filter(|operation| operation.id == id);
        named.clone().find(|operation| operation.fits(path)).or(named.clone().next())
    }
}

impl Operation {
    /// Whether a path is one of this operation's. Only a parameter that is a path itself holds slashes.
    pub(super) fn fits(&self, path: &str) -> bool {
        let mut rest = path;
        let mut parts = self.path.split('{');
        let Some(after) = parts.next().and_then(|literal| rest.strip_prefix(literal)) else { return false };
        rest = after;
        for part in parts {
            let (name, literal) = part.split_once('}').unwrap();
            let end = if literal.is_empty() { Some(rest.len()) } else { rest.find(literal) };
            let Some(end) = end else { return false };
            let value = &rest[..end];
            if value.is_empty() || (value.contains('/') && name != "path") {
                return false;
            }
            rest = &rest[end + literal.len()..];
        }
        rest.is_empty()
    }
}

fn openapi_query(root: &Value, item: &Value, operation: &Value, method: &str) -> Vec<Parameter> {
    // Slack's methods have one list of arguments, sent in the query of a GET and in the body of a POST.
    if let Some(arguments) = operation["x-args"]["properties"].as_object().filter(|_| method == "get") {
        let required = operation["x-args"]["required"].as_array().cloned().unwrap_or_default();
        let parameter = |(name, schema): (&String, &Value)| Parameter {
            name: name.clone(),
            required: required.contains(&json!(name)),
            schema: schema.clone(),
        };
        return arguments.iter().map(parameter).collect();
    }
    let own = operation["parameters"].as_array().into_iter().flatten();
    let shared = item["parameters"].as_array().into_iter().flatten();
    own.chain(shared)
        .map(|parameter| resolve(root, parameter))
        .filter(|parameter| parameter["in"] == "query")
        .map(|parameter| Parameter {
            name: parameter["name"].as_str().unwrap().to_owned(),
            required: parameter["required"] == true,
            schema: parameter["schema"].clone(),
        })
        .collect()
}

fn openapi_body(root: &Value, operation: &Value, method: &str) -> Option<Body> {
    let form = "application/x-www-form-urlencoded".to_owned();
    let json = "application/json".to_owned();
    if operation["x-args"].is_object() && method == "post" {
        let schema = operation["x-args"].clone();
        return Some(Body { media_types: vec![form, json], schema, required: false });
    }
    let body = resolve(root, &operation["requestBody"]);
    let content = body["content"].as_object()?;
    let usual = content.get(&json).or_else(|| content.get(&form)).or_else(|| content.values().next())?;
    Some(Body {
        media_types: content.keys().cloned().collect(),
        schema: usual["schema"].clone(),
        required: body["required"] == true,
    })
}

pub(super) fn resolve<'a>(root: &'a Value, value: &'a Value) -> &'a Value {
    let Some(reference) = value["$ref"].as_str() else { return value };
    let target = root.pointer(reference.trim_start_matches('#'));
    resolve(root, target.unwrap_or_else(|| panic!("nothing at {reference}")))
}

fn discovery(document: &Value) -> Description {
    let root = json!({ "schemas": pointed(&document["schemas"]) });
    let base = document["servicePath"].as_str().unwrap_or_default();
    let mut operations = Vec::new();
    collect_methods(document, &mut |method| {
        let shared = document["parameters"].as_object().into_iter().flatten();
        let own = method["parameters"].as_object().into_iter().flatten();
        let query = own.chain(shared).filter(|(_, parameter)| parameter["location"] == "query");
        let query: Vec<Parameter> = query.map(discovery_parameter).collect();
        let mut add = |path: String, media_type: &str| {
            operations.push(Operation {
                id: method["id"].as_str().unwrap().to_owned(),
                method: method["httpMethod"].as_str().unwrap().to_owned(),
                path: path.replace("{+", "{"),
                query: query.clone(),
                body: method["request"]["$ref"].as_str().map(|name| Body {
                    media_types: vec![media_type.to_owned()],
                    schema: discovery_body(&root, name, method["id"].as_str().unwrap()),
                    required: false,
                }),
            });
        };
        add(format!("/{base}{}", method["path"].as_str().unwrap()), "application/json");
        if let Some(upload) = method["mediaUpload"]["protocols"]["simple"]["path"].as_str() {
            add(upload.to_owned(), "*/*");
        }
    });
    Description { root, operations }
}

fn collect_methods(resource: &Value, found: &mut impl FnMut(&Value)) {
    resource["methods"].as_object().into_iter().flatten().for_each(|(_, method)| found(method));
    for (_, inner) in resource["resources"].as_object().into_iter().flatten() {
        collect_methods(inner, found);
    }
}

/// `{"$ref": "Label"}` as a pointer.
fn pointed(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| match (name.as_str(), value) {
                ("$ref", Value::String(target)) => (name.clone(), json!(format!("#/schemas/{target}"))),
                _ => (name.clone(), pointed(value)),
            })
            .collect(),
        Value::Array(items) => items.iter().map(pointed).collect(),
        other => other.clone(),
    }
}

fn discovery_parameter((name, parameter): (&String, &Value)) -> Parameter {
    let mut schema = parameter.clone();
    schema.as_object_mut().unwrap().remove("required");
    Parameter { name: name.clone(), required: parameter["required"] == true, schema }
}

/// A body's schema with the members that this method requires of it.
fn discovery_body(root: &Value, name: &str, method: &str) -> Value {
    let mut schema = root["schemas"][name].clone();
    let properties = schema["properties"].as_object().cloned().unwrap_or_default();
    let is_required = |property: &Value| {
        property["annotations"]["required"].as_array().is_some_and(|methods| methods.contains(&json!(method)))
    };
    schema["required"] = properties
        .iter()
        .filter(|(_, property)| is_required(property))
        .map(|(name, _)| json!(name))
        .collect();
    schema
}
