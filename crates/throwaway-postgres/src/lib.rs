//! A PostgreSQL cluster for the tests of one process: made from the installed binaries on first use, reached over a
//! socket in its own directory, and gone when the process ends, however it ends.
//!
//! Where the binaries are missing, tests are skipped aloud, or fail if `REQUIRE_POSTGRES` is set; the same goes for
//! pgbouncer and `REQUIRE_PGBOUNCER`.

mod pooler;

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

const USER: &str = "test";
const LOOK_EVERY: Duration = Duration::from_millis(20);
const MOST_LOOKS: u32 = 2000;

/// The machine is not expected to crash. The collation is not the C one, so that an order which silently depends on it
/// fails.
const SETTINGS: &str = "-c fsync=off -c full_page_writes=off -c max_connections=300 -c listen_addresses=";

/// Waits for its input to end, which it does with the test process, then cleans up.
const GUARDIAN: &str = r#"cat >/dev/null; [ ! -f "$2/pgbouncer.pid" ] || kill "$(cat "$2/pgbouncer.pid")"; "$1"/pg_ctl -D "$2/data" -m immediate stop >/dev/null 2>&1; rm -rf "$2""#;

#[derive(Debug)]
struct Cluster {
    bin: &'static Path,
    directory: PathBuf,
    owner: Option<(u32, u32)>,
    durability: Durability,
    /// Holds the guardian's input open.
    _guardian: Mutex<Child>,
}

/// What a server that is killed leaves behind.
#[derive(Debug, Clone, Copy)]
enum Durability {
    Nothing,
    /// All that was acknowledged.
    Commits,
}

static BINARIES: LazyLock<Option<PathBuf>> = LazyLock::new(find_binaries);
static CLUSTER: LazyLock<Option<Cluster>> =
    LazyLock::new(|| Cluster::start(&std::env::temp_dir(), Durability::Nothing));

/// A cluster of a test's own, which it may stop and start. Gone when it is dropped.
#[derive(Debug)]
pub struct OwnCluster(Cluster);

impl OwnCluster {
    /// `None` where PostgreSQL is not installed.
    pub fn start() -> Option<Self> {
        Self::start_in(&std::env::temp_dir())
    }

    /// The same with everything it writes below `folder`, which its owner must be able to enter.
    pub fn start_in(folder: &Path) -> Option<Self> {
        Cluster::start(folder, Durability::Commits).map(Self)
    }

    /// Its one database.
    pub fn url(&self) -> String {
        format!("postgres://{USER}@localhost/postgres?host={}", self.0.socket())
    }

    /// Every process of it ends at once, as in a crash. What was committed is there after the next start.
    pub fn stop_at_once(&self) {
        self.0.run("pg_ctl", ["-D", &self.0.data(), "-w", "-m", "immediate", "stop"]);
    }

    /// Writes to its log until the disk has no room for more, for which the whole server ends. Returns once it has.
    pub fn fill_log(&self) {
        let write = "SELECT pg_logical_emit_message(false, '', repeat('x', 100000))";
        let is_up = Path::new(&self.0.data()).join("postmaster.pid");
        for _ in 0..MOST_LOOKS {
            if !is_up.exists() {
                return;
            }
            if !psql(&self.url()).args(["-c", write]).output().expect("psql can be started").status.success()
            {
                std::thread::sleep(LOOK_EVERY);
            }
        }
        panic!("its disk never was full");
    }

    /// Returns once it takes connections.
    pub fn start_again(&self) {
        self.0.launch();
    }
}

/// A database that nobody else is connected to.
#[derive(Debug, Clone)]
pub struct Database {
    pub url: String,
    /// The same through a pooler that lends a connection for one transaction, where there is one.
    pub pooled_url: Option<String>,
}

/// An empty database, behind a pooler where pgbouncer is installed; `None` where PostgreSQL is not.
pub fn empty_database() -> Option<Database> {
    static DATABASES: AtomicUsize = AtomicUsize::new(0);
    let cluster = CLUSTER.as_ref()?;
    let name = format!("test_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    let socket = cluster.socket();
    cluster.run(
        "psql",
        ["-h", &socket, "-U", USER, "-d", "postgres", "-qc", &format!("CREATE DATABASE {name}")],
    );
    let url = |port| format!("postgres://{USER}@localhost:{port}/{name}?host={socket}");
    Some(Database { url: url(5432), pooled_url: pooler::port(cluster).map(url) })
}

/// An empty database behind a pooler; `None` where PostgreSQL or pgbouncer is not installed.
pub fn pooled_database() -> Option<(String, String)> {
    let database = empty_database()?;
    Some((database.pooled_url?, database.url))
}

/// A URL to an empty schema of its own; `None` where PostgreSQL is not installed.
pub fn empty_schema() -> Option<String> {
    static SCHEMAS: AtomicUsize = AtomicUsize::new(0);
    let cluster = CLUSTER.as_ref()?;
    let schema = format!("test_{}", SCHEMAS.fetch_add(1, Ordering::Relaxed));
    cluster.run(
        "psql",
        ["-h", &cluster.socket(), "-U", USER, "-d", "postgres", "-qc", &format!("CREATE SCHEMA {schema}")],
    );
    Some(format!(
        "postgres://{USER}@localhost/postgres?host={}&options=-c%20search_path%3D{schema}",
        cluster.socket()
    ))
}

/// What `sql` answers in the schema of `url`, as its owner: a line a row, columns separated by `|`.
pub fn query(url: &str, sql: &str) -> String {
    let output = psql(url).arg("-c").arg(sql).output().expect("psql can be started");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "psql failed: {said}");
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

/// One that goes on until it is committed, or rolled back because this is dropped.
#[derive(Debug)]
pub struct Transaction(Child);

impl Transaction {
    /// Returns once `statement` is done, and whoever it is in the way of waits.
    pub fn begin(url: &str, statement: &str) -> Self {
        let mut psql = psql(url);
        let mut child =
            psql.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("psql can be started");
        let mut input = child.stdin.take().expect("its input is a pipe");
        writeln!(input, "BEGIN; {statement}; SELECT 'done';").expect("psql reads its input");
        child.stdin = Some(input);
        let mut line = String::new();
        let output = child.stdout.take().expect("its output is a pipe");
        BufReader::new(output).read_line(&mut line).expect("psql writes text");
        assert_eq!(line.trim(), "done");
        Self(child)
    }

    pub fn commit(mut self) {
        writeln!(self.0.stdin.as_mut().expect("its input is open"), "COMMIT;").expect("psql reads its input");
    }
}

/// The end of its input ends psql, and the transaction with it.
impl Drop for Transaction {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

fn psql(url: &str) -> Command {
    let bin = BINARIES.as_ref().expect("the URL is that of a cluster made with them");
    let mut psql = Command::new(bin.join("psql"));
    psql.args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", url]).env("PGCONNECT_TIMEOUT", "20");
    psql
}

impl Cluster {
    fn start(folder: &Path, durability: Durability) -> Option<Self> {
        let Some(bin) = BINARIES.as_deref() else {
            assert!(
                std::env::var_os("REQUIRE_POSTGRES").is_none(),
                "PostgreSQL's binaries are required, not found"
            );
            say("SKIPPED on PostgreSQL: its binaries are not installed\n");
            return None;
        };
        let directory =
            tempfile::Builder::new().prefix("pg").tempdir_in(folder).expect("a temporary directory").keep();
        let owner = unprivileged_owner();
        if let Some((uid, gid)) = owner {
            chown(&directory, Some(uid), Some(gid)).expect("root may give its directory away");
        }
        let guardian = Command::new("sh")
            .args([
                OsStr::new("-c"),
                GUARDIAN.as_ref(),
                "guardian".as_ref(),
                bin.as_os_str(),
                directory.as_os_str(),
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .owned_by(owner)
            .spawn()
            .expect("sh can be started");
        let cluster = Self { bin, directory, owner, durability, _guardian: Mutex::new(guardian) };
        let locale = ["--locale-provider=icu", "--icu-locale=en-US", "--locale=C.UTF-8"];
        cluster.run(
            "initdb",
            ["-D", &cluster.data(), "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync", "--wal-segsize=1"]
                .into_iter()
                .chain(locale),
        );
        cluster.launch();
        Some(cluster)
    }

    fn launch(&self) {
        let socket = self.socket();
        let waits = match self.durability {
            Durability::Nothing => "off",
            Durability::Commits => "on",
        };
        let options = format!("{SETTINGS} -c synchronous_commit={waits} -c unix_socket_directories={socket}");
        let log = format!("{socket}/log");
        self.run("pg_ctl", ["-D", &self.data(), "-w", "-l", &log, "-o", &options, "start"]);
    }

    fn data(&self) -> String {
        format!("{}/data", self.socket())
    }

    fn socket(&self) -> String {
        self.directory.to_str().expect("temporary paths are UTF-8").to_owned()
    }

    fn run<'a>(&self, program: &str, arguments: impl IntoIterator<Item = &'a str>) {
        self.run_at(&self.bin.join(program), arguments);
    }

    fn run_at<'a>(&self, program: &Path, arguments: impl IntoIterator<Item = &'a str>) {
        // Into a file, because a daemon would keep a pipe open.
        let errors = tempfile::NamedTempFile::new().expect("a temporary file");
        let status = Command::new(program)
            .args(arguments)
            .current_dir(&self.directory)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(errors.reopen().expect("the file just made"))
            .owned_by(self.owner)
            .status()
            .expect("an installed program can be started");
        let said = fs::read_to_string(errors.path()).unwrap_or_default();
        assert!(status.success(), "{} failed: {said}", program.display());
    }
}

/// Past the test harness, which would keep it to itself.
fn say(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// PostgreSQL refuses to run as root, and so does pgbouncer.
trait OwnedBy {
    fn owned_by(&mut self, owner: Option<(u32, u32)>) -> &mut Self;
}

impl OwnedBy for Command {
    fn owned_by(&mut self, owner: Option<(u32, u32)>) -> &mut Self {
        match owner {
            Some((uid, gid)) => self.uid(uid).gid(gid),
            None => self,
        }
    }
}

/// Another user's ids where this process is root.
fn unprivileged_owner() -> Option<(u32, u32)> {
    let root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    root.then(|| (id_of("-u"), id_of("-g")))
}

fn id_of(flag: &str) -> u32 {
    const NOBODY: u32 = 65534;
    let asked = Command::new("id").args([flag, "postgres"]).output();
    let text = asked.ok().and_then(|output| String::from_utf8(output.stdout).ok()).unwrap_or_default();
    text.trim().parse().unwrap_or(NOBODY)
}

/// Debian keeps them out of the path; the newest version wins.
fn find_binaries() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .collect();
    versions.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let candidates = versions.into_iter().rev().chain(std::env::split_paths(&path));
    candidates
        .into_iter()
        .find(|bin| ["initdb", "pg_ctl", "psql"].iter().all(|name| is_file(&bin.join(name))))
}

fn is_file(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file())
}
