//! Tests of traces in Chrome's format: the events of a small trace, and that the spans of a
//! track contain one another or do not overlap.

use std::collections::HashMap;
use std::time::Duration;

use expect_test::expect;
use serde_json::Value;
use trace_core::{
    Collector, Log, Outcome, Resource, SpanBatch, SpanId, SpanKind, SpanRecord, Status, Tag,
    Timestamp, Trace, TraceCollectorOptions, TraceId,
};
use trace_otlp::{ChromeTraceCollector, to_chrome_trace};

use super::Memory;
use crate::random::Random;

/// 2026-11-28, at noon.
const NOON: u64 = 1_795_867_200_000_000_000;

fn span(id: u64, parent: u64, times: std::ops::Range<u64>) -> SpanRecord {
    let mut span = SpanRecord::new(
        TraceId::new(1).unwrap(),
        SpanId::new(id).unwrap(),
        format!("op {id}"),
    );
    span.parent_span_id = SpanId::new(parent);
    span.service_name = "shop".into();
    span.start = Timestamp::from_unix_nanos(NOON + times.start);
    span.end = Timestamp::from_unix_nanos(NOON + times.end);
    span
}

fn events(json: &str) -> Vec<Value> {
    serde_json::from_str(json).unwrap()
}

#[test]
fn a_small_trace_is_written_as_events() {
    let mut root = span(1, 0, 0..9_001);
    root.tags.push(Tag::new("order.id", 7));
    root.tags.push(Tag::new("ratio", f64::INFINITY));
    root.tags.push(Tag::new("sizes", vec![1, 2]));
    let mut charge = span(2, 1, 1_000..5_000);
    charge.kind = SpanKind::Client;
    charge.status = Status::Error("declined \"7\"".into());
    charge.outcome = Outcome::Error;
    charge.logs.push(Log {
        time: charge.start + Duration::from_nanos(10),
        message: "asking".into(),
        fields: vec![Tag::new("attempt", 2)],
    });
    // It runs beside `charge`, as a spawned task does.
    let email = span(3, 1, 2_000..12_000);
    let mut bank = span(4, 2, 1_500..4_000);
    bank.service_name = "bank".into();
    let json = to_chrome_trace(Trace::group([root, charge, email, bank]));
    expect![[r#"
        [
        {"ph":"M","pid":1,"tid":0,"name":"process_name","args":{"name":"shop"}},
        {"ph":"M","pid":1,"tid":1,"name":"thread_name","args":{"name":"tasks 1"}},
        {"ph":"M","pid":2,"tid":0,"name":"process_name","args":{"name":"bank"}},
        {"ph":"M","pid":2,"tid":2,"name":"thread_name","args":{"name":"tasks 1"}},
        {"ph":"M","pid":1,"tid":3,"name":"thread_name","args":{"name":"tasks 2"}},
        {"ph":"X","pid":1,"tid":1,"name":"op 1","cat":"internal","ts":129600000000.000,"dur":9.001,"args":{"order.id":7,"ratio":"inf","sizes":[1,2],"span_id":"0000000000000001","trace_id":"00000000000000000000000000000001"}},
        {"ph":"X","pid":1,"tid":1,"name":"op 2","cat":"client","ts":129600000001.000,"dur":4.000,"cname":"terrible","args":{"error":"declined \"7\"","outcome":"error","span_id":"0000000000000002","trace_id":"00000000000000000000000000000001"}},
        {"ph":"i","pid":1,"tid":1,"name":"asking","cat":"log","ts":129600000001.010,"s":"t","args":{"attempt":2}},
        {"ph":"X","pid":2,"tid":2,"name":"op 4","cat":"internal","ts":129600000001.500,"dur":2.500,"args":{"span_id":"0000000000000004","trace_id":"00000000000000000000000000000001"}},
        {"ph":"s","pid":1,"tid":1,"name":"calls","cat":"calls","ts":129600000001.500,"id":1},
        {"ph":"f","pid":2,"tid":2,"name":"calls","cat":"calls","ts":129600000001.500,"id":1,"bp":"e"},
        {"ph":"X","pid":1,"tid":3,"name":"op 3","cat":"internal","ts":129600000002.000,"dur":10.000,"args":{"span_id":"0000000000000003","trace_id":"00000000000000000000000000000001"}},
        {"ph":"s","pid":1,"tid":1,"name":"calls","cat":"calls","ts":129600000002.000,"id":2},
        {"ph":"f","pid":1,"tid":3,"name":"calls","cat":"calls","ts":129600000002.000,"id":2,"bp":"e"}
        ]
    "#]]
    .assert_eq(&json);
    events(&json);
}

/// The slices of each track, in the order of the file.
fn slices(json: &str) -> HashMap<(u64, u64), Vec<(f64, f64)>> {
    let mut tracks: HashMap<_, Vec<_>> = HashMap::new();
    for event in events(json) {
        if event["ph"] == "X" {
            let number = |key: &str| event[key].as_u64().unwrap();
            let (start, duration) = (
                event["ts"].as_f64().unwrap(),
                event["dur"].as_f64().unwrap(),
            );
            let track = tracks.entry((number("pid"), number("tid"))).or_default();
            track.push((start, start + duration));
        }
    }
    tracks
}

#[test]
fn the_spans_of_a_track_contain_one_another_or_do_not_overlap() {
    let mut random = Random::new(4);
    for round in 0..300 {
        let spans = 1 + random.below(60);
        let traces = 1 + random.below(4);
        let records = (0..spans as u64).map(|at| {
            let parent = random.below(at as usize + 1) as u64;
            let start = random.below(40) as u64 * 1_000;
            let mut span = span(
                at + 1,
                parent,
                start..start + random.below(30) as u64 * 1_000,
            );
            span.trace_id = TraceId::new(1 + random.below(traces) as u128).unwrap();
            span.service_name = ["shop", "bank"][random.below(2)].into();
            span
        });
        let records: Vec<_> = records.collect();
        let mut all = 0;
        for (track, slices) in slices(&to_chrome_trace(Trace::group(records))) {
            all += slices.len();
            for (at, a) in slices.iter().enumerate() {
                for b in slices.iter().skip(at + 1) {
                    let is_beside = a.1 <= b.0 || b.1 <= a.0;
                    let is_inside = a.0 <= b.0 && b.1 <= a.1;
                    assert!(
                        is_beside || is_inside,
                        "round {round}, {track:?}: {a:?} {b:?}"
                    );
                }
            }
        }
        assert_eq!(all, spans, "round {round}");
    }
}

#[test]
fn tasks_share_a_track_when_they_do_not_overlap() {
    let one_after_another: Vec<_> = (0..10)
        .map(|at| {
            let mut span = span(at + 1, 0, at * 10..at * 10 + 10);
            span.trace_id = TraceId::new(u128::from(at) + 1).unwrap();
            span
        })
        .collect();
    let tracks = slices(&to_chrome_trace(Trace::group(one_after_another)));
    assert_eq!(tracks.len(), 1);
    let all_at_once = (0..10).map(|at| span(at + 1, 0, 5..50));
    assert_eq!(
        slices(&to_chrome_trace(Trace::group(all_at_once))).len(),
        10
    );
}

#[test]
fn a_wide_trace_takes_linear_time() {
    let tasks = (2..5_000).map(|id| span(id, 1, id..id + 1_000_000));
    let trace = Trace::group(std::iter::once(span(1, 0, 0..10)).chain(tasks));
    // The root's track is free again for a task that starts after its end.
    assert_eq!(slices(&to_chrome_trace(trace)).len(), 4_998);
}

fn collector(memory: &Memory) -> ChromeTraceCollector {
    ChromeTraceCollector::to_writer(memory.clone())
}

#[test]
fn the_collector_writes_traces_as_they_complete() {
    let memory = Memory::default();
    let collector = collector(&memory);
    let resource = Resource::new("shop");
    let (root, child) = (span(1, 0, 0..30), span(2, 1, 10..20));
    collector.collect(&SpanBatch::from_records(&resource, &[child]));
    collector.flush(Duration::ZERO).unwrap();
    assert_eq!(memory.text(), "", "the root is missing");
    let completed = [root.trace_id];
    let last = [root];
    let batch = SpanBatch::from_records(&resource, &last).with_completed_traces(&completed);
    collector.collect(&batch);
    collector.flush(Duration::ZERO).unwrap();
    let unfinished = memory.text();
    assert_eq!(collector.stats().spans_written, 2);
    events(&format!("{unfinished}]"));
    collector.shutdown(Duration::ZERO).unwrap();
    assert_eq!(
        collector
            .shutdown(Duration::ZERO)
            .map_err(|error| error.to_string()),
        Ok(())
    );
    drop(collector);
    let names: Vec<_> = events(&memory.text())
        .iter()
        .filter(|event| event["ph"] == "X")
        .map(|event| event["name"].clone())
        .collect();
    assert_eq!(names, ["op 1", "op 2"]);
}

#[test]
fn a_file_without_traces_is_valid() {
    let memory = Memory::default();
    drop(collector(&memory));
    assert_eq!(memory.text(), "[\n]\n");
}

#[test]
fn spans_that_come_late_are_counted_once() {
    let memory = Memory::default();
    let collector = ChromeTraceCollector::with_options(
        memory.clone(),
        TraceCollectorOptions {
            max_spans_per_trace: 3,
            ..TraceCollectorOptions::default()
        },
    );
    let resource = Resource::new("shop");
    let send = |id, parent| {
        let spans = [span(id, parent, 0..10)];
        let completed = [spans[0].trace_id];
        collector
            .collect(&SpanBatch::from_records(&resource, &spans).with_completed_traces(&completed));
        collector
            .flush(Duration::ZERO)
            .map_err(|error| error.lost_spans())
    };
    assert_eq!(send(1, 0), Ok(()));
    assert_eq!(send(2, 1), Err(1));
    assert_eq!(send(3, 1), Err(1));
    assert_eq!(send(4, 1), Err(1), "above the limit of spans");
    let stats = collector.stats();
    assert_eq!((stats.spans_written, stats.spans_lost), (1, 3));
}

#[test]
fn a_writer_that_fails_is_tried_again() {
    let memory = Memory::default();
    let collector = collector(&memory);
    memory.fail_after(5);
    let root = [span(1, 0, 0..10)];
    let completed = [root[0].trace_id];
    let resource = Resource::new("shop");
    collector.collect(&SpanBatch::from_records(&resource, &root).with_completed_traces(&completed));
    let error = collector.flush(Duration::ZERO).unwrap_err();
    assert_eq!((error.lost_spans(), error.waiting_spans()), (0, 1));
    memory.repair();
    collector.shutdown(Duration::ZERO).unwrap();
    assert_eq!(slices(&memory.text()).len(), 1);
}
