//! A service that runs: its socket, the order in which it stops, and the report at its end.
//!
//! What is traced is up to the layer around the routes.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use trace_core::{HeadSampler, Tracer};
use trace_otlp::OtlpCollector;

use super::app::{App, note_request};
use super::fate::Fates;
use super::message::{ServiceReport, SpanCounts};
use crate::service::Service;
use crate::{handlers, layers};

/// How long a service that is stopped waits for its connections, and then for its traces.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// What makes one service different from another.
pub struct ServiceOptions {
    pub service: Service,
    pub tracer: Tracer,
    /// The sampler in the tracer, where traces begin.
    pub head_sampler: Option<HeadSampler>,
    /// What sends the spans of the tracer to a server, if there is one.
    pub exporter: Option<OtlpCollector>,
    pub fates: Fates,
    /// The addresses of the services that it calls.
    pub callees: HashMap<Service, SocketAddr>,
}

/// A service that takes requests.
pub struct RunningService {
    pub address: SocketAddr,
    service: Service,
    tracer: Tracer,
    head_sampler: Option<HeadSampler>,
    exporter: Option<OtlpCollector>,
    app: Arc<App>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<io::Result<()>>,
}

impl RunningService {
    /// Starts a service on a free port of the loopback interface.
    pub async fn start(options: ServiceOptions) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let ServiceOptions {
            service,
            tracer,
            head_sampler,
            exporter,
            fates,
            callees,
        } = options;
        let app = Arc::new(App::new(fates, callees));
        let routes: Router = handlers::routes(service)
            .layer(from_fn_with_state(Arc::clone(&app), note_request))
            .layer(layers::server(tracer.clone()))
            .with_state(Arc::clone(&app));
        let listener = listener.tap_io(|stream| {
            // A delay costs time and nothing else.
            drop(stream.set_nodelay(true));
        });
        let (stop, stopped) = oneshot::channel();
        let serve = axum::serve(listener, routes).with_graceful_shutdown(async {
            drop(stopped.await);
        });
        Ok(Self {
            address,
            service,
            tracer,
            head_sampler,
            exporter,
            app,
            stop,
            serving: tokio::spawn(serve.into_future()),
        })
    }

    /// Takes no more requests, delivers all spans and says what became of both.
    pub async fn stop(mut self) -> ServiceReport {
        // An error would say that the server has ended already.
        let _ = self.stop.send(());
        if tokio::time::timeout(STOP_TIMEOUT, &mut self.serving)
            .await
            .is_err()
        {
            self.serving.abort();
        }
        // The server ends a moment before the last requests that were given up are
        // dropped, and their spans end with them.
        let flushed = self.tracer.shutdown_when_idle(STOP_TIMEOUT).await;
        let stats = self.tracer.stats();
        ServiceReport {
            service: self.service,
            flushed: flushed.is_complete,
            bad_headers: stats.bad_headers,
            spans: SpanCounts::from(stats),
            received: self.app.take_received(),
            head_sampler: self.head_sampler.as_ref().map(Into::into),
            export: self.exporter.as_ref().map(Into::into),
        }
    }
}
