//! Samplers, which decide whether a trace is recorded.
//!
//! The decision is made once, where a trace starts or enters the process, before the tags of
//! attributes are evaluated. Samplers do not decide about finished traces.

mod head;
mod invalid_sample_rate;
mod parent_based;
mod probabilistic;
mod rate_limited;
mod strategy;
mod tags;

use std::fmt;
use std::sync::Arc;

use crate::process::clock::Clock;
use crate::value::{SpanKind, TraceContext, TraceId};

pub use head::HeadSampler;
pub use invalid_sample_rate::InvalidSampleRate;
pub use parent_based::ParentBased;
pub use probabilistic::Probabilistic;
pub use rate_limited::RateLimited;
pub use strategy::SamplingStrategy;
pub use tags::SamplingTags;

/// Decides whether a trace is recorded.
///
/// A sampler is called once for each root and once for each trace that comes from another
/// process, on the application's thread. It should be quick and must not block. Its decision
/// applies to all spans of the trace, and travels with the trace.
///
/// If a sampler panics, the trace is not recorded, and
/// [`Stats::sampler_panics`](crate::Stats::sampler_panics) counts the panic. Code that a
/// sampler calls records no spans. A root that begins there does not ask a sampler, but its
/// context travels.
///
/// | sampler | records |
/// |---|---|
/// | [`AlwaysOn`], [`AlwaysOff`] | everything, nothing |
/// | [`Probabilistic`] | a share of all traces, decided from the trace id |
/// | [`RateLimited`] | up to a number of traces a second |
/// | [`ParentBased`] | what the caller records; asks another sampler if there is no caller |
/// | [`HeadSampler`] | a share of the traces that start here, which it counts, and what callers record |
///
/// None of these samplers allocates when it decides. In a configuration, use
/// [`SamplingStrategy`], which names a sampler and [makes](SamplingStrategy::sampler) it.
///
/// ```
/// use trace_core::{Sampler, SamplingDecision, SamplingInput};
///
/// struct NoHealthChecks<S>(S);
///
/// impl<S: Sampler> Sampler for NoHealthChecks<S> {
///     fn sample(&self, input: &SamplingInput<'_>) -> SamplingDecision {
///         match input.operation_name {
///             "health" => SamplingDecision::Drop,
///             _ => self.0.sample(input),
///         }
///     }
/// }
/// # use trace_core::{AlwaysOn, Clock, TraceId};
/// # let clock = Clock::system();
/// # let input = SamplingInput::new(TraceId::new(1).unwrap(), "health", &clock);
/// # assert_eq!(NoHealthChecks(AlwaysOn).sample(&input), SamplingDecision::Drop);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no sampler",
    note = "what checks its rate gives a `Result`: `HeadSampler::new(0.5)?`"
)]
pub trait Sampler: Send + Sync {
    /// Returns whether the trace is recorded.
    fn sample(&self, input: &SamplingInput<'_>) -> SamplingDecision;
}

/// The information that a sampler gets when a trace starts.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct SamplingInput<'a> {
    /// The trace: its own id, or the caller's.
    pub trace_id: TraceId,
    /// The context from another process, if there is one. Its sender may have left the decision
    /// open: ask [`caller_decision`](Self::caller_decision), not its flags.
    pub parent: Option<&'a TraceContext>,
    /// The decision of a caller that sent no ids, such as `b3: 0`.
    pub decision_alone: Option<bool>,
    /// The name of the span that starts.
    pub operation_name: &'a str,
    /// The kind of the span that starts.
    pub kind: SpanKind,
    /// The tracer's clock.
    pub clock: &'a Clock,
    /// The tags of the span that starts, as far as its builder has them.
    pub tags: SamplingTags<'a>,
}

impl<'a> SamplingInput<'a> {
    /// Makes the input for a trace that starts here with an internal span, to test your own
    /// sampler. You can change the fields.
    #[must_use]
    pub const fn new(trace_id: TraceId, operation_name: &'a str, clock: &'a Clock) -> Self {
        Self {
            trace_id,
            parent: None,
            decision_alone: None,
            operation_name,
            kind: SpanKind::Internal,
            clock,
            tags: SamplingTags::NONE,
        }
    }

    /// Returns whether the caller records the trace. `None` means that there is no caller, or
    /// that it left the decision open, as B3 and X-Ray allow. Then decide as for a trace that
    /// starts here.
    ///
    /// ```
    /// use trace_core::{Clock, SamplingInput, SpanId, TraceContext, TraceFlags, TraceId};
    ///
    /// let (clock, id) = (Clock::system(), TraceId::new(1).unwrap());
    /// let mut caller = TraceContext::new(id, SpanId::new(2).unwrap());
    /// caller.flags = TraceFlags::DEFERRED;
    /// let mut input = SamplingInput::new(id, "checkout", &clock);
    /// input.parent = Some(&caller);
    /// assert_eq!(input.caller_decision(), None);
    /// ```
    #[must_use]
    pub const fn caller_decision(&self) -> Option<bool> {
        match self.parent {
            Some(parent) if parent.flags.is_deferred() => None,
            Some(parent) => Some(parent.is_sampled()),
            None => self.decision_alone,
        }
    }
}

/// Whether a trace is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SamplingDecision {
    /// The trace is recorded and delivered. Called services receive this decision.
    #[doc(alias = "RECORD_AND_SAMPLE")]
    Sample,
    /// Nothing is recorded. The ids and the baggage still travel.
    #[doc(alias = "DROP")]
    Drop,
}

impl SamplingDecision {
    /// Returns whether the trace is recorded.
    #[must_use]
    pub const fn is_sampled(self) -> bool {
        matches!(self, Self::Sample)
    }
}

impl From<bool> for SamplingDecision {
    fn from(sampled: bool) -> Self {
        if sampled { Self::Sample } else { Self::Drop }
    }
}

/// Records every trace, even if its caller does not.
#[derive(Clone, Copy, Debug, Default)]
pub struct AlwaysOn;

/// Records no trace, even if its caller does.
#[derive(Clone, Copy, Debug, Default)]
pub struct AlwaysOff;

impl Sampler for AlwaysOn {
    fn sample(&self, _input: &SamplingInput<'_>) -> SamplingDecision {
        SamplingDecision::Sample
    }
}

impl Sampler for AlwaysOff {
    fn sample(&self, _input: &SamplingInput<'_>) -> SamplingDecision {
        SamplingDecision::Drop
    }
}

macro_rules! forward_sampler {
    ($($pointer:ty),*) => {$(
        impl<S: Sampler + ?Sized> Sampler for $pointer {
            fn sample(&self, input: &SamplingInput<'_>) -> SamplingDecision {
                (**self).sample(input)
            }
        }
    )*};
}

forward_sampler!(&S, Box<S>, Arc<S>);

/// `None` follows the caller's decision, and records every trace that starts here.
impl<S: Sampler> Sampler for Option<S> {
    fn sample(&self, input: &SamplingInput<'_>) -> SamplingDecision {
        match self {
            Some(sampler) => sampler.sample(input),
            None => input.caller_decision().unwrap_or(true).into(),
        }
    }
}

/// Makes a sampler from a closure.
///
/// ```
/// use trace_core::{SpanKind, sampler_fn};
///
/// let servers = sampler_fn(|input| (input.kind == SpanKind::Server).into());
/// # let _ = servers;
/// ```
pub fn sampler_fn<F>(sample: F) -> SamplerFn<F>
where
    F: Fn(&SamplingInput<'_>) -> SamplingDecision + Send + Sync,
{
    SamplerFn(sample)
}

/// A sampler that calls a closure; made by [`sampler_fn`].
#[derive(Clone, Copy)]
pub struct SamplerFn<F>(F);

impl<F> Sampler for SamplerFn<F>
where
    F: Fn(&SamplingInput<'_>) -> SamplingDecision + Send + Sync,
{
    fn sample(&self, input: &SamplingInput<'_>) -> SamplingDecision {
        (self.0)(input)
    }
}

impl<F> fmt::Debug for SamplerFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SamplerFn(..)")
    }
}
