//! Handlers and bodies that panic.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::get;
use futures_util::{StreamExt, stream};
use http::{Request, Response, StatusCode};
use tower::ServiceExt;
use tower_http::catch_panic::CatchPanicLayer;
use trace_core::{
    Outcome, SpanRecord, Status, TagInput, TagSource, Tracer, sampler_fn, span, traced_test,
};
use trace_http::{client, server};

use crate::wire::{
    BOTH, Connection, Http, get as fetch_get, request, serve, server_span, server_spans, tag,
};

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

/// The text of the panic, as it is recorded of an error.
fn text(span: &SpanRecord) -> Option<String> {
    let log = span.logs.iter().find(|log| log.message == "exception")?;
    let mut fields = log.fields.iter();
    let text = fields.find(|field| field.key == "exception.message")?;
    Some(text.value.to_string())
}

#[traced_test]
async fn a_panic_is_caught_outside() {
    let app = app().layer(server()).layer(CatchPanicLayer::new());
    let address = serve(app).await;
    for http in BOTH {
        assert_eq!(fetch_get(http, address, "/panic").await.status(), 500);
        let span = server_span().await;
        assert_panicked(&span);
        assert_eq!(text(&span).as_deref(), Some("no such order"));
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
        assert_eq!(text(&span).as_deref(), Some("no such order"));
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

/// It is that of the panic itself, also if it was caught before, on another thread, or by an
/// inner layer.
#[traced_test]
async fn each_panic_has_its_own_text() {
    let resumed = get(async || -> () {
        let _caught = std::panic::catch_unwind(|| panic!("another"));
        let thread = || panic!("of a thread");
        let joined = std::thread::scope(|scope| scope.spawn(thread).join());
        std::panic::resume_unwind(joined.unwrap_err())
    });
    let own = get(async || -> () {
        let _caught = std::panic::catch_unwind(|| panic!("another"));
        std::panic::resume_unwind(Box::new(7))
    });
    let inner = app().layer(server());
    let passed = get(async move || {
        let request = Request::get("/panic").body(Body::empty()).unwrap();
        inner.oneshot(request).await
    });
    let routes = Router::new()
        .route("/resumed", resumed)
        .route("/own", own)
        .route("/passed", passed);
    let address = serve(routes.layer(server()).layer(CatchPanicLayer::new())).await;
    for (path, expected) in [
        ("/resumed", Some("of a thread")),
        ("/own", None),
        ("/passed", Some("no such order")),
    ] {
        fetch_get(Http::One, address, path).await;
        let spans = server_spans().await;
        let span = spans.iter().rfind(|span| tag(span, "url.path") == path);
        assert_panicked(span.unwrap());
        assert_eq!(text(span.unwrap()).as_deref(), expected);
    }
    // The message of an error is one, not the other.
    assert_eq!(text(&server_span().await).as_deref(), Some("no such order"));
}

#[traced_test]
async fn the_text_of_a_panic_has_no_secrets() {
    let broken = get(async || -> () { panic!("at http://me:pw@shop/?sig=s3cr3t") });
    let app = Router::new().route("/", broken).layer(server());
    let address = serve(app.layer(CatchPanicLayer::new())).await;
    fetch_get(Http::One, address, "/").await;
    assert_eq!(
        text(&server_span().await).as_deref(),
        Some("at http://REDACTED:REDACTED@shop/?sig=REDACTED")
    );
}

/// Its text may panic, fail, or have no end.
#[traced_test]
async fn an_error_that_panics_does_not_fail_the_request() {
    #[derive(Clone, Copy, Debug)]
    enum Broken {
        Fails,
        Panics,
        Circle,
    }

    impl std::fmt::Display for Broken {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            match self {
                Self::Fails => Err(std::fmt::Error),
                Self::Panics => panic!("display"),
                Self::Circle => f.write_str("circle"),
            }
        }
    }

    impl std::error::Error for Broken {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            matches!(self, Self::Circle).then_some(self)
        }
    }

    for (broken, message) in [
        (Broken::Fails, "(displaying this error failed)"),
        (Broken::Panics, "(displaying this error failed)"),
        (Broken::Circle, "circle"),
    ] {
        for layer in [0, 1] {
            let request = Request::get("/").body(Body::empty()).unwrap();
            let error = if layer == 0 {
                let failing = tower::service_fn(move |_: Request<Body>| {
                    let error = tower::BoxError::from(broken);
                    std::future::ready(Err::<Response<Body>, _>(error))
                });
                server().layer(failing).oneshot(request).await.unwrap_err()
            } else {
                let failing = tower::service_fn(move |_: Request<Body>| {
                    let error = std::io::Error::other(broken);
                    let body = Body::from_stream(stream::iter([Err::<Bytes, _>(error)]));
                    std::future::ready(Ok::<_, std::convert::Infallible>(Response::new(body)))
                });
                let response = server().layer(failing).oneshot(request).await.unwrap();
                let read = axum::body::to_bytes(Body::new(response.into_body()), 9).await;
                read.unwrap_err().into()
            };
            drop(error);
            let span = server_span().await;
            assert_eq!(span.outcome, Outcome::Error);
            assert_eq!(span.status, Status::Error(message.into()));
        }
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
        assert_eq!(text(&span).as_deref(), Some("no more"));
        assert_eq!(span.operation_name, "GET /body");
    }
}

/// trace-core catches what a sampler, a tag or a listener does.
#[traced_test]
async fn a_recorder_that_panics_is_no_panic_of_the_handler() {
    struct Tag;

    impl TagSource for Tag {
        fn tag_input(&self) -> TagInput<'_> {
            panic!("a tag")
        }
    }

    let broken = get(async || {
        let sampler = sampler_fn(|_| panic!("a sampler"));
        let tracer = Tracer::builder("other").sampler(sampler).on_demand();
        tracer.build().unwrap().root("other").run_sync(|| {});
        span::add_tag("order", Tag);
        StatusCode::BAD_GATEWAY
    });
    let app = Router::new().route("/", broken).layer(server());
    let request = Request::get("/").body(Body::empty()).unwrap();
    assert_eq!(app.oneshot(request).await.unwrap().status(), 502);
    let span = server_span().await;
    assert_eq!(span.outcome, Outcome::Error);
    assert_eq!(tag(&span, "error.type"), "502");
    assert_eq!(tag(&span, "order"), "(evaluating this tag panicked)");
}

/// What a hook of a client does is not the handler's.
#[traced_test]
async fn a_hook_that_panics_is_no_panic_of_the_handler() {
    let call = get(async || {
        let answer = tower::service_fn(async |_: Request<Body>| {
            Ok::<_, std::convert::Infallible>(Response::new(Body::empty()))
        });
        let client = client()
            .on_request(|_| panic!("a hook"))
            .on_response(|_| panic!("another"));
        let request = Request::get("http://users/7").body(Body::empty()).unwrap();
        client.layer(answer).oneshot(request).await.unwrap();
        StatusCode::BAD_GATEWAY
    });
    let app = Router::new().route("/call", call).layer(server());
    let request = Request::get("/call").body(Body::empty()).unwrap();
    assert_eq!(app.oneshot(request).await.unwrap().status(), 502);
    let span = server_span().await;
    assert_eq!(span.outcome, Outcome::Error);
    assert_eq!(tag(&span, "error.type"), "502");
}
