//! What one node is told holds on all of them for the next request, and any of them does any step.

use futures_util::future::join_all;
use reqwest::Method;
use sandbox::Provider;
use serde_json::{Value, json};

use crate::support::nodes::Nodes;

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_start_at_once_on_an_empty_database_migrate_it_once() {
    let Some(nodes) = Nodes::start(4).await else { return };
    let ready = (0..4).map(|node| nodes.send(node, Method::GET, "/health/ready", Value::Null, false));
    for answer in join_all(ready).await {
        assert_eq!(answer.unwrap().0, 200);
    }
    let migrations =
        nodes.query("SELECT count(*) = count(DISTINCT version), bool_and(success) FROM _sqlx_migrations");
    assert_eq!(migrations, "t|t");
    for node in 0..4 {
        let apps = nodes.send(node, Method::GET, "/apps", Value::Null, true).await.unwrap().1;
        assert_eq!(apps["apps"][0]["app_id"], json!(nodes.operated.app), "{apps}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_revoked_on_one_node_opens_none_of_the_others() {
    let Some(nodes) = Nodes::start(4).await else { return };
    let keys = format!("/v1/{}/keys", nodes.operated.app);
    for node in 0..4 {
        let body = json!({"name": "short-lived", "scope": "admin"});
        let made = nodes.send(node, Method::POST, &keys, body, false).await.unwrap().1;
        let (id, key) = (made["id"].as_str().unwrap(), made["api_key"].as_str().unwrap());
        let statuses = async || {
            let asked = (0..4).map(|node| nodes.send_as(node, Method::GET, &keys, Value::Null, key));
            join_all(asked).await.into_iter().map(|answer| answer.unwrap().0).collect::<Vec<_>>()
        };
        assert_eq!(statuses().await, [200; 4], "made on one, it opens all");
        let other = (node + 1) % 4;
        let gone = nodes.send(other, Method::DELETE, &format!("{keys}/{id}"), Value::Null, false).await;
        assert_eq!(gone.unwrap().0, 204);
        assert_eq!(statuses().await, [401; 4]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_toolkit_disabled_on_one_node_is_disabled_on_the_others() {
    let Some(nodes) = Nodes::start(4).await else { return };
    nodes.configure().await;
    assert!(nodes.connect(0, "gmail", "u1").await);
    let statuses = async || {
        let asked = (0..4).map(|node| nodes.execute(node, "GMAIL_GET_PROFILE", "u1", json!({})));
        join_all(asked).await.into_iter().map(|answer| answer.unwrap().0).collect::<Vec<_>>()
    };
    for node in 0..4 {
        assert_eq!(statuses().await, [200; 4]);
        nodes.call(node, Method::DELETE, "/configure/gmail", Value::Null).await.unwrap();
        let after = statuses().await;
        assert!(after.iter().all(|status| *status == after[0] && *status >= 400), "{after:?}");
        let other = (node + 1) % 4;
        let again = nodes.call(other, Method::POST, "/configure", json!({"toolkit": "gmail"})).await.unwrap();
        assert_eq!(again.0, 200, "{}", again.1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_rotated_on_one_node_serves_the_refresh_of_another() {
    let Some(nodes) = Nodes::start(4).await else { return };
    let client = nodes.configure().await;
    assert!(nodes.connect(0, "twitter", "u1").await);
    for node in 0..4 {
        let secret = nodes.twins().rotate_client_secret(Provider::Twitter, &client.client_id).unwrap();
        let body = json!({"client_id": client.client_id, "client_secret": secret});
        let path = "/configure/twitter/credentials";
        assert_eq!(nodes.call(node, Method::PATCH, path, body).await.unwrap().0, 200);
        nodes.twins().expire_access_tokens(Provider::Twitter);
        let (status, answer) = nodes.me((node + 1) % 4, "u1").await.unwrap();
        assert_eq!(status, 200, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connect_goes_over_as_many_nodes_as_it_has_steps() {
    let Some(nodes) = Nodes::start(4).await else { return };
    nodes.configure().await;
    for first in 0..4 {
        let user = format!("u{first}");
        assert!(nodes.connect(first, "gmail", &user).await, "begun on {first}");
        for node in 0..4 {
            let answer = nodes.execute(node, "GMAIL_GET_PROFILE", &user, json!({})).await.unwrap();
            assert_eq!(answer.0, 200, "{}", answer.1);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_node_serves_every_mcp_call_without_a_session() {
    let Some(nodes) = Nodes::start(4).await else { return };
    nodes.configure().await;
    assert!(nodes.connect(0, "gmail", "u1").await);
    for node in 0..4 {
        let arguments = json!({"app_id": nodes.operated.app, "action": "execute_action",
            "tool_name": "GMAIL_GET_PROFILE", "user_id": "u1", "params": {}});
        let params = json!({"name": "manage_integrations", "arguments": arguments});
        let result = nodes.rpc(node, "tools/call", params).await;
        assert_ne!(result["isError"], true, "{result}");
        assert!(!nodes.rpc(node, "tools/list", json!({})).await["tools"].as_array().unwrap().is_empty());
    }
}
