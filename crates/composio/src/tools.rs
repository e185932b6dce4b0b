//! Tools: what can be done with a toolkit, and doing it.

use std::time::Duration;

use outbound::Limits;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Client, Error, LISTING, Page, USUAL, or_nothing};

/// How many tools a page has; the API gives fewer where it likes.
const PAGE: &str = "200";
const MOST_BYTES: usize = 10 * 1024 * 1024;

/// A tool as the list has it, and as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Tool {
    pub slug: String,
    #[serde(default, deserialize_with = "or_nothing")]
    pub name: String,
    #[serde(default, deserialize_with = "or_nothing")]
    pub description: String,
    #[serde(default, deserialize_with = "or_nothing")]
    pub toolkit: ToolkitName,
    /// JSON Schema of the arguments.
    #[serde(default, deserialize_with = "or_nothing")]
    pub input_parameters: Map<String, Value>,
    /// JSON Schema of `{data, error, successful}`.
    #[serde(default, deserialize_with = "or_nothing")]
    pub output_parameters: Map<String, Value>,
    #[serde(default, deserialize_with = "or_nothing")]
    pub scopes: Vec<String>,
    #[serde(default, deserialize_with = "or_nothing")]
    pub tags: Vec<String>,
    #[serde(default, deserialize_with = "or_nothing")]
    pub version: String,
    #[serde(default, deserialize_with = "or_nothing")]
    pub is_deprecated: bool,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ToolkitName {
    #[serde(default, deserialize_with = "or_nothing")]
    pub slug: String,
}

/// A call of a tool. The account is always named.
#[derive(Debug, Serialize)]
pub struct NewExecution<'a> {
    /// Absent for toolkits that need no account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connected_account_id: Option<&'a str>,
    pub user_id: &'a str,
    pub arguments: &'a Value,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub version: &'a str,
}

/// What a tool answered. The provider's refusals come as `successful: false` too.
#[derive(Debug, Clone, Deserialize)]
pub struct Executed {
    #[serde(default, deserialize_with = "or_nothing")]
    pub data: Value,
    /// A sentence, or whatever the tool gave instead.
    pub error: Option<Value>,
    pub successful: bool,
}

impl Executed {
    /// Why it was not successful, for people.
    pub fn reason(&self) -> Option<String> {
        match self.error.as_ref()? {
            Value::String(text) => Some(text.clone()),
            Value::Object(members) => members.get("message")?.as_str().map(str::to_owned),
            _ => None,
        }
    }
}

impl Client {
    /// A page of all tools of a toolkit, in their newest version.
    pub async fn list_tools(&self, toolkit: &str, cursor: Option<&str>) -> Result<Page<Tool>, Error> {
        let mut query = vec![
            ("toolkit_slug", toolkit),
            ("limit", PAGE),
            ("toolkit_versions", "latest"),
            ("include_deprecated", "false"),
        ];
        query.extend(cursor.map(|cursor| ("cursor", cursor)));
        self.get(&["tools"], &query, LISTING).await
    }

    pub async fn get_tool(&self, slug: &str) -> Result<Tool, Error> {
        self.get(&["tools", slug], &[("toolkit_versions", "latest")], USUAL).await
    }

    pub async fn execute(
        &self,
        slug: &str,
        execution: &NewExecution<'_>,
        deadline: Duration,
    ) -> Result<Executed, Error> {
        let limits = Limits { deadline, max_bytes: MOST_BYTES };
        self.post(&["tools", "execute", slug], execution, limits).await
    }
}
