//! `bbi toolkits`.

use std::path::PathBuf;

use anyhow::bail;
use catalog::{Catalog, OriginMap};
use clap::Subcommand;
use serde_json::{Value, json};

use super::output::{Format, cell, line};
use crate::config::read_toolkits;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the toolkits of this binary
    List {
        #[command(flatten)]
        format: Format,
    },
    /// Check a folder of toolkits of your own; a mistake is named with file and line
    ///
    /// The folder has one folder a toolkit, each with a toolkit.toml and tools/*.toml, as `bbi serve --toolkits` takes
    /// it.
    Check {
        /// The folder
        dir: PathBuf,
    },
}

pub(super) fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::List { format } => list(format),
        Command::Check { dir } => check(&dir),
    }
}

fn list(format: Format) -> anyhow::Result<()> {
    let catalog = Catalog::embedded(&OriginMap::none())?;
    let toolkits: Vec<Value> = catalog
        .toolkits()
        .iter()
        .map(|toolkit| {
            let schemes: Vec<&str> = toolkit.auth_schemes.iter().map(|scheme| scheme.name().as_str()).collect();
            json!({
                "toolkit": toolkit.slug, "display_name": toolkit.display_name, "auth_schemes": schemes.join(" "),
                "managed_client": toolkit.managed_client, "tools": toolkit.tools.len(),
            })
        })
        .collect();
    format.show(
        &json!({ "toolkits": toolkits }),
        &["TOOLKIT", "NAME", "AUTH", "MANAGED CLIENT", "TOOLS"],
        |_| {
            let names = ["toolkit", "display_name", "auth_schemes", "managed_client", "tools"];
            toolkits.iter().map(|toolkit| names.iter().map(|name| cell(toolkit, name)).collect()).collect()
        },
    )?;
    Ok(())
}

fn check(dir: &std::path::Path) -> anyhow::Result<()> {
    let files = read_toolkits(dir)?;
    if files.is_empty() {
        bail!("{} holds no toolkits: make one folder a toolkit, each with a toolkit.toml", dir.display());
    }
    let catalog = Catalog::load(files, &OriginMap::none())?;
    let wrong = engine::wrong_examples(&catalog);
    if !wrong.is_empty() {
        bail!("examples that do not come out as recorded:\n{}", wrong.join("\n"));
    }
    for toolkit in catalog.toolkits() {
        line(&format!("{}: {} tools, right", toolkit.slug, toolkit.tools.len()))?;
    }
    Ok(())
}
