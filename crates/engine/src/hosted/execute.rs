//! Executing through Composio: sent once with the account named, and its answers in our words.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use composio::{Executed, NewExecution, Refusal};
use executor::cut;
use serde_json::{Value, json};
use store::ConnectedAccount;
use tokio::time::Instant;

use super::failures::{self, VENDOR, rate_limited, shown};
use super::tools::HostedTool;
use super::user_id::remote_user;
use super::{CallError, Group, Hosted};
use crate::Engine;
use crate::error::{Code, Error, Kind, Result};
use crate::execute::Call;
use crate::idempotency::unknown_outcome;
use crate::toolkits::KnownToolkit;

const DEADLINE: Duration = Duration::from_secs(30);
const MOST_TRIES: u32 = 3;
const BACKOFF: Duration = Duration::from_millis(200);
const USUAL_WAIT: Duration = Duration::from_secs(1);
/// How much of the provider's own words an error repeats.
const MOST_CHARACTERS: usize = 500;

/// A call of a tool that Composio carries out.
#[derive(Debug, Clone)]
pub(crate) struct HostedRun {
    pub(crate) call: Call,
    pub(crate) toolkit: KnownToolkit,
    pub(crate) tool: Arc<HostedTool>,
}

impl Engine {
    pub(crate) async fn execute_hosted(&self, run: &HostedRun) -> Result<Value> {
        let hosted = self.hosted()?;
        let executed = self.ask_to_execute(hosted, run).await?;
        if !executed.successful {
            return Err(refused(run, executed.reason().as_deref()));
        }
        if run.call.raw {
            return Ok(json!({ "data": executed.data, "successful": true }));
        }
        let mut result = with_members(executed.data, &run.tool.result);
        cut(&mut result, &[], run.call.text_limit);
        Ok(result)
    }

    async fn ask_to_execute(&self, hosted: &Hosted, run: &HostedRun) -> Result<Executed> {
        let deadline = Instant::now() + DEADLINE;
        let user = remote_user(&run.call.app, &run.call.user);
        // Never unnamed where there is one: the vendor would choose for us.
        let account = match &run.call.account {
            Some(account) => Some(account.remote_id.as_deref().ok_or_else(|| not_there(run, account))?),
            None => None,
        };
        let execution = NewExecution {
            connected_account_id: account,
            user_id: &user,
            arguments: &run.call.arguments,
            version: &run.tool.version,
        };
        let mut tries = 0;
        loop {
            tries += 1;
            let left = deadline.saturating_duration_since(Instant::now());
            let sent = hosted.client.execute(&run.tool.remote_name, &execution, left);
            let error = match hosted.once(Group::Executions, sent).await {
                Ok(executed) => return Ok(executed),
                Err(error) => error,
            };
            let wait = match error.refusal() {
                Some(refusal) if refusal.status == 429 => refusal.retry_after.unwrap_or(USUAL_WAIT * tries),
                _ => BACKOFF * tries,
            };
            let room = tries < MOST_TRIES && wait < deadline.saturating_duration_since(Instant::now());
            if !room || !may_repeat(run, &error) {
                return Err(self.not_executed(hosted, run, error).await);
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Why a call brought nothing, in our words. What it says of the account is looked into.
    async fn not_executed(&self, hosted: &Hosted, run: &HostedRun, error: CallError) -> Error {
        let reads = run.call.effect.is_read();
        let Some(refusal) = error.refusal().cloned() else {
            return match error.is_harmless() || reads {
                true => failures::not_executed(error),
                false => unknown_outcome().with_source(anyhow::anyhow!("{error:?}")),
            };
        };
        match refusal.status {
            401 | 403 => failures::not_executed(error),
            429 => rate_limited(refusal.retry_after),
            408 | 500.. if reads => failures::not_executed(error),
            408 | 500.. => {
                unknown_outcome().with_details(json!({ "outcome": "unknown", "provider": shown(&refusal) }))
            }
            404 if refusal.slug.as_deref() == Some("Tool_ToolNotFound") => no_such_tool(run),
            _ => match speaks_of_account(&refusal).zip(run.call.account.as_ref()) {
                Some((said, account)) => self.account_ended(hosted, run, account, said).await,
                None if refusal.status == 410 => no_such_tool(run),
                None => refused_by_vendor(run, &refusal),
            },
        }
    }

    /// The vendor says that the account is not, or no longer, to be used. It is asked about the account itself before
    /// anything is written down.
    async fn account_ended(
        &self,
        hosted: &Hosted,
        run: &HostedRun,
        account: &ConnectedAccount,
        said: Said,
    ) -> Error {
        match (self.doubt(hosted, account).await, said) {
            // Whatever became of the question: the call itself was refused.
            (Err(error), _) => {
                let error = failures::not_executed(error);
                let mut details = error.details().cloned().unwrap_or_default();
                details["outcome"] = "not_sent".into();
                error.with_details(details)
            }
            (Ok(Some(reason)), Said::Ended) => self.expired(account, Some(reason)).await,
            (Ok(Some(_)), Said::Absent) => {
                let name = run.toolkit.display_name();
                let url = self.reconnect_url(account, &[]).await;
                Error::new(
                    Code::IntegrationsNotConnected,
                    Kind::Conflict,
                    format!("This user's connection to {name} is gone at {VENDOR}"),
                    "Have the user open `details.connect_url` and try again once it is connected.",
                )
                .with_details(json!({ "reason": "removed_at_composio", "connect_url": url }))
            }
            // It looks well by itself: a passing disagreement over there.
            (Ok(None), _) => Error::new(
                Code::IntegrationsExecutionFailed,
                Kind::Upstream,
                format!(
                    "{VENDOR} could not use the connection, though it says that nothing is wrong with it"
                ),
                "Try again in a little while; if it stays, disconnect the account and have the user connect again. The call was not carried out.",
            )
            .with_details(json!({ "outcome": "not_sent" })),
        }
    }
}

/// What a refusal says of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Absent,
    Ended,
}

fn speaks_of_account(refusal: &Refusal) -> Option<Said> {
    let absent = refusal.is(1803, "ActionExecute_NoConnectedAccount")
        || refusal.is(1810, "ActionExecute_ConnectedAccountNotFound")
        || refusal.is(1812, "ActionExecute_ConnectedAccountEntityIdMismatch");
    let ended = refusal.is(1820, "ActionExecute_ConnectedAccountExpired") || refusal.status == 422;
    match (absent, ended) {
        (true, _) => Some(Said::Absent),
        (_, true) => Some(Said::Ended),
        _ => None,
    }
}

/// Only what surely was not carried out, and what changes nothing, is sent again.
fn may_repeat(run: &HostedRun, error: &CallError) -> bool {
    match error {
        CallError::Shut(_) | CallError::Strangers | CallError::Store(_) => false,
        CallError::Vendor(error) => match error.refusal() {
            Some(refusal) => refusal.status == 429 || run.call.effect.is_read() && error.is_outage(),
            None => {
                error.is_harmless() && error.is_outage() || run.call.effect.is_read() && error.is_outage()
            }
        },
    }
}

/// The result with the members that the published form of the tool has besides.
fn with_members(mut data: Value, members: &BTreeMap<String, String>) -> Value {
    for (name, remote) in members {
        let found = data.get(remote).or_else(|| data.get("response_data")?.get(remote)).cloned();
        if let (Some(found), Some(object)) = (found, data.as_object_mut()) {
            object.entry(name.clone()).or_insert(found);
        }
    }
    data
}

/// The tool ran, and the provider or the tool's own check said no.
fn refused(run: &HostedRun, reason: Option<&str>) -> Error {
    let name = run.toolkit.display_name();
    let message = match reason.map(plain).filter(|reason| !reason.is_empty()) {
        Some(reason) => format!("{name} refused: {reason}"),
        None => format!("{name} refused"),
    };
    Error::new(
        Code::IntegrationsExecutionFailed,
        Kind::Refused,
        message,
        "Read the provider's reason, correct the arguments, and try again.",
    )
    .with_details(json!({ "reason": "provider_refused", "provider": { "via": "composio" } }))
}

fn refused_by_vendor(run: &HostedRun, refusal: &Refusal) -> Error {
    Error::new(
        Code::IntegrationsExecutionFailed,
        Kind::Refused,
        format!("{VENDOR} refused to carry out {}", run.tool.name),
        "Read `details.provider`, correct the arguments, and try again.",
    )
    .with_details(json!({ "reason": "provider_refused", "provider": shown(refusal) }))
}

/// An account whose grant is in our own vault, though Composio serves the toolkit by now.
fn not_there(run: &HostedRun, account: &ConnectedAccount) -> Error {
    let name = run.toolkit.display_name();
    Error::new(
        Code::IntegrationsNotConnected,
        Kind::Conflict,
        format!("This connection to {name} was made before the integration was configured anew"),
        "Disconnect it and connect again.",
    )
    .with_details(json!({ "connection_id": account.id }))
}

fn no_such_tool(run: &HostedRun) -> Error {
    Error::new(
        Code::IntegrationsExecutionFailed,
        Kind::NotFound,
        format!("{VENDOR} has no tool `{}` any more", run.tool.name),
        "Call `list_tools` with the toolkit to see what there is.",
    )
    .with_details(json!({ "reason": "unknown_tool", "suggestions": [] }))
}

/// Somebody else's text for a line of ours.
fn plain(text: &str) -> String {
    let one_line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let short: String = one_line.trim().chars().take(MOST_CHARACTERS).collect();
    if short.len() < one_line.trim().len() { format!("{short}...") } else { short }
}
