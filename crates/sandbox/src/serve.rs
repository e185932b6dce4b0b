//! Sockets: one port on both loopback addresses, HTTP/1.1, and a way to say nothing at all.
//!
//! The service speaks to hyper directly because a fault may have to close a connection without a status line, which
//! hyper does when the service fails, and which a framework's service cannot.

use std::error::Error as _;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::header::HOST;
use http::{HeaderName, HeaderValue, Response};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::exchange::{Outcome, Twins};
use crate::faults::Transfer;
use crate::transfer::{CutOff, Sending};
use crate::wire::{Answer, Request};

/// More than the largest upload that a provider takes here (Gmail's 35 MB).
const MAX_BODY: usize = 40 * 1024 * 1024;
const MAX_PORTS_TRIED: usize = 16;
/// How long open connections may take to finish once the twins stop.
const GRACE: Duration = Duration::from_secs(5);

/// A fault wants the connection closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("a fault closes this connection")]
struct Silence;

/// Listens on 127.0.0.1 and, where the machine has it, on ::1 under the same port, because browsers resolve
/// `localhost` to either.
pub(crate) async fn bind(port: u16) -> io::Result<(u16, Vec<TcpListener>)> {
    for _ in 0..MAX_PORTS_TRIED {
        let first = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
        let chosen = first.local_addr()?.port();
        match TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, chosen))).await {
            Ok(second) => return Ok((chosen, vec![first, second])),
            // A stranger on the other loopback address would get half of the browser's requests.
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                if port != 0 {
                    return Err(error);
                }
            }
            Err(_) => return Ok((chosen, vec![first])),
        }
    }
    Err(io::Error::from(io::ErrorKind::AddrInUse))
}

/// Accepts until the twins stop, then lets open connections finish.
pub(crate) async fn serve(listener: TcpListener, twins: Arc<Twins>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, Arc::clone(&twins)));
                }
                Err(error) => tracing::warn!(%error, "a connection to the sandbox failed"),
            },
            Some(_) = connections.join_next() => {}
            () = twins.stopped() => break,
        }
    }
    drop(listener);
    let finish = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, finish).await.is_err() {
        connections.shutdown().await;
    }
}

async fn connection(stream: TcpStream, twins: Arc<Twins>) {
    let service = service_fn(|request| respond(Arc::clone(&twins), request));
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .auto_date_header(false)
        .serve_connection(TokioIo::new(stream), service);
    let ended = tokio::select! {
        result = &mut connection => Some(result),
        () = twins.stopped() => None,
    };
    let result = match ended {
        Some(result) => result,
        None => {
            Pin::new(&mut connection).graceful_shutdown();
            (&mut connection).await
        }
    };
    let Err(error) = result else { return };
    tracing::debug!(%error, "a connection to the sandbox ended early");
    if error.source().is_some_and(|source| source.is::<CutOff>()) {
        // Closed without lingering: the client meets a reset, not an end.
        let stream = connection.into_parts().io.into_inner();
        if let Err(error) = stream.set_zero_linger() {
            tracing::warn!(%error, "a connection to the sandbox could not be reset");
        }
    }
}

async fn respond(twins: Arc<Twins>, request: http::Request<Incoming>) -> Result<Response<Sending>, Silence> {
    let now = twins.now();
    let outcome = match read(request).await {
        // A task of its own: hyper drops this future when the client hangs up, and a provider would act all the same.
        Ok(request) => {
            let exchange = tokio::spawn(async move { twins.exchange(request).await });
            exchange.await.map_err(|error| {
                tracing::error!(%error, "an exchange of the sandbox failed");
                Silence
            })?
        }
        Err(answer) => Outcome::Answer(answer, None),
    };
    match outcome {
        Outcome::Answer(answer, transfer) => {
            let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&now);
            let answer = match date {
                Ok(date) => answer.with("date", date),
                Err(_) => answer,
            };
            Ok(response(answer, transfer))
        }
        Outcome::Silence => Err(Silence),
    }
}

/// Reads the whole request. Only loopback names are served, so that a page from elsewhere cannot reach the twins by a
/// name of its own that resolves to this machine.
async fn read(request: http::Request<Incoming>) -> Result<Request, Answer> {
    let (head, body) = request.into_parts();
    let host = head.headers.get(HOST).and_then(|host| host.to_str().ok());
    if !host.is_some_and(is_loopback) {
        return Err(plain(403, "sandbox: served under localhost, 127.0.0.1 and [::1] only\n"));
    }
    let body = match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => return Err(plain(413, "sandbox: the body is larger than 40 MiB or ended early\n")),
    };
    Ok(Request::new(head.method, head.uri.path(), head.uri.query(), head.headers, body))
}

fn is_loopback(authority: &str) -> bool {
    let name = match authority.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => authority,
    };
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

fn plain(status: u16, text: &str) -> Answer {
    Answer::text(status, "text/plain; charset=utf-8", text).with("connection", "close")
}

fn response(answer: Answer, transfer: Option<Transfer>) -> Response<Sending> {
    let mut response = Response::new(Sending::new(answer.body, transfer));
    if let Ok(status) = http::StatusCode::from_u16(answer.status) {
        *response.status_mut() = status;
    }
    for (name, value) in answer.headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(&value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}
