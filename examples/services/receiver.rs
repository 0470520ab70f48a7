//! Receives spans from other processes, like an OpenTelemetry Collector.
//!
//! It owns the socket, and passes the decoded spans to the collectors. It accepts only
//! OTLP/JSON, and does not know the services.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::routing::post;
use axum::{Json, Router};
use http::StatusCode;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use trace_otlp::decode;

use crate::collectors::Collectors;

/// An HTTP server that accepts OTLP/JSON.
///
/// Source: OTLP specification, *OTLP/HTTP*.
pub struct Receiver {
    pub address: SocketAddr,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<io::Result<()>>,
}

/// The maximum size of a request. A batch of 4,096 spans has about 3 MB.
const MAX_REQUEST_BYTES: usize = 64 << 20;

const STOP_TIMEOUT: Duration = Duration::from_secs(5);

impl Receiver {
    pub async fn start(collectors: Collectors) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let router: Router = Router::new()
            .route("/v1/traces", post(take))
            .layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES))
            .with_state(collectors);
        let (stop, stopped) = oneshot::channel();
        let serve = axum::serve(listener, router).with_graceful_shutdown(async {
            drop(stopped.await);
        });
        Ok(Self {
            address,
            stop,
            serving: tokio::spawn(serve.into_future()),
        })
    }

    pub async fn stop(mut self) {
        let _ = self.stop.send(());
        if tokio::time::timeout(STOP_TIMEOUT, &mut self.serving)
            .await
            .is_err()
        {
            self.serving.abort();
        }
    }
}

async fn take(
    State(collectors): State<Collectors>,
    body: Bytes,
) -> Result<Json<serde_json::Value>, (StatusCode, String)> {
    for request in decode::requests(&body[..]) {
        let request = request.map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))?;
        request.feed(&collectors.traces);
        request.feed(&collectors.json);
    }
    Ok(Json(serde_json::json!({ "partialSuccess": {} })))
}
