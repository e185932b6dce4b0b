//! Path templates: no value leaves its segment.

use catalog::{PathError, ScopeSet, Scopes, Template, is_scope_token, split_scopes};
use proptest::prelude::*;
use url::Url;

fn fill(template: &str, value: &str) -> Result<String, PathError> {
    Template::parse(template).unwrap().fill_path(|_| Some(value.to_owned()))
}

#[test]
fn values_stay_within_their_segments() {
    assert_eq!(fill("/repos/{owner}/x", "a/b?c#d%2e e").unwrap(), "/repos/a%2Fb%3Fc%23d%252e%20e/x");
    assert_eq!(fill("/contents/{+path}", "src/a b.rs").unwrap(), "/contents/src/a%20b.rs");
    for value in ["", ".", ".."] {
        assert_eq!(fill("/x/{id}", value).unwrap_err(), PathError { name: "id".into() });
    }
    for value in ["", "/etc", "a//b", "a/../b", "a/./b", "a/"] {
        assert_eq!(fill("/x/{+path}", value).unwrap_err(), PathError { name: "path".into() }, "{value}");
    }
}

#[test]
fn only_a_value_that_may_span_segments_may_be_absent() {
    let absent = |template: &str| Template::parse(template).unwrap().fill_path(|_| None);
    assert_eq!(absent("/contents/{+path}").unwrap(), "/contents/");
    assert_eq!(
        absent("/users/{$account.subject}/likes").unwrap_err(),
        PathError { name: "$account.subject".into() }
    );
}

#[test]
fn braces_must_pair_and_name_something() {
    for wrong in ["{", "a{b", "a}b", "{}", "{a b}", "{{a}}", "{$account.}", "{$call.id}"] {
        assert!(Template::parse(wrong).is_err(), "{wrong}");
    }
    let template = Template::parse("Bearer {token}").unwrap();
    assert_eq!(template.variables().collect::<Vec<_>>(), ["token"]);
    assert_eq!(template.fill(|_| Some("t")).unwrap(), "Bearer t");
    assert_eq!(template.fill(|_| None), None);
    assert_eq!(template.to_string(), "Bearer {token}");
}

#[test]
fn scopes_are_compared_in_their_short_form_and_sent_in_full() {
    let scopes = Scopes {
        prefix: Some("https://p.example/auth/".into()),
        unprefixed: vec!["openid".into()],
        always: vec!["openid".into()],
        default: vec!["mail.read".into()],
        known: vec!["mail.send".into(), "https://all.example/".into()],
    };
    assert_eq!(scopes.full("mail.send"), "https://p.example/auth/mail.send");
    for as_given in ["openid", "https://all.example/", "unknown", "https://p.example/auth/mail.send"] {
        assert_eq!(scopes.full(as_given), as_given);
    }
    assert!(scopes.knows("https://p.example/auth/mail.send") && !scopes.knows("unknown"));
    let set = |text: &str| ScopeSet(split_scopes(text));
    let granted = vec!["https://p.example/auth/mail.send".to_owned(), "openid".to_owned()];
    assert!(scopes.suffice(&granted, &[]));
    assert!(scopes.suffice(&granted, &[set("https://all.example/"), set("mail.send")]));
    assert!(!scopes.suffice(&granted, &[set("mail.send mail.read")]));
    assert_eq!(scopes.missing(&granted, &[set("a b c"), set("mail.send mail.read")]), ["mail.read"]);
    assert_eq!(split_scopes("a,b c  d"), ["a", "b", "c", "d"]);
}

proptest! {
    #[test]
    fn no_value_changes_the_other_segments(value in any::<String>()) {
        if let Ok(path) = fill("/repos/{owner}/issues", &value) {
            let url = Url::parse("https://api.example").unwrap().join(&path).unwrap();
            let segments: Vec<&str> = url.path_segments().unwrap().collect();
            prop_assert_eq!(segments.len(), 3);
            prop_assert_eq!((segments[0], segments[2]), ("repos", "issues"));
            prop_assert!(url.query().is_none() && url.fragment().is_none());
            prop_assert_eq!(url.host_str(), Some("api.example"));
        }
    }

    #[test]
    fn a_scope_token_never_separates_scopes(text in any::<String>()) {
        if is_scope_token(&text) {
            prop_assert_eq!(split_scopes(&text), vec![text]);
        }
    }
}
