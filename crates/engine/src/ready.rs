//! Who executes, and with which account. The usual case is one indexed read; where it finds nothing, each
//! condition is asked for by itself, in the order of the contract, to say exactly what is missing.

use catalog::{Bound, Credential, SchemeName, Tool, Toolkit};
use serde_json::json;
use store::{AccountId, AccountStatus, AppId, AuthConfig, ConnectedAccount, KeyScope, LastUse, UserId};

use crate::Engine;
use crate::attach::AWAITING_CONFIRMATION;
use crate::callers::{self, Access, Actor, Caller, SERVICE_USER, is_plausible, parse_user};
use crate::connections::connection_not_found;
use crate::error::{Code, Error, Kind, Result};
use crate::execute::Execute;

/// Beyond this many accounts of one user and toolkit, nobody can tell them apart anyway.
const MOST_ACCOUNTS: i64 = 50;

/// An execution that may go ahead.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) app: AppId,
    pub(crate) actor: String,
    pub(crate) user: UserId,
    /// Absent where the tool needs none.
    pub(crate) account: Option<ConnectedAccount>,
}

impl Engine {
    /// The usual case: a service key, an enabled toolkit, an active account. `None` says nothing about why not.
    pub(crate) async fn find_ready(
        &self,
        access: &Access,
        app: &str,
        tool: &Tool,
        request: &Execute,
    ) -> Result<Option<Ready>> {
        let callers::Credential::Key(key) = &access.credential else { return Ok(None) };
        if !tool.credential.needs_account() || !is_plausible(app) {
            return Ok(None);
        }
        let named = request.user.as_deref();
        let Ok(user) = parse_user(named.unwrap_or(SERVICE_USER)) else { return Ok(None) };
        let toolkit = tool.toolkit.as_str();
        let rows = self.store.find_ready_accounts(&key.hash(), app, &user, toolkit, MOST_ACCOUNTS).await?;
        let Some(first) = rows.first() else { return Ok(None) };
        let expired = first.key_expires_at.is_some_and(|end| *end <= self.now());
        let unnamed = first.key_scope == KeyScope::Execute && named.is_none_or(|named| named == SERVICE_USER);
        if expired || unnamed {
            return Ok(None);
        }
        let (key_id, app_id) = (first.key_id.clone(), first.account.app_id.clone());
        let mut accounts: Vec<ConnectedAccount> = rows.into_iter().map(|row| row.account).collect();
        let account = match &request.connection_id {
            Some(id) => accounts.into_iter().find(|account| account.id.as_str() == id),
            None if accounts.len() == 1 => accounts.pop(),
            None => None,
        };
        let Some(account) = account else { return Ok(None) };
        self.check_key_limits(&key_id, &app_id)?;
        self.audit.used(LastUse::Key(key_id.clone()), self.now());
        Ok(Some(Ready { app: app_id, actor: format!("key:{key_id}"), user, account: Some(account) }))
    }

    /// The same, step by step, for callers of every kind.
    pub(crate) async fn get_ready(
        &self,
        caller: &Caller,
        toolkit: &Toolkit,
        tool: &Tool,
        request: &Execute,
    ) -> Result<Ready> {
        let user = caller.acting_user(request.user.as_deref())?;
        if tool.credential == (Credential::Client { bounded_by: Bound::OwnClient })
            && matches!(caller.actor(), Actor::User(_))
        {
            return Err(not_for_end_users(tool));
        }
        let config = self.enabled_config(caller, toolkit.slug.as_str()).await?;
        let needs_account =
            tool.credential.needs_account() && config.auth_scheme != SchemeName::NoAuth.as_str();
        let account = match &request.connection_id {
            Some(id) => Some(self.named_account(caller, &config, &user, id).await?),
            None if needs_account => Some(self.only_account(caller, toolkit, &config, &user).await?),
            None => None,
        };
        Ok(Ready { app: caller.app_id().clone(), actor: caller.actor_text(), user, account })
    }

    async fn named_account(
        &self,
        caller: &Caller,
        config: &AuthConfig,
        user: &UserId,
        id: &str,
    ) -> Result<ConnectedAccount> {
        let account =
            self.store.find_account(caller.app_id(), &AccountId::new(crate::apps::plain_id(id))).await?;
        let account = account
            .filter(|account| account.user_id == *user && account.toolkit == config.toolkit)
            .ok_or_else(|| connection_not_found(id))?;
        match account.status {
            AccountStatus::Active => Ok(account),
            AccountStatus::Expired => Err(self.expired(&account, account.status_reason.as_deref()).await),
            AccountStatus::Inactive => Err(self.not_connected(config, user, Some(&account)).await),
        }
    }

    async fn only_account(
        &self,
        caller: &Caller,
        toolkit: &Toolkit,
        config: &AuthConfig,
        user: &UserId,
    ) -> Result<ConnectedAccount> {
        let slug = toolkit.slug.as_str();
        let accounts = self.store.list_user_accounts(caller.app_id(), user, slug, MOST_ACCOUNTS).await?;
        let (mut active, others): (Vec<_>, Vec<_>) =
            accounts.into_iter().partition(|account| account.status == AccountStatus::Active);
        match (active.pop(), active.is_empty()) {
            (Some(only), true) => Ok(only),
            (Some(last), false) => {
                active.push(last);
                Err(ambiguous(toolkit, &active))
            }
            (None, _) => match others.iter().rev().find(|account| account.status == AccountStatus::Expired) {
                Some(expired) => Err(self.expired(expired, expired.status_reason.as_deref()).await),
                None => Err(self.not_connected(config, user, others.last()).await),
            },
        }
    }

    async fn not_connected(
        &self,
        config: &AuthConfig,
        user: &UserId,
        waiting: Option<&ConnectedAccount>,
    ) -> Error {
        let name = self.display_name(&config.toolkit);
        let reason = waiting.and_then(|account| account.status_reason.as_deref());
        if reason == Some(AWAITING_CONFIRMATION) {
            return Error::new(
                Code::IntegrationsNotConnected,
                Kind::Conflict,
                format!("The {name} account waits for this app's confirmation"),
                "Have the app's back end confirm the connection with the code from the redirect.",
            )
            .with_details(json!({ "reason": AWAITING_CONFIRMATION }));
        }
        let error = |details| {
            Error::new(
                Code::IntegrationsNotConnected,
                Kind::Conflict,
                format!("This user has not connected {name}"),
                "Have the user open `details.connect_url` and try again once it is connected.",
            )
            .with_details(details)
        };
        match self.link_for(config, user, &config.scopes.0).await {
            Ok(link) => error(json!({ "connect_url": link.auth_url.as_str() })),
            Err(failed) => failed,
        }
    }

    /// The account must be reconnected.
    pub(crate) async fn expired(&self, account: &ConnectedAccount, reason: Option<&str>) -> Error {
        let name = self.display_name(&account.toolkit);
        let connect_url = self.reconnect_url(account, &[]).await;
        Error::new(
            Code::IntegrationsConnectionExpired,
            Kind::Conflict,
            format!("The connection to {name} has ended"),
            "Have the user open `details.connect_url` to connect again.",
        )
        .with_details(json!({
            "reason": reason.unwrap_or("expired"), "connection_id": account.id, "connect_url": connect_url,
        }))
    }

    /// The account lacks scopes for the tool; asked before the provider is.
    pub(crate) async fn insufficient_scope(&self, account: &ConnectedAccount, missing: &[String]) -> Error {
        let name = self.display_name(&account.toolkit);
        let connect_url = self.reconnect_url(account, missing).await;
        Error::new(
            Code::IntegrationsExecutionFailed,
            Kind::Refused,
            format!("The {name} account has not granted what this tool needs"),
            "Have the user open `details.connect_url` and grant the missing scopes.",
        )
        .with_details(json!({
            "reason": "insufficient_scope", "missing_scopes": missing, "connect_url": connect_url,
        }))
    }

    /// A link that asks for what the account has and `more`.
    pub(crate) async fn reconnect_url(&self, account: &ConnectedAccount, more: &[String]) -> Option<String> {
        let config = self.store.find_auth_config(&account.app_id, &account.toolkit).await.ok().flatten()?;
        let mut scopes = config.scopes.0.clone();
        if !more.is_empty() {
            let toolkit = self.catalog.find_toolkit(&account.toolkit)?;
            let had = account.scopes.0.iter().map(|scope| toolkit.scopes.short(scope));
            let asked = had.filter(|scope| toolkit.scopes.knows(scope)).map(str::to_owned);
            scopes = asked.chain(more.iter().cloned()).collect();
            scopes.dedup();
        }
        Some(self.link_for(&config, &account.user_id, &scopes).await.ok()?.auth_url.into())
    }

    pub(crate) fn display_name(&self, slug: &str) -> String {
        self.catalog
            .find_toolkit(slug)
            .map_or_else(|| slug.to_owned(), |toolkit| toolkit.display_name.clone())
    }
}

fn ambiguous(toolkit: &Toolkit, accounts: &[ConnectedAccount]) -> Error {
    let accounts: Vec<_> =
        accounts.iter().map(|account| json!({ "id": account.id, "label": account.label })).collect();
    Error::new(
        Code::IntegrationsAccountAmbiguous,
        Kind::Conflict,
        format!("This user has {} {} accounts", accounts.len(), toolkit.display_name),
        "Name one of `details.accounts` as `connection_id`.",
    )
    .with_details(json!({ "accounts": accounts }))
}

/// A tool that acts as the app itself is no user's to command.
fn not_for_end_users(tool: &Tool) -> Error {
    Error::new(
        Code::AuthInsufficientPermissions,
        Kind::Forbidden,
        format!("{} acts as the app itself, which its users may not do", tool.name),
        "Let the app's server call it, with its key.",
    )
}
