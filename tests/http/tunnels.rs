//! Connections of HTTP/2 that become something else, and tunnels, with both layers.

use std::sync::Arc;

use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::routing::any;
use futures_util::{SinkExt, StreamExt};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Mutex;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{self, protocol::Role};
use tower::ServiceExt;
use trace_core::testing::TestTracer;
use trace_core::{Outcome, SpanKind, SpanRecord, Status, traced_test};
use trace_http::{TracedBody, client, server};

use crate::wire::{BOTH, Body, Connection, Http, LONG, request, serve, tag};

/// Sends a request by a connection, with the layer of a client.
async fn call(
    connection: &Arc<Mutex<Connection>>,
    request: Request<Body>,
) -> Response<TracedBody<Incoming>> {
    let connection = Arc::clone(connection);
    let sender = tower::service_fn(move |request| {
        let connection = Arc::clone(&connection);
        async move { connection.lock().await.send(request).await }
    });
    let called = client().layer(sender).oneshot(request);
    timeout(LONG, called).await.unwrap().unwrap()
}

/// Waits until all spans have ended, and returns those of the last client and server.
async fn both_spans() -> [SpanRecord; 2] {
    let test = TestTracer::current();
    test.settled(LONG).await;
    let spans = test.spans();
    [SpanKind::Client, SpanKind::Server].map(|kind| {
        let last = spans.iter().rfind(|span| span.kind == kind);
        last.unwrap().clone()
    })
}

fn assert_is_tunnel([client, server]: &[SpanRecord; 2], name: &str) {
    assert_eq!(client.operation_name, "CONNECT");
    assert_eq!(server.operation_name, name);
    assert_eq!(server.parent_span_id, Some(client.span_id));
    for span in [client, server] {
        assert_eq!(span.outcome, Outcome::Ok);
        assert_eq!(span.status, Status::Unset);
        assert_eq!(tag(span, "http.request.method"), "CONNECT");
        assert_eq!(tag(span, "http.response.status_code"), "200");
        assert_eq!(tag(span, "error.type"), "");
    }
}

async fn echo(mut socket: WebSocket) {
    while let Some(Ok(Message::Text(text))) = socket.recv().await {
        // As with HTTP/1.1, no trace runs here.
        let root = trace_core::root("message");
        let _sent = root.run(socket.send(Message::Text(text))).await;
    }
}

/// Source: RFC 8441, *Bootstrapping WebSockets with HTTP/2*: the answer to `CONNECT` is 200.
#[traced_test]
async fn a_web_socket_over_http2_goes_on_after_its_spans() {
    let upgrade = any(async |upgrade: WebSocketUpgrade| upgrade.on_upgrade(echo));
    let app = Router::new()
        .route("/socket", upgrade)
        .route("/settings", any(async || ()))
        .layer(server().skip("/settings"));
    let address = serve(app).await;
    let mut connection = Connection::open(Http::Two, address).await;
    // Before its answer come the server's settings, which allow what follows.
    let settings = request(Http::Two, "GET", address, "/settings");
    connection.send(settings).await.unwrap();

    let connection = Arc::new(Mutex::new(connection));
    let mut connect = request(Http::Two, "CONNECT", address, "/socket");
    let protocol = hyper::ext::Protocol::from_static("websocket");
    connect.extensions_mut().insert(protocol);
    let version = "13".parse().unwrap();
    connect
        .headers_mut()
        .insert("sec-websocket-version", version);
    let mut response = call(&connection, connect).await;
    assert_eq!(response.status(), StatusCode::OK);

    // The socket is open, and both spans have ended.
    let spans = both_spans().await;
    assert_is_tunnel(&spans, "CONNECT /socket");
    assert_eq!(tag(&spans[0], "network.protocol.version"), "2");

    let upgraded = timeout(LONG, hyper::upgrade::on(&mut response)).await;
    let upgraded = TokioIo::new(upgraded.unwrap().unwrap());
    let mut socket = WebSocketStream::from_raw_socket(upgraded, Role::Client, None).await;
    for text in ["a", "b"] {
        let message = tungstenite::Message::text(text);
        socket.send(message).await.unwrap();
        let answer = timeout(LONG, socket.next()).await.unwrap();
        assert_eq!(answer.unwrap().unwrap().into_text().unwrap().as_str(), text);
    }
    drop((socket, response));
    let test = TestTracer::current();
    test.settled(LONG).await;
    let spans = test.spans();
    let roots = spans.iter().filter(|span| span.parent_span_id.is_none());
    let names: Vec<&str> = roots.map(|span| &*span.operation_name).collect();
    assert_eq!(names, ["CONNECT", "message", "message"]);
}

/// Answers with what comes by the tunnel. Port 1 is refused.
async fn tunnel(mut request: axum::extract::Request) -> Response<axum::body::Body> {
    if request.uri().port_u16() == Some(1) {
        let refused = Response::builder().status(StatusCode::FORBIDDEN);
        return refused.body("no such port".into()).unwrap();
    }
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let (mut read, mut write) = tokio::io::split(TokioIo::new(upgrade.await.unwrap()));
        let _closed = tokio::io::copy(&mut read, &mut write).await;
    });
    // Nobody polls it.
    let pending = futures_util::stream::pending::<std::io::Result<bytes::Bytes>>();
    Response::new(axum::body::Body::from_stream(pending))
}

#[traced_test]
async fn a_tunnel_goes_on_after_both_spans() {
    let address = serve(Router::new().fallback(tunnel).layer(server())).await;
    for http in BOTH {
        let connection = Arc::new(Mutex::new(Connection::open(http, address).await));
        let mut connect = request(http, "CONNECT", address, "/");
        *connect.uri_mut() = "db.example:5432".parse().unwrap();
        let mut response = call(&connection, connect).await;
        assert_eq!(response.status(), StatusCode::OK);
        let spans = both_spans().await;
        assert_is_tunnel(&spans, "CONNECT");
        for span in &spans {
            assert_eq!(tag(span, "server.address"), "db.example");
            assert_eq!(tag(span, "server.port"), "5432");
        }
        let sent = async {
            let mut tunnel = TokioIo::new(hyper::upgrade::on(&mut response).await.unwrap());
            tunnel.write_all(b"ping").await.unwrap();
            let mut answer = [0; 4];
            tunnel.read_exact(&mut answer).await.unwrap();
            answer
        };
        assert_eq!(&timeout(LONG, sent).await.unwrap(), b"ping");
    }
}

#[traced_test]
async fn a_tunnel_that_is_refused_ends_with_its_body() {
    let address = serve(Router::new().fallback(tunnel).layer(server())).await;
    for http in BOTH {
        let before = TestTracer::current().spans().len();
        let connection = Arc::new(Mutex::new(Connection::open(http, address).await));
        let mut connect = request(http, "CONNECT", address, "/");
        *connect.uri_mut() = "db.example:1".parse().unwrap();
        let response = call(&connection, connect).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
        let spans = TestTracer::current().spans();
        let is_client = |span: &&SpanRecord| span.kind == SpanKind::Client;
        assert_eq!(spans[before..].iter().find(is_client), None);
        let body = timeout(LONG, response.into_body().collect()).await;
        assert_eq!(body.unwrap().unwrap().to_bytes(), "no such port");
        let [client, server] = both_spans().await;
        assert_eq!(
            (client.outcome, server.outcome),
            (Outcome::Error, Outcome::Ok)
        );
        assert_eq!(tag(&client, "error.type"), "403");
        assert_eq!(tag(&server, "error.type"), "");
    }
}
