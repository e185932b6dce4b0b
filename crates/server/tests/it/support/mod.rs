//! An instance of the product for one test: in-process router behind a real port, a database of its own, a clock that
//! stands still, and twins.

mod browser;
pub(crate) mod database;
mod mcp;
pub(crate) mod nodes;
pub(crate) mod operated;
pub(crate) mod process;
mod provider;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use catalog::{Catalog, ManifestFile, OriginMap};
use engine::{
    AllowedPrivate, Backend, Clock as _, Database, Engine, HostedSettings, Limits, ManagedClient,
    ManualClock, OutboundSettings, Parts, Random as _, Retention, Settings, SystemRandom,
};
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use sandbox::{Control, Decision, Options, Provider, Sandbox};
use secrecy::SecretString;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use url::Url;

pub(crate) use browser::{Browser, Page};
pub(crate) use provider::TypedProvider;

pub(crate) const ADA: &str = "ada";

/// What an instance of the product is made with.
pub(crate) struct Setup {
    pub(crate) managed: bool,
    pub(crate) limits: Limits,
    pub(crate) manifests: Vec<ManifestFile>,
    pub(crate) private: Vec<String>,
    pub(crate) vault_keys: String,
    pub(crate) database: Option<Database>,
    /// Whether it has a key for the twin of Composio.
    pub(crate) composio: bool,
    pub(crate) pins: Vec<(&'static str, Backend)>,
    pub(crate) composio_url: Option<Url>,
    pub(crate) refresh_ahead_every: Option<std::time::Duration>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            managed: true,
            limits: Limits::per_second(None),
            manifests: Vec::new(),
            private: Vec::new(),
            vault_keys: vault_key("k1"),
            database: None,
            composio: false,
            pins: Vec::new(),
            composio_url: None,
            refresh_ahead_every: None,
        }
    }
}

pub(crate) fn vault_key(id: &str) -> String {
    secrecy::ExposeSecret::expose_secret(&engine::new_vault_key(id).unwrap()).to_owned()
}

/// A running instance with one app.
pub(crate) struct TestApp {
    pub(crate) url: String,
    pub(crate) engine: Engine,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) platform_key: String,
    pub(crate) app: String,
    pub(crate) key: String,
    pub(crate) dir: Arc<TempDir>,
    pub(crate) database: Database,
    pub(crate) vault_keys: String,
    http: reqwest::Client,
    stop: tokio::sync::oneshot::Sender<()>,
    server: tokio::task::JoinHandle<()>,
}

/// An answer of the product.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert!(self.status < 300, "{} {}", self.status, self.body);
        self.body
    }

    /// Status and code of an error, whose envelope is whole.
    #[track_caller]
    pub(crate) fn error(&self) -> (u16, &str) {
        let error = &self.body["error"];
        for part in ["message", "remediation", "request_id"] {
            assert!(error[part].as_str().is_some_and(|text| !text.is_empty()), "{part} in {}", self.body);
        }
        assert_eq!(error["request_id"], self.headers["x-request-id"].to_str().unwrap(), "{}", self.body);
        (self.status, error["code"].as_str().unwrap())
    }

    pub(crate) fn details(&self) -> &Value {
        &self.body["error"]["details"]
    }
}

impl TestApp {
    pub(crate) async fn new() -> Self {
        Self::with(Setup::default()).await
    }

    pub(crate) async fn with(setup: Setup) -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::from_second(1_900_000_000).unwrap()));
        let twin_clock = Arc::clone(&clock);
        let options = Options {
            port: 0,
            state_file: None,
            clock: Arc::new(move || twin_clock.now()),
            random: Arc::new(|bytes: &mut [u8]| SystemRandom.fill(bytes)),
        };
        let sandbox = Arc::new(Sandbox::start(options).await.unwrap());
        Self::beside(setup, clock, sandbox, Arc::new(TempDir::new().unwrap())).await
    }

    /// Over twins and a directory that may have been used before.
    pub(crate) async fn beside(
        setup: Setup,
        clock: Arc<ManualClock>,
        sandbox: Arc<Sandbox>,
        dir: Arc<TempDir>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let platform_key = engine::new_platform_key();
        let database = setup.database.clone().unwrap_or_else(|| usual_database(&dir));
        let vault_keys = setup.vault_keys.clone();
        let parts = parts(setup, &clock, &sandbox, address, platform_key.clone(), database.clone());
        let engine = Engine::start(parts).await.unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let served = engine.clone();
        let server = tokio::spawn(async move {
            let until = async { drop(stopped.await) };
            server::serve::serve_on(listener, served, until).await;
        });
        let mut app = Self {
            url: format!("http://{address}"),
            engine,
            clock,
            sandbox,
            platform_key: platform_key.expose().to_owned(),
            app: String::new(),
            key: String::new(),
            dir,
            database,
            vault_keys,
            http: client(),
            stop,
            server,
        };
        let created = app.new_app("Test app").await;
        (app.app, app.key) = created;
        app
    }

    /// Stops as the operator would, so that another instance can open the database.
    pub(crate) async fn stop(self) {
        let _ = self.stop.send(());
        self.server.await.unwrap();
        self.engine.drain().await;
    }

    pub(crate) fn twins(&self) -> &Control {
        self.sandbox.control()
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }

    pub(crate) async fn new_app(&self, name: &str) -> (String, String) {
        let created =
            self.send(Method::POST, "/init", &self.platform_key, json!({ "name": name })).await.ok();
        (created["app_id"].as_str().unwrap().to_owned(), created["api_key"].as_str().unwrap().to_owned())
    }

    pub(crate) async fn new_key(&self, scope: &str) -> String {
        let body = json!({ "name": "another", "scope": scope });
        let created = self.send(Method::POST, &format!("/v1/{}/keys", self.app), &self.key, body).await.ok();
        created["api_key"].as_str().unwrap().to_owned()
    }

    /// Any request with a bearer credential; a null body is none.
    pub(crate) async fn send(&self, method: Method, path: &str, key: &str, body: Value) -> Answer {
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if !key.is_empty() {
            request = request.bearer_auth(key);
        }
        if !body.is_null() {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        self.answer(request).await
    }

    pub(crate) async fn answer(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        };
        Answer { status, headers, body }
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// A route under the app's integrations, with its admin key.
    pub(crate) async fn call(&self, method: Method, path: &str, body: Value) -> Answer {
        self.send(method, &format!("/v1/{}/integrations{path}", self.app), &self.key, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, Value::Null).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, body).await
    }

    pub(crate) async fn configure(&self, toolkit: &str) -> Value {
        self.post("/configure", json!({ "toolkit": toolkit })).await.ok()
    }

    pub(crate) async fn execute(&self, tool: &str, user: &str, params: Value) -> Answer {
        self.post("/execute", json!({ "toolName": tool, "userId": user, "params": params })).await
    }

    /// A link for a user.
    pub(crate) async fn link(&self, toolkit: &str, user: &str) -> Url {
        let link = self.post("/connect", json!({ "toolkit": toolkit, "userId": user })).await.ok();
        link["authUrl"].as_str().unwrap().parse().unwrap()
    }

    /// The whole flow in a browser of its own: the account's id.
    pub(crate) async fn connect(&self, toolkit: &str, user: &str, account: &str) -> String {
        let link = self.link(toolkit, user).await;
        let page = Browser::new().connect(self, &link, &Decision::Allow(account.to_owned())).await;
        assert_eq!(page.status, 200, "{}", page.text);
        let connections = self.get(&format!("/connections?user_id={user}&toolkit={toolkit}")).await.ok();
        let connections = connections["connections"].as_array().unwrap().clone();
        let newest = connections.iter().max_by_key(|one| one["connected_at"].as_str().unwrap().to_owned());
        newest.unwrap()["id"].as_str().unwrap().to_owned()
    }

    /// Gmail enabled and connected for one user.
    pub(crate) async fn with_gmail(user: &str) -> Self {
        let app = Self::new().await;
        app.configure("gmail").await;
        app.connect("gmail", user, "ada@example.com").await;
        app
    }

    pub(crate) async fn connection(&self, id: &str) -> Value {
        let all = self.get("/connections?limit=200").await.ok();
        let all = all["connections"].as_array().unwrap();
        all.iter().find(|one| one["id"] == id).cloned().unwrap_or(Value::Null)
    }

    /// Ledger entries of one kind, as `operation outcome`.
    pub(crate) fn exchanges(&self, provider: Provider, kind: sandbox::Kind) -> Vec<String> {
        let ledger = self.twins().ledger();
        let of_kind = ledger.iter().filter(|entry| entry.provider == provider && entry.kind == kind);
        of_kind
            .map(|entry| {
                format!("{} {}", entry.operation.as_deref().unwrap_or("-"), entry.outcome().unwrap_or("-"))
            })
            .collect()
    }

    /// Waits for what happens in the background.
    pub(crate) async fn until(&self, done: impl Fn() -> bool) {
        let waiting = async {
            while !done() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(20), waiting).await.expect("it never came");
    }

    /// The audit lines of one action, once there are that many: they are written in batches.
    pub(crate) async fn audited(&self, action: &str, count: usize) -> Vec<Value> {
        let waiting = async {
            loop {
                let lines: Vec<Value> =
                    self.audit().await.into_iter().filter(|line| line["action"] == action).collect();
                if lines.len() >= count {
                    return lines;
                }
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(20), waiting).await.expect("the audit never came")
    }

    pub(crate) async fn audit(&self) -> Vec<Value> {
        let lines = self
            .send(Method::GET, &format!("/v1/{}/audit?limit=200", self.app), &self.key, Value::Null)
            .await
            .ok();
        lines["entries"].as_array().unwrap().clone()
    }
}

/// SQLite in the directory, or a schema of its own where `TEST_DATABASE=postgres`, or a database behind a pooler where
/// `TEST_DATABASE=pgbouncer`.
fn usual_database(dir: &TempDir) -> Database {
    match std::env::var("TEST_DATABASE").as_deref() {
        Ok("postgres") => {
            let url = throwaway_postgres::empty_schema();
            Database::Postgres { url: url.expect("PostgreSQL's binaries"), migrate_url: None }
        }
        Ok("pgbouncer") => {
            let (url, direct) = throwaway_postgres::pooled_database().expect("PostgreSQL and pgbouncer");
            Database::Postgres { url, migrate_url: Some(direct) }
        }
        Ok(other) => panic!("TEST_DATABASE={other} is neither `postgres` nor `pgbouncer`"),
        Err(_) => Database::Sqlite(dir.path().join("bbi.db")),
    }
}

fn parts(
    setup: Setup,
    clock: &Arc<ManualClock>,
    sandbox: &Sandbox,
    address: SocketAddr,
    platform_key: engine::ApiKeyText,
    database: Database,
) -> Parts {
    let origins =
        sandbox.origins().into_iter().fold(OriginMap::none(), |map, (origin, base)| map.with(&origin, base));
    let private = origins.targets().into_iter().chain(setup.private.iter().cloned());
    let allow_private = private.map(|place| AllowedPrivate::parse(&place).unwrap()).collect();
    let catalog = Catalog::embedded_with(setup.manifests, &origins);
    Parts {
        catalog: Arc::new(catalog.unwrap_or_else(|error| panic!("{error}"))),
        database,
        vault_keys: SecretString::from(setup.vault_keys),
        outbound: OutboundSettings { allow_private, ..OutboundSettings::default() },
        clock: clock.clone(),
        random: Box::new(SystemRandom),
        settings: Settings {
            public_url: format!("http://{address}").parse().unwrap(),
            platform_key: Some(platform_key),
            managed_clients: if setup.managed { managed_clients(sandbox) } else { BTreeMap::new() },
            limits: setup.limits,
            retention: Retention::default(),
            audit_flush_every: std::time::Duration::from_millis(50),
            refresh_ahead_every: setup.refresh_ahead_every,
            unsaved_dir: None,
            hosted: HostedSettings {
                api_key: setup.composio.then(|| SecretString::from(sandbox::COMPOSIO_KEY)),
                base_url: Some(setup.composio_url.unwrap_or_else(|| sandbox.control().composio_url())),
                refresh_every: SignedDuration::from_hours(1),
                pins: setup.pins.into_iter().map(|(slug, backend)| (slug.to_owned(), backend)).collect(),
            },
        },
    }
}

pub(crate) fn managed_clients(sandbox: &Sandbox) -> BTreeMap<String, ManagedClient> {
    let clients = sandbox.clients().into_iter().filter(|client| {
        !matches!(client.provider, Provider::Twitter | Provider::LinkedIn | Provider::Reddit)
    });
    clients
        .map(|client| {
            let managed = ManagedClient {
                client_id: client.client_id,
                client_secret: SecretString::from(client.client_secret),
                extras: BTreeMap::new(),
            };
            (client.provider.name().to_owned(), managed)
        })
        .collect()
}

/// Follows nothing and remembers nothing.
pub(crate) fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

/// A client of the app's own, registered at the twin with the redirect URI that the product wants.
pub(crate) fn own_client(
    app: &TestApp,
    provider: Provider,
    toolkit: &str,
    extra: BTreeMap<String, String>,
) -> sandbox::Client {
    let redirect = format!("{}/v1/{}/integrations/callback/{toolkit}", app.url, app.app);
    app.twins().register_client(provider, vec![redirect], extra)
}

/// What an app enters of its own client where id and secret are all there is.
pub(crate) fn own_credentials(app: &TestApp, provider: Provider, toolkit: &str) -> Value {
    let client = own_client(app, provider, toolkit, BTreeMap::new());
    json!({ "client_id": client.client_id, "client_secret": client.client_secret })
}

/// The same for X, which has an app-only token, too.
pub(crate) fn x_credentials(app: &TestApp) -> Value {
    let client = own_client(app, Provider::Twitter, "twitter", BTreeMap::new());
    json!({ "client_id": client.client_id, "client_secret": client.client_secret,
        "generic_id": client.extra["bearer_token"] })
}

/// The same for Discord, whose applications have a bot.
pub(crate) fn discord_credentials(app: &TestApp) -> Value {
    let client = own_client(app, Provider::Discord, "discord", BTreeMap::new());
    json!({ "client_id": client.client_id, "client_secret": client.client_secret,
        "bot_token": client.extra["bot_token"] })
}
