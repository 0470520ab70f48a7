//! Begins the span of one attempt, and sends the context.

use std::panic::Location;
use std::sync::Arc;

use http::header::HOST;
use http::{HeaderMap, Uri};
use trace_core::__private::start_at;
use trace_core::{SpanKind, display, span};

use super::hosts::Target;
use super::options::Options;
use super::outgoing::Share;
use super::resend::ResendCount;
use super::running::Running;
use crate::conventions::{
    GRPC, GRPC_TIMEOUT, HTTP_REQUEST_BODY_SIZE, HTTP_REQUEST_RESEND_COUNT, RPC_METHOD,
    RPC_SYSTEM_NAME, SERVER_ADDRESS, SERVER_PORT, URL_FULL,
};
use crate::exchange::Exchange;
use crate::expected::Expected;
use crate::heads::{RequestHead, content_length};
use crate::host::{default_port, split_port};
use crate::redact::Url;
use crate::side::Side;
use crate::{grpc, method};

/// A request that is ready to be sent. Its span has begun, if it is recorded.
#[derive(Debug)]
pub(crate) struct Attempt {
    share: Share,
    running: Option<Running>,
}

impl Attempt {
    /// Begins the span of a request as a child of the current span. `source` is the place of
    /// the span in the source. `size` is the size of the body in bytes, for a client that knows
    /// it.
    pub(crate) fn begin(
        options: &Arc<Options>,
        source: &'static Location<'static>,
        head: &RequestHead<'_>,
        size: Option<u64>,
    ) -> Self {
        let target = || Target::from_head(head.uri, head.headers);
        let share = options.outgoing.share_with(target);
        let expected = || Expected::new(head.method, head.version, head.headers, head.uri.path());
        let call = || grpc::method(head.uri.path()).filter(|_| expected().is_call);
        let name = || call().unwrap_or_else(|| method::in_name(head.method));
        let running = start_at(name, SpanKind::Client, source).map(|span| {
            span.in_scope(|| {
                write(options, target(), call(), head);
                write_more(options, call().is_some(), head, size);
                options.extras.write_request(head);
            });
            let exchange = Exchange::new(span, Side::Client, expected(), options.reports);
            Running::new(exchange, options)
        });
        Self { share, running }
    }

    /// Keeps baggage that is already in the headers of the request, unless it is replaced.
    #[cfg(feature = "reqwest")]
    pub(crate) fn keeping_baggage(mut self) -> Self {
        self.share = self.share.keeping_baggage();
        self
    }

    /// Writes the context into the headers of a request, and sends the request within the
    /// span. Returns the result of `send`, and the running attempt, which keeps the span until
    /// the response is ready.
    pub(crate) fn send<Q, R>(
        self,
        options: &Options,
        mut request: Q,
        headers: impl FnOnce(&mut Q) -> &mut HeaderMap,
        send: impl FnOnce(Q) -> R,
    ) -> (R, Option<Running>) {
        let Self { share, running } = self;
        let span = running.as_ref().map(Running::span);
        options.outgoing.inject(share, span, headers(&mut request));
        let sent = match span {
            Some(span) => span.in_scope(|| send(request)),
            None => send(request),
        };
        (sent, running)
    }
}

/// Writes tags of the request to the current span.
///
/// Source: OpenTelemetry semantic conventions 1.44, *HTTP client* and *gRPC*.
fn write(options: &Options, target: Target<'_>, call: Option<&str>, head: &RequestHead<'_>) {
    span::add_tag(SERVER_ADDRESS, target.host);
    span::add_tag(SERVER_PORT, target.port);
    if let Some(method) = call {
        span::add_tag(RPC_SYSTEM_NAME, GRPC);
        span::add_tag(RPC_METHOD, method);
        return;
    }
    method::write(head.method);
    if head.uri.authority().is_some() {
        let hidden = options.secrets.hide_in(head.uri);
        span::add_tag(URL_FULL, display(Url(hidden.as_ref().unwrap_or(head.uri))));
    }
    let ResendCount(count) = ResendCount::in_extensions(head.extensions);
    if count > 0 {
        span::add_tag(HTTP_REQUEST_RESEND_COUNT, count);
    }
}

/// Writes optional tags of the request to the current span.
fn write_more(options: &Options, is_call: bool, head: &RequestHead<'_>, size: Option<u64>) {
    if options.records_grpc_timeout && is_call {
        span::add_tag(GRPC_TIMEOUT, grpc::timeout(head.headers));
    }
    if options.reports.size {
        let announced = content_length(head.headers);
        span::add_tag(HTTP_REQUEST_BODY_SIZE, announced.or(size));
    }
}

impl<'a> Target<'a> {
    /// Finds the host to which a request goes, in its address, or else in the header `Host`.
    fn from_head(uri: &'a Uri, headers: &'a HeaderMap) -> Self {
        let Some(host) = uri.host() else {
            let host = headers.get(HOST).and_then(|host| host.to_str().ok());
            let (host, port) = host.map_or(("", None), split_port);
            let host = (!host.is_empty()).then_some(host);
            return Self { host, port };
        };
        let (host, _) = split_port(host);
        let default = uri.scheme_str().and_then(default_port);
        Self {
            host: Some(host),
            port: uri.port_u16().or(default),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_says_where_a_request_goes() {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, "[::1]:8080".parse().unwrap());
        let found = |uri: &'static str, headers| {
            let uri = Uri::from_static(uri);
            let found = Target::from_head(&uri, headers);
            (found.host.map(str::to_owned), found.port)
        };
        let host = |host: &str| Some(host.to_owned());
        assert_eq!(
            found("http://me@shop/a", &headers),
            (host("shop"), Some(80))
        );
        assert_eq!(found("https://shop/", &headers), (host("shop"), Some(443)));
        assert_eq!(found("https://[::2]:1/", &headers), (host("::2"), Some(1)));
        assert_eq!(found("/a", &headers), (host("::1"), Some(8080)));
        assert_eq!(found("/a", &HeaderMap::new()), (None, None));
    }
}
