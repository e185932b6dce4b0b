//! Apps, keys, auth configs, connect requests, audit: what goes in comes out, and races have one winner.

use store::{
    AccountId, AppId, AuditEntry, AuthConfigId, ConnectRequestId, ConnectStatus, Cursor, Json, KeyId,
    LastUse, NewClient, NewState, TokenSettings, UserId,
};

use crate::support::{account, app, at, config, key, on_both, request, sealed, seeded};

#[tokio::test]
async fn apps_and_keys_come_back_in_order_and_go_together() {
    on_both(async |store| {
        for id in ["app_2", "app_1", "app_B", "app_a"] {
            store.insert_app(&app(id), &key(&format!("key_{id}"), id)).await.unwrap();
        }
        let first = store.list_apps(&Cursor::start(), 3).await.unwrap();
        let ids: Vec<&str> = first.items.iter().map(|app| app.id.as_str()).collect();
        assert_eq!(ids, ["app_1", "app_2", "app_B"], "bytewise, whatever the collation");
        let cursor = Cursor::parse(&first.next.unwrap().to_text()).unwrap();
        let rest = store.list_apps(&cursor, 3).await.unwrap();
        assert_eq!((rest.items.len(), rest.next), (1, None));

        let id = AppId::new("app_1");
        let settings = TokenSettings {
            issuer: "https://issuer.example".into(),
            audience: Some("aud".into()),
            jwks_url: None,
            jwks: Some(serde_json::json!({"keys": []})),
        };
        let origins = ["https://a.example".to_owned()];
        store.update_app_settings(&id, Some(&origins), None).await.unwrap().unwrap();
        let both = store.update_app_settings(&id, None, Some(true)).await.unwrap().unwrap();
        assert_eq!((&both.allowed_origins.0[..], both.confirm_connections), (&origins[..], true));
        assert!(store.update_token_settings(&id, &settings, Some(&sealed("hs"))).await.unwrap());
        let found = store.find_app(&id).await.unwrap().unwrap();
        assert_eq!(found.token_settings, Some(Json(settings)));
        assert_eq!(found.token_secret, Some(sealed("hs")));
        assert!(found.confirm_connections);
        assert_eq!(found.allowed_origins.0, ["https://a.example"]);

        assert!(store.revoke_key(&id, &KeyId::new("key_app_1"), at(5)).await.unwrap());
        assert!(store.revoke_key(&id, &KeyId::new("key_app_1"), at(9)).await.unwrap());
        assert!(!store.revoke_key(&id, &KeyId::new("key_app_2"), at(9)).await.unwrap(), "another app's");
        let key = store.find_key(b"key_app_1").await.unwrap().unwrap();
        assert_eq!(key.revoked_at, Some(at(5)));

        assert!(store.delete_app(&id).await.unwrap());
        assert!(!store.delete_app(&id).await.unwrap());
        assert!(store.find_key(b"key_app_1").await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn an_auth_config_has_one_winner_and_keeps_its_id() {
    on_both(async |store| {
        seeded(&store).await;
        assert!(
            !store.put_auth_config(&config("ac_2", "app_1"), None, None).await.unwrap(),
            "there is one already"
        );
        let client = NewClient {
            version: 1,
            client_id: "c1".into(),
            managed: false,
            sealed_secrets: Some(sealed("s1")),
        };
        let mut next = config("ac_1", "app_1");
        next.revision = 2;
        next.enabled = false;
        assert!(store.put_auth_config(&next, Some(1), Some(&client)).await.unwrap());
        assert!(
            !store.put_auth_config(&next, Some(1), Some(&client)).await.unwrap(),
            "written under an old revision"
        );
        let found = store.find_auth_config(&AppId::new("app_1"), "gmail").await.unwrap().unwrap();
        assert_eq!((found.id.as_str(), found.revision, found.enabled), ("ac_1", 2, false));
        assert_eq!(store.list_auth_configs(&AppId::new("app_1")).await.unwrap().len(), 1);

        store.set_client_rejected(&found.id, (1, found.updated_at), Some(at(3))).await.unwrap();
        assert_eq!(store.find_client_version(&found.id, 1).await.unwrap().unwrap().rejected_at, Some(at(3)));
        next.revision = 3;
        let renewed = NewClient { sealed_secrets: Some(sealed("s2")), ..client };
        assert!(store.put_auth_config(&next, Some(2), Some(&renewed)).await.unwrap());
        let version = store.find_client_version(&found.id, 1).await.unwrap().unwrap();
        assert_eq!((version.sealed_secrets, version.rejected_at), (Some(sealed("s2")), None));
    })
    .await;
}

#[tokio::test]
async fn a_superseded_client_is_wiped_with_its_last_account() {
    on_both(async |store| {
        seeded(&store).await;
        let id = AuthConfigId::new("ac_1");
        for version in 1..=3 {
            let client = NewClient {
                version,
                client_id: format!("c{version}"),
                managed: false,
                sealed_secrets: Some(sealed("s")),
            };
            let mut next = config("ac_1", "app_1");
            next.client_version = Some(version);
            next.revision = version + 1;
            assert!(store.put_auth_config(&next, Some(version), Some(&client)).await.unwrap());
        }
        assert!(store.insert_account(&account("ca_1", "app_1", "ac_1", "u1", "s1")).await.unwrap());
        assert_eq!(
            store.delete_unused_clients(&id).await.unwrap(),
            1,
            "c2; c1 has an account, c3 is current"
        );
        store.delete_account(&store::AccountId::new("ca_1"), 1).await.unwrap();
        assert_eq!(store.delete_unused_clients(&id).await.unwrap(), 1);
        let left = store.list_client_versions(&id).await.unwrap();
        assert_eq!(left.iter().map(|client| client.client_id.as_str()).collect::<Vec<_>>(), ["c3"]);
    })
    .await;
}

#[tokio::test]
async fn five_links_live_and_a_state_is_consumed_once_by_its_browser() {
    on_both(async |store| {
        seeded(&store).await;
        for n in 0..7 {
            store.insert_connect_request(&request(&format!("cr_{n}"), "app_1", "ac_1", n), 5).await.unwrap();
        }
        let status = async |n: i64| {
            store
                .find_connect_request(&ConnectRequestId::new(format!("cr_{n}")))
                .await
                .unwrap()
                .unwrap()
                .status
        };
        assert_eq!(status(1).await, ConnectStatus::Failed);
        for n in 2..7 {
            assert_eq!(status(n).await, ConnectStatus::Pending, "{n}");
        }
        let (app, user, scopes) = (AppId::new("app_1"), UserId::new("u1"), vec!["gmail.send".to_owned()]);
        let reusable = async |until| {
            let found =
                store.find_reusable_connect_request(&app, &user, "gmail", &scopes, at(until)).await.unwrap();
            found.map(|request| request.id.to_string())
        };
        assert_eq!(reusable(100).await.as_deref(), Some("cr_6"));
        assert_eq!(reusable(1806).await.as_deref(), Some("cr_6"));
        assert_eq!(reusable(1807).await, None);

        let id = ConnectRequestId::new("cr_6");
        let state = NewState {
            state_hash: b"state".to_vec(),
            cookie_hash: b"cookie".to_vec(),
            client_version: Some(1),
            redirect_uri: "https://x.example/callback".into(),
            sealed_verifier: Some(sealed("verifier")),
            expires_at: at(700),
        };
        assert!(!store.begin_connect_request(&id, &state, at(1806)).await.unwrap(), "the link is over");
        assert!(store.begin_connect_request(&id, &state, at(100)).await.unwrap());
        assert_eq!(reusable(100).await.as_deref(), Some("cr_5"), "one under way is not offered again");

        let uri = "https://x.example/callback";
        for (state, cookie, uri, now) in [
            (b"other".as_slice(), b"cookie".as_slice(), uri, 200),
            (b"state", b"other", uri, 200),
            (b"state", b"cookie", "https://x.example/callback/other", 200),
            (b"state", b"cookie", uri, 700),
        ] {
            assert!(store.consume_state(state, cookie, uri, at(now)).await.unwrap().is_none());
        }
        let consumed = store.consume_state(b"state", b"cookie", uri, at(200)).await.unwrap().unwrap();
        assert_eq!((consumed.id, consumed.sealed_verifier), (id.clone(), Some(sealed("verifier"))));
        assert!(store.consume_state(b"state", b"cookie", uri, at(200)).await.unwrap().is_none(), "once");

        assert_eq!(store.fail_interrupted_connect_requests(at(700)).await.unwrap(), 0);
        assert!(store.fail_connect_request(&id, "refused").await.unwrap());
        assert!(!store.fail_connect_request(&id, "late").await.unwrap());
        assert_eq!(store.delete_connect_requests(at(3)).await.unwrap(), 3);
    })
    .await;
}

fn entry(id: &str, app: &str) -> AuditEntry {
    AuditEntry {
        id: id.into(),
        app_id: AppId::new(app),
        at: at(0),
        actor: "platform".into(),
        action: "execute_action".into(),
        outcome: "success".into(),
        error_code: None,
        user_id: Some("u1".into()),
        toolkit: None,
        tool: None,
        account_id: None,
        detail: None,
        duration_us: 5,
        request_bytes: None,
        response_bytes: Some(7),
        request_id: None,
    }
}

#[tokio::test]
async fn audit_is_written_in_batches_that_may_be_repeated() {
    on_both(async |store| {
        seeded(&store).await;
        let uses = [(LastUse::Key(KeyId::new("key_1")), at(9))];
        let entries = [entry("aud_1", "app_1"), entry("aud_2", "app_1"), entry("aud_3", "app_2")];
        store.insert_audit(&entries, &uses).await.unwrap();
        store.insert_audit(&entries, &[]).await.unwrap();
        let app = AppId::new("app_1");
        let page = store.list_audit(&app, &Cursor::start(), 1).await.unwrap();
        assert_eq!(page.items[0].id, "aud_1");
        let page = store.list_audit(&app, &page.next.unwrap(), 5).await.unwrap();
        assert_eq!((page.items[0].id.as_str(), page.items.len()), ("aud_2", 1));
        assert_eq!(store.find_key(b"key_1").await.unwrap().unwrap().last_used_at, Some(at(9)));

        store.erase_user(&app, &UserId::new("u1")).await.unwrap();
        let erased = store.list_audit(&app, &Cursor::start(), 5).await.unwrap();
        assert!(erased.items.iter().all(|entry| entry.user_id.as_deref() == Some("erased")));
        assert_eq!(store.delete_audit(at(1)).await.unwrap(), 3);
    })
    .await;
}

/// As two nodes do that serve the same accounts.
#[tokio::test(flavor = "multi_thread")]
async fn batches_that_meet_in_many_rows_wait_for_each_other_in_one_order() {
    on_both(async |store| {
        seeded(&store).await;
        let id = |number: usize| format!("ca_{number}");
        for number in 0..40 {
            let one = account(&id(number), "app_1", "ac_1", "u1", &format!("s{number}"));
            assert!(store.insert_account(&one).await.unwrap());
        }
        let uses: Vec<_> =
            (0..40).map(|number| (LastUse::Account(AccountId::new(id(number))), at(9))).collect();
        let reversed: Vec<_> = uses.iter().rev().cloned().collect();
        let writers = [uses.clone(), reversed, uses].map(|uses| {
            let store = store.clone();
            tokio::spawn(async move {
                for _ in 0..20 {
                    store.insert_audit(&[], &uses).await.unwrap();
                }
            })
        });
        for writer in writers {
            writer.await.unwrap();
        }
    })
    .await;
}
