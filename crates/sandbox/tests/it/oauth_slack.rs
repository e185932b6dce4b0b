//! Slack: two tokens from one consent, errors with status 200, rotation only where it is turned on.

use sandbox::{Decision, Provider, Rotation};
use serde_json::{Value, json};

use crate::bed::{Bed, REDIRECT, challenge, text};

const BOT: &str = "chat:write,channels:read";

async fn both(bed: &Bed, account: &str, bot: &str, user: &str) -> Value {
    let url = bed.authorize_url(Provider::Slack, &[("scope", bot), ("user_scope", user)]);
    let code = bed.allow(&url, account).await["code"].clone();
    bed.exchange(Provider::Slack, &code).await.expect(200)
}

async fn test(bed: &Bed, token: &Value) -> Value {
    bed.call("POST", "slack.com/api/auth.test", &text(token), crate::bed::Body::Form(&[])).await.expect(200)
}

#[tokio::test]
async fn one_consent_yields_a_bot_token_and_a_user_token() {
    let bed = Bed::new().await;
    let answer = both(&bed, "grace", BOT, "search:read").await;
    assert_eq!(answer["ok"], true);
    assert_eq!((&answer["token_type"], &answer["scope"]), (&json!("bot"), &json!(BOT)));
    assert!(text(&answer["access_token"]).starts_with("xoxb-"));
    assert_eq!(answer["team"]["name"], "Butterbase Sandbox");
    assert_eq!(answer["enterprise"], Value::Null);
    assert_eq!(
        answer["app_id"].as_str(),
        bed.client(Provider::Slack).extra.get("app_id").map(String::as_str)
    );
    let user = &answer["authed_user"];
    assert_eq!((&user["token_type"], &user["scope"]), (&json!("user"), &json!("search:read")));
    assert!(answer["refresh_token"].is_null() && answer["expires_in"].is_null());

    let bot = test(&bed, &answer["access_token"]).await;
    assert_eq!(bot["user_id"], answer["bot_user_id"]);
    assert!(bot["bot_id"].is_string());
    let human = test(&bed, &user["access_token"]).await;
    assert_eq!((&human["user"], &human["user_id"]), (&json!("grace"), &user["id"]));
    assert!(human["bot_id"].is_null());
}

#[tokio::test]
async fn only_what_was_asked_for_is_there() {
    let bed = Bed::new().await;
    let user_only = both(&bed, "ada", "", "search:read").await;
    assert!(user_only["access_token"].is_null() && user_only["bot_user_id"].is_null());
    let bot_only = both(&bed, "ada", BOT, "").await;
    assert!(bot_only["authed_user"]["access_token"].is_null() && bot_only["authed_user"]["id"].is_string());
}

#[tokio::test]
async fn the_same_workspace_and_app_get_the_same_bot_token_and_scopes_add_up() {
    let bed = Bed::new().await;
    let first = both(&bed, "ada", "chat:write", "search:read").await;
    let second = both(&bed, "ada", "users:read", "reminders:write").await;
    assert_eq!(first["access_token"], second["access_token"]);
    assert_eq!(first["authed_user"]["access_token"], second["authed_user"]["access_token"]);
    assert_eq!(second["scope"], "chat:write,users:read");
    assert_eq!(second["authed_user"]["scope"], "search:read,reminders:write");
    let other_user = both(&bed, "grace", "chat:write", "search:read").await;
    assert_eq!(other_user["access_token"], first["access_token"], "one bot a workspace");
    assert_ne!(other_user["authed_user"]["access_token"], first["authed_user"]["access_token"]);
}

#[tokio::test]
async fn rotation_makes_single_use_pairs() {
    let bed = Bed::new().await;
    let client = bed.client(Provider::Slack);
    bed.sandbox.control().set_rotation(Provider::Slack, &client.client_id, Rotation::On).unwrap();
    let first = both(&bed, "ada", BOT, "search:read").await;
    assert_eq!(first["expires_in"], 43_200);
    assert!(text(&first["access_token"]).starts_with("xoxe.xoxb-1-"));
    assert!(text(&first["refresh_token"]).starts_with("xoxe-1-"));
    assert!(text(&first["authed_user"]["access_token"]).starts_with("xoxe.xoxp-1-"));

    let bot = bed.refresh(Provider::Slack, &text(&first["refresh_token"])).await.expect(200);
    assert_eq!((&bot["ok"], &bot["token_type"]), (&json!(true), &json!("bot")));
    let user = bed.refresh(Provider::Slack, &text(&first["authed_user"]["refresh_token"])).await.expect(200);
    assert_eq!((&user["token_type"], &user["scope"]), (&json!("user"), &json!("search:read")));

    let replay = bed.refresh(Provider::Slack, &text(&first["refresh_token"])).await.expect(200);
    assert_eq!(replay, json!({"ok": false, "error": "invalid_refresh_token"}));
    assert_eq!(bed.last_entry().detail["reuse_detected"], true);
    assert_eq!(test(&bed, &bot["access_token"]).await["error"], "token_revoked");
    assert_eq!(test(&bed, &user["access_token"]).await["ok"], true, "the user's family is another");
    bed.advance(43_200);
    assert_eq!(test(&bed, &user["access_token"]).await["error"], "token_expired");
}

#[tokio::test]
async fn errors_name_what_is_wrong() {
    let bed = Bed::new().await;
    let client = bed.client(Provider::Slack);
    let code = bed.code(Provider::Slack, "ada", BOT).await;
    let path = "slack.com/api/oauth.v2.access";
    let attempt = async |id: &str, secret: &str, code: &str, redirect: &str| {
        let fields =
            [("client_id", id), ("client_secret", secret), ("code", code), ("redirect_uri", redirect)];
        text(&bed.form(path, &fields).await.expect(200)["error"])
    };
    let (id, secret) = (client.client_id.as_str(), client.client_secret.as_str());
    assert_eq!(attempt("nobody", secret, &code, REDIRECT).await, "invalid_client_id");
    assert_eq!(attempt(id, "wrong", &code, REDIRECT).await, "bad_client_secret");
    assert_eq!(attempt(id, secret, "wrong", REDIRECT).await, "invalid_code");
    assert_eq!(attempt(id, secret, &code, "http://127.0.0.1:1/").await, "bad_redirect_uri");
    let basic = [("code", code.as_str()), ("redirect_uri", REDIRECT)];
    assert_eq!(bed.basic_form(path, &client, &basic).await.expect(200)["ok"], true);
    assert_eq!(attempt(id, secret, &code, REDIRECT).await, "code_already_used");
    assert_eq!(bed.refresh(Provider::Slack, "xoxe-1-x").await.expect(200)["error"], "invalid_refresh_token");
    let grant = bed.redeem(Provider::Slack, &[("grant_type", "password")]).await.expect(200);
    assert_eq!(grant["error"], "invalid_grant_type");
    let json = bed.post(path, "", json!({"client_id": id})).await.expect(200);
    assert_eq!(json["error"], "invalid_arguments");
    assert!(text(&json["response_metadata"]["messages"][0]).starts_with("sandbox: "));
}

#[tokio::test]
async fn scopes_have_to_exist_and_to_suit_their_token() {
    let bed = Bed::new().await;
    let page = async |more: &[(&str, &str)]| {
        let url = bed.authorize_url(Provider::Slack, more);
        let error = bed.sandbox.control().consent(&url, &Decision::Deny).await.unwrap_err();
        assert_eq!(error.status, 400);
        error.page
    };
    assert!(page(&[]).await.contains("No scopes requested"));
    assert!(page(&[("scope", "chat:write,chat:shout")]).await.contains("for the bot: chat:shout"));
    assert!(page(&[("scope", "search:read")]).await.contains("for the bot: search:read"));
    assert!(page(&[("user_scope", "channels:join")]).await.contains("for the user: channels:join"));
    let pkce = challenge();
    let page = page(&[("scope", BOT), ("code_challenge", &pkce)]).await;
    assert!(page.contains("`code_challenge` is not a parameter"));
    let spaces = bed.authorize_url(Provider::Slack, &[("scope", "chat:write channels:read")]);
    assert!(bed.sandbox.control().consent(&spaces, &Decision::Deny).await.is_ok());
}

#[tokio::test]
async fn revoking_ends_one_token_and_testing_ends_none() {
    let bed = Bed::new().await;
    let answer = both(&bed, "ada", BOT, "search:read").await;
    let bot = text(&answer["access_token"]);
    let trial = bed.get("slack.com/api/auth.revoke?test=1", &bot).await.expect(200);
    assert_eq!(trial, json!({"ok": true, "revoked": false}));
    let done = bed.get("slack.com/api/auth.revoke", &bot).await.expect(200);
    assert_eq!(done, json!({"ok": true, "revoked": true}));
    assert_eq!(test(&bed, &answer["access_token"]).await["error"], "token_revoked");
    assert_eq!(test(&bed, &answer["authed_user"]["access_token"]).await["ok"], true);
    let again = both(&bed, "ada", BOT, "").await;
    assert_ne!(again["access_token"], answer["access_token"]);
    bed.sandbox.control().revoke_account(Provider::Slack, "ada");
    assert_eq!(test(&bed, &again["access_token"]).await["error"], "token_revoked");
    let fresh = both(&bed, "ada", "users:read", "").await;
    assert_eq!(fresh["scope"], "users:read", "a new installation starts afresh");
}

#[tokio::test]
async fn tokens_that_are_none() {
    let bed = Bed::new().await;
    let attempt = async |header: &str| {
        let builder = bed.builder("GET", "slack.com/api/auth.test");
        let builder = if header.is_empty() { builder } else { builder.header("authorization", header) };
        text(&bed.send(builder).await.expect(200)["error"])
    };
    assert_eq!(attempt("").await, "not_authed");
    assert_eq!(attempt("Bearer xoxb-nothing").await, "invalid_auth");
    assert_eq!(attempt("Basic eDp5").await, "invalid_auth");
    let google = bed.gmail().await;
    assert_eq!(attempt(&format!("Bearer {google}")).await, "invalid_auth", "another provider's token");
}
