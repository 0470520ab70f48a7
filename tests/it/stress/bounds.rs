//! Tests of small limits.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use trace_core::{Tracer, span};

use super::settled;

/// The maximum number of bytes of a span without tags.
const SPAN_BYTES: u64 = 128;

fn delivered_of(roots: u64, max_queue_bytes: usize) -> u64 {
    let tracer = Tracer::builder("bounds")
        .max_queue_bytes(max_queue_bytes)
        .collector(())
        .on_demand()
        .build()
        .unwrap();
    for _ in 0..roots {
        tracer.root("root").run_sync(|| {});
    }
    tracer.flush(Duration::ZERO);
    let stats = settled(&tracer);
    assert_eq!(stats.delivered + stats.dropped.queue, roots);
    stats.delivered
}

#[test]
fn a_queue_of_few_bytes_uses_half_of_them_at_least() {
    for max_bytes in [16 * 1_024, 32 * 1_024, 64 * 1_024, 1_024 * 1_024] {
        let fit = max_bytes as u64 / 2 / SPAN_BYTES;
        assert_eq!(delivered_of(fit, max_bytes), fit, "{max_bytes}");
    }
}

#[test]
fn a_queue_of_few_bytes_drops_what_does_not_fit() {
    for max_bytes in [8 * 1_024, 64 * 1_024] {
        // A root takes more than eight words.
        let most = max_bytes as u64 / 64;
        assert!(delivered_of(4 * most, max_bytes) <= most, "{max_bytes}");
    }
}

#[test]
fn a_scope_that_records_nothing_more_hands_over_what_it_has() {
    let tracer = Tracer::builder("bounds")
        .scheduled_delay(Duration::ZERO)
        .collector(())
        .on_demand()
        .build()
        .unwrap();
    let mut connection = pin!(tracer.root("connection").run(async {
        span::in_span("request", || {});
        std::future::pending::<()>().await;
    }));
    let mut cx = Context::from_waker(Waker::noop());
    assert_eq!(connection.as_mut().poll(&mut cx), Poll::Pending);
    tracer.flush(Duration::ZERO);
    let stats = tracer.stats();
    assert_eq!((stats.delivered, stats.open), (1, 1));
}
