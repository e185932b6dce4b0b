//! Everything the twins remember, as one value that can be written to a file and read again.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::github::Hub;
use crate::google::{Calendars, Drive, Mailbox, Spreadsheets};
use crate::oauth::OAuth;
use crate::provider::Provider;
use crate::slack::Workspace;
use crate::stage::{Note, Random, Stage};
use crate::twitter::Network;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct World {
    /// Counts draws of randomness, so that no two are alike.
    pub(crate) serial: u64,
    pub(crate) oauth: OAuth,
    /// By address.
    pub(crate) mailboxes: BTreeMap<String, Mailbox>,
    #[serde(default)]
    pub(crate) calendars: BTreeMap<String, Calendars>,
    #[serde(default)]
    pub(crate) drive: Drive,
    #[serde(default)]
    pub(crate) spreadsheets: BTreeMap<String, Spreadsheets>,
    pub(crate) slack: Workspace,
    pub(crate) github: Hub,
    pub(crate) twitter: Network,
    #[serde(default)]
    pub(crate) microsoft: crate::microsoft::Tenant,
    #[serde(default)]
    pub(crate) notion: crate::notion::Workspace,
    #[serde(default)]
    pub(crate) hubspot: crate::hubspot::Portal,
    #[serde(default)]
    pub(crate) discord: crate::discord::Guilds,
    #[serde(default)]
    pub(crate) linkedin: crate::linkedin::Members,
    #[serde(default)]
    pub(crate) reddit: crate::reddit::Forum,
    #[serde(default)]
    pub(crate) composio: crate::composio::Project,
}

impl World {
    /// With a client and accounts at every provider: all of them in an empty world, those that have come since in one
    /// that an earlier release wrote.
    pub(crate) fn completed(mut self, now: Timestamp, random: &Random, base: &Url) -> Self {
        let mut stage = Stage { world: &mut self, now, base, note: Note::default(), random };
        let fresh = crate::oauth::seed(&mut stage);
        seed_accounts(&mut stage, &fresh);
        crate::google::seed(&mut stage);
        self
    }

    /// Back to the seed. The pre-registered clients stay, because whoever runs the twins was configured with them.
    pub(crate) fn reset(&mut self, now: Timestamp, random: &Random, base: &Url) {
        let clients = self.oauth.preregistered();
        *self = Self { serial: self.serial, oauth: OAuth::with_clients(clients), ..Self::default() };
        let stage = &mut Stage { world: self, now, base, note: Note::default(), random };
        seed_accounts(stage, &Provider::ALL);
        crate::google::seed(stage);
    }
}

/// Google has several services, each of which seeds itself where it is empty.
fn seed_accounts(stage: &mut Stage<'_>, providers: &[Provider]) {
    for provider in providers {
        match provider {
            // A project at Composio begins empty.
            Provider::Google | Provider::Composio => {}
            Provider::Slack => crate::slack::seed(stage),
            Provider::GitHub => crate::github::seed(stage),
            Provider::Twitter => crate::twitter::seed(stage),
            Provider::Microsoft => crate::microsoft::seed(stage),
            Provider::Notion => crate::notion::seed(stage),
            Provider::HubSpot => crate::hubspot::seed(stage),
            Provider::Discord => crate::discord::seed(stage),
            Provider::LinkedIn => crate::linkedin::seed(stage),
            Provider::Reddit => crate::reddit::seed(stage),
        }
    }
}
