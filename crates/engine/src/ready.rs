//! Who executes, and with which account. The usual case is one indexed read; where it finds nothing, each
//! condition is asked for by itself, in the order of the contract, to say exactly what is missing.

use catalog::{Bound, Credential, SchemeName, Tool};
use serde_json::json;
use store::{AccountId, AccountStatus, AppId, AuthConfig, ConnectedAccount, KeyScope, LastUse, UserId};

use crate::Engine;
use crate::attach::AWAITING_CONFIRMATION;
use crate::callers::{self, Access, Actor, Caller, SERVICE_USER, is_plausible, parse_user};
use crate::connections::connection_not_found;
use crate::error::{Code, Error, Kind, Result};
use crate::execute::Execute;
use crate::hosted::NO_AUTH;
use crate::toolkits::Backend;

/// Beyond this many accounts of one user and toolkit, nobody can tell them apart anyway.
const MOST_ACCOUNTS: i64 = 50;

/// An execution that may go ahead.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) app: AppId,
    pub(crate) actor: String,
    pub(crate) user: UserId,
    /// The slug of the tool's toolkit.
    pub(crate) toolkit: String,
    pub(crate) backend: Backend,
    /// Absent where the tool needs none.
    pub(crate) account: Option<ConnectedAccount>,
}

impl Engine {
    /// The usual case: a service key, an enabled toolkit, an active account. `None` says nothing about why not.
    pub(crate) async fn find_ready(
        &self,
        access: &Access,
        app: &str,
        toolkit: &str,
        native: Option<&Tool>,
        request: &Execute,
    ) -> Result<Option<Ready>> {
        let callers::Credential::Key(key) = &access.credential else { return Ok(None) };
        if native.is_some_and(|tool| !tool.credential.needs_account()) || !is_plausible(app) {
            return Ok(None);
        }
        let named = request.user.as_deref();
        let Ok(user) = parse_user(named.unwrap_or(SERVICE_USER)) else { return Ok(None) };
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
        let backend = if account.remote_id.is_some() { Backend::Composio } else { Backend::Native };
        Ok(Some(Ready {
            app: app_id,
            actor: format!("key:{key_id}"),
            user,
            toolkit: toolkit.to_owned(),
            backend,
            account: Some(account),
        }))
    }

    /// The same, step by step, for callers of every kind.
    pub(crate) async fn get_ready(
        &self,
        caller: &Caller,
        toolkit: &str,
        native: Option<&Tool>,
        request: &Execute,
    ) -> Result<Ready> {
        let user = caller.acting_user(request.user.as_deref())?;
        let config = self.enabled_config(caller, toolkit).await?;
        let backend = Backend::parse(&config.backend).unwrap_or(Backend::Native);
        let needs_account = match (backend, native) {
            (Backend::Composio, _) => {
                self.hosted()?;
                config.auth_scheme != NO_AUTH
            }
            (Backend::Native, Some(tool)) => {
                if tool.credential == (Credential::Client { bounded_by: Bound::OwnClient })
                    && matches!(caller.actor(), Actor::User(_))
                {
                    return Err(not_for_end_users(tool));
                }
                tool.credential.needs_account() && config.auth_scheme != SchemeName::NoAuth.as_str()
            }
            (Backend::Native, None) => return Err(self.unknown_tool(&request.tool_name)),
        };
        let account = match &request.connection_id {
            Some(id) => Some(self.named_account(caller, &config, &user, id).await?),
            None if needs_account => Some(self.only_account(caller, &config, &user).await?),
            None => None,
        };
        let app = caller.app_id().clone();
        Ok(Ready { app, actor: caller.actor_text(), user, toolkit: config.toolkit, backend, account })
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
        config: &AuthConfig,
        user: &UserId,
    ) -> Result<ConnectedAccount> {
        let slug = config.toolkit.as_str();
        let accounts = self.store.list_user_accounts(caller.app_id(), user, slug, MOST_ACCOUNTS).await?;
        let (mut active, others): (Vec<_>, Vec<_>) =
            accounts.into_iter().partition(|account| account.status == AccountStatus::Active);
        match (active.pop(), active.is_empty()) {
            (Some(only), true) => Ok(only),
            (Some(last), false) => {
                active.push(last);
                Err(ambiguous(&self.display_name(slug), &active))
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
            return unconfirmed(&name);
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
}

fn ambiguous(display_name: &str, accounts: &[ConnectedAccount]) -> Error {
    let accounts: Vec<_> =
        accounts.iter().map(|account| json!({ "id": account.id, "label": account.label })).collect();
    Error::new(
        Code::IntegrationsAccountAmbiguous,
        Kind::Conflict,
        format!("This user has {} {display_name} accounts", accounts.len()),
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

/// Somebody connected it; whether that was the user himself, his app has not said yet.
pub(crate) fn unconfirmed(name: &str) -> Error {
    Error::new(
        Code::IntegrationsNotConnected,
        Kind::Conflict,
        format!("The {name} account waits for this app's confirmation"),
        "Have the app's back end confirm the connection with the code from the redirect.",
    )
    .with_details(json!({ "reason": AWAITING_CONFIRMATION }))
}
