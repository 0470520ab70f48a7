//! A service that loses spans in every way at once: its queue, a lane, a collector, an export,
//! what is open, and its guard.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use tokio::time::sleep;
use trace_core::{Collector, SpanBatch, Tracer};

use crate::{Panics, Refused, leaves_mail_open, request, wait_for_ever};

const SHORT: Duration = Duration::from_millis(50);

/// A collector on the tracer's own thread, which waits once: so the queue fills.
struct Busy(Mutex<Option<Receiver<()>>>);

impl Collector for Busy {
    fn collect(&self, _: &SpanBatch<'_>) {
        let opened = self.0.lock().unwrap().take();
        opened.into_iter().for_each(|opened| {
            let _sender_is_gone = opened.recv();
        });
    }

    fn is_quick(&self) -> bool {
        true
    }
}

/// A collector that never returns: so its lane fills.
struct Stuck;

impl Collector for Stuck {
    fn collect(&self, _: &SpanBatch<'_>) {
        wait_for_ever()
    }

    fn name(&self) -> &str {
        "stuck"
    }
}

pub(crate) async fn run() {
    let (open, opened) = channel::<()>();
    let tracing = Tracer::builder("shop")
        .max_queue_spans(100)
        .scheduled_delay(SHORT / 5)
        .shutdown_timeout(SHORT)
        .collector(Busy(Mutex::new(Some(opened))))
        .collector(Stuck)
        .collector(Panics)
        .collector(Refused)
        .install()
        .unwrap();
    let tracer = Tracer::clone(&tracing);

    request().await; // Which keeps the first collector busy, and the second one for good.
    tracer.flush(SHORT);
    requests(150).await; // The queue has room for a hundred,
    drop(open);
    tracer.flush(SHORT); // which the second lane has not, but for
    requests(9).await; // these.
    tracer.flush(SHORT);
    leaves_mail_open().await;
    sleep(3 * SHORT).await;
    drop(tracing);
    request().await;

    let stats = tracer.stats();
    assert_eq!(stats.started, 162, "{stats:?}");
    assert_eq!((stats.read, stats.dropped.queue), (111, 50), "{stats:?}");
    for lane in tracer.lane_stats() {
        let sum = lane.delivered + lane.dropped.total() + lane.waiting;
        assert_eq!((lane.read, sum), (111, 111), "{lane:?}");
    }
}

async fn requests(count: usize) {
    for _ in 0..count {
        request().await;
    }
}
