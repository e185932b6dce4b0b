//! Time, as an argument of everything below. Nodes that share a database go by its clock.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rustix::time::{ClockId, clock_gettime};
use tokio::time::{Instant, MissedTickBehavior};

use crate::Engine;

/// How often a node looks at the database's clock.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// An answer that took longer says too little.
const LONGEST_LOOK: Duration = Duration::from_secs(2);

/// Two looks at a clock that nobody set agree better than this.
const LARGE_STEP: SignedDuration = SignedDuration::from_secs(1);

/// What time it is.
pub trait Clock: fmt::Debug + Send + Sync {
    fn now(&self) -> Timestamp;

    /// Told what time it is by the clock that all nodes share, give or take `doubt`.
    fn set(&self, _shared: Timestamp, _doubt: SignedDuration) {}
}

/// The machine's clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the one place that reads the machine's clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The database's clock, carried on from where it was last looked at by one that nobody sets, and that goes on while the
/// machine sleeps. Before the first look, and where the database is part of the process, the machine's.
#[derive(Debug)]
pub struct SharedClock {
    /// Microseconds from the clock that nobody sets to the time.
    offset: AtomicI64,
}

impl SharedClock {
    const UNSET: i64 = i64::MIN;
}

impl Default for SharedClock {
    fn default() -> Self {
        Self { offset: AtomicI64::new(Self::UNSET) }
    }
}

impl Clock for SharedClock {
    fn now(&self) -> Timestamp {
        match self.offset.load(Ordering::Relaxed) {
            Self::UNSET => SystemClock.now(),
            offset => {
                Timestamp::from_microsecond(since_boot() + offset).unwrap_or_else(|_| SystemClock.now())
            }
        }
    }

    fn set(&self, shared: Timestamp, doubt: SignedDuration) {
        let is_set = self.offset.load(Ordering::Relaxed) != Self::UNSET;
        let step = shared.duration_since(self.now());
        if is_set && step.abs() > LARGE_STEP {
            tracing::error!(
                seconds = step.as_secs(),
                "the database's clock was set: leases and ends of tokens move with it"
            );
        }
        if !is_set || step.abs() > doubt {
            self.offset.store(shared.as_microsecond() - since_boot(), Ordering::Relaxed);
        }
    }
}

/// Microseconds, by a clock that nobody sets.
fn since_boot() -> i64 {
    #[cfg(target_os = "linux")]
    const STEADY: ClockId = ClockId::Boottime;
    // Elsewhere it goes on during sleep, too.
    #[cfg(not(target_os = "linux"))]
    const STEADY: ClockId = ClockId::Monotonic;
    let time = clock_gettime(STEADY);
    time.tv_sec * 1_000_000 + time.tv_nsec / 1000
}

impl Engine {
    /// Looks at the clock of a database that other nodes use, too. False where its answer says too little.
    async fn look_at_clock(&self) -> store::Result<bool> {
        let began = Instant::now();
        let Some(theirs) = self.store.find_database_time().await? else { return Ok(true) };
        let took = began.elapsed();
        if took > LONGEST_LOOK {
            tracing::warn!(milliseconds = took.as_millis(), "the database took long to say what time it is");
            return Ok(false);
        }
        let half = SignedDuration::try_from(took / 2).unwrap_or_default();
        self.clock.set(Timestamp::from(theirs) + half, half);
        Ok(true)
    }

    /// The first look. Without it a node would go by its own clock.
    pub(crate) async fn read_clock(&self) -> store::Result<()> {
        while !self.look_at_clock().await? {}
        Ok(())
    }

    pub(crate) fn start_looking_at_clock(&self) {
        if self.store.is_exclusive() {
            return;
        }
        let (engine, stopping) = (self.clone(), self.tasks.stopping());
        self.spawn(async move {
            let mut ticks = tokio::time::interval(LOOK_EVERY);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    () = stopping.cancelled() => return,
                    _ = ticks.tick() => {}
                }
                if let Err(error) = engine.look_at_clock().await {
                    tracing::warn!(%error, "the database did not say what time it is; the clock goes on");
                }
            }
        });
    }
}

/// A clock that stands still until it is moved, for tests.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    pub fn new(start: Timestamp) -> Self {
        Self(AtomicI64::new(start.as_microsecond()))
    }

    pub fn advance(&self, by: SignedDuration) {
        let micros = i64::try_from(by.as_micros()).expect("tests move the clock by years at most");
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.0.load(Ordering::SeqCst))
            .expect("tests stay within the range of timestamps")
    }
}
