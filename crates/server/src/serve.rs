//! `bbi serve`: opens everything, listens, says that it is ready, and drains when it is told to stop.

use std::collections::BTreeMap;
use std::future::Future;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use catalog::OriginMap;
use engine::{Engine, ManagedClient, Parts, Reach, SharedClock, SystemRandom};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use url::Url;

use crate::config::{Flags, Settings};
use crate::logging;
use crate::sandbox_mode::SandboxMode;
use crate::{api, listener};

/// Serves until SIGTERM or SIGINT.
pub async fn serve(flags: Flags, sandbox: bool) -> anyhow::Result<()> {
    let mut settings = Settings::load(&flags)?;
    logging::start(&settings.log)?;
    let listener = TcpListener::bind(settings.listen)
        .await
        .with_context(|| format!("cannot listen on {}", settings.listen))?;
    let address = listener.local_addr()?;
    let sandbox = if sandbox { Some(SandboxMode::start(&mut settings, address).await?) } else { None };
    let public_url = public_url(&settings, address)?;
    let engine = start_engine(&settings, sandbox.as_ref(), public_url.clone()).await?;
    let router = api::router(engine.clone(), settings.address_limits(), settings.forwarded_hops);
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let server = tokio::spawn(listener::run(listener, router, async { drop(stopped.await) }));
    // Whoever reads the ready line may already say stop.
    let told = signals()?;
    announce(&format!("ready {}", shown(&public_url, address)))?;
    if let Some(sandbox) = &sandbox {
        announce(&sandbox.welcome(&engine, &public_url).await?)?;
    }
    told.await;
    tracing::info!("stopping: no new requests, those under way are finished");
    let _ = stop.send(());
    server.await?;
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
    let reach = if sandbox.is_some() { Reach::AllowedPlaces } else { Reach::World };
    let managed_clients: BTreeMap<String, ManagedClient> = match sandbox {
        Some(sandbox) => sandbox.managed_clients(),
        None => settings.managed_clients(),
    };
    let catalog = Arc::new(settings.catalog(&origins)?);
    warn_of_unknown_clients(&managed_clients, &catalog);
    let hosted = match sandbox {
        Some(sandbox) => sandbox.hosted(settings.hosted(&catalog)?),
        None => settings.hosted(&catalog)?,
    };
    let parts = Parts {
        catalog,
        database: settings.database()?,
        vault_keys: settings.vault_keys()?,
        outbound: settings.outbound(&twins, reach)?,
        clock: Arc::new(SharedClock::default()),
        random: Box::new(SystemRandom),
        settings: engine::Settings {
            public_url,
            platform_key: settings.platform_key()?,
            managed_clients,
            limits: settings.caller_limits(),
            retention: settings.retention(),
            hosted,
            audit_flush_every: settings.audit_flush_every(),
            refresh_ahead_every: settings.refresh_ahead_every(),
            unsaved_dir: Some(settings.data_dir()?.join("unsaved")),
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

/// From now on SIGTERM and SIGINT are listened for; what comes back waits for one.
fn signals() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// For tests that serve an engine of their own.
pub async fn serve_on(
    listener: TcpListener,
    engine: Engine,
    until: impl Future<Output = ()> + Send + 'static,
) {
    let limits = engine::Limits::per_second(None);
    listener::run(listener, api::router(engine, limits, 0), until).await;
}
