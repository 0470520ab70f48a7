//! When the span of a call ends.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{Request, Response};
use http_body_util::BodyExt;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::time::timeout;
use tower::ServiceExt;
use trace_core::testing::TestTracer;
use trace_core::{Outcome, Status, span, traced_test};
use trace_http::client;

use super::wire::{app, call, client_span, get_of, read, serve_text, text, with};
use crate::wire::{BOTH, Http, LONG, serve, tag};

/// A body of which one piece comes, and nothing more until the end of the test.
fn endless() -> Body {
    let first = stream::iter([Ok::<_, io::Error>(Bytes::from_static(b"abcd"))]);
    Body::from_stream(first.chain(stream::pending()))
}

/// How many spans have ended.
fn ended() -> usize {
    TestTracer::current().spans().len()
}

#[traced_test]
async fn a_span_ends_with_the_body() {
    let app = app().route(
        "/pieces",
        get(async || {
            let pieces =
                stream::iter((0..3).map(|_| Ok::<_, io::Error>(Bytes::from_static(b"abcd"))));
            Body::from_stream(pieces)
        }),
    );
    let address = serve(app).await;
    for http in BOTH {
        for path in ["/text", "/pieces"] {
            let client = with(http, &client().record_body_sizes());
            let before = ended();
            let response = call(&client, get_of(address, path)).await.unwrap();
            assert_eq!(ended(), before);
            let mut body = response.into_body();
            let mut length = 0;
            while let Some(frame) = timeout(LONG, body.frame()).await.unwrap() {
                length += frame.unwrap().data_ref().map_or(0, Bytes::len);
            }
            // The body is still held.
            let span = client_span().await;
            assert_eq!(span.outcome, Outcome::Ok);
            assert_eq!(tag(&span, "http.response.body.size"), length.to_string());
        }
    }
}

#[traced_test]
async fn a_response_without_a_body_ends_at_its_head() {
    let address = serve(app()).await;
    for http in BOTH {
        let client = with(http, &client());
        for (method, path) in [
            ("HEAD", "/text"),
            ("GET", "/empty"),
            ("GET", "/status/204"),
            ("GET", "/status/304"),
        ] {
            let mut request = get_of(address, path);
            *request.method_mut() = method.parse().unwrap();
            let response = call(&client, request).await.unwrap();
            // The body is still held.
            let span = client_span().await;
            assert_eq!(span.operation_name, method);
            assert_eq!(span.outcome, Outcome::Ok, "{method} {path}");
            drop(response);
        }
    }
}

#[traced_test]
async fn a_body_that_nobody_reads_ends_well_when_it_is_dropped() {
    let address = serve(app().route("/endless", get(async || endless()))).await;
    for http in BOTH {
        let client = with(http, &client());
        let response = call(&client, get_of(address, "/endless")).await.unwrap();
        let before = ended();
        drop(response);
        assert_eq!(ended(), before + 1);
        let span = client_span().await;
        assert_eq!(
            (span.outcome, span.status.clone()),
            (Outcome::Ok, Status::Unset)
        );

        let response = call(&client, get_of(address, "/status/503")).await.unwrap();
        drop(response);
        let span = client_span().await;
        assert_eq!(span.outcome, Outcome::Error);
        assert_eq!(tag(&span, "error.type"), "503");
    }
}

#[traced_test]
async fn a_body_that_is_dropped_in_the_middle_is_cancelled_and_no_error() {
    let address = serve(app().route("/endless", get(async || endless()))).await;
    for http in BOTH {
        let client = with(http, &client());
        let response = call(&client, get_of(address, "/endless")).await.unwrap();
        let mut body = response.into_body();
        let first = timeout(LONG, body.frame()).await.unwrap();
        assert!(first.unwrap().unwrap().is_data());
        drop(body);
        let span = client_span().await;
        assert_eq!(
            (span.outcome, span.status.clone()),
            (Outcome::Cancelled, Status::Unset)
        );
        assert_eq!(tag(&span, "error.type"), "");
        assert_eq!(tag(&span, "http.response.body.size"), "4");
    }
}

#[traced_test]
async fn a_call_that_is_dropped_is_cancelled_and_no_error() {
    let (arrived, mut arrival) = tokio::sync::mpsc::channel(2);
    let never = get(async move || {
        arrived.send(()).await.unwrap();
        std::future::pending::<()>().await;
    });
    let address = serve(Router::new().route("/never", never)).await;
    for http in BOTH {
        let client = with(http, &client());
        let called = tokio::select! {
            called = call(&client, get_of(address, "/never")) => Some(called),
            _ = arrival.recv() => None,
        };
        assert!(called.is_none());
        let span = client_span().await;
        assert_eq!(
            (span.outcome, span.status.clone()),
            (Outcome::Cancelled, Status::Unset)
        );
        assert_eq!(tag(&span, "error.type"), "");
        assert_eq!(tag(&span, "http.response.status_code"), "");
    }
}

#[traced_test]
async fn what_is_dropped_with_a_call_is_dropped_within_it() {
    struct Says;

    impl Drop for Says {
        fn drop(&mut self) {
            span::add_log("given up");
        }
    }

    let never = tower::service_fn(|_: Request<crate::wire::Body>| async {
        let _says = Says;
        std::future::pending::<Result<http::Response<crate::wire::Body>, io::Error>>().await
    });
    let request = get_of("127.0.0.1:1".parse().unwrap(), "/");
    let mut called = Box::pin(client().layer(never).oneshot(request));
    assert!(futures_util::poll!(called.as_mut()).is_pending());
    drop(called);
    let span = client_span().await;
    assert_eq!(span.outcome, Outcome::Cancelled);
    assert_eq!(&*span.logs[0].message, "given up");
}

#[traced_test]
async fn a_span_may_end_at_the_head() {
    let address = serve(app().route("/endless", get(async || endless()))).await;
    for http in BOTH {
        let client = with(http, &client().ends_at_head());
        let response = call(&client, get_of(address, "/endless")).await.unwrap();
        // The body is still held, and may be read.
        let span = client_span().await;
        assert_eq!(span.outcome, Outcome::Ok);
        assert_eq!(tag(&span, "http.response.status_code"), "200");
        let first = timeout(LONG, response.into_body().frame()).await.unwrap();
        assert!(first.unwrap().unwrap().is_data());
    }
}

#[traced_test]
async fn a_connection_that_breaks_within_the_body_is_an_error() {
    let address = serve_text("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabcd").await;
    let client = with(Http::One, &client());
    let response = call(&client, get_of(address, "/")).await.unwrap();
    let body = timeout(LONG, response.into_body().collect()).await.unwrap();
    assert!(body.is_err());
    let span = client_span().await;
    assert_eq!(span.outcome, Outcome::Error);
    assert_eq!(tag(&span, "http.response.status_code"), "200");
    assert_eq!(tag(&span, "http.response.body.size"), "4");
    assert_eq!(tag(&span, "error.type"), "unexpected_eof");
}

#[traced_test]
async fn a_stream_that_is_reset_within_the_body_is_an_error() {
    let breaks = Arc::new(Notify::new());
    let broken = Arc::clone(&breaks);
    let reset = get(async move || {
        let first = stream::iter([Ok(Bytes::from_static(b"abcd"))]);
        let error = stream::once(async move {
            breaks.notified().await;
            Err(io::Error::other("disk is gone"))
        });
        Body::from_stream(first.chain(error))
    });
    let app = Router::new().route("/reset", reset);
    let address = serve(app).await;
    let client = with(Http::Two, &client());
    let response = call(&client, get_of(address, "/reset")).await.unwrap();
    let mut body = response.into_body();
    let first = timeout(LONG, body.frame()).await.unwrap();
    assert!(first.unwrap().unwrap().is_data());
    broken.notify_one();
    let reset = timeout(LONG, body.frame()).await.unwrap();
    assert!(reset.unwrap().is_err());
    drop(body);
    let span = client_span().await;
    assert_eq!(span.outcome, Outcome::Error);
    assert_eq!(tag(&span, "error.type"), "hyper::error::Error");
    let Status::Error(message) = &span.status else {
        panic!("{:?}", span.status)
    };
    assert!(message.contains("stream error received"), "{message}");
}

#[traced_test]
async fn an_upgrade_ends_at_its_head_and_heads_before_the_last_are_none() {
    let upgrade =
        "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";
    let hints = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
    for (text, status) in [(upgrade, "101"), (hints, "200")] {
        let mut request = get_of(serve_text(text).await, "/");
        let headers = request.headers_mut();
        headers.insert("connection", "upgrade".parse().unwrap());
        headers.insert("upgrade", "echo".parse().unwrap());
        let client = with(Http::One, &client());
        let response = call(&client, request).await.unwrap();
        if status == "200" {
            timeout(LONG, response.into_body().collect())
                .await
                .unwrap()
                .unwrap();
            assert_eq!(
                tag(&client_span().await, "http.response.status_code"),
                status
            );
            continue;
        }
        let span = client_span().await;
        assert_eq!(
            (span.outcome, &*tag(&span, "http.response.status_code")),
            (Outcome::Ok, status)
        );
        let upgraded = timeout(LONG, hyper::upgrade::on(response)).await.unwrap();
        assert!(upgraded.is_ok());
    }
}

/// A server of HTTP/2 that sends hints before the head of its response.
async fn serve_hints() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut connection = h2::server::handshake(stream).await.unwrap();
        while let Some(request) = connection.accept().await {
            let (_, mut respond) = request.unwrap();
            let hints = Response::builder().status(103).header("link", "</a>");
            respond.send_informational(hints.body(()).unwrap()).unwrap();
            let mut body = respond.send_response(Response::new(()), false).unwrap();
            body.send_data("ok".into(), true).unwrap();
        }
    });
    address
}

#[traced_test]
async fn heads_before_the_last_are_none_in_http_2() {
    let request = get_of(serve_hints().await, "/");
    let response = read(with(Http::Two, &client()), request).await;
    assert_eq!(
        (response.status().as_u16(), text(&response)),
        (200, "ok".to_owned())
    );
    let span = client_span().await;
    assert_eq!(tag(&span, "http.response.status_code"), "200");
    assert_eq!(span.outcome, Outcome::Ok);
}
