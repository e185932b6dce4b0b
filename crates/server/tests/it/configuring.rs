//! Configuring: what is omitted is unchanged, races have one winner, and nobody is stranded.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{ADA, Setup, TestApp, x_credentials};

#[tokio::test]
async fn omitted_fields_are_unchanged() {
    let app = TestApp::new().await;
    let first = app
        .post("/configure", json!({"toolkit": "slack", "scopes": ["chat:write"], "displayName": "Chat"}))
        .await
        .ok();
    let again = app.post("/configure", json!({"toolkit": "slack"})).await.ok();
    assert_eq!(
        (&again["id"], &again["scopes"], &again["display_name"]),
        (&first["id"], &json!(["chat:write"]), &json!("Chat"))
    );
    let renamed =
        app.post("/configure", json!({"toolkit": "slack", "display_name": "Talk", "scopes": []})).await.ok();
    assert_eq!((&renamed["scopes"], &renamed["display_name"]), (&json!([]), &json!("Talk")));
}

#[tokio::test]
async fn unknown_scopes_are_passed_on_and_named_and_malformed_ones_refused() {
    let app = TestApp::new().await;
    let config =
        app.post("/configure", json!({"toolkit": "gmail", "scopes": ["gmail.send", "brand.new"]})).await.ok();
    assert_eq!(config["scopes"], json!(["gmail.send", "brand.new"]));
    assert_eq!(
        config["warnings"],
        json!(["Gmail does not document the scope `brand.new`; it is passed on as it is"])
    );
    let refused =
        app.post("/configure", json!({"toolkit": "gmail", "scopes": ["a b", "ok", "a,b", "", 5]})).await;
    assert_eq!(refused.error(), (400, "VALIDATION_INVALID_SCHEMA"));
    let refused =
        app.post("/configure", json!({"toolkit": "gmail", "scopes": ["a b", "ok", "a,b", ""]})).await;
    let pointers: Vec<&str> =
        refused.details().as_array().unwrap().iter().map(|one| one["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/scopes/0", "/scopes/2", "/scopes/3"]);
    assert_eq!(
        app.get("/config").await.ok()["integrations"][0]["scopes"],
        json!(["gmail.send", "brand.new"]),
        "no half"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_at_once_make_one_config() {
    let app = TestApp::new().await;
    let calls = (0..50)
        .map(|n| app.post("/configure", json!({"toolkit": "gmail", "displayName": format!("Name {n}")})));
    let answers = join_all(calls).await;
    let ids: std::collections::BTreeSet<String> =
        answers.into_iter().map(|answer| answer.ok()["id"].to_string()).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(app.get("/config").await.ok()["integrations"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_change_that_would_strand_accounts_is_refused() {
    let app = TestApp::with_gmail("u1").await;
    let own = json!({"toolkit": "gmail", "oauth_credentials": {"client_id": "a", "client_secret": "b"}});
    let refused = app.post("/configure", own.clone()).await;
    assert_eq!(refused.error(), (409, "INTEGRATIONS_CONFIG_CONFLICT"));
    assert_eq!(refused.details(), &json!({"connected_accounts": 1}));
    let id = app.get("/connections").await.ok()["connections"][0]["id"].as_str().unwrap().to_owned();
    app.call(Method::DELETE, &format!("/connections/{id}"), Value::Null).await.ok();
    let changed = app.post("/configure", own).await.ok();
    assert_eq!(changed["managed"], false);
    assert!(changed["redirect_uri"].as_str().unwrap().ends_with("/callback/gmail"));
}

#[tokio::test]
async fn credentials_are_checked_field_by_field() {
    let app = TestApp::new().await;
    let problems = async |credentials: Value| {
        let refused =
            app.post("/configure", json!({"toolkit": "twitter", "oauth_credentials": credentials})).await;
        assert_eq!(refused.status, 400);
        let problems = refused.details().as_array().unwrap().clone();
        problems
            .iter()
            .map(|one| format!("{} {}", one["pointer"].as_str().unwrap(), one["message"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    assert_eq!(problems(json!({"client_id": "a"})).await, ["/oauth_credentials/client_secret is required"]);
    assert_eq!(
        problems(json!({"client_id": 5, "client_secret": "b", "redirect_uri": "https://x.example"})).await,
        [
            "/oauth_credentials/client_id must be a string",
            "/oauth_credentials/redirect_uri is not a field of this toolkit"
        ]
    );
    assert_eq!(
        problems(json!({"client_id": "a\u{0}", "client_secret": "b"})).await,
        ["/oauth_credentials/client_id must not contain control characters"]
    );
    assert_eq!(
        problems(json!({"client_id": "a".repeat(513), "client_secret": "b"})).await,
        ["/oauth_credentials/client_id must have at most 512 bytes"]
    );
    assert_eq!(app.get("/config").await.ok()["integrations"], json!([]));
}

#[tokio::test]
async fn an_own_client_serves_the_whole_flow() {
    let app = TestApp::with(Setup { managed: false, ..Setup::default() }).await;
    let refused = app.post("/configure", json!({"toolkit": "gmail"})).await;
    assert_eq!(refused.error(), (400, "INTEGRATIONS_NOT_CONFIGURED"));
    let remediation = refused.body["error"]["remediation"].as_str().unwrap();
    for way in ["oauth_credentials", "BBI_MANAGED__GOOGLE__CLIENT_ID", "COMPOSIO_API_KEY"] {
        assert!(remediation.contains(way), "{remediation}");
    }
    let refused = app.post("/configure", json!({"toolkit": "twitter"})).await;
    assert_eq!(refused.error(), (400, "INTEGRATIONS_BYO_CREDENTIALS_REQUIRED"));
    let redirect = format!("{}/v1/{}/integrations/callback/twitter", app.url, app.app);
    assert_eq!(refused.details()["redirect_uri"], redirect);
    assert!(refused.body["error"]["remediation"].as_str().unwrap().contains(&redirect));

    let credentials = x_credentials(&app);
    app.post("/configure", json!({"toolkit": "twitter", "oauth_credentials": credentials})).await.ok();
    app.connect("twitter", "u1", ADA).await;
    assert_eq!(app.execute("TWITTER_USER_LOOKUP_ME", "u1", json!({})).await.status, 200);
}

#[tokio::test]
async fn unknown_slugs_come_with_suggestions_and_never_ask_for_credentials() {
    let app = TestApp::new().await;
    let refused = app.post("/configure", json!({"toolkit": "gmial", "oauth_credentials": {}})).await;
    assert_eq!(refused.error(), (400, "INTEGRATIONS_UPSTREAM_ERROR"));
    assert_eq!(refused.details()["suggestions"][0], "gmail");
    let tools = app.get("/tools?toolkit=gmial").await;
    assert_eq!(tools.error(), (400, "INTEGRATIONS_TOOLKIT_NOT_ENABLED"));
    assert_eq!(tools.details()["suggestions"][0], "gmail");
    let connect = app.post("/connect", json!({"toolkit": "gmial", "userId": "u"})).await;
    assert_eq!(connect.error(), (400, "INTEGRATIONS_TOOLKIT_NOT_ENABLED"));
    assert_eq!(connect.body["error"]["message"], "Integration \"gmial\" is not configured for this app");
}
