//! How to find out whether a write took effect whose answer was lost: requests that only read, and an expression over
//! what they answer. The write left a trace of `$call.id` that they look for.

use std::time::Duration;

use expression::Expression;
use serde::Deserialize;
use serde_json::Value;

use crate::scopes::ScopeSet;
use crate::step::Step;
use crate::tool::ExampleExchange;

#[derive(Debug)]
pub struct Check {
    /// Alternatives, each of which suffices; where the account has none, nothing is found out.
    pub scopes: Vec<ScopeSet>,
    /// The arguments of the call that it needs. No others are kept for it.
    pub arguments: Vec<String>,
    /// Only reading ones.
    pub steps: Vec<Step>,
    /// From the last answer to what the write would have answered, or null where it left no trace. Fails where the
    /// answers do not tell.
    pub found: Expression,
    /// A request that is refused with one of these says that there is no trace.
    pub absent_statuses: Vec<u16>,
    /// How long after the call a trace may still appear; before that, none says nothing.
    pub settles_after: Duration,
    pub examples: Vec<CheckExample>,
}

/// A recorded check that the catalogue walk carries out.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckExample {
    #[serde(default)]
    pub arguments: Value,
    #[serde(default)]
    pub account: Value,
    pub exchanges: Vec<ExampleExchange>,
    /// The tool's result; absent where there is no trace.
    #[serde(default)]
    pub result: Value,
}
