//! The two schemas say the same, and every sealed column is known to the key rotation.

use std::collections::BTreeMap;

use sqlx::{PgPool, SqlitePool};
use store::{Location, SealedField, Store};
use tempfile::TempDir;

use crate::support::{account, on_both, sealed, seeded};

/// Column by table and name: its type in common words, and whether it may be null.
type Columns = BTreeMap<(String, String), (String, bool)>;

fn common(kind: &str) -> String {
    match kind {
        "BLOB" | "bytea" => "bytes",
        "BIGINT" | "bigint" => "integer",
        "BOOLEAN" | "boolean" => "boolean",
        "TEXT" | "text" => "text",
        other => other,
    }
    .to_owned()
}

async fn sqlite_columns() -> Columns {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("bbi.db");
    Store::open(&Location::Sqlite(path.clone())).await.unwrap().close().await;
    let pool = SqlitePool::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    let rows: Vec<(String, String, String, bool)> = sqlx::query_as(
        "SELECT m.name, c.name, c.type, c.\"notnull\" FROM sqlite_schema m, pragma_table_info(m.name) c \
         WHERE m.type = 'table' AND m.name NOT LIKE '_sqlx%' AND m.name NOT LIKE 'sqlite_%'",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    rows.into_iter()
        .map(|(table, name, kind, not_null)| ((table, name), (common(&kind), !not_null)))
        .collect()
}

async fn postgres_columns(url: String) -> Columns {
    Store::open(&Location::Postgres { url: url.clone(), migrate_url: None }).await.unwrap().close().await;
    let pool = PgPool::connect(&url).await.unwrap();
    let rows: Vec<(String, String, String, String, Option<String>)> = sqlx::query_as(
        "SELECT table_name::text, column_name::text, data_type::text, is_nullable::text, collation_name::text \
         FROM information_schema.columns WHERE table_schema = current_schema() AND table_name NOT LIKE '\\_sqlx%'",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    rows.into_iter()
        .map(|(table, name, kind, nullable, collation)| {
            assert_eq!(collation.is_some(), kind == "text", "{table}.{name} needs COLLATE \"C\"");
            ((table, name), (common(&kind), nullable == "YES"))
        })
        .collect()
}

#[tokio::test]
async fn both_schemas_have_the_same_columns() {
    let Some(url) = throwaway_postgres::empty_schema() else {
        return;
    };
    assert_eq!(sqlite_columns().await, postgres_columns(url).await);
}

#[tokio::test]
async fn every_sealed_column_takes_part_in_the_rotation() {
    let known: Vec<(&str, &str)> = SealedField::ALL.iter().map(|field| field.column()).collect();
    for ((table, column), (kind, _)) in sqlite_columns().await {
        let unsealed = ["hash", "state_hash", "cookie_hash", "confirm_hash", "fingerprint", "refresh_intent"];
        if kind == "bytes" && !unsealed.contains(&column.as_str()) {
            assert!(
                known.contains(&(table.as_str(), column.as_str())),
                "{table}.{column} is not in SealedField"
            );
        }
    }
}

#[tokio::test]
async fn every_sealed_field_is_listed_in_pages_and_replaced_once() {
    on_both(async |store| {
        seeded(&store).await;
        for n in 1..=3 {
            let row = account(&format!("ca_{n}"), "app_1", "ac_1", "u1", &format!("s{n}"));
            assert!(store.insert_account(&row).await.unwrap());
        }
        store.begin_execution(&crate::executions::checked("ex_1", None)).await.unwrap();
        store.insert_instance_value("check", &sealed("one")).await.unwrap();
        store.insert_instance_value("check", &sealed("two")).await.unwrap();
        assert_eq!(
            store.find_instance_value("check").await.unwrap(),
            Some(sealed("one")),
            "the first counts"
        );
        for field in SealedField::ALL {
            let mut after = (String::new(), 0);
            let mut seen = 0;
            loop {
                let rows = store.list_sealed(field, &after.0, after.1, 2).await.unwrap();
                let Some(last) = rows.last() else { break };
                after = (last.row_id.clone(), last.generation);
                for row in &rows {
                    assert!(store.replace_sealed(field, row, &sealed("new")).await.unwrap());
                    assert!(
                        !store.replace_sealed(field, row, &sealed("newer")).await.unwrap(),
                        "changed meanwhile"
                    );
                    seen += 1;
                }
            }
            let expected = match field {
                SealedField::Grant => 3,
                SealedField::Instance | SealedField::ExecutionCall => 1,
                _ => 0,
            };
            assert_eq!(seen, expected, "{field:?}");
        }
    })
    .await;
}
