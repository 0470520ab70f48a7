//! Combines several propagators into one.

use std::fmt;

use super::{
    BaggagePropagator, Extracted, Extractor, Injector, Propagator, TraceContextPropagator,
    TraceStart,
};
use crate::value::{Baggage, TraceContext};

/// Writes and reads `traceparent`, `tracestate` and `baggage`: the default.
///
/// [`TraceContextPropagator`] and [`BaggagePropagator`] together.
#[derive(Clone, Copy, Debug, Default)]
pub struct W3cPropagator;

impl Propagator for W3cPropagator {
    fn inject(&self, context: &TraceContext, headers: &mut dyn Injector) {
        TraceContextPropagator.inject(context, headers);
        BaggagePropagator.inject(context, headers);
    }

    fn inject_start(&self, start: TraceStart, baggage: &Baggage, headers: &mut dyn Injector) {
        BaggagePropagator.inject_start(start, baggage, headers);
    }

    fn extract(&self, headers: &dyn Extractor) -> Extracted {
        let found = TraceContextPropagator.extract(headers);
        // Few requests have baggage, and joining two findings is not free.
        match BaggagePropagator::find(headers) {
            None => found,
            Some(baggage) => found.or(baggage),
        }
    }
}

/// Combines several propagators into one.
///
/// All propagators write and read, in their order. The result has the first valid context, and
/// the first baggage, even if another propagator has found it. A propagator that finds no
/// header, or an invalid one, does not affect the others.
///
/// Problems with headers are reported up to the propagator that found the context. Problems of
/// later propagators are ignored, because their context is not needed. [`Extracted::or`] has
/// the exact rules.
///
/// [`from_env`](Self::from_env) makes the composite from the list in `OTEL_PROPAGATORS`.
///
/// ```
/// use trace_core::propagation::{
///     CompositePropagator, Propagator, W3cPropagator, XTracePropagator,
/// };
///
/// let propagator = CompositePropagator::new().with(W3cPropagator).with(XTracePropagator);
/// let found = propagator.extract(&[
///     ("x-trace-id", "4bf92f3577b34da6a3ce929d0e0e4736"),
///     ("x-span-id", "00f067aa0ba902b7"),
///     ("baggage", "tenant=acme"),
/// ]);
/// assert_eq!(found.context.unwrap().baggage.get("tenant"), Some("acme"));
/// ```
#[derive(Default)]
pub struct CompositePropagator(Vec<Box<dyn Propagator>>);

impl CompositePropagator {
    /// Makes a composite without propagators. It writes and reads nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a propagator at the end.
    #[must_use]
    pub fn with(mut self, propagator: impl Propagator + 'static) -> Self {
        self.0.push(Box::new(propagator));
        self
    }
}

impl Propagator for CompositePropagator {
    fn inject(&self, context: &TraceContext, headers: &mut dyn Injector) {
        for propagator in &self.0 {
            propagator.inject(context, headers);
        }
    }

    fn inject_start(&self, start: TraceStart, baggage: &Baggage, headers: &mut dyn Injector) {
        for propagator in &self.0 {
            propagator.inject_start(start, baggage, headers);
        }
    }

    fn extract(&self, headers: &dyn Extractor) -> Extracted {
        self.0
            .iter()
            .map(|propagator| propagator.extract(headers))
            .fold(Extracted::default(), Extracted::or)
    }
}

impl fmt::Debug for CompositePropagator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CompositePropagator({} propagators)", self.0.len())
    }
}
