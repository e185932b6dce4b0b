//! The test bed: twins on a port of their own, a clock that the test moves, and requests in one line.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use reqwest::Method;
use sandbox::{Client, Decision, Entry, Fault, Matcher, Options, Provider, Sandbox, What};
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

pub(crate) const REDIRECT: &str = "http://127.0.0.1:4480/callback/x?keep=1";
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const START: i64 = 1_800_000_000;

pub(crate) const GMAIL: &str = "gmail.googleapis.com/gmail/v1/users/me";
pub(crate) const MAIL: &str = "https://mail.google.com/";
pub(crate) const GOOGLE: &str = "https://www.googleapis.com/auth/";

pub(crate) struct Bed {
    pub(crate) sandbox: Sandbox,
    http: reqwest::Client,
    seconds: Arc<AtomicI64>,
}

pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The body, if the status is the one that is expected.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }
}

/// A body and the header that says what it is.
pub(crate) enum Body<'a> {
    None,
    Json(Value),
    Form(&'a [(&'a str, &'a str)]),
    Raw(&'a str, Vec<u8>),
}

impl Bed {
    pub(crate) async fn new() -> Self {
        Self::with(None).await
    }

    pub(crate) async fn with(state_file: Option<PathBuf>) -> Self {
        let seconds = Arc::new(AtomicI64::new(START));
        let clock = Arc::clone(&seconds);
        // Seeded the same at every start, which the twins have to survive.
        let draws = AtomicU64::new(0);
        let sandbox = Sandbox::start(Options {
            port: 0,
            state_file,
            clock: Arc::new(move || Timestamp::from_second(clock.load(Ordering::SeqCst)).unwrap()),
            random: Arc::new(move |bytes| {
                let digest = Sha256::digest(draws.fetch_add(1, Ordering::SeqCst).to_be_bytes());
                bytes.copy_from_slice(&digest[..bytes.len()]);
            }),
        });
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .user_agent("sandbox-tests")
            .build()
            .unwrap();
        Self { sandbox: sandbox.await.unwrap(), http, seconds }
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn now(&self) -> i64 {
        self.seconds.load(Ordering::SeqCst)
    }

    /// The pre-registered client.
    pub(crate) fn client(&self, provider: Provider) -> Client {
        self.sandbox.clients().into_iter().find(|client| client.provider == provider).unwrap()
    }

    pub(crate) fn url(&self, path: &str) -> Url {
        self.sandbox.base_url().join(path).unwrap()
    }

    pub(crate) fn builder(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method: Method = method.parse().unwrap();
        self.http.request(method, self.url(path))
    }

    pub(crate) async fn send(&self, builder: reqwest::RequestBuilder) -> Reply {
        let answer = builder.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Reply { status, headers, text: answer.text().await.unwrap() }
    }

    /// A call with a bearer token; an empty one sends none.
    pub(crate) async fn call(&self, method: &str, path: &str, token: &str, body: Body<'_>) -> Reply {
        let mut builder = self.builder(method, path);
        if !token.is_empty() {
            builder = builder.bearer_auth(token);
        }
        let builder = match body {
            Body::None => builder,
            Body::Json(value) => {
                builder.header("content-type", "application/json; charset=utf-8").body(value.to_string())
            }
            Body::Form(fields) => builder.form(fields),
            Body::Raw(media_type, bytes) => builder.header("content-type", media_type).body(bytes),
        };
        self.send(builder).await
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Reply {
        self.call("GET", path, token, Body::None).await
    }

    pub(crate) async fn post(&self, path: &str, token: &str, body: Value) -> Reply {
        self.call("POST", path, token, Body::Json(body)).await
    }

    /// A form without a token, as to a token endpoint.
    pub(crate) async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.send(self.builder("POST", path).header("accept", "application/json").form(fields)).await
    }

    /// The same with the client in a Basic header.
    pub(crate) async fn basic_form(&self, path: &str, client: &Client, fields: &[(&str, &str)]) -> Reply {
        let basic = STANDARD.encode(format!("{}:{}", client.client_id, client.client_secret));
        self.send(self.builder("POST", path).header("authorization", format!("Basic {basic}")).form(fields))
            .await
    }

    /// The same with a JSON body.
    pub(crate) async fn basic_json(&self, path: &str, client: &Client, fields: &[(&str, &str)]) -> Reply {
        let body: BTreeMap<&str, &str> = fields.iter().copied().collect();
        self.send(
            self.builder("POST", path).basic_auth(&client.client_id, Some(&client.client_secret)).json(&body),
        )
        .await
    }

    pub(crate) fn ledger(&self) -> Vec<Entry> {
        self.sandbox.control().ledger()
    }

    pub(crate) fn last_entry(&self) -> Entry {
        self.ledger().pop().unwrap()
    }

    pub(crate) fn inject(&self, provider: Provider, matcher: &str, times: u32, what: What) {
        let matcher = Matcher::from(matcher);
        self.sandbox.control().inject(Fault { provider, matcher, times: Some(times), what });
    }

    /// An authorization address with these parameters beside client, redirect URI, state and response type.
    pub(crate) fn authorize_url(&self, provider: Provider, more: &[(&str, &str)]) -> Url {
        let client = self.client(provider);
        let mut url = self.url(match provider {
            Provider::Google => "accounts.google.com/o/oauth2/v2/auth",
            Provider::Slack => "slack.com/oauth/v2/authorize",
            Provider::GitHub => "github.com/login/oauth/authorize",
            Provider::Twitter => "x.com/i/oauth2/authorize",
            Provider::Microsoft => "login.microsoftonline.com/common/oauth2/v2.0/authorize",
            Provider::Notion => "api.notion.com/v1/oauth/authorize",
            Provider::HubSpot => "app.hubspot.com/oauth/authorize",
            Provider::Discord => "discord.com/api/oauth2/authorize",
            Provider::LinkedIn => "www.linkedin.com/oauth/v2/authorization",
            Provider::Reddit => "www.reddit.com/api/v1/authorize",
            Provider::Composio => panic!("Composio has no authorization server"),
        });
        let mut fields = BTreeMap::from([
            ("client_id", client.client_id.as_str()),
            ("redirect_uri", REDIRECT),
            ("response_type", "code"),
            ("state", "the state"),
        ]);
        fields.extend(more.iter().copied());
        fields.retain(|_, value| !value.is_empty());
        url.query_pairs_mut().extend_pairs(fields);
        url
    }

    /// Where the browser is sent once `account` has allowed what is asked.
    pub(crate) async fn allow(&self, url: &Url, account: &str) -> BTreeMap<String, String> {
        let decision = Decision::Allow(account.to_owned());
        let location = self.sandbox.control().consent(url, &decision).await.unwrap();
        assert!(location.as_str().starts_with("http://127.0.0.1:4480/callback/x?keep=1&"), "{location}");
        location.query_pairs().into_owned().collect()
    }

    /// A code for `scope`, with PKCE where the provider knows it.
    pub(crate) async fn code(&self, provider: Provider, account: &str, scope: &str) -> String {
        let challenge = challenge();
        let pkce = [("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")];
        let mut more = vec![("scope", scope)];
        match provider {
            Provider::Google => more.extend([("access_type", "offline"), ("prompt", "consent")]),
            Provider::Notion => more.push(("owner", "user")),
            Provider::Reddit => more.push(("duration", "permanent")),
            _ => {}
        }
        if knows_pkce(provider) {
            more.extend(pkce);
        }
        let url = self.authorize_url(provider, &more);
        self.allow(&url, account).await["code"].clone()
    }

    /// The token endpoint's answer to a code or a refresh token.
    pub(crate) async fn redeem(&self, provider: Provider, fields: &[(&str, &str)]) -> Reply {
        let client = self.client(provider);
        let credentials =
            [("client_id", client.client_id.as_str()), ("client_secret", &client.client_secret)];
        let all = [fields, &credentials].concat();
        match provider {
            Provider::Google => self.form("oauth2.googleapis.com/token", &all).await,
            Provider::Slack => self.form("slack.com/api/oauth.v2.access", &all).await,
            Provider::GitHub => self.form("github.com/login/oauth/access_token", &all).await,
            Provider::Twitter => self.basic_form("api.x.com/2/oauth2/token", &client, fields).await,
            Provider::Microsoft => {
                self.form("login.microsoftonline.com/common/oauth2/v2.0/token", &all).await
            }
            Provider::Notion => self.basic_json("api.notion.com/v1/oauth/token", &client, fields).await,
            Provider::HubSpot => self.form("api.hubapi.com/oauth/2026-03/token", &all).await,
            Provider::Discord => self.basic_form("discord.com/api/oauth2/token", &client, fields).await,
            Provider::LinkedIn => self.form("www.linkedin.com/oauth/v2/accessToken", &all).await,
            Provider::Reddit => self.basic_form("www.reddit.com/api/v1/access_token", &client, fields).await,
            Provider::Composio => panic!("Composio has no authorization server"),
        }
    }

    pub(crate) async fn exchange(&self, provider: Provider, code: &str) -> Reply {
        let mut fields =
            vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", REDIRECT)];
        if knows_pkce(provider) {
            fields.push(("code_verifier", VERIFIER));
        }
        self.redeem(provider, &fields).await
    }

    pub(crate) async fn refresh(&self, provider: Provider, token: &str) -> Reply {
        self.redeem(provider, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// The whole flow: the token endpoint's answer.
    pub(crate) async fn connect(&self, provider: Provider, account: &str, scope: &str) -> Value {
        let code = self.code(provider, account, scope).await;
        self.exchange(provider, &code).await.expect(200)
    }

    /// The whole flow: an access token.
    pub(crate) async fn token(&self, provider: Provider, account: &str, scope: &str) -> String {
        text(&self.connect(provider, account, scope).await["access_token"])
    }

    pub(crate) async fn gmail(&self) -> String {
        self.token(Provider::Google, "ada@example.com", "openid email https://mail.google.com/").await
    }
}

fn knows_pkce(provider: Provider) -> bool {
    !matches!(provider, Provider::Slack | Provider::Notion | Provider::LinkedIn | Provider::Reddit)
}

pub(crate) fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER))
}

#[track_caller]
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// What each item of a list has under `name`.
pub(crate) fn each(list: &Value, name: &str) -> Vec<String> {
    list.as_array().into_iter().flatten().map(|item| text(&item[name])).collect()
}

pub(crate) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
