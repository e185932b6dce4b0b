//! A credential that may be used now. Tokens are refreshed once for everybody who waits: one flight an account in
//! this process, one lease an account in the database.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use catalog::{RefreshClass, SchemeName, Toolkit};
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use store::{AccountId, AccountStatus, AppId, ConnectedAccount};
use tokio::time::Instant;

use crate::Engine;
use crate::apps::until;
use crate::attach::AWAITING_CONFIRMATION;
use crate::error::Error;
use crate::grant::{Grant, Token};
use crate::identity::IdentityError;
use crate::ids::hash;

/// A token this close to its end is not used any more where it can be refreshed; or this part of its lifetime.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);
/// Ahead of that, a refresh begins in the background: this long, or this part of the lifetime.
pub(crate) const AHEAD: SignedDuration = SignedDuration::from_mins(15);
const AHEAD_PART: u64 = 5;
/// How long a lease is held. The provider's deadline is well inside it.
pub(crate) const LEASE: SignedDuration = SignedDuration::from_secs(30);
/// How long a caller waits for somebody else's refresh.
const PATIENCE: Duration = Duration::from_secs(25);
/// How long the holder of a lease that ran out is waited for: more than twice what a try of his may take to begin once the
/// database is back.
const RETURN: Duration = Duration::from_secs(5);
pub(crate) const POLL: Duration = Duration::from_millis(50);
const MOST_FLIGHTS: usize = 3;

/// An account whose token may be used, with its grant in the clear.
#[derive(Debug)]
pub(crate) struct Fresh {
    pub(crate) account: ConnectedAccount,
    pub(crate) grant: Grant,
}

/// Why there is no usable token.
#[derive(Debug, Clone)]
pub(crate) enum RefreshError {
    /// The account was disconnected meanwhile.
    Gone,
    /// It was connected anew meanwhile, and its app has not confirmed that.
    Unconfirmed,
    /// The user must connect again.
    Expired {
        reason: String,
    },
    /// The provider does not accept the client; no user can help.
    ClientRefused,
    /// This process lacks the instance's own client; only the operator can help.
    Unconfigured,
    /// The provider is in trouble; the grant is well.
    Unavailable {
        retry_after: Option<Duration>,
    },
    Internal(Arc<Error>),
}

impl From<Error> for RefreshError {
    fn from(error: Error) -> Self {
        Self::Internal(Arc::new(error))
    }
}

impl From<store::StoreError> for RefreshError {
    fn from(error: store::StoreError) -> Self {
        Error::from(error).into()
    }
}

/// The row after a refresh of ours or of somebody else's.
pub(crate) type Refreshed = Result<ConnectedAccount, RefreshError>;

/// Refreshes under way in this process.
#[derive(Debug, Default)]
pub(crate) struct Flights(Mutex<HashMap<FlightKey, Shared<BoxFuture<'static, Refreshed>>>>);

/// An account and the name of the token that is refreshed.
type FlightKey = (AccountId, String);

/// Lets a flight be forgotten when it ends, however it ends.
struct Landing {
    engine: Engine,
    key: FlightKey,
}

impl Drop for Landing {
    fn drop(&mut self) {
        self.engine.flights.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

/// What the provider said of the token of this generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    Nothing,
    /// That it is not accepted; `in_its_words` where nobody on the way can have said so.
    Rejected {
        in_its_words: bool,
    },
}

/// What a caller may do with the token it found.
enum Verdict {
    Use,
    UseAndRefresh,
    Refresh,
}

impl Engine {
    /// The account with a usable token.
    pub(crate) async fn fresh(
        &self,
        toolkit: &Toolkit,
        account: ConnectedAccount,
        token_name: &str,
        said: Said,
    ) -> Result<Fresh, RefreshError> {
        let rejected = said != Said::Nothing;
        let grant = self.open_grant(&account)?;
        if grant.tokens().is_none() {
            return if rejected {
                self.doubted(toolkit, account, grant, token_name, said).await
            } else {
                Ok(Fresh { account, grant })
            };
        }
        let token = grant.tokens().and_then(|tokens| tokens.get(token_name)).cloned();
        let token = token.ok_or_else(|| RefreshError::Expired { reason: "token_missing".to_owned() })?;
        let is_renewable = || renewal(toolkit, &grant, token_name).is_some();
        let verdict = if rejected { Verdict::Refresh } else { verdict(&token, self.now()) };
        match verdict {
            Verdict::Use => Ok(Fresh { account, grant }),
            Verdict::UseAndRefresh => {
                if is_renewable() {
                    drop(self.flight(&account, token_name));
                }
                Ok(Fresh { account, grant })
            }
            Verdict::Refresh if !is_renewable() => {
                if rejected {
                    self.doubted(toolkit, account, grant, token_name, said).await
                } else if still_valid(&token, self.now()) {
                    Ok(Fresh { account, grant })
                } else {
                    self.expire(&account, "token_expired").await
                }
            }
            Verdict::Refresh => self.refreshed(toolkit, account, token_name, token, rejected).await,
        }
    }

    /// A tool was refused with a credential that cannot be renewed. One refusal may come from anybody on the way; the
    /// account ends when the provider refuses to say whose it is, too, or where it cannot be asked has refused in its own
    /// words.
    async fn doubted(
        &self,
        toolkit: &Toolkit,
        account: ConnectedAccount,
        grant: Grant,
        token_name: &str,
        said: Said,
    ) -> Result<Fresh, RefreshError> {
        match self.still_identified(toolkit, &account, &grant, token_name).await {
            Some(Ok(())) => Ok(Fresh { account, grant }),
            Some(Err(IdentityError::Unavailable)) => Err(RefreshError::Unavailable { retry_after: None }),
            None if said != (Said::Rejected { in_its_words: true }) => {
                Err(RefreshError::Unavailable { retry_after: None })
            }
            Some(Err(IdentityError::Rejected)) | None => {
                let oauth2 = account.auth_scheme == SchemeName::OAuth2.as_str();
                self.expire(&account, if oauth2 { "revoked" } else { "credential_rejected" }).await
            }
        }
    }

    async fn refreshed(
        &self,
        toolkit: &Toolkit,
        mut account: ConnectedAccount,
        token_name: &str,
        token: Token,
        rejected: bool,
    ) -> Result<Fresh, RefreshError> {
        for _ in 0..MOST_FLIGHTS {
            match self.flight(&account, token_name).await {
                Ok(row) if row.generation > account.generation => {
                    let grant = self.open_grant(&row)?;
                    let new = grant.tokens().and_then(|tokens| tokens.get(token_name));
                    // A provider may mint the same token again for as long as it lives.
                    if new.is_some_and(|new| grant.is_minted() || new.replaces(&token)) {
                        return Ok(Fresh { account: row, grant });
                    }
                    // Another of the account's tokens was refreshed meanwhile.
                    account = row;
                }
                // A flight that began before this generation says nothing of it.
                Ok(_) => {}
                // An outage takes nothing away that still works.
                Err(RefreshError::Unavailable { .. }) if !rejected && still_valid(&token, self.now()) => {
                    let grant = self.open_grant(&account)?;
                    return Ok(Fresh { account, grant });
                }
                Err(error) => return Err(error),
            }
        }
        tracing::warn!(toolkit = %toolkit.slug, account = %account.id, "a refresh never came");
        Err(RefreshError::Unavailable { retry_after: None })
    }

    /// Joins the refresh of an account that is under way, or begins one. It runs to its end by itself.
    pub(crate) fn flight(
        &self,
        account: &ConnectedAccount,
        token_name: &str,
    ) -> Shared<BoxFuture<'static, Refreshed>> {
        let key = (account.id.clone(), token_name.to_owned());
        let mut flights = self.flights.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = flights.get(&key) {
            return flight.clone();
        }
        let (engine, app, id) = (self.clone(), account.app_id.clone(), account.id.clone());
        let (observed, token_name) = (account.generation, token_name.to_owned());
        let landing = Landing { engine: self.clone(), key: key.clone() };
        let task = self.spawn(async move {
            let _landing = landing;
            engine.refresh(&app, &id, observed, &token_name).await
        });
        let flight = task
            .map(|joined| joined.unwrap_or_else(|panic| Err(Error::internal(panic).into())))
            .boxed()
            .shared();
        flights.insert(key, flight.clone());
        flight
    }

    /// Takes the lease and exchanges; or waits for whoever has it.
    async fn refresh(&self, app: &AppId, id: &AccountId, observed: i64, token_name: &str) -> Refreshed {
        let patience = Instant::now() + PATIENCE;
        let mut lapsed = Lapsed::default();
        loop {
            let row = usable(self.store.find_account(app, id).await?)?;
            if row.generation > observed {
                return Ok(row);
            }
            let now = self.now();
            if let Some(retry_at) = row.refresh_retry_at.filter(|retry_at| **retry_at > now) {
                return Err(RefreshError::Unavailable { retry_after: Some(until(*retry_at, now)) });
            }
            let held = row.lease_expires_at.is_some_and(|end| *end > now);
            if !held && !lapsed.may_return(&row) {
                let toolkit = self.catalog.find_toolkit(&row.toolkit).cloned().ok_or(RefreshError::Gone)?;
                let grant = self.open_grant(&row)?;
                let token_name = interrupted(&row, &grant).unwrap_or_else(|| token_name.to_owned());
                let Some(renewal) = renewal(&toolkit, &grant, &token_name) else {
                    return Err(RefreshError::Expired { reason: "token_expired".to_owned() });
                };
                let (owner, ends) = (self.ids.secret(), now + LEASE);
                let intent = renewal.intent();
                let lease = (now.into(), ends.into());
                if self.store.acquire_lease(&row, &owner, intent.as_deref(), lease.0, lease.1).await? {
                    return self.renew(&toolkit, (row, grant), (&token_name, renewal), owner).await;
                }
            }
            if Instant::now() > patience {
                return Err(RefreshError::Unavailable { retry_after: None });
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Marks the account for reconnecting, unless it was reconnected meanwhile: then the caller may try again.
    pub(crate) async fn expire<T>(
        &self,
        account: &ConnectedAccount,
        reason: &str,
    ) -> Result<T, RefreshError> {
        if self.store.expire_account(&account.id, account.generation, reason, self.now().into()).await? {
            tracing::info!(account = %account.id, toolkit = account.toolkit, reason, "an account must be reconnected");
        } else {
            let row =
                self.store.find_account(&account.app_id, &account.id).await?.ok_or(RefreshError::Gone)?;
            if row.generation > account.generation && row.status == AccountStatus::Active {
                return Err(RefreshError::Unavailable { retry_after: None });
            }
        }
        Err(RefreshError::Expired { reason: reason.to_owned() })
    }
}

/// How a token is had anew.
pub(crate) enum Renewal {
    Refresh(SecretString),
    /// From the credentials themselves: nothing is used up, so that nothing can be lost.
    Mint,
}

impl Renewal {
    /// What must be known of an exchange before it is made, in case nobody hears its end.
    fn intent(&self) -> Option<Vec<u8>> {
        match self {
            Self::Refresh(token) => Some(hash(token.expose_secret())),
            Self::Mint => None,
        }
    }
}

/// How a token of the grant is had anew, if at all. The toolkit may have been refreshed when the account was connected.
pub(crate) fn renewal(toolkit: &Toolkit, grant: &Grant, token_name: &str) -> Option<Renewal> {
    if grant.is_minted() {
        return Some(Renewal::Mint);
    }
    let oauth2 = toolkit.auth_scheme(SchemeName::OAuth2)?.oauth2()?;
    let token = grant.tokens()?.get(token_name)?.refresh_token.clone()?;
    (oauth2.token_endpoint.refresh != RefreshClass::None).then_some(Renewal::Refresh(token))
}

/// The account as it may be used now.
pub(crate) fn usable(row: Option<ConnectedAccount>) -> Refreshed {
    let row = row.ok_or(RefreshError::Gone)?;
    match (row.status, row.status_reason.as_deref()) {
        (AccountStatus::Active, _) => Ok(row),
        (AccountStatus::Expired, Some(reason)) => Err(RefreshError::Expired { reason: reason.to_owned() }),
        (_, Some(AWAITING_CONFIRMATION)) => Err(RefreshError::Unconfirmed),
        _ => Err(RefreshError::Gone),
    }
}

/// The token whose refresh was interrupted, where the account has several: what became of it is found out before another
/// one's intent takes its place.
fn interrupted(row: &ConnectedAccount, grant: &Grant) -> Option<String> {
    let intent = row.refresh_intent.as_ref()?;
    let is_it =
        |token: &Token| token.refresh_token.as_ref().is_some_and(|own| hash(own.expose_secret()) == *intent);
    grant.tokens()?.iter().find(|(_, token)| is_it(token)).map(|(name, _)| name.clone())
}

/// A lease that ran out with its holder still in the row. Where the database was away for longer than a lease, the holder
/// comes back with it, and has the answer in hand.
#[derive(Debug, Default)]
struct Lapsed(Option<(String, Instant)>);

impl Lapsed {
    /// Whether the holder of a lease that ran out may still come. One that gave it up before its end does not.
    fn may_return(&mut self, row: &ConnectedAccount) -> bool {
        let Some(owner) = row.lease_owner.as_ref().filter(|_| row.lease_expires_at != Some(row.updated_at))
        else {
            return false;
        };
        match &self.0 {
            Some((seen, since)) if seen == owner => since.elapsed() < RETURN,
            _ => {
                self.0 = Some((owner.clone(), Instant::now()));
                true
            }
        }
    }
}

fn verdict(token: &Token, now: Timestamp) -> Verdict {
    let Some(expires_at) = token.expires_at else { return Verdict::Use };
    let (left, ahead) = (expires_at.duration_since(now), ahead_of(token));
    if left <= MARGIN.min(ahead) {
        Verdict::Refresh
    } else if left <= ahead {
        Verdict::UseAndRefresh
    } else {
        Verdict::Use
    }
}

/// How long before its end a token is refreshed though it still works.
pub(crate) fn ahead_of(token: &Token) -> SignedDuration {
    let part = token.lifetime.map_or(AHEAD, |seconds| {
        SignedDuration::from_secs(i64::try_from(seconds / AHEAD_PART).unwrap_or(i64::MAX))
    });
    AHEAD.min(part)
}

fn still_valid(token: &Token, now: Timestamp) -> bool {
    token.expires_at.is_none_or(|end| end > now)
}
