//! Opening: one process a SQLite file, no newer schema, several nodes at once on PostgreSQL.

use store::{AppId, Location, OpenError, Store};
use tempfile::TempDir;

use crate::support::{app, key, seeded};

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

/// What looking at a database says, after its record of migrations was changed.
async fn look_after(change: &'static str) -> OpenError {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("bbi.db");
    let location = Location::Sqlite(path.clone());
    Store::open(&location).await.unwrap().close().await;
    Store::look(&location).await.unwrap().close().await;
    let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    sqlx::query(change).execute(&pool).await.unwrap();
    pool.close().await;
    Store::look(&location).await.unwrap_err()
}

#[tokio::test]
async fn who_only_looks_meets_no_schema_but_the_known_one() {
    let newer = "INSERT INTO _sqlx_migrations SELECT 9999, 'future', installed_on, success, checksum, execution_time \
                 FROM _sqlx_migrations LIMIT 1";
    assert!(matches!(look_after(newer).await, OpenError::Newer(9999)));
    let older = look_after("DELETE FROM _sqlx_migrations WHERE version > 2").await;
    assert!(matches!(older, OpenError::Older { found: 2, .. }), "{older}");
    let changed = look_after("UPDATE _sqlx_migrations SET checksum = X'00' WHERE version = 2").await;
    assert!(matches!(changed, OpenError::Differs(2)), "{changed}");
    assert!(matches!(look_after("DROP TABLE _sqlx_migrations").await, OpenError::Empty));
    let missing = Store::look(&Location::Sqlite("/no/such/bbi.db".into())).await.unwrap_err();
    assert!(matches!(missing, OpenError::Missing(_)), "{missing}");
    if let Some(url) = throwaway_postgres::empty_schema() {
        let location = Location::Postgres { url, migrate_url: None };
        assert!(matches!(Store::look(&location).await.unwrap_err(), OpenError::Empty));
        Store::open(&location).await.unwrap().close().await;
        Store::look(&location).await.unwrap();
    }
}

#[tokio::test]
async fn who_looks_disturbs_nobody_and_can_write_nothing() {
    let directory = TempDir::new().unwrap();
    let location = Location::Sqlite(directory.path().join("bbi.db"));
    let serving = Store::open(&location).await.unwrap();
    let looking = Store::look(&location).await.unwrap();
    seeded(&serving).await;
    assert_eq!(looking.list_sealed(store::SealedField::Grant, "", 0, 1).await.unwrap().len(), 0);
    assert!(looking.find_app(&AppId::new("app_1")).await.unwrap().is_some(), "it sees what was just written");
    let refused = looking.insert_app(&app("app_2"), &key("key_2", "app_2")).await.unwrap_err();
    assert!(refused.to_string().contains("readonly"), "{refused}");
    let alone = Store::look_alone(&location).await.unwrap_err();
    assert!(matches!(alone, OpenError::InUse(_)), "{alone}");
    serving.close().await;
    drop(serving);
    let alone = Store::look_alone(&location).await.unwrap();
    assert!(
        matches!(Store::open(&location).await.unwrap_err(), OpenError::InUse(_)),
        "nobody begins meanwhile"
    );
    alone.close().await;
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
