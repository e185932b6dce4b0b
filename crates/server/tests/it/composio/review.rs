//! What a second look found: the vendor's side changed behind our back, or its answers are not what was asked for.

use std::sync::Arc;

use engine::Backend;
use reqwest::Method;
use sandbox::What;
use serde_json::{Value, json};

use super::{fault, hosted, hosted_with, with_pinecone};
use crate::support::{Browser, Setup, TestApp};

const ACCOUNTS: &str = "GET backend.composio.dev/api/v3.1/connected_accounts";

fn answer(status: u16, body: &Value) -> What {
    What::Answer { status, headers: Default::default(), body: body.to_string() }
}

fn refusal(status: u16, code: i64, slug: &str) -> What {
    let error = json!({ "message": "raw words", "code": code, "slug": slug, "status": status });
    answer(status, &json!({ "error": error }))
}

/// What somebody does in the vendor's dashboard.
async fn over_there(app: &TestApp, method: Method, path: &str) {
    let url = format!("{}/api/v3.1/{path}", app.twins().composio_url());
    let sent = app.http().request(method, url).header("x-api-key", sandbox::COMPOSIO_KEY).send().await;
    assert!(sent.unwrap().status().is_success());
}

fn native_client() -> Value {
    json!({ "toolkit": "gmail", "oauth_credentials": { "client_id": "c", "client_secret": "s" } })
}

#[tokio::test]
async fn a_list_of_everybodys_accounts_costs_nobody_his_grant() {
    let (app, _) = with_pinecone("u1").await;
    app.configure("gmail").await;
    let account = app.twins().composio_accounts()[0].clone();
    let all = json!({ "items": [{ "id": account.id, "user_id": account.user_id, "status": "ACTIVE",
        "toolkit": { "slug": "pinecone" }, "auth_config": { "id": account.auth_config_id } }] });
    app.twins().inject(fault(ACCOUNTS, None, answer(200, &all)));
    // We talk to Google ourselves from now on, so the vendor's auth config goes with its accounts.
    app.post("/configure", native_client()).await.ok();
    app.until(|| app.twins().composio_auth_configs().len() == 1).await;
    assert_eq!(app.twins().composio_accounts(), [account]);
}

#[tokio::test]
async fn a_link_that_names_a_connected_account_is_no_reason_to_remove_it() {
    let (app, _) = with_pinecone("u1").await;
    let account = app.twins().composio_accounts()[0].clone();
    let link = json!({ "link_token": "t", "redirect_url": app.twins().composio_url().join("link/t").unwrap(),
        "expires_at": "2100-01-01T00:00:00Z", "connected_account_id": account.id });
    app.twins().inject(fault("connected_accounts/link", Some(1), answer(201, &link)));
    let page = app.link("pinecone", "u1").await;
    let mut browser = Browser::new();
    let shown = browser.get(&page).await;
    assert_eq!(browser.post(&page, &[("csrf", &shown.hidden("csrf"))]).await.status, 200);
    app.twins().clear_ledger();
    app.advance(31 * 60);
    // Accounts are compared after what is due was removed.
    app.until(|| app.twins().ledger().iter().any(|entry| entry.path.contains("connected_accounts"))).await;
    assert_eq!(app.twins().composio_accounts(), [account]);
}

#[tokio::test]
async fn configuring_again_mends_what_was_changed_over_there() {
    let app = hosted().await;
    let first = app.configure("gmail").await;
    let config = app.twins().composio_auth_configs()[0].id.clone();
    over_there(&app, Method::PATCH, &format!("auth_configs/{config}/DISABLED")).await;
    assert_eq!(app.configure("gmail").await["id"], first["id"]);
    assert!(app.twins().composio_auth_configs()[0].enabled);
    over_there(&app, Method::DELETE, &format!("auth_configs/{config}")).await;
    assert_eq!(app.configure("gmail").await["id"], first["id"]);
    assert_eq!(app.twins().composio_auth_configs().len(), 1);
    app.connect("gmail", "u1", "ada").await;
    // While the vendor is away, what it last said holds.
    app.twins().inject(fault("backend.composio.dev", None, What::Status500));
    app.configure("gmail").await;
}

#[tokio::test]
async fn a_refused_call_was_not_sent_whatever_becomes_of_the_question_about_its_account() {
    let (app, account) = with_pinecone("u1").await;
    let expired = refusal(410, 1820, "ActionExecute_ConnectedAccountExpired");
    app.twins().inject(fault("tools/execute", Some(1), expired));
    app.twins().inject(fault(ACCOUNTS, None, What::Status500));
    let failed = app.execute("PINECONE_CREATE_ITEM", "u1", json!({ "name": "x" })).await;
    assert_eq!(failed.error(), (502, "INTEGRATIONS_EXECUTION_FAILED"));
    assert_eq!(failed.details()["outcome"], "not_sent");
    assert_eq!(app.connection(&account).await["status"], "active");
}

#[tokio::test]
async fn a_misspelt_tool_of_ours_is_no_matter_of_the_vendors() {
    let (app, _) = with_pinecone("u1").await;
    app.get("/tools?toolkit=pinecone").await.ok();
    app.twins().inject(fault("backend.composio.dev", None, What::Status500));
    let unknown = app.execute("GMAIL_SEND_EMIAL", "u1", json!({})).await;
    assert_eq!(unknown.error(), (404, "INTEGRATIONS_EXECUTION_FAILED"));
    assert_eq!(unknown.details()["suggestions"][0], "GMAIL_SEND_EMAIL");
}

#[tokio::test]
async fn what_a_refused_configure_leaves_serves_the_config_that_is_made_later() {
    let app = hosted().await;
    let part = "POST backend.composio.dev/api/v3.1/auth_configs";
    app.twins().inject(fault(part, Some(1), refusal(400, 10400, "BadRequest")));
    let refused = app.post("/configure", json!({ "toolkit": "gmail" })).await;
    assert_eq!(refused.error(), (502, "INTEGRATIONS_UPSTREAM_ERROR"));
    let native = app.post("/configure", native_client()).await.ok();
    assert_eq!(native["backend"], "native");
    // The operator decides otherwise.
    let (clock, sandbox, dir) = (Arc::clone(&app.clock), Arc::clone(&app.sandbox), Arc::clone(&app.dir));
    let (id, key, vault_keys) = (app.app.clone(), app.key.clone(), app.vault_keys.clone());
    let database = Some(app.database.clone());
    app.stop().await;
    let pins = vec![("gmail", Backend::Composio)];
    let setup = Setup { managed: false, composio: true, vault_keys, pins, database, ..Setup::default() };
    let mut app = TestApp::beside(setup, clock, sandbox, dir).await;
    app.engine.wait_for_hosted_catalog().await;
    (app.app, app.key) = (id, key);
    let config = app.configure("gmail").await;
    assert_eq!(
        (&config["id"], &config["backend"], &config["sync"]),
        (&native["id"], &json!("composio"), &json!("settled"))
    );
    app.connect("gmail", "u1", "ada").await;
}

#[tokio::test]
async fn a_client_that_the_vendor_would_get_is_not_registered_with_our_redirect_uri() {
    let pins = vec![("gmail", Backend::Composio)];
    let app = hosted_with(Setup { pins, ..Setup::default() }).await;
    let found = app.get("/available?search=gmail").await.ok();
    assert_eq!(found["integrations"][0]["toolkit"], "gmail");
    assert_eq!(found["integrations"][0]["setup"]["redirect_uri"], Value::Null);
    assert_eq!(found["integrations"][0]["credential_fields"].as_array().map_or(0, Vec::len), 0);
}

#[tokio::test]
async fn a_key_of_another_project_changes_and_removes_nothing() {
    let (app, account) = with_pinecone("u1").await;
    let there = app.twins().composio_auth_configs();
    let setup = Setup {
        composio: true,
        managed: false,
        // Another spelling of the address is a key that was never looked at.
        composio_url: Some(format!("{}/", app.twins().composio_url()).parse().unwrap()),
        database: Some(app.database.clone()),
        vault_keys: app.vault_keys.clone(),
        ..Setup::default()
    };
    let (clock, sandbox, dir) = (app.clock.clone(), app.sandbox.clone(), app.dir.clone());
    let (id, key) = (app.app.clone(), app.key.clone());
    app.stop().await;
    let absent = refusal(404, 10404, "NotFound");
    let inject = |path: &str| sandbox.control().inject(fault(path, None, absent.clone()));
    inject("GET backend.composio.dev/api/v3.1/auth_configs/");
    let mut again = TestApp::beside(setup, clock, sandbox.clone(), dir).await;
    (again.app, again.key) = (id, key);

    let refused = again.post("/configure", json!({ "toolkit": "jira" })).await;
    assert_eq!(refused.error(), (502, "INTEGRATIONS_UPSTREAM_ERROR"));
    assert_eq!(refused.details()["reason"], "another_project");
    let path = format!("/v1/{}/integrations/connections/{account}", again.app);
    assert_eq!(again.send(Method::DELETE, &path, &again.key, Value::Null).await.status, 204);
    again.advance(3600);
    assert_eq!(again.get("/connections").await.ok()["connections"], json!([]));
    assert_eq!(sandbox.control().composio_auth_configs(), there);
    assert_eq!(sandbox.control().composio_accounts().len(), 1, "removed there once the right key is back");
}

#[tokio::test]
async fn what_is_shared_is_forgotten_and_what_is_not_is_revoked() {
    let (app, first) = with_pinecone("u1").await;
    let second = app.connect("pinecone", "u1", "ada").await;
    let other = app.connect("pinecone", "u2", "grace").await;
    for account in [&first, &second, &other] {
        app.call(Method::DELETE, &format!("/connections/{account}"), Value::Null).await;
    }
    let lines = app.audited("disconnect", 3).await;
    let detail = |account: &str| {
        lines.iter().find(|line| line["connection_id"] == account).unwrap()["detail"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(detail(&first), "skipped_shared");
    assert_eq!((detail(&second), detail(&other)), ("revoked".to_owned(), "revoked".to_owned()));
    app.until(|| app.twins().composio_accounts().is_empty()).await;
}

#[tokio::test]
async fn accounts_that_nobody_here_knows_keep_their_auth_config() {
    let app = hosted().await;
    app.configure("pinecone").await;
    let config = app.twins().composio_auth_configs()[0].id.clone();
    let state = json!({ "authScheme": "API_KEY", "val": { "status": "ACTIVE", "generic_api_key": "k" } });
    let body =
        json!({ "auth_config": { "id": config }, "connection": { "user_id": "later", "state": state } });
    let url = format!("{}/api/v3.1/connected_accounts", app.twins().composio_url());
    let request = app.http().post(url).header("x-api-key", sandbox::COMPOSIO_KEY);
    let made = request.header("content-type", "application/json").body(body.to_string()).send().await;
    assert!(made.unwrap().status().is_success());
    let path = format!("/apps/{}", app.app);
    app.send(Method::DELETE, &path, &app.platform_key, Value::Null).await;
    let metric = async {
        loop {
            let text = app.send(Method::GET, "/metrics", &app.platform_key, Value::Null).await.body;
            if text.as_str().unwrap().contains("bbi_composio_pending_configs 1") {
                return;
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), metric).await.expect("it stays pending");
    assert_eq!(app.twins().composio_accounts().len(), 1);
}

#[tokio::test]
async fn credentials_for_what_needs_none_are_refused() {
    let app = hosted().await;
    let body = json!({ "toolkit": "hackernews", "oauth_credentials": { "client_id": "c" } });
    assert_eq!(app.post("/configure", body).await.error(), (400, "VALIDATION_INVALID_SCHEMA"));
}
