//! How the span of a request begins.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::net::{IpAddr, SocketAddr};

use http::header::USER_AGENT;
use http::{HeaderMap, HeaderValue, Method, Request, Uri, Version};
use trace_core::__private::{LayerRoot, Started, UnrecordedSpan};
use trace_core::{
    DisplayTag, OpenSpan, SpanKind, TagInput, TagSource, TraceContext, Trust, display, span,
};

use super::address::{self, Forwarded};
use super::options::Options;
use crate::around::{Handled, original_uri};
use crate::conventions::{
    CLIENT_ADDRESS, GRPC, GRPC_TIMEOUT, HTTP_REQUEST_BODY_SIZE, HTTP_REQUEST_METHOD,
    HTTP_REQUEST_METHOD_ORIGINAL, HTTP_ROUTE, NETWORK_PEER_ADDRESS, NETWORK_PEER_PORT,
    NETWORK_PROTOCOL_VERSION, OTHER, RPC_METHOD, RPC_SYSTEM_NAME, SERVER_ADDRESS, SERVER_PORT,
    URL_PATH, URL_QUERY, URL_SCHEME, USER_AGENT_ORIGINAL,
};
use crate::exchange::Exchange;
use crate::expected::Expected;
use crate::heads::{RequestHead, content_length, protocol_version};
use crate::redact::Query;
use crate::side::Side;
use crate::undecided::Undecided;
use crate::{grpc, method, names, route};

/// A request whose span has begun.
pub(super) struct Begun {
    pub(super) span: BegunSpan,
    pub(super) handled: Handled,
    /// The text for the method in the name of the span.
    pub(super) method: &'static str,
    /// Whether the route is known.
    pub(super) has_route: bool,
    pub(super) is_skipped: bool,
}

/// The span of a request.
pub(super) enum BegunSpan {
    Exchange(Exchange),
    /// The span is not recorded, and the request is not a gRPC call. An unrecorded call is an
    /// `Exchange`, because its response may show that the method exists.
    Unrecorded(UnrecordedSpan),
}

/// Begins the span of a request. A context in the headers takes precedence over a captured
/// one.
pub(super) fn begin<B>(
    options: &Options,
    request: &Request<B>,
    captured: Option<&TraceContext>,
) -> Begun {
    let known = method::known(request.method());
    let method = known.unwrap_or("HTTP");
    let asked = Asked::from_request(options, request);
    let expected = Expected::new(
        request.method(),
        request.version(),
        request.headers(),
        asked.uri.path(),
    );
    let call = match expected.is_call {
        true => grpc::method(asked.uri.path()),
        false => None,
    };
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
    let mut caller = options.caller(request.headers());
    let handled = Handled::new(request);
    let mut trust = options.trust;
    if let (None, Some(captured)) = (&caller.context, captured) {
        caller.context = Some(captured.clone());
        // It is a context of this process, and not of a caller.
        trust = Trust::Continue;
    }
    let root = LayerRoot::new(
        options.tracer.as_ref(),
        &name,
        SpanKind::Server,
        options.source,
        caller,
        trust,
    );
    let has_route = asked.route.is_some();
    let is_skipped = options.skips(asked.uri.path());
    let started = if is_skipped {
        Started::Unrecorded(root.pass_on())
    } else {
        match call {
            Some(call) if unknown.is_some() => asked.start_undecided(&root, call),
            Some(call) => asked.start_call(&root, call),
            None => asked.start_request(&root, known),
        }
    };
    let span = match started {
        Started::Unrecorded(span) if !expected.is_call => {
            return Begun {
                span: BegunSpan::Unrecorded(span),
                handled,
                method,
                has_route,
                is_skipped,
            };
        }
        Started::Unrecorded(span) => OpenSpan::from(span),
        Started::Recorded(span) => span,
    };
    if options.says_more_of_requests() && span.is_recording() {
        span.in_scope(|| write_more(options, request));
    }
    let side = Side::Server {
        fails_when_dropped: options.fails_when_dropped,
    };
    let mut exchange = Exchange::new(span, side, expected, options.reports);
    if let Some(call) = unknown.as_deref().filter(|_| exchange.span.is_recording()) {
        exchange.about.undecided = Some(Box::new(asked.undecided(call)));
    }
    exchange.about.unknown_call = unknown;
    Begun {
        span: BegunSpan::Exchange(exchange),
        handled,
        method,
        has_route,
        is_skipped,
    }
}

/// The parts of a request that become tags. Most are read only if the sampler or the span
/// needs them.
struct Asked<'a> {
    options: &'a Options,
    headers: &'a HeaderMap,
    method: &'a Method,
    /// The address, with the whole path also in a nested router.
    uri: &'a Uri,
    version: Version,
    route: Option<&'a str>,
    forwarded: Forwarded<'a>,
    peer: Option<SocketAddr>,
}

impl<'a> Asked<'a> {
    fn from_request<B>(options: &'a Options, request: &'a Request<B>) -> Self {
        let (headers, extensions) = (request.headers(), request.extensions());
        Self {
            options,
            headers,
            method: request.method(),
            uri: original_uri(extensions).unwrap_or(request.uri()),
            version: request.version(),
            route: route::path_in(extensions),
            forwarded: match options.believes_proxies {
                true => Forwarded::from_headers(headers),
                false => Forwarded::default(),
            },
            peer: address::peer(extensions),
        }
    }

    fn server(&self) -> (Option<&'a str>, Option<u16>) {
        address::server(&self.forwarded, self.scheme(), self.uri, self.headers)
    }

    fn scheme(&self) -> &'a str {
        let scheme = self.forwarded.scheme.or(self.uri.scheme_str());
        scheme.unwrap_or(&self.options.scheme)
    }

    /// Source: OpenTelemetry semantic conventions 1.44, *HTTP spans*, *HTTP server*.
    fn start_request(&self, root: &LayerRoot<'_>, known: Option<&'static str>) -> Started {
        let original = known.is_none().then(|| self.method.as_str());
        let query = self.query();
        let query = query.as_deref().map(Query);
        let peer = self.peer.map(|peer| display(peer.ip()));
        let client = self.client(peer.as_ref());
        root.start(&[
            (HTTP_REQUEST_METHOD, &known.unwrap_or(OTHER)),
            (HTTP_REQUEST_METHOD_ORIGINAL, &original),
            (HTTP_ROUTE, &self.route),
            (URL_PATH, &self.uri.path()),
            (URL_QUERY, &Read::new(|| query_input(query.as_ref()))),
            (URL_SCHEME, &Read::new(|| TagInput::Str(self.scheme()))),
            (SERVER_ADDRESS, &Read::text(|| self.server().0)),
            (SERVER_PORT, &Read::number(|| self.server().1)),
            (NETWORK_PROTOCOL_VERSION, &protocol_version(self.version)),
            (NETWORK_PEER_ADDRESS, &peer),
            (NETWORK_PEER_PORT, &self.peer.map(|peer| peer.port())),
            (CLIENT_ADDRESS, &client),
            (
                USER_AGENT_ORIGINAL,
                &Read::text(|| text(self.headers.get(USER_AGENT))),
            ),
        ])
    }

    /// Source: OpenTelemetry semantic conventions 1.44, *gRPC*.
    fn start_call(&self, root: &LayerRoot<'_>, method: &str) -> Started {
        let peer = self.peer.map(|peer| display(peer.ip()));
        root.start(&[
            (RPC_SYSTEM_NAME, &GRPC),
            (RPC_METHOD, &method),
            (SERVER_ADDRESS, &Read::text(|| self.server().0)),
            (SERVER_PORT, &Read::number(|| self.server().1)),
            (CLIENT_ADDRESS, &self.client(peer.as_ref())),
            (GRPC_TIMEOUT, &self.timeout()),
        ])
    }

    /// Starts a span with the first three tags, which HTTP requests and gRPC calls share. The
    /// sampler sees the tags of both.
    fn start_undecided(&self, root: &LayerRoot<'_>, call: &str) -> Started {
        let peer = self.peer.map(|peer| display(peer.ip()));
        let query = self.query();
        let query = query.as_deref().map(Query);
        let tags: &[(&str, &dyn TagSource)] = &[
            (SERVER_ADDRESS, &Read::text(|| self.server().0)),
            (SERVER_PORT, &Read::number(|| self.server().1)),
            (CLIENT_ADDRESS, &self.client(peer.as_ref())),
            (HTTP_REQUEST_METHOD, &self.method.as_str()),
            (HTTP_ROUTE, &self.route),
            (URL_PATH, &self.uri.path()),
            (URL_QUERY, &Read::new(|| query_input(query.as_ref()))),
            (URL_SCHEME, &Read::new(|| TagInput::Str(self.scheme()))),
            (
                USER_AGENT_ORIGINAL,
                &Read::text(|| text(self.headers.get(USER_AGENT))),
            ),
            (RPC_SYSTEM_NAME, &GRPC),
            (RPC_METHOD, &call),
            (GRPC_TIMEOUT, &self.timeout()),
        ];
        root.start_with_first(3, tags)
    }

    /// Returns the tags that are written when the response arrives.
    fn undecided(&self, call: &str) -> Undecided {
        Undecided {
            call: call.to_owned(),
            timeout: self.timeout(),
            route: self.route.map(str::to_owned),
            path: self.uri.path().to_owned(),
            query: self.query().map(|query| Query(&query).to_string()),
            scheme: self.scheme().to_owned(),
            version: protocol_version(self.version),
            peer: self.peer,
            user_agent: text(self.headers.get(USER_AGENT)).map(str::to_owned),
        }
    }

    /// Returns the query without the values that the application keeps secret.
    fn query(&self) -> Option<Cow<'a, str>> {
        self.uri
            .query()
            .map(|query| self.options.secrets.hide(query))
    }

    fn timeout(&self) -> Option<f64> {
        match self.options.records_grpc_timeout {
            true => grpc::timeout(self.headers),
            false => None,
        }
    }

    /// Returns the client's address: from headers of proxies, or else from the connection.
    fn client<'b>(&self, peer: Option<&'b DisplayTag<IpAddr>>) -> Client<'b>
    where
        'a: 'b,
    {
        match self.options.records_client_address {
            true => Client(self.forwarded.client, peer),
            false => Client(None, None),
        }
    }
}

/// Returns a query as a tag. It is formatted only if it contains secrets.
fn query_input<'a>(query: Option<&'a Query<'a>>) -> TagInput<'a> {
    match query {
        None => TagInput::None,
        Some(query) if query.has_secrets() => TagInput::Display(query),
        Some(Query(text)) => TagInput::Str(text),
    }
}

/// A tag whose value is read only when it is needed.
struct Read<'a, F>(F, PhantomData<&'a ()>);

impl<'a, F: Fn() -> TagInput<'a>> Read<'a, F> {
    const fn new(read: F) -> Self {
        Self(read, PhantomData)
    }
}

impl<'a> Read<'a, ()> {
    fn text(read: impl Fn() -> Option<&'a str>) -> Read<'a, impl Fn() -> TagInput<'a>> {
        Read::new(move || read().map_or(TagInput::None, TagInput::Str))
    }

    fn number(read: impl Fn() -> Option<u16>) -> Read<'a, impl Fn() -> TagInput<'a>> {
        Read::new(move || read().map_or(TagInput::None, |number| TagInput::I64(number.into())))
    }
}

impl<'a, F: Fn() -> TagInput<'a>> TagSource for Read<'a, F> {
    fn tag_input(&self) -> TagInput<'_> {
        (self.0)()
    }

    /// The implementation only reads a part of the request.
    fn __traced_is_plain(&self) -> bool {
        true
    }
}

/// See [`Asked::client`].
struct Client<'a>(Option<&'a str>, Option<&'a DisplayTag<IpAddr>>);

impl TagSource for Client<'_> {
    fn tag_input(&self) -> TagInput<'_> {
        match self.0 {
            Some(address) => TagInput::Str(address),
            None => self.1.tag_input(),
        }
    }

    fn __traced_is_plain(&self) -> bool {
        true
    }
}

/// Writes the optional tags of a request to the current span.
fn write_more<B>(options: &Options, request: &Request<B>) {
    if options.reports.size {
        span::add_tag(HTTP_REQUEST_BODY_SIZE, content_length(request.headers()));
    }
    options.extras.write_request(&RequestHead::new(request));
}

fn text(value: Option<&HeaderValue>) -> Option<&str> {
    std::str::from_utf8(value?.as_bytes()).ok()
}
