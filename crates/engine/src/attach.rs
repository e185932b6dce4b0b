//! Attaching: a proven grant becomes the account of its subject, or the next generation of that account.

use catalog::SchemeName;
use secrecy::ExposeSecret as _;
use store::{AccountId, AccountStatus, ConnectedAccount, Json};

use crate::Engine;
use crate::clients::OpenClient;
use crate::connect_page::Opened;
use crate::error::{Error, Result};
use crate::grant::Grant;
use crate::identity::Identified;
use crate::ids::hash;
use crate::tasks::persistently;

const MOST_RACES: usize = 10;
pub(crate) const AWAITING_CONFIRMATION: &str = "awaiting_confirmation";

/// What is to be attached.
pub(crate) struct Proven {
    pub(crate) grant: Grant,
    pub(crate) identified: Identified,
    pub(crate) scopes: Vec<String>,
    pub(crate) client: Option<OpenClient>,
}

impl Engine {
    /// Puts a proven grant into the row of its subject: a new one, or the next generation of the one there is.
    pub(crate) async fn attach(
        &self,
        opened: &Opened,
        proven: Proven,
    ) -> Result<(AccountId, Option<String>)> {
        let confirm_code = opened.app.confirm_connections.then(|| self.ids.secret());
        for _ in 0..MOST_RACES {
            let request = &opened.request;
            let before = self
                .store
                .find_account_by_subject(
                    &request.app_id,
                    &request.user_id,
                    &request.toolkit,
                    &proven.identified.subject,
                )
                .await?;
            let row = self.account_row(opened, &proven, before.as_ref(), confirm_code.as_deref());
            let (store, row_ref, is_new) = (&self.store, &row, before.is_none());
            let written = persistently(|| async move {
                if is_new {
                    store.insert_account(row_ref).await
                } else {
                    store.replace_account(row_ref).await
                }
            })
            .await?;
            if written {
                if let Some(before) = before {
                    self.revoke_predecessor(opened, before, &proven).await;
                }
                self.store.delete_unused_clients(&opened.config.id).await?;
                return Ok((row.id, confirm_code));
            }
        }
        Err(Error::internal(anyhow::anyhow!("an account changed too often while it was connected")))
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
            client_version: proven.client.as_ref().map(|client| client.version),
            provider: opened.toolkit.provider.clone(),
            client_id: proven.client.as_ref().map(|client| client.id.clone()).unwrap_or_default(),
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
            connected_at: now.into(),
            updated_at: now.into(),
            last_used_at: None,
        }
    }

    /// The tokens that a reconnect replaced are ended, where that cannot end the new ones.
    async fn revoke_predecessor(&self, opened: &Opened, before: ConnectedAccount, proven: &Proven) {
        let same_scheme = before.auth_scheme == SchemeName::OAuth2.as_str();
        let Some(oauth2) = opened.scheme().ok().and_then(|scheme| scheme.oauth2()).filter(|_| same_scheme)
        else {
            return;
        };
        let new = proven.grant.default_token().map(|token| token.access_token.expose_secret());
        let Ok(old) = self.open_grant(&before) else { return };
        let same_token = old.default_token().map(|token| token.access_token.expose_secret()) == new;
        if oauth2.revocation.ends != catalog::Ends::Token || same_token {
            return;
        }
        if let Ok(client) = self
            .open_client(&opened.toolkit, &before.auth_config_id, before.client_version.unwrap_or_default())
            .await
        {
            self.send_revocation(&opened.toolkit, oauth2, &client, &old).await;
        }
    }
}
