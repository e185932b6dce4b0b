//! The binary as an operator runs it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use sandbox::Sandbox;

/// A running `bbi serve`.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    out: BufReader<ChildStdout>,
    pub(crate) url: String,
}

/// A command that sees nothing of this process's environment but the path.
pub(crate) fn bbi() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bbi"));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", "/nonexistent");
    command
}

/// No test leaves a server behind.
impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    /// Starts `bbi serve` and waits for the ready line. Its log is added to the file that `TEST_LOG` names,
    /// if any.
    pub(crate) fn start(command: &mut Command) -> Self {
        let log = command
            .get_envs()
            .find(|(name, _)| *name == "TEST_LOG")
            .and_then(|(_, path)| path.map(ToOwned::to_owned));
        let errors = log.map_or_else(Stdio::null, |path| {
            Stdio::from(std::fs::File::options().create(true).append(true).open(path).unwrap())
        });
        let mut child = command.stdout(Stdio::piped()).stderr(errors).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let url = line
            .strip_prefix("ready ")
            .unwrap_or_else(|| panic!("no ready line: {line:?}"))
            .trim()
            .to_owned();
        Self { child, out, url }
    }

    /// The next lines of its output, up to one that contains `last`.
    pub(crate) fn lines_until(&mut self, last: &str) -> String {
        let mut text = String::new();
        while !text.lines().last().is_some_and(|line| line.contains(last)) {
            assert!(self.out.read_line(&mut text).unwrap() > 0, "{text}");
        }
        text
    }

    /// kill -9
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and how it ended.
    pub(crate) fn terminate(mut self) -> ExitStatus {
        self.signal("-TERM");
        self.child.wait().unwrap()
    }

    /// It stops where it is, its connections open.
    pub(crate) fn pause(&self) {
        self.signal("-STOP");
    }

    /// It goes on as if nothing had been.
    pub(crate) fn resume(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }
}

/// A folder of the embedded toolkits as an operator would write them for providers that are twins. Where some are named,
/// only those.
pub(crate) fn write_toolkits(dir: &Path, sandbox: &Sandbox, only: &[&str]) {
    for file in catalog::embedded_files() {
        let slug = file.path.split('/').nth(1).unwrap();
        if !only.is_empty() && !only.contains(&slug) {
            continue;
        }
        let text = sandbox.origins().into_iter().fold(file.text, |text, (origin, base)| {
            let base = base.as_str().trim_end_matches('/');
            text.replace(&format!("{origin}/"), &format!("{base}/"))
                // The names of Google's scopes are no addresses.
                .replace(&format!("{base}/auth/"), &format!("{origin}/auth/"))
                .replace(&format!("{origin}\""), &format!("{base}\""))
        });
        let path = dir.join(file.path.strip_prefix("toolkits/").unwrap());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::File::create(path).unwrap().write_all(text.as_bytes()).unwrap();
    }
}
