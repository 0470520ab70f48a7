//! The sampler that records a share of the traces that start here, and counts them.
//!
//! Owns only the counts; the share itself is decided in `probabilistic.rs`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::invalid_sample_rate::InvalidSampleRate;
use super::{Probabilistic, Sampler, SamplingDecision, SamplingInput};

/// Records a share of the traces that start here, and counts them. A trace from a caller is
/// recorded if the caller records it.
///
/// [`Probabilistic`] decides which traces these are. The counts only include traces that start
/// here, because the callers' decisions say nothing about the rate. A clone shares the counts.
/// So you can keep one clone to read the counts, and give the other to a tracer.
///
/// The decision is made when a trace starts, so slow and failing traces are as likely to be
/// dropped as any other.
///
/// ```
/// use trace_core::{Clock, HeadSampler, Sampler, SamplingInput, TraceId};
///
/// let sampler = HeadSampler::new(0.5)?;
/// let at_work = sampler.clone();
///
/// let clock = Clock::system();
/// for id in ["00000000000000000080000000000000", "0000000000000000007fffffffffffff"] {
///     let id: TraceId = id.parse()?;
///     at_work.sample(&SamplingInput::new(id, "checkout", &clock));
/// }
/// assert_eq!(sampler.total_traces(), 2);
/// assert_eq!(sampler.sampled_traces(), 1);
/// assert_eq!(sampler.sample_rate_actual(), 0.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct HeadSampler {
    probabilistic: Probabilistic,
    counts: Arc<Counts>,
}

/// Counts of decisions. Both counts only grow, and they do not overlap. So the rate computed
/// from them is never above one, even while other threads count.
#[derive(Debug, Default)]
struct Counts {
    sampled: AtomicU64,
    dropped: AtomicU64,
}

impl HeadSampler {
    /// Makes a sampler that records `rate` of the traces that start here, from 0.0 for none to
    /// 1.0 for all.
    ///
    /// # Errors
    ///
    /// If the rate is outside this range, or not a number.
    pub fn new(rate: f64) -> Result<Self, InvalidSampleRate> {
        Ok(Self {
            probabilistic: Probabilistic::new(rate)?,
            counts: Arc::default(),
        })
    }

    /// Returns the configured rate.
    #[must_use]
    pub const fn rate(&self) -> f64 {
        self.probabilistic.rate()
    }

    /// Returns the number of traces that started here.
    #[must_use]
    pub fn total_traces(&self) -> u64 {
        // Relaxed, like all orderings in this file: the counts guard no other memory.
        self.sampled_traces() + self.counts.dropped.load(Ordering::Relaxed)
    }

    /// Returns the number of traces that started here and are recorded.
    #[must_use]
    pub fn sampled_traces(&self) -> u64 {
        // Relaxed: see `total_traces`.
        self.counts.sampled.load(Ordering::Relaxed)
    }

    /// Returns the share of traces that was recorded, from 0.0 to 1.0; 0.0 if no trace has
    /// started yet. The share differs from [`rate`](Self::rate) by chance.
    #[must_use]
    pub fn sample_rate_actual(&self) -> f64 {
        let sampled = self.sampled_traces();
        // Relaxed: see `total_traces`.
        let total = sampled + self.counts.dropped.load(Ordering::Relaxed);
        if total == 0 {
            return 0.0;
        }
        sampled as f64 / total as f64
    }
}

impl Sampler for HeadSampler {
    fn sample(&self, input: &SamplingInput<'_>) -> SamplingDecision {
        if let Some(sampled) = input.caller_decision() {
            return sampled.into();
        }
        let decision = self.probabilistic.sample(input);
        let count = match decision {
            SamplingDecision::Sample => &self.counts.sampled,
            SamplingDecision::Drop => &self.counts.dropped,
        };
        // Relaxed: see `total_traces`.
        count.fetch_add(1, Ordering::Relaxed);
        decision
    }
}
