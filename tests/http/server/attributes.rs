//! What is recorded of a request, and what options change.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderName, Request, StatusCode};
use tower::ServiceExt;
use trace_core::propagation::{Extracted, Extractor, Injector, Propagator, XTracePropagator};
use trace_core::testing::TestTracer;
use trace_core::{
    AlwaysOff, Outcome, SpanRecord, Status, TagValue, TraceContext, Trust, assert_trace,
    sampler_fn, span, traced, traced_test,
};
use trace_http::{ServerLayer, server};

use crate::wire::{BOTH, Http, fetch, get as fetch_get, request, serve, server_span, tag};

#[traced]
async fn load(id: u32) -> u32 {
    span::add_log("from the database");
    id
}

fn app(layer: ServerLayer) -> Router {
    Router::new()
        .route("/orders/{id}", get(async || load(7).await.to_string()))
        .route("/orders", post(async |body: String| body))
        .route("/broken", get(async || StatusCode::BAD_GATEWAY))
        .layer(layer)
}

#[traced_test]
async fn a_request_in_a_test_needs_no_server() {
    let app = app(server());
    let request = Request::get("/orders/7").body(Body::empty()).unwrap();
    let response = app.oneshot(request).await.unwrap();
    let body = axum::body::to_bytes(response.into_body(), 100)
        .await
        .unwrap();
    assert_eq!(body, "7");
    assert_trace!(
        TestTracer::current().trace_of("GET /orders/{id}"),
        "
        GET /orders/{id}
        └─ load
        "
    );
}

#[traced_test]
async fn what_is_required_and_recommended_is_there() {
    let address = serve(app(server())).await;
    for http in BOTH {
        let mut request = request(http, "GET", address, "/orders/7?q=1&sig=secret");
        let agent = "curl/8.5".parse().unwrap();
        request.headers_mut().insert("user-agent", agent);
        fetch(http, address, request).await;
        let span = server_span().await;
        let mut tags: Vec<(String, String)> = span
            .tags
            .iter()
            .filter(|tag| tag.key != "network.peer.port")
            .map(|tag| (tag.key.to_string(), tag.value.to_string()))
            .collect();
        tags.sort();
        let port = address.port().to_string();
        let version = if http == Http::One { "1.1" } else { "2" };
        let expected = [
            ("http.request.method", "GET"),
            ("http.response.status_code", "200"),
            ("http.route", "/orders/{id}"),
            ("network.peer.address", "127.0.0.1"),
            ("network.protocol.version", version),
            ("server.address", "127.0.0.1"),
            ("server.port", &port),
            ("url.path", "/orders/7"),
            ("url.query", "q=1&sig=REDACTED"),
            ("url.scheme", "http"),
            ("user_agent.original", "curl/8.5"),
        ];
        let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(tags, expected);
        assert_eq!(span.outcome, Outcome::Ok);
        let source = span.source.unwrap();
        assert!(
            source.file.ends_with("attributes.rs"),
            "where the layer is made"
        );
    }
}

#[traced_test]
async fn server_errors_have_no_description() {
    let address = serve(app(server())).await;
    for http in BOTH {
        fetch_get(http, address, "/broken").await;
        let span = server_span().await;
        assert_eq!(span.status, Status::Error("".into()));
        assert_eq!(span.outcome, Outcome::Error);
        assert_eq!(tag(&span, "error.type"), "502");
    }
}

async fn span_of(layer: ServerLayer, request: Request<Body>) -> SpanRecord {
    let response = app(layer).oneshot(request).await.unwrap();
    let _read = axum::body::to_bytes(response.into_body(), 100).await;
    server_span().await
}

fn post_order() -> http::request::Builder {
    Request::post("/orders").header("host", "shop.example:8443")
}

#[traced_test]
async fn more_parameters_can_be_secrets() {
    let layer = server().redact_query("pin").redact_query("session");
    let request = Request::get("/orders/7?q=1&PIN=2&%73ession=3&sig=4");
    let span = span_of(layer, request.body(Body::empty()).unwrap()).await;
    let hidden = "q=1&PIN=REDACTED&%73ession=REDACTED&sig=REDACTED";
    assert_eq!(tag(&span, "url.query"), hidden);
    // Also of what looks like a call and is none.
    let layer = server().redact_query("pin");
    let request = Request::post("/a.B/C?pin=2").header("content-type", "application/grpc");
    let span = span_of(layer, request.body(Body::empty()).unwrap()).await;
    assert_eq!(tag(&span, "url.query"), "pin=REDACTED");
}

/// As the client records them, so that both sides are the same.
#[traced_test]
async fn a_port_that_is_not_written_is_that_of_the_scheme() {
    for (host, scheme, address, port) in [
        ("shop.example", "http", "shop.example", "80"),
        ("shop.example", "https", "shop.example", "443"),
        ("[::1]", "HTTPS", "::1", "443"),
        ("shop.example:8443", "https", "shop.example", "8443"),
        ("shop.example:99999", "https", "shop.example", ""),
        ("shop.example", "coap", "shop.example", ""),
        ("", "http", "", ""),
    ] {
        let request = Request::post("/orders").header("host", host);
        let request = request.body(Body::from("1")).unwrap();
        let span = span_of(server().scheme(scheme), request).await;
        let found = ["server.address", "server.port"].map(|key| tag(&span, key));
        assert_eq!(found, [address, port], "{host} {scheme}");
    }
}

#[traced_test]
async fn proxies_are_believed_only_if_told() {
    let forwarded = || {
        let request = post_order()
            .header("x-forwarded-for", "203.0.113.7, 10.0.0.1")
            .header("x-forwarded-proto", "https")
            .header("x-forwarded-host", "www.shop.example");
        let peer: SocketAddr = "192.0.2.1:4711".parse().unwrap();
        let request = request.extension(trace_http::PeerAddress(peer));
        request.body(Body::from("1")).unwrap()
    };
    let span = span_of(server(), forwarded()).await;
    assert_eq!(tag(&span, "server.address"), "shop.example");
    assert_eq!(tag(&span, "server.port"), "8443");
    assert_eq!(tag(&span, "url.scheme"), "http");
    assert_eq!(tag(&span, "network.peer.address"), "192.0.2.1");
    assert_eq!(tag(&span, "network.peer.port"), "4711");
    assert_eq!(tag(&span, "client.address"), "");

    let span = span_of(server().record_client_address(), forwarded()).await;
    assert_eq!(tag(&span, "client.address"), "192.0.2.1");

    let layer = server().believe_proxies().record_client_address();
    let span = span_of(layer, forwarded()).await;
    assert_eq!(tag(&span, "server.address"), "www.shop.example");
    assert_eq!(tag(&span, "server.port"), "443", "that of the scheme");
    assert_eq!(tag(&span, "url.scheme"), "https");
    assert_eq!(tag(&span, "client.address"), "203.0.113.7");

    let request = post_order().body(Body::from("1")).unwrap();
    let span = span_of(server().scheme("https"), request).await;
    assert_eq!(tag(&span, "url.scheme"), "https");
}

#[traced_test]
async fn sizes_and_headers_are_recorded_by_option() {
    let plain = post_order().header("content-length", "5");
    let plain = plain.body(Body::from("12345")).unwrap();
    let span = span_of(server(), plain).await;
    for key in [
        "http.request.body.size",
        "http.response.body.size",
        "http.request.header.accept",
    ] {
        assert_eq!(tag(&span, key), "");
    }

    let layer = server()
        .record_body_sizes()
        .record_times()
        .record_request_headers([ACCEPT, HeaderName::from_static("x-none")])
        .record_response_headers([CONTENT_TYPE]);
    let request = post_order()
        .header("content-length", "5")
        .header("accept", "text/plain")
        .header("accept", "text/*");
    let span = span_of(layer, request.body(Body::from("12345")).unwrap()).await;
    assert_eq!(tag(&span, "http.request.body.size"), "5");
    assert_eq!(tag(&span, "http.response.body.size"), "5");
    let accept = TagValue::from(vec!["text/plain".to_owned(), "text/*".to_owned()]);
    assert_eq!(span.tag("http.request.header.accept"), Some(&accept));
    assert_eq!(tag(&span, "http.request.header.x-none"), "");
    let content = TagValue::from(vec!["text/plain; charset=utf-8".to_owned()]);
    assert_eq!(
        span.tag("http.response.header.content-type"),
        Some(&content)
    );
    let logs: Vec<&str> = span.logs.iter().map(|log| &*log.message).collect();
    assert_eq!(logs, ["http.response.head", "http.response.first_byte"]);
}

#[traced_test]
async fn hooks_run_within_the_span() {
    let layer = server()
        .on_request(|request| span::add_tag("app.method", request.method.as_str()))
        .on_response(|response| span::add_tag("app.ok", response.status.is_success()));
    let request = Request::get("/orders/7").body(Body::empty()).unwrap();
    let span = span_of(layer, request).await;
    assert_eq!(tag(&span, "app.method"), "GET");
    assert_eq!(tag(&span, "app.ok"), "true");
}

#[traced_test]
async fn hooks_may_panic() {
    let layer = server()
        .on_request(|_| panic!("no request"))
        .on_response(|_| std::panic::resume_unwind(Box::new(7)));
    let request = Request::get("/orders/7").body(Body::empty()).unwrap();
    let span = span_of(layer, request).await;
    assert_eq!(span.outcome, Outcome::Ok);
    assert_eq!(tag(&span, "http.response.status_code"), "200");
}

#[traced_test]
async fn the_trace_id_may_be_sent() {
    let name = HeaderName::from_static("x-trace-id");
    let address = serve(app(server().trace_id_header(name))).await;
    for http in BOTH {
        let response = fetch_get(http, address, "/orders/7").await;
        let sent = response.headers()["x-trace-id"]
            .to_str()
            .unwrap()
            .to_owned();
        assert_eq!(sent, server_span().await.trace_id.to_string());
    }
}

const CALLER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[traced_test]
async fn a_caller_is_continued_or_linked() {
    let called = || {
        let request = post_order().header("traceparent", CALLER);
        request.body(Body::from("1")).unwrap()
    };
    let span = span_of(server(), called()).await;
    assert_eq!(
        span.trace_id.to_string(),
        "0af7651916cd43dd8448eb211c80319c"
    );
    let parent = span.parent_span_id.unwrap();
    assert_eq!(parent.to_string(), "b7ad6b7169203331");

    let span = span_of(server().trust(Trust::Restart), called()).await;
    assert_ne!(
        span.trace_id.to_string(),
        "0af7651916cd43dd8448eb211c80319c"
    );
    assert_eq!(span.links.len(), 1);
}

#[traced_test]
async fn callers_may_write_other_formats() {
    let id = "0af7651916cd43dd8448eb211c80319c";
    let request = post_order()
        .header("x-trace-id", id)
        .header("x-span-id", "b7ad6b7169203331")
        .header("x-sampled", "1");
    let request = request.body(Body::from("1")).unwrap();
    let span = span_of(server().propagator(XTracePropagator), request).await;
    assert_eq!(span.trace_id.to_string(), id);
    let parent = span.parent_span_id.unwrap();
    assert_eq!(parent.to_string(), "b7ad6b7169203331");
}

/// `Trust` is about callers, and the trace of this process is none.
#[traced_test]
async fn a_captured_context_is_trusted() {
    let answer = tower::service_fn(async |_: Request<Body>| {
        Ok::<_, std::convert::Infallible>(http::Response::new(Body::empty()))
    });
    let inner = server().trust(Trust::Restart).layer(answer);
    let service = tower::ServiceBuilder::new()
        .layer(trace_http::capture())
        .buffer(1)
        .service(inner);
    let request = Request::get("/").body(Body::empty()).unwrap();
    let called = trace_core::root("caller").run(service.oneshot(request));
    drop(called.await.unwrap());
    let span = server_span().await;
    let caller = TestTracer::current().spans();
    let caller = caller.iter().find(|span| span.operation_name == "caller");
    assert_eq!(span.parent_span_id, Some(caller.unwrap().span_id));
    assert!(span.links.is_empty());
}

#[traced_test]
async fn invalid_statuses_are_errors() {
    let odd = get(async || StatusCode::from_u16(999).unwrap());
    let address = serve(Router::new().route("/", odd).layer(server())).await;
    fetch_get(Http::One, address, "/").await;
    let span = server_span().await;
    assert_eq!(span.outcome, Outcome::Error);
    assert_eq!(tag(&span, "error.type"), "999");
}

/// A propagator of an application, with a mistake.
struct Panics;

impl Propagator for Panics {
    fn extract(&self, _: &dyn Extractor) -> Extracted {
        panic!("extract")
    }

    fn inject(&self, _: &TraceContext, _: &mut dyn Injector) {
        panic!("inject")
    }
}

#[traced_test]
async fn a_propagator_that_panics_finds_and_sends_nothing() {
    use trace_http::client;

    let answer = tower::service_fn(async |request: Request<Body>| {
        assert!(request.headers().is_empty());
        Ok::<_, std::convert::Infallible>(http::Response::new(Body::empty()))
    });
    let call = get(async move || {
        for layer in [client(), client().context_to([""; 0])] {
            let client = layer.propagator(Panics).layer(answer);
            let request = Request::get("http://users/7").body(Body::empty()).unwrap();
            client.oneshot(request).await.unwrap();
        }
    });
    let layer = server().propagator(Panics);
    for (layer, started) in [(layer.clone(), 3), (layer.skip("/"), 3)] {
        let app = Router::new().route("/", call.clone()).layer(layer);
        let request = Request::get("/").header("traceparent", CALLER);
        let response = app.oneshot(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.unwrap().status(), 200);
        assert_eq!(TestTracer::current().stats().started, started);
    }
    let span = server_span().await;
    assert_eq!((span.parent_span_id, span.outcome), (None, Outcome::Ok));
    assert_eq!(TestTracer::current().stats().bad_headers, 1);
}

#[traced_test]
async fn what_is_no_ascii_makes_no_header_vanish() {
    let request = post_order()
        .header("traceparent", CALLER)
        .header("baggage", "tenant=acme")
        .header("baggage", "city=Zürich,plan=pro".as_bytes());
    let hook = server().on_request(|_| {
        for key in ["tenant", "plan"] {
            span::add_tag(format!("app.{key}"), span::baggage(key));
        }
    });
    let span = span_of(hook, request.body(Body::from("1")).unwrap()).await;
    assert_eq!(tag(&span, "app.tenant"), "acme");
    assert_eq!(tag(&span, "app.plan"), "pro");
    assert_eq!(TestTracer::current().stats().bad_headers, 1);

    // Of two, nobody knows which one is right.
    let twice = post_order()
        .header("traceparent", CALLER)
        .header("traceparent", "00-é".as_bytes());
    let span = span_of(server(), twice.body(Body::from("1")).unwrap()).await;
    assert_eq!(span.parent_span_id, None);
}

#[traced_test]
async fn a_layer_may_have_its_own_tracer() {
    let other = TestTracer::new();
    let address = serve(app(server().tracer(other.tracer()))).await;
    fetch_get(Http::One, address, "/orders/7").await;
    other.settled(crate::wire::LONG).await;
    assert_trace!(other.trace(), "GET /orders/{id}\n└─ load");
    assert!(TestTracer::current().spans().is_empty());
}

#[tokio::test]
async fn a_sampler_sees_what_is_asked_for() {
    let sampler = sampler_fn(|input| {
        let is_order = input.operation_name == "GET /orders/{id}"
            && input.tags.text("http.route").as_deref() == Some("/orders/{id}")
            && input.tags.text("url.path").as_deref() == Some("/orders/7")
            && input.tags.text("http.request.method").as_deref() == Some("GET");
        is_order.into()
    });
    let test = TestTracer::with("test", |builder| builder.sampler(sampler));
    let app = app(server().tracer(test.tracer()));
    for (path, spans) in [("/broken", 0), ("/orders/8", 0), ("/orders/7", 2)] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        let _read = axum::body::to_bytes(response.into_body(), 100).await;
        assert_eq!(test.spans().len(), spans, "{path}");
    }
}

#[tokio::test]
async fn what_is_not_sampled_passes_on_and_has_an_id() {
    let test = TestTracer::with("test", |builder| builder.sampler(AlwaysOff));
    let headers = get(async || {
        let mut headers = http::HeaderMap::new();
        trace_http::inject(&mut headers);
        headers["traceparent"].to_str().unwrap().to_owned()
    });
    let layer = server()
        .tracer(test.tracer())
        .trace_id_header(HeaderName::from_static("x-trace-id"));
    let app = Router::new().route("/", headers).layer(layer);
    let request = Request::get("/").header("traceparent", CALLER);
    let request = request.body(Body::empty()).unwrap();
    let response = app.oneshot(request).await.unwrap();
    let id = response.headers()["x-trace-id"].to_str().unwrap();
    assert_eq!(id, "0af7651916cd43dd8448eb211c80319c");
    let body = axum::body::to_bytes(response.into_body(), 100)
        .await
        .unwrap();
    let sent = String::from_utf8(body.to_vec()).unwrap();
    assert!(sent.starts_with("00-0af7651916cd43dd8448eb211c80319c-"));
    assert!(sent.ends_with("-00"));
    assert_eq!(test.stats().open, 0);
}

#[tokio::test]
async fn without_a_tracer_nothing_is_changed() {
    let headers = get(async || {
        let mut headers = http::HeaderMap::new();
        trace_http::inject(&mut headers);
        let sent = headers.get("traceparent").cloned();
        sent.map_or_else(String::new, |sent| sent.to_str().unwrap().to_owned())
    });
    let app = Router::new().route("/", headers).layer(server());
    for caller in [Some(CALLER), None] {
        let mut request = Request::get("/").body(Body::empty()).unwrap();
        if let Some(caller) = caller {
            let caller = caller.parse().unwrap();
            request.headers_mut().insert("traceparent", caller);
        }
        let response = app.clone().oneshot(request).await.unwrap();
        let body = axum::body::to_bytes(response.into_body(), 100)
            .await
            .unwrap();
        assert_eq!(body, caller.unwrap_or_default());
    }
}
