//! Telling a provider to revoke, as far as the manifest says that this ends no more than it should.

use std::time::Duration;

use auth::revocation::{Tokens, requests};
use catalog::{Ends, OAuth2, SchemeName, Toolkit};
use outbound::{Limits, Target};
use store::ConnectedAccount;
use url::Url;

use crate::Engine;
use crate::clients::{ClientError, OpenClient};
use crate::error::Result;
use crate::grant::Grant;

const LIMITS: Limits = Limits { deadline: Duration::from_secs(10), max_bytes: 256 * 1024 };
const TRIES: u32 = 3;
const BACKOFF: Duration = Duration::from_millis(250);

/// What came of revoking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Revocation {
    /// The provider took every request, or says that there is nothing left to revoke.
    Done,
    Failed,
    /// It would have ended the consent of another account, too.
    Shared,
}

impl Engine {
    /// Ends an account's grant at its provider. The word that comes back is for the audit.
    pub(crate) async fn revoke_account(&self, account: &ConnectedAccount) -> Result<&'static str> {
        let scheme = SchemeName::parse(&account.auth_scheme);
        let toolkit = self.catalog.find_toolkit(&account.toolkit).cloned();
        let Some((toolkit, scheme)) = toolkit.zip(scheme) else { return Ok("skipped_unknown_toolkit") };
        let Some(oauth2) = toolkit.auth_scheme(scheme).and_then(|scheme| scheme.oauth2()) else {
            return Ok("skipped_not_revocable");
        };
        if oauth2.revocation.ends == Ends::None {
            return Ok("skipped_not_revocable");
        }
        let version = account.client_version.unwrap_or_default();
        let client = match self.open_client(&toolkit, &account.auth_config_id, version).await {
            Ok(client) => client,
            Err(ClientError::Internal(error)) => return Err(error),
            Err(ClientError::Replaced | ClientError::Unconfigured) => return Ok("skipped_client_replaced"),
        };
        let grant = self.open_grant(account)?;
        Ok(match self.send_revocation(&toolkit, oauth2, &client, (account, &grant)).await? {
            Revocation::Done => "revoked",
            Revocation::Failed => "revocation_failed",
            Revocation::Shared => "skipped_shared",
        })
    }

    /// Sends every revocation request of a grant of an account. Where that ends the whole consent it is looked before each
    /// request whether another account lives by it: the user may have connected again meanwhile.
    pub(crate) async fn send_revocation(
        &self,
        toolkit: &Toolkit,
        oauth2: &OAuth2,
        client: &OpenClient,
        (account, grant): (&ConnectedAccount, &Grant),
    ) -> Result<Revocation> {
        let sharing = (oauth2.revocation.ends == Ends::Grant).then_some(account);
        self.send_all(toolkit, oauth2, client, grant, sharing).await
    }

    /// The same of tokens that end nothing but themselves.
    pub(crate) async fn send_token_revocation(
        &self,
        toolkit: &Toolkit,
        oauth2: &OAuth2,
        client: &OpenClient,
        grant: &Grant,
    ) {
        if let Err(error) = self.send_all(toolkit, oauth2, client, grant, None).await {
            tracing::warn!(toolkit = %toolkit.slug, %error, "not revoked");
        }
    }

    async fn send_all(
        &self,
        toolkit: &Toolkit,
        oauth2: &OAuth2,
        client: &OpenClient,
        grant: &Grant,
        sharing: Option<&ConnectedAccount>,
    ) -> Result<Revocation> {
        let mut all = Revocation::Done;
        for token in grant.tokens().into_iter().flat_map(|tokens| tokens.values()) {
            let tokens =
                Tokens { access_token: &token.access_token, refresh_token: token.refresh_token.as_ref() };
            for request in requests(&oauth2.revocation, client.as_auth(), tokens) {
                match self.send_one(toolkit, request, sharing).await? {
                    Revocation::Done => {}
                    Revocation::Failed => all = Revocation::Failed,
                    Revocation::Shared => return Ok(Revocation::Shared),
                }
            }
        }
        Ok(all)
    }

    async fn send_one(
        &self,
        toolkit: &Toolkit,
        request: http::Request<bytes::Bytes>,
        sharing: Option<&ConnectedAccount>,
    ) -> Result<Revocation> {
        let Ok(url) = Url::parse(&request.uri().to_string()) else { return Ok(Revocation::Failed) };
        let bases = [url];
        for attempt in 1..=TRIES {
            if let Some(account) = sharing
                && self.store.count_sharing_grant(account).await? > 0
            {
                return Ok(Revocation::Shared);
            }
            match self.outbound.send(Target::Declared(&bases), request.clone(), LIMITS).await {
                Ok(response) if response.status().is_success() => return Ok(Revocation::Done),
                // Gone already, by RFC 7009 section 2.2 and by providers that say it in other ways.
                Ok(response) if is_gone(&response) => return Ok(Revocation::Done),
                Ok(response) if response.status().is_client_error() => {
                    tracing::warn!(toolkit = %toolkit.slug, status = response.status().as_u16(), "not revoked");
                    return Ok(Revocation::Failed);
                }
                Ok(response) => {
                    tracing::warn!(toolkit = %toolkit.slug, status = response.status().as_u16(), "not revoked");
                }
                Err(error) => tracing::warn!(toolkit = %toolkit.slug, %error, "not revoked"),
            }
            tokio::time::sleep(BACKOFF * attempt).await;
        }
        Ok(Revocation::Failed)
    }
}

/// A refusal that speaks of the token. One that speaks of the client has revoked nothing.
fn is_gone(response: &http::Response<bytes::Bytes>) -> bool {
    let refused_client = ["invalid_client", "unauthorized_client"];
    let body = String::from_utf8_lossy(response.body());
    matches!(response.status().as_u16(), 400 | 404 | 422)
        && !refused_client.iter().any(|code| body.contains(code))
}
