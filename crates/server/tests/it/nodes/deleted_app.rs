//! An app is deleted while its callers are at work.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use throwaway_postgres::Transaction;

use crate::support::nodes::Nodes;

/// The caller was let in before, and what it writes finds nothing any more that it could belong to.
#[tokio::test(flavor = "multi_thread")]
async fn who_writes_for_an_app_that_goes_is_told_that_it_was_deleted() {
    let Some(nodes) = Nodes::start(1).await else { return };
    nodes.configure().await;
    let nodes = Arc::new(nodes);
    let delete = format!("DELETE FROM apps WHERE id = '{}'", nodes.operated.app);
    let deleting = Transaction::begin(nodes.database.url(), &delete);
    let caller = Arc::clone(&nodes);
    let calling = tokio::spawn(async move {
        let body = json!({"toolkit": "gmail", "userId": "u1"});
        caller.call(0, Method::POST, "/connect", body).await.unwrap()
    });
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
                 AND query LIKE 'INSERT INTO connect_requests%'";
    let waiting = async {
        while nodes.query(waits) != "1" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("the caller never wrote");
    deleting.commit();
    let (status, answer) = calling.await.unwrap();
    assert_eq!((status, &answer["error"]["code"]), (404, &json!("RESOURCE_NOT_FOUND")), "{answer}");
}
