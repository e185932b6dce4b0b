//! The recorded examples of a tool, carried out without a network: its requests and its result, as they would be.

use bytes::Bytes;
use catalog::{AnswerFormat, Check, CheckExample, Example, ExampleRequest, ExampleResponse, Tool, Toolkit};
use expression::Variables;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Request, Response};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::progress::{Due, Progress, shape};
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
    let mut progress = Progress::new(toolkit, tool, variables(arguments, &example.account));
    let exchanges: Vec<_> = example.exchanges().collect();
    if let Some(failure) = walk(toolkit, name, &mut progress, &exchanges)? {
        return Err(format!("{name} takes the example's response for a failure: {failure:?}"));
    }
    let result = progress.result().map_err(|_| format!("{name} cannot read the example's response"))?;
    if result != example.result {
        return Err(format!("{name} answers {result}"));
    }
    fits(tool, &result)
}

/// Takes a recorded check of the tool through its steps.
pub fn check_check_example(
    toolkit: &Toolkit,
    tool: &Tool,
    check: &Check,
    example: &CheckExample,
) -> Result<(), String> {
    let name = format!("the check of {}", tool.name);
    let variables = variables(example.arguments.clone(), &example.account);
    let mut progress = Progress::of_check(toolkit, check, variables.clone());
    let exchanges: Vec<_> =
        example.exchanges.iter().map(|exchange| (&exchange.request, &exchange.response)).collect();
    let found = match walk(toolkit, &name, &mut progress, &exchanges)? {
        Some(failure) if check.absent_statuses.contains(&failure.status) => Value::Null,
        Some(failure) => return Err(format!("{name} takes the response for a failure: {failure:?}")),
        None => progress.found().map_err(|_| format!("{name} cannot tell from the example's responses"))?,
    };
    let result = match found {
        Value::Null => Value::Null,
        found => shape(tool, &variables, found).map_err(|_| format!("{name} finds what is no answer"))?,
    };
    if result != example.result {
        return Err(format!("{name} finds {result}"));
    }
    if result.is_null() { Ok(()) } else { fits(tool, &result) }
}

/// Sends what is due against what is recorded. A failure that was recorded ends it.
fn walk(
    toolkit: &Toolkit,
    name: &str,
    progress: &mut Progress<'_>,
    exchanges: &[(&ExampleRequest, &ExampleResponse)],
) -> Result<Option<Failure>, String> {
    let mut recorded = exchanges.iter();
    while let Some(due) = progress.due().map_err(|error| format!("{name} cannot be rendered: {error}"))? {
        let (request, response) =
            recorded.next().ok_or_else(|| format!("{name} sends more than what is recorded"))?;
        let sent = as_recorded(toolkit, &due.request);
        if sent != **request {
            return Err(format!("{name} renders {}", serde_json::to_string(&sent).unwrap_or_default()));
        }
        let reading = match answer(toolkit, &due, response) {
            Ok(Ok(reading)) => reading,
            Ok(Err(failure)) => return Ok(Some(failure)),
            Err(Malformed) => return Err(format!("{name} cannot read the example's response")),
        };
        progress.answered(reading).map_err(|error| format!("{name} cannot go on: {error}"))?;
    }
    match recorded.next() {
        Some(_) => Err(format!("{name} sends less than what is recorded")),
        None => Ok(None),
    }
}

fn fits(tool: &Tool, result: &Value) -> Result<(), String> {
    let problems = tool.result.schema.iter().flat_map(|schema| schema.problems(result)).collect::<Vec<_>>();
    match problems.as_slice() {
        [] => Ok(()),
        problems => {
            Err(format!("{} answers what its schema does not say: {}", tool.name, sentences(problems)))
        }
    }
}

fn sentences(problems: &[catalog::Problem]) -> String {
    let each = problems.iter().map(|problem| format!("{} {}", problem.pointer, problem.message));
    each.collect::<Vec<_>>().join("; ")
}

fn variables(arguments: Value, account: &Value) -> Variables {
    let call = json!({ "id": CALL_ID, "now": NOW });
    Variables { arguments, account: account.clone(), call, ..Variables::default() }
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
