//! The sampler that limits the number of recorded traces a second.
//!
//! Ignores the caller's decision.

use std::sync::Mutex;

use super::invalid_sample_rate::{InvalidSampleRate, check_per_second};
use super::{Sampler, SamplingDecision, SamplingInput};
use crate::process::sync::Unpoisoned;

/// Records at most a given number of traces a second.
///
/// It is a token bucket: each recorded trace takes a token, and tokens are added evenly over
/// time. The bucket starts full. By default it holds the tokens of one second, but at least
/// one token, as in Jaeger's rate-limiting sampler. This is also the number of traces that may
/// start at the same moment. In any `t` seconds, at most `burst + t × rate` traces are
/// recorded.
///
/// It uses the monotonic time of the tracer's clock, so setting the wall clock has no effect.
/// Use each sampler with one clock only. The caller's decision is ignored; see
/// [`ParentBased`](crate::ParentBased). A decision holds a lock for a few additions. Only
/// other decisions wait for this lock.
///
/// ```
/// use std::time::Duration;
/// use trace_core::{Clock, ManualClock, RateLimited, Sampler, SamplingInput, Timestamp, TraceId};
///
/// let clock = ManualClock::starting_at(Timestamp::from_unix_nanos(0));
/// let tracer_clock = Clock::from(&clock);
/// let sampler = RateLimited::per_second(2.0)?;
/// let sampled = || {
///     let id = TraceId::new(1).unwrap();
///     sampler.sample(&SamplingInput::new(id, "checkout", &tracer_clock)).is_sampled()
/// };
/// assert_eq!([sampled(), sampled(), sampled()], [true, true, false]);
/// clock.advance(Duration::from_millis(500));
/// assert_eq!([sampled(), sampled()], [true, false]);
/// # Ok::<(), trace_core::InvalidSampleRate>(())
/// ```
#[derive(Debug)]
pub struct RateLimited {
    tokens_per_nano: f64,
    capacity: f64,
    bucket: Mutex<Bucket>,
}

#[derive(Debug)]
struct Bucket {
    /// From 0 to the capacity.
    tokens: f64,
    /// The raw clock reading up to which tokens have been added. The first decision sets it.
    filled_at: Option<u64>,
}

impl RateLimited {
    /// Makes a sampler that records up to `rate` traces a second. 0.0 records none; 0.1
    /// records one every ten seconds.
    ///
    /// # Errors
    ///
    /// If the rate is negative, infinite, or not a number.
    pub fn per_second(rate: f64) -> Result<Self, InvalidSampleRate> {
        let rate = check_per_second(rate)?;
        let capacity = if rate > 0.0 { rate.max(1.0) } else { 0.0 };
        Ok(Self {
            tokens_per_nano: rate / 1e9,
            capacity,
            bucket: Mutex::new(Bucket {
                tokens: capacity,
                filled_at: None,
            }),
        })
    }

    /// Sets how many traces may start at the same moment, at least one. Has no effect if the
    /// rate is zero.
    #[must_use]
    pub fn with_burst(self, traces: u32) -> Self {
        if self.tokens_per_nano == 0.0 {
            return self;
        }
        let capacity = f64::from(traces.max(1));
        Self {
            tokens_per_nano: self.tokens_per_nano,
            capacity,
            bucket: Mutex::new(Bucket {
                tokens: capacity,
                filled_at: None,
            }),
        }
    }
}

impl Sampler for RateLimited {
    fn sample(&self, input: &SamplingInput<'_>) -> SamplingDecision {
        let now = input.clock.raw();
        let mut bucket = self.bucket.lock().unpoisoned();
        // A thread may read the clock before another thread but get the lock after it. Then
        // `now` is before `filled_at`, and no time has passed.
        let filled_at = bucket.filled_at.unwrap_or(now);
        let nanos = input.clock.nanos_between(filled_at, now);
        bucket.filled_at = Some(filled_at.max(now));
        bucket.tokens = (bucket.tokens + nanos as f64 * self.tokens_per_nano).min(self.capacity);
        if bucket.tokens < 1.0 {
            return SamplingDecision::Drop;
        }
        bucket.tokens -= 1.0;
        SamplingDecision::Sample
    }
}
