//! The recorded examples of a tool, carried out without a network: its request and its result, as they would be.

use bytes::Bytes;
use catalog::{Example, ExampleRequest, Tool, Toolkit};
use expression::Variables;
use http::header::CONTENT_TYPE;
use http::{Request, Response};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{Call, render, shape};

/// What `$call` is in every example.
const CALL_ID: &str = "ex_0";
const NOW: i64 = 1_700_000_000;

/// Renders and shapes one example. An error says what came instead of what is recorded.
pub fn check_example(toolkit: &Toolkit, tool: &Tool, example: &Example) -> Result<(), String> {
    let name = &tool.name;
    let given = example.arguments.as_object().ok_or_else(|| format!("{name}: arguments are an object"))?;
    let arguments = tool.parameters.accept(given).map_err(|problems| {
        let problems = problems.iter().map(|problem| format!("{} {}", problem.pointer, problem.message));
        format!("{name} refuses the example's arguments: {}", problems.collect::<Vec<_>>().join("; "))
    })?;
    let variables =
        Variables { arguments, account: example.account.clone(), call: json!({ "id": CALL_ID, "now": NOW }) };
    let call = Call { toolkit, tool, variables: &variables };
    let request = render(call).map_err(|error| format!("{name} cannot be rendered: {error}"))?;
    let request = recorded(toolkit, &request);
    if request != example.request {
        return Err(format!("{name} renders {}", serde_json::to_string(&request).unwrap_or_default()));
    }
    let mut response = Response::new(match &example.response.body {
        Value::Null => Bytes::new(),
        body => Bytes::from(body.to_string()),
    });
    *response.status_mut() = example
        .response
        .status
        .try_into()
        .map_err(|_| format!("{name}: {} is no HTTP status", example.response.status))?;
    match shape(call, &response, Timestamp::UNIX_EPOCH) {
        Ok(Ok(result)) if result == example.result => Ok(()),
        Ok(Ok(result)) => Err(format!("{name} answers {result}")),
        Ok(Err(failure)) => Err(format!("{name} takes the example's response for a failure: {failure:?}")),
        Err(_) => Err(format!("{name} cannot read the example's response")),
    }
}

fn recorded(toolkit: &Toolkit, request: &Request<Bytes>) -> ExampleRequest {
    let base = toolkit.api.base_url.as_str().trim_end_matches('/');
    let uri = request.uri().to_string();
    let body = match request.headers().get(CONTENT_TYPE) {
        Some(kind) if kind == "application/json" => {
            serde_json::from_slice(request.body()).unwrap_or_default()
        }
        Some(_) => Value::from(String::from_utf8_lossy(request.body())),
        None => Value::Null,
    };
    ExampleRequest {
        method: request.method().to_string(),
        path: uri.strip_prefix(base).unwrap_or(&uri).to_owned(),
        body,
    }
}
