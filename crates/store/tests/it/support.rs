//! Both databases, and rows to put into them.

use jiff::Timestamp;
use serde_json::json;
use store::{
    AccountId, AccountStatus, ApiKey, App, AppId, AuthConfig, AuthConfigId, ConnectRequest, ConnectRequestId,
    ConnectStatus, ConnectedAccount, Execution, ExecutionId, ExecutionState, HostedConfig, HostedRemoval,
    Json, KeyId, KeyScope, Location, SealedColumn, Store, Time, UserId,
};
use tempfile::TempDir;
use vault::Sealed;

/// Runs a test on an empty SQLite and an empty PostgreSQL, there also through a pooler.
pub(crate) async fn on_both(test: impl AsyncFn(Store)) {
    let directory = TempDir::new().unwrap();
    let sqlite = Location::Sqlite(directory.path().join("bbi.db"));
    let postgres =
        throwaway_postgres::empty_schema().map(|url| Location::Postgres { url, migrate_url: None });
    let pooled = throwaway_postgres::pooled_database()
        .map(|(url, direct)| Location::Postgres { url, migrate_url: Some(direct) });
    for location in [Some(sqlite), postgres, pooled].into_iter().flatten() {
        let store = Store::open(&location).await.unwrap();
        test(store.clone()).await;
        store.close().await;
    }
}

pub(crate) fn at(seconds: i64) -> Time {
    Timestamp::from_second(1_700_000_000 + seconds).unwrap().into()
}

pub(crate) fn sealed(text: &str) -> SealedColumn {
    SealedColumn(Sealed::from_bytes(text.as_bytes().to_vec()))
}

pub(crate) fn app(id: &str) -> App {
    App {
        id: AppId::new(id),
        name: format!("App {id}"),
        allowed_origins: Json(vec![]),
        confirm_connections: false,
        token_settings: None,
        token_secret: None,
        created_at: at(0),
    }
}

pub(crate) fn key(id: &str, app: &str) -> ApiKey {
    ApiKey {
        id: KeyId::new(id),
        app_id: AppId::new(app),
        name: "first".into(),
        scope: KeyScope::Admin,
        prefix: "bb_sk_0000".into(),
        hash: id.as_bytes().to_vec(),
        created_at: at(0),
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    }
}

pub(crate) fn config(id: &str, app: &str) -> AuthConfig {
    AuthConfig {
        id: AuthConfigId::new(id),
        app_id: AppId::new(app),
        toolkit: "gmail".into(),
        display_name: "Gmail".into(),
        enabled: true,
        scopes: Json(vec!["gmail.send".into()]),
        auth_scheme: "OAUTH2".into(),
        managed: true,
        backend: "native".into(),
        client_version: Some(1),
        revision: 1,
        created_at: at(0),
        updated_at: at(0),
    }
}

pub(crate) fn account(id: &str, app: &str, config: &str, user: &str, subject: &str) -> ConnectedAccount {
    ConnectedAccount {
        id: AccountId::new(id),
        app_id: AppId::new(app),
        user_id: UserId::new(user),
        toolkit: "gmail".into(),
        auth_config_id: AuthConfigId::new(config),
        auth_scheme: "OAUTH2".into(),
        client_version: Some(1),
        provider: "google".into(),
        client_id: "client".into(),
        subject: subject.into(),
        grant_subject: subject.into(),
        label: Some(format!("{subject}@example.com")),
        facts: Json(json!({"nul": "a\u{0}b"})),
        scopes: Json(vec!["gmail.send".into()]),
        status: AccountStatus::Active,
        status_reason: None,
        sealed_grant: sealed("grant 1"),
        generation: 1,
        expires_at: Some(at(3600)),
        lease_owner: None,
        lease_expires_at: None,
        refresh_intent: None,
        refresh_retry_at: None,
        confirm_hash: None,
        connected_at: at(0),
        updated_at: at(0),
        last_used_at: None,
        remote_id: None,
    }
}

pub(crate) fn request(id: &str, app: &str, config: &str, created: i64) -> ConnectRequest {
    ConnectRequest {
        id: ConnectRequestId::new(id),
        app_id: AppId::new(app),
        user_id: UserId::new("u1"),
        toolkit: "gmail".into(),
        auth_config_id: AuthConfigId::new(config),
        client_version: None,
        scopes: Json(vec!["gmail.send".into()]),
        redirect_url: None,
        status: ConnectStatus::Pending,
        reason: None,
        account_id: None,
        created_at: at(created),
        expires_at: at(created + 1800),
        redirect_uri: None,
        sealed_verifier: None,
        state_expires_at: None,
        remote_account: None,
    }
}

/// An app `app_1` with key `key_1` and an enabled gmail `ac_1`.
pub(crate) async fn seeded(store: &Store) {
    store.insert_app(&app("app_1"), &key("key_1", "app_1")).await.unwrap();
    assert!(store.put_auth_config(&config("ac_1", "app_1"), None, None).await.unwrap());
}

/// Of jira at Composio, where nothing was done for it yet.
pub(crate) fn hosted_config(id: &str) -> HostedConfig {
    HostedConfig {
        auth_config_id: AuthConfigId::new(id),
        app_id: AppId::new("app_1"),
        toolkit: "jira".into(),
        remote_toolkit: "jira".into(),
        remote_id: None,
        fingerprint: None,
        enabled: false,
        wanted: 0,
        settled: 0,
        failure: None,
        attempts: 0,
        retry_at: None,
        lease_owner: None,
        lease_expires_at: None,
        checked_at: at(0),
    }
}

pub(crate) fn removal(remote_id: &str, due_at: Time) -> HostedRemoval {
    HostedRemoval {
        remote_id: remote_id.to_owned(),
        remote_config: "ac_remote".to_owned(),
        revokes: false,
        due_at,
        attempts: 0,
    }
}

/// Begun at 0 by `u1`.
pub(crate) fn execution(id: &str, key: Option<&str>) -> Execution {
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
        sealed_call: None,
        check_at: None,
        checks: 0,
    }
}
