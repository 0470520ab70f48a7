//! Clients with the layer, and servers that say what they were sent.

use std::net::SocketAddr;

use axum::Router;
use axum::http::HeaderMap;
use axum::response::Redirect;
use axum::routing::{any, get};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::TokioExecutor;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::timeout;
use tower::{Service, ServiceExt};
use trace_core::testing::TestTracer;
use trace_core::{SpanKind, SpanRecord};
use trace_http::{ClientLayer, ClientService, TracedBody};

use crate::wire::{Body, Http, LONG};

pub type Plain = Client<HttpConnector, Body>;

/// hyper-util's client, without a layer.
pub fn plain(http: Http) -> Plain {
    let mut builder = Client::builder(TokioExecutor::new());
    builder.http2_only(http == Http::Two);
    builder.build_http()
}

/// The same with a layer.
pub fn with(http: Http, layer: &ClientLayer) -> ClientService<Plain> {
    layer.layer(plain(http))
}

pub fn get_of(address: SocketAddr, path: &str) -> Request<Body> {
    let request = Request::get(format!("http://{address}{path}"));
    request.body(Empty::new().boxed()).unwrap()
}

/// Calls a client, and waits for the head.
pub async fn call(
    client: &ClientService<Plain>,
    request: Request<Body>,
) -> Result<Response<TracedBody<Incoming>>, Error> {
    let called = client.clone().oneshot(request);
    timeout(LONG, called).await.unwrap()
}

/// Calls a service, and reads the whole response.
pub async fn read<S, B>(client: S, request: Request<Body>) -> Response<Bytes>
where
    S: Service<Request<Body>, Response = Response<B>, Error: std::fmt::Debug>,
    B: http_body::Body<Data = Bytes, Error: std::fmt::Debug>,
{
    let read = async {
        let (parts, body) = client.oneshot(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Response::from_parts(parts, body)
    };
    timeout(LONG, read).await.unwrap()
}

/// The text of a response.
pub fn text(response: &Response<Bytes>) -> String {
    String::from_utf8(response.body().to_vec()).unwrap()
}

/// Waits until all spans have ended, and returns those of clients, by their start.
pub async fn client_spans() -> Vec<SpanRecord> {
    let test = TestTracer::current();
    test.settled(LONG).await;
    let spans = test.spans().into_iter();
    spans.filter(|span| span.kind == SpanKind::Client).collect()
}

/// Waits until all spans have ended, and returns the last one of a client.
pub async fn client_span() -> SpanRecord {
    client_spans().await.pop().unwrap()
}

/// A server without a layer. `/sent` says what context it was sent, `/to?ADDRESS` redirects to
/// that of another server, and `/status/N` has a status and a body.
pub fn app() -> Router {
    Router::new()
        .route("/sent", any(sent))
        .route("/text", any(async || "some text"))
        .route("/empty", get(async || ()))
        .route("/to", get(redirect))
        .route("/status/{status}", any(status))
}

async fn sent(headers: HeaderMap) -> String {
    let lines = ["traceparent", "baggage", "x-trace-id", "b3"].map(|name| {
        let values = headers.get_all(name).iter();
        let values: Vec<&str> = values.map(|value| value.to_str().unwrap()).collect();
        format!("{name}={}", values.join(","))
    });
    lines.join("\n")
}

async fn redirect(uri: http::Uri) -> Redirect {
    Redirect::temporary(&format!("http://{}/sent", uri.query().unwrap()))
}

async fn status(
    axum::extract::Path(status): axum::extract::Path<u16>,
) -> (http::StatusCode, String) {
    (status.try_into().unwrap(), format!("status {status}"))
}

/// A line of what `/sent` says.
pub fn line<'a>(sent: &'a str, name: &str) -> &'a str {
    let mut lines = sent.lines().filter_map(|line| line.split_once('='));
    lines.find(|(key, _)| *key == name).unwrap().1
}

/// A server of HTTP/1 that reads the head of one request, writes a text, and closes the
/// connection.
pub async fn serve_text(text: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        let mut piece = [0; 1_024];
        while !head.ends_with(b"\r\n\r\n") {
            let read = stream.read(&mut piece).await.unwrap();
            head.extend_from_slice(&piece[..read]);
        }
        stream.write_all(text.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
    });
    address
}
