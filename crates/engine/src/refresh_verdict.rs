//! What it means for the account that no new token came.
//!
//! A dead grant flips the account once; an outage and a refused client flip none. Where it cannot be known whether
//! the provider has used up the refresh token, the intent stays in the row and the next attempt is a probe.

use std::time::Duration;

use auth::TokenErrorClass;
use catalog::RefreshClass;
use jiff::SignedDuration;
use outbound::{Outcome, SendError};

use crate::Engine;
use crate::error::Error;
use crate::refresh::{RefreshError, Refreshed};
use crate::refresh_exchange::{Attempt, PAUSE_AFTER_REFUSAL, PAUSE_AFTER_TROUBLE, Refused};

const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(5);

impl Engine {
    pub(crate) async fn refused(&self, attempt: &Attempt<'_>, refused: &Refused) -> Refreshed {
        let Refused { error, wish, client } = refused;
        tracing::warn!(account = %attempt.account.id, toolkit = %attempt.toolkit.slug, %error, "a refresh was refused");
        match error.class {
            TokenErrorClass::DeadGrant | TokenErrorClass::Client if client.is_none() => {
                self.credential_refused(attempt, refused).await
            }
            TokenErrorClass::DeadGrant => {
                let reason = if attempt.interrupted { "refresh_interrupted" } else { "refresh_rejected" };
                self.end(attempt, reason).await
            }
            TokenErrorClass::Client => {
                if let Some(client) = *client {
                    let config = &attempt.account.auth_config_id;
                    self.store.set_client_rejected(config, client, Some(self.now().into())).await?;
                }
                self.pause(attempt, PAUSE_AFTER_REFUSAL, attempt.interrupted).await?;
                Err(RefreshError::ClientRefused)
            }
            TokenErrorClass::Refused => {
                let pause = longer(attempt, PAUSE_AFTER_REFUSAL).max((*wish).min(LONGEST_PAUSE));
                let retry_after = self.pause(attempt, pause, attempt.interrupted).await?;
                Err(RefreshError::Unavailable { retry_after })
            }
            TokenErrorClass::Busy => {
                let pause = longer(attempt, PAUSE_AFTER_TROUBLE).max(*wish);
                let retry_after = self.pause(attempt, pause, attempt.interrupted).await?;
                Err(RefreshError::Unavailable { retry_after })
            }
            TokenErrorClass::Transient | TokenErrorClass::Malformed => self.unknown(attempt, *wish).await,
        }
    }

    /// The user's own credential mints nothing any more. Without a word of the provider's it may be anybody on the way who
    /// refuses.
    async fn credential_refused(&self, attempt: &Attempt<'_>, refused: &Refused) -> Refreshed {
        if refused.error.code.is_some() {
            return self.end(attempt, "credential_rejected").await;
        }
        let pause = longer(attempt, PAUSE_AFTER_REFUSAL).max(refused.wish.min(LONGEST_PAUSE));
        let retry_after = self.pause(attempt, pause, attempt.interrupted).await?;
        Err(RefreshError::Unavailable { retry_after })
    }

    /// Only the user can bring it back; unless somebody else did meanwhile, or is about to: what an attempt without a
    /// lease is told may have come of its being late.
    pub(crate) async fn end(&self, attempt: &Attempt<'_>, reason: &str) -> Refreshed {
        if !self.store.expire_under_lease(&attempt.lease, reason, self.now().into()).await? {
            return self.overtaken(attempt).await;
        }
        let (account, toolkit) = (&attempt.account.id, &attempt.toolkit.slug);
        tracing::info!(%account, %toolkit, reason, "an account must be reconnected");
        Err(RefreshError::Expired { reason: reason.to_owned() })
    }

    pub(crate) async fn silence(&self, attempt: &Attempt<'_>, error: &SendError) -> Refreshed {
        tracing::warn!(account = %attempt.account.id, toolkit = %attempt.toolkit.slug, %error, "a refresh got no answer");
        match error.outcome() {
            Outcome::Unknown => self.unknown(attempt, SignedDuration::ZERO).await,
            Outcome::NotSent => {
                let pause = longer(attempt, PAUSE_AFTER_TROUBLE);
                let retry_after = self.pause(attempt, pause, attempt.interrupted).await?;
                Err(RefreshError::Unavailable { retry_after })
            }
        }
    }

    /// The provider may have used the refresh token up. With a strict one, the next attempt is a probe.
    async fn unknown(&self, attempt: &Attempt<'_>, wish: SignedDuration) -> Refreshed {
        let strict = attempt.endpoint.refresh == RefreshClass::RotatingStrict;
        let pause = longer(attempt, PAUSE_AFTER_TROUBLE).max(wish);
        let retry_after = self.pause(attempt, pause, strict || attempt.interrupted).await?;
        Err(RefreshError::Unavailable { retry_after })
    }

    /// Gives the lease back; nobody asks again before the pause is over.
    pub(crate) async fn pause(
        &self,
        attempt: &Attempt<'_>,
        pause: SignedDuration,
        keep_intent: bool,
    ) -> Result<Option<Duration>, Error> {
        let now = self.now();
        let retry_at = (now + pause).into();
        if keep_intent {
            self.store.abandon_lease(&attempt.lease, retry_at, now.into()).await?;
        } else {
            self.store.release_lease(&attempt.lease, Some(retry_at), now.into()).await?;
        }
        Ok(Duration::try_from(pause).ok())
    }
}

/// Twice the pause before, for as long as the trouble lasts.
fn longer(attempt: &Attempt<'_>, least: SignedDuration) -> SignedDuration {
    let account = &attempt.account;
    let before = account.refresh_retry_at.map(|retry_at| retry_at.duration_since(*account.updated_at));
    before.map_or(least, |before| (before * 2).clamp(least, LONGEST_PAUSE))
}
