//! The sampler that follows the caller's decision.
//!
//! [`Trust`](crate::Trust) decides whether to trust the caller's decision, before the sampler
//! is called.

use super::{AlwaysOn, Sampler, SamplingDecision, SamplingInput};

/// Records what the caller records. Asks another sampler about traces that start here, and
/// about those whose caller left the decision open.
///
/// So a trace is recorded by every service that it passes through, or by none. By default,
/// every trace that starts here is recorded.
///
/// ```
/// use trace_core::{
///     AlwaysOff, Clock, ParentBased, Sampler, SamplingInput, SpanId, TraceContext, TraceId,
/// };
///
/// let (clock, id) = (Clock::system(), TraceId::new(1).unwrap());
/// let caller = TraceContext::new(id, SpanId::new(2).unwrap());
/// let sampler = ParentBased::new(AlwaysOff);
///
/// let mut input = SamplingInput::new(id, "checkout", &clock);
/// assert!(!sampler.sample(&input).is_sampled());
/// input.parent = Some(&caller);
/// assert!(sampler.sample(&input).is_sampled());
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct ParentBased<S = AlwaysOn> {
    root: S,
}

impl<S: Sampler> ParentBased<S> {
    /// Makes a sampler that asks `root` if no caller has decided.
    #[must_use]
    pub const fn new(root: S) -> Self {
        Self { root }
    }
}

impl<S: Sampler> Sampler for ParentBased<S> {
    fn sample(&self, input: &SamplingInput<'_>) -> SamplingDecision {
        match input.caller_decision() {
            Some(sampled) => sampled.into(),
            None => self.root.sample(input),
        }
    }
}
