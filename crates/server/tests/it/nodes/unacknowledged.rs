//! What is between a node and its database breaks: the answer to a commit is lost, or what comes is not the database's.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::Method;
use sandbox::{Kind, Provider};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};

use crate::support::nodes::Nodes;

/// Only the commit of a refresh has this.
const COMMIT: &[u8] = b"generation = generation + 1, lease_owner = NULL";
/// Only the question whether a grant is shared has this.
const SHARES: &[u8] = b"grant_subject = $3";
/// `CommandComplete` of a statement that changed one row.
const DONE: &[u8] = b"UPDATE 1\0";
const SOCKET: &str = ".s.PGSQL.5432";

/// A message of no type that there is, and its length.
const NONSENSE: &[u8] = b"?\0\0\0\x04";

/// A way to the database on which one answer is lost.
struct Lossy {
    directory: TempDir,
    seen: Arc<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    /// Whether the answer to a commit was lost, which happens once.
    lost: AtomicBool,
    /// Whether nonsense comes instead of any answer.
    garbles: AtomicBool,
    /// Whether the connection breaks where it is asked who shares a grant.
    cuts: AtomicBool,
}

impl Lossy {
    fn to(database: &Path) -> Self {
        let directory = TempDir::new().unwrap();
        let listener = UnixListener::bind(directory.path().join(SOCKET)).unwrap();
        let (seen, database) = (Arc::new(Seen::default()), database.join(SOCKET));
        let carried = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((node, _)) = listener.accept().await {
                let database = UnixStream::connect(&database).await.unwrap();
                tokio::spawn(carry(node, database, Arc::clone(&carried)));
            }
        });
        Self { directory, seen }
    }

    /// A node that reaches its database this way.
    async fn node(&self, database: &str, socket: &Path) -> Nodes {
        let through = database.replace(socket.to_str().unwrap(), self.directory.path().to_str().unwrap());
        let nodes = Nodes::over_url_with(database, vec![vec![("DATABASE_URL", through)]]).await;
        nodes.configure().await;
        assert!(nodes.connect(0, "twitter", "u1").await);
        nodes
    }
}

/// Until one side has enough, or the answer to a commit comes by.
async fn carry(mut node: UnixStream, mut database: UnixStream, seen: Arc<Seen>) -> Option<()> {
    let (mut asked, mut answered) = ([0; 65536], [0; 65536]);
    let mut commits = false;
    loop {
        tokio::select! {
            read = node.read(&mut asked) => {
                let asked = asked.get(..read.ok()?).filter(|asked| !asked.is_empty())?;
                commits |= holds(asked, COMMIT);
                if seen.cuts.load(Ordering::SeqCst) && holds(asked, SHARES) {
                    return None;
                }
                database.write_all(asked).await.ok()?;
            }
            read = database.read(&mut answered) => {
                let answered = answered.get(..read.ok()?).filter(|answered| !answered.is_empty())?;
                if seen.garbles.load(Ordering::SeqCst) {
                    node.write_all(NONSENSE).await.ok()?;
                    return None;
                }
                if commits && holds(answered, DONE) && !seen.lost.swap(true, Ordering::SeqCst) {
                    return None;
                }
                node.write_all(answered).await.ok()?;
            }
        }
    }
}

fn holds(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// The folder of the socket in a URL.
fn host(url: &str) -> PathBuf {
    let after = url.split_once("host=").expect("a test's database is reached over a socket").1;
    after.split('&').next().unwrap_or(after).into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_was_lost_is_found_by_what_it_wrote() {
    let Some(database) = throwaway_postgres::empty_schema() else { return };
    let socket = host(&database);
    let lossy = Lossy::to(&socket);
    let nodes = lossy.node(&database, &socket).await;
    for generation in ["2", "3"] {
        nodes.twins().clear_ledger();
        nodes.twins().expire_access_tokens(Provider::Twitter);
        let (status, answer) = nodes.me(0, "u1").await.unwrap();
        assert_eq!(status, 200, "{answer}");
        assert_eq!(nodes.query("SELECT generation FROM connected_accounts"), generation);
        assert_eq!(nodes.query("SELECT COUNT(*) FROM connected_accounts WHERE lease_owner IS NULL"), "1");
        assert_eq!(nodes.refreshes_since(0).len(), 1);
        let ended = nodes.twins().ledger().into_iter().filter(|entry| entry.kind == Kind::Revoke).count();
        assert_eq!(ended, 0, "what was stored is not taken for lost");
        assert!(lossy.seen.lost.load(Ordering::SeqCst), "the first answer was lost");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_answers_nonsense_in_the_databases_place_is_an_outage_of_it() {
    let Some(database) = throwaway_postgres::empty_schema() else { return };
    let socket = host(&database);
    let lossy = Lossy::to(&socket);
    let nodes = lossy.node(&database, &socket).await;
    lossy.seen.garbles.store(true, Ordering::SeqCst);
    nodes.twins().clear_ledger();
    for _ in 0..3 {
        let (status, answer) = nodes.me(0, "u1").await.unwrap();
        assert_eq!((status, &answer["error"]["code"]), (503, &json!("INTERNAL_ERROR")), "{answer}");
        assert_eq!(answer["error"]["details"]["outcome"], "not_sent", "{answer}");
    }
    assert_eq!(nodes.twins().ledger().len(), 0);
    lossy.seen.garbles.store(false, Ordering::SeqCst);
    assert_eq!(nodes.settled(0, "TWITTER_USER_LOOKUP_ME", "u1").await.0, 200);
}

/// Who does not know whether others live by a grant neither ends nor forgets it.
#[tokio::test(flavor = "multi_thread")]
async fn a_disconnect_that_an_outage_interrupts_is_finished_by_the_next() {
    let Some(database) = throwaway_postgres::empty_schema() else { return };
    let socket = host(&database);
    let lossy = Lossy::to(&socket);
    let nodes = lossy.node(&database, &socket).await;
    assert!(nodes.connect(0, "gmail", "u1").await);
    let id = nodes.query("SELECT id FROM connected_accounts WHERE toolkit = 'gmail'");
    nodes.twins().clear_ledger();
    let revoked = || nodes.twins().ledger().iter().filter(|entry| entry.kind == Kind::Revoke).count();
    let path = format!("/connections/{id}");
    let disconnect = || nodes.call(0, Method::DELETE, &path, Value::Null);
    lossy.seen.cuts.store(true, Ordering::SeqCst);
    let (status, answer) = disconnect().await.unwrap();
    assert_eq!((status, revoked()), (503, 0), "{answer}");
    assert_eq!(nodes.query("SELECT count(*) FROM connected_accounts WHERE toolkit = 'gmail'"), "1");
    lossy.seen.cuts.store(false, Ordering::SeqCst);
    assert_eq!(disconnect().await.unwrap().0, 204);
    assert!(revoked() > 0);
    assert_eq!(nodes.query("SELECT count(*) FROM connected_accounts WHERE toolkit = 'gmail'"), "0");
}
