//! A tool: one thing an agent can do, and how it becomes a request and a result.

use std::collections::BTreeMap;

use expression::Expression;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::check::Check;
use crate::parameters::Parameters;
use crate::schema::Schema;
use crate::scopes::ScopeSet;
use crate::slug::Slug;
use crate::step::Step;

#[derive(Debug)]
pub struct Tool {
    /// `GMAIL_SEND_EMAIL`.
    pub name: String,
    pub toolkit: Slug,
    /// For an agent: when to use it.
    pub description: String,
    pub effect: Effect,
    /// Alternatives, each of which suffices; empty where none is needed.
    pub scopes: Vec<ScopeSet>,
    pub credential: Credential,
    pub parameters: Parameters,
    /// At least one; the last one's answer becomes the result.
    pub steps: Vec<Step>,
    pub result: ResultShape,
    /// How to find out whether it took effect when its answer was lost.
    pub check: Option<Check>,
    pub examples: Vec<Example>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Changes nothing: may be sent again at any time.
    Read,
    /// Changes something: sent once.
    Write,
    /// Removes something for good: sent once.
    Destructive,
}

impl Tool {
    /// The last step, whose answer becomes the result.
    pub fn last_step(&self) -> &Step {
        self.steps.last().expect("the manifest reader gives every tool its request")
    }
}

impl Effect {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Destructive => "destructive",
        }
    }

    /// Whether it may be sent again without harm.
    pub fn is_read(self) -> bool {
        self == Self::Read
    }
}

/// Whose credential a tool uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// The connected account's; the name of the token where an account holds several.
    Account { token: String },
    /// The app's own, which sees more than one account's share. What bounds the tool is declared beside it.
    Client { bounded_by: Bound },
}

impl Credential {
    /// Whether a call is made for one connected account.
    pub fn needs_account(&self) -> bool {
        matches!(self, Self::Account { .. } | Self::Client { bounded_by: Bound::Grant })
    }
}

/// What keeps a tool that uses an app-wide credential within what its caller may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// The tool reads only what anybody may read.
    Public,
    /// The tool stays within what the account's grant names, see [`GrantBound`](crate::GrantBound).
    Grant,
    /// The credential is the app's own, never the instance's.
    OwnClient,
}

#[derive(Debug, Default)]
pub struct ResultShape {
    /// From the last step's answer to the result; absent where the answer is the result.
    pub expression: Option<Expression>,
    /// What the result looks like.
    pub schema: Option<Schema>,
    /// Members that are never cut, wherever they are: what is no text for reading, such as a file's content.
    pub uncut: Vec<String>,
}

/// A recorded call that the catalogue walk renders and compares.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    pub arguments: Value,
    #[serde(default)]
    pub account: Value,
    /// The exchanges before the last one, in their order.
    #[serde(default)]
    pub before: Vec<ExampleExchange>,
    pub request: ExampleRequest,
    pub response: ExampleResponse,
    pub result: Value,
}

impl Example {
    /// All exchanges, in their order.
    pub fn exchanges(&self) -> impl Iterator<Item = (&ExampleRequest, &ExampleResponse)> {
        let before = self.before.iter().map(|exchange| (&exchange.request, &exchange.response));
        before.chain([(&self.request, &self.response)])
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExampleExchange {
    pub request: ExampleRequest,
    pub response: ExampleResponse,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExampleRequest {
    pub method: String,
    /// Path and query, as sent.
    pub path: String,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub body: Value,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExampleResponse {
    #[serde(default = "ok")]
    pub status: u16,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// JSON; a text where the answer is read as bytes.
    #[serde(default)]
    pub body: Value,
}

fn ok() -> u16 {
    200
}
