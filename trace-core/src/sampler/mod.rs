//! Which traces are recorded.
//!
//! Owns the decision that is made once, where a trace starts or enters the
//! process, before any tag is evaluated. Does not decide about finished traces.

mod head;
mod invalid_sample_rate;
mod parent_based;
mod probabilistic;
mod rate_limited;
mod strategy;

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

/// Decides whether a trace is recorded.
///
/// It is asked once for each root and once for each trace that comes in from
/// another process, on the application's thread: it should be quick and must not
/// block. What it decides holds for all spans below and travels with the trace.
///
/// If it panics, the trace is not recorded, and [`Stats::sampler_panics`](crate::Stats::sampler_panics)
/// counts. What it calls leaves no spans: roots that it begins are not recorded, and ask no
/// sampler; their context travels.
///
/// | sampler | records |
/// |---|---|
/// | [`AlwaysOn`], [`AlwaysOff`] | everything, nothing |
/// | [`Probabilistic`] | a share of all traces, decided from the trace id |
/// | [`RateLimited`] | up to so many traces a second |
/// | [`ParentBased`] | what the caller records; asks another sampler where there is no caller |
/// | [`HeadSampler`] | a share of the traces that start here, counted, and what callers record |
///
/// None of these allocates when it decides. A configuration names one as a
/// [`SamplingStrategy`], which is no sampler: [`sampler`](SamplingStrategy::sampler)
/// makes it.
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
    /// Returns what becomes of the trace.
    fn sample(&self, input: &SamplingInput<'_>) -> SamplingDecision;
}

/// What a sampler can know when a trace starts.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct SamplingInput<'a> {
    /// The trace: its own id, or the caller's.
    pub trace_id: TraceId,
    /// The context that came from another process, if one did. Its sender may have left the
    /// decision open: ask [`caller_decision`](Self::caller_decision), not its flags.
    pub parent: Option<&'a TraceContext>,
    /// The decision of a caller that sent no ids, such as `b3: 0`.
    pub decision_alone: Option<bool>,
    /// The name of the span that starts.
    pub operation_name: &'a str,
    /// The kind of the span that starts.
    pub kind: SpanKind,
    /// The tracer's clock.
    pub clock: &'a Clock,
}

impl<'a> SamplingInput<'a> {
    /// Makes the input for a trace that starts here, of kind internal; for tests
    /// of one's own samplers. The fields are public.
    #[must_use]
    pub const fn new(trace_id: TraceId, operation_name: &'a str, clock: &'a Clock) -> Self {
        Self {
            trace_id,
            parent: None,
            decision_alone: None,
            operation_name,
            kind: SpanKind::Internal,
            clock,
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

/// What becomes of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SamplingDecision {
    /// It is recorded and delivered, and the services that are called are told so.
    #[doc(alias = "RECORD_AND_SAMPLE")]
    Sample,
    /// Nothing of it is recorded; its ids and baggage still travel.
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

/// Records every trace, also those whose caller does not record them.
#[derive(Clone, Copy, Debug, Default)]
pub struct AlwaysOn;

/// Records no trace, also none that its caller records.
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

/// `None` does as the caller does, and records what starts here.
impl<S: Sampler> Sampler for Option<S> {
    fn sample(&self, input: &SamplingInput<'_>) -> SamplingDecision {
        match self {
            Some(sampler) => sampler.sample(input),
            None => input.caller_decision().unwrap_or(true).into(),
        }
    }
}

/// A sampler of a closure.
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

/// A sampler of a closure; see [`sampler_fn`].
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
