//! Counters for the operator. No label names an app, a user or an account.

use std::fmt::Write as _;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use store::AuditEntry;

/// What callers did, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Action {
    action: String,
    toolkit: String,
    outcome: String,
    code: String,
}

impl Action {
    /// `toolkit` is one that there is: what callers misspell makes no label.
    pub(crate) fn new(entry: &AuditEntry, toolkit: Option<String>) -> Self {
        Self {
            action: entry.action.clone(),
            toolkit: toolkit.unwrap_or_default(),
            outcome: entry.outcome.clone(),
            code: entry.error_code.clone().unwrap_or_default(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Refresh {
    toolkit: String,
    outcome: &'static str,
}

#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    actions: Family<Action, Counter>,
    refreshes: Family<Refresh, Counter>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("bbi");
        let (actions, refreshes) = (Family::default(), Family::default());
        registry.register(
            "actions",
            "What callers did, by action, toolkit, outcome and error code",
            actions.clone(),
        );
        registry.register(
            "token_refreshes",
            "Exchanges of refresh tokens, by toolkit and outcome",
            refreshes.clone(),
        );
        Self { registry, actions, refreshes }
    }

    pub(crate) fn action(&self, action: &Action) {
        self.actions.get_or_create(action).inc();
    }

    pub(crate) fn refresh(&self, toolkit: &str, outcome: &'static str) {
        self.refreshes.get_or_create(&Refresh { toolkit: toolkit.to_owned(), outcome }).inc();
    }

    /// OpenMetrics text.
    pub(crate) fn encode(&self) -> String {
        let mut text = String::new();
        if encode(&mut text, &self.registry).is_err() {
            let _ = write!(text, "# EOF");
        }
        text
    }
}
