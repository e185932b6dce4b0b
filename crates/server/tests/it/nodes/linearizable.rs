//! Refreshing, connecting again, disconnecting, rotating the client and changing the scopes of one account at once, on
//! three nodes: whatever their callers saw could have happened one after the other, and no grant that nobody has any
//! more is left alive at the provider.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use reqwest::Method;
use sandbox::{Fault, Provider, What};
use serde_json::{Value, json};

use super::history::{Account, Listed, Operation, Register, Seen, find_order, register, step};
use super::ledger::{Ledger, Told};
use crate::support::ADA;
use crate::support::nodes::{Nodes, say, seeded, short_or_long};

const NODES: usize = 3;
const ACTORS: usize = 3;
const STEPS: usize = 4;
/// Scopes of which an app asks for one, so that a consent tells which it was.
const MARKS: [&str; 3] = ["dm.read", "mute.read", "space.read"];
/// Of the token and revocation endpoints, so that what is under way there meets what others do here.
const LATENCIES: [u64; 4] = [0, 10, 40, 80];

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_to_one_account_at_once_could_have_happened_in_some_order() {
    let Some(nodes) = Nodes::start(NODES).await else { return };
    let (most, patience) = short_or_long((400, Duration::from_secs(25)), (20_000, Duration::from_secs(3600)));
    let mut random = seeded("one account");
    let clients = [nodes.configure().await, nodes.register()];
    let setting = Arc::new(Setting { nodes, clients, names: AtomicU64::default() });
    setting.rotate(0, 0).await;
    setting.ask_for(0, 0).await;
    let (began, mut sum) = (Instant::now(), Sum::default());
    while sum.histories < most && began.elapsed() < patience {
        let history = History::run(&setting, sum.histories, &mut random).await;
        history.judge(&setting, &mut sum);
        sum.histories += 1;
        if sum.histories.is_multiple_of(1000) {
            say(&format!("so far: {sum:?} in {:.0?}", began.elapsed()));
        }
    }
    say(&format!("one account: {sum:?} in {:.0?}", began.elapsed()));
    assert!(sum.disconnects > 0 && sum.refreshes > 0 && sum.reconnects > 0, "all of it happened");
}

/// What all histories came to.
#[derive(Debug, Default)]
struct Sum {
    histories: usize,
    operations: usize,
    reconnects: usize,
    disconnects: usize,
    refreshes: usize,
    /// Refreshes that the provider refused: the failures that could be stale.
    refused: usize,
    /// Tokens that were minted for an account and never stored.
    orphans: usize,
}

struct Setting {
    nodes: Nodes,
    /// Two of the app's own, one of which is in use.
    clients: [sandbox::Client; 2],
    /// Makes the path of every call another one.
    names: AtomicU64,
}

impl Setting {
    async fn rotate(&self, node: usize, client: usize) {
        let client = &self.clients[client];
        let body = json!({"client_id": client.client_id, "client_secret": client.client_secret});
        let answer =
            self.nodes.call(node, Method::PATCH, "/configure/twitter/credentials", body).await.unwrap();
        assert_eq!(answer.0, 200, "{}", answer.1);
    }

    async fn ask_for(&self, node: usize, mark: usize) {
        let body = json!({"toolkit": "twitter", "scopes": [MARKS[mark]]});
        let answer = self.nodes.call(node, Method::POST, "/configure", body).await.unwrap();
        assert_eq!(answer.0, 200, "{}", answer.1);
    }
}

/// One user, and what was seen of his account.
struct History {
    user: String,
    clock: AtomicU64,
    account: Mutex<Vec<Operation<Told>>>,
    client: Mutex<Vec<Operation<Register<String>>>>,
    scopes: Mutex<Vec<Operation<Register<String>>>>,
}

impl History {
    async fn run(setting: &Arc<Setting>, number: usize, random: &mut fastrand::Rng) -> Self {
        let twins = setting.nodes.twins();
        twins.clear_ledger();
        twins.clear_faults();
        for matcher in ["token", "revoke"] {
            let what = What::Latency(*random.choice(&LATENCIES).unwrap());
            twins.inject(Fault { provider: Provider::Twitter, matcher: matcher.into(), times: None, what });
        }
        let history = Self {
            user: format!("u{number}"),
            clock: AtomicU64::default(),
            account: Mutex::default(),
            client: Mutex::default(),
            scopes: Mutex::default(),
        };
        history.rotate(setting, 0, 0).await;
        history.ask_for(setting, 0, 0).await;
        if random.bool() {
            history.reconnect(setting, [0; 4], None).await;
        }
        let actors = (0..ACTORS).map(|_| history.act(setting, random.fork()));
        join_all(actors).await;
        history.end(setting).await;
        history
    }

    async fn act(&self, setting: &Setting, mut random: fastrand::Rng) {
        for _ in 0..STEPS {
            let node = random.usize(..NODES);
            match random.u32(..100) {
                0..35 => self.call(setting, node).await,
                35..55 => self.refresh(setting, node).await,
                55..75 => {
                    let meets = random.bool().then_some(node);
                    self.reconnect(setting, [(); 4].map(|()| random.usize(..NODES)), meets).await;
                }
                75..90 => self.disconnect(setting, node).await,
                90..94 => drop(self.list(setting, node).await),
                94..97 => self.rotate(setting, node, random.usize(..2)).await,
                _ => self.ask_for(setting, node, random.usize(..MARKS.len())).await,
            }
        }
    }

    /// Every node says the same of what came of it, and of its end.
    async fn end(&self, setting: &Setting) {
        for round in 0..2 {
            for node in 0..NODES {
                self.call(setting, node).await;
            }
            if round == 0 {
                self.disconnect(setting, 0).await;
            }
        }
    }

    fn now(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }

    /// Writes down what was seen between `called` and now.
    fn note<O>(&self, of: &Mutex<Vec<Operation<O>>>, node: usize, called: u64, what: O) {
        of.lock().unwrap().push(Operation { called, returned: self.now(), node, what });
    }

    async fn call(&self, setting: &Setting, node: usize) {
        let name = format!("n{}", setting.names.fetch_add(1, Ordering::Relaxed));
        let called = self.now();
        let tool = "TWITTER_USER_LOOKUP_BY_USERNAME";
        let answer = setting.nodes.execute(node, tool, &self.user, json!({"username": name})).await;
        self.note(&self.account, node, called, Told::Called { name, answer: answer.unwrap() });
    }

    async fn refresh(&self, setting: &Setting, node: usize) {
        setting.nodes.twins().expire_access_tokens(Provider::Twitter);
        self.call(setting, node).await;
    }

    async fn list(&self, setting: &Setting, node: usize) -> Option<String> {
        let called = self.now();
        let path = format!("/connections?user_id={}", self.user);
        let (status, list) = setting.nodes.call(node, Method::GET, &path, Value::Null).await.unwrap();
        assert_eq!(status, 200, "{list}");
        let rows = list["connections"].as_array().unwrap();
        assert!(rows.len() <= 1, "one account: {list}");
        let row = rows.iter().find(|row| row["status"] != "inactive").map(|row| Listed {
            id: row["id"].as_str().unwrap().to_owned(),
            expired: row["status"] == "expired",
            scopes: serde_json::from_value(row["scopes"].clone()).unwrap(),
            label: row["account_label"].as_str().unwrap().to_owned(),
        });
        let id = row.as_ref().map(|row| row.id.clone());
        self.note(&self.account, node, called, Told::Seen(Seen::Listed(row)));
        id
    }

    async fn disconnect(&self, setting: &Setting, node: usize) {
        let Some(id) = self.list(setting, node).await else { return };
        let called = self.now();
        let path = format!("/connections/{id}");
        let (status, answer) = setting.nodes.call(node, Method::DELETE, &path, Value::Null).await.unwrap();
        let seen = match status {
            204 => Seen::Disconnected { id },
            404 => Seen::Missing { id },
            _ => panic!("a disconnect was answered {status} {answer}"),
        };
        self.note(&self.account, node, called, Told::Seen(seen));
    }

    /// Nothing is noted of what failed: it had no effect. Its callback `meets` a refresh on this node.
    async fn reconnect(&self, setting: &Setting, steps: [usize; 4], meets: Option<usize>) {
        let nodes = &setting.nodes;
        let linked = self.now();
        let link = nodes.link(steps[0], "twitter", &self.user).await.unwrap();
        let link_known = self.now();
        let clicked = self.now();
        let Some(arrived) = nodes.arrive(steps[1], steps[2], &link).await else { return };
        let asked = |name: &str| {
            let pair = arrived.provider.query_pairs().find(|(key, _)| key == name);
            pair.unwrap().1.into_owned()
        };
        let (client, scopes) = (asked("client_id"), asked("scope"));
        let mark = MARKS.iter().find(|mark| scopes.split(' ').any(|scope| scope == **mark)).unwrap();
        self.note(&self.client, steps[2], clicked, Register::Read(client));
        let what = Register::Read((*mark).to_owned());
        let operation = Operation { called: linked, returned: link_known, node: steps[0], what };
        self.scopes.lock().unwrap().push(operation);
        let consented = arrived.consent(ADA).await;
        let code = consented.callback.query_pairs().find(|(key, _)| key == "code").unwrap().1.into_owned();
        let called = self.now();
        let callback = async { (nodes.come_back(steps[3], consented).await, self.now()) };
        let refresh = async {
            if let Some(node) = meets {
                self.refresh(setting, node).await;
            }
        };
        let ((status, returned), ()) = join(callback, refresh).await;
        if status != Some(200) {
            return;
        }
        let path = format!("/connect/{}", link.path_segments().unwrap().next_back().unwrap());
        let (_, progress) = nodes.call(steps[3], Method::GET, &path, Value::Null).await.unwrap();
        let id = progress["connection_id"].as_str().unwrap_or_else(|| panic!("{progress}")).to_owned();
        let what = Told::Reconnected { id, code: sandbox::fingerprint(&code) };
        self.account.lock().unwrap().push(Operation { called, returned, node: steps[3], what });
    }

    async fn rotate(&self, setting: &Setting, node: usize, client: usize) {
        let called = self.now();
        setting.rotate(node, client).await;
        let wrote = Register::Wrote(setting.clients[client].client_id.clone());
        self.note(&self.client, node, called, wrote);
    }

    async fn ask_for(&self, setting: &Setting, node: usize, mark: usize) {
        let called = self.now();
        setting.ask_for(node, mark).await;
        self.note(&self.scopes, node, called, Register::Wrote(MARKS[mark].to_owned()));
    }

    fn judge(self, setting: &Setting, sum: &mut Sum) {
        let ledger = Ledger::read(&setting.nodes);
        let told = self.account.into_inner().unwrap();
        let seen: Vec<Operation<Seen>> = told
            .iter()
            .filter_map(|told| {
                let Operation { called, returned, node, .. } = *told;
                Some(Operation { called, returned, node, what: ledger.seen(&told.what)? })
            })
            .collect();
        let rules = step(&ledger.consents, ADA);
        if find_order(Account::None, &seen, &rules).is_none() {
            let mut seen = seen;
            seen.sort_by_key(|operation| operation.called);
            panic!("no order explains the history of {}: {seen:#?}\n{:#?}", self.user, ledger.consents);
        }
        for registers in [self.client, self.scopes] {
            let registers = registers.into_inner().unwrap();
            let found = find_order(String::new(), &registers, &register);
            assert!(found.is_some(), "no order explains what was configured: {registers:#?}");
        }
        let alive = ledger.unrevoked();
        assert!(alive.is_empty(), "{}: nobody has these, and they are not revoked: {alive:#?}", self.user);
        let count = |of: fn(&Seen) -> bool| seen.iter().filter(|operation| of(&operation.what)).count();
        sum.operations += seen.len();
        sum.reconnects += count(|seen| matches!(seen, Seen::Reconnected { .. }));
        sum.disconnects += count(|seen| matches!(seen, Seen::Disconnected { .. }));
        sum.refreshes += ledger.refreshes;
        sum.refused += ledger.refused;
        sum.orphans += ledger.orphans(&seen);
    }
}
