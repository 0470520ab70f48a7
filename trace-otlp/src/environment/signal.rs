//! Variables that exist once for each signal, and once for all signals.
//!
//! Source: OpenTelemetry specification, *OpenTelemetry Protocol Exporter*.

use super::variables::Variables;

/// A signal, as it appears in the names of variables.
#[derive(Clone, Copy, Debug)]
pub(super) enum Signal {
    Traces,
    Logs,
    Metrics,
}

impl Signal {
    /// Returns the name of this signal's own variable.
    pub(super) fn variable(self, name: &str) -> String {
        let signal = match self {
            Self::Traces => "TRACES",
            Self::Logs => "LOGS",
            Self::Metrics => "METRICS",
        };
        format!("OTEL_EXPORTER_OTLP_{signal}_{name}")
    }

    /// Reads the signal's own variable. If it counts as not set, reads the variable of all
    /// signals.
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
