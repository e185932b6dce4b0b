//! One exchange from request to answer: faults, then the twin, then the ledger.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::{Map, Value};
use tokio::sync::{Notify, watch};
use url::Url;

use crate::control::Control;
use crate::faults::{Faults, Plan, Transfer, What};
use crate::ledger::{Entry, Ledger};
use crate::provider::{self, Kind, Provider};
use crate::stage::{Clock, Note, Random, Stage};
use crate::wire::{Answer, Request};
use crate::world::World;
use crate::{
    composio, console, discord, github, google, hubspot, linkedin, microsoft, notion, reddit, refusal, slack,
    twitter,
};

/// Everything behind the sockets.
pub(crate) struct Twins {
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) base: Url,
    world: Mutex<World>,
    ledger: Mutex<Ledger>,
    faults: Mutex<Faults>,
    /// Told whenever the world may have changed.
    pub(crate) changed: Notify,
    stopping: watch::Sender<bool>,
}

/// What the client gets to see.
pub(crate) enum Outcome {
    Answer(Answer, Option<Transfer>),
    /// The connection is closed without a status line.
    Silence,
}

/// A poisoned lock only means that another exchange failed; what it left is still a world.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Twins {
    pub(crate) fn new(clock: Clock, random: Random, base: Url, world: World) -> Self {
        Self {
            clock,
            random,
            base,
            world: Mutex::new(world),
            ledger: Mutex::default(),
            faults: Mutex::default(),
            changed: Notify::new(),
            stopping: watch::Sender::new(false),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        lock(&self.ledger)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        lock(&self.faults)
    }

    /// Runs `act` on the world and says that it may have changed.
    pub(crate) fn with_world<T>(&self, act: impl FnOnce(&mut Stage<'_>) -> T) -> T {
        let mut world = lock(&self.world);
        let result = act(&mut Stage {
            world: &mut world,
            now: self.now(),
            base: &self.base,
            note: Note::default(),
            random: &self.random,
        });
        drop(world);
        self.changed.notify_one();
        result
    }

    pub(crate) fn snapshot(&self) -> World {
        lock(&self.world).clone()
    }

    pub(crate) fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Returns once the twins stop.
    pub(crate) async fn stopped(&self) {
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = self.stopping.subscribe().wait_for(|stopping| *stopping).await;
    }

    pub(crate) fn reset(&self) {
        self.with_world(|stage| {
            let (now, base) = (stage.now, stage.base);
            stage.world.reset(now, &self.random, base);
        });
        self.faults().clear();
        self.ledger().clear();
    }

    /// Serves one request. The caller must not give up on it half way: a provider acts, too, when its client hangs up.
    pub(crate) async fn exchange(self: &Arc<Self>, request: Request) -> Outcome {
        let Some(provider) = provider::of_host(&request.host) else {
            return Outcome::Answer(console::answer(&Control::new(Arc::clone(self)), &request), None);
        };
        let kind = provider::kind_of(&request);
        let plan = self.faults().plan(provider, kind, &request);
        tokio::select! {
            // What needs no wait finishes even when the twins stop.
            biased;
            outcome = self.follow(provider, kind, request, plan) => outcome,
            () = self.stopped() => Outcome::Silence,
        }
    }

    async fn follow(&self, provider: Provider, kind: Kind, request: Request, plan: Plan) -> Outcome {
        if !plan.latency.is_zero() {
            tokio::time::sleep(plan.latency).await;
        }
        for gate in &plan.before {
            gate.pass().await;
        }
        if plan.expires_tokens {
            self.with_world(|stage| stage.world.oauth.expire_access_tokens(provider, stage.now));
        }
        let instead = match &plan.answer {
            Some(What::Status429 { retry_after }) => {
                Some(refusal::too_many(provider, *retry_after, self.now()))
            }
            Some(What::Status500) => Some(refusal::broken(provider)),
            Some(What::Html502) => Some(refusal::bad_gateway()),
            Some(What::Answer { status, headers, body }) => {
                Some(Answer::empty(*status).reworded(headers, body.clone()))
            }
            Some(What::ResetBefore) => {
                self.record_refusal(provider, kind, &request, 0, plan.names);
                return Outcome::Silence;
            }
            _ => None,
        };
        if let Some(answer) = instead {
            self.record_refusal(provider, kind, &request, answer.status, plan.names);
            return Outcome::Answer(answer, plan.transfer);
        }

        let mut answer = self.act(provider, kind, &request, plan.names);
        for gate in &plan.after {
            gate.pass().await;
        }
        match plan.answer {
            Some(What::ResetAfter) => Outcome::Silence,
            Some(What::Malformed) => {
                answer.body.truncate(answer.body.len() / 2);
                Outcome::Answer(answer, plan.transfer)
            }
            Some(What::Reword { status, headers, body }) if answer.status < 300 => {
                answer.status = status.unwrap_or(answer.status);
                let body = filled(body, &answer.body);
                Outcome::Answer(answer.reworded(&headers, body), plan.transfer)
            }
            _ => Outcome::Answer(answer, plan.transfer),
        }
    }

    /// The twin acts and the ledger says so, under one lock: the ledger's order is the order of effects.
    fn act(&self, provider: Provider, kind: Kind, request: &Request, faults: Vec<String>) -> Answer {
        self.with_world(|stage| {
            let answer = match provider {
                Provider::Google => google::answer(stage, request),
                Provider::Slack => slack::answer(stage, request),
                Provider::GitHub => github::answer(stage, request),
                Provider::Twitter => twitter::answer(stage, request),
                Provider::Microsoft => microsoft::answer(stage, request),
                Provider::Notion => notion::answer(stage, request),
                Provider::HubSpot => hubspot::answer(stage, request),
                Provider::Discord => discord::answer(stage, request),
                Provider::LinkedIn => linkedin::answer(stage, request),
                Provider::Reddit => reddit::answer(stage, request),
                Provider::Composio => composio::answer(stage, request),
            };
            let note = std::mem::take(&mut stage.note);
            let entry = entry(stage.now, provider, kind, request, answer.status);
            self.ledger().append(Entry {
                client_id: note.client_id,
                account: note.account,
                operation: note.operation,
                detail: note.detail,
                faults,
                ..entry
            });
            answer
        })
    }

    fn record_refusal(
        &self,
        provider: Provider,
        kind: Kind,
        request: &Request,
        status: u16,
        faults: Vec<String>,
    ) {
        let entry = entry(self.now(), provider, kind, request, status);
        self.ledger().append(Entry { faults, ..entry });
    }
}

/// `words` with each `{name}` that is a member of `json` in its place.
fn filled(words: String, json: &[u8]) -> String {
    let members: Map<String, Value> = serde_json::from_slice(json).unwrap_or_default();
    members.iter().fold(words, |words, (name, value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        words.replace(&format!("{{{name}}}"), &text)
    })
}

fn entry(at: Timestamp, provider: Provider, kind: Kind, request: &Request, status: u16) -> Entry {
    // Whoever knows an address to upload to, or to connect at, may do so: the ledger keeps only where it begins.
    let path = match request.host.as_str() {
        "files.slack.com" => "/upload/v1/...",
        "connect.composio.dev" if request.path.starts_with("/link/") => "/link/...",
        _ => request.path.as_str(),
    };
    Entry {
        sequence: 0,
        at,
        provider,
        kind,
        method: request.method.to_string(),
        path: format!("{}{path}", request.host),
        status,
        client_id: None,
        account: None,
        operation: None,
        faults: Vec::new(),
        detail: Map::new(),
    }
}
