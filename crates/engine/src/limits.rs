//! Our own rate limits: a token bucket for each key, app, user and address.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::error::{Code, Error, Kind, Result};

/// Beyond this many keys, those that have been quiet are forgotten.
const MOST_KEYS: usize = 50_000;

/// So many a second, with a burst of twice that.
#[derive(Debug)]
pub struct Limits {
    buckets: Option<DefaultKeyedRateLimiter<String>>,
}

impl Limits {
    /// `None` means no limit.
    pub fn per_second(rate: Option<NonZeroU32>) -> Self {
        let quota = rate.map(|rate| Quota::per_second(rate).allow_burst(rate.saturating_mul(nonzero(2))));
        Self { buckets: quota.map(RateLimiter::keyed) }
    }

    /// Takes one from the bucket of `key`; `whose` names it in the error.
    pub fn check(&self, key: &str, whose: &str) -> Result<()> {
        let Some(buckets) = &self.buckets else { return Ok(()) };
        if buckets.len() > MOST_KEYS {
            buckets.retain_recent();
        }
        buckets.check_key(&key.to_owned()).map_err(|refused| {
            let wait = refused.wait_time_from(DefaultClock::default().now()).max(Duration::from_secs(1));
            Error::new(
                Code::QuotaRateLimit,
                Kind::TooMany,
                format!("Too many requests of {whose}"),
                format!("Wait {} s and try again.", wait.as_secs()),
            )
            .with_retry_after(wait)
        })
    }
}

fn nonzero(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN)
}
