//! The names of the headers, in lower case.

pub(in crate::propagation) const TRACEPARENT: &str = "traceparent";
pub(in crate::propagation) const TRACESTATE: &str = "tracestate";
pub(in crate::propagation) const BAGGAGE: &str = "baggage";
