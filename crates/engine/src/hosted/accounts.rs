//! Whether an account still is over there what it is here: asked when a call says otherwise, and now and then of all of
//! them. An outage, or a key of another project, ends no account: only the vendor's plain word on an account whose auth
//! config it knows does.

use std::collections::{HashMap, HashSet};

use composio::AccountStatus;
use jiff::SignedDuration;
use store::{ConnectedAccount, HostedConfig, HostedRemoval};

use super::{CallError, Group, Hosted};
use crate::Engine;
use crate::error::Result;

/// How often the accounts of one auth config are compared.
const CHECK_EVERY: SignedDuration = SignedDuration::from_mins(10);
/// How many auth configs are compared at a time, with how many pages of accounts each.
const MOST_CONFIGS: i64 = 5;
const MOST_PAGES: usize = 100;
const PAGE: i64 = 200;

/// What the vendor says of an account, in the words of `status_reason`.
pub(super) fn ended(account: &composio::Account) -> Option<&'static str> {
    match account.status {
        AccountStatus::Expired => Some("expired_at_provider"),
        AccountStatus::Revoked => Some("revoked"),
        AccountStatus::Failed => Some("failed_at_provider"),
        AccountStatus::Inactive => Some("disabled_at_composio"),
        _ if account.is_disabled => Some("disabled_at_composio"),
        // On its way, or a word of tomorrow: the next use will tell.
        AccountStatus::Active
        | AccountStatus::Initializing
        | AccountStatus::Initiated
        | AccountStatus::Unknown => None,
    }
}

/// The account is not there any more, though its auth config is.
const REMOVED: &str = "removed_at_composio";

impl Engine {
    /// Asks the vendor about one account, and ends it here where it is over there. Gives the reason.
    pub(super) async fn doubt(
        &self,
        hosted: &Hosted,
        account: &ConnectedAccount,
    ) -> Result<Option<&'static str>, CallError> {
        let Some(remote_id) = &account.remote_id else { return Ok(None) };
        let reason = match hosted.read(Group::Accounts, || hosted.client.get_account(remote_id)).await {
            Ok(found) => ended(&found),
            Err(error) if error.is_absent() && hosted.has_config(&account.client_id).await? => Some(REMOVED),
            Err(error) if error.is_absent() => None,
            Err(error) => return Err(error),
        };
        if let Some(reason) = reason {
            self.end_hosted(account, reason).await;
        }
        Ok(reason)
    }

    /// The user must connect again.
    pub(super) async fn end_hosted(&self, account: &ConnectedAccount, reason: &str) {
        let line = self
            .line_of(&account.app_id, "system", None, "expire")
            .toolkit(&account.toolkit)
            .user(Some(account.user_id.as_str()))
            .account(account.id.as_str())
            .detail(reason);
        let now = self.now().into();
        match self.store.expire_account(&account.id, account.generation, reason, now).await {
            Ok(true) => self.record(line, None).await,
            Ok(false) => {}
            Err(error) => {
                tracing::error!(%error, account = %account.id, "an account that ended could not be marked")
            }
        }
    }

    /// Compares the accounts of the auth configs that were not looked at for the longest time.
    pub(super) async fn check_accounts(&self, hosted: &Hosted) -> Result<()> {
        let now = self.now();
        let before = (now - CHECK_EVERY).into();
        for config in self.store.list_unchecked_hosted_configs(before, MOST_CONFIGS).await? {
            let claimed =
                self.store.claim_hosted_check(&config.auth_config_id, config.checked_at, now.into()).await?;
            if claimed && let Err(error) = self.check_config(hosted, &config).await? {
                tracing::warn!(config = %config.auth_config_id, ?error, "accounts could not be compared with Composio");
            }
        }
        Ok(())
    }

    async fn check_config(&self, hosted: &Hosted, config: &HostedConfig) -> Result<Result<(), CallError>> {
        let Some(remote_config) = &config.remote_id else { return Ok(Ok(())) };
        let mut there: HashMap<String, composio::Account> = HashMap::new();
        let mut cursor: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let list = || hosted.client.list_accounts(remote_config, cursor.as_deref());
            let page = match hosted.read(Group::Accounts, list).await {
                Ok(page) => page,
                Err(error) => return Ok(Err(error)),
            };
            there.extend(page.items.into_iter().map(|account| (account.id.clone(), account)));
            cursor = page.next_cursor.filter(|cursor| !cursor.is_empty());
            if cursor.is_none() {
                break;
            }
        }
        let mut known = HashSet::new();
        let mut after = String::new();
        loop {
            let page = self.store.list_remote_accounts(&config.auth_config_id, &after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.id.to_string();
            for account in &page {
                let remote = account.remote_id.as_deref().unwrap_or_default();
                known.insert(remote.to_owned());
                let active = account.status == store::AccountStatus::Active;
                match there.get(remote).map(|found| (found.status, ended(found))) {
                    Some((_, Some(reason))) if active => self.end_hosted(account, reason).await,
                    Some((AccountStatus::Active, None)) if !active => {
                        self.store.revive_account(account, self.now().into()).await?;
                    }
                    Some(_) => {}
                    None if active => {
                        if let Err(error) = self.doubt(hosted, account).await {
                            return Ok(Err(error));
                        }
                    }
                    None => {}
                }
            }
        }
        self.report_strangers(config, there.into_values().filter(|account| !known.contains(&account.id)))
            .await?;
        Ok(Ok(()))
    }

    /// Active accounts over there that nothing here stands for, such as those connected after the backup that this
    /// database was restored from. They are somebody's grants: they are reported, and left alone.
    async fn report_strangers(
        &self,
        config: &HostedConfig,
        strangers: impl Iterator<Item = composio::Account>,
    ) -> Result<()> {
        let mut count = 0;
        for account in strangers.filter(|account| account.status == AccountStatus::Active) {
            count += i64::from(!self.store.knows_remote_account(&account.id).await?);
        }
        if count > 0 {
            tracing::warn!(config = %config.auth_config_id, count, "Composio holds accounts that this database does not know");
        }
        Ok(())
    }

    /// The row goes at once, with a note of what is to be removed over there; that is tried now, and until it is done.
    pub(crate) async fn finish_hosted_disconnect(
        &self,
        account: &ConnectedAccount,
        remote_id: &str,
    ) -> Result<&'static str> {
        // What one consent covers over there nobody says: revoking must end no other account of this user.
        let shared = self.store.count_hosted_of_user(account).await? > 0;
        let removal = HostedRemoval {
            remote_id: remote_id.to_owned(),
            remote_config: account.client_id.clone(),
            revokes: !shared,
            due_at: self.now().into(),
            attempts: 0,
        };
        if !self.store.delete_hosted_account(&account.id, account.generation, &removal).await? {
            return Ok("gone_already");
        }
        self.store.delete_unused_clients(&account.auth_config_id).await?;
        let removed = match &self.hosted {
            Some(hosted) => self.try_removal(hosted, &removal).await.is_ok(),
            None => false,
        };
        Ok(match (removed, shared) {
            (false, _) => "revocation_pending",
            (true, true) => "skipped_shared",
            (true, false) => "revoked",
        })
    }
}
