//! The layer of a server, and what it can be told.

use std::borrow::Cow;
use std::panic::Location;
use std::sync::Arc;

use http::HeaderName;
use tower_layer::Layer;
use trace_core::__private::note_http_layer;
use trace_core::propagation::Propagator;
use trace_core::{Tracer, Trust};

use super::options::Options;
use super::service::ServerService;
use super::skip::Pattern;
use crate::around;
use crate::conventions::{HTTP_REQUEST_HEADER, HTTP_RESPONSE_HEADER};
use crate::heads::{RequestHead, ResponseHead};
use crate::hooks::{Hook, keyed};
use crate::mark;
use crate::panics;

/// Makes each request a span: a layer for axum, tonic, and any other service of `http`'s
/// requests.
///
/// ```
/// use axum::{Router, routing::get};
///
/// let app: Router = Router::new()
///     .route("/users/{id}", get(async || "Ferris"))
///     .layer(trace_http::server().skip("/health"));
/// ```
///
/// See [`ServerLayer`] for what is recorded.
#[track_caller]
pub fn server() -> ServerLayer {
    mark::note_layer();
    note_http_layer(around::is_within);
    ServerLayer {
        options: Arc::new(Options::new(Location::caller())),
    }
}

/// A layer whose spans are the requests that a server handles; made by [`server`].
///
/// A span goes on with the caller's trace, and lasts from the head of the request to the end
/// of the response's body; [the crate](crate#when-the-span-of-an-exchange-ends) says when
/// that is. The handler runs within it, and so does each poll of the body.
///
/// # What is recorded
///
/// The name is the method and the route, `GET /users/{id}`; without a route, such as where
/// none matched, it is the method, and never a path. For methods that
/// [are not known](crate::conventions::HTTP_REQUEST_METHOD) it is `HTTP`. The tags are those
/// that OpenTelemetry requires or recommends, but for the client's address. Signatures in
/// queries are replaced by `REDACTED`.
///
/// Statuses from 500 on are errors, without a description. A request that is dropped before
/// its end, as the client went away or a timeout outside has struck, is cancelled, and also
/// an error, with `error.type = cancelled`. A handler that panics has panicked, also if
/// something inside makes a response of that, and its text is recorded as that of an error:
/// see [`without_panic_hook`](Self::without_panic_hook). A response whose body ends before its
/// `content-length` is an error, as the connection fails.
///
/// Calls of gRPC, and of gRPC-Web, have the name and the tags of calls: see
/// [`grpc`](crate::grpc).
///
/// # Where to put it
///
/// | | routes |
/// |---|---|
/// | `Router::layer`, after all routes | are known at once, also to the sampler |
/// | around a router, as `ServiceBuilder` puts it | need [`route`](crate::route()) inside the router; `trace_core::diagnostics` says so |
/// | around another router | need a [`Route`](crate::Route) in the response's extensions |
///
/// axum calls a layer of `Router::layer` for the routes that were added before it, and for the
/// fallback. If a request passes two of these layers, only the first makes a span, and
/// `trace_core::diagnostics` says so, whatever is between them. A request that a handler makes
/// to a service of the same process is another one, with a span of its own, also if it is a
/// copy of the handler's own request.
///
/// `axum::serve` takes no `server().layer(router)`, whose bodies are not axum's. Make a router
/// of it again, or put the layer, with others, into `Router::layer`:
///
/// ```
/// use axum::{Router, routing::get};
/// use tower::ServiceBuilder;
///
/// let router: Router = Router::new().route("/users/{id}", get(async || "Ferris"));
/// // Around the router.
/// let around = trace_http::server().layer(router.clone().layer(trace_http::route()));
/// let app: Router = Router::new().fallback_service(around);
/// // Inside: around each route and the fallback.
/// let app: Router = router.layer(ServiceBuilder::new().layer(trace_http::server()));
/// ```
///
/// An upgraded connection, such as a WebSocket, goes on after its request: its span ends with
/// the head of the response. The task that serves it inherits nothing:
/// make roots of its messages, linked to the request's context.
///
/// # Bodies
///
/// The body of a response becomes a [`TracedBody`](crate::TracedBody). That of the request
/// stays what it is, and the handler reads it within the span.
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is around a service"]
pub struct ServerLayer {
    options: Arc<Options>,
}

impl ServerLayer {
    /// Puts the layer around a service, as [`Layer::layer`] does, which need not be imported.
    pub fn layer<S>(&self, inner: S) -> ServerService<S> {
        if self.options.sees_caught_panics {
            panics::watch();
        }
        ServerService::new(inner, Arc::clone(&self.options))
    }

    fn with(mut self, change: impl FnOnce(&mut Options)) -> Self {
        change(Arc::make_mut(&mut self.options));
        self
    }

    /// Records nothing of requests for this path; `*` in it is any text. The path is the whole
    /// one, also in a nested router, and begins with `/`, which is added if it is missing.
    ///
    /// The caller's context still passes to what the handler calls, as far as the caller is
    /// [trusted](Self::trust): with [`Trust::Restart`] nothing passes, and with
    /// [`Trust::Capped`] it takes from the allowance, and passes as "not sampled" if none is
    /// left.
    ///
    /// May be called several times.
    pub fn skip(self, path: impl Into<Cow<'static, str>>) -> Self {
        self.with(|options| options.skipped.push(Pattern::new(path.into())))
    }

    /// Sets the formats of the headers that say who calls. Default:
    /// [`InstalledPropagator`](trace_core::propagation::InstalledPropagator): `traceparent`,
    /// `tracestate` and `baggage`, or what `OTEL_PROPAGATORS` asks for, if
    /// `trace_otlp::from_env` has set the tracer up.
    pub fn propagator(self, propagator: impl Propagator + 'static) -> Self {
        self.with(|options| options.propagator = Some(Arc::new(propagator)))
    }

    /// Sets how far callers are trusted. Default: [`Trust::Continue`].
    pub fn trust(self, trust: Trust) -> Self {
        self.with(|options| options.trust = trust)
    }

    /// Sets the tracer. Default: the one that is current when a request comes.
    pub fn tracer(self, tracer: Tracer) -> Self {
        self.with(|options| options.tracer = Some(tracer))
    }

    /// Sets the scheme of requests that do not say it, as those of HTTP/1 do not. Default:
    /// `http`.
    pub fn scheme(self, scheme: impl Into<Cow<'static, str>>) -> Self {
        self.with(|options| options.scheme = scheme.into())
    }

    /// Believes what proxies say of the client and of what it asked for: `Forwarded`, and
    /// `X-Forwarded-For`, `-Host` and `-Proto`. Anybody can send these headers: for servers
    /// that only a proxy can reach.
    pub fn believe_proxies(self) -> Self {
        self.with(|options| options.believes_proxies = true)
    }

    /// Records the client's address: what proxies say, if they are
    /// [believed](Self::believe_proxies), or else the other end of the connection, if that is
    /// known (axum's `ConnectInfo`, or a [`PeerAddress`](crate::PeerAddress)).
    pub fn record_client_address(self) -> Self {
        self.with(|options| options.records_client_address = true)
    }

    /// Records the bytes of bodies: the request's, if its length is announced, and those of
    /// the response that were given.
    pub fn record_body_sizes(self) -> Self {
        self.with(|options| options.reports.size = true)
    }

    /// Records when the head of the response and the first byte of its body were there, as
    /// logs `http.response.head` and `http.response.first_byte`.
    pub fn record_times(self) -> Self {
        self.with(|options| options.reports.times = true)
    }

    /// Records headers of the request, as arrays `http.request.header.<name>`. Think of what
    /// is secret in them.
    pub fn record_request_headers(self, names: impl IntoIterator<Item = HeaderName>) -> Self {
        let names = keyed(HTTP_REQUEST_HEADER, names);
        self.with(|options| options.extras.request_headers.extend(names))
    }

    /// Records headers of the response, as arrays `http.response.header.<name>`.
    pub fn record_response_headers(self, names: impl IntoIterator<Item = HeaderName>) -> Self {
        let names = keyed(HTTP_RESPONSE_HEADER, names);
        self.with(|options| options.extras.response_headers.extend(names))
    }

    /// Records how long the caller of gRPC waits, in seconds, as
    /// [`grpc.timeout`](crate::conventions::GRPC_TIMEOUT).
    pub fn record_grpc_timeout(self) -> Self {
        self.with(|options| options.records_grpc_timeout = true)
    }

    /// Counts requests that are dropped before their end as cancelled alone, and not as errors.
    /// For servers whose clients leave as they like, such as those of streams.
    pub fn dropped_is_no_error(self) -> Self {
        self.with(|options| options.fails_when_dropped = false)
    }

    /// Does not look for panics that something inside catches, as tower-http's `CatchPanic`
    /// does: they are errors by their status then. Nor are the texts of panics recorded, unless
    /// another layer sees them.
    ///
    /// To see them, the layer sets a hook of panics, once in the process. It counts the panics
    /// of each thread, keeps the text of the last one, and calls the hook that was there
    /// before. A hook that is set later in its place does not count them, unless it calls it.
    pub fn without_panic_hook(self) -> Self {
        self.with(|options| options.sees_caught_panics = false)
    }

    /// Sends the trace's id in a header of the response, as 32 lower-case hex digits.
    pub fn trace_id_header(self, name: HeaderName) -> Self {
        self.with(|options| options.trace_id_header = Some(name))
    }

    /// Calls a hook for each request that is recorded, within its span. If it panics, the
    /// request goes on.
    ///
    /// ```
    /// use trace_core::span;
    ///
    /// let layer = trace_http::server().on_request(|request| {
    ///     span::add_tag("app.has_session", request.headers.contains_key("cookie"));
    /// });
    /// # let _ = layer;
    /// ```
    pub fn on_request(self, hook: impl Fn(&RequestHead<'_>) + Send + Sync + 'static) -> Self {
        self.with(|options| options.extras.on_request = Some(Hook(Arc::new(hook))))
    }

    /// Calls a hook for each response of a request that is recorded, within its span. If it
    /// panics, the response goes on.
    pub fn on_response(self, hook: impl Fn(&ResponseHead<'_>) + Send + Sync + 'static) -> Self {
        self.with(|options| options.extras.on_response = Some(Hook(Arc::new(hook))))
    }
}

impl<S> Layer<S> for ServerLayer {
    type Service = ServerService<S>;

    fn layer(&self, inner: S) -> ServerService<S> {
        // The method of its own, which comes first.
        Self::layer(self, inner)
    }
}
