//! The only way out of the process. Every outbound call has a deadline and a size cap, and passes the egress guard
//! twice: at the parsed URL and at every address its name resolves to ([`guard`]).
//!
//! It refuses to know a toolkit, to follow a redirect that leaves its target, and to use system proxies.

mod address;
mod error;
mod guard;

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{HOST, LOCATION, USER_AGENT};
use http::{HeaderValue, Method, Request, Response};
use reqwest::Client;
use url::Url;

pub use address::is_public;
pub use error::{Outcome, SendError};
pub use guard::{AllowedPrivate, Reach, Target};

use error::Failure;
use guard::{Guard, GuardedResolver, Route};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
const MAX_REDIRECTS: usize = 3;
const DEFAULT_USER_AGENT: &str =
    concat!("ButterbaseIntegrations/", env!("CARGO_PKG_VERSION"), " (+https://butterbase.ai)");

/// What the operator decides about outbound calls.
#[derive(Debug, Default, Clone)]
pub struct Settings {
    /// Every call goes through it. System proxies are never used.
    pub proxy: Option<Url>,
    /// Extra certificate authorities, PEM.
    pub certificate_authorities: Option<Vec<u8>>,
    /// Private places that the operator's own targets may be at. Never applies to [`Target::Tenant`].
    pub allow_private: Vec<AllowedPrivate>,
    pub reach: Reach,
}

/// How long a call may take, and how large its answer may be.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub deadline: Duration,
    pub max_bytes: usize,
}

/// One shared client. Cloning shares its connections.
#[derive(Debug, Clone)]
pub struct Outbound {
    guard: Guard,
    /// Resolves names to public addresses only.
    guarded: Client,
    /// For places that the operator has allowed by host and port.
    exempt: Client,
    proxied: bool,
}

/// Why the settings make no client.
#[derive(Debug, thiserror::Error)]
#[error("outbound settings: {0}")]
pub struct SettingsError(String);

impl Outbound {
    pub fn new(settings: &Settings) -> Result<Self, SettingsError> {
        let guarded = builder(settings)?.dns_resolver(GuardedResolver::new(settings.proxy.as_ref()));
        let build = |builder: reqwest::ClientBuilder| {
            builder.build().map_err(|error| SettingsError(error.without_url().to_string()))
        };
        Ok(Self {
            guard: Guard::new(settings.allow_private.clone(), settings.reach),
            guarded: build(guarded)?,
            exempt: build(builder(settings)?)?,
            proxied: settings.proxy.is_some(),
        })
    }

    /// Sends `request` to `target` and reads the whole answer. Redirects of a GET are followed within the target;
    /// any other redirect is returned as the answer it is.
    pub async fn send(
        &self,
        target: Target<'_>,
        request: Request<Bytes>,
        limits: Limits,
    ) -> Result<Response<Bytes>, SendError> {
        if limits.deadline.is_zero() {
            return Err(SendError::new(Failure::Deadline, Outcome::NotSent));
        }
        let sent = self.send_following(target, request, limits.max_bytes);
        match tokio::time::timeout(limits.deadline, sent).await {
            Ok(result) => result,
            Err(_) => Err(SendError::new(Failure::Deadline, Outcome::Unknown)),
        }
    }

    async fn send_following(
        &self,
        target: Target<'_>,
        mut request: Request<Bytes>,
        max_bytes: usize,
    ) -> Result<Response<Bytes>, SendError> {
        request.headers_mut().remove(HOST);
        request.headers_mut().entry(USER_AGENT).or_insert(HeaderValue::from_static(DEFAULT_USER_AGENT));
        for _ in 0..MAX_REDIRECTS {
            let response = self.send_once(target, request.clone(), max_bytes).await?;
            match redirect_of(&request, &response) {
                Some(next) if self.guard.check(&next, target).is_ok() => *request.uri_mut() = uri_of(&next)?,
                _ => return Ok(response),
            }
        }
        self.send_once(target, request, max_bytes).await
    }

    async fn send_once(
        &self,
        target: Target<'_>,
        request: Request<Bytes>,
        max_bytes: usize,
    ) -> Result<Response<Bytes>, SendError> {
        let url = Url::parse(&request.uri().to_string())
            .map_err(|_| SendError::blocked("the request has no URL"))?;
        let client = match self.guard.check(&url, target)? {
            Route::Guarded => {
                if self.proxied && matches!(target, Target::Tenant) {
                    guard::check_resolved(&url).await?;
                }
                &self.guarded
            }
            Route::Exempt => &self.exempt,
        };
        let request =
            reqwest::Request::try_from(request).map_err(|_| SendError::blocked("the request has no URL"))?;
        let response = client.execute(request).await.map_err(SendError::from_reqwest)?;
        read(response, max_bytes).await
    }
}

fn builder(settings: &Settings) -> Result<reqwest::ClientBuilder, SettingsError> {
    let mut builder = Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT);
    if let Some(proxy) = &settings.proxy {
        let proxy = reqwest::Proxy::all(proxy.clone())
            .map_err(|_| SettingsError("the proxy must be an http:// or https:// URL".to_owned()))?;
        builder = builder.proxy(proxy);
    }
    if let Some(pem) = &settings.certificate_authorities {
        let certificates = reqwest::Certificate::from_pem_bundle(pem)
            .map_err(|_| SettingsError("the CA file holds no PEM certificates".to_owned()))?;
        builder = builder.tls_certs_merge(certificates);
    }
    Ok(builder)
}

/// Where a GET is sent next, if the answer says so.
fn redirect_of(request: &Request<Bytes>, response: &Response<Bytes>) -> Option<Url> {
    if request.method() != Method::GET || !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    Url::parse(&request.uri().to_string()).ok()?.join(location).ok()
}

fn uri_of(url: &Url) -> Result<http::Uri, SendError> {
    url.as_str().parse().map_err(|_| SendError::blocked("the redirect has no valid URL"))
}

/// The whole answer, unless it is larger than `max_bytes`. What was received counts as an answer only when it is
/// whole: a cut-off one says nothing certain.
async fn read(mut response: reqwest::Response, max_bytes: usize) -> Result<Response<Bytes>, SendError> {
    let too_large = || SendError::new(Failure::TooLarge { max_bytes }, Outcome::Unknown);
    if response.content_length().is_some_and(|length| length > max_bytes as u64) {
        return Err(too_large());
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(SendError::from_reqwest)? {
        if body.len() + chunk.len() > max_bytes {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    let mut whole = Response::new(body.freeze());
    *whole.status_mut() = response.status();
    *whole.headers_mut() = std::mem::take(response.headers_mut());
    Ok(whole)
}
