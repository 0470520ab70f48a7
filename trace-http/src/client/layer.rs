//! The layer for clients, and its options.

use std::borrow::Cow;
use std::panic::Location;
use std::sync::Arc;

use http::HeaderName;
use tower_layer::Layer;
use trace_core::__private::{note_http_layer, unmatched_hosts};
use trace_core::propagation::Propagator;

use super::hosts::Hosts;
use super::options::Options;
use super::service::ClientService;
use crate::around;
use crate::conventions::{HTTP_REQUEST_HEADER, HTTP_RESPONSE_HEADER};
use crate::heads::{RequestHead, ResponseHead};
use crate::hooks::{Hook, keyed};

/// Returns a layer that records a span for each attempt to send a request, and sends the
/// context with the request. Use it with hyper-util's client, tonic's channel, or any other
/// service for requests of `http`.
///
/// ```
/// # async fn example() -> Result<(), tower::BoxError> {
/// use http::{Request, Response};
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
///
/// let client = ServiceBuilder::new()
///     .layer(trace_http::client().baggage_to(["*.internal"]))
///     .service(service_fn(async |_request: Request<String>| {
///         Ok::<_, std::io::Error>(Response::new(String::from("Ferris"))) // a real client here
///     }));
/// let request = Request::get("http://users.internal/7").body(String::new())?;
/// let response = client.oneshot(request).await?;
/// # Ok(())
/// # }
/// ```
///
/// See [`ClientLayer`] for what is recorded.
#[track_caller]
pub fn client() -> ClientLayer {
    note_http_layer(around::is_within);
    ClientLayer {
        options: Arc::new(Options::new(Location::caller())),
    }
}

/// A layer that records a client span for each attempt. Made by [`client`].
///
/// The parent of a span is the span that is current when the service is called. Without a
/// current span, nothing is recorded, because a client begins no trace.
///
/// The layer records each attempt. So put layers that retry requests or follow redirects
/// around this layer, and let them count attempts in a [`ResendCount`](crate::ResendCount). If
/// there is a `Buffer` around this layer, put [`capture`](crate::capture()) around the
/// `Buffer`.
///
/// # What is recorded
///
/// The name is the method, or `HTTP` for an [unknown](crate::conventions::HTTP_REQUEST_METHOD)
/// method. The tags are those that OpenTelemetry requires or recommends. In `url.full`,
/// credentials and signatures in the query are replaced by `REDACTED`.
///
/// If the address of a request is only a path, as on a bare connection of hyper, its scheme is
/// not known. Then the host and the port come from the header `Host`, and there is no
/// `url.full`.
///
/// Statuses from 400 on are errors, without a description. If a request is dropped before its
/// response arrives, the span is cancelled, which is not an error.
///
/// If there is no response, the error is recorded. Its `error.type` is `timeout`, or the kind
/// of an `std::io::Error` among its sources, such as `connection_refused`. For other errors,
/// it is the type of the error, or `_OTHER` if the error is boxed. The sources are known for
/// boxed errors and `std::io::Error`, and for errors of hyper, hyper-util, reqwest, axum and
/// tonic if the feature is on.
///
/// gRPC calls have their own names and tags, and all codes except `OK` are errors: see
/// [`grpc`](crate::grpc). The requests that reach a tonic channel do not contain its address.
/// For `server.address` and the lists of hosts below, use `with_origin` to make the client.
/// Generated clients have this function, too:
///
#[cfg_attr(feature = "tonic", doc = "```")]
#[cfg_attr(not(feature = "tonic"), doc = "```ignore")]
/// use tonic::client::Grpc;
///
/// fn traced<C>(channel: C) -> Grpc<trace_http::ClientService<C>> {
///     // Or `ShopClient::with_origin(..)`; the channel goes to the same address.
///     let origin = http::Uri::from_static("http://shop.internal:50051");
///     Grpc::with_origin(trace_http::client().layer(channel), origin)
/// }
/// # let _ = traced::<()>;
/// ```
///
/// # When the span ends
///
/// The span ends with the body of the response; see
/// [the crate](crate#when-the-span-of-an-exchange-ends). So the span shows errors and
/// cancellations within the body, and its duration is that of the whole exchange. If a body is
/// dropped before its first poll, the status decides the outcome, and the span is not
/// cancelled. If your code keeps bodies without reading them, or reads them late, use
/// [`ends_at_head`](Self::ends_at_head).
///
/// # What is sent
///
/// By default, all hosts get the context, and no host gets the baggage, which may be private.
/// See [`context_to`](Self::context_to) and [`baggage_to`](Self::baggage_to). If the request
/// already contains another context, it is replaced, or removed if the host gets no context.
/// If no trace runs, the headers stay unchanged.
///
/// In a trace that is not sampled, and without a tracer, nothing is recorded. See
/// [`span::inject`](trace_core::span::inject) for the context that is sent then.
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is around a service"]
pub struct ClientLayer {
    options: Arc<Options>,
}

impl ClientLayer {
    fn with(mut self, change: impl FnOnce(&mut Options)) -> Self {
        change(Arc::make_mut(&mut self.options));
        self
    }

    /// Puts the layer around a service. Does the same as [`Layer::layer`], but needs no import
    /// of the trait.
    pub fn layer<S>(&self, inner: S) -> ClientService<S> {
        ClientService::new(inner, Arc::clone(&self.options))
    }

    /// Returns the options of the layer.
    #[cfg(feature = "reqwest")]
    pub(crate) fn options(&self) -> &Arc<Options> {
        &self.options
    }

    /// Sends the context only to these hosts. Default: to all hosts.
    ///
    /// A host is a name, such as `shop.example`, or an IP address, such as `127.0.0.1` or
    /// `::1`. `*.example` means all names below a domain, but not the domain itself. A port
    /// may follow: `shop.example:8080`, `[::1]:8080`. Without a port, all ports match. Case
    /// and a dot at the end of a name do not matter, nor does the notation of an IPv6 address.
    /// Names are not resolved, so an address does not match the name of the same host.
    ///
    /// Any other text, such as `https://shop.example` or one with an invalid port, matches
    /// nothing, and is reported once: see [`Kind::UnmatchedHost`].
    ///
    /// If called several times, the lists are combined. With an empty list, no host gets the
    /// context.
    ///
    /// Each attempt is checked, and so is each redirect that a layer around this one follows.
    /// But reqwest follows redirects itself, and carries the headers on to hosts that are not
    /// in the list: see `SendTraced`.
    ///
    /// [`Kind::UnmatchedHost`]: trace_core::diagnostics::Kind::UnmatchedHost
    pub fn context_to<H>(self, hosts: impl IntoIterator<Item = H>) -> Self
    where
        H: Into<Cow<'static, str>>,
    {
        self.with(|options| {
            let unmatched = options.outgoing.context.list(hosts);
            unmatched_hosts(options.source, "context_to", &unmatched);
        })
    }

    /// Also sends the baggage to these hosts, if they get the context. Default: to no host.
    ///
    /// Hosts are written as for [`context_to`](Self::context_to). With reqwest, a redirect
    /// carries the baggage on, too. So use a client that follows none: see `SendTraced`.
    pub fn baggage_to<H>(self, hosts: impl IntoIterator<Item = H>) -> Self
    where
        H: Into<Cow<'static, str>>,
    {
        self.with(|options| {
            let unmatched = options.outgoing.baggage.list(hosts);
            unmatched_hosts(options.source, "baggage_to", &unmatched);
        })
    }

    /// Sends the baggage to all hosts that get the context. Use it for clients that only call
    /// your own services.
    pub fn baggage_to_all(self) -> Self {
        self.with(|options| options.outgoing.baggage = Hosts::All)
    }

    /// Sets the header formats of the context. Default:
    /// [`InstalledPropagator`](trace_core::propagation::InstalledPropagator): `traceparent`,
    /// `tracestate` and `baggage`, or what `OTEL_PROPAGATORS` asks for, if
    /// `trace_otlp::from_env` has set the tracer up.
    pub fn propagator(self, propagator: impl Propagator + 'static) -> Self {
        self.with(|options| options.outgoing.propagator = Arc::new(propagator))
    }

    /// Ends spans at the head of the response instead of the end of its body. gRPC calls still
    /// end with their status.
    pub fn ends_at_head(self) -> Self {
        self.with(|options| options.ends_at_head = true)
    }

    /// Hides the values of this parameter in queries, as `REDACTED`, in `url.full`. Case does not
    /// matter. The values of [names of secrets](trace_core::redaction::is_secret_parameter),
    /// such as `token`, are always hidden. May be called several times.
    ///
    /// ```
    /// let layer = trace_http::client().redact_query("pin").redact_query("session");
    /// # let _ = layer;
    /// ```
    /// The texts of errors may contain addresses, too, such as those of reqwest. There, only
    /// names of secrets are hidden. For more, give the tracer a redactor:
    /// [`TracerBuilder::redact`](trace_core::TracerBuilder::redact).
    pub fn redact_query(self, parameter: impl Into<Cow<'static, str>>) -> Self {
        self.with(|options| options.secrets.add(parameter.into()))
    }

    /// Records the timeout of gRPC calls in seconds, as
    /// [`grpc.timeout`](crate::conventions::GRPC_TIMEOUT). It is the timeout that is sent to
    /// the server, such as that of tonic's `Request::set_timeout`.
    pub fn record_grpc_timeout(self) -> Self {
        self.with(|options| options.records_grpc_timeout = true)
    }

    /// Records the sizes of bodies in bytes: that of the response, as far as it was read, and
    /// that of the request, if it is known. It is known from a `content-length` that the
    /// request has. hyper's clients write this header only later. For a request of reqwest, it
    /// is also known if the body is not a stream.
    pub fn record_body_sizes(self) -> Self {
        self.with(|options| options.reports.size = true)
    }

    /// Records when the head of the response and the first byte of its body arrived, as logs
    /// `http.response.head` and `http.response.first_byte`.
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

    /// Calls a hook for each request that is recorded. The hook runs within the span, before
    /// the context is written into the headers. If the hook panics, the request is still sent.
    ///
    /// ```
    /// use trace_core::span;
    ///
    /// #[derive(Clone)]
    /// struct Template(&'static str); // an extension that callers set
    ///
    /// let layer = trace_http::client().on_request(|request| {
    ///     if let Some(Template(path)) = request.extensions.get() {
    ///         span::add_tag("url.template", path);
    ///         span::set_operation_name(format!("{} {path}", request.method));
    ///     }
    /// });
    /// # let _ = layer;
    /// ```
    pub fn on_request(self, hook: impl Fn(&RequestHead<'_>) + Send + Sync + 'static) -> Self {
        self.with(|options| options.extras.on_request = Some(Hook(Arc::new(hook))))
    }

    /// Calls a hook for each response to a request that is recorded. The hook runs within the
    /// span. If the hook panics, the response is still returned.
    pub fn on_response(self, hook: impl Fn(&ResponseHead<'_>) + Send + Sync + 'static) -> Self {
        self.with(|options| options.extras.on_response = Some(Hook(Arc::new(hook))))
    }
}

impl<S> Layer<S> for ClientLayer {
    type Service = ClientService<S>;

    fn layer(&self, inner: S) -> ClientService<S> {
        // This calls the inherent method, which takes precedence.
        Self::layer(self, inner)
    }
}
