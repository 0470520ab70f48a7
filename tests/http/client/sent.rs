//! What leaves with a request, and to whom.

use std::net::SocketAddr;

use axum::Router;
use axum::routing::get;
use http::Request;
use http_body_util::{BodyExt, Empty};
use tower::{Layer, ServiceBuilder, ServiceExt};
use tower_http::follow_redirect::FollowRedirectLayer;
use trace_core::propagation::{
    B3Propagator, Extracted, Propagator, W3cPropagator, XTracePropagator,
};
use trace_core::testing::TestTracer;
use trace_core::{AlwaysOff, TraceFuture, Tracer, propagation, span, traced_test};
use trace_http::{capture, client, server};

use super::wire::{app, client_spans, get_of, line, plain, read, text, with};
use crate::wire::{BOTH, Body, Http, serve, server_spans, tag};

/// What a server says that it was sent by a call in a trace with baggage.
async fn sent_by(layer: &trace_http::ClientLayer, request: Request<Body>) -> String {
    let client = with(Http::One, layer);
    let root = trace_core::root("caller").run(async {
        span::set_baggage("tenant", "acme").unwrap();
        text(&read(client, request).await)
    });
    root.await
}

#[traced_test]
async fn all_hosts_get_the_context_and_none_the_baggage() {
    let address = serve(app()).await;
    let sent = sent_by(&client(), get_of(address, "/sent")).await;
    let spans = client_spans().await;
    let [call] = &spans[..] else { panic!() };
    let context = format!("00-{}-{}-", call.trace_id, call.span_id);
    assert!(line(&sent, "traceparent").starts_with(&context), "{sent}");
    assert_eq!(line(&sent, "baggage"), "");
}

#[traced_test]
async fn baggage_is_for_hosts_that_are_listed() {
    let address = serve(app()).await;
    let here = address.to_string();
    for (layer, baggage) in [
        (client().baggage_to([here.clone()]), "tenant=acme"),
        (client().baggage_to(["127.0.0.1"]), "tenant=acme"),
        (client().baggage_to(["127.0.0.1:1", "localhost"]), ""),
        (client().baggage_to([format!("{here}0000")]), ""),
        (client().baggage_to([format!("{here} ")]), ""),
        (client().baggage_to([format!("http://{here}")]), ""),
        (client().baggage_to_all(), "tenant=acme"),
        (client().baggage_to_all().context_to(["localhost"]), ""),
    ] {
        let mut request = get_of(address, "/sent");
        request
            .headers_mut()
            .insert("baggage", "of=another".parse().unwrap());
        let sent = sent_by(&layer, request).await;
        assert_eq!(line(&sent, "baggage"), baggage, "{layer:?}");
    }
}

#[traced_test]
async fn hosts_that_are_not_listed_get_no_context() {
    let address = serve(app()).await;
    let layer = client().context_to(["localhost"]);
    let mut request = get_of(address, "/sent");
    request
        .headers_mut()
        .insert("traceparent", "of another".parse().unwrap());
    let sent = sent_by(&layer, request).await;
    assert_eq!(line(&sent, "traceparent"), "");
    let url = format!("http://localhost:{}/sent", address.port());
    let request = Request::get(url).body(Empty::new().boxed()).unwrap();
    let sent = sent_by(&layer, request).await;
    assert_ne!(line(&sent, "traceparent"), "");
    assert_eq!(client_spans().await.len(), 2);
}

#[traced_test]
async fn another_propagator_writes_other_headers() {
    let address = serve(app()).await;
    let layer = client().propagator(XTracePropagator);
    let sent = sent_by(&layer, get_of(address, "/sent")).await;
    let spans = client_spans().await;
    assert_eq!(line(&sent, "x-trace-id"), spans[0].trace_id.to_string());
    assert_eq!(line(&sent, "traceparent"), "");
}

#[traced_test]
async fn a_redirect_does_not_carry_baggage_to_another_host() {
    let (from, to) = (serve(app()).await, serve(app()).await);
    for http in BOTH {
        let client = ServiceBuilder::new()
            .layer(FollowRedirectLayer::new())
            .layer(client().baggage_to([from.to_string()]))
            .service(plain(http));
        let sent_from = |address: SocketAddr, path: String| {
            let client = client.clone();
            trace_core::root("caller").run(async move {
                span::set_baggage("tenant", "acme").unwrap();
                text(&read(client, get_of(address, &path)).await)
            })
        };
        let same = sent_from(from, format!("/to?{from}")).await;
        assert_eq!(line(&same, "baggage"), "tenant=acme");
        let other = sent_from(from, format!("/to?{to}")).await;
        assert_eq!(line(&other, "baggage"), "");

        let spans = client_spans().await;
        let [.., first, second] = &spans[..] else {
            panic!()
        };
        assert_eq!(tag(first, "http.response.status_code"), "307");
        assert_eq!(tag(second, "url.full"), format!("http://{to}/sent"));
        assert_eq!(first.parent_span_id, second.parent_span_id);
        let context = format!("-{}-", second.span_id);
        assert!(line(&other, "traceparent").contains(&context));
    }
}

/// The ids of the spans that a hop sends in two calls.
async fn sent_by_hop(tracer: Option<Tracer>) -> [String; 2] {
    let next = serve(app()).await;
    let caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    let request = [("traceparent", caller), ("baggage", "tenant=acme")];
    let client = with(Http::One, &client().baggage_to_all());
    let root = match &tracer {
        Some(tracer) => tracer.root("hop"),
        None => trace_core::root("hop"),
    };
    let hop = async move {
        let mut sent = [String::new(), String::new()];
        for sent in &mut sent {
            *sent = text(&read(client.clone(), get_of(next, "/sent")).await);
        }
        sent
    };
    let sent = root
        .extracted(propagation::extract(&request))
        .run(hop)
        .await;
    sent.map(|sent| {
        assert_eq!(line(&sent, "baggage"), "tenant=acme");
        line(&sent, "traceparent").to_owned()
    })
}

#[tokio::test]
async fn a_context_travels_where_nothing_is_sampled() {
    let tracer = Tracer::builder("hop").sampler(AlwaysOff).on_demand();
    let [first, second] = sent_by_hop(Some(tracer.build().unwrap())).await;
    assert!(first.starts_with("00-0af7651916cd43dd8448eb211c80319c-"));
    assert!(first.ends_with("-00"));
    // Each call has an id of its own.
    assert!(!first.contains("b7ad6b7169203331"));
    assert_ne!(first, second);
}

#[tokio::test]
async fn a_context_leaves_as_it_came_where_there_is_no_tracer() {
    let caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    assert_eq!(sent_by_hop(None).await, [caller, caller]);
}

/// The parents of two calls through a buffer, and their callers.
async fn through_a_buffer(
    is_captured: bool,
) -> Vec<(Option<trace_core::SpanId>, trace_core::SpanId)> {
    let address = serve(Router::new().route("/", get(async || "text"))).await;
    let buffered = ServiceBuilder::new()
        .buffer(8)
        .layer(client())
        .service(plain(Http::One));
    let client = match is_captured {
        true => tower::util::BoxCloneService::new(capture().layer(buffered)),
        false => tower::util::BoxCloneService::new(buffered),
    };
    // The first call wakes the worker, in whose task both are made.
    let called = |name: &'static str| {
        let client = client.clone();
        trace_core::root(name).run(async move {
            let response = client.oneshot(get_of(address, "/")).await.unwrap();
            response.into_body().collect().await.unwrap();
        })
    };
    tokio::join!(called("first"), called("second"));
    let spans = client_spans().await;
    let all = TestTracer::current().spans();
    let callers = ["first", "second"].map(|name| {
        let caller = all.iter().find(|span| span.operation_name == name);
        caller.unwrap().clone()
    });
    let pairs = callers.iter().filter_map(|caller| {
        let call = spans.iter().find(|span| span.trace_id == caller.trace_id)?;
        Some((call.parent_span_id, caller.span_id))
    });
    pairs.collect()
}

#[traced_test]
async fn a_captured_caller_is_the_parent_behind_a_buffer() {
    let pairs = through_a_buffer(true).await;
    assert_eq!(pairs.len(), 2);
    for (parent, caller) in pairs {
        assert_eq!(parent, Some(caller));
    }
}

#[tokio::test]
async fn a_captured_context_travels_where_nothing_is_sampled() {
    let tracer = Tracer::builder("hop").sampler(AlwaysOff).on_demand();
    let tracer = tracer.build().unwrap();
    let address = serve(app()).await;
    let client = ServiceBuilder::new()
        .layer(capture())
        .buffer(8)
        .layer(client())
        .service(plain(Http::One));
    let sent = tracer.root("caller").run(async {
        let trace_id = span::current_trace_id().unwrap().to_string();
        let sent = text(&read(client, get_of(address, "/sent")).await);
        assert!(line(&sent, "traceparent").contains(&trace_id), "{sent}");
        sent
    });
    let sent = sent.await;
    let context = trace_core::TraceContext::from_traceparent(line(&sent, "traceparent"));
    assert!(!context.unwrap().is_sampled());
}

#[traced_test]
async fn without_a_capture_nobody_is_the_parent_behind_a_buffer() {
    let pairs = through_a_buffer(false).await;
    assert_eq!(pairs, []);
}

#[traced_test]
async fn a_captured_caller_is_the_parent_of_a_server_behind_a_buffer() {
    let inner = ServiceBuilder::new().layer(server()).service(app());
    let service = ServiceBuilder::new()
        .layer(capture())
        .buffer(8)
        .service(inner.map_request(|request: Request<Body>| request.map(axum::body::Body::new)));
    let caller = trace_core::root("caller").start();
    let called = |request| {
        let called = caller.in_scope(|| service.clone().oneshot(request).in_current_trace());
        async { called.await.unwrap().into_body().collect().await.unwrap() }
    };
    let other = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let mut request = get_of("127.0.0.1:1".parse().unwrap(), "/text");
    called(request).await;
    request = get_of("127.0.0.1:1".parse().unwrap(), "/text");
    let headers = request.headers_mut();
    headers.insert("traceparent", other.parse().unwrap());
    called(request).await;
    let context = caller.context().unwrap();
    caller.end();
    let spans = server_spans().await;
    let of = |trace_id| spans.iter().find(|span| span.trace_id == trace_id).unwrap();
    assert_eq!(of(context.trace_id).parent_span_id, Some(context.span_id));
    // What the headers say of the caller is believed first.
    let other = trace_core::TraceContext::from_traceparent(other).unwrap();
    assert_eq!(of(other.trace_id).parent_span_id, Some(other.span_id));
}

#[traced_test]
async fn a_spawned_call_belongs_to_the_trace_that_carries_it() {
    let address = serve(app()).await;
    let client = with(Http::One, &client());
    let caller = span::start("caller");
    let called = caller.in_scope(|| {
        let called = async move { read(client, get_of(address, "/text")).await };
        tokio::spawn(called.in_current_trace())
    });
    called.await.unwrap();
    let context = caller.context().unwrap();
    caller.end();
    assert_eq!(
        client_spans().await[0].parent_span_id,
        Some(context.span_id)
    );
}

/// Formats may have a header for each entry of the baggage.
#[traced_test]
async fn hosts_that_are_not_listed_get_no_baggage_of_any_name() {
    use trace_core::propagation::{Injector, JaegerPropagator};
    let names = get(async |headers: http::HeaderMap| {
        let names = headers.keys().map(http::HeaderName::as_str);
        let names = names.filter(|name| name.starts_with("uber"));
        names.collect::<Vec<_>>().join(" ")
    });
    let address = serve(Router::new().route("/names", names)).await;
    let layer = client().propagator(JaegerPropagator);
    for (layer, expected) in [
        (layer.clone(), "uber-trace-id"),
        (layer.context_to(["localhost"]).baggage_to_all(), ""),
    ] {
        let mut request = get_of(address, "/names");
        let headers = request.headers_mut();
        headers.insert("uberctx-tenant", "another".parse().unwrap());
        assert_eq!(sent_by(&layer, request).await, expected);
    }
    let mut metadata = tonic::metadata::MetadataMap::new();
    metadata.insert("uberctx-tenant", "another".parse().unwrap());
    metadata.insert("other", "stays".parse().unwrap());
    trace_http::MetadataInjector(&mut metadata).remove_prefixed("uberctx-");
    assert!(metadata.contains_key("other") && metadata.len() == 1);
}

#[traced_test]
async fn headers_without_a_place_for_more_stay() {
    let mut headers = http::HeaderMap::new();
    let value = http::HeaderValue::from_static("1");
    let names = (0..).map(|number| http::HeaderName::try_from(format!("x-{number}")).unwrap());
    for name in names {
        if headers.try_insert(name, value.clone()).is_err() {
            break;
        }
    }
    let count = headers.len();
    trace_core::root("caller").run_sync(|| trace_http::inject(&mut headers));
    assert_eq!(headers.len(), count);
    let full = tower::service_fn(async |_: Request<()>| {
        let mut response = http::Response::new(String::new());
        *response.headers_mut() = headers.clone();
        Ok::<_, std::convert::Infallible>(response)
    });
    let layer = server().trace_id_header(http::HeaderName::from_static("x-trace"));
    let response = layer.layer(full).oneshot(Request::new(())).await.unwrap();
    assert_eq!(response.headers().len(), count);
}

/// A service that passes requests on, by both layers and with these headers.
async fn passing_on<P: Propagator + Copy + 'static>(propagator: P) -> SocketAddr {
    let to = serve(app()).await;
    let calls = client().propagator(propagator).baggage_to_all();
    let pass = get(async move || {
        let request = get_of(to, "/sent");
        text(&read(with(Http::Two, &calls), request).await)
    });
    let layer = server().propagator(propagator).skip("/skipped");
    let app = Router::new().route("/", pass.clone());
    serve(app.route("/skipped", pass).layer(layer)).await
}

async fn passes<P: Propagator + Copy + 'static>(propagator: P, path: &str) {
    let address = passing_on(propagator).await;
    for (name, value) in [
        ("baggage", "tenant=acme"),
        ("b3", "0"),
        ("x-trace-id", "4bf92f3577b34da6a3ce929d0e0e4736"),
    ] {
        let found = propagator.extract(&[(name, value)]);
        let is_known = found != Extracted::default();
        for http in BOTH {
            let mut request = get_of(address, path);
            request.headers_mut().insert(name, value.parse().unwrap());
            let sent = text(&read(plain(http), request).await);
            for other in ["traceparent", "baggage", "b3", "x-trace-id"] {
                let expected = if other == name && is_known { value } else { "" };
                assert_eq!(line(&sent, other), expected, "{name}: {value}");
            }
        }
    }
}

#[tokio::test]
async fn without_a_tracer_what_came_without_a_context_goes_on() {
    passes(W3cPropagator, "/").await;
    passes(B3Propagator, "/").await;
    passes(XTracePropagator, "/").await;
}

#[traced_test]
async fn below_a_skipped_path_what_came_without_a_context_goes_on() {
    passes(W3cPropagator, "/skipped").await;
    passes(B3Propagator, "/skipped").await;
    passes(XTracePropagator, "/skipped").await;
    assert!(server_spans().await.is_empty() && client_spans().await.is_empty());
}
