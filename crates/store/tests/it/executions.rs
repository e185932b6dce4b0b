//! Executions are written ahead, and an idempotency key is used once.

use store::{AppId, Begun, Execution, ExecutionId, ExecutionState, UserId};

use crate::support::{at, on_both, sealed, seeded};

fn execution(id: &str, key: Option<&str>) -> Execution {
    Execution {
        id: ExecutionId::new(id),
        app_id: AppId::new("app_1"),
        user_id: UserId::new("u1"),
        account_id: None,
        tool: "GMAIL_SEND_EMAIL".into(),
        idempotency_key: key.map(str::to_owned),
        fingerprint: b"same".to_vec(),
        state: ExecutionState::Started,
        sealed_result: None,
        created_at: at(0),
        finished_at: None,
    }
}

#[tokio::test]
async fn a_key_is_fresh_once_and_again_only_after_a_failure() {
    on_both(async |store| {
        seeded(&store).await;
        let begin = async |id: &str, key: Option<&str>| {
            let mut execution = execution(id, key);
            let begun = store.begin_execution(&mut execution).await.unwrap();
            (begun, execution.id)
        };
        for id in ["ex_1", "ex_2"] {
            assert!(matches!(begin(id, None).await.0, Begun::Fresh), "without a key each is its own");
        }
        assert!(matches!(begin("ex_3", Some("k")).await.0, Begun::Fresh));
        let (Begun::Earlier(earlier), _) = begin("ex_4", Some("k")).await else { panic!("used before") };
        assert_eq!((earlier.id.as_str(), earlier.state), ("ex_3", ExecutionState::Started));

        let id = ExecutionId::new("ex_3");
        store.finish_execution(&id, ExecutionState::Failed, None, at(1)).await.unwrap();
        let (begun, taken_over) = begin("ex_5", Some("k")).await;
        assert!(matches!(begun, Begun::Fresh));
        assert_eq!(taken_over, id, "the failed one is begun again under its own id");

        store.finish_execution(&id, ExecutionState::Succeeded, Some(&sealed("result")), at(2)).await.unwrap();
        let (Begun::Earlier(earlier), _) = begin("ex_6", Some("k")).await else { panic!("answered") };
        assert_eq!(earlier.sealed_result, Some(sealed("result")));
    })
    .await;
}

#[tokio::test]
async fn what_a_crash_left_started_is_unknown_and_old_rows_go() {
    on_both(async |store| {
        seeded(&store).await;
        let mut left = execution("ex_1", Some("k"));
        store.begin_execution(&mut left).await.unwrap();
        assert_eq!(store.mark_interrupted_executions(at(0), at(9)).await.unwrap(), 0);
        assert_eq!(store.mark_interrupted_executions(at(1), at(9)).await.unwrap(), 1);
        let Begun::Earlier(earlier) = store.begin_execution(&mut execution("ex_2", Some("k"))).await.unwrap()
        else {
            panic!("used before")
        };
        assert_eq!(earlier.state, ExecutionState::Unknown);
        assert_eq!(store.delete_executions(at(1)).await.unwrap(), 1);
    })
    .await;
}
