//! What the project remembers: auth configs, connected accounts, links that were handed out, and what tools wrote.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::failure::Failure;
use super::schemes::Scheme;
use crate::stage::Stage;

/// How many generated toolkits the catalogue shows unless told otherwise.
const USUAL_SIZE: usize = 1_000;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Project {
    /// In the order in which they were made.
    pub(super) auth_configs: Vec<AuthConfig>,
    /// In the order in which they were made.
    pub(super) accounts: Vec<Account>,
    /// By the token in the link.
    pub(super) links: BTreeMap<String, Link>,
    /// What tools wrote, by connected account.
    pub(super) shelves: BTreeMap<String, Shelf>,
    pub(super) catalogue_size: usize,
}

impl Default for Project {
    fn default() -> Self {
        Self {
            auth_configs: Vec::new(),
            accounts: Vec::new(),
            links: BTreeMap::new(),
            shelves: BTreeMap::new(),
            catalogue_size: USUAL_SIZE,
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AuthConfig {
    pub(super) id: String,
    pub(super) uuid: String,
    pub(super) name: String,
    pub(super) toolkit: String,
    pub(super) scheme: Scheme,
    pub(super) managed: bool,
    pub(super) enabled: bool,
    pub(super) credentials: Map<String, Value>,
    pub(super) shared_credentials: Map<String, Value>,
    pub(super) proxy: Option<Value>,
    pub(super) for_tool_router: bool,
    /// Whose scopes the accounts ask for.
    pub(super) tools_for_creation: Vec<String>,
    /// The only tools that may be executed, if any are named.
    pub(super) tools_for_execution: Vec<String>,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

/// The states of a connected account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Status {
    Initializing,
    Initiated,
    Active,
    Failed,
    Expired,
    Inactive,
    Revoked,
}

impl Status {
    const ALL: [Self; 7] = [
        Self::Initializing,
        Self::Initiated,
        Self::Active,
        Self::Failed,
        Self::Expired,
        Self::Inactive,
        Self::Revoked,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Initializing => "INITIALIZING",
            Self::Initiated => "INITIATED",
            Self::Active => "ACTIVE",
            Self::Failed => "FAILED",
            Self::Expired => "EXPIRED",
            Self::Inactive => "INACTIVE",
            Self::Revoked => "REVOKED",
        }
    }

    pub(super) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Account {
    pub(super) id: String,
    pub(super) word_id: String,
    pub(super) user_id: String,
    pub(super) auth_config: String,
    pub(super) toolkit: String,
    pub(super) scheme: Scheme,
    pub(super) managed: bool,
    pub(super) status: Status,
    pub(super) reason: Option<String>,
    /// Whose account it is at the provider, once somebody connected it.
    pub(super) person: Option<String>,
    /// Tokens, keys and the fields that go with them.
    pub(super) values: Map<String, Value>,
    pub(super) callback_url: Option<String>,
    pub(super) alias: Option<String>,
    pub(super) experimental: Option<Value>,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

/// An address at which a person connects an account.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Link {
    pub(super) account: String,
    pub(super) expires_at: Timestamp,
    /// The page that was shown last; its decision counts.
    pub(super) page: Option<String>,
    pub(super) is_decided: bool,
}

/// What the tools of one account wrote, by kind.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shelf {
    pub(super) last: u64,
    pub(super) records: BTreeMap<String, Vec<Map<String, Value>>>,
}

impl Project {
    pub(super) fn auth_config(&self, id: &str) -> Result<&AuthConfig, Failure> {
        let found = self.auth_configs.iter().find(|config| config.id == id);
        found.ok_or_else(|| Failure::no_auth_config(id))
    }

    pub(super) fn auth_config_mut(&mut self, id: &str) -> Result<&mut AuthConfig, Failure> {
        let found = self.auth_configs.iter_mut().find(|config| config.id == id);
        found.ok_or_else(|| Failure::no_auth_config(id))
    }

    /// An auth config that accounts may be made with.
    pub(super) fn enabled_auth_config(&self, id: &str) -> Result<&AuthConfig, Failure> {
        let config = self.auth_config(id)?;
        if config.enabled { Ok(config) } else { Err(Failure::auth_config_disabled(id)) }
    }

    pub(super) fn find_account(&self, id: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.id == id)
    }

    pub(super) fn find_account_mut(&mut self, id: &str) -> Option<&mut Account> {
        self.accounts.iter_mut().find(|account| account.id == id)
    }

    pub(super) fn account(&self, id: &str) -> Result<&Account, Failure> {
        self.find_account(id).ok_or_else(|| Failure::no_account(id))
    }

    pub(super) fn account_mut(&mut self, id: &str) -> Result<&mut Account, Failure> {
        self.find_account_mut(id).ok_or_else(|| Failure::no_account(id))
    }

    /// The token of the link at which the account is being connected, the latest if there are several.
    pub(super) fn open_link(&self, account: &str) -> Option<&str> {
        let open = self.links.iter().filter(|(_, link)| link.account == account && !link.is_decided);
        open.max_by_key(|(_, link)| link.expires_at).map(|(token, _)| token.as_str())
    }

    /// How many accounts were made with this auth config.
    pub(super) fn connections(&self, auth_config: &str) -> usize {
        self.accounts.iter().filter(|account| account.auth_config == auth_config).count()
    }

    pub(super) fn remove_auth_config(&mut self, id: &str) -> Result<(), Failure> {
        self.auth_config(id)?;
        self.auth_configs.retain(|config| config.id != id);
        let of_config = self.accounts.iter().filter(|account| account.auth_config == id);
        let accounts: Vec<String> = of_config.map(|account| account.id.clone()).collect();
        accounts.iter().try_for_each(|account| self.remove_account(account))
    }

    /// The account goes with its links and with all that its tools wrote.
    pub(super) fn remove_account(&mut self, id: &str) -> Result<(), Failure> {
        self.account(id)?;
        self.accounts.retain(|account| account.id != id);
        self.links.retain(|_, link| link.account != id);
        self.shelves.remove(id);
        Ok(())
    }
}

impl AuthConfig {
    /// Whether `tool` may be executed with it.
    pub(super) fn admits(&self, tool: &str) -> bool {
        super::admits(&self.tools_for_execution, tool)
    }
}

/// An id as the vendor's look: a prefix and what was drawn.
pub(super) fn new_id(stage: &mut Stage<'_>, prefix: &str) -> String {
    format!(
        "{prefix}_{}",
        stage.letters(12, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    )
}
