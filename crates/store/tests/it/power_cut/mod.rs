//! The power fails at every sync of SQLite's, and between them. `strace` writes down what a writer tells the operating
//! system; from that the folder is made anew as a disk might have kept it, and the store opens it. What the writer had
//! acknowledged is there, what it was doing is there or not, and nothing is torn.

mod disk;
mod script;
mod trace;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use disk::{Disk, Unsynced};
use fastrand::Rng;
use script::{ACCOUNTS, expected, found, operate};
use sqlx::{ConnectOptions as _, Connection as _};
use store::{Location, Store};
use tempfile::TempDir;
use trace::Event;

use crate::support::seeded;

const DATABASE: &str = "bbi.db";
/// Where the writer finds its folder, when it is recorded.
const RECORDED: &str = "RECORDED_WRITER";
const CALLS: &str = "trace=openat,open,creat,pwrite64,pwritev,pwritev2,write,writev,ftruncate,fallocate,fsync,fdatasync,\
                     sync_file_range,unlink,unlinkat,rename,renameat,renameat2,link,copy_file_range";

/// How the trace is read, to see that a loss would be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    AsItWas,
    /// As if the writer acknowledged before it waited for the disk.
    AcknowledgedEarly,
    /// As with `PRAGMA synchronous = OFF`.
    SyncsDoNothing,
}

fn operations() -> usize {
    if std::env::var_os("LONG").is_some() { 360 } else { 42 }
}

/// Also what is recorded.
#[tokio::test(flavor = "multi_thread")]
async fn the_writer_follows_its_script() {
    let recorded = std::env::var_os(RECORDED).map(PathBuf::from);
    let directory = TempDir::new().unwrap();
    let folder = recorded.as_deref().unwrap_or(directory.path());
    let store = Store::open(&Location::Sqlite(folder.join(DATABASE))).await.unwrap();
    seeded(&store).await;
    let reports = recorded.is_some();
    let writers = (0..ACCOUNTS).map(|index| {
        let store = store.clone();
        tokio::spawn(async move {
            for number in 0..operations() {
                operate(&store, index, number).await;
                if reports {
                    std::io::stderr().write_all(format!("ACK {index} {number}\n").as_bytes()).unwrap();
                }
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    for index in 0..ACCOUNTS {
        assert_eq!(found(&store, index).await, Ok(expected(operations())));
    }
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_power_fails_at_every_sync_and_nothing_acknowledged_is_lost() {
    let seed = std::env::var("SEED").ok().and_then(|text| text.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    eprintln!("the power fails: SEED={seed}");
    let Some(events) = record() else { return };
    let mut random = Rng::with_seed(seed);
    let (cuts, losses) = cut(&events, Reading::AsItWas, usize::MAX, &mut random).await;
    let count = |is: fn(&Event) -> bool| events.iter().filter(|event| is(event)).count();
    let writes = count(|event| matches!(event, Event::Wrote { .. }));
    let syncs = count(|event| matches!(event, Event::SyncEnded(_)));
    let acknowledged = count(|event| matches!(event, Event::Acknowledged { .. }));
    eprintln!("the power fails: {writes} writes, {syncs} syncs, {acknowledged} acknowledged, {cuts} cuts");
    assert!(losses.is_empty(), "SEED={seed}: {losses:#?}");
    assert_eq!(acknowledged, ACCOUNTS * operations());
    assert!(cuts > 2 * acknowledged, "each commit is a sync, and each sync was cut");
    let checkpoints = count(|event| matches!(event, Event::SyncEnded(file) if file == DATABASE));
    assert!(checkpoints > 1, "the log was moved into the database while it was written");

    for reading in [Reading::AcknowledgedEarly, Reading::SyncsDoNothing] {
        let (_, losses) = cut(&events, reading, 1, &mut random).await;
        assert!(!losses.is_empty(), "{reading:?} is a loss, and was not found");
    }
}

/// What the writer tells the operating system; `None` where it cannot be watched.
fn record() -> Option<Vec<Event>> {
    let directory = TempDir::new().unwrap();
    let folder = directory.path().canonicalize().unwrap().join("data");
    std::fs::create_dir(&folder).unwrap();
    let trace = directory.path().join("trace");
    let watched = |program: &Path| {
        let mut command = Command::new("strace");
        command.args(["-f", "-y", "-xx", "-s", "1000000", "-e", CALLS, "-o"]).arg(&trace).arg(program);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let can = watched(Path::new("true")).output().is_ok_and(|output| output.status.success());
    if !can {
        assert!(
            std::env::var_os("REQUIRE_STRACE").is_none(),
            "strace is required, and cannot watch a process"
        );
        let _ = std::io::stderr()
            .write_all(b"SKIPPED: no power fails, because strace cannot watch a process here\n");
        return None;
    }
    let writer = "power_cut::the_writer_follows_its_script";
    let output = watched(&std::env::current_exe().unwrap())
        .args(["--exact", writer, "--nocapture", "--test-threads=1"])
        .env(RECORDED, &folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    Some(trace::read(&std::fs::read_to_string(&trace).unwrap(), &folder))
}

/// Cuts the power before and after each sync. Gives how often, and up to `most` losses.
async fn cut(events: &[Event], reading: Reading, most: usize, random: &mut Rng) -> (usize, Vec<String>) {
    let (mut disk, mut done) = (Disk::default(), [0; ACCOUNTS]);
    let (mut cuts, mut losses) = (0, Vec::new());
    for (at, event) in events.iter().enumerate() {
        match event {
            Event::Acknowledged { account, operation } => done[*account] = operation + 1,
            Event::SyncEnded(_) => {
                let acknowledged =
                    if reading == Reading::AcknowledgedEarly { next(events, at, done) } else { done };
                let other = [Unsynced::Kept, Unsynced::Some, Unsynced::Torn];
                let others: &[Unsynced] = if std::env::var_os("LONG").is_some() {
                    &other
                } else {
                    &[*random.choice(&other).expect("three")]
                };
                for unsynced in std::iter::once(&Unsynced::Dropped).chain(others) {
                    cuts += 1;
                    if let Err(loss) = judge(&disk, *unsynced, &acknowledged, random).await {
                        losses.push(format!("before sync {at}, unsynced {unsynced:?}: {loss}"));
                    }
                }
                if losses.len() >= most {
                    break;
                }
                if reading == Reading::SyncsDoNothing {
                    continue;
                }
            }
            _ => {}
        }
        disk.apply(event);
    }
    cuts += 1;
    losses.extend(judge(&disk, Unsynced::Dropped, &done, random).await.err());
    (cuts, losses)
}

/// With the acknowledgement that comes next.
fn next(events: &[Event], at: usize, mut done: [usize; ACCOUNTS]) -> [usize; ACCOUNTS] {
    let next = events[at..].iter().find_map(|event| match event {
        Event::Acknowledged { account, operation } => Some((*account, operation + 1)),
        _ => None,
    });
    if let Some((account, operation)) = next {
        done[account] = operation;
    }
    done
}

async fn judge(
    disk: &Disk,
    unsynced: Unsynced,
    done: &[usize; ACCOUNTS],
    random: &mut Rng,
) -> Result<(), String> {
    let directory = TempDir::new().unwrap();
    disk.restore(directory.path(), unsynced, random);
    let path = directory.path().join(DATABASE);
    let store = Store::open(&Location::Sqlite(path.clone())).await;
    let store = store.map_err(|error| format!("the database does not open: {error}"))?;
    let mut losses = Vec::new();
    for (index, done) in done.iter().enumerate() {
        match found(&store, index).await {
            Ok(row) if row == expected(*done) || row == expected(done + 1) => {}
            Ok(row) => losses.push(format!("account {index} after {done} operations is {row:?}")),
            Err(error) => losses.push(error),
        }
    }
    store.close().await;
    let mut raw = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    let (said,): (String,) = sqlx::query_as("PRAGMA integrity_check").fetch_one(&mut raw).await.unwrap();
    raw.close().await.unwrap();
    if said != "ok" {
        losses.push(said);
    }
    if losses.is_empty() { Ok(()) } else { Err(losses.join("; ")) }
}
