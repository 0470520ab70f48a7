//! What was found in headers, and how the findings of several propagators become one.

use super::HeaderProblem;
use crate::value::{Baggage, TraceContext};

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
    /// What was left out, in the order of the headers; at most some 70.
    pub problems: Vec<HeaderProblem>,
}

impl Extracted {
    /// Returns this, completed from what another propagator found in the same
    /// headers: its context and its baggage where there is none here, and its
    /// problems.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        if self.baggage.is_empty() {
            self.baggage = other.baggage;
        }
        self.context = self.context.or(other.context).map(|context| TraceContext {
            baggage: self.baggage.clone(),
            ..context
        });
        self.problems.extend(other.problems);
        self
    }
}
