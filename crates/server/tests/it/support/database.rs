//! The one database of all processes, as a test looks at it beside them.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::nodes::say;

#[derive(Debug)]
pub(crate) enum Database {
    /// A URL for the owner.
    Postgres(String),
    Sqlite(PathBuf),
}

impl Database {
    /// An empty one; `None` where PostgreSQL is not installed.
    pub(crate) fn postgres() -> Option<Self> {
        throwaway_postgres::empty_schema().map(Self::Postgres)
    }

    /// In the data directory of a process; `None` where nothing is installed to look into it.
    pub(crate) fn sqlite(directory: &Path) -> Option<Self> {
        is_installed("sqlite3").then(|| Self::Sqlite(directory.join("bbi.db")))
    }

    /// Of PostgreSQL, which alone has one.
    pub(crate) fn url(&self) -> &str {
        match self {
            Self::Postgres(url) => url,
            Self::Sqlite(path) => panic!("{} has no URL", path.display()),
        }
    }

    /// A line a row, columns separated by `|`.
    pub(crate) fn query(&self, sql: &str) -> String {
        match self {
            Self::Postgres(url) => throwaway_postgres::query(url, sql),
            Self::Sqlite(path) => {
                let mut sqlite3 = Command::new("sqlite3");
                sqlite3.args(["-batch", "-bail", "-cmd", ".timeout 20000"]).arg(path).arg(sql);
                let output = sqlite3.output().unwrap();
                let said = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "sqlite3 failed: {said}");
                String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
            }
        }
    }
}

/// Whether a program is there; where it is not, what needs it is skipped aloud.
pub(crate) fn is_installed(program: &str) -> bool {
    let asked = Command::new("sh").args(["-c", &format!("command -v {program}")]).output().unwrap();
    if !asked.status.success() {
        say(&format!("SKIPPED with {program}: it is not installed"));
    }
    asked.status.success()
}
