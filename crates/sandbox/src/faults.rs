//! Faults on request: what makes a twin late, unwilling, forgetful or silent.
//!
//! A fault waits for exchanges of its provider that its matcher fits. Delays, holds and expiries add up; of those that
//! change the answer the one injected first wins, and only it counts down, and so with those that change how it travels.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tokio::sync::watch;

use crate::provider::{Kind, Provider};
use crate::wire::Request;

/// What shall go wrong, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    pub provider: Provider,
    pub matcher: Matcher,
    /// How many exchanges it hits; `None` means all until the faults are cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    pub what: What,
}

/// Which exchanges a fault hits. In JSON a text: `any`, `token`, `revoke`, `api`, otherwise a piece of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matcher {
    Any,
    Token,
    Revoke,
    /// API calls, identity calls among them.
    Api,
    /// Starting with `/`, what the provider's path begins with; otherwise what `METHOD host/path` contains.
    Path(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Milliseconds before the twin acts.
    Latency(u64),
    /// The provider's own 429, with `Retry-After` in seconds.
    Status429 { retry_after: u32 },
    /// The provider's own 500.
    Status500,
    /// Closes the connection without an answer and without acting.
    ResetBefore,
    /// Acts, then closes the connection without an answer: commit, then drop.
    ResetAfter,
    /// Acts, then sends only the first half of its JSON.
    Malformed,
    /// A proxy's page instead of the provider, which does not act.
    Html502,
    /// All access tokens of the provider expire before the twin acts.
    ExpireTokens,
    /// Waits for `release(name)`, then acts.
    Hold(String),
    /// Acts, then keeps its answer until `release(name)`.
    HoldAnswer(String),
    /// Does not act and answers this.
    Answer {
        status: u16,
        #[serde(default)]
        headers: BTreeMap<String, String>,
        body: String,
    },
    /// Acts and, where that went well, answers this instead: `{name}` in the body stands for the member of that name in
    /// the twin's own JSON. A header takes the place of the twin's own of that name, and so does the status.
    Reword {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        #[serde(default)]
        headers: BTreeMap<String, String>,
        body: String,
    },
    /// Sends its answer, whichever it is, in this way.
    Transfer(Transfer),
}

/// How the body of an answer travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transfer {
    /// Its whole length is promised, half of it is sent, and the connection is reset.
    CutOff,
    /// One byte at a time, so many milliseconds apart.
    Drip(u64),
    /// Followed by spaces until it has so many bytes, without a promised length.
    Padded(u64),
}

impl What {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Latency(_) => "latency",
            Self::Status429 { .. } => "status429",
            Self::Status500 => "status500",
            Self::ResetBefore => "reset_before",
            Self::ResetAfter => "reset_after",
            Self::Malformed => "malformed",
            Self::Html502 => "html502",
            Self::ExpireTokens => "expire_tokens",
            Self::Hold(_) => "hold",
            Self::HoldAnswer(_) => "hold_answer",
            Self::Answer { .. } => "answer",
            Self::Reword { .. } => "reword",
            Self::Transfer(_) => "transfer",
        }
    }
}

impl Matcher {
    fn fits(&self, kind: Kind, request: &Request) -> bool {
        match self {
            Self::Any => true,
            Self::Token => kind == Kind::Token,
            Self::Revoke => kind == Kind::Revoke,
            Self::Api => matches!(kind, Kind::Api | Kind::Identity),
            Self::Path(prefix) if prefix.starts_with('/') => request.path.starts_with(prefix),
            Self::Path(part) => format!("{} {}{}", request.method, request.host, request.path).contains(part),
        }
    }
}

impl From<&str> for Matcher {
    fn from(text: &str) -> Self {
        match text {
            "any" => Self::Any,
            "token" => Self::Token,
            "revoke" => Self::Revoke,
            "api" => Self::Api,
            path => Self::Path(path.to_owned()),
        }
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Any => "any",
            Self::Token => "token",
            Self::Revoke => "revoke",
            Self::Api => "api",
            Self::Path(path) => path,
        })
    }
}

impl Serialize for Matcher {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Matcher {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from(String::deserialize(deserializer)?.as_str()))
    }
}

/// Where held exchanges wait. Once open it stays open.
#[derive(Debug)]
pub(crate) struct Gate {
    open: watch::Sender<bool>,
    waiting: watch::Sender<usize>,
}

impl Gate {
    fn new() -> Self {
        Self { open: watch::Sender::new(false), waiting: watch::Sender::new(0) }
    }

    pub(crate) async fn pass(&self) {
        self.waiting.send_modify(|count| *count += 1);
        // Both senders live as long as this gate, so waiting on them cannot fail.
        let _ = self.open.subscribe().wait_for(|open| *open).await;
        self.waiting.send_modify(|count| *count -= 1);
    }

    /// Returns once `count` exchanges wait here.
    pub(crate) async fn wait_for(&self, count: usize) {
        let _ = self.waiting.subscribe().wait_for(|waiting| *waiting >= count).await;
    }
}

/// What the faults make of one exchange.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) latency: Duration,
    pub(crate) before: Vec<Arc<Gate>>,
    pub(crate) after: Vec<Arc<Gate>>,
    pub(crate) expires_tokens: bool,
    /// Changes the answer, or takes its place.
    pub(crate) answer: Option<What>,
    pub(crate) transfer: Option<Transfer>,
    pub(crate) names: Vec<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Faults {
    waiting: Vec<Fault>,
    gates: BTreeMap<String, Arc<Gate>>,
}

impl Faults {
    pub(crate) fn inject(&mut self, fault: Fault) {
        if fault.times == Some(0) {
            return;
        }
        if let What::Hold(name) | What::HoldAnswer(name) = &fault.what {
            // A gate that was opened earlier belongs to earlier exchanges.
            let closed = self.gates.get(name).is_some_and(|gate| !*gate.open.borrow());
            if !closed {
                self.gates.insert(name.clone(), Arc::new(Gate::new()));
            }
        }
        self.waiting.push(fault);
    }

    pub(crate) fn list(&self) -> Vec<Fault> {
        self.waiting.clone()
    }

    /// Ends all faults. What is held goes on.
    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
        for gate in self.gates.values() {
            gate.open.send_replace(true);
        }
        self.gates.clear();
    }

    /// Lets pass what waits at the gate, and what will.
    pub(crate) fn release(&mut self, name: &str) {
        self.gate(name).open.send_replace(true);
    }

    pub(crate) fn gate(&mut self, name: &str) -> Arc<Gate> {
        let gate = self.gates.entry(name.to_owned());
        Arc::clone(gate.or_insert_with(|| Arc::new(Gate::new())))
    }

    /// What happens to an exchange that begins now; counts the faults that hit it.
    pub(crate) fn plan(&mut self, provider: Provider, kind: Kind, request: &Request) -> Plan {
        let mut plan = Plan::default();
        let mut waiting = std::mem::take(&mut self.waiting);
        for fault in &mut waiting {
            if fault.provider != provider || !fault.matcher.fits(kind, request) {
                continue;
            }
            match &fault.what {
                What::Latency(milliseconds) => plan.latency += Duration::from_millis(*milliseconds),
                What::ExpireTokens => plan.expires_tokens = true,
                What::Hold(name) => plan.before.push(self.gate(name)),
                What::HoldAnswer(name) => plan.after.push(self.gate(name)),
                What::Transfer(_) if plan.transfer.is_some() => continue,
                What::Transfer(transfer) => plan.transfer = Some(*transfer),
                _ if plan.answer.is_some() => continue,
                what => plan.answer = Some(what.clone()),
            }
            plan.names.push(fault.what.name().to_owned());
            fault.times = fault.times.map(|times| times.saturating_sub(1));
        }
        waiting.retain(|fault| fault.times != Some(0));
        self.waiting = waiting;
        plan
    }
}
