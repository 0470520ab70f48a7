//! Requests and responses that pass a client's layer and a server's: their heads, such as
//! `Forwarded`, `grpc-timeout` and queries with percents, and bodies, such as frames of gRPC-Web.

#![no_main]

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use http_body::{Body, Frame};
use libfuzzer_sys::fuzz_target;
use tower::ServiceExt;
use trace_core::{MemoryCollector, Outcome, TagValue, Tracer};

static SPANS: LazyLock<MemoryCollector> = LazyLock::new(MemoryCollector::new);

static TRACER: LazyLock<Tracer> = LazyLock::new(|| {
    let tracer = Tracer::builder("fuzz").collector(SPANS.clone());
    tracer.on_demand().build().expect("the options are valid")
});

/// A body of pieces, with trailers at its end.
#[derive(Default)]
struct Pieces {
    pieces: VecDeque<Bytes>,
    trailers: Option<HeaderMap>,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = self.pieces.pop_front().map(Frame::data);
        let frame = piece.or_else(|| self.trailers.take().map(Frame::trailers));
        Poll::Ready(frame.map(Ok))
    }
}

/// The parts of the input, each up to a zero byte: the method, the target, headers of the
/// request, the status, headers of the response and trailers, as `name=value` lines. What
/// follows is the body, whose first byte is the size of its pieces.
fn headers(lines: &[u8]) -> HeaderMap {
    let lines = lines.split(|byte| *byte == b'\n');
    let pairs = lines.filter_map(|line| {
        let end = line.iter().position(|byte| *byte == b'=')?;
        let name = HeaderName::from_bytes(&line[..end]).ok()?;
        Some((name, HeaderValue::from_bytes(&line[end + 1..]).ok()?))
    });
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(name, value);
    }
    headers
}

/// Nothing here waits, so a future that is not ready never will be.
fn ready<T>(future: impl Future<Output = T>) -> T {
    let polled = pin!(future).poll(&mut Context::from_waker(Waker::noop()));
    match polled {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a layer waits for nothing"),
    }
}

fuzz_target!(|input: &[u8]| {
    let mut parts = input.splitn(7, |byte| *byte == 0);
    let mut part = || parts.next().unwrap_or_default();
    let Ok(method) = Method::from_bytes(part()) else {
        return;
    };
    let Ok(request) = Request::builder().method(method).uri(part()).body(()) else {
        return;
    };
    let (mut head, ()) = request.into_parts();
    head.headers = headers(part());
    let status = std::str::from_utf8(part())
        .ok()
        .and_then(|text| text.parse().ok());
    let Ok(response) = Response::builder().status(status.unwrap_or(200)).body(()) else {
        return;
    };
    let (mut answer, ()) = response.into_parts();
    answer.headers = headers(part());
    let trailers = Some(headers(part())).filter(|trailers| !trailers.is_empty());
    let (size, body) = part().split_first().unwrap_or((&1, &[]));
    let pieces = body
        .chunks(usize::from(*size).max(1))
        .map(Bytes::copy_from_slice);
    let pieces = Pieces {
        pieces: pieces.collect(),
        trailers: trailers.clone(),
    };

    let mut answer = Some(Response::from_parts(answer, pieces));
    let service = tower::service_fn(|_: Request<()>| {
        let response = answer.take().expect("one request");
        std::future::ready(Ok::<_, Infallible>(response))
    });
    let server = trace_http::server()
        .tracer(TRACER.clone())
        .believe_proxies()
        .record_client_address()
        .record_grpc_timeout()
        .record_body_sizes()
        .layer(service);
    let client = trace_http::client()
        .record_grpc_timeout()
        .record_body_sizes()
        .layer(server);
    let request = Request::from_parts(head, ());

    // What passes is unchanged, whatever is read of it.
    let is_whole = TRACER.root("caller").run_sync(|| {
        let response = ready(client.oneshot(request)).expect("nothing fails");
        let mut passed = pin!(response.into_body());
        let (mut data, mut end) = (Vec::new(), None);
        loop {
            let next = std::future::poll_fn(|cx| passed.as_mut().poll_frame(cx));
            match ready(next) {
                None => break,
                Some(Err(error)) => match error {},
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(piece) => data.extend_from_slice(&piece),
                    Err(frame) => end = frame.into_trailers().ok(),
                },
            }
        }
        data == body && end == trailers
    });
    assert!(is_whole);

    let _report = TRACER.flush(std::time::Duration::ZERO);
    let spans = SPANS.take();
    assert_eq!(spans.len(), 3, "{spans:?}");
    for span in &spans {
        assert!(!matches!(span.outcome, Outcome::Panicked), "{span:?}");
        if let Some(TagValue::F64(timeout)) = span.tag("grpc.timeout") {
            assert!(timeout.is_finite() && *timeout >= 0.0);
        }
        let query = span.tag("url.query").map(ToString::to_string);
        let mut pairs = query.iter().flat_map(|query| query.split('&'));
        assert!(!pairs.any(|pair| pair == "sig=hidden"), "{span:?}");
    }
});
