//! Work that no caller may tear by hanging up. The engine owns it and waits for it when it stops; a request only
//! awaits the result.

use std::future::Future;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::Engine;
use crate::error::{Error, Result};

#[derive(Debug, Default)]
pub(crate) struct Tasks {
    tracker: TaskTracker,
    stopping: CancellationToken,
}

impl Tasks {
    /// Told once, when the engine stops.
    pub(crate) fn stopping(&self) -> CancellationToken {
        self.stopping.clone()
    }

    pub(crate) async fn drain(&self) {
        self.stopping.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }
}

const PERSISTENT_PAUSE: Duration = Duration::from_millis(250);
/// How much longer it is tried once the process stops.
const LAST_TRIES: Duration = Duration::from_secs(10);

impl Engine {
    /// Asks the database again and again while it is away: it comes back, what a provider has just handed out does
    /// not. Gives up on what no waiting mends, and some time after the engine was told to stop.
    pub(crate) async fn persistently<T, F>(&self, write: impl Fn() -> F) -> store::Result<T>
    where
        F: Future<Output = store::Result<T>>,
    {
        let mut end = None;
        loop {
            let done = write().await;
            if self.tasks.stopping.is_cancelled() {
                end.get_or_insert_with(|| Instant::now() + LAST_TRIES);
            }
            match done {
                Err(error) if !error.is_permanent() && end.is_none_or(|end| Instant::now() < end) => {
                    tracing::error!(%error, "a grant could not be stored; trying again");
                }
                done => return done,
            }
            tokio::time::sleep(PERSISTENT_PAUSE).await;
        }
    }

    /// Runs `work` to its end, whatever becomes of whoever asked for it.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.tasks.tracker.spawn(work)
    }

    /// The same, awaited.
    pub(crate) async fn owned<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        self.spawn(work).await.unwrap_or_else(|panic| Err(Error::internal(panic)))
    }
}
