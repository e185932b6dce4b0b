//! API_KEY, BASIC, BEARER_TOKEN and NO_AUTH: typed into our page, proven by the provider, used from there.

use serde_json::json;

use crate::support::{Browser, Setup, TestApp, TypedProvider};

const API_KEY: &str = "scheme = \"API_KEY\"\nfields = [\n  { name = \"api_key\", label = \"API key\", help = \"From your settings.\" },\n  \
                       { name = \"region\", label = \"Region\", secret = false },\n]\n\
                       credential = { headers = { x-key = \"{api_key}\" }, query = { region = \"{region}\" } }";

async fn with(auth: &str, identity: bool, path: &str) -> (TestApp, TypedProvider) {
    let provider = TypedProvider::start().await;
    let manifests = provider.manifest("acme", auth, identity, path);
    let app =
        TestApp::with(Setup { manifests, private: vec![provider.place.clone()], ..Setup::default() }).await;
    app.configure("acme").await;
    (app, provider)
}

async fn typed(app: &TestApp, fields: &[(&str, &str)]) -> crate::support::Page {
    let link = app.link("acme", "u1").await;
    let mut browser = Browser::new();
    let csrf = browser.get(&link).await.hidden("csrf");
    let mut form = vec![("csrf", csrf.as_str())];
    form.extend(fields);
    browser.post(&link, &form).await
}

#[tokio::test]
async fn a_key_is_proven_before_it_is_stored() {
    let (app, provider) = with(API_KEY, true, "/me").await;
    let page = Browser::new().get(&app.link("acme", "u1").await).await;
    assert!(
        page.text.contains("type=\"password\"") && page.text.contains("From your settings."),
        "{}",
        page.text
    );

    let refused = typed(&app, &[("api_key", "wrong"), ("region", "eu")]).await;
    assert!(
        refused.status == 400 && refused.text.contains("did not accept these credentials"),
        "{}",
        refused.text
    );
    assert!(!refused.text.contains("wrong"), "what was typed is not shown again");
    let missing = typed(&app, &[("api_key", "good-key")]).await;
    assert!(missing.status == 400 && missing.text.contains("is required"), "{}", missing.text);
    assert_eq!(app.get("/connections").await.ok()["connections"], json!([]));

    let done = typed(&app, &[("api_key", "good-key"), ("region", "eu")]).await;
    assert!(done.status == 200 && done.text.contains("is connected"), "{}", done.text);
    let connection = app.get("/connections").await.ok()["connections"][0].clone();
    assert_eq!((&connection["account_label"], &connection["scopes"]), (&json!("Ada"), &json!([])));
    let calls = provider.calls();
    assert_eq!(app.execute("ACME_READ", "u1", json!({})).await.ok()["data"], json!({"id": 7, "name": "Ada"}));
    assert_eq!(provider.calls(), calls + 1);
}

#[tokio::test]
async fn passwords_and_tokens_work_alike() {
    let (app, _) = with("scheme = \"BASIC\"", true, "/me").await;
    assert_eq!(typed(&app, &[("username", "ada"), ("password", "good-password")]).await.status, 200);
    assert_eq!(app.execute("ACME_READ", "u1", json!({})).await.status, 200);

    let (app, _) = with("scheme = \"BEARER_TOKEN\"", true, "/me").await;
    assert_eq!(typed(&app, &[("token", "good-token")]).await.status, 200);
    assert_eq!(app.execute("ACME_READ", "u1", json!({})).await.status, 200);
}

#[tokio::test]
async fn a_credential_that_is_refused_later_must_be_typed_again() {
    let (app, provider) = with("scheme = \"BEARER_TOKEN\"", true, "/me").await;
    typed(&app, &[("token", "good-token")]).await;
    provider.refuse_everybody();
    let refused = app.execute("ACME_READ", "u1", json!({})).await;
    assert_eq!(refused.error(), (409, "INTEGRATIONS_CONNECTION_EXPIRED"));
    assert_eq!(refused.details()["reason"], "credential_rejected");
    assert_eq!(app.get("/connections").await.ok()["connections"][0]["status"], "expired");
}

#[tokio::test]
async fn a_toolkit_without_credentials_needs_no_connection() {
    let (app, _) = with("scheme = \"NO_AUTH\"", false, "/open").await;
    assert_eq!(app.execute("ACME_READ", "u1", json!({})).await.ok()["data"], json!({"anonymous": true}));
    assert_eq!(typed(&app, &[]).await.status, 200, "and may be connected all the same");
    assert_eq!(app.execute("ACME_READ", "u1", json!({})).await.status, 200);
}

#[tokio::test]
async fn what_is_not_supported_is_said() {
    let (app, _) = with(API_KEY, true, "/me").await;
    let configure = async |scheme: &str| {
        let body = json!({"toolkit": "acme", "oauth_credentials": {"auth_scheme": scheme}});
        app.post("/configure", body).await
    };
    assert_eq!(configure("api_key").await.ok()["auth_scheme"], "API_KEY");
    for (scheme, says) in [
        ("OAUTH1", "this auth scheme is not supported by this service; this toolkit offers API_KEY"),
        ("OAUTH2", "OAUTH2 is not offered by this toolkit; it offers API_KEY"),
        ("APIKEY", "is no auth scheme (did you mean API_KEY?); this toolkit offers API_KEY"),
    ] {
        let refused = configure(scheme).await;
        assert_eq!(refused.error(), (400, "VALIDATION_INVALID_SCHEMA"));
        assert_eq!(
            refused.details(),
            &json!([{"pointer": "/oauth_credentials/auth_scheme", "message": says}])
        );
    }
}
