//! Executions: written ahead of every write that is sent, so that after a crash its outcome is known to be unknown,
//! and so that an idempotency key is answered and not repeated.

use sqlx::FromRow;

use crate::{
    AccountId, AppId, Cursor, ExecutionId, ExecutionState, Page, Result, SealedColumn, Store, Time, UserId,
};

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
    /// What a check of its outcome needs of the call.
    pub sealed_call: Option<SealedColumn>,
    /// When its outcome is looked for next, while that is unknown; absent where nothing can find it out.
    pub check_at: Option<Time>,
    /// How often it was looked for.
    pub checks: i64,
}

/// How an execution ended.
#[derive(Debug, Clone)]
pub struct Ending {
    pub state: ExecutionState,
    pub sealed_result: Option<SealedColumn>,
    pub at: Time,
    /// Of an unknown outcome: when it is looked for. Without it, what was kept for that goes.
    pub check_at: Option<Time>,
}

/// Which executions of an app a list shows; an absent part means all.
#[derive(Debug, Clone, Default)]
pub struct ExecutionFilter {
    pub user: Option<UserId>,
    pub tool: Option<String>,
    pub state: Option<ExecutionState>,
}

/// What became of the wish to execute.
#[derive(Debug, Clone)]
pub enum Begun {
    /// It is written ahead: go on.
    Fresh,
    /// The idempotency key has been used before, by this execution.
    Earlier(Box<Execution>),
}

macro_rules! list {
    ($state:literal) => {
        concat!(
            "SELECT ",
            columns!(executions),
            " FROM executions WHERE app_id = $1 AND (created_at, id) > ($2, $3) \
             AND ($4 IS NULL OR user_id = $4) AND ($5 IS NULL OR tool = $5) AND ($6 IS NULL OR state = $6)",
            $state,
            " ORDER BY created_at, id LIMIT $7"
        )
    };
}

impl Store {
    /// Writes an execution ahead, unless its idempotency key was used before.
    pub async fn begin_execution(&self, execution: &Execution) -> Result<Begun> {
        loop {
            let inserted = write!(
                self.db,
                "INSERT INTO executions (id, app_id, user_id, account_id, tool, idempotency_key, fingerprint, state, \
                 created_at, sealed_call, check_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
                 ON CONFLICT (app_id, user_id, idempotency_key) DO NOTHING",
                &execution.id,
                &execution.app_id,
                &execution.user_id,
                &execution.account_id,
                &execution.tool,
                &execution.idempotency_key,
                &execution.fingerprint,
                ExecutionState::Started,
                execution.created_at,
                &execution.sealed_call,
                execution.check_at,
            )?;
            if inserted > 0 {
                return Ok(Begun::Fresh);
            }
            let earlier = read!(
                self.db,
                fetch_optional as Execution,
                select!(executions, "WHERE app_id = $1 AND user_id = $2 AND idempotency_key = $3"),
                &execution.app_id,
                &execution.user_id,
                &execution.idempotency_key,
            )?;
            // Where it went meanwhile the key is free again.
            if let Some(earlier) = earlier {
                return Ok(Begun::Earlier(Box::new(earlier)));
            }
        }
    }

    /// Begins a failed one again under its own id. False where somebody else did.
    pub async fn restart_execution(&self, execution: &Execution) -> Result<bool> {
        let restarted = write!(
            self.db,
            "UPDATE executions SET state = $3, created_at = $4, account_id = $5, sealed_call = $6, check_at = $7, \
             checks = 0, finished_at = NULL WHERE id = $1 AND state = $2",
            &execution.id,
            ExecutionState::Failed,
            ExecutionState::Started,
            execution.created_at,
            &execution.account_id,
            &execution.sealed_call,
            execution.check_at,
        )?;
        Ok(restarted > 0)
    }

    /// Writes down how the one that began at `begun` ended. What was found out meanwhile stays, unless it succeeded.
    pub async fn finish_execution(&self, id: &ExecutionId, begun: Time, ending: &Ending) -> Result<()> {
        write!(
            self.db,
            "UPDATE executions SET state = $2, sealed_result = $3, finished_at = $4, check_at = $5, \
             sealed_call = CASE WHEN $5 IS NULL THEN NULL ELSE sealed_call END \
             WHERE id = $1 AND created_at = $6 AND (state IN ('started', 'unknown') OR $2 = 'succeeded')",
            id, ending.state, &ending.sealed_result, ending.at, ending.check_at, begun,
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

    /// The same for one of them. False where it is none of those.
    pub async fn mark_interrupted_execution(
        &self,
        id: &ExecutionId,
        before: Time,
        now: Time,
    ) -> Result<bool> {
        let marked = write!(
            self.db,
            "UPDATE executions SET state = $1, finished_at = $4 WHERE id = $2 AND state = 'started' \
             AND created_at < $3",
            ExecutionState::Unknown,
            id,
            before,
            now,
        )?;
        Ok(marked > 0)
    }

    pub async fn find_execution(&self, app: &AppId, id: &ExecutionId) -> Result<Option<Execution>> {
        Ok(read!(
            self.db,
            fetch_optional as Execution,
            select!(executions, "WHERE app_id = $1 AND id = $2"),
            app,
            id,
        )?)
    }

    /// Oldest first.
    pub async fn list_executions(
        &self,
        app: &AppId,
        filter: &ExecutionFilter,
        after: &Cursor,
        limit: i64,
    ) -> Result<Page<Execution>> {
        // The few of one state have an index of their own, which is used only where the text names the state.
        let sql = match filter.state {
            Some(ExecutionState::Unknown) => list!(" AND state = 'unknown'"),
            _ => list!(""),
        };
        let state = filter.state;
        let rows = read!(
            self.db,
            fetch_all as Execution,
            sql,
            app,
            after.at,
            &after.id,
            &filter.user,
            &filter.tool,
            state,
            limit + 1,
        )?;
        Ok(Page::of(rows, limit, |row| Cursor { at: row.created_at, id: row.id.to_string() }))
    }

    /// Those whose outcome is to be looked for by `now`, the most overdue first.
    pub async fn list_due_checks(&self, now: Time, limit: i64) -> Result<Vec<Execution>> {
        Ok(read!(
            self.db,
            fetch_all as Execution,
            select!(executions, "WHERE check_at <= $1 AND state = 'unknown' ORDER BY check_at LIMIT $2"),
            now,
            limit,
        )?)
    }

    /// Takes a check for oneself: nobody else makes it before `next`.
    pub async fn claim_check(&self, execution: &Execution, next: Time) -> Result<bool> {
        let claimed = write!(
            self.db,
            "UPDATE executions SET checks = checks + 1, check_at = $3 WHERE id = $1 AND checks = $2 \
             AND created_at = $4 AND check_at IS NOT NULL AND state = 'unknown'",
            &execution.id, execution.checks, next, execution.created_at,
        )?;
        Ok(claimed > 0)
    }

    /// Nothing will find it out any more.
    pub async fn give_up_checks(&self, id: &ExecutionId) -> Result<()> {
        write!(
            self.db,
            "UPDATE executions SET check_at = NULL, sealed_call = NULL WHERE id = $1 AND state = 'unknown'",
            id,
        )?;
        Ok(())
    }

    /// What became of an unknown one. False where that is known by now, or it was begun again.
    pub async fn resolve_execution(&self, execution: &Execution, ending: &Ending) -> Result<bool> {
        let resolved = write!(
            self.db,
            "UPDATE executions SET state = $2, sealed_result = $3, finished_at = $4, check_at = NULL, \
             sealed_call = NULL WHERE id = $1 AND created_at = $5 AND state = 'unknown'",
            &execution.id, ending.state, &ending.sealed_result, ending.at, execution.created_at,
        )?;
        Ok(resolved > 0)
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

    /// What else was kept of calls and results goes at the same age.
    pub async fn forget_kept_calls(&self, before: Time) -> Result<u64> {
        let calls = write!(
            self.db,
            "UPDATE executions SET check_at = NULL, sealed_call = NULL \
             WHERE check_at IS NOT NULL AND created_at < $1",
            before,
        )?;
        let results = write!(
            self.db,
            "UPDATE executions SET sealed_result = NULL \
             WHERE idempotency_key IS NULL AND sealed_result IS NOT NULL AND created_at < $1",
            before,
        )?;
        Ok(calls + results)
    }

    pub async fn delete_executions(&self, before: Time) -> Result<u64> {
        Ok(write!(self.db, "DELETE FROM executions WHERE created_at < $1", before)?)
    }
}
