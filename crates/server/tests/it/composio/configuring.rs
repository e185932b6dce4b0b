//! Which backend serves what, and what the vendor is told.

use std::collections::BTreeMap;

use engine::Backend;
use sandbox::What;
use serde_json::{Value, json};

use super::{asked, disable, error, fault, hosted, hosted_with};
use crate::support::{Answer, Setup, TestApp, x_credentials};

async fn configure(app: &TestApp, body: Value) -> Answer {
    app.post("/configure", body).await
}

async fn available(app: &TestApp, slug: &str) -> Value {
    let found = app.get(&format!("/available?search={slug}")).await.ok();
    let found = found["integrations"].as_array().unwrap().clone();
    found.into_iter().find(|one| one["toolkit"] == slug).unwrap_or(Value::Null)
}

#[tokio::test]
async fn each_toolkit_is_served_by_whoever_can() {
    let app = hosted_with(Setup::default()).await;
    let mut said = BTreeMap::new();
    for slug in
        ["gmail", "google-calendar", "twitter", "linkedin", "pinecone", "shopify", "hackernews", "jira"]
    {
        let shown = available(&app, slug).await;
        let promised = json!([shown["backend"], shown["requires_byo_credentials"]]);
        let configured = configure(&app, json!({ "toolkit": slug })).await;
        let got = match configured.status {
            200 => json!([configured.body["backend"], false]),
            _ => json!([promised[0], configured.error().1 == "INTEGRATIONS_BYO_CREDENTIALS_REQUIRED"]),
        };
        assert_eq!(promised, got, "what {slug} promises is what it does");
        said.insert(slug, got);
    }
    let expected = json!({
        "gmail": ["native", false], "google-calendar": ["native", false], "hackernews": ["composio", false],
        "jira": ["composio", false], "linkedin": ["composio", false], "pinecone": ["composio", false],
        "shopify": ["composio", false], "twitter": ["native", true],
    });
    assert_eq!(json!(said), expected);
}

#[tokio::test]
async fn without_clients_of_our_own_the_vendor_serves_the_curated() {
    let app = hosted().await;
    for slug in ["gmail", "google-calendar", "google-sheets", "google-drive", "outlook", "notion"] {
        let config = app.configure(slug).await;
        assert_eq!((&config["backend"], &config["toolkit_slug"]), (&json!("composio"), &json!(slug)));
    }
    let there: Vec<String> =
        app.twins().composio_auth_configs().into_iter().map(|config| config.toolkit).collect();
    assert_eq!(there, ["gmail", "googlecalendar", "googlesheets", "googledrive", "outlook", "notion"]);
}

#[tokio::test]
async fn an_operator_pins_a_backend() {
    let pins =
        vec![("gmail", Backend::Composio), ("pinecone", Backend::Composio), ("notion", Backend::Native)];
    let app = hosted_with(Setup { pins, ..Setup::default() }).await;
    assert_eq!(app.configure("gmail").await["backend"], "composio");
    assert_eq!(app.configure("slack").await["backend"], "native");
    assert_eq!(available(&app, "gmail").await["backend"], "composio");
    let pins = vec![("notion", Backend::Native)];
    let app = hosted_with(Setup { pins, managed: false, ..Setup::default() }).await;
    let refused = configure(&app, json!({ "toolkit": "notion" })).await;
    assert_eq!(refused.error(), (400, "INTEGRATIONS_NOT_CONFIGURED"));
}

#[tokio::test]
async fn scopes_reach_the_vendor_and_change_in_place() {
    let app = hosted().await;
    let body = json!({ "toolkit": "gmail", "scopes": ["gmail.send"] });
    let first = configure(&app, body).await.ok();
    assert_eq!(first["scopes"], json!(["gmail.send"]));
    let there = app.twins().composio_auth_configs();
    assert_eq!(there[0].scopes, ["https://www.googleapis.com/auth/gmail.send"]);
    app.connect("gmail", "u1", "ada").await;

    let body = json!({ "toolkit": "gmail", "scopes": ["gmail.send", "gmail.readonly"] });
    let second = configure(&app, body).await.ok();
    assert_eq!((&second["id"], &second["sync"]), (&first["id"], &json!("settled")));
    let after = app.twins().composio_auth_configs();
    assert_eq!((after.len(), &after[0].id, after[0].scopes.len()), (1, &there[0].id, 2));
    let mail = json!({ "to": "a@example.com", "subject": "s", "body": "b" });
    app.execute("GMAIL_SEND_EMAIL", "u1", mail).await.ok();
    configure(&app, json!({ "toolkit": "gmail", "scopes": [] })).await.ok();
    assert!(app.twins().composio_auth_configs()[0].scopes.is_empty());

    // Nothing that the vendor has to know: it is asked whether it still has the config, and nothing else.
    app.twins().clear_ledger();
    let renamed = configure(&app, json!({ "toolkit": "gmail", "displayName": "Mail" })).await.ok();
    assert_eq!(renamed["display_name"], "Mail");
    assert_eq!(asked(&app, "").len(), asked(&app, "getAuthConfigsByNanoid").len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_at_once_make_one_auth_config() {
    let app = hosted().await;
    let all = (0..50).map(|_| configure(&app, json!({ "toolkit": "gmail", "scopes": ["gmail.send"] })));
    let answers = futures_util::future::join_all(all).await;
    let ids: Vec<Value> = answers.into_iter().map(|answer| answer.ok()["id"].clone()).collect();
    assert!(ids.iter().all(|id| *id == ids[0]));
    assert_eq!(app.twins().composio_auth_configs().len(), 1);
    assert_eq!(asked(&app, "postAuthConfigs").len(), 1);
}

#[tokio::test]
async fn what_the_vendor_asks_for_is_said_exactly() {
    let app = hosted().await;
    let mut said = BTreeMap::new();
    let missing =
        configure(&app, json!({ "toolkit": "shopify", "oauth_credentials": { "auth_scheme": "OAUTH2" } }));
    said.insert("no client", error(&missing.await));
    let half = json!({ "toolkit": "xero", "oauth_credentials": { "client_id": "c", "client_sceret": "s" } });
    said.insert("a misspelt field", error(&configure(&app, half).await));
    let scheme = json!({ "toolkit": "xero", "oauth_credentials": { "auth_scheme": "BASIC" } });
    said.insert("another scheme", error(&configure(&app, scheme).await));
    let unknown = configure(&app, json!({ "toolkit": "pinecon" }));
    said.insert("no such toolkit", error(&unknown.await));
    let text = serde_json::to_string(&said).unwrap().replace(app.twins().composio_url().as_str(), "VENDOR");
    insta::assert_json_snapshot!(serde_json::from_str::<Value>(&text).unwrap());
    assert!(app.twins().composio_auth_configs().is_empty());
    assert_eq!(app.get("/config").await.ok()["integrations"], json!([]));
}

#[tokio::test]
async fn managed_auth_that_was_withdrawn_asks_for_a_client() {
    let app = hosted().await;
    let error = json!({ "error": { "message": "Default auth config not found", "code": 306, "status": 400,
        "slug": "Auth_Config_DefaultAuthConfigNotFound" } });
    let what = What::Answer { status: 400, headers: BTreeMap::new(), body: error.to_string() };
    app.twins().inject(fault("POST backend.composio.dev/api/v3.1/auth_configs", Some(1), what));
    let refused = configure(&app, json!({ "toolkit": "jira" })).await;
    assert_eq!(refused.error(), (400, "INTEGRATIONS_BYO_CREDENTIALS_REQUIRED"));
    let fields = refused.details()["credential_fields"].as_array().unwrap();
    assert!(fields.iter().any(|field| field["name"] == "client_id"), "{fields:?}");
    assert!(
        refused.details()["redirect_uri"].as_str().unwrap().ends_with("/api/v3.1/toolkits/auth/callback")
    );
    // Nothing is left of the attempt.
    assert_eq!(app.get("/config").await.ok()["integrations"], json!([]));
    assert_eq!(app.configure("jira").await["sync"], "settled");
}

#[tokio::test]
async fn a_clients_own_credentials_are_given_rotated_and_never_shown() {
    let app = hosted().await;
    let own = json!({ "client_id": "first", "client_secret": "canary-one" });
    let config = configure(&app, json!({ "toolkit": "xero", "oauth_credentials": own })).await.ok();
    assert_eq!((&config["managed"], &config["auth_scheme"]), (&json!(false), &json!("OAUTH2")));
    assert!(
        config["redirect_uri"].as_str().unwrap().ends_with("/api/v3.1/toolkits/auth/callback"),
        "{config}"
    );
    app.connect("xero", "u1", "ada").await;
    let rotate = async |credentials: Value| {
        app.call(reqwest::Method::PATCH, "/configure/xero/credentials", credentials).await
    };
    rotate(json!({ "client_secret": "canary-two" })).await.ok();
    let there = app.twins().composio_auth_configs();
    assert_eq!((there.len(), there[0].client_id.as_deref()), (1, Some("first")));
    rotate(json!({ "client_id": "second", "client_secret": "canary-three" })).await.ok();
    assert_eq!(app.twins().composio_auth_configs()[0].client_id.as_deref(), Some("second"));
    app.execute("XERO_LIST_ITEMS", "u1", json!({})).await.ok();
    let account = app.get("/connections").await.ok()["connections"][0].clone();
    assert_eq!(account["status_reason"], "reconnect_recommended", "{account}");

    let lone = rotate(json!({ "client_id": "third" })).await;
    assert_eq!(lone.error(), (400, "VALIDATION_MISSING_FIELD"));
    let other = json!({ "auth_scheme": "API_KEY", "client_secret": "s" });
    assert_eq!(rotate(other).await.error(), (400, "VALIDATION_INVALID_SCHEMA"));
    let none =
        app.call(reqwest::Method::PATCH, "/configure/gmail/credentials", json!({ "client_id": "x" })).await;
    assert_eq!(none.error(), (404, "INTEGRATIONS_TOOLKIT_NOT_ENABLED"));
    app.configure("gmail").await;
    let managed =
        app.call(reqwest::Method::PATCH, "/configure/gmail/credentials", json!({ "client_id": "x" })).await;
    assert_eq!(managed.status, 400);
    let shown =
        app.get("/config").await.ok().to_string() + &serde_json::to_string(&app.audit().await).unwrap();
    assert!(!shown.contains("canary"), "{shown}");
}

#[tokio::test]
async fn what_accounts_depend_on_stays() {
    let app = hosted().await;
    app.configure("gmail").await;
    app.connect("gmail", "u1", "ada").await;
    let own = json!({ "toolkit": "gmail", "oauth_credentials": { "client_id": "c", "client_secret": "s" } });
    let refused = configure(&app, own.clone()).await;
    assert_eq!(refused.error(), (409, "INTEGRATIONS_CONFIG_CONFLICT"));
    assert_eq!(refused.details()["connected_accounts"], 1);
    let account = app.get("/connections").await.ok()["connections"][0]["id"].as_str().unwrap().to_owned();
    app.call(reqwest::Method::DELETE, &format!("/connections/{account}"), Value::Null).await;
    let moved = configure(&app, own).await.ok();
    assert_eq!((&moved["backend"], &moved["managed"]), (&json!("native"), &json!(false)));
    app.until(|| app.twins().composio_auth_configs().is_empty()).await;
}

#[tokio::test]
async fn disabling_is_in_force_here_at_once_and_there_in_the_end() {
    let app = hosted().await;
    app.configure("pinecone").await;
    app.connect("pinecone", "u1", "ada").await;
    app.twins().inject(fault("DISABLED", Some(2), What::Status500));
    assert_eq!(disable(&app, "pinecone").await.status, 204);
    let stopped = app.execute("PINECONE_LIST_ITEMS", "u1", json!({})).await;
    assert_eq!(stopped.error(), (400, "INTEGRATIONS_TOOLKIT_NOT_ENABLED"));
    let shown = app.get("/config?all=true").await.ok();
    assert_eq!(shown["integrations"][0]["enabled"], false);
    let tried = |app: &TestApp| {
        let ledger = app.twins().ledger();
        ledger.into_iter().filter(|entry| entry.path.ends_with("DISABLED")).count()
    };
    for times in 1..=2 {
        app.until(|| tried(&app) == times).await;
        app.advance(20 * 60);
    }
    app.until(|| !app.twins().composio_auth_configs()[0].enabled).await;
    let settled =
        async { while app.get("/config?all=true").await.ok()["integrations"][0]["sync"] != "settled" {} };
    tokio::time::timeout(std::time::Duration::from_secs(20), settled).await.unwrap();
    assert_eq!(app.get("/config").await.ok()["integrations"], json!([]));
    let again = app.configure("pinecone").await;
    assert_eq!(again["sync"], "settled");
    assert!(app.twins().composio_auth_configs()[0].enabled);
    app.execute("PINECONE_LIST_ITEMS", "u1", json!({})).await.ok();
}

#[tokio::test]
async fn a_deleted_app_leaves_nothing_over_there() {
    let app = hosted().await;
    app.configure("pinecone").await;
    app.connect("pinecone", "u1", "ada").await;
    let path = format!("/apps/{}", app.app);
    app.send(reqwest::Method::DELETE, &path, &app.platform_key, Value::Null).await;
    app.until(|| app.twins().composio_auth_configs().is_empty()).await;
    assert!(app.twins().composio_accounts().is_empty());
}

#[tokio::test]
async fn a_vendor_that_is_away_changes_nothing() {
    let app = hosted().await;
    let twitter = json!({ "toolkit": "twitter", "oauth_credentials": x_credentials(&app) });
    app.twins().inject(fault("backend.composio.dev", None, What::Status500));
    let failed = configure(&app, json!({ "toolkit": "gmail" })).await;
    assert_eq!(failed.error(), (502, "INTEGRATIONS_UPSTREAM_ERROR"));
    assert_eq!(configure(&app, twitter).await.ok()["backend"], "native");
    assert_eq!(app.get("/config").await.ok()["integrations"].as_array().unwrap().len(), 1);
    app.twins().clear_faults();
    assert!(app.twins().composio_auth_configs().is_empty());
}

#[tokio::test]
async fn without_a_key_there_is_no_second_backend() {
    let app = TestApp::with(Setup { managed: false, ..Setup::default() }).await;
    assert_eq!(
        configure(&app, json!({ "toolkit": "gmail" })).await.error(),
        (400, "INTEGRATIONS_NOT_CONFIGURED")
    );
    assert_eq!(
        configure(&app, json!({ "toolkit": "pinecone" })).await.error(),
        (400, "INTEGRATIONS_UPSTREAM_ERROR")
    );
    let listed = app.get("/available?curated=false").await.ok();
    assert!(listed.get("composio_catalog").is_none(), "{listed}");
}
