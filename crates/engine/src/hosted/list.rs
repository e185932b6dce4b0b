//! Composio's list of toolkits: fetched in the background, kept in the database, and what is there is used however old
//! it is. No request waits for it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use std::sync::{Mutex, PoisonError};
use store::Snapshot;
use tokio::sync::watch;

use super::{CallError, Group, Hosted};
use crate::Engine;
use crate::error::{Error, Result};
use crate::toolkits::{Index, KnownToolkit};

const SNAPSHOT: &str = "composio/toolkits";
/// Far more than the vendor has; a list without an end is none.
const MOST_PAGES: usize = 100;
const MOST_TOOLKITS: usize = 20_000;
/// How often it is looked whether the list has become old, here or by another node's doing.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// The first fetch is tried again sooner: nobody sees anything of the vendor's before it.
const FIRST_RETRY: Duration = Duration::from_secs(2);
const LONGEST_SLUG: usize = 64;

#[derive(Debug)]
pub(crate) struct ListState {
    taken_at: Mutex<Option<Timestamp>>,
    failing: AtomicBool,
    /// Whether there is a list, for those who wait for the first.
    loaded: watch::Sender<bool>,
}

impl Default for ListState {
    fn default() -> Self {
        Self {
            taken_at: Mutex::default(),
            failing: AtomicBool::new(false),
            loaded: watch::Sender::new(false),
        }
    }
}

impl ListState {
    fn taken_at(&self) -> Option<Timestamp> {
        *self.taken_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn taken(&self, at: Timestamp) {
        *self.taken_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(at);
        self.loaded.send_replace(true);
    }
}

/// How current Composio's part of the catalogue is.
#[derive(Debug, Clone, Copy)]
pub struct CatalogAge {
    /// Absent where none was ever fetched.
    pub taken_at: Option<Timestamp>,
    /// The last fetch failed, or it is older than it should be.
    pub is_stale: bool,
    pub age: SignedDuration,
}

impl Engine {
    /// How current Composio's part of the catalogue is; `None` without a second backend.
    pub fn catalog_age(&self) -> Option<CatalogAge> {
        let hosted = self.hosted.as_ref()?;
        let taken_at = hosted.list.taken_at();
        let age = taken_at.map_or(SignedDuration::ZERO, |at| self.now().duration_since(at));
        let is_stale = taken_at.is_none()
            || hosted.list.failing.load(Ordering::Relaxed)
            || age > hosted.refresh_every * 2;
        Some(CatalogAge { taken_at, is_stale, age })
    }

    /// Waits until there is a list of Composio's toolkits. For scripts and tests: requests never wait for it.
    pub async fn wait_for_hosted_catalog(&self) {
        if let Some(hosted) = &self.hosted {
            let _ = hosted.list.loaded.subscribe().wait_for(|loaded| *loaded).await;
        }
    }

    /// What an earlier run or another node has kept.
    pub(super) async fn load_list(&self) {
        let Some(hosted) = &self.hosted else { return };
        match self.store.find_snapshot(SNAPSHOT).await {
            Ok(Some(snapshot)) if hosted.list.taken_at().is_none_or(|at| *snapshot.taken_at > at) => {
                match serde_json::from_str(&snapshot.body) {
                    Ok(toolkits) => self.use_list(hosted, toolkits, snapshot.taken_at.into()),
                    Err(error) => {
                        tracing::warn!(%error, "the kept list of Composio's toolkits cannot be read")
                    }
                }
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the kept list of Composio's toolkits could not be loaded"),
        }
    }

    fn use_list(&self, hosted: &Hosted, toolkits: Vec<composio::Toolkit>, at: Timestamp) {
        self.toolkits.replace(Index::new(&self.catalog, toolkits));
        hosted.list.taken(at);
    }

    pub(super) fn start_listing(&self) {
        let (engine, stopping) = (self.clone(), self.tasks.stopping());
        self.spawn(async move {
            loop {
                let pause = engine.keep_list().await;
                tokio::select! {
                    () = stopping.cancelled() => return,
                    () = tokio::time::sleep(pause) => {}
                }
            }
        });
    }

    /// Fetches the list if it is old and nobody else has, and says when to look again.
    async fn keep_list(&self) -> Duration {
        let Some(hosted) = &self.hosted else { return LOOK_EVERY };
        let is_old =
            |at: Option<Timestamp>| at.is_none_or(|at| self.now().duration_since(at) >= hosted.refresh_every);
        if is_old(hosted.list.taken_at()) {
            self.load_list().await;
        }
        if !is_old(hosted.list.taken_at()) {
            return LOOK_EVERY;
        }
        match self.fetch_list(hosted).await {
            Ok(count) => {
                hosted.list.failing.store(false, Ordering::Relaxed);
                tracing::info!(toolkits = count, "Composio's catalogue was fetched");
                LOOK_EVERY
            }
            Err(error) => {
                hosted.list.failing.store(true, Ordering::Relaxed);
                tracing::warn!(source = ?error.source(), "Composio's catalogue could not be fetched");
                if hosted.list.taken_at().is_none() { FIRST_RETRY } else { LOOK_EVERY }
            }
        }
    }

    async fn fetch_list(&self, hosted: &Hosted) -> Result<usize> {
        let now = self.now();
        let mut toolkits: Vec<composio::Toolkit> = Vec::new();
        let mut cursor: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let page = hosted
                .read(Group::Catalog, || hosted.client.list_toolkits(cursor.as_deref()))
                .await
                .map_err(super::failures::unavailable)?;
            toolkits.extend(page.items.into_iter().filter(|toolkit| is_slug(&toolkit.slug)));
            cursor = page.next_cursor.filter(|cursor| !cursor.is_empty());
            if cursor.is_none() || toolkits.len() >= MOST_TOOLKITS {
                break;
            }
        }
        // A list that ends in nothing, or never ends, is an outage in disguise: what is known stays.
        if cursor.is_some() || toolkits.is_empty() {
            return Err(Error::internal(anyhow::anyhow!(
                "{} toolkits, and no end or no start",
                toolkits.len()
            )));
        }
        toolkits.sort_by(|a, b| a.slug.cmp(&b.slug));
        toolkits.dedup_by(|a, b| a.slug == b.slug);
        let count = toolkits.len();
        let body = serde_json::to_string(&toolkits).map_err(Error::internal)?;
        self.store.put_snapshot(SNAPSHOT, &Snapshot { body, taken_at: now.into() }).await?;
        self.use_list(hosted, toolkits, now);
        Ok(count)
    }

    /// A toolkit by any spelling, asked of the vendor where the list does not have it: it may be new, or the list not
    /// there yet.
    pub(crate) async fn find_toolkit_anywhere(&self, slug: &str) -> Result<Option<KnownToolkit>> {
        let known = self.find_toolkit(slug);
        let Some(hosted) = &self.hosted else { return Ok(known) };
        // One of ours says nothing of Composio's before there is a list.
        let is_whole = known.as_ref().is_some_and(|known| {
            known.hosted().is_some() || known.remote_slug().is_none() || hosted.list.taken_at().is_some()
        });
        let named = known.as_ref().and_then(|known| known.remote_slug()).map(str::to_owned);
        let asked = named.unwrap_or_else(|| slug.trim().to_ascii_lowercase());
        if is_whole || !is_slug(&asked) {
            return Ok(known);
        }
        match hosted.read(Group::Catalog, || hosted.client.get_toolkit(&asked)).await {
            Ok(detail) if is_slug(&detail.toolkit.slug) => {
                let listed = self.find_remote_toolkit(&detail.toolkit.slug);
                let listed = listed.filter(|listed| listed.hosted().is_some());
                Ok(Some(listed.unwrap_or_else(|| KnownToolkit::asked(known.as_ref(), detail.toolkit))))
            }
            Ok(_) => Ok(known),
            // What we can serve ourselves is served while the vendor is away.
            Err(_) if known.is_some() => Ok(known),
            Err(CallError::Vendor(error))
                if error.refusal().is_some_and(|r| matches!(r.status, 400 | 404)) =>
            {
                Ok(None)
            }
            Err(error) => Err(super::failures::unavailable(error)),
        }
    }
}

/// What fits into our URLs, columns and pages. What does not is left out of the list.
fn is_slug(text: &str) -> bool {
    let allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-');
    !text.is_empty() && text.len() <= LONGEST_SLUG && text.bytes().all(allowed)
}
