//! `bbi apps`.

use clap::Subcommand;
use reqwest::Method;
use serde_json::{Value, json};

use super::Connection;
use super::client::{Client, Needs};
use super::output::{Format, cell, line};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List apps
    List {
        #[command(flatten)]
        format: Format,
        #[command(flatten)]
        connection: Connection,
    },
    /// Create an app; its first key is shown this once
    Create {
        /// What people call it
        name: String,
        #[command(flatten)]
        format: Format,
        #[command(flatten)]
        connection: Connection,
    },
    /// Revoke every grant of an app's users, then erase the app
    Delete {
        /// The app's id, from the list
        app_id: String,
        #[command(flatten)]
        connection: Connection,
    },
}

pub(super) async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::List { format, connection } => {
            let client = Client::new(&connection, Needs::PlatformKey)?;
            let mut apps = Vec::new();
            let mut path = "/apps?limit=200".to_owned();
            loop {
                let page = client.send(Method::GET, &path, None).await?;
                apps.extend(page["apps"].as_array().cloned().unwrap_or_default());
                match page["next_cursor"].as_str() {
                    Some(cursor) => path = format!("/apps?limit=200&cursor={cursor}"),
                    None => break,
                }
            }
            format.show(&json!({ "apps": apps }), &["APP", "NAME", "CREATED"], |_| {
                apps.iter()
                    .map(|app| vec![cell(app, "app_id"), cell(app, "name"), cell(app, "created_at")])
                    .collect()
            })?;
        }
        Command::Create { name, format, connection } => {
            let client = Client::new(&connection, Needs::PlatformKey)?;
            let answer = client.send(Method::POST, "/init", Some(&json!({ "name": name }))).await?;
            format.show(&answer, &["APP", "NAME", "KEY (shown once)"], |answer: &Value| {
                vec![vec![cell(answer, "app_id"), cell(answer, "name"), cell(answer, "api_key")]]
            })?;
        }
        Command::Delete { app_id, connection } => {
            let client = Client::new(&connection, Needs::PlatformKey)?;
            client.send(Method::DELETE, &format!("/apps/{app_id}"), None).await?;
            line(&format!("deleted {app_id}"))?;
        }
    }
    Ok(())
}
