//! Executions are written ahead, and an idempotency key is answered from what was stored.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::{Begun, Execution, ExecutionId, ExecutionState, SealedColumn};

use crate::error::{Code, Error, Kind, Result};
use crate::execute::Call;
use crate::sweep::IDEMPOTENCY_LIFE;
use crate::{Engine, places};

/// A larger result is answered once and not kept.
const MOST_BYTES: usize = 256 * 1024;
const MOST_CHARACTERS: usize = 255;

/// Whether to go on.
pub(crate) enum Turn {
    /// Written ahead under this id.
    Execute(ExecutionId),
    /// Answered by an earlier execution with the same key.
    Answered(Value),
}

impl Engine {
    /// Writes an execution ahead, or finds what its key was answered with.
    pub(crate) async fn begin(&self, call: &Call) -> Result<Turn> {
        let now = self.now();
        if let Some(key) = &call.idempotency_key {
            let length = key.chars().count();
            if length == 0 || length > MOST_CHARACTERS || key.chars().any(char::is_control) {
                return Err(Error::invalid_at(
                    "/idempotency_key",
                    "must have 1 to 255 characters and no control characters",
                ));
            }
        }
        let mut execution = Execution {
            id: call.id.clone(),
            app_id: call.app.clone(),
            user_id: call.user.clone(),
            account_id: call.account.as_ref().map(|account| account.id.clone()),
            tool: call.tool.clone(),
            idempotency_key: call.idempotency_key.clone(),
            fingerprint: fingerprint(call),
            state: ExecutionState::Started,
            sealed_result: None,
            created_at: now.into(),
            finished_at: None,
        };
        match self.store.begin_execution(&mut execution).await? {
            Begun::Fresh => Ok(Turn::Execute(execution.id)),
            Begun::Earlier(earlier) if over(&earlier, now) => {
                self.store.release_idempotency_keys((now - IDEMPOTENCY_LIFE).into()).await?;
                match self.store.begin_execution(&mut execution).await? {
                    Begun::Fresh => Ok(Turn::Execute(execution.id)),
                    Begun::Earlier(earlier) => {
                        self.answer_from(&earlier, &execution.fingerprint).map(Turn::Answered)
                    }
                }
            }
            Begun::Earlier(earlier) => self.answer_from(&earlier, &execution.fingerprint).map(Turn::Answered),
        }
    }

    fn answer_from(&self, earlier: &Execution, fingerprint: &[u8]) -> Result<Value> {
        if earlier.fingerprint != fingerprint {
            return Err(conflict(
                "idempotency_key_reused",
                "This idempotency key was used with other arguments",
                "Use a new key for a new call.",
            ));
        }
        match (earlier.state, &earlier.sealed_result) {
            (ExecutionState::Succeeded, Some(_)) => self.open_kept(earlier),
            (ExecutionState::Succeeded, None) => Err(conflict(
                "result_not_kept",
                "The call with this idempotency key succeeded; its result was too large to keep",
                "Read what it made with a reading tool.",
            )),
            (ExecutionState::Unknown, Some(_)) => {
                Err(unknown_outcome().with_details(self.open_kept(earlier)?))
            }
            (ExecutionState::Unknown, None) => Err(unknown_outcome()),
            (ExecutionState::Started | ExecutionState::Failed, _) => Err(conflict(
                "in_progress",
                "The call with this idempotency key is still under way",
                "Send the same request again in a few seconds to get its result.",
            )),
        }
    }

    /// What was kept of an execution: its result, or the details of what is known of it.
    fn open_kept(&self, earlier: &Execution) -> Result<Value> {
        let Some(sealed) = &earlier.sealed_result else { return Ok(Value::Null) };
        let opened = self.vault.open(&places::execution_result(&earlier.app_id, &earlier.id), &sealed.0)?;
        serde_json::from_slice(secrecy::ExposeSecret::expose_secret(&opened)).map_err(Error::internal)
    }

    /// Writes down how it ended. Fails for nobody: what the provider did, it did.
    pub(crate) async fn finish(&self, call: &Call, result: &Result<Value>) {
        let (state, kept) = match result {
            Ok(value) => {
                (ExecutionState::Succeeded, call.idempotency_key.is_some().then(|| value.to_string()))
            }
            // A read that failed has done nothing: its key may be used again.
            Err(error) if is_unknown(error) && !call.effect.is_read() => {
                let details = error.details().filter(|_| call.idempotency_key.is_some());
                (ExecutionState::Unknown, details.map(ToString::to_string))
            }
            Err(_) => (ExecutionState::Failed, None),
        };
        let sealed = kept.filter(|text| text.len() <= MOST_BYTES).map(|text| {
            SealedColumn(self.vault.seal(&places::execution_result(&call.app, &call.id), text.as_bytes()))
        });
        if let Err(error) =
            self.store.finish_execution(&call.id, state, sealed.as_ref(), self.now().into()).await
        {
            tracing::error!(%error, execution = %call.id, "the end of an execution could not be stored");
        }
    }
}

fn over(earlier: &Execution, now: jiff::Timestamp) -> bool {
    now.duration_since(*earlier.created_at) > IDEMPOTENCY_LIFE
}

/// The same request of the same user. Not the account's row, which a reconnect may have made anew.
fn fingerprint(call: &Call) -> Vec<u8> {
    let subject = call.account.as_ref().map(|account| account.subject.as_str());
    let user = call.user.as_str();
    let request = json!([call.tool, user, subject, sorted(&call.arguments), call.raw, call.text_limit]);
    Sha256::digest(request.to_string()).to_vec()
}

/// The same value with the members of every object in one order.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let sorted: BTreeMap<&String, Value> =
                fields.iter().map(|(name, value)| (name, sorted(value))).collect();
            Value::Object(sorted.into_iter().map(|(name, value)| (name.clone(), value)).collect())
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

/// Whether a repetition might act twice.
fn is_unknown(error: &Error) -> bool {
    error.details().is_some_and(|details| details["outcome"] == "unknown" || details["outcome"] == "partial")
}

/// The provider may have acted, and a repetition might act twice.
pub(crate) fn unknown_outcome() -> Error {
    Error::new(
        Code::IntegrationsExecutionFailed,
        Kind::Upstream,
        "No usable answer came from the provider; it may or may not have acted",
        "Check with a reading tool whether it took effect before you try again.",
    )
    .with_details(json!({ "outcome": "unknown" }))
}

fn conflict(reason: &str, message: &str, remediation: &str) -> Error {
    Error::new(Code::IntegrationsExecutionFailed, Kind::Conflict, message, remediation)
        .with_details(json!({ "reason": reason }))
}
