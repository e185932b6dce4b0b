//! `bbi migrate`.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use engine::{CopyProgress, CopyStep, Database};

use super::output::line;
use crate::config::{Flags, Settings};

#[derive(Debug, Args)]
pub(super) struct Migrate {
    /// Where the instance is: `sqlite:PATH` or `postgres://...`
    #[arg(long, value_name = "DATABASE", value_parser = database)]
    from: Database,
    /// Where it shall be: `postgres://...` or `sqlite:PATH`, without any row
    #[arg(long, value_name = "DATABASE", value_parser = database)]
    to: Database,
    /// Settings file (TOML) with the vault keys, as for `bbi serve`
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

fn database(text: &str) -> anyhow::Result<Database> {
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        // A direct connection: a pooler would hide who else is connected.
        return Ok(Database::Postgres { url: text.to_owned(), migrate_url: None });
    }
    match text.strip_prefix("sqlite://").or_else(|| text.strip_prefix("sqlite:")) {
        Some(path) if !path.is_empty() => Ok(Database::Sqlite(PathBuf::from(path))),
        _ => bail!("neither `sqlite:PATH` nor `postgres://USER@HOST/DATABASE`"),
    }
}

pub(super) async fn run(arguments: Migrate) -> anyhow::Result<()> {
    let settings = Settings::load(&Flags { config: arguments.config, ..Flags::default() })?;
    let keys = settings.vault_keys()?;
    let moved = engine::move_instance(&arguments.from, &arguments.to, &keys, &mut show).await?;
    line(&format!(
        "moved {} rows, each compared; {} sealed secrets open\n\
         Serve from the new database now, and never again from the old one: its refresh tokens go stale.",
        moved.rows, moved.sealed
    ))?;
    Ok(())
}

/// A line for the end of a table, and now and then within a long one.
fn show(progress: CopyProgress) {
    const EVERY: u64 = 10_000;
    if progress.rows == progress.of || progress.rows.is_multiple_of(EVERY) {
        let done = match progress.step {
            CopyStep::Copied => "copied",
            CopyStep::Verified => "verified",
        };
        // Nobody to tell is no reason to stop.
        let _ = writeln!(
            std::io::stderr().lock(),
            "{}: {} of {} rows {done}",
            progress.table,
            progress.rows,
            progress.of
        );
    }
}
