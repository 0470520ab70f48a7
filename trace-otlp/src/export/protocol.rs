//! The protocols of OTLP.

use std::fmt;

/// How spans are sent.
///
/// Every build has all variants. For a protocol that is not compiled in,
/// [`build`](crate::OtlpCollectorBuilder::build) returns an error that names the feature.
///
/// ```
/// # #[cfg(feature = "grpc")] {
/// use trace_otlp::{OtlpCollector, Protocol};
///
/// let otlp = OtlpCollector::builder("http://localhost:4317").protocol(Protocol::Grpc);
/// assert!(otlp.build().is_ok());
/// # }
/// ```
///
/// Source: OTLP specification, *OTLP/HTTP* and *OTLP/gRPC*.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Protocol {
    /// Protobuf over HTTP/1.1. Usually on port 4318. Needs the feature `http`.
    #[default]
    HttpProtobuf,
    /// JSON over HTTP/1.1. Usually on port 4318. Needs the features `http` and `json`.
    HttpJson,
    /// Protobuf over gRPC: `http` is HTTP/2 without TLS, and `https` with it. Usually on port
    /// 4317. Needs the feature `grpc`.
    ///
    /// A separate thread serves the connection. It starts with the first request and ends with
    /// the collector. It does not need or use the application's runtime.
    Grpc,
}

impl fmt::Display for Protocol {
    /// Writes the protocol's name in `OTEL_EXPORTER_OTLP_PROTOCOL`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HttpProtobuf => "http/protobuf",
            Self::HttpJson => "http/json",
            Self::Grpc => "grpc",
        })
    }
}
