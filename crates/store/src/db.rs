//! The two databases: how they are opened, alone or beside others, directly or behind a pooler.
//!
//! SQLite has one connection that writes and several that read, so that writers queue here and not on a busy
//! database.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::error::DatabaseError;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteError, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Postgres, Sqlite, Transaction};

use crate::{Location, OpenError, migrations};

const SQLITE_READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 16;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Debug, Clone)]
pub(crate) enum Db {
    Sqlite {
        reader: SqlitePool,
        writer: SqlitePool,
        /// Held for as long as the database is open; `None` where it is only looked at.
        _lock: Option<Arc<File>>,
    },
    Postgres(PgPool),
    /// PostgreSQL behind a pooler that lends a connection for one transaction.
    Pooled(PgPool),
}

/// Several statements that happen together or not at all.
pub(crate) enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
    Pooled(Transaction<'static, Postgres>),
}

impl Db {
    pub(crate) async fn open(location: &Location) -> Result<Self, OpenError> {
        match location {
            Location::Sqlite(path) => {
                let lock = lock(path)?;
                // SQLite gives its companion files the mode of this one.
                private_file(path)?;
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .foreign_keys(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .busy_timeout(BUSY_TIMEOUT);
                let writer = sqlite_pool(1).connect_with(options.clone()).await?;
                migrations::run_sqlite(&writer).await?;
                let reader = sqlite_pool(SQLITE_READERS).connect_with(options).await?;
                Ok(Self::Sqlite { reader, writer, _lock: Some(Arc::new(lock)) })
            }
            Location::Postgres { url, migrate_url } => {
                let migrate: PgConnectOptions = migrate_url.as_ref().unwrap_or(url).parse()?;
                migrations::run_postgres(&migrate).await?;
                postgres(url, migrate_url.is_some(), POSTGRES_CONNECTIONS).await
            }
        }
    }

    /// Opens what is there and changes nothing, not even its schema, which must be the one this program knows. SQLite
    /// lets a process read that is not the one writing: neither waits for the other.
    pub(crate) async fn look(location: &Location) -> Result<Self, OpenError> {
        let db = match location {
            Location::Sqlite(path) => {
                if !path.exists() {
                    return Err(OpenError::Missing(path.clone()));
                }
                let options =
                    SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(BUSY_TIMEOUT);
                let reader = sqlite_pool(1).connect_with(options).await?;
                Self::Sqlite { writer: reader.clone(), reader, _lock: None }
            }
            Location::Postgres { url, migrate_url } => postgres(url, migrate_url.is_some(), 1).await?,
        };
        migrations::check(&db).await?;
        Ok(db)
    }

    /// The same, but only where nobody serves from it, and nobody can begin to while SQLite's file is held.
    pub(crate) async fn look_alone(location: &Location) -> Result<Self, OpenError> {
        let held = match location {
            Location::Sqlite(path) if path.exists() => Some(Arc::new(lock(path)?)),
            _ => None,
        };
        let mut db = Self::look(location).await?;
        if let Self::Sqlite { _lock, .. } = &mut db {
            *_lock = held;
            return Ok(db);
        }
        // PostgreSQL's own words: it alone gets here, over the one connection that looking takes.
        let (others,) = read!(
            db,
            fetch_one as (i64,),
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() \
             AND backend_type = 'client backend' AND pid <> pg_backend_pid()",
        )?;
        if others > 0 { Err(OpenError::Busy(others)) } else { Ok(db) }
    }

    pub(crate) async fn begin(&self) -> sqlx::Result<Tx> {
        Ok(match self {
            Self::Sqlite { writer, .. } => Tx::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres(pool) => Tx::Postgres(pool.begin().await?),
            Self::Pooled(pool) => Tx::Pooled(pool.begin().await?),
        })
    }

    /// A transaction that sees the database as it is now, whatever others write.
    pub(crate) async fn begin_reading(&self) -> sqlx::Result<Tx> {
        const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        Ok(match self {
            Self::Sqlite { reader, .. } => Tx::Sqlite(reader.begin().await?),
            Self::Postgres(pool) => Tx::Postgres(pool.begin_with(SNAPSHOT).await?),
            Self::Pooled(pool) => Tx::Pooled(pool.begin_with(SNAPSHOT).await?),
        })
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { reader, writer, .. } => {
                reader.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) | Self::Pooled(pool) => pool.close().await,
        }
    }

    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "sqlite",
            Self::Postgres(_) | Self::Pooled(_) => "postgres",
        }
    }
}

/// What the database says of a statement and would say again.
pub(crate) fn is_refusal(error: &(dyn DatabaseError + 'static)) -> bool {
    // Values, syntax and names, limits of the program.
    const POSTGRES: [&str; 3] = ["22", "42", "54"];
    if error.try_downcast_ref::<SqliteError>().is_none()
        && error.code().is_some_and(|code| POSTGRES.iter().any(|class| code.starts_with(class)))
    {
        return true;
    }
    !matches!(error.kind(), sqlx::error::ErrorKind::Other)
}

/// What the database says of itself, or of its other clients, rather than of a statement.
pub(crate) fn is_outage(error: &(dyn DatabaseError + 'static)) -> bool {
    const SQLITE: [i32; 5] = [
        5,  // SQLITE_BUSY
        8,  // SQLITE_READONLY
        10, // SQLITE_IOERR
        13, // SQLITE_FULL
        14, // SQLITE_CANTOPEN
    ];
    // Connections, transactions in each other's way, resources (a full disk among them), shutdowns and starts, the system.
    const POSTGRES: [&str; 6] = ["08", "40", "53", "57P", "58", "25006"];
    let Some(code) = error.code() else { return false };
    if error.try_downcast_ref::<SqliteError>().is_some() {
        // The lower byte of an extended code is the plain one.
        return code.parse::<i32>().is_ok_and(|code| SQLITE.contains(&(code & 0xff)));
    }
    POSTGRES.iter().any(|class| code.starts_with(class))
}

impl Tx {
    pub(crate) async fn commit(self) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(tx) => tx.commit().await,
            Self::Postgres(tx) | Self::Pooled(tx) => tx.commit().await,
        }
    }
}

fn sqlite_pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new().max_connections(connections).acquire_timeout(ACQUIRE_TIMEOUT)
}

async fn postgres(url: &str, pooled: bool, connections: u32) -> Result<Db, OpenError> {
    let options: PgConnectOptions = url.parse()?;
    let pool = PgPoolOptions::new().max_connections(connections).acquire_timeout(ACQUIRE_TIMEOUT);
    Ok(if pooled {
        Db::Pooled(pool.connect_with(options.statement_cache_capacity(0)).await?)
    } else {
        Db::Postgres(pool.connect_with(options).await?)
    })
}

/// One process a file: the lock goes with the process, however it ends.
fn lock(path: &Path) -> Result<File, OpenError> {
    let lock_path = path.with_extension("lock");
    let file = private_file(&lock_path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(OpenError::InUse(path.to_owned())),
        Err(std::fs::TryLockError::Error(source)) => Err(OpenError::File { path: lock_path, source }),
    }
}

/// Opens a file that only its owner may read, making it if it is missing.
fn private_file(path: &Path) -> Result<File, OpenError> {
    let mut options = File::options();
    options.create(true).truncate(false).write(true).mode(0o600);
    options.open(path).map_err(|source| OpenError::File { path: path.to_owned(), source })
}
