//! `OTEL_METRICS_EXPORTER` and `OTEL_METRIC_EXPORT_INTERVAL`: sends the tracer's own counts as
//! metrics, if they are requested. Also reads where these metrics go.
//!
//! Source: OpenTelemetry specification, *Environment Variable Specification*. Its default,
//! `otlp`, is for the metrics of an application. The tracer's metrics are sent only if the
//! variable is set to `otlp`.

use std::time::Duration;

use super::endpoint::Endpoint;
use super::error::EnvironmentError;
use super::features::Features;
use super::list;
use super::signal::Signal;
use super::target::Target;
use super::variables::Variables;
use crate::{OtlpCollectorBuilder, Protocol};

/// How metrics are sent.
#[derive(Clone)]
pub(super) struct MetricSettings {
    every: Duration,
    pub(super) target: Target,
}

/// Source: *Environment Variable Specification*, "Periodic exporting MetricReader".
const DEFAULT_INTERVAL: Duration = Duration::from_secs(60);

impl MetricSettings {
    /// Reads the variables; `None` if metrics are not requested. `traces` is where spans go.
    ///
    /// # Errors
    ///
    /// If the endpoint is not a URL, or if this build cannot reach it.
    pub(super) fn read(
        variables: &mut Variables<'_>,
        features: Features,
        protocol: Protocol,
        traces: &Endpoint,
    ) -> Result<Option<Self>, EnvironmentError> {
        // Other values configure other metrics, so they are not mistakes.
        let exporter = variables.text("OTEL_METRICS_EXPORTER");
        if !exporter.is_some_and(|exporters| list::has(&exporters, "otlp")) {
            return Ok(None);
        }
        let every = variables.interval("OTEL_METRIC_EXPORT_INTERVAL");
        let target = Target::read(variables, features, protocol, traces, Signal::Metrics)?;
        Ok(Some(Self {
            every: every.unwrap_or(DEFAULT_INTERVAL),
            target,
        }))
    }

    /// Adds the settings to the builder of the exporter.
    pub(super) fn apply(
        self,
        mut builder: OtlpCollectorBuilder,
        protocol: Protocol,
    ) -> OtlpCollectorBuilder {
        builder = builder.metrics_every(self.every);
        if let Some(url) = self.target.whole(protocol) {
            builder = builder.metrics_endpoint(url);
        }
        match self.target.headers {
            Some(headers) => builder.metrics_headers(headers),
            None => builder,
        }
    }

    /// Describes how metrics are sent, without secrets.
    pub(super) fn shown(&self, protocol: Protocol) -> String {
        let place = self.target.shown(protocol, "v1/metrics");
        format!("metrics each {:?}{place}", self.every)
    }
}
