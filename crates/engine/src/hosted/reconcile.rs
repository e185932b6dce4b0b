//! What a crash, an outage or a disable has left different on the two sides is brought together in the background: the
//! row here says how it shall be, and it is tried until it is so.

use std::time::Duration;

use composio::Deletion;
use jiff::SignedDuration;
use store::{HostedConfig, HostedFact, HostedRemoval};
use tokio::time::MissedTickBehavior;

use super::configs::Applied;
use super::given::NO_AUTH;
use super::{Group, Hosted, failures};
use crate::Engine;
use crate::error::Result;
use crate::toolkits::Backend;

/// How often it is looked for work that nobody announced: an interrupted change of another process, a retry that is due.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const MOST_AT_ONCE: i64 = 20;
/// Longer than all calls of one change may take together.
pub(super) const LEASE: SignedDuration = SignedDuration::from_mins(3);
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(5);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(10);

/// What the sides agree on after an attempt.
enum Settled {
    Has(Applied),
    /// Nothing is left over there, and nothing is to be remembered here.
    Gone,
}

impl Engine {
    pub(super) fn start_reconciling(&self) {
        let (engine, stopping) = (self.clone(), self.tasks.stopping());
        self.spawn(async move {
            let Some(hosted) = &engine.hosted else { return };
            let mut ticks = tokio::time::interval(LOOK_EVERY);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    () = stopping.cancelled() => return,
                    () = hosted.work.notified() => {}
                    _ = ticks.tick() => {}
                }
                if let Err(error) = engine.reconcile(hosted).await {
                    tracing::error!(source = ?error.source(), "reconciling with Composio failed; it goes on");
                }
            }
        });
    }

    async fn reconcile(&self, hosted: &Hosted) -> Result<()> {
        // With a key of another project, or while nobody can tell, everything stays as it is.
        if self.check_project(hosted).await.is_err() {
            return Ok(());
        }
        let now = self.now();
        for row in self.store.list_pending_hosted_configs(now.into(), MOST_AT_ONCE).await? {
            self.settle(hosted, &row).await?;
        }
        for removal in self.store.list_hosted_removals(now.into(), MOST_AT_ONCE).await? {
            if self.try_removal(hosted, &removal).await.is_err() {
                let due = now + pause(removal.attempts);
                self.store.postpone_hosted_removal(&removal.remote_id, due.into()).await?;
            }
        }
        self.check_accounts(hosted).await
    }

    /// Removes an account over there that nobody here has a use for.
    pub(super) async fn try_removal(&self, hosted: &Hosted, removal: &HostedRemoval) -> Result<()> {
        self.check_project(hosted).await?;
        let deletion = if removal.revokes { Deletion::Revoking } else { Deletion::Forgetting };
        let call = hosted.client.delete_account(&removal.remote_id, deletion);
        match hosted.once(Group::Accounts, call).await {
            Err(error) if !error.is_absent() => {
                tracing::warn!(?error, "an account could not be removed at Composio yet");
                return Err(failures::unavailable(error));
            }
            _ => {}
        }
        Ok(self.store.delete_hosted_removal(&removal.remote_id).await?)
    }

    /// Brings the two sides of one config together, under its lease.
    async fn settle(&self, hosted: &Hosted, row: &HostedConfig) -> Result<()> {
        let (now, owner) = (self.now(), self.ids.secret());
        let until = (now + LEASE).into();
        let leased = self.store.lease_hosted_config(&row.auth_config_id, &owner, now.into(), until).await?;
        let Some(row) = leased else { return Ok(()) };
        let line = self
            .line_of(&row.app_id, "system", None, "reconcile")
            .toolkit(&row.toolkit)
            .detail(if row.attempts == 0 { "first attempt" } else { "again" });
        let error = match self.bring_together(hosted, &row).await {
            Ok(Settled::Gone) => {
                self.store.delete_hosted_config(&row.auth_config_id, &owner, row.wanted).await?;
                self.store.release_hosted_config(&row.auth_config_id, &owner).await?;
                None
            }
            Ok(Settled::Has(applied)) => {
                let fact = fact(&row, &owner, Some(&applied), row.wanted);
                self.store.settle_hosted_config(&fact).await?;
                None
            }
            Err(error) => {
                tracing::warn!(config = %row.auth_config_id, source = ?error.source(), "Composio differs still");
                let retry_at = now + pause(row.attempts);
                let (id, failure) = (&row.auth_config_id, error.message());
                self.store.fail_hosted_config(id, &owner, failure, retry_at.into()).await?;
                Some(error)
            }
        };
        self.record(line, error.as_ref()).await;
        Ok(())
    }

    async fn bring_together(&self, hosted: &Hosted, row: &HostedConfig) -> Result<Settled> {
        let config = self.store.find_auth_config(&row.app_id, &row.toolkit).await?;
        let config = config.filter(|config| {
            Backend::parse(&config.backend) == Some(Backend::Composio) && config.auth_scheme != NO_AUTH
        });
        let Some(config) = config else {
            // The app is gone, or we talk to the provider ourselves now, or nothing came of it.
            self.forget(hosted, row).await?;
            return Ok(Settled::Gone);
        };
        let client = match config.client_version {
            Some(version) => self.store.find_client_version(&config.id, version).await?,
            None => None,
        };
        let desired = self.desired(&row.remote_toolkit, &config, client.as_ref())?;
        Ok(Settled::Has(hosted.apply(row, &desired).await?))
    }

    async fn forget(&self, hosted: &Hosted, row: &HostedConfig) -> Result<()> {
        let gone = match &row.remote_id {
            Some(id) => hosted.remove(id).await,
            None => hosted.remove_by_name(&row.remote_toolkit, &row.auth_config_id).await,
        };
        gone.map_err(failures::unavailable)
    }
}

/// What is written down after a change; with `applied` absent nothing has changed.
pub(super) fn fact(row: &HostedConfig, owner: &str, applied: Option<&Applied>, settled: i64) -> HostedFact {
    HostedFact {
        auth_config_id: row.auth_config_id.clone(),
        lease_owner: owner.to_owned(),
        remote_id: applied.map(|applied| applied.remote_id.clone()).or_else(|| row.remote_id.clone()),
        fingerprint: applied.map(|applied| applied.fingerprint.clone()).or_else(|| row.fingerprint.clone()),
        enabled: applied.map_or(row.enabled, |applied| applied.enabled),
        settled,
    }
}

/// Twice as long each time, within reason.
fn pause(attempts: i64) -> SignedDuration {
    let doubled = u32::try_from(attempts.clamp(0, 10)).map_or(1, |attempts| 1_i32 << attempts);
    (FIRST_PAUSE * doubled).min(LONGEST_PAUSE)
}
