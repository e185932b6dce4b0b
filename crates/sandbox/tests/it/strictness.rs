//! Hostile and careless input to every twin: refused in the provider's own shape, and never a broken twin.

use sandbox::Provider;
use serde_json::{Value, json};

use crate::bed::{Bed, Body, GMAIL, text};

#[tokio::test]
async fn an_unknown_parameter_is_refused_in_each_dialect() {
    let bed = Bed::new().await;
    let gmail = bed.gmail().await;
    let google = bed.get(&format!("{GMAIL}/messages?query=x"), &gmail).await.expect(400);
    assert_eq!(google["error"]["status"], "INVALID_ARGUMENT");
    assert!(text(&google["error"]["message"]).starts_with("sandbox: "));
    let fields = bed.get(&format!("{GMAIL}/messages?fields=messages/id"), &gmail).await.expect(400);
    assert!(text(&fields["error"]["message"]).contains("\"fields\""));
    bed.get(&format!("{GMAIL}/messages?alt=json&prettyPrint=false"), &gmail).await.expect(200);
    let github = bed.token(Provider::GitHub, "ada", "repo").await;
    let refused = bed.get("api.github.com/user?verbose=1", &github).await.expect(400);
    assert!(text(&refused["message"]).starts_with("sandbox: `verbose`"));
    let userinfo = bed.get("openidconnect.googleapis.com/v1/userinfo?alt=json", &gmail).await.expect(400);
    assert!(text(&userinfo["error_description"]).starts_with("sandbox: "));
}

#[tokio::test]
async fn a_repeated_parameter_is_refused_unless_it_is_a_list() {
    let bed = Bed::new().await;
    let gmail = bed.gmail().await;
    bed.get(&format!("{GMAIL}/messages?labelIds=INBOX&labelIds=UNREAD"), &gmail).await.expect(200);
    let twice = bed.get(&format!("{GMAIL}/messages?q=a&q=b"), &gmail).await.expect(400);
    assert_eq!(twice["error"]["message"], "sandbox: `q` is there more than once");
}

#[tokio::test]
async fn paths_and_methods_that_are_not_served() {
    let bed = Bed::new().await;
    let gmail = bed.gmail().await;
    let cases = [
        ("GET", "gmail.googleapis.com/gmail/v1/users/me/settings", 404),
        ("GET", "gmail.googleapis.com/gmail/v2/users/me/profile", 404),
        ("GET", "gmail.googleapis.com/", 404),
        ("GET", "gmail.googleapis.com", 404),
        ("POST", "gmail.googleapis.com/gmail/v1/users/me/profile", 405),
        ("GET", "gmail.googleapis.com/gmail/v1/users//profile", 404),
        ("GET", "gmail.googleapis.com/gmail/v1/users/me/messages/%ff%fe", 404),
        ("POST", "openidconnect.googleapis.com/v1/userinfo", 404),
        ("GET", "oauth2.googleapis.com/tokeninfo", 404),
        ("GET", "accounts.google.com/", 404),
        ("GET", "slack.com/", 404),
        ("GET", "github.com/ada/engine", 404),
        ("GET", "x.com/home", 404),
        ("GET", "files.slack.com/files/x", 404),
        ("GET", "WWW.GMAIL.COM/x", 404),
    ];
    for (method, path, status) in cases {
        let reply = bed.call(method, path, &gmail, Body::None).await;
        assert_eq!(reply.status, status, "{method} {path}: {}", reply.text);
    }
}

#[tokio::test]
async fn bodies_of_every_wrong_kind() {
    let bed = Bed::new().await;
    let gmail = bed.gmail().await;
    let github = bed.token(Provider::GitHub, "ada", "repo").await;
    let x = bed.token(Provider::Twitter, "ada", "tweet.read tweet.write users.read").await;
    let slack = bed.token(Provider::Slack, "ada", "chat:write,channels:manage").await;
    let places = [
        (format!("{GMAIL}/messages/send"), &gmail),
        (format!("{GMAIL}/labels"), &gmail),
        ("api.github.com/user/repos".into(), &github),
        ("api.github.com/repos/ada/engine/issues".into(), &github),
        ("api.x.com/2/tweets".into(), &x),
        ("slack.com/api/chat.postMessage".into(), &slack),
        ("slack.com/api/conversations.create".into(), &slack),
    ];
    let deep = "[".repeat(100_000);
    let nested = format!("{{\"name\": {}1{}}}", "[".repeat(120), "]".repeat(120));
    let bodies: [&[u8]; 12] = [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\"text\"",
        b"{\"raw\": null, \"name\": null, \"title\": null, \"text\": null, \"channel\": null}",
        b"{\"raw\": {}, \"name\": [], \"title\": {}, \"text\": 1, \"channel\": 1}",
        b"\xff\xfe\x00",
        b"{\"name\": \"\\ud800\"}",
        b"{\"a\": 1, \"a\": 2}",
        deep.as_bytes(),
        nested.as_bytes(),
    ];
    for (path, token) in &places {
        for body in bodies {
            let reply = bed
                .call("POST", path, token, Body::Raw("application/json; charset=utf-8", body.to_vec()))
                .await;
            let refused = match reply.json() {
                Value::Object(answer) if answer.contains_key("ok") => answer["ok"] == false,
                _ => (400..500).contains(&reply.status),
            };
            assert!(refused, "{path} {:.60}: {}", String::from_utf8_lossy(body), reply.text);
        }
    }
    assert!(bed.ledger().iter().all(|entry| entry.status < 500));
}

#[tokio::test]
async fn large_input_is_taken_or_refused_but_survived() {
    let bed = Bed::new().await;
    let gmail = bed.gmail().await;
    let large = "x".repeat(3_000_000);
    let mail = format!("To: ada@example.com\r\nSubject: Large\r\n\r\n{large}");
    let send = format!("{GMAIL}/messages/send");
    bed.post(&send, &gmail, json!({"raw": crate::bed::base64url(&mail)})).await.expect(200);
    let found = bed.get(&format!("{GMAIL}/messages?q=larger:2m"), &gmail).await.expect(200);
    assert_eq!(found["resultSizeEstimate"], 1);
    let too_large =
        bed.builder("POST", &send).bearer_auth(&gmail).body(vec![b'x'; 41 * 1024 * 1024]).send().await;
    // The refusal may come before all of the body was sent, and then the client sees a broken connection instead.
    if let Ok(reply) = too_large {
        assert_eq!(reply.status(), 413);
    }
    let long = format!("{GMAIL}/messages?q={}", "x".repeat(60_000));
    assert!(bed.get(&long, &gmail).await.status < 500);
    bed.get(&format!("{GMAIL}/profile"), &gmail).await.expect(200);
}

#[tokio::test]
async fn tokens_work_at_their_own_provider_only() {
    let bed = Bed::new().await;
    let tokens = [
        bed.gmail().await,
        bed.token(Provider::GitHub, "ada", "repo").await,
        bed.token(Provider::Twitter, "ada", "tweet.read users.read").await,
    ];
    let places = ["openidconnect.googleapis.com/v1/userinfo", "api.github.com/user", "api.x.com/2/users/me"];
    for (owner, token) in tokens.iter().enumerate() {
        for (place, path) in places.iter().enumerate() {
            let status = bed.get(path, token).await.status;
            assert_eq!(status, if owner == place { 200 } else { 401 }, "{path}");
        }
    }
    let refresh = text(&bed.connect(Provider::Google, "ada@example.com", "openid").await["refresh_token"]);
    bed.get("openidconnect.googleapis.com/v1/userinfo", &refresh).await.expect(401);
    for header in ["Bearer", "bearer ", "Token x", "Bearer \u{e9}"] {
        let builder = bed.builder("GET", "openidconnect.googleapis.com/v1/userinfo");
        let value = reqwest::header::HeaderValue::from_bytes(header.as_bytes()).unwrap();
        assert_eq!(bed.send(builder.header("authorization", value)).await.status, 401, "{header}");
    }
}

#[tokio::test]
async fn userinfo_takes_one_of_its_scopes() {
    let bed = Bed::new().await;
    let path = "openidconnect.googleapis.com/v1/userinfo";
    let without = bed.token(Provider::Google, "ada@example.com", "https://mail.google.com/").await;
    assert_eq!(bed.get(path, &without).await.expect(403)["error"], "insufficient_scope");
    let profile = bed.token(Provider::Google, "ada@example.com", "profile").await;
    let me = bed.get(path, &profile).await.expect(200);
    assert_eq!((&me["given_name"], &me["email"]), (&json!("Ada"), &Value::Null));
}

#[tokio::test]
async fn many_at_once_keep_every_promise() {
    let bed = std::sync::Arc::new(Bed::new().await);
    let scope = "tweet.read users.read offline.access";
    let refresh = text(&bed.connect(Provider::Twitter, "ada", scope).await["refresh_token"]);
    let mut racing = Vec::new();
    for _ in 0..50 {
        let (bed, refresh) = (std::sync::Arc::clone(&bed), refresh.clone());
        racing.push(tokio::spawn(async move { bed.refresh(Provider::Twitter, &refresh).await.status }));
    }
    let mut won = 0;
    for status in racing {
        won += usize::from(status.await.unwrap() == 200);
    }
    assert_eq!(won, 1, "a single-use token is used once");
    let refreshes =
        bed.ledger().into_iter().filter(|entry| entry.operation.as_deref() == Some("refresh_token"));
    let reused = refreshes.filter(|entry| entry.detail["reuse_detected"] == true).count();
    assert_eq!(reused, 49);
}
