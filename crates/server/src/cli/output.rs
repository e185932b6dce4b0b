//! The one place that writes to the terminal.

use std::io::{self, Write as _};

use comfy_table::Table;
use comfy_table::presets::NOTHING;
use serde_json::Value;

/// How a list is shown.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct Format {
    /// JSON instead of a table
    #[arg(long)]
    json: bool,
}

impl Format {
    /// The answer as it is, or its rows as a table.
    pub(super) fn show(
        self,
        answer: &Value,
        header: &[&str],
        rows: impl FnOnce(&Value) -> Vec<Vec<String>>,
    ) -> io::Result<()> {
        if self.json {
            return line(&serde_json::to_string_pretty(answer).unwrap_or_default());
        }
        let mut table = Table::new();
        table.load_style(NOTHING).set_header(header);
        table.add_rows(rows(answer));
        line(&table.to_string())
    }
}

pub(super) fn line(text: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{text}")
}

/// A failed command: what failed, and why.
pub(super) fn complain(error: &anyhow::Error) {
    let mut out = io::stderr().lock();
    let _ = writeln!(out, "error: {error}");
    for cause in error.chain().skip(1) {
        let _ = writeln!(out, "  because: {cause}");
    }
}

/// A member as text; a dash where there is none.
pub(super) fn cell(value: &Value, name: &str) -> String {
    match &value[name] {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    }
}
