//! The vendor's catalogue: all of it, from a list of our own that outlives the vendor.

use sandbox::What;
use serde_json::{Value, json};

use super::{asked, fault, hosted};
use crate::support::{Setup, TestApp};

async fn search(app: &TestApp, words: &str) -> Vec<Value> {
    let found = app.get(&format!("/available?search={words}&limit=200")).await.ok();
    found["integrations"].as_array().unwrap().clone()
}

#[tokio::test]
async fn every_toolkit_is_found_and_ours_keep_their_names() {
    let app = hosted().await;
    let mut all = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = app.get(&format!("/available?curated=false&limit=200{cursor}")).await.ok();
        all.extend(page["integrations"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let slugs: std::collections::BTreeSet<&str> =
        all.iter().map(|one| one["toolkit"].as_str().unwrap()).collect();
    assert_eq!(slugs.len(), all.len(), "none twice");
    assert!(slugs.len() > 1000, "{}", slugs.len());
    assert!(slugs.contains("google-calendar") && !slugs.contains("googlecalendar"));
    assert_eq!(app.get("/available").await.ok()["integrations"].as_array().unwrap().len(), 10);

    let maps = &search(&app, "google%20maps").await[0];
    insta::assert_json_snapshot!(maps);
    for spelling in ["google_maps", "GoogleMaps", "google-maps"] {
        assert_eq!(app.configure(spelling).await["toolkit_slug"], "google_maps");
    }
    assert_eq!(search(&app, "google%20calendar").await[0]["toolkit"], "google-calendar");
}

#[tokio::test]
async fn all_tools_of_a_toolkit_are_listed_page_by_page_and_fetched_once() {
    let app = hosted().await;
    app.configure("meridian_cloud").await;
    let mut names = std::collections::BTreeSet::new();
    let mut cursor = String::new();
    loop {
        let page = app.get(&format!("/tools?toolkit=meridian_cloud&limit=200{cursor}")).await.ok();
        names.extend(page["tools"].as_array().unwrap().iter().map(|tool| tool["name"].to_string()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(names.len(), 1204);
    assert_eq!(asked(&app, "getTools").len(), 7, "pages of 200, once");
    let found = app.get("/tools?search=create%20item").await.ok();
    assert_eq!(found["tools"][0]["name"], "MERIDIAN_CLOUD_CREATE_ITEM");
}

#[tokio::test]
async fn the_list_is_kept_for_when_the_vendor_is_away() {
    let app = hosted().await;
    app.configure("pinecone").await;
    app.connect("pinecone", "u1", "ada").await;
    let state = app.get("/available?search=pinecone").await.ok()["composio_catalog"].clone();
    assert_eq!((&state["stale"], &state["age_seconds"]), (&json!(false), &json!(0)));
    app.get("/tools?toolkit=pinecone").await.ok();

    app.twins().inject(fault("backend.composio.dev", None, What::Html502));
    let again = restarted(app, false).await;
    again.advance(3 * 3600);
    let listed = again.get("/available?search=pinecone").await.ok();
    assert_eq!(listed["integrations"][0]["toolkit"], "pinecone");
    assert_eq!(listed["composio_catalog"]["stale"], true);
    assert_eq!(listed["composio_catalog"]["age_seconds"], 3 * 3600);
    assert!(!again.get("/tools?toolkit=pinecone").await.ok()["tools"].as_array().unwrap().is_empty());
}

/// The same database and twins under a new process.
async fn restarted(app: TestApp, wait: bool) -> TestApp {
    let (clock, sandbox, dir) = (app.clock.clone(), app.sandbox.clone(), app.dir.clone());
    let setup =
        Setup { composio: true, managed: false, database: Some(app.database.clone()), ..Setup::default() };
    let setup = Setup { vault_keys: app.vault_keys.clone(), ..setup };
    let (id, key) = (app.app.clone(), app.key.clone());
    app.stop().await;
    let mut again = TestApp::beside(setup, clock, sandbox, dir).await;
    (again.app, again.key) = (id, key);
    if wait {
        again.engine.wait_for_hosted_catalog().await;
    }
    again
}

#[tokio::test]
async fn an_empty_answer_does_not_empty_the_list() {
    let app = hosted().await;
    let nothing =
        json!({ "items": [], "next_cursor": null, "total_pages": 0, "current_page": 1, "total_items": 0 });
    let what = What::Answer { status: 200, headers: Default::default(), body: nothing.to_string() };
    app.twins().inject(fault("api/v3.1/toolkits", None, what));
    let again = restarted(app, true).await;
    again.advance(2 * 3600);
    assert_eq!(search(&again, "pinecone").await[0]["toolkit"], "pinecone");
}

#[tokio::test]
async fn before_the_first_list_the_vendor_is_asked_about_one_toolkit() {
    let first = TestApp::new().await;
    first.twins().inject(fault("api/v3.1/toolkits", None, What::Status500));
    let setup = Setup { composio: true, managed: false, ..Setup::default() };
    let dir = std::sync::Arc::new(tempfile::TempDir::new().unwrap());
    let app = TestApp::beside(setup, first.clock.clone(), first.sandbox.clone(), dir).await;
    let listed = app.get("/available?curated=false&limit=200").await.ok();
    assert_eq!(listed["composio_catalog"], json!({ "age_seconds": 0, "stale": true }));
    assert_eq!(listed["integrations"].as_array().unwrap().len(), 13);
    app.twins().clear_faults();
    assert_eq!(app.configure("pinecone").await["backend"], "composio");
}

#[tokio::test]
async fn a_search_asks_nobody() {
    let app = hosted().await;
    app.twins().clear_ledger();
    search(&app, "ledger").await;
    search(&app, "nothing-like-it").await;
    assert!(asked(&app, "").is_empty());
}
