//! Toolkits: what the vendor can connect to.

use serde::{Deserialize, Serialize};

use crate::{Client, Error, LISTING, Page, USUAL, or_nothing};

/// How many toolkits a page has; the API gives fewer where it likes.
const PAGE: &str = "500";

/// A toolkit as the list has it, and as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Toolkit {
    pub slug: String,
    #[serde(default, deserialize_with = "or_nothing")]
    pub name: String,
    #[serde(default, deserialize_with = "or_nothing")]
    pub auth_schemes: Vec<String>,
    /// For these the vendor has an OAuth client of its own.
    #[serde(default, deserialize_with = "or_nothing")]
    pub composio_managed_auth_schemes: Vec<String>,
    #[serde(default, deserialize_with = "or_nothing")]
    pub no_auth: bool,
    #[serde(default, deserialize_with = "or_nothing")]
    pub meta: Meta,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    #[serde(default, deserialize_with = "or_nothing")]
    pub description: String,
    #[serde(default, deserialize_with = "or_nothing")]
    pub app_url: String,
    #[serde(default, deserialize_with = "or_nothing")]
    pub categories: Vec<Category>,
    #[serde(default, deserialize_with = "count")]
    pub tools_count: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    #[serde(default, deserialize_with = "or_nothing")]
    pub name: String,
}

/// A toolkit with what its auth schemes ask for.
#[derive(Debug, Clone, Deserialize)]
pub struct ToolkitDetail {
    #[serde(flatten)]
    pub toolkit: Toolkit,
    #[serde(default, deserialize_with = "or_nothing")]
    pub auth_config_details: Vec<AuthDetail>,
}

/// What one auth scheme asks for.
#[derive(Debug, Clone, Deserialize)]
pub struct AuthDetail {
    /// `OAUTH2`, `API_KEY` and so on.
    pub mode: String,
    #[serde(default, deserialize_with = "or_nothing")]
    pub fields: AuthFields,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct AuthFields {
    /// What the developer gives.
    #[serde(default, deserialize_with = "or_nothing")]
    pub auth_config_creation: Fields,
    /// What the end user gives, on the vendor's page.
    #[serde(default, deserialize_with = "or_nothing")]
    pub connected_account_initiation: Fields,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct Fields {
    #[serde(default, deserialize_with = "or_nothing")]
    pub required: Vec<Field>,
    #[serde(default, deserialize_with = "or_nothing")]
    pub optional: Vec<Field>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Field {
    pub name: String,
    #[serde(default, rename = "displayName", deserialize_with = "or_nothing")]
    pub display_name: String,
    #[serde(default, deserialize_with = "or_nothing")]
    pub description: String,
    /// Absent before v3.1.
    pub is_secret: Option<bool>,
}

impl Client {
    /// A page of the whole catalogue.
    pub async fn list_toolkits(&self, cursor: Option<&str>) -> Result<Page<Toolkit>, Error> {
        let mut query = vec![("limit", PAGE), ("sort_by", "alphabetically"), ("include_deprecated", "false")];
        query.extend(cursor.map(|cursor| ("cursor", cursor)));
        self.get(&["toolkits"], &query, LISTING).await
    }

    pub async fn get_toolkit(&self, slug: &str) -> Result<ToolkitDetail, Error> {
        self.get(&["toolkits", slug], &[], USUAL).await
    }
}

/// A number that some answers have as a decimal.
fn count<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let value = Option::<f64>::deserialize(deserializer)?.unwrap_or_default();
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count of tools, clamped at zero"
    )]
    Ok(value.max(0.0) as u64)
}
