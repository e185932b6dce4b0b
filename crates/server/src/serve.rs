//! `bbi serve`: opens everything, listens, says that it is ready, and drains when it is told to stop.

use std::future::Future;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use catalog::OriginMap;
use engine::{Engine, ManagedClient, Parts, SystemClock, SystemRandom};
use std::collections::BTreeMap;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use url::Url;

use crate::api;
use crate::config::{Flags, Settings};
use crate::logging;
use crate::sandbox_mode::SandboxMode;

/// How long requests under way may take once the service is told to stop.
const DRAIN: Duration = Duration::from_secs(35);

/// Serves until SIGTERM or SIGINT.
pub async fn serve(flags: Flags, sandbox: bool) -> anyhow::Result<()> {
    let mut settings = Settings::load(&flags)?;
    logging::start(&settings.log)?;
    let listener = TcpListener::bind(settings.listen)
        .await
        .with_context(|| format!("cannot listen on {}", settings.listen))?;
    let address = listener.local_addr()?;
    let sandbox = if sandbox { Some(SandboxMode::start(&mut settings, address).await?) } else { None };
    if std::env::var_os("COMPOSIO_API_KEY").is_some() && sandbox.is_none() {
        tracing::warn!("COMPOSIO_API_KEY is set, but this version serves its own toolkits only");
    }
    let public_url = public_url(&settings, address)?;
    let engine = start_engine(&settings, sandbox.as_ref(), public_url.clone()).await?;
    let router = api::router(engine.clone(), settings.address_limits(), settings.forwarded_hops);
    let service = router.into_make_service_with_connect_info::<SocketAddr>();

    let (stop, stopped) = tokio::sync::watch::channel(());
    let told = stopped.clone();
    let server = axum::serve(listener, service).with_graceful_shutdown(async move {
        let mut told = told;
        let _ = told.changed().await;
    });
    let server = tokio::spawn(server.into_future());
    announce(&format!("ready {}", shown(&public_url, address)))?;
    if let Some(sandbox) = &sandbox {
        announce(&sandbox.welcome(&engine, &public_url).await?)?;
    }
    wait_for_signal().await?;
    tracing::info!("stopping: no new requests, those under way are finished");
    let _ = stop.send(());
    if tokio::time::timeout(DRAIN, server).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
    engine.drain().await;
    if let Some(sandbox) = sandbox {
        sandbox.stop().await;
    }
    Ok(())
}

async fn start_engine(
    settings: &Settings,
    sandbox: Option<&SandboxMode>,
    public_url: Url,
) -> anyhow::Result<Engine> {
    let origins = sandbox.map_or_else(OriginMap::none, SandboxMode::origins);
    let twins = origins.targets();
    let managed_clients: BTreeMap<String, ManagedClient> = match sandbox {
        Some(sandbox) => sandbox.managed_clients(),
        None => settings.managed_clients(),
    };
    let catalog = Arc::new(settings.catalog(&origins)?);
    warn_of_unknown_clients(&managed_clients, &catalog);
    let parts = Parts {
        catalog,
        database: settings.database()?,
        vault_keys: settings.vault_keys()?,
        outbound: settings.outbound(&twins)?,
        clock: Arc::new(SystemClock),
        random: Box::new(SystemRandom),
        settings: engine::Settings {
            public_url,
            platform_key: settings.platform_key()?,
            managed_clients,
            limits: settings.caller_limits(),
            retention: settings.retention(),
        },
    };
    Ok(Engine::start(parts).await?)
}

fn warn_of_unknown_clients(clients: &BTreeMap<String, ManagedClient>, catalog: &catalog::Catalog) {
    for name in clients.keys() {
        let used = catalog.toolkits().iter().any(|toolkit| toolkit.managed_client.as_ref() == Some(name));
        if !used {
            tracing::warn!(client = name, "no toolkit uses this managed client");
        }
    }
}

fn public_url(settings: &Settings, address: SocketAddr) -> anyhow::Result<Url> {
    match &settings.public_url {
        Some(url) => Ok(url.clone()),
        None if address.ip().is_loopback() => Ok(Url::parse(&format!("http://{address}"))?),
        None => {
            anyhow::bail!("set public_url (BBI_PUBLIC_URL): behind {address} nobody knows what browsers see")
        }
    }
}

/// Without the slash that a URL type adds to a bare origin.
fn shown(public_url: &Url, address: SocketAddr) -> String {
    match public_url.path() {
        "/" => public_url.as_str().trim_end_matches('/').to_owned(),
        _ => format!("http://{address}"),
    }
}

/// Standard output belongs to scripts that wait for the ready line.
fn announce(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

async fn wait_for_signal() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// For tests that serve an engine of their own.
pub async fn serve_on(
    listener: TcpListener,
    engine: Engine,
    until: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let limits = engine::Limits::per_second(None);
    let service = api::router(engine, limits, 0).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(until).await
}
