//! Spans to send, collectors that retry quickly, and checks that must always hold.

use std::io::Read;
use std::time::{Duration, Instant};

use trace_core::{Collector, Resource, SpanBatch, SpanId, SpanRecord, TraceId};
use trace_otlp::{OtlpCollector, OtlpCollectorBuilder, OtlpStats};

use super::server::{Seen, Server, header};

/// Longest wait of a test.
pub const LONG: Duration = Duration::from_secs(10);
/// A timeout for tests with servers that hang.
pub const SHORT: Duration = Duration::from_millis(150);

/// A collector that retries soon, and waits long enough for a busy machine.
pub fn to(server: &Server) -> OtlpCollectorBuilder {
    to_url(&server.url())
}

pub fn to_url(url: &str) -> OtlpCollectorBuilder {
    OtlpCollector::builder(url)
        .timeout(LONG)
        .retry_delays(Duration::from_millis(1), Duration::from_millis(4))
}

pub fn spans(count: u64) -> Vec<SpanRecord> {
    let spans = (1..=count)
        .map(|id| SpanRecord::new(TraceId::new(1).unwrap(), SpanId::new(id).unwrap(), "charge"));
    spans.collect()
}

pub fn collect(collector: &OtlpCollector, count: u64) {
    give(collector, &spans(count));
}

/// Collects spans of 64 KiB. 200 of them are more than the buffers of two sockets hold.
pub fn collect_large(collector: &OtlpCollector, count: u64) {
    let mut spans = spans(count);
    for span in &mut spans {
        span.add_tag("text", "x".repeat(64 << 10));
    }
    give(collector, &spans);
}

pub fn give(collector: &OtlpCollector, spans: &[SpanRecord]) {
    let shop = Resource::new("shop");
    collector.collect(&SpanBatch::from_records(&shop, spans));
    check(collector);
}

/// Calls the collector as a lane does, until nothing waits.
#[track_caller]
pub fn settle(collector: &OtlpCollector) -> OtlpStats {
    let end = Instant::now() + LONG;
    loop {
        let wait = collector.on_idle();
        let stats = check(collector);
        if stats.spans_waiting + stats.log_records.waiting == 0 {
            // Lines may wait all the same.
            return stats;
        }
        assert!(Instant::now() < end, "spans still wait: {collector:?}");
        std::thread::sleep(wait.unwrap());
    }
}

/// Waits until the condition is true.
#[track_caller]
pub fn wait_until(holds: impl Fn() -> bool) {
    let end = Instant::now() + LONG;
    while !holds() {
        assert!(Instant::now() < end, "waited too long");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Checks that every span is counted exactly once.
#[track_caller]
pub fn check(collector: &OtlpCollector) -> OtlpStats {
    let stats = collector.stats();
    let places = stats.spans_exported
        + stats.spans_rejected
        + stats.spans_waiting
        + stats.spans_lost.total();
    assert_eq!(stats.spans_collected, places, "{stats:?}");
    let logs = stats.log_records;
    let places = logs.exported + logs.rejected + logs.waiting + logs.lost.total();
    assert_eq!(logs.collected, places, "{stats:?}");
    stats
}

/// Returns the number of spans in all requests that were read completely.
pub fn spans_seen(server: &Server) -> u64 {
    server.seen().iter().map(spans_of).sum()
}

pub fn spans_of(seen: &Seen) -> u64 {
    spans_in(&seen.body, header(&seen.head, "content-encoding"))
}

/// Returns the number of spans in a body.
pub fn spans_in(body: &[u8], encoding: Option<&str>) -> u64 {
    let body = match encoding {
        None => body.to_vec(),
        Some("gzip") => {
            let mut plain = Vec::new();
            let mut reader = flate2::read::GzDecoder::new(body);
            reader.read_to_end(&mut plain).unwrap();
            plain
        }
        Some("zstd") => zstd::decode_all(body).unwrap(),
        Some(other) => panic!("{other}"),
    };
    // Source: opentelemetry-proto: `resource_spans`, `scope_spans` and `spans`.
    fields(&body, 1)
        .into_iter()
        .flat_map(|resource| fields(resource, 2))
        .map(|scope| fields(scope, 2).len() as u64)
        .sum()
}

/// Returns the messages of one field.
fn fields(mut message: &[u8], wanted: u64) -> Vec<&[u8]> {
    let varint = |bytes: &mut &[u8]| {
        let mut value = 0;
        for shift in (0..).step_by(7) {
            let byte = bytes[0];
            *bytes = &bytes[1..];
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        value
    };
    let mut found = Vec::new();
    while !message.is_empty() {
        let key = varint(&mut message);
        let length = match key & 7 {
            0 => {
                varint(&mut message);
                continue;
            }
            1 => 8,
            2 => varint(&mut message) as usize,
            5 => 4,
            _ => panic!("a damaged body"),
        };
        let (value, rest) = message.split_at(length);
        if key >> 3 == wanted && key & 7 == 2 {
            found.push(value);
        }
        message = rest;
    }
    found
}
