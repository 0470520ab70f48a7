//! The tags of a request that may be a gRPC call. They are written when the response shows
//! what it is.
//!
//! Anyone can send the content type of a call. So for a method that no server is known to
//! have, the content type of the request is not enough.

use std::net::SocketAddr;

use trace_core::{display, span};

use crate::conventions::{
    GRPC, GRPC_TIMEOUT, HTTP_REQUEST_METHOD, HTTP_ROUTE, NETWORK_PEER_ADDRESS, NETWORK_PEER_PORT,
    NETWORK_PROTOCOL_VERSION, RPC_METHOD, RPC_SYSTEM_NAME, URL_PATH, URL_QUERY, URL_SCHEME,
    USER_AGENT_ORIGINAL,
};
use crate::names;

/// Tags of an HTTP request and of a gRPC call. Tags that both have are written at the start of
/// the span.
#[derive(Debug)]
pub(crate) struct Undecided {
    pub(crate) call: String,
    pub(crate) timeout: Option<f64>,
    pub(crate) route: Option<String>,
    pub(crate) path: String,
    /// The query, without its secrets.
    pub(crate) query: Option<String>,
    pub(crate) scheme: String,
    pub(crate) version: Option<&'static str>,
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) user_agent: Option<String>,
}

impl Undecided {
    /// Writes the tags of a gRPC call to the current span.
    pub(crate) fn write_call(self) {
        span::add_tag(RPC_SYSTEM_NAME, GRPC);
        span::add_tag(RPC_METHOD, self.call);
        span::add_tag(GRPC_TIMEOUT, self.timeout);
    }

    /// Writes the name and the tags of an HTTP request to the current span.
    pub(crate) fn write_request(self) {
        // Only a `POST` can look like a call.
        let method = "POST";
        span::set_operation_name(names::of_request(method, self.route.as_deref()));
        span::add_tag(HTTP_REQUEST_METHOD, method);
        span::add_tag(HTTP_ROUTE, self.route);
        span::add_tag(URL_PATH, self.path);
        span::add_tag(URL_QUERY, self.query);
        span::add_tag(URL_SCHEME, self.scheme);
        span::add_tag(NETWORK_PROTOCOL_VERSION, self.version);
        span::add_tag(
            NETWORK_PEER_ADDRESS,
            self.peer.map(|peer| display(peer.ip())),
        );
        span::add_tag(NETWORK_PEER_PORT, self.peer.map(|peer| peer.port()));
        span::add_tag(USER_AGENT_ORIGINAL, self.user_agent);
    }
}
