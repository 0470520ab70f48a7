//! An HTTP server with a tracer of its own, and what handlers work with.
//!
//! It owns the socket, the order in which a service stops, and the report at its end.
//! What is traced of a request is in `trace_request.rs`.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::middleware;
use axum::serve::ListenerExt;
use http::HeaderMap;
use tokio::net::TcpListener;
use tokio::sync::{RwLock, RwLockReadGuard, oneshot};
use tokio::task::JoinHandle;
use trace_core::propagation::Extractor;
use trace_core::{HeadSampler, Tracer, span};

use super::fate::{Fate, Fates};
use super::message::{Received, ServiceReport, SpanCounts};
use crate::headers::HeaderExtractor;
use crate::http_client::{CallError, Cause, HttpClient};
use crate::service::Service;
use crate::trace_request::{request_id, trace_request};

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

    pub fn tracer(&self) -> &Tracer {
        &self.options.tracer
    }

    pub fn service(&self) -> Service {
        self.options.service
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets the server wait for a request, until the guard is dropped.
    pub async fn under_way(&self) -> RwLockReadGuard<'_, ()> {
        self.under_way.read().await
    }

    /// Notes for the report, within the trace of a request, how it reached the service.
    pub fn note_request(&self, headers: &HeaderMap) {
        if let Some(context) = span::current_context() {
            let mut received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
            received.push(Received {
                request: request_id(),
                trace_id: context.trace_id,
                is_sampled: context.is_sampled(),
                traceparent: HeaderExtractor(headers)
                    .get("traceparent")
                    .map(str::to_owned),
            });
        }
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
