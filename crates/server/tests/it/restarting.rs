//! kill -9 between the steps, and a restart: nothing acknowledged is lost, and what is unknown says so.

use std::process::Command;
use std::sync::Arc;

use reqwest::{Client, Method};
use sandbox::{Control, Fault, Kind, Options, Provider, Sandbox, What};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use crate::support::process::{Process, bbi, write_toolkits};
use crate::support::{Browser, client, managed_clients, vault_key};

/// The binary, twins that outlive it, and an app.
struct Operated {
    dir: TempDir,
    sandbox: Sandbox,
    platform_key: String,
    vault_keys: String,
    process: Option<Process>,
    app: String,
    key: String,
    http: Client,
}

impl Operated {
    async fn start() -> Self {
        let options = Options {
            port: 0,
            state_file: None,
            clock: Arc::new(|| engine::Clock::now(&engine::SystemClock)),
            random: Arc::new(|bytes: &mut [u8]| engine::Random::fill(&engine::SystemRandom, bytes)),
        };
        let mut operated = Self {
            dir: TempDir::new().unwrap(),
            sandbox: Sandbox::start(options).await.unwrap(),
            platform_key: engine::new_platform_key().expose().to_owned(),
            vault_keys: vault_key("k1"),
            process: None,
            app: String::new(),
            key: String::new(),
            http: client(),
        };
        write_toolkits(&operated.dir.path().join("toolkits"), &operated.sandbox);
        operated.restart("127.0.0.1:0");
        let created = operated.send(Method::POST, "/init", json!({"name": "Operated"}), true).await.1;
        operated.app = created["app_id"].as_str().unwrap().to_owned();
        operated.key = created["api_key"].as_str().unwrap().to_owned();
        operated
    }

    fn twins(&self) -> &Control {
        self.sandbox.control()
    }

    fn command(&self, listen: &str) -> Command {
        let mut command = bbi();
        let twins = self.sandbox.base_url();
        command
            .env("BBI_LISTEN", listen)
            .env("BBI_DATA_DIR", self.dir.path().join("data"))
            .env("BBI_TOOLKITS", self.dir.path().join("toolkits"))
            .env("BBI_VAULT_KEYS", &self.vault_keys)
            .env("BBI_PLATFORM_KEY", &self.platform_key)
            .env("BBI_OUTBOUND__ALLOW_PRIVATE", format!("localhost:{}", twins.port().unwrap()))
            .env("BBI_LOG", "trace,json")
            .env("TEST_LOG", self.dir.path().join("log"));
        for (name, client) in managed_clients(&self.sandbox) {
            command.env(format!("BBI_MANAGED__{name}__CLIENT_ID"), client.client_id);
            command.env(format!("BBI_MANAGED__{name}__CLIENT_SECRET"), client.client_secret.expose_secret());
        }
        command
    }

    fn restart(&mut self, listen: &str) {
        self.process = Some(Process::start(self.command(listen).arg("serve")));
    }

    fn url(&self) -> String {
        self.process.as_ref().unwrap().url.clone()
    }

    /// Kills it, lets go what the twins hold, and starts it again under the same address.
    fn kill_and_restart(&mut self) {
        let listen = self.url().trim_start_matches("http://").to_owned();
        self.process.take().unwrap().kill();
        self.twins().clear_faults();
        self.restart(&listen);
    }

    async fn send(&self, method: Method, path: &str, body: Value, operator: bool) -> (u16, Value) {
        let key = if operator { &self.platform_key } else { &self.key };
        let mut request = self.http.request(method, format!("{}{path}", self.url())).bearer_auth(key);
        if !body.is_null() {
            request = request.body(body.to_string());
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_str(&response.text().await.unwrap()).unwrap_or(Value::Null))
    }

    async fn call(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        self.send(method, &format!("/v1/{}/integrations{path}", self.app), body, false).await
    }

    async fn execute(&self, tool: &str, params: Value, key: Option<&str>) -> (u16, Value) {
        let body = json!({"toolName": tool, "userId": "u1", "params": params, "idempotencyKey": key});
        self.call(Method::POST, "/execute", body).await
    }

    /// Opens a link and decides: the request, the browser, and where it is sent back to.
    async fn decide(&self, toolkit: &str, account: &str) -> (String, Browser, Url) {
        let (_, link) =
            self.call(Method::POST, "/connect", json!({"toolkit": toolkit, "userId": "u1"})).await;
        let mut browser = Browser::new();
        let callback = browser.allow(&link["authUrl"].as_str().unwrap().parse().unwrap(), account).await;
        (link["connectionRequestId"].as_str().unwrap().to_owned(), browser, callback)
    }

    async fn connect(&self, toolkit: &str, account: &str) {
        assert_eq!(self.call(Method::POST, "/configure", json!({"toolkit": toolkit})).await.0, 200);
        let (_, mut browser, callback) = self.decide(toolkit, account).await;
        assert_eq!(browser.get(&callback).await.status, 200);
    }

    fn hold_answer(&self, provider: Provider, matcher: &str) {
        let what = What::HoldAnswer("gate".into());
        self.twins().inject(Fault { provider, matcher: matcher.into(), times: Some(1), what });
    }

    /// Runs a request until the twin has acted and holds its answer.
    async fn until_held(
        &self,
        request: impl Future<Output = reqwest::Result<reqwest::Response>> + Send + 'static,
    ) {
        let task = tokio::spawn(request);
        let held =
            tokio::time::timeout(std::time::Duration::from_secs(20), self.twins().wait_held("gate", 1));
        held.await.expect("the twin holds the call");
        task.abort();
    }

    fn execute_request(
        &self,
        tool: &str,
        params: Value,
        key: &str,
    ) -> impl Future<Output = reqwest::Result<reqwest::Response>> + Send + 'static {
        let body = json!({"toolName": tool, "userId": "u1", "params": params, "idempotencyKey": key});
        let url = format!("{}/v1/{}/integrations/execute", self.url(), self.app);
        self.http.post(url).bearer_auth(&self.key).body(body.to_string()).send()
    }
}

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
async fn killed_during_a_write_its_outcome_is_known_to_be_unknown() {
    let mut operated = Operated::start().await;
    operated.connect("gmail", "ada@example.com").await;
    operated.hold_answer(Provider::Google, "me/messages/send");
    let mail = json!({"to": "grace@example.com", "subject": "Once"});
    let sending = operated.execute_request("GMAIL_SEND_EMAIL", mail.clone(), "once");
    operated.until_held(sending).await;
    operated.kill_and_restart();
    for _ in 0..2 {
        let (status, answer) = operated.execute("GMAIL_SEND_EMAIL", mail.clone(), Some("once")).await;
        assert_eq!((status, &answer["error"]["details"]["outcome"]), (502, &json!("unknown")), "{answer}");
    }
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
