//! The layer of a client, and what it can be told.

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

/// Makes each call a span, and sends the context with it: a layer for hyper-util's client,
/// tonic's channel, and any other service of `http`'s requests.
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

/// A layer whose spans are the calls of a client; made by [`client`].
///
/// The parent of a span is the one that is current where the service is called, and without
/// one there is no span: roots are for servers. The layer records each attempt. So what
/// tries again, or follows redirects, belongs outside of it, and says by a
/// [`ResendCount`](crate::ResendCount) that it does. Where a `Buffer` is outside,
/// [`capture`](crate::capture()) has to be outside of that.
///
/// # What is recorded
///
/// The name is the method, and for [unknown](crate::conventions::HTTP_REQUEST_METHOD) ones
/// `HTTP`. The tags are those that OpenTelemetry requires or recommends. In `url.full`,
/// credentials and signatures in the query are replaced by `REDACTED`.
///
/// Statuses from 400 on are errors, without a description. A call that is dropped before it
/// has a response is cancelled, and no error. Without a response, what failed is recorded:
/// `error.type` is the kind of an `std::io::Error` among the sources, such as
/// `connection_refused`, or else the type of the error. The sources are known of boxed errors,
/// and of those of hyper, hyper-util, reqwest and tonic, if their features are on.
///
/// Calls of gRPC have the name and the tags of calls, and all codes but `OK` are errors: see
/// [`grpc`](crate::grpc). A channel of tonic does not tell requests where it goes:
/// `server.address` and the lists of hosts below need a client that is made by
/// `with_origin`, as generated ones can be, too:
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
/// With the body of the response, as [the crate](crate#when-the-span-of-an-exchange-ends) says:
/// errors and cancellations within the body are seen, and the duration is that of the whole
/// exchange. A body that is dropped unread is not missed: the span ends with it, well. For
/// callers that keep bodies unread, or read them late, there is
/// [`ends_at_head`](Self::ends_at_head).
///
/// # What is sent
///
/// All hosts get the context, and none the baggage, which may be private: see
/// [`context_to`](Self::context_to) and [`baggage_to`](Self::baggage_to). What a request has
/// of another context in these headers is replaced, or removed if the host does not get it;
/// where no trace runs the headers stay as they are.
///
/// In a trace that is not sampled, and without a tracer, nothing is recorded, and what is sent
/// is what [`span::inject`](trace_core::span::inject) says.
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

    /// Puts the layer around a service, as [`Layer::layer`] does, which need not be imported.
    pub fn layer<S>(&self, inner: S) -> ClientService<S> {
        ClientService::new(inner, Arc::clone(&self.options))
    }

    /// Returns what the layer was told.
    #[cfg(feature = "reqwest")]
    pub(crate) fn options(&self) -> &Arc<Options> {
        &self.options
    }

    /// Sends the context to these hosts only. Default: to all.
    ///
    /// A host is `shop.example`, `shop.example:8080` for one of its ports, or `*.example` for
    /// all below a domain, or an IP address: `127.0.0.1`, `::1` or `[::1]:8080`. Names have no
    /// case, a dot at their end changes nothing, and all forms of an IPv6 address are one.
    /// What has another form, such as `https://shop.example` or a port that is none, matches
    /// nothing, and is reported once: see [`Kind::UnmatchedHost`]. Names are not resolved: an
    /// address does not stand for its name.
    ///
    /// If called several times, the lists are one. An empty list sends it to nobody.
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

    /// Sends the baggage to these hosts, too, if they get the context. Default: to none.
    ///
    /// Hosts are written as for [`context_to`](Self::context_to).
    pub fn baggage_to<H>(self, hosts: impl IntoIterator<Item = H>) -> Self
    where
        H: Into<Cow<'static, str>>,
    {
        self.with(|options| {
            let unmatched = options.outgoing.baggage.list(hosts);
            unmatched_hosts(options.source, "baggage_to", &unmatched);
        })
    }

    /// Sends the baggage to all hosts that get the context: for clients that only call services
    /// of one's own.
    pub fn baggage_to_all(self) -> Self {
        self.with(|options| options.outgoing.baggage = Hosts::All)
    }

    /// Sets the formats of the context. Default:
    /// [`InstalledPropagator`](trace_core::propagation::InstalledPropagator): `traceparent`,
    /// `tracestate` and `baggage`, or what `OTEL_PROPAGATORS` asks for, if
    /// `trace_otlp::from_env` has set the tracer up.
    pub fn propagator(self, propagator: impl Propagator + 'static) -> Self {
        self.with(|options| options.outgoing.propagator = Arc::new(propagator))
    }

    /// Ends spans at the head of the response, and not with its body. Calls of gRPC end with
    /// their status in any case.
    pub fn ends_at_head(self) -> Self {
        self.with(|options| options.ends_at_head = true)
    }

    /// Records the bytes of the response's body that were given.
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

    /// Calls a hook for each request that is recorded, within its span, before the context is
    /// in the headers. If it panics, the request goes on.
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

    /// Calls a hook for each response of a request that is recorded, within its span. If it
    /// panics, the response goes on.
    pub fn on_response(self, hook: impl Fn(&ResponseHead<'_>) + Send + Sync + 'static) -> Self {
        self.with(|options| options.extras.on_response = Some(Hook(Arc::new(hook))))
    }
}

impl<S> Layer<S> for ClientLayer {
    type Service = ClientService<S>;

    fn layer(&self, inner: S) -> ClientService<S> {
        // The method of its own, which comes first.
        Self::layer(self, inner)
    }
}
