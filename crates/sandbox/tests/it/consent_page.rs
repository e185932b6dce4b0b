//! The consent page as a browser and as a machine sees it.

use sandbox::{Decision, Provider};
use url::Url;

use crate::bed::{Bed, Body, REDIRECT, Reply, VERIFIER, text};

async fn page(bed: &Bed, url: &Url) -> Reply {
    bed.get(&url.as_str()[bed.sandbox.base_url().as_str().len()..], "").await
}

/// The hidden request id, taken from the HTML.
fn request_id(html: &str) -> String {
    let (_, rest) = html.split_once("name=\"request\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

async fn decide(bed: &Bed, path: &str, fields: &[(&str, &str)]) -> Reply {
    bed.call("POST", path, "", Body::Form(fields)).await
}

const GOOGLE_PAGE: &str = "accounts.google.com/o/oauth2/v2/auth";

#[tokio::test]
async fn a_browser_sees_who_asks_for_what_and_decides_by_a_form() {
    let bed = Bed::new().await;
    let reply = page(&bed, &bed.authorize_url(Provider::Google, &[("scope", "openid email")])).await;
    assert_eq!(reply.status, 200);
    for part in [
        "Butterbase Integrations asks for access to your Google account",
        "nothing leaves this machine",
        "value=\"ada@example.com\" checked",
        "value=\"grace@example.com\">",
        "https://www.googleapis.com/auth/userinfo.email",
        "action=\"/accounts.google.com/o/oauth2/v2/auth\"",
        "name=\"decision\" value=\"deny\"",
    ] {
        assert!(reply.text.contains(part), "{part}: {}", reply.text);
    }
    assert!(!reply.text.contains("<script") && !reply.text.contains("src="));
    let policy = reply.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-")
            && policy.contains("frame-ancestors 'none'")
    );
    assert_eq!((reply.header("cache-control"), reply.header("referrer-policy")), ("no-store", "no-referrer"));
    let id = request_id(&reply.text);
    assert_eq!(reply.header("x-sandbox-request"), id);

    let fields = [("request", id.as_str()), ("decision", "allow"), ("account", "grace@example.com")];
    let done = decide(&bed, GOOGLE_PAGE, &fields).await;
    assert_eq!(done.status, 303);
    assert!(
        done.header("location")
            .starts_with("http://127.0.0.1:4480/callback/x?keep=1&state=the+state&code=4%2F0A")
    );
    let entry = bed.last_entry();
    assert_eq!((entry.kind, entry.operation.as_deref()), (sandbox::Kind::Consent, Some("allow")));
    assert_eq!(entry.account.as_deref(), Some("grace@example.com"));

    let again = decide(&bed, GOOGLE_PAGE, &fields).await;
    assert_eq!(again.status, 400, "one page, one decision");
    assert!(again.header("location").is_empty());
}

#[tokio::test]
async fn the_style_sheet_is_the_one_that_the_policy_allows() {
    let bed = Bed::new().await;
    let reply = page(&bed, &bed.authorize_url(Provider::GitHub, &[])).await;
    let (_, rest) = reply.text.split_once("<style>").unwrap();
    let sheet = rest.split("</style>").next().unwrap();
    let digest = <sha2::Sha256 as sha2::Digest>::digest(sheet);
    let hash = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, digest);
    assert!(reply.header("content-security-policy").contains(&format!("'sha256-{hash}'")));
}

#[tokio::test]
async fn every_provider_can_be_denied() {
    let bed = Bed::new().await;
    let pkce = crate::bed::challenge();
    for provider in Provider::OAUTH {
        let scope = match provider {
            Provider::Google => "openid",
            Provider::Slack => "chat:write",
            Provider::GitHub => "repo",
            Provider::Twitter => "tweet.read",
            Provider::Microsoft => "User.Read",
            Provider::Notion => "",
            Provider::HubSpot => "oauth",
            Provider::Discord => "identify",
            Provider::LinkedIn => "openid",
            Provider::Reddit => "identity",
            Provider::Composio => continue,
        };
        let mut more = vec![("scope", scope)];
        if provider == Provider::Twitter {
            more.extend([("code_challenge", pkce.as_str()), ("code_challenge_method", "S256")]);
        }
        if provider == Provider::Notion {
            more.push(("owner", "user"));
        }
        let url = bed.authorize_url(provider, &more);
        let denied = bed.sandbox.control().consent(&url, &Decision::Deny).await.unwrap();
        let pairs: Vec<(String, String)> = denied.query_pairs().into_owned().collect();
        assert!(pairs.contains(&("error".into(), "access_denied".into())), "{denied}");
        assert!(pairs.contains(&("state".into(), "the state".into())), "{denied}");
        assert!(!pairs.iter().any(|(name, _)| name == "code"), "{denied}");
        let entry = bed.last_entry();
        assert_eq!((entry.provider, entry.outcome()), (provider, Some("access_denied")));
    }
}

#[tokio::test]
async fn what_a_browser_unticks_is_not_granted() {
    let bed = Bed::new().await;
    let reply = page(&bed, &bed.authorize_url(Provider::Google, &[("scope", "openid email profile")])).await;
    let id = request_id(&reply.text);
    let fields = [
        ("request", id.as_str()),
        ("granular", "1"),
        ("account", "ada@example.com"),
        ("scope", "openid"),
        ("scope", "https://mail.google.com/"),
        ("decision", "allow"),
    ];
    let done = decide(&bed, GOOGLE_PAGE, &fields).await;
    let location = Url::parse(done.header("location")).unwrap();
    let scope = location.query_pairs().find(|(name, _)| name == "scope").unwrap().1.into_owned();
    assert_eq!(scope, "openid", "and nothing that was not asked for");
}

#[tokio::test]
async fn odd_forms_are_refused_without_a_redirect() {
    let bed = Bed::new().await;
    let url = bed.authorize_url(Provider::Google, &[("scope", "openid")]);
    let fresh = async || request_id(&page(&bed, &url).await.text);
    let id = fresh().await;
    let cases: [Vec<(&str, &str)>; 5] = [
        vec![("request", "unknown"), ("decision", "allow"), ("account", "ada@example.com")],
        vec![("request", &id), ("decision", "perhaps"), ("account", "ada@example.com")],
        vec![("decision", "allow"), ("account", "ada@example.com")],
        vec![("request", &id), ("decision", "allow"), ("account", "mallory@example.com")],
        vec![
            ("request", &id),
            ("decision", "allow"),
            ("account", "ada@example.com"),
            ("redirect_uri", "http://x/"),
        ],
    ];
    for fields in &cases {
        let reply = decide(&bed, GOOGLE_PAGE, fields).await;
        assert_eq!((reply.status, reply.header("location")), (400, ""), "{fields:?}");
    }
    let id = fresh().await;
    let fields = [("request", id.as_str()), ("decision", "allow"), ("account", "ada")];
    assert_eq!(
        decide(&bed, "github.com/login/oauth/authorize", &fields).await.status,
        400,
        "another provider's"
    );
    let id = fresh().await;
    bed.advance(601);
    let fields = [("request", id.as_str()), ("decision", "allow"), ("account", "ada@example.com")];
    assert_eq!(decide(&bed, GOOGLE_PAGE, &fields).await.status, 400, "expired");
    let json = bed.post(GOOGLE_PAGE, "", serde_json::json!({"request": id})).await;
    assert_eq!(json.status, 405);
}

#[tokio::test]
async fn markup_in_any_parameter_stays_text() {
    let bed = Bed::new().await;
    let evil = "\"><script>alert(1)</script>";
    for name in ["client_id", "redirect_uri", "scope", "state", "prompt", "login_hint", "response_type"] {
        let reply =
            page(&bed, &bed.authorize_url(Provider::Google, &[("scope", "openid"), (name, evil)])).await;
        assert!(!reply.text.contains("<script>alert"), "{name}: {}", reply.text);
    }
    let query = format!("{GOOGLE_PAGE}?{}=1", "%3Cscript%3Ealert(1)%3C/script%3E");
    assert!(!bed.get(&query, "").await.text.contains("<script>alert"));
    let name = [("name".to_owned(), format!("Evil{evil}"))].into();
    let client = bed.sandbox.control().register_client(Provider::GitHub, vec![REDIRECT.into()], name);
    let url = bed.authorize_url(Provider::GitHub, &[("client_id", &client.client_id)]);
    let reply = page(&bed, &url).await;
    assert!(reply.text.contains("Evil&#34;&#62;&#60;script&#62;"), "{}", reply.text);
}

#[tokio::test]
async fn the_state_comes_back_byte_for_byte() {
    let bed = Bed::new().await;
    for state in ["a b&c=d#e", "ü/\u{2028}", "%0d%0aSet-Cookie: x=1", &"x".repeat(2000)] {
        let url = bed.authorize_url(Provider::Google, &[("scope", "openid"), ("state", state)]);
        assert_eq!(bed.allow(&url, "ada@example.com").await["state"], state);
    }
}

#[tokio::test]
async fn only_loopback_names_are_served() {
    let bed = Bed::new().await;
    for (host, status) in
        [("evil.example", 403), ("localhost.evil.example:80", 403), ("127.0.0.1", 404), ("[::1]:1", 404)]
    {
        let reply = bed.send(bed.builder("GET", "nowhere/x").header("host", host)).await;
        assert_eq!(reply.status, status, "{host}");
    }
}

#[tokio::test]
async fn a_provider_is_found_under_both_loopback_addresses_of_its_port() {
    let bed = Bed::new().await;
    let port = bed.sandbox.base_url().port().unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let four = http.get(format!("http://127.0.0.1:{port}/_sandbox/users")).send().await.unwrap();
    assert_eq!(four.status(), 200);
    if let Ok(six) = http.get(format!("http://[::1]:{port}/_sandbox/users")).send().await {
        assert_eq!(six.status(), 200);
    }
}

#[tokio::test]
async fn a_code_without_a_challenge_needs_no_verifier() {
    let bed = Bed::new().await;
    let url = bed.authorize_url(Provider::GitHub, &[("scope", "repo")]);
    let code = bed.allow(&url, "ada").await["code"].clone();
    let with = [("code", code.as_str()), ("redirect_uri", REDIRECT), ("code_verifier", VERIFIER)];
    assert_eq!(bed.redeem(Provider::GitHub, &with).await.json()["error"], "bad_verification_code");
    let answer = bed.redeem(Provider::GitHub, &with[..2]).await.expect(200);
    assert!(text(&answer["access_token"]).starts_with("gho_"));
}
