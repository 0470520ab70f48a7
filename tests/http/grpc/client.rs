//! Calls of all four kinds, as a client sees them.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::stream;
use http::Uri;
use http::uri::PathAndQuery;
use tokio::time::timeout;
use tonic::client::Grpc;
use tonic::metadata::MetadataMap;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Code, Request, Status};
use trace_core::propagation::{self, Extracted};
use trace_core::testing::TestTracer;
use trace_core::{Outcome, SpanKind, SpanRecord, TraceFuture, span, traced_test};
use trace_http::{ClientLayer, ClientService, MetadataExtractor, MetadataInjector, client, server};

use super::shop::{self, Shop, Texts};
use crate::wire::{LONG, tag};

type Client = Grpc<ClientService<Channel>>;

async fn shop() -> SocketAddr {
    shop::serve(Server::builder().layer(server()).add_service(Shop)).await
}

fn channel(address: SocketAddr) -> Channel {
    let endpoint = Endpoint::from_shared(format!("http://{address}"));
    endpoint.unwrap().connect_lazy()
}

/// A client that knows where it calls, as one that is made by `with_origin`.
async fn client_of(address: SocketAddr, layer: &ClientLayer) -> Client {
    let origin: Uri = format!("http://{address}").parse().unwrap();
    let mut client = Grpc::with_origin(layer.layer(channel(address)), origin);
    timeout(LONG, client.ready()).await.unwrap().unwrap();
    client
}

fn path(method: &str) -> PathAndQuery {
    format!("/shop.Shop/{method}").parse().unwrap()
}

/// Calls a method, and reads everything; returns how many messages came.
async fn call(client: &mut Client, method: &str, text: &str) -> Result<usize, Status> {
    let path = path(method);
    let text = text.to_owned();
    let texts = ["first".to_owned(), text.clone()];
    let called = async {
        client
            .ready()
            .await
            .map_err(|error| Status::from_error(error.into()))?;
        let mut messages = match method {
            "List" => client
                .server_streaming(Request::new(text), path, Texts)
                .await?
                .into_inner(),
            "Chat" => {
                let texts = Request::new(stream::iter([text]));
                client.streaming(texts, path, Texts).await?.into_inner()
            }
            "Join" => {
                let texts = Request::new(stream::iter(texts));
                client.client_streaming(texts, path, Texts).await?;
                return Ok(1);
            }
            _ => {
                client.unary(Request::new(text), path, Texts).await?;
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

/// Waits until all spans have ended, and returns the last ones of a client and a server.
async fn both_spans() -> (SpanRecord, Option<SpanRecord>) {
    let test = TestTracer::current();
    test.settled(LONG).await;
    let last = |kind| {
        let mut spans = test.spans().into_iter();
        spans.rfind(|span| span.kind == kind)
    };
    (last(SpanKind::Client).unwrap(), last(SpanKind::Server))
}

fn assert_status(span: &SpanRecord, code: &str, message: Option<&str>) {
    assert_eq!(tag(span, "rpc.status_code"), code);
    let status = match message {
        Some(message) => trace_core::Status::Error(message.to_owned().into()),
        None => trace_core::Status::Unset,
    };
    assert_eq!(span.status, status);
    let (outcome, error) = match message {
        Some(_) => (Outcome::Error, code),
        None => (Outcome::Ok, ""),
    };
    assert_eq!(span.outcome, outcome);
    assert_eq!(tag(span, "error.type"), error);
}

#[traced_test]
async fn messages_of_errors_have_no_secrets() {
    let mut client = client_of(shop().await, &client()).await;
    let called = trace_core::root("order").run(call(&mut client, "Ask", "secret"));
    assert!(called.await.unwrap_err().message().contains("s3cr3t"));
    let (client, server) = both_spans().await;
    let shown = "at http://REDACTED:REDACTED@shop/?sig=REDACTED";
    assert_status(&client, "INTERNAL", Some(shown));
    assert_status(&server.unwrap(), "INTERNAL", Some(shown));
}

#[traced_test]
async fn calls_of_all_kinds_are_spans_above_the_servers() {
    let address = shop().await;
    let mut client = client_of(address, &client()).await;
    for (method, messages) in [("Ask", 1), ("List", 3), ("Join", 1), ("Chat", 3)] {
        assert_eq!(call(&mut client, method, "tea").await.unwrap(), messages);
        let (span, server) = both_spans().await;
        let name = format!("shop.Shop/{method}");
        assert_eq!(span.operation_name, name);
        let port = address.port().to_string();
        for (key, value) in [
            ("rpc.system.name", "grpc"),
            ("rpc.method", &*name),
            ("server.address", "127.0.0.1"),
            ("server.port", &*port),
            ("http.request.method", ""),
            ("http.response.status_code", ""),
            ("url.full", ""),
            ("network.protocol.version", ""),
        ] {
            assert_eq!(tag(&span, key), value, "{method}: {key}");
        }
        assert_status(&span, "OK", None);
        let server = server.unwrap();
        assert_eq!(server.trace_id, span.trace_id);
        assert_eq!(server.parent_span_id, Some(span.span_id));
    }
}

#[traced_test]
async fn all_codes_but_ok_are_errors() {
    let address = shop().await;
    let mut client = client_of(address, &client()).await;
    for method in ["Ask", "List", "Join", "Chat"] {
        let called = call(&mut client, method, "not found").await;
        assert_eq!(called.unwrap_err().code(), Code::NotFound);
        assert_status(&both_spans().await.0, "NOT_FOUND", Some("no such order"));
        let called = call(&mut client, method, "internal").await;
        assert_eq!(called.unwrap_err().code(), Code::Internal);
        assert_status(&both_spans().await.0, "INTERNAL", Some("no Zürich"));
        let called = call(&mut client, "Later", "tea").await;
        assert_eq!(called.unwrap_err().code(), Code::Unimplemented);
        let span = both_spans().await.0;
        assert_eq!(span.operation_name, "shop.Shop/Later");
        assert_eq!(tag(&span, "rpc.status_code"), "UNIMPLEMENTED");
    }
}

#[traced_test]
async fn an_error_may_come_after_the_first_message() {
    let mut client = client_of(shop().await, &client().ends_at_head()).await;
    for method in ["List", "Chat"] {
        let called = call(&mut client, method, "tea, then internal").await;
        assert_eq!(called.unwrap_err().code(), Code::Internal);
        assert_status(&both_spans().await.0, "INTERNAL", Some("late"));
    }
}

#[traced_test]
async fn a_span_ends_with_its_stream() {
    let mut client = client_of(shop().await, &client()).await;
    let ended = || TestTracer::current().spans().len();
    let text = Request::new("tea, then wait".to_owned());
    let listed = client.server_streaming(text, path("List"), Texts);
    let mut messages = timeout(LONG, listed).await.unwrap().unwrap().into_inner();
    let first = timeout(LONG, messages.message()).await.unwrap();
    assert_eq!(first.unwrap().unwrap(), "tea, then wait");
    assert_eq!(ended(), 0);
    drop(messages);
    let (span, _) = both_spans().await;
    assert_eq!(span.outcome, Outcome::Cancelled);
    assert_eq!(span.status, trace_core::Status::Unset);
    assert_eq!(tag(&span, "error.type"), "");
}

#[traced_test]
async fn a_call_may_be_given_up_or_refused() {
    let mut client = client_of(shop().await, &client()).await;
    let text = Request::new("wait for ever, then wait".to_owned());
    let joined = stream::pending::<String>();
    let joined = client.client_streaming(Request::new(joined), path("Join"), Texts);
    assert!(timeout(Duration::from_millis(50), joined).await.is_err());
    let (span, _) = both_spans().await;
    assert_eq!(
        (span.outcome, span.status.clone()),
        (Outcome::Cancelled, trace_core::Status::Unset)
    );
    drop(text);

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut client = Grpc::new(trace_http::client().layer(channel(address)));
    client.ready().await.unwrap();
    let called = client.unary(Request::new("tea".to_owned()), path("Ask"), Texts);
    let called = timeout(LONG, called).await.unwrap();
    assert_eq!(called.unwrap_err().code(), Code::Unavailable);
    let (span, _) = both_spans().await;
    assert_eq!(span.outcome, Outcome::Error);
    // What failed is among the sources of tonic's `transport error`.
    assert_eq!(tag(&span, "error.type"), "connection_refused");
    let trace_core::Status::Error(message) = &span.status else {
        panic!("{:?}", span.status)
    };
    let begins = "transport error: tcp connect error: Connection refused";
    assert!(message.starts_with(begins), "{message}");
    // The channel knows the address, and tells nobody.
    assert_eq!(tag(&span, "server.address"), "");
}

#[traced_test]
async fn interceptors_read_and_write_metadata() {
    let mut metadata = MetadataMap::new();
    let caller = span::start("caller");
    let injected = caller.in_scope(|| {
        span::set_baggage("tenant", "acme").unwrap();
        span::inject(&mut MetadataInjector(&mut metadata))
    });
    assert!(injected);
    metadata.append("baggage", "plan=pro".parse().unwrap());
    let Extracted {
        context, problems, ..
    } = propagation::extract(&MetadataExtractor(&metadata));
    let context = context.unwrap();
    assert_eq!(context.span_id, caller.context().unwrap().span_id);
    assert_eq!(context.baggage.get("plan"), Some("pro"));
    assert_eq!(context.baggage.get("tenant"), Some("acme"));
    assert!(problems.is_empty());
    caller.end();
}

#[traced_test]
async fn a_stream_goes_on_in_the_trace_of_its_call() {
    let mut client = client_of(shop().await, &client()).await;
    let root = trace_core::root("caller").start();
    let listed = root.in_scope(|| {
        let listed = client.server_streaming(Request::new("tea".to_owned()), path("List"), Texts);
        listed.in_current_trace()
    });
    let mut messages = timeout(LONG, listed).await.unwrap().unwrap().into_inner();
    let caller = root.context().unwrap();
    root.end();
    // Elsewhere, and after the caller.
    let read = tokio::spawn(async move { while messages.message().await.unwrap().is_some() {} });
    timeout(LONG, read).await.unwrap().unwrap();
    let (span, server) = both_spans().await;
    assert_eq!(span.parent_span_id, Some(caller.span_id));
    assert_eq!(server.unwrap().parent_span_id, Some(span.span_id));
    assert_status(&span, "OK", None);
}

#[traced_test]
async fn the_timeout_that_is_sent_is_recorded_by_option() {
    let address = shop().await;
    for (layer, recorded) in [(client().record_grpc_timeout(), "8"), (client(), "")] {
        let mut client = client_of(address, &layer).await;
        let mut text = Request::new("tea".to_owned());
        text.set_timeout(Duration::from_secs(8));
        client.unary(text, path("Ask"), Texts).await.unwrap();
        TestTracer::current().settled(LONG).await;
        let spans = TestTracer::current().spans();
        let mut calls = spans.iter().filter(|span| span.kind == SpanKind::Client);
        assert_eq!(tag(calls.next_back().unwrap(), "grpc.timeout"), recorded);
    }
}
