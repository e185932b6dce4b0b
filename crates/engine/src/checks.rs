//! Finding out what became of a write whose answer was lost, where its tool declares how: at once while the caller
//! waits, when somebody asks for it, and in the background. It only ever reads. That there is no trace counts once one
//! would have appeared; until then, and where the answers do not tell, the outcome stays unknown.

use std::time::Duration;

use catalog::Check;
use executor::{Progress, cut, shape};
use futures_util::stream::{self, StreamExt as _};
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::{AccountStatus, AppId, Ending, Execution, ExecutionId, ExecutionState, SealedColumn};
use tokio::time::{Instant, MissedTickBehavior};

use crate::Engine;
use crate::discover::grants;
use crate::error::{Error, Result};
use crate::execute::{Call, Run};
use crate::places;
use crate::steps::{cannot_render, unreadable};
use crate::sweep::INTERRUPTED_AFTER;

const EVERY: Duration = Duration::from_secs(15);
const MOST_AT_A_TIME: i64 = 20;
const AT_ONCE: usize = 4;
/// For all requests of a check that no caller waits for.
const DEADLINE: Duration = Duration::from_secs(15);
/// While the caller waits for the call itself: right away, and once more.
const PAUSE: Duration = Duration::from_secs(1);
/// After a check that told nothing; twice as long after each further one.
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(5);
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(15);

/// What is kept of a call so that its outcome can be found out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Kept {
    arguments: Value,
    raw: bool,
    text_limit: usize,
    settles_after: u64,
}

/// What a check saw.
#[derive(Debug)]
enum Trace {
    /// The tool's result, as the call itself would have had it.
    Found(Value),
    None,
    /// It could not be made, or its answers do not tell.
    Untold(Error),
}

/// Whether an unknown outcome can be looked for now.
enum Subject {
    Ready(Box<Run>),
    /// Its account waits for its user, or its toolkit is disabled.
    NotNow,
    /// What it would be looked for with is gone.
    Never,
}

impl Kept {
    /// Nothing where the tool declares no check, or the account has not granted what that needs.
    pub(crate) fn of(run: &Run) -> Option<Self> {
        let check = run.tool.check.as_ref()?;
        let account = run.call.account.as_ref()?;
        if !grants(&run.toolkit, &check.scopes, account) {
            return None;
        }
        let given = |name: &String| Some((name.clone(), run.call.arguments.get(name)?.clone()));
        let arguments: Map<String, Value> = check.arguments.iter().filter_map(given).collect();
        let settles_after = check.settles_after.as_secs();
        Some(Self {
            arguments: Value::Object(arguments),
            raw: run.call.raw,
            text_limit: run.call.text_limit,
            settles_after,
        })
    }

    /// From when on no trace means that there is nothing.
    fn settled_at(&self, ended: Timestamp) -> Timestamp {
        ended + SignedDuration::from_secs(i64::try_from(self.settles_after).unwrap_or(i64::MAX / 4))
    }

    /// When a call that ended without an answer at `ended` is looked for again, after so many checks.
    pub(crate) fn next_check(&self, ended: Timestamp, checks: i64, now: Timestamp) -> Timestamp {
        let doublings = u32::try_from(checks.clamp(0, 16)).unwrap_or_default();
        let next = now + (FIRST_WAIT * 2_i32.pow(doublings)).min(LONGEST_WAIT);
        let settled = self.settled_at(ended);
        if now < settled && settled < next { settled } else { next }
    }
}

impl Engine {
    pub(crate) fn seal_kept(
        &self,
        app: &AppId,
        id: &ExecutionId,
        kept: Option<&Kept>,
    ) -> Option<SealedColumn> {
        let text = serde_json::to_vec(kept?).expect("plain data can be written");
        Some(SealedColumn(self.vault.seal(&places::execution_call(app, id), &text)))
    }

    fn open_kept_call(&self, execution: &Execution) -> Result<Option<Kept>> {
        let Some(sealed) = &execution.sealed_call else { return Ok(None) };
        let place = places::execution_call(&execution.app_id, &execution.id);
        let opened = self.vault.open(&place, &sealed.0)?;
        serde_json::from_slice(opened.expose_secret()).map(Some).map_err(Error::internal)
    }

    /// Looks for a call that has just lost its answer, within its own deadline.
    pub(crate) async fn look_at_once(&self, run: &Run, kept: &Kept, began: Timestamp) -> Option<Value> {
        let check = run.tool.check.as_ref()?;
        let run = run.with(kept.arguments.clone());
        for pause in [Duration::ZERO, PAUSE] {
            if Instant::now() + pause >= run.call.deadline {
                break;
            }
            tokio::time::sleep(pause).await;
            match self.look(&run, check, began).await {
                Trace::Found(result) => return Some(result),
                Trace::None => {}
                Trace::Untold(error) => {
                    tracing::debug!(execution = %run.call.id, %error, "an outcome could not be looked for");
                }
            }
        }
        None
    }

    async fn look(&self, run: &Run, check: &Check, began: Timestamp) -> Trace {
        match self.take_check(run, check, began).await {
            Ok(Some(result)) => Trace::Found(result),
            Ok(None) => Trace::None,
            Err(error) => Trace::Untold(error),
        }
    }

    async fn take_check(&self, run: &Run, check: &Check, began: Timestamp) -> Result<Option<Value>> {
        let variables = run.variables(began);
        let mut progress = Progress::of_check(&run.toolkit, check, variables.clone());
        let mut session = self.session(run).await?;
        while let Some(due) = progress.due().map_err(|error| cannot_render(run, error))? {
            match self.attempt(run, &mut session, &due).await {
                Ok(reading) => progress.answered(reading).map_err(|error| cannot_render(run, error))?,
                Err(error) if says_absent(&error, check) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        let found = progress.found().map_err(|error| unreadable(run).with_source(error))?;
        if found.is_null() || run.call.raw {
            return Ok(Some(found).filter(|found| !found.is_null()));
        }
        let result = shape(&run.tool, &variables, found);
        let mut result = result.map_err(|error| unreadable(run).with_source(error))?;
        cut(&mut result, &run.tool.result.uncut, run.call.text_limit);
        Ok(Some(result))
    }

    /// The execution as it is by now: one that was interrupted is named so, and an unknown outcome is looked for if
    /// that is due.
    pub(crate) async fn settle_execution(&self, execution: Execution) -> Result<Execution> {
        let now = self.now();
        let before = now - INTERRUPTED_AFTER;
        let mut execution = execution;
        if execution.state == ExecutionState::Started && *execution.created_at < before {
            self.store.mark_interrupted_execution(&execution.id, before.into(), now.into()).await?;
            execution = self.again(execution).await?;
        }
        if execution.state == ExecutionState::Unknown && execution.check_at.is_some_and(|at| *at <= now) {
            self.find_out(&execution).await?;
            execution = self.again(execution).await?;
        }
        Ok(execution)
    }

    async fn again(&self, execution: Execution) -> Result<Execution> {
        let found = self.store.find_execution(&execution.app_id, &execution.id).await?;
        Ok(found.unwrap_or(execution))
    }

    /// Makes the check that is due, unless another node does.
    async fn find_out(&self, execution: &Execution) -> Result<()> {
        let Some(kept) = self.open_kept_call(execution)? else {
            return Ok(self.store.give_up_checks(&execution.id).await?);
        };
        let now = self.now();
        let ended: Timestamp = execution.finished_at.unwrap_or(execution.created_at).into();
        let next = kept.next_check(ended, execution.checks, now);
        if !self.store.claim_check(execution, next.into()).await? {
            return Ok(());
        }
        let run = match self.subject(execution, &kept).await? {
            Subject::Ready(run) => run,
            Subject::NotNow => return Ok(()),
            Subject::Never => return Ok(self.store.give_up_checks(&execution.id).await?),
        };
        let Some(check) = &run.tool.check else { return Ok(()) };
        let (state, result) = match self.look(&run, check, execution.created_at.into()).await {
            Trace::Found(result) => (ExecutionState::Succeeded, Some(result.to_string())),
            Trace::None if now >= kept.settled_at(ended) => (ExecutionState::Failed, None),
            Trace::None => return Ok(()),
            Trace::Untold(error) => {
                tracing::info!(execution = %execution.id, %error, "an outcome is still unknown");
                return Ok(());
            }
        };
        let sealed_result = result.and_then(|text| self.seal_result(&execution.app_id, &execution.id, &text));
        let ending = Ending { state, sealed_result, at: self.now().into(), check_at: None };
        if self.store.resolve_execution(execution, &ending).await? {
            let line = self
                .line_of(&execution.app_id, "system", None, "check_execution")
                .tool(&run.tool.name)
                .toolkit(run.toolkit.slug.as_str())
                .user(Some(execution.user_id.as_str()))
                .account(run.call.account.as_ref().map_or("", |account| account.id.as_str()))
                .detail(state.as_str());
            self.record(line, None).await;
        }
        Ok(())
    }

    async fn subject(&self, execution: &Execution, kept: &Kept) -> Result<Subject> {
        let Some(tool) = self.catalog.find_tool(&execution.tool).cloned() else { return Ok(Subject::Never) };
        let Some(toolkit) = self.catalog.find_toolkit(tool.toolkit.as_str()).cloned() else {
            return Ok(Subject::Never);
        };
        let (Some(check), Some(id)) = (&tool.check, &execution.account_id) else { return Ok(Subject::Never) };
        let Some(account) = self.store.find_account(&execution.app_id, id).await? else {
            return Ok(Subject::Never);
        };
        let config = self.store.find_auth_config(&execution.app_id, toolkit.slug.as_str()).await?;
        let usable = account.status == AccountStatus::Active
            && account.remote_id.is_none()
            && account.user_id == execution.user_id;
        if !usable
            || !config.is_some_and(|config| config.enabled)
            || !grants(&toolkit, &check.scopes, &account)
        {
            return Ok(Subject::NotNow);
        }
        let call = Call {
            id: execution.id.clone(),
            app: execution.app_id.clone(),
            user: execution.user_id.clone(),
            tool: tool.name.clone(),
            effect: tool.effect,
            account: Some(account),
            arguments: kept.arguments.clone(),
            idempotency_key: execution.idempotency_key.clone(),
            raw: kept.raw,
            text_limit: kept.text_limit,
            deadline: Instant::now() + DEADLINE,
        };
        Ok(Subject::Ready(Box::new(Run { call, toolkit, tool })))
    }

    pub(crate) fn start_checking(&self) {
        let (engine, stopping) = (self.clone(), self.tasks.stopping());
        self.spawn(async move {
            let mut ticks = tokio::time::interval(EVERY);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    () = stopping.cancelled() => return,
                    _ = ticks.tick() => {}
                }
                tokio::select! {
                    () = stopping.cancelled() => return,
                    result = engine.check_due() => if let Err(error) = result {
                        tracing::error!(source = ?error.source(), "unknown outcomes were not looked for; it goes on");
                    }
                }
            }
        });
    }

    async fn check_due(&self) -> Result<()> {
        let due = self.store.list_due_checks(self.now().into(), MOST_AT_A_TIME).await?;
        stream::iter(&due)
            .for_each_concurrent(AT_ONCE, async |execution| {
                if let Err(error) = self.find_out(execution).await {
                    tracing::error!(execution = %execution.id, source = ?error.source(), "a check failed");
                }
            })
            .await;
        Ok(())
    }
}

/// A refusal that says that there is no trace.
fn says_absent(error: &Error, check: &Check) -> bool {
    let status = error.details().and_then(|details| details["provider"]["status"].as_u64());
    status.is_some_and(|status| check.absent_statuses.iter().any(|absent| u64::from(*absent) == status))
}
