//! `OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN`: sends logged errors as log records. Also reads
//! where these records go.
//!
//! Source: OpenTelemetry semantic conventions 1.44, *Exceptions*: `logs` means log records
//! only; `logs/dup` means span events too. The conventions do not cover other logs, which stay
//! span events.

use super::endpoint::Endpoint;
use super::error::EnvironmentError;
use super::features::Features;
use super::list;
use super::signal::Signal;
use super::target::Target;
use super::variables::Variables;
use crate::{Logs, OtlpCollectorBuilder, Protocol};

const OPT_IN: &str = "OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN";
const EXPORTER: &str = "OTEL_LOGS_EXPORTER";

/// How logged errors are sent as log records.
#[derive(Clone)]
pub(super) struct LogSettings {
    exceptions: Logs,
    pub(super) target: Target,
}

impl LogSettings {
    /// Reads the variables; `None` if errors stay events of their span. `traces` is where spans
    /// go.
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
        let expected = "`logs` or `logs/dup`";
        let exceptions = variables.parsed(OPT_IN, expected, |text| {
            match text.to_ascii_lowercase().as_str() {
                "logs" => Some(Logs::LogRecords),
                "logs/dup" => Some(Logs::Both),
                _ => None,
            }
        });
        let Some(exceptions) = exceptions.filter(|_| may_send(variables)) else {
            return Ok(None);
        };
        let target = Target::read(variables, features, protocol, traces, Signal::Logs)?;
        Ok(Some(Self { exceptions, target }))
    }

    /// Adds the settings to the builder of the exporter.
    pub(super) fn apply(
        self,
        mut builder: OtlpCollectorBuilder,
        protocol: Protocol,
    ) -> OtlpCollectorBuilder {
        builder = builder.exceptions(self.exceptions);
        if let Some(url) = self.target.whole(protocol) {
            builder = builder.logs_endpoint(url);
        }
        match self.target.headers {
            Some(headers) => builder.logs_headers(headers),
            None => builder,
        }
    }

    /// Describes how logged errors are sent, without secrets.
    pub(super) fn shown(&self, protocol: Protocol) -> String {
        let also = match self.exceptions {
            Logs::Both => "also ",
            _ => "",
        };
        let place = self.target.shown(protocol, "v1/logs");
        format!("exceptions {also}as log records{place}")
    }
}

/// Reads `OTEL_LOGS_EXPORTER`. Here, only OTLP can send log records. If another exporter is
/// set, errors stay in their span, so that they are not lost.
fn may_send(variables: &mut Variables<'_>) -> bool {
    let Some(exporter) = variables.text(EXPORTER) else {
        return true;
    };
    let is_otlp = list::has(&exporter, "otlp");
    if !is_otlp {
        let shown = trace_core::visible(&exporter, 200);
        let problem = format!("is `{shown}`, not `otlp`: exceptions stay span events");
        variables.warn(EXPORTER, problem);
    }
    is_otlp
}
