//! The binary as an operator runs it, with twins that outlive it, so that it can be killed.

use std::process::Command;
use std::sync::Arc;

use reqwest::{Client, Method};
use sandbox::{Control, Fault, Options, Provider, Sandbox, What};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use super::process::{Process, bbi, write_toolkits};
use super::{Browser, client, managed_clients, vault_key};

/// The binary, twins that outlive it, and an app.
#[derive(Debug)]
pub(crate) struct Operated {
    pub(crate) dir: TempDir,
    pub(crate) sandbox: Sandbox,
    pub(crate) platform_key: String,
    pub(crate) vault_keys: String,
    pub(crate) process: Option<Process>,
    pub(crate) app: String,
    pub(crate) key: String,
    pub(crate) http: Client,
}

impl Operated {
    pub(crate) async fn start() -> Self {
        let mut operated = Self::prepare(&[]).await;
        operated.begin().await;
        operated
    }

    /// The process, and its app.
    pub(crate) async fn begin(&mut self) {
        self.restart("127.0.0.1:0");
        let created = self.send(Method::POST, "/init", json!({"name": "Operated"}), true).await.1;
        self.app = created["app_id"].as_str().unwrap().to_owned();
        self.key = created["api_key"].as_str().unwrap().to_owned();
    }

    /// Twins, settings and a folder with these toolkits (all if none is named), but no process yet.
    pub(crate) async fn prepare(toolkits: &[&str]) -> Self {
        let options = Options {
            port: 0,
            state_file: None,
            clock: Arc::new(|| engine::Clock::now(&engine::SystemClock)),
            random: Arc::new(|bytes: &mut [u8]| engine::Random::fill(&engine::SystemRandom, bytes)),
        };
        let operated = Self {
            dir: TempDir::new().unwrap(),
            sandbox: Sandbox::start(options).await.unwrap(),
            platform_key: engine::new_platform_key().expose().to_owned(),
            vault_keys: vault_key("k1"),
            process: None,
            app: String::new(),
            key: String::new(),
            http: client(),
        };
        write_toolkits(&operated.dir.path().join("toolkits"), &operated.sandbox, toolkits);
        operated
    }

    pub(crate) fn twins(&self) -> &Control {
        self.sandbox.control()
    }

    pub(crate) fn command(&self, listen: &str) -> Command {
        let mut command = bbi();
        let twins = self.sandbox.base_url();
        command
            .env("BBI_LISTEN", listen)
            .env("BBI_DATA_DIR", self.dir.path().join("data"))
            .env("BBI_TOOLKITS", self.dir.path().join("toolkits"))
            .env("BBI_VAULT_KEYS", &self.vault_keys)
            .env("BBI_PLATFORM_KEY", &self.platform_key)
            .env("BBI_OUTBOUND__ALLOW_PRIVATE", format!("localhost:{}", twins.port().unwrap()))
            .env("COMPOSIO_API_KEY", sandbox::COMPOSIO_KEY)
            .env("COMPOSIO_BASE_URL", self.twins().composio_url().as_str())
            .env("BBI_LOG", "trace,json")
            .env("TEST_LOG", self.dir.path().join("log"));
        for (name, client) in managed_clients(&self.sandbox) {
            command.env(format!("BBI_MANAGED__{name}__CLIENT_ID"), client.client_id);
            command.env(format!("BBI_MANAGED__{name}__CLIENT_SECRET"), client.client_secret.expose_secret());
        }
        command
    }

    pub(crate) fn restart(&mut self, listen: &str) {
        self.process = Some(Process::start(self.command(listen).arg("serve")));
    }

    pub(crate) fn url(&self) -> String {
        self.process.as_ref().unwrap().url.clone()
    }

    /// Kills it, lets go what the twins hold, and starts it again under the same address.
    pub(crate) fn kill_and_restart(&mut self) {
        let listen = self.url().trim_start_matches("http://").to_owned();
        self.kill();
        self.restart(&listen);
    }

    /// Kills it, and lets go what the twins hold.
    pub(crate) fn kill(&mut self) {
        self.process.take().unwrap().kill();
        self.twins().clear_faults();
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Value, operator: bool) -> (u16, Value) {
        let key = if operator { &self.platform_key } else { &self.key };
        let mut request = self.http.request(method, format!("{}{path}", self.url())).bearer_auth(key);
        if !body.is_null() {
            request = request.body(body.to_string());
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_str(&response.text().await.unwrap()).unwrap_or(Value::Null))
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        self.send(method, &format!("/v1/{}/integrations{path}", self.app), body, false).await
    }

    pub(crate) async fn execute(&self, tool: &str, params: Value, key: Option<&str>) -> (u16, Value) {
        let body = json!({"toolName": tool, "userId": "u1", "params": params, "idempotencyKey": key});
        self.call(Method::POST, "/execute", body).await
    }

    /// Opens a link and decides: the request, the browser, and where it is sent back to.
    pub(crate) async fn decide(&self, toolkit: &str, account: &str) -> (String, Browser, Url) {
        let (_, link) =
            self.call(Method::POST, "/connect", json!({"toolkit": toolkit, "userId": "u1"})).await;
        let mut browser = Browser::new();
        let callback = browser.allow(&link["authUrl"].as_str().unwrap().parse().unwrap(), account).await;
        (link["connectionRequestId"].as_str().unwrap().to_owned(), browser, callback)
    }

    pub(crate) async fn connect(&self, toolkit: &str, account: &str) {
        assert_eq!(self.call(Method::POST, "/configure", json!({"toolkit": toolkit})).await.0, 200);
        let (_, mut browser, callback) = self.decide(toolkit, account).await;
        assert_eq!(browser.get(&callback).await.status, 200);
    }

    pub(crate) fn hold_answer(&self, provider: Provider, matcher: &str) {
        let what = What::HoldAnswer("gate".into());
        self.twins().inject(Fault { provider, matcher: matcher.into(), times: Some(1), what });
    }

    /// Runs a request until the twin has acted and holds its answer.
    pub(crate) async fn until_held(
        &self,
        request: impl Future<Output = reqwest::Result<reqwest::Response>> + Send + 'static,
    ) {
        let task = tokio::spawn(request);
        let held =
            tokio::time::timeout(std::time::Duration::from_secs(20), self.twins().wait_held("gate", 1));
        if held.await.is_err() {
            let answer = task.await.unwrap().unwrap();
            panic!("the twin held nothing: {} {}", answer.status(), answer.text().await.unwrap());
        }
        task.abort();
    }

    pub(crate) fn execute_request(
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
