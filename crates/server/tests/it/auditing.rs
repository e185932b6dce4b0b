//! What the audit has after a stop, and what a crash may cost it.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::operated::Operated;
use crate::support::process::Process;

const FLUSH_EVERY: &str = "BBI_AUDIT__FLUSH_EVERY_MILLISECONDS";
/// Longer than any test: nothing is written because its time has come.
const AN_HOUR: &str = "3600000";
const CALLERS: usize = 8;
const ENOUGH: usize = 100;

/// A server with this interval, and an account to call with.
async fn start(milliseconds: &str) -> Operated {
    let mut operated = Operated::start().await;
    operated.connect("gmail", "ada@example.com").await;
    operated.process.take().unwrap().terminate();
    let mut command = operated.command("127.0.0.1:0");
    operated.process = Some(Process::start(command.arg("serve").env(FLUSH_EVERY, milliseconds)));
    operated
}

/// The id of an answered call; `None` where nobody answered.
async fn call(operated: &Operated, url: &str) -> Option<String> {
    let body = json!({"toolName": "GMAIL_GET_PROFILE", "userId": "u1"}).to_string();
    let answer = operated.http.post(url).bearer_auth(&operated.key).body(body).send().await.ok()?;
    let id = answer.headers().get("x-request-id")?.to_str().ok()?.to_owned();
    (answer.status() == 200 && answer.text().await.is_ok()).then_some(id)
}

fn execute_url(operated: &Operated) -> String {
    format!("{}/v1/{}/integrations/execute", operated.url(), operated.app)
}

/// The ids of all requests that executed something, as the audit has them.
async fn audited(operated: &Operated) -> BTreeSet<String> {
    let (mut ids, mut cursor) = (BTreeSet::new(), String::new());
    loop {
        let path = format!("/v1/{}/audit?limit=200{cursor}", operated.app);
        let page = operated.send(Method::GET, &path, Value::Null, false).await.1;
        let entries = page["entries"].as_array().unwrap().iter();
        let executed = entries.filter(|entry| entry["action"] == "execute_action");
        ids.extend(executed.map(|entry| entry["request_id"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return ids,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_under_load_leaves_a_line_of_every_request_that_was_answered() {
    let mut operated = start(AN_HOUR).await;
    let url = execute_url(&operated);
    let process = operated.process.take().unwrap();
    let (count, mut counted) = tokio::sync::watch::channel(0_usize);
    let callers = join_all((0..CALLERS).map(async |_| {
        let mut answered = Vec::new();
        while let Some(id) = call(&operated, &url).await {
            answered.push(id);
            count.send_modify(|count| *count += 1);
        }
        answered
    }));
    let stopping = async {
        counted.wait_for(|count| *count >= ENOUGH).await.unwrap();
        tokio::task::spawn_blocking(move || process.terminate()).await.unwrap()
    };
    let (answered, status) = tokio::join!(callers, stopping);
    assert!(status.success());
    operated.restart("127.0.0.1:0");
    let lines = audited(&operated).await;
    let answered: Vec<String> = answered.into_iter().flatten().collect();
    assert!(answered.len() >= ENOUGH);
    let lost: Vec<_> = answered.iter().filter(|id| !lines.contains(*id)).collect();
    assert!(lost.is_empty(), "{} of {}", lost.len(), answered.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_costs_no_line_that_is_older_than_the_interval() {
    let mut operated = start("1").await;
    let id = call(&operated, &execute_url(&operated)).await.unwrap();
    let written = async { while !audited(&operated).await.contains(&id) {} };
    tokio::time::timeout(std::time::Duration::from_secs(20), written).await.expect("its time has come");
    operated.kill();
    operated.restart("127.0.0.1:0");
    assert!(audited(&operated).await.contains(&id));

    let mut operated = start(AN_HOUR).await;
    let id = call(&operated, &execute_url(&operated)).await.unwrap();
    operated.kill();
    operated.restart("127.0.0.1:0");
    assert!(!audited(&operated).await.contains(&id), "it had an hour, and was not written before");
}
