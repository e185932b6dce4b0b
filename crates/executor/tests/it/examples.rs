//! The catalogue walk: every example of every embedded tool renders to its recorded request, and its recorded
//! answer shapes to its recorded result.

use bytes::Bytes;
use catalog::{Catalog, Example, ExampleRequest, OriginMap, Tool, Toolkit};
use executor::{Call, render, shape};
use expression::Variables;
use http::{Request, Response};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Of a long encoded text only its presence is recorded.
const RECORDED_AS_EMPTY: [&str; 1] = ["raw"];

#[test]
fn every_example_renders_and_shapes_as_recorded() {
    let catalog = Catalog::embedded(&OriginMap::none()).unwrap();
    let mut wrong = Vec::new();
    for toolkit in catalog.toolkits() {
        for tool in &toolkit.tools {
            for example in &tool.examples {
                wrong.extend(compare(toolkit, tool, example).err());
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn compare(toolkit: &Toolkit, tool: &Tool, example: &Example) -> Result<(), String> {
    let arguments = tool.parameters.accept(example.arguments.as_object().unwrap()).unwrap();
    let variables = Variables {
        arguments,
        account: example.account.clone(),
        call: json!({ "id": "ex_0", "now": 1_700_000_000 }),
    };
    let call = Call { toolkit, tool, variables: &variables };
    let request = recorded(toolkit, &render(call).map_err(|error| format!("{}: {error}", tool.name))?);
    if request != example.request {
        return Err(format!("{} renders\n{}", tool.name, serde_json::to_string(&request).unwrap()));
    }
    let mut response = Response::new(body(&example.response.body));
    *response.status_mut() = example.response.status.try_into().unwrap();
    match shape(call, &response, Timestamp::UNIX_EPOCH) {
        Ok(Ok(result)) if result == example.result => Ok(()),
        other => Err(format!("{} answers\n{other:?}", tool.name)),
    }
}

fn body(value: &Value) -> Bytes {
    if value.is_null() { Bytes::new() } else { Bytes::from(value.to_string()) }
}

fn recorded(toolkit: &Toolkit, request: &Request<Bytes>) -> ExampleRequest {
    let base = toolkit.api.base_url.as_str().trim_end_matches('/');
    let mut body = match request.headers().get("content-type").map(|value| value.to_str().unwrap()) {
        Some("application/json") => serde_json::from_slice(request.body()).unwrap(),
        Some(_) => Value::from(std::str::from_utf8(request.body()).unwrap()),
        None => Value::Null,
    };
    blank(&mut body);
    ExampleRequest {
        method: request.method().to_string(),
        path: request.uri().to_string().strip_prefix(base).unwrap().to_owned(),
        body,
    }
}

fn blank(value: &mut Value) {
    for (name, value) in value.as_object_mut().into_iter().flatten() {
        if RECORDED_AS_EMPTY.contains(&name.as_str()) {
            assert!(value.as_str().is_some_and(|text| !text.is_empty()));
            *value = Value::from("");
        } else {
            blank(value);
        }
    }
}
