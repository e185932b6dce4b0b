//! Who may what: keys, users, and the app's own tokens.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

const ISSUER: &str = "https://issuer.example";
const SECRET: &str = "0123456789abcdef0123456789abcdef";

async fn with_tokens() -> TestApp {
    let app = TestApp::with_gmail("u1").await;
    put_auth(&app, json!({"issuer": ISSUER, "audience": "aud", "hs256_secret": SECRET})).await.ok();
    app
}

async fn put_auth(app: &TestApp, settings: Value) -> Answer {
    app.send(Method::PUT, &format!("/v1/{}/auth", app.app), &app.key, settings).await
}

fn claims(app: &TestApp) -> Value {
    let now = engine::Clock::now(&*app.clock).as_second();
    json!({"iss": ISSUER, "aud": "aud", "sub": "u1", "exp": now + 600})
}

fn hs256(claims: &Value) -> String {
    encode(&Header::new(Algorithm::HS256), claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap()
}

async fn connections(app: &TestApp, token: &str) -> Answer {
    app.send(Method::GET, &format!("/v1/{}/integrations/connections", app.app), token, Value::Null).await
}

#[tokio::test]
async fn the_bearer_scheme_is_read_in_any_case_and_nothing_else_is() {
    let app = TestApp::new().await;
    let path = format!("{}/v1/{}/integrations/config", app.url, app.app);
    let with = async |header: &str| {
        let request = app.http().get(&path).header("authorization", header);
        app.answer(request).await
    };
    assert_eq!(with(&format!("bEaReR   {}", app.key)).await.status, 200);
    for nothing in ["", "Bearer", "Bearer ", "Basic abc", &app.key] {
        assert_eq!(with(nothing).await.error(), (401, "AUTH_REQUIRED"), "{nothing}");
    }
    let (body, sum) = app.key.split_at(app.key.len() - 1);
    let other = if sum == "0" { "1" } else { "0" };
    for wrong in [
        format!("{body}{other}"),
        body.to_owned(),
        format!("{}0", app.key),
        app.key.to_uppercase().replace("BB_SK", "bb_sk"),
    ] {
        let answer = with(&format!("Bearer {wrong}")).await;
        assert_eq!(answer.error(), (401, "AUTH_INVALID_API_KEY"));
        assert_eq!(answer.body["error"]["message"], "Invalid or revoked API key");
    }
    assert_eq!(with("Bearer x.y.z").await.error(), (401, "AUTH_INVALID_TOKEN"));
}

#[tokio::test]
async fn keys_are_shown_once_listed_by_prefix_and_revoked_at_once() {
    let app = TestApp::new().await;
    let keys = format!("/v1/{}/keys", app.app);
    let expires = "2030-03-17T18:00:00Z";
    let body = json!({"name": "ci", "scope": "execute", "expires_at": expires});
    let created = app.send(Method::POST, &keys, &app.key, body).await.ok();
    let key = created["api_key"].as_str().unwrap();
    assert_eq!((key.len(), created["expires_at"].as_str()), (54, Some(expires)));
    let listed = app.send(Method::GET, &keys, &app.key, Value::Null).await.ok();
    assert_eq!(listed["keys"].as_array().unwrap().len(), 2);
    assert!(key.starts_with(listed["keys"][1]["prefix"].as_str().unwrap()));
    assert!(!listed.to_string().contains(key));

    let connect = json!({"toolkit": "gmail", "userId": "u1"});
    let with_key = async || {
        app.send(Method::POST, &format!("/v1/{}/integrations/connect", app.app), key, connect.clone()).await
    };
    assert_eq!(with_key().await.error(), (400, "INTEGRATIONS_TOOLKIT_NOT_ENABLED"), "the key is good");
    app.advance(3600);
    assert_eq!(with_key().await.error(), (401, "AUTH_INVALID_API_KEY"), "expired");

    let another = app.new_key("admin").await;
    let id = app.send(Method::GET, &keys, &app.key, Value::Null).await.ok()["keys"][2]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(app.send(Method::DELETE, &format!("{keys}/{id}"), &app.key, Value::Null).await.status, 204);
    let refused = app.send(Method::GET, &keys, &another, Value::Null).await;
    assert_eq!(refused.error(), (401, "AUTH_INVALID_API_KEY"));
    for unknown in ["key_x", "a%00b", &"x".repeat(500)] {
        let answer = app.send(Method::DELETE, &format!("{keys}/{unknown}"), &app.key, Value::Null).await;
        assert_eq!(answer.error(), (404, "RESOURCE_NOT_FOUND"));
    }
    for wrong in [
        json!({"scope": "root"}),
        json!({"expires_at": "soon"}),
        json!({"expires_at": "2000-01-01T00:00:00Z"}),
        json!({"name": ""}),
    ] {
        let answer = app.send(Method::POST, &keys, &app.key, wrong).await;
        assert_eq!(answer.error(), (400, "VALIDATION_INVALID_SCHEMA"));
    }
}

#[tokio::test]
async fn another_apps_key_learns_nothing() {
    let app = TestApp::with_gmail("u1").await;
    let (_, foreign) = app.new_app("Other").await;
    let theirs = app.get("/connections").await.ok()["connections"][0]["id"].as_str().unwrap().to_owned();
    let base = format!("/v1/{}", app.app);
    for (method, path) in [
        (Method::GET, format!("{base}/integrations/config")),
        (Method::GET, format!("{base}/keys")),
        (Method::DELETE, format!("{base}/integrations/connections/{theirs}")),
        (Method::POST, format!("{base}/integrations/execute")),
    ] {
        let answer = app.send(method, &path, &foreign, json!({"toolName": "GMAIL_GET_PROFILE"})).await;
        assert_eq!(answer.error(), (404, "RESOURCE_NOT_FOUND"), "{path}");
        assert_eq!(answer.body["error"]["message"], format!("App not found: {}", app.app));
    }
}

#[tokio::test]
async fn an_execute_key_names_a_user_and_configures_nothing() {
    let app = TestApp::with_gmail("u1").await;
    let key = app.new_key("execute").await;
    let base = format!("/v1/{}/integrations", app.app);
    let send = async |method: Method, path: &str, body: Value| {
        app.send(method, &format!("{base}{path}"), &key, body).await
    };

    assert_eq!(
        send(Method::POST, "/configure", json!({"toolkit": "slack"})).await.error(),
        (403, "AUTH_INSUFFICIENT_PERMISSIONS")
    );
    assert_eq!(
        send(Method::GET, "/connections", Value::Null).await.error(),
        (400, "VALIDATION_MISSING_FIELD")
    );
    assert_eq!(send(Method::GET, "/connections?user_id=u1", Value::Null).await.status, 200);
    let execute = |user: Value| json!({"toolName": "GMAIL_GET_PROFILE", "userId": user});
    assert_eq!(
        send(Method::POST, "/execute", execute(Value::Null)).await.error(),
        (400, "VALIDATION_MISSING_FIELD")
    );
    assert_eq!(
        send(Method::POST, "/execute", execute(json!("default"))).await.error(),
        (403, "AUTH_INSUFFICIENT_PERMISSIONS")
    );
    assert_eq!(send(Method::POST, "/execute", execute(json!("u1"))).await.status, 200);
    let id = app.get("/connections").await.ok()["connections"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/connections/{id}?user_id=u2");
    assert_eq!(send(Method::DELETE, &path, Value::Null).await.error(), (404, "RESOURCE_NOT_FOUND"));
}

#[tokio::test]
async fn only_the_operator_handles_apps() {
    let app = TestApp::new().await;
    for (method, path) in [
        (Method::POST, "/init"),
        (Method::GET, "/apps"),
        (Method::POST, "/admin/vault/rotate"),
        (Method::GET, "/metrics"),
    ] {
        let refused = app.send(method, path, &app.key, json!({"name": "x"})).await;
        assert_eq!(refused.error(), (403, "AUTH_INSUFFICIENT_PERMISSIONS"), "{path}");
    }
    let apps = app.send(Method::GET, "/apps?limit=1", &app.platform_key, Value::Null).await.ok();
    assert_eq!(apps["apps"][0]["app_id"], app.app);
    let as_operator = app
        .send(Method::GET, &format!("/v1/{}/integrations/config", app.app), &app.platform_key, Value::Null)
        .await;
    assert_eq!(as_operator.status, 200, "all that an app's admin key may");
    let metrics = app.send(Method::GET, "/metrics", &app.platform_key, Value::Null).await.ok();
    let metrics = metrics.as_str().unwrap();
    assert!(metrics.contains("bbi_actions_total{action=\"create_app\""), "{metrics}");
    assert!(!metrics.contains(&app.app), "no app ids in labels");
    assert_eq!(
        app.send(Method::POST, "/init", &app.platform_key, json!({"name": " "})).await.error(),
        (400, "VALIDATION_INVALID_SCHEMA")
    );
}

#[tokio::test]
async fn an_end_user_acts_for_himself_and_configures_nothing() {
    let app = with_tokens().await;
    app.connect("gmail", "u2", "grace@example.com").await;
    let token = hs256(&claims(&app));
    let seen = connections(&app, &token).await.ok();
    assert_eq!(seen["connections"].as_array().unwrap().len(), 1, "his own");
    let base = format!("/v1/{}/integrations", app.app);
    let execute = async |user: Value| {
        let body = json!({"toolName": "GMAIL_GET_PROFILE", "userId": user});
        app.send(Method::POST, &format!("{base}/execute"), &token, body).await
    };
    assert_eq!(execute(Value::Null).await.ok()["data"]["emailAddress"], "ada@example.com");
    assert_eq!(execute(json!("u1")).await.status, 200);
    assert_eq!(execute(json!("u2")).await.error(), (403, "AUTH_INSUFFICIENT_PERMISSIONS"));
    for admin in ["/config", "/available"] {
        let answer = app.send(Method::GET, &format!("{base}{admin}"), &token, Value::Null).await;
        assert_eq!(answer.error(), (401, "AUTH_REQUIRED"), "{admin}");
    }
    let foreign =
        app.get("/connections?user_id=u2").await.ok()["connections"][0]["id"].as_str().unwrap().to_owned();
    let answer =
        app.send(Method::DELETE, &format!("{base}/connections/{foreign}"), &token, Value::Null).await;
    assert_eq!(answer.error(), (404, "RESOURCE_NOT_FOUND"));
    let connect = json!({"toolkit": "gmail", "redirectUrl": "https://anywhere.example/"});
    let answer = app.send(Method::POST, &format!("{base}/connect"), &token, connect).await;
    assert_eq!(answer.error(), (400, "VALIDATION_INVALID_SCHEMA"), "only the app's allowed origins");
    let mut default = claims(&app);
    default["sub"] = "default".into();
    assert_eq!(connections(&app, &hs256(&default)).await.error(), (403, "AUTH_INSUFFICIENT_PERMISSIONS"));
}

#[tokio::test]
async fn a_token_that_does_not_verify_says_nothing_more() {
    let app = with_tokens().await;
    let good = claims(&app);
    assert_eq!(connections(&app, &hs256(&good)).await.status, 200);
    let now = good["exp"].as_i64().unwrap() - 600;
    let changed = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        hs256(&claims)
    };
    let without = |name: &str| {
        let mut claims = good.clone();
        claims.as_object_mut().unwrap().remove(name);
        hs256(&claims)
    };
    let signed = hs256(&good);
    // `{"alg":"none"}`
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", signed.split('.').nth(1).unwrap());
    let other_secret =
        encode(&Header::new(Algorithm::HS256), &good, &EncodingKey::from_secret(&[7; 32])).unwrap();
    let other_algorithm =
        encode(&Header::new(Algorithm::HS512), &good, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap();
    let mut bodies = std::collections::BTreeSet::new();
    for token in [
        changed("iss", json!("https://evil.example")),
        changed("aud", json!("other")),
        changed("exp", json!(now - 61)),
        changed("nbf", json!(now + 61)),
        changed("sub", json!("")),
        changed("sub", json!("a\u{0}")),
        changed("sub", json!("x".repeat(256))),
        without("exp"),
        without("sub"),
        without("iss"),
        without("aud"),
        unsigned,
        other_secret,
        other_algorithm,
        "a.b.c".into(),
        "x".into(),
    ] {
        let answer = connections(&app, &token).await;
        assert_eq!(answer.error(), (401, "AUTH_INVALID_TOKEN"), "{token}");
        let mut body = answer.body["error"].clone();
        body["request_id"] = Value::Null;
        bodies.insert(body.to_string());
    }
    let (bare, _) = app.new_app("Without settings").await;
    for unknown in ["app_x", bare.as_str()] {
        let path = format!("/v1/{unknown}/integrations/connections");
        let mut body = app.send(Method::GET, &path, &hs256(&good), Value::Null).await.body["error"].clone();
        body["request_id"] = Value::Null;
        bodies.insert(body.to_string());
    }
    assert_eq!(bodies.len(), 1, "the same bytes: {bodies:?}");
    assert_eq!(connections(&app, &changed("exp", json!(now - 30))).await.status, 200, "within the leeway");
}

/// A PKCS#8 private key and its public JWK, made for this test alone.
const RSA_KEY: &str = include_str!("support/keys/rsa.pem");
const EC_KEY: &str = include_str!("support/keys/ec.pem");
const ED_KEY: &str = include_str!("support/keys/ed.pem");
const JWKS: &str = include_str!("support/keys/jwks.json");

#[tokio::test]
async fn the_algorithm_follows_from_the_keys_type() {
    let app = TestApp::with_gmail("u1").await;
    let jwks: Value = serde_json::from_str(JWKS).unwrap();
    put_auth(&app, json!({"issuer": ISSUER, "audience": "aud", "jwks": jwks})).await.ok();
    let sign = |algorithm: Algorithm, kid: Option<&str>, key: &EncodingKey| {
        let mut header = Header::new(algorithm);
        header.kid = kid.map(str::to_owned);
        encode(&header, &claims(&app), key).unwrap()
    };
    let rsa = EncodingKey::from_rsa_pem(RSA_KEY.as_bytes()).unwrap();
    let ec = EncodingKey::from_ec_pem(EC_KEY.as_bytes()).unwrap();
    let ed = EncodingKey::from_ed_pem(ED_KEY.as_bytes()).unwrap();
    assert_eq!(connections(&app, &sign(Algorithm::RS256, Some("rsa"), &rsa)).await.status, 200);
    assert_eq!(connections(&app, &sign(Algorithm::ES256, Some("ec"), &ec)).await.status, 200);
    assert_eq!(connections(&app, &sign(Algorithm::EdDSA, Some("ed"), &ed)).await.status, 200);

    let public_as_secret = EncodingKey::from_secret(jwks["keys"][0]["n"].as_str().unwrap().as_bytes());
    for token in [
        sign(Algorithm::RS512, Some("rsa"), &rsa),
        sign(Algorithm::RS256, Some("ec"), &rsa),
        sign(Algorithm::RS256, Some("unknown"), &rsa),
        sign(Algorithm::RS256, None, &rsa),
        sign(Algorithm::HS256, Some("rsa"), &public_as_secret),
    ] {
        assert_eq!(connections(&app, &token).await.error(), (401, "AUTH_INVALID_TOKEN"));
    }
}

#[tokio::test]
async fn token_settings_are_checked() {
    let app = TestApp::new().await;
    let jwks: Value = serde_json::from_str(JWKS).unwrap();
    let symmetric = json!({"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "x"}]});
    for (settings, pointer) in [
        (json!({"issuer": ISSUER, "audience": "a"}), ""),
        (json!({"issuer": ISSUER, "audience": "a", "jwks": jwks, "hs256_secret": SECRET}), ""),
        (json!({"issuer": ISSUER, "jwks": jwks}), "/audience"),
        (json!({"issuer": ISSUER, "audience": "a", "jwks": symmetric}), "/jwks"),
        (json!({"issuer": ISSUER, "audience": "a", "jwks": {"keys": []}}), "/jwks"),
        (json!({"issuer": ISSUER, "audience": "a", "jwks_url": "http://x.example/jwks"}), "/jwks_url"),
        (json!({"issuer": ISSUER, "hs256_secret": "short"}), "/hs256_secret"),
        (json!({"issuer": "", "hs256_secret": SECRET}), "/issuer"),
    ] {
        let answer = put_auth(&app, settings.clone()).await;
        assert_eq!(answer.error(), (400, "VALIDATION_INVALID_SCHEMA"), "{settings}");
        assert_eq!(answer.details()[0]["pointer"], pointer, "{settings}");
    }
    let shown = put_auth(&app, json!({"issuer": ISSUER, "hs256_secret": SECRET})).await.ok();
    assert_eq!(shown, json!({"issuer": ISSUER, "algorithm": "HS256"}), "the secret is never shown");
}

#[tokio::test]
async fn a_tenants_key_set_is_fetched_through_the_guard_without_exceptions() {
    let app = TestApp::with_gmail("u1").await;
    for url in [
        "https://127.0.0.1/jwks",
        "https://localhost/jwks",
        "https://[::1]/jwks",
        "https://169.254.169.254/x",
    ] {
        put_auth(&app, json!({"issuer": ISSUER, "audience": "aud", "jwks_url": url})).await.ok();
        assert_eq!(
            connections(&app, &hs256(&claims(&app))).await.error(),
            (401, "AUTH_INVALID_TOKEN"),
            "{url}"
        );
    }
}

#[tokio::test]
async fn allowed_origins_may_call_what_end_users_may() {
    let app = TestApp::with_gmail("u1").await;
    let settings = json!({"allowed_origins": ["https://app.example"]});
    app.send(Method::PUT, &format!("/v1/{}/settings", app.app), &app.key, settings).await.ok();
    let preflight = async |origin: &str, path: &str| {
        let request =
            app.http().request(Method::OPTIONS, format!("{}/v1/{}/integrations{path}", app.url, app.app));
        let request = request.header("origin", origin).header("access-control-request-method", "POST");
        let answer = app.answer(request.header("access-control-request-headers", "authorization")).await;
        answer.headers.get("access-control-allow-origin").map(|value| value.to_str().unwrap().to_owned())
    };
    assert_eq!(preflight("https://app.example", "/execute").await.as_deref(), Some("https://app.example"));
    assert_eq!(preflight("https://evil.example", "/execute").await, None);
    assert_eq!(preflight("https://app.example", "/configure").await, None, "not for end users");
    for wrong in ["https://app.example/path", "app.example", "ftp://x.example", "https://u@x.example"] {
        let settings = json!({"allowed_origins": [wrong]});
        let answer = app.send(Method::PUT, &format!("/v1/{}/settings", app.app), &app.key, settings).await;
        assert_eq!(answer.error(), (400, "VALIDATION_INVALID_SCHEMA"), "{wrong}");
    }
}

#[tokio::test]
async fn an_execute_key_names_its_user_before_anything_else_is_looked_at() {
    let app = TestApp::new().await;
    let key = app.new_key("execute").await;
    let path = format!("/v1/{}/integrations/execute", app.app);
    let refused = app.send(Method::POST, &path, &key, json!({"toolName": "NO_SUCH_TOOL"})).await;
    assert_eq!(refused.error(), (400, "VALIDATION_MISSING_FIELD"));
    let named = json!({"toolName": "NO_SUCH_TOOL", "userId": "u1"});
    assert_eq!(
        app.send(Method::POST, &path, &key, named).await.error(),
        (404, "INTEGRATIONS_EXECUTION_FAILED")
    );
}
