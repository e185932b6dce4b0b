//! The refresh lease: who may exchange a refresh token now. Compare-and-swap on the row, the same on both databases.
//!
//! The intent (a hash of the refresh token in use) is written with the lease, before the provider is asked: whoever
//! finds an intent whose lease has run out knows that an exchange was interrupted.

use crate::{AccountId, ConnectedAccount, GrantUpdate, Json, Result, Store, Time};

/// A lease on one generation of one account.
#[derive(Debug, Clone)]
pub struct Lease {
    pub account: AccountId,
    pub generation: i64,
    /// Unique to this attempt.
    pub owner: String,
}

/// A place in the order of what ends next.
#[derive(Debug, Clone)]
pub struct Expiring {
    at: Time,
    id: String,
}

impl Expiring {
    /// Before everything that ends after `now`.
    pub fn first(now: Time) -> Self {
        Self { at: now, id: String::new() }
    }

    pub fn after(account: &ConnectedAccount) -> Self {
        Self { at: account.expires_at.unwrap_or(account.connected_at), id: account.id.to_string() }
    }
}

impl Store {
    /// Active accounts with a token that ends until `until`, used or connected since `used`, that nobody refreshes and
    /// whose provider is not to be left in peace; what ends first comes first.
    pub async fn list_expiring(
        &self,
        after: &Expiring,
        until: Time,
        used: Time,
        now: Time,
        limit: i64,
    ) -> Result<Vec<ConnectedAccount>> {
        Ok(read!(
            self.db,
            fetch_all as ConnectedAccount,
            select!(
                connected_accounts,
                "WHERE status = 'active' AND expires_at IS NOT NULL \
             AND (expires_at, id) > ($1, $2) AND expires_at <= $3 AND COALESCE(last_used_at, connected_at) >= $4 \
             AND (lease_expires_at IS NULL OR lease_expires_at <= $5) \
             AND (refresh_retry_at IS NULL OR refresh_retry_at <= $5) ORDER BY expires_at, id LIMIT $6"
            ),
            after.at,
            &after.id,
            until,
            used,
            now,
            limit,
        )?)
    }

    /// Takes the lease that `seen` shows to be free or run out. False where anything changed since, or the provider is
    /// to be left in peace.
    pub async fn acquire_lease(
        &self,
        seen: &ConnectedAccount,
        owner: &str,
        intent: Option<&[u8]>,
        now: Time,
        until: Time,
    ) -> Result<bool> {
        let taken = write!(
            self.db,
            "UPDATE connected_accounts SET lease_owner = $4, lease_expires_at = $5, refresh_intent = $6, updated_at = $7 \
             WHERE id = $1 AND generation = $2 AND lease_owner IS NOT DISTINCT FROM $3 \
             AND (lease_expires_at IS NULL OR lease_expires_at <= $7) \
             AND (refresh_retry_at IS NULL OR refresh_retry_at <= $7) AND status = 'active'",
            &seen.id, seen.generation, &seen.lease_owner, owner, until, intent, now,
        )?;
        Ok(taken > 0)
    }

    /// Stores the refreshed grant as the next generation and gives the lease back. False where the lease was lost,
    /// or the account reconnected or disconnected meanwhile: then the new tokens belong to nobody.
    pub async fn commit_refresh(&self, lease: &Lease, update: &GrantUpdate) -> Result<bool> {
        let changed = write!(
            self.db,
            "UPDATE connected_accounts SET sealed_grant = $4, expires_at = $5, scopes = COALESCE($6, scopes), \
             client_version = COALESCE($8, client_version), generation = generation + 1, lease_owner = NULL, lease_expires_at = NULL, refresh_intent = NULL, \
             refresh_retry_at = NULL, updated_at = $7 WHERE id = $1 AND generation = $2 AND lease_owner = $3",
            &lease.account,
            lease.generation,
            &lease.owner,
            &update.sealed_grant,
            update.expires_at,
            update.scopes.clone().map(Json),
            update.now,
            update.client_version,
        )?;
        Ok(changed > 0)
    }

    /// Holds the lease longer. False where it was lost.
    pub async fn renew_lease(&self, lease: &Lease, until: Time) -> Result<bool> {
        let changed = write!(
            self.db,
            "UPDATE connected_accounts SET lease_expires_at = $4 WHERE id = $1 AND generation = $2 AND lease_owner = $3",
            &lease.account, lease.generation, &lease.owner, until,
        )?;
        Ok(changed > 0)
    }

    /// Stores a refreshed grant whose lease was lost, where nobody holds one now and the account is in the same
    /// generation: whatever another attempt met meanwhile is thereby mended. It may have cost these tokens, too: then
    /// the intent stays, until a refresh has gone well.
    pub async fn adopt_refresh(&self, lease: &Lease, update: &GrantUpdate) -> Result<bool> {
        let changed = write!(
            self.db,
            "UPDATE connected_accounts SET sealed_grant = $3, expires_at = $4, scopes = COALESCE($5, scopes), \
             client_version = COALESCE($7, client_version), generation = generation + 1, status = 'active', \
             status_reason = NULL, lease_owner = NULL, lease_expires_at = NULL, refresh_retry_at = NULL, \
             refresh_intent = CASE WHEN status = 'active' AND lease_owner IS NULL THEN NULL ELSE refresh_intent END, \
             updated_at = $6 WHERE id = $1 AND generation = $2 AND status <> 'inactive' \
             AND (lease_expires_at IS NULL OR lease_expires_at <= $6)",
            &lease.account,
            lease.generation,
            &update.sealed_grant,
            update.expires_at,
            update.scopes.clone().map(Json),
            update.now,
            update.client_version,
        )?;
        Ok(changed > 0)
    }

    /// The user must connect again, says who holds the lease. False where it was lost: then its new holder finds out.
    pub async fn expire_under_lease(&self, lease: &Lease, reason: &str, now: Time) -> Result<bool> {
        let changed = write!(
            self.db,
            "UPDATE connected_accounts SET status = 'expired', status_reason = $4, updated_at = $5, lease_owner = NULL, \
             lease_expires_at = NULL WHERE id = $1 AND generation = $2 AND lease_owner = $3",
            &lease.account, lease.generation, &lease.owner, reason, now,
        )?;
        Ok(changed > 0)
    }

    /// Gives the lease back without a new grant; nobody refreshes before `retry_at`.
    pub async fn release_lease(&self, lease: &Lease, retry_at: Option<Time>, now: Time) -> Result<bool> {
        let changed = write!(
            self.db,
            "UPDATE connected_accounts SET lease_owner = NULL, lease_expires_at = NULL, refresh_intent = NULL, \
             refresh_retry_at = $4, updated_at = $5 WHERE id = $1 AND generation = $2 AND lease_owner = $3",
            &lease.account, lease.generation, &lease.owner, retry_at, now,
        )?;
        Ok(changed > 0)
    }

    /// Gives up every lease now, intents kept: for a process that is alone with its database, all of them were left by a
    /// predecessor.
    pub async fn expire_all_leases(&self, now: Time) -> Result<u64> {
        Ok(write!(
            self.db,
            "UPDATE connected_accounts SET lease_expires_at = $1, updated_at = $1 WHERE lease_owner IS NOT NULL AND lease_expires_at > $1",
            now,
        )?)
    }

    /// The lease ends now but the intent stays: what became of the refresh token is unknown. That it ended in the moment of
    /// the row's last change says that it was given up, and did not run out under a holder who may come back.
    pub async fn abandon_lease(&self, lease: &Lease, retry_at: Time, now: Time) -> Result<bool> {
        let changed = write!(
            self.db,
            "UPDATE connected_accounts SET lease_expires_at = $5, refresh_retry_at = $4, updated_at = $5 \
             WHERE id = $1 AND generation = $2 AND lease_owner = $3",
            &lease.account, lease.generation, &lease.owner, retry_at, now,
        )?;
        Ok(changed > 0)
    }
}
