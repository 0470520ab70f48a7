//! The headers that the W3C defines: `traceparent`, `tracestate` and `baggage`.

mod baggage;
mod baggage_error;
mod header_names;
mod trace_context;
mod traceparent;

pub use baggage::BaggagePropagator;
pub use baggage_error::ParseBaggageError;
pub(super) use header_names::{BAGGAGE, TRACEPARENT, TRACESTATE};
pub use trace_context::TraceContextPropagator;
pub use traceparent::ParseTraceparentError;
