//! Calls of all four kinds, as a server sees them.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{TryStreamExt, stream};
use http::uri::PathAndQuery;
use tokio::time::timeout;
use tonic::client::Grpc;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Code, Request, Status};
use tower_http::catch_panic::CatchPanicLayer;
use trace_core::{Outcome, SpanRecord, traced_test};
use trace_http::{MetadataInjector, server};

use super::shop::{self, Shop, Texts};
use crate::wire::{LONG, server_span, tag};

async fn shop_with(layer: trace_http::ServerLayer) -> SocketAddr {
    shop::serve(Server::builder().layer(layer).add_service(Shop)).await
}

async fn client(address: SocketAddr) -> Grpc<Channel> {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    let channel = timeout(LONG, endpoint.connect()).await.unwrap().unwrap();
    let mut client = Grpc::new(channel);
    client.ready().await.unwrap();
    client
}

fn path(method: &str) -> PathAndQuery {
    format!("/shop.Shop/{method}").parse().unwrap()
}

/// Calls a method, and reads everything; returns how many messages came.
async fn call(address: SocketAddr, method: &str, text: &str) -> Result<usize, Status> {
    let mut client = client(address).await;
    let (path, text) = (path(method), text.to_owned());
    let texts = ["first".to_owned(), text.clone()];
    let called = async {
        let mut messages = match method {
            "List" => {
                let text = Request::new(text);
                client
                    .server_streaming(text, path, Texts)
                    .await?
                    .into_inner()
            }
            "Chat" => {
                let text = Request::new(stream::iter([text]));
                client.streaming(text, path, Texts).await?.into_inner()
            }
            "Join" => {
                let joined = client
                    .client_streaming(Request::new(stream::iter(texts.clone())), path, Texts)
                    .await?;
                assert_eq!(joined.into_inner(), texts.join(","));
                return Ok(1);
            }
            _ => {
                let answer = client.unary(Request::new(text), path, Texts).await?;
                drop(answer);
                return Ok(1);
            }
        };
        let mut count = 0;
        while messages.message().await?.is_some() {
            count += 1;
        }
        Ok(count)
    };
    timeout(LONG, called).await.unwrap()
}

fn assert_status(span: &SpanRecord, code: &str, outcome: Outcome, message: Option<&str>) {
    assert_eq!(tag(span, "rpc.status_code"), code);
    assert_eq!(span.outcome, outcome);
    let status = match message {
        Some(message) => trace_core::Status::Error(message.to_owned().into()),
        None => trace_core::Status::Unset,
    };
    assert_eq!(span.status, status);
    let error = message.map(|_| code).unwrap_or_default();
    assert_eq!(tag(span, "error.type"), error);
}

#[traced_test]
async fn calls_of_all_kinds_end_with_their_status() {
    let address = shop_with(server()).await;
    for (method, messages) in [("Ask", 1), ("List", 3), ("Join", 1), ("Chat", 3)] {
        let called = call(address, method, "tea").await;
        assert_eq!(called.unwrap(), messages, "{method}");
        let span = server_span().await;
        let name = format!("shop.Shop/{method}");
        assert_eq!(span.operation_name, name);
        assert_eq!(tag(&span, "rpc.method"), name);
        assert_eq!(tag(&span, "rpc.system.name"), "grpc");
        assert_eq!(tag(&span, "server.address"), "127.0.0.1");
        assert_eq!(tag(&span, "server.port"), address.port().to_string());
        assert_eq!(tag(&span, "http.request.method"), "");
        assert_eq!(tag(&span, "http.response.status_code"), "");
        assert_status(&span, "OK", Outcome::Ok, None);

        // No error of the server: the client has asked for what is not there.
        let called = call(address, method, "not found").await;
        assert_eq!(called.unwrap_err().code(), Code::NotFound);
        let span = server_span().await;
        assert_eq!(span.operation_name, name);
        assert_status(&span, "NOT_FOUND", Outcome::Ok, None);

        let called = call(address, method, "internal").await;
        assert_eq!(called.unwrap_err().message(), "no Zürich");
        let span = server_span().await;
        assert_status(&span, "INTERNAL", Outcome::Error, Some("no Zürich"));
    }
}

#[traced_test]
async fn an_error_may_come_after_the_first_message() {
    let address = shop_with(server()).await;
    for method in ["List", "Chat"] {
        let called = call(address, method, "tea, then internal").await;
        assert_eq!(called.unwrap_err().code(), Code::Internal);
        let span = server_span().await;
        assert_eq!(span.operation_name, format!("shop.Shop/{method}"));
        assert_status(&span, "INTERNAL", Outcome::Error, Some("late"));
    }
}

#[traced_test]
async fn a_client_that_leaves_a_stream_is_no_error() {
    let address = shop_with(server()).await;
    let mut client = client(address).await;
    let text = Request::new("tea, then wait".to_owned());
    let listed = client.server_streaming(text, path("List"), Texts);
    let mut messages = listed.await.unwrap().into_inner();
    let first = timeout(LONG, messages.message()).await.unwrap();
    assert!(first.unwrap().is_some());
    drop(messages);
    let span = server_span().await;
    assert_status(&span, "CANCELLED", Outcome::Cancelled, None);
    assert_ne!(tag(&span, "http.response.body.size"), "0");
}

#[traced_test]
async fn methods_that_nobody_has_are_not_in_names() {
    let address = shop_with(server()).await;
    for method in ["Steal", "Later"] {
        let called = call(address, method, "tea").await;
        assert_eq!(called.unwrap_err().code(), Code::Unimplemented);
        let span = server_span().await;
        assert_eq!(span.operation_name, "grpc");
        assert_eq!(tag(&span, "rpc.method"), "_OTHER");
        assert_eq!(
            tag(&span, "rpc.method_original"),
            format!("shop.Shop/{method}")
        );
        assert_eq!(tag(&span, "rpc.status_code"), "UNIMPLEMENTED");
        assert_eq!(tag(&span, "error.type"), "UNIMPLEMENTED");
    }
}

/// Whoever answers in something else has handled a request, whatever the caller says.
#[traced_test]
async fn a_server_that_is_none_of_grpc_has_no_calls() {
    use tower::ServiceExt;
    let text = tower::service_fn(async |_: http::Request<()>| {
        let head = http::Response::builder().status(404);
        let body = String::from("nothing here");
        Ok::<_, std::convert::Infallible>(head.body(body).unwrap())
    });
    for path in ["/a.B/C", "/a.B/D"] {
        let request = http::Request::post(path).header("content-type", "application/grpc");
        let service = server().layer(text).oneshot(request.body(()).unwrap());
        let body = service.await.unwrap().into_body();
        let _read = http_body_util::BodyExt::collect(body).await;
        let span = server_span().await;
        assert_eq!(span.operation_name, "POST");
        assert_eq!(tag(&span, "url.path"), path);
        assert_eq!(tag(&span, "http.response.status_code"), "404");
        assert_no_call(&span);
    }
}

fn assert_no_call(span: &SpanRecord) {
    for key in [
        "rpc.system.name",
        "rpc.method",
        "rpc.status_code",
        "error.type",
    ] {
        assert_eq!(tag(span, key), "", "{key}");
    }
    assert_eq!(span.outcome, Outcome::Ok);
    assert_eq!(span.status, trace_core::Status::Unset);
}

#[traced_test]
async fn a_content_type_alone_makes_no_call() {
    use crate::wire::{Http, fetch, request, serve};
    use axum::routing::post;
    let app = || {
        axum::Router::new()
            .route("/orders", post(async || "done"))
            .route("/api/{what}", post(async || "done"))
    };
    let inside = app().layer(trace_http::route());
    let outside = axum::Router::new().fallback_service(server().layer(inside));
    for app in [app().layer(server()), outside] {
        let address = serve(app).await;
        for (path, name) in [
            ("/orders", "POST /orders"),
            ("/api/orders?sig=a", "POST /api/{what}"),
        ] {
            for content_type in ["application/grpc", "Application/gRPC-web"] {
                let mut request = request(Http::One, "POST", address, path);
                let content_type = http::HeaderValue::from_static(content_type);
                request.headers_mut().insert("content-type", content_type);
                assert_eq!(fetch(Http::One, address, request).await.status(), 200);
                let span = server_span().await;
                for (key, value) in [
                    ("http.request.method", "POST"),
                    ("http.response.status_code", "200"),
                    ("url.scheme", "http"),
                    (
                        "url.query",
                        if path == "/orders" {
                            ""
                        } else {
                            "sig=REDACTED"
                        },
                    ),
                    ("network.protocol.version", "1.1"),
                    ("server.address", "127.0.0.1"),
                ] {
                    assert_eq!(tag(&span, key), value, "{key}");
                }
                assert_no_call(&span);
                assert_eq!(
                    format!("POST {}", tag(&span, "http.route")),
                    span.operation_name
                );
                assert_eq!(span.operation_name, name);
            }
        }
    }
}

/// It may be refused before anybody looks for its method, which may be anything.
#[traced_test]
async fn a_call_that_is_refused_has_no_name_unless_it_is_known() {
    use tower::ServiceExt;
    let refuse = tower::service_fn(async |_: http::Request<()>| {
        let response = Status::unauthenticated("who?").into_http::<String>();
        Ok::<_, std::convert::Infallible>(response)
    });
    let ask = async |path| {
        let request = http::Request::post(path).header("content-type", "application/grpc");
        let service = server().layer(refuse).oneshot(request.body(()).unwrap());
        drop(service.await.unwrap());
        server_span().await
    };
    let span = ask("/a.B/E").await;
    assert_eq!(span.operation_name, "grpc");
    assert_eq!(tag(&span, "rpc.method"), "_OTHER");
    assert_eq!(tag(&span, "rpc.method_original"), "a.B/E");
    assert_status(&span, "UNAUTHENTICATED", Outcome::Ok, None);

    let address = shop_with(server()).await;
    call(address, "Ask", "tea").await.unwrap();
    let span = ask("/shop.Shop/Ask").await;
    assert_eq!(span.operation_name, "shop.Shop/Ask");
    assert_eq!(tag(&span, "rpc.method_original"), "");
}

/// Without an answer it is a request like any other. A name that is too long is not kept.
#[traced_test]
async fn a_call_without_an_answer_has_no_name() {
    use tower::ServiceExt;
    let request = |path: &str| {
        let request = http::Request::post(path).header("content-type", "application/grpc");
        request.body(()).unwrap()
    };
    let fail = tower::service_fn(async |_: http::Request<()>| {
        Err::<http::Response<String>, _>(std::io::Error::other("gone"))
    });
    let failed = server().layer(fail).oneshot(request("/a.B/F"));
    assert!(failed.await.is_err());
    let span = server_span().await;
    assert_eq!(span.operation_name, "POST");
    assert_eq!(tag(&span, "url.path"), "/a.B/F");
    assert_eq!(tag(&span, "rpc.method"), "");

    let wait = tower::service_fn(async |_: http::Request<()>| {
        std::future::pending::<Result<http::Response<String>, std::convert::Infallible>>().await
    });
    let waiting = server().layer(wait).oneshot(request("/a.B/G"));
    assert!(timeout(Duration::from_millis(20), waiting).await.is_err());
    let span = server_span().await;
    assert_eq!(span.operation_name, "POST");
    assert_eq!(span.outcome, Outcome::Cancelled);

    let answer = tower::service_fn(async |_: http::Request<()>| {
        let head = http::Response::builder().header("content-type", "application/grpc");
        let body = head.body(String::from("a message"));
        Ok::<_, std::convert::Infallible>(body.unwrap())
    });
    let long = format!("/a.B/{}", "H".repeat(300));
    let answered = server().layer(answer).oneshot(request(&long)).await;
    let _read = http_body_util::BodyExt::collect(answered.unwrap().into_body()).await;
    let span = server_span().await;
    assert_eq!(span.operation_name, "grpc");
    assert_eq!(tag(&span, "rpc.method_original"), long[1..]);
}

#[traced_test]
async fn the_caller_says_in_metadata_who_it_is() {
    let address = shop_with(server().record_grpc_timeout()).await;
    let mut client = client(address).await;
    let mut text = Request::new("tea".to_owned());
    text.set_timeout(Duration::from_secs(8));
    let call = trace_core::span::start("call");
    call.inject(&mut MetadataInjector(text.metadata_mut()));
    let caller = call.context().unwrap();
    client.unary(text, path("Ask"), Texts).await.unwrap();
    call.end();
    let span = server_span().await;
    assert_eq!(span.trace_id, caller.trace_id);
    assert_eq!(span.parent_span_id, Some(caller.span_id));
    assert_eq!(tag(&span, "grpc.timeout"), "8");
}

#[traced_test]
async fn a_call_that_takes_too_long_is_cancelled() {
    let address = shop_with(server()).await;
    let mut client = client(address).await;
    let mut text = Request::new("tea, then wait".to_owned());
    text.set_timeout(Duration::from_millis(50));
    let listed = client.server_streaming(text, path("List"), Texts).await;
    // A client may see that before it sees the first message.
    if let Ok(listed) = listed {
        let mut messages = listed.into_inner();
        let ended = async { while let Ok(Some(_)) = messages.message().await {} };
        let _late = timeout(Duration::from_millis(200), ended).await;
    }
    assert_eq!(server_span().await.outcome, Outcome::Cancelled);
}

#[traced_test]
async fn a_handler_may_panic() {
    for is_inside in [true, false] {
        let address = if is_inside {
            let layers = tower::ServiceBuilder::new()
                .layer(server())
                .layer(CatchPanicLayer::new());
            shop::serve(Server::builder().layer(layers).add_service(Shop)).await
        } else {
            shop_with(server()).await
        };
        // So it is known to be a call, also where nothing answers.
        call(address, "Ask", "tea").await.unwrap();
        assert!(call(address, "Ask", "panic").await.is_err());
        let span = server_span().await;
        assert_eq!(span.outcome, Outcome::Panicked);
        assert_eq!(span.operation_name, "shop.Shop/Ask");
    }
}

/// Without an answer it is a request like any other.
#[traced_test]
async fn a_handler_may_panic_before_its_method_is_known() {
    use crate::wire::{Http, request, serve};
    use axum::routing::post;

    async fn panics() {
        tokio::task::yield_now().await;
        panic!("no such handler")
    }
    let inside = axum::Router::new().route("/a.B/{what}", post(panics));
    let at_once = axum::Router::new().route("/a.B/{what}", post(async || -> () { panic!("") }));
    for router in [inside, at_once] {
        let around = server().layer(router.clone().layer(trace_http::route()));
        let around = axum::Router::new().fallback_service(around);
        for app in [router.layer(server()), around] {
            let address = serve(app.layer(CatchPanicLayer::new())).await;
            let mut request = request(Http::One, "POST", address, "/a.B/Panic?sig=a");
            let content_type = http::HeaderValue::from_static("application/grpc");
            request.headers_mut().insert("content-type", content_type);
            let response = crate::wire::fetch(Http::One, address, request).await;
            assert_eq!(response.status(), 500);
            let span = server_span().await;
            assert_eq!(span.outcome, Outcome::Panicked);
            assert_eq!(span.operation_name, "POST /a.B/{what}");
            assert_eq!(tag(&span, "http.request.method"), "POST");
            assert_eq!(tag(&span, "http.route"), "/a.B/{what}");
            assert_eq!(tag(&span, "url.path"), "/a.B/Panic");
            assert_eq!(tag(&span, "url.query"), "sig=REDACTED");
            assert_eq!(tag(&span, "rpc.method"), "");
        }
    }
}

/// Its head has shown that there is such a method.
#[traced_test]
async fn a_stream_may_panic_before_its_method_is_known() {
    use tower::ServiceExt;
    let answer = tower::service_fn(async |_: http::Request<()>| {
        let head = http::Response::builder().header("content-type", "application/grpc");
        let broken = stream::poll_fn(|_| -> std::task::Poll<Option<Result<bytes::Bytes, _>>> {
            panic!("no more")
        });
        let body = axum::body::Body::from_stream(broken.map_err(|error: std::io::Error| error));
        Ok::<_, std::convert::Infallible>(head.body(body).unwrap())
    });
    let request = || {
        let request = http::Request::post("/a.B/Streams");
        let request = request.header("content-type", "application/grpc");
        request.body(()).unwrap()
    };
    let service = server().layer(answer);
    let body = service.oneshot(request()).await.unwrap().into_body();
    let read = tokio::spawn(trace_core::TraceFuture::in_current_trace(
        http_body_util::BodyExt::collect(body),
    ));
    assert!(read.await.unwrap_err().is_panic());
    let span = server_span().await;
    assert_eq!(span.outcome, Outcome::Panicked);
    assert_eq!(span.operation_name, "a.B/Streams");
    let refuse = tower::service_fn(async |_: http::Request<()>| {
        Ok::<_, std::convert::Infallible>(Status::unauthenticated("").into_http::<String>())
    });
    drop(server().layer(refuse).oneshot(request()).await.unwrap());
    assert_eq!(
        server_span().await.operation_name,
        "a.B/Streams",
        "it is known"
    );
}

#[traced_test]
async fn a_call_without_a_status_is_unknown() {
    use http_body_util::{BodyExt, Empty};
    use tower::ServiceExt;
    let silent = tower::service_fn(async |_: http::Request<()>| {
        let head = http::Response::builder().header("content-type", "application/grpc");
        let body = Empty::<bytes::Bytes>::new();
        Ok::<_, std::convert::Infallible>(head.body(body).unwrap())
    });
    let request = http::Request::post("/shop.Shop/Ask").header("content-type", "application/grpc");
    let response = server().layer(silent).oneshot(request.body(()).unwrap());
    let _read = response.await.unwrap().into_body().collect().await;
    assert_status(&server_span().await, "UNKNOWN", Outcome::Error, Some(""));
}

/// The first call of a method, which may be a request as any other.
#[tokio::test]
async fn a_sampler_sees_what_a_call_may_be() {
    use axum::body::Body;
    use tower::ServiceExt;
    use trace_core::sampler_fn;
    use trace_core::testing::TestTracer;

    let sampler = sampler_fn(|input| {
        let seen = |key, text| input.tags.text(key).as_deref() == Some(text);
        let is_all = seen("url.path", "/never.Seen/Call")
            && seen("http.request.method", "POST")
            && seen("rpc.system.name", "grpc")
            && seen("rpc.method", "never.Seen/Call");
        is_all.into()
    });
    let test = TestTracer::with("test", |builder| builder.sampler(sampler));
    let plain = tower::service_fn(async |_: http::Request<Body>| {
        Ok::<_, std::convert::Infallible>(http::Response::new(Body::empty()))
    });
    let request =
        http::Request::post("/never.Seen/Call").header("content-type", "application/grpc");
    let request = request.body(Body::empty()).unwrap();
    let service = server().tracer(test.tracer()).layer(plain);
    service.oneshot(request).await.unwrap();
    let [span] = &test.spans()[..] else {
        unreachable!("it is sampled")
    };
    assert_eq!(span.operation_name, "POST");
    assert_eq!(tag(span, "url.path"), "/never.Seen/Call");
    assert_eq!(tag(span, "rpc.method"), "", "it was no call");
}

/// tonic knows the other end, and so do its calls, and requests that are none.
#[traced_test]
async fn the_other_end_is_known_from_tonic() {
    let address = shop_with(server().record_client_address()).await;
    call(address, "Ask", "tea").await.unwrap();
    let span = server_span().await;
    assert_eq!(tag(&span, "rpc.method"), "shop.Shop/Ask");
    assert_eq!(tag(&span, "client.address"), "127.0.0.1");

    let response = crate::wire::get(crate::wire::Http::Two, address, "/health").await;
    assert_eq!(response.status(), 200, "tonic answers with a gRPC status");
    let span = server_span().await;
    assert_eq!(tag(&span, "http.request.method"), "GET");
    assert_eq!(tag(&span, "network.peer.address"), "127.0.0.1");
    assert_ne!(tag(&span, "network.peer.port"), "");
}
