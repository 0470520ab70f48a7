//! Ends of a tracer in which code of the application asks for more than it should.

use std::error::Error;
use std::fmt;
use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use trace_core::{Collector, CollectorError, SpanBatch, Tracer, TracerGuard};

use crate::{request, wait_for_ever};

/// A cause whose text asks the tracer, and then panics.
#[derive(Debug)]
struct Asks(Tracer);

impl Error for Asks {}

impl fmt::Display for Asks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.root("in the text").run_sync(|| {});
        let stats = self.0.stats();
        if stats.started == 0 {
            std::panic::resume_unwind(Box::new("the text panics"));
        }
        write!(f, "of {} spans", stats.started)
    }
}

struct Fails(Mutex<Option<Tracer>>);

impl Collector for Fails {
    fn collect(&self, _: &SpanBatch<'_>) {}

    fn name(&self) -> &str {
        "fails"
    }

    fn shutdown(&self, _: Duration) -> Result<(), CollectorError> {
        let tracer = self.0.lock().unwrap().take();
        let error = CollectorError::new("not written").with_lost_spans(1);
        Err(error.with_source(Asks(tracer.unwrap())))
    }
}

/// The error of a collector has a text that is code of the application.
pub(crate) async fn asking_error(records: bool) {
    let fails: &'static Fails = Box::leak(Box::new(Fails(Mutex::default())));
    let tracing = Tracer::builder("shop").collector(fails).install().unwrap();
    *fails.0.lock().unwrap() = Some(Tracer::clone(&tracing));
    if records {
        request().await;
    }
}

struct Ends(Mutex<Option<TracerGuard>>);

impl Collector for Ends {
    fn collect(&self, _: &SpanBatch<'_>) {
        let guard = self.0.lock().unwrap().take();
        drop(guard);
    }
}

/// The guard is dropped by a collector, which takes all the same what it is given.
pub(crate) async fn ended_by_a_collector() {
    let ends: &'static Ends = Box::leak(Box::new(Ends(Mutex::default())));
    let tracing = Tracer::builder("shop").collector(ends).install().unwrap();
    let tracer = Tracer::clone(&tracing);
    *ends.0.lock().unwrap() = Some(tracing);
    request().await;
    tracer.shutdown(Duration::from_secs(10));
    assert_eq!(tracer.stats().delivered, 1);
}

/// A collector that hangs with the last spans, as an exporter does whose server is silent.
struct Hangs(Mutex<Sender<()>>);

impl Collector for Hangs {
    fn collect(&self, _: &SpanBatch<'_>) {
        self.0.lock().unwrap().send(()).unwrap();
        wait_for_ever()
    }

    fn name(&self) -> &str {
        "hangs"
    }
}

/// Nothing is open, so the shutdown waits only for the collector, and the guard for nothing.
pub(crate) async fn hangs_at_the_end() {
    let (called, calls) = channel();
    let tracing = Tracer::builder("shop")
        .collector(Hangs(Mutex::new(called)))
        .shutdown_timeout(Duration::from_millis(100))
        .install()
        .unwrap();
    request().await;
    calls.recv().unwrap();
    let report = tracing.shutdown_when_idle(Duration::from_secs(600)).await;
    assert_eq!((report.left, report.late.len()), (1, 1), "{report:?}");
    eprintln!("trace-core: the guard is dropped");
}
