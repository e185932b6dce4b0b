//! The audit and the last-use times: written in batches beside the hot path, bounded, and never lost on an orderly
//! stop. Where the database is slow, callers wait rather than lose a line.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;
use store::{AuditEntry, LastUse, Store, Time};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::callers::Caller;
use crate::error::{Error, Result};
use crate::{Engine, metrics};

const QUEUE: usize = 10_000;
const BATCH: usize = 500;
const RETRY_EVERY: Duration = Duration::from_secs(1);
/// While the process stops, the database gets this many chances to take the last batch.
const LAST_TRIES: u32 = 5;

enum Item {
    Entry(Box<AuditEntry>),
    Use(LastUse, Timestamp),
    /// Answered once all that was queued before is written.
    Flush(oneshot::Sender<()>),
}

#[derive(Debug)]
pub(crate) struct Audit {
    queue: Mutex<Option<Sender<Item>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl Audit {
    /// Lines are written at the latest `every` after they came.
    pub(crate) fn start(store: Store, every: Duration) -> Self {
        let (sender, receiver) = channel(QUEUE);
        let writer = tokio::spawn(write(store, receiver, every));
        Self { queue: Mutex::new(Some(sender)), writer: Mutex::new(Some(writer)) }
    }

    fn sender(&self) -> Option<Sender<Item>> {
        self.queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    pub(crate) async fn record(&self, entry: AuditEntry) {
        if let Some(sender) = self.sender() {
            // Fails only once the writer is gone, which is after the drain.
            let _ = sender.send(Item::Entry(Box::new(entry))).await;
        }
    }

    /// A last use may be dropped when the queue is full: a later one says the same.
    pub(crate) fn used(&self, used: LastUse, at: Timestamp) {
        if let Some(sender) = self.sender() {
            let _ = sender.try_send(Item::Use(used, at));
        }
    }

    /// Waits until what is queued now is written.
    pub(crate) async fn flush(&self) {
        let (told, written) = oneshot::channel();
        if let Some(sender) = self.sender()
            && sender.send(Item::Flush(told)).await.is_ok()
        {
            let _ = written.await;
        }
    }

    /// Writes what is queued, and ends.
    pub(crate) async fn drain(&self) {
        self.queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        let writer = self.writer.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let Some(writer) = writer {
            let _ = writer.await;
        }
    }
}

async fn write(store: Store, mut queue: Receiver<Item>, every: Duration) {
    let mut items = Vec::with_capacity(BATCH);
    while queue.recv_many(&mut items, 1).await > 0 {
        // Whatever comes within the interval goes into the same transaction.
        let deadline = tokio::time::Instant::now() + every;
        while items.len() < BATCH && !items.iter().any(|item| matches!(item, Item::Flush(_))) {
            let room = BATCH - items.len();
            match tokio::time::timeout_at(deadline, queue.recv_many(&mut items, room)).await {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
        }
        let (entries, uses, flushes) = split(&mut items);
        if !insert(&store, &queue, &entries, &uses).await {
            // One line that the database refuses takes no other with it.
            for entry in &entries {
                insert(&store, &queue, std::slice::from_ref(entry), &[]).await;
            }
        }
        for flush in flushes {
            let _ = flush.send(());
        }
    }
}

/// Writes a batch, however long the database is away. False where the database is there and refuses it.
async fn insert(
    store: &Store,
    queue: &Receiver<Item>,
    entries: &[AuditEntry],
    uses: &[(LastUse, Time)],
) -> bool {
    let mut tries = 0;
    while let Err(error) = store.insert_audit(entries, uses).await {
        tries += 1;
        tracing::error!(%error, entries = entries.len(), tries, "the audit could not be written");
        if error.is_permanent() || (queue.is_closed() && tries >= LAST_TRIES) {
            return false;
        }
        tokio::time::sleep(RETRY_EVERY).await;
    }
    true
}

type Batch = (Vec<AuditEntry>, Vec<(LastUse, Time)>, Vec<oneshot::Sender<()>>);

fn split(items: &mut Vec<Item>) -> Batch {
    let (mut entries, mut flushes) = (Vec::new(), Vec::new());
    let mut uses: HashMap<LastUse, Time> = HashMap::new();
    for item in items.drain(..) {
        match item {
            Item::Entry(entry) => entries.push(*entry),
            Item::Use(used, at) => {
                uses.insert(used, at.into());
            }
            Item::Flush(told) => flushes.push(told),
        }
    }
    (entries, uses.into_iter().collect(), flushes)
}

/// One line in the making: what is done, and to what.
#[derive(Debug)]
pub(crate) struct Line {
    started: Timestamp,
    entry: AuditEntry,
}

impl Line {
    pub(crate) fn user(mut self, user: Option<&str>) -> Self {
        self.entry.user_id = user.map(|user| plain(user, 255));
        self
    }

    pub(crate) fn toolkit(mut self, toolkit: &str) -> Self {
        self.entry.toolkit = Some(plain(toolkit, 64));
        self
    }

    pub(crate) fn tool(mut self, tool: &str) -> Self {
        self.entry.tool = Some(plain(tool, 128));
        self
    }

    pub(crate) fn account(mut self, account: &str) -> Self {
        self.entry.account_id = Some(plain(account, 64));
        self
    }

    pub(crate) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.entry.detail = Some(detail.into());
        self
    }

    pub(crate) fn sizes(mut self, request: usize, response: Option<usize>) -> Self {
        self.entry.request_bytes = i64::try_from(request).ok();
        self.entry.response_bytes = response.and_then(|size| i64::try_from(size).ok());
        self
    }
}

/// A caller's text as a column takes it: PostgreSQL knows no NUL, and nobody needs more of a wrong id.
fn plain(text: &str, most: usize) -> String {
    text.chars().filter(|character| !character.is_control()).take(most).collect()
}

impl Engine {
    /// Begins a line for what `caller` does.
    pub(crate) fn line(&self, caller: &Caller, action: &str) -> Line {
        self.line_of(caller.app_id(), &caller.actor_text(), Some(&caller.request_id), action)
    }

    pub(crate) fn line_of(
        &self,
        app: &store::AppId,
        actor: &str,
        request_id: Option<&str>,
        action: &str,
    ) -> Line {
        let now = self.now();
        let entry = AuditEntry {
            id: self.ids.ordered("aud", now),
            app_id: app.clone(),
            at: now.into(),
            actor: actor.to_owned(),
            action: action.to_owned(),
            outcome: String::new(),
            error_code: None,
            user_id: None,
            toolkit: None,
            tool: None,
            account_id: None,
            detail: None,
            duration_us: 0,
            request_bytes: None,
            response_bytes: None,
            request_id: request_id.map(str::to_owned),
        };
        Line { started: now, entry }
    }

    /// Ends a line with how it went, and hands the result on. Nothing here can turn a success into a failure.
    pub(crate) async fn audited<T>(&self, line: Line, result: Result<T>) -> Result<T> {
        self.record(line, result.as_ref().err()).await;
        result
    }

    pub(crate) async fn record(&self, line: Line, error: Option<&Error>) {
        let mut entry = line.entry;
        entry.duration_us = self.now().as_microsecond() - line.started.as_microsecond();
        entry.outcome = if error.is_some() { "failure" } else { "success" }.to_owned();
        entry.error_code = error.map(|error| error.code().to_string());
        // The caller's spelling becomes the toolkit's own; what is no toolkit is in the line but counted as none.
        let known = entry.toolkit.as_deref().and_then(|slug| self.find_toolkit(slug));
        let counted = known.map(|toolkit| toolkit.slug().to_owned());
        entry.toolkit = counted.clone().or(entry.toolkit);
        self.metrics.action(&metrics::Action::new(&entry, counted));
        self.audit.record(entry).await;
    }
}
