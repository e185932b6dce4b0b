//! GitHub: errors with status 200, folded scopes, optional expiry, revocation by the app.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sandbox::{Client, Decision, Provider, Rotation};
use serde_json::{Value, json};

use crate::bed::{Bed, Body, REDIRECT, Reply, VERIFIER, challenge, text};

async fn application(bed: &Bed, method: &str, what: &str, client: &Client, body: Value) -> Reply {
    let basic = STANDARD.encode(format!("{}:{}", client.client_id, client.client_secret));
    let path = format!("api.github.com/applications/{}/{what}", client.client_id);
    let builder = bed.builder(method, &path).header("authorization", format!("Basic {basic}"));
    bed.send(builder.header("content-type", "application/json").body(body.to_string())).await
}

#[tokio::test]
async fn a_code_becomes_a_lasting_token_with_folded_scopes() {
    let bed = Bed::new().await;
    let asked = "user:email,repo public_repo read:user made-up user";
    let tokens = bed.connect(Provider::GitHub, "ada", asked).await;
    assert!(text(&tokens["access_token"]).starts_with("gho_"));
    assert_eq!(tokens["scope"], "repo,user", "unknown and included scopes are dropped");
    assert_eq!(tokens["token_type"], "bearer");
    assert!(tokens["expires_in"].is_null() && tokens["refresh_token"].is_null());
    bed.advance(400 * 86_400);
    let me = bed.get("api.github.com/user", &text(&tokens["access_token"])).await;
    assert_eq!(me.header("x-oauth-scopes"), "repo, user");
    assert_eq!(me.json()["login"], "ada");
}

#[tokio::test]
async fn answers_are_forms_unless_json_is_asked_for() {
    let bed = Bed::new().await;
    let client = bed.client(Provider::GitHub);
    let code = bed.code(Provider::GitHub, "ada", "repo gist").await;
    let fields = [
        ("client_id", client.client_id.as_str()),
        ("client_secret", &client.client_secret),
        ("code", &code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
    ];
    let reply = bed.send(bed.builder("POST", "github.com/login/oauth/access_token").form(&fields)).await;
    assert!(reply.header("content-type").starts_with("application/x-www-form-urlencoded"));
    assert!(reply.text.contains("&scope=gist%2Crepo&token_type=bearer"), "{}", reply.text);
    let replay = bed.send(bed.builder("POST", "github.com/login/oauth/access_token").form(&fields)).await;
    assert_eq!(replay.status, 200);
    assert!(replay.text.starts_with("error=bad_verification_code&error_description="));
}

#[tokio::test]
async fn errors_have_status_200() {
    let bed = Bed::new().await;
    let client = bed.client(Provider::GitHub);
    let code = bed.code(Provider::GitHub, "ada", "repo").await;
    let path = "github.com/login/oauth/access_token";
    let attempt = async |fields: &[(&str, &str)]| text(&bed.form(path, fields).await.expect(200)["error"]);
    let credentials =
        [("client_id", client.client_id.as_str()), ("client_secret", client.client_secret.as_str())];
    let with = |more: &[(&'static str, &'static str)]| {
        let mut fields: Vec<(&str, &str)> = credentials.to_vec();
        fields.push(("code", &code));
        fields.extend(more.iter().copied());
        fields
    };
    let mut wrong = with(&[("redirect_uri", REDIRECT), ("code_verifier", VERIFIER)]);
    wrong[1] = ("client_secret", "wrong");
    assert_eq!(attempt(&wrong).await, "incorrect_client_credentials");
    assert_eq!(attempt(&[("client_id", "nobody")]).await, "incorrect_client_credentials");
    let elsewhere = with(&[("redirect_uri", "http://127.0.0.1:1/"), ("code_verifier", VERIFIER)]);
    assert_eq!(attempt(&elsewhere).await, "redirect_uri_mismatch");
    assert_eq!(attempt(&with(&[("redirect_uri", REDIRECT)])).await, "bad_verification_code");
    let refresh = [&credentials[..], &[("grant_type", "refresh_token"), ("refresh_token", "ghr_x")]].concat();
    assert_eq!(attempt(&refresh).await, "bad_refresh_token");
    assert_eq!(attempt(&with(&[("scope", "repo")])).await, "invalid_request");
    let full = bed.form(path, &refresh).await.json();
    assert!(text(&full["error_uri"]).starts_with("https://docs.github.com/"));
}

#[tokio::test]
async fn expiring_tokens_rotate_and_the_old_pair_dies() {
    let bed = Bed::new().await;
    let client = bed.client(Provider::GitHub);
    bed.sandbox.control().set_rotation(Provider::GitHub, &client.client_id, Rotation::On).unwrap();
    let first = bed.connect(Provider::GitHub, "ada", "repo").await;
    assert_eq!(
        (first["expires_in"].as_i64(), first["refresh_token_expires_in"].as_i64()),
        (Some(28_800), Some(15_897_600))
    );
    let refresh = text(&first["refresh_token"]);
    assert!(refresh.starts_with("ghr_"));
    let second = bed.refresh(Provider::GitHub, &refresh).await.expect(200);
    bed.get("api.github.com/user", &text(&first["access_token"])).await.expect(401);
    bed.get("api.github.com/user", &text(&second["access_token"])).await.expect(200);

    let replay = bed.refresh(Provider::GitHub, &refresh).await.expect(200);
    assert_eq!(replay["error"], "bad_refresh_token");
    assert_eq!(bed.last_entry().detail["reuse_detected"], true);
    bed.get("api.github.com/user", &text(&second["access_token"])).await.expect(401);

    let third = bed.connect(Provider::GitHub, "ada", "repo").await;
    bed.advance(28_800);
    let expired = bed.get("api.github.com/user", &text(&third["access_token"])).await.expect(401);
    assert_eq!(expired["message"], "Bad credentials");
    bed.advance(15_897_600);
    let too_late = bed.refresh(Provider::GitHub, &text(&third["refresh_token"])).await.expect(200);
    assert_eq!(too_late["error"], "bad_refresh_token");
}

#[tokio::test]
async fn offline_access_asks_for_expiry_by_scope() {
    let bed = Bed::new().await;
    let tokens = bed.connect(Provider::GitHub, "ada", "repo offline_access").await;
    assert_eq!(tokens["expires_in"], 28_800);
    assert_eq!(tokens["scope"], "repo");
}

#[tokio::test]
async fn the_app_checks_and_ends_a_token_or_the_whole_grant() {
    let bed = Bed::new().await;
    let client = bed.client(Provider::GitHub);
    let (one, two) =
        (bed.token(Provider::GitHub, "ada", "repo").await, bed.token(Provider::GitHub, "ada", "gist").await);
    let grace = bed.token(Provider::GitHub, "grace", "repo").await;
    let body = |token: &str| json!({"access_token": token});
    let checked = application(&bed, "POST", "token", &client, body(&one)).await.expect(200);
    assert_eq!((&checked["user"]["login"], &checked["scopes"]), (&json!("ada"), &json!(["repo"])));
    assert_eq!(bed.last_entry().kind, sandbox::Kind::Api);

    application(&bed, "DELETE", "token", &client, body(&one)).await.expect(204);
    assert_eq!(bed.last_entry().kind, sandbox::Kind::Revoke);
    let gone = bed.get("api.github.com/user", &one).await.expect(401);
    assert_eq!((&gone["message"], &gone["status"]), (&json!("Bad credentials"), &json!("401")));
    bed.get("api.github.com/user", &two).await.expect(200);
    application(&bed, "DELETE", "token", &client, body(&one)).await.expect(404);

    let three = bed.token(Provider::GitHub, "ada", "repo").await;
    application(&bed, "DELETE", "grant", &client, body(&two)).await.expect(204);
    bed.get("api.github.com/user", &three).await.expect(401);
    bed.get("api.github.com/user", &grace).await.expect(200);

    let wrong = Client { client_secret: "wrong".into(), ..client.clone() };
    application(&bed, "DELETE", "token", &wrong, body(&grace)).await.expect(401);
    let other =
        bed.sandbox.control().register_client(Provider::GitHub, vec![REDIRECT.into()], Default::default());
    application(&bed, "DELETE", "token", &other, body(&grace)).await.expect(404);
    application(&bed, "DELETE", "token", &client, json!({})).await.expect(422);
    bed.get("api.github.com/user", &grace).await.expect(200);
}

#[tokio::test]
async fn a_registered_client_takes_exactly_its_redirect_uris() {
    let bed = Bed::new().await;
    let registered = "https://app.example/callback";
    let client =
        bed.sandbox.control().register_client(Provider::GitHub, vec![registered.into()], Default::default());
    let attempt = async |redirect: &str| {
        let more = [("client_id", client.client_id.as_str()), ("redirect_uri", redirect)];
        let url = bed.authorize_url(Provider::GitHub, &more);
        bed.sandbox.control().consent(&url, &Decision::Allow("ada".into())).await
    };
    assert!(attempt(registered).await.unwrap().as_str().starts_with("https://app.example/callback?state="));
    assert!(attempt("").await.is_ok(), "GitHub falls back on the registered one");
    for near in ["https://app.example/callback/", "https://app.example/callback?x=1", REDIRECT] {
        let error = attempt(near).await.unwrap_err();
        assert!(error.status == 400 && error.page.contains("redirect_uri_mismatch"), "{near}");
    }
    let url = bed.authorize_url(Provider::GitHub, &[("client_id", "nobody")]);
    assert_eq!(bed.sandbox.control().consent(&url, &Decision::Deny).await.unwrap_err().status, 404);
}

#[tokio::test]
async fn denial_and_plain_challenges() {
    let bed = Bed::new().await;
    let url = bed.authorize_url(Provider::GitHub, &[("scope", "repo")]);
    let denied = bed.sandbox.control().consent(&url, &Decision::Deny).await.unwrap();
    assert!(denied.query().unwrap().contains("error=access_denied&error_description="));
    assert!(denied.query().unwrap().contains("state=the+state"));
    let plain = bed.authorize_url(Provider::GitHub, &[("code_challenge", &challenge())]);
    assert_eq!(bed.sandbox.control().consent(&plain, &Decision::Deny).await.unwrap_err().status, 400);
}

#[tokio::test]
async fn the_api_wants_a_user_agent_and_a_token() {
    let bed = Bed::new().await;
    let token = bed.token(Provider::GitHub, "ada", "repo").await;
    let mut bare = bed.builder("GET", "api.github.com/user").bearer_auth(&token).build().unwrap();
    bare.headers_mut().insert("user-agent", "".parse().unwrap());
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let refused = http.execute(bare).await.unwrap();
    assert_eq!(refused.status(), 403);
    assert!(refused.text().await.unwrap().contains("User-Agent"));
    assert_eq!(bed.get("api.github.com/user", "").await.expect(401)["message"], "Requires authentication");
    let old = bed.builder("GET", "api.github.com/user").header("authorization", format!("token {token}"));
    bed.send(old).await.expect(200);
    let basic = bed.builder("GET", "api.github.com/user").header("authorization", "Basic eDp5");
    assert_eq!(bed.send(basic).await.expect(401)["message"], "Bad credentials");
    let version = bed.builder("GET", "api.github.com/user").bearer_auth(&token);
    bed.send(version.header("x-github-api-version", "2001-01-01")).await.expect(400);
    let accept = bed.builder("GET", "api.github.com/user").bearer_auth(&token).header("accept", "text/plain");
    bed.send(accept).await.expect(415);
    bed.call("GET", "api.github.com/user", &token, Body::Json(json!({"x": 1}))).await.expect(400);
}
