//! Tests of flushes, shutdowns and drops while a shutdown runs. Each waits for it, until its
//! own deadline.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use trace_core::{
    Collector, CollectorError, FlushReport, MemoryCollector, SpanBatch, Tracer, TracerBuilder,
    collector_fn,
};

use crate::wait::{self, timed};

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(50);

/// A collector that signals when it is called, waits until its gate is dropped, and takes the
/// spans.
struct Gated {
    called: Mutex<Sender<()>>,
    gate: Mutex<Receiver<()>>,
    spans: MemoryCollector,
}

impl Collector for Gated {
    fn collect(&self, batch: &SpanBatch<'_>) {
        let _heard = self.called.lock().unwrap().send(());
        let _opened = self.gate.lock().unwrap().recv();
        self.spans.collect(batch);
    }
}

/// A tracer whose collector was called with a span, and waits.
struct Waiting {
    tracer: Tracer,
    spans: MemoryCollector,
    opener: Option<Sender<()>>,
    /// The flush of a tracer without threads.
    flush: Option<std::thread::JoinHandle<FlushReport>>,
}

/// Returns one tracer of each kind: with one collector, with two, and without threads.
fn waiting() -> impl Iterator<Item = Waiting> {
    let with_one = |gated| Tracer::builder("test").collector(gated);
    let with_two = |gated| {
        let other = collector_fn(|_: &SpanBatch<'_>| {});
        Tracer::builder("test").collector(gated).collector(other)
    };
    let on_demand = |gated| Tracer::builder("test").collector(gated).on_demand();
    let kinds: [fn(Gated) -> TracerBuilder; 3] = [with_one, with_two, on_demand];
    kinds.into_iter().enumerate().map(|(kind, build)| {
        let (called, calls) = channel();
        let (opener, gate) = channel();
        let spans = MemoryCollector::new();
        let gated = Gated {
            called: Mutex::new(called),
            gate: Mutex::new(gate),
            spans: spans.clone(),
        };
        let tracer = build(gated).scheduled_delay(Duration::ZERO);
        let tracer = tracer.shutdown_timeout(LONG).build().unwrap();
        tracer.root("root").run_sync(|| {});
        let flush = (kind == 2).then(|| {
            let tracer = tracer.clone();
            spawn(move || tracer.flush(LONG))
        });
        calls.recv().unwrap();
        Waiting {
            tracer,
            spans,
            opener: Some(opener),
            flush,
        }
    })
}

impl Waiting {
    /// Lets the collector continue after a delay, in which other threads begin to wait. A
    /// thread cannot detect that another one waits in a call.
    fn open_later(&mut self) {
        let opener = self.opener.take();
        spawn(move || {
            std::thread::sleep(2 * SHORT);
            drop(opener);
        });
    }
}

fn spawn<T: Send + 'static>(
    body: impl FnOnce() -> T + Send + 'static,
) -> std::thread::JoinHandle<T> {
    std::thread::Builder::new().spawn(body).unwrap()
}

/// Starts a shutdown, and waits until the tracer refuses spans.
fn shutting_down(tracer: &Tracer, timeout: Duration) -> std::thread::JoinHandle<FlushReport> {
    let other = tracer.clone();
    let dropped = tracer.stats().dropped.shutdown;
    let shutdown = spawn(move || other.shutdown(timeout));
    wait::until(|| {
        // Roots are accepted until then, so some of them may be delivered.
        tracer.root("late").run_sync(|| {});
        tracer.stats().dropped.shutdown > dropped
    });
    shutdown
}

fn is_delivered(spans: &MemoryCollector) -> bool {
    spans
        .spans()
        .iter()
        .any(|span| span.operation_name == "root")
}

#[test]
fn two_shutdowns_wait_for_the_same_end() {
    for mut waiting in waiting() {
        let first = shutting_down(&waiting.tracer, LONG);
        waiting.open_later();
        assert!(waiting.tracer.shutdown(LONG).is_complete);
        assert!(is_delivered(&waiting.spans));
        assert!(first.join().unwrap().is_complete);
    }
}

#[test]
fn a_flush_waits_for_the_shutdown_that_runs() {
    for mut waiting in waiting() {
        let first = shutting_down(&waiting.tracer, LONG);
        waiting.open_later();
        assert!(waiting.tracer.flush(LONG).is_complete);
        assert!(is_delivered(&waiting.spans));
        assert!(first.join().unwrap().is_complete);
    }
}

#[test]
fn the_last_handle_waits_for_the_shutdown_that_runs() {
    for mut waiting in waiting() {
        // The flush of the tracer without threads has a handle of it.
        let flush = waiting.flush.take();
        let report = waiting.tracer.shutdown(SHORT);
        assert!(!report.is_complete);
        waiting.open_later();
        flush.map(std::thread::JoinHandle::join);
        drop(waiting.tracer);
        assert!(is_delivered(&waiting.spans));
    }
}

#[test]
fn who_has_less_time_waits_for_less_and_takes_none() {
    for mut waiting in waiting() {
        let first = shutting_down(&waiting.tracer, LONG);
        for end in [Tracer::shutdown, Tracer::flush] {
            let (report, took) = timed(|| end(&waiting.tracer, SHORT));
            assert!(!report.is_complete && report.left > 0, "{report:?}");
            assert!(took >= SHORT && took < LONG, "{took:?}");
        }
        drop(waiting.opener.take());
        assert!(first.join().unwrap().is_complete);
        assert!(is_delivered(&waiting.spans));
        assert!(waiting.tracer.shutdown(Duration::ZERO).is_complete);
    }
}

#[test]
fn who_has_more_time_waits_for_longer_than_the_first_one() {
    for mut waiting in waiting() {
        let first = shutting_down(&waiting.tracer, SHORT);
        let tracer = waiting.tracer.clone();
        let second = spawn(move || tracer.shutdown(LONG));
        assert!(!first.join().unwrap().is_complete);
        // The flush of the tracer without threads does not matter.
        waiting.open_later();
        assert!(second.join().unwrap().is_complete);
        assert!(is_delivered(&waiting.spans));
    }
}

#[test]
fn a_flush_with_less_time_takes_none_from_the_collectors() {
    /// Reports the timeout that it is given.
    struct Timed(Gated, Mutex<Sender<Duration>>);

    impl Collector for Timed {
        fn collect(&self, batch: &SpanBatch<'_>) {
            self.0.collect(batch);
        }

        fn shutdown(&self, timeout: Duration) -> Result<(), CollectorError> {
            self.1.lock().unwrap().send(timeout).unwrap();
            Ok(())
        }
    }

    let (called, calls) = channel();
    let (opener, gate) = channel();
    let (timeouts, timeout) = channel();
    let gated = Gated {
        called: Mutex::new(called),
        gate: Mutex::new(gate),
        spans: MemoryCollector::new(),
    };
    let tracer = Tracer::builder("test")
        .collector(Timed(gated, Mutex::new(timeouts)))
        .scheduled_delay(Duration::ZERO)
        .build()
        .unwrap();
    tracer.root("root").run_sync(|| {});
    calls.recv().unwrap();
    let first = shutting_down(&tracer, LONG);
    assert!(!tracer.flush(SHORT).is_complete);
    drop(opener);
    assert!(first.join().unwrap().is_complete);
    assert!(timeout.recv().unwrap() > LONG / 2);
}

#[test]
fn all_who_wait_are_told_what_was_lost() {
    for on_demand in [false, true] {
        let (opener, gate) = channel::<()>();
        let gate = Mutex::new(gate);
        let panics = collector_fn(move |_: &SpanBatch<'_>| {
            let _opened = gate.lock().unwrap().recv();
            std::panic::resume_unwind(Box::new("oops"));
        });
        let mut builder = Tracer::builder("test").collector(panics);
        if on_demand {
            builder = builder.on_demand();
        }
        let tracer = builder.build().unwrap();
        tracer.root("root").run_sync(|| {});
        let first = shutting_down(&tracer, LONG);
        let other = tracer.clone();
        let second = spawn(move || other.shutdown(LONG));
        drop(opener);
        let third = tracer.shutdown(LONG);
        for report in [first.join().unwrap(), second.join().unwrap(), third] {
            let errors: Vec<String> = report.errors.iter().map(ToString::to_string).collect();
            assert!(!report.is_complete);
            assert_eq!(errors.len(), 1, "{errors:?}");
            assert!(errors[0].ends_with("lost: the collector panicked"));
        }
    }
}

#[test]
fn a_shutdown_that_was_in_vain_leaves_the_collectors_to_the_next_one() {
    for mut waiting in waiting() {
        let report = waiting.tracer.shutdown(SHORT);
        assert!(!report.is_complete && report.left == 1);
        drop(waiting.opener.take());
        if let Some(flush) = waiting.flush.take() {
            assert!(flush.join().unwrap().is_complete);
        }
        assert!(waiting.tracer.shutdown(LONG).is_complete);
        assert!(is_delivered(&waiting.spans));
    }
}

#[test]
fn a_collector_that_uses_all_its_time_has_reported_before_its_caller_goes() {
    /// Like an exporter that retries until its time is over.
    struct Patient;

    impl Collector for Patient {
        fn collect(&self, _: &SpanBatch<'_>) {}

        fn shutdown(&self, timeout: Duration) -> Result<(), CollectorError> {
            std::thread::sleep(timeout);
            Err(CollectorError::new("nobody answers").with_lost_spans(1))
        }
    }

    let with_one = || Tracer::builder("test").collector(Patient);
    let with_two = || with_one().collector(collector_fn(|_: &SpanBatch<'_>| {}));
    for builder in [with_one(), with_two()] {
        let tracer = builder.build().unwrap();
        tracer.root("root").run_sync(|| {});
        let report = tracer.shutdown(Duration::from_secs(2));
        assert!(report.late.is_empty(), "{report:?}");
        assert_eq!(report.errors[0].lost_spans(), 1);
    }
}

/// Ends its tracer when it is called.
struct EndsTracer {
    own: Arc<OnceLock<Tracer>>,
    took: Mutex<Sender<Duration>>,
}

impl Collector for EndsTracer {
    fn collect(&self, _batch: &SpanBatch<'_>) {
        let tracer = self.own.wait();
        let ((), took) = timed(|| {
            assert!(!tracer.shutdown(LONG).is_complete);
            assert!(!tracer.flush(LONG).is_complete);
            drop(tracer.clone());
        });
        self.took.lock().unwrap().send(took).unwrap();
    }
}

#[test]
fn in_a_collector_nobody_waits_whichever_its_thread_is() {
    let kinds: [fn(TracerBuilder) -> TracerBuilder; 3] = [
        |builder| builder,
        |builder| builder.collector(collector_fn(|_: &SpanBatch<'_>| {})),
        TracerBuilder::on_demand,
    ];
    for kind in kinds {
        let own = Arc::new(OnceLock::new());
        let (took, times) = channel();
        let ends = EndsTracer {
            own: Arc::clone(&own),
            took: Mutex::new(took),
        };
        let tracer = kind(Tracer::builder("test").collector(ends))
            .build()
            .unwrap();
        own.set(tracer.clone()).unwrap();
        tracer.root("root").run_sync(|| {});
        let first = shutting_down(&tracer, LONG);
        assert!(tracer.shutdown(LONG).is_complete);
        assert!(first.join().unwrap().is_complete);
        assert!(times.recv().unwrap() < LONG / 2);
    }
}

/// A thread-local of a collector is dropped when its thread ends, which may take a long time.
#[test]
fn destructors_of_a_collectors_thread_do_not_hold_up_a_shutdown() {
    struct Waits(Receiver<()>);
    impl Drop for Waits {
        fn drop(&mut self) {
            let _opened = self.0.recv();
        }
    }
    thread_local! {
        static WAITS: std::cell::RefCell<Option<Waits>> = const { std::cell::RefCell::new(None) };
    }
    let (opener, gate) = channel::<()>();
    let gate = Mutex::new(Some(gate));
    let collector = collector_fn(move |_| {
        let gate = gate.lock().unwrap().take();
        WAITS.set(gate.map(Waits));
    });
    let tracer = Tracer::builder("shop")
        .collector(collector)
        .build()
        .unwrap();
    tracer.root("root").run_sync(|| {});
    let report = tracer.shutdown(Duration::from_millis(300));
    assert!(report.is_complete, "{report:?}");
    // The waiting calls do not wait for each other.
    assert!(tracer.shutdown(LONG).is_complete);
    drop(opener);
}
