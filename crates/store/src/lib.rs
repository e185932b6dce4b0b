//! Rows in SQLite or PostgreSQL. Each query is one SQL text that runs on both, reached through the macros of
//! [`sql`]; one file a table.
//!
//! It never sees a plaintext secret, makes no ids and reads no clock: those come as arguments.

#[macro_use]
mod sql;

mod api_keys;
mod apps;
mod audit;
mod auth_configs;
mod columns;
mod connect_requests;
mod connected_accounts;
mod copying;
mod db;
mod examination;
mod executions;
mod hosted_configs;
mod hosted_removals;
mod hot_path;
mod ids;
mod instance;
mod migrations;
mod page;
mod refresh_lease;
mod resealing;
mod snapshots;

use std::fmt;
use std::path::PathBuf;

pub use api_keys::ApiKey;
pub use apps::{App, TokenSettings};
pub use audit::{AuditEntry, LastUse};
pub use auth_configs::{AuthConfig, ClientVersion, NewClient};
pub use columns::{AccountStatus, ConnectStatus, ExecutionState, Json, KeyScope, SealedColumn, Time};
pub use connect_requests::{ConnectRequest, NewState};
pub use connected_accounts::{AccountFilter, Attached, ConnectedAccount, GrantUpdate};
pub use copying::{CopyError, Copying, Progress, Step};
pub use examination::Leftovers;
pub use executions::{Begun, Ending, Execution, ExecutionFilter};
pub use hosted_configs::{HostedConfig, HostedFact};
pub use hosted_removals::HostedRemoval;
pub use hot_path::ReadyAccount;
pub use ids::{AccountId, AppId, AuthConfigId, ConnectRequestId, ExecutionId, KeyId, UserId};
pub use page::{Cursor, Page};
pub use refresh_lease::{Expiring, Lease};
pub use resealing::{SealedField, SealedRow};
pub use snapshots::Snapshot;

use db::Db;

/// Where the rows are.
#[derive(Clone)]
pub enum Location {
    /// A file of its own, which one process at a time may open.
    Sqlite(PathBuf),
    /// `postgres://...`; `migrate_url` is a direct connection where `url` goes through a pooler.
    Postgres { url: String, migrate_url: Option<String> },
}

// A URL may hold a password.
impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => f.debug_tuple("Sqlite").field(path).finish(),
            Self::Postgres { .. } => f.debug_struct("Postgres").finish_non_exhaustive(),
        }
    }
}

/// The open database. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Store {
    db: Db,
}

/// Why a query gave no rows. Nobody branches on the kinds of database errors, so there is one.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct StoreError(#[from] sqlx::Error);

impl StoreError {
    /// Whether the database itself refused what it was given, so that asking again changes nothing.
    pub fn is_permanent(&self) -> bool {
        match &self.0 {
            sqlx::Error::Database(error) => db::is_refusal(error.as_ref()),
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::Encode(_) => true,
            _ => false,
        }
    }

    /// Whether what a row belongs to is gone; every such chain ends at an app.
    pub fn is_orphan(&self) -> bool {
        let sqlx::Error::Database(error) = &self.0 else { return false };
        matches!(error.kind(), sqlx::error::ErrorKind::ForeignKeyViolation)
    }

    /// Whether the database is away or has no room for more: nobody's mistake, and over some time.
    pub fn is_outage(&self) -> bool {
        match &self.0 {
            sqlx::Error::Database(error) => db::is_outage(error.as_ref()),
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => true,
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => true,
            _ => false,
        }
    }
}

/// Why the database did not open; the text is for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{0} is in use by another process; stop it, or give this one a data directory of its own")]
    InUse(PathBuf),
    #[error("{0} other connections are open to this database; stop every node first")]
    Busy(i64),
    #[error("cannot open {path}: {source}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("there is no database at {0}")]
    Missing(PathBuf),
    #[error("the database holds no instance: nothing was ever served from it")]
    Empty,
    #[error("the database was written by a newer version of this program (migration {0} is unknown here)")]
    Newer(i64),
    #[error("the database has schema {found}, this program works with {known}")]
    Older { found: i64, known: i64 },
    #[error("migration {0} of the database is not the one that this program has under that number")]
    Differs(i64),
    #[error("cannot migrate the database: {0}")]
    Migrate(#[source] sqlx::migrate::MigrateError),
    #[error("cannot open the database: {0}")]
    Database(#[from] sqlx::Error),
}

pub type Result<T> = std::result::Result<T, StoreError>;

impl Store {
    /// Opens the database and brings its schema up to date.
    pub async fn open(location: &Location) -> std::result::Result<Self, OpenError> {
        Ok(Self { db: Db::open(location).await? })
    }

    /// Opens the database as it is, to look at it beside whoever serves from it. Nothing is ever written.
    pub async fn look(location: &Location) -> std::result::Result<Self, OpenError> {
        Ok(Self { db: Db::look(location).await? })
    }

    /// Opens the database as it is, where nobody else has it open. Nothing is ever written.
    pub async fn look_alone(location: &Location) -> std::result::Result<Self, OpenError> {
        Ok(Self { db: Db::look_alone(location).await? })
    }

    /// Waits for what is under way and closes every connection.
    pub async fn close(&self) {
        self.db.close().await;
    }

    /// Whether no other process can have this database open.
    pub fn is_exclusive(&self) -> bool {
        matches!(self.db, Db::Sqlite { .. })
    }

    /// `sqlite` or `postgres`.
    pub fn kind(&self) -> &'static str {
        self.db.kind()
    }

    /// Whether the database answers, and the number of its newest migration, which another node may have applied.
    pub async fn find_schema_version(&self) -> Result<i64> {
        let (version,) =
            read!(self.db, fetch_one as (i64,), "SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations")?;
        Ok(version)
    }
}
