//! Google: offline access, grants that end whole, and errors with real statuses.

use sandbox::{Decision, Provider};
use serde_json::{Value, json};

use crate::bed::{Bed, GMAIL, GOOGLE, REDIRECT, VERIFIER, challenge, text};

const SCOPE: &str = "openid email https://www.googleapis.com/auth/gmail.readonly";
const ADA: &str = "ada@example.com";

async fn works(bed: &Bed, token: &str) -> bool {
    bed.get(&format!("{GMAIL}/profile"), token).await.status == 200
}

#[tokio::test]
async fn a_code_becomes_tokens_and_they_name_the_user() {
    let bed = Bed::new().await;
    let answer = bed.connect(Provider::Google, ADA, SCOPE).await;
    assert_eq!(answer["token_type"], "Bearer");
    assert_eq!(answer["expires_in"], 3599);
    let granted = format!("openid {GOOGLE}userinfo.email {GOOGLE}gmail.readonly");
    assert_eq!(answer["scope"], granted);
    assert!(answer["refresh_token"].is_string());
    let claims = text(&answer["id_token"]);
    let claims = claims.split('.').nth(1).unwrap();
    let claims = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, claims).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["email"], ADA);
    assert_eq!(claims["iss"], "https://accounts.google.com");
    assert_eq!(claims["exp"], bed.now() + 3599);

    let me =
        bed.get("openidconnect.googleapis.com/v1/userinfo", &text(&answer["access_token"])).await.expect(200);
    assert_eq!(me, json!({"sub": claims["sub"], "email": ADA, "email_verified": true}));
}

#[tokio::test]
async fn an_identity_token_comes_with_openid_only() {
    let bed = Bed::new().await;
    let without = bed.connect(Provider::Google, ADA, &format!("{GOOGLE}gmail.readonly")).await;
    assert!(without["id_token"].is_null());
    let refresh = text(&without["refresh_token"]);
    assert!(bed.refresh(Provider::Google, &refresh).await.expect(200)["id_token"].is_null());
    let nonce = [("scope", "openid"), ("nonce", "n-1")];
    let code = bed.allow(&bed.authorize_url(Provider::Google, &nonce), ADA).await["code"].clone();
    let fields = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", REDIRECT)];
    let with = bed.redeem(Provider::Google, &fields).await.expect(200);
    let claims = text(&with["id_token"]).split('.').nth(1).unwrap().to_owned();
    let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let claims: Value = serde_json::from_slice(&base64::Engine::decode(&engine, claims).unwrap()).unwrap();
    assert_eq!((&claims["nonce"], &claims["email"]), (&json!("n-1"), &Value::Null));
}

#[tokio::test]
async fn the_callback_carries_state_and_scope_and_an_issuer_only_when_told() {
    let bed = Bed::new().await;
    let url = bed.authorize_url(Provider::Google, &[("scope", "openid email"), ("prompt", "consent")]);
    let callback = bed.allow(&url, ADA).await;
    assert_eq!(callback["state"], "the state");
    assert_eq!(callback["scope"], format!("openid {GOOGLE}userinfo.email"));
    assert_eq!(callback["prompt"], "consent");
    assert!(!callback.contains_key("iss"));
    bed.sandbox.control().callback_issuer(Provider::Google, Some("https://evil.example".into()));
    assert_eq!(bed.allow(&url, ADA).await["iss"], "https://evil.example");
}

#[tokio::test]
async fn a_second_consent_gives_a_refresh_token_only_when_consent_is_forced() {
    let bed = Bed::new().await;
    let consent = async |more: &[(&str, &str)]| {
        let url = bed.authorize_url(Provider::Google, &[&[("scope", SCOPE)], more].concat());
        let code = bed.allow(&url, ADA).await["code"].clone();
        let fields =
            [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", REDIRECT)];
        bed.redeem(Provider::Google, &fields).await.expect(200)
    };
    assert!(consent(&[]).await["refresh_token"].is_null(), "online access");
    assert!(consent(&[("access_type", "offline")]).await["refresh_token"].is_null(), "consented before");
    let forced = consent(&[("access_type", "offline"), ("prompt", "consent")]).await;
    assert!(forced["refresh_token"].is_string());
}

#[tokio::test]
async fn access_expires_and_the_refresh_token_stays() {
    let bed = Bed::new().await;
    let first = bed.connect(Provider::Google, ADA, SCOPE).await;
    let (access, refresh) = (text(&first["access_token"]), text(&first["refresh_token"]));
    bed.advance(3598);
    assert!(works(&bed, &access).await);
    bed.advance(1);
    let expired = bed.get(&format!("{GMAIL}/profile"), &access).await;
    assert_eq!(expired.header("www-authenticate").split(',').count(), 2);
    let body = expired.expect(401);
    assert_eq!(body["error"]["status"], "UNAUTHENTICATED");
    assert_eq!(body["error"]["errors"][0]["reason"], "authError");

    for _ in 0..2 {
        let second = bed.refresh(Provider::Google, &refresh).await.expect(200);
        assert!(second["refresh_token"].is_null());
        assert!(works(&bed, &text(&second["access_token"])).await);
    }
}

#[tokio::test]
async fn a_replayed_code_ends_what_it_yielded() {
    let bed = Bed::new().await;
    let code = bed.code(Provider::Google, ADA, SCOPE).await;
    let tokens = bed.exchange(Provider::Google, &code).await.expect(200);
    let replay = bed.exchange(Provider::Google, &code).await.expect(400);
    assert_eq!(replay, json!({"error": "invalid_grant", "error_description": "Bad Request"}));
    assert_eq!(bed.last_entry().detail["code_replayed"], true);
    assert!(!works(&bed, &text(&tokens["access_token"])).await);
    let refused = bed.refresh(Provider::Google, &text(&tokens["refresh_token"])).await.expect(400);
    assert_eq!(refused["error"], "invalid_grant");
}

#[tokio::test]
async fn a_code_is_bound_to_all_it_was_asked_with() {
    let bed = Bed::new().await;
    let code = bed.code(Provider::Google, ADA, SCOPE).await;
    let claim = async |verifier: &str, redirect: &str| {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", redirect),
            ("code_verifier", verifier),
        ];
        let fields: Vec<_> = fields.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let refused = bed.redeem(Provider::Google, &fields).await.expect(400);
        (text(&refused["error"]), text(&refused["error_description"]))
    };
    let wrong = "another-verifier-of-the-right-length-0123456789";
    assert_eq!(claim(wrong, REDIRECT).await, ("invalid_grant".into(), "Invalid code verifier.".into()));
    assert_eq!(claim("", REDIRECT).await, ("invalid_grant".into(), "Missing code verifier.".into()));
    let elsewhere = "http://127.0.0.1:4480/callback/y";
    assert_eq!(claim(VERIFIER, elsewhere).await.0, "redirect_uri_mismatch");
    assert_eq!(claim(VERIFIER, "").await.0, "redirect_uri_mismatch");

    let other =
        bed.sandbox.control().register_client(Provider::Google, vec![REDIRECT.into()], Default::default());
    let stolen = bed
        .form(
            "oauth2.googleapis.com/token",
            &[
                ("grant_type", "authorization_code"),
                ("code", &code),
                ("redirect_uri", REDIRECT),
                ("code_verifier", VERIFIER),
                ("client_id", &other.client_id),
                ("client_secret", &other.client_secret),
            ],
        )
        .await;
    assert_eq!(stolen.expect(400)["error"], "invalid_grant");
    // None of these attempts used the code up.
    bed.exchange(Provider::Google, &code).await.expect(200);
}

#[tokio::test]
async fn a_code_expires_and_an_unknown_one_is_malformed() {
    let bed = Bed::new().await;
    let code = bed.code(Provider::Google, ADA, SCOPE).await;
    bed.advance(600);
    assert_eq!(bed.exchange(Provider::Google, &code).await.expect(400)["error_description"], "Bad Request");
    let unknown = bed.exchange(Provider::Google, "4/0Anothing").await.expect(400);
    assert_eq!(unknown["error_description"], "Malformed auth code.");
}

#[tokio::test]
async fn clients_authenticate_by_body_or_basic_but_not_wrongly() {
    let bed = Bed::new().await;
    let client = bed.client(Provider::Google);
    let refresh = text(&bed.connect(Provider::Google, ADA, SCOPE).await["refresh_token"]);
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    let path = "oauth2.googleapis.com/token";
    bed.basic_form(path, &client, &fields).await.expect(200);

    let attempt = async |id: &str, secret: &str| {
        let refused =
            bed.form(path, &[&fields[..], &[("client_id", id), ("client_secret", secret)]].concat()).await;
        (refused.status, text(&refused.json()["error"]), text(&refused.json()["error_description"]))
    };
    assert_eq!(
        attempt(&client.client_id, "wrong").await,
        (401, "invalid_client".into(), "Unauthorized".into())
    );
    assert_eq!(attempt("nobody", &client.client_secret).await.2, "The OAuth client was not found.");
    assert_eq!(attempt("", "").await.1, "invalid_request");
    let twice = [&fields[..], &[("client_secret", client.client_secret.as_str())]].concat();
    assert_eq!(bed.basic_form(path, &client, &twice).await.expect(400)["error"], "invalid_request");

    let secret = bed.sandbox.control().rotate_client_secret(Provider::Google, &client.client_id).unwrap();
    assert_eq!(attempt(&client.client_id, &client.client_secret).await.1, "invalid_client");
    bed.form(path, &[&fields[..], &[("client_id", &client.client_id), ("client_secret", &secret)]].concat())
        .await
        .expect(200);
}

#[tokio::test]
async fn the_token_endpoint_takes_forms_and_what_it_knows() {
    let bed = Bed::new().await;
    let path = "oauth2.googleapis.com/token";
    let json = bed.post(path, "", json!({"grant_type": "refresh_token"})).await.expect(400);
    assert!(text(&json["error_description"]).starts_with("sandbox: "));
    assert_eq!(bed.get(path, "").await.expect(400)["error"], "invalid_request");
    let stranger = bed.redeem(Provider::Google, &[("grant_type", "refresh_token"), ("audience", "x")]).await;
    assert!(text(&stranger.expect(400)["error_description"]).contains("`audience`"));
    let twice = bed.redeem(Provider::Google, &[("grant_type", "refresh_token"), ("grant_type", "x")]).await;
    assert!(text(&twice.expect(400)["error_description"]).contains("more than once"));
    let unsupported = bed.redeem(Provider::Google, &[("grant_type", "password")]).await.expect(400);
    assert_eq!(unsupported["error"], "unsupported_grant_type");
    let in_query = bed.form("oauth2.googleapis.com/token?client_id=x", &[]).await.expect(400);
    assert!(text(&in_query["error_description"]).contains("belongs in the body"));
}

#[tokio::test]
async fn revoking_any_token_ends_the_whole_grant_of_user_and_client() {
    let bed = Bed::new().await;
    let first = bed.connect(Provider::Google, ADA, SCOPE).await;
    let second = bed.connect(Provider::Google, ADA, SCOPE).await;
    let grace = text(&bed.connect(Provider::Google, "grace@example.com", SCOPE).await["access_token"]);
    let token = text(&first["access_token"]);
    bed.form("oauth2.googleapis.com/revoke", &[("token", &token)]).await.expect(200);
    let entry = bed.last_entry();
    assert_eq!((entry.kind, entry.account.as_deref()), (sandbox::Kind::Revoke, Some(ADA)));

    assert!(!works(&bed, &text(&second["access_token"])).await, "the other consent's token");
    let refused = bed.refresh(Provider::Google, &text(&second["refresh_token"])).await.expect(400);
    assert_eq!(refused["error_description"], "Token has been expired or revoked.");
    assert!(works(&bed, &grace).await, "another user's grant");
    let again = bed.form("oauth2.googleapis.com/revoke", &[("token", &token)]).await.expect(400);
    assert_eq!(again["error"], "invalid_token");
}

#[tokio::test]
async fn a_user_takes_access_away_and_tokens_expire_on_command() {
    let bed = Bed::new().await;
    let tokens = bed.connect(Provider::Google, ADA, SCOPE).await;
    bed.sandbox.control().expire_access_tokens(Provider::Google);
    assert!(!works(&bed, &text(&tokens["access_token"])).await);
    let refresh = text(&tokens["refresh_token"]);
    bed.refresh(Provider::Google, &refresh).await.expect(200);
    bed.sandbox.control().revoke_account(Provider::Google, ADA);
    assert_eq!(bed.refresh(Provider::Google, &refresh).await.expect(400)["error"], "invalid_grant");
}

#[tokio::test]
async fn a_refresh_token_belongs_to_its_client() {
    let bed = Bed::new().await;
    let refresh = text(&bed.connect(Provider::Google, ADA, SCOPE).await["refresh_token"]);
    let other =
        bed.sandbox.control().register_client(Provider::Google, vec![REDIRECT.into()], Default::default());
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    let refused = bed.basic_form("oauth2.googleapis.com/token", &other, &fields).await.expect(401);
    assert_eq!(refused["error"], "unauthorized_client");
}

#[tokio::test]
async fn scopes_can_be_unticked_and_added_up() {
    let bed = Bed::new().await;
    let control = bed.sandbox.control();
    control.set_granted(Provider::Google, Some(vec!["openid".into(), format!("{GOOGLE}gmail.send")]));
    let asked = format!("openid email {GOOGLE}gmail.send {GOOGLE}gmail.readonly");
    let tokens = bed.connect(Provider::Google, ADA, &asked).await;
    assert_eq!(tokens["scope"], format!("openid {GOOGLE}gmail.send"));
    let full = bed.connect(Provider::Google, ADA, &asked).await;
    assert!(text(&full["scope"]).contains("gmail.readonly"), "unticking lasts for one consent");

    let more =
        [("scope", "https://www.googleapis.com/auth/gmail.labels"), ("include_granted_scopes", "true")];
    let callback = bed.allow(&bed.authorize_url(Provider::Google, &more), ADA).await;
    assert!(callback["scope"].contains("gmail.labels") && callback["scope"].contains("gmail.send"));
}

#[tokio::test]
async fn the_oldest_of_more_than_a_hundred_refresh_tokens_dies() {
    let bed = Bed::new().await;
    let oldest = text(&bed.connect(Provider::Google, ADA, SCOPE).await["refresh_token"]);
    for _ in 0..100 {
        bed.advance(1);
        bed.connect(Provider::Google, ADA, SCOPE).await;
    }
    assert_eq!(bed.refresh(Provider::Google, &oldest).await.expect(400)["error"], "invalid_grant");
}

#[tokio::test]
async fn wrong_requests_end_on_a_page_and_not_at_the_client() {
    let bed = Bed::new().await;
    let scope = ("scope", "openid");
    let refused = async |more: &[(&str, &str)]| {
        let url = bed.authorize_url(Provider::Google, more);
        let error = bed.sandbox.control().consent(&url, &Decision::Deny).await.unwrap_err();
        (error.status, error.page)
    };
    type Case<'a> = (&'a [(&'a str, &'a str)], u16, &'a str);
    let cases: [Case<'_>; 11] = [
        (&[scope, ("client_id", "nobody")], 401, "invalid_client"),
        (&[scope, ("client_id", "")], 400, "invalid_request"),
        (&[scope, ("redirect_uri", "https://evil.example/cb")], 400, "redirect_uri_mismatch"),
        (&[scope, ("redirect_uri", "http://127.0.0.1:1/cb#fragment")], 400, "redirect_uri_mismatch"),
        (&[scope, ("redirect_uri", "")], 400, "redirect_uri"),
        (&[("scope", "")], 400, "invalid_request"),
        (&[("scope", "openid gmail.everything")], 400, "invalid=[gmail.everything]"),
        (&[scope, ("response_type", "token")], 400, "response_type must be code"),
        (&[scope, ("access_type", "sometimes")], 400, "access_type"),
        (&[scope, ("prompt", "none")], 400, "sandbox: of the prompts"),
        (&[scope, ("audience", "x")], 400, "sandbox: `audience` is not a parameter"),
    ];
    for (more, status, part) in cases {
        let (found, page) = refused(more).await;
        let page = page.replace("&#38;", "&");
        assert_eq!((found, page.contains(part)), (status, true), "{part}: {page}");
    }
    let mut twice = bed.authorize_url(Provider::Google, &[scope]);
    twice.query_pairs_mut().append_pair("state", "other");
    assert_eq!(bed.sandbox.control().consent(&twice, &Decision::Deny).await.unwrap_err().status, 400);
}

#[tokio::test]
async fn pkce_is_optional_but_has_to_make_sense() {
    let bed = Bed::new().await;
    let attempt = async |more: &[(&str, &str)]| {
        let url = bed.authorize_url(Provider::Google, &[&[("scope", "openid")], more].concat());
        bed.sandbox.control().consent(&url, &Decision::Deny).await.map_err(|error| error.status)
    };
    let good = challenge();
    assert!(attempt(&[("code_challenge", &good), ("code_challenge_method", "S256")]).await.is_ok());
    assert!(attempt(&[("code_challenge", VERIFIER)]).await.is_ok(), "plain is the default");
    assert_eq!(attempt(&[("code_challenge", "short"), ("code_challenge_method", "S256")]).await, Err(400));
    assert_eq!(attempt(&[("code_challenge", &good), ("code_challenge_method", "S512")]).await, Err(400));
    assert_eq!(attempt(&[("code_challenge_method", "S256")]).await, Err(400));

    let url = bed.authorize_url(Provider::Google, &[("scope", "openid")]);
    let code = bed.allow(&url, ADA).await["code"].clone();
    let refused = bed.exchange(Provider::Google, &code).await.expect(400);
    assert_eq!(refused["error_description"], "code_verifier or verifier is not needed.");
}
