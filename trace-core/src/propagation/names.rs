//! Propagators by name, as `OTEL_PROPAGATORS` lists them.
//!
//! Source: OpenTelemetry SDK environment variables, *General SDK Configuration*,
//! `OTEL_PROPAGATORS`.

use super::{
    B3MultiPropagator, B3Propagator, BaggagePropagator, CompositePropagator, DatadogPropagator,
    JaegerPropagator, TraceContextPropagator, XTracePropagator, XrayPropagator,
};
use crate::diagnostics;
use crate::value::environment;

/// The positions of the defaults, used if no name is known.
const DEFAULT: [usize; 2] = [0, 1];

type Add = fn(CompositePropagator) -> CompositePropagator;

/// The names of OpenTelemetry and its SDKs, and `xtrace`, which only this crate has.
const KNOWN: [(&str, Add); 9] = [
    ("tracecontext", |others| others.with(TraceContextPropagator)),
    ("baggage", |others| others.with(BaggagePropagator)),
    ("b3", |others| others.with(B3Propagator)),
    ("b3multi", |others| others.with(B3MultiPropagator)),
    ("jaeger", |others| others.with(JaegerPropagator)),
    ("xray", |others| others.with(XrayPropagator)),
    ("datadog", |others| others.with(DatadogPropagator)),
    ("xtrace", |others| others.with(XTracePropagator)),
    ("none", |others| others),
];

impl CompositePropagator {
    /// Makes the composite that `OTEL_PROPAGATORS` lists; by default
    /// `tracecontext,baggage`.
    ///
    /// An unknown name is left out and reported once by [`diagnostics`]. Only this function
    /// reads the variable, and it does so at each call: keep its result.
    ///
    /// ```
    /// use trace_core::propagation::CompositePropagator;
    ///
    /// let propagator = CompositePropagator::from_env();
    /// # let _ = propagator;
    /// ```
    #[must_use]
    pub fn from_env() -> Self {
        let names = environment::variable("OTEL_PROPAGATORS").unwrap_or_default();
        let (propagator, unknown) = Self::from_names(&names);
        if !unknown.is_empty() {
            diagnostics::unknown_propagators(&unknown, &KNOWN.map(|(name, _)| name));
        }
        propagator
    }

    /// Makes a composite from a list of names, separated by commas, in the order of the list.
    /// Also returns the unknown names, which are left out.
    ///
    /// | name | propagator |
    /// |---|---|
    /// | `tracecontext` | [`TraceContextPropagator`] |
    /// | `baggage` | [`BaggagePropagator`] |
    /// | `b3`, `b3multi` | [`B3Propagator`], [`B3MultiPropagator`] |
    /// | `jaeger` | [`JaegerPropagator`] |
    /// | `xray` | [`XrayPropagator`] |
    /// | `datadog` | [`DatadogPropagator`] |
    /// | `xtrace`, which only this crate has | [`XTracePropagator`] |
    /// | `none` | `()` |
    ///
    /// Names may be in any case, and a repeated name counts once. If no name is known, the
    /// result is that of `tracecontext,baggage`.
    ///
    /// ```
    /// use trace_core::propagation::{CompositePropagator, Propagator};
    ///
    /// let (propagator, unknown) = CompositePropagator::from_names("b3, ottrace, baggage");
    /// assert_eq!(unknown, ["ottrace"]);
    /// let found = propagator.extract(&[("b3", "4bf92f3577b34da6-00f067aa0ba902b7-1")]);
    /// assert!(found.context.unwrap().is_sampled());
    /// ```
    #[must_use]
    pub fn from_names(names: &str) -> (Self, Vec<String>) {
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for name in names.split(',').map(str::trim) {
            let place = KNOWN
                .iter()
                .position(|known| known.0.eq_ignore_ascii_case(name));
            match place {
                Some(place) if !known.contains(&place) => known.push(place),
                None if !name.is_empty() => unknown.push(name.to_owned()),
                Some(_) | None => {}
            }
        }
        if known.is_empty() {
            known.extend(DEFAULT);
        }
        let known = known.into_iter().filter_map(|place| KNOWN.get(place));
        (
            known.fold(Self::new(), |others, (_, add)| add(others)),
            unknown,
        )
    }
}
