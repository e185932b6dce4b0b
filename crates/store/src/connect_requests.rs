//! Connect requests: a link for one user and one toolkit, and the OAuth state made from it.

use sqlx::FromRow;

use crate::{
    AccountId, AppId, AuthConfigId, ConnectRequestId, ConnectStatus, Json, Result, SealedColumn, Store, Time,
    UserId,
};

#[derive(Debug, Clone, FromRow)]
pub struct ConnectRequest {
    pub id: ConnectRequestId,
    pub app_id: AppId,
    pub user_id: UserId,
    pub toolkit: String,
    pub auth_config_id: AuthConfigId,
    /// The client it began under, once the user went on to the provider.
    pub client_version: Option<i64>,
    pub scopes: Json<Vec<String>>,
    pub redirect_url: Option<String>,
    pub status: ConnectStatus,
    pub reason: Option<String>,
    pub account_id: Option<AccountId>,
    pub created_at: Time,
    /// The link's own end.
    pub expires_at: Time,
    pub redirect_uri: Option<String>,
    pub sealed_verifier: Option<SealedColumn>,
    pub state_expires_at: Option<Time>,
    /// The account at Composio that the user's consent makes active.
    pub remote_account: Option<String>,
}

/// What the user's click on "continue" makes. A second click replaces it.
#[derive(Debug, Clone)]
pub struct NewState {
    pub state_hash: Vec<u8>,
    pub cookie_hash: Vec<u8>,
    /// Absent where Composio has the client.
    pub client_version: Option<i64>,
    pub redirect_uri: String,
    pub sealed_verifier: Option<SealedColumn>,
    pub expires_at: Time,
}

impl Store {
    /// Adds a request and lets the oldest live ones of the same user and toolkit go, so that `most` are left.
    pub async fn insert_connect_request(&self, request: &ConnectRequest, most: i64) -> Result<()> {
        let mut tx = self.db.begin().await?;
        tx_write!(
            tx,
            "UPDATE connect_requests SET status = 'failed', reason = 'superseded' WHERE id IN ( \
             SELECT id FROM connect_requests WHERE app_id = $1 AND user_id = $2 AND toolkit = $3 \
             AND status = 'pending' AND id NOT IN ( \
             SELECT id FROM connect_requests WHERE app_id = $1 AND user_id = $2 AND toolkit = $3 \
             AND status = 'pending' ORDER BY created_at DESC, id DESC LIMIT $4))",
            &request.app_id,
            &request.user_id,
            &request.toolkit,
            most - 1,
        )?;
        tx_write!(
            tx,
            "INSERT INTO connect_requests (id, app_id, user_id, toolkit, auth_config_id, scopes, redirect_url, status, \
             created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending', $8, $9)",
            &request.id,
            &request.app_id,
            &request.user_id,
            &request.toolkit,
            &request.auth_config_id,
            &request.scopes,
            &request.redirect_url,
            request.created_at,
            request.expires_at,
        )?;
        Ok(tx.commit().await?)
    }

    pub async fn find_connect_request(&self, id: &ConnectRequestId) -> Result<Option<ConnectRequest>> {
        Ok(read!(self.db, fetch_optional as ConnectRequest, select!(connect_requests, "WHERE id = $1"), id)?)
    }

    /// An untouched request with the same scopes and no redirect that lives until `until` at least.
    pub async fn find_reusable_connect_request(
        &self,
        app: &AppId,
        user: &UserId,
        toolkit: &str,
        scopes: &[String],
        until: Time,
    ) -> Result<Option<ConnectRequest>> {
        Ok(read!(
            self.db,
            fetch_optional as ConnectRequest,
            select!(
                connect_requests,
                "WHERE app_id = $1 AND user_id = $2 AND toolkit = $3 AND scopes = $4 \
             AND status = 'pending' AND expires_at >= $5 AND redirect_url IS NULL AND state_hash IS NULL \
             ORDER BY created_at DESC LIMIT 1"
            ),
            app,
            user,
            toolkit,
            Json(scopes.to_vec()),
            until,
        )?)
    }

    /// Gives a live request its state. False where it is no longer live.
    pub async fn begin_connect_request(
        &self,
        id: &ConnectRequestId,
        state: &NewState,
        now: Time,
    ) -> Result<bool> {
        let changed = write!(
            self.db,
            "UPDATE connect_requests SET state_hash = $2, cookie_hash = $3, client_version = $4, redirect_uri = $5, \
             sealed_verifier = $6, state_expires_at = $7, remote_account = NULL WHERE id = $1 AND status = 'pending' AND expires_at > $8",
            id,
            &state.state_hash,
            &state.cookie_hash,
            state.client_version,
            &state.redirect_uri,
            &state.sealed_verifier,
            state.expires_at,
            now,
        )?;
        Ok(changed > 0)
    }

    /// The request of a state, for the browser that has its cookie; once.
    pub async fn consume_state(
        &self,
        state_hash: &[u8],
        cookie_hash: &[u8],
        redirect_uri: &str,
        now: Time,
    ) -> Result<Option<ConnectRequest>> {
        Ok(write_returning!(
            self.db,
            fetch_optional as ConnectRequest,
            returning!(
                "UPDATE connect_requests SET status = 'exchanging', state_hash = NULL, cookie_hash = NULL \
             WHERE state_hash = $1 AND cookie_hash = $2 AND redirect_uri = $3 AND status = 'pending' \
             AND state_expires_at > $4",
                connect_requests
            ),
            state_hash,
            cookie_hash,
            redirect_uri,
            now,
        )?)
    }

    /// Ends a request that is neither connected nor failed yet.
    pub async fn fail_connect_request(&self, id: &ConnectRequestId, reason: &str) -> Result<bool> {
        let changed = write!(
            self.db,
            "UPDATE connect_requests SET status = 'failed', reason = $2, state_hash = NULL, cookie_hash = NULL, \
             sealed_verifier = NULL WHERE id = $1 AND status IN ('pending', 'exchanging')",
            id, reason,
        )?;
        Ok(changed > 0)
    }

    /// Ends what a crash left in the middle: requests still exchanging though their state is long over.
    pub async fn fail_interrupted_connect_requests(&self, before: Time) -> Result<u64> {
        Ok(write!(
            self.db,
            "UPDATE connect_requests SET status = 'failed', reason = 'interrupted', sealed_verifier = NULL \
             WHERE status = 'exchanging' AND state_expires_at < $1",
            before,
        )?)
    }

    pub async fn delete_connect_requests(&self, before: Time) -> Result<u64> {
        Ok(write!(self.db, "DELETE FROM connect_requests WHERE created_at < $1", before)?)
    }
}
