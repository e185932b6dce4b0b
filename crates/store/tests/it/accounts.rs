//! Connected accounts, the refresh lease, and the one read of the hot path.

use store::{
    AccountFilter, AccountId, AccountStatus, AppId, Attached, ConnectStatus, ConnectedAccount, Cursor,
    GrantUpdate, Lease, Store, UserId,
};

use crate::support::{account, app, at, config, key, on_both, request, sealed, seeded};

const INTENT: Option<&[u8]> = Some(b"hash");

fn lease(generation: i64, owner: &str) -> Lease {
    Lease { account: AccountId::new("ca_1"), generation, owner: owner.into() }
}

async fn found(store: &Store) -> ConnectedAccount {
    store.find_account(&AppId::new("app_1"), &AccountId::new("ca_1")).await.unwrap().unwrap()
}

fn refreshed() -> GrantUpdate {
    GrantUpdate {
        sealed_grant: sealed("grant 2"),
        expires_at: Some(at(7200)),
        scopes: None,
        client_version: None,
        now: at(10),
    }
}

#[tokio::test]
async fn one_subject_is_one_row_whose_generations_only_grow() {
    on_both(async |store| {
        seeded(&store).await;
        let mut first = account("ca_1", "app_1", "ac_1", "u1", "s1");
        assert!(store.insert_account(&first).await.unwrap());
        assert!(!store.insert_account(&account("ca_2", "app_1", "ac_1", "u1", "s1")).await.unwrap());
        assert_eq!(found(&store).await.facts.0["nul"], "a\u{0}b");
        first.generation = 2;
        first.sealed_grant = sealed("grant 2");
        assert!(store.replace_account(&first).await.unwrap());
        assert!(!store.replace_account(&first).await.unwrap(), "generation 1 is gone");
        let (app, user) = (AppId::new("app_1"), UserId::new("u1"));
        let by_subject = store.find_account_by_subject(&app, &user, "gmail", "s1").await.unwrap().unwrap();
        assert_eq!((by_subject.generation, by_subject.sealed_grant), (2, sealed("grant 2")));
    })
    .await;
}

#[tokio::test]
async fn a_lease_has_one_holder_and_a_late_commit_changes_nothing() {
    on_both(async |store| {
        seeded(&store).await;
        assert!(store.insert_account(&account("ca_1", "app_1", "ac_1", "u1", "s1")).await.unwrap());
        let free = found(&store).await;
        assert!(store.acquire_lease(&free, "a", INTENT, at(0), at(30)).await.unwrap());
        assert!(!store.acquire_lease(&free, "b", INTENT, at(1), at(31)).await.unwrap());
        let held = found(&store).await;
        assert_eq!(
            (held.lease_owner.as_deref(), held.refresh_intent.as_deref()),
            (Some("a"), Some(b"hash".as_slice()))
        );
        assert!(
            !store.acquire_lease(&held, "b", INTENT, at(29), at(60)).await.unwrap(),
            "not before it runs out"
        );
        assert!(store.acquire_lease(&held, "b", INTENT, at(30), at(60)).await.unwrap());

        assert!(!store.commit_refresh(&lease(1, "a"), &refreshed()).await.unwrap(), "a was fenced off");
        assert!(!store.release_lease(&lease(1, "a"), None, at(31)).await.unwrap());
        assert_eq!(store.expire_all_leases(at(31)).await.unwrap(), 1);
        assert!(
            store.commit_refresh(&lease(1, "b"), &refreshed()).await.unwrap(),
            "still the holder until another comes"
        );
        let after = found(&store).await;
        assert_eq!((after.generation, after.lease_owner, after.refresh_intent), (2, None, None));
        assert_eq!((after.sealed_grant, after.expires_at), (sealed("grant 2"), Some(at(7200))));
        assert!(!store.commit_refresh(&lease(1, "b"), &refreshed()).await.unwrap(), "once");
    })
    .await;
}

#[tokio::test]
async fn an_abandoned_lease_keeps_its_intent_and_a_released_one_does_not() {
    on_both(async |store| {
        seeded(&store).await;
        assert!(store.insert_account(&account("ca_1", "app_1", "ac_1", "u1", "s1")).await.unwrap());
        assert!(store.acquire_lease(&found(&store).await, "a", INTENT, at(0), at(30)).await.unwrap());
        assert!(store.abandon_lease(&lease(1, "a"), at(5), at(2)).await.unwrap());
        let left = found(&store).await;
        assert_eq!((left.refresh_intent.is_some(), left.refresh_retry_at), (true, Some(at(5))));
        assert!(store.acquire_lease(&left, "b", INTENT, at(6), at(36)).await.unwrap());
        assert!(store.release_lease(&lease(1, "b"), Some(at(9)), at(7)).await.unwrap());
        let left = found(&store).await;
        assert_eq!((left.refresh_intent, left.lease_owner, left.refresh_retry_at), (None, None, Some(at(9))));
    })
    .await;
}

#[tokio::test]
async fn reconnect_and_disconnect_beat_a_refresh_under_way() {
    on_both(async |store| {
        seeded(&store).await;
        let mut connected = account("ca_1", "app_1", "ac_1", "u1", "s1");
        assert!(store.insert_account(&connected).await.unwrap());
        assert!(store.acquire_lease(&found(&store).await, "a", INTENT, at(0), at(30)).await.unwrap());
        connected.generation = 2;
        assert!(store.replace_account(&connected).await.unwrap());
        assert!(!store.commit_refresh(&lease(1, "a"), &refreshed()).await.unwrap());
        assert!(
            !store.expire_account(&AccountId::new("ca_1"), 1, "revoked", at(1)).await.unwrap(),
            "a stale failure"
        );

        assert!(store.acquire_lease(&found(&store).await, "b", INTENT, at(1), at(31)).await.unwrap());
        let (app, id) = (AppId::new("app_1"), AccountId::new("ca_1"));
        let taken = store.begin_disconnect(&app, &id, at(2)).await.unwrap().unwrap();
        assert_eq!(taken.status, AccountStatus::Inactive);
        assert!(!store.commit_refresh(&lease(2, "b"), &refreshed()).await.unwrap());
        assert!(!store.acquire_lease(&taken, "c", INTENT, at(60), at(90)).await.unwrap(), "never again");
        assert_eq!(store.list_disconnecting(at(3), 10).await.unwrap().len(), 1);
        assert!(!store.delete_account(&id, 1).await.unwrap());
        assert!(store.delete_account(&id, 2).await.unwrap());
        assert!(store.begin_disconnect(&app, &id, at(2)).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn a_provider_to_be_left_in_peace_is_asked_by_nobody_who_did_not_know_it_yet() {
    on_both(async |store| {
        seeded(&store).await;
        assert!(store.insert_account(&account("ca_1", "app_1", "ac_1", "u1", "s1")).await.unwrap());
        let free = found(&store).await;
        assert!(store.acquire_lease(&free, "a", INTENT, at(0), at(30)).await.unwrap());
        assert!(store.release_lease(&lease(1, "a"), Some(at(9)), at(1)).await.unwrap());
        assert!(!store.acquire_lease(&free, "b", INTENT, at(2), at(32)).await.unwrap(), "read before");
        assert!(store.acquire_lease(&free, "b", INTENT, at(9), at(39)).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn only_who_holds_the_lease_says_that_the_grant_is_dead() {
    on_both(async |store| {
        seeded(&store).await;
        assert!(store.insert_account(&account("ca_1", "app_1", "ac_1", "u1", "s1")).await.unwrap());
        assert!(store.acquire_lease(&found(&store).await, "a", INTENT, at(0), at(30)).await.unwrap());
        assert!(store.acquire_lease(&found(&store).await, "b", INTENT, at(31), at(61)).await.unwrap());
        assert!(!store.expire_under_lease(&lease(1, "a"), "refresh_rejected", at(32)).await.unwrap());
        assert_eq!(found(&store).await.status, AccountStatus::Active);
        assert!(store.expire_under_lease(&lease(1, "b"), "refresh_interrupted", at(32)).await.unwrap());
        let dead = found(&store).await;
        assert_eq!(
            (dead.status, dead.status_reason.as_deref(), dead.lease_owner),
            (AccountStatus::Expired, Some("refresh_interrupted"), None)
        );
    })
    .await;
}

/// A refresh at `seconds`.
fn refreshed_at(seconds: i64) -> GrantUpdate {
    GrantUpdate { now: at(seconds), ..refreshed() }
}

#[tokio::test]
async fn a_refresh_that_outlived_its_lease_mends_what_was_refused_meanwhile() {
    on_both(async |store| {
        seeded(&store).await;
        let id = AccountId::new("ca_1");
        assert!(store.insert_account(&account("ca_1", "app_1", "ac_1", "u1", "s1")).await.unwrap());
        assert!(store.acquire_lease(&found(&store).await, "a", INTENT, at(0), at(30)).await.unwrap());
        assert!(store.renew_lease(&lease(1, "a"), at(40)).await.unwrap());
        assert!(store.acquire_lease(&found(&store).await, "b", INTENT, at(41), at(71)).await.unwrap());
        assert!(!store.renew_lease(&lease(1, "a"), at(80)).await.unwrap(), "it is somebody else's");
        assert!(!store.commit_refresh(&lease(1, "a"), &refreshed_at(42)).await.unwrap());
        assert!(!store.adopt_refresh(&lease(1, "a"), &refreshed_at(42)).await.unwrap(), "he may succeed yet");
        assert!(store.expire_account(&id, 1, "refresh_rejected", at(42)).await.unwrap(), "he was refused");

        assert!(store.adopt_refresh(&lease(1, "a"), &refreshed_at(43)).await.unwrap());
        let mended = found(&store).await;
        assert_eq!(
            (mended.status, mended.status_reason, mended.generation),
            (AccountStatus::Active, None, 2)
        );
        assert_eq!(mended.sealed_grant, sealed("grant 2"));
        assert!(mended.refresh_intent.is_some(), "the refusal may have ended these tokens, too");
        assert!(
            !store.adopt_refresh(&lease(1, "a"), &refreshed_at(44)).await.unwrap(),
            "generation 1 is gone"
        );

        store.begin_disconnect(&AppId::new("app_1"), &id, at(50)).await.unwrap().unwrap();
        assert!(!store.adopt_refresh(&lease(2, "a"), &refreshed_at(51)).await.unwrap(), "on its way out");
    })
    .await;
}

#[tokio::test]
async fn a_refresh_that_outlived_its_lease_is_stored_once_nobody_holds_another() {
    on_both(async |store| {
        seeded(&store).await;
        assert!(store.insert_account(&account("ca_1", "app_1", "ac_1", "u1", "s1")).await.unwrap());
        assert!(store.acquire_lease(&found(&store).await, "a", INTENT, at(0), at(30)).await.unwrap());
        assert!(store.acquire_lease(&found(&store).await, "b", INTENT, at(31), at(61)).await.unwrap());
        assert!(!store.adopt_refresh(&lease(1, "a"), &refreshed_at(32)).await.unwrap(), "he may succeed yet");
        assert!(store.abandon_lease(&lease(1, "b"), at(40), at(33)).await.unwrap(), "he learned nothing");
        assert!(store.adopt_refresh(&lease(1, "a"), &refreshed_at(33)).await.unwrap());
        let stored = found(&store).await;
        assert_eq!((stored.generation, stored.lease_owner, stored.lease_expires_at), (2, None, None));
        assert_eq!((stored.sealed_grant, stored.refresh_retry_at), (sealed("grant 2"), None));
        assert!(stored.refresh_intent.is_some(), "he may have asked with the old token");
        assert!(!store.commit_refresh(&lease(1, "b"), &refreshed_at(34)).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn an_account_is_attached_with_its_live_request_or_not_at_all() {
    on_both(async |store| {
        seeded(&store).await;
        let request = request("cr_1", "app_1", "ac_1", 1);
        store.insert_connect_request(&request, 5).await.unwrap();
        let mut first = account("ca_1", "app_1", "ac_1", "u1", "s1");
        first.generation = 2;
        let raced = store.attach_account(&request.id, &first, false).await.unwrap();
        assert_eq!(raced, Attached::Raced, "there is no generation 1");
        let live = store.find_connect_request(&request.id).await.unwrap().unwrap();
        assert_eq!(live.status, ConnectStatus::Pending, "nothing was ended for nothing");
        assert_eq!(store.attach_account(&request.id, &first, true).await.unwrap(), Attached::Done);
        let ended = store.find_connect_request(&request.id).await.unwrap().unwrap();
        assert_eq!((ended.status, ended.account_id), (ConnectStatus::Connected, Some(first.id)));
        let second = account("ca_2", "app_1", "ac_1", "u1", "s2");
        assert_eq!(store.attach_account(&request.id, &second, true).await.unwrap(), Attached::RequestOver);
        assert!(store.find_account(&AppId::new("app_1"), &second.id).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn expiry_and_confirmation_name_what_they_mean() {
    on_both(async |store| {
        seeded(&store).await;
        let mut waiting = account("ca_1", "app_1", "ac_1", "u1", "s1");
        waiting.status = AccountStatus::Inactive;
        waiting.status_reason = Some("awaiting_confirmation".into());
        waiting.confirm_hash = Some(b"code".to_vec());
        assert!(store.insert_account(&waiting).await.unwrap());
        let (app, id) = (AppId::new("app_1"), AccountId::new("ca_1"));
        let confirm = async |user: &str, code: &[u8]| {
            store.confirm_account(&app, &id, &UserId::new(user), code, at(1)).await.unwrap()
        };
        assert!(confirm("u2", b"code").await.is_none());
        assert!(confirm("u1", b"guess").await.is_none());
        assert_eq!(confirm("u1", b"code").await.unwrap().status, AccountStatus::Active);
        assert!(confirm("u1", b"code").await.is_none(), "once");
        assert!(store.expire_account(&id, 1, "revoked", at(2)).await.unwrap());
        assert!(!store.expire_account(&id, 1, "revoked", at(2)).await.unwrap(), "flips once");
    })
    .await;
}

#[tokio::test]
async fn a_shared_consent_is_counted_across_apps() {
    on_both(async |store| {
        seeded(&store).await;
        store.insert_app(&app("app_2"), &key("key_2", "app_2")).await.unwrap();
        assert!(store.put_auth_config(&config("ac_2", "app_2"), None, None).await.unwrap());
        let mine = account("ca_1", "app_1", "ac_1", "u1", "s1");
        assert!(store.insert_account(&mine).await.unwrap());
        assert_eq!(store.count_sharing_grant(&mine).await.unwrap(), 0);
        assert!(store.insert_account(&account("ca_2", "app_2", "ac_2", "u9", "s1")).await.unwrap());
        assert_eq!(store.count_sharing_grant(&mine).await.unwrap(), 1);
        store.begin_disconnect(&AppId::new("app_2"), &AccountId::new("ca_2"), at(1)).await.unwrap();
        assert_eq!(store.count_sharing_grant(&mine).await.unwrap(), 0, "one on its way out does not count");
    })
    .await;
}

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    on_both(async |store| {
        seeded(&store).await;
        for n in 0..5 {
            let user = if n % 2 == 0 { "even" } else { "odd" };
            assert!(
                store
                    .insert_account(&account(&format!("ca_{n}"), "app_1", "ac_1", user, "s").tap(n))
                    .await
                    .unwrap()
            );
        }
        let app = AppId::new("app_1");
        let ids = async |filter: AccountFilter, after: &Cursor, limit| {
            let page = store.list_accounts(&app, &filter, after, limit).await.unwrap();
            (page.items.iter().map(|account| account.id.to_string()).collect::<Vec<_>>(), page.next)
        };
        let all = AccountFilter::default();
        let (first, next) = ids(all.clone(), &Cursor::start(), 3).await;
        assert_eq!(first, ["ca_0", "ca_1", "ca_2"]);
        assert_eq!(ids(all, &next.unwrap(), 3).await, (vec!["ca_3".into(), "ca_4".into()], None));
        let odd = AccountFilter { user: Some(UserId::new("odd")), ..AccountFilter::default() };
        assert_eq!(ids(odd, &Cursor::start(), 9).await.0, ["ca_1", "ca_3"]);
        let expired = AccountFilter { status: Some(AccountStatus::Expired), ..AccountFilter::default() };
        assert!(ids(expired, &Cursor::start(), 9).await.0.is_empty());
        let slack = AccountFilter { toolkit: Some("slack".into()), ..AccountFilter::default() };
        assert!(ids(slack, &Cursor::start(), 9).await.0.is_empty());
    })
    .await;
}

trait Tap {
    fn tap(self, n: usize) -> Self;
}

impl Tap for ConnectedAccount {
    fn tap(mut self, n: usize) -> Self {
        self.subject = format!("s{n}");
        self
    }
}

#[tokio::test]
async fn the_hot_path_finds_only_what_is_ready() {
    on_both(async |store| {
        seeded(&store).await;
        assert!(store.insert_account(&account("ca_1", "app_1", "ac_1", "u1", "s1")).await.unwrap());
        let ready = async |hash: &[u8], app: &str, user: &str, toolkit: &str| {
            store.find_ready_accounts(hash, app, &UserId::new(user), toolkit, 10).await.unwrap().len()
        };
        assert_eq!(ready(b"key_1", "app_1", "u1", "gmail").await, 1);
        assert_eq!(ready(b"key_2", "app_1", "u1", "gmail").await, 0);
        assert_eq!(ready(b"key_1", "app_2", "u1", "gmail").await, 0);
        assert_eq!(ready(b"key_1", "app_1", "u2", "gmail").await, 0);
        assert_eq!(ready(b"key_1", "app_1", "u1", "slack").await, 0);
        store.revoke_key(&AppId::new("app_1"), &store::KeyId::new("key_1"), at(1)).await.unwrap();
        assert_eq!(ready(b"key_1", "app_1", "u1", "gmail").await, 0, "revoked for the next request");
    })
    .await;
}
