//! The layer for servers, and its options.

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

/// Returns a layer that records a span for each request. Use it with axum, tonic, or any other
/// service for requests of `http`.
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

/// A layer that records a server span for each request. Made by [`server`].
///
/// The span continues the caller's trace. It begins at the head of the request, and ends with
/// the body of the response; see [the crate](crate#when-the-span-of-an-exchange-ends). The
/// handler and each poll of the body run within the span.
///
/// # What is recorded
///
/// The name is the method and the route, such as `GET /users/{id}`. Without a route, such as
/// when none matched, the name is the method alone. The name never contains the path. A method
/// that is [not known](crate::conventions::HTTP_REQUEST_METHOD) is replaced by `HTTP`. The
/// tags are those that OpenTelemetry requires or recommends, except for the client's address.
/// `network.peer.address` and `network.peer.port` are the other end of the connection. axum
/// only knows it if you serve `app.into_make_service_with_connect_info::<SocketAddr>()`: see
/// [`PeerAddress`](crate::PeerAddress). OpenTelemetry has no such tags for gRPC calls.
/// Signatures in queries are replaced by `REDACTED`.
///
/// Statuses from 500 on are errors, without a description. If the client closes the
/// connection, or the timeout of an outer layer expires, the request is dropped before its
/// end. Its span is then cancelled, and also an error, with `error.type = cancelled`. If the
/// body of a response is shorter or longer than its `content-length`, the span is an error,
/// because the connection or the stream breaks. In HTTP/1, servers never ask for what follows
/// the announced bytes, and correct the length of an empty body. Neither is an error.
///
/// If a handler panics, the outcome is panicked, and the text of the panic is recorded as an
/// error. This is also the case if an inner layer catches the panic and returns a status from
/// 500 on: see [`without_panic_hook`](Self::without_panic_hook).
///
/// gRPC and gRPC-Web calls have their own names and tags: see [`grpc`](crate::grpc).
///
/// # Where to put it
///
/// | | routes |
/// |---|---|
/// | `Router::layer`, after all routes | are known from the start, also to the sampler |
/// | around a router of axum, such as with `ServiceBuilder` | need [`route`](crate::route()) inside the router, or have names without routes |
/// | `Router::layer`, for a router that was added by `nest_service` | need [`route`](crate::route()) inside the added router; without it, its requests have no route |
/// | around another router | need a [`Route`](crate::Route) in the response's extensions |
///
/// axum calls a layer of `Router::layer` for the routes that were added before it, and for the
/// fallback. If a request passes two of these layers, only the outer one records a span, and
/// `trace_core::diagnostics` reports it, even if other layers are between the two. If a
/// handler sends a request to a service of the same process, this request has its own span,
/// even if it is a copy of the handler's request. But a handler that passes on its request
/// itself has not begun a new one: send it through [`client`](crate::client()), or copy it.
///
/// A layer between the two that copies requests, such as a retry or code that copies the parts
/// of a request, makes new ones, which have their own spans. In a process with one layer value
/// that is around two services, the first request may have two spans.
///
/// `axum::serve` does not accept `server().layer(router)`, because its bodies are not axum's.
/// Put that service into a new router, or pass the layer, with others, to `Router::layer`:
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
/// An upgraded connection, such as a WebSocket, outlives its request, whose span ends at the
/// head of the response. The task that serves the connection inherits no trace. Begin a root
/// for each message, with a link to the context of the request.
///
/// # Bodies
///
/// The body of a response becomes a [`TracedBody`](crate::TracedBody). The body of the request
/// is unchanged, and the handler reads it within the span.
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is around a service"]
pub struct ServerLayer {
    options: Arc<Options>,
}

impl ServerLayer {
    /// Puts the layer around a service. Does the same as [`Layer::layer`], but needs no import
    /// of the trait.
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

    /// Does not record requests for this path. A `*` in it matches any text. It is compared
    /// with the whole path, also in a nested router. A `/` at its start is added if it is
    /// missing, except before a `*`.
    ///
    /// Requests that the handler sends still carry the caller's context, depending on the
    /// [trust](Self::trust) in the caller. With [`Trust::Restart`], they carry no context.
    /// With [`Trust::Capped`], a context that is sampled or leaves the decision open takes
    /// from the limit. Above the limit, it is passed on as "not sampled".
    ///
    /// May be called several times.
    pub fn skip(self, path: impl Into<Cow<'static, str>>) -> Self {
        self.with(|options| options.skipped.push(Pattern::new(path.into())))
    }

    /// Sets the header formats of the caller's context. Default:
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

    /// Sets the tracer. Default: the tracer that is current when a request arrives.
    pub fn tracer(self, tracer: Tracer) -> Self {
        self.with(|options| options.tracer = Some(tracer))
    }

    /// Sets the scheme of requests that do not contain one, such as those of HTTP/1. Default:
    /// `http`.
    pub fn scheme(self, scheme: impl Into<Cow<'static, str>>) -> Self {
        self.with(|options| options.scheme = scheme.into())
    }

    /// Uses the headers in which proxies describe the client and its request: `Forwarded`, and
    /// `X-Forwarded-For`, `-Host` and `-Proto`. Any client can send these headers. So use this
    /// only if the server cannot be reached without a proxy.
    pub fn believe_proxies(self) -> Self {
        self.with(|options| options.believes_proxies = true)
    }

    /// Records the client's address. It comes from the headers of proxies, if they are
    /// [believed](Self::believe_proxies). Otherwise, it is the other end of the connection, if
    /// axum, tonic or a [`PeerAddress`](crate::PeerAddress) shows it.
    pub fn record_client_address(self) -> Self {
        self.with(|options| options.records_client_address = true)
    }

    /// Hides the values of this parameter in queries, as `REDACTED`, in `url.query`. Case does not
    /// matter. The values of [names of secrets](trace_core::redaction::is_secret_parameter),
    /// such as `token`, are always hidden. May be called several times.
    ///
    /// ```
    /// let layer = trace_http::server().redact_query("pin").redact_query("session");
    /// # let _ = layer;
    /// ```
    pub fn redact_query(self, parameter: impl Into<Cow<'static, str>>) -> Self {
        self.with(|options| options.secrets.add(parameter.into()))
    }

    /// Records the sizes of bodies in bytes: that of the request, if it has a
    /// `content-length`, and that of the response, as far as the body was read.
    pub fn record_body_sizes(self) -> Self {
        self.with(|options| options.reports.size = true)
    }

    /// Records when the head of the response and the first byte of its body were ready, as
    /// logs `http.response.head` and `http.response.first_byte`.
    pub fn record_times(self) -> Self {
        self.with(|options| options.reports.times = true)
    }

    /// Records headers of the request, as arrays `http.request.header.<name>`. Secrets in them
    /// are not removed.
    pub fn record_request_headers(self, names: impl IntoIterator<Item = HeaderName>) -> Self {
        let names = keyed(HTTP_REQUEST_HEADER, names);
        self.with(|options| options.extras.request_headers.extend(names))
    }

    /// Records headers of the response, as arrays `http.response.header.<name>`.
    pub fn record_response_headers(self, names: impl IntoIterator<Item = HeaderName>) -> Self {
        let names = keyed(HTTP_RESPONSE_HEADER, names);
        self.with(|options| options.extras.response_headers.extend(names))
    }

    /// Records the timeout that a gRPC caller has set, in seconds, as
    /// [`grpc.timeout`](crate::conventions::GRPC_TIMEOUT).
    pub fn record_grpc_timeout(self) -> Self {
        self.with(|options| options.records_grpc_timeout = true)
    }

    /// Records requests that are dropped before their end as cancelled, but not as errors. Use
    /// it for servers whose clients may disconnect at any time, such as servers of streams.
    pub fn dropped_is_no_error(self) -> Self {
        self.with(|options| options.fails_when_dropped = false)
    }

    /// Does not detect panics that an inner layer catches, such as tower-http's `CatchPanic`.
    /// Such a request is then an error because of its status.
    ///
    /// To detect these panics, the layer sets a panic hook, once in the process. The hook
    /// counts the panics of each thread, keeps the text of the last one, and calls the
    /// previous hook. If you set another hook later, it must call this one, or caught panics
    /// are not detected.
    ///
    /// A panic counts if it was caught on the same thread while the response was made, and the
    /// status is from 500 on. So this may also be a panic that has nothing to do with the
    /// status. The hook does not see panics that are resumed, such as those of another thread.
    pub fn without_panic_hook(self) -> Self {
        self.with(|options| options.sees_caught_panics = false)
    }

    /// Sends the trace's id in a header of the response, as 32 lower-case hex digits.
    pub fn trace_id_header(self, name: HeaderName) -> Self {
        self.with(|options| options.trace_id_header = Some(name))
    }

    /// Calls a hook for each request that is recorded. The hook runs within the span. If the
    /// hook panics, the request is still handled.
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

    /// Calls a hook for each response to a request that is recorded. The hook runs within the
    /// span. If the hook panics, the response is still sent.
    pub fn on_response(self, hook: impl Fn(&ResponseHead<'_>) + Send + Sync + 'static) -> Self {
        self.with(|options| options.extras.on_response = Some(Hook(Arc::new(hook))))
    }
}

impl<S> Layer<S> for ServerLayer {
    type Service = ServerService<S>;

    fn layer(&self, inner: S) -> ServerService<S> {
        // This calls the inherent method, which takes precedence.
        Self::layer(self, inner)
    }
}
