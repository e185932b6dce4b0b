//! One idempotency key on every node at once, and again after the node that carries it out was killed: one side effect.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use sandbox::{Fault, Provider, What};
use serde_json::{Value, json};

use crate::support::nodes::Nodes;

const SEND: &str = "POST gmail.googleapis.com/gmail/v1/users/me/messages/send";

async fn send(nodes: &Nodes, node: usize, key: &str) -> Option<(u16, Value)> {
    let params = json!({"to": "grace@example.com", "subject": key});
    let body =
        json!({"toolName": "GMAIL_SEND_EMAIL", "userId": "u1", "params": params, "idempotencyKey": key});
    nodes.call(node, Method::POST, "/execute", body).await
}

fn hold(nodes: &Nodes, gate: &str) {
    let what = What::HoldAnswer(gate.to_owned());
    let matcher = SEND.into();
    nodes.twins().inject(Fault { provider: Provider::Google, matcher, times: Some(1), what });
}

/// How many mails of this subject were really sent.
async fn sent(nodes: &Nodes, node: usize, subject: &str) -> usize {
    let query = json!({"query": format!("in:sent subject:{subject}")});
    let found = nodes.execute(node, "GMAIL_FETCH_EMAILS", "u1", query).await.unwrap().1;
    found["data"]["messages"].as_array().map_or(0, Vec::len)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_sent_to_all_nodes_at_once_is_carried_out_once() {
    let Some(nodes) = Nodes::start(4).await else { return };
    nodes.configure().await;
    assert!(nodes.connect(0, "gmail", "u1").await);
    for round in 0..5 {
        let key = format!("together{round}");
        let mut first = None;
        for answer in join_all((0..16).map(|caller| send(&nodes, caller % 4, &key))).await {
            let (status, answer) = answer.unwrap();
            match status {
                200 => assert_eq!(first.get_or_insert_with(|| answer.clone()), &answer),
                _ => assert_eq!(answer["error"]["details"]["reason"], "in_progress", "{answer}"),
            }
        }
        let first = first.expect("one of them carried it out");
        for node in 0..4 {
            assert_eq!(send(&nodes, node, &key).await.unwrap(), (200, first.clone()));
        }
        assert_eq!(sent(&nodes, 0, &key).await, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_whose_node_was_killed_is_answered_by_the_others_and_not_carried_out_again() {
    let Some(nodes) = Nodes::start(4).await else { return };
    nodes.configure().await;
    assert!(nodes.connect(0, "gmail", "u1").await);
    for killed in 0..4 {
        let key = format!("killed{killed}");
        let gate = key.clone();
        hold(&nodes, &gate);
        let others = || (0..4).filter(move |node| *node != killed);
        let held = async {
            nodes.twins().wait_held(&gate, 1).await;
            nodes.kill(killed);
        };
        let (lost, ()) = tokio::join!(send(&nodes, killed, &key), held);
        assert!(lost.is_none(), "its caller never heard of it: {lost:?}");
        for node in others() {
            let (status, answer) = send(&nodes, node, &key).await.unwrap();
            let reason = &answer["error"]["details"]["reason"];
            assert_eq!((status, reason), (409, &json!("in_progress")), "it may be under way: {answer}");
        }
        // As if the two minutes had gone by after which nobody can be at it any more.
        nodes.query("UPDATE executions SET created_at = created_at - 150000000 WHERE state = 'started'");
        let all_answered = async {
            loop {
                let answers = join_all(others().map(|node| send(&nodes, node, &key))).await;
                let answers: Vec<_> = answers.into_iter().map(Option::unwrap).collect();
                if answers.iter().all(|(status, _)| *status == 200) {
                    return answers;
                }
                let fine = |(status, answer): &(u16, Value)| {
                    *status == 200 || answer["error"]["details"]["outcome"] == "unknown"
                };
                assert!(answers.iter().all(fine), "{answers:?}");
            }
        };
        let answers = tokio::time::timeout(Duration::from_secs(30), all_answered).await.expect("never known");
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        assert_eq!(sent(&nodes, (killed + 1) % 4, &key).await, 1);
        nodes.start_one(killed);
        assert_eq!(send(&nodes, killed, &key).await.unwrap(), answers[0]);
    }
}
