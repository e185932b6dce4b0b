//! The expression language from outside: what it computes, what it refuses, and the encoders against parsers that
//! are not ours.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod mail;

use expression::{EvaluateError, Expression, Variables};
use proptest::prelude::*;
use serde_json::{Value, json};

fn evaluate(source: &str, input: Value) -> Value {
    Expression::parse(source).unwrap().evaluate(&input, &Variables::default()).unwrap()
}

#[test]
fn maps_json_to_json() {
    let input = json!({"id": "m1", "labelIds": ["INBOX", "UNREAD"], "big": 9007199254740993_i64, "f": 1.5});
    assert_eq!(
        evaluate("{messageId: .id, labels: [.labelIds[] | ascii_downcase], big, f, gone}", input),
        json!({"messageId": "m1", "labels": ["inbox", "unread"], "big": 9007199254740993_i64, "f": 1.5, "gone": null})
    );
    assert_eq!(evaluate("empty", json!({})), Value::Null);
    assert_eq!(evaluate(".[]", json!([1, 2])), json!(1));
}

#[test]
fn all_of_jq_is_there_however_it_is_reached() {
    let many = json!([{"k": "b", "n": 2}, {"k": "a", "n": 1}]);
    for (source, input, output) in [
        ("nth(1; .[]), first, last | .", json!([1, 2]), json!(2)),
        ("[.. | numbers]", json!([1, [2]]), json!([1, 2])),
        ("map(.k) | sort | join(\"-\")", many.clone(), json!("a-b")),
        ("min_by(.n).k, max_by(.n).k", many.clone(), json!("a")),
        ("group_by(.k) | map(length) | add", many.clone(), json!(2)),
        ("[paths(type == \"number\")]", many.clone(), json!([[0, "n"], [1, "n"]])),
        ("with_entries(.value |= tostring)", json!({"a": 1}), json!({"a": "1"})),
        ("gsub(\"[0-9]+\"; \"#\")", json!("a1b22"), json!("a#b#")),
        ("capture(\"(?<year>\\\\d+)\")", json!("in 2026"), json!({"year": "2026"})),
        ("[splits(\", *\")]", json!("a,  b"), json!(["a", "b"])),
        ("\"\\(@uri)|\\(@base64)|\\(@html)\"", json!("<é"), json!("%3C%C3%A9|PMOp|&lt;é")),
        ("@sh \"echo \\(.)\"", json!("it's"), json!("echo 'it'\\''s'")),
        ("fromdate | todate", json!("2026-11-22T00:00:00Z"), json!("2026-11-22T00:00:00Z")),
        ("try error(\"x\") catch ascii_upcase", Value::Null, json!("X")),
        ("[limit(3; repeat(1))] | unique | flatten | any", Value::Null, json!(true)),
        ("walk(if type == \"number\" then -. end) | abs?", json!(3), json!(3)),
    ] {
        assert_eq!(evaluate(source, input), output, "{source}");
    }
}

#[test]
fn sees_its_variables_and_nothing_else() {
    let variables = Variables {
        arguments: json!({"to": "a@b.example"}),
        account: json!({"label": "me@b.example"}),
        call: json!({"id": "ex_1", "now": 0}),
        ..Variables::default()
    };
    let expression =
        Expression::parse("[$arguments.to, $account.label, $call.id, ($call.now | todate)]").unwrap();
    assert_eq!(
        expression.evaluate(&Value::Null, &variables).unwrap(),
        json!(["a@b.example", "me@b.example", "ex_1", "1970-01-01T00:00:00Z"])
    );
    for forbidden in
        ["env", "$ENV", "now", "halt", "input", "debug", "1 | stderr", "localtime", "import \"x\" as x; 1"]
    {
        Expression::parse(forbidden).expect_err(forbidden);
    }
}

#[test]
fn a_wrong_expression_says_what_and_on_which_line() {
    let error = Expression::parse("{a: 1,\n b: nothing(2)}").unwrap_err();
    assert_eq!((error.message.as_str(), error.line), ("unknown filter `nothing`", 2));
    let error = Expression::parse("{a: 1,\n b: )}").unwrap_err();
    assert_eq!(error.line, 2, "{error}");
    for (source, message) in
        [("", "expected term, found `end of expression`"), ("\"open", "expected closing quote")]
    {
        let error = Expression::parse(source).unwrap_err();
        assert_eq!((error.message.as_str(), error.line), (message, 1), "{source}");
    }
}

#[test]
fn only_a_problem_raised_on_purpose_reaches_the_caller() {
    let refused = Expression::parse("error({problem: \"give text or blocks\"})").unwrap();
    assert_eq!(
        refused.evaluate(&Value::Null, &Variables::default()),
        Err(EvaluateError::Refused("give text or blocks".into()))
    );
    let failed = Expression::parse(".token + 1").unwrap();
    let error = failed.evaluate(&json!({"token": "canary"}), &Variables::default()).unwrap_err();
    assert_eq!(error, EvaluateError::Failed);
    assert!(!format!("{error} {error:?}").contains("canary"));
}

#[test]
fn base64url_is_written_bare_and_read_either_way() {
    assert_eq!(evaluate("base64url", json!("a?>b")), json!("YT8-Yg"));
    for padded in ["YT8-Yg", "YT8-Yg=="] {
        assert_eq!(evaluate("base64url_decode", json!(padded)), json!("a?>b"));
        assert_eq!(evaluate("base64url_to_base64", json!(padded)), json!("YT8+Yg=="));
    }
    let expression = Expression::parse("base64url_decode").unwrap();
    assert_eq!(
        expression.evaluate(&json!("*"), &Variables::default()),
        Err(EvaluateError::Refused("base64url_decode takes base64url text".into()))
    );
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter("JSON has no other numbers", |f| f.is_finite()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::hash_map(any::<String>(), inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn identity_keeps_any_json(value in any_json()) {
        prop_assert_eq!(evaluate(".", value.clone()), value);
    }

    #[test]
    fn base64url_comes_back(text in any::<String>()) {
        prop_assert_eq!(evaluate("base64url | base64url_decode", json!(text)), json!(text));
    }

    #[test]
    fn any_text_parses_or_is_refused_without_a_panic(source in "[ -~\n]{0,60}") {
        let _ = Expression::parse(&source);
    }
}
