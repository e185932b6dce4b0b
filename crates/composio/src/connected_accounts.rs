//! Connected accounts: the grants of users, which the vendor holds.

use http::Method;
use serde::{Deserialize, Serialize};

use crate::{Client, Error, Page, USUAL, or_nothing};

/// An account as the vendor has it; its tokens are masked there.
#[derive(Debug, Clone, Deserialize)]
pub struct Account {
    pub id: String,
    #[serde(default, deserialize_with = "or_nothing")]
    pub user_id: String,
    #[serde(default)]
    pub toolkit: Named,
    #[serde(default)]
    pub auth_config: Identified,
    pub status: AccountStatus,
    pub status_reason: Option<String>,
    #[serde(default, deserialize_with = "or_nothing")]
    pub is_disabled: bool,
    /// A name for people: `swift-otter`.
    pub word_id: Option<String>,
    pub alias: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct Named {
    #[serde(default, deserialize_with = "or_nothing")]
    pub slug: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct Identified {
    #[serde(default, deserialize_with = "or_nothing")]
    pub id: String,
}

/// The vendor's own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum AccountStatus {
    Initializing,
    Initiated,
    Active,
    Failed,
    Expired,
    Inactive,
    Revoked,
    /// A word of tomorrow.
    #[serde(other)]
    Unknown,
}

/// What becomes of the grant at its provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletion {
    /// It ends, where the vendor can see to that.
    Revoking,
    /// It is forgotten: it may stand behind other accounts.
    Forgetting,
}

/// A link to be made, by which one user connects.
#[derive(Debug, Serialize)]
pub struct NewLink<'a> {
    pub auth_config_id: &'a str,
    pub user_id: &'a str,
    pub callback_url: &'a str,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Link {
    /// The vendor's page.
    pub redirect_url: String,
    /// The account that the user's consent will make active.
    pub connected_account_id: String,
}

impl Client {
    pub async fn create_link(&self, new: &NewLink<'_>) -> Result<Link, Error> {
        self.post(&["connected_accounts", "link"], new, USUAL).await
    }

    pub async fn get_account(&self, id: &str) -> Result<Account, Error> {
        self.get(&["connected_accounts", id], &[], USUAL).await
    }

    /// A page of the accounts of one auth config.
    pub async fn list_accounts(
        &self,
        auth_config: &str,
        cursor: Option<&str>,
    ) -> Result<Page<Account>, Error> {
        let mut query = vec![("auth_config_ids", auth_config), ("limit", "100"), ("order_by", "created_at")];
        query.extend(cursor.map(|cursor| ("cursor", cursor)));
        self.get(&["connected_accounts"], &query, USUAL).await
    }

    pub async fn delete_account(&self, id: &str, deletion: Deletion) -> Result<(), Error> {
        let mut url = self.url(&["connected_accounts", id]);
        if deletion == Deletion::Revoking {
            url.query_pairs_mut().append_pair("revoke_on_delete", "true");
        }
        self.change(Method::DELETE, &url, None).await
    }
}
