//! What clients of HTTP/1 can do that no library lets them.

use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::{get, post};
use futures_util::{StreamExt, stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use trace_core::{Outcome, traced_test};
use trace_http::server;

use crate::wire::{LONG, serve, server_span, server_spans, tag};

fn app() -> Router {
    let pieces = get(async || {
        let first = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"abcd"))]);
        Body::from_stream(first.chain(stream::pending()))
    });
    Router::new()
        .route("/text", get(async || "text"))
        .route("/pieces", pieces)
        .route("/read", post(async |body: Bytes| body.len().to_string()))
        .layer(server())
}

/// Sends text and reads until some text has come.
async fn exchange(stream: &mut TcpStream, sent: &str, until: &str) -> String {
    stream.write_all(sent.as_bytes()).await.unwrap();
    let mut received = Vec::new();
    while !received
        .windows(until.len())
        .any(|part| part == until.as_bytes())
    {
        let read = timeout(LONG, stream.read_buf(&mut received)).await;
        assert_ne!(read.unwrap().unwrap(), 0, "the connection is closed");
    }
    String::from_utf8(received).unwrap()
}

async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

#[traced_test]
async fn the_version_may_be_old() {
    let address = serve(app()).await;
    let mut stream = connect(address).await;
    let received = exchange(&mut stream, "GET /text HTTP/1.0\r\n\r\n", "text").await;
    assert!(received.starts_with("HTTP/1.0 200 OK"));
    let span = server_span().await;
    assert_eq!(tag(&span, "network.protocol.version"), "1.0");
    assert_eq!(tag(&span, "server.address"), "", "nobody has said it");
    assert_eq!(span.outcome, Outcome::Ok);
}

#[traced_test]
async fn an_answer_of_100_is_no_status() {
    let address = serve(app()).await;
    let mut stream = connect(address).await;
    let head =
        "POST /read HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n";
    let received = exchange(&mut stream, head, "\r\n\r\n").await;
    assert!(received.starts_with("HTTP/1.1 100 Continue"));
    let received = exchange(&mut stream, "12345", "\r\n\r\n5").await;
    assert!(received.starts_with("HTTP/1.1 200 OK"));
    let span = server_span().await;
    assert_eq!(tag(&span, "http.response.status_code"), "200");
}

#[traced_test]
async fn a_connection_may_be_reset() {
    let address = serve(app()).await;
    let mut stream = connect(address).await;
    exchange(
        &mut stream,
        "GET /pieces HTTP/1.1\r\nhost: a\r\n\r\n",
        "abcd",
    )
    .await;
    stream.set_zero_linger().unwrap();
    drop(stream);
    let span = server_span().await;
    assert_eq!(span.outcome, Outcome::Cancelled);
    assert_eq!(tag(&span, "http.response.body.size"), "4");
}

#[traced_test]
async fn each_request_of_a_connection_has_its_own_span() {
    let address = serve(app()).await;
    let mut stream = connect(address).await;
    for count in 1..=3 {
        let request = "GET /text HTTP/1.1\r\nhost: a\r\n\r\n";
        exchange(&mut stream, request, "\r\n\r\ntext").await;
        let spans = server_spans().await;
        assert_eq!(spans.len(), count);
        assert!(spans.iter().all(|span| span.parent_span_id.is_none()));
    }
}

#[traced_test]
async fn a_body_may_be_cut_off() {
    let address = serve(app()).await;
    let mut stream = connect(address).await;
    let head = "POST /read HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n12";
    stream.write_all(head.as_bytes()).await.unwrap();
    drop(stream);
    // The server drops the handler, or the handler answers that it cannot read.
    let span = server_span().await;
    assert_eq!(span.operation_name, "POST /read");
    let is_refused = tag(&span, "http.response.status_code") == "400";
    assert!(is_refused || span.outcome == Outcome::Cancelled, "{span:?}");
    assert_eq!(server_spans().await.len(), 1);
}
