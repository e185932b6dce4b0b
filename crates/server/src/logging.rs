//! Structured logs. Protocol libraries stay at `warn` whatever the filter says: at `debug` they log whole requests,
//! secrets included.

use std::io::IsTerminal as _;

use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::{EnvFilter, FilterExt as _, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt};

/// The crates whose own log lines may go above `warn`. They are ours, and log no secrets.
const OURS: [&str; 11] = [
    "auth",
    "bbi",
    "catalog",
    "engine",
    "executor",
    "expression",
    "outbound",
    "sandbox",
    "server",
    "store",
    "vault",
];

/// How `BBI_LOG` reads: a filter, and in the same list `json` or `text`.
#[derive(Debug, PartialEq, Eq)]
struct Format {
    filter: String,
    json: bool,
}

/// Starts logging to standard error.
pub fn start(setting: &str) -> anyhow::Result<()> {
    let format = Format::parse(setting);
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .parse(&format.filter)
        .map_err(|error| anyhow::anyhow!("log: `{}` is no filter: {error}", format.filter))?;
    let filter = filter.and(filter_fn(allowed));
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    let lines = if format.json { lines.json().flatten_event(true).boxed() } else { lines.boxed() };
    tracing_subscriber::registry().with(lines.with_filter(filter)).try_init()?;
    Ok(())
}

fn allowed(metadata: &Metadata<'_>) -> bool {
    let root = metadata.target().split("::").next().unwrap_or_default();
    *metadata.level() <= Level::WARN || OURS.contains(&root)
}

impl Format {
    fn parse(setting: &str) -> Self {
        let parts: Vec<&str> = setting.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
        let (formats, filters): (Vec<&str>, Vec<&str>) =
            parts.into_iter().partition(|part| matches!(*part, "json" | "text"));
        Self { filter: filters.join(","), json: formats.last() == Some(&"json") }
    }
}

#[cfg(test)]
mod tests {
    use super::Format;

    #[test]
    fn a_setting_is_a_filter_and_a_format() {
        for (setting, filter, json) in [
            ("info", "info", false),
            ("json", "", true),
            ("debug, json", "debug", true),
            ("text,engine=trace,info", "engine=trace,info", false),
            ("", "", false),
        ] {
            assert_eq!(Format::parse(setting), Format { filter: filter.into(), json }, "{setting}");
        }
    }
}
