//! The HTTP server itself: bounded in connections, in the time a client may take to say what it wants, and in how long
//! a stop waits.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

/// How long a connection may go without a whole request header.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
const MOST_CONNECTIONS: u32 = 4096;
/// How long a connection that was kept open may still bring a request once the service is told to stop: who sends one at
/// the moment when it is closed cannot know whether it was read.
const LAST_REQUESTS: Duration = Duration::from_secs(1);
/// How long requests under way may take once the service is told to stop.
const DRAIN: Duration = Duration::from_secs(35);
/// For the last answers to leave.
const FLUSH: Duration = Duration::from_millis(100);
/// Where no file descriptor is left, a little later there may be one.
const PAUSE_AFTER_REFUSAL: Duration = Duration::from_millis(100);

/// Serves until `stop`, then finishes the requests under way. Whoever has not said what he wants by then is let go.
pub(crate) async fn run(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let (connections, requests, last) =
        (GracefulShutdown::new(), TaskTracker::new(), CancellationToken::new());
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS as usize));
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &room) => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, peer, permit)) => {
                let served =
                    Served { router: router.clone(), requests: requests.clone(), last: last.clone() };
                serve_connection(stream, peer, permit, served, &connections);
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(PAUSE_AFTER_REFUSAL).await;
            }
        }
    }
    last.cancel();
    // Those that the kernel has accepted already may have brought a request.
    while let Ok(Ok((stream, peer, permit))) =
        tokio::time::timeout(Duration::ZERO, accept(&listener, &room)).await
    {
        let served = Served { router: router.clone(), requests: requests.clone(), last: last.clone() };
        serve_connection(stream, peer, permit, served, &connections);
    }
    drop(listener);
    let _ = tokio::time::timeout(LAST_REQUESTS, room.acquire_many(MOST_CONNECTIONS)).await;
    requests.close();
    let answered = async {
        requests.wait().await;
        tokio::time::sleep(FLUSH).await;
    };
    tokio::select! {
        () = connections.shutdown() => {}
        () = answered => {}
        () = tokio::time::sleep(DRAIN) => tracing::warn!("some requests did not end in time"),
    }
}

async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let permit = match Arc::clone(room).try_acquire_owned() {
        Ok(permit) => permit,
        Err(_) => {
            tracing::warn!(most = MOST_CONNECTIONS, "all connections are taken; new ones wait");
            Arc::clone(room).acquire_owned().await.map_err(std::io::Error::other)?
        }
    };
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, permit))
}

/// What all connections have in common.
struct Served {
    router: Router,
    requests: TaskTracker,
    /// From then on each answer is the last of its connection.
    last: CancellationToken,
}

fn serve_connection(
    stream: TcpStream,
    peer: SocketAddr,
    permit: OwnedSemaphorePermit,
    served: Served,
    connections: &GracefulShutdown,
) {
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let (router, token, last) = (served.router.clone(), served.requests.token(), served.last.clone());
        async move {
            let mut answer = router.oneshot(request.map(Body::new)).await?;
            if last.is_cancelled() {
                answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            drop(token);
            Ok::<_, Infallible>(answer)
        }
    });
    let _ = stream.set_nodelay(true);
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    let connection = connections.watch(server.serve_connection(TokioIo::new(stream), service));
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended early");
        }
        drop(permit);
    });
}
