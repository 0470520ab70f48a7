//! What a request shows about its response: whether the response has a body, and whether it
//! answers a gRPC call.

use http::{HeaderMap, Method, StatusCode, Version};

use crate::grpc::{self, Format};

/// What a request shows about its response.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Expected {
    method: Expects,
    /// Whether it looks like a gRPC call: a `POST` whose content type is gRPC, and whose path
    /// names a method.
    pub(crate) is_call: bool,
    /// Whether the request came in HTTP/1. Its servers send 0 as the length of a body that is
    /// empty, and never ask a body for more than it announces. Servers of later versions send
    /// the length as it is, and ask until the end of the body.
    pub(crate) is_http1: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Expects {
    #[default]
    Body,
    /// The response to `HEAD` has no body.
    NoBody,
    /// If `CONNECT` succeeds, the bytes after the head are not a body.
    Tunnel,
}

impl Expected {
    pub(crate) fn new(method: &Method, version: Version, headers: &HeaderMap, path: &str) -> Self {
        Self {
            method: match *method {
                Method::HEAD => Expects::NoBody,
                Method::CONNECT => Expects::Tunnel,
                _ => Expects::Body,
            },
            // All calls use `POST`.
            is_call: *method == Method::POST
                && Format::from_headers(headers).is_some()
                && grpc::method(path).is_some(),
            is_http1: version < Version::HTTP_2,
        }
    }

    /// Whether no body follows the head, even if the response value has one. Servers do not
    /// poll such a body.
    pub(crate) fn is_bodyless(self, status: StatusCode) -> bool {
        let is_without = matches!(
            status,
            StatusCode::SWITCHING_PROTOCOLS | StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED
        );
        is_without
            || match self.method {
                Expects::Body => false,
                Expects::NoBody => true,
                Expects::Tunnel => status.is_success(),
            }
    }
}
