//! Every route of openapi.json has its case here: who may call it, and what hostile input becomes. A route without a
//! case fails.

use std::collections::BTreeSet;

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq)]
enum For {
    Anybody,
    Operator,
    Admin,
    EndUser,
}

/// Method, path, who, and a body that is fine.
fn cases() -> Vec<(Method, &'static str, For, Value)> {
    use For::{Admin, Anybody, EndUser, Operator};
    let none = Value::Null;
    vec![
        (Method::POST, "/init", Operator, json!({"name": "another"})),
        (Method::GET, "/apps", Operator, none.clone()),
        (Method::DELETE, "/apps/{app_id}", Operator, none.clone()),
        (Method::POST, "/admin/vault/rotate", Operator, none.clone()),
        (Method::GET, "/metrics", Operator, none.clone()),
        (Method::GET, "/v1/{app_id}/keys", Admin, none.clone()),
        (Method::POST, "/v1/{app_id}/keys", Admin, json!({"name": "k"})),
        (Method::DELETE, "/v1/{app_id}/keys/{id}", Admin, none.clone()),
        (Method::PUT, "/v1/{app_id}/auth", Admin, json!({"issuer": "i", "hs256_secret": SECRET})),
        (Method::PUT, "/v1/{app_id}/settings", Admin, json!({"confirm_connections": false})),
        (Method::GET, "/v1/{app_id}/audit", Admin, none.clone()),
        (Method::DELETE, "/v1/{app_id}/users/{user_id}", Admin, none.clone()),
        (Method::GET, "/v1/{app_id}/integrations/config", Admin, none.clone()),
        (Method::POST, "/v1/{app_id}/integrations/configure", Admin, json!({"toolkit": "gmail"})),
        (
            Method::PATCH,
            "/v1/{app_id}/integrations/configure/{toolkit}/credentials",
            Admin,
            json!({"client_secret": "s"}),
        ),
        (Method::DELETE, "/v1/{app_id}/integrations/configure/{toolkit}", Admin, none.clone()),
        (Method::GET, "/v1/{app_id}/integrations/available", Admin, none.clone()),
        (
            Method::POST,
            "/v1/{app_id}/integrations/connect",
            EndUser,
            json!({"toolkit": "gmail", "userId": "u1"}),
        ),
        (Method::GET, "/v1/{app_id}/integrations/connect/{id}", EndUser, none.clone()),
        (Method::GET, "/v1/{app_id}/integrations/connections", EndUser, none.clone()),
        (
            Method::POST,
            "/v1/{app_id}/integrations/connections/{id}/confirm",
            EndUser,
            json!({"code": "c", "userId": "u1"}),
        ),
        (Method::DELETE, "/v1/{app_id}/integrations/connections/{id}", EndUser, none.clone()),
        (Method::GET, "/v1/{app_id}/integrations/tools", EndUser, none.clone()),
        (
            Method::POST,
            "/v1/{app_id}/integrations/execute",
            EndUser,
            json!({"toolName": "GMAIL_GET_PROFILE", "userId": "u1"}),
        ),
        (Method::GET, "/v1/{app_id}/integrations/executions", EndUser, none.clone()),
        (Method::GET, "/v1/{app_id}/integrations/executions/{id}", EndUser, none.clone()),
        (Method::GET, "/v1/{app_id}/integrations/callback/{toolkit}", Anybody, none.clone()),
        (Method::GET, "/callback/{toolkit}", Anybody, none.clone()),
        (Method::GET, "/health/live", Anybody, none.clone()),
        (Method::GET, "/health/ready", Anybody, none.clone()),
        (Method::GET, "/openapi.json", Anybody, none.clone()),
        (Method::GET, "/.well-known/oauth-protected-resource/v1/{app_id}/mcp", Anybody, none),
    ]
}

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn filled(path: &str, app: &str) -> String {
    path.replace("{app_id}", app)
        .replace("{toolkit}", "gmail")
        .replace("{user_id}", "nobody")
        .replace("{id}", "none")
}

#[tokio::test]
async fn every_route_has_a_case() {
    let app = TestApp::new().await;
    let document = app.send(Method::GET, "/openapi.json", "", Value::Null).await.ok();
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            described.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    let covered: BTreeSet<String> =
        cases().iter().map(|(method, path, ..)| format!("{method} {path}")).collect();
    assert_eq!(described, covered);
}

#[tokio::test]
async fn nobody_gets_further_than_he_may() {
    let app = TestApp::with_gmail("u1").await;
    let settings = json!({"issuer": "i", "hs256_secret": SECRET});
    app.send(Method::PUT, &format!("/v1/{}/auth", app.app), &app.key, settings).await.ok();
    let exp = engine::Clock::now(&*app.clock).as_second() + 3600;
    let claims = json!({"iss": "i", "sub": "u1", "exp": exp});
    let user = encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(SECRET.as_bytes()))
        .unwrap();
    let execute_key = app.new_key("execute").await;
    let (_, foreign_key) = app.new_app("Foreign").await;
    let unknown_key = engine::new_platform_key().expose().to_owned();

    for (method, path, who, body) in cases() {
        // Deleting the app would end the test.
        let path =
            if path == "/apps/{app_id}" { "/apps/app_none".to_owned() } else { filled(path, &app.app) };
        let send = async |key: &str| app.send(method.clone(), &path, key, body.clone()).await;
        let shown = format!("{method} {path}");
        if who == For::Anybody {
            assert!(![401, 403].contains(&send("").await.status), "{shown}");
            continue;
        }
        assert_eq!(send("").await.error(), (401, "AUTH_REQUIRED"), "{shown}");
        assert_eq!(send(&unknown_key).await.error(), (401, "AUTH_INVALID_API_KEY"), "{shown}");
        assert_eq!(send("not.a.token").await.error(), (401, "AUTH_INVALID_TOKEN"), "{shown}");
        match who {
            For::Operator => {
                for key in [&app.key, &execute_key, &foreign_key] {
                    assert_eq!(send(key).await.error(), (403, "AUTH_INSUFFICIENT_PERMISSIONS"), "{shown}");
                }
                assert_eq!(send(&user).await.error(), (401, "AUTH_INVALID_TOKEN"), "{shown}");
            }
            For::Admin => {
                assert_eq!(send(&foreign_key).await.error(), (404, "RESOURCE_NOT_FOUND"), "{shown}");
                assert_eq!(
                    send(&execute_key).await.error(),
                    (403, "AUTH_INSUFFICIENT_PERMISSIONS"),
                    "{shown}"
                );
                assert_eq!(send(&user).await.error(), (401, "AUTH_REQUIRED"), "{shown}");
            }
            For::EndUser => {
                assert_eq!(send(&foreign_key).await.error(), (404, "RESOURCE_NOT_FOUND"), "{shown}");
                for key in [&user, &execute_key] {
                    assert!(![401, 403].contains(&send(key).await.status), "{shown}");
                }
            }
            For::Anybody => {}
        }
        for key in [&app.key, &app.platform_key] {
            if who != For::Operator || key == &app.platform_key {
                assert!(![401, 403].contains(&send(key).await.status), "{shown}");
            }
        }
    }
}

/// No answer of ours to whatever comes in is a 5xx, and every error has its envelope.
#[track_caller]
fn is_an_answer(answer: &Answer, what: &str) {
    assert!(answer.status < 500, "{what}: {} {}", answer.status, answer.body);
    if answer.status >= 400 && answer.headers["content-type"] == "application/json" {
        answer.error();
    }
}

#[tokio::test]
async fn hostile_bodies_are_refused() {
    let app = TestApp::with_gmail("u1").await;
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let huge = format!("{{\"name\":\"{}\"}}", "x".repeat(2 * 1024 * 1024));
    let texts = [
        "",
        "{",
        "null",
        "[]",
        "\"x\"",
        "5",
        "{\"toolkit\":",
        "\u{feff}{}",
        "{\"a\":1}garbage",
        &deep,
        &huge,
    ];
    let values = [
        json!(5),
        json!(null),
        json!(true),
        json!([]),
        json!({}),
        json!([1, [2]]),
        json!(""),
        json!("\u{0}"),
        json!("\u{202e}\u{1F600}"),
        json!("../../etc/passwd"),
        json!("'; DROP TABLE apps; --"),
        json!("x".repeat(100_000)),
        json!(-1),
        json!(1e308),
        json!(u64::MAX),
    ];
    for (method, path, who, fine) in cases().into_iter().filter(|(.., body)| body.is_object()) {
        let path = filled(path, &app.app);
        let key = if who == For::Operator { &app.platform_key } else { &app.key };
        for text in texts {
            let request = app.http().request(method.clone(), format!("{}{path}", app.url)).bearer_auth(key);
            is_an_answer(
                &app.answer(request.body(text.to_owned())).await,
                &format!("{method} {path} {:.40}", text),
            );
        }
        for name in fine.as_object().unwrap().keys().chain(&[
            "scopes".to_owned(),
            "params".to_owned(),
            "oauth_credentials".to_owned(),
            "redirectUrl".to_owned(),
        ]) {
            for value in &values {
                let mut body = fine.clone();
                body[name] = value.clone();
                let answer = app.send(method.clone(), &path, key, body).await;
                is_an_answer(&answer, &format!("{method} {path} {name}={:.60}", value.to_string()));
            }
        }
    }
}

#[tokio::test]
async fn hostile_paths_and_queries_are_refused() {
    let app = TestApp::with_gmail("u1").await;
    let segments = [
        "%00",
        "..",
        "%2e%2e%2f",
        "a%2fb",
        "%ff%fe",
        "%F0%9F%98%80",
        "'",
        "%3Cscript%3E",
        &"x".repeat(4000),
        "*",
    ];
    let queries = [
        "limit=0",
        "limit=-1",
        "limit=x",
        "limit=99999999999999999999",
        "cursor=%00",
        "cursor=x",
        "cursor=1.a%00",
        "curated=maybe",
        "search=%00",
        "search=%25_",
        "toolkit=%00",
        "status=x",
        "user_id=%00",
        "userId=",
        "limit=1&limit=2",
        "a=%zz",
        "=",
        "&&&",
        "state=x&code=%00&iss=%ff",
        "state=%00",
        "tool=%00",
    ];
    for (method, path, who, body) in cases() {
        if path == "/apps/{app_id}" {
            continue;
        }
        let key = if who == For::Operator { &app.platform_key } else { &app.key };
        for hostile in segments {
            for parameter in ["{app_id}", "{toolkit}", "{user_id}", "{id}"] {
                if path.contains(parameter) {
                    let hostile = filled(&path.replace(parameter, hostile), &app.app);
                    let answer = app.send(method.clone(), &hostile, key, body.clone()).await;
                    is_an_answer(&answer, &format!("{method} {hostile:.100}"));
                }
            }
        }
        for query in queries {
            let hostile = format!("{}?{query}", filled(path, &app.app));
            is_an_answer(
                &app.send(method.clone(), &hostile, key, body.clone()).await,
                &format!("{method} {hostile}"),
            );
        }
    }
    for nowhere in ["/", "/v1", "/v2/x", "/admin", "/../etc/passwd", "/connect/", "/connect/%00", "/mcp/x"] {
        let answer = app.send(Method::GET, nowhere, &app.key, Value::Null).await;
        assert!((400..500).contains(&answer.status), "{nowhere} {}", answer.status);
    }
    let wrong_method = app.send(Method::PUT, "/init", &app.platform_key, json!({})).await;
    assert_eq!(wrong_method.status, 405);
    wrong_method.error();
}

#[tokio::test]
async fn bodies_where_none_belong_are_fine() {
    let app = TestApp::with_gmail("u1").await;
    for (method, path) in
        [(Method::GET, "/config"), (Method::GET, "/connections"), (Method::DELETE, "/configure/slack")]
    {
        assert!(app.call(method, path, json!({})).await.status < 300, "{path}");
    }
}

#[tokio::test]
async fn hostile_tool_calls_are_refused() {
    let app = TestApp::with_gmail("u1").await;
    for tool in ["", "x", "GMAIL_SEND_EMAIL\u{0}", "gmail", &"X".repeat(10_000), "../x", "💥"] {
        is_an_answer(&app.execute(tool, "u1", json!({})).await, tool);
    }
    for user in ["", "\u{0}", "a\nb", "💥", &"u".repeat(255), "../x"] {
        is_an_answer(&app.execute("GMAIL_GET_PROFILE", user, json!({})).await, user);
    }
    for id in [
        "",
        ".",
        "..",
        "../../gmail/v1/users/me/profile",
        "a?b#c",
        "\u{0}",
        "💥",
        &"x".repeat(5000),
        "%2e%2e",
    ] {
        let answer = app.execute("GMAIL_FETCH_MESSAGE_BY_MESSAGE_ID", "u1", json!({"message_id": id})).await;
        is_an_answer(&answer, id);
        assert_ne!(answer.status, 200, "{id}");
    }
}

#[tokio::test]
async fn what_a_column_cannot_hold_stops_no_audit() {
    let app = TestApp::new().await;
    app.configure("gmail").await;
    let hostile = format!("a\0{}", "b".repeat(100_000));
    app.post("/connect", json!({"toolkit": "gmail", "userId": hostile})).await;
    app.call(Method::DELETE, "/configure/slack", Value::Null).await.ok();
    app.audited("disable", 1).await;
    let refused = app.audited("connect", 1).await;
    assert_eq!(refused[0]["outcome"], "failure");
    assert_eq!(refused[0]["user_id"].as_str().unwrap().len(), 255);
}
