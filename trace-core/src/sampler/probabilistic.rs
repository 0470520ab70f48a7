//! The sampler that records a share of all traces, by their ids.
//!
//! Ignores the caller's decision, and does not count.

use super::invalid_sample_rate::{InvalidSampleRate, check_share};
use super::{Sampler, SamplingDecision, SamplingInput};

/// The number of values that 56 bits can have.
const VALUES: u64 = 1 << 56;

/// Records a share of all traces, decided from the trace id alone.
///
/// The low 56 bits of the id are random. A trace is recorded if they are at least 2^56 × (1 −
/// rate). So all services with the same rate make the same decision without communication. A
/// service with a higher rate records every trace that a service with a lower rate records. If
/// `tracestate` contains a random value (`ot=rv:…`), this value replaces the bits of the id.
/// The smallest rate with an effect is 2^-57. The caller's decision is ignored; see
/// [`ParentBased`](crate::ParentBased).
///
/// Source: OpenTelemetry specification, *TraceState: Probability Sampling*, and
/// W3C Trace Context Level 2, *Random Trace ID Flag*.
///
/// ```
/// use trace_core::{Clock, Probabilistic, Sampler, SamplingInput, TraceId};
///
/// let quarter = Probabilistic::new(0.25)?;
/// let clock = Clock::system();
/// let sampled = |id: &str| {
///     let id: TraceId = id.parse().unwrap();
///     quarter.sample(&SamplingInput::new(id, "checkout", &clock)).is_sampled()
/// };
/// assert!(sampled("4bf92f3577b34da6a3c0000000000000"));
/// assert!(!sampled("4bf92f3577b34da6a3bfffffffffffff"));
/// # Ok::<(), trace_core::InvalidSampleRate>(())
/// ```
#[doc(alias = "TraceIdRatioBased")]
#[doc(alias = "ProbabilitySampler")]
#[derive(Clone, Copy, Debug)]
pub struct Probabilistic {
    rate: f64,
    /// Traces with a random value below the threshold are not recorded. From 0 to [`VALUES`].
    threshold: u64,
}

impl Probabilistic {
    /// Makes a sampler that records `rate` of all traces, from 0.0 for none to 1.0 for all.
    ///
    /// # Errors
    ///
    /// If the rate is outside this range, or not a number.
    pub fn new(rate: f64) -> Result<Self, InvalidSampleRate> {
        let rate = check_share(rate)?;
        // Subtract integers, because `1.0 - rate` loses the low bits of a small rate.
        let recorded = (rate * VALUES as f64).round() as u64;
        Ok(Self {
            rate,
            threshold: VALUES.saturating_sub(recorded),
        })
    }

    /// Returns the rate.
    #[must_use]
    pub const fn rate(&self) -> f64 {
        self.rate
    }
}

impl Sampler for Probabilistic {
    fn sample(&self, input: &SamplingInput<'_>) -> SamplingDecision {
        (randomness(input) >= self.threshold).into()
    }
}

/// Returns the 56 random bits of a trace.
fn randomness(input: &SamplingInput<'_>) -> u64 {
    let explicit = input
        .parent
        .and_then(|parent| parent.tracestate.get("ot"))
        .and_then(explicit_randomness);
    let id = input.trace_id.get() as u64;
    explicit.unwrap_or(id % VALUES)
}

/// Reads `rv:` and 14 lower-case hex digits from a list like `th:8;rv:…`.
///
/// Source: OpenTelemetry specification, *TraceState Handling*.
fn explicit_randomness(entry: &str) -> Option<u64> {
    let digits = entry.split(';').find_map(|part| part.strip_prefix("rv:"))?;
    let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if digits.len() == 14 && digits.bytes().all(is_hex) {
        u64::from_str_radix(digits, 16).ok()
    } else {
        None
    }
}
