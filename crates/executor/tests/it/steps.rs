//! Tools of several requests: looking up first, paging, one request an item, uploads, and what is done when a later
//! request fails.

use bytes::Bytes;
use catalog::{Catalog, ManifestFile, OriginMap};
use executor::{Progress, Reading, RenderError, check_example};
use expression::Variables;
use http::Request;
use proptest::prelude::*;
use serde_json::{Value, json};

const TOOLKIT: &str = r#"
slug = "acme"
display_name = "Acme"
description = "Rockets."
categories = ["test"]
docs_url = "https://acme.example/docs"
[api]
base_url = "https://api.acme.example/v1"
allowed_urls = ["https://upload.acme.example/"]
[[auth]]
scheme = "NO_AUTH"
"#;

const BY_NAME: &str = r#"
name = "ACME_LAUNCH_BY_NAME"
description = "Launch a rocket by its name."
effect = "write"
[parameters]
type = "object"
[parameters.properties]
name = { type = "string", description = "Its name." }
id = { type = "string", description = "Its id." }
[[steps]]
name = "found"
when = ".id == null"
[steps.request]
method = "GET"
path = "/rockets"
query = "{cursor: $cursor}"
pages = 'if any(.rockets[]; .name == $arguments.name) then null else .next end'
[request]
method = "POST"
path = "/rockets/{rocket}/launches"
path_values = '''
def found: $steps.found[]?.rockets[] | select(.name == $arguments.name) | .id;
{rocket: (.id // first(found, error({problem: "there is no rocket of that name"})))}'''
body = '{crew: explicit_null, pilot: null}'
[result]
expression = "{id, location: $response.headers.location}"
schema = { type = "object", properties = { id = { type = "string" } } }
[[examples]]
arguments = { name = "Eagle" }
before = [
  { request = { method = "GET", path = "/rockets" }, response = { body = { rockets = [], next = "2" } } },
  { request = { method = "GET", path = "/rockets?cursor=2" }, response = { body = { rockets = [{ id = "r 1", name = "Eagle" }], next = "3" } } },
]
request = { method = "POST", path = "/rockets/r%201/launches", body = { crew = "<null>" } }
response = { headers = { location = "/l/1" }, body = { id = "l1" } }
result = { id = "l1", location = "/l/1" }
[[examples]]
arguments = { id = "r9" }
request = { method = "POST", path = "/rockets/r9/launches", body = { crew = "<null>" } }
response.body = { id = "l2" }
result = { id = "l2" }
"#;

const EACH: &str = r#"
name = "ACME_LAUNCH_ALL"
description = "Launch rockets one after the other."
effect = "write"
[parameters]
type = "object"
required = ["ids"]
[parameters.properties.ids]
type = "array"
description = "Which."
items = { type = "string", description = "An id." }
[request]
method = "POST"
path = "/launches"
each = ".ids"
body = "{id: $item, after: $done[-1].launch}"
[result]
expression = "{launches: map(.launch)}"
"#;

const UPLOAD: &str = r#"
name = "ACME_UPLOAD"
description = "Upload a plan."
effect = "write"
[parameters]
type = "object"
required = ["name"]
[parameters.properties]
name = { type = "string", description = "The name." }
content = { type = "string", description = "Base64." }
content_url = { type = "string", description = "Where it is." }
[[steps]]
name = "file"
fetch = ".content_url"
[[steps]]
name = "address"
[steps.request]
method = "POST"
path = "/plans"
[[steps]]
name = "sent"
[steps.request]
method = "PUT"
url = "$steps.address.upload_url"
anonymous = true
body_format = "bytes"
body = '{base64: (.content // $steps.file.base64), content_type: $steps.file.content_type}'
[request]
method = "POST"
base_url = "https://upload.acme.example/v2"
path = "/done"
body_format = "related"
body = '[{content_type: "application/json", text: ({name} | tojson)}, {content_type: "text/plain", base64: (.content // "")}]'
answer = "bytes"
[result]
expression = "{content: .base64, size, type: .content_type}"
uncut = ["content"]
"#;

fn catalog() -> Catalog {
    let files = [
        ("acme/toolkit.toml", TOOLKIT),
        ("acme/tools/by_name.toml", BY_NAME),
        ("acme/tools/each.toml", EACH),
        ("acme/tools/upload.toml", UPLOAD),
    ];
    let files = files.map(|(path, text)| ManifestFile { path: path.into(), text: text.into() });
    Catalog::load(files, &OriginMap::none()).unwrap_or_else(|error| panic!("{error}"))
}

fn reading(answer: Value) -> Reading {
    Reading { answer, response: json!({"status": 200, "headers": {}}), bytes: 0 }
}

/// What a tool sends when it is answered with these, and how it ends.
fn walk(tool: &str, arguments: Value, answers: &[Value]) -> (Vec<Request<Bytes>>, Result<Value, String>) {
    let catalog = catalog();
    let tool = catalog.find_tool(tool).unwrap();
    let variables = Variables { arguments, call: json!({"id": "ex_7", "now": 0}), ..Variables::default() };
    let mut progress = Progress::new(catalog.find_toolkit("acme").unwrap(), tool, variables);
    let (mut sent, mut answers) = (Vec::new(), answers.iter());
    loop {
        match progress.due() {
            Ok(Some(due)) => sent.push(due.request),
            Ok(None) => return (sent, progress.result().map_err(|error| error.to_string())),
            Err(error) => return (sent, Err(error.to_string())),
        }
        progress.answered(reading(answers.next().cloned().unwrap_or_default())).unwrap();
    }
}

fn lines(sent: &[Request<Bytes>]) -> Vec<String> {
    sent.iter().map(|request| format!("{} {}", request.method(), request.uri())).collect()
}

#[test]
fn examples_hold_all_exchanges() {
    let catalog = catalog();
    let (toolkit, tool) =
        (catalog.find_toolkit("acme").unwrap(), catalog.find_tool("ACME_LAUNCH_BY_NAME").unwrap());
    let mut examples = tool.examples.clone();
    for example in &examples {
        assert_eq!(check_example(toolkit, tool, example), Ok(()));
    }
    examples[0].before.pop();
    let error = check_example(toolkit, tool, &examples[0]).unwrap_err();
    assert!(error.contains("renders") || error.contains("more than"), "{error}");
    examples[1].result = json!({"id": 2});
    examples[1].response.body = json!({"id": 2});
    let error = check_example(toolkit, tool, &examples[1]).unwrap_err();
    assert_eq!(error, "ACME_LAUNCH_BY_NAME answers what its schema does not say: /id must be of type string");
}

#[test]
fn a_name_that_no_page_holds_is_refused_before_anything_is_changed() {
    let page = |next: Value| json!({"rockets": [{"id": "r1", "name": "Owl"}], "next": next});
    let (sent, end) =
        walk("ACME_LAUNCH_BY_NAME", json!({"name": "Eagle"}), &[page(json!("b")), page(Value::Null)]);
    assert_eq!(lines(&sent).len(), 2, "{sent:?}");
    assert_eq!(end.unwrap_err(), "there is no rocket of that name");
    let endless: Vec<Value> = (0..50).map(|number| page(json!(number.to_string()))).collect();
    let (sent, end) = walk("ACME_LAUNCH_BY_NAME", json!({"name": "Eagle"}), &endless);
    assert_eq!((sent.len(), end.is_err()), (20, true), "pages end somewhere");
}

#[test]
fn each_item_is_one_request_that_sees_the_answers_before_it() {
    let answers = [json!({"launch": "a"}), json!({"launch": "b"})];
    let (sent, end) = walk("ACME_LAUNCH_ALL", json!({"ids": ["1", "2"]}), &answers);
    let bodies: Vec<&[u8]> = sent.iter().map(|request| request.body().as_ref()).collect();
    assert_eq!(bodies, [br#"{"id":"1"}"#.as_slice(), br#"{"id":"2","after":"a"}"#]);
    assert_eq!(end.unwrap(), json!({"launches": ["a", "b"]}));
    let (sent, end) = walk("ACME_LAUNCH_ALL", json!({"ids": []}), &[]);
    assert_eq!((sent.len(), end.unwrap()), (0, json!({"launches": []})));
    let many: Vec<String> = (0..26).map(|number| number.to_string()).collect();
    let (sent, end) = walk("ACME_LAUNCH_ALL", json!({"ids": many}), &[]);
    assert_eq!((sent.len(), end.unwrap_err().as_str()), (0, "at most 25 at once"));
}

#[test]
fn what_was_changed_before_a_failure_is_known() {
    let catalog = catalog();
    let tool = catalog.find_tool("ACME_LAUNCH_ALL").unwrap();
    let variables = Variables { arguments: json!({"ids": ["1", "2"]}), ..Variables::default() };
    let mut progress = Progress::new(catalog.find_toolkit("acme").unwrap(), tool, variables);
    progress.due().unwrap().unwrap();
    assert!(progress.changes().is_none());
    progress.answered(reading(json!({"launch": "a"}))).unwrap();
    assert_eq!(json!(progress.changes()), json!({"request": [{"launch": "a"}]}));
}

#[test]
fn an_upload_goes_where_the_provider_said_and_bytes_come_back_as_base64() {
    let address = json!({"upload_url": "https://upload.acme.example/u?t=1"});
    let file = json!({"base64": "aGk=", "content_type": "text/plain", "size": 2});
    let (sent, _) =
        walk("ACME_UPLOAD", json!({"name": "p", "content": "aGk"}), &[address.clone(), Value::Null]);
    let all = [
        "POST https://api.acme.example/v1/plans",
        "PUT https://upload.acme.example/u?t=1",
        "POST https://upload.acme.example/v2/done",
    ];
    assert_eq!(lines(&sent), all);
    assert_eq!(
        (sent[1].body().as_ref(), &sent[1].headers()["content-type"]),
        (b"hi".as_slice(), &"application/octet-stream".parse().unwrap())
    );
    assert_eq!(sent[2].headers()["content-type"], "multipart/related; boundary=part-ex7");
    let related = "--part-ex7\r\nContent-Type: application/json\r\n\r\n{\"name\":\"p\"}\r\n--part-ex7\r\n\
                   Content-Type: text/plain\r\n\r\nhi\r\n--part-ex7--\r\n";
    assert_eq!(std::str::from_utf8(sent[2].body()).unwrap(), related);

    let url = "https://files.example/a.txt";
    let (sent, _) =
        walk("ACME_UPLOAD", json!({"name": "p", "content_url": url}), &[file, address, Value::Null]);
    assert_eq!(lines(&sent)[0], format!("GET {url}"));
    assert_eq!(
        (sent[2].body().as_ref(), &sent[2].headers()["content-type"]),
        (b"hi".as_slice(), &"text/plain".parse().unwrap())
    );
    for wrong in ["http://files.example/a", "file:///etc/passwd", "a.txt"] {
        let (sent, end) = walk("ACME_UPLOAD", json!({"name": "p", "content_url": wrong}), &[]);
        assert_eq!((sent.len(), end.unwrap_err().as_str()), (0, "a file is fetched from an https:// URL"));
    }
    let (_, end) = walk(
        "ACME_UPLOAD",
        json!({"name": "p", "content": "%%"}),
        &[json!({"upload_url": "https://upload.acme.example/u"})],
    );
    assert_eq!(end.unwrap_err(), "the content is not valid base64");
}

#[test]
fn long_texts_are_cut_with_a_way_to_get_the_rest() {
    let mut result = json!({"text": "é".repeat(30), "content": "x".repeat(30), "list": [{"text": "short"}]});
    executor::cut(&mut result, &["content".to_owned()], 10);
    assert_eq!(
        result["text"],
        format!("{}... [cut: 10 of 30 characters; `text_limit`: 30 gives all]", "é".repeat(10))
    );
    assert_eq!(
        (result["content"].as_str().unwrap().len(), &result["list"][0]["text"]),
        (30, &json!("short"))
    );
}

const FORM: &str = r#"
name = "ACME_FORM"
description = "Send a form."
effect = "write"
[parameters]
type = "object"
[parameters.properties]
name = { type = "string", description = "The file's name." }
text = { type = "string", description = "The text." }
kind = { type = "string", description = "The media type." }
[request]
method = "POST"
path = "/form"
body_format = "multipart"
body = '[{name: "note", text}, {name: "file", filename: .name, content_type: .kind, text}]'
"#;

/// The parts of a body, as (headers, content), split at the boundary as RFC 2046 says.
fn parts(body: &[u8], boundary: &str) -> Vec<(String, Vec<u8>)> {
    let body = String::from_utf8_lossy(body).into_owned();
    let body = body.strip_suffix(&format!("\r\n--{boundary}--\r\n")).unwrap();
    let body = format!("\r\n{body}");
    let delimiter = format!("\r\n--{boundary}\r\n");
    body.split(&delimiter)
        .skip(1)
        .map(|part| {
            let (headers, content) = part.split_once("\r\n\r\n").unwrap();
            (headers.to_owned(), content.as_bytes().to_vec())
        })
        .collect()
}

proptest! {
    #[test]
    fn no_value_starts_a_header_or_a_part(name in any::<String>(), text in "(?s).{0,80}|(\r\n--part-ex7(--)?\r\n){1,3}", kind in "[ -~\r\n]{0,20}") {
        let files = [("acme/toolkit.toml", TOOLKIT), ("acme/tools/form.toml", FORM)];
        let files = files.map(|(path, text)| ManifestFile { path: path.into(), text: text.into() });
        let catalog = Catalog::load(files, &OriginMap::none()).unwrap();
        let tool = catalog.find_tool("ACME_FORM").unwrap();
        let arguments = json!({"name": name, "text": text, "kind": kind});
        let variables = Variables { arguments, call: json!({"id": "ex_7"}), ..Variables::default() };
        match Progress::new(catalog.find_toolkit("acme").unwrap(), tool, variables).due() {
            Ok(due) => {
                let request = due.unwrap().request;
                let boundary = request.headers()["content-type"].to_str().unwrap().split_once("boundary=").unwrap().1;
                let parts = parts(request.body(), boundary);
                prop_assert_eq!(parts.len(), 2);
                prop_assert_eq!(&parts[0].0, "Content-Disposition: form-data; name=\"note\"");
                prop_assert_eq!(parts[1].0.lines().count(), 2);
                prop_assert_eq!(&parts[0].1, text.as_bytes());
                prop_assert_eq!(&parts[1].1, text.as_bytes());
            }
            Err(RenderError::Refused(problem)) => prop_assert!(problem.contains("media type")),
            Err(error) => prop_assert!(false, "{}", error),
        }
    }
}
