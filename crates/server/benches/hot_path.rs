//! What an agent waits for, through real HTTP on one machine: the time of the provider's twin is part of `execute`.
//! Run with `cargo bench`; the last results are in docs/operate/performance.md.
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on should stop where it is")]

#[allow(dead_code, unused_imports, reason = "shared with the tests, which use all of it")]
#[path = "../tests/it/support/mod.rs"]
mod support;

use std::sync::LazyLock;

use divan::Bencher;
use serde_json::json;
use support::TestApp;
use tokio::runtime::Runtime;

fn main() {
    divan::main();
}

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
static APP: LazyLock<TestApp> = LazyLock::new(|| RUNTIME.block_on(TestApp::with_gmail("u1")));

/// Authentication, the one read of the hot path, unsealing, a call of the twin, shaping.
#[divan::bench]
fn execute_a_read(bencher: Bencher) {
    let app = &*APP;
    bencher
        .bench(|| RUNTIME.block_on(async { app.execute("GMAIL_LIST_LABELS", "u1", json!({})).await.ok() }));
}

/// The same with its write-ahead rows in the executions table.
#[divan::bench]
fn execute_a_write(bencher: Bencher) {
    let app = &*APP;
    let letter = json!({"to": "grace@example.com", "subject": "Hello", "body": "World"});
    bencher.bench(|| {
        RUNTIME.block_on(async { app.execute("GMAIL_SEND_EMAIL", "u1", letter.clone()).await.ok() })
    });
}

/// An instance with 2,000 toolkits of Composio's beside its own.
static HOSTED: LazyLock<TestApp> = LazyLock::new(|| {
    RUNTIME.block_on(async {
        let first = TestApp::new().await;
        first.twins().set_composio_catalog_size(2000);
        let setup = support::Setup { composio: true, ..support::Setup::default() };
        let dir = std::sync::Arc::new(tempfile::TempDir::new().unwrap());
        let app = TestApp::beside(setup, first.clock.clone(), first.sandbox.clone(), dir).await;
        app.engine.wait_for_hosted_catalog().await;
        app.configure("jira").await;
        app.connect("jira", "u1", "ada").await;
        app
    })
});

/// A read through the other backend, the twin of its API included.
#[divan::bench]
fn execute_a_read_through_composio(bencher: Bencher) {
    let app = &*HOSTED;
    bencher.bench(|| RUNTIME.block_on(async { app.execute("JIRA_LIST_ITEMS", "u1", json!({})).await.ok() }));
}

#[divan::bench]
fn execute_a_write_through_composio(bencher: Bencher) {
    let app = &*HOSTED;
    let id = RUNTIME.block_on(async {
        app.execute("JIRA_CREATE_ITEM", "u1", json!({"name": "One"})).await.ok()["data"]["id"].clone()
    });
    let change = json!({"item_id": id, "name": "Other"});
    bencher.bench(|| {
        RUNTIME.block_on(async { app.execute("JIRA_UPDATE_ITEM", "u1", change.clone()).await.ok() })
    });
}

/// Fifty of some two thousand, ranked.
#[divan::bench]
fn search_two_thousand_toolkits(bencher: Bencher) {
    let app = &*HOSTED;
    bencher.bench(|| RUNTIME.block_on(async { app.get("/available?search=desk").await.ok() }));
}

/// The longest answer: the first page of everything.
#[divan::bench]
fn list_two_thousand_toolkits(bencher: Bencher) {
    let app = &*HOSTED;
    bencher.bench(|| RUNTIME.block_on(async { app.get("/available?curated=false").await.ok() }));
}

/// What the executions above pay to the twin alone.
#[divan::bench]
fn call_the_twin_alone(bencher: Bencher) {
    let app = &*APP;
    let gmail = app.sandbox.base_url().join("gmail.googleapis.com/gmail/v1/users/me/labels").unwrap();
    bencher
        .bench(|| RUNTIME.block_on(async { app.http().get(gmail.clone()).send().await.unwrap().status() }));
}

#[divan::bench]
fn list_tools(bencher: Bencher) {
    let app = &*APP;
    bencher.bench(|| RUNTIME.block_on(async { app.get("/tools?toolkit=gmail&user_id=u1").await.ok() }));
}

#[divan::bench]
fn search_toolkits(bencher: Bencher) {
    let app = &*APP;
    bencher.bench(|| RUNTIME.block_on(async { app.get("/available?search=mail").await.ok() }));
}
