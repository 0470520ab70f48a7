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
//!
//! As an `url` may be that of another such service, and its `arguments` what that one is to
//! call, one request makes a chain: `mixed_trace` has some, through services and proxies of
//! others. Ctrl-C ends the service, which then says what it could not use or has lost.

use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderName, Request, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use clap::Parser;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;
use serde_json::Value;
use tower::ServiceExt;
use trace_core::propagation::{CompositePropagator, W3cPropagator, XTracePropagator};
use trace_core::{HeadSampler, TraceCollector, Tracer, TracerBuilder, span};
use trace_http::{ClientService, ServerLayer};
use trace_otlp::JsonCollector;

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
    /// The name of the service.
    #[arg(long, default_value = "propagation")]
    service: String,
    /// A file that gets the spans, as OTLP/JSON. Without it they are printed.
    #[arg(long)]
    spans: Option<PathBuf>,
    /// Adds a member to the baggage of each request.
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_member)]
    baggage: Option<(String, String)>,
    /// Reads `X-Trace-Id` and its like, too, where there is no good `traceparent`.
    #[arg(long)]
    x_trace_id: bool,
}

fn parse_member(text: &str) -> Result<(String, String), &'static str> {
    let member = text.split_once('=');
    let (key, value) = member.ok_or("there is no `=`; expected `key=value`")?;
    Ok((key.to_owned(), value.to_owned()))
}

/// One call that the service is to make.
#[derive(Deserialize)]
struct Call {
    url: String,
    arguments: Value,
}

#[derive(Clone)]
struct Service {
    client: ClientService<Client<HttpConnector, Full<Bytes>>>,
    /// What each request is given.
    baggage: Option<(String, String)>,
}

/// How long all calls of a request may take.
const PATIENCE: Duration = Duration::from_secs(10);

type AnyError = Box<dyn Error + Send + Sync>;

async fn call_all(State(service): State<Service>, Json(calls): Json<Vec<Call>>) -> StatusCode {
    note_baggage();
    let all = async {
        if let Some((key, value)) = &service.baggage {
            span::set_baggage(key, value)?;
        }
        for call in calls {
            service.post(call).await?;
        }
        Ok::<(), AnyError>(())
    };
    match tokio::time::timeout(PATIENCE, all).await {
        Ok(Ok(())) => StatusCode::OK,
        Ok(Err(_)) => StatusCode::BAD_GATEWAY,
        Err(_) => StatusCode::GATEWAY_TIMEOUT,
    }
}

/// Says in the span which baggage has come.
fn note_baggage() {
    if let Some(context) = span::current_context() {
        for (key, value) in context.baggage.iter() {
            span::add_tag(format!("baggage.{key}"), value);
        }
    }
}

impl Service {
    async fn post(&self, call: Call) -> Result<(), AnyError> {
        let request = Request::post(call.url)
            .header("content-type", "application/json")
            .body(Full::from(serde_json::to_vec(&call.arguments)?))?;
        let response = self.client.clone().oneshot(request).await?;
        let status = response.status();
        response.into_body().collect().await?;
        if status.is_server_error() {
            return Err(format!("answered {status}").into());
        }
        Ok(())
    }
}

fn server_layer(options: &Options) -> ServerLayer {
    let layer = trace_http::server()
        .record_request_headers([HeaderName::from_static("x-trace-id")])
        .trace_id_header(HeaderName::from_static("trace-id"));
    if !options.x_trace_id {
        return layer;
    }
    let w3c_first = CompositePropagator::new().with(W3cPropagator);
    layer.propagator(w3c_first.with(XTracePropagator))
}

fn tracer(options: &Options) -> Result<TracerBuilder, Box<dyn Error>> {
    let tracer = Tracer::builder(&options.service).sampler(HeadSampler::new(options.rate)?);
    Ok(match &options.spans {
        Some(file) => tracer.collector(JsonCollector::to_file(file)?),
        None => tracer.collector(TraceCollector::printing()),
    })
}

fn service(options: &Options) -> Router {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let service = Service {
        client: trace_http::client().baggage_to_all().layer(client),
        baggage: options.baggage.clone(),
    };
    Router::new()
        .route("/test", post(call_all))
        .layer(server_layer(options))
        .with_state(service)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let tracing = match options.no_tracer {
        true => None,
        false => Some(tracer(&options)?.install()?),
    };
    let listener = tokio::net::TcpListener::bind(options.address).await?;
    println!("listening on {}", listener.local_addr()?);
    axum::serve(listener, service(&options))
        .with_graceful_shutdown(async { drop(tokio::signal::ctrl_c().await) })
        .await?;
    if let Some(tracing) = tracing {
        tracing.shutdown_when_idle(PATIENCE).await;
        let stats = tracing.stats();
        let (bad, lost) = (stats.bad_headers, stats.dropped.total());
        println!("bad headers: {bad}, lost spans: {lost}");
    }
    Ok(())
}
