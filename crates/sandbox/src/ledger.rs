//! The ledger: every exchange with a twin, in the order in which the twins acted. Tests assert on it.
//!
//! It holds no token, code, secret or header. Where an entry has to name a token it gives the first twelve hexadecimal
//! digits of its SHA-256, see `detail`.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::provider::{Kind, Provider};

const CAPACITY: usize = 100_000;

/// One exchange.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Counts from 1 and is never given twice, also when the ledger is cleared.
    pub sequence: u64,
    pub at: Timestamp,
    pub provider: Provider,
    pub kind: Kind,
    pub method: String,
    /// Host and path, without the query.
    pub path: String,
    /// What the twin answered, or 0 where a fault kept it from acting and answering.
    pub status: u16,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub account: Option<String>,
    /// What the official description calls the API operation; the grant type of a token call; `allow` or `deny`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub operation: Option<String>,
    /// The faults that hit this exchange, in the order in which they did.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub faults: Vec<String>,
    /// What is worth asserting: `outcome` (`ok` or the provider's error code), `reuse_detected` of a refresh where
    /// tokens are single-use, `lacks_scope` where the twin refused for that, fingerprints
    /// under `access_token`, `refresh_token` and `code`, and under `presented` of what a call came with.
    #[serde(skip_serializing_if = "Map::is_empty", default)]
    pub detail: Map<String, Value>,
}

impl Entry {
    /// `detail.outcome`, the one asked for most.
    pub fn outcome(&self) -> Option<&str> {
        self.detail.get("outcome")?.as_str()
    }
}

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    entries: VecDeque<Entry>,
    last: u64,
}

impl Ledger {
    /// Appends `entry` under the next sequence number.
    pub(crate) fn append(&mut self, mut entry: Entry) {
        self.last += 1;
        entry.sequence = self.last;
        if self.entries.len() == CAPACITY {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    pub(crate) fn since(&self, sequence: u64) -> Vec<Entry> {
        let start = self.entries.partition_point(|entry| entry.sequence <= sequence);
        self.entries.range(start..).cloned().collect()
    }

    pub(crate) fn latest(&self, count: usize) -> Vec<Entry> {
        self.entries.iter().rev().take(count).cloned().collect()
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }
}
