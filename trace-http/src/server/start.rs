//! How the span of a request begins.

use std::borrow::Cow;
use std::net::IpAddr;

use http::header::{CONTENT_LENGTH, USER_AGENT};
use http::{HeaderMap, HeaderValue, Request};
use trace_core::__private::root_at;
use trace_core::{DisplayTag, OpenSpan, RootBuilder, SpanKind, TagInput, TagSource, display, span};

use super::address::{self, Forwarded};
use super::call;
use super::options::Options;
use crate::around::original_uri;
use crate::conventions::{
    CLIENT_ADDRESS, GRPC, GRPC_TIMEOUT, HTTP_REQUEST_BODY_SIZE, HTTP_REQUEST_METHOD,
    HTTP_REQUEST_METHOD_ORIGINAL, HTTP_ROUTE, NETWORK_PEER_ADDRESS, NETWORK_PEER_PORT,
    NETWORK_PROTOCOL_VERSION, OTHER, RPC_METHOD, RPC_SYSTEM_NAME, SERVER_ADDRESS, SERVER_PORT,
    URL_PATH, URL_QUERY, URL_SCHEME, USER_AGENT_ORIGINAL,
};
use crate::exchange::{Exchange, Expected};
use crate::heads::{RequestHead, protocol_version};
use crate::hooks::{Hook, write_headers};
use crate::redact::Query;
use crate::side::Side;
use crate::{carrier, grpc, method, names, route};

/// Begins the span of a request; returns what stands for the method in its name, too.
pub(super) fn begin<B>(options: &Options, request: &Request<B>) -> (Exchange, &'static str) {
    let expected = Expected::from_request(request);
    let method = method::in_name(request.method());
    let asked = Asked::from_request(options, request);
    let call = expected.call.and_then(|_| grpc::method(asked.path));
    let mut unknown = None;
    let name = match call {
        None => names::of_request(method, asked.route),
        Some(call) => names::known_call(call).map_or_else(
            || {
                unknown = Some(Box::<str>::from(call));
                call.to_owned().into()
            },
            Cow::Borrowed,
        ),
    };
    let caller = carrier::extract(request.headers());
    let root = root_at(options.tracer.as_ref(), name, options.source)
        .kind(SpanKind::Server)
        .extracted(caller)
        .trust(options.trust);
    let span = if options.skips(asked.path) {
        root.pass_on()
    } else {
        match call {
            Some(call) => asked.start_call(root, call),
            None => asked.start_request(root),
        }
    };
    if options.says_more_of_requests() && span.is_recording() {
        span.in_scope(|| write_more(options, request));
    }
    let side = Side::Server {
        fails_when_dropped: options.fails_when_dropped,
    };
    let mut exchange = Exchange::new(span, side, expected, options.reports);
    exchange.about.unknown_call = unknown;
    (exchange, method)
}

/// What a request asks for.
struct Asked<'a> {
    /// The known method, or [`OTHER`].
    method: &'static str,
    method_original: Option<&'a str>,
    path: &'a str,
    query: RedactedQuery<'a>,
    scheme: &'a str,
    route: Option<&'a str>,
    version: Option<&'static str>,
    user_agent: Option<&'a str>,
    server_address: Option<&'a str>,
    server_port: Option<u16>,
    peer_address: Option<DisplayTag<IpAddr>>,
    peer_port: Option<u16>,
    client_address: Client<'a>,
    timeout: Option<f64>,
}

impl<'a> Asked<'a> {
    fn from_request<B>(options: &'a Options, request: &'a Request<B>) -> Self {
        let (headers, extensions) = (request.headers(), request.extensions());
        let uri = original_uri(extensions).unwrap_or(request.uri());
        let known = method::known(request.method());
        let forwarded = match options.believes_proxies {
            true => Forwarded::from_headers(headers),
            false => Forwarded::default(),
        };
        let (server_address, server_port) = address::server(&forwarded, uri, headers);
        let peer = address::peer(extensions);
        let scheme = forwarded.scheme.or(uri.scheme_str());
        Self {
            method: known.unwrap_or(OTHER),
            method_original: known.is_none().then(|| request.method().as_str()),
            path: uri.path(),
            query: RedactedQuery(uri.query().map(Query)),
            scheme: scheme.unwrap_or(&options.scheme),
            route: route::path_in(extensions),
            version: protocol_version(request.version()),
            user_agent: text(headers.get(USER_AGENT)),
            server_address,
            server_port,
            peer_address: peer.map(|peer| display(peer.ip())),
            peer_port: peer.map(|peer| peer.port()),
            client_address: match options.records_client_address {
                true => Client(forwarded.client, peer.map(|peer| display(peer.ip()))),
                false => Client(None, None),
            },
            timeout: match options.records_grpc_timeout {
                true => call::timeout(headers),
                false => None,
            },
        }
    }

    /// Source: OpenTelemetry semantic conventions 1.44, *HTTP spans*, *HTTP server*.
    fn start_request(&self, root: RootBuilder) -> OpenSpan {
        root.start_with(&[
            (HTTP_REQUEST_METHOD, &self.method),
            (HTTP_REQUEST_METHOD_ORIGINAL, &self.method_original),
            (HTTP_ROUTE, &self.route),
            (URL_PATH, &self.path),
            (URL_QUERY, &self.query),
            (URL_SCHEME, &self.scheme),
            (SERVER_ADDRESS, &self.server_address),
            (SERVER_PORT, &self.server_port),
            (NETWORK_PROTOCOL_VERSION, &self.version),
            (NETWORK_PEER_ADDRESS, &self.peer_address),
            (NETWORK_PEER_PORT, &self.peer_port),
            (CLIENT_ADDRESS, &self.client_address),
            (USER_AGENT_ORIGINAL, &self.user_agent),
        ])
    }

    /// Source: OpenTelemetry semantic conventions 1.44, *gRPC*.
    fn start_call(&self, root: RootBuilder, method: &str) -> OpenSpan {
        root.start_with(&[
            (RPC_SYSTEM_NAME, &GRPC),
            (RPC_METHOD, &method),
            (SERVER_ADDRESS, &self.server_address),
            (SERVER_PORT, &self.server_port),
            (CLIENT_ADDRESS, &self.client_address),
            (GRPC_TIMEOUT, &self.timeout),
        ])
    }
}

/// A query, if there is one. Formatted only if something in it is not recorded.
struct RedactedQuery<'a>(Option<Query<'a>>);

impl TagSource for RedactedQuery<'_> {
    fn tag_input(&self) -> TagInput<'_> {
        match &self.0 {
            None => TagInput::None,
            Some(query) if query.has_secrets() => TagInput::Display(query),
            Some(Query(text)) => TagInput::Str(text),
        }
    }
}

/// The client's address: what proxies say, or else the connection.
struct Client<'a>(Option<&'a str>, Option<DisplayTag<IpAddr>>);

impl TagSource for Client<'_> {
    fn tag_input(&self) -> TagInput<'_> {
        match self.0 {
            Some(address) => TagInput::Str(address),
            None => self.1.tag_input(),
        }
    }
}

/// Says of the current span what is asked for.
fn write_more<B>(options: &Options, request: &Request<B>) {
    if options.reports.size {
        span::add_tag(HTTP_REQUEST_BODY_SIZE, length(request.headers()));
    }
    write_headers(&options.request_headers, request.headers());
    if let Some(Hook(hook)) = &options.on_request {
        hook(&RequestHead::new(request));
    }
}

fn length(headers: &HeaderMap) -> Option<u64> {
    text(headers.get(CONTENT_LENGTH))?.parse().ok()
}

fn text(value: Option<&HeaderValue>) -> Option<&str> {
    std::str::from_utf8(value?.as_bytes()).ok()
}
