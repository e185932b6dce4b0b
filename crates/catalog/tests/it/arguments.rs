//! What the arguments of a tool accept, and what is said of those they do not.

use catalog::{Catalog, OriginMap, Problem};
use serde_json::{Value, json};

fn accept(tool: &str, arguments: Value) -> Result<Value, Vec<Problem>> {
    let catalog = Catalog::embedded(&OriginMap::none()).unwrap();
    catalog.find_tool(tool).unwrap().parameters.accept(arguments.as_object().unwrap())
}

fn problems(tool: &str, arguments: Value) -> Vec<String> {
    let problems = accept(tool, arguments).unwrap_err();
    problems.iter().map(|problem| format!("{} {}", problem.pointer, problem.message)).collect()
}

#[test]
fn other_names_become_the_own_name_and_defaults_are_filled_in() {
    assert_eq!(
        accept("GMAIL_SEND_EMAIL", json!({"recipient_email": "a@b.example", "message_body": "hi"})).unwrap(),
        json!({"to": "a@b.example", "body": "hi", "is_html": false})
    );
}

#[test]
fn every_problem_is_named_with_its_place_and_without_its_value() {
    let found = problems(
        "GMAIL_SEND_EMAIL",
        json!({"subjekt": "x", "cc": "canary", "is_html": "canary", "attachments": [{"filename": "a", "size": 1}]}),
    );
    assert_eq!(
        found,
        [
            "/attachments/0 has unknown fields: size",
            "/attachments/0/content is required",
            "/cc must be of type array",
            "/is_html must be of type boolean",
            "/subjekt is not a parameter; did you mean `subject`?",
            "/to is required",
        ]
    );
}

#[test]
fn bounds_and_choices_say_what_would_be_right() {
    assert_eq!(problems("GMAIL_FETCH_EMAILS", json!({"limit": 501})), ["/limit must be at most 500"]);
    assert_eq!(problems("GMAIL_FETCH_EMAILS", json!({"limit": 0})), ["/limit must be at least 1"]);
    assert_eq!(problems("GMAIL_SEND_EMAIL", json!({"to": []})), ["/to fits none of the accepted forms"]);
    assert_eq!(
        problems("GMAIL_CREATE_LABEL", json!({"name": "", "text_color": "red"})),
        ["/name must have at least 1 characters", "/text_color must match the pattern ^#[0-9a-f]{6}$"]
    );
    assert_eq!(
        problems("GMAIL_GET_PROFILE", json!({"x": 1})),
        ["/x is not a parameter; this tool takes none"]
    );
}

#[test]
fn a_value_given_under_two_names_is_refused() {
    assert_eq!(
        problems("GMAIL_SEND_EMAIL", json!({"to": "a@b.example", "recipient_email": "c@d.example"})),
        ["/recipient_email is another name of `to`; give it once"]
    );
}
