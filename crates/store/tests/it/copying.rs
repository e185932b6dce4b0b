//! A whole instance from one database into another.

use std::collections::BTreeMap;

use sqlx::SqlitePool;
use store::{
    AppId, AuditEntry, CopyError, Copying, Location, Progress, SealedField, Step, Store, TokenSettings,
};
use tempfile::TempDir;

use crate::support::{account, app, at, key, removal, request, sealed, seeded};

/// More rows than are read at once, with every kind of value, empty ones among them.
async fn filled(store: &Store) {
    seeded(store).await;
    let mut named = app("app_2");
    named.name = "Größe \u{1f98b} ' \" \\ \u{7f}".into();
    store.insert_app(&named, &key("key_2", "app_2")).await.unwrap();
    let settings = TokenSettings { issuer: "https://id".into(), audience: None, jwks_url: None, jwks: None };
    let secret = sealed("\u{0}\u{ff}token");
    assert!(store.update_token_settings(&named.id, &settings, Some(&secret)).await.unwrap());
    for number in 0..250 {
        let id = format!("ca_{number}");
        assert!(store.insert_account(&account(&id, "app_1", "ac_1", "u1", &id)).await.unwrap());
        store
            .insert_connect_request(&request(&format!("cr_{number}"), "app_1", "ac_1", number), 500)
            .await
            .unwrap();
    }
    let line = |number: i64| AuditEntry {
        id: format!("au_{number}"),
        app_id: AppId::new("app_1"),
        at: at(number),
        actor: "system".into(),
        action: "execute".into(),
        outcome: "success".into(),
        error_code: None,
        user_id: Some(String::new()),
        toolkit: None,
        tool: None,
        account_id: None,
        detail: None,
        duration_us: -1,
        request_bytes: Some(i64::MAX),
        response_bytes: None,
        request_id: None,
    };
    store.insert_audit(&(0..10).map(line).collect::<Vec<_>>(), &[]).await.unwrap();
    store.insert_instance_value("check", &sealed("one")).await.unwrap();
    store.insert_hosted_removal(&removal("remote", at(1))).await.unwrap();
}

/// Empty databases of every kind, by name.
fn targets(directory: &TempDir) -> Vec<(&'static str, Location)> {
    let mut all = vec![("sqlite", Location::Sqlite(directory.path().join("target.db")))];
    if let Some(url) = throwaway_postgres::empty_schema() {
        all.push(("postgres", Location::Postgres { url, migrate_url: None }));
    }
    if let Some((url, direct)) = throwaway_postgres::pooled_database() {
        all.push(("pooled", Location::Postgres { url, migrate_url: Some(direct) }));
    }
    all
}

#[tokio::test]
async fn every_row_arrives_as_it_is_and_comes_back() {
    let directory = TempDir::new().unwrap();
    let first = Location::Sqlite(directory.path().join("first.db"));
    let source = Store::open(&first).await.unwrap();
    filled(&source).await;
    for (name, location) in targets(&directory) {
        let target = Store::open(&location).await.unwrap();
        let mut last: BTreeMap<(&str, bool), (u64, u64)> = BTreeMap::new();
        let mut seen = |progress: Progress| {
            last.insert((progress.table, progress.step == Step::Verified), (progress.rows, progress.of));
        };
        let mut copying = Copying::begin(&source, &target).await.unwrap();
        let rows = copying.copy(&mut seen).await.unwrap();
        copying.verify(&mut seen).await.unwrap();
        assert_eq!(copying.list_sealed(SealedField::Grant, "", 0, 300).await.unwrap().len(), 250);
        copying.commit().await.unwrap();
        assert_eq!(rows, 1 + 2 + 2 + 1 + 250 + 250 + 10 + 1, "{name}");
        assert_eq!(last[&("connected_accounts", false)], (250, 250), "{name}");
        assert_eq!(last[&("connected_accounts", true)], (250, 250), "{name}");
        let named = target.find_app(&AppId::new("app_2")).await.unwrap().unwrap();
        assert_eq!(named.token_secret, Some(sealed("\u{0}\u{ff}token")));

        let back = Location::Sqlite(directory.path().join(format!("back-{name}.db")));
        let back = Store::open(&back).await.unwrap();
        let mut copying = Copying::begin(&target, &back).await.unwrap();
        assert_eq!(copying.copy(&mut |_| ()).await.unwrap(), rows, "{name}");
        copying.verify(&mut |_| ()).await.unwrap();
        copying.commit().await.unwrap();
        // The first and the last of the chain are the same.
        let refused = Copying::begin(&source, &back).await.unwrap_err();
        assert!(matches!(refused, CopyError::NotEmpty { table: "instance", rows: 1 }), "{refused}");
    }
}

#[tokio::test]
async fn what_is_not_committed_leaves_the_target_empty() {
    let directory = TempDir::new().unwrap();
    let source = Store::open(&Location::Sqlite(directory.path().join("first.db"))).await.unwrap();
    filled(&source).await;
    for (name, location) in targets(&directory) {
        let target = Store::open(&location).await.unwrap();
        let mut copying = Copying::begin(&source, &target).await.unwrap();
        copying.copy(&mut |_| ()).await.unwrap();
        drop(copying);
        let mut again =
            Copying::begin(&source, &target).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(again.copy(&mut |_| ()).await.unwrap() > 500, "{name}");
    }
}

/// The target, after a change that only something broken could make to what was copied.
async fn verified_after(change: &'static str) -> CopyError {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("target.db");
    let source = Store::open(&Location::Sqlite(directory.path().join("first.db"))).await.unwrap();
    filled(&source).await;
    let target = Store::open(&Location::Sqlite(path.clone())).await.unwrap();
    let pool = SqlitePool::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    sqlx::query(change).execute(&pool).await.unwrap();
    pool.close().await;
    let mut copying = Copying::begin(&source, &target).await.unwrap();
    copying.copy(&mut |_| ()).await.unwrap();
    copying.verify(&mut |_| ()).await.unwrap_err()
}

#[tokio::test]
async fn a_row_that_is_missing_added_or_changed_in_the_target_is_found() {
    for change in [
        "CREATE TRIGGER t AFTER INSERT ON connected_accounts WHEN NEW.id = 'ca_200' BEGIN \
         UPDATE connected_accounts SET sealed_grant = X'00' WHERE id = NEW.id; END",
        "CREATE TRIGGER t AFTER INSERT ON connected_accounts WHEN NEW.id = 'ca_200' BEGIN \
         UPDATE connected_accounts SET label = NULL WHERE id = NEW.id; END",
        "CREATE TRIGGER t AFTER INSERT ON connected_accounts WHEN NEW.id = 'ca_200' BEGIN \
         DELETE FROM connected_accounts WHERE id = NEW.id; END",
    ] {
        let error = verified_after(change).await;
        let CopyError::Differs { table: "connected_accounts", after } = &error else { panic!("{error}") };
        assert_eq!(after, "`ca_20`", "the row before it, in the order of bytes");
    }
    let added = "CREATE TRIGGER t AFTER INSERT ON hosted_removals BEGIN \
                 INSERT INTO hosted_removals SELECT 'zz', 'ac', 0, 1, 1 WHERE NEW.remote_id <> 'zz'; END";
    let error = verified_after(added).await;
    assert!(matches!(&error, CopyError::Differs { table: "hosted_removals", .. }), "{error}");
}

#[tokio::test]
async fn a_target_with_another_schema_is_refused() {
    let directory = TempDir::new().unwrap();
    let source = Store::open(&Location::Sqlite(directory.path().join("first.db"))).await.unwrap();
    for (change, table) in [
        ("CREATE TABLE later (id TEXT NOT NULL PRIMARY KEY)", "later"),
        ("ALTER TABLE apps ADD COLUMN later TEXT", "apps"),
    ] {
        let path = directory.path().join(format!("{table}.db"));
        let target = Store::open(&Location::Sqlite(path.clone())).await.unwrap();
        let pool = SqlitePool::connect(&format!("sqlite://{}", path.display())).await.unwrap();
        sqlx::query(change).execute(&pool).await.unwrap();
        pool.close().await;
        let error = Copying::begin(&source, &target).await.unwrap_err();
        assert!(matches!(&error, CopyError::Schema(named) if named == table), "{error}");
    }
}
