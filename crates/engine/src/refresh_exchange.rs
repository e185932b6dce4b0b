//! The exchange of a refresh token under a lease, and what each answer means for the account.
//!
//! A dead grant flips the account once; an outage and a refused client flip none. Where it cannot be known whether
//! the provider has used up the refresh token, the intent stays in the row and the next attempt is a probe.

use std::time::Duration;

use auth::{TokenError, TokenErrorClass, TokenResponse, read_token_response};
use catalog::{OAuth2, RefreshClass, SchemeName, Toolkit};
use jiff::{SignedDuration, Timestamp};
use outbound::{Limits, Outcome, SendError, Target};
use secrecy::{ExposeSecret, SecretString};
use store::{ConnectedAccount, Lease};

use crate::Engine;
use crate::clients::{ClientError, OpenClient};
use crate::error::Error;
use crate::grant::Grant;
use crate::refresh::{LEASE, RefreshError, Refreshed, usable};

const LIMITS: Limits = Limits { deadline: Duration::from_secs(10), max_bytes: 1024 * 1024 };
const PAUSE_AFTER_TROUBLE: SignedDuration = SignedDuration::from_secs(2);
const PAUSE_AFTER_REFUSAL: SignedDuration = SignedDuration::from_secs(30);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(5);
/// A provider that is busy keeps no account waiting for longer than this, whatever it asks for.
const LONGEST_WISH: SignedDuration = SignedDuration::from_hours(1);

/// An exchange under way.
pub(crate) struct Attempt<'a> {
    pub(crate) lease: Lease,
    pub(crate) account: ConnectedAccount,
    pub(crate) grant: Grant,
    pub(crate) toolkit: &'a Toolkit,
    pub(crate) oauth2: &'a OAuth2,
    lease_ends: Timestamp,
    /// A predecessor left its intent behind: the provider may have used the refresh token up already.
    interrupted: bool,
}

enum Answer {
    Tokens(Box<TokenResponse>, OpenClient),
    Refused(Refused),
    Silence(SendError),
    /// The lease could not be held long enough to ask.
    Late,
}

/// A refusal, with the version of the client that it was said to.
struct Refused {
    error: TokenError,
    /// When the provider wants to be asked again.
    wish: SignedDuration,
    version: i64,
}

impl Engine {
    /// Exchanges under the lease that `owner` has just taken on `account`.
    pub(crate) async fn exchange_refresh(
        &self,
        account: ConnectedAccount,
        grant: Grant,
        token_name: &str,
        refresh_token: &SecretString,
        owner: String,
        lease_ends: Timestamp,
    ) -> Refreshed {
        let toolkit = self.catalog.find_toolkit(&account.toolkit).cloned();
        let toolkit = toolkit.ok_or(RefreshError::Gone)?;
        let oauth2 = toolkit.auth_scheme(SchemeName::OAuth2).and_then(|scheme| scheme.oauth2());
        let oauth2 = oauth2.ok_or(RefreshError::Gone)?;
        let attempt = Attempt {
            lease: Lease { account: account.id.clone(), generation: account.generation, owner },
            interrupted: account.refresh_intent.is_some(),
            account,
            grant,
            toolkit: &toolkit,
            oauth2,
            lease_ends,
        };
        let answer = match self.ask(&attempt, refresh_token).await {
            Ok(answer) => answer,
            Err(ClientError::Replaced) => return self.end(&attempt, "client_replaced").await,
            Err(ClientError::Unconfigured) => {
                tracing::error!(
                    account = %attempt.account.id, toolkit = %toolkit.slug, client = toolkit.managed_client,
                    "an account waits for the instance's own client, which is not in the settings"
                );
                self.pause(&attempt, PAUSE_AFTER_REFUSAL, attempt.interrupted).await?;
                return Err(RefreshError::Unconfigured);
            }
            Err(ClientError::Internal(error)) => {
                self.pause(&attempt, PAUSE_AFTER_TROUBLE, attempt.interrupted).await?;
                return Err(error.into());
            }
        };
        let (outcome, result) = match answer {
            Answer::Tokens(response, client) => {
                ("success", self.commit(attempt, *response, client, token_name).await)
            }
            Answer::Refused(refused) => (word(refused.error.class), self.refused(&attempt, &refused).await),
            Answer::Silence(error) => ("no_answer", self.silence(&attempt, &error).await),
            Answer::Late => ("late", self.overtaken(&attempt).await),
        };
        self.metrics.refresh(toolkit.slug.as_str(), outcome);
        result
    }

    /// Asks as the client the account began under. Where the provider refuses that one and the app has a newer one,
    /// the newest is tried once.
    async fn ask(&self, attempt: &Attempt<'_>, refresh_token: &SecretString) -> Result<Answer, ClientError> {
        let account = &attempt.account;
        let version = account.client_version.unwrap_or_default();
        let first = match self.open_client(attempt.toolkit, &account.auth_config_id, version).await {
            Ok(client) => {
                let answer = self.ask_as(attempt, client, refresh_token).await?;
                if !matches!(&answer, Answer::Refused(refused) if refused.error.class == TokenErrorClass::Client)
                {
                    return Ok(answer);
                }
                Some(answer)
            }
            Err(ClientError::Replaced) => None,
            Err(error) => return Err(error),
        };
        let config = self.store.find_auth_config(&account.app_id, &account.toolkit).await?;
        let config = config.ok_or(ClientError::Replaced)?;
        let newest = self.current_client(attempt.toolkit, &config).await?;
        if newest.version == version {
            return first.ok_or(ClientError::Replaced);
        }
        let before = self.store.find_client_version(&account.auth_config_id, version).await?;
        let is_another = before.is_none_or(|before| before.client_id != newest.id);
        match self.ask_as(attempt, newest, refresh_token).await? {
            // The grant is the client's before. That the newest is not accepted itself says nothing of any grant.
            Answer::Refused(refused) if is_another && refused.is_of_the_grant() => Err(ClientError::Replaced),
            other => Ok(other),
        }
    }

    async fn ask_as(
        &self,
        attempt: &Attempt<'_>,
        client: OpenClient,
        refresh_token: &SecretString,
    ) -> Result<Answer, ClientError> {
        if !self.holds_long_enough(attempt).await? {
            return Ok(Answer::Late);
        }
        let version = client.version;
        let request =
            auth::oauth2::refresh_request(attempt.oauth2, client.as_auth(), refresh_token.expose_secret());
        let bases = [attempt.oauth2.token_url.clone()];
        Ok(match self.outbound.send(Target::Declared(&bases), request, LIMITS).await {
            Ok(response) => match read_token_response(attempt.oauth2, &response) {
                Ok(tokens) => Answer::Tokens(Box::new(tokens), client),
                Err(error) => {
                    let dialect = &attempt.toolkit.api.rate_limit;
                    let wish = executor::retry_after(dialect, response.headers(), self.now());
                    let wish = wish.or(error.retry_after).unwrap_or_default();
                    let wish = SignedDuration::try_from(wish).unwrap_or(LONGEST_WISH).min(LONGEST_WISH);
                    Answer::Refused(Refused { error, wish, version })
                }
            },
            Err(error) => Answer::Silence(error),
        })
    }

    /// Another has the lease by now, or had it and is done: then what he got serves those who wait here, too.
    async fn overtaken(&self, attempt: &Attempt<'_>) -> Refreshed {
        let account = &attempt.account;
        let row = usable(self.store.find_account(&account.app_id, &account.id).await?)?;
        if row.generation > attempt.lease.generation {
            return Ok(row);
        }
        Err(RefreshError::Unavailable { retry_after: None })
    }

    /// Whether an answer would still come under the lease. A process that was stopped in between asks nobody: another
    /// may have used the refresh token meanwhile.
    async fn holds_long_enough(&self, attempt: &Attempt<'_>) -> Result<bool, ClientError> {
        let now = self.now();
        let answered = now + SignedDuration::try_from(LIMITS.deadline).unwrap_or(SignedDuration::MAX);
        if answered <= attempt.lease_ends {
            return Ok(true);
        }
        Ok(self.store.renew_lease(&attempt.lease, (now + LEASE).into()).await?)
    }

    async fn refused(&self, attempt: &Attempt<'_>, refused: &Refused) -> Refreshed {
        let Refused { error, wish, version } = refused;
        tracing::warn!(account = %attempt.account.id, toolkit = %attempt.toolkit.slug, %error, "a refresh was refused");
        match error.class {
            TokenErrorClass::DeadGrant => {
                let reason = if attempt.interrupted { "refresh_interrupted" } else { "refresh_rejected" };
                self.end(attempt, reason).await
            }
            TokenErrorClass::Client => {
                let config = &attempt.account.auth_config_id;
                self.store.set_client_rejected(config, *version, Some(self.now().into())).await?;
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

    /// Only the user can bring it back; unless somebody else did meanwhile, or is about to: what an attempt without a
    /// lease is told may have come of its being late.
    async fn end(&self, attempt: &Attempt<'_>, reason: &str) -> Refreshed {
        if !self.store.expire_under_lease(&attempt.lease, reason, self.now().into()).await? {
            return self.overtaken(attempt).await;
        }
        let (account, toolkit) = (&attempt.account.id, &attempt.toolkit.slug);
        tracing::info!(%account, %toolkit, reason, "an account must be reconnected");
        Err(RefreshError::Expired { reason: reason.to_owned() })
    }

    async fn silence(&self, attempt: &Attempt<'_>, error: &SendError) -> Refreshed {
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
        let strict = attempt.oauth2.refresh == RefreshClass::RotatingStrict;
        let pause = longer(attempt, PAUSE_AFTER_TROUBLE).max(wish);
        let retry_after = self.pause(attempt, pause, strict || attempt.interrupted).await?;
        Err(RefreshError::Unavailable { retry_after })
    }

    /// Gives the lease back; nobody asks again before the pause is over.
    async fn pause(
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

impl Refused {
    /// Whether the provider itself refuses the grant, not who asks for it. A bare refusal may come from anybody on the
    /// way; `unauthorized_client` (RFC 6749 section 5.2) is said to a client that was recognised.
    fn is_of_the_grant(&self) -> bool {
        let code = self.error.code.as_deref();
        code.is_some() && self.error.class == TokenErrorClass::DeadGrant
            || code == Some("unauthorized_client")
    }
}

/// Twice the pause before, for as long as the trouble lasts.
fn longer(attempt: &Attempt<'_>, least: SignedDuration) -> SignedDuration {
    let account = &attempt.account;
    let before = account.refresh_retry_at.map(|retry_at| retry_at.duration_since(*account.updated_at));
    before.map_or(least, |before| (before * 2).clamp(least, LONGEST_PAUSE))
}

fn word(class: TokenErrorClass) -> &'static str {
    match class {
        TokenErrorClass::DeadGrant => "dead_grant",
        TokenErrorClass::Client => "client_refused",
        TokenErrorClass::Refused => "refused",
        TokenErrorClass::Busy | TokenErrorClass::Transient => "provider_trouble",
        TokenErrorClass::Malformed => "malformed",
    }
}
