//! What answers become: results, failures with the provider's own words, and waits in every dialect.

use std::time::Duration;

use bytes::Bytes;
use catalog::{Catalog, FailureKind, ManifestFile, OriginMap};
use executor::{Failure, Malformed, Progress, RenderError, read};
use expression::Variables;
use http::{Request, Response};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

const TOOLKIT: &str = r#"
slug = "acme"
display_name = "Acme"
description = "Rockets."
categories = ["test"]
docs_url = "https://acme.example/docs"
[api]
base_url = "https://api.acme.example/v1/"
failure = 'if .body.ok == false then {code: .body.error, message: .body.detail, kind: .body.kind} else empty end'
rate_limit = { reset_header = "x-reset", reset_unit = "epoch-seconds" }
[[auth]]
scheme = "NO_AUTH"
"#;

const TOOL: &str = r#"
name = "ACME_LAUNCH"
description = "Launch a rocket."
effect = "write"
[parameters]
type = "object"
[parameters.properties]
id = { type = "string", description = "Which one." }
crew = { type = "array", description = "Who.", items = { type = "string", description = "A name." } }
[request]
method = "POST"
path = "/rockets/{id}"
query = "{crew, dry: false, none: null}"
headers = '{"X-Crew": (.crew[0] // null)}'
body_format = "form"
body = 'if .crew == ["nobody"] then error({problem: "name a crew"}) else {crew, plan: {stages: 2, none: null}} end'
[result]
expression = "{launched: .id}"
"#;

fn catalog() -> Catalog {
    let files = [("acme/toolkit.toml", TOOLKIT), ("acme/tools/launch.toml", TOOL)];
    let files = files.map(|(path, text)| ManifestFile { path: path.into(), text: text.into() });
    Catalog::load(files, &OriginMap::none()).unwrap_or_else(|error| panic!("{error}"))
}

fn variables(arguments: Value) -> Variables {
    Variables { arguments, ..Variables::default() }
}

/// The first request of a tool.
fn rendered(catalog: &Catalog, tool: &str, arguments: Value) -> Result<Request<Bytes>, RenderError> {
    let tool = catalog.find_tool(tool).unwrap();
    let toolkit = catalog.find_toolkit(tool.toolkit.as_str()).unwrap();
    let due = Progress::new(toolkit, tool, variables(arguments)).due();
    due.map(|due| due.unwrap().request)
}

fn render(arguments: Value) -> Result<Request<Bytes>, RenderError> {
    rendered(&catalog(), "ACME_LAUNCH", arguments)
}

/// The result of a tool with one request.
fn result(
    catalog: &Catalog,
    tool: &str,
    response: &Response<Bytes>,
    now: i64,
) -> Result<Result<Value, Failure>, Malformed> {
    let tool = catalog.find_tool(tool).unwrap();
    let toolkit = catalog.find_toolkit(tool.toolkit.as_str()).unwrap();
    let mut progress = Progress::new(toolkit, tool, variables(json!({"id": "a", "file_id": "a"})));
    let due = progress.due().unwrap().unwrap();
    let reading = read(toolkit, due.template().unwrap(), response, Timestamp::from_second(now).unwrap())?;
    match reading {
        Ok(reading) => {
            progress.answered(reading).unwrap();
            assert!(progress.due().unwrap().is_none());
            progress.result().map(Ok)
        }
        Err(failure) => Ok(Err(failure)),
    }
}

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Result<Result<Value, Failure>, Malformed> {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    let response = response.body(Bytes::from(body.to_owned())).unwrap();
    result(&catalog(), "ACME_LAUNCH", &response, 1_700_000_000)
}

fn failure(status: u16, headers: &[(&str, &str)], body: &str) -> Failure {
    answer(status, headers, body).unwrap().unwrap_err()
}

#[test]
fn every_part_of_a_request_comes_from_the_manifest() {
    let request = render(json!({"id": "a/b", "crew": ["Ada", "Grace"]})).unwrap();
    assert_eq!(request.uri(), "https://api.acme.example/v1/rockets/a%2Fb?crew=Ada&crew=Grace&dry=false");
    assert_eq!(request.headers()["x-crew"], "Ada");
    assert_eq!(request.headers()["content-type"], "application/x-www-form-urlencoded");
    assert_eq!(request.body(), "crew=Ada&crew=Grace&plan=%7B%22stages%22%3A2%2C%22none%22%3Anull%7D");
}

#[test]
fn arguments_that_make_no_request_are_refused() {
    let refused = |arguments| render(arguments).unwrap_err();
    assert!(matches!(refused(json!({"id": ".."})), RenderError::Path(_)));
    assert_eq!(refused(json!({"id": "a", "crew": ["nobody"]})).to_string(), "name a crew");
    assert_eq!(
        refused(json!({"id": "a", "crew": ["a\nb"]})).to_string(),
        "what becomes the header `x-crew` holds line breaks or controls"
    );
}

#[test]
fn successes_are_shaped_and_failures_found_whatever_the_status() {
    assert_eq!(answer(200, &[], r#"{"id":"r1","noise":1}"#).unwrap().unwrap(), json!({"launched": "r1"}));
    assert_eq!(
        failure(
            200,
            &[],
            r#"{"ok":false,"error":"no_fuel","detail":"Tank\n is  empty","kind":"unavailable"}"#
        ),
        Failure {
            status: 200,
            code: "no_fuel".into(),
            is_its_own: true,
            message: Some("Tank is empty".into()),
            kind: Some(FailureKind::Unavailable),
            retry_after: None
        }
    );
    let plain = failure(404, &[], "<html>not here</html>");
    assert_eq!((plain.code.as_str(), plain.message, plain.kind), ("http_404", None, None));
    assert!(!plain.is_its_own, "it may be anybody's on the way");
    assert_eq!(failure(401, &[], "").kind, Some(FailureKind::Unauthorized));
    assert_eq!(failure(429, &[], "").kind, Some(FailureKind::RateLimited));
    assert_eq!(failure(502, &[], "<html>").kind, Some(FailureKind::Unavailable));
    assert_eq!(failure(302, &[], "").code, "http_302");
    let long = failure(400, &[], &json!({"ok": false, "error": "x", "detail": "é".repeat(900)}).to_string());
    assert_eq!(long.message.unwrap().chars().count(), 503);
}

#[test]
fn an_answer_that_cannot_be_read_is_malformed() {
    assert_eq!(answer(200, &[("content-type", "application/json")], "{\"id\":"), Err(Malformed));
    assert_eq!(answer(200, &[("content-type", "text/html")], "<html>"), Err(Malformed));
    assert_eq!(answer(200, &[], "[1]"), Err(Malformed));
}

#[test]
fn every_dialect_of_waiting_is_understood() {
    let wait = |name: &str, value: &str| failure(429, &[(name, value)], "").retry_after;
    assert_eq!(wait("retry-after", "7"), Some(Duration::from_secs(7)));
    assert_eq!(wait("retry-after", "0.5"), Some(Duration::from_millis(500)));
    assert_eq!(wait("retry-after", "Tue, 14 Nov 2023 22:13:30 GMT"), Some(Duration::from_secs(10)));
    assert_eq!(wait("retry-after", "-3"), Some(Duration::ZERO));
    assert_eq!(wait("x-reset", "1700000060"), Some(Duration::from_secs(60)));
    for nonsense in ["", "soon", "NaN"] {
        assert!(wait("retry-after", nonsense).is_none_or(|wait| wait.is_zero()), "{nonsense}");
    }
}

proptest! {
    #[test]
    fn no_answer_panics(status in 100u16..600, body in any::<Vec<u8>>(), header in "[ -~]{0,40}") {
        let response = Response::builder().status(status).header("retry-after", header).body(Bytes::from(body)).unwrap();
        let _ = result(&catalog(), "ACME_LAUNCH", &response, 0);
    }

    #[test]
    fn no_argument_leaves_its_place(id in any::<String>(), crew in proptest::collection::vec("[^\u{0}-\u{1f}\u{7f}]*", 1..3)) {
        let rendered = render(json!({"id": id, "crew": crew}));
        if let Ok(request) = rendered {
            prop_assert_eq!(request.uri().host(), Some("api.acme.example"));
            prop_assert!(request.uri().path().starts_with("/v1/rockets/"));
            prop_assert_eq!(request.uri().path().matches('/').count(), 3);
        }
    }
}

#[test]
fn text_stays_text_and_objects_are_read_whatever_they_are_called() {
    let shaped = |kind, body| answer(200, &[("content-type", kind)], body).unwrap();
    let launched = json!({"launched": "r1"});
    assert_eq!(shaped("text/html; charset=utf-8", r#"{"id":"r1"}"#).unwrap(), launched);
    assert_eq!(shaped("application/json", r#"{"id":"r1"}"#).unwrap(), launched);

    let catalog = Catalog::embedded(&OriginMap::none()).unwrap();
    let response =
        Response::builder().header("content-type", "text/plain").body(Bytes::from("1.10")).unwrap();
    assert_eq!(
        result(&catalog, "GOOGLEDRIVE_EXPORT_FILE_AS_TEXT", &response, 0).unwrap().unwrap(),
        json!({"text": "1.10"})
    );
}
