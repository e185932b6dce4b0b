//! openapi.json as checked in is what the code says. `UPDATE_OPENAPI=1` writes it.

use std::path::Path;

use reqwest::Method;
use serde_json::Value;

use crate::support::TestApp;

#[tokio::test]
async fn the_checked_in_document_is_the_served_one() {
    let app = TestApp::new().await;
    let answer = app.http().get(format!("{}/openapi.json", app.url)).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/json");
    let served = answer.text().await.unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi.json");
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(&path, &served).unwrap();
    }
    let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        checked_in == served,
        "run the tests once with UPDATE_OPENAPI=1 and look at what changed in openapi.json"
    );
}

#[tokio::test]
async fn health_says_that_it_serves_and_from_what() {
    let app = TestApp::new().await;
    assert_eq!(app.send(Method::GET, "/health/live", "", Value::Null).await.ok()["status"], "ok");
    let ready = app.send(Method::GET, "/health/ready", "", Value::Null).await.ok();
    assert!(["sqlite", "postgres"].contains(&ready["database"].as_str().unwrap()));
    assert!(ready["schema"].as_i64().unwrap() >= 3, "{ready}");
    let again = app.send(Method::GET, "/health/ready", "", Value::Null).await.ok();
    assert_eq!(ready["node"], again["node"], "one process is one node");
    let other = TestApp::new().await;
    let other = other.send(Method::GET, "/health/ready", "", Value::Null).await.ok();
    assert_ne!(ready["node"], other["node"], "and another is another");
    app.engine.drain().await;
    assert_eq!(app.send(Method::GET, "/health/ready", "", Value::Null).await.status, 503);
    assert_eq!(app.send(Method::GET, "/health/live", "", Value::Null).await.status, 200);
}
