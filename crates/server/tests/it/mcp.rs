//! The MCP endpoints as a protocol: what they advertise, whom they let in, and both revisions.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::TestApp;

fn initialize(version: &str) -> Value {
    json!({"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}})
}

#[tokio::test]
async fn initialize_names_the_server_and_its_revision() {
    let app = TestApp::new().await;
    let answer = app.rpc("/mcp", &app.key, "initialize", initialize("2025-11-25")).await.ok();
    let result = &answer["result"];
    assert_eq!(result["protocolVersion"], "2025-11-25");
    assert_eq!(result["serverInfo"]["name"], "butterbase-integrations");
    assert_eq!(result["capabilities"], json!({"tools": {}}));
    assert!(result["instructions"].as_str().unwrap().contains("manage_integrations"));
    let older = app
        .http()
        .post(format!("{}/mcp", app.url))
        .bearer_auth(&app.key)
        .header("content-type", "application/json");
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": initialize("2024-11-05")});
    let older = app.answer(older.body(body.to_string())).await.ok();
    assert_eq!(older["result"]["protocolVersion"], "2025-11-25", "older ones are not spoken");
}

#[tokio::test]
async fn the_two_tools_are_described_truthfully() {
    let app = TestApp::new().await;
    let answer = app.rpc("/mcp", &app.key, "tools/list", json!({})).await.ok();
    let tools = answer["result"]["tools"].as_array().unwrap();
    let names: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["manage_integrations", "connect_account"]);
    assert_eq!(
        tools[0]["annotations"],
        json!({"readOnlyHint": false, "destructiveHint": true, "idempotentHint": false, "openWorldHint": true})
    );
    let schema = &tools[0]["inputSchema"];
    assert_eq!(schema["required"], json!(["app_id", "action"]));
    assert_eq!(
        schema["properties"]["action"]["enum"],
        json!([
            "configure",
            "rotate_credentials",
            "disable",
            "list_available",
            "list_connected",
            "list_tools",
            "execute_action"
        ])
    );
    let parameters: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
    assert_eq!(
        parameters,
        [
            "app_id",
            "action",
            "toolkit",
            "scopes",
            "display_name",
            "oauth_credentials",
            "search",
            "tool_name",
            "params",
            "user_id",
            "connection_id",
            "idempotency_key",
            "raw",
            "text_limit",
            "curated",
            "limit",
            "cursor"
        ]
    );
    for parameter in schema["properties"].as_object().unwrap().values() {
        assert!(!parameter["description"].as_str().unwrap().is_empty());
    }
}

#[tokio::test]
async fn the_newer_revision_needs_no_handshake() {
    let app = TestApp::new().await;
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    });
    let arguments = json!({"app_id": app.app, "action": "list_available"});
    let params = json!({"name": "manage_integrations", "arguments": arguments, "_meta": meta});
    let body = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params});
    let request = app.http().post(format!("{}/mcp", app.url)).bearer_auth(&app.key);
    let request = request.header("mcp-protocol-version", "2026-07-28").header("mcp-method", "tools/call");
    let request =
        request.header("mcp-name", "manage_integrations").header("content-type", "application/json");
    let answer = app.answer(request.body(body.to_string())).await.ok();
    assert_eq!(answer["result"]["resultType"], "complete", "{answer}");
    assert_eq!(answer["result"]["structuredContent"]["integrations"][0]["toolkit"], "gmail");
}

#[tokio::test]
async fn nobody_gets_in_without_a_good_credential() {
    let app = TestApp::new().await;
    let list = async |path: &str, key: &str| app.rpc(path, key, "tools/list", json!({})).await;
    let own = format!("/v1/{}/mcp", app.app);
    for path in ["/mcp", own.as_str()] {
        let answer = app
            .send(Method::POST, path, "", json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}))
            .await;
        assert_eq!(answer.error(), (401, "AUTH_REQUIRED"), "{path}");
        let unknown = engine::new_platform_key();
        assert_eq!(list(path, unknown.expose()).await.error(), (401, "AUTH_INVALID_API_KEY"), "{path}");
        let answer = list(path, "a.b.c").await;
        assert_eq!(answer.error(), (401, "AUTH_INVALID_TOKEN"), "{path}");
        let challenge = answer.headers["www-authenticate"].to_str().unwrap();
        let names_metadata = challenge.contains("resource_metadata=");
        assert_eq!(names_metadata, path == own, "{challenge}");
        assert_eq!(list(path, &app.key).await.status, 200);
        assert_eq!(list(path, &app.platform_key).await.status, 200);
    }
    let (_, foreign) = app.new_app("Foreign").await;
    assert_eq!(list(&own, &foreign).await.error(), (404, "RESOURCE_NOT_FOUND"));
    let error = app
        .rpc(
            "/mcp",
            &foreign,
            "tools/call",
            json!({"name": "manage_integrations",
        "arguments": {"app_id": app.app, "action": "list_connected"}}),
        )
        .await
        .ok();
    assert_eq!(
        error["result"]["structuredContent"]["error"]["message"],
        format!("App not found: {}", app.app)
    );
}

#[tokio::test]
async fn an_apps_own_endpoint_takes_its_end_users_and_serves_no_other_app() {
    let app = TestApp::with_gmail("u1").await;
    let (other, _) = app.new_app("Other").await;
    let own = format!("/v1/{}/mcp", app.app);
    let metadata = format!("/.well-known/oauth-protected-resource{own}");
    let without = app.send(Method::GET, &metadata, "", Value::Null).await;
    assert_eq!(without.error(), (404, "RESOURCE_NOT_FOUND"), "as if the app did not exist");

    let secret = "0123456789abcdef0123456789abcdef";
    let settings = json!({"issuer": "https://issuer.example", "hs256_secret": secret});
    app.send(Method::PUT, &format!("/v1/{}/auth", app.app), &app.key, settings).await.ok();
    assert_eq!(
        app.send(Method::GET, &metadata, "", Value::Null).await.ok(),
        json!({"resource": format!("{}{own}", app.url), "authorization_servers": ["https://issuer.example"],
            "bearer_methods_supported": ["header"]})
    );
    let exp = engine::Clock::now(&*app.clock).as_second() + 600;
    let claims = json!({"iss": "https://issuer.example", "sub": "u1", "exp": exp});
    let token = encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(secret.as_bytes()))
        .unwrap();
    let call = async |arguments: Value| {
        let params = json!({"name": "manage_integrations", "arguments": arguments});
        app.rpc(&own, &token, "tools/call", params).await.ok()["result"]["structuredContent"].clone()
    };
    let executed =
        call(json!({"app_id": app.app, "action": "execute_action", "tool_name": "GMAIL_GET_PROFILE"})).await;
    assert_eq!(executed["data"]["emailAddress"], "ada@example.com");
    let configured = call(json!({"app_id": app.app, "action": "configure", "toolkit": "slack"})).await;
    assert_eq!(configured["error"]["code"], "AUTH_REQUIRED");
    let elsewhere = call(json!({"app_id": other, "action": "list_connected"})).await;
    assert_eq!(elsewhere["error"]["message"], format!("App not found: {other}"));
}

#[tokio::test]
async fn hosts_and_origins_are_checked() {
    let app = TestApp::new().await;
    let with = async |name: &str, value: &str| {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
        let request = app.http().post(format!("{}/mcp", app.url)).bearer_auth(&app.key).header(name, value);
        app.answer(request.header("content-type", "application/json").body(body.to_string())).await.status
    };
    assert_eq!(with("origin", &app.url).await, 200);
    assert_eq!(with("origin", "https://evil.example").await, 403);
    assert_eq!(with("host", "evil.example").await, 403);
    assert_eq!(with("accept", "application/json").await, 200, "one media type is enough");
}

#[tokio::test]
async fn what_is_no_call_is_refused_without_a_5xx() {
    let app = TestApp::new().await;
    let huge = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"x": "y".repeat(2 * 1024 * 1024)}}).to_string();
    for (body, statuses) in [
        ("{", 400..=415),
        ("[]", 400..=415),
        ("{\"jsonrpc\":\"2.0\"}", 400..=415),
        (huge.as_str(), 413..=413),
    ] {
        let request = app
            .http()
            .post(format!("{}/mcp", app.url))
            .bearer_auth(&app.key)
            .header("content-type", "application/json");
        let answer = app.answer(request.body(body.to_owned())).await;
        assert!(statuses.contains(&answer.status), "{:.40} {}", body, answer.status);
    }
    let unknown_tool =
        app.rpc("/mcp", &app.key, "tools/call", json!({"name": "nope", "arguments": {}})).await.ok();
    assert_eq!(unknown_tool["error"]["code"], -32602);
    let unknown_method = app.rpc("/mcp", &app.key, "nope", json!({})).await;
    assert!(
        unknown_method.status < 500 && unknown_method.body["error"]["code"] == -32601,
        "{}",
        unknown_method.body
    );
    assert_eq!(app.send(Method::GET, "/mcp", &app.key, Value::Null).await.status, 405);
}
