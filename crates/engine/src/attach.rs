//! Attaching: a proven grant becomes the account of its subject, or the next generation of that account.

use catalog::SchemeName;
use secrecy::ExposeSecret as _;
use store::{AccountId, AccountStatus, Attached, ConnectedAccount, Json};

use crate::Engine;
use crate::clients::OpenClient;
use crate::connect_page::Opened;
use crate::error::{Error, Result};
use crate::grant::Grant;
use crate::identity::Identified;
use crate::ids::hash;
use crate::toolkits::Backend;

const MOST_RACES: usize = 10;
pub(crate) const AWAITING_CONFIRMATION: &str = "awaiting_confirmation";

/// What is to be attached.
pub(crate) struct Proven {
    pub(crate) grant: Grant,
    pub(crate) identified: Identified,
    pub(crate) scopes: Vec<String>,
    pub(crate) client: Option<OpenClient>,
    /// Where Composio holds the grant.
    pub(crate) remote: Option<Remote>,
}

impl Proven {
    /// What the user typed in, and no client of the app's.
    pub(crate) fn typed(grant: Grant, identified: Identified) -> Self {
        Self { grant, identified, scopes: Vec::new(), client: None, remote: None }
    }
}

/// A grant that Composio holds.
pub(crate) struct Remote {
    pub(crate) account: String,
    /// The auth config it was made under.
    pub(crate) config: String,
}

impl Engine {
    /// Puts a proven grant into the row of its subject: a new one, or the next generation of the one there is.
    /// `None` where the request ended meanwhile, because its user was offboarded or its link used up: then the grant
    /// is ended at the provider.
    pub(crate) async fn attach(
        &self,
        opened: &Opened,
        proven: Proven,
    ) -> Result<Option<(AccountId, Option<String>)>> {
        let confirm_code = opened.app.confirm_connections.then(|| self.ids.secret());
        for _ in 0..MOST_RACES {
            let request = &opened.request;
            let before = self
                .persistently(|| {
                    let subject = &proven.identified.subject;
                    self.store.find_account_by_subject(
                        &request.app_id,
                        &request.user_id,
                        &request.toolkit,
                        subject,
                    )
                })
                .await;
            let before = match before {
                Ok(before) => before,
                Err(error) => return self.unattached(opened, &proven, error).await,
            };
            let row = self.account_row(opened, &proven, before.as_ref(), confirm_code.as_deref());
            let is_new = before.is_none();
            let attached = self.persistently(|| self.store.attach_account(&request.id, &row, is_new)).await;
            match attached {
                Ok(Attached::Done) => {
                    if let Some(before) = before {
                        self.revoke_predecessor(opened, before, &proven).await;
                    }
                    return Ok(Some((row.id, confirm_code)));
                }
                // An attempt whose acknowledgement was lost has ended the request itself.
                Ok(Attached::RequestOver) if self.is_stored(&row).await? => {
                    return Ok(Some((row.id, confirm_code)));
                }
                Ok(Attached::RequestOver) => {
                    self.end_proven(opened, &proven).await;
                    return Ok(None);
                }
                Ok(Attached::Raced) => {}
                Err(error) => return self.unattached(opened, &proven, error).await,
            }
        }
        Err(Error::internal(anyhow::anyhow!("an account changed too often while it was connected")))
    }

    async fn is_stored(&self, row: &ConnectedAccount) -> Result<bool> {
        let found = self.store.find_account(&row.app_id, &row.id).await?;
        // By what it holds: a rotation of the vault's keys seals it anew.
        let Some(found) = found.filter(|found| found.generation == row.generation) else { return Ok(false) };
        Ok(self.open_grant(row)?.without(&self.open_grant(&found)?).is_none())
    }

    /// The database did not say that it took the grant. Where it refused to, nobody can use it; after an outage it may be
    /// there.
    async fn unattached<T>(
        &self,
        opened: &Opened,
        proven: &Proven,
        error: store::StoreError,
    ) -> Result<Option<T>> {
        if error.is_permanent() {
            self.end_proven(opened, proven).await;
        }
        // The app is being deleted: its rows are gone, and with them the request.
        if self.store.find_connect_request(&opened.request.id).await?.is_none() {
            return Ok(None);
        }
        Err(error.into())
    }

    /// Ends a grant that belongs to no row, where that ends nobody else's.
    async fn end_proven(&self, opened: &Opened, proven: &Proven) {
        // What Composio holds is removed there, because nobody has attached it.
        let (Some(client), Ok(toolkit)) = (&proven.client, opened.native()) else { return };
        let Some(oauth2) = opened.scheme().ok().and_then(|scheme| scheme.oauth2()) else { return };
        let row = self.account_row(opened, proven, None, None);
        if let Err(error) = self.send_revocation(toolkit, oauth2, client, (&row, &proven.grant)).await {
            tracing::warn!(toolkit = %toolkit.slug, %error, "a grant that nobody has was not revoked");
        }
    }

    fn account_row(
        &self,
        opened: &Opened,
        proven: &Proven,
        before: Option<&ConnectedAccount>,
        confirm_code: Option<&str>,
    ) -> ConnectedAccount {
        let now = self.now();
        let id =
            before.map_or_else(|| AccountId::new(self.ids.ordered("ca", now)), |before| before.id.clone());
        let generation = before.map_or(1, |before| before.generation + 1);
        let request = &opened.request;
        ConnectedAccount {
            sealed_grant: self.seal_grant(&request.app_id, &id, generation, &proven.grant),
            id,
            app_id: request.app_id.clone(),
            user_id: request.user_id.clone(),
            toolkit: request.toolkit.clone(),
            auth_config_id: opened.config.id.clone(),
            auth_scheme: opened.config.auth_scheme.clone(),
            client_version: match &proven.remote {
                Some(_) => opened.config.client_version,
                None => proven.client.as_ref().map(|client| client.version),
            },
            provider: match (&proven.remote, opened.toolkit.native()) {
                (None, Some(native)) => native.provider.clone(),
                _ => Backend::Composio.as_str().to_owned(),
            },
            client_id: match (&proven.remote, &proven.client) {
                (Some(remote), _) => remote.config.clone(),
                (None, client) => client.as_ref().map(|client| client.id.clone()).unwrap_or_default(),
            },
            subject: proven.identified.subject.clone(),
            grant_subject: proven.identified.grant_subject.clone(),
            label: proven.identified.label.clone(),
            facts: Json(proven.identified.facts.clone()),
            scopes: Json(proven.scopes.clone()),
            status: if confirm_code.is_some() { AccountStatus::Inactive } else { AccountStatus::Active },
            status_reason: confirm_code.map(|_| AWAITING_CONFIRMATION.to_owned()),
            generation,
            expires_at: proven.grant.expires_at().map(Into::into),
            lease_owner: None,
            lease_expires_at: None,
            refresh_intent: None,
            refresh_retry_at: None,
            confirm_hash: confirm_code.map(hash),
            remote_id: proven.remote.as_ref().map(|remote| remote.account.clone()),
            connected_at: now.into(),
            updated_at: now.into(),
            last_used_at: None,
        }
    }

    /// The tokens that a reconnect replaced are ended, where that cannot end the new ones.
    async fn revoke_predecessor(&self, opened: &Opened, before: ConnectedAccount, proven: &Proven) {
        let same_scheme = before.auth_scheme == SchemeName::OAuth2.as_str();
        let (Some(oauth2), Ok(toolkit)) = (
            opened.scheme().ok().and_then(|scheme| scheme.oauth2()).filter(|_| same_scheme),
            opened.native(),
        ) else {
            return;
        };
        let new = proven.grant.default_token().map(|token| token.access_token.expose_secret());
        let Ok(old) = self.open_grant(&before) else { return };
        let same_token = old.default_token().map(|token| token.access_token.expose_secret()) == new;
        if oauth2.revocation.ends != catalog::Ends::Token || same_token {
            return;
        }
        if let Ok(client) =
            self.open_client(toolkit, &before.auth_config_id, before.client_version.unwrap_or_default()).await
        {
            self.send_token_revocation(toolkit, oauth2, &client, &old).await;
        }
    }
}
