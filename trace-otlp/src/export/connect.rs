//! Makes the transport of a protocol, or says which feature it needs.

use super::endpoint::Endpoint;
use super::error::OtlpError;
use super::protocol::Protocol;
use crate::encode::Format;
#[cfg(feature = "grpc")]
use crate::transport::grpc::GrpcTransport;
#[cfg(feature = "http")]
use crate::transport::http::HttpTransport;
use crate::transport::{ConnectOptions, Transport};

/// How the spans of a protocol are written and addressed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    pub(super) format: Format,
    pub(super) content_type: &'static str,
    /// What is added to the path of a base URL.
    pub(super) path: &'static str,
}

/// Source: OTLP specification, *OTLP/HTTP Request*; opentelemetry-proto, `TraceService`.
pub(super) fn form(protocol: Protocol) -> Result<Form, OtlpError> {
    match protocol {
        _ if cfg!(not(feature = "http")) && protocol != Protocol::Grpc => {
            Err(missing(protocol, "http"))
        }
        Protocol::HttpProtobuf => Ok(Form {
            format: Format::Protobuf,
            content_type: "application/x-protobuf",
            path: "/v1/traces",
        }),
        #[cfg(feature = "json")]
        Protocol::HttpJson => Ok(Form {
            format: Format::Json,
            content_type: "application/json",
            path: "/v1/traces",
        }),
        #[cfg(not(feature = "json"))]
        Protocol::HttpJson => Err(missing(protocol, "json")),
        Protocol::Grpc if cfg!(not(feature = "grpc")) => Err(missing(protocol, "grpc")),
        Protocol::Grpc => Ok(Form {
            format: Format::Protobuf,
            content_type: "application/grpc",
            path: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        }),
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
                Some(transport) => Ok(Box::new(transport)),
                None => Err(OtlpError::new(
                    "the proxy is no URL; expected one such as `http://proxy.example:3128`",
                )),
            }
        }
        #[cfg(not(all(feature = "grpc", feature = "http")))]
        other => form(other).and(Err(missing(other, "http` or `grpc"))),
    }
}
