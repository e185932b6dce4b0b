//! pgbouncer in front of the cluster, with fewer connections than any test opens: what is said to one of them may
//! always meet another one.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use super::{CLUSTER, Cluster, USER, is_file, say};

const PORT: u16 = 6432;
/// Of each database. Two, so that a statement's name is taken on one of them as soon as three clients have used it.
const SERVER_CONNECTIONS: u16 = 2;

static POOLER: LazyLock<Option<u16>> = LazyLock::new(|| CLUSTER.as_ref().and_then(start));

/// Where it listens; `None` where it is not installed.
pub(super) fn port(_in_front_of: &Cluster) -> Option<u16> {
    *POOLER
}

fn start(cluster: &Cluster) -> Option<u16> {
    let Some(program) = find() else {
        assert!(std::env::var_os("REQUIRE_PGBOUNCER").is_none(), "pgbouncer is required, not found");
        say("SKIPPED behind a pooler: pgbouncer is not installed\n");
        return None;
    };
    let directory = cluster.socket();
    let users = cluster.directory.join("users");
    fs::write(&users, format!("\"{USER}\" \"\"\n")).expect("its directory can be written to");
    let settings = cluster.directory.join("pgbouncer.ini");
    fs::write(&settings, text(&directory, &users)).expect("its directory can be written to");
    let settings = settings.to_str().expect("temporary paths are UTF-8");
    cluster.run_at(&program, ["-d", "-q", settings]);
    let socket = cluster.directory.join(format!(".s.PGSQL.{PORT}"));
    let deadline = Instant::now() + Duration::from_secs(20);
    while UnixStream::connect(&socket).is_err() {
        assert!(Instant::now() < deadline, "pgbouncer does not listen");
        std::thread::yield_now();
    }
    Some(PORT)
}

fn text(directory: &str, users: &Path) -> String {
    format!(
        "[databases]\n\
         * = host={directory} port=5432\n\
         [pgbouncer]\n\
         listen_addr =\n\
         listen_port = {PORT}\n\
         unix_socket_dir = {directory}\n\
         pidfile = {directory}/pgbouncer.pid\n\
         logfile = {directory}/pgbouncer.log\n\
         auth_type = trust\n\
         auth_file = {users}\n\
         pool_mode = transaction\n\
         default_pool_size = {SERVER_CONNECTIONS}\n\
         max_client_conn = 1000\n\
         ignore_startup_parameters = extra_float_digits\n",
        users = users.display()
    )
}

/// Debian keeps it where only the administrator looks.
fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    places.map(|place| place.join("pgbouncer")).find(|program| is_file(program))
}
