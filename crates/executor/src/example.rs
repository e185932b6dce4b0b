//! The recorded examples of a tool, carried out without a network: its requests and its result, as they would be.

use bytes::Bytes;
use catalog::{AnswerFormat, Example, ExampleRequest, ExampleResponse, Tool, Toolkit};
use expression::Variables;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Request, Response};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::progress::{Due, Progress};
use crate::read::{Failure, Malformed, Reading, read, read_fetched};

/// What `$call` is in every example.
const CALL_ID: &str = "ex_0";
const NOW: i64 = 1_700_000_000;

/// Takes one example through the tool's steps. An error says what came instead of what is recorded.
pub fn check_example(toolkit: &Toolkit, tool: &Tool, example: &Example) -> Result<(), String> {
    let name = &tool.name;
    let given = example.arguments.as_object().ok_or_else(|| format!("{name}: arguments are an object"))?;
    let arguments = tool
        .parameters
        .accept(given)
        .map_err(|problems| format!("{name} refuses the example's arguments: {}", sentences(&problems)))?;
    let mut progress = Progress::new(toolkit, tool, variables(arguments, example));
    let mut recorded = example.exchanges();
    while let Some(due) = progress.due().map_err(|error| format!("{name} cannot be rendered: {error}"))? {
        let (request, response) =
            recorded.next().ok_or_else(|| format!("{name} sends more than what is recorded"))?;
        let sent = as_recorded(toolkit, &due.request);
        if sent != *request {
            return Err(format!("{name} renders {}", serde_json::to_string(&sent).unwrap_or_default()));
        }
        let reading = match answer(toolkit, &due, response) {
            Ok(Ok(reading)) => reading,
            Ok(Err(failure)) => {
                return Err(format!("{name} takes the example's response for a failure: {failure:?}"));
            }
            Err(Malformed) => return Err(format!("{name} cannot read the example's response")),
        };
        progress.answered(reading).map_err(|error| format!("{name} cannot go on: {error}"))?;
    }
    if recorded.next().is_some() {
        return Err(format!("{name} sends less than what is recorded"));
    }
    let result = progress.result().map_err(|_| format!("{name} cannot read the example's response"))?;
    if result != example.result {
        return Err(format!("{name} answers {result}"));
    }
    let problems = tool.result.schema.iter().flat_map(|schema| schema.problems(&result)).collect::<Vec<_>>();
    match problems.as_slice() {
        [] => Ok(()),
        problems => Err(format!("{name} answers what its schema does not say: {}", sentences(problems))),
    }
}

fn sentences(problems: &[catalog::Problem]) -> String {
    let each = problems.iter().map(|problem| format!("{} {}", problem.pointer, problem.message));
    each.collect::<Vec<_>>().join("; ")
}

fn variables(arguments: Value, example: &Example) -> Variables {
    let call = json!({ "id": CALL_ID, "now": NOW });
    Variables { arguments, account: example.account.clone(), call, ..Variables::default() }
}

/// What the recorded response is read as.
fn answer(
    toolkit: &Toolkit,
    due: &Due<'_>,
    recorded: &ExampleResponse,
) -> Result<Result<Reading, Failure>, Malformed> {
    let format = due.template().map_or(AnswerFormat::Bytes, |template| template.answer);
    let mut response = Response::new(match &recorded.body {
        Value::Null => Bytes::new(),
        Value::String(text) if format == AnswerFormat::Bytes => Bytes::from(text.clone()),
        body => Bytes::from(body.to_string()),
    });
    *response.status_mut() = recorded.status.try_into().map_err(|_| Malformed)?;
    for (name, value) in &recorded.headers {
        let name = HeaderName::try_from(name).map_err(|_| Malformed)?;
        response.headers_mut().insert(name, HeaderValue::from_str(value).map_err(|_| Malformed)?);
    }
    match due.template() {
        Some(template) => read(toolkit, template, &response, Timestamp::UNIX_EPOCH),
        None => Ok(read_fetched(&response)),
    }
}

fn as_recorded(toolkit: &Toolkit, request: &Request<Bytes>) -> ExampleRequest {
    let base = toolkit.api.base_url.as_str().trim_end_matches('/');
    let uri = request.uri().to_string();
    let body = match request.headers().get(CONTENT_TYPE) {
        Some(kind) if kind == "application/json" => {
            with_written_nulls(serde_json::from_slice(request.body()).unwrap_or_default())
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

/// TOML has no null, so that an example writes it out.
fn with_written_nulls(value: Value) -> Value {
    match value {
        Value::Null => Value::from("<null>"),
        Value::Array(items) => items.into_iter().map(with_written_nulls).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| (name, with_written_nulls(value))).collect()
        }
        other => other,
    }
}
