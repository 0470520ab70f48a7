//! Calls without a response.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use http::Request;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tower::{ServiceBuilder, ServiceExt};
use trace_core::{Outcome, Status, traced_test};
use trace_http::client;

use super::wire::{call, client_span, get_of, plain, serve_text, with};
use crate::wire::{BOTH, Body, Http, LONG, serve, tag};

#[traced_test]
async fn a_connection_may_be_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    for http in BOTH {
        let called = call(&with(http, &client()), get_of(address, "/")).await;
        assert!(called.unwrap_err().is_connect());
        let span = client_span().await;
        assert_eq!(span.outcome, Outcome::Error);
        assert_eq!(tag(&span, "error.type"), "connection_refused");
        assert_eq!(tag(&span, "http.response.status_code"), "");
        let Status::Error(message) = &span.status else {
            panic!("{:?}", span.status)
        };
        let begins = "client error (Connect): tcp connect error: Connection refused";
        assert!(message.starts_with(begins), "{message}");
    }
}

#[traced_test]
async fn a_server_may_say_nothing() {
    let address = serve_text("").await;
    let called = call(&with(Http::One, &client()), get_of(address, "/")).await;
    assert!(called.is_err());
    let span = client_span().await;
    assert_eq!(span.outcome, Outcome::Error);
    assert_eq!(
        tag(&span, "error.type"),
        "hyper_util::client::legacy::client::Error"
    );
}

fn slow() -> Router {
    Router::new().route("/", get(async || std::future::pending::<()>().await))
}

#[traced_test]
async fn a_timeout_outside_gives_the_call_up() {
    let address = serve(slow()).await;
    for http in BOTH {
        let service = ServiceBuilder::new()
            .timeout(Duration::from_millis(50))
            .layer(client())
            .service(plain(http));
        let called = timeout(LONG, service.oneshot(get_of(address, "/")));
        assert!(called.await.unwrap().is_err());
        let span = client_span().await;
        assert_eq!(
            (span.outcome, span.status.clone()),
            (Outcome::Cancelled, Status::Unset)
        );
        assert_eq!(tag(&span, "error.type"), "");
    }
}

#[traced_test]
async fn a_timeout_inside_is_an_error() {
    let address = serve(slow()).await;
    for http in BOTH {
        let service = ServiceBuilder::new()
            .layer(client())
            .timeout(Duration::from_millis(50))
            .service(plain(http));
        let request: Request<Body> = get_of(address, "/");
        let called = timeout(LONG, service.oneshot(request));
        assert!(called.await.unwrap().is_err());
        let span = client_span().await;
        assert_eq!(span.outcome, Outcome::Error);
        assert_eq!(span.status, Status::Error("request timed out".into()));
        assert_eq!(tag(&span, "error.type"), "timeout");
    }
}

#[traced_test]
async fn a_service_may_panic() {
    let broken = tower::service_fn(
        async |_: Request<Body>| -> Result<http::Response<Body>, std::io::Error> {
            panic!("no such client")
        },
    );
    let service = ServiceBuilder::new().layer(client()).service(broken);
    let address = "127.0.0.1:1".parse().unwrap();
    let called = tokio::spawn(trace_core::TraceFuture::in_current_trace(async move {
        trace_core::root("caller")
            .run(service.oneshot(get_of(address, "/")))
            .await
    }));
    assert!(called.await.unwrap_err().is_panic());
    assert_eq!(client_span().await.outcome, Outcome::Panicked);
}
