//! Executions as callers see them: each answer to a write names its own, and whoever has the name may ask what became
//! of it. Arguments are never shown, results where they are kept.

use serde_json::{Value, json};
use store::{AppId, Cursor, Execution, ExecutionFilter, ExecutionId, ExecutionState, Page};

use crate::Engine;
use crate::apps::plain_id;
use crate::callers::Caller;
use crate::error::{Error, Kind, Result};

/// Which executions a list shows.
#[derive(Debug, Default, Clone)]
pub struct ListExecutions {
    pub user: Option<String>,
    pub tool: Option<String>,
    pub state: Option<String>,
    pub cursor: Option<String>,
    pub limit: i64,
}

/// An execution, and what to do about it.
#[derive(Debug, Clone)]
pub struct ExecutionView {
    pub execution: Execution,
    /// The tool's result; of an unknown outcome, the details of its error. Only where that is kept.
    pub kept: Option<Value>,
    /// The next step, unless all is well.
    pub remediation: Option<String>,
}

impl Engine {
    /// One execution. Where its outcome is unknown it is looked for first, if that is due.
    pub async fn get_execution(
        &self,
        caller: &Caller,
        id: &str,
        user: Option<&str>,
    ) -> Result<ExecutionView> {
        let visible = caller.visible_user(user)?;
        let found = self.store.find_execution(caller.app_id(), &ExecutionId::new(plain_id(id))).await?;
        let found = found
            .filter(|execution| visible.as_ref().is_none_or(|user| *user == execution.user_id))
            .ok_or_else(|| execution_not_found(id))?;
        let execution = self.settle_execution(found).await?;
        let kept = execution.sealed_result.is_some().then(|| self.open_kept(&execution)).transpose()?;
        Ok(ExecutionView { remediation: next_step(&execution, kept.as_ref()), execution, kept })
    }

    /// Without results.
    pub async fn list_executions(
        &self,
        caller: &Caller,
        filter: &ListExecutions,
    ) -> Result<Page<ExecutionView>> {
        let user = caller.visible_user(filter.user.as_deref())?;
        let state = filter.state.as_deref().map(parse_state).transpose()?;
        let cursor = filter.cursor.as_deref().map_or(Some(Cursor::start()), Cursor::parse);
        let cursor = cursor.ok_or_else(|| Error::invalid_at("/cursor", "is not a cursor of this list"))?;
        let tool = filter.tool.as_deref().map(|name| {
            let known = self.catalog.find_tool(name);
            known.map_or_else(|| name.replace('\0', ""), |tool| tool.name.clone())
        });
        let filter_rows = ExecutionFilter { user, tool, state };
        let page = self.store.list_executions(caller.app_id(), &filter_rows, &cursor, filter.limit).await?;
        let view = |execution: Execution| ExecutionView {
            remediation: next_step(&execution, None),
            execution,
            kept: None,
        };
        Ok(Page { items: page.items.into_iter().map(view).collect(), next: page.next })
    }
}

/// The error with the execution it is about. Of an unknown outcome it says where to ask, and whether it will be known.
pub(crate) fn named(error: Error, app: &AppId, id: &ExecutionId, can_be_found_out: bool) -> Error {
    if matches!(error.kind(), Kind::Internal | Kind::Invalid) {
        return error;
    }
    let mut details = error.details().cloned().unwrap_or_else(|| json!({}));
    details["execution_id"] = json!(id);
    let plainly_unknown = details["outcome"] == "unknown" && details["done"].is_null();
    let error = error.with_details(details);
    if !plainly_unknown {
        return error;
    }
    let place = format!("`GET /v1/{app}/integrations/executions/{id}`");
    error.with_remediation(match can_be_found_out {
        true => format!(
            "It is being found out: {place} says what became of it. The same call with the same idempotency key does, \
             too, and is carried out again only if it did not take effect."
        ),
        false => format!(
            "Check with a reading tool whether it took effect before you try again; {place} shows what is known."
        ),
    })
}

fn next_step(execution: &Execution, kept: Option<&Value>) -> Option<String> {
    let text = match execution.state {
        ExecutionState::Succeeded => return None,
        ExecutionState::Started => "It is under way. Ask again in a few seconds.",
        ExecutionState::Failed if execution.idempotency_key.is_some() => {
            "It did not take effect. The idempotency key may be used again."
        }
        ExecutionState::Failed => "It did not take effect.",
        ExecutionState::Unknown if kept.is_some_and(|details| details["done"].is_object()) => {
            "Part of it is done, see `details.done`. Go on from there, do not repeat the call."
        }
        ExecutionState::Unknown if execution.check_at.is_some() => {
            "It is being found out. Ask again after `next_check_at`, and do not repeat the call with another key."
        }
        ExecutionState::Unknown => {
            "It cannot be found out from here. Check with a reading tool whether it took effect before you try again \
             with another key."
        }
    };
    Some(text.to_owned())
}

fn parse_state(text: &str) -> Result<ExecutionState> {
    ExecutionState::parse(text)
        .ok_or_else(|| Error::invalid_at("/state", "must be one of started, succeeded, failed, unknown"))
}

fn execution_not_found(id: &str) -> Error {
    Error::not_found(
        format!("Execution not found: {}", plain_id(id)),
        "Use the `execution_id` of an answer; executions are kept for a limited time.",
    )
}
