//! An upgrade node by node: the first of the new version migrates, and those of this one go on.

use futures_util::future::join_all;
use reqwest::Method;
use sandbox::Provider;
use serde_json::{Value, json};

use crate::support::nodes::Nodes;

const NODES: usize = 3;
/// More than a node has connections, so that each of them has met every statement.
const AT_ONCE: usize = 24;

/// What a newer version may do while this one runs: migrations of numbers that are unknown here, each of which adds to one
/// table.
const NEWER: &str = "INSERT INTO _sqlx_migrations SELECT 9999, 'future', installed_on, success, checksum, execution_time \
     FROM _sqlx_migrations LIMIT 1";
const TABLES: &str = "SELECT table_name FROM information_schema.tables \
     WHERE table_schema = current_schema() AND table_name <> '_sqlx_migrations'";

#[tokio::test(flavor = "multi_thread")]
async fn nodes_of_this_version_serve_while_a_newer_one_adds_columns() {
    let Some(nodes) = Nodes::start(NODES).await else { return };
    nodes.configure().await;
    everything_works(&nodes, "before").await;
    nodes.query(NEWER);
    for table in nodes.query(TABLES).lines() {
        nodes.query(&format!("ALTER TABLE {table} ADD COLUMN future TEXT DEFAULT 'new'"));
    }
    everything_works(&nodes, "after").await;
    let said = nodes.refused_start();
    assert!(
        said.contains("written by a newer version of this program (migration 9999 is unknown here)"),
        "{said}"
    );
}

/// What an instance does all day, on every node.
async fn everything_works(nodes: &Nodes, when: &str) {
    for node in 0..NODES {
        let user = format!("{when}-{node}");
        for toolkit in ["twitter", "gmail"] {
            assert!(nodes.connect(node, toolkit, &user).await, "{toolkit} for {user}");
        }
        for _ in 0..2 {
            let calls = (0..AT_ONCE).map(|_| nodes.me(node, &user));
            for (status, answer) in join_all(calls).await.into_iter().flatten() {
                assert_eq!(status, 200, "{user}: {answer}");
            }
            nodes.twins().expire_access_tokens(Provider::Twitter);
        }
        let subject = json!({"to": "grace@example.com", "subject": user});
        let body = json!({"toolName": "GMAIL_SEND_EMAIL", "userId": user, "params": subject, "idempotencyKey": user});
        let sends = (0..2).map(|_| nodes.call(node, Method::POST, "/execute", body.clone()));
        for send in sends {
            let (status, answer) = send.await.unwrap();
            assert_eq!(status, 200, "{user}: {answer}");
        }
        nodes.configure().await;
        let path = format!("/connections?user_id={user}");
        let (_, list) = nodes.call(node, Method::GET, &path, Value::Null).await.unwrap();
        assert_eq!(list["connections"].as_array().unwrap().len(), 2, "{list}");
        let gone = format!("/connections/{}", list["connections"][0]["id"].as_str().unwrap());
        assert_eq!(nodes.call(node, Method::DELETE, &gone, Value::Null).await.unwrap().0, 204);
        for path in ["/config", "/connections", "/available"] {
            let (status, answer) = nodes.call(node, Method::GET, path, Value::Null).await.unwrap();
            assert_eq!(status, 200, "{path}: {answer}");
        }
        for path in ["keys", "audit"] {
            let path = format!("/v1/{}/{path}", nodes.operated.app);
            let (status, answer) = nodes.send(node, Method::GET, &path, Value::Null, false).await.unwrap();
            assert_eq!(status, 200, "{path}: {answer}");
        }
    }
}
