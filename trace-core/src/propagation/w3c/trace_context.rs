//! The headers `traceparent` and `tracestate` together.

use super::header_names::{TRACEPARENT, TRACESTATE};
use super::traceparent::{ParseTraceparentError, read_value};
use crate::propagation::carrier::joined;
use crate::propagation::{Extracted, Extractor, HeaderProblem, Injector, Propagator};
use crate::value::{TraceContext, TraceState};

/// Writes and reads `traceparent` and `tracestate`.
///
/// If `traceparent` is invalid or there are several, there is no context, and `tracestate` is
/// not read. If only `tracestate` is invalid, it is ignored. An empty `tracestate` is not
/// written.
///
/// Source: W3C Trace Context Level 2, *Trace Context HTTP Request Headers Format*.
///
/// ```
/// use trace_core::propagation::{Propagator, TraceContextPropagator};
///
/// let found = TraceContextPropagator.extract(&[
///     ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
///     ("tracestate", "rojo=1"),
///     ("tracestate", "congo=2"),
/// ]);
/// assert_eq!(found.context.unwrap().tracestate.to_string(), "rojo=1,congo=2");
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct TraceContextPropagator;

impl Propagator for TraceContextPropagator {
    fn inject(&self, context: &TraceContext, headers: &mut dyn Injector) {
        headers.set(TRACEPARENT, &context.to_traceparent());
        match context.tracestate.as_str() {
            "" => headers.remove(TRACESTATE),
            state => headers.set(TRACESTATE, state),
        }
    }

    fn extract(&self, headers: &dyn Extractor) -> Extracted {
        let mut found = Extracted::default();
        match read_traceparent(headers) {
            None => return found,
            Some(Ok(context)) => found.context = Some(context),
            Some(Err(error)) => found.problems.push(HeaderProblem::Traceparent(error)),
        }
        if let Some(context) = &mut found.context
            && let Some(state) = joined(headers, TRACESTATE)
        {
            context.tracestate = state.parse().unwrap_or_else(|error| {
                found.problems.push(HeaderProblem::Tracestate(error));
                TraceState::new()
            });
        }
        found
    }
}

fn read_traceparent(
    headers: &dyn Extractor,
) -> Option<Result<TraceContext, ParseTraceparentError>> {
    let mut read = None;
    headers.for_each(TRACEPARENT, &mut |value| {
        read = Some(match read {
            None => read_value(value),
            Some(_) => Err(ParseTraceparentError::REPEATED),
        });
    });
    read
}
