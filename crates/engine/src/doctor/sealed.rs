//! What needs the vault keys: whether everything sealed opens, and which tokens nobody can renew.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use store::{AccountId, SealedField, SealedRow, Store, StoreError};
use vault::{OpenError, Vault};

use super::{Examination, Level};
use crate::grant::{self, Grant};
use crate::places;
use crate::vault_keys::{CHECK, PAGE};

/// Somebody should hear of it this long before a token ends that cannot be renewed.
const SOON: SignedDuration = SignedDuration::from_hours(72);

/// What a field holds, as an operator would say it.
fn plural(field: SealedField) -> &'static str {
    match field {
        SealedField::Instance => "values of the instance",
        SealedField::TokenSecret => "token secrets of apps",
        SealedField::ClientSecrets => "OAuth client secrets",
        SealedField::CodeVerifier => "connects under way",
        SealedField::Grant => "grants of connected accounts",
        SealedField::ExecutionResult => "kept results of executions",
        SealedField::ExecutionCall => "kept arguments of executions",
    }
}

pub(super) async fn check_keys(
    store: &Store,
    vault: &Vault,
    report: &mut Examination,
) -> Result<(), StoreError> {
    let ids: Vec<&str> = vault.key_ids().collect();
    let Some(sealed) = store.find_instance_value(CHECK).await? else {
        report.add(
            "vault_keys",
            Level::Warning,
            "nothing was ever served from this database",
            "Start `bbi serve` on it, or check which database is meant.",
        );
        return Ok(());
    };
    match vault.open(&places::instance(CHECK), &sealed.0) {
        Ok(_) => report.fine("vault_keys", format!("the keys fit ({})", ids.join(", "))),
        Err(error) => report.add(
            "vault_keys",
            Level::Problem,
            format!("the keys do not fit this database: {error}"),
            "Put the keys it was written under into BBI_VAULT_KEYS; without them its secrets are lost.",
        ),
    }
    Ok(())
}

/// Sealed rows that do not open, of one kind under one key.
struct Unreadable {
    rows: u64,
    first: String,
    why: OpenError,
}

pub(super) async fn check_rows(
    store: &Store,
    vault: &Vault,
    report: &mut Examination,
) -> Result<(), StoreError> {
    let mut opened: BTreeMap<String, u64> = BTreeMap::new();
    for field in SealedField::ALL {
        let mut unreadable: BTreeMap<String, Unreadable> = BTreeMap::new();
        let mut after = (String::new(), i64::MIN);
        loop {
            let rows = store.list_sealed(field, &after.0, after.1, PAGE).await?;
            let Some(last) = rows.last() else { break };
            after = (last.row_id.clone(), last.generation);
            for row in &rows {
                let key = row.sealed.0.key_id().unwrap_or("no key of ours").to_owned();
                match open(vault, field, row) {
                    Ok(()) => *opened.entry(key).or_default() += 1,
                    Err(why) => {
                        let first = row.row_id.clone();
                        unreadable.entry(key).or_insert(Unreadable { rows: 0, first, why }).rows += 1;
                    }
                }
            }
        }
        for (key, Unreadable { rows, first, why }) in unreadable {
            let what = plural(field);
            report.add(
                "sealed",
                Level::Problem,
                format!("{rows} {what} do not open, sealed under {key}; the first is {first}"),
                advice(field, &why),
            );
        }
    }
    let total: u64 = opened.values().sum();
    let by_key: Vec<String> = opened.iter().map(|(key, rows)| format!("{rows} under {key}")).collect();
    if total > 0 {
        report.fine("sealed", format!("{total} sealed secrets open: {}", by_key.join(", ")));
    }
    Ok(())
}

pub(crate) fn open(vault: &Vault, field: SealedField, row: &SealedRow) -> Result<(), OpenError> {
    let place = places::place(field, &row.app_id, &row.row_id, row.generation);
    vault.open(&place, &row.sealed.0).map(drop)
}

fn advice(field: SealedField, why: &OpenError) -> &'static str {
    match (why, field) {
        (OpenError::UnknownKey(_), _) => "Add that key to BBI_VAULT_KEYS again, behind the newest.",
        (_, SealedField::Grant) => {
            "The key is another of that name, or the row was changed from outside: restore a backup, or let these \
             users connect again."
        }
        (_, SealedField::ClientSecrets) => {
            "The key is another of that name, or the row was changed from outside: restore a backup, or give the \
             credentials again with `configure`."
        }
        _ => "The key is another of that name, or the row was changed from outside: restore a backup.",
    }
}

/// Whether a token ends before `end` with nothing to renew it.
fn ends_for_good(grant: &Grant, end: Timestamp) -> bool {
    if grant.is_minted() {
        return false;
    }
    let tokens = grant.tokens().into_iter().flat_map(BTreeMap::values);
    tokens
        .filter(|token| token.refresh_token.is_none())
        .any(|token| token.expires_at.is_some_and(|expires| expires <= end))
}

pub(super) async fn check_ending(
    store: &Store,
    vault: &Vault,
    now: Timestamp,
    report: &mut Examination,
) -> Result<(), StoreError> {
    let end = now + SOON;
    let mut by_toolkit: BTreeMap<String, i64> = BTreeMap::new();
    let mut after = AccountId::new("");
    loop {
        let accounts = store.list_ending_accounts(end.into(), &after, PAGE).await?;
        let Some(last) = accounts.last() else { break };
        after = last.id.clone();
        for account in &accounts {
            // What does not open has its own line.
            if grant::open(vault, account).is_ok_and(|grant| ends_for_good(&grant, end)) {
                *by_toolkit.entry(account.toolkit.clone()).or_default() += 1;
            }
        }
    }
    let next = "Their users must connect again by then; if the provider issues refresh tokens, ask for them.";
    for (toolkit, count) in &by_toolkit {
        let what = format!("accounts of {toolkit} end within three days, without a refresh token");
        report.count("ending", Level::Warning, *count, &what, next);
    }
    if by_toolkit.is_empty() {
        report.fine("ending", "every token that ends soon can be renewed");
    }
    Ok(())
}
