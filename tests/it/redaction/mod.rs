//! Tests that a tracer's redactor sees every text of a span, and every collector what it made
//! of them.

mod corpus;
mod numbers;
mod planted;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use trace_core::redaction::{KeyVerdict, Redactor, redactor_fn};
use trace_core::{
    Collector, Limits, Link, MemoryCollector, SpanBatch, SpanId, SpanRecord, StatusRef, Tag,
    TagRef, TraceContext, TraceId, Tracer, collector_fn, span, trace_root, traced,
};

const LONG: Duration = Duration::from_secs(60);

/// Replaces the word `hunter2` in texts.
fn no_hunter() -> impl Redactor {
    redactor_fn(|text| {
        text.contains("hunter2")
            .then(|| text.replace("hunter2", "***"))
    })
}

/// Runs `body` with a redactor, and returns the spans.
fn recorded(redactor: impl Redactor + 'static, body: impl FnOnce()) -> Vec<SpanRecord> {
    let spans = MemoryCollector::new();
    let tracer = Tracer::builder("shop")
        .collector(spans.clone())
        .redact(redactor)
        .on_demand()
        .build()
        .unwrap();
    tracer.attach_sync(body);
    assert!(tracer.flush(LONG).is_complete);
    spans.take()
}

#[traced(tags(note, password, attempts, answers))]
fn log_in(note: &str, password: &str, attempts: u64, answers: [&str; 2]) -> Result<(), String> {
    span::add_log_with(
        "tried hunter2",
        &[("token", &"abc"), ("used", &"hunter2"), ("n", &3)],
    );
    Err("`hunter2` is wrong".to_owned())
}

#[trace_root("POST /login")]
fn serve() {
    let _failed = log_in("with hunter2", "abc", 2, ["hunter2", "no"]);
    span::add_tag("cookies", ["a=1", "b=2"].as_slice());
    span::add_tag("session", "hunter2");
    span::set_operation_name("POST /login/hunter2");
    span::set_service_name("shop of hunter2");
    let mut link = Link::from(TraceContext::new(
        TraceId::new(1).unwrap(),
        SpanId::new(2).unwrap(),
    ));
    link.tags.push(Tag::new("token", "abc"));
    link.tags.push(Tag::new("of", "hunter2"));
    span::add_link(link);
    span::set_status("hunter2 again");
}

#[test]
fn every_text_of_a_span_is_redacted() {
    let spans = recorded(no_hunter(), serve);
    let [root, log_in] = &spans[..] else {
        panic!("{spans:#?}")
    };
    let text = format!("{spans:?}");
    assert!(!text.contains("hunter2") && !text.contains("abc"), "{text}");
    assert!(!text.contains("a=1"), "{text}");

    let tag = |key: &str| log_in.tag(key).unwrap().to_string();
    assert_eq!(tag("note"), "with ***");
    assert_eq!(tag("password"), "REDACTED");
    assert_eq!(tag("attempts"), "2");
    assert_eq!(tag("answers"), r#"["***", "no"]"#);
    let [log, error] = &log_in.logs[..] else {
        panic!("{:?}", log_in.logs)
    };
    assert_eq!(log.message, "tried ***");
    assert_eq!(log.fields[0].value.as_ref(), TagRef::Str("REDACTED"));
    assert_eq!(log.fields[1].value.as_ref(), TagRef::Str("***"));
    assert_eq!(log.fields[2].value.as_ref(), TagRef::I64(3));
    assert_eq!(
        error.fields[1].value.as_ref(),
        TagRef::Str("`***` is wrong")
    );
    assert_eq!(log_in.status.as_ref(), StatusRef::Error("`***` is wrong"));

    assert_eq!(root.operation_name, "POST /login/***");
    assert_eq!(&*root.service_name, "shop of ***");
    assert_eq!(root.status.as_ref(), StatusRef::Error("*** again"));
    assert_eq!(
        root.links[0].tags[0].value.as_ref(),
        TagRef::Str("REDACTED")
    );
    assert_eq!(root.links[0].tags[1].value.as_ref(), TagRef::Str("***"));
}

#[test]
fn nothing_else_of_a_span_changes() {
    let plain = recorded((), serve);
    let scanned = recorded(redactor_fn(|_| None), serve);
    assert!(format!("{plain:?}").contains("hunter2"));
    let [plain, scanned] = [plain, scanned].map(|spans| {
        let of_span = |span: SpanRecord| SpanRecord {
            trace_id: TraceId::new(1).unwrap(),
            span_id: SpanId::new(1).unwrap(),
            parent_span_id: None,
            start: Default::default(),
            end: Default::default(),
            tags: Vec::new(),
            logs: Vec::new(),
            links: Vec::new(),
            ..span
        };
        spans.into_iter().map(of_span).collect::<Vec<_>>()
    });
    assert_eq!(plain, scanned);
}

#[test]
fn a_span_in_several_pieces_is_redacted() {
    let spans = recorded(no_hunter(), || {
        let outer = trace_core::root("outer").start();
        outer.add_tag("first", "hunter2");
        outer.in_scope(|| {
            // More than a chunk holds.
            for _ in 0..5_000 {
                span::in_span("inner", || span::add_tag("inner", "hunter2"));
            }
        });
        outer.add_log("hunter2");
        outer.end();
    });
    assert_eq!(spans.len(), 5_001);
    assert!(!format!("{spans:?}").contains("hunter2"));
    let outer = spans
        .iter()
        .find(|span| span.operation_name == "outer")
        .unwrap();
    assert_eq!(outer.tag("first").unwrap().as_ref(), TagRef::Str("***"));
    assert_eq!(outer.logs[0].message, "***");
}

#[test]
fn what_the_limits_cut_off_stays_off() {
    let spans = MemoryCollector::new();
    let tracer = Tracer::builder("shop")
        .collector(spans.clone())
        .redact(no_hunter())
        .limits(Limits {
            max_logs: 1,
            ..Limits::default()
        })
        .on_demand()
        .build()
        .unwrap();
    tracer.root("login").run_sync(|| {
        span::add_log("first");
        span::record_error("hunter2");
    });
    assert!(tracer.flush(LONG).is_complete);
    let spans = spans.take();
    assert_eq!(spans[0].logs.len(), 1);
    assert_eq!(spans[0].dropped.logs, 1);
    assert_eq!(spans[0].status.as_ref(), StatusRef::Error("***"));
}

#[test]
fn each_lane_gets_the_same_once() {
    let calls = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&calls);
    let (memory, views) = (MemoryCollector::new(), Arc::new(Mutex::new(Vec::new())));
    let seen = Arc::clone(&views);
    let tracer = Tracer::builder("shop")
        .collector(memory.clone())
        .collector(collector_fn(move |batch: &SpanBatch<'_>| {
            // Reads the view, and not a record.
            let texts = batch.spans().map(|span| span.tag("a").unwrap().to_string());
            seen.lock().unwrap().extend(texts);
        }))
        .redact(redactor_fn(move |text| {
            *counted.lock().unwrap() += usize::from(text == "hunter2");
            (text == "hunter2").then(|| "***".to_owned())
        }))
        .build()
        .unwrap();
    tracer
        .root("login")
        .run_sync(|| span::add_tag("a", "hunter2"));
    assert!(tracer.flush(LONG).is_complete);
    assert_eq!(
        memory.take()[0].tag("a").unwrap().as_ref(),
        TagRef::Str("***")
    );
    assert_eq!(views.lock().unwrap()[..], ["***"]);
    assert_eq!(*calls.lock().unwrap(), 1);
}

#[test]
fn the_resource_is_redacted_when_the_tracer_is_built() {
    let resource = Arc::new(Mutex::new(String::new()));
    let seen = Arc::clone(&resource);
    let tracer = Tracer::builder("shop")
        .tag("process.command_line", "shop --user hunter2")
        .tag("process.command_args", vec!["shop", "hunter2"])
        .tag("db.password", "xyzzy")
        .collector(collector_fn(move |batch: &SpanBatch<'_>| {
            *seen.lock().unwrap() = format!("{:?}", batch.resource());
        }))
        .redact(no_hunter())
        .on_demand()
        .build()
        .unwrap();
    tracer.root("login").run_sync(|| ());
    assert!(tracer.flush(LONG).is_complete);
    let resource = resource.lock().unwrap();
    assert!(resource.contains("shop --user ***"), "{resource}");
    assert!(
        !resource.contains("hunter2") && !resource.contains("xyzzy"),
        "{resource}"
    );
}

/// Panics for whatever contains `panic`.
struct Panicking;

impl Redactor for Panicking {
    fn redact_key(&self, key: &str) -> KeyVerdict {
        assert!(!key.contains("panic"));
        if key == "replaced" {
            KeyVerdict::Replace
        } else {
            KeyVerdict::Scan
        }
    }

    fn redact_text(&self, text: &str) -> Option<String> {
        assert!(!text.contains("panic"));
        None
    }

    fn replace_value(&self, _key: &str, value: &str) -> std::borrow::Cow<'static, str> {
        assert!(!value.contains("panic"));
        "replaced".into()
    }
}

#[test]
fn where_the_redactor_panics_the_text_is_replaced() {
    let spans = recorded(Panicking, || {
        trace_core::root("panic at once").run_sync(|| {
            span::add_tag("text", "panic hunter2");
            span::add_tag("panicking key", "hunter2");
            span::add_tag("replaced", "panic hunter2");
            span::add_tag("well", "fine");
            span::add_log("panic hunter2");
        });
    });
    let [span] = &spans[..] else { panic!() };
    let tags = ["text", "panicking key", "replaced", "well"];
    let tags = tags.map(|key| span.tag(key).unwrap().to_string());
    // Of the second, only `redact_key` panics.
    assert_eq!(tags, ["REDACTED", "replaced", "REDACTED", "fine"]);
    assert_eq!(span.logs[0].message, "REDACTED");
}

#[test]
fn a_redactor_is_not_traced() {
    let redactor = redactor_fn(|_| {
        span::in_span("redact", || trace_core::root("redact").run_sync(|| ()));
        None
    });
    let spans = recorded(redactor, || {
        trace_core::root("login").run_sync(|| span::add_tag("text", "a"));
    });
    assert_eq!(spans.len(), 1);
}

#[test]
fn a_batch_of_records_is_not_redacted() {
    // It does not come from a tracer, which redacts.
    let spans = MemoryCollector::new();
    let mut record = SpanRecord::new(TraceId::new(1).unwrap(), SpanId::new(1).unwrap(), "a");
    record.tags.push(Tag::new("password", "abc"));
    let resource = trace_core::Resource::new("shop");
    spans.collect(&SpanBatch::from_records(&resource, &[record]));
    assert_eq!(
        spans.take()[0].tag("password").unwrap().as_ref(),
        TagRef::Str("abc")
    );
}
