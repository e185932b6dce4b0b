//! What an examination finds of what should not be there for long.

use store::{AccountId, AppId, Ending, ExecutionId, ExecutionState, Leftovers, NewClient, Store};

use crate::support::{account, at, config, execution, hosted_config, on_both, removal, sealed, seeded};

const INTENT: Option<&[u8]> = Some(b"hash");

/// A config at Composio that somebody holds until 30, and of which something is wanted.
async fn hosted(store: &Store) {
    let row = hosted_config("ac_1");
    let id = &row.auth_config_id;
    store.ensure_hosted_config(&row).await.unwrap();
    assert!(store.lease_hosted_config(id, "node", at(0), at(30)).await.unwrap().is_some());
    store.want_hosted_config(id, "node").await.unwrap().unwrap();
}

#[tokio::test]
async fn each_leftover_is_counted_once_it_is_one() {
    on_both(async |store| {
        seeded(&store).await;
        assert_eq!(store.count_leftovers(at(999), at(999)).await.unwrap(), Leftovers::default());

        for (id, subject) in [("ca_1", "s1"), ("ca_2", "s2")] {
            assert!(store.insert_account(&account(id, "app_1", "ac_1", "u1", subject)).await.unwrap());
        }
        let app = AppId::new("app_1");
        let leased = store.find_account(&app, &AccountId::new("ca_1")).await.unwrap().unwrap();
        assert!(store.acquire_lease(&leased, "node", INTENT, at(0), at(30)).await.unwrap());
        store.begin_disconnect(&app, &AccountId::new("ca_2"), at(0)).await.unwrap().unwrap();
        hosted(&store).await;
        store.begin_execution(&execution("ex_1", None)).await.unwrap();
        store.begin_execution(&execution("ex_2", None)).await.unwrap();
        let second = ExecutionId::new("ex_2");
        let ending =
            Ending { state: ExecutionState::Unknown, sealed_result: None, at: at(1), check_at: None };
        store.finish_execution(&second, at(0), &ending).await.unwrap();
        store.insert_hosted_removal(&removal("ca_remote", at(40))).await.unwrap();
        let mut next = config("ac_1", "app_1");
        (next.revision, next.managed) = (2, false);
        let secrets = Some(sealed("client"));
        let client =
            NewClient { version: 1, client_id: "own".into(), managed: false, sealed_secrets: secrets };
        assert!(store.put_auth_config(&next, Some(1), Some(&client)).await.unwrap());
        store.set_client_rejected(&next.id, (1, next.updated_at), Some(at(5))).await.unwrap();

        let early = Leftovers {
            unknown_executions: 1,
            disconnecting: 1,
            unsettled_configs: 1,
            rejected_clients: 1,
            ..Leftovers::default()
        };
        assert_eq!(store.count_leftovers(at(29), at(-1)).await.unwrap(), early, "leases still hold");
        let late = Leftovers {
            refresh_leases: 1,
            hosted_leases: 1,
            started_executions: 1,
            hosted_removals: 1,
            ..early
        };
        assert_eq!(store.count_leftovers(at(40), at(0)).await.unwrap(), late);
    })
    .await;
}

#[tokio::test]
async fn expired_accounts_are_counted_by_reason_and_ending_ones_are_listed() {
    on_both(async |store| {
        seeded(&store).await;
        for number in 1..=5 {
            let mut row = account(&format!("ca_{number}"), "app_1", "ac_1", "u1", &format!("s{number}"));
            row.expires_at = (number != 5).then(|| at(number * 100));
            row.remote_id = (number == 4).then(|| "remote".into());
            assert!(store.insert_account(&row).await.unwrap());
        }
        assert_eq!(store.count_expired_accounts().await.unwrap(), []);
        let ending = async |after: &str| {
            let page = store.list_ending_accounts(at(999), &AccountId::new(after), 2).await.unwrap();
            page.into_iter().map(|row| row.id.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(ending("").await, ["ca_1", "ca_2"]);
        assert_eq!(ending("ca_2").await, ["ca_3"], "neither those at Composio nor those without an end");
        for (id, reason) in [("ca_1", "revoked"), ("ca_2", "revoked"), ("ca_3", "refresh_interrupted")] {
            assert!(store.expire_account(&AccountId::new(id), 1, reason, at(1)).await.unwrap());
        }
        let expired = store.count_expired_accounts().await.unwrap();
        assert_eq!(expired, [("refresh_interrupted".to_owned(), 1), ("revoked".to_owned(), 2)]);
        assert!(ending("").await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn postgres_says_what_time_it_is_there() {
    on_both(async |store| {
        let asked = store.find_database_time().await.unwrap();
        assert_eq!(asked.is_some(), store.kind() == "postgres");
        if let Some(first) = asked {
            assert!(store.find_database_time().await.unwrap().unwrap() >= first, "it goes on");
            assert!(first > at(0), "microseconds since 1970");
        }
    })
    .await;
}
