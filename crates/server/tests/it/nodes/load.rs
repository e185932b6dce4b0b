//! Callers who refresh, read, send and connect on whatever node answers, and remember what they were promised.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::Method;
use sandbox::Provider;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::nodes::Nodes;

/// Users with X; half as many have Gmail.
const USERS: usize = 24;
/// A caller who meets the lease of a dead node goes on to another account meanwhile.
const PATIENCE: Duration = Duration::from_secs(2);
const MOST_SENDS: usize = 4;

/// What callers saw of one round.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) answered: usize,
    pub(super) unanswered: usize,
    /// Connected, says a page: user and toolkit.
    pub(super) connected: BTreeSet<(String, &'static str)>,
    pub(super) mails_asked: usize,
    pub(super) mails_sent: usize,
    /// What nobody should ever be told.
    pub(super) wrong: Vec<String>,
}

fn x_user(number: usize) -> String {
    format!("x{number}")
}

fn gmail_user(number: usize) -> String {
    format!("g{number}")
}

/// X for all users and Gmail for half of them, by the first node.
pub(super) async fn connect_everybody(nodes: &Nodes) {
    nodes.configure().await;
    for user in 0..USERS {
        assert!(nodes.connect(0, "twitter", &x_user(user)).await);
        assert!(user >= USERS / 2 || nodes.connect(0, "gmail", &gmail_user(user)).await);
    }
}

/// Callers until they are stopped.
pub(super) struct Load {
    callers: JoinSet<()>,
    seen: Arc<Mutex<Seen>>,
}

impl Load {
    pub(super) fn start(
        nodes: &Arc<Nodes>,
        callers: usize,
        round: usize,
        random: &mut fastrand::Rng,
    ) -> Self {
        Self::of(nodes, callers, round, random, Expects::Kills)
    }

    /// Callers who also expect that the database is away for a while.
    pub(super) fn over_outages(nodes: &Arc<Nodes>, callers: usize, random: &mut fastrand::Rng) -> Self {
        Self::of(nodes, callers, 0, random, Expects::Outages)
    }

    fn of(
        nodes: &Arc<Nodes>,
        callers: usize,
        round: usize,
        random: &mut fastrand::Rng,
        expects: Expects,
    ) -> Self {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let names = Arc::new(AtomicUsize::new(0));
        let mut tasks = JoinSet::new();
        for _ in 0..callers {
            let caller = Caller {
                nodes: Arc::clone(nodes),
                seen: Arc::clone(&seen),
                names: Arc::clone(&names),
                round,
                random: random.fork(),
                expects,
            };
            tasks.spawn(caller.run());
        }
        Self { callers: tasks, seen }
    }

    /// Lets everybody hang up.
    pub(super) async fn stop(mut self) -> Seen {
        self.callers.abort_all();
        while let Some(ended) = self.callers.join_next().await {
            if let Err(error) = ended {
                assert!(error.is_cancelled(), "{error}");
            }
        }
        std::mem::take(&mut *self.seen.lock().unwrap())
    }
}

struct Caller {
    nodes: Arc<Nodes>,
    seen: Arc<Mutex<Seen>>,
    /// Makes every new user and every mail another one.
    names: Arc<AtomicUsize>,
    round: usize,
    random: fastrand::Rng,
    expects: Expects,
}

/// What goes wrong around the callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expects {
    Kills,
    Outages,
}

impl Caller {
    async fn run(mut self) {
        loop {
            match self.random.u32(..100) {
                0..4 => self.end_tokens(Provider::Twitter).await,
                4..6 => self.end_tokens(Provider::Google).await,
                6..10 => self.connect().await,
                10..20 => self.send_mail().await,
                20..35 => {
                    let user = gmail_user(self.random.usize(..USERS / 2));
                    self.read("GMAIL_GET_PROFILE", &user).await;
                }
                _ => {
                    let user = x_user(self.random.usize(..USERS));
                    self.read("TWITTER_USER_LOOKUP_ME", &user).await;
                }
            }
        }
    }

    async fn any_node(&mut self) -> usize {
        self.nodes.any(&mut self.random).await
    }

    async fn end_tokens(&mut self, provider: Provider) {
        self.any_node().await;
        self.nodes.twins().expire_access_tokens(provider);
    }

    fn fresh(&self) -> usize {
        self.names.fetch_add(1, Ordering::Relaxed)
    }

    async fn read(&mut self, tool: &str, user: &str) {
        let node = self.any_node().await;
        let answer = tokio::time::timeout(PATIENCE, self.nodes.execute(node, tool, user, json!({}))).await;
        self.note(tool, answer.ok().flatten());
    }

    /// A mail with a key of its own, sent again with the same key wherever nobody answers.
    async fn send_mail(&mut self) {
        let name = format!("mail {} {}", self.round, self.fresh());
        let user = gmail_user(self.random.usize(..USERS / 2));
        let mail = json!({"to": "grace@example.com", "subject": name});
        let body =
            json!({"toolName": "GMAIL_SEND_EMAIL", "userId": user, "params": mail, "idempotencyKey": name});
        self.seen.lock().unwrap().mails_asked += 1;
        for _ in 0..MOST_SENDS {
            let node = self.any_node().await;
            let call = self.nodes.call(node, Method::POST, "/execute", body.clone());
            let answer = tokio::time::timeout(PATIENCE, call).await.ok().flatten();
            let sent = answer.as_ref().is_some_and(|(status, _)| *status == 200);
            let answered = answer.is_some();
            self.note("GMAIL_SEND_EMAIL", answer);
            if sent {
                self.seen.lock().unwrap().mails_sent += 1;
            }
            if answered {
                return;
            }
        }
    }

    /// Somebody new. What the last page says is a promise.
    async fn connect(&mut self) {
        let user = format!("n{}-{}", self.round, self.fresh());
        // By a person of their own: Google ends the oldest of more than a hundred grants that one has given to one client.
        let (toolkit, account) =
            if self.random.u8(..4) > 0 { ("twitter", "grace") } else { ("gmail", "grace@example.com") };
        let mut steps = [0; 4];
        for step in &mut steps {
            *step = self.any_node().await;
        }
        if self.nodes.connect_over(&steps, toolkit, account, &user).await {
            self.seen.lock().unwrap().connected.insert((user, toolkit));
        }
    }

    fn note(&self, tool: &str, answer: Option<(u16, Value)>) {
        let mut seen = self.seen.lock().unwrap();
        let Some((status, body)) = answer else {
            seen.unanswered += 1;
            return;
        };
        seen.answered += 1;
        let reason = &body["error"]["details"]["reason"];
        let told = match status {
            200 => true,
            // A strict grant whose answer a dead node took with it.
            409 if tool.starts_with("TWITTER") => reason == "refresh_interrupted",
            // The mail is on its way from a node that has not answered yet, or never will.
            409 if tool == "GMAIL_SEND_EMAIL" => reason == "in_progress",
            // The token that was got for this call was ended before the call was repeated, by another of these callers.
            422 => body["error"]["details"]["provider"]["status"] == 401,
            // The database is away.
            503 => self.expects == Expects::Outages && body["error"]["code"] == "INTERNAL_ERROR",
            // A lease that a dead node left, or a write whose outcome it left unknown.
            502 => matches!(body["error"]["details"]["outcome"].as_str(), Some("not_sent" | "unknown")),
            _ => false,
        };
        if !told && seen.wrong.len() < 10 {
            let request = body["error"]["request_id"].as_str().unwrap_or("no request id");
            seen.wrong.push(format!("{tool}: {status} {body}\n{}", self.nodes.logged(request)));
        }
    }
}
