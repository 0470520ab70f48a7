//! Makes the transport of a protocol, or says which feature it needs.

use super::endpoint::Endpoint;
use super::error::OtlpError;
use super::protocol::Protocol;
use crate::encode::{Format, Signal};
use crate::transport::Transport;
use crate::transport::http::{HttpOptions, HttpTransport};

/// How the requests of a protocol are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    pub(super) format: Format,
    pub(super) content_type: &'static str,
}

const PROTOBUF: Form = Form {
    format: Format::Protobuf,
    content_type: "application/x-protobuf",
};

/// Source: OTLP specification, *OTLP/HTTP Request*.
pub(super) fn form(protocol: Protocol) -> Result<Form, OtlpError> {
    match protocol {
        Protocol::HttpProtobuf => Ok(PROTOBUF),
        #[cfg(feature = "json")]
        Protocol::HttpJson => Ok(Form {
            format: Format::Json,
            content_type: "application/json",
        }),
        #[cfg(not(feature = "json"))]
        Protocol::HttpJson => Err(missing(protocol, "json")),
        Protocol::Grpc => Err(missing(protocol, "grpc")),
    }
}

/// Returns what is added to the path of a base URL.
///
/// Source: OTLP specification, *OTLP/HTTP Request*; opentelemetry-proto, the services.
pub(super) const fn path(protocol: Protocol, signal: Signal) -> &'static str {
    match (protocol, signal) {
        (Protocol::Grpc, Signal::Traces) => {
            "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
        }
        (Protocol::Grpc, Signal::Logs) => {
            "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
        }
        (Protocol::Grpc, Signal::Metrics) => {
            "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
        }
        (_, Signal::Traces) => "/v1/traces",
        (_, Signal::Logs) => "/v1/logs",
        (_, Signal::Metrics) => "/v1/metrics",
    }
}

fn missing(protocol: Protocol, feature: &str) -> OtlpError {
    OtlpError::missing_feature(&format!("the protocol `{protocol}`"), feature)
}

/// Makes the transport for an endpoint. Does not connect.
pub(super) fn transport(
    endpoint: &Endpoint,
    options: &HttpOptions,
) -> Result<Box<dyn Transport>, OtlpError> {
    if endpoint.is_tls() && cfg!(not(feature = "tls")) {
        let wanted = format!("the endpoint `{endpoint}`");
        return Err(OtlpError::missing_feature(&wanted, "tls"));
    }
    match HttpTransport::new(&endpoint.uri, options) {
        Some(transport) => Ok(Box::new(transport)),
        None => Err(OtlpError::new(
            "the proxy is no URL; expected one such as `http://proxy.example:3128`",
        )),
    }
}
