//! Tests that written records are read back unchanged.

use std::task::{Context, Waker};
use std::time::Duration;

use trace_core::{
    IdGenerator, ManualClock, MemoryCollector, Outcome, SpanId, SpanKind, SpanRecord, Status,
    Timestamp, TraceContext, TraceFuture, TraceId, Tracer, span,
};
use trace_otlp::{JsonCollector, decode};

use super::generator::Generator;
use super::{Memory, json};

#[test]
fn records_are_read_back_as_they_were() {
    for seed in 0..500 {
        let mut generator = Generator::new(seed);
        let resource = generator.resource();
        let records: Vec<_> = (0..generator.below(6))
            .map(|_| generator.record())
            .collect();
        for pretty in [false, true] {
            let text = json(&resource, &records, pretty);
            let mut read = Vec::new();
            for request in decode::requests(text.as_bytes()) {
                for group in request.unwrap().groups {
                    assert_eq!(group.resource.tags, resource.tags, "seed {seed}");
                    for span in &group.spans {
                        assert_eq!(span.service_name, group.resource.service_name);
                    }
                    read.extend(group.spans);
                }
            }
            let written = sorted(records.iter().map(as_read).collect());
            assert_eq!(sorted(read), written, "seed {seed}: {text}");
        }
    }
}

#[test]
fn what_was_read_is_written_the_same() {
    for seed in 0..100 {
        let mut generator = Generator::new(seed);
        let resource = generator.resource();
        let mut record = generator.record();
        record.service_name = resource.service_name.clone();
        let text = json(&resource, &[record], false);
        let request = decode::requests(text.as_bytes()).next().unwrap().unwrap();
        let group = &request.groups[0];
        assert_eq!(json(&group.resource, &group.spans, false), text);
    }
}

#[test]
fn a_float_that_is_no_number_comes_back() {
    let mut record = Generator::new(1).record();
    record.tags.clear();
    record.add_tag("ratio", f64::NAN);
    record.add_tag("ratios", vec![f64::NAN, f64::INFINITY]);
    let text = json(&Generator::new(1).resource(), &[record], false);
    let request = decode::requests(text.as_bytes()).next().unwrap().unwrap();
    let span = &request.groups[0].spans[0];
    let values = ["ratio", "ratios"].map(|key| span.tag(key).unwrap().to_string());
    assert_eq!(values, ["NaN", "[NaN, inf]"]);
}

#[test]
fn what_a_tracer_records_is_read_back_as_it_was() {
    let (memory, spans) = (Memory::default(), MemoryCollector::new());
    let tracer = Tracer::builder("shop")
        .tag("service.version", "1.4.0")
        .collector(JsonCollector::to_writer(memory.clone()))
        .collector(spans.clone())
        .clock(&ManualClock::starting_at(Timestamp::from_unix_nanos(7)))
        .ids(IdGenerator::counting())
        .on_demand()
        .build()
        .unwrap();
    let remote = TraceContext {
        is_remote: true,
        tracestate: "congo=1".parse().unwrap(),
        ..TraceContext::new(TraceId::new(5).unwrap(), SpanId::new(6).unwrap())
    };
    let root = tracer.root("checkout").kind(SpanKind::Server);
    root.remote_parent(remote.clone()).run_sync(|| {
        span::add_tag("sizes", &[1_i64, 2][..]);
        span::add_log_with("asking the bank", &[("attempt", &2)]);
        span::add_link(&remote);
        span::in_span("charge", || {
            span::set_status(Status::Error("declined".into()));
        });
        let mut cancelled = Box::pin(std::future::pending::<()>().in_span("mail"));
        let poll = cancelled
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
        assert!(poll.is_pending());
    });
    drop(tracer.flush(Duration::from_secs(1)));

    let recorded = spans.spans();
    let outcomes: Vec<_> = recorded.iter().map(|span| span.outcome).collect();
    assert!(outcomes.contains(&Outcome::Cancelled), "{outcomes:?}");
    let text = memory.text();
    let request = decode::requests(text.as_bytes()).next().unwrap().unwrap();
    assert_eq!(request.groups.len(), 1, "{text}");
    let version = &request.groups[0].resource.tags[0];
    assert_eq!(
        (version.key.as_ref(), version.value.as_str()),
        ("service.version", Some("1.4.0"))
    );
    assert_eq!(
        sorted(request.groups[0].spans.clone()),
        sorted(recorded),
        "{text}"
    );
}

/// Returns a record as it is read back, with the tags that show the outcome.
fn as_read(record: &SpanRecord) -> SpanRecord {
    let mut record = record.clone();
    let is_cancelled = record.tag("cancelled") == Some(&true.into());
    match (record.outcome, &record.status) {
        (Outcome::Cancelled, _) if record.tag("cancelled").is_none() => {
            record.add_tag("cancelled", true);
        }
        (Outcome::Panicked, Status::Error(_))
            if record.tag("error.type").is_none() && !is_cancelled =>
        {
            record.add_tag("error.type", "panic");
        }
        _ => {}
    }
    if record.service_name.is_empty() {
        record.service_name = "unknown_service".into();
    }
    record
}

/// Groups change the order of spans, and scopes the order of tags.
fn sorted(mut records: Vec<SpanRecord>) -> Vec<SpanRecord> {
    for record in &mut records {
        record.tags.sort_by(|a, b| a.key.cmp(&b.key));
    }
    records.sort_by_key(|record| (record.span_id, record.trace_id));
    records
}
