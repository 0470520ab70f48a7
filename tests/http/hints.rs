//! What diagnostics say of layers: in a binary of its own, as each line is said once in a
//! process, to one listener.

#![expect(
    clippy::unwrap_used,
    reason = "clippy takes only functions marked `#[test]` for tests, not what they call"
)]

use std::convert::Infallible;
use std::sync::{Mutex, Once};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{Request, Response};
use tokio::time::timeout;
use tower::{Layer, ServiceExt};
use trace_core::testing::TestTracer;
use trace_core::{diagnostics, trace_root, traced, traced_test};
use trace_http::{capture, client, server};

/// Longest wait for anything.
const LONG: Duration = Duration::from_secs(10);

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Listens from now on.
fn listen() {
    static LISTENS: Once = Once::new();
    LISTENS.call_once(|| {
        diagnostics::set_level(diagnostics::Level::All);
        diagnostics::listen(|said| LINES.lock().unwrap().push(said.to_string()));
    });
}

/// The lines with a text.
fn lines(text: &str) -> Vec<String> {
    let lines = LINES.lock().unwrap();
    lines
        .iter()
        .filter(|line| line.contains(text))
        .cloned()
        .collect()
}

/// Sends requests by a connection of HTTP/1 and reads the responses.
async fn get_all(app: Router, paths: &[&str], headers: &str) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    for path in paths {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{headers}\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut received = String::new();
        let read = timeout(LONG, stream.read_to_string(&mut received)).await;
        read.unwrap().unwrap();
        assert!(received.starts_with("HTTP/1.1 200"), "{received}");
    }
}

#[traced]
async fn probe() {}

#[traced]
async fn probe_in_task() {}

#[traced_test]
async fn what_is_skipped_is_not_reported() {
    listen();
    let health = get(async || {
        probe().await;
        trace_core::spawn(probe_in_task()).await.unwrap();
    });
    let app = Router::new().route("/health", health);
    let app = app.layer(server().skip("/health"));
    let caller = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n";
    for headers in ["", caller] {
        get_all(app.clone(), &["/health"], headers).await;
    }
    assert_eq!(lines("probe"), [""; 0]);
    assert_eq!(TestTracer::current().stats().started, 0);
}

#[traced]
async fn load_late() {}

#[traced_test]
async fn a_route_after_the_layer_is_explained() {
    listen();
    let app = Router::new().layer(server());
    let app = app.route("/late", get(load_late));
    get_all(app, &["/late"], "").await;
    let [line] = &lines("load_late")[..] else {
        unreachable!("said once")
    };
    assert!(line.contains("`trace_http::server()` around its route"));
    assert!(line.contains("after all routes"));
}

#[traced_test]
async fn a_buffer_without_a_capture_is_explained() {
    listen();
    let answer = tower::service_fn(async |_: Request<Body>| {
        Ok::<_, Infallible>(Response::new(Body::empty()))
    });
    let buffered = tower::buffer::Buffer::new(client().layer(answer), 1);
    let request = || Request::put("http://users/7").body(Body::empty()).unwrap();
    let captured = || capture().layer(buffered.clone()).oneshot(request());
    assert!(trace_core::root("order").run(captured()).await.is_ok());
    // Outside of any trace nothing is missing.
    let alone = tokio::spawn(captured());
    assert!(alone.await.unwrap().is_ok());
    assert_eq!(lines("`PUT`"), [""; 0]);
    let lost = buffered.oneshot(request());
    assert!(trace_core::root("order").run(lost).await.is_ok());
    let [line] = &lines("`PUT`")[..] else {
        unreachable!("said once")
    };
    assert!(line.contains("a `Buffer` needs `trace_http::capture()` around that"));
}

#[trace_root]
async fn rooted() {}

#[trace_root]
async fn spawned_root() {}

#[traced_test]
async fn a_handler_that_is_a_root_is_reported() {
    listen();
    let apart = get(async || {
        trace_core::root("apart").run(async {}).await;
        tokio::spawn(spawned_root()).await.unwrap();
    });
    let app = Router::new()
        .route("/rooted", get(rooted))
        .route("/", apart);
    get_all(app.layer(server()), &["/rooted", "/rooted", "/"], "").await;
    let [line] = &lines("within a request")[..] else {
        unreachable!("said once")
    };
    assert!(line.starts_with("root `rooted` (") && line.contains("write `#[traced]`"));
}
