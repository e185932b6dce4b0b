//! What was executed, and what came of it.

use engine::{Executed, ExecutionState, ExecutionView};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// What a tool answered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExecuteResponse {
    pub successful: bool,
    /// The tool's result.
    pub data: Value,
    /// Of a write: under which its outcome can be asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution_id: Option<String>,
}

impl From<Executed> for ExecuteResponse {
    fn from(executed: Executed) -> Self {
        let execution_id = executed.execution.map(|id| id.to_string());
        Self { successful: true, data: executed.data, execution_id }
    }
}

/// A write, or a read with an idempotency key.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Execution {
    pub id: String,
    pub tool_name: String,
    pub app_user_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_id: Option<String>,
    /// `started`, `succeeded`, `failed` (nothing was done) or `unknown` (the provider may have acted).
    pub state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// When its outcome, or that it is unknown, was written down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    /// Of an unknown outcome that is being found out: when it is looked for next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_check_at: Option<String>,
    /// The tool's result, where it is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    /// Of an unknown outcome: what its error said, where that is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Value>,
    /// The next step, unless all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remediation: Option<String>,
}

impl From<ExecutionView> for Execution {
    fn from(view: ExecutionView) -> Self {
        let execution = view.execution;
        let (data, details) = match execution.state {
            ExecutionState::Unknown => (None, view.kept),
            _ => (view.kept, None),
        };
        let next_check_at = execution.check_at.filter(|_| execution.state == ExecutionState::Unknown);
        Self {
            id: execution.id.to_string(),
            tool_name: execution.tool,
            app_user_id: execution.user_id.to_string(),
            connection_id: execution.account_id.map(|id| id.to_string()),
            state: execution.state.as_str().to_owned(),
            idempotency_key: execution.idempotency_key,
            started_at: execution.created_at.to_string(),
            finished_at: execution.finished_at.map(|at| at.to_string()),
            next_check_at: next_check_at.map(|at| at.to_string()),
            data,
            details,
            remediation: view.remediation,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Executions {
    pub executions: Vec<Execution>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
