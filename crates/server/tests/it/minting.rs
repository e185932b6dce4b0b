//! S2S_OAUTH2: a client of the user's own, typed into our page, from which tokens are minted anew as they end.

use std::io::Write;
use std::sync::{Arc, Mutex};

use catalog::ManifestFile;
use futures_util::future::join_all;
use sandbox::{Client, Fault, Kind, Owner, Provider, What};
use serde_json::{Value, json};

use crate::support::{Answer, Browser, Page, Setup, TestApp, vault_key};

const WEEK: i64 = 7 * 24 * 3600;
const DISCORD: Provider = Provider::Discord;

/// A toolkit as an operator writes it: its user's own application at Discord.
fn manifests() -> Vec<ManifestFile> {
    let toolkit = r#"
slug = "ownapp"
display_name = "Own application"
description = "See who owns an application."
categories = ["test"]
docs_url = "https://discord.com/developers/docs/topics/oauth2"

[api]
base_url = "https://discord.com/api/v10"
headers = { User-Agent = "DiscordBot (https://butterbase.ai, 1)" }

[[auth]]
scheme = "S2S_OAUTH2"
fields = [{ name = "scope", label = "Scopes", secret = false, required = false }]

[auth.client_credentials]
token_url = "https://discord.com/api/oauth2/token"
token_headers = { User-Agent = "DiscordBot (https://butterbase.ai, 1)" }
token_parameters = { scope = "{scope}" }
client_authentication = "basic"
refresh = "re-mint"

[identity]
request = { method = "GET", url = "https://discord.com/api/v10/users/@me" }
subject = ".profile.id"
label = ".profile.username"
"#;
    let tool = r#"
name = "OWNAPP_WHO"
description = "Say whose application it is."
effect = "read"
[parameters]
type = "object"
[request]
method = "GET"
path = "/users/@me"
[result]
expression = "{username}"
[[examples]]
arguments = {}
request = { method = "GET", path = "/users/@me" }
result = { username = "ada" }
[examples.response.body]
username = "ada"
"#;
    let file = |path: &str, text: &str| ManifestFile { path: path.into(), text: text.into() };
    vec![file("ownapp/toolkit.toml", toolkit), file("ownapp/tools/who.toml", tool)]
}

async fn unconnected() -> (TestApp, Client) {
    let app = TestApp::with(Setup { manifests: manifests(), ..Setup::default() }).await;
    app.configure("ownapp").await;
    let owner = [("owner".to_owned(), "grace".to_owned())].into();
    let client = app.twins().register_client(DISCORD, vec![], owner);
    (app, client)
}

async fn typed(app: &TestApp, client: &Client, secret: &str) -> Page {
    let link = app.link("ownapp", "u1").await;
    let mut browser = Browser::new();
    let csrf = browser.get(&link).await.hidden("csrf");
    let id = client.client_id.as_str();
    let form = [("csrf", csrf.as_str()), ("client_id", id), ("client_secret", secret), ("scope", "identify")];
    browser.post(&link, &form).await
}

pub(crate) async fn connected() -> (TestApp, Client) {
    let (app, client) = unconnected().await;
    let page = typed(&app, &client, &client.client_secret).await;
    assert!(page.status == 200 && page.text.contains("is connected"), "{}", page.text);
    app.twins().clear_ledger();
    (app, client)
}

async fn who(app: &TestApp) -> Answer {
    app.execute("OWNAPP_WHO", "u1", json!({})).await
}

async fn connection(app: &TestApp) -> Value {
    app.get("/connections").await.ok()["connections"][0].clone()
}

fn mints(app: &TestApp) -> Vec<String> {
    app.exchanges(DISCORD, Kind::Token)
}

fn fail(app: &TestApp, times: u32, what: What) {
    app.twins().inject(Fault { provider: DISCORD, matcher: "token".into(), times: Some(times), what });
}

#[tokio::test]
async fn a_client_of_the_users_own_is_proven_and_then_used() {
    let (app, client) = unconnected().await;
    let page = Browser::new().get(&app.link("ownapp", "u1").await).await;
    assert!(page.text.contains("Client secret") && page.text.contains("type=\"password\""), "{}", page.text);

    let refused = typed(&app, &client, "wrong").await;
    assert!(
        refused.status == 400 && refused.text.contains("did not accept these credentials"),
        "{}",
        refused.text
    );
    fail(&app, 1, What::Status500);
    let away = typed(&app, &client, &client.client_secret).await;
    assert!(away.status == 400 && away.text.contains("could not be reached"), "{}", away.text);
    assert_eq!(app.get("/connections").await.ok()["connections"], json!([]));

    assert_eq!(typed(&app, &client, &client.client_secret).await.status, 200);
    assert_eq!(connection(&app).await["account_label"], "grace");
    for _ in 0..3 {
        assert_eq!(who(&app).await.ok()["data"], json!({"username": "grace"}));
    }
    assert_eq!(mints(&app).last().unwrap(), "client_credentials ok");
    assert_eq!(mints(&app).len(), 3, "one refused, one unanswered, one for everything since");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_calls_at_expiry_are_one_mint() {
    let (app, _) = connected().await;
    for weeks in 1..=3 {
        app.advance(WEEK);
        let answers = join_all((0..50).map(|_| who(&app))).await;
        assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
        assert_eq!(mints(&app), vec!["client_credentials ok"; weeks]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_ask_once() {
    let Some(url) = throwaway_postgres::empty_schema() else { return };
    let database = engine::Database::Postgres { url, migrate_url: None };
    let setup = |keys: &str| Setup {
        manifests: manifests(),
        vault_keys: keys.to_owned(),
        database: Some(database.clone()),
        ..Setup::default()
    };
    let keys = vault_key("k1");
    let one = TestApp::with(setup(&keys)).await;
    let (clock, sandbox, dir) = (Arc::clone(&one.clock), Arc::clone(&one.sandbox), Arc::clone(&one.dir));
    let mut two = TestApp::beside(setup(&keys), clock, sandbox, dir).await;
    (two.app, two.key) = (one.app.clone(), one.key.clone());
    one.configure("ownapp").await;
    let client = one.twins().register_client(DISCORD, vec![], Default::default());
    assert_eq!(typed(&one, &client, &client.client_secret).await.status, 200);
    for weeks in 1..=3 {
        one.advance(WEEK);
        let answers = join_all((0..50).map(|caller| who(if caller % 2 == 0 { &one } else { &two }))).await;
        assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
        assert_eq!(mints(&one).len(), 1 + weeks, "{:?}", mints(&one));
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_is_asked_for_again() {
    let (app, _) = connected().await;
    app.advance(WEEK);
    fail(&app, 1, What::ResetAfter);
    assert_eq!(who(&app).await.status, 200, "at once");
    assert_eq!(mints(&app), ["client_credentials ok"; 2]);

    app.advance(WEEK);
    fail(&app, 2, What::ResetAfter);
    assert_eq!(who(&app).await.error(), (502, "INTEGRATIONS_EXECUTION_FAILED"));
    assert_eq!(connection(&app).await["status"], "active");
    app.advance(60);
    assert_eq!(who(&app).await.status, 200, "and later");
    assert_eq!(mints(&app).len(), 5);
}

#[tokio::test]
async fn an_outage_ends_no_account() {
    let (app, _) = connected().await;
    let bare = What::Answer { status: 401, headers: Default::default(), body: "<html>".into() };
    for what in [What::Status500, What::Html502, What::Malformed, What::Status429 { retry_after: 1 }, bare] {
        app.advance(WEEK);
        fail(&app, 1, what.clone());
        assert_eq!(who(&app).await.error(), (502, "INTEGRATIONS_EXECUTION_FAILED"), "{what:?}");
        assert_eq!(connection(&app).await["status"], "active", "{what:?}");
        app.advance(120);
        assert_eq!(who(&app).await.status, 200, "healed after {what:?}");
    }
}

#[tokio::test]
async fn a_token_that_still_works_outlives_an_outage() {
    let (app, _) = connected().await;
    app.advance(WEEK - 30);
    fail(&app, 100, What::Status500);
    assert_eq!(who(&app).await.status, 200);
}

#[tokio::test]
async fn a_token_the_provider_refuses_is_minted_anew() {
    let (app, _) = connected().await;
    app.twins().expire_access_tokens(DISCORD);
    assert_eq!(who(&app).await.status, 200);
    assert_eq!(mints(&app), ["client_credentials ok"]);
}

#[tokio::test]
async fn a_token_that_is_minted_again_as_it_is_serves_until_its_end() {
    let (app, _) = connected().await;
    let token = app.twins().issue_token(DISCORD, "grace", Owner::User, &["identify".to_owned()]);
    for (later, expires_in) in [(WEEK, 600), (590, 10)] {
        app.advance(later);
        let body = json!({"access_token": token, "token_type": "Bearer", "expires_in": expires_in});
        let body = body.to_string();
        fail(&app, 1, What::Answer { status: 200, headers: Default::default(), body });
        assert_eq!(who(&app).await.status, 200);
    }
    assert_eq!(who(&app).await.status, 200);
    assert_eq!(mints(&app).len(), 2);
}

#[tokio::test]
async fn a_refused_credential_ends_its_account_until_it_is_typed_again() {
    let (app, client) = connected().await;
    let secret = app.twins().rotate_client_secret(DISCORD, &client.client_id).unwrap();
    assert_eq!(who(&app).await.status, 200, "what was minted still works");
    app.advance(WEEK);
    for answer in join_all((0..20).map(|_| who(&app))).await {
        assert_eq!(answer.error(), (409, "INTEGRATIONS_CONNECTION_EXPIRED"));
        assert_eq!(answer.details()["reason"], "credential_rejected");
    }
    assert_eq!(mints(&app), ["client_credentials invalid_client"]);
    let ended = connection(&app).await;
    assert_eq!(
        (&ended["status"], &ended["status_reason"]),
        (&json!("expired"), &json!("credential_rejected"))
    );
    assert_eq!(
        app.get("/config").await.ok()["integrations"][0]["warnings"],
        Value::Null,
        "it is not the app's"
    );

    assert_eq!(typed(&app, &client, &secret).await.status, 200);
    assert_eq!(who(&app).await.status, 200);
    assert_eq!(connection(&app).await["id"], ended["id"], "the same account");
}

/// All that is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_secret_is_in_no_answer_no_log_and_no_file() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone());
    let _logged = tracing::subscriber::set_default(subscriber.finish());
    let (app, client) = connected().await;
    let mut said = vec![who(&app).await.body, connection(&app).await];
    app.advance(WEEK);
    fail(&app, 3, What::Status500);
    said.push(who(&app).await.body);
    said.push(Value::from(app.audited("execute_action", 2).await));
    let new = app.twins().rotate_client_secret(DISCORD, &client.client_id).unwrap();
    app.advance(WEEK);
    said.push(who(&app).await.body);
    said.push(Value::from(typed(&app, &client, &client.client_secret).await.text));
    said.push(Value::from(typed(&app, &client, &new).await.text));
    said.push(app.send(reqwest::Method::GET, "/metrics", &app.platform_key, Value::Null).await.body);
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("a refresh was refused") && log.contains("no token was minted"), "{log}");
    said.push(Value::from(log));
    for file in std::fs::read_dir(app.dir.path()).unwrap() {
        said.push(Value::from(String::from_utf8_lossy(&std::fs::read(file.unwrap().path()).unwrap())));
    }
    for text in said {
        let text = text.to_string();
        assert!(!text.contains(&client.client_secret) && !text.contains(&new), "{text}");
    }
}
