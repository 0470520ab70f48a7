//! Servers and clients on loopback.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use trace_core::SpanRecord;
use trace_core::testing::TestTracer;

pub type Body = BoxBody<Bytes, Infallible>;

/// Longest wait for anything.
pub const LONG: Duration = Duration::from_secs(10);

/// A version of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Http {
    One,
    Two,
}

/// Both versions.
pub const BOTH: [Http; 2] = [Http::One, Http::Two];

/// Serves a router until the end of the test.
pub async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// A connection of a client. Dropped, it is closed.
pub struct Connection {
    sender: Sender,
    task: tokio::task::JoinHandle<()>,
}

enum Sender {
    One(http1::SendRequest<Body>),
    Two(http2::SendRequest<Body>),
}

impl Connection {
    pub async fn open(http: Http, address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        let io = TokioIo::new(stream);
        match http {
            Http::One => {
                let (sender, connection) = http1::handshake(io).await.unwrap();
                let task = tokio::spawn(async move {
                    let _closed = connection.with_upgrades().await;
                });
                let sender = Sender::One(sender);
                Self { sender, task }
            }
            Http::Two => {
                let executor = TokioExecutor::new();
                let (sender, connection) = http2::handshake(executor, io).await.unwrap();
                let task = tokio::spawn(async move {
                    let _closed = connection.await;
                });
                let sender = Sender::Two(sender);
                Self { sender, task }
            }
        }
    }

    /// Sends a request and waits for the head of the response.
    pub async fn send(&mut self, request: Request<Body>) -> hyper::Result<Response<Incoming>> {
        let sent = async {
            match &mut self.sender {
                Sender::One(sender) => sender.send_request(request).await,
                Sender::Two(sender) => sender.send_request(request).await,
            }
        };
        timeout(LONG, sent).await.unwrap()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A request without a body. HTTP/1 has the host in a header, HTTP/2 in the address.
pub fn request(http: Http, method: &str, address: SocketAddr, path: &str) -> Request<Body> {
    let request = Request::builder().method(method);
    let request = match http {
        Http::One => request.uri(path).header("host", address.to_string()),
        Http::Two => request
            .version(http::Version::HTTP_2)
            .uri(format!("http://{address}{path}")),
    };
    request.body(Empty::new().boxed()).unwrap()
}

/// Sends a request by a connection of its own, and reads the whole response.
pub async fn fetch(http: Http, address: SocketAddr, request: Request<Body>) -> Response<Bytes> {
    let mut connection = Connection::open(http, address).await;
    let (parts, body) = connection.send(request).await.unwrap().into_parts();
    let body = timeout(LONG, body.collect()).await.unwrap().unwrap();
    Response::from_parts(parts, body.to_bytes())
}

/// Sends `GET`, and reads the whole response.
pub async fn get(http: Http, address: SocketAddr, path: &str) -> Response<Bytes> {
    fetch(http, address, request(http, "GET", address, path)).await
}

/// Waits until all spans have ended, and returns those of servers, by their start.
pub async fn server_spans() -> Vec<SpanRecord> {
    let test = TestTracer::current();
    test.settled(LONG).await;
    let spans = test.spans().into_iter();
    spans
        .filter(|span| span.kind == trace_core::SpanKind::Server)
        .collect()
}

/// Waits until all spans have ended, and returns the last one of a server.
pub async fn server_span() -> SpanRecord {
    server_spans().await.pop().unwrap()
}

/// The text of a tag, whatever its type; empty where there is none.
pub fn tag(span: &SpanRecord, key: &str) -> String {
    span.tag(key).map(ToString::to_string).unwrap_or_default()
}
