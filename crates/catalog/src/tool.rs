//! A tool: one thing an agent can do, and how it becomes a request and a result.

use expression::Expression;
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::auth_scheme::BodyFormat;
use crate::parameters::Parameters;
use crate::scopes::ScopeSet;
use crate::slug::Slug;
use crate::template::Template;

#[derive(Debug)]
pub struct Tool {
    /// `GMAIL_SEND_EMAIL`.
    pub name: String,
    pub toolkit: Slug,
    /// For an agent: when to use it.
    pub description: String,
    pub effect: Effect,
    /// The provider's own name for the operation, as in its machine-readable description.
    pub operation: Option<String>,
    /// Alternatives, each of which suffices; empty where none is needed.
    pub scopes: Vec<ScopeSet>,
    pub credential: Credential,
    pub parameters: Parameters,
    pub request: RequestTemplate,
    pub result: ResultShape,
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

/// What keeps a tool that uses an app-wide credential within what its caller may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// The tool reads only what anybody may read.
    Public,
}

#[derive(Debug)]
pub struct RequestTemplate {
    pub method: Method,
    pub base_url: Url,
    /// Its variables are arguments, or [`RequestTemplate::ACCOUNT_SUBJECT`].
    pub path: Template,
    /// To an object; null members are left out, arrays repeat their name.
    pub query: Option<Expression>,
    /// To an object of texts; null members are left out.
    pub headers: Option<Expression>,
    pub body: Option<RequestBody>,
}

impl RequestTemplate {
    /// The path variable for the connected account's own id, in the spelling of expressions.
    pub const ACCOUNT_SUBJECT: &'static str = "$account.subject";
}

#[derive(Debug)]
pub struct RequestBody {
    pub format: BodyFormat,
    /// To the body; null members of objects are left out at every depth.
    pub content: Expression,
}

#[derive(Debug, Default)]
pub struct ResultShape {
    /// From the provider's answer to the result; absent where the answer is the result.
    pub expression: Option<Expression>,
    /// JSON Schema of the result.
    pub schema: Option<Value>,
}

/// A recorded call that the catalogue walk renders and compares.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    pub arguments: Value,
    #[serde(default)]
    pub account: Value,
    pub request: ExampleRequest,
    pub response: ExampleResponse,
    pub result: Value,
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
    pub body: Value,
}

fn ok() -> u16 {
    200
}
