//! The headers of the W3C: `traceparent` and `tracestate`, and `baggage`.

mod baggage;
mod trace_context;
mod traceparent;

pub(super) use baggage::BAGGAGE;
pub use baggage::{BaggagePropagator, ParseBaggageError};
pub use trace_context::TraceContextPropagator;
pub(super) use trace_context::{TRACEPARENT, TRACESTATE};
pub use traceparent::ParseTraceparentError;
