//! A service that passes a trace on, to be driven by a test of propagation.
//!
//! `POST /test` takes `[{"url": "http://..", "arguments": ..}]`, posts each `arguments` to its
//! `url` in order, and answers 200. This is how the test program of W3C Trace Context drives a
//! service:
//!
//! ```sh
//! cargo run -p trace-examples --example propagation_service -- --address 127.0.0.1:5063
//! SPEC_LEVEL=2 STRICT_LEVEL=2 python test.py http://127.0.0.1:5063/test
//! ```

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Request, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use clap::Parser;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;
use serde_json::Value;
use tower::{Layer, ServiceExt};
use trace_core::{HeadSampler, TraceCollector, Tracer};
use trace_http::ClientService;

#[derive(Parser)]
struct Options {
    /// Where it listens; port 0 is any port, which is printed.
    #[arg(long, default_value = "127.0.0.1:0")]
    address: SocketAddr,
    /// The share of traces that is recorded, of those that begin here.
    #[arg(long, default_value_t = 1.0)]
    rate: f64,
    /// Installs no tracer: nothing is recorded, and contexts pass unchanged.
    #[arg(long)]
    no_tracer: bool,
}

/// One call that the service is to make.
#[derive(Deserialize)]
struct Call {
    url: String,
    arguments: Value,
}

type Caller = ClientService<Client<HttpConnector, Full<Bytes>>>;

/// How long all calls of a request may take.
const PATIENCE: Duration = Duration::from_secs(10);

async fn call_all(State(caller): State<Caller>, Json(calls): Json<Vec<Call>>) -> StatusCode {
    let all = async {
        for call in calls {
            post_to(&caller, call).await?;
        }
        Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    };
    match tokio::time::timeout(PATIENCE, all).await {
        Ok(Ok(())) => StatusCode::OK,
        Ok(Err(_)) => StatusCode::BAD_GATEWAY,
        Err(_) => StatusCode::GATEWAY_TIMEOUT,
    }
}

async fn post_to(
    caller: &Caller,
    call: Call,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let request = Request::post(call.url)
        .header("content-type", "application/json")
        .body(Full::from(serde_json::to_vec(&call.arguments)?))?;
    let response = caller.clone().oneshot(request).await?;
    response.into_body().collect().await?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = Options::parse();
    let tracer = Tracer::builder("propagation")
        .sampler(HeadSampler::new(options.rate)?)
        .collector(TraceCollector::printing());
    let _tracing = (!options.no_tracer).then(|| tracer.install()).transpose()?;

    let client = Client::builder(TokioExecutor::new()).build_http();
    let caller = trace_http::client().baggage_to_all().layer(client);
    let service = Router::new()
        .route("/test", post(call_all))
        .layer(trace_http::server())
        .with_state(caller);
    let listener = tokio::net::TcpListener::bind(options.address).await?;
    println!("listening on {}", listener.local_addr()?);
    axum::serve(listener, service).await?;
    Ok(())
}
