//! Connections that become something else.

use std::time::Duration;

use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::routing::any;
use futures_util::{SinkExt, StreamExt};
use http::{Response, StatusCode};
use tokio::time::timeout;
use trace_core::testing::TestTracer;
use trace_core::{Outcome, span, traced_test};
use trace_http::server;

use crate::wire::{Connection, Http, LONG, request, serve, server_span, tag};

async fn echo(mut socket: WebSocket) {
    while let Some(Ok(Message::Text(text))) = socket.recv().await {
        // No trace runs here: a message is a root of its own, linked if it is to be.
        let root = trace_core::root("message");
        let _sent = root.run(socket.send(Message::Text(text))).await;
    }
}

#[traced_test]
async fn a_web_socket_goes_on_after_its_span() {
    let upgrade = any(async |upgrade: WebSocketUpgrade| {
        let context = span::current_context();
        assert!(context.is_some());
        upgrade.on_upgrade(echo)
    });
    let address = serve(Router::new().route("/socket", upgrade).layer(server())).await;
    let url = format!("ws://{address}/socket");
    let connected = timeout(LONG, tokio_tungstenite::connect_async(url)).await;
    let (mut socket, response) = connected.unwrap().unwrap();
    assert_eq!(response.status(), 101);

    // The socket is open, and the span has ended.
    let span = server_span().await;
    assert_eq!(span.operation_name, "GET /socket");
    assert_eq!(span.outcome, Outcome::Ok);
    assert_eq!(tag(&span, "http.response.status_code"), "101");

    for text in ["a", "b"] {
        let message = tokio_tungstenite::tungstenite::Message::text(text);
        socket.send(message).await.unwrap();
        let answer = timeout(LONG, socket.next())
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        assert_eq!(answer.into_text().unwrap().as_str(), text);
    }
    let test = TestTracer::current();
    test.settled(Duration::from_secs(5)).await;
    let messages = test.spans();
    let messages = messages
        .iter()
        .filter(|span| span.operation_name == "message");
    assert!(messages.clone().all(|span| span.parent_span_id.is_none()));
    assert_eq!(messages.count(), 2);
}

#[traced_test]
async fn a_tunnel_goes_on_after_its_span() {
    let tunnel = async |request: axum::extract::Request| {
        tokio::spawn(hyper::upgrade::on(request));
        Response::new(axum::body::Body::from_stream(
            futures_util::stream::pending::<Result<axum::body::Bytes, std::io::Error>>(),
        ))
    };
    let app = Router::new().fallback(tunnel).layer(server());
    let address = serve(app).await;
    let mut connection = Connection::open(Http::One, address).await;
    let mut connect = request(Http::One, "CONNECT", address, "/");
    *connect.uri_mut() = "db.example:5432".parse().unwrap();
    let response = connection.send(connect).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let span = server_span().await;
    assert_eq!(span.operation_name, "CONNECT");
    assert_eq!(span.outcome, Outcome::Ok);
    assert_eq!(tag(&span, "server.address"), "db.example");
    drop(response);
}
