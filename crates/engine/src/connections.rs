//! Connected accounts as callers see them: list, confirm, disconnect.

use store::{AccountFilter, AccountId, AccountStatus, AuthConfig, ConnectedAccount, Cursor, Page, UserId};

use crate::Engine;
use crate::apps::plain_id;
use crate::callers::Caller;
use crate::error::{Error, Kind, Result};
use crate::ids::hash;

const PAGE: i64 = 100;
/// The status reason of an account that is on its way out.
pub(crate) const DISCONNECTING: &str = "disconnecting";

/// Which accounts a list shows.
#[derive(Debug, Default, Clone)]
pub struct ConnectionFilter {
    pub user: Option<String>,
    pub toolkit: Option<String>,
    pub status: Option<String>,
    pub cursor: Option<String>,
    pub limit: i64,
}

/// An account, and what should be done about it though it works.
#[derive(Debug, Clone)]
pub struct ConnectionView {
    pub account: ConnectedAccount,
    /// Its client was replaced: a reconnect would move it to the new one.
    pub reconnect_recommended: bool,
}

impl Engine {
    pub async fn list_connections(
        &self,
        caller: &Caller,
        filter: &ConnectionFilter,
    ) -> Result<Page<ConnectionView>> {
        let user = caller.visible_user(filter.user.as_deref())?;
        let status = filter.status.as_deref().map(parse_status).transpose()?;
        let cursor = filter.cursor.as_deref().map_or(Some(Cursor::start()), Cursor::parse);
        let cursor = cursor.ok_or_else(|| Error::invalid_at("/cursor", "is not a cursor of this list"))?;
        let toolkit = match &filter.toolkit {
            // Of a toolkit that does not exist there is none.
            Some(slug) => {
                let known = self.find_toolkit(slug);
                Some(known.map_or_else(|| plain_id(slug), |known| known.slug().to_owned()))
            }
            None => None,
        };
        let filter_rows = AccountFilter { user, toolkit, status };
        let page = self.store.list_accounts(caller.app_id(), &filter_rows, &cursor, filter.limit).await?;
        let configs = self.store.list_auth_configs(caller.app_id()).await?;
        let items = page.items.into_iter().map(|account| view(account, &configs)).collect();
        Ok(Page { items, next: page.next })
    }

    /// The app's word that the account is the one of the user in its own session: what stops a forwarded link.
    pub async fn confirm(&self, caller: &Caller, id: &str, user: &str, code: &str) -> Result<ConnectionView> {
        let line = self.line(caller, "confirm").account(id).user(Some(user));
        let result = self.try_confirm(caller, id, user, code).await;
        self.audited(line, result).await
    }

    async fn try_confirm(&self, caller: &Caller, id: &str, user: &str, code: &str) -> Result<ConnectionView> {
        let user = caller.acting_user(Some(user))?;
        let account = AccountId::new(plain_id(id));
        let confirmed = self
            .store
            .confirm_account(caller.app_id(), &account, &user, &hash(code), self.now().into())
            .await?;
        let confirmed = confirmed.ok_or_else(|| connection_not_found(id))?;
        Ok(view(confirmed, &self.store.list_auth_configs(caller.app_id()).await?))
    }

    /// Revokes at the provider what may be revoked, and wipes the rest.
    pub async fn disconnect(&self, caller: &Caller, id: &str, user: Option<&str>) -> Result<()> {
        let visible = caller.visible_user(user)?;
        let account = self.store.find_account(caller.app_id(), &AccountId::new(plain_id(id))).await?;
        let account = account
            .filter(|account| visible.as_ref().is_none_or(|user| *user == account.user_id))
            .ok_or_else(|| connection_not_found(id))?;
        let (engine, caller) = (self.clone(), caller.clone());
        self.owned(async move { engine.disconnect_one(&caller, &account).await }).await
    }

    async fn disconnect_one(&self, caller: &Caller, account: &ConnectedAccount) -> Result<()> {
        let line = self
            .line(caller, "disconnect")
            .account(account.id.as_str())
            .toolkit(&account.toolkit)
            .user(Some(account.user_id.as_str()));
        let now = self.now().into();
        let result = match self.store.begin_disconnect(caller.app_id(), &account.id, now).await? {
            Some(taken) => self.finish_disconnect(&taken).await,
            None => Ok("gone_already"),
        };
        let line = line.detail(*result.as_ref().unwrap_or(&"failed"));
        self.audited(line, result.map(|_| ())).await
    }

    /// The second half of a disconnect, also after a crash between the two.
    pub(crate) async fn finish_disconnect(&self, account: &ConnectedAccount) -> Result<&'static str> {
        if let Some(remote_id) = &account.remote_id {
            return self.finish_hosted_disconnect(account, remote_id).await;
        }
        let revoked = match self.revoke_account(account).await {
            Ok(word) => word,
            // The sweep finishes what an outage of the database interrupts.
            Err(error) if error.kind() == Kind::Unavailable => return Err(error),
            Err(error) => {
                // A grant that does not open cannot be revoked; the row goes all the same.
                tracing::error!(account = %account.id, source = ?error.source(), "a grant could not be revoked");
                "revocation_failed"
            }
        };
        self.store.delete_account(&account.id, account.generation).await?;
        self.store.delete_unused_clients(&account.auth_config_id).await?;
        Ok(revoked)
    }

    /// Every account of an app, or of one of its users.
    pub(crate) async fn disconnect_all(&self, caller: &Caller, user: Option<&UserId>) -> Result<()> {
        let filter = AccountFilter { user: user.cloned(), ..AccountFilter::default() };
        let mut cursor = Cursor::start();
        loop {
            let page = self.store.list_accounts(caller.app_id(), &filter, &cursor, PAGE).await?;
            for account in &page.items {
                self.disconnect_one(caller, account).await?;
            }
            match page.next {
                Some(next) => cursor = next,
                None => return Ok(()),
            }
        }
    }
}

fn view(account: ConnectedAccount, configs: &[AuthConfig]) -> ConnectionView {
    let config = configs.iter().find(|config| config.id == account.auth_config_id);
    let current = config.and_then(|config| config.client_version);
    ConnectionView {
        reconnect_recommended: account.client_version.is_some() && account.client_version != current,
        account,
    }
}

fn parse_status(text: &str) -> Result<AccountStatus> {
    AccountStatus::parse(text)
        .ok_or_else(|| Error::invalid_at("/status", "must be one of active, expired, inactive"))
}

pub(crate) fn connection_not_found(id: &str) -> Error {
    Error::not_found(
        format!("Connection not found: {}", plain_id(id)),
        "List the connections and use the `id` of one of them.",
    )
}
