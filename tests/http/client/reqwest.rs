//! Calls of reqwest.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::StatusCode;
use http_body_util::StreamBody;
use hyper::body::Frame;
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder};
use tokio::net::TcpListener;
use tokio::time::timeout;
use trace_core::{Outcome, SpanRecord, Status, span, traced_test};
use trace_http::{ClientLayer, SendTraced, client};

use super::wire::{app, client_span, client_spans, line, serve_text};
use crate::wire::{BOTH, Http, LONG, serve, tag};

fn of(http: Http) -> ClientBuilder {
    let builder = Client::builder().timeout(LONG);
    match http {
        Http::One => builder.http1_only(),
        Http::Two => builder.http2_prior_knowledge(),
    }
}

fn reqwest(http: Http) -> Client {
    of(http).build().unwrap()
}

fn url(address: SocketAddr, path: &str) -> String {
    format!("http://{address}{path}")
}

fn message(span: &SpanRecord) -> &str {
    match &span.status {
        Status::Error(message) => message,
        other => panic!("{other:?}"),
    }
}

#[traced_test]
async fn a_call_begins_when_it_is_awaited() {
    let address = serve(app()).await;
    let client = reqwest(Http::One);
    let call = || client.get(url(address, "/text")).send_traced();
    drop(call());
    let caller = span::start("caller");
    let made = caller.in_scope(call);
    span::in_span("before", || {});
    // In another task, it is still below its caller.
    let response = tokio::spawn(made).await.unwrap().unwrap();
    assert_eq!(response.text().await.unwrap(), "some text");
    let parent = caller.context().unwrap().span_id;
    caller.end();
    let spans = client_spans().await;
    let [span] = &spans[..] else {
        panic!("{spans:?}")
    };
    assert_eq!(span.parent_span_id, Some(parent));
    let spans = trace_core::testing::TestTracer::current().spans();
    let before = spans.iter().find(|span| span.operation_name == "before");
    assert!(before.unwrap().end <= span.start);
}

#[traced_test]
async fn a_call_is_one_span_and_the_response_stays_what_it_is() {
    let address = serve(app()).await;
    for http in BOTH {
        let path = "/text?q=1&sig=abc";
        let caller = span::start("caller");
        let request = reqwest(http)
            .get(url(address, path))
            .basic_auth("me", Some("secret"));
        let response = caller.in_scope(|| request.send_traced()).await.unwrap();
        assert_eq!(response.url().as_str(), url(address, path));
        assert_eq!(response.remote_addr(), Some(address));
        assert_eq!(response.content_length(), Some(9));
        assert_eq!(response.status(), 200);
        assert_eq!(
            response.headers()["content-type"],
            "text/plain; charset=utf-8"
        );
        assert_eq!(response.text().await.unwrap(), "some text");
        let parent = caller.context().unwrap().span_id;
        caller.end();

        let span = client_span().await;
        assert_eq!(span.operation_name, "GET");
        assert_eq!(span.parent_span_id, Some(parent));
        assert_eq!(span.outcome, Outcome::Ok);
        assert!(
            span.source
                .as_ref()
                .unwrap()
                .file
                .ends_with("client/reqwest.rs"),
            "{:?}",
            span.source
        );
        let port = address.port().to_string();
        for (key, value) in [
            ("http.request.method", "GET"),
            ("url.full", &*url(address, "/text?q=1&sig=REDACTED")),
            ("server.address", "127.0.0.1"),
            ("server.port", &port),
            ("network.peer.address", "127.0.0.1"),
            ("network.peer.port", &port),
            ("http.response.status_code", "200"),
            (
                "network.protocol.version",
                if http == Http::One { "1.1" } else { "2" },
            ),
        ] {
            assert_eq!(tag(&span, key), value, "{key}");
        }
    }
}

#[traced_test]
async fn the_span_goes_on_until_the_body_ends_or_is_dropped() {
    let endless = get(async || {
        let first = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"abcd"))]);
        Body::from_stream(first.chain(stream::pending()))
    });
    let address = serve(app().route("/endless", endless)).await;
    for http in BOTH {
        let client = reqwest(http);
        let send = || client.get(url(address, "/endless")).send_traced();
        let mut response = send().await.unwrap();
        assert_eq!(response.content_length(), None);
        assert_eq!(response.chunk().await.unwrap().unwrap(), "abcd");
        drop(response);
        let span = client_span().await;
        assert_eq!(
            (span.outcome, span.status.clone()),
            (Outcome::Cancelled, Status::Unset)
        );
        assert_eq!(tag(&span, "http.response.body.size"), "4");

        drop(send().await.unwrap());
        assert_eq!(client_span().await.outcome, Outcome::Ok);

        let at_head = trace_http::client().ends_at_head();
        let request = client.get(url(address, "/endless"));
        let mut response = request.send_traced_with(&at_head).await.unwrap();
        assert_eq!(client_span().await.outcome, Outcome::Ok);
        assert_eq!(response.chunk().await.unwrap().unwrap(), "abcd");
        assert_eq!(response.url().path(), "/endless");
    }
}

#[traced_test]
async fn a_redirect_is_inside_and_carries_no_baggage_by_itself() {
    let (from, to) = (serve(app()).await, serve(app()).await);
    for http in BOTH {
        let request = reqwest(http).get(url(from, &format!("/to?{to}")));
        let sent = trace_core::root("caller").run(async {
            span::set_baggage("tenant", "acme").unwrap();
            let response = request.send_traced().await.unwrap();
            assert_eq!(response.url().as_str(), url(to, "/sent"));
            assert_eq!(response.remote_addr(), Some(to));
            response.text().await.unwrap()
        });
        let sent = sent.await;
        assert_eq!(line(&sent, "baggage"), "");
        let span = client_span().await;
        assert!(line(&sent, "traceparent").contains(&format!("-{}-", span.span_id)));
        assert_eq!(tag(&span, "url.full"), url(from, &format!("/to?{to}")));
        assert_eq!(tag(&span, "http.response.status_code"), "200");
    }
    assert_eq!(client_spans().await.len(), 2);
}

/// What the docs say: the lists are for the first address, and the client's policy for all
/// others.
#[traced_test]
async fn baggage_goes_where_it_is_listed_and_where_reqwest_follows() {
    let (from, to) = (serve(app()).await, serve(app()).await);
    for http in BOTH {
        let listed = || client().baggage_to([from.to_string()]);
        let send = async |client: &Client, url: String, calls: ClientLayer| {
            let called = trace_core::root("caller").run(async {
                span::set_baggage("tenant", "acme").unwrap();
                client.get(url).send_traced_with(&calls).await.unwrap()
            });
            let response = called.await;
            (response.status(), response.text().await.unwrap())
        };
        let follows = reqwest(http);
        let (_, sent) = send(&follows, url(from, "/sent"), listed()).await;
        assert_eq!(line(&sent, "baggage"), "tenant=acme");
        let (_, sent) = send(&follows, url(to, "/sent"), listed()).await;
        assert_eq!(line(&sent, "baggage"), "", "{to} is not listed");

        let redirect = || url(from, &format!("/to?{to}"));
        let (status, sent) = send(&follows, redirect(), listed()).await;
        assert_eq!(
            (status.as_u16(), line(&sent, "baggage")),
            (200, "tenant=acme")
        );
        let only_first = client().context_to([from.to_string()]);
        let (_, sent) = send(&follows, redirect(), only_first).await;
        assert_ne!(line(&sent, "traceparent"), "", "reqwest carries it on");

        let none = of(http).redirect(Policy::none()).build().unwrap();
        let (status, sent) = send(&none, redirect(), listed()).await;
        assert_eq!((status.as_u16(), &*sent), (307, ""));
    }
}

#[traced_test]
async fn baggage_that_is_written_by_hand_stays() {
    let address = serve(app()).await;
    let client = of(Http::One).redirect(Policy::none()).build().unwrap();
    let send = async |calls: ClientLayer| {
        let called = trace_core::root("caller").run(async {
            span::set_baggage("tenant", "acme").unwrap();
            let mut request = client.get(url(address, "/sent")).build().unwrap();
            trace_http::inject(request.headers_mut());
            request
                .headers_mut()
                .append("baggage", "plan=pro".parse().unwrap());
            let stale = request.headers()["traceparent"].clone();
            let request = reqwest::RequestBuilder::from_parts(client.clone(), request);
            let sent = request.send_traced_with(&calls).await.unwrap();
            (stale, sent.text().await.unwrap())
        });
        let (stale, sent) = called.await;
        assert_ne!(
            line(&sent, "traceparent"),
            stale.to_str().unwrap_or_default()
        );
        line(&sent, "baggage").to_owned()
    };
    assert_eq!(send(trace_http::client()).await, "tenant=acme,plan=pro");
    let listed = trace_http::client().baggage_to_all();
    assert_eq!(send(listed).await, "tenant=acme");
    let other = trace_http::client().context_to(["shop.internal"]);
    let sent = trace_core::root("caller").run(async {
        let request = client
            .get(url(address, "/sent"))
            .header("baggage", "plan=pro");
        let sent = request.send_traced_with(&other).await.unwrap();
        sent.text().await.unwrap()
    });
    let sent = sent.await;
    assert_eq!(
        (line(&sent, "traceparent"), line(&sent, "baggage")),
        ("", "")
    );
}

#[traced_test]
async fn what_reqwest_sends_again_is_inside() {
    let attempts = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&attempts);
    let fails_once = get(
        async move || match counted.fetch_add(1, Ordering::Relaxed) {
            0 => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::OK,
        },
    );
    let address = serve(Router::new().route("/", fails_once)).await;
    let retries = reqwest::retry::for_host("127.0.0.1")
        .no_budget()
        .classify_fn(|answer| match answer.status() {
            Some(StatusCode::SERVICE_UNAVAILABLE) => answer.retryable(),
            _ => answer.success(),
        });
    let client = Client::builder().retry(retries).build().unwrap();
    let response = client.get(url(address, "/")).send_traced().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(attempts.load(Ordering::Relaxed), 2);
    let spans = client_spans().await;
    assert_eq!(spans.len(), 1);
    assert_eq!(tag(&spans[0], "http.response.status_code"), "200");
}

#[traced_test]
async fn statuses_are_errors_and_no_error_is_made_of_them() {
    let address = serve(app()).await;
    let sent = reqwest(Http::One)
        .post(url(address, "/status/404"))
        .send_traced()
        .await;
    let response = sent.unwrap();
    assert_eq!(response.status(), 404);
    assert_eq!(response.text().await.unwrap(), "status 404");
    let span = client_span().await;
    assert_eq!(
        (&*span.operation_name, span.outcome),
        ("POST", Outcome::Error)
    );
    assert_eq!((message(&span), &*tag(&span, "error.type")), ("", "404"));
}

#[traced_test]
async fn the_size_of_a_body_is_known_unless_it_is_a_stream() {
    let address = serve(app()).await;
    let pieces = || {
        let piece = Frame::data(Bytes::from_static(b"four"));
        StreamBody::new(stream::iter([Ok::<_, std::io::Error>(piece)]))
    };
    let sized = client().record_body_sizes();
    for (body, layer, size) in [
        (reqwest::Body::from("four"), &sized, "4"),
        (reqwest::Body::wrap(pieces()), &sized, ""),
        (reqwest::Body::from("four"), &client(), ""),
    ] {
        let request = reqwest(Http::One).post(url(address, "/text")).body(body);
        let response = request.send_traced_with(layer).await.unwrap();
        assert_eq!(response.text().await.unwrap(), "some text");
        assert_eq!(tag(&client_span().await, "http.request.body.size"), size);
    }
}

#[traced_test]
async fn failures_say_what_they_are_without_secrets() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let sent = reqwest(Http::One)
        .get(url(address, "/?sig=secret"))
        .send_traced()
        .await;
    assert!(sent.unwrap_err().is_connect());
    let span = client_span().await;
    assert_eq!(span.outcome, Outcome::Error);
    assert_eq!(tag(&span, "error.type"), "connection_refused");
    let begins = format!(
        "error sending request for url (http://{address}/?sig=REDACTED): client error (Connect): tcp connect error"
    );
    assert!(message(&span).starts_with(&begins), "{}", message(&span));

    let address =
        serve(Router::new().route("/", get(async || std::future::pending::<()>().await))).await;
    let request = reqwest(Http::One)
        .get(url(address, "/"))
        .timeout(Duration::from_millis(50));
    assert!(request.send_traced().await.unwrap_err().is_timeout());
    assert_eq!(tag(&client_span().await, "error.type"), "timeout");
}

#[traced_test]
async fn a_body_may_break_or_take_too_long() {
    let address = serve_text("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabcd").await;
    let response = reqwest(Http::One)
        .get(url(address, "/"))
        .send_traced()
        .await
        .unwrap();
    assert_eq!(response.content_length(), Some(10));
    assert!(response.text().await.unwrap_err().is_decode());
    let span = client_span().await;
    assert_eq!(span.outcome, Outcome::Error);
    assert_eq!(tag(&span, "error.type"), "unexpected_eof");

    let endless = get(async || {
        let first = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"abcd"))]);
        Body::from_stream(first.chain(stream::pending()))
    });
    let address = serve(Router::new().route("/", endless)).await;
    let request = reqwest(Http::Two)
        .get(url(address, "/"))
        .timeout(Duration::from_millis(300));
    let response = request.send_traced().await.unwrap();
    assert!(response.bytes().await.unwrap_err().is_timeout());
    let span = client_span().await;
    assert_eq!(span.outcome, Outcome::Error);
    assert_eq!(tag(&span, "error.type"), "timeout");
}

#[traced_test]
async fn a_call_that_is_given_up_is_cancelled() {
    let address =
        serve(Router::new().route("/", get(async || std::future::pending::<()>().await))).await;
    let sent = reqwest(Http::One).get(url(address, "/")).send_traced();
    assert!(timeout(Duration::from_millis(50), sent).await.is_err());
    let span = client_span().await;
    assert_eq!(
        (span.outcome, span.status.clone()),
        (Outcome::Cancelled, Status::Unset)
    );
}

#[traced_test]
async fn what_is_no_request_has_no_span() {
    let client = reqwest(Http::One);
    let sent = client.get("no address").send_traced().await;
    assert!(sent.unwrap_err().is_builder());
    let sent = client.get("ftp://127.0.0.1/").send_traced().await;
    assert!(sent.unwrap_err().is_builder());
    let spans = client_spans().await;
    // An address of another scheme is one; that it is refused is the span's error.
    assert_eq!(spans.len(), 1);
    assert_eq!(spans[0].outcome, Outcome::Error);
}

#[tokio::test]
async fn without_a_trace_a_call_is_a_call() {
    let address = serve(app()).await;
    let sent = reqwest(Http::One)
        .get(url(address, "/sent"))
        .send_traced()
        .await;
    assert!(
        sent.unwrap()
            .text()
            .await
            .unwrap()
            .starts_with("traceparent=\n")
    );
}

#[tokio::test]
async fn a_call_can_be_spawned() {
    let address = serve(app()).await;
    let sent = tokio::spawn(reqwest(Http::One).get(url(address, "/text")).send_traced());
    assert_eq!(sent.await.unwrap().unwrap().status(), 200);
}

/// Also where it is below other errors, which may repeat it.
#[traced_test]
async fn no_text_of_an_error_has_secrets_of_an_address() {
    use tower::ServiceExt;

    type Boxed = Box<dyn std::error::Error + Send + Sync>;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    for is_io in [false, true] {
        let refused = tower::service_fn(async |_: http::Request<()>| {
            let url = url(address, "/a?sig=hidden&X%2DAmz-Signature=hidden");
            let error = Client::new().get(url).send().await.unwrap_err();
            let error = if is_io {
                std::io::Error::other(error).into()
            } else {
                Boxed::from(error)
            };
            let text = error.to_string();
            assert!(text.contains("hidden"));
            let above = Above(format!("not loaded: {text}"), error);
            Err::<http::Response<String>, Boxed>(above.into())
        });
        let request = http::Request::get("http://a/").body(()).unwrap();
        let called = trace_core::root("caller").run(client().layer(refused).oneshot(request));
        assert!(called.await.is_err());
        let span = client_span().await;
        assert!(message(&span).contains("sig=REDACTED&"), "{span:?}");
        assert!(!format!("{span:?}").contains("hidden"), "{span:?}");
    }
}

#[derive(Debug)]
struct Above(String, Box<dyn std::error::Error + Send + Sync>);

impl std::fmt::Display for Above {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Above {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.1)
    }
}
