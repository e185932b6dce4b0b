//! Connecting: the hosted page, the provider, and back; and everything that must not get through.

use reqwest::Method;
use sandbox::{Decision, Kind, Provider};
use serde_json::{Value, json};
use url::Url;

use crate::support::{ADA, Browser, TestApp};

fn ada() -> Decision {
    Decision::Allow("ada@example.com".to_owned())
}

fn grace() -> Decision {
    Decision::Allow("grace@example.com".to_owned())
}

async fn gmail() -> TestApp {
    let app = TestApp::new().await;
    app.configure("gmail").await;
    app
}

fn pairs(url: &Url) -> Vec<(String, String)> {
    url.query_pairs().into_owned().collect()
}

#[tokio::test]
async fn a_user_connects_and_returns_to_the_app_with_the_outcome_added() {
    let app = gmail().await;
    let body =
        json!({"toolkit": "gmail", "userId": "u1", "redirectUrl": "https://app.example/done?tab=2#top"});
    let link = app.post("/connect", body).await.ok();
    let id = link["connectionRequestId"].as_str().unwrap();
    assert_eq!(app.get(&format!("/connect/{id}")).await.ok(), json!({"status": "pending"}));

    let auth_url: Url = link["authUrl"].as_str().unwrap().parse().unwrap();
    let page = Browser::new().connect(&app, &auth_url, &ada()).await;
    assert_eq!(page.status, 303);
    let back = page.location().unwrap();
    let connection = app.get("/connections").await.ok()["connections"][0].clone();
    assert_eq!(connection["app_user_id"], "u1");
    assert_eq!(connection["account_label"], "ada@example.com");
    assert_eq!(connection["status"], "active");
    assert_eq!((back.host_str(), back.fragment()), (Some("app.example"), Some("top")));
    let expected = [
        ("tab", "2"),
        ("status", "connected"),
        ("toolkit", "gmail"),
        ("connection_id", connection["id"].as_str().unwrap()),
    ];
    assert_eq!(pairs(&back), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let progress = app.get(&format!("/connect/{id}")).await.ok();
    assert_eq!(progress, json!({"status": "connected", "connection_id": connection["id"]}));
}

#[tokio::test]
async fn without_a_redirect_our_own_page_says_how_it_went() {
    let app = gmail().await;
    let link = app.link("gmail", "u1").await;
    let page = Browser::new().connect(&app, &link, &ada()).await;
    assert!(page.status == 200 && page.text.contains("Gmail is connected"), "{}", page.text);

    let link = app.link("gmail", "u2").await;
    let page = Browser::new().connect(&app, &link, &Decision::Deny).await;
    assert!(page.status == 400 && page.text.contains("Access to Gmail was not granted"), "{}", page.text);
}

#[tokio::test]
async fn a_refusal_goes_back_in_our_words_and_connects_nobody() {
    let app = gmail().await;
    let body = json!({"toolkit": "gmail", "userId": "u1", "redirectUrl": "https://app.example/done"});
    let link = app.post("/connect", body).await.ok();
    let auth_url = link["authUrl"].as_str().unwrap().parse().unwrap();
    let back = Browser::new().connect(&app, &auth_url, &Decision::Deny).await.location().unwrap();
    let expected =
        [("status", "error"), ("message", "Access to Gmail was not granted"), ("toolkit", "gmail")];
    assert_eq!(pairs(&back), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let progress = app.get(&format!("/connect/{}", link["connectionRequestId"].as_str().unwrap())).await.ok();
    assert_eq!(progress, json!({"status": "failed", "reason": "access_denied"}));
    assert_eq!(app.get("/connections").await.ok()["connections"], json!([]));
    assert!(app.exchanges(Provider::Google, Kind::Token).is_empty());
}

#[tokio::test]
async fn a_scanner_that_opens_the_link_has_no_effect() {
    let app = gmail().await;
    let link = app.link("gmail", "u1").await;
    for _ in 0..5 {
        let mut scanner = Browser::new();
        let page = scanner.get(&link).await;
        assert!(page.text.contains("Continue only if you asked for this yourself"), "{}", page.text);
        // A form without the browser's own token is not ours.
        for form in [&[][..], &[("csrf", "guessed")][..], &[("csrf", "")][..]] {
            assert_eq!(scanner.post(&link, form).await.status, 400);
        }
        let foreign = page.hidden("csrf");
        assert_eq!(
            Browser::new().post(&link, &[("csrf", &foreign)]).await.status,
            400,
            "another browser's token"
        );
    }
    assert_eq!(Browser::new().connect(&app, &link, &ada()).await.status, 200, "the person comes later");
}

#[tokio::test]
async fn the_page_says_who_asks_and_is_locked_down() {
    let app = gmail().await;
    let body =
        json!({"toolkit": "gmail", "userId": "<b>u1</b>", "redirectUrl": "https://app.example:8443/done"});
    let link = app.post("/connect", body).await.ok();
    let page = Browser::new().get(&link["authUrl"].as_str().unwrap().parse().unwrap()).await;
    assert!(page.text.contains("<strong>Test app</strong>"), "{}", page.text);
    assert!(!page.text.contains("<b>u1</b>"), "{}", page.text);
    let header = |name: &str| page.headers.get(name).unwrap().to_str().unwrap().to_owned();
    let twins = app.sandbox.base_url().origin().ascii_serialization();
    assert_eq!(
        header("content-security-policy"),
        format!(
            "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; \
             form-action 'self' {twins} https://app.example:8443"
        )
    );
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("referrer-policy"), "no-referrer");
    assert_eq!(header("x-content-type-options"), "nosniff");
    let cookie = header("set-cookie");
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && cookie.contains("Path=/"),
        "{cookie}"
    );
}

#[tokio::test]
async fn a_state_is_used_once_by_the_browser_that_has_it() {
    let app = gmail().await;
    let link = app.link("gmail", "u1").await;
    let mut browser = Browser::new();
    let callback = browser.decide(&app, &link, &ada()).await;

    assert_eq!(Browser::new().get(&callback).await.status, 400, "another browser");
    let mut tampered = callback.clone();
    tampered.set_path("/callback/slack");
    assert_eq!(browser.get(&tampered).await.status, 400, "another redirect URI");
    let doubled = Url::parse(&format!("{callback}&code=other")).unwrap();
    assert_eq!(browser.get(&doubled).await.status, 400, "a parameter given twice");
    assert!(
        app.exchanges(Provider::Google, Kind::Token).is_empty(),
        "nobody but the right one reaches the provider"
    );

    assert_eq!(browser.get(&callback).await.status, 200);
    let replayed = browser.get(&callback).await;
    assert_eq!(replayed.status, 400);
    assert!(replayed.location().is_none());
    assert_eq!(app.exchanges(Provider::Google, Kind::Token), ["authorization_code ok"]);
}

#[tokio::test]
async fn many_replays_at_once_make_one_exchange() {
    let app = gmail().await;
    let link = app.link("gmail", "u1").await;
    let mut browser = Browser::new();
    let callback = browser.decide(&app, &link, &ada()).await;
    let cookie = browser.cookie_header(&callback);
    let calls = (0..50).map(|_| {
        let request = app.http().get(callback.clone()).header("cookie", cookie.clone());
        async move { request.send().await.unwrap().status().as_u16() }
    });
    let statuses = futures_util::future::join_all(calls).await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1);
    assert_eq!(app.exchanges(Provider::Google, Kind::Token), ["authorization_code ok"]);
}

#[tokio::test]
async fn what_is_over_is_over() {
    let app = gmail().await;
    let link = app.link("gmail", "u1").await;
    let mut browser = Browser::new();
    let callback = browser.decide(&app, &link, &ada()).await;
    app.advance(10 * 60);
    let page = browser.get(&callback).await;
    assert_eq!((page.status, page.location()), (400, None), "the state lives ten minutes");

    app.advance(20 * 60);
    let page = browser.get(&link).await;
    assert!(page.status == 410 && page.text.contains("expired"), "the link lives thirty");
    let id = link.path().rsplit('/').next().unwrap().to_owned();
    assert_eq!(app.get(&format!("/connect/{id}")).await.ok(), json!({"status": "expired"}));
    let unknown = app.url.parse::<Url>().unwrap().join("/connect/cr_00000000000000000000000000").unwrap();
    assert_eq!(browser.get(&unknown).await.status, 404);
}

#[tokio::test]
async fn a_second_start_replaces_the_first_and_a_used_link_says_so() {
    let app = gmail().await;
    let link = app.link("gmail", "u1").await;
    let mut browser = Browser::new();
    let first = browser.decide(&app, &link, &ada()).await;
    let second = browser.decide(&app, &link, &ada()).await;
    assert_eq!(browser.get(&first).await.status, 400);
    assert_eq!(browser.get(&second).await.status, 200);
    let page = browser.get(&link).await;
    assert!(page.status == 410 && page.text.contains("used already"), "{}", page.text);
}

#[tokio::test]
async fn an_issuer_is_compared_when_there_is_one() {
    let app = gmail().await;
    let connect = async |issuer: &str| {
        app.twins().callback_issuer(Provider::Google, Some(issuer.to_owned()));
        let link = app.link("gmail", "u1").await;
        Browser::new().connect(&app, &link, &ada()).await.status
    };
    assert_eq!(connect("https://evil.example").await, 400);
    assert!(app.exchanges(Provider::Google, Kind::Token).is_empty(), "the code went to nobody");
    assert_eq!(connect("https://accounts.google.com").await, 200);
}

#[tokio::test]
async fn the_same_subject_is_one_account_and_another_adds_one() {
    let app = gmail().await;
    let first = app.connect("gmail", "u1", "ada@example.com").await;
    app.advance(5);
    assert_eq!(app.connect("gmail", "u1", "ada@example.com").await, first);
    app.advance(5);
    let second = app.connect("gmail", "u1", "grace@example.com").await;
    assert_ne!(first, second);

    let ambiguous = app.execute("GMAIL_GET_PROFILE", "u1", json!({})).await;
    assert_eq!(ambiguous.error(), (409, "INTEGRATIONS_ACCOUNT_AMBIGUOUS"));
    assert_eq!(
        ambiguous.details()["accounts"],
        json!([{"id": first, "label": "ada@example.com"}, {"id": second, "label": "grace@example.com"}])
    );
    let body = json!({"toolName": "GMAIL_GET_PROFILE", "userId": "u1", "connectionId": second});
    assert_eq!(app.post("/execute", body).await.ok()["data"]["emailAddress"], "grace@example.com");
}

#[tokio::test]
async fn what_was_really_granted_is_what_counts() {
    let app = gmail().await;
    app.twins().set_granted(
        Provider::Google,
        Some(vec!["openid".into(), "https://www.googleapis.com/auth/gmail.readonly".into()]),
    );
    let scopes = json!({"toolkit": "gmail", "userId": "u1", "scopes": ["gmail.send", "gmail.readonly"]});
    let link = app.post("/connect", scopes).await.ok()["authUrl"].as_str().unwrap().parse().unwrap();
    assert_eq!(Browser::new().connect(&app, &link, &ada()).await.status, 200);
    let refused = app.execute("GMAIL_SEND_EMAIL", "u1", json!({"to": "x@example.com"})).await;
    assert_eq!(refused.error(), (422, "INTEGRATIONS_EXECUTION_FAILED"));
    assert_eq!(refused.details()["reason"], "insufficient_scope");
    assert_eq!(refused.details()["missing_scopes"], json!(["gmail.send"]));
    assert_eq!(app.execute("GMAIL_GET_PROFILE", "u1", json!({})).await.status, 200);
    assert!(
        !app.exchanges(Provider::Google, Kind::Api).iter().any(|line| line.contains("send")),
        "asked before sending"
    );

    app.twins().set_granted(Provider::Google, None);
    let link: Url = refused.details()["connect_url"].as_str().unwrap().parse().unwrap();
    assert_eq!(Browser::new().connect(&app, &link, &ada()).await.status, 200);
    assert_eq!(app.execute("GMAIL_SEND_EMAIL", "u1", json!({"to": "grace@example.com"})).await.status, 200);
    assert_eq!(
        app.execute("GMAIL_GET_PROFILE", "u1", json!({})).await.status,
        200,
        "what it had, it still has"
    );
}

#[tokio::test]
async fn five_links_live_and_an_errors_link_is_offered_again() {
    let app = gmail().await;
    let mut links = Vec::new();
    for _ in 0..6 {
        links.push(app.link("gmail", "u1").await);
        app.advance(1);
    }
    assert_eq!(Browser::new().get(&links[0]).await.status, 410);
    assert_eq!(Browser::new().get(&links[1]).await.status, 200);
    let url = async |user: &str| {
        let error = app.execute("GMAIL_GET_PROFILE", user, json!({})).await;
        assert_eq!(error.error(), (409, "INTEGRATIONS_NOT_CONNECTED"));
        error.details()["connect_url"].as_str().unwrap().to_owned()
    };
    assert_eq!(url("u2").await, url("u2").await);
    assert_ne!(url("u2").await, url("u3").await);
}

#[tokio::test]
async fn redirects_stay_where_the_app_allows_them() {
    let app = gmail().await;
    let connect = async |redirect: &str| {
        app.post("/connect", json!({"toolkit": "gmail", "userId": "u1", "redirectUrl": redirect}))
            .await
            .status
    };
    for wrong in [
        "/relative",
        "javascript:alert(1)",
        "ftp://x.example",
        "https://user:pw@x.example/",
        "https://",
        "data:,x",
    ] {
        assert_eq!(connect(wrong).await, 400, "{wrong}");
    }
    assert_eq!(connect("https://anywhere.example/x").await, 200);
    let settings = json!({"allowed_origins": ["https://app.example"]});
    app.send(Method::PUT, &format!("/v1/{}/settings", app.app), &app.key, settings).await.ok();
    assert_eq!(connect("https://anywhere.example/x").await, 400);
    assert_eq!(connect("https://app.example.evil.example/").await, 400);
    assert_eq!(connect("https://app.example/x").await, 200);
}

#[tokio::test]
async fn with_confirmation_a_forwarded_link_connects_nobody() {
    let app = gmail().await;
    let settings = json!({"confirm_connections": true});
    app.send(Method::PUT, &format!("/v1/{}/settings", app.app), &app.key, settings).await.ok();
    let body = json!({"toolkit": "gmail", "userId": "attacker", "redirectUrl": "https://app.example/done"});
    let link = app.post("/connect", body).await.ok();
    let page =
        Browser::new().connect(&app, &link["authUrl"].as_str().unwrap().parse().unwrap(), &grace()).await;
    let back: std::collections::BTreeMap<_, _> =
        page.location().unwrap().query_pairs().into_owned().collect();
    let (id, code) = (&back["connection_id"], &back["code"]);
    assert_eq!(app.connection(id).await["status_reason"], "awaiting_confirmation");

    let refused = app.execute("GMAIL_GET_PROFILE", "attacker", json!({})).await;
    assert_eq!(refused.error(), (409, "INTEGRATIONS_NOT_CONNECTED"));
    assert_eq!(refused.details()["reason"], "awaiting_confirmation");

    let confirm = async |user: &str, code: &str| {
        app.post(&format!("/connections/{id}/confirm"), json!({"code": code, "userId": user})).await.status
    };
    assert_eq!(confirm("victim", code).await, 404, "the user of the session that came back is another");
    assert_eq!(confirm("attacker", "guess").await, 404);
    assert_eq!(confirm("attacker", code).await, 200);
    assert_eq!(confirm("attacker", code).await, 404, "once");
    assert_eq!(app.execute("GMAIL_GET_PROFILE", "attacker", json!({})).await.status, 200);
}

#[tokio::test]
async fn a_page_asked_for_under_another_name_redirects_here() {
    let app = gmail().await;
    let link = app.link("gmail", "u1").await;
    let request = app.http().get(link.clone()).header("host", "evil.example");
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 303);
    assert_eq!(response.headers()["location"], link.as_str());
}

#[tokio::test]
async fn wrong_client_credentials_are_reported_at_the_callback() {
    let app = TestApp::new().await;
    let mut credentials = crate::support::x_credentials(&app);
    credentials["client_secret"] = Value::from("wrong");
    app.post("/configure", json!({"toolkit": "twitter", "oauth_credentials": credentials})).await.ok();
    let link = app.link("twitter", "u1").await;
    let page = Browser::new().connect(&app, &link, &Decision::Allow("ada".into())).await;
    assert!(
        page.status == 400 && page.text.contains("did not accept the app&#39;s OAuth client"),
        "{}",
        page.text
    );
    let config = app.get("/config").await.ok();
    let warning = config["integrations"][0]["warnings"][0].as_str().unwrap();
    assert!(warning.contains("refused these client credentials"), "{warning}");
}

#[tokio::test]
async fn an_account_whose_owner_is_unknown_is_not_stored() {
    let app = TestApp::new().await;
    app.configure("github").await;
    let what = sandbox::What::Status500;
    let provider = Provider::GitHub;
    app.twins().inject(sandbox::Fault { provider, matcher: "api.github.com/user".into(), times: None, what });
    let link = app.link("github", "u1").await;
    let page = Browser::new().connect(&app, &link, &Decision::Allow(ADA.into())).await;
    assert!(page.status == 400 && page.text.contains("did not say whose account this is"), "{}", page.text);
    assert_eq!(app.get("/connections").await.ok()["connections"], json!([]));
    assert!(!app.exchanges(Provider::GitHub, Kind::Revoke).is_empty(), "the tokens of nobody are ended");
}

#[tokio::test]
async fn a_toolkit_that_is_disabled_meanwhile_sends_the_user_back_with_a_reason() {
    let app = TestApp::new().await;
    app.configure("gmail").await;
    let back = "https://app.example.com/done?x=1#top";
    let link =
        app.post("/connect", json!({"toolkit": "gmail", "userId": "u1", "redirectUrl": back})).await.ok();
    let id = link["connectionRequestId"].as_str().unwrap().to_owned();
    let mut browser = Browser::new();
    let link = link["authUrl"].as_str().unwrap().parse().unwrap();
    let callback = browser.decide(&app, &link, &Decision::Allow("ada@example.com".into())).await;
    app.call(Method::DELETE, "/configure/gmail", Value::Null).await.ok();
    let page = browser.get(&callback).await;
    assert_eq!(page.status, 303, "{}", page.text);
    assert!(page.location().unwrap().as_str().contains("status=error"));
    let ended = app.get(&format!("/connect/{id}")).await.ok();
    assert_eq!((&ended["status"], &ended["reason"]), (&json!("failed"), &json!("reconfigured")));
}

#[tokio::test]
async fn a_redirect_that_would_widen_the_content_policy_is_refused() {
    let app = TestApp::new().await;
    app.configure("gmail").await;
    for host in ["*", "*.example.com", "a;sandbox", "a,b"] {
        let body = json!({"toolkit": "gmail", "userId": "u1", "redirectUrl": format!("https://{host}/x")});
        assert_eq!(app.post("/connect", body).await.error(), (400, "VALIDATION_INVALID_SCHEMA"), "{host}");
    }
}
