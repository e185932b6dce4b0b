//! What a crash or time has left behind is put in order: interrupted work is named as such, disconnects are
//! finished, and what its retention has outlived goes.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::MissedTickBehavior;

use crate::Engine;
use crate::error::Result;

const EVERY: Duration = Duration::from_secs(60);
/// Longer than any execution, exchange or disconnect may take.
pub(crate) const INTERRUPTED_AFTER: SignedDuration = SignedDuration::from_mins(2);
pub(crate) const IDEMPOTENCY_LIFE: SignedDuration = SignedDuration::from_hours(24);
const MOST_DISCONNECTS: i64 = 20;

impl Engine {
    /// Before anybody is served: with a database of its own, whatever is under way was left by a predecessor.
    pub(crate) async fn recover(&self) -> Result<()> {
        if self.store.is_exclusive() {
            let now = self.now();
            self.store.expire_all_leases(now.into()).await?;
            self.store.expire_hosted_leases().await?;
            // Everything, even where the clock has gone backwards since.
            self.name_interrupted(Timestamp::MAX, now).await?;
        }
        Ok(())
    }

    pub(crate) fn start_sweeping(&self) {
        let (engine, stopping) = (self.clone(), self.tasks.stopping());
        // Taken before anybody is served, so that what begins from now on is not taken for a predecessor's.
        let started = self.now();
        let grace = if self.store.is_exclusive() { SignedDuration::ZERO } else { INTERRUPTED_AFTER };
        self.spawn(async move {
            engine.sweep_logged(started, grace).await;
            let mut ticks = tokio::time::interval(EVERY);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks.tick().await;
            loop {
                tokio::select! {
                    () = stopping.cancelled() => return,
                    _ = ticks.tick() => engine.sweep_logged(engine.now(), INTERRUPTED_AFTER).await,
                }
            }
        });
    }

    async fn sweep_logged(&self, now: Timestamp, grace: SignedDuration) {
        if let Err(error) = self.sweep(now, grace).await {
            tracing::error!(source = ?error.source(), "sweeping failed; it is tried again in a minute");
        }
    }

    /// What began before `before` and has not ended was interrupted.
    async fn name_interrupted(&self, before: Timestamp, now: Timestamp) -> Result<()> {
        let executions = self.store.mark_interrupted_executions(before.into(), now.into()).await?;
        if executions > 0 {
            tracing::warn!(executions, "executions were interrupted; their outcome is unknown");
        }
        self.store.fail_interrupted_connect_requests(before.into()).await?;
        Ok(())
    }

    async fn sweep(&self, now: Timestamp, grace: SignedDuration) -> Result<()> {
        let before = now - grace;
        self.name_interrupted(before, now).await?;
        for account in self.store.list_disconnecting(before.into(), MOST_DISCONNECTS).await? {
            let line = self
                .line_of(&account.app_id, "system", None, "disconnect")
                .account(account.id.as_str())
                .toolkit(&account.toolkit)
                .user(Some(account.user_id.as_str()));
            let result = self.finish_disconnect(&account).await;
            let line = line.detail(*result.as_ref().unwrap_or(&"failed"));
            self.record(line, result.as_ref().err()).await;
        }
        let retention = self.settings.retention;
        self.store.release_idempotency_keys((now - IDEMPOTENCY_LIFE).into()).await?;
        self.store.forget_kept_calls((now - IDEMPOTENCY_LIFE).into()).await?;
        self.store.delete_executions(long_ago(now, retention.executions).into()).await?;
        self.store.delete_connect_requests(long_ago(now, retention.connect_requests).into()).await?;
        self.store.delete_audit(long_ago(now, retention.audit).into()).await?;
        Ok(())
    }
}

/// A retention that is longer than time itself keeps everything.
fn long_ago(now: Timestamp, retention: SignedDuration) -> Timestamp {
    now.checked_sub(retention).unwrap_or(Timestamp::MIN)
}
