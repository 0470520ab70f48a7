//! The two ends of a call, each one line: what makes requests spans, and takes the trace
//! from one service to the next.
//!
//! It owns what the services tell the layers of `trace-http`, and the number of the request
//! that is handled. Sockets are up to `harness/`.

use trace_core::{Tracer, span};
use trace_http::{ClientLayer, ServerLayer};

/// The number of a request: in the baggage, by which all services get it, and a tag.
pub const REQUEST_ID: &str = "request.id";

/// Around the routes of a service: a span a request, of HTTP as of gRPC.
pub fn server(tracer: Tracer) -> ServerLayer {
    trace_http::server()
        .tracer(tracer)
        .on_request(|_| span::add_tag(REQUEST_ID, request_id().cast_signed()))
}

/// Around a client: a span a call, below the current one. The services are ours, and get
/// the baggage.
pub fn client() -> ClientLayer {
    trace_http::client().baggage_to(["127.0.0.1"])
}

/// The number of the request that is being handled.
pub fn request_id() -> u64 {
    let id = span::baggage(REQUEST_ID);
    id.and_then(|id| id.parse().ok()).unwrap_or(0)
}
