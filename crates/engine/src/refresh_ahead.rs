//! Tokens of accounts in use are refreshed before they end, so that no caller waits for it: a bounded worker, and not all
//! at once. An account that nobody has used for a while is refreshed when it is used again.

use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use jiff::{SignedDuration, Timestamp};
use store::{ConnectedAccount, Expiring};
use tokio::time::MissedTickBehavior;

use crate::Engine;
use crate::error::Result;
use crate::grant::Token;
use crate::ids::hash;
use crate::refresh::{AHEAD, ahead_of, renewal};

/// Refreshes under way at a time, of this worker.
const AT_ONCE: usize = 8;
const PAGE: i64 = 100;
const MOST_PAGES: usize = 20;
/// An account counts as in use for so long.
const IN_USE: SignedDuration = SignedDuration::from_hours(7 * 24);

impl Engine {
    pub(crate) fn start_refreshing_ahead(&self, every: Duration) {
        let (engine, stopping) = (self.clone(), self.tasks.stopping());
        self.spawn(async move {
            let mut ticks = tokio::time::interval(every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    () = stopping.cancelled() => return,
                    _ = ticks.tick() => {}
                }
                if let Err(error) = engine.refresh_ahead().await {
                    tracing::error!(source = ?error.source(), "refreshing ahead failed; it goes on");
                }
            }
        });
    }

    async fn refresh_ahead(&self) -> Result<()> {
        let now = self.now();
        let mut after = Expiring::first(now.into());
        for _ in 0..MOST_PAGES {
            if self.tasks.stopping().is_cancelled() {
                break;
            }
            let until = (now + AHEAD).into();
            let page =
                self.store.list_expiring(&after, until, (now - IN_USE).into(), now.into(), PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Expiring::after(last);
            stream::iter(&page).for_each_concurrent(AT_ONCE, |account| self.refresh_one_ahead(account)).await;
        }
        Ok(())
    }

    /// What comes of it is written down by the refresh itself; callers see it when they come.
    async fn refresh_one_ahead(&self, account: &ConnectedAccount) {
        let Some(toolkit) = self.catalog.find_toolkit(&account.toolkit) else { return };
        let Ok(grant) = self.open_grant(account) else { return };
        for (name, token) in grant.tokens().into_iter().flatten() {
            if renewal(toolkit, &grant, name).is_some() && is_due(token, account.id.as_str(), self.now()) {
                let _ = self.flight(account, name).await;
            }
        }
    }
}

/// Each account at its own moment between half of the time ahead and all of it.
fn is_due(token: &Token, account: &str, now: Timestamp) -> bool {
    let Some(expires_at) = token.expires_at else { return false };
    let share = 128 + i32::from(hash(account).first().copied().unwrap_or_default()) / 2;
    expires_at.duration_since(now) <= ahead_of(token) * share / 256
}
