//! Counters for the operator. No label names an app, a user or an account.

use std::fmt::Write as _;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
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
    commits: Histogram,
    composio_removals: Gauge,
    composio_configs: Gauge,
    composio_catalog: Gauge,
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
        // From half a millisecond to eight seconds.
        let commits = Histogram::new(exponential_buckets(0.0005, 2.0, 15));
        registry.register(
            "token_refresh_commit_seconds",
            "From a token endpoint's answer until the new grant is stored: a crash in between may cost the grant",
            commits.clone(),
        );
        let gauge = |registry: &mut Registry, name: &str, help: &str| {
            let gauge = Gauge::default();
            registry.register(name, help, gauge.clone());
            gauge
        };
        Self {
            composio_removals: gauge(
                &mut registry,
                "composio_pending_removals",
                "Accounts still to be removed at Composio",
            ),
            composio_configs: gauge(
                &mut registry,
                "composio_pending_configs",
                "Auth configs that Composio does not have as they should be",
            ),
            composio_catalog: gauge(
                &mut registry,
                "composio_catalog_age_seconds",
                "Age of Composio's list of toolkits; -1 before the first",
            ),
            registry,
            actions,
            refreshes,
            commits,
        }
    }

    pub(crate) fn action(&self, action: &Action) {
        self.actions.get_or_create(action).inc();
    }

    pub(crate) fn refresh(&self, toolkit: &str, outcome: &'static str) {
        self.refreshes.get_or_create(&Refresh { toolkit: toolkit.to_owned(), outcome }).inc();
    }

    /// How long a new grant was nowhere but in memory.
    pub(crate) fn stored(&self, after: Duration) {
        self.commits.observe(after.as_secs_f64());
    }

    /// What is out of step with Composio, and how old its catalogue is.
    pub(crate) fn composio(&self, removals: i64, configs: i64, catalog_seconds: i64) {
        self.composio_removals.set(removals);
        self.composio_configs.set(configs);
        self.composio_catalog.set(catalog_seconds);
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
