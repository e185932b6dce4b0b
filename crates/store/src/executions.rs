//! Executions: written ahead of every write that is sent, so that after a crash its outcome is known to be unknown,
//! and so that an idempotency key is answered and not repeated.

use sqlx::FromRow;

use crate::{AccountId, AppId, ExecutionId, ExecutionState, Result, SealedColumn, Store, Time, UserId};

#[derive(Debug, Clone, FromRow)]
pub struct Execution {
    pub id: ExecutionId,
    pub app_id: AppId,
    pub user_id: UserId,
    pub account_id: Option<AccountId>,
    pub tool: String,
    pub idempotency_key: Option<String>,
    /// Hash of tool, account and arguments.
    pub fingerprint: Vec<u8>,
    pub state: ExecutionState,
    pub sealed_result: Option<SealedColumn>,
    pub created_at: Time,
    pub finished_at: Option<Time>,
}

/// What became of the wish to execute.
#[derive(Debug, Clone)]
pub enum Begun {
    /// It is written ahead: go on.
    Fresh,
    /// The idempotency key has been used before, by this execution.
    Earlier(Box<Execution>),
}

impl Store {
    /// Writes an execution ahead, unless its idempotency key was used before. A failed one is begun again under its
    /// own id, which `execution` takes over.
    pub async fn begin_execution(&self, execution: &mut Execution) -> Result<Begun> {
        let inserted = write!(
            self.db,
            "INSERT INTO executions (id, app_id, user_id, account_id, tool, idempotency_key, fingerprint, state, \
             created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (app_id, user_id, idempotency_key) \
             DO NOTHING",
            &execution.id,
            &execution.app_id,
            &execution.user_id,
            &execution.account_id,
            &execution.tool,
            &execution.idempotency_key,
            &execution.fingerprint,
            ExecutionState::Started,
            execution.created_at,
        )?;
        if inserted > 0 {
            return Ok(Begun::Fresh);
        }
        let earlier = read!(
            self.db,
            fetch_one as Execution,
            select!(executions, "WHERE app_id = $1 AND user_id = $2 AND idempotency_key = $3"),
            &execution.app_id,
            &execution.user_id,
            &execution.idempotency_key,
        )?;
        let again = earlier.state == ExecutionState::Failed && earlier.fingerprint == execution.fingerprint;
        if again && self.restart_execution(&earlier.id, execution.created_at).await? {
            execution.id = earlier.id;
            return Ok(Begun::Fresh);
        }
        Ok(Begun::Earlier(Box::new(earlier)))
    }

    async fn restart_execution(&self, id: &ExecutionId, now: Time) -> Result<bool> {
        let restarted = write!(
            self.db,
            "UPDATE executions SET state = $3, created_at = $4, finished_at = NULL WHERE id = $1 AND state = $2",
            id,
            ExecutionState::Failed,
            ExecutionState::Started,
            now,
        )?;
        Ok(restarted > 0)
    }

    pub async fn finish_execution(
        &self,
        id: &ExecutionId,
        state: ExecutionState,
        result: Option<&SealedColumn>,
        now: Time,
    ) -> Result<()> {
        write!(
            self.db,
            "UPDATE executions SET state = $2, sealed_result = $3, finished_at = $4 WHERE id = $1",
            id,
            state,
            result.cloned(),
            now,
        )?;
        Ok(())
    }

    /// What was started before `before` and never finished may have been acted on.
    pub async fn mark_interrupted_executions(&self, before: Time, now: Time) -> Result<u64> {
        Ok(write!(
            self.db,
            "UPDATE executions SET state = $1, finished_at = $3 WHERE state = 'started' AND created_at < $2",
            ExecutionState::Unknown,
            before,
            now,
        )?)
    }

    /// Idempotency keys that are over: the key is free again, the stored result goes.
    pub async fn release_idempotency_keys(&self, before: Time) -> Result<u64> {
        Ok(write!(
            self.db,
            "UPDATE executions SET idempotency_key = NULL, sealed_result = NULL \
             WHERE idempotency_key IS NOT NULL AND created_at < $1",
            before,
        )?)
    }

    pub async fn delete_executions(&self, before: Time) -> Result<u64> {
        Ok(write!(self.db, "DELETE FROM executions WHERE created_at < $1", before)?)
    }
}
