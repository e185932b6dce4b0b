//! Use cases and policy. One method a use case; each takes a caller that was authenticated for one app, decides, and
//! says what happened in domain types. It knows neither HTTP status codes nor JSON-RPC.

mod api_key;
mod apps;
mod attach;
mod attempts;
mod audit;
mod backends;
mod bounds;
mod call_errors;
mod callers;
mod checks;
mod clients;
mod clock;
mod configs;
mod configure;
mod connect;
mod connect_page;
mod connections;
mod credentials;
mod discover;
mod doctor;
mod error;
mod exchange;
mod execute;
mod executions;
mod grant;
mod hosted;
mod idempotency;
mod identity;
mod ids;
mod limits;
mod metrics;
mod mint;
mod moving;
mod places;
mod ready;
mod refresh;
mod refresh_ahead;
mod refresh_commit;
mod refresh_exchange;
mod refresh_verdict;
mod revoke;
mod rotate;
mod steps;
mod sweep;
mod tasks;
mod tokens;
mod toolkits;
mod unsaved;
mod vault_keys;

use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use catalog::Catalog;
use jiff::{SignedDuration, Timestamp};
use outbound::Outbound;
use secrecy::{ExposeSecret, SecretString};
use store::Store;
use url::Url;
use vault::{KeyRing, Vault};

pub use api_key::{ApiKeyText, new_platform_key};
pub use apps::{NewApp, NewKey, NewTokenSettings};
pub use callers::{Access, Actor, Caller, SERVICE_USER};
pub use clock::{Clock, ManualClock, SharedClock, SystemClock};
pub use configs::{ConfigView, Which};
pub use configure::Configure;
pub use connect::{Connect, ConnectLink, ConnectProgress};
pub use connect_page::{Callback, CallbackPath, ConnectPage, Finished, OAuthStart, PageKind, PageState};
pub use connections::{ConnectionFilter, ConnectionView};
pub use discover::{AvailableFilter, AvailableToolkit, ListedTool, Listing, ToolFilter, wrong_examples};
pub use doctor::{Examination, Finding, Level, examine};
pub use error::{Code, Error, Kind, Result};
pub use execute::{Execute, Executed};
pub use executions::{ExecutionView, ListExecutions};
pub use hosted::{CatalogAge, HostedSettings};
pub use ids::{Random, SystemRandom, new_request_id};
pub use limits::Limits;
pub use moving::{Moved, move_instance};
pub use outbound::{AllowedPrivate, Reach, Settings as OutboundSettings};
pub use store::{
    AccountStatus, ApiKey, App, AuditEntry, AuthConfig, ConnectedAccount, Cursor, ExecutionState, KeyScope,
    Location as Database, Page, Progress as CopyProgress, Step as CopyStep, Time, TokenSettings,
};
pub use toolkits::{Backend, KnownToolkit};
pub use vault_keys::{Resealed, VaultMismatch, new_vault_key, new_vault_key_id};

use audit::Audit;
use hosted::Hosted;
use ids::Ids;
use metrics::Metrics;
use tasks::Tasks;
use tokens::KeySets;
use toolkits::{Index, Toolkits};

/// What the operator decides.
#[derive(Debug)]
pub struct Settings {
    /// What browsers and providers see.
    pub public_url: Url,
    pub platform_key: Option<ApiKeyText>,
    /// The instance's own OAuth clients, by the name that manifests use: `GOOGLE`.
    pub managed_clients: BTreeMap<String, ManagedClient>,
    pub limits: Limits,
    pub retention: Retention,
    pub hosted: HostedSettings,
    /// The longest that a line of the audit waits to be written.
    pub audit_flush_every: Duration,
    /// How often it is looked which tokens end soon; `None` leaves them until they are used.
    pub refresh_ahead_every: Option<Duration>,
    /// Where a refreshed grant waits while the database is away; `None` leaves it in memory.
    pub unsaved_dir: Option<PathBuf>,
}

/// The instance's own client at one provider.
#[derive(Debug, Clone)]
pub struct ManagedClient {
    pub client_id: String,
    pub client_secret: SecretString,
    pub extras: BTreeMap<String, SecretString>,
}

/// How long things are kept.
#[derive(Debug, Clone, Copy)]
pub struct Retention {
    pub audit: SignedDuration,
    pub executions: SignedDuration,
    pub connect_requests: SignedDuration,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            audit: SignedDuration::from_hours(90 * 24),
            executions: SignedDuration::from_hours(30 * 24),
            connect_requests: SignedDuration::from_hours(24),
        }
    }
}

/// The parts an engine is made of.
#[derive(Debug)]
pub struct Parts {
    pub catalog: Arc<Catalog>,
    pub database: Database,
    /// `id:base64-of-32-bytes`, comma-separated, newest first.
    pub vault_keys: SecretString,
    pub outbound: outbound::Settings,
    pub clock: Arc<dyn Clock>,
    pub random: Box<dyn Random>,
    pub settings: Settings,
}

/// A node that can serve.
#[derive(Debug, Clone)]
pub struct Ready {
    /// Another at every start, so that nodes behind one address can be told apart.
    pub node: String,
    /// `sqlite` or `postgres`.
    pub database: &'static str,
    /// The newest migration of the database.
    pub schema: i64,
}

/// The engine. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Engine(Arc<Inner>);

#[derive(Debug)]
pub struct Inner {
    catalog: Arc<Catalog>,
    toolkits: Toolkits,
    hosted: Option<Hosted>,
    store: Store,
    vault: Vault,
    outbound: Outbound,
    clock: Arc<dyn Clock>,
    ids: Ids,
    node: String,
    settings: Settings,
    limits: Limits,
    audit: Audit,
    metrics: Metrics,
    key_sets: KeySets,
    flights: refresh::Flights,
    located: bounds::Located,
    tasks: Tasks,
    unsaved: Option<unsaved::Folder>,
}

impl Engine {
    /// Opens the database and starts the background work. Fails where the vault keys do not fit the database.
    pub async fn start(parts: Parts) -> std::result::Result<Self, StartError> {
        let Parts { catalog, database, vault_keys, outbound, clock, random, mut settings } = parts;
        let vault = Vault::new(KeyRing::parse(vault_keys.expose_secret())?);
        let outbound = Outbound::new(&outbound)?;
        let store = Store::open(&database).await?;
        let hosted = Hosted::new(&outbound, &store, &settings.hosted)?;
        let ids = Ids::new(random);
        let unsaved = settings.unsaved_dir.as_deref().and_then(unsaved::Folder::open);
        let limits = std::mem::replace(&mut settings.limits, Limits::per_second(None));
        let engine = Self(Arc::new(Inner {
            audit: Audit::start(store.clone(), settings.audit_flush_every),
            toolkits: Toolkits::new(Index::new(&catalog, Vec::new())),
            hosted,
            catalog,
            store,
            vault,
            outbound,
            clock,
            node: ids.unguessable("node"),
            ids,
            settings,
            limits,
            metrics: Metrics::new(),
            key_sets: KeySets::default(),
            flights: refresh::Flights::default(),
            located: bounds::Located::default(),
            tasks: Tasks::default(),
            unsaved,
        }));
        engine.check_vault().await?;
        engine.read_clock().await?;
        engine.start_looking_at_clock();
        engine.recover().await.map_err(StartError::Recover)?;
        engine.store_unsaved().await?;
        engine.start_sweeping();
        engine.start_checking();
        engine.start_hosted().await;
        if let Some(every) = engine.settings.refresh_ahead_every {
            engine.start_refreshing_ahead(every);
        }
        Ok(engine)
    }

    /// Ends background work, waits for what is under way, writes what is queued, closes the database.
    pub async fn drain(&self) {
        self.tasks.drain().await;
        self.audit.drain().await;
        self.store.close().await;
    }

    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    pub fn public_url(&self) -> &Url {
        &self.settings.public_url
    }

    /// Whether the database answers, and of what kind this node is.
    pub async fn ready(&self) -> Result<Ready> {
        let schema = self.store.find_schema_version().await.map_err(|error| {
            let remediation = "Look at the database, and at this service's log.";
            Error::new(Code::InternalError, Kind::Unavailable, "The database does not answer", remediation)
                .with_source(error)
        })?;
        Ok(Ready { node: self.node.clone(), database: self.database(), schema })
    }

    /// A text nobody can guess, for one browser.
    pub fn nonce(&self) -> String {
        self.ids.secret()
    }

    /// `sqlite` or `postgres`.
    pub fn database(&self) -> &'static str {
        self.store.kind()
    }

    /// Counters as OpenMetrics text, for the operator.
    pub async fn metrics(&self, access: &Access) -> Result<String> {
        self.authenticate_platform(access).await?;
        if let Some(catalog) = self.catalog_age() {
            let (removals, configs) = self.store.count_hosted_work(self.now().into()).await?;
            let age = catalog.taken_at.map_or(-1, |_| catalog.age.as_secs());
            self.metrics.composio(removals, configs, age);
        }
        Ok(self.metrics.encode())
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

impl Deref for Engine {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// Why an engine does not start; the text is for the operator.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("vault keys: {0}")]
    Keys(#[from] vault::KeyRingError),
    #[error(transparent)]
    Vault(#[from] VaultMismatch),
    #[error(transparent)]
    Outbound(#[from] outbound::SettingsError),
    #[error(transparent)]
    Hosted(#[from] composio::SettingsError),
    #[error(transparent)]
    Open(#[from] store::OpenError),
    #[error(transparent)]
    Store(#[from] store::StoreError),
    #[error("what an earlier run left behind could not be put in order: {0}")]
    Recover(Error),
}
