//! Executions are written ahead, and an idempotency key is used once.

use store::{
    AccountId, AppId, Begun, Cursor, Ending, Execution, ExecutionFilter, ExecutionId, ExecutionState, Store,
    UserId,
};

use crate::support::{at, execution, on_both, sealed, seeded};

fn ended(state: ExecutionState, second: i64) -> Ending {
    Ending { state, sealed_result: None, at: at(second), check_at: None }
}

/// One whose outcome can be looked for from the start.
pub(crate) fn checked(id: &str, key: Option<&str>) -> Execution {
    Execution { sealed_call: Some(sealed("call")), check_at: Some(at(0)), ..execution(id, key) }
}

#[tokio::test]
async fn a_key_is_fresh_once_and_a_failed_call_is_begun_again_once() {
    on_both(async |store| {
        seeded(&store).await;
        let begin =
            async |id: &str, key: Option<&str>| store.begin_execution(&execution(id, key)).await.unwrap();
        for id in ["ex_1", "ex_2"] {
            assert!(matches!(begin(id, None).await, Begun::Fresh), "without a key each is its own");
        }
        assert!(matches!(begin("ex_3", Some("k")).await, Begun::Fresh));
        let Begun::Earlier(earlier) = begin("ex_4", Some("k")).await else { panic!("used before") };
        assert_eq!((earlier.id.as_str(), earlier.state), ("ex_3", ExecutionState::Started));

        let id = ExecutionId::new("ex_3");
        store.finish_execution(&id, at(0), &ended(ExecutionState::Failed, 1)).await.unwrap();
        let again = Execution { account_id: Some(AccountId::new("ca_2")), ..execution("ex_3", Some("k")) };
        assert!(store.restart_execution(&again).await.unwrap());
        assert!(!store.restart_execution(&again).await.unwrap(), "somebody else did");
        let row = found(&store, "ex_3").await;
        assert_eq!((row.state, row.account_id), (ExecutionState::Started, again.account_id));

        let succeeded =
            Ending { sealed_result: Some(sealed("result")), ..ended(ExecutionState::Succeeded, 2) };
        store.finish_execution(&id, at(0), &succeeded).await.unwrap();
        let Begun::Earlier(earlier) = begin("ex_6", Some("k")).await else { panic!("answered") };
        assert_eq!(earlier.sealed_result, Some(sealed("result")));
    })
    .await;
}

#[tokio::test]
async fn a_key_whose_row_goes_meanwhile_is_fresh_again() {
    on_both(async |store| {
        seeded(&store).await;
        let beginning = async |name: &'static str| {
            let mut fresh = 0;
            for round in 0..300 {
                let begun = store.begin_execution(&execution(&format!("{name}{round}"), Some("k"))).await;
                fresh += i32::from(matches!(begun.unwrap(), Begun::Fresh));
            }
            fresh
        };
        let going = async {
            for _ in 0..300 {
                store.delete_executions(at(1)).await.unwrap();
            }
        };
        let (a, b, ()) = tokio::join!(beginning("a"), beginning("b"), going);
        assert!((2..600).contains(&(a + b)), "{a} and {b} were fresh: they were in each other's way");
    })
    .await;
}

#[tokio::test]
async fn what_a_crash_left_started_is_unknown_and_old_rows_go() {
    on_both(async |store| {
        seeded(&store).await;
        store.begin_execution(&execution("ex_1", Some("k"))).await.unwrap();
        assert_eq!(store.mark_interrupted_executions(at(0), at(9)).await.unwrap(), 0);
        assert_eq!(store.mark_interrupted_executions(at(1), at(9)).await.unwrap(), 1);
        let Begun::Earlier(earlier) = store.begin_execution(&execution("ex_2", Some("k"))).await.unwrap()
        else {
            panic!("used before")
        };
        assert_eq!(earlier.state, ExecutionState::Unknown);
        assert_eq!(store.delete_executions(at(1)).await.unwrap(), 1);
    })
    .await;
}

async fn found(store: &Store, id: &str) -> Execution {
    store.find_execution(&AppId::new("app_1"), &ExecutionId::new(id)).await.unwrap().unwrap()
}

#[tokio::test]
async fn an_unknown_outcome_is_looked_for_by_one_at_a_time_until_it_is_known() {
    on_both(async |store| {
        seeded(&store).await;
        for id in ["ex_1", "ex_2"] {
            store.begin_execution(&checked(id, Some(id))).await.unwrap();
        }
        store.begin_execution(&execution("ex_3", None)).await.unwrap();
        assert!(store.list_due_checks(at(9), 9).await.unwrap().is_empty(), "they may yet be answered");
        let succeeded = ended(ExecutionState::Succeeded, 1);
        store.finish_execution(&ExecutionId::new("ex_2"), at(0), &succeeded).await.unwrap();
        assert_eq!(found(&store, "ex_2").await.sealed_call, None, "what is known needs no check");
        store.mark_interrupted_executions(at(1), at(9)).await.unwrap();
        let due = store.list_due_checks(at(9), 9).await.unwrap();
        assert_eq!(due.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["ex_1"]);

        assert!(store.claim_check(&due[0], at(30)).await.unwrap());
        assert!(!store.claim_check(&due[0], at(30)).await.unwrap(), "somebody else has it");
        assert!(store.list_due_checks(at(29), 9).await.unwrap().is_empty());
        let again = store.list_due_checks(at(30), 9).await.unwrap().remove(0);
        let result = Ending { sealed_result: Some(sealed("result")), ..ended(ExecutionState::Succeeded, 31) };
        assert!(store.resolve_execution(&again, &result).await.unwrap());
        assert!(!store.resolve_execution(&again, &ended(ExecutionState::Failed, 32)).await.unwrap());
        let row = found(&store, "ex_1").await;
        assert_eq!((row.state, row.sealed_call, row.check_at), (ExecutionState::Succeeded, None, None));
        assert_eq!(row.sealed_result, Some(sealed("result")));
    })
    .await;
}

#[tokio::test]
async fn a_node_that_comes_late_does_not_end_what_was_begun_again() {
    on_both(async |store| {
        seeded(&store).await;
        let first = checked("ex_1", Some("k"));
        store.begin_execution(&first).await.unwrap();
        assert!(!store.mark_interrupted_execution(&first.id, at(0), at(9)).await.unwrap());
        assert!(store.mark_interrupted_execution(&first.id, at(1), at(9)).await.unwrap());
        let unknown = found(&store, "ex_1").await;
        assert!(store.resolve_execution(&unknown, &ended(ExecutionState::Failed, 9)).await.unwrap());
        let second = Execution { created_at: at(10), ..checked("ex_1", Some("k")) };
        assert!(store.restart_execution(&second).await.unwrap());

        let late = ended(ExecutionState::Failed, 11);
        store.finish_execution(&first.id, at(0), &late).await.unwrap();
        assert_eq!(found(&store, "ex_1").await.state, ExecutionState::Started, "the second one is under way");
        assert!(!store.resolve_execution(&unknown, &late).await.unwrap());
        store.finish_execution(&first.id, at(10), &late).await.unwrap();
        assert_eq!(found(&store, "ex_1").await.state, ExecutionState::Failed);
    })
    .await;
}

#[tokio::test]
async fn executions_are_listed_by_user_tool_and_state() {
    on_both(async |store| {
        seeded(&store).await;
        for (id, second) in [("ex_1", 1), ("ex_2", 2), ("ex_3", 2)] {
            let row = Execution { created_at: at(second), ..checked(id, None) };
            store.begin_execution(&row).await.unwrap();
        }
        store.mark_interrupted_execution(&ExecutionId::new("ex_2"), at(9), at(9)).await.unwrap();
        let list = async |filter: ExecutionFilter, after: Cursor, limit: i64| {
            let page = store.list_executions(&AppId::new("app_1"), &filter, &after, limit).await.unwrap();
            let ids: Vec<String> = page.items.iter().map(|row| row.id.to_string()).collect();
            (ids.join(" "), page.next)
        };
        let all = ExecutionFilter::default;
        let (first, next) = list(all(), Cursor::start(), 2).await;
        assert_eq!(first, "ex_1 ex_2");
        assert_eq!(list(all(), next.unwrap(), 2).await, ("ex_3".to_owned(), None));
        for (state, ids) in [(ExecutionState::Unknown, "ex_2"), (ExecutionState::Started, "ex_1 ex_3")] {
            let filter = ExecutionFilter { state: Some(state), ..all() };
            assert_eq!(list(filter, Cursor::start(), 9).await.0, ids);
        }
        for (user, tool) in [(Some("u2"), None), (None, Some("GMAIL_NOTHING"))] {
            let filter =
                ExecutionFilter { user: user.map(UserId::new), tool: tool.map(str::to_owned), state: None };
            assert_eq!(list(filter, Cursor::start(), 9).await.0, "");
        }
    })
    .await;
}

#[tokio::test]
async fn what_was_kept_of_calls_goes_with_age() {
    on_both(async |store| {
        seeded(&store).await;
        store.begin_execution(&checked("ex_1", None)).await.unwrap();
        store.begin_execution(&checked("ex_2", None)).await.unwrap();
        store.mark_interrupted_executions(at(9), at(9)).await.unwrap();
        let found_out =
            Ending { sealed_result: Some(sealed("result")), ..ended(ExecutionState::Succeeded, 9) };
        assert!(store.resolve_execution(&found(&store, "ex_2").await, &found_out).await.unwrap());
        assert_eq!(store.forget_kept_calls(at(0)).await.unwrap(), 0);
        assert_eq!(store.forget_kept_calls(at(1)).await.unwrap(), 2);
        for id in ["ex_1", "ex_2"] {
            let row = found(&store, id).await;
            assert_eq!((row.sealed_call, row.sealed_result, row.check_at), (None, None, None), "{id}");
        }
    })
    .await;
}
