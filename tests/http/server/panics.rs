//! Handlers and bodies that panic.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::get;
use futures_util::{StreamExt, stream};
use http::StatusCode;
use tower_http::catch_panic::CatchPanicLayer;
use trace_core::{Outcome, SpanRecord, Status, traced_test};
use trace_http::server;

use crate::wire::{BOTH, Connection, get as fetch_get, request, serve, server_span, tag};

async fn panics() -> StatusCode {
    tokio::task::yield_now().await;
    panic!("no such order")
}

fn app() -> Router {
    let body = get(async || {
        let pieces = stream::iter([1, 2]).map(|piece| match piece {
            1 => Ok::<_, std::io::Error>(Bytes::from_static(b"abcd")),
            _ => panic!("no more"),
        });
        Body::from_stream(pieces)
    });
    let refused = get(async || {
        let caught = std::panic::catch_unwind(|| panic!("a plugin"));
        assert!(caught.is_err());
        StatusCode::BAD_REQUEST
    });
    Router::new()
        .route("/panic", get(panics))
        .route("/body", body)
        .route("/refused", refused)
        .route("/broken", get(async || StatusCode::INTERNAL_SERVER_ERROR))
}

fn assert_panicked(span: &SpanRecord) {
    assert_eq!(span.outcome, Outcome::Panicked, "{span:?}");
}

#[traced_test]
async fn a_panic_is_caught_outside() {
    let app = app().layer(server()).layer(CatchPanicLayer::new());
    let address = serve(app).await;
    for http in BOTH {
        assert_eq!(fetch_get(http, address, "/panic").await.status(), 500);
        let span = server_span().await;
        assert_panicked(&span);
        assert_eq!(span.operation_name, "GET /panic");
    }
}

#[traced_test]
async fn a_panic_is_caught_inside() {
    let app = app().layer(CatchPanicLayer::new()).layer(server());
    let address = serve(app).await;
    for http in BOTH {
        assert_eq!(fetch_get(http, address, "/panic").await.status(), 500);
        let span = server_span().await;
        assert_panicked(&span);
        assert_eq!(tag(&span, "http.response.status_code"), "500");
        assert_eq!(tag(&span, "error.type"), "panic");
        assert!(matches!(span.status, Status::Error(_)));

        // Others are no panics, though the thread has had some.
        fetch_get(http, address, "/broken").await;
        let span = server_span().await;
        assert_eq!(span.outcome, Outcome::Error);
        assert_eq!(tag(&span, "error.type"), "500");
        fetch_get(http, address, "/refused").await;
        assert_eq!(server_span().await.outcome, Outcome::Ok);
    }
}

#[traced_test]
async fn a_panic_that_is_caught_may_be_left_to_its_status() {
    let app = app().layer(CatchPanicLayer::new());
    let address = serve(app.layer(server().without_panic_hook())).await;
    for http in BOTH {
        fetch_get(http, address, "/panic").await;
        let span = server_span().await;
        assert_eq!(span.outcome, Outcome::Error);
        assert_eq!(tag(&span, "error.type"), "500");
    }
}

#[traced_test]
async fn a_panic_is_not_caught() {
    let address = serve(app().layer(server())).await;
    for http in BOTH {
        let mut connection = Connection::open(http, address).await;
        let sent = connection.send(request(http, "GET", address, "/panic"));
        assert!(sent.await.is_err(), "the connection is gone");
        assert_panicked(&server_span().await);
    }
}

#[traced_test]
async fn a_body_may_panic() {
    let address = serve(app().layer(server())).await;
    for http in BOTH {
        let mut connection = Connection::open(http, address).await;
        let sent = connection
            .send(request(http, "GET", address, "/body"))
            .await;
        drop(sent);
        let span = server_span().await;
        assert_panicked(&span);
        assert_eq!(span.operation_name, "GET /body");
    }
}
