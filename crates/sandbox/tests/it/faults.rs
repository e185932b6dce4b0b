//! Every kind of fault, as a client meets it and as the ledger tells it.

use std::sync::Arc;

use sandbox::{Fault, Grace, Kind, Matcher, Provider, Transfer, What};
use serde_json::json;

use crate::bed::{Bed, Body, GMAIL, base64url, text};

const SEND: &str = "gmail.googleapis.com/gmail/v1/users/me/messages/send";

fn mail(subject: &str) -> serde_json::Value {
    json!({"raw": base64url(format!("To: grace@example.com\r\nSubject: {subject}\r\n\r\nHello\r\n"))})
}

async fn total(bed: &Bed, token: &str) -> i64 {
    bed.get(&format!("{GMAIL}/profile"), token).await.expect(200)["messagesTotal"].as_i64().unwrap()
}

#[tokio::test]
async fn too_many_requests_in_each_dialect() {
    let bed = Bed::new().await;
    let paths = [
        (Provider::Google, "gmail.googleapis.com/gmail/v1/users/me/profile"),
        (Provider::Slack, "slack.com/api/auth.test"),
        (Provider::GitHub, "api.github.com/user"),
        (Provider::Twitter, "api.x.com/2/users/me"),
        (Provider::Microsoft, "graph.microsoft.com/v1.0/me/messages"),
        (Provider::Notion, "api.notion.com/v1/users"),
        (Provider::HubSpot, "api.hubapi.com/crm/v3/objects/contacts"),
        (Provider::Discord, "discord.com/api/v10/users/@me/guilds"),
        (Provider::LinkedIn, "api.linkedin.com/rest/posts"),
        (Provider::Reddit, "oauth.reddit.com/api/v1/me/prefs"),
        (Provider::Composio, "backend.composio.dev/api/v3.1/toolkits"),
    ];
    for (provider, path) in paths {
        bed.inject(provider, "api", 1, What::Status429 { retry_after: 7 });
        let reply = bed.get(path, "").await;
        let wait = if provider == Provider::Reddit { "x-ratelimit-reset" } else { "retry-after" };
        assert_eq!((reply.status, reply.header(wait)), (429, "7"), "{path}");
        let (body, reset) = (reply.json(), (bed.now() + 7).to_string());
        match provider {
            Provider::Google => assert_eq!(body["error"]["status"], "RESOURCE_EXHAUSTED"),
            Provider::Slack => assert_eq!(body, json!({"ok": false, "error": "ratelimited"})),
            Provider::GitHub => assert_eq!(reply.header("x-ratelimit-reset"), reset),
            Provider::Twitter => assert_eq!(reply.header("x-rate-limit-reset"), reset),
            Provider::Microsoft => assert_eq!(body["error"]["code"], "TooManyRequests"),
            Provider::Notion => assert_eq!(body["code"], "rate_limited"),
            Provider::HubSpot => assert_eq!(body["errorType"], "RATE_LIMIT"),
            Provider::Discord => assert_eq!(body["retry_after"], 7.0),
            Provider::LinkedIn => assert_eq!(body["status"], 429),
            Provider::Reddit => assert_eq!(body["error"], 429),
            Provider::Composio => assert_eq!(reply.header("x-ratelimit-remaining"), "0"),
        }
        assert_eq!(bed.last_entry().faults, ["status429"]);
        bed.inject(provider, "api", 1, What::Status500);
        assert_eq!(bed.get(path, "").await.status, 500);
        assert_ne!(bed.get(path, "").await.status, 500, "once means once");
    }
}

#[tokio::test]
async fn a_reset_before_acting_leaves_no_trace_but_in_the_ledger() {
    let bed = Bed::new().await;
    let token = bed.gmail().await;
    let before = total(&bed, &token).await;
    bed.inject(Provider::Google, "POST gmail", 1, What::ResetBefore);
    let request = bed.builder("POST", SEND).bearer_auth(&token).json(&mail("lost"));
    let error = request.send().await.unwrap_err();
    assert!(error.is_request() && error.status().is_none(), "{error:?}");
    let entry = bed.last_entry();
    assert_eq!((entry.status, entry.faults.as_slice()), (0, ["reset_before".to_owned()].as_slice()));
    assert_eq!(total(&bed, &token).await, before);
}

#[tokio::test]
async fn a_reset_after_acting_keeps_the_effect() {
    let bed = Bed::new().await;
    let token = bed.gmail().await;
    let before = total(&bed, &token).await;
    bed.inject(Provider::Google, "/gmail/v1/users/me/messages/send", 1, What::ResetAfter);
    let request = bed.builder("POST", SEND).bearer_auth(&token).json(&mail("committed"));
    assert!(request.send().await.unwrap_err().status().is_none());
    let entry = bed.last_entry();
    assert_eq!((entry.status, entry.operation.as_deref()), (200, Some("gmail.users.messages.send")));
    assert_eq!(entry.faults, ["reset_after"]);
    assert_eq!(total(&bed, &token).await, before + 1);
}

#[tokio::test]
async fn a_dropped_refresh_has_used_the_token_up() {
    let bed = Bed::new().await;
    let scope = "tweet.read users.read offline.access";
    let refresh = text(&bed.connect(Provider::Twitter, "ada", scope).await["refresh_token"]);
    bed.inject(Provider::Twitter, "token", 1, What::ResetAfter);
    let client = bed.client(Provider::Twitter);
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    let basic = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        format!("{}:{}", client.client_id, client.client_secret),
    );
    let lost =
        bed.builder("POST", "api.x.com/2/oauth2/token").header("authorization", format!("Basic {basic}"));
    lost.form(&fields).send().await.unwrap_err();
    bed.refresh(Provider::Twitter, &refresh).await.expect(400);
    let refreshes: Vec<_> = bed
        .ledger()
        .into_iter()
        .filter(|entry| entry.operation.as_deref() == Some("refresh_token"))
        .map(|entry| (entry.outcome().map(str::to_owned), entry.detail["reuse_detected"] == true))
        .collect();
    assert_eq!(refreshes, [(Some("ok".into()), false), (Some("invalid_request".into()), true)]);
}

#[tokio::test]
async fn half_an_answer_is_json_by_name_only() {
    let bed = Bed::new().await;
    let token = bed.gmail().await;
    bed.inject(Provider::Google, "api", 1, What::Malformed);
    let reply = bed.call("POST", SEND, &token, Body::Json(mail("half"))).await;
    assert_eq!((reply.status, reply.header("content-type")), (200, "application/json; charset=utf-8"));
    assert!(serde_json::from_str::<serde_json::Value>(&reply.text).is_err() && reply.text.starts_with('{'));
    let found = bed.get(&format!("{GMAIL}/messages?q=subject:half"), &token).await.expect(200);
    assert_eq!(found["resultSizeEstimate"], 1, "it acted");
}

#[tokio::test]
async fn a_proxy_answers_for_the_provider() {
    let bed = Bed::new().await;
    bed.inject(Provider::Google, "token", 1, What::Html502);
    let reply = bed.refresh(Provider::Google, "x").await;
    assert_eq!((reply.status, reply.header("content-type")), (502, "text/html"));
    assert!(reply.text.contains("502 Bad Gateway"));
}

#[tokio::test]
async fn any_answer_can_be_put_into_a_provider_s_mouth() {
    let bed = Bed::new().await;
    let what = What::Answer {
        status: 403,
        headers: [
            ("content-type".to_owned(), "application/json".to_owned()),
            ("x-why".to_owned(), "quota".to_owned()),
        ]
        .into(),
        body: r#"{"error":{"errors":[{"reason":"userRateLimitExceeded"}]}}"#.to_owned(),
    };
    bed.inject(Provider::Google, "/gmail", 1, what);
    let reply = bed.get(&format!("{GMAIL}/profile"), "any").await;
    assert_eq!((reply.status, reply.header("x-why")), (403, "quota"));
    assert_eq!(reply.json()["error"]["errors"][0]["reason"], "userRateLimitExceeded");
}

#[tokio::test]
async fn tokens_expire_just_before_the_call() {
    let bed = Bed::new().await;
    let tokens = bed.connect(Provider::Google, "ada@example.com", "openid email").await;
    let access = text(&tokens["access_token"]);
    bed.inject(Provider::Google, "api", 1, What::ExpireTokens);
    bed.get("openidconnect.googleapis.com/v1/userinfo", &access).await.expect(401);
    let renewed = bed.refresh(Provider::Google, &text(&tokens["refresh_token"])).await.expect(200);
    bed.get("openidconnect.googleapis.com/v1/userinfo", &text(&renewed["access_token"])).await.expect(200);
}

#[tokio::test]
async fn latency_delays_and_passes_on() {
    let bed = Bed::new().await;
    bed.inject(Provider::Slack, "any", 1, What::Latency(30));
    let started = std::time::Instant::now();
    let reply = bed.get("slack.com/api/auth.test", "").await;
    assert_eq!(reply.expect(200)["error"], "not_authed");
    assert!(started.elapsed() >= std::time::Duration::from_millis(30));
    assert_eq!(bed.last_entry().faults, ["latency"]);
}

#[tokio::test]
async fn a_hold_lets_a_test_interleave() {
    let bed = Arc::new(Bed::new().await);
    let refresh = text(&bed.connect(Provider::Google, "ada@example.com", "openid").await["refresh_token"]);
    bed.inject(Provider::Google, "token", 1, What::Hold("refresh".into()));
    let held = tokio::spawn({
        let (bed, refresh) = (Arc::clone(&bed), refresh.clone());
        async move { bed.refresh(Provider::Google, &refresh).await }
    });
    bed.sandbox.control().wait_held("refresh", 1).await;
    // While one refresh waits, the user takes the grant away: the held one acts later and finds nothing.
    bed.form("oauth2.googleapis.com/revoke", &[("token", &refresh)]).await.expect(200);
    bed.sandbox.control().release("refresh");
    assert_eq!(held.await.unwrap().expect(400)["error"], "invalid_grant");
    let kinds: Vec<Kind> = bed.ledger().iter().skip(3).map(|entry| entry.kind).collect();
    assert_eq!(kinds, [Kind::Revoke, Kind::Token], "in the order of effects");
}

#[tokio::test]
async fn a_held_answer_has_taken_effect() {
    let bed = Arc::new(Bed::new().await);
    let token = bed.gmail().await;
    bed.inject(Provider::Google, "send", 2, What::HoldAnswer("sent".into()));
    let mut held = Vec::new();
    for subject in ["one", "two"] {
        let (bed, token) = (Arc::clone(&bed), token.clone());
        held.push(tokio::spawn(
            async move { bed.call("POST", SEND, &token, Body::Json(mail(subject))).await },
        ));
    }
    bed.sandbox.control().wait_held("sent", 2).await;
    assert_eq!(total(&bed, &token).await, 6);
    bed.sandbox.control().clear_faults();
    for answer in held {
        answer.await.unwrap().expect(200);
    }
}

#[tokio::test]
async fn a_provider_acts_though_its_client_hangs_up() {
    let bed = Bed::new().await;
    let token = bed.gmail().await;
    bed.inject(Provider::Google, "send", 1, What::Hold("late".into()));
    let request = bed.builder("POST", SEND).bearer_auth(&token).json(&mail("late")).send();
    tokio::select! {
        _ = request => panic!("it is held"),
        () = bed.sandbox.control().wait_held("late", 1) => {}
    }
    // Enough other traffic for the server to have noticed the closed connection.
    for _ in 0..20 {
        total(&bed, &token).await;
    }
    bed.sandbox.control().release("late");
    // The exchange goes on in a task of its own, so its entry comes when it comes.
    while bed.last_entry().operation.as_deref() != Some("gmail.users.messages.send") {
        tokio::task::yield_now().await;
    }
    assert_eq!(total(&bed, &token).await, 5);
}

#[tokio::test]
async fn faults_count_match_and_add_up() {
    let bed = Bed::new().await;
    let control = bed.sandbox.control();
    let fault = |matcher: &str, times, what| Fault {
        provider: Provider::Google,
        matcher: Matcher::from(matcher),
        times,
        what,
    };
    control.inject(fault("any", Some(0), What::Status500));
    assert!(control.faults().is_empty());
    control.inject(fault("revoke", Some(2), What::Status500));
    control.inject(fault("token", None, What::Html502));
    control.inject(fault("token", Some(1), What::Status500));
    assert_eq!(bed.refresh(Provider::Google, "x").await.status, 502, "the first injected wins");
    assert_eq!(control.faults().len(), 3, "and only it counts");
    assert_eq!(bed.form("oauth2.googleapis.com/revoke", &[]).await.status, 500);
    assert_eq!(control.faults()[0].times, Some(1));
    assert_eq!(
        bed.refresh(Provider::Slack, "x").await.json()["error"],
        "invalid_refresh_token",
        "another provider"
    );
    control.clear_faults();
    assert_eq!(bed.refresh(Provider::Google, "x").await.status, 400);
    for text in ["any", "token", "revoke", "api", "/gmail/v1", "POST gmail"] {
        assert_eq!(Matcher::from(text).to_string(), text);
    }
}

#[tokio::test]
async fn stopping_drops_what_is_held() {
    let bed = Bed::new().await;
    bed.inject(Provider::Google, "token", 1, What::Hold("for ever".into()));
    let request = bed.builder("POST", "oauth2.googleapis.com/token").form(&[("a", "b")]).send();
    let request = tokio::spawn(request);
    bed.sandbox.control().wait_held("for ever", 1).await;
    bed.sandbox.stop().await;
    assert!(request.await.unwrap().is_err());
}

async fn x_refresh_token(bed: &Bed) -> String {
    let scope = "tweet.read users.read offline.access";
    text(&bed.connect(Provider::Twitter, "ada", scope).await["refresh_token"])
}

#[tokio::test]
async fn the_provider_acts_and_says_it_in_other_words() {
    let bed = Bed::new().await;
    let first = x_refresh_token(&bed).await;
    let what = What::Reword {
        status: Some(203),
        headers: [("content-type".to_owned(), "text/plain".to_owned())].into(),
        body: r#"{"access_token":"{access_token}","refresh_token":"{refresh_token}","expires_in":"{expires_in}"}"#
            .to_owned(),
    };
    bed.inject(Provider::Twitter, "token", 1, what.clone());
    let reply = bed.refresh(Provider::Twitter, &first).await;
    assert_eq!((reply.status, reply.header("content-type")), (203, "text/plain"));
    assert_eq!(reply.json()["expires_in"], "7200");
    let access = text(&reply.json()["access_token"]);
    bed.get("api.x.com/2/users/me", &access).await.expect(200);
    // What does not go well is said as usual.
    bed.inject(Provider::Twitter, "token", 1, what);
    assert_eq!(bed.refresh(Provider::Twitter, "unknown").await.expect(400)["error"], "invalid_request");
}

#[tokio::test]
async fn an_answer_is_cut_off_though_its_length_was_promised() {
    let bed = Bed::new().await;
    bed.inject(Provider::Google, "token", 1, What::Transfer(Transfer::CutOff));
    let mut answer = bed.builder("POST", "oauth2.googleapis.com/token").send().await.unwrap();
    let promised = answer.content_length().unwrap();
    let (mut read, mut broken) = (0, false);
    while !broken {
        match answer.chunk().await {
            Ok(Some(chunk)) => read += chunk.len() as u64,
            Ok(None) => panic!("it ended as if it were whole"),
            Err(_) => broken = true,
        }
    }
    assert!(read <= promised / 2, "{read} of {promised}");
    assert_eq!(bed.last_entry().faults, ["transfer"]);
    assert_ne!(bed.last_entry().status, 0, "it has answered");
}

#[tokio::test]
async fn any_answer_can_be_slow_or_huge() {
    let bed = Bed::new().await;
    let page = What::Answer { status: 200, headers: [].into(), body: "0123456789".to_owned() };
    bed.inject(Provider::Google, "token", 2, page);
    bed.inject(Provider::Google, "token", 1, What::Transfer(Transfer::Drip(1)));
    let reply = bed.form("oauth2.googleapis.com/token", &[]).await;
    assert_eq!((reply.text.as_str(), reply.header("content-length")), ("0123456789", "10"));
    assert_eq!(bed.last_entry().faults, ["answer", "transfer"]);
    bed.inject(Provider::Google, "token", 1, What::Transfer(Transfer::Padded(100_000)));
    let reply = bed.form("oauth2.googleapis.com/token", &[]).await;
    assert_eq!((reply.text.len(), reply.text.trim_end()), (100_000, "0123456789"));
    assert_eq!(reply.header("content-length"), "", "nothing was promised");
}

#[tokio::test]
async fn a_used_refresh_token_is_taken_again_within_the_grace() {
    let bed = Bed::new().await;
    let control = bed.sandbox.control();
    let (x, me) = (Provider::Twitter, "api.x.com/2/users/me");
    control.set_grace(x, Some(Grace::SameAgain(30)));
    let first = x_refresh_token(&bed).await;
    let once = bed.refresh(x, &first).await.expect(200);
    bed.advance(30);
    assert_eq!(bed.refresh(x, &first).await.expect(200), once, "the same tokens again");
    assert_eq!(bed.last_entry().detail["within_grace"], true);
    assert_eq!(bed.last_entry().detail["reuse_detected"], false);

    control.set_grace(x, Some(Grace::Another(30)));
    let second = text(&once["refresh_token"]);
    let (one, other) = (bed.refresh(x, &second).await.expect(200), bed.refresh(x, &second).await.expect(200));
    assert_ne!(one["access_token"], other["access_token"]);
    for tokens in [&one, &other] {
        bed.get(me, &text(&tokens["access_token"])).await.expect(200);
    }

    bed.advance(31);
    bed.refresh(x, &second).await.expect(400);
    assert_eq!(bed.last_entry().detail["reuse_detected"], true);
    bed.get(me, &text(&other["access_token"])).await.expect(401);
}

#[tokio::test]
async fn the_grace_outlives_no_revocation() {
    let bed = Bed::new().await;
    let control = bed.sandbox.control();
    control.set_grace(Provider::Twitter, Some(Grace::Another(30)));
    let first = x_refresh_token(&bed).await;
    bed.refresh(Provider::Twitter, &first).await.expect(200);
    control.revoke_account(Provider::Twitter, "ada");
    bed.refresh(Provider::Twitter, &first).await.expect(400);
}
