//! When a span ends: with the body, whatever that is.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::IntoResponse;
use axum::response::sse::{Event, Sse};
use axum::routing::{get, post};
use futures_util::{StreamExt, stream};
use http::{Response, StatusCode};
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use tokio::time::timeout;
use trace_core::testing::TestTracer;
use trace_core::{Outcome, SpanRecord, Status, span, traced_test};
use trace_http::server;

use crate::wire::{BOTH, Connection, Http, LONG, fetch, request, serve, server_span, tag};

fn pieces(count: usize) -> Body {
    let pieces = stream::iter(0..count).then(|index| async move {
        tokio::task::yield_now().await;
        span::add_log(format!("piece {index}"));
        Ok::<_, io::Error>(Bytes::from_static(b"abcd"))
    });
    Body::from_stream(pieces)
}

fn app() -> Router {
    routes().layer(server())
}

fn routes() -> Router {
    Router::new()
        .route("/text", get(async || "text"))
        .route("/pieces", get(async || pieces(3)))
        .route(
            "/announced",
            get(async || ([("content-length", "12")], pieces(3))),
        )
        .route("/empty", get(async || ()))
        .route("/204", get(async || (StatusCode::NO_CONTENT, pieces(3))))
        .route("/304", get(async || (StatusCode::NOT_MODIFIED, pieces(3))))
        .route("/trailers", get(trailers))
        .route("/error", get(error_in_body))
        .route("/unread", post(async || "not read"))
        .route("/read", post(async |body: Bytes| body.len().to_string()))
}

async fn trailers() -> Response<Body> {
    let trailers = [("x-end", "1")]
        .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()));
    let frames = [
        Frame::data(Bytes::from_static(b"abcd")),
        Frame::trailers(trailers.into_iter().collect()),
    ];
    let frames = stream::iter(frames).map(Ok::<_, Infallible>);
    Response::new(Body::new(StreamBody::new(frames)))
}

async fn error_in_body() -> Body {
    let pieces = [
        Ok(Bytes::from_static(b"abcd")),
        Err(io::Error::other("disk is gone")),
    ];
    // The second piece is made when the first is gone.
    let pieces = stream::iter(pieces).then(|piece| async {
        tokio::task::yield_now().await;
        piece
    });
    Body::from_stream(pieces)
}

fn assert_ok(span: &SpanRecord) {
    assert_eq!(span.outcome, Outcome::Ok, "{span:?}");
    assert_eq!(span.status, Status::Unset, "{span:?}");
}

#[traced_test]
async fn a_body_ends_well_however_it_ends() {
    let address = serve(app()).await;
    for http in BOTH {
        let cases = [
            ("/text", 200, "text"),
            ("/pieces", 200, "abcdabcdabcd"),
            ("/announced", 200, "abcdabcdabcd"),
            ("/empty", 200, ""),
            ("/204", 204, ""),
            ("/304", 304, ""),
            ("/trailers", 200, "abcd"),
        ];
        for (path, status, body) in cases {
            let response = fetch(http, address, request(http, "GET", address, path)).await;
            assert_eq!(response.status(), status, "{path}");
            // hyper sends what a handler gives with a 204 in HTTP/2.
            if http == Http::One || status == 200 {
                assert_eq!(response.body(), body, "{path}");
            }
            let span = server_span().await;
            assert_eq!(span.operation_name, format!("GET {path}"));
            assert_eq!(tag(&span, "http.response.status_code"), status.to_string());
            assert_ok(&span);
        }
    }
}

#[traced_test]
async fn each_piece_is_made_within_the_span() {
    let address = serve(app()).await;
    for http in BOTH {
        for path in ["/pieces", "/announced"] {
            fetch(http, address, request(http, "GET", address, path)).await;
            let span = server_span().await;
            let logs: Vec<&str> = span.logs.iter().map(|log| &*log.message).collect();
            assert_eq!(logs, ["piece 0", "piece 1", "piece 2"], "{path}");
            let last = span.logs.last().unwrap();
            assert!(span.end >= last.time, "the span ends with the last piece");
        }
    }
}

#[traced_test]
async fn what_follows_the_announced_bytes_is_not_waited_for() {
    let more = get(async || {
        let pieces = pieces(3).into_data_stream().chain(stream::pending());
        ([("content-length", "12")], Body::from_stream(pieces))
    });
    let address = serve(Router::new().route("/more", more).layer(server())).await;
    let response = fetch(
        Http::One,
        address,
        request(Http::One, "GET", address, "/more"),
    );
    assert_eq!(response.await.body(), "abcdabcdabcd");
    assert_ok(&server_span().await);
}

#[traced_test]
async fn a_body_that_is_shorter_than_announced_is_an_error() {
    let length = |length: &'static str| [("content-length", length)];
    let app = Router::new()
        .route("/short", get(async move || (length("20"), pieces(3))))
        .route("/none", get(async move || (length("5"), Body::empty())))
        .layer(server());
    let address = serve(app).await;
    for http in BOTH {
        for (path, given, announced) in [("/short", 12, 20), ("/none", 0, 5)] {
            let mut connection = Connection::open(http, address).await;
            let sent = connection.send(request(http, "GET", address, path));
            // What the client sees depends on the version.
            if let Ok(response) = sent.await {
                let _broken = timeout(LONG, response.into_body().collect()).await.unwrap();
            }
            let span = server_span().await;
            assert_eq!(span.operation_name, format!("GET {path}"));
            if (http, path) == (Http::One, "/none") {
                // The server sends the length that the body has.
                assert_ok(&span);
                continue;
            }
            assert_eq!(span.outcome, Outcome::Error);
            let message = format!("the body has {given} of {announced} announced bytes");
            assert_eq!(span.status, Status::Error(message.into()));
            assert_eq!(tag(&span, "error.type"), "incomplete_body");
            assert_eq!(tag(&span, "http.response.body.size"), given.to_string());
            // Its length says what `GET` would have given.
            fetch(http, address, request(http, "HEAD", address, path)).await;
            assert_ok(&server_span().await);
        }
    }
}

/// In HTTP/1 it is cut, and what follows the announced bytes is not asked for.
#[traced_test]
async fn a_body_that_is_longer_than_announced_is_an_error() {
    let length = |length: &'static str| [("content-length", length)];
    let late = async || {
        Body::from_stream(stream::iter([
            Ok(Bytes::from_static(b"abcd")),
            Err(io::Error::other("late")),
        ]))
    };
    let app = Router::new()
        .route("/long", get(async move || (length("4"), pieces(2))))
        .route("/longer", get(async move || (length("3"), pieces(2))))
        .route("/zero", get(async move || (length("0"), pieces(2))))
        .route("/late", get(async move || (length("4"), late().await)))
        .route("/exact", get(async move || (length("8"), pieces(2))))
        .layer(server());
    let address = serve(app).await;
    for http in BOTH {
        for (path, message) in [
            ("/long", Some("the body has 8 of 4 announced bytes")),
            ("/longer", Some("the body has 4 of 3 announced bytes")),
            ("/zero", Some("the body has 4 of 0 announced bytes")),
            ("/late", Some("late")),
            ("/exact", None),
        ] {
            let mut connection = Connection::open(http, address).await;
            let sent = connection.send(request(http, "GET", address, path));
            if let Ok(response) = sent.await {
                let read = timeout(LONG, response.into_body().collect()).await.unwrap();
                assert_eq!(
                    read.is_err(),
                    http == Http::Two && message.is_some(),
                    "{path}"
                );
            }
            let span = server_span().await;
            assert_eq!(span.operation_name, format!("GET {path}"));
            match message {
                Some(message) if http == Http::Two || path == "/longer" => {
                    assert_eq!(span.outcome, Outcome::Error, "{http:?}");
                    assert_eq!(span.status, Status::Error(message.into()));
                    if path != "/late" {
                        assert_eq!(tag(&span, "error.type"), "oversized_body");
                    }
                }
                _ => assert_ok(&span),
            }
        }
    }
}

/// Drops the piece that it is in, and says so.
struct Noisy;

impl http_body::Body for Noisy {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        std::task::Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"abcd")))))
    }
}

impl Drop for Noisy {
    fn drop(&mut self) {
        span::add_log("dropped");
    }
}

#[traced_test]
async fn a_body_is_dropped_within_its_span() {
    use tower::ServiceExt;

    let service = server().layer(tower::service_fn(async |_: Request<Body>| {
        Ok::<_, Infallible>(Response::new(Noisy))
    }));
    let request = || Request::new(Body::empty());
    drop(service.clone().oneshot(request()).await.unwrap());
    assert_eq!(server_span().await.logs.len(), 1);

    // By a panic of who reads it, which is not its own.
    let reader = tokio::spawn(async move {
        let mut response = service.oneshot(request()).await.unwrap();
        response.body_mut().frame().await.unwrap().unwrap();
        panic!("a reader")
    });
    reader.await.unwrap_err();
    let span = server_span().await;
    assert_eq!(span.outcome, Outcome::Cancelled);
    assert_eq!(tag(&span, "error.type"), "cancelled");
    assert_eq!(tag(&span, "cancelled"), "true");
    assert_eq!(tag(&span, "http.response.body.size"), "4");
    assert_eq!(span.logs.len(), 1);
}

#[traced_test]
async fn timeouts_of_other_crates_are_named() {
    use tower::{BoxError, ServiceExt};

    let fails = |error: Option<BoxError>| {
        let error = std::sync::Arc::new(std::sync::Mutex::new(error));
        let service = tower::service_fn(move |_: Request<Body>| {
            let error = error.lock().unwrap().take();
            async move {
                match error {
                    Some(error) => Err::<Response<Body>, _>(error),
                    None => std::future::pending().await,
                }
            }
        });
        let limited = tower::timeout::Timeout::new(service, Duration::from_millis(20));
        server().layer(limited).oneshot(Request::new(Body::empty()))
    };
    let of_tokio = timeout(Duration::ZERO, std::future::pending::<()>()).await;
    let errors: [Option<BoxError>; 3] = [
        None,
        Some(of_tokio.unwrap_err().into()),
        Some(tonic::TimeoutExpired(()).into()),
    ];
    for error in errors {
        assert!(fails(error).await.is_err());
        let span = server_span().await;
        assert_eq!(span.outcome, Outcome::Error);
        assert_eq!(tag(&span, "error.type"), "timeout", "{:?}", span.status);
    }
}

/// Inside the layer, where the error becomes a response, and in a client that gives up.
#[traced_test]
async fn a_timeout_of_a_server_is_named_over_a_connection() {
    use axum::error_handling::HandleErrorLayer;
    use tower::{BoxError, ServiceBuilder};

    let limited = ServiceBuilder::new()
        .layer(HandleErrorLayer::new(async |error: BoxError| {
            (StatusCode::GATEWAY_TIMEOUT, error.to_string())
        }))
        .layer(server())
        .layer(tower::timeout::TimeoutLayer::new(Duration::from_millis(20)));
    let wait = get(async || std::future::pending::<()>().await);
    let address = serve(Router::new().route("/", wait).layer(limited)).await;
    for http in BOTH {
        let response = fetch(http, address, request(http, "GET", address, "/")).await;
        assert_eq!(response.status(), 504);
        let span = server_span().await;
        assert_eq!(span.outcome, Outcome::Error);
        assert_eq!(span.status, Status::Error("request timed out".into()));
        assert_eq!(tag(&span, "error.type"), "timeout");
    }
}

#[traced_test]
async fn head_has_no_body() {
    let address = serve(app()).await;
    for http in BOTH {
        for path in ["/text", "/pieces", "/announced"] {
            let head = request(http, "HEAD", address, path);
            let response = fetch(http, address, head).await;
            assert_eq!(response.body(), "");
            let span = server_span().await;
            assert_eq!(span.operation_name, format!("HEAD {path}"));
            assert_ok(&span);
            assert!(span.logs.is_empty());
        }
    }
}

#[traced_test]
async fn an_error_of_the_body_is_one_of_the_span() {
    let address = serve(app()).await;
    for http in BOTH {
        let mut connection = Connection::open(http, address).await;
        let response = connection.send(request(http, "GET", address, "/error"));
        let body = response.await.unwrap().into_body();
        assert!(timeout(LONG, body.collect()).await.unwrap().is_err());
        let span = server_span().await;
        assert_eq!(span.outcome, Outcome::Error);
        assert_eq!(span.status, Status::Error("disk is gone".into()));
        assert_eq!(tag(&span, "http.response.status_code"), "200");
        assert_eq!(tag(&span, "http.response.body.size"), "4");
        assert_ne!(tag(&span, "error.type"), "");
    }
}

#[traced_test]
async fn requests_may_have_bodies_that_nobody_reads() {
    let address = serve(app()).await;
    for http in BOTH {
        for path in ["/unread", "/read"] {
            let body = Full::new(Bytes::from(vec![b'x'; 100_000])).boxed();
            let request = request(http, "POST", address, path).map(|_| body);
            let response = fetch(http, address, request).await;
            assert_eq!(response.status(), 200);
            let span = server_span().await;
            assert_eq!(span.operation_name, format!("POST {path}"));
            assert_ok(&span);
        }
    }
}

#[traced_test]
async fn a_client_may_wait_for_100() {
    let address = serve(app()).await;
    for http in BOTH {
        let body = Full::new(Bytes::from_static(b"12345")).boxed();
        let mut request = request(http, "POST", address, "/read").map(|_| body);
        let expect = "100-continue".parse().unwrap();
        request.headers_mut().insert("expect", expect);
        let response = fetch(http, address, request).await;
        assert_eq!(response.body(), "5");
        let span = server_span().await;
        assert_eq!(tag(&span, "http.response.status_code"), "200");
        assert_ok(&span);
    }
}

/// A stream that waits for ever after so many events.
fn events() -> Router {
    let events = get(async || {
        let events = stream::iter(0..3).map(|index| Event::default().data(index.to_string()));
        Sse::new(events.map(Ok::<_, Infallible>).chain(stream::pending()))
    });
    Router::new().route("/events", events)
}

/// Reads so many bytes of a response, and goes away.
async fn leave_after(http: Http, address: std::net::SocketAddr, bytes: usize) {
    let mut connection = Connection::open(http, address).await;
    let response = connection.send(request(http, "GET", address, "/events"));
    let mut body = response.await.unwrap().into_body();
    let mut read = 0;
    while read < bytes {
        let frame = timeout(LONG, body.frame()).await.unwrap().unwrap().unwrap();
        read += frame.data_ref().map_or(0, Bytes::len);
    }
}

#[traced_test]
async fn a_stream_is_open_until_its_client_leaves() {
    let address = serve(events().layer(server())).await;
    for http in BOTH {
        let mut connection = Connection::open(http, address).await;
        let sent = connection.send(request(http, "GET", address, "/events"));
        let mut body = sent.await.unwrap().into_body();
        let mut read = 0;
        while read < 27 {
            let frame = timeout(LONG, body.frame()).await.unwrap().unwrap().unwrap();
            read += frame.data_ref().map_or(0, Bytes::len);
        }
        assert_eq!(TestTracer::current().stats().open, 1);
        drop((body, connection));
        let span = server_span().await;
        assert_eq!(span.outcome, Outcome::Cancelled);
        assert_eq!(span.status, Status::Error("".into()));
        assert_eq!(tag(&span, "error.type"), "cancelled");
        assert_eq!(tag(&span, "cancelled"), "true");
        assert_eq!(tag(&span, "http.response.status_code"), "200");
        assert_eq!(tag(&span, "http.response.body.size"), "27");
    }
}

#[traced_test]
async fn clients_that_leave_are_no_errors_by_option() {
    let layer = server().dropped_is_no_error();
    let address = serve(events().layer(layer)).await;
    for http in BOTH {
        leave_after(http, address, 27).await;
        let span = server_span().await;
        assert_eq!(span.outcome, Outcome::Cancelled);
        assert_eq!(span.status, Status::Unset);
        assert_eq!(tag(&span, "error.type"), "");
    }
}

#[traced_test]
async fn a_stream_may_be_reset_alone() {
    let address = serve(events().merge(routes()).layer(server())).await;
    let mut connection = Connection::open(Http::Two, address).await;
    let sent = connection.send(request(Http::Two, "GET", address, "/events"));
    let mut body = sent.await.unwrap().into_body();
    timeout(LONG, body.frame()).await.unwrap().unwrap().unwrap();
    // The connection goes on.
    drop(body);
    let span = server_span().await;
    assert_eq!(span.outcome, Outcome::Cancelled);
    let sent = connection.send(request(Http::Two, "GET", address, "/text"));
    assert_eq!(sent.await.unwrap().status(), 200);
}

#[traced_test]
async fn a_client_may_leave_before_the_head() {
    let (began, mut has_begun) = tokio::sync::mpsc::channel(1);
    let wait = get(async move || {
        struct Left;
        impl Drop for Left {
            fn drop(&mut self) {
                span::add_log("left");
            }
        }
        let _left = Left;
        began.send(()).await.unwrap();
        std::future::pending::<()>().await;
    });
    let address = serve(Router::new().route("/wait", wait).layer(server())).await;
    for http in BOTH {
        let mut connection = Connection::open(http, address).await;
        let waiting = tokio::spawn(async move {
            let _left = connection
                .send(request(http, "GET", address, "/wait"))
                .await;
        });
        timeout(LONG, has_begun.recv()).await.unwrap();
        waiting.abort();
        let span = server_span().await;
        assert_eq!(span.operation_name, "GET /wait");
        assert_eq!(span.outcome, Outcome::Cancelled);
        assert_eq!(tag(&span, "error.type"), "cancelled");
        assert_eq!(tag(&span, "http.response.status_code"), "");
        assert_eq!(tag(&span, "http.response.body.size"), "");
        assert_eq!(span.logs.len(), 1, "the handler is dropped within the span");
    }
}

#[traced_test]
async fn a_timeout_outside_cancels_and_one_inside_answers() {
    use tower_http::timeout::TimeoutLayer;
    let limit = || {
        let status = StatusCode::GATEWAY_TIMEOUT;
        TimeoutLayer::with_status_code(status, Duration::from_millis(20))
    };
    let slow = || {
        let slow = get(async || std::future::pending::<()>().await);
        Router::new().route("/slow", slow)
    };
    for http in BOTH {
        let address = serve(slow().layer(server()).layer(limit())).await;
        let sent = fetch(http, address, request(http, "GET", address, "/slow"));
        assert_eq!(sent.await.status(), 504);
        let span = server_span().await;
        assert_eq!(span.outcome, Outcome::Cancelled);
        assert_eq!(tag(&span, "http.response.status_code"), "");

        let address = serve(slow().layer(limit()).layer(server())).await;
        let sent = fetch(http, address, request(http, "GET", address, "/slow"));
        assert_eq!(sent.await.status(), 504);
        let span = server_span().await;
        assert_eq!(span.outcome, Outcome::Error);
        assert_eq!(span.status, Status::Error("".into()));
        assert_eq!(tag(&span, "error.type"), "504");
    }
}

#[traced_test]
async fn a_body_is_what_it_was() {
    use http_body::Body as _;
    use tower::{Service, ServiceExt};

    let inner = tower::service_fn(async |request: Request<Body>| {
        Ok::<_, Infallible>(Response::new(request.into_body()))
    });
    let mut service = server().layer(inner);
    let body = Body::new(Full::new(Bytes::from_static(b"12345")));
    let service = service.ready().await.unwrap();
    let response = service.call(Request::new(body)).await.unwrap();
    assert_eq!(response.body().size_hint().exact(), Some(5));
    assert!(!response.body().is_end_stream());
    assert_eq!(TestTracer::current().stats().open, 1);
    drop(response);
    let span = server_span().await;
    assert_eq!(
        span.outcome,
        Outcome::Cancelled,
        "of 5 bytes none was given"
    );
    assert_eq!(tag(&span, "http.response.body.size"), "0");

    let response = service.call(Request::new(Body::empty())).await.unwrap();
    assert!(response.body().is_end_stream());
    let span = server_span().await;
    assert_eq!(span.outcome, Outcome::Ok, "at its end at the head");
    drop(response.into_response());
}
