//! X: PKCE always, Basic always, and refresh tokens that work once.

use sandbox::{Decision, Provider, Reuse};
use serde_json::json;

use crate::bed::{Bed, REDIRECT, VERIFIER, challenge, text};

const SCOPE: &str = "tweet.read users.read offline.access";
const ME: &str = "api.x.com/2/users/me";

#[tokio::test]
async fn a_code_becomes_tokens_for_as_long_as_they_last() {
    let bed = Bed::new().await;
    let tokens = bed.connect(Provider::Twitter, "ada", SCOPE).await;
    assert_eq!(tokens["token_type"], "bearer");
    assert_eq!(tokens["expires_in"], 7200);
    assert_eq!(tokens["scope"], SCOPE);
    let access = text(&tokens["access_token"]);
    assert_eq!(bed.get(ME, &access).await.expect(200)["data"]["username"], "ada");
    bed.advance(7200);
    let expired = bed.get(ME, &access).await.expect(401);
    assert_eq!(
        expired,
        json!({"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"})
    );
    let online = bed.connect(Provider::Twitter, "ada", "tweet.read users.read").await;
    assert!(online["refresh_token"].is_null());
}

#[tokio::test]
async fn a_refresh_token_works_once_and_its_reuse_ends_the_family() {
    let bed = Bed::new().await;
    let first = bed.connect(Provider::Twitter, "ada", SCOPE).await;
    let old = text(&first["refresh_token"]);
    let second = bed.refresh(Provider::Twitter, &old).await.expect(200);
    let entry = bed.last_entry();
    assert_eq!(entry.operation.as_deref(), Some("refresh_token"));
    assert_eq!(entry.detail["reuse_detected"], false);
    assert_ne!(second["refresh_token"], first["refresh_token"]);

    let replay = bed.refresh(Provider::Twitter, &old).await.expect(400);
    let invalid = "Value passed for the token was invalid.";
    assert_eq!(replay, json!({"error": "invalid_request", "error_description": invalid}));
    assert_eq!(bed.last_entry().detail["reuse_detected"], true);
    bed.get(ME, &text(&second["access_token"])).await.expect(401);
    bed.refresh(Provider::Twitter, &text(&second["refresh_token"])).await.expect(400);
    assert_eq!(bed.last_entry().detail["reuse_detected"], false, "it was revoked, not used");
}

#[tokio::test]
async fn reuse_can_be_told_to_end_nothing() {
    let bed = Bed::new().await;
    bed.sandbox.control().set_reuse(Provider::Twitter, Reuse::IsRefused);
    let first = bed.connect(Provider::Twitter, "ada", SCOPE).await;
    let second = bed.refresh(Provider::Twitter, &text(&first["refresh_token"])).await.expect(200);
    bed.refresh(Provider::Twitter, &text(&first["refresh_token"])).await.expect(400);
    bed.refresh(Provider::Twitter, &text(&second["refresh_token"])).await.expect(200);
}

#[tokio::test]
async fn pkce_state_and_scopes_are_not_optional() {
    let bed = Bed::new().await;
    let good = challenge();
    let full = [("scope", SCOPE), ("code_challenge", good.as_str()), ("code_challenge_method", "S256")];
    let page = async |more: &[(&str, &str)]| {
        let url = bed.authorize_url(Provider::Twitter, more);
        let error = bed.sandbox.control().consent(&url, &Decision::Deny).await.unwrap_err();
        assert_eq!(error.status, 400);
        error.page
    };
    assert!(page(&full[..1]).await.contains("Missing required parameter [code_challenge]."));
    assert!(page(&full[..2]).await.contains("Missing required parameter [code_challenge_method]."));
    assert!(page(&[&full[..], &[("state", "")]].concat()).await.contains("[state]"));
    assert!(page(&[&full[1..], &[("scope", "tweet.read admin")]].concat()).await.contains("admin"));
    assert!(
        page(&[&full[..], &[("redirect_uri", "https://x.example/")]].concat()).await.contains("redirect uri")
    );
    assert!(page(&[&full[..], &[("client_id", "nobody")]].concat()).await.contains("client id"));
}

#[tokio::test]
async fn the_client_comes_by_basic_and_with_everything_needed() {
    let bed = Bed::new().await;
    let client = bed.client(Provider::Twitter);
    let code = bed.code(Provider::Twitter, "ada", SCOPE).await;
    let path = "api.x.com/2/oauth2/token";
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
    ];
    let missing =
        json!({"error": "unauthorized_client", "error_description": "Missing valid authorization header"});
    let in_body = [&fields[..], &[("client_id", client.client_id.as_str())]].concat();
    assert_eq!(bed.form(path, &in_body).await.expect(401), missing);
    let wrong = sandbox::Client { client_secret: "wrong".into(), ..client.clone() };
    assert_eq!(bed.basic_form(path, &wrong, &fields).await.expect(401), missing);

    let attempt = async |fields: &[(&str, &str)]| {
        text(&bed.basic_form(path, &client, fields).await.expect(400)["error_description"])
    };
    assert_eq!(attempt(&fields[..3]).await, "Missing required parameter [code_verifier].");
    let other = "x".repeat(43);
    let wrong = [&fields[..3], &[("code_verifier", other.as_str())]].concat();
    assert!(attempt(&wrong).await.contains("did not match the code challenge"));
    let elsewhere = [fields[0], fields[1], ("redirect_uri", "http://127.0.0.1:1/"), fields[3]];
    assert!(attempt(&elsewhere).await.contains("did not match the uri of the authorization code"));
    assert!(attempt(&[("grant_type", "implicit")]).await.contains("grant type"));
    bed.basic_form(path, &client, &fields).await.expect(200);
    assert_eq!(attempt(&fields).await, "Value passed for the authorization code was invalid.");
}

#[tokio::test]
async fn codes_live_for_thirty_seconds() {
    let bed = Bed::new().await;
    let code = bed.code(Provider::Twitter, "ada", SCOPE).await;
    bed.advance(30);
    bed.exchange(Provider::Twitter, &code).await.expect(400);
    let code = bed.code(Provider::Twitter, "ada", SCOPE).await;
    bed.advance(29);
    bed.exchange(Provider::Twitter, &code).await.expect(200);
}

#[tokio::test]
async fn revocation_follows_the_token() {
    let bed = Bed::new().await;
    let client = bed.client(Provider::Twitter);
    let tokens = bed.connect(Provider::Twitter, "ada", SCOPE).await;
    let (access, refresh) = (text(&tokens["access_token"]), text(&tokens["refresh_token"]));
    let path = "api.x.com/2/oauth2/revoke";
    bed.form(path, &[("token", &access)]).await.expect(401);
    bed.get(ME, &access).await.expect(200);
    let revoked =
        bed.basic_form(path, &client, &[("token", &access), ("token_type_hint", "access_token")]).await;
    assert_eq!(revoked.expect(200), json!({"revoked": true}));
    bed.get(ME, &access).await.expect(401);

    let renewed = bed.refresh(Provider::Twitter, &refresh).await.expect(200);
    bed.basic_form(path, &client, &[("token", &text(&renewed["refresh_token"]))]).await.expect(200);
    bed.get(ME, &text(&renewed["access_token"])).await.expect(401);
    bed.basic_form(path, &client, &[("token", "unknown")]).await.expect(200);
    bed.basic_form(path, &client, &[]).await.expect(400);
}
