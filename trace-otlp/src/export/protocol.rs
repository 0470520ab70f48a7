//! The protocols of OTLP.

use std::fmt;

/// How spans are sent.
///
/// Each protocol exists always. One that is not compiled in is an error of
/// [`build`](crate::OtlpCollectorBuilder::build), which names the feature.
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
    /// The connection is served by a thread of its own, which starts with the first request and
    /// ends with the collector. No runtime of the application's is needed or touched.
    Grpc,
}

impl fmt::Display for Protocol {
    /// Writes the name that `OTEL_EXPORTER_OTLP_PROTOCOL` has for it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HttpProtobuf => "http/protobuf",
            Self::HttpJson => "http/json",
            Self::Grpc => "grpc",
        })
    }
}
