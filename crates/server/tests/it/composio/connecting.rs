//! Connecting through the vendor: only the browser that began, with the account that the vendor says is this user's.

use reqwest::Method;
use sandbox::{Decision, What};
use serde_json::{Value, json};
use url::Url;

use super::{asked, callback, fault, hosted};
use crate::support::{Browser, TestApp};

async fn enabled() -> TestApp {
    let app = hosted().await;
    app.configure("pinecone").await;
    app
}

fn with_account(callback: &Url, account: &str) -> Url {
    let mut changed = callback.clone();
    let pairs: Vec<(String, String)> = callback.query_pairs().into_owned().collect();
    let pairs = pairs.into_iter().map(|(name, value)| match name.as_str() {
        "connected_account_id" => (name, account.to_owned()),
        _ => (name, value),
    });
    changed.query_pairs_mut().clear().extend_pairs(pairs);
    changed
}

async fn progress(app: &TestApp, link: &Url) -> Value {
    let id = link.path_segments().unwrap().next_back().unwrap();
    app.get(&format!("/connect/{id}")).await.ok()
}

#[tokio::test]
async fn the_page_leads_to_the_vendor_and_back_to_the_app() {
    let app = enabled().await;
    let body = json!({ "toolkit": "pinecone", "userId": "u1", "redirectUrl": "http://localhost:9/done?a=1" });
    let link: Url = app.post("/connect", body).await.ok()["authUrl"].as_str().unwrap().parse().unwrap();
    let mut browser = Browser::new();
    let page = browser.get(&link).await;
    assert!(page.text.contains("Pinecone"), "{}", page.text);
    assert!(asked(&app, "createLink").is_empty(), "looking has no effect");
    let back = browser.decide(&app, &link, &Decision::Allow("ada".to_owned())).await;
    assert_eq!(progress(&app, &link).await, json!({ "status": "pending" }));
    let done = browser.get(&back).await.location().unwrap();
    let connection = progress(&app, &link).await["connection_id"].as_str().unwrap().to_owned();
    assert_eq!(
        done.as_str(),
        format!("http://localhost:9/done?a=1&status=connected&toolkit=pinecone&connection_id={connection}")
    );
    let shown = app.connection(&connection).await;
    assert_eq!((&shown["status"], &shown["app_user_id"]), (&json!("active"), &json!("u1")));
    assert!(!shown.to_string().contains(&app.twins().composio_accounts()[0].id), "no id of the vendor's");
}

#[tokio::test]
async fn only_the_browser_that_began_may_come_back_and_only_once() {
    let app = enabled().await;
    let mut browser = Browser::new();
    let back = callback(&app, &mut browser, "pinecone", "u1").await;
    assert_eq!(Browser::new().get(&back).await.status, 400, "another browser");
    assert_eq!(browser.get(&back).await.status, 200);
    assert_eq!(browser.get(&back).await.status, 400, "used");
    assert_eq!(app.get("/connections").await.ok()["connections"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_callback_with_anothers_account_connects_nothing() {
    let app = enabled().await;
    let mut victim = Browser::new();
    let theirs = callback(&app, &mut victim, "pinecone", "victim").await;
    let foreign = app.twins().composio_accounts()[0].id.clone();

    // The attacker's own state and cookie, the victim's account.
    let mut attacker = Browser::new();
    let own = callback(&app, &mut attacker, "pinecone", "attacker").await;
    let page = attacker.get(&with_account(&own, &foreign)).await;
    assert_eq!(page.status, 400, "{}", page.text);
    assert!(page.text.contains("not the connection that was asked for"), "{}", page.text);
    assert_eq!(app.get("/connections").await.ok()["connections"], json!([]));
    // The victim's own flow is untouched, and no account at all is no better.
    assert_eq!(victim.get(&theirs).await.status, 200);
    let mut nobody = Browser::new();
    let mut bare = callback(&app, &mut nobody, "pinecone", "u3").await;
    let state = bare.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    bare.query_pairs_mut().clear().append_pair("state", &state);
    assert_eq!(nobody.get(&bare).await.status, 400);
}

#[tokio::test]
async fn the_vendors_word_counts_not_the_browsers() {
    let app = enabled().await;
    for (field, value) in [("user_id", "app_else_u1"), ("status", "FAILED")] {
        let mut browser = Browser::new();
        let back = callback(&app, &mut browser, "pinecone", "u1").await;
        let account = app.twins().composio_accounts().pop().unwrap();
        let mut shown = json!({ "id": account.id, "user_id": account.user_id, "status": "ACTIVE",
            "toolkit": { "slug": "pinecone" }, "auth_config": { "id": account.auth_config_id } });
        shown[field] = value.into();
        let what = What::Answer { status: 200, headers: Default::default(), body: shown.to_string() };
        app.twins().inject(fault("GET backend.composio.dev/api/v3.1/connected_accounts/", Some(1), what));
        assert_eq!(browser.get(&back).await.status, 400, "{field}");
    }
    assert_eq!(app.get("/connections").await.ok()["connections"], json!([]));
}

#[tokio::test]
async fn what_the_user_refuses_and_what_never_came_back_is_removed_over_there() {
    let app = enabled().await;
    let mut browser = Browser::new();
    let link = app.link("pinecone", "u1").await;
    let back = browser.decide(&app, &link, &Decision::Deny).await;
    assert_eq!(browser.get(&back).await.status, 400);
    assert_eq!(progress(&app, &link).await, json!({ "status": "failed", "reason": "access_denied" }));
    // Consented, but the browser never comes back: nobody here may use it.
    callback(&app, &mut Browser::new(), "pinecone", "u2").await;
    // Connected: this one stays.
    app.connect("pinecone", "u3", "ada").await;
    assert_eq!(app.twins().composio_accounts().len(), 3);
    app.advance(31 * 60);
    app.until(|| app.twins().composio_accounts().len() == 1).await;
    assert_eq!(app.twins().composio_accounts()[0].user_id, format!("{}_u3", app.app));
    app.execute("PINECONE_LIST_ITEMS", "u3", json!({})).await.ok();
}

#[tokio::test]
async fn users_are_told_apart_over_there() {
    let app = enabled().await;
    for user in ["a_b", "a,b", "ä ~"] {
        let body = json!({ "toolkit": "pinecone", "userId": user });
        let link: Url = app.post("/connect", body).await.ok()["authUrl"].as_str().unwrap().parse().unwrap();
        Browser::new().connect(&app, &link, &Decision::Allow("ada".to_owned())).await;
    }
    let accounts = app.twins().composio_accounts();
    let users: Vec<String> =
        accounts.iter().map(|account| account.user_id.replace(&app.app, "app")).collect();
    assert_eq!(users, ["app_a_b", "app_a%2Cb", "app_%C3%A4%20%7E"]);
    app.execute("PINECONE_LIST_ITEMS", "a,b", json!({})).await.ok();
}

#[tokio::test]
async fn confirming_holds_here_too() {
    let app = enabled().await;
    let settings = json!({ "confirm_connections": true });
    app.send(Method::PUT, &format!("/v1/{}/settings", app.app), &app.key, settings).await.ok();
    let account = app.connect("pinecone", "u1", "ada").await;
    assert_eq!(app.connection(&account).await["status"], "inactive");
    let early = app.execute("PINECONE_LIST_ITEMS", "u1", json!({})).await;
    assert_eq!(early.error(), (409, "INTEGRATIONS_NOT_CONNECTED"));
}

#[tokio::test]
async fn scopes_are_the_configs_whoever_connects() {
    let app = hosted().await;
    app.post("/configure", json!({ "toolkit": "gmail", "scopes": ["gmail.send"] })).await.ok();
    let body = json!({ "toolkit": "gmail", "userId": "u1", "scopes": ["gmail.readonly"] });
    let other = app.post("/connect", body).await;
    assert_eq!(other.error(), (400, "VALIDATION_INVALID_SCHEMA"));
    let body = json!({ "toolkit": "gmail", "userId": "u1", "scopes": ["gmail.send"] });
    app.post("/connect", body).await.ok();
}

#[tokio::test]
async fn disconnecting_removes_it_there_however_often_it_takes() {
    let app = enabled().await;
    let account = app.connect("pinecone", "u1", "ada").await;
    app.twins().inject(fault(
        "DELETE backend.composio.dev/api/v3.1/connected_accounts",
        Some(1),
        What::Status500,
    ));
    let gone = app.call(Method::DELETE, &format!("/connections/{account}"), Value::Null).await;
    assert_eq!(gone.status, 204);
    assert_eq!(app.get("/connections").await.ok()["connections"], json!([]), "here at once");
    assert_eq!(app.twins().composio_accounts().len(), 1, "there not yet");
    app.until(|| app.twins().composio_accounts().is_empty()).await;
}

#[tokio::test]
async fn a_vendor_that_is_away_makes_no_link_and_breaks_none() {
    let app = enabled().await;
    let link = app.link("pinecone", "u1").await;
    app.twins().inject(fault("connected_accounts/link", Some(1), What::Status500));
    let mut browser = Browser::new();
    let page = browser.get(&link).await;
    let sent = browser.post(&link, &[("csrf", &page.hidden("csrf"))]).await;
    assert_eq!(sent.status, 502, "{}", sent.text);
    // The same link works once it is back.
    let page = browser.connect(&app, &link, &Decision::Allow("ada".to_owned())).await;
    assert_eq!(page.status, 200, "{}", page.text);
}
