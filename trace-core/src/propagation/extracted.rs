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
    /// What the trace begins with that starts here, if there is no context.
    pub start: TraceStart,
}

/// What a new trace begins with, where a caller sent something, but no span to go on from.
///
/// A proxy that mints an id and has no span of its own sends the id alone; B3 sends a
/// decision without ids. [`extracted`](crate::RootBuilder::extracted) begins the trace with
/// both. [`Trust::Restart`](crate::Trust::Restart) believes neither, and
/// [`Trust::Capped`](crate::Trust::Capped) does not believe "sampled" here.
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
    /// The trace's id; without one it is drawn.
    pub trace_id: Option<TraceId>,
    /// Whether the trace is sampled, or not, or *debug*; without that, the sampler decides.
    pub flags: Option<TraceFlags>,
}

impl Extracted {
    /// Returns this, completed from what another propagator found in the same
    /// headers: its context, start and baggage where there is none here, and its
    /// problems.
    ///
    /// A context that is found ends the search: it takes the place of a start, whoever
    /// found that, and what the other one complains of is dropped, as nobody needed it. So a
    /// strange id of a proxy beside a good `traceparent` is no problem. The problems of
    /// those that were asked before it stay: they were to be believed first. The same holds
    /// for baggage and its problems, apart from the context.
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
