//! `bbi vault`.

use clap::Subcommand;
use reqwest::Method;
use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::Connection;
use super::client::{Client, Needs};
use super::output::{Format, cell, line};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a vault key for BBI_VAULT_KEYS
    ///
    /// To rotate: put the new key before the old ones, restart, run `bbi vault rotate`, then remove the old keys.
    NewKey {
        /// What the key is called; stands in every ciphertext [default: k and six random digits]
        #[arg(long)]
        id: Option<String>,
    },
    /// Make a platform key for BBI_PLATFORM_KEY
    NewPlatformKey,
    /// Seal every secret of a running server under its newest vault key
    Rotate {
        #[command(flatten)]
        format: Format,
        #[command(flatten)]
        connection: Connection,
    },
}

pub(super) async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::NewKey { id } => {
            let id = id.unwrap_or_else(engine::new_vault_key_id);
            line(engine::new_vault_key(&id)?.expose_secret())?;
        }
        Command::NewPlatformKey => line(engine::new_platform_key().expose())?,
        Command::Rotate { format, connection } => {
            let client = Client::new(&connection, Needs::PlatformKey)?;
            let answer = client.send(Method::POST, "/admin/vault/rotate", None).await?;
            format.show(
                &answer,
                &["KEY", "RESEALED", "CURRENT BEFORE", "UNREADABLE"],
                |answer: &Value| {
                    let names = ["key_id", "resealed", "already_current", "unreadable"];
                    vec![names.iter().map(|name| cell(answer, name)).collect()]
                },
            )?;
        }
    }
    Ok(())
}
