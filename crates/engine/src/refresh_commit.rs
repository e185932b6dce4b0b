//! New tokens are stored as the next generation of their account: at once, after an outage, or after the lease was lost. What
//! can be stored no more is ended at the provider, where that ends nobody else's.

use std::time::Duration;

use auth::TokenResponse;
use catalog::{AuthScheme, Ends, OAuth2, SchemeName};
use store::{AccountStatus, AppId, ConnectedAccount, GrantUpdate, Lease, Time};
use tokio::time::Instant;

use crate::Engine;
use crate::clients::OpenClient;
use crate::connections::DISCONNECTING;
use crate::grant::Grant;
use crate::refresh::{POLL, RefreshError, Refreshed, usable};
use crate::refresh_exchange::Attempt;
use crate::unsaved::SOON;

/// Tokens in hand are kept for longer than another's lease lasts, and than the attempt that begins at its end asks.
const LATE_PATIENCE: Duration = Duration::from_secs(45);

impl Engine {
    pub(crate) async fn commit(
        &self,
        attempt: &Attempt<'_>,
        response: TokenResponse,
        client: Option<OpenClient>,
    ) -> Refreshed {
        let (now, token_name) = (self.now(), attempt.token_name);
        // The answer to a refresh of one token speaks of that token, whatever its place in the first answer was.
        let mut issued = response.tokens;
        if !issued.contains_key(token_name)
            && let Some(token) = issued.remove(OAuth2::DEFAULT_TOKEN)
        {
            issued.insert(token_name.to_owned(), token);
        }
        let scopes = issued.get(token_name).and_then(|token| token.scopes.clone());
        let one_token = attempt.endpoint.tokens.len() == 1;
        let grant = attempt.grant.renewed(issued, now);
        let (client, version) = (client.as_ref(), client.as_ref().map(|client| client.version));
        let account = &attempt.account;
        let update = GrantUpdate {
            sealed_grant: self.seal_grant(&account.app_id, &account.id, account.generation + 1, &grant),
            expires_at: grant.expires_at().map(Into::into),
            scopes: scopes.filter(|scopes| one_token && !scopes.is_empty()),
            client_version: version.filter(|_| version != account.client_version),
            now: now.into(),
        };
        let committed = self.commit_soon(attempt, &update, client).await?;
        let row = self.persistently(|| self.store.find_account(&account.app_id, &account.id)).await?;
        // A commit whose acknowledgement was lost is found by what it wrote.
        if committed || self.holds(row.as_ref(), &grant) {
            self.forget_unsaved(&attempt.lease).await;
            if let Some(client) = client {
                self.client_accepted(account, client).await;
            }
            return usable(row);
        }
        let row = self.commit_late(&account.app_id, &attempt.lease, &update).await?;
        if self.holds(row.as_ref(), &grant) {
            tracing::warn!(account = %account.id, "a refresh was stored after its lease had run out");
            self.forget_unsaved(&attempt.lease).await;
            return usable(row);
        }
        self.lost_commit(attempt, row, client, &grant, &update).await
    }

    /// Whether the account has all of a grant. Its ciphertext says nothing: rotating the vault's keys makes it anew.
    fn holds(&self, row: Option<&ConnectedAccount>, grant: &Grant) -> bool {
        row.and_then(|row| self.open_grant(row).ok()).is_some_and(|held| grant.without(&held).is_none())
    }

    /// Commits; where the database cannot at once, the grant is written to disk meanwhile.
    async fn commit_soon(
        &self,
        attempt: &Attempt<'_>,
        update: &GrantUpdate,
        client: Option<&OpenClient>,
    ) -> store::Result<bool> {
        let answered = Instant::now();
        let committing = self.persistently(|| self.store.commit_refresh(&attempt.lease, update));
        tokio::pin!(committing);
        let safe = || self.metrics.stored(answered.elapsed());
        if let Ok(done) = tokio::time::timeout(SOON, &mut committing).await {
            if matches!(done, Ok(true)) {
                safe();
            }
            return done;
        }
        let keeping = async {
            if self.keep_unsaved(&attempt.account, &attempt.lease, update, client).await {
                safe();
            }
        };
        tokio::join!(committing, keeping).0
    }

    /// The lease ran out before the commit. Whoever took it over asks with a refresh token that is used up: once he has
    /// let go of it, the tokens in hand are the only ones that work. Gives the row as it then is.
    pub(crate) async fn commit_late(
        &self,
        app: &AppId,
        lease: &Lease,
        update: &GrantUpdate,
    ) -> store::Result<Option<ConnectedAccount>> {
        let patience = Instant::now() + LATE_PATIENCE;
        loop {
            let update = GrantUpdate { now: self.now().into(), ..update.clone() };
            self.persistently(|| self.store.adopt_refresh(lease, &update)).await?;
            let row = self.persistently(|| self.store.find_account(app, &lease.account)).await?;
            let waits = row.as_ref().is_some_and(|row| is_awaited(row, lease));
            if !waits || Instant::now() > patience || self.tasks.stopping().is_cancelled() {
                return Ok(row);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// What was said of a client that is now accepted is taken back.
    async fn client_accepted(&self, account: &ConnectedAccount, client: &OpenClient) {
        let config = &account.auth_config_id;
        if !client.is_rejected {
            return;
        }
        let accepted = (client.version, client.updated_at);
        if let Err(error) = self.store.set_client_rejected(config, accepted, None).await {
            tracing::warn!(%error, account = %account.id, "a client's mark could not be taken back");
        }
    }

    /// The lease was lost, or the account changed: what no row has of the new tokens is ended where that ends nobody
    /// else's.
    async fn lost_commit(
        &self,
        attempt: &Attempt<'_>,
        row: Option<ConnectedAccount>,
        client: Option<&OpenClient>,
        grant: &Grant,
        update: &GrantUpdate,
    ) -> Refreshed {
        tracing::warn!(account = %attempt.account.id, "a refresh came too late to be stored");
        if row.as_ref().is_some_and(|row| is_awaited(row, &attempt.lease)) {
            // Whoever refreshes may yet fail; the next start of this node looks again.
            self.keep_unsaved(&attempt.account, &attempt.lease, update, client).await;
            return Err(RefreshError::Unavailable { retry_after: None });
        }
        let over = is_over(row.as_ref(), attempt.account.connected_at);
        // An account on its way out gives these tokens to nobody, and its disconnect knows only the old ones.
        let row = row.filter(|row| row.status_reason.as_deref() != Some(DISCONNECTING));
        let replaced = row.as_ref().is_some_and(|row| row.generation > attempt.lease.generation);
        let oauth2 = attempt.toolkit.auth_scheme(SchemeName::OAuth2).and_then(AuthScheme::oauth2);
        if let (Some(oauth2), Some(client)) = (oauth2, client) {
            let harmless = match oauth2.revocation.ends {
                Ends::Token => over,
                Ends::Grant => row.is_none(),
                Ends::None => false,
            };
            if harmless && let Some(orphaned) = self.orphaned(row.as_ref(), grant) {
                self.send_revocation(attempt.toolkit, oauth2, client, (&attempt.account, &orphaned)).await?;
            }
        }
        self.forget_unsaved(&attempt.lease).await;
        match row {
            Some(row) if replaced => usable(Some(row)),
            Some(_) => Err(RefreshError::Unavailable { retry_after: None }),
            None => Err(RefreshError::Gone),
        }
    }

    /// What of a grant its account does not have. An account that cannot be opened may have all of it.
    pub(crate) fn orphaned(&self, row: Option<&ConnectedAccount>, grant: &Grant) -> Option<Grant> {
        match row.map(|row| self.open_grant(row)) {
            None => Some(grant.clone()),
            Some(Ok(held)) => grant.without(&held),
            Some(Err(_)) => None,
        }
    }
}

/// Whether the connection that tokens belong to is over: then they may be ended without those that its account uses. What
/// another refresh of the same connection brought is of one grant with them (RFC 7009 section 2.1).
pub(crate) fn is_over(row: Option<&ConnectedAccount>, connected_at: Time) -> bool {
    row.is_none_or(|row| {
        row.connected_at != connected_at || row.status_reason.as_deref() == Some(DISCONNECTING)
    })
}

/// Whether tokens that came late may still be stored.
pub(crate) fn is_awaited(row: &ConnectedAccount, lease: &Lease) -> bool {
    row.generation == lease.generation && row.status != AccountStatus::Inactive
}
