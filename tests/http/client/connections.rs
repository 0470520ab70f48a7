//! Connections, whose tasks outlive the request that needs them.

use hyper_util::client::legacy::Client;
use trace_core::testing::TestTracer;
use trace_core::traced_test;
use trace_http::{ConnectionExecutor, client};

use super::wire::{Plain, app, get_of, read};
use crate::wire::{BOTH, Http, LONG, serve};

#[traced_test]
async fn connections_are_linked_roots_and_no_children() {
    let test = TestTracer::current();
    for http in BOTH {
        let address = serve(app()).await;
        let mut builder = Client::builder(ConnectionExecutor::new());
        let inner: Plain = builder.http2_only(http == Http::Two).build_http();
        let client = client().layer(inner);
        let before = test.spans().len();
        for name in ["first", "second"] {
            let called = read(client.clone(), get_of(address, "/text"));
            trace_core::root(name).run(called).await;
        }
        drop(client);
        test.settled(LONG).await;
        let spans = test.spans().split_off(before);
        let (connections, others): (Vec<_>, Vec<_>) = spans
            .iter()
            .partition(|span| span.operation_name == "http.connection");
        let names: Vec<&str> = others.iter().map(|span| &*span.operation_name).collect();
        assert_eq!(names, ["first", "GET", "second", "GET"], "{http:?}");
        assert!(!connections.is_empty());
        for connection in &connections {
            assert_eq!(connection.parent_span_id, None);
            let link = &connection.links[0];
            assert_ne!(connection.trace_id, link.trace_id);
        }
        // hyper makes it within the call that needs it.
        let call = others.iter().find(|span| span.operation_name == "GET");
        let needed = |link: &trace_core::Link| link.span_id == call.unwrap().span_id;
        assert!(connections.iter().any(|span| needed(&span.links[0])));
    }
}
