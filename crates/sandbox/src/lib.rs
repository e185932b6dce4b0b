//! Twins: small state machines of Google (OAuth, OpenID userinfo, Gmail, Calendar, Drive, Sheets), Slack, GitHub, X,
//! Microsoft, Notion, HubSpot, Discord, LinkedIn and Reddit, and of Composio, which acts for others, behind real
//! loopback HTTP, for `serve --sandbox` and for every test that speaks OAuth or calls a tool. They share no code with
//! what they judge and follow the providers' official descriptions.
//!
//! Every provider host is a path prefix on one port: `https://gmail.googleapis.com/gmail/v1/users/me/profile` is
//! `http://localhost:PORT/gmail.googleapis.com/gmail/v1/users/me/profile`; [`Sandbox::origins`] has the whole map.
//!
//! The twins are strict: a wrong request fails as at the real provider, with the provider's own error body. They are
//! stricter in one respect, because their job is to catch mistakes: a parameter or field that the official description
//! does not know is refused, with a message that starts with `sandbox:`, where the provider may ignore it.
//!
//! A machine consents in two requests, see [`Decision`]; the users are `ada`, `grace` and `alan` (at Google
//! `ada@example.com` and so on). Faults are injected and the ledger is read through [`Control`], or over HTTP under
//! `/_sandbox/`, whose page explains itself.

#![recursion_limit = "256"]

mod composio;
mod console;
mod control;
mod discord;
mod exchange;
mod faults;
mod github;
mod google;
mod hubspot;
mod ledger;
mod linkedin;
mod microsoft;
mod multipart;
mod notion;
mod oauth;
mod people;
mod persist;
mod provider;
mod reddit;
mod refusal;
mod route;
mod serve;
mod slack;
mod stage;
mod strict;
mod style;
mod transfer;
mod twitter;
mod wire;
mod world;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::task::JoinHandle;
use url::Url;

pub use composio::{COMPOSIO_KEY, ComposioAccount, ComposioAuthConfig, ComposioError};
pub use control::{ConsentError, Control, Decision};
pub use faults::{Fault, Matcher, Transfer, What};
pub use ledger::Entry;
pub use oauth::{Client, Grace, Owner, Reuse, Rotation, UnknownClient};
pub use persist::StateError;
pub use provider::{Kind, Provider, UnknownProvider};
pub use stage::{Clock, Random, fingerprint};

use exchange::Twins;

/// How long `stop` waits for connections and for the last write.
const STOPPING: Duration = Duration::from_secs(10);

/// How to run the twins.
#[derive(Clone)]
pub struct Options {
    /// The port on both loopback addresses; 0 picks one.
    pub port: u16,
    /// Where state survives restarts: one JSON file, atomically replaced. `None` keeps it in memory only.
    pub state_file: Option<PathBuf>,
    /// The twins' time, so that tests can move it.
    pub clock: Clock,
    /// Where tokens, codes and ids come from.
    pub random: Random,
}

impl fmt::Debug for Options {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Options")
            .field("port", &self.port)
            .field("state_file", &self.state_file)
            .finish_non_exhaustive()
    }
}

/// Why the twins did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the sandbox cannot listen on loopback port {port}: {source}")]
    Listen { port: u16, source: std::io::Error },
    /// The file is left as it is.
    #[error("the sandbox's state file {} {source}", path.display())]
    State { path: PathBuf, source: StateError },
}

/// The running twins. They end when this is dropped; [`stop`](Self::stop) also waits for the last write.
pub struct Sandbox {
    control: Control,
    state_file: Option<PathBuf>,
    tasks: Vec<JoinHandle<()>>,
}

impl Sandbox {
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let loaded = match &options.state_file {
            Some(path) => persist::load(path).map_err(|source| state_error(path, source))?,
            None => None,
        };
        let bound = serve::bind(options.port).await;
        let (port, listeners) = bound.map_err(|source| StartError::Listen { port: options.port, source })?;
        let base = Url::parse(&format!("http://localhost:{port}/")).expect("a port makes a URL");
        let world = loaded.unwrap_or_default().completed((options.clock)(), &options.random, &base);
        if let Some(path) = &options.state_file {
            persist::save(path, &world).map_err(|source| state_error(path, source))?;
        }
        let twins = Arc::new(Twins::new(options.clock, options.random, base, world));
        let mut tasks: Vec<_> = listeners
            .into_iter()
            .map(|listener| tokio::spawn(serve::serve(listener, Arc::clone(&twins))))
            .collect();
        if let Some(path) = options.state_file.clone() {
            tasks.push(tokio::spawn(persist::write_changes(path, Arc::clone(&twins))));
        }
        Ok(Self { control: Control::new(twins), state_file: options.state_file, tasks })
    }

    /// `http://localhost:PORT/`.
    pub fn base_url(&self) -> Url {
        self.control.twins().base.clone()
    }

    /// Each provider's origin with the base under which its twin serves the same paths.
    pub fn origins(&self) -> Vec<(String, Url)> {
        let base = &self.control.twins().base;
        let twin = |host: &str| {
            let mut url = base.clone();
            url.set_path(host);
            (format!("https://{host}"), url)
        };
        provider::HOSTS.iter().map(|(host, _)| twin(host)).collect()
    }

    /// The pre-registered client of each provider that has an authorization server. They take any loopback redirect URI and survive restarts with the
    /// state file.
    pub fn clients(&self) -> Vec<Client> {
        self.control.preregistered_clients()
    }

    pub fn control(&self) -> &Control {
        &self.control
    }

    /// Stops accepting, lets open exchanges finish, drops those that a fault holds, and writes the state.
    pub async fn stop(mut self) {
        let twins = Arc::clone(self.control.twins());
        twins.stop();
        for task in std::mem::take(&mut self.tasks) {
            if tokio::time::timeout(STOPPING, task).await.is_err() {
                tracing::warn!("a task of the sandbox did not end in time");
            }
        }
        if let Some(path) = self.state_file.take() {
            let world = twins.snapshot();
            match tokio::task::spawn_blocking(move || persist::save(&path, &world)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::error!(%error, "the sandbox cannot write its state"),
                Err(error) => tracing::error!(%error, "the sandbox stopped writing its state"),
            }
        }
    }

    /// The time by the twins' clock.
    pub fn now(&self) -> Timestamp {
        self.control.twins().now()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.control.twins().stop();
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Sandbox")
            .field("base_url", &self.control.twins().base.as_str())
            .field("state_file", &self.state_file)
            .finish_non_exhaustive()
    }
}

fn state_error(path: &std::path::Path, source: StateError) -> StartError {
    StartError::State { path: path.to_owned(), source }
}
