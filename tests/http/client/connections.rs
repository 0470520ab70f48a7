//! Connections, whose tasks outlive the request that needs them.

use hyper_util::client::legacy::Client;
use tower::Layer;
use trace_core::testing::TestTracer;
use trace_core::{SpanRecord, traced_test};
use trace_http::{ConnectionExecutor, client};

use super::wire::{Plain, app, get_of, read};
use crate::wire::{BOTH, Http, LONG, serve};

/// The spans of two requests by one client, when no trace is open; the client, and with it the
/// connection, may be dropped before.
async fn spans_of_two(
    executor: ConnectionExecutor,
    http: Http,
    is_dropped: bool,
) -> Vec<SpanRecord> {
    let address = serve(app()).await;
    let mut builder = Client::builder(executor);
    let inner: Plain = builder.http2_only(http == Http::Two).build_http();
    let client = client().layer(inner);
    for name in ["first", "second"] {
        let called = read(client.clone(), get_of(address, "/text"));
        trace_core::root(name).run(called).await;
    }
    let client = Some(client).filter(|_| !is_dropped);
    let test = TestTracer::current();
    test.settled(LONG).await;
    drop(client);
    test.spans()
}

#[traced_test]
async fn connections_are_in_no_trace() {
    for http in BOTH {
        let spans = spans_of_two(ConnectionExecutor::detached(), http, false).await;
        assert!(
            spans
                .iter()
                .all(|span| span.operation_name != "http.connection")
        );
    }
}

#[traced_test]
async fn connections_may_be_linked_roots() {
    for http in BOTH {
        let spans = spans_of_two(ConnectionExecutor::linked(), http, true).await;
        let of = |name: &str| {
            spans
                .iter()
                .rfind(|span| span.operation_name == name)
                .unwrap()
        };
        let call = spans
            .iter()
            .rfind(|span| span.parent_span_id == Some(of("first").span_id))
            .unwrap();
        let connections = spans
            .iter()
            .filter(|span| span.operation_name == "http.connection");
        let mut linked = 0;
        for connection in connections {
            assert_eq!(connection.parent_span_id, None);
            let link = &connection.links[0];
            assert_ne!(connection.trace_id, link.trace_id);
            linked += usize::from(link.span_id == call.span_id);
        }
        assert!(linked > 0, "{http:?}");
    }
}
