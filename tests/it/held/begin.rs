//! Tests of the beginning of held spans, and of held spans that are not recorded.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::FutureExt;
use trace_core::{
    AlwaysOff, Link, MemoryCollector, OpenSpan, SpanId, SpanKind, Timestamp, TraceContext, TraceId,
    Tracer, propagation, span,
};

use super::{Program, elsewhere, named, start};

fn is_free<T: Send + Sync + Unpin + 'static>() {}

#[test]
fn it_is_send_sync_and_unpin() {
    is_free::<OpenSpan>();
}

#[test]
fn it_is_below_the_current_span_which_stays_that() {
    let program = Program::new();
    let held = program.root(|| {
        let root = span::current_context().unwrap();
        let held = start("held");
        assert_eq!(span::current_context().unwrap().span_id, root.span_id);
        assert_eq!(held.context().unwrap().parent_span_id, Some(root.span_id));
        span::in_span("beside", || {});
        held
    });
    assert!(held.is_recording());
    held.end();
    assert!(!held.is_recording());
    let spans = program.take();
    let root = named(&spans, "root").span_id;
    assert_eq!(named(&spans, "held").parent_span_id, Some(root));
    assert_eq!(named(&spans, "beside").parent_span_id, Some(root));
    let source = named(&spans, "held").source.as_ref().unwrap();
    assert!(source.file.ends_with("held/mod.rs"), "{source:?}");
}

#[test]
fn where_nothing_records_it_is_nothing() {
    let mut held = start("nobody");
    held.add_tag("key", 1);
    held.in_scope(|| assert!(span::current_context().is_none()));
    let ready = held.poll(|| std::task::Poll::Ready(1), |_| None);
    assert_eq!(ready, std::task::Poll::Ready(1));
    held.enter_unguarded();
    held.exit();
    held.exit();
    let mut headers = HashMap::new();
    assert!(!held.inject(&mut headers));
    assert_eq!((held.context(), held.is_recording()), (None, false));
    held.end();
    drop(held.entered());
}

#[test]
fn in_a_trace_that_is_not_sampled_it_carries_the_context() {
    let program = Program::with(|builder| builder.sampler(AlwaysOff));
    let held = program.root(|| {
        span::set_baggage("tenant", "acme").unwrap();
        start("held")
    });
    let context = held.context().unwrap();
    assert!(!context.is_sampled());
    assert_eq!(context.baggage.get("tenant"), Some("acme"));
    let held = elsewhere(move || {
        held.in_scope(|| {
            let here = span::current_context().unwrap();
            assert_eq!(here.trace_id, held.context().unwrap().trace_id);
            assert!(!span::is_recording());
            span::in_span("child", || {});
        });
        assert!(span::current_context().is_none());
        held
    });
    let mut headers = HashMap::new();
    assert!(held.inject(&mut headers));
    assert!(headers["traceparent"].ends_with("-00") || headers["traceparent"].ends_with("-02"));
    drop(held.entered());
    assert!(span::current_context().is_none());
    assert!(program.take().is_empty());
    assert_eq!(program.tracer.stats().sampled_out, 1);
}

#[test]
fn a_builder_says_what_it_begins_with() {
    let program = Program::new();
    let linked = TraceContext::new(TraceId::new(7).unwrap(), SpanId::new(8).unwrap());
    let link = Link::from(&linked);
    let start = Timestamp::from_unix_nanos(1_000_000_000);
    program.root(|| {
        let held = span::build(format!("publish {}", 1))
            .kind(SpanKind::Producer)
            .tag("topic", "orders")
            .tag("numbers", vec![1_i64, 2])
            .link(link.clone())
            .service("queue")
            .started_at(start)
            .start();
        held.end_at(Timestamp::from_unix_nanos(3_000_000_000));
        held.end();
        let early = span::build("early").start();
        early.end_at(start);
    });
    let spans = program.take();
    let publish = named(&spans, "publish 1");
    assert_eq!(publish.kind, SpanKind::Producer);
    assert_eq!(publish.tag("topic").unwrap().as_str(), Some("orders"));
    assert_eq!(publish.tags.len(), 2);
    assert_eq!(publish.links, [link]);
    assert_eq!(&*publish.service_name, "queue");
    assert_eq!(publish.start, start);
    assert_eq!(publish.end.as_unix_nanos(), 3_000_000_000);
    let early = named(&spans, "early");
    assert_eq!(early.start, early.end, "not before its start");
}

#[test]
fn a_root_may_begin_in_the_past_and_then_has_its_end_now() {
    let spans = MemoryCollector::new();
    let tracer = Tracer::builder("shop").collector(spans.clone());
    let tracer = tracer.on_demand().build().unwrap();
    let start = Timestamp::from_unix_nanos(1_000_000_000);
    let root = |name: &'static str| tracer.root(name).started_at(start);
    root("held").start().end();
    root("sync").run_sync(|| span::in_span("child", || {}));
    root("future").run(async {}).now_or_never().unwrap();
    // The description is reused by the thread, and must not keep the time.
    tracer.root("now").tag("a", 1).run_sync(|| {});
    tracer.flush(Duration::ZERO);
    let spans = spans.take();
    for name in ["held", "sync", "future"] {
        let root = named(&spans, name);
        assert_eq!(root.start, start, "{name}");
        assert!(
            root.end + Duration::from_secs(60) > named(&spans, "now").start,
            "{name}"
        );
    }
    for name in ["child", "now"] {
        assert!(named(&spans, name).start > start, "{name}");
    }
}

#[test]
fn all_that_can_be_said_of_it_is_said() {
    let program = Program::new();
    let linked = TraceContext::new(TraceId::new(7).unwrap(), SpanId::new(8).unwrap());
    program.root(|| {
        let held = start("held");
        held.add_tag("number", 1);
        held.add_tag("text", "one");
        held.add_tag("number", 2);
        held.add_log("plain");
        held.add_log_with("with fields", &[("a", &1), ("b", &"two")]);
        held.set_operation_name("renamed");
        held.set_service_name("service");
        held.set_kind(SpanKind::Client);
        held.add_link(linked.clone());
        held.record_error("oops");
        let mut headers = HashMap::new();
        assert!(held.inject(&mut headers));
        let sent = propagation::extract(&headers).context.unwrap();
        assert_eq!(Some(sent.span_id), held.context().map(|held| held.span_id));
        held.end();
    });
    let spans = program.take();
    let held = named(&spans, "renamed");
    assert_eq!(held.tag("number").unwrap().as_i64(), Some(2));
    assert_eq!(held.tag("error.type").unwrap().as_str(), Some("str"));
    let logs: Vec<_> = held.logs.iter().map(|log| &*log.message).collect();
    assert_eq!(logs, ["plain", "with fields", "exception"]);
    assert_eq!(held.logs[1].fields.len(), 2);
    assert_eq!(
        (&*held.service_name, held.kind),
        ("service", SpanKind::Client)
    );
    assert_eq!(held.links, [Link::from(&linked)]);
    assert!(held.is_error() && held.context_sent);
}

#[test]
fn its_baggage_is_that_at_its_start() {
    let program = Program::new();
    let held = program.root(|| {
        span::set_baggage("tenant", "acme").unwrap();
        let held = start("held");
        span::set_baggage("tenant", "other").unwrap();
        held
    });
    assert_eq!(held.context().unwrap().baggage.get("tenant"), Some("acme"));
    held.in_scope(|| assert_eq!(span::baggage("tenant").as_deref(), Some("acme")));
    held.end();
    program.take();
}

#[test]
fn its_baggage_is_that_at_its_start_whatever_was_held_before() {
    let program = Program::new();
    program.root(|| {
        let tenant = |span: &OpenSpan| {
            let context = span.context().unwrap();
            context.baggage.get("tenant").map(str::to_owned)
        };
        let early = span::start("early");
        assert_eq!(tenant(&early), None);
        span::set_baggage("tenant", "acme").unwrap();
        drop(early);
        let other = span::start("other");
        assert_eq!(tenant(&other).as_deref(), Some("acme"));
        drop(other);
        assert_eq!(tenant(&span::start("late")).as_deref(), Some("acme"));
    });
    program.take();
}

#[test]
fn a_root_that_is_held_has_a_scope_of_its_own() {
    let program = Program::new();
    let caller = TraceContext::new(TraceId::new(7).unwrap(), SpanId::new(8).unwrap());
    let root = program
        .tracer
        .root("GET /")
        .kind(SpanKind::Server)
        .tag("url.path", "/")
        .remote_parent(TraceContext {
            is_remote: true,
            ..caller.clone()
        })
        .start();
    assert!(span::current_context().is_none());
    root.in_scope(|| span::in_span("handler", || {}));
    root.add_tag("status", 200);
    let body = root.in_scope(|| start("body"));
    let root = elsewhere(move || {
        root.in_scope(|| span::in_span("elsewhere", || {}));
        root
    });
    root.end();
    program.cut();
    assert_eq!(program.tracer.stats().open, 1, "the body goes on");
    body.end();
    let spans = program.take();
    let root = named(&spans, "GET /");
    assert_eq!(root.trace_id, caller.trace_id);
    assert_eq!(root.parent_span_id, Some(caller.span_id));
    assert!(root.parent_is_remote);
    assert_eq!(root.tag("status").unwrap().as_i64(), Some(200));
    for name in ["handler", "body", "elsewhere"] {
        assert_eq!(named(&spans, name).parent_span_id, Some(root.span_id));
    }
}

#[test]
fn a_root_that_is_held_needs_a_tracer() {
    let root = trace_core::root("nobody").start();
    assert!(root.context().is_none());
    root.in_scope(|| assert!(!span::is_recording()));
}

#[test]
fn a_held_root_within_a_trace_is_of_its_own() {
    let program = Program::new();
    program.root(|| {
        let root = program.tracer.root("other").start();
        root.in_scope(|| span::in_span("child of other", || {}));
        span::in_span("child of root", || {});
        root.end();
    });
    let spans = program.take();
    let (root, other) = (named(&spans, "root"), named(&spans, "other"));
    assert_ne!(root.trace_id, other.trace_id);
    let parent = |name| named(&spans, name).parent_span_id;
    assert_eq!(parent("child of other"), Some(other.span_id));
    assert_eq!(parent("child of root"), Some(root.span_id));
}
