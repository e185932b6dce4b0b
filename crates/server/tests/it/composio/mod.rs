//! The second backend, against the twin of Composio's API over real HTTP.

mod catalogue;
mod configuring;
mod connecting;
mod executing;
mod killing;
mod reconciling;
mod review;

use reqwest::Method;
use sandbox::{Fault, Kind, Provider, What};
use serde_json::{Value, json};

use crate::support::{Browser, Setup, TestApp};

/// An instance with a key for the vendor and no OAuth clients of its own.
async fn hosted() -> TestApp {
    hosted_with(Setup { managed: false, ..Setup::default() }).await
}

async fn hosted_with(setup: Setup) -> TestApp {
    let app = TestApp::with(Setup { composio: true, ..setup }).await;
    app.engine.wait_for_hosted_catalog().await;
    app
}

/// What goes wrong at the vendor, where `METHOD host/path` contains `part`.
fn fault(part: &str, times: Option<u32>, what: What) -> Fault {
    Fault { provider: Provider::Composio, matcher: part.into(), times, what }
}

/// The vendor's answers since the start, as `operation outcome`.
fn asked(app: &TestApp, operation: &str) -> Vec<String> {
    let all = app.exchanges(Provider::Composio, Kind::Api);
    all.into_iter().filter(|entry| entry.starts_with(operation)).collect()
}

fn disable(app: &TestApp, toolkit: &str) -> impl Future<Output = crate::support::Answer> {
    let path = format!("/configure/{toolkit}");
    async move { app.call(Method::DELETE, &path, Value::Null).await }
}

/// A link and the whole flow at the vendor's page: the address that the browser is sent back to.
async fn callback(app: &TestApp, browser: &mut Browser, toolkit: &str, user: &str) -> url::Url {
    let link = app.link(toolkit, user).await;
    browser.decide(app, &link, &sandbox::Decision::Allow("ada".to_owned())).await
}

/// An app with a key-based toolkit of the vendor's, connected for `user`: the account's id.
async fn with_pinecone(user: &str) -> (TestApp, String) {
    let app = hosted().await;
    app.configure("pinecone").await;
    let account = app.connect("pinecone", user, "ada").await;
    (app, account)
}

fn error(answer: &crate::support::Answer) -> Value {
    let (status, code) = answer.error();
    let shown = json!({ "status": status, "code": code, "message": answer.body["error"]["message"],
        "remediation": answer.body["error"]["remediation"], "details": answer.details() });
    // What differs from one run to the next.
    let mut text = shown.to_string();
    if let Some(execution) = answer.details()["execution_id"].as_str() {
        text = text.replace(execution, "[ex]");
    }
    let app = text.split_once("/v1/").and_then(|(_, rest)| rest.split_once("/integrations/executions"));
    if let Some((app, _)) = app {
        text = text.replace(&format!("/v1/{app}/"), "/v1/[app]/");
    }
    serde_json::from_str(&text).unwrap()
}
