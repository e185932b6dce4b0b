//! kill -9 between the steps, and a restart: nothing acknowledged is lost, and what is unknown says so.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use reqwest::Method;
use sandbox::{Fault, Kind, Provider, What};
use serde_json::{Value, json};

use crate::support::operated::Operated;
use crate::support::vault_key;

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_the_code_was_exchanged_nobody_is_half_connected() {
    let mut operated = Operated::start().await;
    operated.call(Method::POST, "/configure", json!({"toolkit": "gmail"})).await;
    let (request, mut browser, callback) = operated.decide("gmail", "ada@example.com").await;
    operated.hold_answer(Provider::Google, "token");
    let cookies = browser.cookie_header(&callback);
    let sending = operated.http.get(callback.clone()).header("cookie", cookies).send();
    operated.until_held(sending).await;
    operated.kill_and_restart();

    let (_, progress) = operated.call(Method::GET, &format!("/connect/{request}"), Value::Null).await;
    assert_eq!(progress, json!({"status": "failed", "reason": "interrupted"}));
    assert_eq!(browser.get(&callback).await.status, 400, "the state was used");
    assert_eq!(operated.call(Method::GET, "/connections", Value::Null).await.1["connections"], json!([]));
    operated.connect("gmail", "ada@example.com").await;
    assert_eq!(operated.execute("GMAIL_GET_PROFILE", json!({}), None).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_during_a_refresh_a_stable_grant_heals_and_a_strict_one_says_so() {
    let mut operated = Operated::start().await;
    operated.connect("gmail", "ada@example.com").await;
    operated.twins().expire_access_tokens(Provider::Google);
    operated.hold_answer(Provider::Google, "token");
    let sending = operated.execute_request("GMAIL_GET_PROFILE", json!({}), "k");
    operated.until_held(sending).await;
    operated.kill_and_restart();
    let (status, answer) = operated.execute("GMAIL_GET_PROFILE", json!({}), None).await;
    assert_eq!(status, 200, "{answer}");

    let slack =
        operated.sandbox.clients().into_iter().find(|client| client.provider == Provider::Slack).unwrap();
    operated.twins().set_rotation(Provider::Slack, &slack.client_id, sandbox::Rotation::On).unwrap();
    operated.connect("slack", "ada").await;
    operated.twins().expire_access_tokens(Provider::Slack);
    operated.hold_answer(Provider::Slack, "token");
    let sending = operated.execute_request("SLACK_TEST_AUTH", json!({}), "k2");
    operated.until_held(sending).await;
    operated.kill_and_restart();
    let (status, answer) = operated.execute("SLACK_TEST_AUTH", json!({}), None).await;
    assert_eq!(status, 409, "{answer}");
    assert_eq!(answer["error"]["details"]["reason"], "refresh_interrupted");
    operated.connect("slack", "ada").await;
    assert_eq!(operated.execute("SLACK_TEST_AUTH", json!({}), None).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_during_a_write_its_outcome_is_known_to_be_unknown_until_it_is_found_out() {
    let mut operated = Operated::start().await;
    operated.connect("gmail", "ada@example.com").await;
    operated.hold_answer(Provider::Google, "me/messages/send");
    let mail = json!({"to": "grace@example.com", "subject": "Once"});
    let sending = operated.execute_request("GMAIL_SEND_EMAIL", mail.clone(), "once");
    operated.until_held(sending).await;
    operated.kill();
    let what = What::Hold("look".into());
    let matcher = "GET gmail.googleapis.com/gmail/v1/users/me/messages".into();
    operated.twins().inject(Fault { provider: Provider::Google, matcher, times: None, what });
    operated.restart("127.0.0.1:0");
    operated.twins().wait_held("look", 1).await;
    for _ in 0..2 {
        let (status, answer) = operated.execute("GMAIL_SEND_EMAIL", mail.clone(), Some("once")).await;
        assert_eq!((status, &answer["error"]["details"]["outcome"]), (502, &json!("unknown")), "{answer}");
        let id = answer["error"]["details"]["execution_id"].as_str().unwrap();
        let (_, execution) = operated.call(Method::GET, &format!("/executions/{id}"), Value::Null).await;
        assert_eq!(execution["state"], "unknown", "{execution}");
    }
    operated.twins().clear_faults();
    let found_out = async {
        loop {
            let unknown = operated.call(Method::GET, "/executions?state=unknown", Value::Null).await.1;
            if unknown["executions"] == json!([]) {
                break;
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), found_out).await.unwrap();
    let (status, answer) = operated.execute("GMAIL_SEND_EMAIL", mail, Some("once")).await;
    assert_eq!(status, 200, "{answer}");
    assert!(answer["data"]["messageId"].is_string(), "{answer}");
    let sent =
        operated.twins().ledger().into_iter().filter(|entry| entry.path.ends_with("/users/me/messages/send"));
    assert_eq!(sent.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_during_a_disconnect_it_is_finished_after_the_restart() {
    let mut operated = Operated::start().await;
    operated.connect("gmail", "ada@example.com").await;
    let connections = operated.call(Method::GET, "/connections", Value::Null).await.1;
    let id = connections["connections"][0]["id"].as_str().unwrap().to_owned();
    let what = What::Hold("gate".into());
    operated.twins().inject(Fault {
        provider: Provider::Google,
        matcher: "revoke".into(),
        times: Some(1),
        what,
    });
    let url = format!("{}/v1/{}/integrations/connections/{id}", operated.url(), operated.app);
    let sending = operated.http.delete(url).bearer_auth(&operated.key).send();
    operated.until_held(sending).await;
    operated.kill_and_restart();
    let gone = async {
        while operated.call(Method::GET, "/connections", Value::Null).await.1["connections"] != json!([]) {}
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), gone).await.unwrap();
    let revoked = operated.twins().ledger().into_iter().filter(|entry| entry.kind == Kind::Revoke);
    assert!(revoked.count() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_log_line_at_trace_level_holds_a_secret() {
    let mut operated = Operated::start().await;
    operated.connect("gmail", "ada@example.com").await;
    operated.connect("github", "ada").await;
    operated.connect("jira", "ada").await;
    let mail = json!({"to": "grace@example.com", "subject": "canary-subject-3f1a"});
    assert_eq!(operated.execute("GMAIL_SEND_EMAIL", mail, Some("k")).await.0, 200);
    operated.twins().expire_access_tokens(Provider::Google);
    assert_eq!(operated.execute("GMAIL_GET_PROFILE", json!({}), None).await.0, 200);
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "manage_integrations",
        "arguments": {"app_id": operated.app, "action": "configure", "toolkit": "twitter",
            "oauth_credentials": {"client_id": "x", "client_secret": "canary-mcp-secret-77aa"}}}});
    let mcp = operated.http.post(format!("{}/mcp", operated.url())).bearer_auth(&operated.key);
    assert_eq!(
        mcp.header("content-type", "application/json").body(call.to_string()).send().await.unwrap().status(),
        200
    );
    let (request, ..) = operated.decide("gmail", "grace@example.com").await;
    let (app_key, platform_key, vault_keys) =
        (operated.key.clone(), operated.platform_key.clone(), operated.vault_keys.clone());
    assert!(operated.process.take().unwrap().terminate().success());

    let log = std::fs::read_to_string(operated.dir.path().join("log")).unwrap();
    assert!(log.lines().count() > 10, "{log}");
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
        assert!(line["level"].is_string());
    }
    let vault_key = vault_keys.split(':').nth(1).unwrap();
    let secrets = operated.sandbox.clients().into_iter().map(|client| client.client_secret);
    let needles = [
        "canary-subject-3f1a",
        "canary-mcp-secret-77aa",
        sandbox::COMPOSIO_KEY,
        &app_key,
        &platform_key,
        vault_key,
        &request,
        "ya29.",
        "gho_",
        "1//",
    ];
    for needle in needles.into_iter().map(str::to_owned).chain(secrets) {
        assert!(
            !log.contains(&needle),
            "{needle} is in the log: {}",
            log.lines().find(|line| line.contains(&needle)).unwrap()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_and_a_wrong_key_are_refused_by_name() {
    let mut operated = Operated::start().await;
    let second = operated.command("127.0.0.1:0").arg("serve").output().unwrap();
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(!second.status.success() && said.contains("is in use by another process"), "{said}");
    assert!(operated.process.take().unwrap().terminate().success());

    operated.vault_keys = vault_key("k1");
    let wrong = operated.command("127.0.0.1:0").arg("serve").output().unwrap();
    let said = String::from_utf8(wrong.stderr).unwrap();
    assert!(!wrong.status.success() && said.contains("the vault keys do not fit this database"), "{said}");
    operated.vault_keys = vault_key("k9");
    let unknown = operated.command("127.0.0.1:0").arg("serve").output().unwrap();
    assert!(String::from_utf8(unknown.stderr).unwrap().contains("sealed under key `k1`"));
}

/// Behind a load balancer that keeps connections open, a restart in order fails nobody's request.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_kept_open_is_told_before_it_ends() {
    let mut operated = Operated::start().await;
    let process = operated.process.take().unwrap();
    let address = process.url.strip_prefix("http://").unwrap().to_owned();
    let mut kept = BufReader::new(TcpStream::connect(&address).unwrap());
    let ask = format!("GET /health/live HTTP/1.1\r\nhost: {address}\r\n\r\n");
    let mut stopping = Some(process);
    let mut ended = None;
    loop {
        kept.get_mut().write_all(ask.as_bytes()).unwrap();
        let (mut length, mut closes) = (0, false);
        loop {
            let mut line = String::new();
            assert!(kept.read_line(&mut line).unwrap() > 0, "closed without an answer");
            let line = line.trim().to_ascii_lowercase();
            closes |= line == "connection: close";
            length = line.strip_prefix("content-length: ").map_or(length, |text| text.parse().unwrap());
            if line.is_empty() {
                break;
            }
        }
        kept.read_exact(&mut vec![0; length]).unwrap();
        if closes {
            break;
        }
        if let Some(process) = stopping.take() {
            ended = Some(tokio::task::spawn_blocking(|| process.terminate()));
        }
    }
    assert_eq!(kept.read(&mut [0]).unwrap(), 0, "the last answer is the last");
    assert!(ended.unwrap().await.unwrap().success());
}
