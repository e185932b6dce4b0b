//! `bbi doctor`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use engine::{Level, SystemClock};
use serde_json::{Value, json};

use super::output::{Format, cell};
use crate::config::{Flags, Settings};

/// Where the instance is, with the settings it is served with.
#[derive(Debug, Clone, Args)]
pub(super) struct Place {
    /// Settings file (TOML), as for `bbi serve`
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder with the SQLite database [env: BBI_DATA_DIR]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// PostgreSQL instead of SQLite in the data folder [env: DATABASE_URL]
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
}

impl Place {
    pub(super) fn settings(self) -> anyhow::Result<Settings> {
        let Self { config, data_dir, database_url } = self;
        Settings::load(&Flags { config, data_dir, database_url, ..Flags::default() })
    }
}

#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// Warnings count as problems, too
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    format: Format,
    #[command(flatten)]
    place: Place,
}

pub(super) async fn run(arguments: Doctor) -> anyhow::Result<ExitCode> {
    let settings = arguments.place.settings()?;
    let examination = engine::examine(&settings.database()?, &settings.vault_keys()?, &SystemClock).await?;
    let worst = if arguments.strict { Level::Ok } else { Level::Warning };
    let healthy = examination.worst() <= worst;
    let answer = json!({ "healthy": healthy, "findings": examination.findings });
    arguments.format.show(&answer, &["", "CHECK", "FINDING"], rows)?;
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Two lines for what there is something to do about.
fn rows(answer: &Value) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for finding in answer["findings"].as_array().into_iter().flatten() {
        rows.push(["level", "check", "message"].iter().map(|name| cell(finding, name)).collect());
        if let Some(next) = finding["next"].as_str() {
            rows.push(vec![String::new(), String::new(), format!("-> {next}")]);
        }
    }
    rows
}
