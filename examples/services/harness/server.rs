//! The called end of a call: an HTTP server with a tracer of its own.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;
use http::StatusCode;
use tokio::net::TcpListener;
use tokio::sync::{RwLock, oneshot};
use tokio::task::JoinHandle;
use trace_core::propagation::{self, Extractor};
use trace_core::{HeadSampler, RootBuilder, SpanKind, Status, Tracer, span};

use super::fate::{Fate, Fates};
use super::message::{Received, ServiceReport, SpanCounts};
use crate::headers::HeaderExtractor;
use crate::http_client::{CallError, Cause, HttpClient};
use crate::service::Service;

/// The header with the number of a request, which the client writes.
pub const REQUEST_ID: &str = "x-request-id";

/// The same number in the baggage, by which all other services get it.
const REQUEST_BAGGAGE: &str = "request.id";

/// How long a server that is stopped waits for its connections, and then its tracer
/// for its collectors.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// A service that runs.
pub struct Server {
    pub address: SocketAddr,
    app: Arc<App>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<io::Result<()>>,
}

/// What makes one server different from another.
pub struct ServerOptions {
    pub service: Service,
    pub tracer: Tracer,
    /// The sampler in the tracer, where traces begin.
    pub head_sampler: Option<HeadSampler>,
    pub fates: Fates,
    /// The addresses of the services that it calls.
    pub callees: HashMap<Service, SocketAddr>,
}

/// What the code of a service works with.
pub struct App {
    options: ServerOptions,
    address: SocketAddr,
    http: HttpClient,
    /// Every request that is under way reads it.
    under_way: RwLock<()>,
    received: Mutex<Vec<Received>>,
}

/// An answer that is none, and why; becomes the status of the server span.
#[derive(Clone, Debug)]
pub struct Failure {
    pub status: StatusCode,
    pub message: String,
}

impl Server {
    /// Starts a service on a free port of the loopback interface.
    pub async fn start(options: ServerOptions, routes: Router<Arc<App>>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let app = Arc::new(App {
            options,
            address,
            http: HttpClient::new(),
            under_way: RwLock::default(),
            received: Mutex::default(),
        });
        let tracing = middleware::from_fn_with_state(Arc::clone(&app), trace_request);
        let router: Router = routes.layer(tracing).with_state(Arc::clone(&app));
        let listener = listener.tap_io(|stream| {
            // A delay costs time and nothing else.
            drop(stream.set_nodelay(true));
        });
        let (stop, stopped) = oneshot::channel();
        let serve = axum::serve(listener, router).with_graceful_shutdown(async {
            drop(stopped.await);
        });
        Ok(Self {
            address,
            app,
            stop,
            serving: tokio::spawn(serve.into_future()),
        })
    }

    /// Takes no more requests, delivers all spans and says what became of both.
    pub async fn stop(self) -> ServiceReport {
        let Self {
            app,
            stop,
            mut serving,
            ..
        } = self;
        // An error would say that the server has ended already.
        let _ = stop.send(());
        if tokio::time::timeout(STOP_TIMEOUT, &mut serving)
            .await
            .is_err()
        {
            serving.abort();
        }
        // The server ends a moment before the last requests that were given up are
        // dropped, and their spans end with them.
        drop(tokio::time::timeout(STOP_TIMEOUT, app.under_way.write()).await);
        let tracer = app.options.tracer.clone();
        // Blocks until the collectors have everything.
        let shutdown = tokio::task::spawn_blocking(move || tracer.shutdown(STOP_TIMEOUT));
        let flushed = shutdown.await.is_ok_and(|report| report.is_complete);
        app.report(flushed)
    }
}

impl App {
    /// What happens to the request that is being handled.
    pub fn fate(&self) -> Fate {
        self.options.fates.of(request_id())
    }

    /// Does some work: waits, so many milliseconds on average.
    pub async fn work(&self, what: &str, millis: f64) {
        let time = self.options.fates.work_time(request_id(), what, millis);
        tokio::time::sleep(time).await;
    }

    /// Asks another service, as the work of the current span.
    pub async fn call(&self, callee: Service, path: &str) -> Result<String, CallError> {
        let Some(address) = self.options.callees.get(&callee) else {
            return Err(CallError {
                callee,
                cause: Cause::NoAnswer("its address is not known".into()),
            });
        };
        self.http.call(callee, *address, path).await
    }

    fn report(&self, flushed: bool) -> ServiceReport {
        let mut received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        let stats = self.options.tracer.stats();
        ServiceReport {
            service: self.options.service,
            flushed,
            bad_headers: stats.bad_headers,
            spans: SpanCounts::from(stats),
            received: std::mem::take(&mut received),
            head_sampler: self.options.head_sampler.as_ref().map(Into::into),
        }
    }
}

/// The number of the request that is being handled; it travels as baggage.
fn request_id() -> u64 {
    let id = span::baggage(REQUEST_BAGGAGE);
    id.and_then(|id| id.parse().ok()).unwrap_or(0)
}

/// Goes on with the caller's trace, or begins one, and handles the request as the
/// body of a server span.
async fn trace_request(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let _under_way = app.under_way.read().await;
    let caller = propagation::extract(&HeaderExtractor(request.headers()));
    let span = server_span(&app, &request).extracted(caller);
    let handled = async {
        note_request(&app, &request);
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
        .options
        .tracer
        .root(app.options.service.operation_name())
        .kind(SpanKind::Server)
        .tag("http.request.method", request.method().to_string())
        .tag("url.path", request.uri().path().to_owned())
        .tag("url.scheme", "http")
        .tag("server.address", app.address.ip().to_string())
        .tag("server.port", i64::from(app.address.port()));
    match request.extensions().get::<MatchedPath>() {
        Some(route) => span.tag("http.route", route.as_str().to_owned()),
        None => span,
    }
}

/// Notes, within its trace, which request this is.
fn note_request(app: &App, request: &Request) {
    let headers = HeaderExtractor(request.headers());
    if let Some(id) = headers.get(REQUEST_ID) {
        // An id that cannot travel is none that the client wrote.
        drop(span::set_baggage(REQUEST_BAGGAGE, id));
    }
    span::add_tag("request.id", request_id().cast_signed());
    if let Some(context) = span::current_context() {
        let mut received = app.received.lock().unwrap_or_else(PoisonError::into_inner);
        received.push(Received {
            request: request_id(),
            trace_id: context.trace_id,
            is_sampled: context.is_sampled(),
            traceparent: headers.get("traceparent").map(str::to_owned),
        });
    }
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

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.message.clone()).into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<CallError> for Failure {
    /// Passes on whose mistake it is, and the first cause.
    fn from(error: CallError) -> Self {
        match error.cause {
            Cause::Refused(status, message) if status.is_client_error() => Self { status, message },
            Cause::Refused(_, message) => Self {
                status: StatusCode::BAD_GATEWAY,
                message,
            },
            Cause::NoAnswer(_) => Self {
                status: StatusCode::BAD_GATEWAY,
                message: error.to_string(),
            },
        }
    }
}
