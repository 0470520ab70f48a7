//! The layers that are compared, each around the same router.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Path, Request};
use axum::http::Response;
use axum::routing::get;
use clap::ValueEnum;
use http_body_util::BodyExt;
use tower::util::MapResponseLayer;
use tower_http::trace::{HttpMakeClassifier, OnResponse, TraceLayer};
use tracing::Span;

use crate::setup::Sampling;

/// A layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Variant {
    /// None.
    Plain,
    /// One that does nothing but wrap the body: what each layer costs in a router of axum.
    Empty,
    /// `trace_http::server()`.
    TraceHttp,
    /// tower-http's `TraceLayer` with tracing-opentelemetry; it ends with the body.
    TowerHttp,
    /// axum-tracing-opentelemetry; it ends at the response's head.
    AxumTracing,
    /// fastrace-axum; it ends at the response's head.
    FastraceAxum,
    /// Ours around a service without a router.
    BareTraceHttp,
    /// tower-http's around a service without a router.
    BareTowerHttp,
}

impl Variant {
    /// Whether it can refuse a trace that begins here: fastrace has no sampler.
    pub fn knows(self, sampling: Sampling) -> bool {
        !(self == Self::FastraceAxum && sampling == Sampling::RateZero)
    }

    /// Returns a hello-world with the layer.
    pub fn router(self) -> Router {
        let router = Router::new().route("/hello/{name}", get(hello));
        match self {
            Self::Plain => router,
            Self::Empty => router.layer(MapResponseLayer::new(|response: Response<Body>| {
                response.map(|body| BodyExt::map_err(body, |error| error))
            })),
            Self::TraceHttp | Self::BareTraceHttp => router.layer(trace_http::server()),
            Self::TowerHttp | Self::BareTowerHttp => router.layer(tower_http_layer()),
            Self::AxumTracing => {
                router.layer(axum_tracing_opentelemetry::middleware::OtelAxumLayer::default())
            }
            Self::FastraceAxum => router.layer(fastrace_axum::FastraceLayer::default()),
        }
    }
}

async fn hello(Path(name): Path<String>) -> String {
    format!("Hello, {name}!")
}

/// The span that the documentation of tower-http and tracing-opentelemetry has users make,
/// with the attributes that ours has.
pub fn tower_http_span(request: &Request) -> Span {
    use opentelemetry::propagation::TextMapPropagator;
    use opentelemetry_sdk::propagation::TraceContextPropagator;
    use tracing_opentelemetry::OpenTelemetrySpanExt;

    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("", MatchedPath::as_str);
    let span = tracing::info_span!(
        "request",
        otel.name = format!("{} {route}", request.method()),
        otel.kind = "server",
        http.request.method = %request.method(),
        http.route = route,
        url.path = request.uri().path(),
        url.scheme = "http",
        network.protocol.version = "1.1",
        http.response.status_code = tracing::field::Empty,
    );
    if !span.is_disabled() {
        let parent = TraceContextPropagator::new().extract(&Headers(request.headers()));
        let _ = span.set_parent(parent);
    }
    span
}

struct Headers<'a>(&'a axum::http::HeaderMap);

impl opentelemetry::propagation::Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(|name| name.as_str()).collect()
    }
}

/// The layer of tower-http, as its documentation has users make it.
pub fn tower_http_layer() -> TowerHttpLayer {
    TraceLayer::new_for_http()
        .make_span_with(tower_http_span as fn(&Request) -> Span)
        .on_request(())
        .on_response(RecordStatus)
        .on_body_chunk(())
        .on_eos(())
        .on_failure(())
}

type TowerHttpLayer =
    TraceLayer<HttpMakeClassifier, fn(&Request) -> Span, (), RecordStatus, (), (), ()>;

/// Records the status of a response.
#[derive(Clone, Copy)]
pub struct RecordStatus;

impl<B> OnResponse<B> for RecordStatus {
    fn on_response(self, response: &Response<B>, _latency: Duration, span: &Span) {
        span.record("http.response.status_code", response.status().as_u16());
    }
}
