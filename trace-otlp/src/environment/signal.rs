//! Variables that each signal has for itself, and one for all of them.
//!
//! Source: OpenTelemetry specification, *OpenTelemetry Protocol Exporter*.

use super::variables::Variables;

/// A signal, by its part of the variables' names.
#[derive(Clone, Copy, Debug)]
pub(super) enum Signal {
    Traces,
    Logs,
    Metrics,
}

impl Signal {
    /// Returns the name of the variable that this signal has for itself.
    pub(super) fn variable(self, name: &str) -> String {
        let signal = match self {
            Self::Traces => "TRACES",
            Self::Logs => "LOGS",
            Self::Metrics => "METRICS",
        };
        format!("OTEL_EXPORTER_OTLP_{signal}_{name}")
    }

    /// Reads the variable of the signal; if it counts as not set, that of all signals.
    pub(super) fn first<'a, T>(
        self,
        variables: &mut Variables<'a>,
        name: &str,
        read: impl Fn(&mut Variables<'a>, &str) -> Option<T>,
    ) -> Option<T> {
        let own = read(variables, &self.variable(name));
        own.or_else(|| read(variables, &format!("OTEL_EXPORTER_OTLP_{name}")))
    }
}
