//! Several nodes of the binary over one PostgreSQL, or one alone over SQLite, and one set of twins. The test itself is
//! the load balancer: it chooses the node of every request, takes the public URL's path away and keeps its host.

use std::io::Write as _;
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::Method;
use reqwest::header::HOST;
use sandbox::{Control, Provider};
use serde_json::{Value, json};
use tokio::sync::watch;
use url::Url;

use super::database::Database;
use super::operated::Operated;
use super::process::Process;
use super::{ADA, Browser};

/// Nobody listens there. With a path, because a node whose public URL has none says that instead of where it listens.
const PUBLIC: &str = "http://127.0.0.1:9/bbi";
const PUBLIC_HOST: &str = "127.0.0.1:9";
const TOOLKITS: [&str; 2] = ["gmail", "twitter"];

const ASK_EVERY: Duration = Duration::from_millis(50);

type Env = Vec<(&'static str, String)>;

#[derive(Debug)]
pub(crate) struct Nodes {
    pub(crate) operated: Operated,
    pub(crate) database: Database,
    nodes: Vec<Mutex<Option<Process>>>,
    /// What each has in its environment besides what all of them have.
    env: Vec<Env>,
    vault_keys: Mutex<String>,
    /// How many are up.
    up: watch::Sender<usize>,
}

impl Nodes {
    /// That many nodes, started at once on an empty database, with one app. `None` where PostgreSQL is not installed.
    pub(crate) async fn start(count: usize) -> Option<Self> {
        Self::start_with(vec![Vec::new(); count]).await
    }

    /// One node for each of these additions to the environment.
    pub(crate) async fn start_with(env: Vec<Env>) -> Option<Self> {
        let database = Database::postgres()?;
        Some(Self::over(database, Operated::prepare(&TOOLKITS).await, env).await)
    }

    /// The same over an empty database of the test's own.
    pub(crate) async fn over_url(url: &str, count: usize) -> Self {
        Self::over_url_with(url, vec![Vec::new(); count]).await
    }

    /// One node over it for each of these additions to the environment.
    pub(crate) async fn over_url_with(url: &str, env: Vec<Env>) -> Self {
        Self::over(Database::Postgres(url.to_owned()), Operated::prepare(&TOOLKITS).await, env).await
    }

    /// One process over a SQLite file, which admits no second one. `None` where nothing can look into that file.
    pub(crate) async fn alone() -> Option<Self> {
        let operated = Operated::prepare(&TOOLKITS).await;
        let database = Database::sqlite(&operated.dir.path().join("data-0"))?;
        Some(Self::over(database, operated, vec![Vec::new()]).await)
    }

    async fn over(database: Database, operated: Operated, env: Vec<Env>) -> Self {
        let nodes = env.iter().map(|_| Mutex::default()).collect();
        let vault_keys = Mutex::new(operated.vault_keys.clone());
        let mut nodes = Self { operated, database, nodes, env, vault_keys, up: watch::Sender::new(0) };
        nodes.start_all();
        let created = nodes.send(0, Method::POST, "/init", json!({"name": "Shared"}), true).await;
        let (_, created) = created.expect("the first node answers");
        nodes.operated.app = created["app_id"].as_str().unwrap().to_owned();
        nodes.operated.key = created["api_key"].as_str().unwrap().to_owned();
        nodes
    }

    pub(crate) fn count(&self) -> usize {
        self.nodes.len()
    }

    pub(crate) fn twins(&self) -> &Control {
        self.operated.twins()
    }

    /// What those have that are started from now on.
    pub(crate) fn set_vault_keys(&self, keys: &str) {
        keys.clone_into(&mut self.vault_keys.lock().unwrap());
    }

    /// Starts those that are down, all at once.
    pub(crate) fn start_all(&self) {
        std::thread::scope(|scope| {
            for node in 0..self.count() {
                scope.spawn(move || self.start_one(node));
            }
        });
    }

    pub(crate) fn start_one(&self, node: usize) {
        if self.slot(node).is_none() {
            let process = Process::start(&mut self.command(node));
            *self.slot(node) = Some(process);
            self.up.send_modify(|up| *up += 1);
        }
    }

    /// One of those that are up; waits for one where none is.
    pub(crate) async fn any(&self, random: &mut fastrand::Rng) -> usize {
        loop {
            let up: Vec<usize> = (0..self.count()).filter(|node| self.slot(*node).is_some()).collect();
            if let Some(node) = random.choice(up) {
                return node;
            }
            let _ = self.up.subscribe().wait_for(|up| *up > 0).await;
        }
    }

    fn command(&self, node: usize) -> Command {
        let mut command = self.operated.command("127.0.0.1:0");
        command
            .arg("serve")
            .env("BBI_DATA_DIR", self.operated.dir.path().join(format!("data-{node}")))
            .env("BBI_PUBLIC_URL", PUBLIC)
            .env("BBI_VAULT_KEYS", &*self.vault_keys.lock().unwrap())
            .env("BBI_LIMITS__CALLER", "0")
            .env("BBI_LIMITS__ADDRESS", "0")
            .env("BBI_LOG", "warn,json")
            .env("TEST_LOG", self.operated.dir.path().join(format!("log-{node}")))
            .env_remove("COMPOSIO_API_KEY");
        if let Database::Postgres(url) = &self.database {
            command.env("DATABASE_URL", url);
        }
        command.envs(self.env.get(node).into_iter().flatten().cloned());
        command
    }

    /// One more process with the settings of a node, its data folder among them.
    pub(crate) fn another_like(&self, node: usize) -> Process {
        Process::start(&mut self.command(node))
    }

    /// What one more node says, which does not start.
    pub(crate) fn refused_start(&self) -> String {
        let output = self.command(self.count()).output().unwrap();
        assert!(!output.status.success(), "it starts");
        String::from_utf8(output.stderr).unwrap()
    }

    fn slot(&self, node: usize) -> std::sync::MutexGuard<'_, Option<Process>> {
        self.nodes[node].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where a node listens, while it is up.
    pub(crate) fn url(&self, node: usize) -> Option<String> {
        self.slot(node).as_ref().map(|process| process.url.clone())
    }

    /// kill -9
    pub(crate) fn kill(&self, node: usize) {
        let process = self.slot(node).take();
        self.up.send_modify(|up| *up -= 1);
        process.expect("it was up").kill();
    }

    pub(crate) fn pause(&self, node: usize) {
        self.slot(node).as_ref().expect("it is up").pause();
    }

    pub(crate) fn resume(&self, node: usize) {
        self.slot(node).as_ref().expect("it is up").resume();
    }

    /// What the nodes logged of a request.
    pub(crate) fn logged(&self, request: &str) -> String {
        let log = |node| std::fs::read_to_string(self.operated.dir.path().join(format!("log-{node}")));
        let logs: String = (0..self.count()).filter_map(|node| log(node).ok()).collect();
        let of_request = logs.lines().filter(|line| line.contains(request));
        of_request.collect::<Vec<_>>().join("\n")
    }

    /// What the database says.
    pub(crate) fn query(&self, sql: &str) -> String {
        self.database.query(sql)
    }

    /// What a call comes to. It is made again for as long as it was not sent.
    pub(crate) async fn settled(&self, node: usize, tool: &str, user: &str) -> (u16, Value) {
        let mut ticks = tokio::time::interval(ASK_EVERY);
        loop {
            ticks.tick().await;
            let (status, answer) = self.execute(node, tool, user, json!({})).await.expect("it is up");
            if !matches!(status, 502 | 503) {
                return (status, answer);
            }
            assert_eq!(answer["error"]["details"]["outcome"], "not_sent", "{answer}");
        }
    }

    /// Ends every refresh lease now, as if its holder had given it up: nobody waits for him.
    pub(crate) fn let_leases_lapse(&self) {
        self.query("UPDATE connected_accounts SET lease_expires_at = 0, updated_at = 0 WHERE lease_owner IS NOT NULL");
    }

    /// `None` where the node did not answer.
    pub(crate) async fn send(
        &self,
        node: usize,
        method: Method,
        path: &str,
        body: Value,
        operator: bool,
    ) -> Option<(u16, Value)> {
        let key = if operator { &self.operated.platform_key } else { &self.operated.key };
        self.send_as(node, method, path, body, key).await
    }

    pub(crate) async fn send_as(
        &self,
        node: usize,
        method: Method,
        path: &str,
        body: Value,
        key: &str,
    ) -> Option<(u16, Value)> {
        let url = format!("{}{path}", self.url(node)?);
        let mut request = self.operated.http.request(method, url).bearer_auth(key).header(HOST, PUBLIC_HOST);
        if !body.is_null() {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await.ok()?;
        let status = response.status().as_u16();
        let text = response.text().await.ok()?;
        Some((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
    }

    /// A route under the app's integrations.
    pub(crate) async fn call(
        &self,
        node: usize,
        method: Method,
        path: &str,
        body: Value,
    ) -> Option<(u16, Value)> {
        let path = format!("/v1/{}/integrations{path}", self.operated.app);
        self.send(node, method, &path, body, false).await
    }

    pub(crate) async fn execute(
        &self,
        node: usize,
        tool: &str,
        user: &str,
        params: Value,
    ) -> Option<(u16, Value)> {
        let body = json!({"toolName": tool, "userId": user, "params": params});
        self.call(node, Method::POST, "/execute", body).await
    }

    /// X as its user, whose grant is of the strict kind.
    pub(crate) async fn me(&self, node: usize, user: &str) -> Option<(u16, Value)> {
        self.execute(node, "TWITTER_USER_LOOKUP_ME", user, json!({})).await
    }

    /// A client of the app's own at X.
    pub(crate) fn register(&self) -> sandbox::Client {
        let redirect = format!("{PUBLIC}/v1/{}/integrations/callback/twitter", self.operated.app);
        self.twins().register_client(Provider::Twitter, vec![redirect], Default::default())
    }

    /// X with a client of the app's own, Gmail with the instance's.
    pub(crate) async fn configure(&self) -> sandbox::Client {
        let client = self.register();
        let credentials = json!({"client_id": client.client_id, "client_secret": client.client_secret});
        let x = json!({"toolkit": "twitter", "oauth_credentials": credentials});
        for body in [x, json!({"toolkit": "gmail"})] {
            let answer = self.call(0, Method::POST, "/configure", body).await.unwrap();
            assert_eq!(answer.0, 200, "{}", answer.1);
        }
        client
    }

    /// Connects over all nodes in turn, from `first` on: whether the last of them said that it is done. False where a
    /// node was not there.
    pub(crate) async fn connect(&self, first: usize, toolkit: &str, user: &str) -> bool {
        let steps = [0, 1, 2, 3].map(|step| (first + step) % self.count());
        let account = if toolkit == "gmail" { "ada@example.com" } else { ADA };
        self.connect_over(&steps, toolkit, account, user).await
    }

    /// The link, its page, the click on it, the callback: each on the node named.
    pub(crate) async fn connect_over(
        &self,
        steps: &[usize; 4],
        toolkit: &str,
        account: &str,
        user: &str,
    ) -> bool {
        self.try_connect(steps, toolkit, account, user).await.unwrap_or(false)
    }

    async fn try_connect(
        &self,
        steps: &[usize; 4],
        toolkit: &str,
        account: &str,
        user: &str,
    ) -> Option<bool> {
        let link = self.link(steps[0], toolkit, user).await?;
        let arrived = self.arrive(steps[1], steps[2], &link).await?;
        let consented = arrived.consent(account).await;
        Some(self.come_back(steps[3], consented).await? == 200)
    }

    /// A link for a user; `None` also where a node refused to give one.
    pub(crate) async fn link(&self, node: usize, toolkit: &str, user: &str) -> Option<Url> {
        let asked = json!({"toolkit": toolkit, "userId": user});
        let (status, link) = self.call(node, Method::POST, "/connect", asked).await?;
        let link = (status == 200).then(|| link["authUrl"].as_str().unwrap().parse::<Url>().unwrap())?;
        assert!(link.as_str().starts_with(PUBLIC), "{link}");
        Some(link)
    }

    /// A link's page on one node, and the click on it on another.
    pub(crate) async fn arrive(&self, page: usize, click: usize, link: &Url) -> Option<Arrived> {
        let mut browser = Browser::new();
        browser.balance(PUBLIC, &self.url(page)?);
        let shown = browser.try_request(Method::GET, link, &[]).await.ok()?;
        if shown.status != 200 {
            return None;
        }
        browser.balance(PUBLIC, &self.url(click)?);
        let form = [("csrf", &*shown.hidden("csrf"))];
        let sent = browser.try_request(Method::POST, link, &form).await.ok()?;
        let provider = sent.location().filter(|_| sent.status == 303)?;
        Some(Arrived { browser, provider })
    }

    /// The callback: the status of the last page.
    pub(crate) async fn come_back(&self, node: usize, consented: Consented) -> Option<u16> {
        let Consented { mut browser, callback } = consented;
        browser.balance(PUBLIC, &self.url(node)?);
        Some(browser.try_request(Method::GET, &callback, &[]).await.ok()?.status)
    }

    /// A JSON-RPC request to a node's MCP endpoint: its result.
    pub(crate) async fn rpc(&self, node: usize, method: &str, params: Value) -> Value {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let (status, answer) = self.send(node, Method::POST, "/mcp", body, false).await.unwrap();
        assert_eq!(status, 200, "{answer}");
        answer["result"].clone()
    }

    /// The token exchanges with a refresh token at X since `sequence`.
    pub(crate) fn refreshes_since(&self, sequence: u64) -> Vec<sandbox::Entry> {
        let since = self.twins().ledger_since(sequence).into_iter();
        since
            .filter(|entry| {
                entry.provider == Provider::Twitter && entry.operation.as_deref() == Some("refresh_token")
            })
            .collect()
    }
}

/// A browser that was sent to the provider.
pub(crate) struct Arrived {
    browser: Browser,
    /// The provider's page, with all that we ask of it.
    pub(crate) provider: Url,
}

/// A browser that the provider sends back.
pub(crate) struct Consented {
    browser: Browser,
    pub(crate) callback: Url,
}

impl Arrived {
    pub(crate) async fn consent(mut self, account: &str) -> Consented {
        let page = self.browser.get(&self.provider).await;
        let form = [("request", &*page.hidden("request")), ("decision", "allow"), ("account", account)];
        let callback = self.browser.post(&self.provider, &form).await.location().unwrap();
        Consented { browser: self.browser, callback }
    }
}

/// How long the long variants make it: `LONG=1` chooses the second number.
pub(crate) fn short_or_long<T>(short: T, long: T) -> T {
    if std::env::var_os("LONG").is_some() { long } else { short }
}

/// What is random in a test: the seed is said, so that a failure can be repeated with `SEED`.
pub(crate) fn seeded(test: &str) -> fastrand::Rng {
    let seed = std::env::var("SEED").ok().and_then(|text| text.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    say(&format!("{test}: SEED={seed}"));
    fastrand::Rng::with_seed(seed)
}

/// Past the test harness, which would keep it to itself.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
