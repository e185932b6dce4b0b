//! The egress guard. It looks at the parsed URL, because an HTTP client never asks a resolver about an address
//! literal in whatever spelling, and at every address a name resolves to.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::address::is_public;
use crate::error::SendError;

/// Who chose the address of a request, which decides what it may reach.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// A manifest or the operator. Only addresses under one of these bases are reached.
    Declared(&'a [Url]),
    /// A tenant or a caller. Public https addresses only, without exceptions.
    Tenant,
}

/// A private place the operator allows: `host` or `host:port`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedPrivate {
    host: String,
    port: Option<u16>,
}

impl AllowedPrivate {
    /// Reads `host` or `host:port`; an IPv6 address with a port stands in brackets.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.parse::<IpAddr>().is_ok() {
            let host = if text.contains(':') { format!("[{text}]") } else { text.to_owned() };
            return Some(Self { host, port: None });
        }
        let url = Url::parse(&format!("http://{text}/")).ok()?;
        let plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let anonymous = url.username().is_empty() && url.password().is_none();
        let port = text.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        (plain && anonymous).then_some(Self { host: url.host_str()?.to_owned(), port })
    }

    fn covers(&self, url: &Url) -> bool {
        url.host_str().is_some_and(|host| host.eq_ignore_ascii_case(&self.host))
            && self.port.is_none_or(|port| url.port_or_known_default() == Some(port))
    }
}

/// Which client a request takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    Guarded,
    Exempt,
}

/// How far calls go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reach {
    /// To public addresses and to the private places that are allowed.
    #[default]
    World,
    /// To the private places that are allowed, and nowhere else: a sandbox.
    AllowedPlaces,
}

#[derive(Debug, Clone)]
pub(crate) struct Guard {
    allow_private: Vec<AllowedPrivate>,
    reach: Reach,
}

impl Guard {
    pub(crate) fn new(allow_private: Vec<AllowedPrivate>, reach: Reach) -> Self {
        Self { allow_private, reach }
    }

    pub(crate) fn check(&self, url: &Url, target: Target<'_>) -> Result<Route, SendError> {
        if !url.username().is_empty() || url.password().is_some() {
            return Err(SendError::blocked("a URL must not carry a user or password"));
        }
        let exempt = match target {
            Target::Tenant => false,
            Target::Declared(bases) if within(url, bases) => {
                self.allow_private.iter().any(|place| place.covers(url))
            }
            Target::Declared(_) => {
                return Err(SendError::blocked("the address is not among the declared ones"));
            }
        };
        if exempt && matches!(url.scheme(), "http" | "https") {
            return Ok(Route::Exempt);
        }
        if self.reach == Reach::AllowedPlaces {
            return Err(SendError::blocked("nothing but the allowed places is reached from here"));
        }
        if url.scheme() != "https" {
            return Err(SendError::blocked("only https is allowed"));
        }
        match literal(url) {
            Some(address) if !is_public(address) => Err(SendError::blocked("the address is not public")),
            _ => Ok(Route::Guarded),
        }
    }
}

/// Same origin, and a path below the base's path.
fn within(url: &Url, bases: &[Url]) -> bool {
    bases.iter().any(|base| {
        let prefix = base.path().trim_end_matches('/');
        let below =
            url.path().strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        url.origin() == base.origin() && below
    })
}

/// The address of a URL that names one; the URL parser has read every spelling of it.
fn literal(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(IpAddr::V4(address)),
        Host::Ipv6(address) => Some(IpAddr::V6(address)),
        Host::Domain(_) => None,
    }
}

/// Behind a proxy the proxy resolves the name, so the address is checked here first. A name that does not resolve
/// here is refused.
pub(crate) async fn check_resolved(url: &Url) -> Result<(), SendError> {
    let Some(Host::Domain(name)) = url.host() else {
        return Ok(());
    };
    let addresses = tokio::net::lookup_host((name, 0))
        .await
        .map_err(|_| SendError::blocked("the name does not resolve here, so it cannot be checked"))?;
    let all_public = addresses.map(|address| address.ip()).all(is_public);
    all_public
        .then_some(())
        .ok_or_else(|| SendError::blocked("the name resolves to an address that is not public"))
}

/// Resolves names, and drops every address that is not public. The operator's proxy may be anywhere.
#[derive(Debug)]
pub(crate) struct GuardedResolver {
    proxy_host: Option<String>,
}

/// No address was left.
#[derive(Debug)]
pub(crate) struct BlockedAddress;

impl fmt::Display for BlockedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name resolves to no public address")
    }
}

impl std::error::Error for BlockedAddress {}

impl GuardedResolver {
    pub(crate) fn new(proxy: Option<&Url>) -> Self {
        Self { proxy_host: proxy.and_then(Url::host_str).map(str::to_owned) }
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let unrestricted = self.proxy_host.as_deref() == Some(name.as_str());
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> =
                found.filter(|address| unrestricted || is_public(address.ip())).collect();
            if allowed.is_empty() {
                return Err(BlockedAddress.into());
            }
            let addresses: Addrs = Box::new(allowed.into_iter());
            Ok(addresses)
        })
    }
}
