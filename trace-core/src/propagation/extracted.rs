//! What was found in headers, and how the findings of several propagators become one.

use super::HeaderProblem;
use crate::value::{Baggage, TraceContext, TraceFlags, TraceId};

/// What was found in headers.
///
/// ```
/// use trace_core::propagation::extract;
///
/// let found = extract(&[
///     ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
///     ("tracestate", "Congo=1"),
///     ("baggage", "tenant=acme,no member,plan=pro"),
/// ]);
/// let context = found.context.unwrap();
/// assert!(context.is_sampled());
/// assert!(context.tracestate.is_empty());
/// assert_eq!(context.baggage.get("plan"), Some("pro"));
/// assert_eq!(found.problems.len(), 2);
/// assert_eq!(
///     found.problems[1].to_string(),
///     "`no member`, member 2 of `baggage`, has no `=`; expected `key=value`"
/// );
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Extracted {
    /// The caller's context, with the baggage in it; `None` when there is none, or
    /// none that can be used: start a trace.
    pub context: Option<TraceContext>,
    /// The baggage, also when there is no context: it belongs to the request, and a
    /// trace that starts here takes it along, as with OpenTelemetry, whose
    /// baggage is independent of traces.
    pub baggage: Baggage,
    /// What was left out, in the order of the headers; at most some 70 of a propagator.
    pub problems: Vec<HeaderProblem>,
    /// The id or decision for a trace that starts here, if there is no context.
    pub start: TraceStart,
}

/// What a caller without a span wants a new trace to begin with.
///
/// A proxy may write a trace id without having a span, and B3 may send a decision without
/// ids. [`extracted`](crate::RootBuilder::extracted) uses both for the new trace.
/// [`Trust::Restart`](crate::Trust::Restart) ignores both, and
/// [`Trust::Capped`](crate::Trust::Capped) ignores "sampled", which would get around the cap.
///
/// ```
/// use trace_core::Tracer;
/// use trace_core::propagation::{Propagator, XTracePropagator};
///
/// let found = XTracePropagator.extract(&[("X-Trace-Id", "50a17f79-4245-4a27-9fe6-e59148ff6374")]);
/// assert_eq!(found.context, None);
/// let trace_id = found.start.trace_id.unwrap();
/// assert_eq!(trace_id.to_string(), "50a17f7942454a279fe6e59148ff6374");
///
/// let tracer = Tracer::builder("shop").collector(()).on_demand().build()?;
/// tracer.root("GET /").extracted(found).run_sync(|| {
///     assert_eq!(trace_core::span::current_trace_id(), Some(trace_id));
/// });
/// # Ok::<(), trace_core::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TraceStart {
    /// The id of the new trace. Without one, an id is drawn.
    pub trace_id: Option<TraceId>,
    /// Sampled, not sampled or debug. Without flags, the sampler decides.
    pub flags: Option<TraceFlags>,
}

impl Extracted {
    /// Completes this with what another propagator found in the same headers.
    ///
    /// - The context is the first one that was found. It replaces any `start`.
    /// - Without a context, id and flags of `start` are each the first that was found.
    /// - The baggage is the first that is not empty, independent of the context.
    /// - All problems found so far are kept. The other one's problems are added only where its
    ///   finding was needed: those about a context if there was none yet, and those about
    ///   baggage if there was none yet. So a strange `X-Trace-Id` behind a good `traceparent`
    ///   is no problem.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        let needs_context = self.context.is_none();
        let needs_baggage = self.baggage.is_empty();
        let problems = other.problems.into_iter();
        self.problems
            .extend(problems.filter(|problem| match problem.is_of_baggage() {
                true => needs_baggage,
                false => needs_context,
            }));
        if needs_baggage {
            self.baggage = other.baggage;
        }
        self.context = self.context.or(other.context).map(|context| TraceContext {
            baggage: self.baggage.clone(),
            ..context
        });
        self.start = match self.context {
            Some(_) => TraceStart::default(),
            None => TraceStart {
                trace_id: self.start.trace_id.or(other.start.trace_id),
                flags: self.start.flags.or(other.start.flags),
            },
        };
        self
    }
}
