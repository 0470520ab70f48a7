//! What a layer allocates: in a binary of its own, with an allocator that counts.

use std::convert::Infallible;
use std::hint::black_box;
use std::task::{Context, Poll, Waker};

use allocation_counter::measure;
use axum::Router;
use axum::body::Body;
use axum::routing::get;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use tower::Service;
use trace_core::{AlwaysOff, AlwaysOn, MemoryCollector, Sampler, Tracer};
use trace_http::{client, server};

fn tracer(sampler: impl Sampler + 'static) -> Tracer {
    let builder = Tracer::builder("shop").sampler(sampler).on_demand();
    builder.collector(MemoryCollector::new()).build().unwrap()
}

/// Polls what is ready at once.
fn ready<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    match future.as_mut().poll(&mut cx) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("not ready"),
    }
}

fn request() -> Request<Body> {
    let request = Request::get("http://127.0.0.1:8080/orders/7?q=1");
    let request = request.header("user-agent", "curl/8.5");
    request.body(Body::empty()).unwrap()
}

/// Allocations of a call with its body, of many the fewest.
fn allocations<S, B>(mut service: S) -> u64
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible>,
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Debug,
{
    let count = |service: &mut S| {
        let request = request();
        let info = measure(|| {
            let response = ready(service.call(request)).unwrap();
            let mut body = response.into_body();
            while let Some(frame) = ready(body.frame()) {
                black_box(frame.unwrap());
            }
        });
        info.count_total
    };
    (0..100)
        .map(|_| count(&mut service))
        .min()
        .unwrap_or_default()
}

/// What axum itself allocates for a layer that changes the type of bodies.
fn routed(layer: impl Fn(Router) -> Router) -> u64 {
    let router = Router::new().route("/orders/{id}", get(async || "hello"));
    allocations(layer(router))
}

#[test]
fn a_request_costs_two_allocations_or_none() {
    let plain = || {
        tower::service_fn(|_: Request<Body>| {
            std::future::ready(Ok(Response::new(Full::new(Bytes::from_static(b"hello")))))
        })
    };
    let bare = allocations(plain());
    let mapped = routed(|router| {
        router.layer(tower::util::MapResponseLayer::new(
            |response: Response<Body>| response.map(|body| body.map_err(|error| error)),
        ))
    });
    // The only one in the process: from a second one on, requests are marked.
    let layer = server();
    let above = |tracer: Tracer| {
        let layer = layer.clone().tracer(tracer);
        let around = allocations(layer.layer(plain())) - bare;
        (
            around,
            routed(|router| router.layer(layer.clone())) - mapped,
        )
    };
    let (sampled, sampled_in_axum) = above(tracer(AlwaysOn));
    assert!(sampled <= 1 && sampled_in_axum <= 2);
    let (refused, refused_in_axum) = above(tracer(AlwaysOff));
    assert!(refused == 0 && refused_in_axum <= 1);
}

#[test]
fn a_call_costs_what_its_headers_cost_or_nothing() {
    let plain = || {
        tower::service_fn(|_: Request<Body>| {
            std::future::ready(Ok(Response::new(Full::new(Bytes::from_static(b"hello")))))
        })
    };
    let bare = allocations(plain());
    let above = |layer: trace_http::ClientLayer| allocations(layer.layer(plain())) - bare;
    let within = |tracer: Tracer, layer: trace_http::ClientLayer| {
        tracer.root("caller").run_sync(|| above(layer))
    };
    let to_nobody = || client().context_to([""; 0]);
    assert_eq!(above(client()), 0, "without a trace");
    let sampled = [client(), to_nobody()].map(|layer| within(tracer(AlwaysOn), layer));
    let refused = [client(), to_nobody()].map(|layer| within(tracer(AlwaysOff), layer));
    // The text of the context, and its copy in the headers; to know the names of headers costs
    // the text alone.
    assert_eq!([sampled, refused], [[2, 1], [2, 1]]);
}
