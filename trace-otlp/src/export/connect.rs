//! Makes the transport of a protocol, or says which feature it needs.

use super::endpoint::Endpoint;
use super::error::OtlpError;
use super::protocol::Protocol;
use crate::encode::Format;
use crate::transport::Transport;
use crate::transport::http::{HttpOptions, HttpTransport};

/// How the spans of a protocol are written and addressed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    pub(super) format: Format,
    pub(super) content_type: &'static str,
    /// What is added to the path of a base URL.
    pub(super) path: &'static str,
}

const PROTOBUF: Form = Form {
    format: Format::Protobuf,
    content_type: "application/x-protobuf",
    path: "/v1/traces",
};

/// Source: OTLP specification, *OTLP/HTTP Request*.
pub(super) fn form(protocol: Protocol) -> Result<Form, OtlpError> {
    match protocol {
        Protocol::HttpProtobuf => Ok(PROTOBUF),
        #[cfg(feature = "json")]
        Protocol::HttpJson => Ok(Form {
            format: Format::Json,
            content_type: "application/json",
            path: "/v1/traces",
        }),
        #[cfg(not(feature = "json"))]
        Protocol::HttpJson => Err(missing(protocol, "json")),
        Protocol::Grpc => Err(missing(protocol, "grpc")),
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
