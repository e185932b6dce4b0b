//! Every tool against the provider's official machine-readable description: what is rendered from generated and from
//! extreme arguments has a method and a path that exist, the parameters that are required, no others, and the right
//! types. The descriptions are not part of the project: `PROVIDER_DESCRIPTIONS` names their folder, and without them
//! the check says that it was skipped.

mod arguments;
mod description;
mod schema;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use catalog::{AnswerFormat, Catalog, Example, ManifestFile, OriginMap, Tool, Toolkit};
use executor::{Due, Progress, Reading, RenderError};
use expression::Variables;
use http::Request;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value, json};

use arguments::Arguments;
use description::{Description, Operation};
use schema::Checker;

/// Where a description is wrong or silent: `TOOL | part of the problem | source`, a line each.
const EXCEPTIONS: &str = include_str!("exceptions.txt");

#[test]
fn every_tool_fits_its_providers_description() {
    let Some(folder) = descriptions() else {
        eprintln!("SKIPPED: no provider descriptions; name their folder in PROVIDER_DESCRIPTIONS");
        return;
    };
    let catalog = Catalog::load(manifests(), &OriginMap::none()).unwrap();
    let exceptions: Vec<[&str; 3]> =
        EXCEPTIONS.lines().filter(|line| !line.is_empty()).map(exception).collect();
    let (mut wrong, mut used) = (BTreeSet::new(), BTreeSet::new());
    for toolkit in catalog.toolkits().iter().filter(|toolkit| !toolkit.tools.is_empty()) {
        let description = Description::read(&folder.join(file_name(toolkit)));
        for tool in &toolkit.tools {
            for problem in problems(&description, toolkit, tool) {
                let excused =
                    exceptions.iter().find(|[name, part, _]| *name == tool.name && problem.contains(part));
                match excused {
                    Some(exception) => drop(used.insert(*exception)),
                    None => drop(wrong.insert(format!("{}: {problem}", tool.name))),
                }
            }
        }
    }
    let of_these =
        |name: &str| catalog.find_tool(name).is_some() || std::env::var_os("TOOLKITS_DIR").is_none();
    let unused = exceptions.iter().filter(|one| of_these(one[0]) && !used.contains(*one));
    let unused: Vec<String> = unused.map(|one| format!("unused exception {one:?}")).collect();
    wrong.extend(unused);
    assert!(wrong.is_empty(), "\n{}", wrong.into_iter().collect::<Vec<_>>().join("\n"));
}

fn exception(line: &str) -> [&str; 3] {
    let parts: Vec<&str> = line.split(" | ").collect();
    parts.try_into().unwrap_or_else(|_| panic!("an exception is `TOOL | problem | source`, not `{line}`"))
}

fn descriptions() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/specs");
    let folder = std::env::var_os("PROVIDER_DESCRIPTIONS").map_or_else(beside, PathBuf::from);
    folder.is_dir().then_some(folder)
}

/// From the folder and not from the binary, so that who writes a toolkit need not compile.
fn manifests() -> Vec<ManifestFile> {
    let root = std::env::var_os("TOOLKITS_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../toolkits"), PathBuf::from);
    let list = |dir: &Path| -> Vec<PathBuf> {
        std::fs::read_dir(dir).into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
    };
    let folders = list(&root);
    let files = folders.iter().flat_map(|dir| list(dir).into_iter().chain(list(&dir.join("tools"))));
    let manifests = files.filter(|path| path.extension().is_some_and(|extension| extension == "toml"));
    let read = |path: PathBuf| ManifestFile {
        text: std::fs::read_to_string(&path).unwrap(),
        path: path.strip_prefix(&root).unwrap().display().to_string(),
    };
    manifests.map(read).collect()
}

fn file_name(toolkit: &Toolkit) -> String {
    let name = match toolkit.slug.as_str() {
        "outlook" => "msgraph".to_owned(),
        slug => slug.replace('-', ""),
    };
    format!("{name}.json.gz")
}

/// All that is wrong with a tool, however it is called. What a step needs of earlier answers is taken from the tool's
/// example.
fn problems(description: &Description, toolkit: &Toolkit, tool: &Tool) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut rendered = 0;
    for Arguments { values, strictness } in arguments::generate(tool) {
        let Ok(accepted) = tool.parameters.accept(&values) else { continue };
        let checker = Checker { root: &description.root, strictness };
        match walk(description, &checker, (toolkit, tool), accepted) {
            Ok(problems) => {
                rendered += 1;
                found.extend(problems);
            }
            Err(RenderError::Refused(_)) => {}
            Err(error) => drop(found.insert(format!("cannot be rendered: {error}, from {values:?}"))),
        }
    }
    if rendered == 0 {
        found.insert("refuses everything that its schema allows".to_owned());
    }
    found
}

fn walk(
    description: &Description,
    checker: &Checker<'_>,
    (toolkit, tool): (&Toolkit, &Tool),
    arguments: Value,
) -> Result<Vec<String>, RenderError> {
    let example = tool.examples.first();
    let arguments = with_bound(toolkit, tool, arguments);
    let account = example.map(|example| example.account.clone()).unwrap_or_default();
    let call = json!({"id": "ex_0", "now": 0});
    let variables = Variables { arguments, account, call, ..Variables::default() };
    let mut progress = Progress::new(toolkit, tool, variables);
    let mut problems = Vec::new();
    let recorded = example.map(|example| recorded(toolkit, tool, example)).unwrap_or_default();
    // More than that is no example's business.
    for _ in 0..30 {
        let Some(due) = progress.due()? else { break };
        if due.template().is_some_and(|template| template.path().is_some()) {
            let path = due.request.uri().path();
            match due.step.operation.as_deref().map(|id| (id, description.operation(id, path))) {
                Some((_, Some(operation))) => problems.extend(check(checker, operation, &due.request)),
                Some((id, None)) => problems.push(format!("there is no operation `{id}`")),
                None => problems.push(format!("the step `{}` names no operation", due.step.name)),
            }
        }
        let body = recorded.get(&due.step.name).cloned().unwrap_or_default();
        progress.answered(reading(&due, body))?;
    }
    Ok(problems)
}

/// The place of the grant, as the engine fills it in.
fn with_bound(toolkit: &Toolkit, tool: &Tool, mut arguments: Value) -> Value {
    if let Some(bound) = &toolkit.api.grant_bound
        && tool.parameters.names().any(|name| name == bound.argument)
        && arguments[&bound.argument].is_null()
    {
        arguments[&bound.argument] = json!("1");
    }
    arguments
}

/// The example's answers, by the name of the step.
fn recorded(toolkit: &Toolkit, tool: &Tool, example: &Example) -> BTreeMap<String, Value> {
    let arguments = tool.parameters.accept(example.arguments.as_object().unwrap()).unwrap();
    let (account, call) = (example.account.clone(), json!({"id": "ex_0", "now": 1_700_000_000}));
    let mut progress =
        Progress::new(toolkit, tool, Variables { arguments, account, call, ..Variables::default() });
    let mut answers = BTreeMap::new();
    for (_, response) in example.exchanges() {
        let Ok(Some(due)) = progress.due() else { break };
        answers.insert(due.step.name.clone(), response.body.clone());
        if progress.answered(reading(&due, response.body.clone())).is_err() {
            break;
        }
    }
    answers
}

fn reading(due: &Due<'_>, body: Value) -> Reading {
    let bytes = due.template().is_none_or(|template| template.answer == AnswerFormat::Bytes);
    let answer =
        if bytes { json!({"base64": "aGk=", "size": 2, "content_type": "text/plain"}) } else { body };
    Reading { answer, response: json!({"status": 200, "headers": {}}), bytes: 0 }
}

fn check(checker: &Checker<'_>, operation: &Operation, request: &Request<Bytes>) -> Vec<String> {
    let mut problems = Vec::new();
    if request.method() != operation.method.as_str() {
        problems.push(format!("sends {}, not {}", request.method(), operation.method));
    }
    if !operation.fits(request.uri().path()) {
        problems.push(format!("{} does not fit {}", request.uri().path(), operation.path));
    }
    check_query(checker, operation, request, &mut problems);
    check_body(checker, operation, request, &mut problems);
    problems
}

fn check_query(
    checker: &Checker<'_>,
    operation: &Operation,
    request: &Request<Bytes>,
    problems: &mut Vec<String>,
) {
    let query = request.uri().query().unwrap_or_default();
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    for (name, value) in &pairs {
        match operation.query.iter().find(|parameter| parameter.name == *name) {
            Some(parameter) => checker.check_text(value, &parameter.schema, &format!("?{name}"), problems),
            None => problems.push(format!("?{name} is no parameter")),
        }
    }
    for parameter in operation.query.iter().filter(|parameter| parameter.required) {
        if !pairs.iter().any(|(name, _)| *name == parameter.name) {
            problems.push(format!("?{} is required", parameter.name));
        }
    }
}

fn check_body(
    checker: &Checker<'_>,
    operation: &Operation,
    request: &Request<Bytes>,
    problems: &mut Vec<String>,
) {
    let kind = request.headers().get(CONTENT_TYPE).map(|value| value.to_str().unwrap());
    let (Some(kind), Some(body)) = (kind, &operation.body) else {
        if kind.is_some() {
            problems.push("sends a body where none belongs".to_owned());
        } else if operation.body.as_ref().is_some_and(|body| body.required) {
            problems.push("sends no body".to_owned());
        }
        return;
    };
    let plain = kind.split(';').next().unwrap_or_default();
    if !body.media_types.iter().any(|one| one == plain || one == "*/*") {
        problems.push(format!("sends {plain}; taken are {}", body.media_types.join(", ")));
    }
    if plain == "multipart/related" {
        let text = String::from_utf8_lossy(request.body()).into_owned();
        let first = text.split_once("\r\n\r\n").and_then(|(_, rest)| rest.split_once("\r\n--"));
        let value: Value = serde_json::from_str(first.unwrap().0).unwrap();
        checker.check(&value, &body.schema, "", problems);
    }
    if plain != "application/json" && plain != "application/x-www-form-urlencoded" {
        return;
    }
    if kind == "application/json" {
        let value: Value = serde_json::from_slice(request.body()).unwrap();
        checker.check(&value, &body.schema, "", problems);
        return;
    }
    let mut fields = Map::new();
    for (name, value) in url::form_urlencoded::parse(request.body()) {
        fields.insert(name.into_owned(), value.into_owned().into());
    }
    checker.check_form(&fields, &body.schema, problems);
}

/// The checks themselves, on a small description.
#[test]
fn what_does_not_fit_is_found() {
    let root = json!({
        "servers": [{"url": "https://api.example/v1"}],
        "paths": {"/rockets/{id}": {"post": {
            "operationId": "launch",
            "parameters": [
                {"name": "at", "in": "query", "required": true, "schema": {"type": "string", "format": "date-time"}},
                {"name": "crew", "in": "query", "schema": {"type": "array", "items": {"type": "integer"}}},
            ],
            "requestBody": {"required": true, "content": {"application/json": {"schema": {"allOf": [
                {"$ref": "#/components/schemas/Base"},
                {"type": "object", "required": ["fuel"], "properties": {
                    "fuel": {"type": "integer", "maximum": 9},
                    "target": {"oneOf": [{"type": "string", "enum": ["moon"]}, {"type": "array", "items": {"type": "string"}}]},
                }},
            ]}}}},
        }}},
        "components": {"schemas": {"Base": {"type": "object", "properties": {"name": {"type": "string"}}}}},
    });
    let description = Description::openapi(root);
    let operation = description.operation("launch", "").unwrap();
    let checker = Checker { root: &description.root, strictness: schema::Strictness::Full };
    let found = |method: &str, uri: &str, body: Value| {
        let request = Request::builder().method(method).uri(uri).header(CONTENT_TYPE, "application/json");
        check(&checker, operation, &request.body(Bytes::from(body.to_string())).unwrap())
    };
    let (right, body) =
        ("/v1/rockets/a?at=2026-01-01T00:00:00Z&crew=1&crew=2", json!({"fuel": 1, "name": "x"}));
    assert_eq!(found("POST", right, body.clone()), [""; 0]);
    assert_eq!(found("POST", right, json!({"fuel": 1, "target": "moon"})), [""; 0]);
    assert_eq!(found("POST", right, json!({"fuel": 1, "target": ["a"]})), [""; 0]);
    for (method, uri, body, problem) in [
        ("PUT", right, body.clone(), "sends PUT, not POST"),
        (
            "POST",
            "/v1/rocket/a?at=2026-01-01T00:00:00Z",
            body.clone(),
            "/v1/rocket/a does not fit /v1/rockets/{id}",
        ),
        (
            "POST",
            "/v1/rockets/a/b?at=2026-01-01T00:00:00Z",
            body.clone(),
            "/v1/rockets/a/b does not fit /v1/rockets/{id}",
        ),
        ("POST", "/v1/rockets/a", body.clone(), "?at is required"),
        ("POST", "/v1/rockets/a?at=now", body.clone(), "?at is `now`, no date-time"),
        (
            "POST",
            "/v1/rockets/a?at=2026-01-01T00:00:00Z&crew=x",
            body.clone(),
            "?crew is a string, not \"array\"",
        ),
        ("POST", "/v1/rockets/a?at=2026-01-01T00:00:00Z&x=1", body, "?x is no parameter"),
        ("POST", right, json!({"name": "x"}), "/fuel is required"),
        ("POST", right, json!({"fuel": "1"}), "/fuel is a string, not \"integer\""),
        ("POST", right, json!({"fuel": 10}), "/fuel is 10, more than 9"),
        ("POST", right, json!({"fuel": 1, "nam": "x"}), "/nam is no field"),
        ("POST", right, json!({"fuel": 1, "target": "mars"}), "/target is \"mars\", not one of [\"moon\"]"),
    ] {
        assert_eq!(found(method, uri, body), [problem]);
    }
}
