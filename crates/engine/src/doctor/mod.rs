//! An operator's examination of an instance: what is wrong, and what to do next. It reads beside whoever serves from
//! the same database, and changes nothing.

mod sealed;

pub(crate) use sealed::open;

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use store::{Leftovers, Location, OpenError, Store, StoreError};
use vault::{KeyRing, Vault};

use crate::StartError;
use crate::clock::Clock;
use crate::sweep::INTERRUPTED_AFTER;

/// Clocks further apart than this make leases and ends of tokens doubtful.
const CLOCKS_APART: SignedDuration = SignedDuration::from_secs(5);

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Ok,
    /// It heals by itself, or is for users to mend; worth a look if it stays or grows.
    Warning,
    /// It does not heal without the operator.
    Problem,
}

/// The outcome of one check.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// `schema`, `vault_keys`, `sealed`, `clock` and so on.
    pub check: &'static str,
    pub level: Level,
    pub message: String,
    /// What to do; absent where nothing is to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Everything that was looked at.
#[derive(Debug, Clone, Serialize)]
pub struct Examination {
    pub findings: Vec<Finding>,
}

impl Examination {
    pub fn worst(&self) -> Level {
        self.findings.iter().map(|finding| finding.level).max().unwrap_or(Level::Ok)
    }

    fn add(&mut self, check: &'static str, level: Level, message: impl Into<String>, next: &str) {
        let next = Some(next.to_owned()).filter(|next| !next.is_empty());
        self.findings.push(Finding { check, level, message: message.into(), next });
    }

    fn fine(&mut self, check: &'static str, message: impl Into<String>) {
        self.add(check, Level::Ok, message, "");
    }

    /// One line for a number that should be zero.
    fn count(&mut self, check: &'static str, level: Level, count: i64, what: &str, next: &str) {
        if count > 0 {
            self.add(check, level, format!("{count} {what}"), next);
        }
    }
}

/// Examines the instance that lives in `database`. Fails only where nothing can be said: no such database, no keys.
pub async fn examine(
    database: &Location,
    vault_keys: &SecretString,
    clock: &dyn Clock,
) -> Result<Examination, StartError> {
    let vault = Vault::new(KeyRing::parse(vault_keys.expose_secret())?);
    let mut report = Examination { findings: Vec::new() };
    let store = match Store::look(database).await {
        Ok(store) => store,
        Err(error) => {
            report.add("schema", Level::Problem, error.to_string(), schema_advice(&error).ok_or(error)?);
            return Ok(report);
        }
    };
    let found = look(&store, &vault, clock, &mut report).await;
    store.close().await;
    found?;
    Ok(report)
}

async fn look(
    store: &Store,
    vault: &Vault,
    clock: &dyn Clock,
    report: &mut Examination,
) -> Result<(), StoreError> {
    let version = store.find_schema_version().await?;
    report.fine("schema", format!("{} with schema {version}, which this program knows", store.kind()));
    sealed::check_keys(store, vault, report).await?;
    sealed::check_rows(store, vault, report).await?;
    check_clock(store, clock, report).await?;
    let now = clock.now();
    let leftovers = store.count_leftovers(now.into(), (now - INTERRUPTED_AFTER).into()).await?;
    check_leftovers(&leftovers, report);
    check_expired(&store.count_expired_accounts().await?, report);
    sealed::check_ending(store, vault, now, report).await
}

/// `None` where the database cannot be read at all.
fn schema_advice(error: &OpenError) -> Option<&'static str> {
    match error {
        OpenError::Newer(_) => {
            Some("Use the newer program that wrote it, or restore a backup from before it did.")
        }
        OpenError::Older { .. } => {
            Some("Start `bbi serve` of this version once: it brings the schema up to date. Back up before.")
        }
        OpenError::Differs(_) => Some(
            "The schema was changed by something else than a release; restore a backup, or ask for help.",
        ),
        _ => None,
    }
}

async fn check_clock(store: &Store, clock: &dyn Clock, report: &mut Examination) -> Result<(), StoreError> {
    let before = clock.now();
    let Some(theirs) = store.find_database_time().await? else { return Ok(()) };
    let ours = before + clock.now().duration_since(before) / 2;
    let apart = Timestamp::from(theirs).duration_since(ours);
    let text = format!("the database's clock is {:.1} s ahead of this machine's", apart.as_secs_f64());
    if apart.abs() > CLOCKS_APART {
        let next = "Let both machines follow one time server (NTP). Nodes go by the database's clock; certificates are \
                    compared with the node's, and providers count the lives of tokens by theirs.";
        report.add("clock", Level::Warning, text, next);
    } else {
        report.fine("clock", text);
    }
    Ok(())
}

fn check_leftovers(found: &Leftovers, report: &mut Examination) {
    use Level::{Problem, Warning};
    let before = report.findings.len();
    report.count(
        "refresh_leases",
        Warning,
        found.refresh_leases,
        "refreshes were interrupted: their lease has run out",
        "Nothing, if a node runs: the next use takes the lease over, and says so if the grant is lost.",
    );
    report.count(
        "hosted_leases",
        Warning,
        found.hosted_leases,
        "changes at Composio were interrupted: their lease has run out",
        "Nothing, if a node with COMPOSIO_API_KEY runs: it takes them over within a minute.",
    );
    report.count(
        "executions",
        Warning,
        found.started_executions,
        "executions never ended: their node crashed",
        "Nothing, if a node runs: it names their outcome unknown within two minutes. Otherwise start one.",
    );
    report.count(
        "executions",
        Warning,
        found.unknown_executions,
        "executions have an unknown outcome: the provider may have acted",
        "Nothing where a node can still find it out. `bbi executions list --state unknown` names them and says what to do.",
    );
    report.count(
        "disconnects",
        Warning,
        found.disconnecting,
        "disconnects are not finished: the provider has not taken the grant back yet",
        "Nothing, if a node runs: it tries again every minute. If it stays, look for `disconnect` in its log.",
    );
    report.count(
        "hosted_removals",
        Warning,
        found.hosted_removals,
        "accounts at Composio are due to be removed",
        "Nothing, if a node with COMPOSIO_API_KEY runs. If it stays, Composio refuses: see the log.",
    );
    report.count(
        "hosted_configs",
        Warning,
        found.unsettled_configs,
        "auth configs at Composio differ from ours",
        "Nothing, if a node with COMPOSIO_API_KEY runs. If it stays, Composio refuses: see the log.",
    );
    report.count(
        "clients",
        Problem,
        found.rejected_clients,
        "OAuth clients are refused by their provider: no token of theirs can be refreshed",
        "Check id and secret at the provider; give new ones with `rotate_credentials`, or in BBI_MANAGED__*.",
    );
    if report.findings.len() == before {
        report.fine("leftovers", "nothing was interrupted, and nothing waits to be finished");
    }
}

fn check_expired(by_reason: &[(String, i64)], report: &mut Examination) {
    let next = "Their users must connect again; until then each call answers with a link.";
    for (reason, count) in by_reason {
        report.count("expired", Level::Warning, *count, &format!("accounts have expired: {reason}"), next);
    }
    if by_reason.is_empty() {
        report.fine("expired", "no account waits to be connected again");
    }
}
