//! Behind a pooler that lends a connection for one transaction.

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{Connection as _, Row as _};
use store::{AppId, Location, Store};
use tokio::task::JoinSet;

use crate::support::{app, key};

/// The pooler of these tests is one that refuses what the store must not do: otherwise they would show nothing.
#[tokio::test]
async fn a_name_given_to_a_statement_is_taken_for_the_next_client() {
    let Some((url, _)) = throwaway_postgres::pooled_database() else {
        return;
    };
    let options: PgConnectOptions = url.parse().unwrap();
    let options = options.statement_cache_capacity(0);
    let mut refused = Vec::new();
    let mut clients = Vec::new();
    for number in 0..3_i64 {
        let mut client = PgConnection::connect_with(&options).await.unwrap();
        let answer = sqlx::query("SELECT $1 + 0").bind(number).fetch_one(&mut client).await;
        refused.extend(answer.err().map(|error| error.to_string()));
        clients.push(client);
    }
    assert!(refused.iter().any(|error| error.contains("already exists")), "{refused:?}");
    let mut client = clients.pop().unwrap();
    let mut tx = client.begin().await.unwrap();
    let row = sqlx::query("SELECT $1 + 0").bind(7_i64).persistent(false).fetch_one(&mut *tx).await.unwrap();
    assert_eq!(row.get::<i64, _>(0), 7, "without a name, in a transaction, the same client is served");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_read_and_write_through_a_pooler_with_two_connections() {
    let Some((url, direct)) = throwaway_postgres::pooled_database() else {
        return;
    };
    let location = Location::Postgres { url, migrate_url: Some(direct) };
    let nodes = [Store::open(&location).await.unwrap(), Store::open(&location).await.unwrap()];
    let mut tasks = JoinSet::new();
    for number in 0..60 {
        let node = nodes[number % 2].clone();
        tasks.spawn(async move {
            let id = format!("app_{number}");
            let app = app(&id);
            node.insert_app(&app, &key(&format!("key_{number}"), &id)).await.unwrap();
            for _ in 0..5 {
                assert_eq!(node.find_app(&AppId::new(&id)).await.unwrap().unwrap().name, app.name);
            }
            assert!(
                node.insert_app(&app, &key("other", &id)).await.is_err(),
                "an error ends its transaction"
            );
            assert!(node.delete_app(&AppId::new(&id)).await.unwrap());
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
}
