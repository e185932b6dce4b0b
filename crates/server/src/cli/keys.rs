//! `bbi keys`.

use clap::Subcommand;
use reqwest::Method;
use serde_json::{Value, json};

use super::Of;
use super::output::{Format, cell, line};

/// Under the app.
const RESOURCE: &str = "keys";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List an app's keys by prefix and last use
    List {
        #[command(flatten)]
        of: Of,
        #[command(flatten)]
        format: Format,
    },
    /// Create a key; it is shown this once
    Create {
        /// What people call it
        name: String,
        /// `admin` or `execute`
        #[arg(long, default_value = "admin")]
        scope: String,
        /// RFC 3339 time after which it is refused
        #[arg(long, value_name = "TIME")]
        expires_at: Option<String>,
        #[command(flatten)]
        of: Of,
        #[command(flatten)]
        format: Format,
    },
    /// Revoke a key; in force for the next request
    Revoke {
        /// The key's id, from the list
        id: String,
        #[command(flatten)]
        of: Of,
    },
}

pub(super) async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::List { of, format } => {
            let (client, path) = of.open(RESOURCE)?;
            let answer = client.send(Method::GET, &path, None).await?;
            let header = ["ID", "PREFIX", "NAME", "SCOPE", "LAST USED", "REVOKED"];
            format.show(&answer, &header, |answer| {
                let names = ["id", "prefix", "name", "scope", "last_used_at", "revoked_at"];
                let keys = answer["keys"].as_array().into_iter().flatten();
                keys.map(|key| names.iter().map(|name| cell(key, name)).collect()).collect()
            })?;
        }
        Command::Create { name, scope, expires_at, of, format } => {
            let (client, path) = of.open(RESOURCE)?;
            let body = json!({ "name": name, "scope": scope, "expires_at": expires_at });
            let answer = client.send(Method::POST, &path, Some(&body)).await?;
            format.show(&answer, &["ID", "SCOPE", "KEY (shown once)"], |answer: &Value| {
                vec![vec![cell(answer, "id"), cell(answer, "scope"), cell(answer, "api_key")]]
            })?;
        }
        Command::Revoke { id, of } => {
            let (client, path) = of.open(RESOURCE)?;
            client.send(Method::DELETE, &format!("{path}/{id}"), None).await?;
            line(&format!("revoked {id}"))?;
        }
    }
    Ok(())
}
