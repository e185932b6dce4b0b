//! What the writer does to its accounts, one operation after another, and what an account looks like after each. Known
//! beforehand, so that whoever finds a database can say how far it came.

use jiff::Timestamp;
use secrecy::ExposeSecret as _;
use store::{AccountStatus, AppId, ConnectedAccount, GrantUpdate, Lease, SealedColumn, Store, Time};
use vault::{KeyRing, Place, Vault};

use crate::support::{account, at};

pub(crate) const ACCOUNTS: usize = 6;
const KEY: &str = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const GRANT_BYTES: usize = 1024;
/// Several pages a row, so that a commit is many writes and the log is checkpointed now and then.
const LABEL_BYTES: usize = 24 * 1024;
const SECONDS: i64 = 10;

#[derive(Debug, Clone, Copy)]
enum Operation {
    Connect,
    TakeLease,
    Commit,
    Abandon,
    Reconnect,
    BeginDisconnect,
    Delete,
}

/// Again and again.
const SCRIPT: [Operation; 12] = [
    Operation::Connect,
    Operation::TakeLease,
    Operation::Commit,
    Operation::TakeLease,
    Operation::Abandon,
    Operation::TakeLease,
    Operation::Commit,
    Operation::TakeLease,
    Operation::Reconnect,
    Operation::TakeLease,
    Operation::BeginDisconnect,
    Operation::Delete,
];

/// An account as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expected {
    generation: i64,
    /// The operation that made its grant.
    granted: usize,
    /// The operation that took its lease.
    owner: Option<String>,
    has_intent: bool,
    reason: Option<String>,
}

/// After that many operations.
pub(crate) fn expected(done: usize) -> Option<Expected> {
    let mut account: Option<Expected> = None;
    for number in (done - done % SCRIPT.len())..done {
        let now = account.take();
        account = match (SCRIPT[number % SCRIPT.len()], now) {
            (Operation::Connect, _) => Some(granted(1, number)),
            (Operation::TakeLease, Some(now)) => {
                Some(Expected { owner: Some(format!("owner {number}")), has_intent: true, ..now })
            }
            (Operation::Abandon, Some(now)) => Some(now),
            (Operation::Commit | Operation::Reconnect, Some(now)) => {
                Some(granted(now.generation + 1, number))
            }
            (Operation::BeginDisconnect, Some(now)) => {
                let reason = Some("disconnecting".to_owned());
                Some(Expected { owner: None, has_intent: false, reason, ..now })
            }
            (Operation::Delete, _) | (_, None) => None,
        };
    }
    account
}

fn granted(generation: i64, granted: usize) -> Expected {
    Expected { generation, granted, owner: None, has_intent: false, reason: None }
}

/// The account in the database; an error where its grant does not open.
pub(crate) async fn found(store: &Store, index: usize) -> Result<Option<Expected>, String> {
    let id = format!("ca_{index}");
    let row = store.find_account(&AppId::new("app_1"), &store::AccountId::new(id.as_str())).await;
    let Some(row) = row.map_err(|error| error.to_string())? else { return Ok(None) };
    if row.label.is_none_or(|label| label != "l".repeat(LABEL_BYTES)) {
        return Err(format!("the label of {id} is torn"));
    }
    let opened = vault().open(&place(&id, row.generation), &row.sealed_grant.0);
    let opened = opened.map_err(|error| format!("the grant of {id}: {error}"))?;
    let granted = opened.expose_secret()[..8].try_into().expect("a grant begins with a number");
    Ok(Some(Expected {
        generation: row.generation,
        granted: usize::from_le_bytes(granted),
        owner: row.lease_owner,
        has_intent: row.refresh_intent.is_some(),
        reason: row.status_reason,
    }))
}

/// Does the next operation on an account.
pub(crate) async fn operate(store: &Store, index: usize, number: usize) {
    let id = format!("ca_{index}");
    let before = expected(number).unwrap_or(granted(0, 0));
    let app = AppId::new("app_1");
    let mut row = account(&id, "app_1", "ac_1", "u1", &id);
    row.label = Some("l".repeat(LABEL_BYTES));
    let lease = Lease {
        account: row.id.clone(),
        generation: before.generation,
        owner: before.owner.unwrap_or_default(),
    };
    let (now, next) = (time(number), before.generation + 1);
    let sealed_grant = sealed(&id, next, number);
    let found = async || store.find_account(&app, &row.id).await.unwrap().unwrap();
    let done = match SCRIPT[number % SCRIPT.len()] {
        Operation::Connect => {
            row.sealed_grant = sealed_grant;
            store.insert_account(&row).await.unwrap()
        }
        Operation::TakeLease => {
            let (seen, owner) = (found().await, format!("owner {number}"));
            store
                .acquire_lease(&seen, &owner, Some(b"intent".as_slice()), now, plus(now, SECONDS / 2))
                .await
                .unwrap()
        }
        Operation::Commit => {
            let update =
                GrantUpdate { sealed_grant, expires_at: None, scopes: None, client_version: None, now };
            store.commit_refresh(&lease, &update).await.unwrap()
        }
        Operation::Abandon => store.abandon_lease(&lease, plus(now, 1), now).await.unwrap(),
        Operation::Reconnect => {
            let connected = ConnectedAccount { generation: next, sealed_grant, ..found().await };
            store.replace_account(&connected).await.unwrap()
        }
        Operation::BeginDisconnect => {
            let taken = store.begin_disconnect(&app, &row.id, now).await.unwrap().unwrap();
            taken.status == AccountStatus::Inactive
        }
        Operation::Delete => store.delete_account(&row.id, before.generation).await.unwrap(),
    };
    assert!(done, "account {index}, operation {number}");
}

fn vault() -> Vault {
    Vault::new(KeyRing::parse(KEY).unwrap())
}

fn place(id: &str, generation: i64) -> Place<'_> {
    Place { app: "app_1", row: id, field: "grant", generation }
}

fn sealed(id: &str, generation: i64, number: usize) -> SealedColumn {
    let mut grant = vec![0; GRANT_BYTES];
    grant[..8].copy_from_slice(&number.to_le_bytes());
    SealedColumn(vault().seal(&place(id, generation), &grant))
}

fn time(number: usize) -> Time {
    at(i64::try_from(number).expect("operations are few") * SECONDS)
}

fn plus(time: Time, seconds: i64) -> Time {
    Timestamp::from_second(time.as_second() + seconds).expect("in this century").into()
}
