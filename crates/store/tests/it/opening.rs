//! Opening: one process a SQLite file, no newer schema, several nodes at once on PostgreSQL.

use store::{Location, OpenError, Store};
use tempfile::TempDir;

#[tokio::test]
async fn a_second_process_on_the_same_file_is_refused() {
    let directory = TempDir::new().unwrap();
    let location = Location::Sqlite(directory.path().join("bbi.db"));
    let store = Store::open(&location).await.unwrap();
    let refused = Store::open(&location).await.unwrap_err();
    assert!(matches!(refused, OpenError::InUse(_)), "{refused}");
    store.close().await;
    drop(store);
    Store::open(&location).await.unwrap().find_schema_version().await.unwrap();
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_is_named() {
    let location = Location::Sqlite("/no/such/directory/bbi.db".into());
    let error = Store::open(&location).await.unwrap_err().to_string();
    assert!(error.starts_with("cannot open /no/such/directory/bbi.lock: "), "{error}");
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("bbi.db");
    let location = Location::Sqlite(path.clone());
    Store::open(&location).await.unwrap().close().await;
    let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    sqlx::query("INSERT INTO _sqlx_migrations SELECT 9999, 'future', installed_on, success, checksum, execution_time FROM _sqlx_migrations LIMIT 1")
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
    let error = Store::open(&location).await.unwrap_err();
    assert!(matches!(error, OpenError::Newer(9999)), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_nodes_may_start_at_once_on_postgres() {
    let Some(url) = throwaway_postgres::empty_schema() else {
        return;
    };
    let location = Location::Postgres { url, migrate_url: None };
    let starts: Vec<_> = (0..4)
        .map(|_| {
            let location = location.clone();
            tokio::spawn(async move { Store::open(&location).await })
        })
        .collect();
    for start in starts {
        start.await.unwrap().unwrap().find_schema_version().await.unwrap();
    }
}
