//! The schema, as numbered migrations of one text a database. Migrations run at start; when several nodes start at
//! once the migrator's own lock lets one of them do the work.

use std::borrow::Cow;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::SqlitePool;
use sqlx::{ConnectOptions, Connection as _, SqlSafeStr};

use crate::OpenError;
use crate::db::Db;

/// Number, name, and the texts for SQLite and PostgreSQL.
const MIGRATIONS: [(i64, &str, &str, &str); 5] = [
    (
        1,
        "initial",
        include_str!("../migrations/sqlite/0001_initial.sql"),
        include_str!("../migrations/postgres/0001_initial.sql"),
    ),
    (
        2,
        "sweep_indexes",
        include_str!("../migrations/sqlite/0002_sweep_indexes.sql"),
        include_str!("../migrations/postgres/0002_sweep_indexes.sql"),
    ),
    (
        3,
        "hosted",
        include_str!("../migrations/sqlite/0003_hosted.sql"),
        include_str!("../migrations/postgres/0003_hosted.sql"),
    ),
    (
        4,
        "expiry_index",
        include_str!("../migrations/sqlite/0004_expiry_index.sql"),
        include_str!("../migrations/postgres/0004_expiry_index.sql"),
    ),
    (
        5,
        "execution_checks",
        include_str!("../migrations/sqlite/0005_execution_checks.sql"),
        include_str!("../migrations/postgres/0005_execution_checks.sql"),
    ),
];

/// The schema this program works with.
const NEWEST: i64 = MIGRATIONS[MIGRATIONS.len() - 1].0;

pub(crate) async fn run_sqlite(pool: &SqlitePool) -> Result<(), OpenError> {
    let migrator = migrator(|(_, _, sqlite, _)| sqlite);
    migrator.run(pool).await.map_err(explain)
}

/// Over a connection of its own, because the lock belongs to a session and a pooler has none.
pub(crate) async fn run_postgres(options: &PgConnectOptions) -> Result<(), OpenError> {
    let migrator = migrator(|(_, _, _, postgres)| postgres);
    let options = options.clone().log_statements(tracing::log::LevelFilter::Off);
    // Asked outside the pool first: a pool waits, and then only says that it waited.
    options.connect().await?.close().await?;
    let pool = PgPoolOptions::new().max_connections(1).connect_with(options).await?;
    let result = migrator.run(&pool).await.map_err(explain);
    pool.close().await;
    result
}

/// Refuses a schema that is not exactly the one this program knows. Changes nothing.
pub(crate) async fn check(db: &Db) -> Result<(), OpenError> {
    // Where a database keeps the names of its tables is its own affair.
    let tables = match db {
        Db::Sqlite { .. } => "SELECT COUNT(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'",
        Db::Postgres(_) | Db::Pooled(_) => {
            "SELECT COUNT(*) FROM pg_class WHERE oid = to_regclass('_sqlx_migrations')"
        }
    };
    let (there,) = read!(*db, fetch_one as (i64,), tables)?;
    if there == 0 {
        return Err(OpenError::Empty);
    }
    let applied = read!(
        *db,
        fetch_all as (i64, Vec<u8>),
        "SELECT version, checksum FROM _sqlx_migrations WHERE success = TRUE ORDER BY version",
    )?;
    let known = match db {
        Db::Sqlite { .. } => migrator(|(_, _, sqlite, _)| sqlite),
        Db::Postgres(_) | Db::Pooled(_) => migrator(|(_, _, _, postgres)| postgres),
    };
    let newest = applied.last().map_or(0, |(version, _)| *version);
    for (version, checksum) in applied {
        let ours = known.iter().find(|migration| migration.version == version);
        let ours = ours.ok_or(OpenError::Newer(version))?;
        if *ours.checksum != *checksum {
            return Err(OpenError::Differs(version));
        }
    }
    if newest < NEWEST {
        return Err(OpenError::Older { found: newest, known: NEWEST });
    }
    Ok(())
}

fn migrator(text: fn((i64, &'static str, &'static str, &'static str)) -> &'static str) -> Migrator {
    let migrations = MIGRATIONS.into_iter().map(|migration| {
        let (number, name, ..) = migration;
        Migration::new(
            number,
            Cow::Borrowed(name),
            MigrationType::Simple,
            text(migration).into_sql_str(),
            false,
        )
    });
    Migrator::with_migrations(migrations.collect())
}

fn explain(error: MigrateError) -> OpenError {
    match error {
        MigrateError::VersionMissing(version) => OpenError::Newer(version),
        other => OpenError::Migrate(other),
    }
}
