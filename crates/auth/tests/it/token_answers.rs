//! What a token endpoint answers, in every shape providers have been seen to use.

use auth::{TokenErrorClass, TokenResponse, read_token_response};
use bytes::Bytes;
use http::{Response, StatusCode};
use proptest::prelude::*;
use secrecy::ExposeSecret;

use crate::{USUAL, catalog_with};

fn read(status: u16, body: &[u8]) -> Result<TokenResponse, auth::TokenError> {
    let quirks = format!(
        "{USUAL}\naccess_token_lifetime = 7200\ndead_grant_errors = [\"bad_refresh_token\", \"token_revoked\"]\n\
         client_errors = [\"incorrect_client_credentials\"]\n"
    );
    let catalog = catalog_with(&quirks, "ends = \"none\"");
    let oauth2 = catalog.find_toolkit("acme").unwrap().default_auth_scheme().oauth2().unwrap();
    read_token_response(&oauth2.token_endpoint, &response(status, body))
}

fn response(status: u16, body: &[u8]) -> Response<Bytes> {
    let mut response = Response::new(Bytes::copy_from_slice(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}

#[test]
fn tokens_are_read_from_json_and_from_forms() {
    let answer =
        read(200, br#"{"access_token":"at","refresh_token":"rt","expires_in":"3600","scope":"a b"}"#)
            .unwrap();
    let token = &answer.tokens["default"];
    assert_eq!(token.access_token.expose_secret(), "at");
    assert_eq!(token.refresh_token.as_ref().unwrap().expose_secret(), "rt");
    assert_eq!(
        (token.expires_in, token.scopes.clone().unwrap()),
        (Some(3600), vec!["a".to_owned(), "b".to_owned()])
    );
    assert!(!format!("{answer:?}").contains("\"at\""));

    let form = read(200, b"access_token=at&scope=repo%2Cuser&token_type=bearer").unwrap();
    assert_eq!(form.tokens["default"].scopes.clone().unwrap(), ["repo", "user"]);
    assert_eq!(form.tokens["default"].expires_in, Some(7200), "the manifest's lifetime where none is stated");

    let list = read(200, br#"{"access_token":"at","expires_in":"59.9","scope":["a","b"]}"#).unwrap();
    assert_eq!(list.tokens["default"].scopes.clone().unwrap(), ["a", "b"]);
    assert_eq!(list.tokens["default"].expires_in, Some(59));

    let odd = read(200, br#"{"access_token":"at","refresh_token":"","expires_in":0,"scope":null}"#).unwrap();
    assert!(odd.tokens["default"].refresh_token.is_none());
    assert_eq!(odd.tokens["default"].expires_in, Some(7200));
}

#[test]
fn several_tokens_are_read_from_one_answer() {
    let quirks = r#"pkce = "none"
client_authentication = "body"
refresh = "none"
tokens = [
  { name = "default", path = ".", scope_parameter = "scope" },
  { name = "user", path = ".authed_user", scope_parameter = "user_scope", scope_prefix = "user:" },
]"#;
    let catalog = catalog_with(quirks, "ends = \"none\"");
    let oauth2 = catalog.find_toolkit("acme").unwrap().default_auth_scheme().oauth2().unwrap();
    let body = br#"{"ok":true,"access_token":"xoxb","scope":"chat:write","authed_user":{"access_token":"xoxp","scope":"search:read"}}"#;
    let answer = read_token_response(&oauth2.token_endpoint, &response(200, body)).unwrap();
    assert_eq!(answer.tokens["user"].access_token.expose_secret(), "xoxp");
    assert_eq!(answer.tokens["user"].scopes.clone().unwrap(), ["user:search:read"]);
    let only_bot = br#"{"ok":true,"access_token":"xoxb","authed_user":{"id":"U1"}}"#;
    assert_eq!(
        read_token_response(&oauth2.token_endpoint, &response(200, only_bot)).unwrap().tokens.len(),
        1
    );
}

#[test]
fn a_refusal_means_what_it_means() {
    use TokenErrorClass::{Busy, Client, DeadGrant, Malformed, Refused, Transient};
    for (status, body, class, code) in [
        (400, r#"{"error":"invalid_grant"}"#, DeadGrant, Some("invalid_grant")),
        (401, r#"{"error":"invalid_grant"}"#, DeadGrant, Some("invalid_grant")),
        (400, r#"{"message":"Bad Request","error":400}"#, Refused, Some("400")),
        (400, r#"{"error":"interaction_required","suberror":"x"}"#, DeadGrant, Some("interaction_required")),
        (
            200,
            r#"{"error":"bad_refresh_token","error_description":"..."}"#,
            DeadGrant,
            Some("bad_refresh_token"),
        ),
        (200, r#"{"ok":false,"error":"token_revoked"}"#, DeadGrant, Some("token_revoked")),
        (401, r#"{"error":"invalid_client"}"#, Client, Some("invalid_client")),
        (400, r#"{"error":"unauthorized_client"}"#, Client, Some("unauthorized_client")),
        (
            200,
            "error=incorrect_client_credentials&error_description=x",
            Client,
            Some("incorrect_client_credentials"),
        ),
        (401, "", Client, None),
        (400, r#"{"error":"invalid_request"}"#, Refused, Some("invalid_request")),
        (403, "<html>blocked</html>", Refused, None),
        (400, r#"{"error":"a token: abc"}"#, Refused, None),
        (503, r#"{"error":"invalid_grant"}"#, Transient, Some("invalid_grant")),
        (502, "<html>bad gateway</html>", Transient, None),
        (429, "", Busy, None),
        (408, "", Busy, None),
        (400, r#"{"error":"temporarily_unavailable"}"#, Busy, Some("temporarily_unavailable")),
        (200, "", Malformed, None),
        (200, "<html>login</html>", Malformed, None),
        (200, r#"{"access_token":""}"#, Malformed, None),
        (200, "[]", Malformed, None),
    ] {
        let error = read(status, body.as_bytes()).unwrap_err();
        assert_eq!((error.class, error.code.as_deref()), (class, code), "{status} {body}");
    }
}

#[test]
fn the_most_telling_code_decides() {
    use TokenErrorClass::{Client, DeadGrant, Refused, Transient};
    let quirks = format!(
        "{USUAL}\nclient_errors = [\"N7\"]\ntransient_errors = [\"N9\"]\n\
         refusal = '{{codes: [(.body.numbers[]? | \"N\\(.)\"), .body.error], retry_after: .body.wait}}'\n"
    );
    let catalog = catalog_with(&quirks, "ends = \"none\"");
    let oauth2 = catalog.find_toolkit("acme").unwrap().default_auth_scheme().oauth2().unwrap();
    for (body, class, code, wait) in [
        (r#"{"error":"invalid_grant","numbers":[5]}"#, DeadGrant, "N5", None),
        (r#"{"error":"invalid_grant","numbers":[5,9],"wait":1.5}"#, Transient, "N5", Some(1500)),
        (r#"{"error":"invalid_request","numbers":[7]}"#, Client, "N7", None),
        (r#"{"error":"invalid_request","wait":-1}"#, Refused, "invalid_request", Some(0)),
    ] {
        let error = read_token_response(&oauth2.token_endpoint, &response(400, body.as_bytes())).unwrap_err();
        let seen = error.retry_after.map(|wait| wait.as_millis());
        assert_eq!((error.class, error.code.as_deref(), seen), (class, Some(code), wait), "{body}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_answer_panics(status in 100u16..600, body in any::<Vec<u8>>()) {
        let _ = read(status, &body);
    }
}
