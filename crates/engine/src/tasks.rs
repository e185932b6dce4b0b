//! Work that no caller may tear by hanging up. The engine owns it and waits for it when it stops; a request only
//! awaits the result.

use std::future::Future;
use std::time::Duration;

use tokio::task::JoinHandle;
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

/// A database that is away comes back; what a provider has just handed out does not.
const PERSISTENT_TRIES: u32 = 40;
const PERSISTENT_PAUSE: Duration = Duration::from_millis(250);

/// Writes again and again for ten seconds before it gives up.
pub(crate) async fn persistently<T, F>(write: impl Fn() -> F) -> store::Result<T>
where
    F: Future<Output = store::Result<T>>,
{
    for _ in 1..PERSISTENT_TRIES {
        match write().await {
            Ok(done) => return Ok(done),
            Err(error) => tracing::error!(%error, "a grant could not be stored; trying again"),
        }
        tokio::time::sleep(PERSISTENT_PAUSE).await;
    }
    write().await
}

impl Engine {
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
