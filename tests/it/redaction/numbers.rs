//! Numbers and booleans under keys that the application names are replaced, and no others.

use std::sync::{Arc, Mutex};

use trace_core::redaction::{KeyVerdict, Redactor};
use trace_core::{Link, SpanBatch, SpanId, Tag, TraceContext, TraceId, Tracer, collector_fn, span};
use trace_otlp::Redaction;

use super::{LONG, recorded};

fn redaction() -> Redaction {
    Redaction::standard().key("pin").hash_keys(["customer.id"])
}

#[trace_core::traced(tags(customer.id = id, pin = [1, 2], user_pin = 12.5, is_pin = true, token = id, n = id))]
fn pay(id: i64) {
    span::add_tag("customer.ids", id);
    let key = "late.customer.id".to_owned();
    span::add_tag(key, id);
    span::add_log_with("paid", &[("pin", &id), ("n", &id)]);
    let mut link = Link::from(TraceContext::new(
        TraceId::new(1).unwrap(),
        SpanId::new(2).unwrap(),
    ));
    link.tags.push(Tag::new("customer.id", id));
    span::add_link(link);
}

#[test]
fn a_named_key_means_numbers_too() {
    let spans = recorded(redaction(), || {
        trace_core::root("checkout").run_sync(|| {
            pay(4711);
            span::add_tag("customer.id", "4711");
            // An earlier value, and one of another type, in its place.
            span::add_tag("pin", 1234);
            span::add_tag("pin", 5678);
        });
    });
    let [root, pay] = &spans[..] else {
        panic!("{spans:#?}")
    };
    let tag = |key: &str| pay.tag(key).unwrap().to_string();
    assert_eq!(tag("pin"), r#"["REDACTED", "REDACTED"]"#);
    assert_eq!(
        (tag("user_pin"), tag("is_pin")),
        ("REDACTED".into(), "REDACTED".into())
    );
    assert_eq!(root.tag("pin").unwrap().to_string(), "REDACTED");
    // One value, one hash, whatever its type and place.
    let hash = root.tag("customer.id").unwrap().to_string();
    assert!(hash.starts_with("hash:"), "{hash}");
    assert_eq!(
        (tag("customer.id"), tag("late.customer.id")),
        (hash.clone(), hash.clone())
    );
    assert_eq!(pay.links[0].tags[0].value.to_string(), hash);
    assert_eq!(pay.logs[0].fields[0].value.to_string(), "REDACTED");
    // What nobody named stays.
    for stays in [tag("token"), tag("n"), tag("customer.ids")] {
        assert_eq!(stays, "4711");
    }
    assert_eq!(pay.logs[0].fields[1].value.to_string(), "4711");
}

#[test]
fn numbers_of_the_resource_are_replaced() {
    let resource = Arc::new(Mutex::new(String::new()));
    let seen = Arc::clone(&resource);
    let tracer = Tracer::builder("shop")
        .tag("pin", 4711)
        .tag("pins.of.customer.id", vec![4711, 4712])
        .tag("process.pid", 42)
        .collector(collector_fn(move |batch: &SpanBatch<'_>| {
            *seen.lock().unwrap() = format!("{:?}", batch.resource());
        }))
        .redact(Some(Box::new(redaction())))
        .on_demand()
        .build()
        .unwrap();
    tracer.root("login").run_sync(|| ());
    assert!(tracer.flush(LONG).is_complete);
    let resource = resource.lock().unwrap();
    assert!(
        !resource.contains("471") && resource.contains("42"),
        "{resource}"
    );
    assert_eq!(resource.matches("hash:").count(), 2, "{resource}");
}

/// Panics for everything about numbers.
struct Panicking;

impl Redactor for Panicking {
    fn redact_key(&self, key: &str) -> KeyVerdict {
        assert!(key != "panic");
        KeyVerdict::ReplaceAll
    }

    fn sees_numbers(&self) -> bool {
        panic!("on purpose")
    }

    fn redact_text(&self, _text: &str) -> Option<String> {
        None
    }

    fn replace_value(&self, _key: &str, _value: &str) -> std::borrow::Cow<'static, str> {
        panic!("on purpose")
    }
}

#[test]
fn where_the_redactor_panics_the_number_is_replaced() {
    let spans = recorded(Panicking, || {
        trace_core::root("pay").run_sync(|| {
            span::add_tag("panic", 4711);
            span::add_tag("pin", 4711);
        });
    });
    let tags = ["panic", "pin"].map(|key| spans[0].tag(key).unwrap().to_string());
    assert_eq!(tags, ["REDACTED", "REDACTED"]);
}
