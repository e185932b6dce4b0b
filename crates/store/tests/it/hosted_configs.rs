//! Auth configs at Composio: one row an app's toolkit, whoever comes and goes at once.

use crate::support::{at, hosted_config, on_both, seeded};

const ROUNDS: i32 = 300;

#[tokio::test]
async fn a_row_that_goes_meanwhile_is_there_for_who_ensures_it() {
    on_both(async |store| {
        seeded(&store).await;
        let (first, second) = (hosted_config("ac_1"), hosted_config("ac_2"));
        let ensuring = async {
            for _ in 0..ROUNDS {
                let row = store.ensure_hosted_config(&second).await.unwrap();
                assert!([&first.auth_config_id, &second.auth_config_id].contains(&&row.auth_config_id));
            }
        };
        let going = async {
            for _ in 0..ROUNDS {
                let row = store.ensure_hosted_config(&first).await.unwrap();
                let id = &row.auth_config_id;
                assert!(store.lease_hosted_config(id, "node", at(0), at(30)).await.unwrap().is_some());
                assert!(store.delete_hosted_config(id, "node", 0).await.unwrap());
            }
        };
        tokio::join!(ensuring, going);
    })
    .await;
}

#[tokio::test]
async fn the_row_that_is_there_is_given_unchanged() {
    on_both(async |store| {
        seeded(&store).await;
        store.ensure_hosted_config(&hosted_config("ac_1")).await.unwrap();
        let id = hosted_config("ac_1").auth_config_id;
        store.lease_hosted_config(&id, "node", at(0), at(30)).await.unwrap().unwrap();
        store.want_hosted_config(&id, "node").await.unwrap().unwrap();
        let there = store.find_hosted_config(&id).await.unwrap().unwrap();
        let other = store::HostedConfig { checked_at: at(9), enabled: true, ..hosted_config("ac_2") };
        let given = store.ensure_hosted_config(&other).await.unwrap();
        assert_eq!(format!("{given:?}"), format!("{there:?}"));
    })
    .await;
}
