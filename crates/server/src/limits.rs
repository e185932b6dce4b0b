//! Which address a request comes from, and the limit for addresses that nobody vouches for.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap};
use engine::{Limits, Result};

/// The buckets of all addresses.
#[derive(Debug, Clone)]
pub(crate) struct AddressLimits {
    limits: Arc<Limits>,
    forwarded_hops: usize,
}

impl AddressLimits {
    pub(crate) fn new(limits: Limits, forwarded_hops: usize) -> Self {
        Self { limits: Arc::new(limits), forwarded_hops }
    }

    /// Takes one from the bucket of whoever sent this.
    pub(crate) fn check(&self, headers: &HeaderMap, extensions: &Extensions) -> Result<()> {
        let address = client_address(headers, extensions, self.forwarded_hops);
        self.limits.check(&format!("address:{}", network(address)), "this address")
    }
}

/// The peer, or whom our own proxies say they forward for: the n-th entry from the right, because everything before it
/// is the client's own word.
fn client_address(headers: &HeaderMap, extensions: &Extensions, hops: usize) -> IpAddr {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let forwarded = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let chain: Vec<IpAddr> =
        forwarded.flat_map(|value| value.split(',')).filter_map(|text| text.trim().parse().ok()).collect();
    let forwarded = hops.checked_sub(1).and_then(|skip| chain.iter().rev().nth(skip).copied());
    forwarded.or(peer).unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED))
}

/// One subscriber's addresses: an IPv4 address, or an IPv6 /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(forwarded: &str, hops: usize) -> String {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", forwarded.parse().unwrap());
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::from(([10, 0, 0, 1], 5))));
        network(client_address(&headers, &extensions, hops)).to_string()
    }

    #[test]
    fn only_our_own_proxies_are_believed() {
        assert_eq!(address("1.1.1.1", 0), "10.0.0.1");
        assert_eq!(address("6.6.6.6, 2.2.2.2", 1), "2.2.2.2");
        assert_eq!(address("6.6.6.6, 2.2.2.2, 3.3.3.3", 2), "2.2.2.2");
        assert_eq!(address("2.2.2.2", 5), "10.0.0.1", "fewer hops than promised");
        assert_eq!(address("2001:db8:1:2:3:4:5:6", 1), "2001:db8:1:2::");
        assert_eq!(address("::ffff:9.9.9.9", 1), "9.9.9.9");
    }
}
