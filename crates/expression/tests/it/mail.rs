//! Messages written by our encoder, read by a parser that somebody else wrote.

use expression::{EvaluateError, Expression, Variables};
use mail_parser::{Address, MessageParser, MimeHeaders};
use proptest::prelude::*;
use serde_json::{Value, json};

fn message(overrides: Value) -> Result<String, EvaluateError> {
    let mut input = json!({
        "from": "ada@example.com", "to": "grace@example.com", "message_id": "<ex_1@example.com>",
        "date": 1_700_000_000, "boundary": "ex_1",
    });
    for (key, value) in overrides.as_object().unwrap() {
        input[key] = value.clone();
    }
    let expression = Expression::parse("mail_message").unwrap();
    expression.evaluate(&input, &Variables::default()).map(|text| text.as_str().unwrap().to_owned())
}

fn addresses(address: Option<&Address<'_>>) -> Vec<String> {
    address
        .into_iter()
        .flat_map(|list| list.iter())
        .filter_map(|one| one.address())
        .map(str::to_owned)
        .collect()
}

#[test]
fn writes_every_header_and_part() {
    let raw = message(json!({
        "to": "Grace Hopper <grace@example.com>, alan@example.com", "cc": ["edsger@example.com"], "bcc": ["barbara@example.com"],
        "subject": "Grüße 🚀", "text": "plain", "html": "<b>rich</b>", "in_reply_to": "<a@b>", "references": "<a@b>",
        "attachments": [{"name": "grüße.txt", "mime_type": "text/plain", "content": "aGk="}],
    }))
    .unwrap();
    let parsed = MessageParser::default().parse(raw.as_bytes()).unwrap();
    assert_eq!(parsed.subject(), Some("Grüße 🚀"));
    assert_eq!(addresses(parsed.from()), ["ada@example.com"]);
    assert_eq!(addresses(parsed.to()), ["grace@example.com", "alan@example.com"]);
    assert_eq!(addresses(parsed.cc()), ["edsger@example.com"]);
    assert_eq!(addresses(parsed.bcc()), ["barbara@example.com"]);
    assert_eq!(parsed.message_id(), Some("ex_1@example.com"));
    assert_eq!(parsed.in_reply_to().as_text(), Some("a@b"));
    assert_eq!(parsed.date().unwrap().to_timestamp(), 1_700_000_000);
    assert_eq!(parsed.body_text(0).unwrap(), "plain");
    assert_eq!(parsed.body_html(0).unwrap(), "<b>rich</b>");
    let attachment = parsed.attachment(0).unwrap();
    assert_eq!((attachment.attachment_name(), attachment.contents()), (Some("grüße.txt"), b"hi".as_slice()));
}

#[test]
fn says_what_is_wrong() {
    for (overrides, problem) in [
        (json!({"to": null}), "give at least one recipient in `to`, `cc` or `bcc`"),
        (json!({"to": "nobody"}), "`nobody` is no e-mail address"),
        (
            json!({"to": "a@b.example\r\nBcc: c@d.example"}),
            "`a@b.example\r\nBcc: c@d.example` is no e-mail address",
        ),
        (
            json!({"attachments": [{"name": "a", "content": "*"}]}),
            "the content of attachment `a` is not base64",
        ),
        (
            json!({"attachments": [{"name": "a", "mime_type": "x", "content": ""}]}),
            "`x` of attachment `a` is no media type",
        ),
    ] {
        assert_eq!(message(overrides), Err(EvaluateError::Refused(problem.into())));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_text_becomes_a_header(subject in any::<String>(), text in any::<String>(), name in any::<String>()) {
        let raw = message(json!({
            "subject": subject, "text": text, "attachments": [{"name": name, "content": "aGk="}],
        })).unwrap();
        let parsed = MessageParser::default().parse(raw.as_bytes()).unwrap();
        let names: Vec<String> = parsed.headers().iter().map(|header| header.name().to_lowercase()).collect();
        for header in &names {
            prop_assert!(
                ["from", "to", "subject", "date", "message-id", "mime-version", "content-type"].contains(&header.as_str()),
                "{header} in {raw}"
            );
        }
        prop_assert_eq!(names.len(), 7);
        prop_assert_eq!(addresses(parsed.to()), ["grace@example.com"]);
        prop_assert!(parsed.bcc().is_none());
    }

    #[test]
    fn plain_text_survives(text in "[^\r\u{0}]{0,2000}") {
        let raw = message(json!({"text": text})).unwrap();
        let parsed = MessageParser::default().parse(raw.as_bytes()).unwrap();
        let body = parsed.body_text(0).map(|body| body.replace("\r\n", "\n")).unwrap_or_default();
        prop_assert_eq!(body.trim_end_matches('\n'), text.trim_end_matches('\n'));
    }
}
