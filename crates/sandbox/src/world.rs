//! Everything the twins remember, as one value that can be written to a file and read again.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::github::Hub;
use crate::google::Mailbox;
use crate::oauth::OAuth;
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
    pub(crate) slack: Workspace,
    pub(crate) github: Hub,
    pub(crate) twitter: Network,
}

impl World {
    /// The world before anyone has called, with clients of its own.
    pub(crate) fn seeded(now: Timestamp, random: &Random, base: &Url) -> Self {
        let mut world = Self::default();
        let mut stage = Stage { world: &mut world, now, base, note: Note::default(), random };
        crate::oauth::seed(&mut stage);
        seed_accounts(&mut stage);
        world
    }

    /// Back to the seed. The pre-registered clients stay, because whoever runs the twins was configured with them.
    pub(crate) fn reset(&mut self, now: Timestamp, random: &Random, base: &Url) {
        let clients = self.oauth.preregistered();
        *self = Self { serial: self.serial, oauth: OAuth::with_clients(clients), ..Self::default() };
        seed_accounts(&mut Stage { world: self, now, base, note: Note::default(), random });
    }
}

fn seed_accounts(stage: &mut Stage<'_>) {
    crate::google::seed(stage);
    crate::slack::seed(stage);
    crate::github::seed(stage);
    crate::twitter::seed(stage);
}
