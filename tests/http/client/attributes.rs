//! What is said of a call.

use std::future::{Ready, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::routing::get;
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use tower::ServiceBuilder;
use tower::retry::{Policy, RetryLayer};
use trace_core::{Outcome, Status, TraceFuture, span, traced_test};
use trace_http::{ResendCount, client};

use super::wire::{app, call, client_span, client_spans, get_of, plain, read, text, with};
use crate::wire::{BOTH, Body, Http, serve, tag};

#[traced_test]
async fn a_call_says_where_it_went_and_what_came() {
    let address = serve(app()).await;
    for http in BOTH {
        let client = with(http, &client());
        let caller = span::start("caller");
        let request = get_of(address, "/text?q=1&sig=abc");
        let called = caller.in_scope(|| read(client, request).in_current_trace());
        let response = called.await;
        caller.end();
        assert_eq!(text(&response), "some text");

        let span = client_span().await;
        assert_eq!(span.operation_name, "GET");
        assert_eq!(span.parent_span_id, caller_id(&caller));
        assert_eq!(
            (span.outcome, span.status.clone()),
            (Outcome::Ok, Status::Unset)
        );
        let url = format!("http://{address}/text?q=1&sig=REDACTED");
        let port = address.port().to_string();
        let version = if http == Http::One { "1.1" } else { "2" };
        for (key, value) in [
            ("http.request.method", "GET"),
            ("server.address", "127.0.0.1"),
            ("server.port", &port),
            ("url.full", &url),
            ("http.response.status_code", "200"),
            ("network.protocol.version", version),
            ("network.peer.address", "127.0.0.1"),
            ("network.peer.port", &port),
            ("error.type", ""),
            ("http.request.resend_count", ""),
        ] {
            assert_eq!(tag(&span, key), value, "{key}");
        }
    }
}

fn caller_id(caller: &trace_core::OpenSpan) -> Option<trace_core::SpanId> {
    caller.context().map(|context| context.span_id)
}

#[traced_test]
async fn credentials_and_unknown_methods_are_not_recorded() {
    let address = serve(app()).await;
    let client = with(Http::One, &client());
    let url = format!("http://me:secret@{address}/text");
    let request = Request::builder().method("FETCH").uri(url);
    let request = request.body(Full::new("a".into()).boxed()).unwrap();
    read(client, request).await;
    let span = client_span().await;
    assert_eq!(span.operation_name, "HTTP");
    assert_eq!(tag(&span, "http.request.method"), "_OTHER");
    assert_eq!(tag(&span, "http.request.method_original"), "FETCH");
    let url = format!("http://REDACTED:REDACTED@{address}/text");
    assert_eq!(tag(&span, "url.full"), url);
}

#[traced_test]
async fn statuses_from_400_on_are_errors_without_a_description() {
    let address = serve(app()).await;
    for http in BOTH {
        let client = with(http, &client());
        for (status, is_error) in [
            ("200", false),
            ("302", false),
            ("404", true),
            ("418", true),
            ("500", true),
            ("503", true),
        ] {
            read(
                client.clone(),
                get_of(address, &format!("/status/{status}")),
            )
            .await;
            let span = client_span().await;
            assert_eq!(tag(&span, "http.response.status_code"), status);
            if is_error {
                assert_eq!(span.outcome, Outcome::Error);
                assert_eq!(span.status, Status::Error("".into()));
                assert_eq!(tag(&span, "error.type"), status);
            } else {
                assert_eq!(span.outcome, Outcome::Ok);
                assert_eq!(span.status, Status::Unset);
                assert_eq!(tag(&span, "error.type"), "");
            }
        }
    }
}

/// Sends again what is answered by 503, up to three times.
#[derive(Clone)]
struct ThreeTimes(u32);

impl<R, E> Policy<Request<Full<bytes::Bytes>>, Response<R>, E> for ThreeTimes {
    type Future = Ready<()>;

    fn retry(
        &mut self,
        request: &mut Request<Full<bytes::Bytes>>,
        result: &mut Result<Response<R>, E>,
    ) -> Option<Ready<()>> {
        self.0 = self.0.checked_sub(1)?;
        let response = result.as_ref().ok()?;
        (response.status() == StatusCode::SERVICE_UNAVAILABLE).then(|| {
            ResendCount::increment(request.extensions_mut());
            ready(())
        })
    }

    fn clone_request(
        &mut self,
        request: &Request<Full<bytes::Bytes>>,
    ) -> Option<Request<Full<bytes::Bytes>>> {
        Some(request.clone())
    }
}

#[traced_test]
async fn each_attempt_is_a_span_that_counts() {
    for (at, http) in BOTH.into_iter().enumerate() {
        let attempts = Arc::new(AtomicU32::new(0));
        let fails_twice = async move || match attempts.fetch_add(1, Ordering::Relaxed) {
            0 | 1 => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::OK,
        };
        let address = serve(Router::new().route("/", get(fails_twice))).await;
        let client = ServiceBuilder::new()
            .layer(RetryLayer::new(ThreeTimes(3)))
            .layer(client())
            .map_request(|request: Request<Full<bytes::Bytes>>| request.map(BodyExt::boxed))
            .service(plain(http));
        let request = Request::get(format!("http://{address}/"));
        let request = request.body(Full::default()).unwrap();
        let caller = span::start("caller");
        let called = caller.in_scope(|| tower::ServiceExt::oneshot(client, request));
        assert_eq!(called.await.unwrap().status(), 200);
        caller.end();

        let spans = client_spans().await;
        let spans = &spans[at * 3..];
        let each = |key| spans.iter().map(move |span| tag(span, key));
        let counts: Vec<String> = each("http.request.resend_count").collect();
        assert_eq!(counts, ["", "1", "2"]);
        let statuses: Vec<String> = each("http.response.status_code").collect();
        assert_eq!(statuses, ["503", "503", "200"]);
    }
}

#[traced_test]
async fn hooks_and_headers_say_more() {
    let address = serve(app()).await;
    let layer = client()
        .record_request_headers([ACCEPT])
        .record_response_headers([CONTENT_TYPE])
        .record_body_sizes()
        .record_times()
        .on_request(|request| {
            assert!(!request.headers.contains_key("traceparent"));
            span::set_operation_name(format!("{} /text", request.method));
        })
        .on_response(|response| {
            span::add_tag(
                "app.length",
                response.headers["content-length"].to_str().unwrap(),
            );
        });
    let mut request = get_of(address, "/text");
    for value in ["text/plain", "text/html"] {
        request.headers_mut().append(ACCEPT, value.parse().unwrap());
    }
    read(with(Http::One, &layer), request).await;
    let span = client_span().await;
    assert_eq!(span.operation_name, "GET /text");
    assert_eq!(tag(&span, "app.length"), "9");
    assert_eq!(tag(&span, "http.response.body.size"), "9");
    assert_eq!(tag(&span, "http.request.body.size"), "");
    let arrays = [
        "http.request.header.accept",
        "http.response.header.content-type",
    ];
    let arrays = arrays.map(|key| tag(&span, key));
    assert_eq!(
        arrays,
        [
            r#"["text/plain", "text/html"]"#,
            r#"["text/plain; charset=utf-8"]"#
        ]
    );
    let logs: Vec<&str> = span.logs.iter().map(|log| &*log.message).collect();
    assert_eq!(logs, ["http.response.head", "http.response.first_byte"]);
}

#[traced_test]
async fn the_size_of_a_request_is_recorded_where_it_is_known() {
    let address = serve(app()).await;
    let layer = client().record_body_sizes();
    for http in BOTH {
        let mut request = get_of(address, "/text").map(|_| Full::from("four").boxed());
        *request.method_mut() = http::Method::POST;
        request.headers_mut().insert(CONTENT_LENGTH, 4.into());
        read(with(http, &layer), request).await;
        assert_eq!(tag(&client_span().await, "http.request.body.size"), "4");
    }
}

#[traced_test]
async fn more_parameters_can_be_secrets() {
    let address = serve(app()).await;
    let layer = client().redact_query("pin");
    for http in BOTH {
        let request = get_of(address, "/text?q=1&pin=2&sig=3");
        assert_eq!(text(&read(with(http, &layer), request).await), "some text");
        let full = format!("http://{address}/text?q=1&pin=REDACTED&sig=REDACTED");
        assert_eq!(tag(&client_span().await, "url.full"), full);
    }
}

#[traced_test]
async fn hooks_may_panic() {
    let address = serve(app()).await;
    let layer = client()
        .on_request(|_| panic!("no such request"))
        .on_response(|_| panic!("no such response"));
    let response = read(with(Http::One, &layer), get_of(address, "/text")).await;
    assert_eq!(text(&response), "some text");
    assert_eq!(client_span().await.outcome, Outcome::Ok);
}

#[traced_test]
async fn a_request_may_have_its_host_in_a_header() {
    let address = "[::1]:8080".parse().unwrap();
    let request = crate::wire::request(Http::One, "GET", address, "/text");
    let layer = client();
    let refuses = tower::service_fn(async |_: Request<Body>| {
        Err::<Response<Body>, _>(std::io::Error::other("refused"))
    });
    let refused = tower::Layer::layer(&layer, refuses);
    let refused = tower::ServiceExt::oneshot(refused, request).await;
    assert!(refused.is_err());
    let span = client_span().await;
    assert_eq!(tag(&span, "server.address"), "::1");
    assert_eq!(tag(&span, "server.port"), "8080");
    assert_eq!(tag(&span, "url.full"), "");
}

#[traced_test]
async fn without_a_span_around_it_a_call_is_a_call() {
    let address = serve(app()).await;
    let client = with(Http::One, &client());
    let called = span::detached(|| {
        tokio::spawn(async move {
            let response = call(&client, get_of(address, "/sent")).await.unwrap();
            response.into_body().collect().await.unwrap().to_bytes()
        })
    });
    let sent = called.await.unwrap();
    assert!(sent.starts_with(b"traceparent=\n"));
    assert_eq!(client_spans().await.len(), 0);
}
