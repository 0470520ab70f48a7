//! The propagator that is installed with the tracer: in a binary of its own, as a process has
//! one.

#![expect(
    clippy::unwrap_used,
    reason = "clippy takes only functions marked `#[test]` for tests, not what they call"
)]

use std::convert::Infallible;

use axum::body::Body;
use http::{HeaderMap, Request, Response};
use tower::ServiceExt;
use trace_core::propagation::B3Propagator;
use trace_core::{MemoryCollector, TraceId, Tracer};
use trace_http::{client, server};

const B3: &str = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1";
const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Returns the trace in which a server handles a request with the headers of two traces, and
/// the headers that leave with a call.
async fn hop(tracer: &Tracer) -> (TraceId, HeaderMap) {
    // What the callee got comes back as an extension.
    let callee = tower::service_fn(async |request: Request<Body>| {
        let mut answer = Response::new(Body::empty());
        answer.extensions_mut().insert(request.headers().clone());
        Ok::<_, Infallible>(answer)
    });
    let callee = client().layer(callee);
    let handler = tower::service_fn(move |_: Request<Body>| {
        let callee = callee.clone();
        async move {
            let context = trace_core::span::current_trace_id().unwrap();
            let call = Request::get("http://users/7").body(Body::empty()).unwrap();
            let mut answer = callee.oneshot(call).await.unwrap().map(|_| Body::empty());
            answer.extensions_mut().insert(context);
            Ok::<_, Infallible>(answer)
        }
    });
    let request = Request::get("/").header("b3", B3);
    let request = request.header("traceparent", TRACEPARENT);
    let layer = server().tracer(tracer.clone());
    let answer = layer
        .layer(handler)
        .oneshot(request.body(Body::empty()).unwrap());
    let answer = answer.await.unwrap();
    let extensions = answer.extensions();
    let headers = extensions.get::<HeaderMap>().unwrap().clone();
    (*extensions.get::<TraceId>().unwrap(), headers)
}

#[tokio::test]
async fn layers_follow_the_propagator_of_the_process() {
    let builder = || Tracer::builder("shop").collector(MemoryCollector::new());
    let tracing = builder().propagator(B3Propagator).install().unwrap();
    let (trace_id, sent) = hop(&tracing).await;
    assert_eq!(trace_id.to_string(), &B3[..32]);
    assert!(sent["b3"].to_str().unwrap().starts_with(&B3[..32]));
    assert!(!sent.contains_key("traceparent"));
    drop(tracing);

    let tracing = builder().install().unwrap();
    let (trace_id, sent) = hop(&tracing).await;
    assert_eq!(trace_id.to_string(), &TRACEPARENT[3..35]);
    assert!(
        sent["traceparent"]
            .to_str()
            .unwrap()
            .contains(&TRACEPARENT[3..35])
    );
    assert!(!sent.contains_key("b3"));
}
