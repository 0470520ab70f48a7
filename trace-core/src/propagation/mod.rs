//! Contexts in headers, both ways.
//!
//! Owns the formats and what becomes of bad ones. Knows no HTTP crate: headers are
//! anything that implements [`Injector`] or [`Extractor`], a map for example.
//!
//! | propagator | headers |
//! |---|---|
//! | [`W3cPropagator`], what [`inject`] and [`extract`] use | the next two together |
//! | [`TraceContextPropagator`] | `traceparent`, `tracestate` |
//! | [`BaggagePropagator`] | `baggage` |
//! | [`B3Propagator`], [`B3MultiPropagator`] | `b3`; `x-b3-traceid`, `x-b3-spanid` and others |
//! | [`JaegerPropagator`] | `uber-trace-id`, `uberctx-…` |
//! | [`DatadogPropagator`] | `x-datadog-trace-id`, `x-datadog-parent-id` and others |
//! | [`XrayPropagator`] | `x-amzn-trace-id` |
//! | [`XTracePropagator`] | `x-trace-id`, also as proxies mint it, `x-span-id` and others |
//! | [`CompositePropagator`] | those of several, in order, also as `OTEL_PROPAGATORS` lists them |
//! | `()` | none |
//!
//! | carrier | for |
//! |---|---|
//! | maps and lists of texts | queues, tables of jobs, tests |
//! | [`EnvironmentVariables`], and `std::process::Command` | child processes, CI jobs |
//! | a type of your own, of some ten lines | header maps of an HTTP crate |
//!
//! Nothing that comes in is trusted, and nothing breaks a request. Formats are read
//! strictly, after their specification; what is bad is left out and reported:
//! without a good `traceparent` there is no context, and the caller starts a trace;
//! a bad `tracestate` is dropped alone, and so is a bad member of `baggage`.
//!
//! ```
//! use std::collections::HashMap;
//! use trace_core::propagation::{extract, inject};
//! use trace_core::{SpanId, TraceContext, TraceId};
//!
//! let context = TraceContext::new(TraceId::new(0xa).unwrap(), SpanId::new(0xb).unwrap());
//! let mut headers = HashMap::new();
//! inject(&context, &mut headers);
//! assert_eq!(
//!     headers["traceparent"],
//!     "00-0000000000000000000000000000000a-000000000000000b-01"
//! );
//!
//! let caller = extract(&headers).context.unwrap();
//! assert_eq!(caller.trace_id, context.trace_id);
//! assert!(caller.is_remote);
//! ```

mod carrier;
mod composite;
mod context_source;
mod environment;
mod extracted;
pub(crate) mod link_source;
mod names;
mod problem;
pub(crate) mod trust;
mod vendors;
mod w3c;

use std::sync::Arc;

use crate::value::TraceContext;

pub use carrier::{Extractor, Injector};
pub use composite::{CompositePropagator, W3cPropagator};
pub use context_source::ContextSource;
pub use environment::EnvironmentVariables;
pub use extracted::{Extracted, TraceStart};
pub use problem::{HeaderProblem, OtherHeaderProblem};
pub use vendors::{
    B3MultiPropagator, B3Propagator, DatadogPropagator, JaegerPropagator, ParseVendorError,
    XTracePropagator, XrayPropagator,
};
pub use w3c::{
    BaggagePropagator, ParseBaggageError, ParseTraceparentError, TraceContextPropagator,
};

/// Writes a context into headers, and reads it from them.
///
/// OpenTelemetry calls it a *text map propagator*.
#[doc(alias = "TextMapPropagator")]
pub trait Propagator: Send + Sync {
    /// Writes the context. What the context has nothing for is removed, so that
    /// headers used before do not keep what belongs to another context.
    fn inject(&self, context: &TraceContext, headers: &mut dyn Injector);

    /// Reads what is there and good, and reports the rest. Headers that are not
    /// there are no problem.
    fn extract(&self, headers: &dyn Extractor) -> Extracted;
}

/// Writes `traceparent`, `tracestate` and `baggage`; see [`W3cPropagator`].
pub fn inject(context: &TraceContext, headers: &mut dyn Injector) {
    W3cPropagator.inject(context, headers);
}

/// Reads `traceparent`, `tracestate` and `baggage`; see [`W3cPropagator`].
pub fn extract(headers: &dyn Extractor) -> Extracted {
    W3cPropagator.extract(headers)
}

/// A propagator that writes and reads nothing.
impl Propagator for () {
    fn inject(&self, _context: &TraceContext, _headers: &mut dyn Injector) {}

    fn extract(&self, _headers: &dyn Extractor) -> Extracted {
        Extracted::default()
    }
}

macro_rules! forward_propagator {
    ($($pointer:ty),*) => {$(
        impl<P: Propagator + ?Sized> Propagator for $pointer {
            fn inject(&self, context: &TraceContext, headers: &mut dyn Injector) {
                (**self).inject(context, headers);
            }

            fn extract(&self, headers: &dyn Extractor) -> Extracted {
                (**self).extract(headers)
            }
        }
    )*};
}

forward_propagator!(&P, Box<P>, Arc<P>);

impl<P: Propagator> Propagator for Option<P> {
    fn inject(&self, context: &TraceContext, headers: &mut dyn Injector) {
        if let Some(propagator) = self {
            propagator.inject(context, headers);
        }
    }

    fn extract(&self, headers: &dyn Extractor) -> Extracted {
        self.as_ref()
            .map_or_else(Extracted::default, |propagator| propagator.extract(headers))
    }
}
