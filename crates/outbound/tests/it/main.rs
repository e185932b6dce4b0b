//! The way out, against real sockets: what is reached, what is refused, and what is known afterwards.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use outbound::{AllowedPrivate, Limits, Outbound, Outcome, Reach, SendError, Settings, Target, is_public};
use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use url::Url;

const LIMITS: Limits = Limits { deadline: Duration::from_secs(10), max_bytes: 1000 };

/// A server that answers every connection with the same bytes and counts the requests it read.
struct Peer {
    base: Url,
    requests: Arc<AtomicUsize>,
}

impl Peer {
    async fn answering(answer: impl Fn(u16) -> String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(AtomicUsize::new(0));
        let (answer, counted) = (answer(port), Arc::clone(&requests));
        tokio::spawn(async move {
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                let mut buffer = [0; 4096];
                if socket.read(&mut buffer).await.unwrap() > 0 {
                    counted.fetch_add(1, Ordering::SeqCst);
                }
                socket.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        Self { base: Url::parse(&format!("http://127.0.0.1:{port}/api")).unwrap(), requests }
    }

    fn outbound(&self) -> Outbound {
        allowing(&[self.base.authority()])
    }

    async fn get(&self, path: &str, limits: Limits) -> Result<Response<Bytes>, SendError> {
        let url = self.base.join(path).unwrap();
        self.outbound()
            .send(Target::Declared(std::slice::from_ref(&self.base)), get(url.as_str()), limits)
            .await
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn a_sandbox_reaches_its_own_places_and_nothing_else() {
    let peer = Peer::answering(|_| "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_owned()).await;
    let allow_private = vec![AllowedPrivate::parse(peer.base.authority()).unwrap()];
    let settings = Settings { allow_private, reach: Reach::AllowedPlaces, ..Settings::default() };
    let outbound = Outbound::new(&settings).unwrap();
    let declared = [peer.base.clone(), Url::parse("https://www.googleapis.com/").unwrap()];
    let inside = outbound.send(Target::Declared(&declared), get(peer.base.as_str()), LIMITS).await;
    assert_eq!(inside.unwrap().status(), 200);
    for target in [Target::Declared(&declared), Target::Tenant] {
        let error =
            outbound.send(target, get("https://www.googleapis.com/calendar"), LIMITS).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::NotSent);
        assert!(error.to_string().contains("nothing but the allowed places"), "{error}");
    }
}

fn allowing(places: &[&str]) -> Outbound {
    let allow_private = places.iter().map(|place| AllowedPrivate::parse(place).unwrap()).collect();
    Outbound::new(&Settings { allow_private, ..Settings::default() }).unwrap()
}

fn get(url: &str) -> Request<Bytes> {
    Request::get(url).body(Bytes::new()).unwrap()
}

async fn refused(outbound: &Outbound, target: Target<'_>, url: &str) -> String {
    let error = outbound.send(target, get(url), LIMITS).await.expect_err(url);
    assert!(error.is_blocked() && error.outcome() == Outcome::NotSent, "{url}: {error}");
    error.to_string()
}

#[tokio::test]
async fn an_allowed_place_is_reached_only_under_its_declared_base() {
    let peer = Peer::answering(|_| "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi".into()).await;
    let answer = peer.get("/api/x", LIMITS).await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.body().as_ref()), (200, b"hi".as_slice()));

    let bases = [peer.base.clone()];
    for elsewhere in [
        "/",
        "/apis",
        "/api/../etc",
        "//evil.example/api",
        "http://u:p@127.0.0.1/api",
        "https://api.example/api",
    ] {
        let url = peer.base.join(elsewhere).unwrap();
        refused(&peer.outbound(), Target::Declared(&bases), url.as_str()).await;
    }
    assert_eq!(peer.requests(), 1);
}

#[tokio::test]
async fn exceptions_never_serve_a_tenant() {
    let peer = Peer::answering(|_| "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".into()).await;
    let reason = refused(&peer.outbound(), Target::Tenant, peer.base.as_str()).await;
    assert_eq!(reason, "refused by the egress guard: only https is allowed");
    assert_eq!(peer.requests(), 0);
}

#[tokio::test]
async fn no_spelling_of_a_private_address_passes() {
    let outbound = allowing(&[]);
    for host in [
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "10.0.0.1",
        "169.254.169.254",
        "192.168.1.1",
        "172.31.0.1",
        "100.64.0.1",
        "0.0.0.0",
        "[fd00::1]",
        "[fe80::1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "255.255.255.255",
        "localhost",
        "LOCALHOST",
    ] {
        let url = format!("https://{host}/jwks");
        refused(&outbound, Target::Tenant, &url).await;
        let bases = [Url::parse(&format!("https://{host}/")).unwrap()];
        refused(&outbound, Target::Declared(&bases), &url).await;
    }
    refused(&outbound, Target::Tenant, "http://example.com/").await;
    refused(&outbound, Target::Tenant, "https://user@example.com/").await;
}

#[tokio::test]
async fn behind_a_proxy_a_tenants_name_is_still_checked_here() {
    let proxy = Peer::answering(|_| "HTTP/1.1 200 OK\r\n\r\n".into()).await;
    let outbound =
        Outbound::new(&Settings { proxy: Some(proxy.base.clone()), ..Settings::default() }).unwrap();
    refused(&outbound, Target::Tenant, "https://localhost/").await;
    refused(&outbound, Target::Tenant, "https://no-such-name.invalid/").await;
    assert_eq!(proxy.requests(), 0);

    let bases = [Url::parse("https://declared.example/").unwrap()];
    let error =
        outbound.send(Target::Declared(&bases), get("https://declared.example/"), LIMITS).await.unwrap_err();
    assert!(!error.is_blocked(), "{error}");
    assert_eq!(proxy.requests(), 1, "the proxy was asked to connect");
}

#[tokio::test]
async fn redirects_are_followed_within_the_target_and_not_beyond() {
    let peer = Peer::answering(|port| {
        format!(
            "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:{port}/api/again\r\ncontent-length: 0\r\n\r\n"
        )
    })
    .await;
    assert_eq!(peer.get("/api/x", LIMITS).await.unwrap().status(), 302);
    assert_eq!(peer.requests(), 4, "three redirects, then the answer as it is");

    let leaving = Peer::answering(|_| {
        "HTTP/1.1 302 Found\r\nlocation: https://evil.example/api\r\ncontent-length: 0\r\n\r\n".into()
    })
    .await;
    assert_eq!(leaving.get("/api/x", LIMITS).await.unwrap().status(), 302);
    assert_eq!(leaving.requests(), 1);
}

#[tokio::test]
async fn what_is_known_after_a_failure_is_said() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let base = Url::parse(&format!("http://{closed}/")).unwrap();
    let outbound = allowing(&[base.authority()]);
    let error = outbound
        .send(Target::Declared(std::slice::from_ref(&base)), get(base.as_str()), LIMITS)
        .await
        .unwrap_err();
    assert_eq!(
        (error.outcome(), error.to_string().as_str()),
        (Outcome::NotSent, "no connection could be made")
    );

    let silent = Peer::answering(|_| String::new()).await;
    let error = silent.get("/api", LIMITS).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert_eq!(error.to_string(), "the connection ended before the whole answer came");

    let cut = Peer::answering(|_| "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf".into()).await;
    assert_eq!(cut.get("/api", LIMITS).await.unwrap_err().outcome(), Outcome::Unknown);

    let large = Peer::answering(|_| format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(1001))).await;
    let error = large.get("/api", LIMITS).await.unwrap_err();
    assert!(error.is_too_large() && error.outcome() == Outcome::Unknown, "{error}");
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_a_call() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    let error = allowing(&[base.authority()])
        .send(Target::Declared(std::slice::from_ref(&base)), get(base.as_str()), LIMITS)
        .await
        .unwrap_err();
    assert_eq!(
        (error.outcome(), error.to_string().as_str()),
        (Outcome::Unknown, "no answer within the deadline")
    );
}

#[test]
fn places_are_read_with_and_without_a_port() {
    for good in ["localhost", "db.internal:8443", "10.0.0.1", "10.0.0.1:80", "[::1]:80", "::1"] {
        assert!(AllowedPrivate::parse(good).is_some(), "{good}");
    }
    for wrong in ["", "a b", "host/path", "user@host", "host:99999", "http://host"] {
        assert!(AllowedPrivate::parse(wrong).is_none(), "{wrong}");
    }
}

#[test]
fn public_addresses_are_public() {
    for address in ["8.8.8.8", "140.82.121.4", "2606:4700::1111", "2a00:1450::200e", "::ffff:8.8.8.8"] {
        assert!(is_public(address.parse().unwrap()), "{address}");
    }
}

proptest! {
    #[test]
    fn an_address_mapped_into_ipv6_is_as_public_as_itself(bits in any::<u32>()) {
        let v4 = std::net::Ipv4Addr::from_bits(bits);
        prop_assert_eq!(is_public(IpAddr::V6(v4.to_ipv6_mapped())), is_public(IpAddr::V4(v4)));
        prop_assert!(!(is_public(IpAddr::V4(v4)) && (v4.is_private() || v4.is_loopback() || v4.is_link_local())));
    }
}
