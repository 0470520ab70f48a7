//! Tests of the collector's output, and of failing writers.

use std::error::Error;
use std::time::Duration;

use expect_test::expect;
use trace_core::{
    Collector, Link, Log, Outcome, Resource, Source, SpanBatch, SpanId, SpanKind, SpanRecord,
    Status, Tag, Timestamp, TraceFlags, TraceId,
};
use trace_otlp::{JsonCollector, JsonOptions, JsonStats};

use super::{Memory, json};

#[test]
fn a_request_is_written_as_the_specification_says() {
    let (trace, id) = (TraceId::new(0xab << 64).unwrap(), |id| {
        SpanId::new(id).unwrap()
    });
    let mut charge = SpanRecord {
        parent_span_id: Some(id(1)),
        parent_is_remote: true,
        service_name: "shop".into(),
        kind: SpanKind::Client,
        start: Timestamp::from_unix_nanos(1_661_140_435_622_501_485),
        end: Timestamp::from_unix_nanos(1_661_140_435_622_501_486),
        logs: vec![Log {
            time: Timestamp::from_unix_nanos(5),
            message: "asking the bank".into(),
            fields: vec![Tag::new("attempt", 2)],
        }],
        links: vec![Link {
            trace_id: trace,
            span_id: id(9),
            flags: TraceFlags::SAMPLED,
            tracestate: "congo=1".parse().unwrap(),
            tags: Vec::new(),
        }],
        status: Status::Error("card declined".into()),
        outcome: Outcome::Panicked,
        source: Some(Source {
            file: "src/shop.rs".into(),
            line: 7,
        }),
        ..SpanRecord::new(trace, id(2), "charge")
    };
    charge.add_tag("ratio", f64::NAN);
    charge.add_tag("sizes", vec![1, 2]);
    let mut debit = SpanRecord::new(trace, id(3), "debit");
    debit.service_name = "bank".into();
    debit.outcome = Outcome::Cancelled;
    let resource = Resource {
        service_name: "shop".into(),
        tags: vec![Tag::new("host.name", "a")],
    };
    expect![[r#"
        {
          "resourceSpans": [
            {
              "resource": {
                "attributes": [
                  {
                    "key": "service.name",
                    "value": {
                      "stringValue": "shop"
                    }
                  },
                  {
                    "key": "host.name",
                    "value": {
                      "stringValue": "a"
                    }
                  }
                ]
              },
              "scopeSpans": [
                {
                  "scope": {
                    "name": "trace-core",
                    "version": "0.1.0"
                  },
                  "spans": [
                    {
                      "traceId": "00000000000000ab0000000000000000",
                      "spanId": "0000000000000002",
                      "parentSpanId": "0000000000000001",
                      "flags": 769,
                      "name": "charge",
                      "kind": 3,
                      "startTimeUnixNano": "1661140435622501485",
                      "endTimeUnixNano": "1661140435622501486",
                      "attributes": [
                        {
                          "key": "ratio",
                          "value": {
                            "doubleValue": "NaN"
                          }
                        },
                        {
                          "key": "sizes",
                          "value": {
                            "arrayValue": {
                              "values": [
                                {
                                  "intValue": "1"
                                },
                                {
                                  "intValue": "2"
                                }
                              ]
                            }
                          }
                        },
                        {
                          "key": "error.type",
                          "value": {
                            "stringValue": "panic"
                          }
                        },
                        {
                          "key": "code.file.path",
                          "value": {
                            "stringValue": "src/shop.rs"
                          }
                        },
                        {
                          "key": "code.line.number",
                          "value": {
                            "intValue": "7"
                          }
                        }
                      ],
                      "events": [
                        {
                          "timeUnixNano": "5",
                          "name": "asking the bank",
                          "attributes": [
                            {
                              "key": "attempt",
                              "value": {
                                "intValue": "2"
                              }
                            }
                          ]
                        }
                      ],
                      "links": [
                        {
                          "traceId": "00000000000000ab0000000000000000",
                          "spanId": "0000000000000009",
                          "traceState": "congo=1",
                          "flags": 1
                        }
                      ],
                      "status": {
                        "message": "card declined",
                        "code": 2
                      }
                    }
                  ]
                }
              ],
              "schemaUrl": "https://opentelemetry.io/schemas/1.44.0"
            },
            {
              "resource": {
                "attributes": [
                  {
                    "key": "service.name",
                    "value": {
                      "stringValue": "bank"
                    }
                  },
                  {
                    "key": "host.name",
                    "value": {
                      "stringValue": "a"
                    }
                  }
                ]
              },
              "scopeSpans": [
                {
                  "scope": {
                    "name": "trace-core",
                    "version": "0.1.0"
                  },
                  "spans": [
                    {
                      "traceId": "00000000000000ab0000000000000000",
                      "spanId": "0000000000000003",
                      "flags": 257,
                      "name": "debit",
                      "kind": 1,
                      "startTimeUnixNano": "0",
                      "endTimeUnixNano": "0",
                      "attributes": [
                        {
                          "key": "cancelled",
                          "value": {
                            "boolValue": true
                          }
                        }
                      ]
                    }
                  ]
                }
              ],
              "schemaUrl": "https://opentelemetry.io/schemas/1.44.0"
            }
          ]
        }
    "#]]
    .assert_eq(&json(&resource, &[charge, debit], true));
}

#[test]
fn a_batch_is_a_line() {
    let memory = Memory::default();
    let collector = JsonCollector::to_writer(memory.clone());
    for batch in [1, 0, 2] {
        collect(&collector, batch);
    }
    assert_eq!(memory.text(), "");
    collector.flush(Duration::ZERO).unwrap();
    let text = memory.text();
    assert_eq!(text.lines().count(), 2);
    assert!(text.ends_with("\"}]}\n"), "{text}");
    assert_eq!(collector.stats(), stats(3, 0, 0, 0));
}

#[test]
fn dropping_the_collector_writes_what_waits() {
    let memory = Memory::default();
    let collector = JsonCollector::to_writer(memory.clone());
    collect(&collector, 1);
    drop(collector);
    assert_eq!(memory.text().lines().count(), 1);
}

#[test]
fn a_line_that_was_begun_is_finished_when_the_writer_works_again() {
    let memory = Memory::default();
    let collector = JsonCollector::to_writer(memory.clone());
    collect(&collector, 1);
    collector.flush(Duration::ZERO).unwrap();
    let line = memory.text();

    memory.fail_after(line.len() + 10);
    collect(&collector, 1);
    collect(&collector, 1);
    let error = collector.flush(Duration::ZERO).unwrap_err();
    assert_eq!(
        error.to_string(),
        "not all spans are written: 1 waiting, 0 lost"
    );
    assert_eq!(error.source().unwrap().to_string(), "disk full");
    assert_eq!(collector.stats(), stats(2, 1, 0, 1));
    assert_eq!(
        memory.text(),
        format!("{line}{line}{}", line.get(..10).unwrap())
    );

    memory.repair();
    collect(&collector, 1);
    collector.shutdown(Duration::ZERO).unwrap();
    assert_eq!(memory.text(), line.repeat(4));
    assert_eq!(collector.stats(), stats(4, 0, 0, 1));
}

#[test]
fn what_does_not_fit_while_the_writer_fails_is_lost_and_counted() {
    let line = {
        let memory = Memory::default();
        collect(&JsonCollector::to_writer(memory.clone()), 1);
        memory.text()
    };
    let memory = Memory::default();
    let collector = JsonCollector::to_writer(memory.clone()).with_options(JsonOptions {
        buffer_bytes: 0,
        max_waiting_bytes: 2 * line.len(),
        ..JsonOptions::default()
    });
    memory.fail_after(0);
    for _ in 0..5 {
        collect(&collector, 1);
    }
    assert_eq!(collector.stats(), stats(0, 2, 3, 5));
    let error = collector.flush(Duration::ZERO).unwrap_err();
    assert_eq!(
        error.to_string(),
        "not all spans are written: 2 waiting, 3 lost"
    );

    memory.repair();
    collector.flush(Duration::ZERO).unwrap();
    assert_eq!(memory.text(), line.repeat(2));
    assert_eq!(collector.stats(), stats(2, 0, 3, 6));
}

#[test]
fn a_file_that_cannot_be_created_is_named() {
    let path = std::env::temp_dir().join("there/is/no/such/directory.json");
    let error = JsonCollector::to_file(&path).unwrap_err();
    let reason = error.source().unwrap();
    assert_eq!(
        error.to_string(),
        format!("`{}` cannot be created: {reason}", path.display())
    );
}

fn collect(collector: &JsonCollector, spans: u64) {
    let records: Vec<_> = (1..=spans)
        .map(|id| SpanRecord::new(TraceId::new(1).unwrap(), SpanId::new(id).unwrap(), "charge"))
        .collect();
    collector.collect(&SpanBatch::from_records(&Resource::new("shop"), &records));
}

fn stats(written: u64, waiting: u64, lost: u64, write_errors: u64) -> JsonStats {
    let mut stats = JsonStats::default();
    stats.spans_written = written;
    stats.spans_waiting = waiting;
    stats.spans_lost = lost;
    stats.write_errors = write_errors;
    stats
}

fn collect_one(collector: &JsonCollector) {
    let span = SpanRecord::new(TraceId::new(1).unwrap(), SpanId::new(2).unwrap(), "one");
    collector.collect(&SpanBatch::from_records(&Resource::new("shop"), &[span]));
}

/// Other programs read a file while the service runs, and the service may be killed.
#[test]
fn a_line_waits_for_half_a_second() {
    let memory = Memory::default();
    let collector = JsonCollector::to_writer(memory.clone());
    assert_eq!(collector.on_idle(), None, "nothing waits");
    collect_one(&collector);
    let delay = collector.on_idle();
    assert_eq!(delay, Some(Duration::from_millis(500)));
    assert_eq!(memory.text(), "");
    assert_eq!(collector.on_idle(), None);
    assert_eq!(memory.text().lines().count(), 1);
    // Each batch waits at most for the next one.
    for _ in 0..4 {
        collect_one(&collector);
        let _delay = collector.on_idle();
    }
    assert_eq!(memory.text().lines().count(), 5);
}

#[test]
fn a_file_is_appended_to_behind_its_last_whole_line() {
    let path = std::env::temp_dir().join(format!("append-{}.json", std::process::id()));
    let read = || std::fs::read_to_string(&path).unwrap();
    for expected in 1..=2 {
        let collector = JsonCollector::append_to_file(&path).unwrap();
        collect_one(&collector);
        drop(collector);
        assert_eq!(read().lines().count(), expected);
    }
    std::fs::write(&path, read() + "{\"resourceSpans\":[").unwrap();
    let collector = JsonCollector::append_to_file(&path).unwrap();
    collect_one(&collector);
    drop(collector);
    let text = read();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(text.lines().count(), 4);
    let last = text.lines().last().unwrap();
    assert!(last.starts_with("{\"resourceSpans\":[{") && last.ends_with("}]}"));
    assert!(JsonCollector::append_to_file("/no/such/folder/spans.json").is_err());
}
