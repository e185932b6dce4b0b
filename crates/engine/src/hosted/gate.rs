//! What stands between us and a part of Composio's API: so many calls at once, so many in the queue, and after several
//! failures in a row none at all for a while, so that nobody waits for what will not come.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

const MOST_AT_ONCE: usize = 32;
const MOST_WAITING: usize = 256;
/// Failures in a row that shut a gate.
const MOST_FAILURES: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How long a place in the queue is worth waiting for.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// How long a caller whom the queue has no room for should wait.
const BUSY_PAUSE: Duration = Duration::from_secs(1);

/// One group of endpoints.
#[derive(Debug)]
pub(crate) struct Gate {
    slots: Semaphore,
    waiting: AtomicUsize,
    breaker: Mutex<Breaker>,
}

#[derive(Debug, Default)]
struct Breaker {
    failures: u32,
    pause: Duration,
    /// Shut until then; after that one call goes ahead, and the others follow if it comes back well.
    shut_until: Option<Instant>,
}

/// The right to make one call.
#[derive(Debug)]
pub(crate) struct Pass<'g> {
    gate: &'g Gate,
    _slot: SemaphorePermit<'g>,
}

/// Nothing was sent; come back after this long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shut {
    pub(crate) retry_after: Duration,
}

impl Gate {
    pub(crate) fn new() -> Self {
        Self { slots: Semaphore::new(MOST_AT_ONCE), waiting: AtomicUsize::new(0), breaker: Mutex::default() }
    }

    pub(crate) async fn enter(&self) -> Result<Pass<'_>, Shut> {
        let slot = match self.slots.try_acquire() {
            Ok(slot) => slot,
            Err(_) => self.queue().await?,
        };
        self.breaker().admit()?;
        Ok(Pass { gate: self, _slot: slot })
    }

    async fn queue(&self) -> Result<SemaphorePermit<'_>, Shut> {
        let busy = Shut { retry_after: BUSY_PAUSE };
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= MOST_WAITING {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(busy);
        }
        let waiting = Waiting(&self.waiting);
        let slot = tokio::time::timeout(LONGEST_WAIT, self.slots.acquire()).await;
        drop(waiting);
        slot.map_err(|_| busy)?.map_err(|_| busy)
    }

    fn breaker(&self) -> std::sync::MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the queue, given up also where the caller goes away.
struct Waiting<'g>(&'g AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Breaker {
    fn admit(&mut self) -> Result<(), Shut> {
        let Some(until) = self.shut_until else { return Ok(()) };
        let now = Instant::now();
        if now < until {
            return Err(Shut { retry_after: until - now });
        }
        // The others wait for this one.
        self.shut_until = Some(now + self.pause);
        Ok(())
    }
}

impl Pass<'_> {
    /// How the call ended: whether the API was in trouble.
    pub(crate) fn ended(self, is_outage: bool) {
        let mut breaker = self.gate.breaker();
        if !is_outage {
            *breaker = Breaker::default();
            return;
        }
        breaker.failures += 1;
        if breaker.failures >= MOST_FAILURES {
            breaker.pause = (breaker.pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
            breaker.shut_until = Some(Instant::now() + breaker.pause);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn fail(gate: &Gate, times: u32) {
        for _ in 0..times {
            gate.enter().await.expect("the gate is open").ended(true);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn failures_in_a_row_shut_it_and_one_success_opens_it() {
        let gate = Gate::new();
        fail(&gate, MOST_FAILURES - 1).await;
        gate.enter().await.expect("one success forgets them").ended(false);
        fail(&gate, MOST_FAILURES).await;
        let shut = gate.enter().await.expect_err("shut after as many failures in a row");
        assert!(shut.retry_after <= FIRST_PAUSE);

        tokio::time::advance(FIRST_PAUSE).await;
        let trial = gate.enter().await.expect("one call tries");
        assert!(gate.enter().await.is_err(), "the others wait for it");
        trial.ended(true);
        tokio::time::advance(FIRST_PAUSE).await;
        assert!(gate.enter().await.is_err(), "the second pause is longer");
        tokio::time::advance(FIRST_PAUSE).await;
        gate.enter().await.expect("the next trial").ended(false);
        gate.enter().await.expect("open again").ended(false);
    }

    #[tokio::test(start_paused = true)]
    async fn the_queue_is_bounded() {
        let gate = Gate::new();
        let mut inside = Vec::new();
        for _ in 0..MOST_AT_ONCE {
            inside.push(gate.enter().await.expect("a free slot"));
        }
        gate.waiting.store(MOST_WAITING, Ordering::Relaxed);
        assert!(gate.enter().await.is_err(), "there is no room in the queue");
        gate.waiting.store(0, Ordering::Relaxed);
        let (waited, ()) = tokio::join!(gate.enter(), async { drop(inside.pop()) });
        let last = waited.expect("who waits gets the next free slot");
        assert_eq!(gate.waiting.load(Ordering::Relaxed), 0);
        assert!(gate.enter().await.is_err(), "nobody waits for ever");
        assert_eq!(gate.waiting.load(Ordering::Relaxed), 0);
        last.ended(false);
    }
}
