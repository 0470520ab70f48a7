//! The called end of a call: a layer that makes each request a server span.
//!
//! It reads the caller's context from the headers, describes the span, and says in it
//! what was answered. It knows nothing of sockets, which `harness/server.rs` has, and
//! writes no headers, which the calling end in `http_client.rs` does.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use trace_core::propagation::{self, Extractor};
use trace_core::{RootBuilder, SpanKind, Status, span};

use crate::harness::failure::Failure;
use crate::harness::server::App;
use crate::headers::HeaderExtractor;

/// The header with the number of a request, which the client writes.
pub const REQUEST_ID: &str = "x-request-id";

/// The same number in the baggage, by which all other services get it.
const REQUEST_BAGGAGE: &str = "request.id";

/// Continues the caller's trace, or begins one, and handles the request as the body of
/// a server span.
pub async fn trace_request(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let _under_way = app.under_way().await;
    let caller = propagation::extract(&HeaderExtractor(request.headers()));
    let span = server_span(&app, &request).extracted(caller);
    let handled = async {
        tag_request(&request);
        app.note_request(request.headers());
        let response = next.run(request).await;
        tag_response(&response);
        response
    };
    span.run(handled).await
}

/// Describes the span of a request.
///
/// Source: semantic conventions for HTTP spans, *HTTP server*.
fn server_span(app: &App, request: &Request) -> RootBuilder {
    let span = app
        .tracer()
        .root(app.service().operation_name())
        .kind(SpanKind::Server)
        .tag("http.request.method", request.method().to_string())
        .tag("url.path", request.uri().path().to_owned())
        .tag("url.scheme", "http")
        .tag("server.address", app.address().ip().to_string())
        .tag("server.port", i64::from(app.address().port()));
    match request.extensions().get::<MatchedPath>() {
        Some(route) => span.tag("http.route", route.as_str().to_owned()),
        None => span,
    }
}

/// Says in the current span which request this is, and lets its number travel.
fn tag_request(request: &Request) {
    let headers = HeaderExtractor(request.headers());
    if let Some(id) = headers.get(REQUEST_ID) {
        // An id that cannot travel was not written by the client.
        drop(span::set_baggage(REQUEST_BAGGAGE, id));
    }
    span::add_tag("request.id", request_id().cast_signed());
}

/// The number of the request that is being handled; it travels as baggage.
pub fn request_id() -> u64 {
    let id = span::baggage(REQUEST_BAGGAGE);
    id.and_then(|id| id.parse().ok()).unwrap_or(0)
}

/// Says in the current span what was answered.
fn tag_response(response: &Response) {
    let status = response.status();
    span::add_tag("http.response.status_code", i64::from(status.as_u16()));
    // Source: semantic conventions for HTTP spans, *Status*: 4xx is the caller's
    // mistake and no error of the server.
    if status.is_server_error() {
        let failure = response.extensions().get::<Failure>();
        let message = failure.map_or(status.to_string(), |failure| failure.message.clone());
        span::set_status(Status::Error(message.into()));
        span::add_tag("error.type", status.as_str());
    }
}
