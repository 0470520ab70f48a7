//! Makes the transport of a protocol, or returns an error that names the missing feature.

use super::endpoint::Endpoint;
use super::error::OtlpError;
use super::protocol::Protocol;
use crate::encode::{Format, Signal};
#[cfg(feature = "grpc")]
use crate::transport::grpc::GrpcTransport;
#[cfg(feature = "http")]
use crate::transport::http::HttpTransport;
use crate::transport::{ConnectOptions, Transport};

/// How the requests of a protocol are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    pub(super) format: Format,
    pub(super) content_type: &'static str,
}

/// Source: OTLP specification, *OTLP/HTTP Request*; gRPC, *gRPC over HTTP2*.
pub(super) fn form(protocol: Protocol) -> Result<Form, OtlpError> {
    match protocol {
        _ if cfg!(not(feature = "http")) && protocol != Protocol::Grpc => {
            Err(missing(protocol, "http"))
        }
        Protocol::HttpProtobuf => Ok(Form {
            format: Format::Protobuf,
            content_type: "application/x-protobuf",
        }),
        #[cfg(feature = "json")]
        Protocol::HttpJson => Ok(Form {
            format: Format::Json,
            content_type: "application/json",
        }),
        #[cfg(not(feature = "json"))]
        Protocol::HttpJson => Err(missing(protocol, "json")),
        Protocol::Grpc if cfg!(not(feature = "grpc")) => Err(missing(protocol, "grpc")),
        Protocol::Grpc => Ok(Form {
            format: Format::Protobuf,
            content_type: "application/grpc",
        }),
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
    protocol: Protocol,
    endpoint: &Endpoint,
    options: &ConnectOptions,
) -> Result<Box<dyn Transport>, OtlpError> {
    if endpoint.is_tls() && cfg!(not(feature = "tls")) {
        let wanted = format!("the endpoint `{endpoint}`");
        return Err(OtlpError::missing_feature(&wanted, "tls"));
    }
    match protocol {
        #[cfg(feature = "grpc")]
        Protocol::Grpc if options.proxy.is_some() => Err(OtlpError::new(
            "a proxy cannot be used with the protocol `grpc`",
        )),
        #[cfg(feature = "grpc")]
        Protocol::Grpc => Ok(Box::new(GrpcTransport::new(&endpoint.uri, options))),
        #[cfg(feature = "http")]
        Protocol::HttpProtobuf | Protocol::HttpJson => {
            match HttpTransport::new(&endpoint.uri, options) {
                Ok(transport) => Ok(Box::new(transport)),
                Err(problem) => Err(OtlpError::new(format!("the proxy {problem}"))),
            }
        }
        #[cfg(not(all(feature = "grpc", feature = "http")))]
        other => form(other).and(Err(missing(other, "http` or `grpc"))),
    }
}
