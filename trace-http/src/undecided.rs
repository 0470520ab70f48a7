//! What a request that may be a call leaves to be said until its response shows what it is.
//!
//! Anyone can write the content type of a call. So that alone does not make one of a request
//! for a method that no server is known to have.

use std::net::SocketAddr;

use trace_core::{display, span};

use crate::conventions::{
    GRPC, GRPC_TIMEOUT, HTTP_REQUEST_METHOD, HTTP_ROUTE, NETWORK_PEER_ADDRESS, NETWORK_PEER_PORT,
    NETWORK_PROTOCOL_VERSION, RPC_METHOD, RPC_SYSTEM_NAME, URL_PATH, URL_QUERY, URL_SCHEME,
    USER_AGENT_ORIGINAL,
};
use crate::names;

/// Tags of the two things that a request may be. Those of both are said at its start.
#[derive(Debug)]
pub(crate) struct Undecided {
    pub(crate) call: String,
    pub(crate) timeout: Option<f64>,
    pub(crate) route: Option<String>,
    pub(crate) path: String,
    /// Without its secrets.
    pub(crate) query: Option<String>,
    pub(crate) scheme: String,
    pub(crate) version: Option<&'static str>,
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) user_agent: Option<String>,
}

impl Undecided {
    /// Says of the current span that it is a call.
    pub(crate) fn write_call(self) {
        span::add_tag(RPC_SYSTEM_NAME, GRPC);
        span::add_tag(RPC_METHOD, self.call);
        span::add_tag(GRPC_TIMEOUT, self.timeout);
    }

    /// Says of the current span that it is a request as any other.
    pub(crate) fn write_request(self) {
        // Calls have no other method.
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
