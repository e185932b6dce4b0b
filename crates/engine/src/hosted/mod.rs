//! The other backend: toolkits that Composio's hosted API serves for us. One file a concern; here is who may call it,
//! how often at once, and how often again.

mod accounts;
mod configs;
mod configure;
mod connect;
mod execute;
mod failures;
mod gate;
mod given;
mod list;
mod project;
mod reconcile;
mod tools;
mod turns;
mod user_id;

use std::collections::BTreeMap;
use std::time::Duration;

use composio::{Client, DEFAULT_BASE_URL, Error as VendorError};
use jiff::SignedDuration;
use outbound::Outbound;
use secrecy::SecretString;
use store::Store;
use tokio::sync::Notify;
use url::Url;

use crate::Engine;
use crate::error::Result;
use crate::toolkits::Backend;

pub(crate) use execute::HostedRun;
pub(crate) use given::{NO_AUTH, serves_without_client};
pub use list::CatalogAge;
pub(crate) use tools::HostedTool;

use failures::no_key;
use gate::{Gate, Shut};
use list::ListState;
use project::Project;
use tools::ToolCache;
use turns::Turns;

const READ_TRIES: u32 = 3;
const BACKOFF: Duration = Duration::from_millis(200);
/// A read waits no longer than this for the vendor's rate limit.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the operator decides about the second backend.
#[derive(Debug, Default)]
pub struct HostedSettings {
    /// Absent: there is none.
    pub api_key: Option<SecretString>,
    /// Absent: the vendor's own.
    pub base_url: Option<Url>,
    /// How old its catalogue may get.
    pub refresh_every: SignedDuration,
    /// Which backend serves a toolkit, whatever else could; by our slug.
    pub pins: BTreeMap<String, Backend>,
}

/// Parts of the API that fail each by itself.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Group {
    Catalog,
    AuthConfigs,
    Accounts,
    Executions,
}

/// Why a call brought nothing.
#[derive(Debug)]
pub(crate) enum CallError {
    /// Too much was going on, or too much went wrong before: nothing was sent.
    Shut(Shut),
    Vendor(VendorError),
    /// What was to be removed holds accounts that this database does not know.
    Strangers,
    /// Our own database did not answer.
    Store(store::StoreError),
}

impl CallError {
    /// Whether nothing can have happened over there.
    pub(crate) fn is_harmless(&self) -> bool {
        match self {
            Self::Shut(_) | Self::Strangers | Self::Store(_) => true,
            Self::Vendor(error) => error.is_harmless(),
        }
    }

    /// Whether what was named is not there.
    pub(crate) fn is_absent(&self) -> bool {
        matches!(self, Self::Vendor(error) if error.is_absent())
    }

    pub(crate) fn refusal(&self) -> Option<&composio::Refusal> {
        match self {
            Self::Vendor(error) => error.refusal(),
            Self::Shut(_) | Self::Strangers | Self::Store(_) => None,
        }
    }
}

/// The vendor's API, as this process uses it.
#[derive(Debug)]
pub(crate) struct Hosted {
    pub(crate) client: Client,
    store: Store,
    project: Project,
    gates: [Gate; 4],
    pub(crate) tools: ToolCache,
    pub(crate) list: ListState,
    pub(crate) turns: Turns,
    /// There is something to bring together.
    pub(crate) work: Notify,
    refresh_every: SignedDuration,
}

impl Hosted {
    pub(crate) fn new(
        outbound: &Outbound,
        store: &Store,
        settings: &HostedSettings,
    ) -> Result<Option<Self>, composio::SettingsError> {
        let Some(key) = &settings.api_key else { return Ok(None) };
        let usual = Url::parse(DEFAULT_BASE_URL).map_err(|_| composio::SettingsError::BaseUrl)?;
        let base = settings.base_url.clone().unwrap_or(usual);
        Ok(Some(Self {
            project: Project::new(&base, key),
            client: Client::new(outbound.clone(), base, key)?,
            store: store.clone(),
            gates: [(); 4].map(|()| Gate::new()),
            tools: ToolCache::default(),
            list: ListState::default(),
            turns: Turns::default(),
            work: Notify::new(),
            refresh_every: settings.refresh_every,
        }))
    }

    /// Makes one call, once.
    pub(crate) async fn once<T>(
        &self,
        group: Group,
        call: impl Future<Output = Result<T, VendorError>>,
    ) -> Result<T, CallError> {
        let pass = self.gates[group as usize].enter().await.map_err(CallError::Shut)?;
        let answer = call.await;
        pass.ended(answer.as_ref().err().is_some_and(VendorError::is_outage));
        answer.map_err(CallError::Vendor)
    }

    /// Makes a call that changes nothing, again after trouble that may pass.
    pub(crate) async fn read<T, F>(&self, group: Group, call: impl Fn() -> F) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, VendorError>>,
    {
        let mut tries = 0;
        loop {
            tries += 1;
            let error = match self.once(group, call()).await {
                Err(CallError::Vendor(error)) if tries < READ_TRIES => error,
                done => return done,
            };
            let wait = match error.refusal() {
                Some(refusal) if refusal.status == 429 => refusal.retry_after.unwrap_or(BACKOFF * tries),
                _ if error.is_outage() => BACKOFF * tries,
                _ => return Err(CallError::Vendor(error)),
            };
            if wait > PATIENCE {
                return Err(CallError::Vendor(error));
            }
            tokio::time::sleep(wait).await;
        }
    }
}

impl Engine {
    /// The second backend, or why there is none.
    pub(crate) fn hosted(&self) -> Result<&Hosted> {
        self.hosted.as_ref().ok_or_else(no_key)
    }

    /// What the operator decided for a toolkit.
    pub(crate) fn pinned(&self, slug: &str) -> Option<Backend> {
        self.settings.hosted.pins.get(slug).copied()
    }

    /// Starts what keeps the second backend in order.
    pub(crate) async fn start_hosted(&self) {
        if self.hosted.is_some() {
            self.load_list().await;
            self.start_listing();
            self.start_reconciling();
        }
    }
}
