//! What a request says about its response: whether it has a body, and whether it answers a gRPC
//! call.

use http::{HeaderMap, Method, Request, StatusCode};

use crate::grpc::Format;

/// What a request says about its response.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Expected {
    method: Expects,
    /// The format of the gRPC call; `None` for other requests.
    pub(crate) call: Option<Format>,
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
    pub(crate) fn from_request<B>(request: &Request<B>) -> Self {
        Self::new(request.method(), request.headers())
    }

    pub(crate) fn new(method: &Method, headers: &HeaderMap) -> Self {
        Self {
            method: match *method {
                Method::HEAD => Expects::NoBody,
                Method::CONNECT => Expects::Tunnel,
                _ => Expects::Body,
            },
            // gRPC calls always use `POST`.
            call: match *method {
                Method::POST => Format::from_headers(headers),
                _ => None,
            },
        }
    }

    /// Whether no body follows the head, even if the response has one. Servers do not poll such
    /// a body.
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
