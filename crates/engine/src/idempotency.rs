//! Executions are written ahead, and an idempotency key is answered from what was stored.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::{AppId, Begun, Ending, Execution, ExecutionId, ExecutionState, SealedColumn};

use crate::checks::Kept;
use crate::error::{Code, Error, Kind, Result};
use crate::execute::Call;
use crate::executions::named;
use crate::sweep::IDEMPOTENCY_LIFE;
use crate::{Engine, places};

/// A larger result is answered once and not kept.
const MOST_BYTES: usize = 256 * 1024;
const MOST_CHARACTERS: usize = 255;
/// A key is released or its failed call begun again between one and the next.
const MOST_TURNS: usize = 4;

/// Whether to go on.
pub(crate) enum Turn {
    /// Written ahead under this id, at this time.
    Execute { id: ExecutionId, began: Timestamp },
    /// Answered by an earlier execution with the same key.
    Answered { id: ExecutionId, data: Value },
}

impl Engine {
    /// Writes an execution ahead, or finds what its key was answered with. `kept` is what finding out its outcome
    /// would need.
    pub(crate) async fn begin(&self, call: &Call, kept: Option<&Kept>) -> Result<Turn> {
        check_key(call.idempotency_key.as_deref())?;
        let mut execution = self.written_ahead(call, kept);
        for _ in 0..MOST_TURNS {
            let now = self.now();
            let began = now.into();
            (execution.created_at, execution.check_at) = (began, kept.map(|_| began));
            let begun = match self.store.begin_execution(&execution).await {
                // It may be written, and only the word of it lost: then the key names this very call.
                Err(error) if error.is_outage() && execution.idempotency_key.is_some() => {
                    self.store.begin_execution(&execution).await?
                }
                begun => begun?,
            };
            let earlier = match begun {
                Begun::Fresh => return Ok(Turn::Execute { id: execution.id, began: now }),
                Begun::Earlier(own) if own.id == execution.id && own.state == ExecutionState::Started => {
                    return Ok(Turn::Execute { id: own.id, began: now });
                }
                Begun::Earlier(earlier) => *earlier,
            };
            if over(&earlier, now) {
                self.store.release_idempotency_keys((now - IDEMPOTENCY_LIFE).into()).await?;
                continue;
            }
            if earlier.fingerprint != execution.fingerprint {
                let error = conflict(
                    "idempotency_key_reused",
                    "This idempotency key was used with other arguments",
                    "Use a new key for a new call.",
                );
                return Err(named(error, &call.app, &earlier.id, false));
            }
            let earlier = self.settle_execution(earlier).await?;
            if earlier.state != ExecutionState::Failed {
                let data = self.answer_from(&earlier);
                let data =
                    data.map_err(|error| named(error, &call.app, &earlier.id, earlier.check_at.is_some()))?;
                return Ok(Turn::Answered { id: earlier.id, data });
            }
            let again = Execution { id: earlier.id, ..execution.clone() };
            let again = Execution { sealed_call: self.seal_kept(&again.app_id, &again.id, kept), ..again };
            if self.store.restart_execution(&again).await? {
                return Ok(Turn::Execute { id: again.id, began: now });
            }
        }
        Err(in_progress())
    }

    fn written_ahead(&self, call: &Call, kept: Option<&Kept>) -> Execution {
        Execution {
            id: call.id.clone(),
            app_id: call.app.clone(),
            user_id: call.user.clone(),
            account_id: call.account.as_ref().map(|account| account.id.clone()),
            tool: call.tool.clone(),
            idempotency_key: call.idempotency_key.clone(),
            fingerprint: fingerprint(call),
            state: ExecutionState::Started,
            sealed_result: None,
            created_at: self.now().into(),
            finished_at: None,
            sealed_call: self.seal_kept(&call.app, &call.id, kept),
            check_at: None,
            checks: 0,
        }
    }

    fn answer_from(&self, earlier: &Execution) -> Result<Value> {
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
            (ExecutionState::Started | ExecutionState::Failed, _) => Err(in_progress()),
        }
    }

    /// What was kept of an execution: its result, or the details of what is known of it.
    pub(crate) fn open_kept(&self, earlier: &Execution) -> Result<Value> {
        let Some(sealed) = &earlier.sealed_result else { return Ok(Value::Null) };
        let opened = self.vault.open(&places::execution_result(&earlier.app_id, &earlier.id), &sealed.0)?;
        serde_json::from_slice(secrecy::ExposeSecret::expose_secret(&opened)).map_err(Error::internal)
    }

    /// Writes down how it ended. Fails for nobody: what the provider did, it did.
    pub(crate) async fn finish(
        &self,
        call: &Call,
        began: Timestamp,
        result: &Result<Value>,
        kept: Option<&Kept>,
    ) {
        let now = self.now();
        let (state, text, check_at) = match result {
            Ok(value) => {
                (ExecutionState::Succeeded, call.idempotency_key.is_some().then(|| value.to_string()), None)
            }
            // A read that failed has done nothing: its key may be used again.
            Err(error) if is_unknown(error) && !call.effect.is_read() => {
                let details = error.details().filter(|_| call.idempotency_key.is_some());
                let check_at = kept.map(|kept| kept.next_check(now, 0, now).into());
                (ExecutionState::Unknown, details.map(ToString::to_string), check_at)
            }
            Err(_) => (ExecutionState::Failed, None, None),
        };
        let sealed_result = text.and_then(|text| self.seal_result(&call.app, &call.id, &text));
        let ending = Ending { state, sealed_result, at: now.into(), check_at };
        if let Err(error) = self.store.finish_execution(&call.id, began.into(), &ending).await {
            tracing::error!(%error, execution = %call.id, "the end of an execution could not be stored");
        }
    }

    /// Nothing where it is too large to keep.
    pub(crate) fn seal_result(&self, app: &AppId, id: &ExecutionId, text: &str) -> Option<SealedColumn> {
        let place = places::execution_result(app, id);
        (text.len() <= MOST_BYTES).then(|| SealedColumn(self.vault.seal(&place, text.as_bytes())))
    }
}

fn check_key(key: Option<&str>) -> Result<()> {
    let length = key.map(|key| key.chars().count());
    let controls = key.is_some_and(|key| key.chars().any(char::is_control));
    if length.is_some_and(|length| length == 0 || length > MOST_CHARACTERS) || controls {
        let message = "must have 1 to 255 characters and no control characters";
        return Err(Error::invalid_at("/idempotency_key", message));
    }
    Ok(())
}

fn over(earlier: &Execution, now: Timestamp) -> bool {
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
pub(crate) fn is_unknown(error: &Error) -> bool {
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

fn in_progress() -> Error {
    conflict(
        "in_progress",
        "The call with this idempotency key is still under way",
        "Send the same request again in a few seconds to get its result.",
    )
}

fn conflict(reason: &str, message: &str, remediation: &str) -> Error {
    Error::new(Code::IntegrationsExecutionFailed, Kind::Conflict, message, remediation)
        .with_details(json!({ "reason": reason }))
}
