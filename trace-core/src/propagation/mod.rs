//! Writes contexts into headers, and reads them from headers.
//!
//! Owns the header formats, and decides what happens to invalid headers. It depends on no HTTP
//! crate: headers are any type that implements [`Injector`] or [`Extractor`], such as a map.
//!
//! | propagator | headers |
//! |---|---|
//! | [`InstalledPropagator`], which [`inject`] and [`extract`] use | those of the propagator that was [installed](crate::TracerBuilder::propagator), else the next line |
//! | [`W3cPropagator`] | the next two together |
//! | [`TraceContextPropagator`] | `traceparent`, `tracestate` |
//! | [`BaggagePropagator`] | `baggage` |
//! | [`B3Propagator`], [`B3MultiPropagator`] | `b3`; `x-b3-traceid`, `x-b3-spanid` and others |
//! | [`JaegerPropagator`] | `uber-trace-id`, `uberctx-…` |
//! | [`DatadogPropagator`] | `x-datadog-trace-id`, `x-datadog-parent-id` and others |
//! | [`XrayPropagator`] | `x-amzn-trace-id` |
//! | [`XTracePropagator`] | `x-trace-id`, including ids made by proxies, `x-span-id` and others |
//! | [`CompositePropagator`] | those of several propagators, in order; can be made from `OTEL_PROPAGATORS` |
//! | `()` | none |
//!
//! | carrier | use |
//! |---|---|
//! | maps and lists of texts | queues, job tables, tests |
//! | [`EnvironmentVariables`], and `std::process::Command` | child processes, CI jobs |
//! | your own type, about ten lines | header maps of an HTTP crate |
//!
//! Incoming headers are not trusted, and an invalid header never makes a request fail. Headers
//! are parsed strictly, as their specification says. Invalid parts are ignored and reported:
//!
//! - Without a valid `traceparent` there is no context, and a new trace starts.
//! - An invalid `tracestate` is ignored, and the `traceparent` is kept.
//! - An invalid member of `baggage` is ignored, and the other members are kept.
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
pub(crate) mod installed;
pub(crate) mod link_source;
mod names;
mod problem;
pub(crate) mod trust;
mod vendors;
mod w3c;

use std::sync::Arc;

use crate::value::{Baggage, TraceContext};

pub use carrier::{Extractor, Injector};
pub use composite::{CompositePropagator, W3cPropagator};
pub use context_source::ContextSource;
pub use environment::EnvironmentVariables;
pub use extracted::{Extracted, TraceStart};
pub use installed::InstalledPropagator;
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
    /// Writes the context. Removes each header for which the context has no value. Otherwise
    /// reused headers would keep values of another context.
    fn inject(&self, context: &TraceContext, headers: &mut dyn Injector);

    /// Writes what a caller sent without a context: an id or a decision for a new trace, and
    /// baggage. [`span::inject_with`](crate::span::inject_with) calls this if no trace runs,
    /// such as without a tracer. Headers without a value stay as they are.
    ///
    /// By default, nothing is written.
    fn inject_start(&self, start: TraceStart, baggage: &Baggage, headers: &mut dyn Injector) {
        let _nothing = (start, baggage, headers);
    }

    /// Reads all valid headers, and reports invalid ones. A missing header is not reported.
    fn extract(&self, headers: &dyn Extractor) -> Extracted;
}

/// Writes `traceparent`, `tracestate` and `baggage`, or the headers of the
/// [`InstalledPropagator`].
pub fn inject(context: &TraceContext, headers: &mut dyn Injector) {
    InstalledPropagator.inject(context, headers);
}

/// Reads `traceparent`, `tracestate` and `baggage`, or the headers of the
/// [`InstalledPropagator`].
pub fn extract(headers: &dyn Extractor) -> Extracted {
    InstalledPropagator.extract(headers)
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

            fn inject_start(
                &self,
                start: TraceStart,
                baggage: &Baggage,
                headers: &mut dyn Injector,
            ) {
                (**self).inject_start(start, baggage, headers);
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

    fn inject_start(&self, start: TraceStart, baggage: &Baggage, headers: &mut dyn Injector) {
        if let Some(propagator) = self {
            propagator.inject_start(start, baggage, headers);
        }
    }

    fn extract(&self, headers: &dyn Extractor) -> Extracted {
        self.as_ref()
            .map_or_else(Extracted::default, |propagator| propagator.extract(headers))
    }
}
